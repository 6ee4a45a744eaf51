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

// MayBeOut is true if something of the Post is on its network, or may be.
func MayBeOut(p *tribunev1alpha1.Post) bool {
	return p.Status.State != tribunev1alpha1.PostDeleted && (published(p.Status.Segments) > 0 || openSegment(p.Status.Segments) >= 0)
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

// withdrawn: it is not to go out any more. What of it is out, of an earlier edition too, is taken off the network.
func withdrawn(f Facts) *Step {
	switch {
	case !leaves(f):
		return nil
	case published(f.Post.Status.Segments) > 0:
		return removal(f)
	}
	return &Step{Do: Withdraw, Reason: tribunev1alpha1.ReasonUnpublished, Message: "it never went out, and never will"}
}

// unpublishedHold keeps an open attempt from being sent once more when the Post is not to go out any more.
func unpublishedHold(f Facts) *Step {
	if !leaves(f) {
		return nil
	}
	return hold(f, tribunev1alpha1.ReasonUnpublished, "it is to be taken off the network", time.Time{})
}

// deletedBefore: the ledger knows that it went out and was taken off: made anew, or restored, it is the same publication.
func deletedBefore(f Facts) *Step {
	if leaves(f) || !f.LedgerRead || published(segments(f.Post)) > 0 || f.Post.Status.State == tribunev1alpha1.PostFailed && f.Post.Status.ObservedGeneration == f.Post.Generation {
		return nil
	}
	for _, r := range f.Ledger {
		if r.Deleted {
			return &Step{Do: Fail, Reason: tribunev1alpha1.ReasonDeletedOnNetwork, Message: fmt.Sprintf(
				"a Post of this name was published%s and taken off the network: set edition: %d to publish it again", at(r.URL), Edition(f.Post)+1)}
		}
	}
	return nil
}

// removal takes what is out off the network. No hold keeps it: a Crisis least of all.
func removal(f Facts) *Step {
	st, c := f.Post.Status, f.Channel
	byHand := fmt.Sprintf("delete it there by hand%s, then delete this Post", at(st.URL))
	remain := func(why string) *Step {
		return &Step{Do: Remain, Reason: tribunev1alpha1.ReasonUnpublished, Message: why + ": " + byHand, Until: f.Now.Add(lookAgain)}
	}
	name := f.Post.Spec.ChannelRef.Name
	switch {
	case !c.Exists:
		return remain(fmt.Sprintf("there is no SocialChannel %s any more", name))
	case c.ByHand:
		return remain("a person published it")
	case otherAccount(f):
		return remain(fmt.Sprintf("it went out on account %s, and SocialChannel %s is signed in to %s", st.AccountID, name, c.Account))
	case st.ObservedGeneration == f.Post.Generation && removing(f.Post) && st.NextAttemptAt != nil && f.Now.Before(st.NextAttemptAt.Time):
		return &Step{Do: Wait, Until: st.NextAttemptAt.Time}
	case !c.Connected:
		return &Step{Do: Wait, Until: f.Now.Add(lookAgain)}
	case !c.Deletes:
		return remain(fmt.Sprintf("the network of SocialChannel %s, or this account there, cannot take off what went out", name))
	case f.Now.Before(c.RetryAt):
		return &Step{Do: Wait, Until: c.RetryAt}
	}
	return &Step{Do: Remove}
}

// otherAccount is true if the channel is not signed in to the account that the Post went out on.
func otherAccount(f Facts) bool {
	return f.Post.Status.AccountID != "" && f.Channel.Account != "" && f.Post.Status.AccountID != f.Channel.Account
}

// removing is true while the status says that it is being taken off.
func removing(p *tribunev1alpha1.Post) bool {
	c := meta.FindStatusCondition(p.Status.Conditions, tribunev1alpha1.ConditionInSync)
	return c != nil && c.Reason == tribunev1alpha1.ReasonUnpublished
}

// Removed is the status after a network was asked to take a Post off; err is nil if nothing of it is there any more.
func Removed(f Facts, err error) tribunev1alpha1.PostStatus {
	st := *f.Post.Status.DeepCopy()
	if err == nil {
		if e := Edition(f.Post); st.Edition != e {
			st.Edition, st.Segments = e, nil
		}
		gone(f, &st, "taken off the network")
		return st
	}
	observe(f, &st)
	st.Attempts++
	st.NextAttemptAt = timePtr(f.Now.Add(retryAfter(err, st.Attempts)))
	message := "it could not be taken off the network, and it is tried again: " + err.Error()
	if network.KindOf(err) == network.Refused {
		st.NextAttemptAt = timePtr(f.Now.Add(askAgain))
		message = "the network refuses to take it off: " + err.Error()
		stall(f, &st, tribunev1alpha1.ReasonUnpublished, message)
	}
	inSync(f, &st, tribunev1alpha1.ReasonUnpublished, message)
	return st
}

func gone(f Facts, st *tribunev1alpha1.PostStatus, message string) {
	st.State = tribunev1alpha1.PostDeleted
	if st.Edition == 0 {
		st.Edition = Edition(f.Post)
	}
	clearWaiting(st)
	meta.RemoveStatusCondition(&st.Conditions, tribunev1alpha1.ConditionInSync)
	conclude(f, st, tribunev1alpha1.ReasonUnpublished, message)
}

// GiveUp says why a Post that is being deleted is let go though it is, or may be, on the network; empty if it is not.
func GiveUp(f Facts, namespaceEnds bool) string {
	c, since := f.Channel, f.Post.DeletionTimestamp
	switch {
	case namespaceEnds:
		return "its namespace is being deleted"
	case !c.Exists:
		return "its channel is gone"
	case c.SecretGone:
		return "the Secret of its channel is gone"
	case since != nil && !f.Now.Before(since.Add(GiveUpRemoving)):
		return "it could not be taken off within 24 hours"
	case openSegment(f.Post.Status.Segments) >= 0:
		return ""
	case c.ByHand:
		return "a person published it"
	case c.Connected && !c.Deletes:
		return "its network cannot take off what went out"
	}
	return ""
}

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
	}
	return &Step{Do: Edit}
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
