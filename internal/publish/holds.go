package publish

import (
	"fmt"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// holds are what may keep a due Post from going out for now, in the order in which they are asked: what people decided comes
// before what time will mend, so that the reason shown is the one that somebody can do something about.
var holds = []rule{
	unpublishedHold, // after.go
	suspended,
	calendarHolds,
	unapproved,  // hold_approval.go
	unconsented, // hold_consent.go
	channelHolds,
	waitingFor, // hold_after.go
	shut,       // hold_shut.go
	clockSkewed,
	rateLimited,
	createdLate,
	notConnected,
}

// held asks all holds.
func held(f Facts) *Step {
	for _, h := range holds {
		if step := h(f); step != nil {
			return step
		}
	}
	return nil
}

// hold keeps a due Post until then, zero where that is not known. It does not stop the clock: when the deadline passes, that is
// to be said.
func hold(f Facts, reason, message string, until time.Time) *Step {
	if last := deadline(f).Add(time.Millisecond); until.IsZero() || last.Before(until) {
		until = last
	}
	return &Step{Do: Hold, Reason: reason, Message: message, Until: until}
}

func suspended(f Facts) *Step {
	if !f.Post.Spec.Suspend {
		return nil
	}
	return hold(f, tribunev1alpha1.ReasonSuspended, "spec.suspend is true", time.Time{})
}

func calendarHolds(f Facts) *Step {
	switch {
	case f.Calendar.Made && !f.Calendar.Exists:
		return hold(f, tribunev1alpha1.ReasonCalendarGone, "the calendar that made this Post is gone; the Post will be withdrawn", time.Time{})
	case f.Calendar.Suspended:
		return hold(f, tribunev1alpha1.ReasonCalendarSuspended, "the calendar that made this Post is suspended", time.Time{})
	}
	return nil
}

func channelHolds(f Facts) *Step {
	ch := f.Post.Spec.ChannelRef.Name
	switch {
	case f.Channel.Suspended:
		return hold(f, tribunev1alpha1.ReasonChannelSuspended, fmt.Sprintf("SocialChannel %s is suspended", ch), time.Time{})
	case !f.Channel.Ready:
		return hold(f, tribunev1alpha1.ReasonChannelNotReady, fmt.Sprintf("SocialChannel %s is not ready: %s", ch, f.Channel.NotReadyMessage), time.Time{})
	}
	return nil
}

func clockSkewed(f Facts) *Step {
	if f.ClockSkew.Abs() <= MaxClockSkew {
		return nil
	}
	return hold(f, tribunev1alpha1.ReasonClockSkew, "the clock of this machine differs from the API server's by more than 30s: set the clocks", f.Now.Add(MaxClockSkew))
}

func rateLimited(f Facts) *Step {
	if !f.Now.Before(f.Channel.RetryAt) {
		return nil
	}
	return hold(f, tribunev1alpha1.ReasonRateLimited, "the network asked to wait", f.Channel.RetryAt)
}

// createdLate: a Post that was made after it was due, on a network that cannot say whether it went out before.
func createdLate(f Facts) *Step {
	if !CreatedLate(f.Post) || f.Channel.ByHand || f.Channel.Once != network.OnceNone || Released(f.Post, tribunev1alpha1.ReasonCreatedLate) || f.Post.Status.Resolution != nil {
		return nil
	}
	return hold(f, tribunev1alpha1.ReasonCreatedLate, fmt.Sprintf(
		"made after its due time on a network that cannot be asked whether it went out before: look at the account, then run `tribune post release %s -n %s` to send it",
		f.Post.Name, f.Post.Namespace), time.Time{})
}

// notConnected: the channel is in order, and its connection is on its way.
func notConnected(f Facts) *Step {
	if f.Channel.Connected {
		return nil
	}
	return &Step{Do: Wait, Until: f.Now.Add(5 * time.Second)}
}
