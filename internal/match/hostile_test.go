package match_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/match"
	"github.com/tribune-dev/tribune/internal/views"
)

// TestHostileTextStaysLinear gives much of what could be slow, with TRIBUNE_TEST_ALL a megabyte of each. It may take a few times
// what ordinary text takes on the same machine in the same moment, for each KB of the text or of Folded, if that is longer.
func TestHostileTextStaysLinear(t *testing.T) {
	const most = 20 // times as long as ordinary text of that size
	size := 128 << 10
	if os.Getenv("TRIBUNE_TEST_ALL") != "" {
		size = 1 << 20
	}
	var patterns []match.Pattern
	for i, term := range lines(t, "terms.txt") {
		for _, as := range []match.As{match.Word, match.Exact} {
			for _, view := range disguises {
				patterns = append(patterns, match.Pattern{ID: i, As: as, View: view, Text: term})
			}
		}
	}
	for _, re := range []string{`nit.*wit$`, `(?:ass)+hole`, `free .{0,50} money`} {
		patterns = append(patterns, match.Pattern{Kind: match.Regex, As: match.Word, View: views.Folded, Text: re})
	}
	m, problems := match.Compile(patterns, match.Options{})
	for _, p := range problems {
		t.Error(p)
	}
	domains, _ := match.CompileDomains([]string{"evil.example"})
	scanner := m.NewScanner()
	cost := func(text string) (took time.Duration, folded int) {
		start := clock()
		scanner.Scan(text)
		domains.InText(text, nil)
		domains.Link(text)
		scanner.Buffer().View(views.Deobfuscated)
		views.Asks(text, "en")
		views.CapsRatio(text)
		return clock() - start, len(scanner.Buffer().View(views.Folded).Text)
	}
	plain := strings.Repeat("Thank you all for coming last night, it was wonderful to see so many of you. ", size/77+1)[:size]
	cost(plain)
	for _, unit := range []string{
		"a", "i", "l", "1", "s ", "as", "ass", "ass ", "asss", "a s b ", "n.i.t.", "nitwi", "nit wit ", "as1", "1 ", "xnitwit", "n i t w i t ", "i t ", "(", "((a", "|", "a|", `\/`, "a\\", "@", "$$", "e\u0301",
		"\u0301", "\u200b", "a\u200b", "а", "аa", "аb ", "ж", "ν", "日", "가", "\u1100", "\u1100\u1161", "🇳", "🇳🇮", "🙂", "\xff", "\xe2\x80", "a.", ".", "a.b,", "evil.", "evil.example.", "[.]", "http://", "://",
		"a@", "%2e", "(dot)", "?", "ass free money ", "nit", "\x00", "\n", "'", "l'", "s'a", "-", "a-", "ss", "𝐧", "ﷺ", "ß",
	} {
		text := strings.Repeat(unit, size/len(unit))
		least := math.Inf(1)
		for range 5 { // memory that grows, and others on the machine, cost time as well
			ordinary, _ := cost(plain)
			took, folded := cost(text)
			if least = min(least, float64(took)/float64(ordinary)*float64(size)/float64(max(size, folded))); least < most/2 {
				break
			}
		}
		if least > most {
			t.Errorf("%q again and again takes %.1f times as long as ordinary text, more than %d", unit, least, most)
		} else if testing.Verbose() && least > most/4 {
			t.Logf("%q again and again takes %.1f times as long", unit, least)
		}
	}
}
