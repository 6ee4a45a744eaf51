package community

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// aDesk has a ledger with cases that wait, each about an item of its own, in their order, and objects that are there already.
func aDesk(t *testing.T, funcs interceptor.Funcs, cases []store.Case, objects ...client.Object) *desk {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := tribunev1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	ledger, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "ledger.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.Close() })
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	ear := store.Ear{Namespace: "acme", Channel: "square", Account: "Local/acme"}
	var items []store.Item
	for i := range cases {
		c := &cases[i]
		c.Namespace, c.Account, c.Channel, c.Item, c.Kind, c.CreatedAt = ear.Namespace, ear.Account, ear.Channel, c.Name, "Question", noon.Add(time.Duration(i)*time.Second)
		items = append(items, store.Item{SeenAt: noon, Item: network.Item{ID: c.Item, Kind: network.ItemComment, Text: "?", CreatedAt: noon, Author: network.Person{ID: "of-" + c.Name, Handle: "of-" + c.Name}}})
	}
	if _, err := ledger.Take(t.Context(), store.Heard{Ear: ear, Cursor: "1", PolledAt: noon}, items); err != nil {
		t.Fatal(err)
	}
	if err := ledger.AddCases(t.Context(), cases); err != nil {
		t.Fatal(err)
	}
	k8s := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(&tribunev1alpha1.CommunityCase{}).WithInterceptorFuncs(funcs).Build()
	return &desk{client: k8s, clock: clocktesting.NewFakeClock(noon), ledger: ledger, log: slog.New(slog.DiscardHandler)}
}

func waitingCase(policy, name string) store.Case {
	return store.Case{Name: name, Policy: policy, State: store.CaseWaiting}
}

func (d *desk) stateOf(t *testing.T, name string) string {
	t.Helper()
	rows, err := d.ledger.Cases(t.Context(), store.CaseFilter{Namespace: "acme", Name: name})
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	there := "no object"
	if err := d.client.Get(t.Context(), client.ObjectKey{Namespace: "acme", Name: name}, &tribunev1alpha1.CommunityCase{}); err == nil {
		there = "object"
	}
	return string(rows[0].State) + ", " + there
}

// A policy that has as many open cases as it may keeps those of nobody else waiting, nor does a case that cannot be made.
func TestNobodyWaitsForOthers(t *testing.T) {
	var objects []client.Object
	for i := range maxOpen {
		c := &tribunev1alpha1.CommunityCase{}
		c.Namespace, c.Name = "acme", fmt.Sprint("raid-is-", i)
		c.Spec.PolicyRef, c.Status.State = &tribunev1alpha1.LocalReference{Name: "raid"}, tribunev1alpha1.CaseOpen
		objects = append(objects, c)
	}
	var cases []store.Case
	for i := range openAtOnce + 10 {
		cases = append(cases, waitingCase("raid", fmt.Sprint("raid-", i)))
	}
	cases = append(cases, waitingCase("rules", "rules-refused"), waitingCase("rules", "rules-1"))
	d := aDesk(t, interceptor.Funcs{Create: func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.CreateOption) error {
		if o.GetName() == "rules-refused" {
			return errors.New("a webhook refuses it")
		}
		return c.Create(ctx, o, options...)
	}}, cases, objects...)
	if err := d.open(t.Context()); err == nil {
		t.Error("that one cannot be made is not said")
	}
	got := map[string]string{}
	for _, name := range []string{"raid-0", "rules-refused", "rules-1"} {
		got[name] = d.stateOf(t, name)
	}
	if diff := cmp.Diff(map[string]string{"raid-0": "Waiting, no object", "rules-refused": "Waiting, no object", "rules-1": "Open, object"}, got); diff != "" {
		t.Error(diff)
	}
}

// What has to be erased is erased whatever becomes of another, and comes back by nobody's doing.
func TestErasedCases(t *testing.T) {
	fails := true
	d := aDesk(t, interceptor.Funcs{Delete: func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.DeleteOption) error {
		if o.GetName() == "rules-1" && fails {
			return errors.New("the API server is away")
		}
		return c.Delete(ctx, o, options...)
	}}, []store.Case{waitingCase("rules", "rules-1"), waitingCase("rules", "rules-2"), waitingCase("rules", "rules-3")})
	if err := d.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"rules-1", "rules-2"} {
		if erased, err := d.ledger.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "of-" + name}); err != nil || erased.Cases != 1 {
			t.Fatal(erased, err)
		}
	}
	if err := d.erase(t.Context()); err == nil {
		t.Error("that one is still there is not said")
	}
	if got := d.stateOf(t, "rules-1") + "; " + d.stateOf(t, "rules-2") + "; " + d.stateOf(t, "rules-3"); got != "Erased, object; Done, no object; Open, object" {
		t.Error(got)
	}
	fails = false
	back := &tribunev1alpha1.CommunityCase{}
	back.Namespace, back.Name, back.Spec.Item.Author = "acme", "rules-2", "of-rules-2" // out of a backup
	if err := d.client.Create(t.Context(), back); err != nil {
		t.Fatal(err)
	}
	if err := d.erase(t.Context()); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"rules-1", "rules-2", "rules-3"} {
		if _, err := d.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: "acme", Name: name}}); err != nil {
			t.Error(err)
		}
	}
	if got := d.stateOf(t, "rules-1") + "; " + d.stateOf(t, "rules-2") + "; " + d.stateOf(t, "rules-3"); got != "Done, no object; Done, no object; Open, object" {
		t.Error(got)
	}
}
