package match

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/views"
)

// reference is the plain form of a Matcher: one pattern after the other, one place after the other.
type reference struct {
	patterns []Pattern
	buffer   *views.Buffer
}

func (r *reference) scan(text string) []Hit {
	var hits []Hit
	for i, p := range r.patterns {
		if hit, ok := r.find(p, text); ok {
			hit.Pattern, hit.Set, hit.ID, hit.View = i, p.Set, p.ID, p.View
			hits = append(hits, hit)
		}
	}
	return hits
}

func (r *reference) find(p Pattern, text string) (Hit, bool) {
	if p.Kind == Regex {
		return r.findRegex(p, text)
	}
	term := strings.TrimSpace(p.Text)
	if p.View == views.Deobfuscated {
		if spellings := views.Spell(r.buffer, term); len(spellings) > 0 {
			return r.findSpelling(spellings, p.As, text)
		}
		p.View = views.Skeleton
	}
	if p.View == views.Raw && !p.CaseSensitive {
		p.View = views.Cased
	}
	r.buffer.Reset(term)
	key := strings.TrimSpace(string(r.buffer.View(p.View).Text))
	if key == "" {
		return Hit{}, false
	}
	r.buffer.Reset(text)
	view := r.buffer.View(p.View)
	for at := 0; at+len(key) <= len(view.Text); at++ {
		if sameBut(view.Text[at:at+len(key)], key) && stands(r.buffer, view.Text, at, at+len(key), p.As, utf8.RuneCountInString(key)) {
			start, end := view.Span(at, at+len(key))
			return Hit{Start: start, End: end, Text: string(view.Text[at : at+len(key)])}, true
		}
	}
	return Hit{}, false
}

// sameBut compares without the difference between kinds of white space.
func sameBut(text []byte, key string) bool {
	for i := range text {
		if text[i] != key[i] && (!isBlank(text[i]) || !isBlank(key[i])) {
			return false
		}
	}
	return true
}

func (r *reference) findSpelling(spellings []views.Spelling, as As, text string) (Hit, bool) {
	slices.SortStableFunc(spellings, func(a, b views.Spelling) int { return len(b.Key) - len(a.Key) })
	r.buffer.Reset(text)
	letters := r.buffer.Letters()
	key := string(letters.Key())
	for end := 1; end <= len(key); end++ {
		for i := range spellings {
			if !strings.HasSuffix(key[:end], spellings[i].Key) {
				continue
			}
			if from, to, ok := letters.At(&spellings[i], end, places[as]); ok {
				return Hit{Start: from, End: to, Text: spellings[i].String()}, true
			}
		}
	}
	return Hit{}, false
}

func (r *reference) findRegex(p Pattern, text string) (Hit, bool) {
	re, _, _, err := Options{}.defaults().parse(p)
	if err != nil {
		return Hit{}, false
	}
	r.buffer.Reset(text)
	view := r.buffer.View(p.View)
	all := re.FindAllIndex(view.Text, maxMatches)
	for _, at := range all {
		if p.As != Word || isWord(r.buffer, view.Text, at[0], at[1]) {
			start, end := view.Span(at[0], at[1])
			return Hit{Start: start, End: end, Text: string(view.Text[at[0]:at[1]])}, true
		}
	}
	return Hit{}, false
}

// pieces are what random patterns and texts are made of: much alike, so that much matches.
var pieces = []string{
	"a", "b", "e", "i", "l", "n", "o", "s", "t", "u", "v", "w", "r", "m", "nit", "wit", "ass", "good", "god", "Nit", "SKULL", "I", "O", "0", "1", "3", "5", "@", "$", "!", "|", "+", "*",
	" ", " ", "  ", ".", "-", "_", "'", "’", "\n", ",", "/", "\\", "(", ")", "//", "://", "www.", "\u200b", "\u0301", "\u00ad", "é", "ñ", "ß", "ﬁ", "İ", "ı", "а", "о", "е", "і", "т", "ж", "НО", "ю",
	"α", "ν", "λ", "Ⓝ", "𝐧", "ｎ", "🅽", "🇳", "🇮", "🙂", "日", "本", "ไ", "ท", "가", "\u1100\u1161", "\xff", "\xe2\x80", "·", "€", "rn", "vv", "\\/\\/", "ا", "Ꮃ", "ꓠ", "\x00", "#",
	"\u202e", "\u202c", "f", "ph", "&", "©", "ẞ", "у", "р", "в", "к", "з", "\U0010ffff", "*", "|v|", "™",
}

var expressions = []string{
	"nit.?wit", "a+b", "[aá]s{1,2}", "(?:god|good)", "^ni", "it$", `\bno\b`, "n[i1]t", ".*", "a*", "(ass|nit|wit)+", "ñ|ß", "[^a-z]nit", "n(?:i|1)t ?w", "(?i)SKULL", `\d{2}`, "о.", "日本", "i{3}",
}

func randomPattern(random *rand.Rand) Pattern {
	p := Pattern{As: As(random.IntN(5)), View: []views.ID{views.Raw, views.Folded, views.Skeleton, views.Deobfuscated}[random.IntN(4)]}
	if p.View == views.Raw {
		p.CaseSensitive = random.IntN(2) == 0
	}
	if random.IntN(4) == 0 {
		p.Kind, p.Text = Regex, expressions[random.IntN(len(expressions))]
		return p
	}
	p.Text = strings.ToValidUTF8(randomText(random, 1+random.IntN(4)), "")
	return p
}

func randomText(random *rand.Rand, n int) string {
	var out strings.Builder
	for range n {
		piece := pieces[random.IntN(len(pieces))]
		for range 1 + random.IntN(8)/6*random.IntN(4) {
			out.WriteString(piece)
		}
	}
	return out.String()
}

// check compares a Matcher with its plain form.
func check(t *testing.T, patterns []Pattern, texts []string) (hits int) {
	t.Helper()
	m, problems := Compile(patterns, Options{})
	bad := map[int]bool{}
	for _, p := range problems {
		bad[p.Index] = true
	}
	scanner, plain := m.NewScanner(), &reference{patterns: patterns, buffer: views.NewBuffer()}
	for _, text := range texts {
		want := slices.DeleteFunc(plain.scan(text), func(h Hit) bool { return bad[h.Pattern] })
		got := slices.Clone(scanner.Scan(text))
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b Hit) bool { return a == b })); diff != "" && len(want)+len(got) > 0 {
			t.Errorf("patterns %+v, text %q (- plain, + matcher):\n%s", patterns, text, diff)
		}
		for _, hit := range got {
			checkSpan(t, text, hit)
		}
		hits += len(got)
	}
	return hits
}

func checkSpan(t *testing.T, text string, hit Hit) {
	t.Helper()
	if hit.Start < 0 || hit.End > len(text) || hit.Start > hit.End ||
		hit.End < len(text) && utf8.ValidString(text) && !utf8.RuneStart(text[hit.End]) || hit.Start < len(text) && utf8.ValidString(text) && !utf8.RuneStart(text[hit.Start]) {
		t.Errorf("the hit %+v is no span of %q", hit, text)
	}
}

func TestMatcherIsThePlainLoop(t *testing.T) {
	const patterns, texts = 20, 10
	rounds := 100
	if os.Getenv("TRIBUNE_TEST_ALL") != "" {
		rounds = 5000 // a million pairs
	}
	hits := 0
	for round := range rounds {
		random := rand.New(rand.NewPCG(7, uint64(round)))
		var ps []Pattern
		for range patterns {
			ps = append(ps, randomPattern(random))
		}
		var ts []string
		for range texts {
			text := randomText(random, 1+random.IntN(20))
			if random.IntN(2) == 0 {
				text += ps[random.IntN(len(ps))].Text + randomText(random, random.IntN(3))
			}
			ts = append(ts, text)
		}
		hits += check(t, ps, ts)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	if hits < rounds*5 {
		t.Errorf("%d hits in %d rounds show nothing", hits, rounds)
	}
}

// TestDeepStatesAreTheSame compares an automaton whose deep states have no rows.
func TestDeepStatesAreTheSame(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	known := map[string]bool{}
	var keys []string
	for len(keys) < 400 {
		if key := randomText(random, 1+random.IntN(5)); !known[blank.Replace(key)] {
			known[blank.Replace(key)] = true
			keys = append(keys, blank.Replace(key))
		}
	}
	full, small := newAutomaton(keys), newBounded(keys, 7*4*200)
	if small.dense >= full.dense {
		t.Fatalf("%d states have rows, of %d", small.dense, full.dense)
	}
	found := func(a *automaton, text string) (all []string) {
		state := int32(0)
		for i := range len(text) {
			state = a.step(state, a.class[text[i]])
			if state < 0 {
				for s := a.number(state); s != 0; s = a.link[s] {
					if a.out[s] != 0 {
						all = append(all, fmt.Sprint(i, " ", keys[a.out[s]-1]))
					}
				}
			}
		}
		return all
	}
	for range 500 {
		text := randomText(random, 40)
		if diff := cmp.Diff(found(full, text), found(small, text)); diff != "" {
			t.Fatalf("%q: %s", text, diff)
		}
	}
}

func FuzzMatcherIsThePlainLoop(f *testing.F) {
	f.Add("nitwit", "you n1twit", uint8(3), uint8(0))
	f.Add("i+", "wiiit", uint8(7), uint8(1))
	f.Add("как да", "ка́к  да", uint8(2), uint8(0))
	f.Fuzz(func(t *testing.T, pattern, text string, view, as uint8) {
		if len(text) > 2000 || len(pattern) > 200 {
			return
		}
		p := Pattern{View: []views.ID{views.Raw, views.Folded, views.Skeleton, views.Deobfuscated}[view%4], As: As(as % 5), Text: pattern, Kind: Kind(view / 4 % 2)}
		check(t, []Pattern{p}, []string{text, pattern, text + pattern, text + " " + pattern + "1"})
	})
}
