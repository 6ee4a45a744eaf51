package lint

import (
	"fmt"
	"slices"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// heard warns of a policy whose cases wait for people of whom nobody is told: a queue that nobody hears of is none.
func (c *checker) heard(p *readPolicy) {
	if p.dropped["notify"] || p.dropped["answer"] || p.spec.Mode == tribunev1alpha1.PolicyDormant {
		return
	}
	if a := p.spec.Answer; a != nil && (a.Remind != nil || a.Escalate != nil) {
		return
	}
	for i := range p.spec.Notify {
		if on := p.spec.Notify[i].On; slices.Contains(on, tribunev1alpha1.NotifyCaseOpened) || slices.Contains(on, tribunev1alpha1.NotifyCaseOverdue) {
			return
		}
	}
	waits := ""
	if p.spec.Answer != nil {
		waits = "questions wait for an answer"
	}
	for _, r := range p.rules {
		if waits == "" && r.item.Outcome == tribunev1alpha1.OutcomeReview && !tells(r.item) {
			waits = fmt.Sprintf("what rule %s finds waits for a decision", r.item.Name)
		}
	}
	if waits != "" {
		c.add(p.finding(Warning, "spec.notify", waits+", and nobody is told: name a channel with on: [CaseOpened], or answer.remind"))
	}
}

// tells is true for a rule that tells people by itself.
func tells(r *tribunev1alpha1.PolicyRule) bool {
	return slices.ContainsFunc(r.Actions, func(a tribunev1alpha1.PolicyAction) bool { return a.Notify != nil || a.Route != nil })
}
