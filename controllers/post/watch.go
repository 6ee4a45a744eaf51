package post

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// justMade is how new a Post is that others may wait for; older ones were there when those were looked at.
const justMade = time.Minute

// indexFollowers finds Posts by the one that they wait for.
func indexFollowers(mgr ctrl.Manager) error {
	err := mgr.GetFieldIndexer().IndexField(context.Background(), &tribunev1alpha1.Post{}, indexAfter, func(o client.Object) []string {
		p, ok := o.(*tribunev1alpha1.Post)
		if !ok || p.Status.State == tribunev1alpha1.PostPublished || p.Status.State == tribunev1alpha1.PostDeleted {
			return nil
		}
		var names []string
		for _, one := range predecessorsOf(p) {
			names = append(names, one.Name)
		}
		return names
	})
	if err != nil {
		return fmt.Errorf("index Posts: %w", err)
	}
	return nil
}

// wokenByPosts wakes a Post when there is something new about it, and those that wait for it, and counts all. It is one watch, not one of each:
// a watch keeps for ever the room that the first list took.
func (r *Reconciler) wokenByPosts() handler.EventHandler {
	self, isNew := &handler.EnqueueRequestForObject{}, changed{owner: r.Owner}
	others, out := r.wokenByPredecessor(), r.cameOut()
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q queue) {
			r.Metrics.moved(nil, e.Object)
			if out.Create(e) {
				others.Create(ctx, e, q)
			}
			if p, ok := e.Object.(*tribunev1alpha1.Post); ok && e.IsInInitialList && standsBy(p, r.Clock.Now()) {
				lookLater(q, p)
				return
			}
			self.Create(ctx, e, q)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue) {
			r.Metrics.moved(e.ObjectOld, e.ObjectNew)
			if out.Update(e) {
				others.Update(ctx, e, q)
			}
			if isNew.Update(e) {
				self.Update(ctx, e, q)
			}
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue) {
			r.Metrics.moved(e.Object, nil)
			if out.Delete(e) {
				others.Delete(ctx, e, q)
			}
		},
	}
}

// wokenByPredecessor wakes the Posts that wait for one.
func (r *Reconciler) wokenByPredecessor() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []ctrl.Request {
		list := &tribunev1alpha1.PostList{}
		if err := r.Client.List(ctx, list, client.InNamespace(o.GetNamespace()), client.MatchingFields{indexAfter: o.GetName()}, client.UnsafeDisableDeepCopy); err != nil {
			return nil
		}
		requests := make([]ctrl.Request, len(list.Items))
		for i := range list.Items {
			requests[i].NamespacedName = client.ObjectKeyFromObject(&list.Items[i])
		}
		return requests
	})
}

// cameOut lets through the changes of a Post that others may wait for, and has the history learn from all.
func (r *Reconciler) cameOut() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool {
			p, ok := e.Object.(*tribunev1alpha1.Post)
			if !ok {
				return false
			}
			now := r.Clock.Now()
			r.past.note(p, now)
			return p.CreationTimestamp.Add(justMade).After(now)
		},
		UpdateFunc: func(e event.UpdateEvent) bool {
			was, ok := e.ObjectOld.(*tribunev1alpha1.Post)
			is, ok2 := e.ObjectNew.(*tribunev1alpha1.Post)
			if !ok || !ok2 {
				return false
			}
			r.past.note(is, r.Clock.Now())
			return was.Status.State != is.Status.State || was.Status.URL != is.Status.URL
		},
		DeleteFunc: func(e event.DeleteEvent) bool {
			if p, ok := e.Object.(*tribunev1alpha1.Post); ok {
				r.past.leave(p)
			}
			return true
		},
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}

// standsBy is true for a Post of which a look would find nothing to do for a while: it waits for a time that is far, nobody asked for
// anything, and nobody changed it since it was looked at. What changes around it meanwhile, its channel say, waits until it is looked at
// in any case.
func standsBy(p *tribunev1alpha1.Post, now time.Time) bool {
	st := &p.Status
	return st.State == tribunev1alpha1.PostScheduled && len(unsettled(p)) == 0 && now.Add(longestWait+longestWait/10).Before(publish.Due(p)) &&
		len(st.Segments) == 0 && st.Resolution == nil && p.DeletionTimestamp.IsZero() && len(predecessorsOf(p)) == 0 &&
		p.Annotations[tribunev1alpha1.AnnotationReconcileRequest] == "" &&
		controllerutil.ContainsFinalizer(p, publish.Finalizer) == (p.Spec.DeletionPolicy == tribunev1alpha1.DeletionDelete)
}

// lookLater spreads the looks at Posts that the start-up list brought over the time in which each is looked at once in any case.
func lookLater(q queue, p client.Object) {
	req := ctrl.Request{NamespacedName: client.ObjectKeyFromObject(p)}
	after := longestWait/60 + rand.N(longestWait) //nolint:gosec // spreading is no secret
	if pq, ok := q.(priorityqueue.PriorityQueue[ctrl.Request]); ok {
		priority := priorityLater
		pq.AddWithOpts(priorityqueue.AddOpts{After: after, Priority: &priority}, req)
		return
	}
	q.AddAfter(req, after)
}
