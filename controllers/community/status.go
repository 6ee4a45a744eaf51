package community

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

const (
	// maxMessage of a condition, in bytes; maxNamed is how many of many are named in one.
	maxMessage = 1024
	maxNamed   = 5
	// maxTop and maxUnenforceable bound lists of the status.
	maxTop           = 10
	maxUnenforceable = 50
	maxReason        = 500
)

func conditionOf(list []metav1.Condition, kind string) *metav1.Condition {
	return meta.FindStatusCondition(list, kind)
}

// status says how a policy is, and what it did.
func (f *finding) status() tribunev1alpha1.CommunityPolicyStatus {
	p := f.policy
	st := *p.Status.DeepCopy()
	st.ObservedGeneration = p.Generation
	set := func(kind string, holds bool, reason, message string) {
		status := metav1.ConditionFalse
		if holds {
			status = metav1.ConditionTrue
		}
		meta.SetStatusCondition(&st.Conditions, metav1.Condition{Type: kind, Status: status, Reason: reason, Message: clip(message), ObservedGeneration: p.Generation})
	}
	st.Mode = cmp.Or(p.Spec.Mode, tribunev1alpha1.PolicyAudit)
	f.rules(set, &st)
	f.tested(set, &st)
	f.ready(set, &st)
	f.figures(&st)
	f.circuit(set, &st)
	f.enforceable(set, &st)
	return st
}

type setter func(kind string, holds bool, reason, message string)

func (f *finding) rules(set setter, st *tribunev1alpha1.CommunityPolicyStatus) {
	rules := int32(0)
	st.ActiveGeneration = 0
	if f.inForce {
		rules, st.ActiveGeneration = int32(f.active.policy.Rules()), f.active.generation //nolint:gosec // at most 200
	}
	st.Rules = &rules
	if len(f.wrong) == 0 {
		set(tribunev1alpha1.ConditionRulesCompiled, true, tribunev1alpha1.ReasonCompiled, "")
		return
	}
	set(tribunev1alpha1.ConditionRulesCompiled, false, tribunev1alpha1.ReasonWrongRules, f.wrongRules())
}

func (f *finding) wrongRules() string {
	var parts []string
	for i, w := range f.wrong {
		if i == maxNamed {
			parts = append(parts, fmt.Sprintf("and %d more", len(f.wrong)-i))
			break
		}
		parts = append(parts, w.Path+": "+w.Message)
	}
	return strings.Join(parts, "; ")
}

func (f *finding) tested(set setter, st *tribunev1alpha1.CommunityPolicyStatus) {
	if len(f.wrong) > 0 {
		meta.RemoveStatusCondition(&st.Conditions, tribunev1alpha1.ConditionTestsPassed)
		st.Tests = fmt.Sprintf("-/%d", len(f.policy.Spec.Tests))
		return
	}
	st.Tests = fmt.Sprintf("%d/%d", len(f.tests)-len(f.failed), len(f.tests))
	if len(f.failed) == 0 {
		set(tribunev1alpha1.ConditionTestsPassed, true, tribunev1alpha1.ReasonTestsPassed, "")
		return
	}
	set(tribunev1alpha1.ConditionTestsPassed, false, tribunev1alpha1.ReasonTestsFailed, f.failedTests())
}

func (f *finding) failedTests() string {
	var parts []string
	for i, t := range f.failed {
		if i == maxNamed {
			parts = append(parts, fmt.Sprintf("and %d more", len(f.failed)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%q: %s", t.Name, strings.Join(t.Wrong, ", ")))
	}
	return strings.Join(parts, "; ")
}

func (f *finding) ready(set setter, st *tribunev1alpha1.CommunityPolicyStatus) {
	meta.RemoveStatusCondition(&st.Conditions, tribunev1alpha1.ConditionReconciling)
	reason, message := "", ""
	switch {
	case len(f.wrong) > 0:
		reason, message = tribunev1alpha1.ReasonWrongRules, f.wrongRules()
	case len(f.failed) > 0:
		reason, message = tribunev1alpha1.ReasonTestsFailed, f.failedTests()
	}
	if reason != "" {
		stays := "no version of it is in force, and what people say waits"
		if f.inForce {
			stays = fmt.Sprintf("generation %d stays in force", f.active.generation)
		}
		message = clip(message)
		if len(message)+len(stays)+2 > maxMessage {
			message = clipTo(message, maxMessage-len(stays)-2)
		}
		message = stays + ": " + message
		set(tribunev1alpha1.ConditionReady, false, reason, message)
		set(tribunev1alpha1.ConditionStalled, true, reason, message)
		return
	}
	meta.RemoveStatusCondition(&st.Conditions, tribunev1alpha1.ConditionStalled)
	switch {
	case f.policy.Spec.Suspend:
		set(tribunev1alpha1.ConditionReady, true, tribunev1alpha1.ReasonSuspended, "what people say is kept, and waits")
	case st.Mode == tribunev1alpha1.PolicyAudit:
		set(tribunev1alpha1.ConditionReady, true, tribunev1alpha1.ReasonAuditing, "it decides and records, and acts on nothing: set mode: Enforce when tribune policy stats shows what you agree with")
	case st.Mode == tribunev1alpha1.PolicyDormant:
		set(tribunev1alpha1.ConditionReady, true, tribunev1alpha1.ReasonDormant, "it does nothing until a Crisis asks for it")
	default:
		set(tribunev1alpha1.ConditionReady, true, tribunev1alpha1.ReasonInForce, "")
	}
}

func (f *finding) figures(st *tribunev1alpha1.CommunityPolicyStatus) {
	// Pointers, as a patch leaves out what is the same before and after: nothing and 0 are not, and a column shows 0.
	st.Matched24h, st.Acted24h = &f.stats.Matched, &f.stats.Acted
	st.Waiting = &tribunev1alpha1.PolicyWaiting{Cases: small(f.stats.Cases), Questions: small(f.stats.Questions), Overdue: small(f.stats.Overdue), Actions: small(f.stats.Held)}
	st.TopRules = nil
	for _, r := range f.stats.Rules[:min(len(f.stats.Rules), maxTop)] {
		st.TopRules = append(st.TopRules, tribunev1alpha1.PolicyRuleStatus{Name: tribunev1alpha1.ObjectName(r.Rule), Matched24h: r.Matched, Overturned: r.Overturned})
	}
}

func small(n int64) int32 { return int32(min(n, 1<<31-1)) } //nolint:gosec // bounded here

func (f *finding) circuit(set setter, st *tribunev1alpha1.CommunityPolicyStatus) {
	st.Breakers = slices.Clone(f.stats.HeldClasses)
	if len(st.Breakers) == 0 {
		st.Breakers = nil
		set(tribunev1alpha1.ConditionCircuitOpen, false, tribunev1alpha1.ReasonWithinLimits, "")
		return
	}
	set(tribunev1alpha1.ConditionCircuitOpen, true, tribunev1alpha1.ReasonLimitReached, fmt.Sprintf(
		"actions are held (%s): look at them with tribune actions, then run tribune policy release %s or tribune policy discard %s",
		strings.Join(st.Breakers, ", "), f.policy.Name, f.policy.Name))
}

func (f *finding) enforceable(set setter, st *tribunev1alpha1.CommunityPolicyStatus) {
	st.Unenforceable = nil
	forbidden := false
	for _, u := range f.notThere[:min(len(f.notThere), maxUnenforceable)] {
		forbidden = forbidden || u.Forbidden
		st.Unenforceable = append(st.Unenforceable, tribunev1alpha1.UnenforceableRule{Rule: u.Rule, Channel: u.Channel, Reason: clipTo(u.Reason, maxReason)})
	}
	switch {
	case !f.inForce:
		meta.RemoveStatusCondition(&st.Conditions, tribunev1alpha1.ConditionEnforceable)
	case len(f.notThere) == 0:
		set(tribunev1alpha1.ConditionEnforceable, true, tribunev1alpha1.ReasonEnforceable, "")
	default:
		reason := tribunev1alpha1.ReasonCannotBeDone
		if forbidden {
			reason = tribunev1alpha1.ReasonForbiddenByTerms
		}
		u := f.notThere[0]
		message := fmt.Sprintf("rule %s on channel %s: %s", u.Rule, u.Channel, u.Reason)
		if more := len(f.notThere) - 1; more > 0 {
			message += fmt.Sprintf("; and %d more in status.unenforceable", more)
		}
		set(tribunev1alpha1.ConditionEnforceable, false, reason, message)
	}
}

func clip(message string) string { return clipTo(message, maxMessage) }

func clipTo(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-3], "") + "..."
}
