package publish

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// Finalizer keeps a Post with deletionPolicy Delete until it was taken off its network.
const Finalizer = "tribune.dev/unpublish"

const (
	// GiveUpRemoving is how long after its deletion a Post is kept for a network that does not take it off.
	GiveUpRemoving = 24 * time.Hour
	// lookAgain is how soon what keeps an edit or a removal is looked at anew; that costs no call.
	lookAgain = time.Minute
	// askAgain is how soon a network is asked once more that refused to take something off.
	askAgain = time.Hour
)

// Out is true for a Post of which the present edition is wholly on the network, as the status says.
func Out(p *tribunev1alpha1.Post) bool {
	return p.Status.State == tribunev1alpha1.PostPublished && p.Status.Edition == max(p.Spec.Edition, 1)
}

// leaves is true for a Post that is not to be on the network any more.
func leaves(f Facts) bool { return f.Post.Spec.Unpublished || f.Deleting }

// afterwards decides about a Post that went out: whether it is taken off, changed, or only looked at.
func afterwards(f Facts) *Step {
	st := f.Post.Status
	fresh := st.ObservedGeneration != f.Post.Generation
	frozen := &Step{Do: Observe, Reason: tribunev1alpha1.ReasonFrozen, Message: fmt.Sprintf(
		"this Post went out and is frozen: the change publishes nothing; set edition: %d to publish it again", st.Edition+1)}
	if st.State == tribunev1alpha1.PostDeleted {
		if fresh {
			return frozen
		}
		return &Step{Do: Wait}
	}
	if leaves(f) {
		return removal(f)
	}
	change := changed(f)
	switch {
	case change != nil && (fresh || change.Do != Report || news(f, change)):
		return change
	case fresh:
		return frozen
	case change != nil:
		return look(f, change.Until)
	}
	return look(f, time.Time{})
}

// drift is a difference that was made on the network.
func drift(reason string) bool {
	return reason == tribunev1alpha1.ReasonChangedOnNetwork || reason == tribunev1alpha1.ReasonRemovedOnNetwork
}

// inSync sets the condition by its reason.
func inSync(f Facts, st *tribunev1alpha1.PostStatus, reason, message string) {
	status := metav1.ConditionFalse
	if reason == tribunev1alpha1.ReasonInSync || reason == tribunev1alpha1.ReasonEdited {
		status = metav1.ConditionTrue
	}
	meta.SetStatusCondition(&st.Conditions, metav1.Condition{Type: tribunev1alpha1.ConditionInSync, Status: status, Reason: reason,
		Message: bounded(message), ObservedGeneration: f.Post.Generation, LastTransitionTime: metav1.Time{Time: f.Now}})
}

// observe says that all there is to say is about the present generation.
func observe(f Facts, st *tribunev1alpha1.PostStatus) {
	st.ObservedGeneration = f.Post.Generation
	for i := range st.Conditions {
		st.Conditions[i].ObservedGeneration = f.Post.Generation
	}
}

// stall says that a person must act on a Post that is out.
func stall(f Facts, st *tribunev1alpha1.PostStatus, reason, message string) {
	for conditionType, status := range map[string]metav1.ConditionStatus{
		tribunev1alpha1.ConditionStalled: metav1.ConditionTrue, tribunev1alpha1.ConditionReady: metav1.ConditionFalse,
	} {
		meta.SetStatusCondition(&st.Conditions, metav1.Condition{Type: conditionType, Status: status, Reason: reason, Message: bounded(message),
			ObservedGeneration: f.Post.Generation, LastTransitionTime: metav1.Time{Time: f.Now}})
	}
}

// restore takes back that somebody must act, where what it was about is not wanted any more.
func restore(f Facts, st *tribunev1alpha1.PostStatus) {
	if st.State != tribunev1alpha1.PostPublished || leaves(f) {
		return
	}
	if c := meta.FindStatusCondition(st.Conditions, tribunev1alpha1.ConditionInSync); c != nil && c.Reason == tribunev1alpha1.ReasonUnpublished {
		inSync(f, st, tribunev1alpha1.ReasonInSync, "")
		clearWaiting(st)
	}
	if meta.FindStatusCondition(st.Conditions, tribunev1alpha1.ConditionStalled) == nil {
		return
	}
	meta.RemoveStatusCondition(&st.Conditions, tribunev1alpha1.ConditionStalled)
	meta.SetStatusCondition(&st.Conditions, metav1.Condition{Type: tribunev1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: tribunev1alpha1.ReasonPublished,
		ObservedGeneration: f.Post.Generation, LastTransitionTime: metav1.Time{Time: f.Now}})
}

// applyAfterwards puts the steps after publication that need no call into the status.
func applyAfterwards(f Facts, st *tribunev1alpha1.PostStatus, step Step) {
	switch step.Do {
	case Withdraw:
		gone(f, st, step.Message)
	case Remain:
		observe(f, st)
		st.NextAttemptAt = nil
		inSync(f, st, step.Reason, step.Message)
		stall(f, st, step.Reason, step.Message)
	case Report:
		observe(f, st)
		st.NextAttemptAt = nil
		restore(f, st)
		sayApproved(f, st)
		inSync(f, st, step.Reason, step.Message)
	}
}
