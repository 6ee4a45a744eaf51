package automoderator

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// seeds are what items are made of: the words of the file itself, and what is near its expressions.
func seeds(text string) []string {
	word := regexp.MustCompile(`[\p{L}\p{N}][\p{L}\p{N}'!:/.-]*`)
	all := word.FindAllString(text, -1)
	slices.Sort(all)
	all = slices.Compact(all)
	return append(all, "kill yourself", "kys", "KYS!", "r/x", "[Card]", "!sticky", "Modern-day", "coons", "cÓons", "fagé", "éfag", "self.clg", "a o", "u idiot",
		"ſcam", "Ā", "ж", "𝐀", "4111111111111111", "x4111111111111111", "scam.", "REEEEEEE", "(972)", "n", "-", "_kys", "title", "shut the fuck up", "rape")
}

var sites = []string{"https://youtube.com/x", "https://www.youtube.com", "https://youtube.com.evil.net/a", "https://notyoutube.com/", "https://old.reddit.com/r/x", "https://chegg.com/a", "https://a.example/chegg"}

func generate(rng *rand.Rand, words []string) thing {
	it := thing{submission: rng.IntN(2) == 0, topLevel: rng.IntN(2) == 0, edited: rng.IntN(3) == 0, moderator: rng.IntN(4) == 0, reports: rng.IntN(7), media: rng.IntN(6) == 0}
	it.age = []time.Duration{time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour, 20 * 24 * time.Hour, 30 * 24 * time.Hour, 9000 * time.Hour}[rng.IntN(6)]
	it.author = []string{"ShortBytes", "selectivelabs", "SG_UTD", "bob", "not-ShortBytes", "xShortBytes"}[rng.IntN(6)]
	var b strings.Builder
	for range rng.IntN(9) {
		b.WriteString(words[rng.IntN(len(words))])
		b.WriteString([]string{" ", " ", " ", "", "-", "\n", "é", ".", "\n> ", "\n\n"}[rng.IntN(10)])
	}
	it.body = b.String()
	if !it.submission && it.body == "" {
		it.body = "x" // a comment always has a text
	}
	if it.submission {
		for range rng.IntN(3) {
			it.urls = append(it.urls, sites[rng.IntN(len(sites))])
		}
	}
	return it
}

// noLinks keeps what looks like a link out of texts, as links in the text are links of the item here.
var noLinks = regexp.MustCompile(`[.:]\S|//`)

func (it *thing) item() *policy.Item {
	reports := int64(it.reports)
	out := &policy.Item{Channel: "place", Network: "Local"}
	out.ID, out.Kind, out.Text, out.Links, out.Reports, out.CreatedAt = "1", network.ItemComment, it.body, it.urls, &reports, now
	out.ParentOurs, out.Edited = &it.topLevel, &it.edited
	if it.submission {
		out.Kind, out.ParentOurs = network.ItemMention, nil
	}
	if it.media {
		out.Media = 1
	}
	out.Author = network.Person{ID: it.author, Handle: it.author, CreatedAt: now.Add(-it.age), IsModerator: it.moderator}
	return out
}

// TestEquivalence: for generated items the policy comes to the verdict that AutoModerator comes to, of the rules that are imported.
func TestEquivalence(t *testing.T) {
	for _, file := range conformance(t) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, title := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", filepath.Base(file), title), func(t *testing.T) { equivalent(t, string(raw), title, 400) })
		}
	}
}

// own is a configuration with what the public files do not have.
const own = `
body (starts-with): [kys, "!a"]
action: remove
priority: 3
message: "Please do not, {{author}}"
---
author: bob
~body (ends-with): [scam]
action: report
moderators_exempt: false
---
type: submission
url (includes): [chegg, youtube]
action: spam
---
body (full-text, case-sensitive): [Modern, rape]
action: remove
priority: 5
---
~body (full-exact): [x]
author:
    account_age: "> 7 days"
    is_submitter: false
body_longer_than: 20
set_flair: Long
---
is_top_level: true
body (includes-word, regex): ['\bscam\b', 'k.s']
set_flair: [Top]
modmail: "{{author}} said {{body}}"
---
domain: [youtube.com, self.here]
body_shorter_than: 12
set_flair: Short
---
type: submission
~url (includes): [chegg, reddit]
~body+url (includes): [scam]
action: report
priority: -1
set_flair: Elsewhere
---
domain (includes): [you, chegg]
body_longer_than: 4
set_flair: Video
---
type: submission
domain (regex): ['^old\.', 'ube\.com$', 'self\.\w+']
set_flair: Old
---
~domain (starts-with): [youtube, notyoutube]
body: rape
modmail: "{{domain}}"
---
domain (full-exact): youtube.com
action: report
---
is_edited: true
author: {account_age: "< 7 days"}
action: filter
---
is_edited: false
body_longer_than: 30
set_flair: First draft
---
ignore_blockquotes: true
body (includes): [kill, scam]
~body (starts-with): [title]
body_longer_than: 6
set_flair: In own words
---
ignore_blockquotes: false
body: idiot
set_flair: In any words
---
reports: 3
action: approve
`

func TestEquivalenceOfOwn(t *testing.T) {
	result := equivalent(t, own, false, 3000)
	if result.Report.Imported != result.Report.Total {
		for _, r := range result.Report.Rules {
			t.Log(r)
		}
		t.Errorf("%d of %d imported", result.Report.Imported, result.Report.Total)
	}
}

func equivalent(t *testing.T, text string, title bool, items int) *Result {
	t.Helper()
	result, err := Import(text, Options{Name: "p", Team: "desk", TitleAsText: title})
	if err != nil {
		t.Fatal(err)
	}
	compiled, problems := policy.Compile(&result.Policy.Spec, result.lines())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	regexAnywhere(t)
	lineOf, imported, byLine := map[string]int{}, map[int]bool{}, map[int]RuleReport{}
	for _, r := range result.Report.Rules {
		imported[r.Line] = imported[r.Line] || r.Imported
		byLine[r.Line] = r
		for _, name := range r.Rules {
			lineOf[name] = r.Line
		}
	}
	ref := newReference(text, imported, title)
	rng := rand.New(rand.NewPCG(7, 9))
	words, judge := seeds(text), compiled.Judge()
	verdicts := map[string]int{}
	for range items {
		it := generate(rng, words)
		it.body = noLinks.ReplaceAllString(it.body, " ")
		removed, fired := ref.verdict(&it)
		d := judge.Evaluate(it.item(), &policy.History{}, now)
		if got := d.Outcome == tribunev1alpha1.OutcomeHide; got != removed {
			t.Fatalf("%+v: %s by %q, expected removed %v by %v", it, d.Outcome, d.By, removed, fired)
		}
		if removed && lineOf[d.By] != fired[0] {
			t.Fatalf("%+v: decided by %s, expected line %d", it, d.By, fired[0])
		}
		compareActions(t, &it, &d, result, lineOf, byLine, fired)
		verdicts[fmt.Sprint(removed, len(fired) > 0)]++
	}
	t.Log(len(ref.rules), verdicts)
	return result
}

// regexAnywhere skips while the engine asks of regular expressions that what they match stands between borders of words: then no
// expression of AutoModerator's has its meaning.
func regexAnywhere(t *testing.T) {
	t.Helper()
	spec := tribunev1alpha1.CommunityPolicySpec{Rules: []tribunev1alpha1.PolicyRule{{Name: "b", Match: tribunev1alpha1.Match{Criteria: criteria{Text: regexes([]string{"(?i)b"})}}}}}
	p, problems := policy.Compile(&spec, nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	item := thing{body: "abc"}
	if d := p.Judge().Evaluate(item.item(), &policy.History{}, now); len(d.Matches) == 0 {
		t.Skip("the engine takes anyRegex for words even with as: Substring: compile them with match.Substring")
	}
}

// compareActions: labels, messages to the team and warnings are those of the rules that fired, and of no others.
func compareActions(t *testing.T, it *thing, d *policy.Decision, result *Result, lineOf map[string]int, byLine map[int]RuleReport, fired []int) {
	t.Helper()
	var got, want []string
	for _, a := range d.Actions {
		if a.Kind == policy.ActLabel || a.Kind == policy.ActRoute || a.Kind == policy.ActWarn {
			got = append(got, fmt.Sprintf("%d %s", lineOf[a.Rule], a.Kind))
		}
	}
	for _, line := range fired {
		name := byLine[line].Rules[0]
		i := slices.IndexFunc(result.Policy.Spec.Rules, func(r tribunev1alpha1.PolicyRule) bool { return string(r.Name) == name })
		for k := range result.Policy.Spec.Rules[i].Actions {
			if kind := policy.KindOf(&result.Policy.Spec.Rules[i].Actions[k]); kind == policy.ActLabel || kind == policy.ActRoute || kind == policy.ActWarn {
				want = append(want, fmt.Sprintf("%d %s", line, kind))
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("%+v: actions %v, expected %v of lines %v", it, got, want, fired)
	}
}
