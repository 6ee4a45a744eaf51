package install

import (
	"context"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// approvedPost is due in two days, and approved.
const approvedPost = "approved"

// decide makes it.
func (w *world) decide(t *testing.T) {
	t.Helper()
	me := &authenticationv1.SelfSubjectReview{}
	if err := w.admin.Create(t.Context(), me); err != nil {
		t.Fatal(err)
	}
	post := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: approvedPost}, Spec: tribunev1alpha1.PostSpec{
		ChannelRef: tribunev1alpha1.LocalReference{Name: localChannel}, PublishAt: &metav1.Time{Time: time.Now().Add(48 * time.Hour)},
		Content: tribunev1alpha1.Content{Text: "Seen by two"}, Approval: &tribunev1alpha1.Approval{}}}
	if err := w.admin.Create(t.Context(), post); err != nil {
		t.Fatal(err)
	}
	post.Status.Approvals = []tribunev1alpha1.PostApproval{{By: me.Status.UserInfo.Username, Decision: tribunev1alpha1.DecisionApproved,
		ContentHash: publish.DecisionHash(post), At: metav1.Now()}}
	if err := w.admin.Status().Update(t.Context(), post); err != nil {
		t.Fatal(err)
	}
}

// knowsWhoDecided: the policies are in force, and the manager knows it.
var knowsWhoDecided = function{name: "an approval is known to be of whom it names", done: func(ctx context.Context, w *world) bool {
	p := w.post(ctx, approvedPost)
	if p == nil {
		return false
	}
	c := meta.FindStatusCondition(p.Status.Conditions, tribunev1alpha1.ConditionApproved)
	return c != nil && c.Reason == tribunev1alpha1.ReasonApproved
}}
