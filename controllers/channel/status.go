package channel

import (
	"errors"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/network"
)

// Bounds of the API, in bytes.
const (
	maxMessage     = 1024
	maxServer      = 200
	maxHandle      = 512
	maxURL         = 2000
	maxDisplayName = 1000
)

// status makes of a finding the status that says it.
func status(ch *tribunev1alpha1.SocialChannel, f finding, now time.Time) tribunev1alpha1.SocialChannelStatus {
	st := *ch.Status.DeepCopy()
	st.ObservedGeneration = ch.Generation
	f.message = clip(f.message)
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
	c.aside(ch, f, &st)
	return st
}

// expiresSoon is how long before credentials run out people are told.
const expiresSoon = 7 * 24 * time.Hour

// aside sets the conditions that do not decide whether the channel is Ready.
func (c conditions) aside(ch *tribunev1alpha1.SocialChannel, f finding, st *tribunev1alpha1.SocialChannelStatus) {
	expiring := st.CredentialsExpireAt != nil && c.now.Add(expiresSoon).After(st.CredentialsExpireAt.Time)
	c.only(tribunev1alpha1.ConditionCredentialsExpiring, expiring, tribunev1alpha1.ReasonExpiresSoon,
		"the credentials run out at status.credentialsExpireAt: make new ones and put them into Secret "+secretName(ch))
	switch {
	case ch.Spec.Profile == nil:
		meta.RemoveStatusCondition(c.list, tribunev1alpha1.ConditionProfileInSync)
	case f.profile != nil:
		c.set(tribunev1alpha1.ConditionProfileInSync, f.profile.inSync, f.profile.reason, clip(f.profile.message))
	}
	if ch.Spec.Listening == nil {
		meta.RemoveStatusCondition(c.list, tribunev1alpha1.ConditionListening)
		st.Listening = nil
		return
	}
	st.Listening = listened(st.Listening, f.heard)
	h := f.hearing
	if h.Reason == "" {
		h = channels.Hearing{Reason: tribunev1alpha1.ReasonListeningStarted, Message: "nobody has looked yet"}
	}
	c.set(tribunev1alpha1.ConditionListening, h.Listens, h.Reason, clip(h.Message))
}

// clip bounds a message.
func clip(message string) string { return bounded(message, maxMessage) }

// bounded keeps what a server says of itself within what the API takes: a status that is refused would say nothing at all.
func bounded(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most-3], "") + "..."
	}
	return s
}

// describe says who we are and what the network takes.
func describe(st *tribunev1alpha1.SocialChannelStatus, f finding) {
	a := f.account
	st.Account = &tribunev1alpha1.ChannelAccount{ID: a.ID, Handle: bounded(a.Handle, maxHandle), URL: bounded(a.URL, maxURL), DisplayName: bounded(a.DisplayName, maxDisplayName)}
	st.Server, st.Followers, st.Following = bounded(a.Server, maxServer), a.Followers, a.Following
	st.CredentialsExpireAt = nil
	if !a.ExpiresAt.IsZero() {
		st.CredentialsExpireAt = &metav1.Time{Time: a.ExpiresAt}
	}
	st.Automation = nil
	for _, automation := range a.Automation {
		st.Automation = append(st.Automation, string(automation))
	}
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
