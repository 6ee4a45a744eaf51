// Package pyretest searches with Python's regular expressions as plainly as can be, for tests: it tries everything, one character
// after the other, straight from the text of the expression. It shares no code with what it is the measure of.
package pyretest

import (
	"strconv"
	"strings"
	"unicode"
)

// Search is re.search with the flags DOTALL and UNICODE, and IGNORECASE if fold is set. It panics on what it cannot read.
func Search(pattern string, fold bool, text string) bool {
	m := &machine{re: []rune(pattern), text: []rune(text)}
	for start := 0; start <= len(m.text); start++ {
		if m.alternatives(0, start, fold, func(at, _ int) bool { return at == len(m.re) }) {
			return true
		}
	}
	return false
}

type machine struct {
	re, text []rune
	steps    int
}

// then goes on in the expression at a place, in the text at a place.
type then func(re, text int) bool

func word(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

func (m *machine) wordAt(i int) bool { return i >= 0 && i < len(m.text) && word(m.text[i]) }

// close finds the end of what begins at i: the ) or | of the same depth, or the end.
func (m *machine) close(i int, bar bool) int {
	depth := 0
	for ; i < len(m.re); i++ {
		switch m.re[i] {
		case '\\':
			i++
		case '[':
			i = m.bracket(i) - 1
		case '(':
			if i+2 < len(m.re) && m.re[i+1] == '?' && m.re[i+2] == '#' {
				for m.re[i] != ')' {
					i++
				}
				continue
			}
			depth++
		case ')':
			if depth == 0 {
				return i
			}
			depth--
		case '|':
			if bar && depth == 0 {
				return i
			}
		}
	}
	return len(m.re)
}

// bracket is the end of the class that begins at i.
func (m *machine) bracket(i int) int {
	i++
	if m.re[i] == '^' {
		i++
	}
	for first := true; first || m.re[i] != ']'; first = false {
		if m.re[i] == '\\' {
			i++
		}
		i++
	}
	return i + 1
}

func (m *machine) alternatives(re, text int, fold bool, next then) bool {
	end := m.close(re, false)
	for {
		stop := m.close(re, true)
		if m.sequence(re, stop, text, fold, func(t int) bool { return next(end, t) }) {
			return true
		}
		if stop >= end {
			return false
		}
		re = stop + 1
	}
}

func (m *machine) sequence(re, stop, text int, fold bool, next func(int) bool) bool {
	if m.steps++; m.steps > 5_000_000 {
		panic("too many steps")
	}
	if re >= stop {
		return next(text)
	}
	end := m.atom(re)
	if m.re[re] == '(' && end-re > 2 && m.re[re+1] == '?' && (m.re[re+2] == '#' || strings.Trim(string(m.re[re+2:end-1]), "imsu") == "") {
		if m.re[re+2] != '#' && strings.Contains(string(m.re[re+2:end-1]), "i") {
			fold = true
		}
		return m.sequence(end, stop, text, fold, next)
	}
	low, high, after := m.times(end, stop)
	var again func(n, at int) bool
	again = func(n, at int) bool {
		if n < high && m.once(re, end, at, fold, func(t int) bool { return (t > at || n < low) && again(n+1, t) }) {
			return true
		}
		return n >= low && m.sequence(after, stop, at, fold, next)
	}
	return again(0, text)
}

func (m *machine) atom(re int) int {
	switch m.re[re] {
	case '(':
		return m.closeGroup(re) + 1
	case '[':
		return m.bracket(re)
	case '\\':
		_, n := m.escape(re)
		return n
	}
	return re + 1
}

func (m *machine) closeGroup(re int) int {
	if re+2 < len(m.re) && m.re[re+1] == '?' && m.re[re+2] == '#' {
		for m.re[re] != ')' {
			re++
		}
		return re
	}
	return m.close(re+1, false)
}

func (m *machine) times(at, stop int) (low, high, after int) {
	const many = 1 << 30
	low, high, after = 1, 1, at
	if at >= stop {
		return low, high, after
	}
	switch m.re[at] {
	case '*':
		low, high, after = 0, many, at+1
	case '+':
		low, high, after = 1, many, at+1
	case '?':
		low, high, after = 0, 1, at+1
	case '{':
		inner, _, ok := strings.Cut(string(m.re[at+1:stop]), "}")
		if !ok || inner == "" || strings.Trim(inner, "0123456789,") != "" {
			return low, high, after
		}
		from, to, ranged := strings.Cut(inner, ",")
		low, _ = strconv.Atoi(from)
		if high = low; ranged {
			if high = many; to != "" {
				high, _ = strconv.Atoi(to)
			}
		}
		after = at + len(inner) + 2
	default:
		return low, high, after
	}
	if after < stop && m.re[after] == '?' {
		after++
	}
	return low, high, after
}

// once matches one atom.
func (m *machine) once(re, end, at int, fold bool, next func(int) bool) bool {
	eat := func(ok bool) bool { return ok && next(at+1) }
	inText := at < len(m.text)
	switch m.re[re] {
	case '(':
		from := re + 1
		if m.re[from] == '?' {
			if m.re[from+1] == 'P' {
				for m.re[from] != '>' {
					from++
				}
			} else {
				flags, _, _ := strings.Cut(string(m.re[from+1:end]), ":")
				fold = fold && flags != "-i" || flags == "i"
				from += 1 + len(flags)
			}
			from++
		}
		return m.alternatives(from, at, fold, func(_, t int) bool { return next(t) })
	case '.':
		return eat(inText)
	case '^':
		return at == 0 && next(at)
	case '$':
		return (at == len(m.text) || m.text[at] == '\n' && at == len(m.text)-1) && next(at)
	case '[':
		return eat(inText && m.class(re, end, m.text[at], fold))
	case '\\':
		switch m.re[re+1] {
		case 'b':
			return m.wordAt(at-1) != m.wordAt(at) && next(at)
		case 'B':
			return m.wordAt(at-1) == m.wordAt(at) && next(at)
		case 'A':
			return at == 0 && next(at)
		case 'Z':
			return at == len(m.text) && next(at)
		case 'w', 'W', 'd', 'D', 's', 'S':
			return eat(inText && shorthand(m.re[re+1], m.text[at]))
		}
		r, _ := m.escape(re)
		return eat(inText && same(r, m.text[at], fold))
	}
	return eat(inText && same(m.re[re], m.text[at], fold))
}

func same(a, b rune, fold bool) bool {
	if a == b || !fold {
		return a == b
	}
	for r := unicode.SimpleFold(a); r != a; r = unicode.SimpleFold(r) {
		if r == b {
			return true
		}
	}
	return false
}

func shorthand(c, r rune) bool {
	yes := false
	switch unicode.ToLower(c) {
	case 'w':
		yes = word(r)
	case 'd':
		yes = unicode.Is(unicode.Nd, r)
	case 's':
		yes = unicode.IsSpace(r) || (r >= 0x1c && r <= 0x1f)
	}
	return yes == unicode.IsLower(c)
}

// escape reads \x, \u, \U, \n and the like.
func (m *machine) escape(re int) (rune, int) {
	r := m.re[re+1]
	if n := map[rune]int{'x': 2, 'u': 4, 'U': 8}[r]; n > 0 {
		v, err := strconv.ParseUint(string(m.re[re+2:re+2+n]), 16, 32)
		if err != nil {
			panic(err)
		}
		return rune(v), re + 2 + n
	}
	if c, ok := map[rune]rune{'n': '\n', 't': '\t', 'r': '\r', 'f': '\f', 'v': '\v', 'a': '\a'}[r]; ok {
		return c, re + 2
	}
	return r, re + 2
}

func (m *machine) class(re, end int, r rune, fold bool) bool {
	i, not, found := re+1, false, false
	if m.re[i] == '^' {
		not = true
		i++
	}
	for i < end-1 {
		if m.re[i] == '\\' && strings.ContainsRune("wWdDsS", m.re[i+1]) {
			found = found || shorthand(m.re[i+1], r)
			i += 2
			continue
		}
		var lo, hi rune
		lo, i = m.member(i)
		hi = lo
		if m.re[i] == '-' && i+1 < end-1 {
			hi, i = m.member(i + 1)
		}
		found = found || r >= lo && r <= hi
		for f := unicode.SimpleFold(r); fold && f != r; f = unicode.SimpleFold(f) {
			found = found || f >= lo && f <= hi
		}
	}
	return found != not
}

func (m *machine) member(i int) (rune, int) {
	if m.re[i] != '\\' {
		return m.re[i], i + 1
	}
	if m.re[i+1] == 'b' {
		return '\b', i + 2
	}
	return m.escape(i)
}
