package publish

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// Outcome is what came of one call.
type Outcome struct {
	Segment int
	Attempt string
	Receipt network.Receipt
	// Err is nil if the segment is public.
	Err error
	// Began is when the request's body began to leave; zero if it did not.
	Began time.Time
	// Repeat is true if the attempt repeats one whose outcome is not known: that it was not sent says nothing of the one before.
	Repeat bool
	// Closed is set if the gate kept the segment from going out.
	Closed *Step
	// Next is the intent of the following segment of a thread, saved together with this outcome.
	Next *Intent
}

// Conclude puts an outcome into the status. The boolean is false if the status does not hold the attempt any more.
func Conclude(f Facts, out Outcome) (tribunev1alpha1.PostStatus, bool) {
	st := *f.Post.Status.DeepCopy()
	if out.Segment >= len(st.Segments) || st.Segments[out.Segment].Attempt != out.Attempt {
		return st, false
	}
	seg := &st.Segments[out.Segment]
	if out.Segment == 0 && !out.Began.IsZero() && !out.Receipt.Existing && st.Lag == nil {
		st.Lag = &metav1.Duration{Duration: max(out.Began.Sub(Due(f.Post)), 0).Round(time.Millisecond)}
	}
	if out.Closed != nil {
		seg.State = notSent(out)
		st.State = tribunev1alpha1.PostHeld
		st.HeldUntil = timePtr(out.Closed.Until)
		st.Attempts = max(st.Attempts-1, 0)
		conclude(f, &st, out.Closed.Reason, out.Closed.Message)
		return st, true
	}
	if out.Err != nil {
		reason, message := failed(f, &st, out)
		conclude(f, &st, reason, message)
		return st, true
	}
	seg.State = tribunev1alpha1.SegmentPublished
	seg.ID, seg.Revision, seg.URL = out.Receipt.ID, out.Receipt.Revision, out.Receipt.URL
	at := out.Receipt.PublishedAt
	if at.IsZero() {
		at = f.Now
	}
	seg.PublishedAt = microPtr(at)
	st.Attempts = 0
	switch {
	case published(st.Segments) == len(st.Segments):
		finish(f, &st)
		conclude(f, &st, tribunev1alpha1.ReasonPublished, "")
	case out.Next != nil:
		intend(f, &st, *out.Next)
		conclude(f, &st, tribunev1alpha1.ReasonPublishing, "being sent")
	default:
		st.State = tribunev1alpha1.PostPublishing
		conclude(f, &st, tribunev1alpha1.ReasonPublishing, "being sent")
	}
	return st, true
}

// notSent is the state of a segment whose attempt stored nothing.
func notSent(out Outcome) tribunev1alpha1.SegmentState {
	if out.Repeat {
		return tribunev1alpha1.SegmentUnknown
	}
	return tribunev1alpha1.SegmentNotSent
}

// failed sorts a call that did not succeed by what must be done about it.
func failed(f Facts, st *tribunev1alpha1.PostStatus, out Outcome) (reason, message string) {
	seg := &st.Segments[out.Segment]
	again := func(reason string) (string, string) {
		seg.State = notSent(out)
		st.State = tribunev1alpha1.PostScheduled
		if out.Repeat || published(st.Segments) > 0 {
			st.State = tribunev1alpha1.PostPublishing
		}
		st.NextAttemptAt = timePtr(f.Now.Add(retryAfter(out.Err, st.Attempts)))
		return reason, "not sent, and tried again: " + out.Err.Error()
	}
	stop := func(reason, message string) (string, string) {
		seg.State = tribunev1alpha1.SegmentNotSent
		for i := out.Segment; i < len(st.Segments); i++ {
			st.Segments[i].ContentHash = ""
		}
		st.State = tribunev1alpha1.PostFailed
		clearWaiting(st)
		return reason, message
	}
	switch network.KindOf(out.Err) {
	case network.Refused:
		if out.Repeat {
			// What is refused now may have been stored before: it is looked for, and not sent again meanwhile.
			seg.State = tribunev1alpha1.SegmentUnknown
			st.State = tribunev1alpha1.PostUnknown
			st.NextAttemptAt = nil
			return tribunev1alpha1.ReasonLookingUp, "the network refused a repetition; whether the attempt before it was stored is looked up: " + out.Err.Error()
		}
		return stop(network.ReasonOf(out.Err, tribunev1alpha1.ReasonRefused), "refused by the network: "+out.Err.Error())
	case network.Gone:
		if draftOf(st.Segments, out.Segment) != nil {
			// Somebody removed the draft; the next attempt looks whether anything is public, and makes another.
			forget(seg)
			out.Repeat = false
			reason, message := again(tribunev1alpha1.ReasonWaitingToTryAgain)
			if soon := f.Now.Add(ownRetry); st.NextAttemptAt.After(soon) {
				st.NextAttemptAt = timePtr(soon) // it is no failure of the network
			}
			return reason, message
		}
		return stop(tribunev1alpha1.ReasonDeletedOnNetwork, fmt.Sprintf(
			"it was published and then deleted on the network: set edition: %d to publish it again", Edition(f.Post)+1))
	case network.KeyTaken:
		seg.Probe++
		if seg.Probe >= MaxProbes {
			return stop(tribunev1alpha1.ReasonKeysTaken, fmt.Sprintf("%d keys in a row belong to records that are not ours: give the Post another name", MaxProbes))
		}
		seg.State = tribunev1alpha1.SegmentNotSent
		st.State = tribunev1alpha1.PostScheduled
		return tribunev1alpha1.ReasonWaitingToTryAgain, "its key belongs to a record that is not ours; the next key is tried"
	case network.RateLimited:
		return again(tribunev1alpha1.ReasonRateLimited)
	case network.Unauthorized:
		return again(tribunev1alpha1.ReasonCredentialsRefused)
	case network.NotSent:
		return again(network.ReasonOf(out.Err, tribunev1alpha1.ReasonNetworkUnavailable))
	default:
		seg.State = tribunev1alpha1.SegmentUnknown
		st.State = tribunev1alpha1.PostPublishing
		next := startedAt(*seg).Add(f.Settle)
		if f.Channel.Once == network.OnceDurableKey || f.Channel.Once == network.OnceTwoPhase {
			next = f.Now.Add(retryAfter(out.Err, st.Attempts))
		}
		st.NextAttemptAt = timePtr(next)
		return tribunev1alpha1.ReasonLookingUp, "no answer that says whether it was stored: " + out.Err.Error()
	}
}
