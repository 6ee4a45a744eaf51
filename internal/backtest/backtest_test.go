package backtest_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/backtest"
	"github.com/tribune-dev/tribune/internal/policy"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func compiled(t testing.TB, text string) (*policy.Policy, *tribunev1alpha1.CommunityPolicySpec) {
	t.Helper()
	spec := &tribunev1alpha1.CommunityPolicySpec{}
	if err := yaml.UnmarshalStrict([]byte(text), spec); err != nil {
		t.Fatal(err)
	}
	p, wrong := policy.Compile(spec, nil)
	for _, w := range wrong {
		t.Fatalf("%s: %s", w.Path, w.Message)
	}
	return p, spec
}

func TestReader(t *testing.T) {
	long := `{"text":"` + strings.Repeat("a", backtest.MaxLine) + `"}`
	big := `{"text":"` + strings.Repeat("b", 1<<20) + `"}`
	in := "\ufeff{\"text\":\"first\"}\r\n\n" + long + "\n" + big + "\n{\n{\"text\":\"\xff\"}\n{\"author\":{\"handle\":3}}\n{\"author\":{\"roles\":[\"King\"]}}\n{\"media\":-1}\n{\"text\":\"x\",\"Text2\":1}\n{\"text\":\"last\"}"
	r := backtest.NewReader(strings.NewReader(in))
	var items, bad []string
	for {
		g, line, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		var wrong *backtest.LineError
		switch {
		case errors.As(err, &wrong):
			bad = append(bad, fmt.Sprintf("%d %s", wrong.Line, strings.SplitN(wrong.Err.Error(), ":", 2)[0]))
		case err != nil:
			t.Fatal(err)
		default:
			items = append(items, fmt.Sprintf("%d %.5s %d", line, g.Text, len(g.Text)))
		}
	}
	if diff := cmp.Diff([]string{"1 first 5", fmt.Sprint("4 bbbbb ", 1<<20), "10 x 1", "11 last 4"}, items); diff != "" {
		t.Error(diff)
	}
	want := []string{
		"3 it is longer than 8 MiB", "5 the JSON ends too early", "6 it is not in UTF-8", "7 author.handle cannot be a number", `8 author.roles`, "9 media is less than 0",
	}
	if diff := cmp.Diff(want, bad); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{`"Text2"`: 10}, r.Passed); diff != "" {
		t.Error(diff)
	}
}

func TestReaderThatBreaks(t *testing.T) {
	broken := errors.New("the disk is gone")
	r := backtest.NewReader(io.MultiReader(strings.NewReader("{\"text\":\"a\"}\n{\"te"), failing{broken}))
	if _, _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Next(); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Whatever is read, each line is an item or an error with its number, and reading ends.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{"", "{}", "{\"text\":\"a\"}\n[", "null\n\"x\"", "{\"author\":{\"accountAge\":\"1h\",\"knownFor\":\"-1h\"}}", "\ufeff", "{\"createdAt\":\"9999-99-99\"}"} {
		f.Add(seed)
	}
	p, spec := compiled(f, "channelSelector: {}\nrules:\n- {name: a, match: {text: {terms: [nitwit]}, author: {knownFor: {lessThan: 1h}}}, outcome: Hide}\n")
	f.Fuzz(func(t *testing.T, text string) {
		run, r := backtest.New(p), backtest.NewReader(strings.NewReader(text))
		before := 0
		for {
			g, line, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if line <= before {
				t.Fatalf("line %d after %d", line, before)
			}
			before = line
			var bad *backtest.LineError
			if err != nil {
				if !errors.As(err, &bad) || bad.Line != line {
					t.Fatalf("line %d: %v", line, err)
				}
				continue
			}
			c := g.Case(spec, noon)
			d := run.Judge(&c)
			e := backtest.Explain(&c, &d)
			for _, m := range e.Matches {
				if s := m.Span; s != nil && m.Criterion == "text" && e.Text[s.Start:s.End] != s.Text {
					t.Fatalf("the span %+v is not in %q", s, e.Text)
				}
			}
		}
	})
}

const overTime = `
channelSelector: {}
rules:
- {name: flood, priority: 5, match: {rate: {count: 3, window: 10m}}, outcome: Review}
- {name: same, priority: 4, match: {duplicate: {count: 2, window: 1h}}, outcome: Review}
- {name: quarrel, priority: 3, match: {thread: {replies: 4, window: 30m, authors: {lessThan: 3}}}, outcome: Review}
- {name: heated, match: {text: {terms: [shout]}}, actions: [{slowMode: {interval: 1m, for: 1h}}]}
- {name: rude, match: {text: {terms: [nitwit]}}, outcome: Hide, actions: [{strike: {weight: 2}}]}
- {name: stranger, match: {author: {knownFor: {lessThan: 1h}}, text: {terms: [hello]}}}
- {name: thanks, match: {text: {terms: [thanks]}}, actions: [{reply: {text: {en: "You are welcome"}}}]}
strikes: {window: 24h, ladder: [{at: 4, action: Mute, for: 1h}]}
`

// Items with a time see those before them; items without do not.
func TestRunOverTime(t *testing.T) {
	p, spec := compiled(t, overTime)
	type line struct {
		minute       int // -1: without a time
		author, text string
		post         string
		rules        string
		actions      string
	}
	for name, lines := range map[string][]line{
		"a flood":            {{0, "a", "one", "", "", ""}, {1, "a", "two", "", "", ""}, {2, "a", "three", "", "flood", ""}, {3, "b", "four", "", "", ""}, {20, "a", "five", "", "", ""}},
		"without times":      {{-1, "a", "one", "", "", ""}, {-1, "a", "two", "", "", ""}, {-1, "a", "three", "", "", ""}},
		"without an author":  {{0, "", "one", "", "", ""}, {1, "", "two", "", "", ""}, {2, "", "three", "", "", ""}},
		"the same by others": {{0, "a", "Buy our new rocket", "", "", ""}, {1, "b", "buy  our NEW rocket", "", "same", ""}, {90, "c", "buy our new rocket", "", "", ""}},
		"a quarrel":          {{0, "a", "1", "p", "", ""}, {1, "b", "2", "p", "", ""}, {2, "a", "3", "p", "", ""}, {3, "b", "4", "p", "quarrel", ""}, {3, "b", "4", "q", "flood", ""}},
		"calmed once":        {{0, "a", "shout", "p", "heated", "slowMode"}, {10, "b", "shout", "p", "heated", ""}, {20, "c", "shout", "q", "heated", "slowMode"}, {90, "b", "shout", "p", "heated", "slowMode"}, {91, "b", "shout", "", "heated", ""}},
		"strikes":            {{0, "a", "nitwit", "", "rude", "strike"}, {30, "a", "you nitwit", "", "rude", "strike mute"}, {60, "b", "nitwit", "", "rude", "strike"}, {2000, "a", "nitwit", "", "rude", "strike"}},
		"known":              {{0, "a", "hello", "", "stranger", ""}, {120, "a", "hello", "", "", ""}},
		"one answer":         {{0, "a", "thanks", "", "thanks", "reply"}, {60, "a", "thanks", "", "thanks", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			run := backtest.New(p)
			for i, l := range lines {
				g := &backtest.Given{Text: l.text, Post: l.post, Author: &backtest.Author{Handle: l.author}}
				if l.minute >= 0 {
					when := noon.Add(time.Duration(l.minute) * time.Minute)
					g.CreatedAt = &when
				}
				c := g.Case(spec, noon)
				d := run.Judge(&c)
				e := backtest.Explain(&c, &d)
				if got := strings.Join(e.Rules, " "); got != l.rules {
					t.Errorf("item %d: rules %q, want %q", i, got, l.rules)
				}
				if got := strings.Join(e.Actions, " "); got != l.actions {
					t.Errorf("item %d: actions %q, want %q", i, got, l.actions)
				}
			}
		})
	}
}

func TestCounts(t *testing.T) {
	p, spec := compiled(t, overTime)
	run, counts := backtest.New(p), backtest.NewCounts("rules", spec, 1)
	for _, text := range []string{"you nitwit", "nitwit " + strings.Repeat("é", 1000), "fine", "How?"} {
		c := (&backtest.Given{Text: text, Author: &backtest.Author{Handle: "a"}}).Case(spec, noon)
		d := run.Judge(&c)
		counts.Add(&c, &d)
	}
	counts.Took(2 * time.Second)
	if counts.Items != 4 || counts.ItemsPerSecond != 2 || counts.Questions != 1 {
		t.Errorf("%+v", counts)
	}
	if diff := cmp.Diff(map[tribunev1alpha1.PolicyOutcome]int{"Hide": 2, "Allow": 2}, counts.Outcomes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"hide": 2, "strike": 2}, counts.Actions); diff != "" {
		t.Error(diff)
	}
	want := []backtest.RuleCount{{Rule: "rude", Matched: 2, Decided: 2, Examples: []backtest.Example{{Author: "a", Text: "you nitwit"}}}}
	if diff := cmp.Diff(want, counts.ByCount()); diff != "" {
		t.Error(diff)
	}
}

// What is said later is told of, with its time.
func TestExplainTellsOfWhatIsSaidLater(t *testing.T) {
	for welcome, want := range map[string][]string{
		`{text: {en: Hi}}`: nil,
		`{text: {en: Hi}, steps: [{after: 24h, text: {en: Still here}}]}`:                           {"welcome 24h0m0s after they came"},
		`{by: Digest, text: {en: Hi}, digest: {at: "09:30", timeZone: Europe/Madrid, maxNames: 3}}`: {"welcome together with others at 2026-11-21T08:30:00Z"},
	} {
		p, spec := compiled(t, "channelSelector: {}\nwelcome: "+welcome)
		c := (&backtest.Given{Kind: tribunev1alpha1.ItemJoin, Author: &backtest.Author{Handle: "ada"}}).Case(spec, noon)
		d := backtest.New(p).Judge(&c)
		if e := backtest.Explain(&c, &d); !slices.Equal(e.Later, want) || !slices.Equal(e.Actions, []string{"welcome"}) {
			t.Errorf("%s: %v then %v, want %v", welcome, e.Actions, e.Later, want)
		}
	}
}

// Who is said to be a key person is one, and keeps their name.
func TestKeyPeopleKeepTheirNames(t *testing.T) {
	for _, people := range []string{"", "keyPeople: [{handle: zed, network: Local}]\n"} {
		p, spec := compiled(t, "channelSelector: {}\n"+people+"rules: [{name: insults, match: {text: {terms: [nitwit]}}, outcome: Hide}]\n")
		c := (&backtest.Given{Text: "nitwit", Author: &backtest.Author{Handle: "ada", Roles: []tribunev1alpha1.AuthorRole{tribunev1alpha1.RoleKeyPerson}}}).Case(spec, noon)
		d := backtest.New(p).Judge(&c)
		if e := backtest.Explain(&c, &d); e.Author != "ada" || e.Outcome != tribunev1alpha1.OutcomeAllow {
			t.Errorf("%q: %s by %s", people, e.Outcome, e.Author)
		}
	}
}

// An item says what it answers; where it does not, nobody knows.
func TestItemsThatAnswer(t *testing.T) {
	p, spec := compiled(t, "channelSelector: {}\nrules: [{name: top, match: {parent: {ours: true}}, outcome: Hide}, {name: below, match: {parent: {ours: false}}, outcome: Review}]\n")
	r := backtest.NewReader(strings.NewReader("{\"parent\": {\"ours\": true}}\n{\"parent\": {\"ours\": false}}\n{\"parent\": {}}\n{}\n"))
	for line, want := range []tribunev1alpha1.PolicyOutcome{"Hide", "Review", "Allow", "Allow"} {
		g, _, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		c := g.Case(spec, noon)
		if d := backtest.New(p).Judge(&c); d.Outcome != want {
			t.Errorf("line %d: %s, want %s", line+1, d.Outcome, want)
		}
	}
	if len(r.Passed) > 0 {
		t.Errorf("fields that are not known: %v", r.Passed)
	}
}

// What is written in a wrong way is answered by how it is written.
func TestWrongKindsOfValues(t *testing.T) {
	for text, want := range map[string]string{
		`{"media": ["a.png"]}`:             "media cannot be a list: write how many, as a whole number such as 2",
		`{"media": 1.5}`:                   "media cannot be a number 1.5: write how many, as a whole number such as 2",
		`{"reports": "3"}`:                 "reports cannot be a text: write how many, as a whole number such as 2",
		`{"links": "https://x.example"}`:   `links cannot be a text: write a list, such as ["a", "b"]`,
		`{"text": 3}`:                      "text cannot be a number: write a text in quotes",
		`{"author": "bob"}`:                "author cannot be a text: write its fields in braces, such as {...}",
		`{"author": {"isFollower": "no"}}`: "author.isFollower cannot be a text: write true or false",
		`{"parent": {"ours": 1}}`:          "parent.ours cannot be a number: write true or false",
		`{"text": true}`:                   "text cannot be a boolean: write a text in quotes",
	} {
		_, _, err := backtest.NewReader(strings.NewReader(text)).Next()
		if err == nil || err.Error() != "line 1: "+want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
