package publish

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// caughtUp: after an outage the newest few of a calendar's Posts on a channel go out, with space between them.
func caughtUp(f Facts) *Step {
	d := f.CatchUp
	if d == nil || published(segments(f.Post)) > 0 {
		return nil
	}
	switch {
	case d.Missed:
		return &Step{Do: Miss, Reason: tribunev1alpha1.ReasonCatchUp, Message: d.Message + ": set a new publishAt to send it"}
	case d.GoAt.After(f.Now):
		return hold(f, tribunev1alpha1.ReasonCatchUp, d.Message, d.GoAt)
	}
	return nil
}

// CatchUpKnown is true if it was decided before when the Post may go, and that is still to come: until then it stands.
func CatchUpKnown(f Facts) bool {
	u := f.Post.Status.HeldUntil
	return heldFor(f, tribunev1alpha1.ReasonCatchUp) && u != nil && u.After(f.Now)
}

// Late is what catch-up needs to know of a Post of the same calendar and channel. The boolean is false for a Post that does not
// count: it is not due, came to another end, or something else than time keeps it from going out.
func Late(f Facts) (schedule.LatePost, bool) {
	p, st := f.Post, f.Post.Status
	late := schedule.LatePost{Name: p.Name, Due: lateFrom(f), Deadline: deadline(f)}
	if late.Due.After(f.Now) {
		return late, false
	}
	if segs := segments(p); len(segs) > 0 && segs[0].StartedAt != nil {
		switch segs[0].State {
		case tribunev1alpha1.SegmentPublished, tribunev1alpha1.SegmentSending, tribunev1alpha1.SegmentPrepared, tribunev1alpha1.SegmentUnknown:
			late.Began = segs[0].StartedAt.Time
			return late, true
		}
	}
	if heldFor(f, tribunev1alpha1.ReasonCatchUp) && st.HeldUntil != nil {
		late.GoAt = st.HeldUntil.Time
		late.Promised = meta.FindStatusCondition(st.Conditions, tribunev1alpha1.ConditionHeld).LastTransitionTime.Time
	}
	switch st.State {
	case tribunev1alpha1.PostMissed:
		c := meta.FindStatusCondition(st.Conditions, tribunev1alpha1.ConditionPublished)
		if c == nil || c.Status != metav1.ConditionFalse || c.Reason != tribunev1alpha1.ReasonCatchUp {
			return late, false
		}
		late.Missed = c.LastTransitionTime.Time
		return late, true
	case tribunev1alpha1.PostHeld:
		held := meta.FindStatusCondition(st.Conditions, tribunev1alpha1.ConditionHeld)
		return late, held != nil && mendsItself[held.Reason] && !p.Spec.Suspend
	case "", tribunev1alpha1.PostScheduled:
		return late, !p.Spec.Suspend
	}
	return late, false
}

// mendsItself are the holds that only time is needed for.
var mendsItself = map[string]bool{
	tribunev1alpha1.ReasonCatchUp: true, tribunev1alpha1.ReasonMinInterval: true, tribunev1alpha1.ReasonDailyLimit: true,
	tribunev1alpha1.ReasonRateLimited: true, tribunev1alpha1.ReasonClockSkew: true, tribunev1alpha1.ReasonChannelNotReady: true,
}

// CatchUpPolicyOf a calendar, with the defaults where it is silent.
func CatchUpPolicyOf(c *tribunev1alpha1.CatchUp) schedule.CatchUpPolicy {
	policy := schedule.DefaultCatchUp()
	if c == nil {
		return policy
	}
	if c.MaxPosts > 0 {
		policy.MaxPosts = int(c.MaxPosts)
	}
	if c.Spacing != nil {
		policy.Spacing = c.Spacing.Duration
	}
	if c.After != nil {
		policy.After = c.After.Duration
	}
	return policy
}

// LateFrom is the instant from which the Post counts as late.
func LateFrom(f Facts) time.Time { return lateFrom(f) }
