package post

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	testingclock "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/event"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// A Post that a manager finds at its start is looked at without delay if there may be something to do, else within the hour, and always before
// it falls due.
func TestWaitingPostsStandBy(t *testing.T) {
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	waiting := func(change func(*tribunev1alpha1.Post)) *tribunev1alpha1.Post {
		p := &tribunev1alpha1.Post{}
		p.Namespace, p.Name, p.Generation, p.CreationTimestamp = "acme", "news", 3, metav1.NewTime(now.Add(-48*time.Hour))
		p.Spec.ChannelRef.Name = "square"
		p.Spec.PublishAt = &metav1.Time{Time: now.Add(48 * time.Hour)}
		p.Status.State, p.Status.ObservedGeneration = tribunev1alpha1.PostScheduled, 3
		change(p)
		return p
	}
	at := func(d time.Duration) func(*tribunev1alpha1.Post) {
		return func(p *tribunev1alpha1.Post) { p.Spec.PublishAt.Time = now.Add(d) }
	}
	for name, tc := range map[string]struct {
		change func(*tribunev1alpha1.Post)
		later  bool
	}{
		"far": {func(*tribunev1alpha1.Post) {}, true},
		"with its finalizer": {func(p *tribunev1alpha1.Post) {
			p.Spec.DeletionPolicy = tribunev1alpha1.DeletionDelete
			p.Finalizers = []string{publish.Finalizer}
		}, true},
		"in two hours":         {at(2 * time.Hour), true},
		"within the hour":      {at(59 * time.Minute), false},
		"overdue":              {at(-time.Minute), false},
		"at once":              {func(p *tribunev1alpha1.Post) { p.Spec.PublishAt = nil }, false},
		"new":                  {func(p *tribunev1alpha1.Post) { p.Status = tribunev1alpha1.PostStatus{} }, false},
		"edited":               {func(p *tribunev1alpha1.Post) { p.Generation = 4 }, false},
		"held":                 {func(p *tribunev1alpha1.Post) { p.Status.State = tribunev1alpha1.PostHeld }, false},
		"published":            {func(p *tribunev1alpha1.Post) { p.Status.State = tribunev1alpha1.PostPublished }, false},
		"with an intent":       {func(p *tribunev1alpha1.Post) { p.Status.Segments = make([]tribunev1alpha1.PostSegment, 1) }, false},
		"with a person's word": {func(p *tribunev1alpha1.Post) { p.Status.Resolution = &tribunev1alpha1.PostResolution{} }, false},
		"being deleted":        {func(p *tribunev1alpha1.Post) { p.DeletionTimestamp = &metav1.Time{Time: now} }, false},
		"tried again":          {func(p *tribunev1alpha1.Post) { p.Status.NextAttemptAt = &metav1.Time{Time: now.Add(time.Hour)} }, false},
		"for its channel": {func(p *tribunev1alpha1.Post) {
			p.Status.Conditions = []metav1.Condition{{Type: tribunev1alpha1.ConditionReady, Status: metav1.ConditionFalse}}
		}, false},
		"after another": {func(p *tribunev1alpha1.Post) { p.Spec.After = &tribunev1alpha1.AfterPost{} }, false},
		"asked for": {func(p *tribunev1alpha1.Post) {
			p.Annotations = map[string]string{tribunev1alpha1.AnnotationReconcileRequest: "now"}
		}, false},
		"without its finalizer": {func(p *tribunev1alpha1.Post) { p.Spec.DeletionPolicy = tribunev1alpha1.DeletionDelete }, false},
		"with one too many":     {func(p *tribunev1alpha1.Post) { p.Finalizers = []string{publish.Finalizer} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := waiting(tc.change)
			if got := standsBy(p, now); got != tc.later {
				t.Errorf("stands by: %v, want %v", got, tc.later)
			}
			for _, first := range []bool{true, false} {
				c := testingclock.NewFakeClock(now)
				q := workqueue.NewTypedRateLimitingQueueWithConfig(workqueue.DefaultTypedControllerRateLimiter[ctrl.Request](),
					workqueue.TypedRateLimitingQueueConfig[ctrl.Request]{Clock: c})
				r := &Reconciler{Clock: clock.Clock(c)}
				r.wokenByPosts().Create(t.Context(), event.CreateEvent{Object: p, IsInInitialList: first}, q)
				if at, want := q.Len(), 1; (at == want) == (first && tc.later) {
					t.Errorf("of the first list: %v; %d would be looked at now", first, at)
				}
				q.ShutDown()
			}
		})
	}
}
