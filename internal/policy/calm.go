package policy

import (
	"slices"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// Calming actions are about the thread under a publication of ours, and nobody's words: they come from rules whose outcome is in force,
// and from rules that have no say in whether the item stays.

// Calming is true for actions that calm a thread.
func Calming(kind string) bool { return kind == ActLockThread || kind == ActSlowMode }

// Calms is true if a rule of the policy calms threads, so that it must be known which it calmed already.
func (p *Policy) Calms() bool {
	return slices.ContainsFunc(p.rules, func(r rule) bool {
		return slices.ContainsFunc(r.actions, func(a tribunev1alpha1.PolicyAction) bool { return Calming(KindOf(&a)) })
	})
}

// calmFor is how long an action calms a thread; 0: it does not.
func calmFor(a *tribunev1alpha1.PolicyAction) time.Duration {
	switch {
	case a.LockThread != nil:
		return a.LockThread.For.Duration
	case a.SlowMode != nil:
		return a.SlowMode.For.Duration
	}
	return 0
}

// whyNotCalm says why a thread is not calmed; empty: it is.
func (j *Judge) whyNotCalm(d *Decision, r *rule, kind string) string {
	switch {
	case j.item.Post == "":
		return "it stands under no publication of ours"
	case r.outcome != "" && r.outcome != d.Outcome:
		return "the outcome in force is " + string(d.Outcome)
	case j.stale():
		return "the item is older than " + j.policy.staleAfter.String()
	case slices.Contains(j.hist.Calmed, kind):
		return "it was done, or is asked for, in this thread already"
	case slices.ContainsFunc(d.Actions, func(a Action) bool { return a.Kind == kind }):
		return "another rule does it already"
	}
	return ""
}
