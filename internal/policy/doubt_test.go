package policy

import (
	"strings"
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// costly is more than an expression may cost for a text of a hundred thousand characters, and little for a short one.
const costly = `item.text.lowerAscii().contains('nitwit') && item.text.lowerAscii().replace('1','i').contains('nitwit') && item.text.lowerAscii().replace('1','i').contains('nitwit')`

// Who pads a text until an expression cannot be asked about it gets by no rule: a person decides, and is told why.
func TestWhatCannotBeAskedIsReviewed(t *testing.T) {
	long := "nitwit " + strings.Repeat("x ", 100_000)
	for _, c := range []struct {
		name, rules, text string
		author            network.Person
		outcome           tribunev1alpha1.PolicyOutcome
		by                string
		actions           []string
	}{
		{"short", `[{name: r, match: {expression: "` + costly + `"}, outcome: Hide, actions: [{strike: {}}]}]`, "nitwit", network.Person{}, "Hide", "r", []string{"strike"}},
		{"padded", `[{name: r, match: {expression: "` + costly + `"}, outcome: Hide, actions: [{strike: {}}]}]`, long, network.Person{}, "Review", "r", nil},
		{"padded to be removed", `[{name: r, match: {expression: "` + costly + `"}, outcome: Remove}]`, long, network.Person{}, "Review", "r", nil},
		{"a rule without an outcome", `[{name: r, match: {expression: "` + costly + `"}, actions: [{label: {name: l}}]}]`, long, network.Person{}, "Allow", "", nil},
		{"among any", `[{name: r, match: {any: [{asks: true}, {expression: "` + costly + `"}]}, outcome: Hide}]`, long, network.Person{}, "Review", "r", nil},
		{"among any, and another holds", `[{name: r, match: {any: [{expression: "` + costly + `"}, {text: {terms: [nitwit]}}]}, outcome: Hide}]`, long, network.Person{}, "Hide", "r", nil},
		{"among all, and another does not hold", `[{name: r, match: {all: [{expression: "` + costly + `"}, {asks: true}]}, outcome: Hide}]`, long, network.Person{}, "Allow", "", nil},
		{"among none", `[{name: r, match: {text: {terms: [nitwit]}, none: [{expression: "` + costly + `"}]}, outcome: Hide}]`, long, network.Person{}, "Review", "r", nil},
		{"a stronger rule of lower priority holds",
			`[{name: r, priority: 9, match: {expression: "` + costly + `"}, outcome: Hide}, {name: words, match: {text: {terms: [nitwit]}}, outcome: Hide}]`, long, network.Person{}, "Hide", "words", nil},
		{"a rule of lower priority lets it stay",
			`[{name: r, priority: 9, match: {expression: "` + costly + `"}, outcome: Hide}, {name: fine, match: {text: {terms: [nitwit]}}, outcome: Allow}]`, long, network.Person{}, "Review", "r", nil},
		{"a rule of higher priority lets it stay",
			`[{name: r, match: {expression: "` + costly + `"}, outcome: Hide}, {name: fine, priority: 9, match: {text: {terms: [nitwit]}}, outcome: Allow}]`, long, network.Person{}, "Allow", "fine", nil},
		{"it would let it stay, and nothing else speaks", `[{name: r, match: {expression: "` + costly + `"}, outcome: Allow}]`, long, network.Person{}, "Allow", "", nil},
		{"the author is exempt", `[{name: r, match: {expression: "` + costly + `"}, outcome: Hide}]`, long, network.Person{IsTeam: true}, "Allow", "", nil},
		{"nothing is there to be compared", `[{name: r, match: {expression: "item.links[0].contains('x')"}, outcome: Hide}]`, "no link", network.Person{}, "Review", "r", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := compiled(t, "channelSelector: {}\nexempt: {roles: [Team]}\nrules: "+c.rules, nil)
			it := comment(c.text)
			it.Author = c.author
			d := p.Judge().Evaluate(it, &History{}, noon)
			if d.Outcome != c.outcome || d.By != c.by || !same(d.ActionNames(), c.actions) {
				t.Fatalf("%s by %q, %v; want %s by %q, %v", d.Outcome, d.By, d.ActionNames(), c.outcome, c.by, c.actions)
			}
			if c.outcome != "Review" {
				return
			}
			last := d.Matches[len(d.Matches)-1]
			if last.Rule != c.by || last.Outcome != "Review" || len(last.Evidence) != 1 || len(d.Problems) != 1 {
				t.Fatalf("%+v, %+v", d.Matches, d.Problems)
			}
			if e := last.Evidence[0]; e.Criterion != "expression" || !strings.HasPrefix(e.Detail, "could not be asked, so that a person decides: ") {
				t.Errorf("explained as %+v", e)
			}
		})
	}
}

// A classifier that does not answer hides nothing, and strikes nobody: as the rule says, it does not match or a person decides.
func TestAClassifierThatFails(t *testing.T) {
	for _, c := range []struct {
		onFailure, rest string
		outcome         tribunev1alpha1.PolicyOutcome
		by              string
	}{
		{"NoMatch", "outcome: Hide, actions: [{strike: {}}]", "Allow", ""},
		{"Review", "outcome: Hide, actions: [{strike: {}}]", "Review", "r"},
		{"Review", "outcome: Remove", "Review", "r"},
		{"Review", "actions: [{label: {name: l}}]", "Review", "r"},
		{"NoMatch", "actions: [{label: {name: l}}]", "Allow", ""},
	} {
		p := compiled(t, `{channelSelector: {}, rules: [{name: r, match: {classifier: {url: "http://c.example", label: toxic, score: {atLeast: "0.9"}, onFailure: `+c.onFailure+`}}, `+c.rest+`}]}`, nil)
		q := p.Judge().Evaluate(comment("hm"), &History{}, noon).Ask
		d := p.Judge().Evaluate(comment("hm"), &History{Scores: map[Question]Score{q[0]: {Failed: true}}}, noon)
		if d.Outcome != c.outcome || d.By != c.by || len(d.ActionNames()) != 0 {
			t.Errorf("%s of %s: %s by %q, %v; want %s by %q", c.onFailure, c.rest, d.Outcome, d.By, d.ActionNames(), c.outcome, c.by)
		}
		if c.outcome == "Review" && (len(d.Matches) != 1 || d.Matches[0].Evidence[0].Detail != "toxic: no answer came, so that a person decides") {
			t.Errorf("explained as %+v", d.Matches)
		}
	}
}
