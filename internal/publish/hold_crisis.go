package publish

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// Crisis is what the Crises of the namespace say about a Post.
type Crisis struct {
	// Held is true if one holds the Post; Message says which, Since when it was made, and Until when it ends, zero if nobody
	// knows.
	Held    bool
	Message string
	Since   time.Time
	Until   time.Time
	// Missed is what becomes of the Post if its time passed while one held it that does not any more.
	Missed tribunev1alpha1.MissedPosts
}

// inCrisis: a due Post that a Crisis holds is never too late. One that was too late before the Crisis is missed all the same.
func inCrisis(f Facts) *Step {
	c := f.Crisis
	if !c.Held {
		return nil
	}
	was := heldFor(f, tribunev1alpha1.ReasonCrisis) || heldFor(f, tribunev1alpha1.ReasonAwaitingReview)
	if !was && deadline(f).Before(c.Since) {
		return nil
	}
	if !c.Until.IsZero() && !f.Now.Before(c.Until) {
		if heldFor(f, tribunev1alpha1.ReasonCrisis) {
			return &Step{Do: Wait, Until: f.Now.Add(5 * time.Second)} // it is standing down at this moment, and says so
		}
		c.Until = time.Time{}
	}
	return &Step{Do: Hold, Reason: tribunev1alpha1.ReasonCrisis, Message: c.Message, Until: c.Until}
}

// returned: no Crisis holds the Post any more. If its time passed meanwhile, the Crisis says what becomes of it; if it is merely
// late, that is not its fault.
func returned(f Facts) *Step {
	review := heldFor(f, tribunev1alpha1.ReasonAwaitingReview) && !Released(f.Post, tribunev1alpha1.ReasonAwaitingReview)
	switch {
	case !review && !heldFor(f, tribunev1alpha1.ReasonCrisis):
		return nil
	case f.Now.After(deadline(f)):
		return tooLateToReturn(f, review)
	case !review && f.Now.After(lateFrom(f).Add(LateAfter)):
		return &Step{Do: Return, Reason: tribunev1alpha1.ReasonReturned, Message: "a Crisis held it; the time that it may be late counts from its return"}
	}
	return nil
}

// tooLateToReturn does what the Crisis says of Posts whose time passed.
func tooLateToReturn(f Facts, review bool) *Step {
	missed := f.Crisis.Missed
	if review {
		missed = tribunev1alpha1.MissedReview
	}
	switch missed {
	case tribunev1alpha1.MissedReplan:
		return &Step{Do: Return, Reason: tribunev1alpha1.ReasonReturned, Message: "its time passed while a Crisis held it; it goes out as if it fell due now"}
	case tribunev1alpha1.MissedSkip:
		if published(segments(f.Post)) > 0 {
			return tooLate(f)
		}
		return &Step{Do: Miss, Reason: tribunev1alpha1.ReasonMissed, Message: "its time passed while a Crisis held it, and resume.missed is Skip: set a new publishAt to send it"}
	}
	return &Step{Do: Hold, Reason: tribunev1alpha1.ReasonAwaitingReview, Message: fmt.Sprintf(
		"its time passed while a Crisis held it: look at it, then run `tribune post release %s -n %s` to send it, or delete it", f.Post.Name, f.Post.Namespace)}
}

// heldFor is true if the status says that the Post is held for this reason.
func heldFor(f Facts, reason string) bool {
	if f.Post.Status.State != tribunev1alpha1.PostHeld {
		return false
	}
	c := meta.FindStatusCondition(f.Post.Status.Conditions, tribunev1alpha1.ConditionHeld)
	return c != nil && c.Status == metav1.ConditionTrue && c.Reason == reason
}

// returnedAt is when the Post came back from a Crisis that let it be late.
func returnedAt(f Facts) time.Time {
	if c := meta.FindStatusCondition(f.Post.Status.Conditions, tribunev1alpha1.ConditionReturned); c != nil && c.Status == metav1.ConditionTrue {
		return c.LastTransitionTime.Time
	}
	return time.Time{}
}

// comeBack puts the moment of the return into the status: the time that the Post may be late counts from there.
func comeBack(f Facts, st *tribunev1alpha1.PostStatus, step Step) {
	st.State, st.HeldUntil = tribunev1alpha1.PostScheduled, nil
	meta.RemoveStatusCondition(&st.Conditions, tribunev1alpha1.ConditionReturned) // an earlier return has another time
	meta.SetStatusCondition(&st.Conditions, metav1.Condition{Type: tribunev1alpha1.ConditionReturned, Status: metav1.ConditionTrue,
		Reason: tribunev1alpha1.ReasonCrisis, Message: step.Message, ObservedGeneration: f.Post.Generation, LastTransitionTime: metav1.Time{Time: f.Now}})
}

// HeldByCrisis is true if the Post's status says that a Crisis holds it.
func HeldByCrisis(p *tribunev1alpha1.Post) bool {
	return heldFor(Facts{Post: p}, tribunev1alpha1.ReasonCrisis)
}
