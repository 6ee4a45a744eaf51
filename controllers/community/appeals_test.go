package community

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	_ "github.com/tribune-dev/tribune/internal/network/local" // registers the built-in network
	"github.com/tribune-dev/tribune/internal/store"
)

// newTribunal is an office before which somebody appeals: their item insult was hidden, and muted for.
func newTribunal(t *testing.T, appeal string) *office {
	t.Helper()
	o := newOffice(t)
	ear, at := store.Ear{Namespace: "acme", Channel: "square", Account: "Local/acme"}, o.clock.Now()
	author := network.Person{ID: "bob", Handle: "bob"}
	var items []store.Item
	for id, text := range map[string]string{"insult": "nitwit", "objection": "Why did you hide my comment?"} {
		items = append(items, store.Item{SeenAt: at, Item: network.Item{ID: id, Kind: network.ItemComment, Text: text, Hidden: id == "insult", CreatedAt: at, Author: author}})
	}
	if _, err := o.ledger.Take(t.Context(), store.Heard{Ear: ear, Cursor: "9", PolledAt: at}, items); err != nil {
		t.Fatal(err)
	}
	done := func(id, kind string) store.Action {
		return store.Action{ID: id, Namespace: "acme", Policy: "rules", Generation: 3, Rule: "insults", Account: ear.Account, Channel: "square", Item: "insult", Author: "bob",
			Kind: kind, State: store.ActionDone, CreatedAt: at, NextAt: at, DoneAt: at}
	}
	if err := o.ledger.Add(t.Context(), []store.Action{done("h", "hide"), done("m", "mute")}); err != nil {
		t.Fatal(err)
	}
	err := o.ledger.AddCases(t.Context(), []store.Case{{Namespace: "acme", Name: appeal, Kind: "Appeal", Policy: "rules", Rule: "insults", Account: ear.Account, Channel: "square",
		Item: "objection", Other: "insult", Explanation: "appeal against hide", State: store.CaseWaiting, CreatedAt: at}})
	if err != nil {
		t.Fatal(err)
	}
	o.key = client.ObjectKey{Namespace: "acme", Name: appeal}
	o.turn()
	return o
}

func (o *office) item(id string) store.Item {
	o.t.Helper()
	item, known, err := o.ledger.Item(o.t.Context(), store.ItemKey{Namespace: "acme", Account: "Local/acme", ID: id})
	if err != nil || !known {
		o.t.Fatal(known, err)
	}
	return item
}

// finish has all that waits done, and gives what was.
func (o *office) finish() (kinds []string) {
	o.t.Helper()
	claimed, err := o.ledger.Claim(o.t.Context(), "test", o.clock.Now(), o.clock.Now().Add(1), 10)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, a := range claimed {
		kinds = append(kinds, a.Kind+" "+a.Item)
		a.State, a.DoneAt = store.ActionDone, o.clock.Now()
		if err := o.ledger.FinishAction(o.t.Context(), a); err != nil {
			o.t.Fatal(err)
		}
	}
	o.turn()
	return kinds
}

// An appeal that is granted takes back what was done first, and is over when that is; the appeal itself is not touched.
func TestAnAppealIsGranted(t *testing.T) {
	o := newTribunal(t, "rules-appeal")
	c := o.shown(o.key)
	if c.Spec.Kind != tribunev1alpha1.CaseAppeal || c.Spec.Item.Text != "Why did you hide my comment?" || c.Status.State != tribunev1alpha1.CaseOpen {
		t.Fatalf("%+v %+v", c.Spec, c.Status)
	}
	o.decides(func(s *tribunev1alpha1.CommunityCaseSpec) { s.Decision = tribunev1alpha1.DecisionAllow })
	if c := o.shown(o.key); c.Status.State != tribunev1alpha1.CaseDecided {
		t.Errorf("while it is being taken back it is %s", c.Status.State)
	}
	if got := o.finish(); len(got) != 2 || got[0] == got[1] || o.item("insult").Human != "Allow" || o.item("objection").Human != "" {
		t.Errorf("done: %v; recorded %q and %q", got, o.item("insult").Human, o.item("objection").Human)
	}
	if c := o.shown(o.key); c.Status.State != tribunev1alpha1.CaseEnforced || c.Status.ClosedBy != tribunev1alpha1.ClosedByPerson {
		t.Errorf("it is %+v", c.Status)
	}
}

// An appeal that is dismissed changes nothing; an answer goes to the appeal.
func TestAnAppealIsDismissed(t *testing.T) {
	o := newTribunal(t, "rules-appeal")
	o.decides(func(s *tribunev1alpha1.CommunityCaseSpec) { s.Decision = tribunev1alpha1.DecisionHide })
	if got := o.finish(); len(got) != 0 || o.item("insult").Human != "Hide" || o.item("objection").Human != "" {
		t.Errorf("confirmed: %v; recorded %q and %q", got, o.item("insult").Human, o.item("objection").Human)
	}
	o = newTribunal(t, "rules-other")
	o.decides(func(s *tribunev1alpha1.CommunityCaseSpec) {
		s.Decision, s.Reply = tribunev1alpha1.DecisionReply, &tribunev1alpha1.CaseReply{Text: "It stands."}
	})
	if got := o.finish(); len(got) != 1 || got[0] != "reply objection" || o.item("insult").Human != "" {
		t.Errorf("answered: %v, recorded %q", got, o.item("insult").Human)
	}
}

// An appeal is over when somebody shows the item again.
func TestAnAppealIsMoot(t *testing.T) {
	o := newTribunal(t, "rules-appeal")
	if err := o.ledger.Human(t.Context(), o.item("insult").Key, "Allow", inbox.InApp); err != nil {
		t.Fatal(err)
	}
	o.turn()
	if c := o.shown(o.key); c.Status.State != tribunev1alpha1.CaseEnforced || c.Status.ClosedBy != tribunev1alpha1.ClosedByExpiry {
		t.Errorf("it is %+v", c.Status)
	}
}
