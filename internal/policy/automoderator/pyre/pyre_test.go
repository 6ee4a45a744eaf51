package pyre_test

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/policy/automoderator/pyre"
	"github.com/tribune-dev/tribune/internal/policy/automoderator/pyretest"
)

// wrap is what AutoModerator makes of a value.
var wrap = map[pyre.Method][2]string{
	pyre.IncludesWord: {`(?:^|\W|\b)(?:`, `)(?:$|\W|\b)`}, pyre.Includes: {"(?:", ")"}, pyre.StartsWith: {"^(?:", ")"},
	pyre.EndsWith: {"(?:", ")$"}, pyre.FullExact: {"^(?:", ")$"}, pyre.FullText: {`^\W*(?:`, `)\W*$`},
}

var patterns = []string{
	`a`, `fag`, `\bcoons?`, `\bcunts?\b`, `!a`, `a!`, `-`, `\d+\b-?`, `\b`, `\B`, `a\Bb`, `\b-`, `-\b`, `a?\b!?`, `(a|-)\b(b|!)`, `(?:a\b|-)b`,
	`^a`, `a$`, `(a|b$)`, `\Aa\Z`, `\S\b`, `[\w-]\b`, `\D\ba`, `.\b.`, `.\b`, `[a!é]\b[-b]`, `\W*a`, `a\W*$`, `[^\W\d_]b`, `[\W_]a`,
	`(?-i:A)b`, `(?#x)a(?-i:É)`, `(?i:a)b`, `k(ill (yo)?ursel[fv](e?s)?|ys)`, `a{2,3}`, `a{,2}b`, `a{x}`, `[]a]`, `[^]a]`, `\u0430b`, `\x61`, `\s\b`, `\b\s*a\b`, `é\b`,
	`\bé`, `(\b)?a`, `[\s\S]b`, `(?P<n>a)b`, `\.`, `\°`, `ab|\bb`, `^\b`, `\b$`, `_\b`, `(a|$)b`, `a(b$|1)`, `(a$)?b`, `$b|a`, `4\b\d?`, `[\d.]+\b`,
}

var alphabet = []rune("aAbBéÉа1٣-! \n_.ſKkéys°")

func generated(rng *rand.Rand) string {
	var b strings.Builder
	for range rng.IntN(7) {
		b.WriteRune(alphabet[rng.IntN(len(alphabet))])
	}
	return b.String()
}

func TestRegex(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, pattern := range patterns {
		for method, w := range wrap {
			for _, cs := range []bool{false, true} {
				exprs, err := pyre.Regex(pattern, method, cs)
				if errors.Is(err, pyre.ErrUnsupported) {
					t.Errorf("%s by %d: %v", pattern, method, err)
					continue
				}
				if err != nil {
					t.Fatalf("%s: %v", pattern, err)
				}
				same(t, rng, w[0]+pattern+w[1], exprs, !cs)
			}
		}
	}
}

func same(t *testing.T, rng *rand.Rand, python string, exprs []string, fold bool) {
	t.Helper()
	var compiled []*regexp.Regexp
	for _, e := range exprs {
		compiled = append(compiled, regexp.MustCompile(e))
	}
	for range 300 {
		text := generated(rng)
		want := pyretest.Search(python, fold, text)
		got := slices.ContainsFunc(compiled, func(re *regexp.Regexp) bool { return re.MatchString(text) })
		if got != want {
			t.Errorf("%q on %q: %v, expected %v; it became %q", python, text, got, want, exprs)
			return
		}
	}
}

func TestLiterals(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	words := []string{"a", "ab", "!a", "a!", "é", "-", "a b", "a.b", "(b", "K"}
	for method, w := range wrap {
		for _, cs := range []bool{false, true} {
			exprs, err := pyre.Literals(words, method, cs)
			if err != nil {
				t.Fatal(err)
			}
			if len(exprs) > 8 {
				t.Errorf("%d expressions of %d words", len(exprs), len(words))
			}
			quoted := make([]string, len(words))
			for i, word := range words {
				quoted[i] = regexp.QuoteMeta(word)
			}
			same(t, rng, w[0]+strings.Join(quoted, "|")+w[1], exprs, !cs)
		}
	}
	many := make([]string, 3000)
	for i := range many {
		many[i] = strings.Repeat(string(rune('a'+i%26)), 1+i%40)
	}
	exprs, err := pyre.Literals(many, pyre.IncludesWord, false)
	if err != nil || len(exprs) < 20 || len(exprs) > 60 {
		t.Errorf("3000 words became %d expressions, %v", len(exprs), err)
	}
}

func TestRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		`a(?=b)`: "look-around", `(?<!a)b`: "look-around", `(a)\1`: "reference", `(?P=n)`: "reference", `(?>a)`: "atomic", `a++`: "possessive", `a{1001}`: "1000",
		`(`: "without a )", `)`: "without a (", `[a`: "without a ]", `*`: "nothing", `a**`: "repeats a repetition", `\p{L}`: "means nothing", `\`: "backslash",
		`a$\n`: "after $", `a$b?`: "after $", `(a\b)*`: "within a repetition", `[b-a]`: "upside down", `(?x)a`: "(?x", `(?m)^a`: "(?m", `[^a]\b`: "without some", `\xzz`: "no character",
	} {
		if _, err := pyre.Regex(pattern, pyre.Includes, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %q", pattern, err, want)
		}
	}
}

func FuzzRegex(f *testing.F) {
	for _, p := range patterns {
		f.Add(p, "ab-é", byte(0))
	}
	f.Fuzz(func(t *testing.T, pattern, text string, method byte) {
		exprs, err := pyre.Regex(pattern, pyre.Method(method%6), method >= 128)
		if err != nil {
			return
		}
		for _, e := range exprs {
			if len(e) > pyre.MaxLength {
				t.Errorf("%d bytes", len(e))
			}
			regexp.MustCompile(e).MatchString(text)
		}
	})
}
