package notify

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/event"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	news "github.com/tribune-dev/tribune/internal/notify"
)

func heldPost(reason string, since time.Time) *tribunev1alpha1.Post {
	p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "launch", Generation: 1}}
	p.Spec.ChannelRef.Name = "square"
	p.Spec.PublishAt = &metav1.Time{Time: since}
	p.Status.State, p.Status.ObservedGeneration = tribunev1alpha1.PostHeld, 1
	p.Status.Conditions = []metav1.Condition{{Type: "Held", Status: metav1.ConditionTrue, Reason: reason, LastTransitionTime: metav1.Time{Time: since}}}
	return p
}

// A hold is told once it has lasted a minute, and what happened long before anybody watched is not.
func TestHeldIsToldAfterAMinute(t *testing.T) {
	square := &tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "square"}}
	square.Spec.Notify = []tribunev1alpha1.Notification{{ChannelRef: tribunev1alpha1.LocalReference{Name: "desk"}, On: []tribunev1alpha1.NotifyEvent{"Held"}}}
	for name, c := range map[string]struct {
		reason string
		age    time.Duration
		again  time.Duration
		told   int
	}{
		"for 20 s":        {"ChannelNotReady", 20 * time.Second, 40 * time.Second, 0},
		"for a minute":    {"ChannelNotReady", time.Minute, 0, 1},
		"between two":     {"MinInterval", 10 * time.Minute, 0, 0},
		"since yesterday": {"ChannelNotReady", 24 * time.Hour, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			if err := o.Client.Create(t.Context(), square.DeepCopy()); err != nil {
				t.Fatal(err)
			}
			if err := o.Client.Create(t.Context(), heldPost(c.reason, noon.Add(-c.age))); err != nil {
				t.Fatal(err)
			}
			r := &postReconciler{o.teller}
			var result ctrl.Result
			for range 2 { // seen twice, told once
				var err error
				result, err = r.Reconcile(t.Context(), ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "acme", Name: "launch"}})
				if err != nil {
					t.Fatal(err)
				}
			}
			if result.RequeueAfter != c.again {
				t.Errorf("looks again after %s, want %s", result.RequeueAfter, c.again)
			}
			if got := o.work(); len(got) != c.told {
				t.Errorf("told %v, want %d", got, c.told)
			}
		})
	}
}

func TestOnlyNewsIsLookedAt(t *testing.T) {
	p := newsOf(news.OfPost)
	waiting, held := &tribunev1alpha1.Post{}, heldPost("Crisis", noon)
	waiting.Status.State = tribunev1alpha1.PostScheduled
	for what, wrong := range map[string]bool{
		"a waiting Post at the start":   p.Create(event.CreateEvent{Object: waiting}),
		"a held Post at the start":      !p.Create(event.CreateEvent{Object: held}),
		"a Post that came to be held":   !p.Update(event.UpdateEvent{ObjectOld: waiting, ObjectNew: held}),
		"a Post that is held as before": p.Update(event.UpdateEvent{ObjectOld: held, ObjectNew: held}),
		"a Post that goes":              p.Delete(event.DeleteEvent{Object: held}),
	} {
		if wrong {
			t.Error(what)
		}
	}
	if allocs := testing.AllocsPerRun(100, func() { p.Create(event.CreateEvent{Object: waiting}) }); allocs > 8 {
		t.Errorf("a waiting Post costs %v allocations", allocs)
	}
}
