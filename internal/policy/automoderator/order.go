package automoderator

import (
	"cmp"
	"slices"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// Priorities of the first rule of each phase; the next has one less.
const (
	firstRemoval = 1000
	firstOther   = 500
	firstApprove = -500
	mostRules    = 200
)

// ordered puts rules in the order in which AutoModerator asks them: those that remove first, then by priority, then by place.
func ordered(drafts []*draft) []*draft {
	out := slices.Clone(drafts)
	rank := func(d *draft) int {
		switch {
		case d.removes:
			return 0
		case d.approves:
			return 2 // they end nothing, and nothing comes after them
		}
		return 1
	}
	slices.SortStableFunc(out, func(a, b *draft) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.priority, a.priority), cmp.Compare(a.place, b.place))
	})
	return out
}

// made is a rule of the policy, and the draft it is of.
type made struct {
	rule tribunev1alpha1.PolicyRule
	of   *draft
}

// composed makes the rules of the policy, the first first.
func composed(drafts []*draft) []made {
	var out []made
	var before []*draft // removals that were imported
	names := map[string]bool{}
	counts := [3]int32{}
	for _, d := range ordered(drafts) {
		phase, first := 1, int32(firstOther)
		switch {
		case d.removes:
			phase, first = 0, firstRemoval
		case d.approves:
			phase, first = 2, firstApprove
		}
		rules := d.rules(before)
		if len(rules) > 0 && len(out)+len(rules) > mostRules {
			d.refuse(nil, "a policy holds %d rules, and those before it fill it: make a policy of its own of this rule and those after it", mostRules)
			rules = nil
		}
		if len(rules) == 0 || d.refused() {
			continue
		}
		for i := range rules {
			r := &rules[i]
			r.Priority = first - counts[phase]
			r.Name = tribunev1alpha1.ObjectName(unique(names, string(r.Name)))
			d.report.Rules = append(d.report.Rules, string(r.Name))
			out = append(out, made{*r, d})
		}
		counts[phase]++
		d.report.Imported = true
		if d.removes {
			before = append(before, d)
		}
	}
	return out
}

// rules of a draft, of which each item matches at most one.
func (d *draft) rules(before []*draft) []tribunev1alpha1.PolicyRule {
	var out []tribunev1alpha1.PolicyRule
	base := slug("line-"+itoa(d.line)+"-"+d.report.Title, 50)
	for i := range d.clauses {
		name := base
		if len(d.clauses) > 1 {
			name += "-" + map[bool]string{true: "comment", false: "submission"}[slices.Contains(d.clauses[i].kinds, tribunev1alpha1.ItemComment)]
		}
		parts, ok := d.reached(&d.clauses[i], before)
		actions := d.actions
		if !ok {
			actions = slices.DeleteFunc(slices.Clone(actions), func(p planned) bool {
				if p.reached && !d.leftOut(p.from) {
					d.leave(p.from, "it would also be done for what a rule before it removes, and this rule cannot leave that out: add the action by hand if that is no harm")
				}
				return p.reached
			})
			parts = []clause{d.clauses[i]}
		}
		if d.outcome == "" && len(actions) == 0 {
			continue
		}
		for k := range parts {
			m, problem := parts[k].match()
			if problem != "" {
				d.refuse(nil, "%s", problem)
				return nil
			}
			r := tribunev1alpha1.PolicyRule{Name: tribunev1alpha1.ObjectName(name), Match: m, Outcome: d.outcome}
			if len(parts[k].kinds) != len(commentKinds)+len(submissionKinds) {
				r.On = parts[k].kinds
			}
			for _, p := range actions {
				r.Actions = append(r.Actions, p.action)
			}
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		d.giveUp()
	}
	return out
}

func (d *draft) leftOut(e *entry) bool {
	return slices.ContainsFunc(d.report.LeftOut, func(f Finding) bool { return f.Line == e.line && f.Key == shown(e.key) })
}

// reached narrows a clause to what no rule before it removes, if its actions ask for that. It may take several: comments and
// submissions apart, and moderators, whom rules that remove mostly do not see.
func (d *draft) reached(c *clause, before []*draft) ([]clause, bool) {
	if !slices.ContainsFunc(d.actions, func(p planned) bool { return p.reached }) {
		return []clause{*c}, true
	}
	if out, ok := without(c, before); ok {
		return fits(out)
	}
	parts := []clause{*c}
	if len(c.kinds) == len(commentKinds)+len(submissionKinds) {
		comments, submissions := c.clone(), c.clone()
		comments.kinds, submissions.kinds = commentKinds, submissionKinds
		parts = []clause{comments, submissions}
	}
	var all []clause
	for i := range parts {
		out, ok := without(&parts[i], before)
		if !ok {
			if out, ok = byTeam(&parts[i], before); !ok {
				return nil, false
			}
		}
		all = append(all, out...)
	}
	return fits(all)
}

// byTeam parts moderators from others.
func byTeam(c *clause, before []*draft) ([]clause, bool) {
	if contains(c.neg, &team) || contains(c.pos, &team) {
		return nil, false
	}
	others, ours := c.clone(), c.clone()
	others.mustNot(team)
	ours.must(team)
	a, ok := without(&others, before)
	b, alsoOK := without(&ours, before)
	return append(a, b...), ok && alsoOK
}

func fits(clauses []clause) ([]clause, bool) {
	for i := range clauses {
		if _, problem := clauses[i].match(); problem != "" {
			return nil, false
		}
	}
	return clauses, len(clauses) > 0
}

// mostParts of one rule: what rules before it remove is said by several rules of which an item matches one.
const mostParts = 8

// without takes away what the rules match; nothing is left if one of them matches all of it.
func without(c *clause, before []*draft) ([]clause, bool) {
	parts := []clause{c.clone()}
	for _, d := range before {
		for i := range d.clauses {
			var next []clause
			for k := range parts {
				left, ok := parts[k].minus(&d.clauses[i])
				if !ok {
					return nil, false
				}
				next = append(next, left...)
			}
			if parts = next; len(parts) > mostParts {
				return nil, false
			}
		}
	}
	return parts, true
}

// minus gives what of c is not in r, as clauses that exclude each other: one lacks the first thing that r asks for, one has it
// and lacks the second, and so on.
func (c *clause) minus(r *clause) ([]clause, bool) {
	whole := []clause{*c}
	shared := slices.DeleteFunc(slices.Clone(c.kinds), func(k tribunev1alpha1.ItemKind) bool { return !slices.Contains(r.kinds, k) })
	switch {
	case len(shared) == 0:
		return whole, true
	case len(shared) < len(c.kinds):
		return nil, false // comments and submissions have to be apart
	case slices.ContainsFunc(r.pos, func(p criteria) bool { return contains(c.neg, &p) }),
		slices.ContainsFunc(r.neg, func(n criteria) bool { return contains(c.pos, &n) }):
		return whole, true
	}
	pos := slices.DeleteFunc(slices.Clone(r.pos), func(p criteria) bool { return contains(c.pos, &p) || c.implies(&p) })
	neg := slices.DeleteFunc(slices.Clone(r.neg), func(n criteria) bool { return contains(c.neg, &n) })
	var out []clause
	so := c.clone()
	for len(pos) > 0 {
		var one criteria
		one, pos = merge(pos)
		part := so.clone()
		part.mustNot(one)
		out = append(out, part)
		so.must(one)
	}
	for _, n := range neg {
		part := so.clone()
		part.must(n)
		out = append(out, part)
		so.mustNot(n)
	}
	for _, or := range r.or {
		part := so.clone()
		part.mustNot(or...)
		out = append(out, part)
		so.or = append(so.or, or)
	}
	return slices.DeleteFunc(out, func(c clause) bool { return c.contradicts() }), true
}

// implies is true for a text that is not empty, where something has to be in it.
func (c *clause) implies(p *criteria) bool {
	return keyOf(p) == keyOf(notEmpty) && slices.ContainsFunc(c.pos, func(o criteria) bool { return o.Text != nil && !matchesNothing(o) })
}
