package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
)

// policyRules compiles a policy as the manager does, runs its tests, and asks what its channels cannot do or may not. What could not be
// read is left out, so that what is wrong in one rule hides nothing of another.
func (c *checker) policyRules(p *readPolicy) {
	spec, whole := p.left()
	lists := policy.Lists{}
	for i := range spec.Lists {
		l := &spec.Lists[i]
		lines, ok := l.Entries, true
		if l.ConfigMapKeyRef != nil {
			lines, ok = c.linesIn(p.namespace, l.ConfigMapKeyRef)
		}
		whole = whole && ok
		lists[string(l.Name)] = lines // what is missing was said: it holds nothing here
	}
	compiled, wrong := policy.Compile(spec, lists)
	for _, w := range wrong {
		c.add(p.wrong(w.Path, w.Message))
	}
	if compiled == nil {
		return
	}
	if whole {
		for i, r := range compiled.RunTests(c.now) {
			for _, differs := range r.Wrong {
				c.add(p.finding(Error, fmt.Sprintf("spec.tests[%d]", i), fmt.Sprintf("the test %q fails: %s", r.Name, differs)))
			}
		}
	} else if len(spec.Tests) > 0 {
		c.add(p.finding(Warning, "spec.tests", "were not run, as not all rules and lists could be read"))
	}
	c.enforceable(p, compiled)
}

// left is the policy without what could not be read; whole is true if nothing was left out. Lists that could not be read hold
// nothing, so that rules that name them are none the worse for it.
func (p *readPolicy) left() (spec *tribunev1alpha1.CommunityPolicySpec, whole bool) {
	spec = p.spec.DeepCopy()
	spec.Rules, spec.Lists, spec.Tests = nil, nil, nil
	for _, r := range p.rules {
		spec.Rules = append(spec.Rules, *r.item)
	}
	known := map[string]bool{}
	for _, l := range p.lists {
		spec.Lists, known[string(l.item.Name)] = append(spec.Lists, *l.item), true
	}
	if p.dropped["lists"] {
		for name := range p.listsUsed() {
			if !known[name] {
				spec.Lists = append(spec.Lists, tribunev1alpha1.PolicyList{Name: tribunev1alpha1.ObjectName(name)})
			}
		}
	}
	if !p.dropped["rules"] { // tests may name rules that were left out
		for _, t := range p.tests {
			spec.Tests = append(spec.Tests, *t.item)
		}
	}
	return spec, len(p.dropped) == 0
}

// listsUsed are the names of lists in rules.
func (p *readPolicy) listsUsed() map[string]bool {
	used := map[string]bool{}
	for _, rule := range p.rules {
		for _, criteria := range criteriaOf("", &rule.item.Match) {
			if criteria.Text != nil {
				for _, name := range criteria.Text.TermsIn {
					used[name] = true
				}
			}
			if criteria.Links != nil {
				for _, name := range criteria.Links.DomainsIn {
					used[name] = true
				}
			}
		}
	}
	return used
}

// wrong is what the compiler says, at its place in the file.
func (p *readPolicy) wrong(path, message string) Finding {
	field, beside, _ := strings.Cut(path, ", ")
	if beside != "" {
		message = beside + ": " + message
	}
	return p.finding(Error, p.placed(field), message)
}

// placed gives a path as it is in the file, where rules, lists and tests were left out before.
func (p *readPolicy) placed(path string) string {
	for prefix, at := range map[string]func(int) (string, bool){
		"spec.rules[": placeOf(p.rules), "spec.lists[": placeOf(p.lists), "spec.tests[": placeOf(p.tests),
	} {
		after, ok := strings.CutPrefix(path, prefix)
		if !ok {
			continue
		}
		number, rest, _ := strings.Cut(after, "]")
		if i, err := strconv.Atoi(number); err == nil {
			if there, ok := at(i); ok {
				return there + rest
			}
		}
	}
	return path
}

func placeOf[T any](items []placed[T]) func(int) (string, bool) {
	return func(i int) (string, bool) {
		if i < 0 || i >= len(items) {
			return "", false
		}
		return items[i].at, true
	}
}

// enforceable says what a rule asks for that a channel cannot do, and what the network's rules forbid.
func (c *checker) enforceable(p *readPolicy, compiled *policy.Policy) {
	var channels []policy.Channel
	for i := range p.picked {
		ch := &p.picked[i]
		if slices.ContainsFunc(channels, func(other policy.Channel) bool { return other.Name == ch.Name }) {
			continue
		}
		if adapter, known := network.Lookup(ch.Network); known && slices.Contains(adapter.Abilities, network.AbilityListen) {
			channels = append(channels, policy.Channel{Name: ch.Name, Network: string(ch.Network), Abilities: adapter.Abilities, Automation: adapter.Automation})
		}
	}
	for _, u := range compiled.Unenforceable(channels) {
		severity := Warning
		if u.Forbidden {
			severity = Error
		}
		c.add(p.finding(severity, p.placed(u.Path), fmt.Sprintf("on SocialChannel %s: %s", u.Channel, u.Reason)))
	}
}
