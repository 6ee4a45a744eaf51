package match

import (
	"regexp/syntax"
	"strings"
)

// Bounds of the strings that a regular expression is known to need.
const (
	maxNeeded     = 64 // strings
	maxNeededSize = 48 // bytes of one
	minNeededSize = 2  // shorter ones stand everywhere
	maxClass      = 8
)

// needs is what a part of a regular expression needs.
type needs struct {
	// exact are all that it matches, nil if they are too many.
	exact []string
	// one holds strings of which each match holds one; nil if nothing is known.
	one []string
}

// needed gives strings of which every match of an expression holds one, folded; nil if there are no such strings.
func needed(re *syntax.Regexp, fold func(rune) string) []string {
	n := analyse(re, fold)
	best := n.one
	if n.exact != nil {
		best = better(best, n.exact)
	}
	if shortest(best) < minNeededSize {
		return nil
	}
	for i, s := range best {
		if len(s) > maxNeededSize {
			best[i] = strings.ToValidUTF8(s[:maxNeededSize], "")
		}
	}
	return best
}

func shortest(set []string) int {
	if len(set) == 0 {
		return 0
	}
	n := len(set[0])
	for _, s := range set {
		n = min(n, len(s))
	}
	return n
}

func better(a, b []string) []string {
	switch x, y := shortest(a), shortest(b); {
	case x > y, x == y && len(a) > 0 && len(a) <= len(b):
		return a
	case y == 0:
		return nil
	}
	return b
}

func analyse(re *syntax.Regexp, fold func(rune) string) needs {
	switch re.Op {
	case syntax.OpLiteral:
		var s strings.Builder
		for _, r := range re.Rune {
			s.WriteString(fold(r))
		}
		return needs{exact: []string{s.String()}}
	case syntax.OpCharClass:
		return class(re, fold)
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return needs{exact: []string{""}}
	case syntax.OpCapture:
		return analyse(re.Sub[0], fold)
	case syntax.OpConcat:
		return concat(re.Sub, fold)
	case syntax.OpAlternate:
		return alternate(re.Sub, fold)
	case syntax.OpQuest:
		if n := analyse(re.Sub[0], fold); n.exact != nil {
			return needs{exact: unite(n.exact, []string{""})}
		}
	case syntax.OpPlus:
		return atLeastOnce(analyse(re.Sub[0], fold))
	case syntax.OpRepeat:
		if re.Min > 0 {
			return atLeastOnce(analyse(re.Sub[0], fold))
		}
	}
	return needs{}
}

func atLeastOnce(n needs) needs {
	if n.exact != nil {
		return needs{one: better(n.one, n.exact)}
	}
	return n
}

func class(re *syntax.Regexp, fold func(rune) string) needs {
	var set []string
	for i := 0; i+1 < len(re.Rune); i += 2 {
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			if set = unite(set, []string{fold(r)}); len(set) > maxClass {
				return needs{}
			}
		}
	}
	return needs{exact: set}
}

func unite(a, b []string) []string {
	for _, s := range b {
		known := false
		for _, t := range a {
			known = known || s == t
		}
		if !known {
			a = append(a, s)
		}
	}
	return a
}

func concat(subs []*syntax.Regexp, fold func(rune) string) needs {
	all := []string{""} // what the parts since the last unknown one match
	var best []string
	exact := true
	for _, sub := range subs {
		n := analyse(sub, fold)
		if n.exact != nil && len(all)*len(n.exact) <= maxNeeded && len(all[0])+len(n.exact[0]) <= 4*maxNeededSize {
			product := make([]string, 0, len(all)*len(n.exact))
			for _, a := range all {
				for _, b := range n.exact {
					product = append(product, a+b)
				}
			}
			all = product
			continue
		}
		exact = false
		best = better(best, all)
		if all = []string{""}; n.exact != nil {
			all = n.exact
		}
		best = better(best, n.one)
	}
	if exact {
		return needs{exact: all}
	}
	return needs{one: better(best, all)}
}

func alternate(subs []*syntax.Regexp, fold func(rune) string) needs {
	var exact, one []string
	isExact := true
	for _, sub := range subs {
		n := analyse(sub, fold)
		if n.exact == nil {
			isExact = false
		} else {
			exact = unite(exact, n.exact)
		}
		some := n.one
		if n.exact != nil {
			some = better(some, n.exact)
		}
		if len(some) == 0 || len(one)+len(some) > maxNeeded {
			return needs{}
		}
		one = unite(one, some)
	}
	if isExact {
		return needs{exact: exact}
	}
	return needs{one: one}
}
