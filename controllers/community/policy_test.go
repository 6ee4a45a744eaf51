package community

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/event"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/store"
)

// keptPolicy is a policy under a controller, with a ledger and a cluster that may fail.
type keptPolicy struct {
	*PolicyReconciler
	t        *testing.T
	flaky    *flaky
	outboxes *outboxes
	now      *clocktesting.FakeClock
	patches  int
	// conflicts are how many of the next status patches fail.
	conflicts int
}

const listed = `
metadata: {name: rules, namespace: acme, uid: u1, generation: 1}
spec:
  channelSelector: {}
  mode: Enforce
  lists: [{name: insults, configMapKeyRef: {name: words, key: insults.txt}}]
  rules: [{name: insults, match: {text: {termsIn: [insults]}}, outcome: Hide}, {name: scams, match: {text: {terms: [scam]}}, outcome: Remove}]
  notify: [{channelRef: {name: circuit}, on: [CircuitOpen, TestsFailed]}]
`

func newKeptPolicy(t *testing.T, objects ...client.Object) *keptPolicy {
	t.Helper()
	d := aDesk(t, interceptor.Funcs{}, nil)
	k := &keptPolicy{t: t, flaky: &flaky{Ledger: d.ledger}, outboxes: newOutboxes(t, d), now: clocktesting.NewFakeClock(named)}
	scheme := d.client.Scheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	k8s := fake.NewClientBuilder().WithScheme(scheme).WithObjects(append(objects, policyOf(t, listed))...).WithStatusSubresource(&tribunev1alpha1.CommunityPolicy{}).
		WithInterceptorFuncs(interceptor.Funcs{SubResourcePatch: func(ctx context.Context, c client.Client, name string, o client.Object, p client.Patch, options ...client.SubResourcePatchOption) error {
			if k.conflicts > 0 {
				k.conflicts--
				return errBusy
			}
			k.patches++
			return c.SubResource(name).Patch(ctx, o, p, options...)
		}}).Build()
	k.PolicyReconciler = &PolicyReconciler{Client: k8s, ConfigMaps: k8s, Recorder: events.NewFakeRecorder(100), Clock: k.now, Ledger: k.flaky,
		policies: &registry{client: k8s, active: map[types.NamespacedName]active{}}, changed: func() {}}
	return k
}

func (k *keptPolicy) look() error {
	_, err := k.Reconcile(k.t.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: "acme", Name: "rules"}})
	return err
}

// looks until nothing fails, and says how often it did.
func (k *keptPolicy) looks() (failed int) {
	k.t.Helper()
	for range 10 {
		err := k.look()
		if err == nil {
			return failed
		}
		if !errors.Is(err, errBusy) {
			k.t.Fatal(err)
		}
		failed++
	}
	k.t.Fatal("it fails for ever")
	return failed
}

func (k *keptPolicy) status() tribunev1alpha1.CommunityPolicyStatus {
	k.t.Helper()
	p := &tribunev1alpha1.CommunityPolicy{}
	if err := k.Client.Get(k.t.Context(), client.ObjectKey{Namespace: "acme", Name: "rules"}, p); err != nil {
		k.t.Fatal(err)
	}
	return p.Status
}

func wordsOf(text string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "words"}, Data: map[string]string{"insults.txt": text}}
}

// That a policy is wrong, or held, is told before the status says so, as often as it takes, and comes once each time that it happens.
func TestPolicyIsToldOnce(t *testing.T) {
	for name, c := range map[string]struct{ messages, conflicts int }{"told in vain": {messages: 2}, "status in vain": {conflicts: 2}, "both": {1, 1}} {
		t.Run(name, func(t *testing.T) {
			k := newKeptPolicy(t)
			happens := func(times int) {
				t.Helper()
				k.flaky.messages, k.conflicts = c.messages, c.conflicts
				if n := k.looks(); n != 2 {
					t.Errorf("it failed %d times", n)
				}
				k.looks()
				k.outboxes.expect("told", k.now.Now(), map[string]int{"circuit": times})
			}
			happens(1) // there is no list
			if err := k.Client.Create(t.Context(), wordsOf("nitwit")); err != nil {
				t.Fatal(err)
			}
			k.looks()
			if err := k.Client.Delete(t.Context(), wordsOf("")); err != nil {
				t.Fatal(err)
			}
			happens(2) // of the same generation, but once more
			if err := k.Client.Create(t.Context(), wordsOf("nitwit")); err != nil {
				t.Fatal(err)
			}
			k.looks()
			held := store.Action{ID: "h", Namespace: "acme", Policy: "rules", Generation: 1, Rule: "insults", Account: "Local/acme", Channel: "square", Item: "1", Author: "bob",
				Kind: "hide", Class: "hide", State: store.ActionHeld, CreatedAt: named, NextAt: named}
			if err := k.Ledger.Add(t.Context(), []store.Action{held}); err != nil {
				t.Fatal(err)
			}
			k.now.Step(countEvery)
			happens(3)
			if got := k.outboxes.all["circuit"]; len(got) != 3 || got[0].Event != "TestsFailed" || got[1].Event != "TestsFailed" || got[2].Event != "CircuitOpen" {
				t.Errorf("%+v", got)
			}
			if s := k.status(); len(s.Breakers) != 1 || conditionOf(s.Conditions, tribunev1alpha1.ConditionCircuitOpen).Status != "True" {
				t.Errorf("%+v", s)
			}
		})
	}
}

func squareWith(change func(*tribunev1alpha1.SocialChannel)) *tribunev1alpha1.SocialChannel {
	ch := &tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "square", Labels: map[string]string{"team": "acme"}}}
	ch.Spec.Network, ch.Status.Abilities, ch.Status.Automation = tribunev1alpha1.NetworkLocal, []string{"Hide", "Remove"}, []string{"React"}
	change(ch)
	return ch
}

// What a channel writes about itself once a minute is no reason to look at the policies that select it; what it can and may do is.
func TestAbilitiesChanged(t *testing.T) {
	poll := metav1.NewTime(named)
	for name, c := range map[string]struct {
		change func(*tribunev1alpha1.SocialChannel)
		want   bool
	}{
		"nothing": {func(*tribunev1alpha1.SocialChannel) {}, false},
		"listening": {func(ch *tribunev1alpha1.SocialChannel) {
			ch.Status.Listening = &tribunev1alpha1.ChannelListeningStatus{LastPoll: &poll}
		}, false},
		"conditions": {func(ch *tribunev1alpha1.SocialChannel) {
			ch.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "True"}}
		}, false},
		"annotation": {func(ch *tribunev1alpha1.SocialChannel) { ch.Annotations = map[string]string{"a": "b"} }, false},
		"an ability": {func(ch *tribunev1alpha1.SocialChannel) { ch.Status.Abilities = []string{"Hide"} }, true},
		"no ability": {func(ch *tribunev1alpha1.SocialChannel) { ch.Status.Abilities = nil }, true},
		"automation": {func(ch *tribunev1alpha1.SocialChannel) {
			ch.Status.Automation = append(ch.Status.Automation, "Welcome")
		}, true},
		"labels": {func(ch *tribunev1alpha1.SocialChannel) { ch.Labels = map[string]string{"team": "other"} }, true},
	} {
		if got := abilitiesChanged.Update(event.UpdateEvent{ObjectOld: squareWith(func(*tribunev1alpha1.SocialChannel) {}), ObjectNew: squareWith(c.change)}); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
	ch := squareWith(func(*tribunev1alpha1.SocialChannel) {})
	if !abilitiesChanged.Create(event.CreateEvent{Object: ch}) || !abilitiesChanged.Delete(event.DeleteEvent{Object: ch}) {
		t.Error("a channel that comes or goes is let through")
	}
}

// Figures are written once a minute at most, whatever has a policy looked at meanwhile; what it says of its channels is written at once.
func TestFiguresOnceAMinute(t *testing.T) {
	k := newKeptPolicy(t, wordsOf("nitwit"), squareWith(func(*tribunev1alpha1.SocialChannel) {}))
	waiting := func(name string) {
		t.Helper()
		err := k.Ledger.AddCases(t.Context(), []store.Case{{Namespace: "acme", Name: name, Kind: "Question", Policy: "rules", Account: "Local/acme", Channel: "square", Item: name, State: store.CaseWaiting, CreatedAt: named}})
		if err != nil {
			t.Fatal(err)
		}
	}
	expect := func(when string, patches int, questions int32, enforceable string) {
		t.Helper()
		if err := k.look(); err != nil {
			t.Fatal(err)
		}
		s := k.status()
		got := []any{k.patches, s.Waiting.Questions, string(conditionOf(s.Conditions, tribunev1alpha1.ConditionEnforceable).Status)}
		if diff := cmp.Diff([]any{patches, questions, enforceable}, got); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	expect("at first", 1, 0, "True")
	for _, name := range []string{"a", "b", "c"} {
		waiting(name)
		k.now.Step(15 * time.Second)
		expect("within the minute", 1, 0, "True")
	}
	ch := squareWith(func(ch *tribunev1alpha1.SocialChannel) { ch.Status.Abilities = []string{"Hide"} })
	there := &tribunev1alpha1.SocialChannel{}
	if err := k.Client.Get(t.Context(), client.ObjectKeyFromObject(ch), there); err != nil {
		t.Fatal(err)
	}
	ch.ResourceVersion = there.ResourceVersion
	if err := k.Client.Update(t.Context(), ch); err != nil {
		t.Fatal(err)
	}
	expect("a channel can do less", 2, 0, "False")
	k.now.Step(15 * time.Second)
	expect("after a minute", 3, 3, "False")
	waiting("d")
	k.now.Step(59 * time.Second)
	expect("within the next", 3, 3, "False")
	k.now.Step(time.Second)
	expect("after the next", 4, 4, "False")
}
