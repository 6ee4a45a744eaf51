package compose_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/tribune-dev/tribune/internal/compose"
)

// suite is where twitter-text's public conformance suite lies.
func suite(t *testing.T, file string) []byte {
	t.Helper()
	root := os.Getenv("TRIBUNE_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	data, err := os.ReadFile(filepath.Join(root, "twitter-text", file))
	if os.IsNotExist(err) {
		t.Skipf("no conformance suite: %v; set TRIBUNE_CONFORMANCE to the folder that has twitter-text/ in it", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func load(t *testing.T, file string) map[string][]conformanceCase {
	t.Helper()
	var all struct {
		Tests map[string][]conformanceCase `yaml:"tests"`
	}
	if err := yaml.Unmarshal(suite(t, file), &all); err != nil {
		t.Fatal(err)
	}
	return all.Tests
}

type conformanceCase struct {
	Description string    `yaml:"description"`
	Text        string    `yaml:"text"`
	Expected    yaml.Node `yaml:"expected"`
}

func (c *conformanceCase) decode(t *testing.T, into any) {
	t.Helper()
	if err := c.Expected.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// count is printed, so that a run shows how many cases there were.
type count struct{ cases, passed int }

func (c *count) run(t *testing.T, group string, cases []conformanceCase, check func(*testing.T, *conformanceCase)) {
	t.Helper()
	if len(cases) == 0 {
		t.Errorf("the suite has no group %s", group)
	}
	for i := range cases {
		c.cases++
		if t.Run(fmt.Sprintf("%s/%d %s", group, i, cases[i].Description), func(t *testing.T) { check(t, &cases[i]) }) {
			c.passed++
		}
	}
}

func (c *count) print(t *testing.T, file string) {
	t.Helper()
	line := fmt.Sprintf("twitter-text %s: %d of %d cases passed, none skipped", file, c.passed, c.cases)
	t.Log(line)
	_, _ = fmt.Fprintln(os.Stderr, line)
}

func weightsFrom(t *testing.T, file string) compose.Weights {
	t.Helper()
	var c struct {
		MaxWeightedTweetLength, Scale, DefaultWeight, TransformedURLLength int
		EmojiParsingEnabled                                                bool
		Ranges                                                             []struct {
			Start, End rune
			Weight     int
		}
	}
	if err := json.Unmarshal(suite(t, file), &c); err != nil {
		t.Fatal(err)
	}
	w := compose.Weights{Max: c.MaxWeightedTweetLength, Scale: c.Scale, Default: c.DefaultWeight, URL: c.TransformedURLLength, Emoji: c.EmojiParsingEnabled}
	for _, r := range c.Ranges {
		w.Ranges = append(w.Ranges, compose.WeightRange{First: r.Start, Last: r.End, Weight: r.Weight})
	}
	return w
}

func TestTwitterValidate(t *testing.T) {
	tests := load(t, "validate.yml")
	v1, v2, v3 := weightsFrom(t, "config-v1.json"), weightsFrom(t, "config-v2.json"), weightsFrom(t, "config-v3.json")
	if diff := cmp.Diff(v3, compose.XWeights); diff != "" {
		t.Errorf("XWeights are not those of today's configuration: %s", diff)
	}
	var n count
	n.run(t, "tweets", tests["tweets"], func(t *testing.T, c *conformanceCase) {
		var want bool
		c.decode(t, &want)
		if got := v1.Weigh(c.Text); got.Valid != want {
			t.Errorf("got %+v, want valid %v", got, want)
		}
	})
	for group, weights := range map[string]compose.Weights{
		"WeightedTweetsCounterTest": v2, "WeightedTweetsWithDiscountedEmojiCounterTest": v3, "UnicodeDirectionalMarkerCounterTest": v3,
	} {
		n.run(t, group, tests[group], func(t *testing.T, c *conformanceCase) {
			var want struct {
				WeightedLength    int  `yaml:"weightedLength"`
				Valid             bool `yaml:"valid"`
				Permillage        int  `yaml:"permillage"`
				DisplayRangeStart int  `yaml:"displayRangeStart"`
				DisplayRangeEnd   int  `yaml:"displayRangeEnd"`
				ValidRangeStart   int  `yaml:"validRangeStart"`
				ValidRangeEnd     int  `yaml:"validRangeEnd"`
			}
			c.decode(t, &want)
			got := weights.Weigh(c.Text)
			if diff := cmp.Diff(compose.Weighing{
				Length: want.WeightedLength, Permillage: want.Permillage, Valid: want.Valid, DisplayStart: want.DisplayRangeStart,
				DisplayEnd: want.DisplayRangeEnd, ValidStart: want.ValidRangeStart, ValidEnd: want.ValidRangeEnd,
			}, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			rules := compose.Rules{Limits: compose.Limits{Unit: compose.Weighted}}
			if weights.Emoji && rules.Count(c.Text) != want.WeightedLength {
				t.Errorf("Count = %d, want %d", rules.Count(c.Text), want.WeightedLength)
			}
		})
	}
	n.print(t, "validate.yml")
}

// ofType are the entities of some types; the whole text is scanned as for X.
func ofType(t *testing.T, text string, types ...compose.EntityType) []compose.Entity {
	t.Helper()
	var of []compose.Entity
	for _, e := range compose.FamilyTwitter.Entities(text) {
		checkEntity(t, text, e)
		for _, is := range types {
			if e.Type == is {
				of = append(of, e)
			}
		}
	}
	return of
}

func checkEntity(t *testing.T, text string, e compose.Entity) {
	t.Helper()
	units := utf16.Encode([]rune(text))
	if e.UTF16End > len(units) || string(utf16.Decode(units[e.UTF16Start:e.UTF16End])) != text[e.ByteStart:e.ByteEnd] {
		t.Errorf("%+v: UTF-16 and byte offsets differ", e)
	}
}

func TestTwitterExtract(t *testing.T) {
	tests := load(t, "extract.yml")
	var n count
	values := func(types ...compose.EntityType) func(*testing.T, *conformanceCase) {
		return func(t *testing.T, c *conformanceCase) {
			want := []string{}
			c.decode(t, &want)
			got := []string{}
			for _, e := range ofType(t, c.Text, types...) {
				got = append(got, e.Value)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q -want +got:\n%s", c.Text, diff)
			}
		}
	}
	type ranged struct {
		Value   string
		Indices [2]int
	}
	indices := func(types ...compose.EntityType) func(*testing.T, *conformanceCase) {
		return func(t *testing.T, c *conformanceCase) {
			var nodes []struct {
				URL        string `yaml:"url"`
				ScreenName string `yaml:"screen_name"`
				ListSlug   string `yaml:"list_slug"`
				Hashtag    string `yaml:"hashtag"`
				Cashtag    string `yaml:"cashtag"`
				Indices    [2]int `yaml:"indices"`
			}
			c.decode(t, &nodes)
			var want, got []ranged
			for _, w := range nodes {
				want = append(want, ranged{w.URL + w.ScreenName + w.ListSlug + w.Hashtag + w.Cashtag, w.Indices})
			}
			for _, e := range ofType(t, c.Text, types...) {
				got = append(got, ranged{e.Value, [2]int{e.UTF16Start, e.UTF16End}})
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q -want +got:\n%s", c.Text, diff)
			}
		}
	}
	checks := map[string]func(*testing.T, *conformanceCase){
		"mentions":                       values(compose.EntityMention),
		"mentions_with_indices":          indices(compose.EntityMention),
		"mentions_or_lists_with_indices": indices(compose.EntityMention, compose.EntityList),
		"urls":                           values(compose.EntityURL),
		"urls_with_indices":              indices(compose.EntityURL),
		"urls_with_directional_markers":  indices(compose.EntityURL),
		"tco_urls_with_params":           values(compose.EntityURL),
		"hashtags":                       values(compose.EntityHashtag),
		"hashtags_from_astral":           values(compose.EntityHashtag),
		"hashtags_with_indices":          indices(compose.EntityHashtag),
		"cashtags":                       values(compose.EntityCashtag),
		"cashtags_with_indices":          indices(compose.EntityCashtag),
		"replies": func(t *testing.T, c *conformanceCase) {
			var want string
			c.decode(t, &want)
			got := ""
			if of := ofType(t, c.Text, compose.EntityMention); len(of) > 0 && strings.TrimSpace(c.Text[:of[0].ByteStart]) == "" {
				got = of[0].Value
			}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		},
	}
	for group, cases := range tests {
		if checks[group] == nil {
			t.Errorf("group %s of the suite is not tested", group)
			continue
		}
		n.run(t, group, cases, checks[group])
	}
	for group := range checks {
		if len(tests[group]) == 0 {
			t.Errorf("the suite has no group %s", group)
		}
	}
	n.print(t, "extract.yml")
	n = count{}
	for group, cases := range load(t, "tlds.yml") {
		n.run(t, group, cases, values(compose.EntityURL))
	}
	n.print(t, "tlds.yml")
}
