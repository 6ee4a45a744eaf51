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

// compose makes the rules of the policy, the first first.
func compose(drafts []*draft) []made {
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
	return slices.ContainsFunc(d.report.LeftOut, func(f Finding) bool { return f.Line == e.line && f.Key == e.key })
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

// without takes away what the rules match; nothing is left if one of them matches all of it.
func without(c *clause, before []*draft) ([]clause, bool) {
	out := c.clone()
	for _, d := range before {
		for i := range d.clauses {
			left, ok := out.minus(&d.clauses[i])
			if !ok {
				return nil, false
			}
			if !left {
				return nil, true
			}
		}
	}
	return []clause{out}, true
}

// minus adds the opposite of what is asked for by r and not already by c. left is false if all of c is r.
func (c *clause) minus(r *clause) (left, ok bool) {
	shared := slices.DeleteFunc(slices.Clone(c.kinds), func(k tribunev1alpha1.ItemKind) bool { return !slices.Contains(r.kinds, k) })
	if len(shared) == 0 {
		return true, true
	}
	if len(shared) < len(c.kinds) {
		return true, false // clauses of one rule are of comments, of submissions or of both
	}
	for i := range r.pos {
		if contains(c.neg, &r.pos[i]) {
			return true, true
		}
	}
	for i := range r.neg {
		if contains(c.pos, &r.neg[i]) {
			return true, true
		}
	}
	pos := slices.DeleteFunc(slices.Clone(r.pos), func(p criteria) bool { return contains(c.pos, &p) })
	neg := slices.DeleteFunc(slices.Clone(r.neg), func(n criteria) bool { return contains(c.neg, &n) })
	one, rest := merge(pos)
	switch {
	case len(pos)+len(neg)+len(r.or) == 0:
		return false, true
	case len(neg)+len(r.or)+len(rest) == 0:
		c.mustNot(one)
	case len(pos)+len(r.or) == 0 && len(neg) == 1:
		c.must(neg[0])
	case len(pos)+len(neg) == 0 && len(r.or) == 1:
		c.mustNot(r.or[0]...)
	default:
		return true, false
	}
	return true, true
}
