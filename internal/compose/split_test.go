package compose_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/compose"
)

// limited is a network that takes so many graphemes.
func limited(n int) compose.Rules {
	return compose.Rules{Name: "Square", Facets: true, Limits: compose.Limits{MaxLength: n, Unit: compose.Graphemes}}
}

func split(s string, how compose.Split, rules compose.Rules) ([]string, []compose.Problem) {
	r, problems := compose.Render(compose.Content{Segment: compose.Segment{Text: s}, Split: how}, rules)
	var texts []string
	for _, s := range r.Segments {
		texts = append(texts, s.Text)
	}
	return texts, problems
}

func TestSplit(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		how        compose.Split
		rules      compose.Rules
		want       []string
	}{
		{"fits", "One. Two.", compose.SplitNumbered, limited(9), []string{"One. Two."}},
		{"between sentences", "One is here. Two is here! Three?", compose.SplitThread, limited(26), []string{"One is here. Two is here!", "Three?"}},
		{"numbered", "One is here. Two is here! Three?", compose.SplitNumbered, limited(26), []string{"One is here. (1/2)", "Two is here! Three? (2/2)"}},
		{"lines", "First line\n\nSecond line\nThird line", compose.SplitThread, limited(25), []string{"First line\n\nSecond line", "Third line"}},
		{"abbreviated number", "Rocket 3.0 is out. It lands itself.", compose.SplitThread, limited(20), []string{"Rocket 3.0 is out.", "It lands itself."}},
		{"a title", "It was built by Dr. Ada Lovelace. It flies.", compose.SplitThread, limited(36), []string{"It was built by Dr. Ada Lovelace.", "It flies."}},
		{"a title at the limit", "It flies. We thank Prof. Ada Lovelace.", compose.SplitThread, limited(30), []string{"It flies.", "We thank Prof. Ada Lovelace."}},
		{"initials", "Here she is. J. K. Rowling came (cf. No. 5).", compose.SplitThread, limited(31), []string{"Here she is.", "J. K. Rowling came (cf. No. 5)."}},
		{"two words", "All is new. Es ist z.B. Neu hier.", compose.SplitThread, limited(24), []string{"All is new.", "Es ist z.B. Neu hier."}},
		{"no and No.", "We say no. That is it. See No. 5 there.", compose.SplitThread, limited(16), []string{"We say no.", "That is it.", "See No. 5 there."}},
		{"a list", "Steps:\n1. Install it\n2. Run it now", compose.SplitThread, limited(25), []string{"Steps:\n1. Install it", "2. Run it now"}},
		{"a year", "It began in 2026. Now it is here.", compose.SplitThread, limited(22), []string{"It began in 2026.", "Now it is here."}},
		{"ellipsis", "It comes… Wait for it… or not. Bye", compose.SplitThread, limited(24), []string{"It comes…", "Wait for it… or not. Bye"}},
		{"three dots", "It comes... Wait for it... or not.", compose.SplitThread, limited(24), []string{"It comes...", "Wait for it... or not."}},
		{"quotes", "She said “Go.” Then it went. Up.", compose.SplitThread, limited(19), []string{"She said “Go.”", "Then it went. Up."}},
		{"Japanese", "「行け。」と言った！そして？はい。", compose.SplitThread, limited(12), []string{"「行け。」と言った！", "そして？はい。"}},
		{"long sentence", "one two three four five", compose.SplitThread, limited(10), []string{"one two", "three four", "five"}},
		{"long word", "abcdefghijklm nop", compose.SplitThread, limited(5), []string{"abcde", "fghij", "klm", "nop"}},
		{"Chinese", "火箭已经发射。它自己降落。很好", compose.SplitThread, limited(8), []string{"火箭已经发射。", "它自己降落。很好"}},
		{"Chinese words", "火箭已经发射它自己降落很好", compose.SplitThread, limited(5), []string{"火箭已经发", "射它自己降", "落很好"}},
		{"families", strings.Repeat("👩‍👩‍👧‍👦", 5), compose.SplitThread, limited(2), []string{"👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"}},
		{"conjuncts", "क्षिक्षिक्षि", compose.SplitThread, limited(2), []string{"क्षिक्षि", "क्षि"}},
		{"URL stays whole", "See https://a.example/b.c?d and more", compose.SplitThread, limited(24), []string{"See", "https://a.example/b.c?d", "and more"}},
		{"tag and mention", "Hi @acme.example you #rocketlaunch", compose.SplitThread, limited(14), []string{"Hi", "@acme.example", "you", "#rocketlaunch"}},
		{"bytes", "ééé. èèè.", compose.SplitThread, compose.Rules{Limits: compose.Limits{MaxBytes: 8}}, []string{"ééé.", "èèè."}},
		{"X", strings.Repeat("火", 141), compose.SplitThread, compose.MustRules("X"), []string{strings.Repeat("火", 140), "火"}},
		{"X, a URL counts 23", strings.Repeat("x", 250) + " https://example.com/" + strings.Repeat("y", 200) + " Z", compose.SplitThread, compose.MustRules("X"),
			[]string{strings.Repeat("x", 250) + " https://example.com/" + strings.Repeat("y", 200) + " Z"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, problems := split(tc.text, tc.how, tc.rules)
			if len(problems) > 0 {
				t.Error(problems)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestSplitProblems(t *testing.T) {
	link := "https://a.example/" + strings.Repeat("x", 20)
	_, problems := split("See "+link, compose.SplitThread, limited(30))
	if len(problems) != 1 || problems[0].String() != "text is 38 graphemes long; Square takes 30: shorten it by 8 or make it a thread" {
		t.Errorf("a link that fits nowhere: %v", problems)
	}
	if _, problems = split(strings.Repeat("Much. ", 100), compose.SplitNumbered, limited(12)); len(problems) != 1 ||
		problems[0].String() != "text would become a thread of more than 51 texts: shorten it" {
		t.Errorf("too many parts: %v", problems)
	}
	if _, problems = split("One. Two.", compose.SplitThread, compose.Rules{NoThreads: true, Name: "Page", Limits: compose.Limits{MaxLength: 5, Unit: compose.Characters}}); len(problems) != 1 ||
		problems[0].String() != "text is 9 characters long; Page takes 5: shorten it by 4" {
		t.Errorf("a network without threads: %v", problems)
	}
}

func TestSplitParts(t *testing.T) {
	c := compose.Content{
		Segment: compose.Segment{Text: "First is here. Then #tag and https://a.example/x are.", Media: []compose.Media{picture}},
		Thread:  []compose.Segment{{Text: "A second one. It is long too."}}, Link: &compose.Link{URL: "https://a.example/y"}, Split: compose.SplitNumbered,
	}
	r, problems := compose.Render(c, limited(45))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	type part struct {
		Text   string
		Facets []string
		Source int
		Media  []int
	}
	var got []part
	seen := map[string]bool{}
	for _, s := range r.Segments {
		p := part{Text: s.Text, Source: s.Source, Media: s.Media}
		for _, f := range s.Facets {
			p.Facets = append(p.Facets, s.Text[f.Start:f.End])
		}
		got = append(got, p)
		seen[s.Hash] = true
	}
	want := []part{
		{"First is here. (1/4)", nil, 0, []int{0}},
		{"Then #tag and https://a.example/x are. (2/4)", []string{"#tag", "https://a.example/x"}, 0, nil},
		{"https://a.example/y (3/4)", []string{"https://a.example/y"}, 0, nil},
		{"A second one. It is long too. (4/4)", nil, 1, nil},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(seen) != len(r.Segments) {
		t.Errorf("%d hashes of %d segments", len(seen), len(r.Segments))
	}
}

var numbers = regexp.MustCompile(` \(\d+/\d+\)$`)

func FuzzSplit(f *testing.F) {
	f.Add("One is here. Two is here! https://a.example/x #tag @acme.example @a@b.example", uint16(20), true)
	f.Add(strings.Repeat("👩‍👩‍👧‍👦 é क्षि ", 30), uint16(3), false)
	f.Add("a.com b.com\u0301 www.a.co.uk/(x) 火箭。火箭", uint16(30), true)
	f.Fuzz(func(t *testing.T, s string, limit uint16, numbered bool) {
		how := compose.SplitThread
		if numbered {
			how = compose.SplitNumbered
		}
		for _, rules := range []compose.Rules{
			limited(int(limit)), compose.MustRules("X"), compose.MustRules("Mastodon"), compose.MustRules("Threads"), compose.MustRules("Telegram"), compose.MustRules("Bluesky"),
		} {
			if rules.Name != "Bluesky" && rules.MaxLength > 0 {
				rules.MaxLength = int(limit)
			}
			texts, problems := split(s, how, rules)
			if len(problems) > 0 {
				continue
			}
			var words []string
			for i, part := range texts {
				if rules.MaxLength > 0 && rules.Count(part) > rules.MaxLength {
					t.Fatalf("%s: part %q counts %d of %d", rules.Name, part, rules.Count(part), rules.MaxLength)
				}
				if numbered && len(texts) > 1 {
					if !strings.HasSuffix(part, fmt.Sprintf(" (%d/%d)", i+1, len(texts))) {
						t.Fatalf("part %d of %d is %q", i+1, len(texts), part)
					}
					part = numbers.ReplaceAllString(part, "")
				}
				words = append(words, part)
			}
			if squeeze(strings.Join(words, "")) != squeeze(s) {
				t.Fatalf("%s: %q became %q", rules.Name, s, texts)
			}
		}
	})
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }
