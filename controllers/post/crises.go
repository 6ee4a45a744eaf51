package post

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/crisis"
	"github.com/tribune-dev/tribune/internal/publish"
)

// +kubebuilder:rbac:groups=tribune.dev,resources=crises,verbs=list;watch

// heldByCrises is the key of the index for Posts that a Crisis holds.
const heldByCrises = "crisis/"

// crises learns what the Crises of the namespace say of the Post, as far as the cache knows. That costs nothing, and is enough
// to keep a Post waiting; before anything goes out the gate asks.
func (r *Reconciler) crises(ctx context.Context, s *scope) error {
	list := &tribunev1alpha1.CrisisList{}
	if err := r.Client.List(ctx, list, client.InNamespace(s.facts.Post.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list Crises: %w", err)
	}
	if len(list.Items) > 0 {
		s.facts.Crisis = publish.Crisis(crisis.Check(list.Items, s.facts.Post))
	}
	return nil
}

// HeldByCrises are the Posts of a namespace that a Crisis holds, as their status says. They are the cache's own, only to be read.
func HeldByCrises(ctx context.Context, cache client.Reader, namespace string) ([]*tribunev1alpha1.Post, error) {
	list := &tribunev1alpha1.PostList{}
	err := cache.List(ctx, list, client.InNamespace(namespace), client.MatchingFields{indexUnsettled: heldByCrises}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("list held Posts: %w", err)
	}
	posts := make([]*tribunev1alpha1.Post, len(list.Items))
	for i := range list.Items {
		posts[i] = &list.Items[i]
	}
	return posts, nil
}

// wokenByCrises wakes the Posts that a Crisis holds when one changes what it holds. Those that it will hold find it when they
// fall due.
func (r *Reconciler) wokenByCrises() handler.EventHandler {
	wake := func(ctx context.Context, c client.Object, q queue) {
		posts, err := HeldByCrises(ctx, r.Client, c.GetNamespace())
		if err != nil {
			return // it is the cache that is asked: it fails only when the manager ends
		}
		for _, p := range posts {
			enqueue(q, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(p)})
		}
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q queue) { wake(ctx, e.Object, q) },
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue) { wake(ctx, e.Object, q) },
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue) {
			was, ok := e.ObjectOld.(*tribunev1alpha1.Crisis)
			is, ok2 := e.ObjectNew.(*tribunev1alpha1.Crisis)
			if !ok || !ok2 || !holdsAlike(was, is) {
				wake(ctx, e.ObjectNew, q)
			}
		},
	}
}

// holdsAlike is true if both say the same to every Post.
func holdsAlike(a, b *tribunev1alpha1.Crisis) bool {
	return crisis.Resolved(a) == crisis.Resolved(b) && a.Spec.Reason == b.Spec.Reason && a.Spec.Until.Equal(b.Spec.Until) &&
		a.Status.State == b.Status.State && a.Status.ResumeAt.Equal(b.Status.ResumeAt) &&
		equality.Semantic.DeepEqual(a.Status.Holds, b.Status.Holds) && equality.Semantic.DeepEqual(a.Status.Resumed, b.Status.Resumed)
}
