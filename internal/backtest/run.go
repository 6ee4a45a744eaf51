package backtest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy"
)

// Span of a text as it was written, in bytes.
type Span struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text"`
}

// Match is one reason why a rule matched.
type Match struct {
	Rule    string                        `json:"rule"`
	Outcome tribunev1alpha1.PolicyOutcome `json:"outcome,omitempty"`
	// Criterion that held, such as text, links or author; empty if a rule asks for nothing but what is not there.
	Criterion string `json:"criterion,omitempty"`
	// View of the text that Pattern was found in; List is the list that it stands in.
	View    string `json:"view,omitempty"`
	Pattern string `json:"pattern,omitempty"`
	List    string `json:"list,omitempty"`
	// Span that was found; nil where a match has none.
	Span   *Span  `json:"span,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Explanation of one item.
type Explanation struct {
	Line   int    `json:"line,omitempty"`
	ID     string `json:"id,omitempty"`
	Author string `json:"author,omitempty"`
	Text   string `json:"text"`
	// Outcome in force, and the rule that decided; Rules are all that matched, in the order in which they were asked.
	Outcome tribunev1alpha1.PolicyOutcome `json:"outcome"`
	By      string                        `json:"by,omitempty"`
	Rules   []string                      `json:"rules"`
	// Actions that follow beside the outcome itself, by name, as a policy's tests name them.
	Actions []string `json:"actions"`
	// Later are words of a welcome that follow, and when.
	Later   []string `json:"later,omitempty"`
	Matches []Match  `json:"matches"`
	// Skipped are actions that are left out, and why.
	Skipped []policy.Skipped `json:"skipped,omitempty"`
	// Question is true if it waits for an answer.
	Question bool `json:"question,omitempty"`
	// Classifiers that were not asked: without a cluster nobody asks them, and the rules that need them do not match.
	Classifiers []string `json:"classifiers,omitempty"`
	// Problems of rules that could not be asked.
	Problems []string `json:"problems,omitempty"`
}

// Run judges items one after the other, as if each had just come. Items that have a time are counted over time.
type Run struct {
	judge  *policy.Judge
	memory *memory
}

// New begins with nothing known.
func New(p *policy.Policy) *Run { return &Run{judge: p.Judge(), memory: newMemory(p.Needs())} }

// Judge one.
func (r *Run) Judge(c *Case) policy.Decision {
	r.memory.recall(c)
	d := r.judge.Evaluate(&c.Item, &c.History, c.At)
	r.memory.keep(c, &d)
	return d
}

// Explain a decision.
func Explain(c *Case, d *policy.Decision) Explanation {
	e := Explanation{
		Line: c.Line, ID: c.Item.ID, Author: c.Item.Author.Handle, Text: c.Item.Text, Outcome: d.Outcome, By: d.By, Question: d.Question,
		Rules: []string{}, Actions: d.ActionNames(), Matches: []Match{}, Skipped: d.Skipped,
	}
	for _, m := range d.Matches {
		e.Rules = append(e.Rules, m.Rule)
		if len(m.Evidence) == 0 {
			e.Matches = append(e.Matches, Match{Rule: m.Rule, Outcome: m.Outcome})
		}
		for _, why := range m.Evidence {
			one := Match{Rule: m.Rule, Outcome: m.Outcome, Criterion: why.Criterion, View: why.View, Pattern: why.Pattern, List: why.List, Detail: why.Detail}
			if why.End > why.Start || why.Text != "" {
				one.Span = &Span{why.Start, why.End, why.Text}
			}
			e.Matches = append(e.Matches, one)
		}
	}
	for i := range d.Actions {
		switch a := &d.Actions[i]; {
		case a.After > 0:
			e.Later = append(e.Later, fmt.Sprintf("%s %s after they came", a.Kind, a.After))
		case !a.Due.IsZero():
			e.Later = append(e.Later, fmt.Sprintf("%s together with others at %s", a.Kind, a.Due.Format(time.RFC3339)))
		}
	}
	for _, q := range d.Ask {
		e.Classifiers = append(e.Classifiers, q.URL)
	}
	for _, p := range d.Problems {
		e.Problems = append(e.Problems, p.Path+": "+p.Message)
	}
	return e
}

// Example of an item that a rule matched.
type Example struct {
	Line   int    `json:"line,omitempty"`
	ID     string `json:"id,omitempty"`
	Author string `json:"author,omitempty"`
	Text   string `json:"text"`
}

// RuleCount is what became of one rule.
type RuleCount struct {
	Rule string `json:"rule"`
	// Matched items, and those of them about which it decided.
	Matched  int       `json:"matched"`
	Decided  int       `json:"decided"`
	Examples []Example `json:"examples"`
}

// Counts of a backtest.
type Counts struct {
	Policy string `json:"policy"`
	Items  int    `json:"items"`
	// Refused are lines that are no items.
	Refused  int                                   `json:"refused"`
	Outcomes map[tribunev1alpha1.PolicyOutcome]int `json:"outcomes"`
	// Rules in the policy's order; those that matched nothing too.
	Rules []RuleCount `json:"rules"`
	// Actions by name; outcomes are among them.
	Actions map[string]int `json:"actions"`
	// Questions wait for an answer. Unasked items needed a classifier.
	Questions int `json:"questions"`
	Unasked   int `json:"unasked,omitempty"`
	// Seconds of one core that judging took, without reading, and how many items that is in each.
	Seconds        float64 `json:"seconds"`
	ItemsPerSecond float64 `json:"itemsPerSecond"`

	examples int
	byRule   map[string]int
}

// maxExample is the most of an example's text that is kept, in bytes.
const maxExample = 300

// NewCounts of a policy, with so many examples for each rule.
func NewCounts(name string, spec *tribunev1alpha1.CommunityPolicySpec, examples int) *Counts {
	c := &Counts{Policy: name, Outcomes: map[tribunev1alpha1.PolicyOutcome]int{}, Actions: map[string]int{}, Rules: []RuleCount{}, examples: examples, byRule: map[string]int{}}
	for i := range spec.Rules {
		c.byRule[string(spec.Rules[i].Name)] = i
		c.Rules = append(c.Rules, RuleCount{Rule: string(spec.Rules[i].Name), Examples: []Example{}})
	}
	return c
}

// Add counts a decision.
func (c *Counts) Add(item *Case, d *policy.Decision) {
	c.Items++
	c.Outcomes[d.Outcome]++
	for _, m := range d.Matches {
		r := &c.Rules[c.byRule[m.Rule]]
		r.Matched++
		if len(r.Examples) < c.examples {
			r.Examples = append(r.Examples, Example{Line: item.Line, ID: item.Item.ID, Author: item.Item.Author.Handle, Text: clip(item.Item.Text)})
		}
	}
	if d.By != "" {
		c.Rules[c.byRule[d.By]].Decided++
	}
	for i := range d.Actions {
		c.Actions[d.Actions[i].Kind]++
	}
	if d.Question {
		c.Questions++
	}
	if len(d.Ask) > 0 {
		c.Unasked++
	}
}

// Took says how long judging took.
func (c *Counts) Took(d time.Duration) {
	c.Seconds = d.Seconds()
	if d > 0 {
		c.ItemsPerSecond = float64(c.Items) / d.Seconds()
	}
}

// ByCount gives the rules that matched, the most frequent first.
func (c *Counts) ByCount() []RuleCount {
	out := slices.DeleteFunc(slices.Clone(c.Rules), func(r RuleCount) bool { return r.Matched == 0 })
	slices.SortStableFunc(out, func(a, b RuleCount) int { return cmp.Compare(b.Matched, a.Matched) })
	return out
}

func clip(text string) string {
	if len(text) <= maxExample {
		return text
	}
	cut := maxExample
	for cut > 0 && text[cut]&0xc0 == 0x80 {
		cut--
	}
	return text[:cut] + "…"
}
