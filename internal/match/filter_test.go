package match

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/views"
)

// TestFilterHidesNothing compares a Matcher with one that looks at every byte: for keys that are all long, for some that are
// shorter, and with white space in them, in texts of pieces of them.
func TestFilterHidesNothing(t *testing.T) {
	for least := 2; least <= 8; least++ {
		random := rand.New(rand.NewPCG(11, uint64(least)))
		var patterns []Pattern
		for len(patterns) < 300 {
			text := randomText(random, 1+random.IntN(6))
			p := Pattern{View: []views.ID{views.Raw, views.Folded, views.Deobfuscated}[random.IntN(3)], As: As(random.IntN(2)), Text: text}
			if shortest(keysOf(p)) >= least {
				patterns = append(patterns, p)
			}
		}
		m, _ := Compile(patterns, Options{})
		plain := *m
		plain.inViews, plain.inLetters = nil, nil
		if m.inViews == nil || m.inLetters == nil || (least < leastPrefix) != (m.inViews.short != nil) {
			t.Fatalf("keys of %d bytes have no filter that shows anything", least)
		}
		with, without, hits := m.NewScanner(), plain.NewScanner(), 0
		for range 2000 {
			text := ""
			for range 1 + random.IntN(4) {
				term := []rune(patterns[random.IntN(len(patterns))].Text)
				from := random.IntN(len(term)) * random.IntN(2)
				text += string(term[from:]) + randomText(random, random.IntN(3))
			}
			want := slices.Clone(without.Scan(text))
			if diff := cmp.Diff(want, slices.Clone(with.Scan(text))); diff != "" {
				t.Fatalf("%q (- without, + with a filter): %s", text, diff)
			}
			hits += len(want)
		}
		if hits < 1000 {
			t.Errorf("%d hits for keys of %d bytes show nothing", hits, least)
		}
	}
}

func keysOf(p Pattern) []string {
	c := &compiler{Matcher: &Matcher{}, Options: Options{}.defaults(), buffer: views.NewBuffer(), known: map[string]int32{}}
	if c.add(0, p) != nil {
		return nil
	}
	return c.keys
}

// TestManyShortKeysHaveNoFilter makes so many short keys that a filter would cost time and spare none.
func TestManyShortKeysHaveNoFilter(t *testing.T) {
	var few, many []string
	for a := byte('a'); a <= 'z'; a++ {
		few = append(few, string([]byte{a, a}))
		for b := byte('a'); b <= 'z'; b++ {
			many = append(many, string([]byte{a, b}))
		}
	}
	if newFilter(few) == nil || newFilter(many) != nil || newFilter([]string{"a", "abcdef"}) != nil || newFilter(nil) != nil {
		t.Error("a filter is there for keys that it tells nothing of, or not for others")
	}
}
