package publish

import (
	"fmt"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// Action is what a step asks for.
type Action string

// Actions. All but LookUp, ReadLedger and CheckPictures end a run.
const (
	// Wait: nothing to do until Step.Until (zero: until something changes).
	Wait Action = "Wait"
	// Accept: the Post is in order and waits for its time.
	Accept Action = "Accept"
	// Hold: due, and not allowed for now.
	Hold Action = "Hold"
	// Miss: too late.
	Miss Action = "Miss"
	// Fail: a person must change something; nothing more is tried until then.
	Fail Action = "Fail"
	// Park: the outcome is not known and cannot be found out; a person must say.
	Park Action = "Park"
	// ReadLedger: the ledger's rows are needed for the decision.
	ReadLedger Action = "ReadLedger"
	// LookUp: ask the network whether Step.Segment is there.
	LookUp Action = "LookUp"
	// CheckPictures: look whether the pictures are there, and fit.
	CheckPictures Action = "CheckPictures"
	// Adopt: Step.Records are on the network already.
	Adopt Action = "Adopt"
	// Return: it was held past its time, and goes out as if it fell due now.
	Return Action = "Return"
	// TakeBack: an open attempt surely stored nothing.
	TakeBack Action = "TakeBack"
	// Postpone: nothing was sent, and it is tried again at Step.Until.
	Postpone Action = "Postpone"
	// Begin: save an intent for Step.Segment and send it.
	Begin Action = "Begin"
	// Finish: all segments are out.
	Finish Action = "Finish"
	// Observe: a change has been seen, and has no effect for now; with a Reason, because the Post went out.
	Observe Action = "Observe"
	// Withdraw: it is not on the network, and never will be.
	Withdraw Action = "Withdraw"
	// Remove: take what is out off the network.
	Remove Action = "Remove"
	// Remain: it cannot be taken off; a person must.
	Remain Action = "Remain"
	// Edit: bring the changed content to the network.
	Edit Action = "Edit"
	// Report: say in InSync, by Reason, how the content and what is on the network stand to each other.
	Report Action = "Report"
	// Look: read it back from the network.
	Look Action = "Look"
)

// Step is a decision.
type Step struct {
	Do      Action
	Segment int
	// Reason and Message for conditions and events.
	Reason, Message string
	// Until is when to look again; zero where a change will say so.
	Until time.Time
	// Records for Adopt.
	Records []Record
	// Repeat is true for Begin where an open attempt is repeated with its key.
	Repeat bool
	// Draft is what Begin makes public on a two-phase network: the saved draft of an earlier attempt. Nil: a new one is made.
	Draft *network.Ref
	// Supersedes is the open attempt that Begin, Adopt or TakeBack ends.
	Supersedes string
}

// rule decides, or passes on by returning nil.
type rule func(Facts) *Step

// rules in the order in which they are asked.
var rules = []rule{
	finished,       // all of it is out
	doneByHand,     // a person published it
	resolved,       // a person said what became of an open attempt
	knownToLedger,  // the status lost what the ledger knows
	openAttempt,    // an attempt of which the outcome is not known
	leftDraft,      // a draft that will not be made public any more
	withdrawn,      // after.go: it is not to go out any more
	deletedBefore,  // it was taken off before this object was made
	standing,       // Missed and Failed stand until a new generation
	channelMissing, // there is no channel
	invalid,        // it cannot be rendered
	pictured,       // pictures.go: its files cannot go out
	notDue,
	inCrisis, // hold_crisis.go: before what is too late
	returned,
	tooLate,
	held,          // holds.go, in an order of its own
	backoff,       // tried a moment ago
	lookedUpFirst, // it may have gone out before this object was made
	edited,        // a thread that is partly out was changed
	caughtUp,      // too many are late
	Paced,         // the channel's pace
	awaitingPerson,
	begin,
}

// Next decides the next step of a Post. It is pure: the same facts give the same step.
func Next(f Facts) Step {
	step := Step{Do: Wait}
	for _, r := range rules {
		if s := r(f); s != nil {
			step = *s
			break
		}
	}
	return noticed(f, step)
}

// noticed: that a change was seen is said also where the Post goes on waiting for what it waited for.
func noticed(f Facts, step Step) Step {
	st := f.Post.Status
	if step.Do != Wait || st.ObservedGeneration == f.Post.Generation {
		return step
	}
	switch st.State {
	case tribunev1alpha1.PostScheduled, tribunev1alpha1.PostHeld, tribunev1alpha1.PostPublishing, tribunev1alpha1.PostUnknown:
		return Step{Do: Observe, Until: step.Until}
	}
	return step
}

// finished: all of this edition is out, or was taken off the network.
func finished(f Facts) *Step {
	st := f.Post.Status
	if st.Edition != Edition(f.Post) {
		return nil
	}
	if st.State == tribunev1alpha1.PostPublished || st.State == tribunev1alpha1.PostDeleted {
		return afterwards(f)
	}
	if n := len(st.Segments); n > 0 && published(st.Segments) == n {
		return &Step{Do: Finish}
	}
	return nil
}

// resolved: a person said what became of the open attempt.
func resolved(f Facts) *Step {
	segs := segments(f.Post)
	i := openSegment(segs)
	r := f.Post.Status.Resolution
	if i < 0 || r == nil || r.Attempt != segs[i].Attempt {
		return nil
	}
	if r.Outcome == tribunev1alpha1.ResolutionNotPublished {
		return &Step{Do: TakeBack, Segment: i, Supersedes: r.Attempt, Reason: tribunev1alpha1.ReasonResolved,
			Message: fmt.Sprintf("%s said that it was not published", orSomebody(r.By))}
	}
	return &Step{Do: Adopt, Segment: i, Supersedes: r.Attempt, Reason: tribunev1alpha1.ReasonResolved,
		Message: fmt.Sprintf("%s said that it was published", orSomebody(r.By)),
		Records: []Record{{Segment: i, Key: segs[i].Key, Attempt: r.Attempt, Published: true, ID: r.URL, URL: r.URL,
			ContentHash: segs[i].ContentHash, PublishedAt: startedAt(segs[i])}}}
}

func orSomebody(by string) string {
	if by == "" {
		return "somebody"
	}
	return by
}

// standing: Missed and Failed are left only by a new generation.
func standing(f Facts) *Step {
	st := f.Post.Status
	if (st.State == tribunev1alpha1.PostMissed || st.State == tribunev1alpha1.PostFailed) && st.ObservedGeneration == f.Post.Generation {
		if wrongPictures(f.Post) && HasPictures(f.Post) && !f.Now.After(deadline(f)) {
			return stillWrong(f)
		}
		if st.State == tribunev1alpha1.PostFailed && repairable(f) {
			return nil
		}
		return &Step{Do: Wait}
	}
	return nil
}

// repairable: what was wrong lay outside of the Post (its channel), and is in order now.
func repairable(f Facts) bool {
	if f.Post.Status.State != tribunev1alpha1.PostFailed {
		return false
	}
	for _, c := range f.Post.Status.Conditions {
		if c.Type != tribunev1alpha1.ConditionReady {
			continue
		}
		switch c.Reason {
		case tribunev1alpha1.ReasonChannelNotFound:
			return f.Channel.Exists
		case tribunev1alpha1.ReasonInvalidSpec:
			return f.Hashes != nil && len(f.Problems) == 0
		}
	}
	return false
}

// channelMissing: nobody can say anything about a Post without its channel. It may still be on its way with the same
// commit, so a person is asked only after a while.
func channelMissing(f Facts) *Step {
	if f.Channel.Exists {
		return nil
	}
	if grace := f.Post.CreationTimestamp.Add(ChannelGrace); f.Now.Before(grace) {
		return &Step{Do: Accept, Until: grace, Reason: tribunev1alpha1.ReasonChannelNotFound,
			Message: fmt.Sprintf("waiting for SocialChannel %s to be made", f.Post.Spec.ChannelRef.Name)}
	}
	return &Step{Do: Fail, Reason: tribunev1alpha1.ReasonChannelNotFound, Message: fmt.Sprintf(
		"spec.channelRef: there is no SocialChannel %s in namespace %s: make it, or correct the name in a new Post", f.Post.Spec.ChannelRef.Name, f.Post.Namespace)}
}

// invalid: what cannot be rendered for its network is said at once, not when it falls due.
func invalid(f Facts) *Step {
	if len(f.Problems) == 0 {
		return nil
	}
	return &Step{Do: Fail, Reason: tribunev1alpha1.ReasonInvalidSpec, Message: strings.Join(f.Problems, "; ")}
}

func notDue(f Facts) *Step {
	if due := Due(f.Post); f.Now.Before(due) {
		if at := nextPictures(f); !at.IsZero() && at.Before(due) {
			due = at
		}
		return &Step{Do: Accept, Until: due, Reason: tribunev1alpha1.ReasonScheduled, Message: "accepted; goes out at spec.publishAt"}
	}
	return nil
}

// tooLate: the deadline has passed. A thread of which a part is out is not missed; it ends with what is there.
func tooLate(f Facts) *Step {
	if !f.Now.After(deadline(f)) {
		return nil
	}
	if n := published(segments(f.Post)); n > 0 {
		return &Step{Do: Fail, Reason: tribunev1alpha1.ReasonPartlyPublished, Message: fmt.Sprintf(
			"%d of %d segments are out, and the deadline passed before the rest could follow: set a later startingDeadline to send the rest",
			n, max(len(f.Hashes), len(segments(f.Post))))}
	}
	return &Step{Do: Miss, Reason: tribunev1alpha1.ReasonMissed, Message: unapprovedInTime(f.Post, missedMessage(f.Post))}
}

func missedMessage(p *tribunev1alpha1.Post) string {
	if p.Spec.MissedPolicy == tribunev1alpha1.MissedPolicySkip {
		return "more than a minute late, and missedPolicy is Skip: set a new publishAt to send it"
	}
	return "later than startingDeadline: set a new publishAt or a longer startingDeadline to send it"
}

func backoff(f Facts) *Step {
	if n := f.Post.Status.NextAttemptAt; n != nil && f.Now.Before(n.Time) {
		return &Step{Do: Wait, Until: n.Time}
	}
	return nil
}

// lookedUpFirst: a Post that was made after it was due may be one that went out before, and a scan network has no key that
// would say so. Of a thread that is found in part, each further segment is looked up as well.
func lookedUpFirst(f Facts) *Step {
	if !CreatedLate(f.Post) || f.Channel.Once != network.OnceScan && f.Channel.Once != network.OnceWindowedKey {
		return nil
	}
	segs := segments(f.Post)
	i := unpublished(segs)
	if attemptOf(segs, i) != "" || i > 0 && attemptOf(segs, i-1) != "" {
		return nil // it was this object that sent it, or what comes before it
	}
	switch l := f.Lookup; {
	case l == nil || l.Segment != i:
		return &Step{Do: LookUp, Segment: i}
	case l.Err != nil:
		return &Step{Do: Wait, Until: f.Now.Add(retryAfter(l.Err, 1)), Reason: tribunev1alpha1.ReasonLookingUp}
	case l.Receipt != nil:
		when := l.Receipt.PublishedAt
		if when.IsZero() {
			when = f.Now
		}
		return &Step{Do: Adopt, Segment: i, Reason: tribunev1alpha1.ReasonAdopted, Message: "found on the network: it was published before this object was made",
			Records: []Record{{Segment: i, Published: true, ID: l.Receipt.ID, Revision: l.Receipt.Revision, URL: l.Receipt.URL, PublishedAt: when, ContentHash: hashOf(f, i)}}}
	}
	return nil
}

func hashOf(f Facts, i int) string {
	if i < len(f.Hashes) {
		return f.Hashes[i]
	}
	return ""
}

// differs: a segment renders to something else than its intent fixed.
func differs(f Facts, i int) bool {
	segs := segments(f.Post)
	return i < len(segs) && segs[i].ContentHash != "" && f.Hashes != nil && segs[i].ContentHash != hashOf(f, i)
}

// edited: a thread that is partly out goes on only as it was begun.
func edited(f Facts) *Step {
	segs := segments(f.Post)
	if published(segs) == 0 {
		return nil
	}
	for i := range segs {
		if segs[i].State != tribunev1alpha1.SegmentPublished && differs(f, i) || len(f.Hashes) != len(segs) {
			return &Step{Do: Fail, Reason: tribunev1alpha1.ReasonEditedWhilePublishing, Message: fmt.Sprintf(
				"%d of %d segments are out, and the content was changed since: restore the content to send the rest, or set edition: %d to send the new one whole",
				published(segs), len(segs), Edition(f.Post)+1)}
		}
	}
	return nil
}

func begin(f Facts) *Step {
	segs := segments(f.Post)
	if i := unpublished(segs); i < len(f.Hashes) {
		return send(f, i, false)
	}
	return nil
}

// unpublished is the first segment that is not out.
func unpublished(segs []tribunev1alpha1.PostSegment) int {
	for i := range segs {
		if segs[i].State != tribunev1alpha1.SegmentPublished {
			return i
		}
	}
	return len(segs)
}

// Unprepared decides what follows when something failed before an intent was saved.
func Unprepared(f Facts, cause error) Step {
	reason := network.ReasonOf(cause, tribunev1alpha1.ReasonNetworkUnavailable)
	if network.KindOf(cause) == network.Refused {
		return Step{Do: Fail, Reason: reason, Message: cause.Error()}
	}
	return Step{Do: Postpone, Reason: reason, Message: "not sent, and tried again: " + cause.Error(),
		Until: f.Now.Add(retryAfter(cause, f.Post.Status.Attempts+1))}
}
