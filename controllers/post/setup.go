package post

import (
	"context"
	"fmt"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
)

// indexUnsettled finds the Posts that a change of their channel or calendar can move at once: those that are new, held,
// failed or under way. Waiting Posts look at both when they fall due.
const indexUnsettled = "unsettled"

type queue = workqueue.TypedRateLimitingInterface[ctrl.Request]

// SetupWithManager starts the controller with the manager, and makes the lanes that it works in.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	err := mgr.GetFieldIndexer().IndexField(context.Background(), &tribunev1alpha1.Post{}, indexUnsettled, unsettled)
	if err != nil {
		return fmt.Errorf("index Posts: %w", err)
	}
	if err := indexFollowers(mgr); err != nil {
		return err
	}
	woken := make(chan event.TypedGenericEvent[types.NamespacedName], 4096)
	r.wake = func(post types.NamespacedName) { offer(woken, post) }
	r.Lanes = channels.NewLanes(r.wake)
	connected := make(chan event.TypedGenericEvent[types.NamespacedName], 4096)
	r.Directory.OnChange(func(channel types.NamespacedName) { offer(connected, channel) })

	return ctrl.NewControllerManagedBy(mgr).
		Named("post").
		Watches(&tribunev1alpha1.Post{}, r.wokenByPosts()).
		Watches(&tribunev1alpha1.SocialChannel{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []ctrl.Request {
			return r.unsettledOn(ctx, "channel", client.ObjectKeyFromObject(o))
		})).
		Watches(&tribunev1alpha1.ContentCalendar{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []ctrl.Request {
			return r.unsettledOn(ctx, "calendar", client.ObjectKeyFromObject(o))
		}), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&tribunev1alpha1.Crisis{}, r.wokenByCrises()).
		WatchesRawSource(source.TypedChannel(woken, handler.TypedFuncs[types.NamespacedName, ctrl.Request]{
			GenericFunc: func(_ context.Context, e event.TypedGenericEvent[types.NamespacedName], q queue) {
				enqueue(q, ctrl.Request{NamespacedName: e.Object})
			},
		})).
		WatchesRawSource(source.TypedChannel(connected, handler.TypedFuncs[types.NamespacedName, ctrl.Request]{
			GenericFunc: func(ctx context.Context, e event.TypedGenericEvent[types.NamespacedName], q queue) {
				for _, req := range r.unsettledOn(ctx, "channel", e.Object) {
					enqueue(q, req)
				}
				for _, post := range r.Directory.Awaited(e.Object) {
					enqueue(q, ctrl.Request{NamespacedName: post})
				}
			},
		})).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers, LogConstructor: logsOf(mgr.GetLogger())}).
		Complete(r)
}

// logsOf names the controller and the Post in what is logged.
func logsOf(base logr.Logger) func(*ctrl.Request) logr.Logger {
	base = base.WithValues("controller", "post", "controllerGroup", tribunev1alpha1.GroupVersion.Group, "controllerKind", "Post")
	return func(req *ctrl.Request) logr.Logger {
		if req == nil {
			return base
		}
		return base.WithValues("Post", klog.KRef(req.Namespace, req.Name), "namespace", req.Namespace, "name", req.Name)
	}
}

// enqueue puts a Post before those that the start-up list brought.
func enqueue(q queue, req ctrl.Request) {
	if pq, ok := q.(priorityqueue.PriorityQueue[ctrl.Request]); ok {
		priority := priorityDue
		pq.AddWithOpts(priorityqueue.AddOpts{Priority: &priority}, req)
		return
	}
	q.Add(req)
}

// offer never waits: who is not told looks by itself after a while.
func offer(c chan event.TypedGenericEvent[types.NamespacedName], key types.NamespacedName) {
	select {
	case c <- event.TypedGenericEvent[types.NamespacedName]{Object: key}:
	default:
	}
}

func unsettled(o client.Object) []string {
	p, ok := o.(*tribunev1alpha1.Post)
	if !ok {
		return nil
	}
	switch p.Status.State {
	case tribunev1alpha1.PostScheduled:
		waitsForChannel := meta.IsStatusConditionFalse(p.Status.Conditions, tribunev1alpha1.ConditionReady)
		if p.Status.NextAttemptAt == nil && !changedSinceSeen(p) && !waitsForChannel {
			return nil
		}
	case tribunev1alpha1.PostMissed, tribunev1alpha1.PostDeleted:
		return nil
	case tribunev1alpha1.PostPublished:
		if !publish.EditMatters(p) {
			return nil
		}
	}
	keys := []string{"channel/" + string(p.Spec.ChannelRef.Name)}
	if name := plan.MadeBy(p); name != "" {
		keys = append(keys, "calendar/"+name)
	}
	if publish.HeldByCrisis(p) {
		keys = append(keys, heldByCrises)
	}
	return keys
}

func changedSinceSeen(p *tribunev1alpha1.Post) bool {
	return p.Status.ObservedGeneration != p.Generation
}

func (r *Reconciler) unsettledOn(ctx context.Context, kind string, key types.NamespacedName) []ctrl.Request {
	list := &tribunev1alpha1.PostList{}
	if err := r.Client.List(ctx, list, client.InNamespace(key.Namespace), client.MatchingFields{indexUnsettled: kind + "/" + key.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return nil
	}
	requests := make([]ctrl.Request, len(list.Items))
	for i := range list.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&list.Items[i])
	}
	return requests
}

// changed lets through what a Post's next step may depend on: its spec, a request, a person's resolution, and a status that
// somebody else wrote. Our own writes of what is settled or under way wake nobody: the run that wrote an intent goes on to its
// outcome, and one that was woken by the intent would begin before the cache has the outcome, and write in vain.
type changed struct {
	// owner is this process.
	owner string
}

func (c changed) Update(e event.UpdateEvent) bool {
	was, ok := e.ObjectOld.(*tribunev1alpha1.Post)
	is, ok2 := e.ObjectNew.(*tribunev1alpha1.Post)
	if !ok || !ok2 {
		return false
	}
	if was.Generation != is.Generation || was.UID != is.UID || !is.DeletionTimestamp.IsZero() {
		return true
	}
	if was.Annotations[tribunev1alpha1.AnnotationReconcileRequest] != is.Annotations[tribunev1alpha1.AnnotationReconcileRequest] {
		return true
	}
	if !equality.Semantic.DeepEqual(was.Status.Approvals, is.Status.Approvals) {
		return true // an edit may wait for them
	}
	if statusEqual(&was.Status, &is.Status) || is.Status.State == tribunev1alpha1.PostPublished {
		return false
	}
	resolved := !equality.Semantic.DeepEqual(was.Status.Resolution, is.Status.Resolution)
	return resolved || !c.underway(is)
}

// underway is true while an attempt of this process has no outcome.
func (c changed) underway(p *tribunev1alpha1.Post) bool {
	i := publish.OpenSegment(p)
	if i < 0 {
		return false
	}
	s := &p.Status.Segments[i]
	return (s.State == tribunev1alpha1.SegmentSending || s.State == tribunev1alpha1.SegmentPrepared) && s.Owner == c.owner
}
