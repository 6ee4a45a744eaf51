package inbox_test

import (
	"slices"
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
		actions, _ := inbox.Decided(&cases[i], &tribunev1alpha1.CommunityCaseSpec{Decision: tribunev1alpha1.DecisionAllow}, &item, "May we share it?", "maria", noon)
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
