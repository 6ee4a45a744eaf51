package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

const (
	// maxNote and maxApprovals are those of the API.
	maxNote      = 500
	maxApprovals = 20
)

func newPostApprove() *cobra.Command {
	return newDecide("approve", "Agree with what a Post says, so that it goes out", `Agree with a Post that waits for approval (spec.approval). It is shown as it will go out, and then you are asked.

What you say holds for the content that you were shown: an edit voids it. You need the verb approve on posts.`,
		func(note string) decision {
			return decision{question: "Approve it as it is?", approves: true, possible: canApprove,
				write: func(p *tribunev1alpha1.Post, by string, now time.Time) string {
					say(p, by, tribunev1alpha1.DecisionApproved, note, now)
					switch a := publish.ApprovalOf(p); {
					case a.Rejected != nil:
						return fmt.Sprintf("approved; it is still held, as %s rejected it", a.Rejected.By)
					case !a.Granted():
						return fmt.Sprintf("approved; %d of %d have", len(a.By), a.Required)
					}
					return "approved"
				}}
		})
}

func newPostReject() *cobra.Command {
	return newDecide("reject", "Hold a Post until its content is changed", `Say no to a Post that is not out yet, whether it needs approval or not. It is shown, and then you are asked.

It is held when it falls due, until its content is changed or you approve it. Say why with --note: everybody sees it.`,
		func(note string) decision {
			return decision{question: "Reject it?", possible: canReject,
				write: func(p *tribunev1alpha1.Post, by string, now time.Time) string {
					say(p, by, tribunev1alpha1.DecisionRejected, note, now)
					return "rejected"
				}}
		})
}

// newDecide makes a command of a decision that goes with a note.
func newDecide(name, short, long string, of func(note string) decision) *cobra.Command {
	d := &decider{}
	var note string
	cmd := &cobra.Command{
		Use: name + " NAME...", Short: short, Long: long, Args: postNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if n := utf8.RuneCountInString(note); n > maxNote {
				return usageError{fmt.Errorf("--note has %d characters: at most %d", n, maxNote)}
			}
			return d.run(cmd, args, of(note))
		},
	}
	d.flags(cmd)
	cmd.Flags().StringVar(&note, "note", "", "a word for colleagues, kept with the decision")
	return cmd
}

func newPostRelease() *cobra.Command {
	d := &decider{}
	cmd := &cobra.Command{
		Use: "release NAME...", Short: "Lift a hold that waits for a person",
		Long: `Lift the hold of a Post that waits for a person to look at it:

  PossibleDuplicate   the same text went out here within a day
  CreatedLate         it was made after it was due, and the network cannot be asked whether it went out before
  AwaitingReview      its time passed while a Crisis held it

It is shown, and then you are asked. What you say holds for this hold and for the content that you were shown. Other holds have
other ways: the Post's status names them. You need the verb approve on posts.`,
		Args: postNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.run(cmd, args, decision{question: "Let it go out?", approves: true, possible: canRelease, write: writeRelease})
		},
	}
	d.flags(cmd)
	return cmd
}

// waits says why a Post cannot be decided about any more.
func waits(p *tribunev1alpha1.Post) error {
	settled := p.Status.ObservedGeneration == p.Generation
	switch st := p.Status.State; st {
	case tribunev1alpha1.PostPublished:
		if p.Status.Edition != max(p.Spec.Edition, 1) {
			return nil // the next edition waits
		}
		return fmt.Errorf("it went out%s: tribune post unpublish takes it off the network", atURL(p))
	case tribunev1alpha1.PostDeleted:
		return errors.New("it was taken off the network: nothing waits for a decision")
	case tribunev1alpha1.PostPublishing:
		return errors.New("it is going out just now: look again in a moment")
	case tribunev1alpha1.PostUnknown:
		return errors.New("it may be on the network: look at the account, then use tribune post resolve")
	case tribunev1alpha1.PostMissed:
		if settled {
			return errors.New("it was missed: give it a new spec.publishAt first")
		}
	case tribunev1alpha1.PostFailed:
		if settled {
			return fmt.Errorf("it failed, and must be corrected first: %s", messageOf(p, tribunev1alpha1.ConditionStalled))
		}
	}
	return nil
}

func atURL(p *tribunev1alpha1.Post) string {
	if p.Status.URL == "" {
		return ""
	}
	return " (" + p.Status.URL + ")"
}

func messageOf(p *tribunev1alpha1.Post, condition string) string {
	if c := meta.FindStatusCondition(p.Status.Conditions, condition); c != nil {
		return c.Message
	}
	return "see its status"
}

// decided is what somebody said about the present content; nil if nothing.
func decided(p *tribunev1alpha1.Post, by string) *tribunev1alpha1.PostApproval {
	hash := publish.DecisionHash(p)
	for i := range p.Status.Approvals {
		if a := &p.Status.Approvals[i]; a.By == by && a.ContentHash == hash {
			return a
		}
	}
	return nil
}

func canApprove(p *tribunev1alpha1.Post, by string) error {
	if err := waits(p); err != nil {
		return err
	}
	mine := decided(p, by)
	switch {
	case mine != nil && mine.Decision == tribunev1alpha1.DecisionApproved:
		return doneError{"was approved by you already"}
	case mine == nil && p.Spec.Approval == nil && publish.ApprovalOf(p).Rejected == nil:
		return errors.New("it needs no approval (spec.approval): it goes out by itself when it is due")
	case mine == nil && p.Spec.Approval == nil:
		return fmt.Errorf("it needs no approval, and is held as %s rejected it: only they lift that, or another content", publish.ApprovalOf(p).Rejected.By)
	}
	return nil
}

func canReject(p *tribunev1alpha1.Post, by string) error {
	if err := waits(p); err != nil {
		return err
	}
	if mine := decided(p, by); mine != nil && mine.Decision == tribunev1alpha1.DecisionRejected {
		return doneError{"was rejected by you already"}
	}
	return nil
}

// say puts a decision into the list, in the place of an earlier one of the same person. Where the list is full, what is void
// makes room.
func say(p *tribunev1alpha1.Post, by string, what tribunev1alpha1.ApprovalDecision, note string, now time.Time) {
	hash := publish.DecisionHash(p)
	list := slices.DeleteFunc(slices.Clone(p.Status.Approvals), func(a tribunev1alpha1.PostApproval) bool { return a.By == by })
	if len(list) >= maxApprovals {
		list = slices.DeleteFunc(list, func(a tribunev1alpha1.PostApproval) bool { return a.ContentHash != hash })
	}
	list = append(list, tribunev1alpha1.PostApproval{By: by, Decision: what, ContentHash: hash, At: metav1.Time{Time: now.Truncate(time.Second)}, Note: note})
	p.Status.Approvals = list
}

// elsewhere says how holds are lifted that no release lifts.
var elsewhere = map[string]string{
	tribunev1alpha1.ReasonAwaitingApproval:  "use tribune post approve",
	tribunev1alpha1.ReasonRejected:          "change the content, or let who rejected it approve it",
	tribunev1alpha1.ReasonAwaitingPerson:    "publish it by hand, then use tribune post done",
	tribunev1alpha1.ReasonCrisis:            "end the Crisis with tribune resume",
	tribunev1alpha1.ReasonSuspended:         "set spec.suspend: false",
	tribunev1alpha1.ReasonCalendarSuspended: "set spec.suspend: false on its calendar",
	tribunev1alpha1.ReasonChannelSuspended:  "set spec.suspend: false on its channel",
}

func canRelease(p *tribunev1alpha1.Post, _ string) error {
	if err := waits(p); err != nil {
		return err
	}
	held := meta.FindStatusCondition(p.Status.Conditions, tribunev1alpha1.ConditionHeld)
	if held == nil || held.Status != metav1.ConditionTrue {
		return errors.New("it is not held")
	}
	switch held.Reason {
	case tribunev1alpha1.ReasonPossibleDuplicate, tribunev1alpha1.ReasonCreatedLate, tribunev1alpha1.ReasonAwaitingReview:
	default:
		how, known := elsewhere[held.Reason]
		if !known {
			how = "it ends by itself: " + strings.TrimSuffix(held.Message, ".")
		}
		return fmt.Errorf("it is held for %s, which no release lifts: %s", held.Reason, how)
	}
	if publish.Released(p, held.Reason) {
		return doneError{"was released already"}
	}
	return nil
}

func writeRelease(p *tribunev1alpha1.Post, by string, now time.Time) string {
	reason := meta.FindStatusCondition(p.Status.Conditions, tribunev1alpha1.ConditionHeld).Reason
	p.Status.Release = &tribunev1alpha1.PostRelease{Reason: reason, ContentHash: publish.DecisionHash(p), By: by,
		At: metav1.Time{Time: now.Truncate(time.Second)}}
	return "released: no longer held for " + reason
}
