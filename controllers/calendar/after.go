package calendar

import (
	"context"
	"regexp"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
)

// once is the occurrence of entries that go out once.
const once = "once"

// itemName is an entry that an item of a feed made. Feeds forget their items, which says nothing about what was published.
var itemName = regexp.MustCompile(`-[0-9a-f]{12}$`)

// carryOver brings a changed content to a Post that went out, whose own controller edits what is on the network. What went out of a
// recurring entry is frozen: its changes are for later occurrences.
func (r *Reconciler) carryOver(ctx context.Context, s *scope, child *tribunev1alpha1.Post, p *plan.Post) error {
	if p.Occurrence != once || child.Status.State != tribunev1alpha1.PostPublished || !child.DeletionTimestamp.IsZero() || !ours(child, p) {
		return nil
	}
	after := child.DeepCopy()
	after.Spec.Content, after.Spec.OnEdit, after.Spec.DeletionPolicy = p.Spec.Content, p.Spec.OnEdit, p.Spec.DeletionPolicy
	if equality.Semantic.DeepEqual(child.Spec, after.Spec) {
		return nil
	}
	if err := r.Client.Patch(ctx, after, client.MergeFromWithOptions(child, client.MergeFromWithOptimisticLock{})); err != nil {
		return s.race(err)
	}
	s.mu.Lock()
	s.changed++
	s.mu.Unlock()
	return nil
}

// takenOut tells the Posts that went out and are to be taken off their network, as their entry was taken out of the calendar. Where
// anything is wrong with the calendar or its sources nobody knows what was taken out.
func (s *scope) takenOut() func(*tribunev1alpha1.Post) bool {
	readable := len(s.problems) == 0 && !s.plan.Until.IsZero()
	return func(p *tribunev1alpha1.Post) bool {
		return readable && p.Spec.DeletionPolicy == tribunev1alpha1.DeletionDelete && p.Status.State == tribunev1alpha1.PostPublished &&
			!s.stillMeant(p) && !itemName.MatchString(p.Labels[tribunev1alpha1.LabelEntry])
	}
}

// finalizers of a Post that is made: with one that is needed, its controller need not add it.
func finalizers(spec *tribunev1alpha1.PostSpec) []string {
	if spec.DeletionPolicy == tribunev1alpha1.DeletionDelete {
		return []string{publish.Finalizer}
	}
	return nil
}
