package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

const built = `
channelSelector: {}
mode: Enforce
rules:
  - {name: built, match: {text: {terms: ["i built"]}}, actions: [{curate: {askConsent: "May we share it?"}}]}
`

// asked is an inbox in which a person agreed to share what ada and bob built, and they were asked.
func asked(t *testing.T, l *store.Database, told *[]string) (*inbox.Inbox, *crowd, func(author, text string) network.Item) {
	t.Helper()
	c, now := &crowd{}, at(noon)
	b := boxOf(l, over(c, "acme/square"), now, inForce(t, built))
	b.Consented = func(namespace string) { *told = append(*told, namespace) }
	poll(t, b)
	n := 0
	c.say(comment(1, "ada", "I built a rocket", noon), comment(2, "bob", "I built legs", noon))
	poll(t, b)
	drain(t, b)
	cases, err := l.Cases(t.Context(), store.CaseFilter{Namespace: "acme"})
	if err != nil || len(cases) != 2 {
		t.Fatal(cases, err)
	}
	for i := range cases {
		item, _, err := l.Item(t.Context(), store.ItemKey{Namespace: "acme", Account: cases[i].Account, ID: cases[i].Item})
		if err != nil {
			t.Fatal(err)
		}
		actions, _ := inbox.Decided(&cases[i], &tribunev1alpha1.CommunityCaseSpec{Decision: tribunev1alpha1.DecisionAllow}, &item, inbox.Asking{Text: "May we share it?"}, "maria", noon)
		if err := l.Add(t.Context(), actions); err != nil {
			t.Fatal(err)
		}
	}
	drain(t, b)
	says := func(author, text string) network.Item {
		n++
		about := map[string]string{"ada": "c0000001", "bob": "c0000002", "eve": "c0000001"}[author]
		actions, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", Item: about})
		if err != nil || len(actions) != 1 || actions[0].Ref.ID == "" {
			t.Fatal(actions, err)
		}
		it := comment(100+n, author, text, noon)
		it.Kind, it.Parent = network.ItemReply, actions[0].Ref.ID
		c.say(it)
		poll(t, b)
		drain(t, b)
		return it
	}
	return b, c, says
}

func shared(t *testing.T, l *store.Database) []string {
	t.Helper()
	curated, err := l.Curated(t.Context(), "acme", 10)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range curated {
		ids = append(ids, c.Handle)
	}
	slices.Sort(ids)
	return ids
}

// No consent, no share: the author who was asked says yes, nobody for them, and may take it back in many ways.
func TestConsentIsTheAuthors(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		var told []string
		b, c, says := asked(t, l, &told)
		is := func(when string, want ...string) {
			t.Helper()
			if got := shared(t, l); !cmp.Equal(got, want) {
				t.Errorf("%s: %v may be shared, want %v", when, got, want)
			}
		}
		is("they were asked")
		says("eve", "yes!")
		is("somebody else said yes")
		says("ada", "what is this about?")
		is("she asks")
		says("ada", "yes, of course")
		says("bob", "Sure")
		is("both agreed", "ada", "bob")
		says("eve", "no!")
		is("somebody else said no", "ada", "bob")
		says("ada", "thanks for asking")
		is("she says something else", "ada", "bob")
		says("ada", "Sorry, I changed my mind")
		is("she took it back", "bob")
		yes := says("ada", "OK then")
		is("she agrees again", "ada", "bob")
		yes.Text, yes.Revision = "well, I will think about it", "2"
		c.say(yes)
		poll(t, b)
		drain(t, b)
		is("she changed her yes", "bob")
		legs := comment(2, "bob", "I built legs that bite", noon)
		legs.Revision = "2"
		c.say(legs)
		poll(t, b)
		drain(t, b)
		is("he changed what he built")
		if len(told) != 5 {
			t.Errorf("told %d times: %v", len(told), told)
		}
	})
}

// What a rule shares is shared once its author agreed, by what a person decided; what calendars may quote is not.
func TestShareNeedsConsent(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		const sharing = `
channelSelector: {}
mode: Enforce
rules:
  - {name: built, match: {text: {terms: ["i built"]}}, actions: [{share: {askConsent: "{author}, may we?", text: "Look what {author} built:", channelRefs: [{name: sky}, {name: blog}]}}]}
`
		c, in := &crowd{}, inForce(t, sharing)
		b := boxOf(l, over(c, "acme/square"), at(noon), in)
		var shared []string
		failing := true
		b.Share = func(_ context.Context, a *store.Action, s *inbox.Sharing, item *store.Item) error {
			if failing {
				failing = false
				return errors.New("the API server is away")
			}
			shared = append(shared, fmt.Sprint(a.Kind, " ", item.Text, " ", *s))
			return nil
		}
		poll(t, b)
		c.say(comment(1, "ada", "I built a rocket", noon))
		poll(t, b)
		drain(t, b)
		cases, err := l.Cases(t.Context(), store.CaseFilter{Namespace: "acme"})
		if err != nil || len(cases) != 1 || cases[0].Kind != "Curation" || cases[0].Proposed != "Share" {
			t.Fatalf("%+v %v", cases, err)
		}
		if len(c.all()) > 0 || len(shared) > 0 {
			t.Errorf("nobody decided: %v %v", c.all(), shared)
		}
		key := store.ItemKey{Namespace: "acme", Account: cases[0].Account, ID: cases[0].Item}
		item, _, err := l.Item(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		actions, _ := inbox.Decided(&cases[0], &tribunev1alpha1.CommunityCaseSpec{Decision: tribunev1alpha1.DecisionAllow}, &item, inbox.AskingOf(&in.Spec.Rules[0]), "maria", noon)
		if err := l.Add(t.Context(), actions); err != nil {
			t.Fatal(err)
		}
		drain(t, b)
		if len(shared) > 0 {
			t.Fatalf("she was only asked: %v", shared)
		}
		asked, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", Item: key.ID})
		if err != nil || len(asked) != 1 || !strings.Contains(asked[0].Payload, "ada, may we?") {
			t.Fatal(asked, err)
		}
		says := func(n int, text string) {
			it := comment(n, "ada", text, noon)
			it.Kind, it.Parent = network.ItemReply, asked[0].Ref.ID
			c.say(it)
			poll(t, b)
			drain(t, b)
		}
		says(10, "what for?")
		if len(shared) > 0 {
			t.Errorf("she did not say yes: %v", shared)
		}
		says(11, "Yes!")
		if failing || len(shared) > 0 {
			t.Errorf("it is tried again later: %v", shared)
		}
		now := at(noon.Add(time.Minute))
		b.Clock = now
		drain(t, b)
		says(12, "yes, yes")
		if want := []string{"share I built a rocket {[sky blog] Look what ada built: false}"}; !cmp.Equal(shared, want) {
			t.Errorf("%q, want %q", shared, want)
		}
	})
}

// Who takes it back before it is shared is not shared.
func TestShareAfterAll(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		var told []string
		b, _, says := asked(t, l, &told)
		b.Share = func(context.Context, *store.Action, *inbox.Sharing, *store.Item) error {
			t.Error("it was shared")
			return nil
		}
		says("ada", "yes")
		says("ada", "no")
		actions, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", Item: "c0000001"})
		if err != nil || len(actions) != 1 {
			t.Fatal(actions, err)
		}
		share := actions[0]
		share.ID, share.Kind, share.State, share.NextAt = strings.TrimSuffix(share.ID, "reply")+"share", "share", store.ActionPending, noon
		share.Payload = inbox.Payload{Share: &inbox.Sharing{Channels: []string{"square"}}}.String()
		if err := l.Add(t.Context(), []store.Action{share}); err != nil {
			t.Fatal(err)
		}
		drain(t, b)
		left, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", Item: "c0000001", States: []store.ActionState{store.ActionDiscarded}})
		if err != nil || len(left) != 1 || left[0].Kind != "share" || !strings.Contains(left[0].Reason, "does not agree") {
			t.Errorf("%+v %v", left, err)
		}
	})
}

// Share and Allow of what a person decides: what is asked, and whether it goes out.
func TestAsking(t *testing.T) {
	item := &store.Item{Item: network.Item{Author: network.Person{ID: "ada", Handle: "ada"}}}
	for name, test := range map[string]struct {
		decision tribunev1alpha1.CaseDecision
		proposed string
		ask      inbox.Asking
		asks     string
		shares   bool
	}{
		"allowed for calendars":        {"Allow", "", inbox.Asking{Text: "May we?"}, "May we?", false},
		"nobody asks":                  {"Allow", "", inbox.Asking{}, "", false},
		"a person shares":              {"Share", "", inbox.Asking{Text: "May we?"}, "May we?", true},
		"a person shares, nobody asks": {"Share", "", inbox.Asking{}, "May we share this, with your name? Reply yes and we will.", true},
		"a rule proposed it":           {"Allow", "Share", inbox.Asking{Text: "May we?"}, "May we?", true},
		"hidden":                       {"Hide", "Share", inbox.Asking{Text: "May we?"}, "", false},
	} {
		row := &store.Case{Namespace: "acme", Name: "c", Kind: "Curation", Channel: "square", Proposed: test.proposed}
		actions, _ := inbox.Decided(row, &tribunev1alpha1.CommunityCaseSpec{Decision: test.decision}, item, test.ask, "maria", noon)
		var p inbox.Payload
		for i := range actions {
			if actions[i].Kind == "reply" {
				var err error
				if p, err = inbox.PayloadOf(&actions[i]); err != nil {
					t.Fatal(err)
				}
			}
		}
		if p.Text != test.asks || p.Consent != (test.asks != "") || (p.Share != nil) != test.shares {
			t.Errorf("%s: %+v", name, p)
		}
		if p.Share != nil && (!cmp.Equal(p.Share.Channels, []string{"square"}) || !p.Share.Credit) {
			t.Errorf("%s: %+v", name, p.Share)
		}
	}
}

// A rule may label an item as it likes: only its author consents.
func TestALabelIsNoConsent(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		var told []string
		asked(t, l, &told)
		for _, id := range []string{"c0000001", "c0000002"} {
			if err := l.Label(t.Context(), store.ItemKey{Namespace: "acme", Account: "Local/acme/square", ID: id}, "consent", noon.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if got := shared(t, l); len(got) > 0 {
			t.Errorf("%v may be shared", got)
		}
	})
}

// Whose author agreed already is not asked again: what somebody decides to share is shared, and what calendars may quote needs nothing more.
func TestWhoAgreedIsNotAsked(t *testing.T) {
	row := store.Case{Namespace: "acme", Name: "rules-1", Kind: "Curation", Channel: "square", Item: "i"}
	for _, d := range []tribunev1alpha1.CaseDecision{tribunev1alpha1.DecisionAllow, tribunev1alpha1.DecisionShare} {
		actions, outcome := inbox.Decided(&row, &tribunev1alpha1.CommunityCaseSpec{Decision: d}, &store.Item{}, inbox.Asking{Text: "May we?", Agreed: true}, "maria", noon)
		var kinds []string
		for i := range actions {
			kinds = append(kinds, actions[i].ID)
		}
		want := map[tribunev1alpha1.CaseDecision][]string{tribunev1alpha1.DecisionShare: {"acme/rules-1/share"}}[d]
		if diff := cmp.Diff(want, kinds); diff != "" || outcome != "" {
			t.Errorf("%s: %s %s", d, diff, outcome)
		}
	}
}
