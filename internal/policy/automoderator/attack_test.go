package automoderator

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
)

// verdicts says of each item whether the imported rules hide it.
func verdicts(t *testing.T, text string, items []policy.Item) []bool {
	t.Helper()
	r, err := Import(text, Options{File: "x.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	p, problems := policy.Compile(&r.Policy.Spec, r.lines())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	judge := p.Judge()
	out := make([]bool, len(items))
	for i := range items {
		out[i] = judge.Evaluate(&items[i], &policy.History{}, now).Outcome == tribunev1alpha1.OutcomeHide
	}
	return out
}

func said(kind network.ItemKind, text string, links ...string) policy.Item {
	it := policy.Item{Channel: "place", Network: "Local"}
	it.ID, it.Kind, it.Text, it.Links, it.CreatedAt = "1", kind, text, links, now
	it.Author = network.Person{ID: "bob", Handle: "bob", CreatedAt: now.AddDate(-1, 0, 0)}
	return it
}

// TestNothingToLookAt: as on Reddit, a check with ~ fails where an item has none of the fields that it asks for.
func TestNothingToLookAt(t *testing.T) {
	items := []policy.Item{
		said(network.ItemMention, "only words"), said(network.ItemMention, "", "https://good.example/a"),
		said(network.ItemMention, ""), said(network.ItemComment, "only words"), said(network.ItemMention, "", "https://bad.example/a"),
	}
	for _, c := range []struct {
		rule string
		want []bool
	}{
		{"~url (includes): [bad.example]", []bool{false, true, false, false, false}},
		{"type: submission\n~title+url (includes): [bad.example]", []bool{false, true, false, false, false}},
		{"~body+url (includes): [bad.example]", []bool{true, true, false, true, false}},
		{"~body: [bad.example]", []bool{true, false, false, true, false}},
		{"~domain: [bad.example]", []bool{true, true, true, false, false}},
		{"body+url (regex): ['x*']", []bool{true, true, false, true, true}},
	} {
		if diff := cmp.Diff(c.want, verdicts(t, c.rule+"\naction: remove\n", items)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.rule, diff)
		}
	}
}

// TestEmptyValue: AutoModerator does not look at a check without a value, so that it alone is no rule.
func TestEmptyValue(t *testing.T) {
	items := []policy.Item{said(network.ItemComment, "hello"), said(network.ItemMention, "hello")}
	for _, rule := range []string{`body: ""`, "author: ''", "body:", "body (regex): ''", `author: {name: ""}`} {
		if diff := cmp.Diff([]bool{false, false}, verdicts(t, rule+"\naction: remove\n", items)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", rule, diff)
		}
	}
}

// TestNameOfHost: a name is looked for in what someone is called, not in the host of their account.
func TestNameOfHost(t *testing.T) {
	who := []string{"bob@place.example", "alice@bob.example", "alice@x.bob", "bob.bsky.social", "alice.bob.example", "Bob", "@bob", "x-bob", "xbob", "bob-x@bob.example"}
	var items []policy.Item
	for _, handle := range who {
		it := said(network.ItemComment, "hello")
		it.Author.Handle = handle
		items = append(items, it)
	}
	want := []bool{true, false, false, true, false, true, true, true, false, true}
	for _, rule := range []string{"author: bob", "author: [carol, bob]", "author: {name (includes-word): bob}"} {
		if diff := cmp.Diff(want, verdicts(t, rule+"\naction: remove\n", items)); diff != "" {
			t.Errorf("%s on %q (-want +got):\n%s", rule, who, diff)
		}
	}
	got := verdicts(t, "author: [alice@bob.example, alice.bob.example]\naction: remove\n", items)
	if diff := cmp.Diff([]bool{false, true, false, false, true, false, false, false, false, false}, got); diff != "" {
		t.Errorf("whole handles (-want +got):\n%s", diff)
	}
}

// TestFiles: how a file is written, and what of it would be lost.
func TestFiles(t *testing.T) {
	const good = "body: a\naction: remove\n"
	for _, c := range []struct {
		name, text string
		// lines of the rules, or the error.
		want string
	}{
		{"byte order mark within", good + "---\n\ufeff" + good, "[1 4]"},
		{"old line ends", strings.ReplaceAll(good+"---\n"+good, "\n", "\r"), "[1 4]"},
		{"mixed line ends", strings.ReplaceAll(good, "\n", "\r\n") + "---\r" + good, "[1 4]"},
		{"end of a document", good + "...\n---\n" + good, "[1 5]"},
		{"after the end", good + "...\nbody: b\naction: remove\n", "section 1, line 4: it is no YAML: did not find expected <document start>: a second document begins there: part rules by lines of ---"},
		{"Latin-1", good + "---\n# caf\xe9\n" + good, "section 2, line 4: it is no YAML: it is not UTF-8 there: save the file as UTF-8"},
		{"UTF-16", "\xff\xfeb\x00o\x00d\x00y\x00", "section 1, line 1: it is no YAML: it is UTF-16: save the file as UTF-8"},
		{"control", good + "---\nbody: b\nset_flair: \"\x07\"\n", "section 2, line 5: it is no YAML: the control character U+0007 stands there: take it out"},
		{"tag", good + "---\nbody:\n  - !sticky\naction: remove\n", `section 2, line 5: it is no YAML: it has the tag "!sticky": put what begins with ! in quotes`},
		{"tag of Python", "body: !!python/name:os.system x\naction: remove\n", `section 1, line 1: it is no YAML: it has the tag "!!python/name:os.system": put what begins with ! in quotes`},
		{"escape", good + "---\nbody (regex): [\"\\d+\"]\naction: remove\n", "single quotes"},
		{"tab", "author:\n\tname: bob\n", "spaces, not tabs"},
		{"colon", "body: a: b\n", "put a value with a colon in quotes"},
		{"more dashes", good + "-----\n" + good, "lines of exactly ---"},
		{"star", "body: *a*\n", "in quotes"},
		{"anchor of another rule", "body: &a x\naction: remove\n---\nbody: *a\n", "write the value again"},
		{"all of them", "a: [\n---\n" + good + "---\nb: [\n", "section 1, line 2: it is no YAML: did not find expected node content: a bracket that begins there or before has no end"},
		{"all of them", "a: [\n---\n" + good + "---\nb: [\n", "section 3, line 7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Import(c.text, Options{File: "x.yaml"})
			var syntax *SyntaxError
			if err != nil {
				if !errors.As(err, &syntax) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, expected %s", err, c.want)
				}
				return
			}
			var lines []int
			for _, rule := range r.Report.Rules {
				if lines = append(lines, rule.Line); !rule.Imported {
					t.Errorf("not imported: %+v", rule)
				}
			}
			if got := fmt.Sprint(lines); got != c.want {
				t.Errorf("rules at %s, expected %s", got, c.want)
			}
		})
	}
}

// TestMergeKeys: << takes the keys of another mapping, of which its own come first.
func TestMergeKeys(t *testing.T) {
	text := "author: &a\n  name: bob\nbody: x\naction: remove\n"
	young := said(network.ItemComment, "x")
	young.Author.CreatedAt = now
	items := []policy.Item{said(network.ItemComment, "x"), young, said(network.ItemComment, "y")}
	if diff := cmp.Diff([]bool{true, true, false}, verdicts(t, text, items)); diff != "" {
		t.Error(diff)
	}
	for rule, want := range map[string][]bool{
		"author:\n  <<: {name: bob}\n  account_age: < 2 days\naction: remove\n":                          {false, true, false},
		"author:\n  <<: [{name: carol}, {name: bob}]\naction: remove\n":                                  {false, false, false},
		"<<: {body: x, action: remove}\nbody: y\n":                                                       {false, false, true},
		"author: {<<: {name: carol, account_age: < 2 days}, name: bob}\ntype: comment\naction: remove\n": {false, true, false},
	} {
		if diff := cmp.Diff(want, verdicts(t, rule, items)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", rule, diff)
		}
	}
}

// TestHostileReport: what stands in a file moves no cursor and writes no lines of its own.
func TestHostileReport(t *testing.T) {
	r, err := Import("action_reason: \"\\e[2J\\u202e\\u009b31m\"\nbody: x\naction: remove\n---\n\"a\\n  line 9, fake: imported\\e[0m\": 5\naction: remove\n---\nbody: x\n\"Body\\e[1m\": y\nset_flair: \"\\e[31m\"\n",
		Options{File: "x\x1b[1m.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.Report.Write(&b); err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexFunc(b.String(), func(c rune) bool { return c != '\n' && c < ' ' || c >= 0x7f && c < 0xa0 || c == 0x202e }); i >= 0 || strings.Contains(b.String(), "\n  line 9, fake") {
		t.Errorf("at %d:\n%q", i, b.String())
	}
	manifest, err := r.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(string(manifest), "\x1b\u202e\u009b") {
		t.Errorf("%q", manifest)
	}
	for _, rule := range r.Report.Rules {
		for _, f := range rule.NotImported {
			if strings.ContainsAny(f.Key+rule.Title, "\x1b\u202e\u009b\n") {
				t.Errorf("%q, %q", f.Key, rule.Title)
			}
		}
	}
}

// TestToldInFull: what is not as on Reddit is said, and with what to do.
func TestToldInFull(t *testing.T) {
	for _, c := range []struct{ name, rule, want string }{
		{"no title", "title+body: x\naction: remove", "line 1: title+body: items have no title: it looks in body alone"},
		{"threshold", "author: {~account_age: < 5 days}\naction: remove", "takes no ~: turn < and > around"},
		{"moderator", "author: {~is_moderator: true}\naction: remove", "takes no ~: write false for true"},
		{"lock", "body: x\naction: remove\nset_locked: true", "add the action lockThread"},
		{"parent", "type: comment\nbody: x\naction: remove\nparent_submission:\n  set_locked: true\n  set_flair: a", "line 5: set_locked: what the item stands under is ours: add the action lockThread"},
		{"flair", "body: x\nset_flair: Hot", "an item can have several labels"},
		{"edited", "is_edited: often\nbody: x\naction: remove", "line 1: is_edited: it is neither true nor false"},
		{"not edited", "~is_edited: true\nbody: x\naction: remove", "write false for true"},
		{"quotes", "ignore_blockquotes: often\nbody: x\naction: remove", "line 1: ignore_blockquotes: it is neither true nor false"},
		{"many quotes", "ignore_blockquotes: true\naction: remove\nbody: [" + strings.Repeat("nitwit, ", 99) + "fool]", "line 3: body: it is too much to look for in a text without what it quotes"},
		{"look-around", "body (regex): ['a', 'b(?!c)']\naction: remove", "put what must not be there into a check of its own, with ~"},
		{"lists", "type: [comment, submission]\nbody: x\naction: remove", "it is no single word"},
		{"removal", "body (regex): a(?!b)\naction: remove\n---\ntype: comment\ncomment: hi", "1 rule that removes is not imported: what it removes on Reddit is seen by the rules after it"},
		{"empty", "body: [a, '']\naction: remove", "an empty value is found in every text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Import(c.rule, Options{File: "x.yaml"})
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := r.Report.Write(&b); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.String(), c.want) {
				t.Errorf("it does not say %q:\n%s", c.want, b.String())
			}
		})
	}
}

// TestNames: names of rules stay within what the API allows.
func TestNames(t *testing.T) {
	taken := map[string]bool{}
	long := strings.Repeat("a", 61)
	for range 120 {
		if name := unique(taken, long); len(name) > 63 {
			t.Fatal(name)
		}
	}
	if len(taken) != 120 {
		t.Errorf("%d names", len(taken))
	}
}
