// Package notify decides what people are told, of which Posts and channels, in which words, and how many messages a receiver
// gets. It is pure: the time is passed in, and it must not know clients, the ledger or adapters. controllers/notify watches,
// records and sends.
package notify

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// Grace is how long a hold, or a network that does not answer, must last before people are told: most end by themselves.
const Grace = time.Minute

// Kinds of objects that people are told of, or that say who is told.
const (
	KindPost     = "Post"
	KindChannel  = "SocialChannel"
	KindCalendar = "ContentCalendar"
	KindPolicy   = "CommunityPolicy"
)

// Object is one that people are told of, or that says who is told.
type Object struct{ Kind, Namespace, Name string }

func (o Object) String() string { return o.Kind + "/" + o.Namespace + "/" + o.Name }

// Episode is one thing that happened to one object. It is told once: the same episode has the same ID whenever and by whomever
// it is seen.
type Episode struct {
	Object Object
	Event  tribunev1alpha1.NotifyEvent
	// Cause is what makes it another episode than the one before and the one after with the same event.
	Cause string
	// Since is when it began.
	Since time.Time
	// NotBefore is when it is told at the earliest, if it lasts until then.
	NotBefore time.Time
	// Reason and Detail are those of the condition that says it; may be empty.
	Reason, Detail string
}

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// idOf makes an id that receivers remove doubles by. It has no dot, as signatures need it.
func idOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "msg_" + lowerBase32.EncodeToString(sum[:16])
}

// ID of the message about an episode, the same to all receivers.
func (e Episode) ID() string {
	return idOf(e.Object.Kind, e.Object.Namespace, e.Object.Name, string(e.Event), e.Cause)
}

// passing are holds that time mends as planned: nobody needs to be told of them.
var passing = []string{
	tribunev1alpha1.ReasonMinInterval, tribunev1alpha1.ReasonCatchUp, tribunev1alpha1.ReasonWaitingToTryAgain,
	tribunev1alpha1.ReasonLookingUp, tribunev1alpha1.ReasonWaitingFor,
}

// OfPost is what there is to tell of a Post as it is now. Posts that wait for their time have nothing.
func OfPost(p *tribunev1alpha1.Post) []Episode {
	if !p.DeletionTimestamp.IsZero() {
		return nil
	}
	c := conditions(p.Status.Conditions)
	edition := strconv.FormatInt(max(p.Status.Edition, 1), 10)
	e := Episode{Object: Object{KindPost, p.Namespace, p.Name}}
	if ready := c.get(tribunev1alpha1.ConditionReady); ready != nil {
		e.Reason, e.Detail = ready.Reason, ready.Message
	}
	generation := strconv.FormatInt(p.Status.ObservedGeneration, 10)
	var out []Episode
	add := func(event tribunev1alpha1.NotifyEvent, since time.Time, grace time.Duration, cause ...string) {
		e.Event, e.Since, e.NotBefore, e.Cause = event, since, since.Add(grace), strings.Join(cause, " ")
		out = append(out, e)
	}
	switch p.Status.State {
	case tribunev1alpha1.PostPublished:
		if at := p.Status.PublishedAt; at != nil {
			// The publication itself: who adopts it anew does not tell it anew.
			add(tribunev1alpha1.NotifyPublished, at.Time, 0, edition)
		}
		if is := c.get(tribunev1alpha1.ConditionInSync); is != nil && is.Status == metav1.ConditionFalse {
			e.Reason, e.Detail = is.Reason, is.Message
			since := is.LastTransitionTime.Time
			switch {
			case is.Reason == tribunev1alpha1.ReasonRemovedOnNetwork:
				add(tribunev1alpha1.NotifyRemovedOnNetwork, since, 0, edition)
			case is.Reason == tribunev1alpha1.ReasonEditFailed && p.Status.NextAttemptAt != nil: // tried again by itself
				add(tribunev1alpha1.NotifyEditFailed, since, Grace, edition, publish.DecisionHash(p))
			case is.Reason == tribunev1alpha1.ReasonEditFailed, is.Reason == tribunev1alpha1.ReasonEditNotSupported && p.Spec.OnEdit != tribunev1alpha1.EditIgnore:
				add(tribunev1alpha1.NotifyEditFailed, since, 0, edition, publish.DecisionHash(p))
			}
		}
	case tribunev1alpha1.PostFailed:
		since := c.since(tribunev1alpha1.ConditionStalled)
		add(tribunev1alpha1.NotifyFailed, since, 0, edition, generation, stamp(since))
	case tribunev1alpha1.PostMissed:
		add(tribunev1alpha1.NotifyMissed, publish.Deadline(p), 0, edition, stamp(publish.Due(p)))
	case tribunev1alpha1.PostUnknown:
		attempt := ""
		if i := publish.OpenSegment(p); i >= 0 {
			attempt = p.Status.Segments[i].Attempt
		}
		add(tribunev1alpha1.NotifyUnknown, c.since(tribunev1alpha1.ConditionStalled), 0, edition, attempt)
	case tribunev1alpha1.PostHeld:
		held := c.get(tribunev1alpha1.ConditionHeld)
		if held == nil {
			break
		}
		e.Reason, e.Detail = held.Reason, held.Message
		since := held.LastTransitionTime.Time
		switch {
		case held.Reason == tribunev1alpha1.ReasonAwaitingApproval: // said by the condition Approved
		case held.Reason == tribunev1alpha1.ReasonAwaitingPerson:
			add(tribunev1alpha1.NotifyAwaitingPerson, since, 0, edition, stamp(publish.Due(p)))
		case !slices.Contains(passing, held.Reason):
			add(tribunev1alpha1.NotifyHeld, since, Grace, edition, held.Reason, stamp(since))
		}
	}
	if awaits := approvalAwaited(p, c); awaits != nil {
		e.Reason, e.Detail = awaits.Reason, awaits.Message
		add(tribunev1alpha1.NotifyAwaitingApproval, awaits.LastTransitionTime.Time, 0, edition, publish.DecisionHash(p))
	}
	return out
}

// approvalAwaited is the condition that says that people must agree; nil if none does, or it is too late for that.
func approvalAwaited(p *tribunev1alpha1.Post, c conditions) *metav1.Condition {
	switch p.Status.State {
	case tribunev1alpha1.PostScheduled, tribunev1alpha1.PostHeld:
	default:
		return nil
	}
	approved := c.get(tribunev1alpha1.ConditionApproved)
	if approved != nil && approved.Status == metav1.ConditionFalse && approved.Reason == tribunev1alpha1.ReasonAwaitingApproval {
		return approved
	}
	if held := c.get(tribunev1alpha1.ConditionHeld); held != nil && held.Reason == tribunev1alpha1.ReasonAwaitingApproval {
		return held
	}
	return nil
}

// OfChannel is what there is to tell of a channel as it is now.
func OfChannel(ch *tribunev1alpha1.SocialChannel) []Episode {
	if !ch.DeletionTimestamp.IsZero() || ch.Spec.Suspend {
		return nil
	}
	c := conditions(ch.Status.Conditions)
	var out []Episode
	for _, told := range []struct {
		condition string
		status    metav1.ConditionStatus
		event     tribunev1alpha1.NotifyEvent
		grace     time.Duration
	}{
		{tribunev1alpha1.ConditionCredentialsValid, metav1.ConditionFalse, tribunev1alpha1.NotifyCredentialsInvalid, 0},
		{tribunev1alpha1.ConditionCredentialsExpiring, metav1.ConditionTrue, tribunev1alpha1.NotifyCredentialsExpiring, 0},
		{tribunev1alpha1.ConditionListening, metav1.ConditionFalse, tribunev1alpha1.NotifyListeningStopped, Grace},
		{tribunev1alpha1.ConditionReachable, metav1.ConditionFalse, tribunev1alpha1.NotifyUnreachable, Grace},
	} {
		is := c.get(told.condition)
		if is == nil || is.Status != told.status || is.Reason == tribunev1alpha1.ReasonListeningStarted || is.Reason == tribunev1alpha1.ReasonSuspended {
			continue // it did not stop: it never was, or is not meant to be
		}
		e := Episode{
			Object: Object{KindChannel, ch.Namespace, ch.Name}, Event: told.event, Since: is.LastTransitionTime.Time,
			Cause: stamp(is.LastTransitionTime.Time), Reason: is.Reason, Detail: is.Message,
		}
		if told.event == tribunev1alpha1.NotifyCredentialsInvalid && e.Detail == "" {
			if ready := c.get(tribunev1alpha1.ConditionReady); ready != nil && ready.Status == metav1.ConditionFalse {
				e.Detail = ready.Message
			}
		}
		e.NotBefore = e.Since.Add(told.grace)
		out = append(out, e)
	}
	return out
}

// News is true if after has an episode that before had not.
func News(before, after []Episode) bool {
	for _, e := range after {
		known := slices.ContainsFunc(before, func(b Episode) bool { return b.Event == e.Event && b.Cause == e.Cause })
		if !known {
			return true
		}
	}
	return false
}

// conditions are those of one object.
type conditions []metav1.Condition

func (c conditions) get(kind string) *metav1.Condition { return meta.FindStatusCondition(c, kind) }

// since is when a condition took its status; without it, when Ready did.
func (c conditions) since(kind string) time.Time {
	for _, k := range []string{kind, tribunev1alpha1.ConditionReady} {
		if is := c.get(k); is != nil {
			return is.LastTransitionTime.Time
		}
	}
	return time.Time{}
}

func stamp(t time.Time) string { return fmt.Sprint(t.Unix()) }
