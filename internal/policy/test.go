package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// TestResult is what came of one test of a policy.
type TestResult struct {
	Name string
	// Wrong says what differs from what was expected; empty: it passed.
	Wrong []string
	// Decision that was made.
	Decision Decision
}

// Passed is true if nothing differs.
func (r *TestResult) Passed() bool { return len(r.Wrong) == 0 }

// RunTests judges the items of a policy's tests. Classifiers are not asked: they say nothing.
func (p *Policy) RunTests(now time.Time) []TestResult {
	judge := p.Judge()
	out := make([]TestResult, 0, len(p.spec.Tests))
	for i := range p.spec.Tests {
		t := &p.spec.Tests[i]
		item, hist := p.testItem(&t.Item, now)
		r := TestResult{Name: t.Name, Decision: judge.Evaluate(item, hist, now)}
		r.Wrong = differs(&t.Expect, &r.Decision)
		out = append(out, r)
	}
	return out
}

// Failed names the tests that did not pass.
func Failed(results []TestResult) []TestResult {
	return slices.DeleteFunc(slices.Clone(results), func(r TestResult) bool { return r.Passed() })
}

func (p *Policy) testItem(t *tribunev1alpha1.TestItem, now time.Time) (*Item, *History) {
	item := &Item{Channel: string(t.Channel)}
	if item.Channel == "" && len(p.spec.ChannelRefs) > 0 {
		item.Channel = string(p.spec.ChannelRefs[0].Name)
	}
	hist := &History{}
	item.ID, item.Kind, item.Text, item.Language = "test", network.ItemKind(t.Kind), t.Text, t.Language
	if t.Kind == "" {
		item.Kind = network.ItemComment
	}
	if item.Kind == network.ItemComment || item.Kind == network.ItemReply {
		item.Post = "test" // they stand under a publication of ours
	}
	item.Links, item.Media, item.Edited, item.CreatedAt = t.Links, int(t.Media), t.Edited, now
	if t.Parent != nil {
		item.ParentOurs = t.Parent.Ours
	}
	if t.Reports > 0 {
		n := int64(t.Reports)
		item.Reports = &n
	}
	if a := t.Author; a != nil {
		item.Author = network.Person{ID: a.Handle, Handle: a.Handle, Followers: a.Followers, IsFollower: a.IsFollower}
		for _, role := range a.Roles {
			take(role, item, hist)
		}
		if a.AccountAge != nil {
			item.Author.CreatedAt = now.Add(-a.AccountAge.Duration)
		}
		if a.KnownFor != nil {
			hist.FirstSeen = now.Add(-a.KnownFor.Duration)
		}
		hist.Strikes = int(a.Strikes)
	}
	return item, hist
}

// take gives the author of a test a role.
func take(role tribunev1alpha1.AuthorRole, it *Item, hist *History) {
	yes := true
	switch role {
	case tribunev1alpha1.RoleTeam:
		it.Author.IsTeam = true
	case tribunev1alpha1.RoleModerator:
		it.Author.IsModerator = true
	case tribunev1alpha1.RoleMember:
		it.Author.IsMember = &yes
	case tribunev1alpha1.RoleFollower:
		it.Author.IsFollower = &yes
	case tribunev1alpha1.RoleKeyPerson:
		hist.KeyPerson = true
	}
}

func differs(e *tribunev1alpha1.TestExpectation, d *Decision) []string {
	var wrong []string
	if e.Outcome != "" && e.Outcome != d.Outcome {
		by := "no rule decided"
		if d.By != "" {
			by = "rule " + d.By + " decided"
		}
		for _, p := range d.Problems {
			by += "; " + p.Path + " could not be asked: " + p.Message
		}
		wrong = append(wrong, fmt.Sprintf("outcome is %s, expected %s (%s)", d.Outcome, e.Outcome, by))
	}
	if e.Rules != nil {
		var got []string
		for _, m := range d.Matches {
			got = append(got, m.Rule)
		}
		if !same(*e.Rules, got) {
			wrong = append(wrong, fmt.Sprintf("rules that match are %s, expected %s", names(got), names(*e.Rules)))
		}
	}
	if e.Actions != nil {
		if got := d.ActionNames(); !same(*e.Actions, got) {
			wrong = append(wrong, fmt.Sprintf("actions are %s, expected %s", names(got), names(*e.Actions)))
		}
	}
	return wrong
}

// ActionNames are the kinds of actions beside the outcome itself, each once.
func (d *Decision) ActionNames() []string {
	names := []string{}
	for _, a := range d.Actions {
		if a.Kind != outcomeAction(d.Outcome) && !slices.Contains(names, a.Kind) {
			names = append(names, a.Kind)
		}
	}
	return names
}

func same(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

func names(of []string) string {
	if len(of) == 0 {
		return "none"
	}
	return strings.Join(of, ", ")
}
