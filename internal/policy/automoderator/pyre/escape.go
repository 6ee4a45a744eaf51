package pyre

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape reads what follows a backslash.
func (p *parser) escape() (*node, error) {
	if !p.more() {
		return nil, errors.New("it ends with a backslash")
	}
	switch r := rune(p.in[p.at]); r {
	case 'A':
		p.at++
		return &node{op: opBegin}, nil
	case 'Z':
		p.at++
		return &node{op: opEnd}, nil
	case 'b':
		p.at++
		return &node{op: opBorder}, nil
	case 'B':
		p.at++
		return &node{op: opInside}, nil
	case 'w', 'W', 'd', 'D', 's', 'S':
		p.at++
		return of(&set{classes: []byte{byte(r)}, fold: p.fold}), nil
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return nil, fmt.Errorf("a reference to a group (\\%c): %w", r, ErrUnsupported)
	}
	r, err := p.escaped()
	if err != nil {
		return nil, err
	}
	return of(&set{spans: []span{{r, r}}, fold: p.fold}), nil
}

var controls = map[rune]rune{'a': '\a', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// escaped reads the one character that a backslash stands before, which was read.
func (p *parser) escaped() (rune, error) {
	if !p.more() {
		return 0, errors.New("it ends with a backslash")
	}
	r := p.next()
	switch digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}[r]; {
	case digits > 0:
		if len(p.in)-p.at < digits {
			return 0, fmt.Errorf("\\%c needs %d digits", r, digits)
		}
		n, err := strconv.ParseUint(p.in[p.at:p.at+digits], 16, 32)
		if err != nil || !utf8.ValidRune(rune(n)) {
			return 0, fmt.Errorf("\\%c%s is no character", r, p.in[p.at:p.at+digits])
		}
		p.at += digits
		return rune(n), nil
	case r == '0':
		octal := p.in[p.at:min(p.at+2, len(p.in))]
		octal = octal[:len(octal)-len(strings.TrimLeft(octal, "01234567"))]
		p.at += len(octal)
		n, _ := strconv.ParseUint("0"+octal, 8, 32)
		return rune(n), nil
	case controls[r] != 0:
		return controls[r], nil
	case r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)):
		return 0, fmt.Errorf("\\%c means nothing in Python's regular expressions (old versions take it for the letter %c): write what is meant", r, r)
	}
	return r, nil
}

// brackets reads a class after its [.
func (p *parser) brackets() (*node, error) {
	s := &set{fold: p.fold, not: p.eat("^")}
	for first := true; ; first = false {
		if !p.more() {
			return nil, errors.New("it has a [ without a ]")
		}
		if !first && p.eat("]") {
			return of(s.whole()), nil
		}
		lo, class, err := p.member()
		if err != nil {
			return nil, err
		}
		if class != 0 {
			s.classes = append(s.classes, class)
			continue
		}
		hi := lo
		if rest := p.in[p.at:]; strings.HasPrefix(rest, "-") && !strings.HasPrefix(rest, "-]") && len(rest) > 1 {
			p.at++
			if hi, class, err = p.member(); err != nil {
				return nil, err
			}
			if class != 0 {
				return nil, errors.New("a range in brackets ends with a class")
			}
			if hi < lo {
				return nil, fmt.Errorf("the range %c-%c in brackets is upside down", lo, hi)
			}
		}
		s.spans = append(s.spans, span{lo, hi})
	}
}

// whole makes one thing of what holds a class and its opposite: [\s\S] is everything.
func (s *set) whole() *set {
	for _, pair := range []string{"wW", "dD", "sS"} {
		if s.has(pair[0]) && s.has(pair[1]) {
			return &set{not: !s.not, fold: s.fold}
		}
	}
	return s
}

// member of brackets: a character, or a class.
func (p *parser) member() (r rune, class byte, err error) {
	r = p.next()
	if r != '\\' {
		return r, 0, nil
	}
	if p.more() {
		switch c := p.in[p.at]; c {
		case 'w', 'W', 'd', 'D', 's', 'S':
			p.at++
			return 0, c, nil
		case 'b':
			p.at++
			return '\b', 0, nil
		}
	}
	r, err = p.escaped()
	return r, 0, err
}
