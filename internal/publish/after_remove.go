package publish

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// MayBeOut is true if something of the Post is on its network, or may be.
func MayBeOut(p *tribunev1alpha1.Post) bool {
	return p.Status.State != tribunev1alpha1.PostDeleted && (published(p.Status.Segments) > 0 || openSegment(p.Status.Segments) >= 0)
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
	st.Edit = nil
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
