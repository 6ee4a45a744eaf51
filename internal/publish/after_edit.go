package publish

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// changed decides about a content that differs from what is on the network; nil if it does not, or was dealt with.
func changed(f Facts) *Step {
	st := f.Post.Status
	if st.ObservedGeneration == f.Post.Generation && !editPending(f.Post) || !f.Channel.Exists {
		return nil
	}
	report := func(reason, format string, args ...any) *Step {
		return &Step{Do: Report, Reason: reason, Message: fmt.Sprintf(format, args...)}
	}
	again := func(s *Step) *Step { s.Until = f.Now.Add(lookAgain); return s }
	unlessAgain := fmt.Sprintf("; it stays as it is there; restore the content, or set edition: %d to publish it once more", st.Edition+1)
	switch {
	case len(f.Problems) > 0:
		return report(tribunev1alpha1.ReasonEditFailed, "the changed content cannot be published: %s", strings.Join(f.Problems, "; "))
	case f.Unresolved:
		return again(report(tribunev1alpha1.ReasonWaitingFor, "the changed content links to a page that is not known yet"))
	case f.Hashes == nil:
		return nil
	case sameContent(f):
		if c := meta.FindStatusCondition(st.Conditions, tribunev1alpha1.ConditionInSync); c != nil && c.Status == metav1.ConditionFalse && !drift(c.Reason) {
			return report(tribunev1alpha1.ReasonInSync, "the content is what is on the network again")
		}
		return nil
	case f.Post.Spec.OnEdit == tribunev1alpha1.EditIgnore:
		return report(tribunev1alpha1.ReasonEditNotSupported, "the content was changed after it went out, and onEdit is Ignore%s", unlessAgain)
	case len(f.Hashes) != len(st.Segments):
		return report(tribunev1alpha1.ReasonEditNotSupported, "it went out as %d texts, and the changed content makes %d%s", len(st.Segments), len(f.Hashes), unlessAgain)
	case f.Channel.ByHand:
		return report(tribunev1alpha1.ReasonEditNotSupported, "the content was changed after a person published it: change it there by hand")
	case otherAccount(f):
		return report(tribunev1alpha1.ReasonEditNotSupported, "it went out on account %s, and the channel is signed in to %s%s", st.AccountID, f.Channel.Account, unlessAgain)
	case f.Channel.Connected && !f.Channel.Edits:
		return report(tribunev1alpha1.ReasonEditNotSupported, "the network cannot change what went out%s", unlessAgain)
	}
	if wait := editHeld(f); wait != nil {
		if wait.Reason == tribunev1alpha1.ReasonCrisis {
			return again(wait)
		}
		return wait // a change of the Post or its channel says when it is over
	}
	switch {
	case st.ObservedGeneration == f.Post.Generation && st.NextAttemptAt != nil && f.Now.Before(st.NextAttemptAt.Time):
		return &Step{Do: Wait, Until: st.NextAttemptAt.Time}
	case !f.Channel.Connected:
		return &Step{Do: Wait, Until: f.Now.Add(lookAgain)}
	case f.Now.Before(f.Channel.RetryAt):
		return &Step{Do: Wait, Until: f.Channel.RetryAt}
	case editElsewhere(f):
		return &Step{Do: Wait, Until: st.Edit.EndsBy.Time}
	}
	return &Step{Do: Edit}
}

// editElsewhere is true while another process may be bringing a change to the network. What this one left there is over: it makes
// one change of a Post at a time.
func editElsewhere(f Facts) bool {
	e := f.Post.Status.Edit
	return e != nil && e.Owner != f.Owner && f.Now.Before(e.EndsBy.Time)
}

// IntendEdit is the status that must be saved before the gate is asked about an edit: that one may be on its way, for so long at
// most. A Crisis that finds it there waits for its outcome.
func IntendEdit(f Facts, attempt string, longest time.Duration) tribunev1alpha1.PostStatus {
	st := *f.Post.Status.DeepCopy()
	st.Edit = &tribunev1alpha1.PostEdit{Attempt: attempt, Owner: f.Owner, StartedAt: metav1.NewMicroTime(f.Now), EndsBy: metav1.NewMicroTime(f.Now.Add(longest))}
	return st
}

// editHeld: an edit is a send, and what people decided holds it as it holds a Post that is due. Its pace and its time are over.
func editHeld(f Facts) *Step {
	var step *Step
	a := ApprovalOf(f.Post)
	switch {
	case f.Post.Spec.Suspend:
		step = suspended(f)
	case !a.Granted():
		step = &Step{}
		step.Reason, step.Message = a.lacks(f.Post)
	case f.Crisis.Held:
		step = &Step{Reason: tribunev1alpha1.ReasonCrisis, Message: f.Crisis.Message}
	default:
		step = channelHolds(f)
	}
	if step == nil {
		return nil
	}
	return &Step{Do: Report, Reason: step.Reason, Message: "the edit waits: " + step.Message}
}

// editPending is true if the status says that an edit is still to be made.
func editPending(p *tribunev1alpha1.Post) bool {
	c := meta.FindStatusCondition(p.Status.Conditions, tribunev1alpha1.ConditionInSync)
	if c == nil || c.Status != metav1.ConditionFalse {
		return false
	}
	switch c.Reason {
	case tribunev1alpha1.ReasonEditFailed:
		return p.Status.NextAttemptAt != nil
	case tribunev1alpha1.ReasonEditNotSupported, tribunev1alpha1.ReasonChangedOnNetwork, tribunev1alpha1.ReasonRemovedOnNetwork, tribunev1alpha1.ReasonUnpublished:
		return false
	}
	return true
}

// EditMatters is true if what the content renders to decides something about a Post that is out.
func EditMatters(p *tribunev1alpha1.Post) bool {
	return p.Status.ObservedGeneration != p.Generation || editPending(p)
}

func sameContent(f Facts) bool {
	if len(f.Hashes) != len(f.Post.Status.Segments) {
		return false
	}
	return len(ChangedSegments(f)) == 0
}

// ChangedSegments are those that render to something else than what is on the network.
func ChangedSegments(f Facts) []int {
	var all []int
	for i := range f.Post.Status.Segments {
		if differs(f, i) {
			all = append(all, i)
		}
	}
	return all
}

// news is true if a step says of InSync what the status does not.
func news(f Facts, step *Step) bool {
	c := meta.FindStatusCondition(f.Post.Status.Conditions, tribunev1alpha1.ConditionInSync)
	return c == nil || c.Reason != step.Reason || c.Message != bounded(step.Message)
}

// Change is a segment that was changed on the network.
type Change struct {
	Segment int
	Receipt network.Receipt
}

// Changed is the status after an edit: what was changed, and why the rest was not, by an error or by a hold.
func Changed(f Facts, done []Change, err error, held *Step) tribunev1alpha1.PostStatus {
	st := *f.Post.Status.DeepCopy()
	st.Edit = nil
	observe(f, &st)
	for _, c := range done {
		seg := &st.Segments[c.Segment]
		seg.ContentHash, seg.Generation = hashOf(f, c.Segment), f.Post.Generation
		if c.Receipt.Revision != "" {
			seg.Revision = c.Receipt.Revision
		}
		if c.Receipt.URL != "" {
			seg.URL = c.Receipt.URL
		}
	}
	st.URL = st.Segments[0].URL
	restore(f, &st)
	sayApproved(f, &st)
	switch {
	case held != nil:
		st.NextAttemptAt = nil
		inSync(f, &st, held.Reason, "the edit waits: "+held.Message)
	case err == nil:
		clearWaiting(&st)
		inSync(f, &st, tribunev1alpha1.ReasonEdited, "the changed content is on the network")
	default:
		editFailed(f, &st, err)
	}
	return st
}

func editFailed(f Facts, st *tribunev1alpha1.PostStatus, err error) {
	switch network.KindOf(err) {
	case network.Gone:
		clearWaiting(st)
		inSync(f, st, tribunev1alpha1.ReasonRemovedOnNetwork, removedMessage(f))
	case network.Refused, network.KeyTaken:
		clearWaiting(st)
		inSync(f, st, tribunev1alpha1.ReasonEditFailed, "the network refused the changed content: "+err.Error())
	default: // to repeat an edit does no harm
		st.Attempts++
		st.NextAttemptAt = timePtr(f.Now.Add(retryAfter(err, st.Attempts)))
		inSync(f, st, tribunev1alpha1.ReasonEditFailed, "not changed yet, and tried again: "+err.Error())
	}
}

func removedMessage(f Facts) string {
	return fmt.Sprintf("somebody removed it on the network: set edition: %d to publish it again", f.Post.Status.Edition+1)
}
