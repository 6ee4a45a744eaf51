package pyre

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Regex translates a Python regular expression that is searched for by a method. A text matches if it matches one of the
// expressions that are given; none means that no text can.
func Regex(pattern string, method Method, caseSensitive bool) ([]string, error) {
	n, err := parse(pattern, !caseSensitive)
	if err != nil {
		return nil, err
	}
	if err := endLines(n, nil); err != nil {
		return nil, err
	}
	return translate(n, method)
}

// Literals translates words that are searched for as they are by a method, many into one expression.
func Literals(words []string, method Method, caseSensitive bool) ([]string, error) {
	var out []string
	for _, group := range alike(words) {
		for len(group) > 0 {
			taken, size := 0, 0
			for taken < len(group) && (taken == 0 || size+len(regexp.QuoteMeta(group[taken])) < MaxLength*3/4) {
				size += len(regexp.QuoteMeta(group[taken])) + 1
				taken++
			}
			alt := &node{op: opAlt}
			for _, w := range group[:taken] {
				alt.subs = append(alt.subs, literal(w, !caseSensitive))
			}
			group = group[taken:]
			if taken == 1 {
				alt = alt.subs[0]
			}
			exprs, err := translate(alt, method)
			if err != nil {
				return nil, err
			}
			out = append(out, exprs...)
		}
	}
	return out, nil
}

// alike puts words together that begin and end with the same kind of character, so that borders are the same for all of them.
func alike(words []string) [][]string {
	var out [4][]string
	for _, w := range words {
		at := 0
		if r := []rune(w); len(r) > 0 {
			if isWord(r[0]) {
				at |= 1
			}
			if isWord(r[len(r)-1]) {
				at |= 2
			}
		}
		out[at] = append(out[at], w)
	}
	return slices.DeleteFunc(out[:], func(g []string) bool { return len(g) == 0 })
}

func translate(n *node, method Method) ([]string, error) {
	seq := around(n, method)
	flat, err := flatten(seq)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range flat {
		resolved, err := resolve(f)
		if err != nil {
			return nil, err
		}
		for _, s := range resolved {
			text, err := expression(s)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out, nil
}

// around puts what a method asks for around an expression.
func around(n *node, method Method) sequence {
	noise := &node{op: opRepeat, subs: []*node{of(&set{classes: []byte{'W'}})}, max: unlimited}
	begin, end := &node{op: opBegin}, &node{op: opEndLine}
	switch method {
	case Includes:
		return sequence{n}
	case StartsWith:
		return sequence{begin, n}
	case EndsWith:
		return sequence{n, end}
	case FullExact:
		return sequence{begin, n, end}
	case FullText:
		return sequence{begin, noise, n, noise, end}
	default:
		loose := &node{op: opLoose}
		return sequence{loose, n, loose}
	}
}

// endLines looks at each $ with what follows it: the end of the text, or a line feed that ends it, so that $ before something
// that is neither can never match.
func endLines(n *node, rest sequence) error {
	switch n.op {
	case opEndLine:
		after := cat(rest...)
		switch {
		case len(rest) == 0:
		case !after.empty() && !after.begins('\n'):
			*n = node{op: opSet, set: &set{}}
		default:
			return fmt.Errorf("something after $: %w", ErrUnsupported)
		}
	case opCat:
		for i, s := range n.subs {
			if err := endLines(s, join(n.subs[i+1:], rest)); err != nil {
				return err
			}
		}
	case opAlt:
		for _, s := range n.subs {
			if err := endLines(s, rest); err != nil {
				return err
			}
		}
	case opRepeat:
		if n.max != 1 {
			rest = join(n.subs, rest)
		}
		return endLines(n.subs[0], rest)
	}
	return nil
}

// begins says whether what n matches may begin with a character.
func (n *node) begins(r rune) bool {
	switch n.op {
	case opSet:
		return n.set.listed(r) != n.set.not
	case opCat:
		for _, s := range n.subs {
			if s.begins(r) {
				return true
			}
			if !s.empty() {
				return false
			}
		}
	case opAlt, opRepeat:
		return slices.ContainsFunc(n.subs, func(s *node) bool { return s.begins(r) })
	}
	return false
}

// expression writes a sequence and looks whether RE2 takes it.
func expression(seq sequence) (string, error) {
	fold := anyFold(cat(seq...))
	body, err := write(cat(seq...), fold)
	if err != nil {
		return "", err
	}
	text := "(?-i)" + body
	if fold {
		text = "(?i)" + body
	}
	if len(text) > MaxLength {
		return "", fmt.Errorf("it becomes longer than %d bytes, which is the most: make several of it: %w", MaxLength, ErrUnsupported)
	}
	if _, err := regexp.Compile(text); err != nil {
		return "", fmt.Errorf("it becomes %w: %w", err, ErrUnsupported)
	}
	return text, nil
}

// anyFold says whether case is ignored somewhere. Classes of words and spaces have no case.
func anyFold(n *node) bool {
	return n.op == opSet && n.set.fold || slices.ContainsFunc(n.subs, anyFold)
}

func write(n *node, fold bool) (string, error) {
	switch n.op {
	case opSet:
		text, err := n.set.print()
		if err == nil && fold && !n.set.fold && len(n.set.spans) > 0 {
			text = "(?-i:" + text + ")"
		}
		return text, err
	case opCat:
		var out strings.Builder
		for _, s := range n.subs {
			text, err := write(s, fold)
			if err != nil {
				return "", err
			}
			out.WriteString(text)
		}
		return out.String(), nil
	case opAlt:
		var out []string
		for _, s := range n.subs {
			text, err := write(s, fold)
			if err != nil {
				return "", err
			}
			out = append(out, text)
		}
		return "(?:" + strings.Join(out, "|") + ")", nil
	case opRepeat:
		text, err := write(n.subs[0], fold)
		if n.subs[0].op != opSet && n.subs[0].op != opAlt {
			text = "(?:" + text + ")"
		}
		return text + times(n.min, n.max), err
	case opBegin:
		return `\A`, nil
	case opEnd:
		return `\z`, nil
	case opEndLine:
		return `(?:\n?\z)`, nil
	}
	return "", fmt.Errorf("a border of a word was left: %w", ErrUnsupported)
}

func times(low, high int) string {
	switch {
	case low == 0 && high == unlimited:
		return "*"
	case low == 1 && high == unlimited:
		return "+"
	case low == 0 && high == 1:
		return "?"
	case high == unlimited:
		return fmt.Sprintf("{%d,}", low)
	case low == high:
		return fmt.Sprintf("{%d}", low)
	}
	return fmt.Sprintf("{%d,%d}", low, high)
}
