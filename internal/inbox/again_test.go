package inbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// confidants is a network that remembers to whom what was said.
type confidants struct {
	crowd
	said []string
}

func (c *confidants) Publish(ctx context.Context, p network.Publication) (network.Receipt, error) {
	to, under := "all", ""
	if p.To != nil {
		to = p.To.Handle
	}
	if p.Parent != nil {
		under = " under " + p.Parent.ID
	}
	c.said = append(c.said, fmt.Sprintf("to %s%s: %s", to, under, p.Text))
	return c.crowd.Publish(ctx, p)
}

// What was written to us in private is answered there, by rules and by people, and a question in private waits for an answer.
func TestPrivateIsAnsweredInPrivate(t *testing.T) {
	const private = `
channelSelector: {}
mode: Enforce
repliesPerAuthor: {max: 9, window: 24h}
answer: {within: 4h}
rules:
  - {name: hello, on: [Message, Comment], match: {text: {terms: [hello]}}, actions: [{reply: {text: {en: "Hello, {author}!"}}}]}
`
	onEach(t, func(t *testing.T, l *store.Database) {
		c := &confidants{}
		b := boxOf(l, over(c, "acme/square"), at(noon), inForce(t, private))
		poll(t, b)
		whispers := func(n int, author, text string) network.Item {
			it := comment(n, author, text, noon)
			it.Kind, it.Post, it.Parent, it.ParentOurs = network.ItemMessage, "", "", nil
			return it
		}
		c.say(whispers(1, "ada", "hello"), comment(2, "bob", "hello", noon), whispers(3, "leo", "Where is my order?"), whispers(4, "zoe", "Nice work"))
		poll(t, b)
		drain(t, b)
		waiting := cases(t, l)
		if len(waiting) != 1 || waiting[0].Item != "c0000003" || waiting[0].Kind != "Question" || waiting[0].DueAt.IsZero() {
			t.Fatalf("cases %+v", waiting)
		}
		item, _, err := l.Item(t.Context(), store.ItemKey{Namespace: "acme", Account: waiting[0].Account, ID: waiting[0].Item})
		if err != nil {
			t.Fatal(err)
		}
		decision := &tribunev1alpha1.CommunityCaseSpec{Decision: tribunev1alpha1.DecisionReply, Reply: &tribunev1alpha1.CaseReply{Text: "It left today."}}
		actions, _ := inbox.Decided(&waiting[0], decision, &item, inbox.Asking{}, "maria", noon)
		if err := l.Add(t.Context(), actions); err != nil {
			t.Fatal(err)
		}
		drain(t, b)
		want := map[string]bool{"to ada under c0000001: Hello, ada!": true, "to all under c0000002: Hello, bob!": true, "to leo under c0000003: It left today.": true}
		got := map[string]bool{}
		for _, said := range c.said {
			got[said] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// cases of the ledger, the oldest first.
func cases(t *testing.T, l *store.Database) []store.Case {
	t.Helper()
	all, err := l.Cases(t.Context(), store.CaseFilter{Namespace: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Who changes what a person is done with is looked at again where a rule asks for another reason, and only then.
func TestChangedAfterAPersonWasDone(t *testing.T) {
	const doubtful = `
channelSelector: {}
mode: Enforce
rules:
  - {name: money, match: {text: {terms: [refund, scandal]}}, outcome: Review}
`
	onEach(t, func(t *testing.T, l *store.Database) {
		w := begin(t, l, inForce(t, doubtful))
		count := func(when string, want int) []store.Case {
			t.Helper()
			all := cases(t, l)
			if len(all) != want {
				t.Fatalf("%s: %d cases, want %d: %+v", when, len(all), want, all)
			}
			return all
		}
		done := func(c store.Case) {
			t.Helper()
			c.State, c.Decision, c.DecidedBy, c.ClosedBy, c.DoneAt = store.CaseDone, "Resolve", "maria", "Person", w.now.Now()
			if err := l.SaveCase(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		w.edit("I want a refund")
		w.edit("I want a refund now, what a scandal")
		first := count("changed while it waits", 1)[0]
		done(first)
		w.edit("I want a refund now, and what a scandal!")
		count("the reason is the same", 1)
		w.edit("A scandal")
		all := count("the reason is another", 2)
		second := all[0]
		if second.Name == first.Name {
			second = all[1]
		}
		if second.State != store.CaseWaiting || second.Item != first.Item || !strings.Contains(second.Explanation, "scandal") {
			t.Errorf("%+v", second)
		}
		w.edit("A refund, then")
		count("changed while it waits again", 2)
		w.reported()
		count("reported, while it waits", 2)
	})
}

// A rule about edited words holds once somebody changes theirs, on a network that does not tell of it.
func TestWhoEditsIsJudgedForIt(t *testing.T) {
	const suspicious = `
channelSelector: {}
mode: Enforce
rules:
  - {name: swapped, match: {expression: "item.edited"}, outcome: Review}
`
	onEach(t, func(t *testing.T, l *store.Database) {
		w := begin(t, l, inForce(t, suspicious))
		w.edit("The garden is lovely")
		if all := cases(t, l); len(all) != 0 {
			t.Fatalf("said first: %+v", all)
		}
		w.edit("Cheap garden tools at my place")
		if all := cases(t, l); len(all) != 1 || all[0].Rule != "swapped" {
			t.Errorf("changed: %+v", all)
		}
	})
}

// A case that is routed goes on as a case of the team that takes it, with the time that it has.
func TestRouted(t *testing.T) {
	asked := store.Case{
		Namespace: "acme", Name: "rules-1", Kind: "Question", Policy: "rules", Rule: "help", Account: "Local/acme/square", Channel: "square", Item: "c1", Explanation: "rule help: it asks",
		State: store.CaseOpen, Assignee: "maria", CreatedAt: noon, DueAt: noon.Add(4), RemindedAt: noon.Add(2),
	}
	to := &tribunev1alpha1.CommunityCaseSpec{Decision: tribunev1alpha1.DecisionRoute, RouteTo: &tribunev1alpha1.LocalReference{Name: "billing"}, Note: "an invoice, @all"}
	theirs, ok := inbox.Routed(&asked, to, "maria")
	want := asked
	want.Name, want.State, want.Assignee = theirs.Name, store.CaseWaiting, ""
	want.Explanation = "routed to billing by maria: an invoice, all; rule help: it asks"
	if diff := cmp.Diff(want, theirs); !ok || diff != "" || theirs.Name == asked.Name || !strings.HasPrefix(theirs.Name, "rules-") {
		t.Errorf("%v %s", ok, diff)
	}
	onward, _ := inbox.Routed(&theirs, to, "chen")
	if onward.Name == theirs.Name || onward.Name == asked.Name {
		t.Errorf("routed on it has the name of one before: %s", onward.Name)
	}
	actions, outcome := inbox.Decided(&asked, to, &store.Item{Item: network.Item{Text: "Where is my invoice?"}}, inbox.Asking{}, "maria", noon)
	if len(actions) != 1 || outcome != "" || !strings.Contains(actions[0].Payload, "tribune inbox show "+theirs.Name+" -n acme") {
		t.Errorf("the team is told: %+v %s", actions, outcome)
	}
	pair := asked
	pair.Kind = "Introduction"
	if request, _ := inbox.Routed(&pair, to, "maria"); request.Kind != "Request" {
		t.Errorf("an introduction becomes a %s", request.Kind)
	}
	if _, ok := inbox.Routed(&asked, &tribunev1alpha1.CommunityCaseSpec{Decision: tribunev1alpha1.DecisionResolve}, "maria"); ok {
		t.Error("what is resolved is routed")
	}
}
