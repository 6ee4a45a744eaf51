package pyre

import (
	"fmt"
	"slices"
)

// maxSequences bounds how many sequences the borders of one expression are resolved into.
const maxSequences = 128

var errTooMany = fmt.Errorf("too many borders of words beside things that may be words or not: %w", ErrUnsupported)

type sequence = []*node

func join(parts ...sequence) sequence {
	var out sequence
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func (n *node) isBorder() bool { return n.op == opBorder || n.op == opInside || n.op == opLoose }

// borders says whether there is one in it, at any depth.
func (n *node) borders() bool {
	return n.isBorder() || slices.ContainsFunc(n.subs, (*node).borders)
}

// empty says whether it may match no character.
func (n *node) empty() bool {
	switch n.op {
	case opSet:
		return false
	case opCat:
		return !slices.ContainsFunc(n.subs, func(s *node) bool { return !s.empty() })
	case opAlt:
		return slices.ContainsFunc(n.subs, (*node).empty)
	case opRepeat:
		return n.min == 0 || n.subs[0].empty()
	}
	return true
}

// flatten makes sequences in which all borders stand at the top.
func flatten(seq sequence) ([]sequence, error) {
	for i, n := range seq {
		if n.isBorder() || !n.borders() {
			continue
		}
		before, after := seq[:i], seq[i+1:]
		var choices []sequence
		switch n.op {
		case opCat:
			choices = []sequence{n.subs}
		case opAlt:
			for _, s := range n.subs {
				choices = append(choices, sequence{s})
			}
		case opRepeat:
			if n.max == unlimited || n.max > 4 {
				return nil, fmt.Errorf("a border of a word within a repetition: %w", ErrUnsupported)
			}
			for times := n.min; times <= n.max; times++ {
				choices = append(choices, slices.Repeat(n.subs, times))
			}
		}
		var out []sequence
		for _, c := range choices {
			more, err := flatten(join(before, c, after))
			if err != nil {
				return nil, err
			}
			if out = append(out, more...); len(out) > maxSequences {
				return nil, errTooMany
			}
		}
		return out, nil
	}
	return []sequence{seq}, nil
}

// resolve takes the borders out of a sequence, each by narrowing what stands on its sides.
func resolve(seq sequence) ([]sequence, error) {
	i := slices.IndexFunc(seq, (*node).isBorder)
	if i < 0 {
		return []sequence{seq}, nil
	}
	left, right := seq[:i], seq[i+1:]
	r := &resolver{}
	var found []sequence
	pairs := func(lefts, rights []sequence) {
		for _, a := range lefts {
			for _, b := range rights {
				found = append(found, join(a, b))
			}
		}
	}
	switch seq[i].op {
	case opBorder:
		pairs(r.last(left, inWord, 0), r.first(right, notWord, 0))
		pairs(r.last(left, notWord, 0), r.first(right, inWord, 0))
	case opInside:
		pairs(r.last(left, inWord, 0), r.first(right, inWord, 0))
		pairs(r.last(left, notWord, 0), r.first(right, notWord, 0))
	default: // all but a word on both sides
		leftWords, rightWords := r.last(left, inWord, 0), r.first(right, inWord, 0)
		if len(leftWords) == 0 || len(rightWords) == 0 {
			found = []sequence{join(left, right)}
			break
		}
		pairs(r.last(left, notWord, 0), []sequence{right})
		pairs([]sequence{left}, r.first(right, notWord, 0))
	}
	if r.err != nil {
		return nil, r.err
	}
	var out []sequence
	for _, f := range found {
		more, err := resolve(f)
		if err != nil {
			return nil, err
		}
		if out = append(out, more...); len(out) > maxSequences {
			return nil, errTooMany
		}
	}
	return out, nil
}

// resolver remembers why something could not be narrowed.
type resolver struct {
	err   error
	steps int
}

func (r *resolver) tired(depth int) bool {
	if r.steps++; r.steps > 4*maxSequences || depth > maxDepth {
		r.err = errTooMany
	}
	return r.err != nil
}

// edge says of which kinds the first (or last) character of what n matches may be; what it says of n.empty() is beside the point.
func (n *node) edge(last bool) (words, others bool) {
	switch n.op {
	case opSet:
		return n.set.holds(inWord), n.set.holds(notWord)
	case opRepeat:
		return n.subs[0].edge(last)
	case opAlt:
		for _, s := range n.subs {
			w, o := s.edge(last)
			words, others = words || w, others || o
		}
	case opCat:
		subs := n.subs
		if last {
			subs = slices.Clone(subs)
			slices.Reverse(subs)
		}
		for _, s := range subs {
			w, o := s.edge(last)
			if words, others = words || w, others || o; !s.empty() {
				break
			}
		}
	case opEnd, opEndLine:
		return false, !last
	case opBegin:
		return false, last
	}
	return words, others
}

// settled says whether nothing has to be narrowed, as n matches something that begins (ends) with one kind only.
func (n *node) settled(last bool, k kind) (fits, settled bool) {
	if n.op == opSet || n.empty() {
		return false, false
	}
	words, others := n.edge(last)
	return bool(k) == words, words != others
}

// outside is what stands before or after an expression: a character of a kind, or for notWord the end of the text.
func outside(k kind, end op) *node {
	if k == inWord {
		return of(&set{classes: []byte{'w'}})
	}
	return &node{op: opAlt, subs: []*node{{op: end}, of(&set{classes: []byte{'W'}})}}
}

// first gives the sequences that begin with a character of a kind, the one after the sequence included.
func (r *resolver) first(seq sequence, k kind, depth int) []sequence {
	if r.tired(depth) {
		return nil
	}
	if len(seq) == 0 {
		return []sequence{{outside(k, opEnd)}}
	}
	n, rest := seq[0], seq[1:]
	if fits, settled := n.settled(false, k); settled {
		if fits {
			return []sequence{seq}
		}
		return nil
	}
	switch n.op {
	case opSet:
		return r.narrowed(n, k, func(s *node) sequence { return join(sequence{s}, rest) })
	case opCat:
		return r.first(join(n.subs, rest), k, depth+1)
	case opAlt:
		var out []sequence
		for _, s := range n.subs {
			out = append(out, r.first(join(sequence{s}, rest), k, depth+1)...)
		}
		return out
	case opRepeat:
		if n.subs[0].empty() {
			r.err = fmt.Errorf("a border of a word beside a repetition of what may be nothing: %w", ErrUnsupported)
			return nil
		}
		out := r.first(join(n.subs, n.less(), rest), k, depth+1)
		if n.min == 0 {
			out = append(out, r.first(rest, k, depth+1)...)
		}
		return out
	case opEnd, opEndLine:
		if k == inWord {
			return nil
		}
		return []sequence{seq}
	}
	var out []sequence
	for _, s := range r.first(rest, k, depth+1) {
		out = append(out, join(sequence{n}, s))
	}
	return out
}

// last gives the sequences that end with a character of a kind, the one before the sequence included.
func (r *resolver) last(seq sequence, k kind, depth int) []sequence {
	if r.tired(depth) {
		return nil
	}
	if len(seq) == 0 {
		return []sequence{{outside(k, opBegin)}}
	}
	n, rest := seq[len(seq)-1], seq[:len(seq)-1]
	if fits, settled := n.settled(true, k); settled {
		if fits {
			return []sequence{seq}
		}
		return nil
	}
	switch n.op {
	case opSet:
		return r.narrowed(n, k, func(s *node) sequence { return join(rest, sequence{s}) })
	case opCat:
		return r.last(join(rest, n.subs), k, depth+1)
	case opAlt:
		var out []sequence
		for _, s := range n.subs {
			out = append(out, r.last(join(rest, sequence{s}), k, depth+1)...)
		}
		return out
	case opRepeat:
		if n.subs[0].empty() {
			r.err = fmt.Errorf("a border of a word beside a repetition of what may be nothing: %w", ErrUnsupported)
			return nil
		}
		out := r.last(join(rest, n.less(), n.subs), k, depth+1)
		if n.min == 0 {
			out = append(out, r.last(rest, k, depth+1)...)
		}
		return out
	case opBegin:
		if k == inWord {
			return nil
		}
		return []sequence{seq}
	}
	var out []sequence
	for _, s := range r.last(rest, k, depth+1) {
		out = append(out, join(s, sequence{n}))
	}
	return out
}

func (r *resolver) narrowed(n *node, k kind, with func(*node) sequence) []sequence {
	s, err := n.set.narrow(k)
	if err != nil {
		r.err = err
	}
	if s == nil {
		return nil
	}
	return []sequence{with(of(s))}
}

// less is a repetition with one less.
func (n *node) less() sequence {
	if n.max == 1 {
		return nil
	}
	out := &node{op: opRepeat, subs: n.subs, min: max(n.min-1, 0), max: n.max}
	if n.max != unlimited {
		out.max--
	}
	return sequence{out}
}
