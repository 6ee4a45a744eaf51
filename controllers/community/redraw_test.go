package community

import (
	"testing"
	"time"

	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// office is a desk with one open case, and a person before it.
type office struct {
	*desk
	t   *testing.T
	key client.ObjectKey
}

func newOffice(t *testing.T) *office {
	t.Helper()
	d := aDesk(t, interceptor.Funcs{}, []store.Case{waitingCase("rules", "one")})
	d.recorder, d.inbox = events.NewFakeRecorder(100), inbox.New(inbox.Inbox{Clock: d.clock})
	o := &office{desk: d, t: t, key: client.ObjectKey{Namespace: "acme", Name: "one"}}
	o.turn()
	return o
}

// turn is what the manager does meanwhile.
func (o *office) turn() {
	o.t.Helper()
	for range 3 {
		if err := o.erase(o.t.Context()); err != nil {
			o.t.Fatal(err)
		}
		if err := o.open(o.t.Context()); err != nil {
			o.t.Fatal(err)
		}
		list := &tribunev1alpha1.CommunityCaseList{}
		if err := o.client.List(o.t.Context(), list); err != nil {
			o.t.Fatal(err)
		}
		for i := range list.Items {
			if _, err := o.Reconcile(o.t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])}); err != nil {
				o.t.Fatal(err)
			}
		}
	}
}

func (o *office) shown(key client.ObjectKey) *tribunev1alpha1.CommunityCase {
	o.t.Helper()
	c := &tribunev1alpha1.CommunityCase{}
	if err := o.client.Get(o.t.Context(), key, c); err != nil {
		o.t.Fatal(err)
	}
	return c
}

func (o *office) edits(text string) {
	o.t.Helper()
	ear := store.Ear{Namespace: "acme", Channel: "square", Account: "Local/acme"}
	at := o.clock.Now()
	item := store.Item{SeenAt: at, Item: network.Item{ID: "one", Kind: network.ItemComment, Text: text, Revision: text, CreatedAt: at, Author: network.Person{ID: "of-one", Handle: "of-one"}}}
	if _, err := o.ledger.Take(o.t.Context(), store.Heard{Ear: ear, Cursor: "2", PolledAt: at}, []store.Item{item}); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) decides(decide func(*tribunev1alpha1.CommunityCaseSpec)) {
	o.t.Helper()
	c := o.shown(o.key)
	decide(&c.Spec)
	c.Spec.DecidedBy = "maria"
	if err := o.client.Update(o.t.Context(), c); err != nil {
		o.t.Fatal(err)
	}
	o.turn()
}

func (o *office) human() string {
	o.t.Helper()
	item, _, err := o.ledger.Item(o.t.Context(), store.ItemKey{Namespace: "acme", Account: "Local/acme", ID: "one"})
	if err != nil {
		o.t.Fatal(err)
	}
	return item.Human
}

// Nobody decides about words that are not there any more: a case shows what its item says by now, and a yes to other words counts for nothing.
func TestACaseShowsWhatIsThere(t *testing.T) {
	o := newOffice(t)
	o.edits("What a nice rocket?")
	o.turn()
	if text := o.shown(o.key).Spec.Item.Text; text != "What a nice rocket?" {
		t.Errorf("after an edit it shows %q", text)
	}
	o.edits("What a scandal?")
	o.decides(func(s *tribunev1alpha1.CommunityCaseSpec) { s.Decision = tribunev1alpha1.DecisionAllow })
	if c := o.shown(o.key); c.Spec.Decision != "" || c.Spec.Item.Text != "What a scandal?" || c.Status.State != tribunev1alpha1.CaseOpen || o.human() != "" {
		t.Errorf("allowed as it was before: %+v, recorded as %q", c.Spec, o.human())
	}
	o.edits("What a shame?")
	o.decides(func(s *tribunev1alpha1.CommunityCaseSpec) { s.Decision = tribunev1alpha1.DecisionHide })
	if c := o.shown(o.key); c.Spec.Decision != tribunev1alpha1.DecisionHide || o.human() != "Hide" {
		t.Errorf("hidden, whatever it says: %+v, recorded as %q", c.Spec, o.human())
	}
}

// What is routed to another team stays open for it, as long as it takes.
func TestRoutedStaysOpen(t *testing.T) {
	o := newOffice(t)
	due := o.clock.Now().Add(time.Hour)
	rows, err := o.ledger.Cases(t.Context(), store.CaseFilter{Namespace: "acme"})
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	rows[0].DueAt = due
	if err := o.ledger.SaveCase(t.Context(), rows[0]); err != nil {
		t.Fatal(err)
	}
	o.decides(func(s *tribunev1alpha1.CommunityCaseSpec) {
		s.Decision, s.RouteTo = tribunev1alpha1.DecisionRoute, &tribunev1alpha1.LocalReference{Name: "billing"}
	})
	list := &tribunev1alpha1.CommunityCaseList{}
	if err := o.client.List(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 2 {
		t.Fatalf("%d cases", len(list.Items))
	}
	for i := range list.Items {
		c := &list.Items[i]
		if c.Name == "one" {
			continue
		}
		if c.Status.State != tribunev1alpha1.CaseOpen || c.Spec.Kind != tribunev1alpha1.CaseQuestion || c.Spec.DueAt == nil ||
			!c.Spec.DueAt.Time.Equal(due) || c.Spec.Explanation != "routed to billing by maria" {
			t.Errorf("%+v %+v", c.Spec, c.Status)
		}
	}
}
