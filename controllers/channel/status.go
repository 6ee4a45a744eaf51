package channel

import (
	"errors"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

const maxMessage = 1024

// status makes of a finding the status that says it.
func status(ch *tribunev1alpha1.SocialChannel, f finding, now time.Time) tribunev1alpha1.SocialChannelStatus {
	st := *ch.Status.DeepCopy()
	st.ObservedGeneration = ch.Generation
	if len(f.message) > maxMessage {
		f.message = strings.ToValidUTF8(f.message[:maxMessage-3], "") + "..."
	}
	c := conditions{list: &st.Conditions, generation: ch.Generation, now: now}
	c.set(tribunev1alpha1.ConditionReady, f.ready, f.reason, f.message)
	c.only(tribunev1alpha1.ConditionStalled, f.stalled, f.reason, f.message)
	c.only(tribunev1alpha1.ConditionReconciling, !f.ready && !f.stalled, f.reason, f.message)
	if f.credentials != nil {
		reason := tribunev1alpha1.ReasonSignedIn
		if !*f.credentials {
			reason = f.reason
		}
		c.set(tribunev1alpha1.ConditionCredentialsValid, *f.credentials, reason, "")
	}
	if f.reachable != nil {
		reason, message := tribunev1alpha1.ReasonReachable, ""
		if !*f.reachable {
			reason, message = tribunev1alpha1.ReasonUnreachable, f.unreachable
		}
		c.set(tribunev1alpha1.ConditionReachable, *f.reachable, reason, message)
	}
	st.RetryAt = nil
	if !f.rateLimitedUntil.IsZero() {
		st.RetryAt = &metav1.Time{Time: f.rateLimitedUntil}
	}
	c.only(tribunev1alpha1.ConditionRateLimited, st.RetryAt != nil, tribunev1alpha1.ReasonRateLimited, "the network asked to wait until status.retryAt")
	if f.account != nil {
		describe(&st, f)
	}
	return st
}

// describe says who we are and what the network takes.
func describe(st *tribunev1alpha1.SocialChannelStatus, f finding) {
	a := f.account
	st.Account = &tribunev1alpha1.ChannelAccount{ID: a.ID, Handle: a.Handle, URL: a.URL, DisplayName: a.DisplayName}
	st.Once = string(a.Once)
	st.Abilities = nil
	for _, ability := range a.Abilities {
		st.Abilities = append(st.Abilities, string(ability))
	}
	l := f.rules.Rules.Limits
	st.Limits = &tribunev1alpha1.ChannelLimits{MaxLength: int32(l.MaxLength), Unit: string(l.Unit), MaxBytes: int32(l.MaxBytes), //nolint:gosec // limits are small
		MaxMedia: int32(l.MaxMedia), MaxMediaBytes: l.MaxMediaBytes} //nolint:gosec // limits are small
}

type conditions struct {
	list       *[]metav1.Condition
	generation int64
	now        time.Time
}

func (c conditions) set(conditionType string, is bool, reason, message string) {
	st := metav1.ConditionFalse
	if is {
		st = metav1.ConditionTrue
	}
	meta.SetStatusCondition(c.list, metav1.Condition{Type: conditionType, Status: st, Reason: reason, Message: message,
		ObservedGeneration: c.generation, LastTransitionTime: metav1.Time{Time: c.now}})
}

// only keeps a condition that is there while it is true.
func (c conditions) only(conditionType string, is bool, reason, message string) {
	if is {
		c.set(conditionType, true, reason, message)
		return
	}
	meta.RemoveStatusCondition(c.list, conditionType)
}

func statusEqual(a, b *tribunev1alpha1.SocialChannelStatus) bool {
	return equality.Semantic.DeepEqual(a, b)
}

func readyReason(st *tribunev1alpha1.SocialChannelStatus) string {
	if c := meta.FindStatusCondition(st.Conditions, tribunev1alpha1.ConditionReady); c != nil {
		return c.Reason
	}
	return ""
}

// retryAfter is the wait that the network asked for, or a minute.
func retryAfter(err error) time.Duration {
	var e *network.Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		return e.RetryAfter
	}
	return time.Minute
}
