package post

import (
	"context"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
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

// wokenByPosts wakes a Post when there is something new about it, and those that wait for it. It is one watch, not one of each:
// a watch keeps for ever the room that the first list took.
func (r *Reconciler) wokenByPosts() handler.EventHandler {
	self, isNew := &handler.EnqueueRequestForObject{}, changed{owner: r.Owner}
	others, out := r.wokenByPredecessor(), r.cameOut()
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q queue) {
			if out.Create(e) {
				others.Create(ctx, e, q)
			}
			self.Create(ctx, e, q)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue) {
			if out.Update(e) {
				others.Update(ctx, e, q)
			}
			if isNew.Update(e) {
				self.Update(ctx, e, q)
			}
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue) {
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
