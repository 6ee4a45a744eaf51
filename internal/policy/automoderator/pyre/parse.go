package pyre

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

type op uint8

const (
	opSet op = iota
	opCat
	opAlt
	opRepeat
	opBegin   // \A, and ^
	opEnd     // \Z
	opEndLine // $: at the end, or before a line feed there
	opBorder  // \b
	opInside  // \B
	opLoose   // (?:^|\W|\b), or (?:$|\W|\b)
)

// unlimited is the max of a repetition without one.
const unlimited = -1

// maxDepth of groups; maxCount of a repetition is RE2's.
const (
	maxDepth = 100
	maxCount = 1000
)

type node struct {
	op       op
	set      *set
	subs     []*node
	min, max int
}

func cat(subs ...*node) *node { return &node{op: opCat, subs: subs} }

func of(s *set) *node { return &node{op: opSet, set: s} }

type parser struct {
	in    string
	at    int
	depth int
	fold  bool
}

// parse reads a Python regular expression.
func parse(in string, fold bool) (*node, error) {
	if len(in) > MaxLength*4 || !utf8.ValidString(in) {
		return nil, fmt.Errorf("it is longer than %d bytes: %w", MaxLength*4, ErrUnsupported)
	}
	p := &parser{in: in, fold: fold}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.at < len(p.in) {
		return nil, errors.New("it has a ) without a (")
	}
	return n, nil
}

// literal is a text that is looked for as it is.
func literal(text string, fold bool) *node {
	n := cat()
	for _, r := range text {
		n.subs = append(n.subs, of(&set{spans: []span{{r, r}}, fold: fold}))
	}
	return n
}

func (p *parser) more() bool { return p.at < len(p.in) }

func (p *parser) next() rune {
	r, size := utf8.DecodeRuneInString(p.in[p.at:])
	p.at += size
	return r
}

func (p *parser) eat(s string) bool {
	if strings.HasPrefix(p.in[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *parser) alternatives() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("it has more than %d groups in groups: %w", maxDepth, ErrUnsupported)
	}
	defer func() { p.depth-- }()
	alt := &node{op: opAlt}
	for {
		branch, err := p.sequence()
		if err != nil {
			return nil, err
		}
		alt.subs = append(alt.subs, branch)
		if !p.eat("|") {
			break
		}
	}
	if len(alt.subs) == 1 {
		return alt.subs[0], nil
	}
	return alt, nil
}

func (p *parser) sequence() (*node, error) {
	seq := cat()
	for p.more() && p.in[p.at] != '|' && p.in[p.at] != ')' {
		n, err := p.atom()
		if err != nil {
			return nil, err
		}
		if n == nil {
			continue // a comment, or flags
		}
		if n, err = p.repeated(n); err != nil {
			return nil, err
		}
		seq.subs = append(seq.subs, n)
	}
	return seq, nil
}

func (p *parser) atom() (*node, error) {
	switch r := p.next(); r {
	case '.':
		return of(&set{not: true, fold: p.fold}), nil
	case '^':
		return &node{op: opBegin}, nil
	case '$':
		return &node{op: opEndLine}, nil
	case '(':
		return p.group()
	case '[':
		return p.brackets()
	case '\\':
		return p.escape()
	case '*', '+', '?':
		return nil, fmt.Errorf("there is nothing that %c could repeat", r)
	default:
		return of(&set{spans: []span{{r, r}}, fold: p.fold}), nil
	}
}

// repeated reads the repetition after a node. Whether it is greedy makes no difference to whether a text matches.
func (p *parser) repeated(n *node) (*node, error) {
	low, high, ok := p.quantifier()
	if !ok {
		return n, nil
	}
	if p.eat("+") {
		return nil, fmt.Errorf("possessive repetition: %w", ErrUnsupported)
	}
	p.eat("?")
	if _, _, again := p.quantifier(); again {
		return nil, errors.New("it repeats a repetition: put the inner one into (?:…)")
	}
	switch {
	case n.op >= opBegin:
		return nil, fmt.Errorf("repetition of ^, $, \\b or the like: %w", ErrUnsupported)
	case high != unlimited && high < low:
		return nil, fmt.Errorf("it repeats at least %d and at most %d times", low, high)
	case low > maxCount || high > maxCount:
		return nil, fmt.Errorf("repetition of more than %d times: %w", maxCount, ErrUnsupported)
	}
	return &node{op: opRepeat, subs: []*node{n}, min: low, max: high}, nil
}

func (p *parser) quantifier() (low, high int, ok bool) {
	switch {
	case p.eat("*"):
		return 0, unlimited, true
	case p.eat("+"):
		return 1, unlimited, true
	case p.eat("?"):
		return 0, 1, true
	case !strings.HasPrefix(p.in[p.at:], "{"):
		return 0, 0, false
	}
	inner, _, closed := strings.Cut(p.in[p.at+1:], "}")
	if !closed || inner == "" || strings.Trim(inner, "0123456789,") != "" || len(inner) > 12 {
		return 0, 0, false // a brace as it is
	}
	from, to, ranged := strings.Cut(inner, ",")
	if strings.Contains(to, ",") {
		return 0, 0, false
	}
	low, _ = strconv.Atoi(from) // empty is 0
	high = low
	if ranged {
		high = unlimited
		if to != "" {
			high, _ = strconv.Atoi(to)
		}
	}
	p.at += len(inner) + 2
	return low, high, true
}

func (p *parser) group() (*node, error) {
	fold := p.fold
	defer func() { p.fold = fold }()
	if p.eat("?") {
		switch {
		case p.eat("#"):
			_, _, closed := strings.Cut(p.in[p.at:], ")")
			if !closed {
				return nil, errors.New("its comment (?# has no end")
			}
			p.at += strings.IndexByte(p.in[p.at:], ')') + 1
			return nil, nil //nolint:nilnil // a comment is nothing
		case p.eat("P<"):
			name, _, closed := strings.Cut(p.in[p.at:], ">")
			if !closed {
				return nil, errors.New("the name of its group has no end")
			}
			p.at += len(name) + 1
		case p.eat(":"):
		case p.eat("="), p.eat("!"), p.eat("<="), p.eat("<!"):
			return nil, fmt.Errorf("look-around, (?=…), (?!…), (?<=…) or (?<!…): %w", ErrUnsupported)
		case p.eat("P="):
			return nil, fmt.Errorf("a reference to a group: %w", ErrUnsupported)
		case p.eat(">"), p.eat("("):
			return nil, fmt.Errorf("an atomic group or a condition: %w", ErrUnsupported)
		default:
			scoped, err := p.flags()
			if err != nil {
				return nil, err
			}
			if !scoped {
				return nil, nil //nolint:nilnil // flags are nothing by themselves
			}
		}
	}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if !p.eat(")") {
		return nil, errors.New("it has a ( without a )")
	}
	return n, nil
}

// flags reads (?i) or the beginning of (?i:…). (?i) holds for the whole expression in Python, and with it for all values of a check;
// it changes nothing where case is ignored already.
func (p *parser) flags() (scoped bool, err error) {
	off, fold := false, p.fold
	for p.more() {
		switch r := p.next(); r {
		case '-':
			off = true
		case 'i':
			p.fold = !off
		case 's', 'u':
			if off && r == 's' {
				return false, fmt.Errorf("the flag s taken away: %w", ErrUnsupported)
			}
		case ')':
			if off {
				return false, errors.New("its flags are taken away for nothing")
			}
			if p.fold != fold {
				return false, fmt.Errorf("the flag i in a check with case-sensitive: %w", ErrUnsupported)
			}
			return false, nil
		case ':':
			return true, nil
		default:
			return false, fmt.Errorf("the group (?%c: %w", r, ErrUnsupported)
		}
	}
	return false, errors.New("it has a ( without a )")
}
