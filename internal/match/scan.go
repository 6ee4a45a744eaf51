package match

import (
	"cmp"
	"slices"

	"github.com/tribune-dev/tribune/internal/views"
)

// Scanner looks for a Matcher's patterns in one text after the other. It reuses its memory, so that a text without hits allocates
// nothing once texts of its length were seen. It is not for use by several goroutines at once.
type Scanner struct {
	matcher *Matcher
	buffer  *views.Buffer
	hits    []Hit
	// seen and tried say in which scan a pattern was found, and an expression tried.
	seen, tried []uint32
	scan        uint32
}

// NewScanner gives a Scanner.
func (m *Matcher) NewScanner() *Scanner {
	return &Scanner{
		matcher: m, buffer: views.NewBuffer(), seen: make([]uint32, len(m.patterns)), tried: make([]uint32, len(m.expressions)),
	}
}

// Buffer is that of the scanner: after Scan it holds the views of the text, until the next one.
func (s *Scanner) Buffer() *views.Buffer { return s.buffer }

// Scan gives the patterns that stand in a text, each once with its first place, in the order in which they were compiled. The
// slice is valid until the next Scan.
func (s *Scanner) Scan(text string) []Hit {
	m := s.matcher
	s.buffer.Reset(text)
	s.hits = s.hits[:0]
	if s.scan++; s.scan == 0 { // after 2^32 scans numbers come again
		clear(s.seen)
		clear(s.tried)
		s.scan = 1
	}
	done := uint8(0)
	for on := rawStream; on < letterStream; on++ {
		bit := uint8(1) << on
		if m.streams&bit == 0 || done&bit != 0 {
			continue
		}
		mask := bit
		for other := on + 1; other < letterStream; other++ {
			if m.streams&(1<<other) != 0 && s.buffer.Same(viewOf[on], viewOf[other]) {
				mask |= 1 << other
			}
		}
		done |= mask
		s.walk(s.buffer.View(viewOf[on]).Text, mask, m.inViews)
	}
	if m.streams&(1<<letterStream) != 0 {
		s.walk(s.buffer.Letters().Key(), 1<<letterStream, m.inLetters)
	}
	for _, e := range m.always {
		s.try(e)
	}
	if len(s.hits) > 1 {
		slices.SortFunc(s.hits, func(a, b Hit) int { return cmp.Compare(a.Pattern, b.Pattern) })
	}
	return s.hits
}

// walk looks for keys in a stream of bytes that stands for all streams in mask.
func (s *Scanner) walk(text []byte, mask uint8, f *filter) {
	if f == nil {
		s.from(text, 0, mask, false)
		return
	}
	for i := f.next(text, 0); i+f.shortest <= len(text); i = f.next(text, i) {
		i = s.from(text, i, mask, i+ahead <= len(text))
	}
}

// from looks for keys that begin at start or later. If it may stop, it does so where none is under way but for a few bytes, and
// gives the place from which on to look again.
func (s *Scanner) from(text []byte, start int, mask uint8, stop bool) int {
	a := s.matcher.automaton
	var (
		rows  = a.rows
		limit = int32(len(rows))
		state int32
	)
	for i := start; i < len(text); i++ {
		c := a.class[text[i]]
		if state < limit {
			state = rows[state+int32(c)]
		} else {
			state = a.walk(a.number(state), c)
		}
		if state < 0 {
			state &^= ends
			s.ends(a.number(state), text, i+1, mask)
		}
		if n := min(i+1-start, shallow); stop && state < a.level[n] {
			for n--; state < a.level[n]; n-- {
			}
			return i + 1 - n
		}
	}
	return len(text)
}

// ends takes the keys that end at text[:end].
func (s *Scanner) ends(state int32, text []byte, end int, mask uint8) {
	m := s.matcher
	a := m.automaton
	for ; state != 0; state = a.link[state] {
		key := a.out[state]
		if key == 0 {
			continue
		}
		for i := m.first[key-1]; i < m.first[key]; i++ {
			if r := &m.refs[i]; mask&(1<<r.stream) != 0 {
				s.candidate(r, text, end)
			}
		}
	}
}

func (s *Scanner) candidate(r *ref, text []byte, end int) {
	m := s.matcher
	switch r.kind {
	case isExpression:
		s.try(r.at)
	case isTerm:
		t := &m.terms[r.at]
		if s.seen[t.pattern] == s.scan {
			return
		}
		if start := end - int(t.size); stands(s.buffer, text, start, end, t.as, int(t.runes)) {
			from, to := s.buffer.View(viewOf[r.stream]).Span(start, end)
			s.hit(t.pattern, from, to, string(text[start:end]))
		}
	case isSpelling:
		p := &m.spellings[r.at]
		if s.seen[p.pattern] == s.scan {
			return
		}
		if from, to, ok := s.buffer.Letters().At(&p.Spelling, end, p.place); ok {
			s.hit(p.pattern, from, to, p.String())
		}
	}
}

// try matches an expression on its view.
func (s *Scanner) try(at int32) {
	if s.tried[at] == s.scan {
		return
	}
	s.tried[at] = s.scan
	e := &s.matcher.expressions[at]
	view := s.buffer.View(e.view)
	if start, end, ok := e.find(s.buffer, view.Text); ok {
		from, to := view.Span(start, end)
		s.hit(e.pattern, from, to, string(view.Text[start:end]))
	}
}

func (s *Scanner) hit(pattern int32, from, to int, text string) {
	s.seen[pattern] = s.scan
	p := &s.matcher.patterns[pattern]
	s.hits = append(s.hits, Hit{Pattern: int(pattern), Set: p.Set, ID: p.ID, View: p.View, Start: from, End: to, Text: text})
}

// stands tells whether text[start:end], a term of n characters, stands where it may.
func stands(b *views.Buffer, text []byte, start, end int, as As, n int) bool {
	switch as {
	case Word:
		return b.WordStart(text, start, n) && b.WordEnd(text, end)
	case Prefix:
		return allBlank(text[:start])
	case Suffix:
		return allBlank(text[end:])
	case Exact:
		return allBlank(text[:start]) && allBlank(text[end:])
	}
	return true
}

func isWord(b *views.Buffer, text []byte, start, end int) bool {
	return end > start && b.WordStart(text, start, views.MaxElided) && b.WordEnd(text, end)
}

// allBlank is true for white space; the first letter ends the look.
func allBlank(text []byte) bool {
	for _, c := range text {
		if !isBlank(c) {
			return false
		}
	}
	return true
}
