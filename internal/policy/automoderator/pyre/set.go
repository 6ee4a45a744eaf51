package pyre

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// kind of a character: in words, or not. What is outside of a text counts as not.
type kind bool

const (
	inWord  kind = true
	notWord kind = false
)

// isWord is Python's \w.
func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// isSpace is Python's \s.
func isSpace(r rune) bool {
	return (r >= '\t' && r <= '\r') || (r >= 0x1c && r <= 0x20) || r == 0x85 || unicode.Is(unicode.Z, r)
}

// What classes are called in RE2, within brackets.
const (
	wordClass  = `\p{L}\p{N}_`
	spaceClass = `\t-\r\x1c-\x20\x{85}\p{Z}`
	digitClass = `\p{Nd}`
)

type span struct{ lo, hi rune }

// set of characters: spans and classes (w, d, s and their opposites W, D, S), or all that is not among them.
type set struct {
	not     bool
	spans   []span
	classes []byte
	fold    bool
}

func (s *set) has(class byte) bool { return slices.Contains(s.classes, class) }

func inClass(class byte, r rune) bool {
	switch class {
	case 'w':
		return isWord(r)
	case 'W':
		return !isWord(r)
	case 'd':
		return unicode.Is(unicode.Nd, r)
	case 'D':
		return !unicode.Is(unicode.Nd, r)
	case 's':
		return isSpace(r)
	default:
		return !isSpace(r)
	}
}

// listed says whether a character is among the spans and classes.
func (s *set) listed(r rune) bool {
	for _, p := range s.spans {
		if r >= p.lo && r <= p.hi {
			return true
		}
	}
	return slices.ContainsFunc(s.classes, func(c byte) bool { return inClass(c, r) })
}

// holds says whether there are characters of a kind in it.
func (s *set) holds(k kind) bool {
	if s.not {
		// What is left out is nearly always little; two classes leave out all of a kind.
		switch {
		case k == inWord && (s.has('w') || s.has('S')), k == notWord && (s.has('W') || s.has('D')):
			return false
		}
		for r := rune(0); r <= unicode.MaxRune; r++ {
			if isWord(r) == bool(k) && !s.listed(r) {
				return true
			}
		}
		return false
	}
	for _, c := range s.classes {
		switch c {
		case 'w', 'd':
			if k == inWord {
				return true
			}
		case 'W', 's':
			if k == notWord {
				return true
			}
		default:
			return true
		}
	}
	for _, p := range s.spans {
		for r := p.lo; r <= p.hi; r++ {
			if isWord(r) == bool(k) {
				return true
			}
		}
	}
	return false
}

// narrow keeps the characters of a kind; nil if there are none.
func (s *set) narrow(k kind) (*set, error) {
	switch {
	case !s.holds(k):
		return nil, nil //nolint:nilnil // nil is the empty set
	case !s.holds(!k):
		return s, nil
	case s.not && k == notWord:
		return &set{not: true, fold: s.fold, spans: s.spans, classes: append(slices.Clone(s.classes), 'w')}, nil
	case s.not:
		if inside := (&set{spans: s.spans, classes: s.classes}); !inside.holds(inWord) {
			return &set{classes: []byte{'w'}, fold: s.fold}, nil
		}
		return &set{not: true, fold: s.fold, spans: s.spans, classes: append(slices.Clone(s.classes), 'W')}, nil
	}
	out := &set{fold: s.fold}
	for _, c := range s.classes {
		switch {
		case c == 'S' && k == notWord:
			if len(s.classes)+len(s.spans) > 1 {
				return nil, fmt.Errorf("a border of a word beside \\S with others in brackets: %w", ErrUnsupported)
			}
			return &set{not: true, fold: s.fold, classes: []byte{'w', 's'}}, nil
		case c == 'D' && k == inWord:
			if len(s.classes)+len(s.spans) > 1 {
				return nil, fmt.Errorf("a border of a word beside \\D with others in brackets: %w", ErrUnsupported)
			}
			return &set{not: true, fold: s.fold, classes: []byte{'d', 'W'}}, nil
		case c == 'S':
			out.classes = append(out.classes, 'w')
		case c == 'D':
			out.classes = append(out.classes, 'W')
		case k == inWord && (c == 'w' || c == 'd'), k == notWord && (c == 'W' || c == 's'):
			out.classes = append(out.classes, c)
		}
	}
	for _, p := range s.spans {
		out.spans = append(out.spans, p.only(k)...)
	}
	return out, nil
}

// only gives the parts of a span that are of a kind.
func (p span) only(k kind) []span {
	var out []span
	for r := p.lo; r <= p.hi; r++ {
		switch {
		case isWord(r) != bool(k):
		case len(out) > 0 && out[len(out)-1].hi == r-1:
			out[len(out)-1].hi = r
		default:
			out = append(out, span{r, r})
		}
	}
	return out
}

// print writes it as RE2 has it, as one thing that can be repeated.
func (s *set) print() (string, error) {
	if !s.not && len(s.classes) == 0 && len(s.spans) == 1 && s.spans[0].lo == s.spans[0].hi {
		return char(s.spans[0].lo), nil
	}
	if s.not && (s.has('W') || s.has('S')) {
		return s.printRest()
	}
	var in strings.Builder
	var alone []string
	for _, c := range s.classes {
		switch c {
		case 'w':
			in.WriteString(wordClass)
		case 'd':
			in.WriteString(digitClass)
		case 's':
			in.WriteString(spaceClass)
		case 'D':
			in.WriteString(`\P{Nd}`)
		case 'W':
			alone = append(alone, "[^"+wordClass+"]")
		case 'S':
			alone = append(alone, "[^"+spaceClass+"]")
		}
	}
	for _, p := range s.spans {
		switch {
		case p.hi == p.lo:
			in.WriteString(bracketed(p.lo))
		case p.hi >= 0x80: // a range of letters says more by its numbers
			fmt.Fprintf(&in, `\x{%x}-\x{%x}`, p.lo, p.hi)
		default:
			in.WriteString(bracketed(p.lo) + "-" + bracketed(p.hi))
		}
	}
	switch {
	case s.not && in.Len() == 0:
		return `(?s:.)`, nil
	case s.not:
		return "[^" + in.String() + "]", nil
	case in.Len() > 0:
		alone = append(alone, "["+in.String()+"]")
	}
	switch len(alone) {
	case 0:
		return `[^\x00-\x{10FFFF}]`, nil
	case 1:
		return alone[0], nil
	}
	return "(?:" + strings.Join(alone, "|") + ")", nil
}

// printRest writes what is neither a non-word (or non-space) character nor any of the others: words, or spaces, without them.
func (s *set) printRest() (string, error) {
	others := &set{spans: s.spans}
	for _, c := range s.classes {
		if c != 'W' && c != 'S' {
			others.classes = append(others.classes, c)
		}
	}
	if s.has('S') {
		out := &set{}
		for r := rune(0); r <= 0x3000; r++ {
			if isSpace(r) && !others.listed(r) && (!s.has('W') || isWord(r)) {
				out.spans = append(out.spans, span{r, r})
			}
		}
		return out.print()
	}
	letters, numbers, underscore := `\p{L}`, `\p{N}`, "_"
	for _, c := range others.classes {
		switch c {
		case 'd':
			numbers = `\p{Nl}\p{No}`
		case 's':
		default:
			return "", fmt.Errorf("a class without \\W and \\%c: %w", c, ErrUnsupported)
		}
	}
	for _, p := range others.spans {
		for r := p.lo; r <= p.hi; r++ {
			switch {
			case r == '_':
				underscore = ""
			case r >= '0' && r <= '9' && numbers != `\p{N}`:
			case isWord(r):
				return "", fmt.Errorf("a class of the characters of words without some of them: %w", ErrUnsupported)
			}
		}
	}
	return "[" + letters + numbers + underscore + "]", nil
}

// char writes a character outside of brackets.
func char(r rune) string {
	if !unicode.IsPrint(r) {
		return fmt.Sprintf(`\x{%x}`, r)
	}
	return regexp.QuoteMeta(string(r))
}

// bracketed writes a character within brackets.
func bracketed(r rune) string {
	switch {
	case strings.ContainsRune(`\]^-[`, r):
		return `\` + string(r)
	case !unicode.IsPrint(r):
		return fmt.Sprintf(`\x{%x}`, r)
	}
	return string(r)
}
