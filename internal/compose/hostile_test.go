package compose_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/compose"
)

// perKilobyte is the most time that any input may take.
const perKilobyte = time.Millisecond

// hostile inputs: what is known to cost scanners and parsers more than its length.
func hostile() map[string]string {
	const size = 32 << 10
	inputs := map[string]string{}
	for _, unit := range []string{
		"@", "#", "＃", "$a ", "http://", "https://a.", "a.co/(", "a.com_.", "あ.", "あ", "\u200d", "👩\u200d", "👍🏽", "🇩", "1\ufe0f\u20e3", "\u0301", "a\u0301", "e\u0301.",
		"[", "](", "[](", "![", "[a", "[]", "[a]", "[\n", "*", "**a", "_a", "*a_", "~~", "`", "``a", "> ", ">", "- ", "1. ", "\n- ", "\n> ", "<", "<a ", "<!--", "&amp;", "\\", "(", "((a)", "|a|\n|-|\n|b",
		"[a]: b\n", "[a][", "[x](<", "{", "{{", "{a", "{channel}", "${a}", ". ", "a. ", "\n", " ", "a", "word ", "@a@b.c ", "@a.", "#a_", "http://a.co?", "-", "_", ".", "क्षि", "\u0600",
		"https://acme.example/x ", "http://a.co/" + strings.Repeat("(", 40), "xn--あ.", "\t", "a\n\n", "# ", "    a\n", "&#x", "a.みんな", "[a](http://b.c) ", "![a](b) ", "~a~", "<http://a.b>",
		"https://%", "https://[::", "https://a/%zz;", "#-", "#.", "#a-", "$A ", "(a.co/", "a.co ",
	} {
		inputs[unit] = strings.Repeat(unit, size/len(unit))
	}
	var nested strings.Builder
	for i := range 250 {
		nested.WriteString(strings.Repeat(" ", 2*i%500) + "- x\n")
	}
	inputs["nested list"] = nested.String()
	inputs["one word"] = strings.Repeat("x", size) + ".com"
	for _, bracket := range []string{"(", ")", "]", "}"} {
		inputs["a link and "+bracket] = "https://a.co/" + strings.Repeat(bracket, size)
	}
	inputs["dots"] = strings.Repeat("a.", size/2) + "com"
	inputs["paragraphs of marks"] = strings.Repeat(strings.Repeat("*a_", 199)+"\n\n", size/600)
	inputs["paragraphs of targets"] = strings.Repeat(strings.Repeat("[](", 49)+"\n\n", size/752)
	inputs["paragraphs of brackets"] = strings.Repeat(strings.Repeat("[", 900)+"\n\n", size/902)
	inputs["paragraphs of brackets apart"] = strings.Repeat(strings.Repeat("[a", 450)+"\n\n", size/902)
	inputs["nested brackets"] = strings.Repeat(strings.Repeat("[", 40)+strings.Repeat("]", 40)+"\n\n", size/82)
	inputs["long paragraph of targets"] = strings.Repeat("[](", 49) + strings.Repeat("x", size)
	inputs["deep quotes"] = strings.Repeat(strings.Repeat("> ", 19)+"a\n", size/40)
	inputs["deep lists"] = strings.Repeat(strings.Repeat("1. ", 19)+"a\n", size/59)
	return inputs
}

// processorTime of this process: how busy the machine is plays no part in it.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func TestHostileInputs(t *testing.T) {
	works := map[string]func(string){
		"entities": func(s string) {
			for _, f := range []compose.Family{compose.FamilyFacets, compose.FamilyBluesky, compose.FamilyHandles, compose.FamilyTwitter, compose.FamilyMastodon} {
				f.Entities(s)
			}
		},
		"fill":         func(s string) { compose.Fill(s, vars) },
		"tag":          func(s string) { compose.TagText(s, false, tracking, vars) },
		"tag Markdown": func(s string) { compose.TagText(s, true, tracking, vars) },
		"url":          func(s string) { compose.Tag("https://acme.example/"+s, tracking, vars) },
	}
	for _, network := range []string{"X", "Bluesky", "Mastodon"} {
		rules := compose.MustRules(network)
		works["render "+network] = func(s string) { compose.Render(text(s), rules) }
		works["split "+network] = func(s string) {
			compose.Render(compose.Content{Segment: compose.Segment{Text: s}, Split: compose.SplitNumbered}, rules)
		}
	}
	linkedIn, ghost := compose.MustRules("LinkedIn"), compose.MustRules("Ghost")
	works["wire"] = func(s string) { linkedIn.Wire(s) }
	works["render Markdown"] = func(s string) {
		compose.Render(compose.Content{Segment: compose.Segment{Text: s}, Markdown: true}, ghost)
	}
	// Where the machine is slow, which is seen by what it needs at least for ordinary text of that size, the bound is 14 times as much; on one
	// that is not, that is less than the bound.
	ordinary := func(size int) time.Duration {
		input := strings.Repeat("Thank you *all* for coming to [the launch](https://acme.example), it was wonderful to see so many of you.\n\n", size/107)
		begun := processorTime(t)
		works["render Markdown"](input)
		return processorTime(t) - begun
	}
	for name, input := range hostile() {
		limit := slowdown * perKilobyte * time.Duration(len(input)) / 1024
		for what, work := range works {
			best, plain := time.Duration(1<<62), time.Duration(1<<62)
			for range 10 { // the garbage of others is collected too
				begun := processorTime(t)
				work(input)
				if best = min(best, processorTime(t)-begun); best <= limit {
					break
				}
				plain = min(plain, ordinary(len(input)))
			}
			if best > limit && best > 14*plain {
				t.Errorf("%s of %d bytes of %q took %v; at most %v are allowed, or 14 times the %v of ordinary text", what, len(input), name, best, limit, plain)
			}
		}
	}
}
