package publish

import (
	"fmt"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// openAttempt: an intent without an outcome, of a process that is gone or of a call that brought no answer.
func openAttempt(f Facts) *Step {
	segs := segments(f.Post)
	i := openSegment(segs)
	if i < 0 {
		return nil
	}
	seg := segs[i]
	if wait := backoff(f); wait != nil {
		return wait
	}
	if !f.Channel.Exists || !f.Channel.Connected {
		return unreachable(f, seg, i)
	}
	if f.Lookup != nil && f.Lookup.Segment == i {
		return lookedUp(f, seg, i)
	}
	settled := startedAt(seg).Add(f.Settle)
	switch f.Channel.Once {
	case network.OnceNone:
		return &Step{Do: Park, Segment: i, Reason: tribunev1alpha1.ReasonUnknown, Message: unknownMessage(f, "this network cannot be asked")}
	case network.OnceDurableKey, network.OnceTwoPhase:
		// It may be another process's call under way. Two that took it over from each other at once would never end.
		if alone := startedAt(seg).Add(min(f.Settle, liveFor(f))); seg.State != tribunev1alpha1.SegmentUnknown && f.Now.Before(alone) {
			return &Step{Do: Wait, Until: alone}
		}
		// One that was moved, held or is too late meanwhile is not sent again, only looked for.
		if notDue(f) == nil && inCrisis(f) == nil && returned(f) == nil && held(f) == nil && tooLate(f) == nil && f.Post.Status.State != tribunev1alpha1.PostUnknown &&
			i < len(f.Hashes) && !differs(f, i) {
			return send(f, i, true)
		}
	}
	if f.Now.Before(settled) {
		return &Step{Do: Wait, Until: settled}
	}
	return &Step{Do: LookUp, Segment: i}
}

// liveFor is how long another process's attempt may be under way: in two phases it makes several calls.
func liveFor(f Facts) time.Duration {
	if f.Channel.Once == network.OnceTwoPhase {
		return 5 * liveCall
	}
	return liveCall
}

// unreachable: there is nobody to ask about an open attempt. For a while that is waited for.
func unreachable(f Facts, seg tribunev1alpha1.PostSegment, i int) *Step {
	if f.Now.Before(startedAt(seg).Add(f.Settle + GiveUpLookingUp)) {
		return &Step{Do: Wait, Until: f.Now.Add(5 * time.Second)}
	}
	name := f.Post.Spec.ChannelRef.Name
	why := fmt.Sprintf("SocialChannel %s is not connected", name)
	switch {
	case !f.Channel.Exists:
		why = fmt.Sprintf("there is no SocialChannel %s any more", name)
	case f.Channel.NotReadyMessage != "":
		why += ": " + f.Channel.NotReadyMessage
	}
	return &Step{Do: Park, Segment: i, Until: f.Now.Add(5 * time.Minute), Reason: tribunev1alpha1.ReasonUnknown, Message: unknownMessage(f, why)}
}

// lookedUp: the network answered, or could not.
func lookedUp(f Facts, seg tribunev1alpha1.PostSegment, i int) *Step {
	l := f.Lookup
	switch {
	case l.Err != nil:
		giveUp := startedAt(seg).Add(f.Settle + GiveUpLookingUp)
		if f.Now.Before(giveUp) {
			return &Step{Do: Wait, Until: f.Now.Add(retryAfter(l.Err, f.Post.Status.Attempts)), Reason: tribunev1alpha1.ReasonLookingUp}
		}
		return &Step{Do: Park, Segment: i, Until: f.Now.Add(5 * time.Minute), Reason: tribunev1alpha1.ReasonUnknown,
			Message: unknownMessage(f, "the network could not be asked")}
	case l.Receipt != nil:
		r := l.Receipt
		when := r.PublishedAt
		if when.IsZero() {
			when = startedAt(seg)
		}
		return &Step{Do: Adopt, Segment: i, Supersedes: seg.Attempt, Reason: tribunev1alpha1.ReasonPublished,
			Message: "found on the network after a call without an answer",
			Records: []Record{{Segment: i, Key: seg.Key, Attempt: seg.Attempt, Published: true, ID: r.ID, Revision: r.Revision,
				URL: r.URL, ContentHash: seg.ContentHash, PublishedAt: when}}}
	default:
		return &Step{Do: TakeBack, Segment: i, Supersedes: seg.Attempt, Reason: tribunev1alpha1.ReasonWaitingToTryAgain,
			Message: "not found on the network after a call without an answer"}
	}
}

func unknownMessage(f Facts, why string) string {
	return fmt.Sprintf("it may or may not have been published, and %s: look at the account, then run `tribune post resolve %s -n %s --published URL` or `--not-published`",
		why, f.Post.Name, f.Post.Namespace)
}
