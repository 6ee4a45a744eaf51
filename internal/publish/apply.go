package publish

import (
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// maxMessage bounds what a condition says, in bytes.
const maxMessage = 1024

// Apply makes of a step the status that it leaves behind. Steps that ask for more facts leave it unchanged.
func Apply(f Facts, step Step) tribunev1alpha1.PostStatus {
	st := *f.Post.Status.DeepCopy()
	switch step.Do {
	case Accept:
		st.State = tribunev1alpha1.PostScheduled
		st.HeldUntil = nil
	case Hold:
		st.State = tribunev1alpha1.PostHeld
		st.HeldUntil = nil
		// When clocks will agree nobody knows; it is only looked at again.
		if (step.Until.Before(deadline(f)) || step.Reason == tribunev1alpha1.ReasonCrisis) && step.Reason != tribunev1alpha1.ReasonClockSkew {
			st.HeldUntil = timePtr(step.Until)
		}
	case Return:
		comeBack(f, &st, step)
	case Postpone:
		st.State = tribunev1alpha1.PostScheduled
		if published(st.Segments) > 0 {
			st.State = tribunev1alpha1.PostPublishing
		}
		st.Attempts++
		st.HeldUntil, st.NextAttemptAt = nil, timePtr(step.Until)
	case Miss:
		st.State = tribunev1alpha1.PostMissed
		clearWaiting(&st)
	case Fail:
		st.State = tribunev1alpha1.PostFailed
		clearWaiting(&st)
	case Park:
		st.State = tribunev1alpha1.PostUnknown
		st.Segments[step.Segment].State = tribunev1alpha1.SegmentUnknown
		st.NextAttemptAt = timePtr(step.Until)
	case TakeBack:
		if abandoned(st.Segments[step.Segment].State) {
			st.Attempts = max(st.Attempts-1, 0)
		}
		st.Segments[step.Segment].State = tribunev1alpha1.SegmentNotSent
		forget(&st.Segments[step.Segment])
		if st.State == tribunev1alpha1.PostMissed || st.State == tribunev1alpha1.PostFailed {
			return st // only what was left of it on the network went
		}
		st.State = tribunev1alpha1.PostScheduled
		st.NextAttemptAt, st.Resolution = nil, nil
	case Withdraw, Remain, Report:
		applyAfterwards(f, &st, step)
		return st
	case Observe:
		observe(f, &st)
		restore(f, &st)
		return st
	case Adopt:
		adopt(f, &st, step)
	case Finish:
		finish(f, &st)
		step.Reason = tribunev1alpha1.ReasonPublished
	default:
		return st
	}
	conclude(f, &st, step.Reason, step.Message)
	return st
}

func clearWaiting(st *tribunev1alpha1.PostStatus) {
	st.HeldUntil, st.NextAttemptAt, st.Attempts = nil, nil, 0
}

// timePtr is the full second at or after t: the API keeps no parts of seconds, and nothing may be tried early.
func timePtr(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	if whole := t.Truncate(time.Second); whole.Before(t) {
		t = whole.Add(time.Second)
	}
	return &metav1.Time{Time: t}
}

func microPtr(t time.Time) *metav1.MicroTime {
	if t.IsZero() {
		return nil
	}
	m := metav1.NewMicroTime(t)
	return &m
}

// adopt takes records over that the status did not have.
func adopt(f Facts, st *tribunev1alpha1.PostStatus, step Step) {
	begun(f, st)
	whole := rendering(f, step.Records)
	pend := func() {
		next := tribunev1alpha1.PostSegment{State: tribunev1alpha1.SegmentPending}
		if i := len(st.Segments); i < len(whole) {
			next.ContentHash = whole[i]
		}
		st.Segments = append(st.Segments, next)
	}
	for _, r := range step.Records {
		for len(st.Segments) <= r.Segment {
			pend()
		}
		seg := &st.Segments[r.Segment]
		seg.Key, seg.Attempt, seg.Cursor = r.Key, r.Attempt, r.Cursor
		if r.ContentHash != "" {
			seg.ContentHash = r.ContentHash
		}
		if !r.StartedAt.IsZero() {
			seg.StartedAt = microPtr(r.StartedAt)
			if seg.CreatedAt == nil {
				seg.CreatedAt = seg.StartedAt
			}
		}
		seg.State = tribunev1alpha1.SegmentSending
		if r.Open && r.ID != "" {
			seg.State = tribunev1alpha1.SegmentPrepared
			seg.ID, seg.Revision, seg.URL = r.ID, r.Revision, r.URL
		}
		if r.Published {
			seg.State = tribunev1alpha1.SegmentPublished
			seg.ID, seg.Revision, seg.URL = r.ID, r.Revision, r.URL
			seg.PublishedAt = microPtr(r.PublishedAt)
		}
	}
	for len(st.Segments) < len(whole) {
		pend()
	}
	st.State = tribunev1alpha1.PostPublishing
	st.NextAttemptAt, st.HeldUntil, st.Resolution = nil, nil, nil
	if published(st.Segments) == len(st.Segments) {
		finish(f, st)
	}
}

// rendering is what all segments were, of which the records are some: the rest of a thread is still to be sent, as it was
// begun. Where the records do not say, it is what the Post renders to now, unless that is another content: then what went
// out is all that is known.
func rendering(f Facts, records []Record) []string {
	for _, r := range records {
		if len(r.Hashes) > 0 {
			return r.Hashes
		}
	}
	for _, r := range records {
		if r.ContentHash != "" && r.ContentHash != hashOf(f, r.Segment) {
			return nil
		}
	}
	return f.Hashes
}

// begun starts the record of a new edition, or goes on with the one there is.
func begun(f Facts, st *tribunev1alpha1.PostStatus) {
	if e := Edition(f.Post); st.Edition != e {
		st.Edition, st.Segments = e, nil
		st.URL, st.PublishedAt, st.Lag, st.Attempts = "", nil, nil, 0
	}
	st.AccountID = f.Channel.Account
}

func finish(f Facts, st *tribunev1alpha1.PostStatus) {
	st.State = tribunev1alpha1.PostPublished
	st.URL = st.Segments[0].URL
	last := st.Segments[len(st.Segments)-1]
	if last.PublishedAt != nil {
		st.PublishedAt = &metav1.Time{Time: last.PublishedAt.Time}
	} else {
		st.PublishedAt = &metav1.Time{Time: f.Now}
	}
	clearWaiting(st)
}

// Intent is what must be saved before a segment is sent.
type Intent struct {
	Segment int
	// Attempt is random, Owner this process.
	Attempt, Owner string
	// Key as the network's adapter derives it, for Probe.
	Key    string
	Probe  int32
	Cursor string
	// Hashes of all segments of the rendering that is sent.
	Hashes []string
	// Draft that the attempt makes public; nil where it makes one, and on networks without drafts.
	Draft *network.Ref
}

// Intend puts an intent into the status. What could render differently later (the number of segments and what each says) is
// fixed by the first one.
func Intend(f Facts, in Intent) tribunev1alpha1.PostStatus {
	st := *f.Post.Status.DeepCopy()
	begun(f, &st)
	for i, h := range in.Hashes {
		if i >= len(st.Segments) {
			st.Segments = append(st.Segments, tribunev1alpha1.PostSegment{State: tribunev1alpha1.SegmentPending})
		}
		if st.Segments[i].State == tribunev1alpha1.SegmentPending || i == in.Segment {
			st.Segments[i].ContentHash = h
		}
	}
	if published(st.Segments) == 0 {
		st.Segments = st.Segments[:len(in.Hashes)]
	}
	intend(f, &st, in)
	conclude(f, &st, tribunev1alpha1.ReasonPublishing, "being sent")
	return st
}

func intend(f Facts, st *tribunev1alpha1.PostStatus, in Intent) {
	seg := &st.Segments[in.Segment]
	again := abandoned(seg.State)
	if seg.Key != in.Key {
		seg.CreatedAt = nil
	}
	seg.Key, seg.Probe = in.Key, in.Probe
	seg.State = tribunev1alpha1.SegmentSending
	if in.Draft == nil {
		forget(seg)
	} else {
		seg.State = tribunev1alpha1.SegmentPrepared
		seg.ID, seg.Revision, seg.URL = in.Draft.ID, in.Draft.Revision, in.Draft.URL
	}
	seg.Attempt, seg.Owner, seg.Cursor = in.Attempt, in.Owner, in.Cursor
	seg.Generation = f.Post.Generation
	seg.StartedAt = microPtr(f.Now)
	if seg.CreatedAt == nil {
		seg.CreatedAt = seg.StartedAt
	}
	st.State = tribunev1alpha1.PostPublishing
	if !again {
		st.Attempts++
	}
	st.NextAttemptAt, st.HeldUntil, st.Resolution = nil, nil, nil
}

// abandoned is an attempt of which nobody told the outcome: its process ended, or lost it to another. That is no failure of the
// network, and does not make the next wait longer.
func abandoned(s tribunev1alpha1.SegmentState) bool {
	return s == tribunev1alpha1.SegmentSending || s == tribunev1alpha1.SegmentPrepared
}

// conclude brings the conditions in line with the state.
func conclude(f Facts, st *tribunev1alpha1.PostStatus, reason, message string) {
	message = bounded(message)
	st.ObservedGeneration = f.Post.Generation
	set := func(conditionType string, status metav1.ConditionStatus, reason, message string) {
		meta.SetStatusCondition(&st.Conditions, metav1.Condition{Type: conditionType, Status: status, Reason: reason, Message: message,
			ObservedGeneration: f.Post.Generation, LastTransitionTime: metav1.Time{Time: f.Now}})
	}
	unset := func(types ...string) {
		for _, t := range types {
			meta.RemoveStatusCondition(&st.Conditions, t)
		}
	}
	if st.State == tribunev1alpha1.PostMissed && reason == tribunev1alpha1.ReasonCatchUp {
		unset(tribunev1alpha1.ConditionPublished) // when it was left out matters to the others
		set(tribunev1alpha1.ConditionPublished, metav1.ConditionFalse, reason, message)
	}
	ready := metav1.ConditionTrue
	switch st.State {
	case tribunev1alpha1.PostFailed, tribunev1alpha1.PostUnknown:
		ready = metav1.ConditionFalse
		set(tribunev1alpha1.ConditionStalled, metav1.ConditionTrue, reason, message)
		unset(tribunev1alpha1.ConditionReconciling, tribunev1alpha1.ConditionHeld)
	case tribunev1alpha1.PostScheduled:
		unset(tribunev1alpha1.ConditionStalled, tribunev1alpha1.ConditionHeld, tribunev1alpha1.ConditionReconciling)
		if reason == tribunev1alpha1.ReasonChannelNotFound {
			ready = metav1.ConditionFalse
			set(tribunev1alpha1.ConditionReconciling, metav1.ConditionTrue, reason, message)
		}
	case tribunev1alpha1.PostHeld:
		set(tribunev1alpha1.ConditionHeld, metav1.ConditionTrue, reason, message)
		unset(tribunev1alpha1.ConditionStalled, tribunev1alpha1.ConditionReconciling)
	case tribunev1alpha1.PostPublishing:
		unset(tribunev1alpha1.ConditionStalled, tribunev1alpha1.ConditionHeld)
	default:
		unset(tribunev1alpha1.ConditionStalled, tribunev1alpha1.ConditionHeld, tribunev1alpha1.ConditionReconciling)
	}
	switch {
	case st.State == tribunev1alpha1.PostPublished:
		set(tribunev1alpha1.ConditionPublished, metav1.ConditionTrue, reason, message)
	case meta.FindStatusCondition(st.Conditions, tribunev1alpha1.ConditionPublished) != nil:
		set(tribunev1alpha1.ConditionPublished, metav1.ConditionFalse, reason, message)
	}
	set(tribunev1alpha1.ConditionReady, ready, reason, message)
	sayApproved(f, st)
}

// sayApproved brings the condition Approved in line with the decisions.
func sayApproved(f Facts, st *tribunev1alpha1.PostStatus) {
	set := func(conditionType string, status metav1.ConditionStatus, reason, message string) {
		meta.SetStatusCondition(&st.Conditions, metav1.Condition{Type: conditionType, Status: status, Reason: reason, Message: message,
			ObservedGeneration: f.Post.Generation, LastTransitionTime: metav1.Time{Time: f.Now}})
	}
	switch granted, reason, message, ok := approvedCondition(f); {
	case !ok:
		meta.RemoveStatusCondition(&st.Conditions, tribunev1alpha1.ConditionApproved)
	case granted:
		set(tribunev1alpha1.ConditionApproved, metav1.ConditionTrue, reason, bounded(message))
	default:
		set(tribunev1alpha1.ConditionApproved, metav1.ConditionFalse, reason, bounded(message))
	}
}

// bounded cuts a message at a rune's border.
func bounded(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	cut := maxMessage - len("...")
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}
