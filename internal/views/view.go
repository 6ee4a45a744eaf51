package views

import (
	"math/bits"
	"unicode/utf8"
)

// ID names a view.
type ID uint8

// Views, from what is written to what is meant.
const (
	Raw ID = iota
	Cased
	Folded
	Skeleton
	Deobfuscated
	// Count is the number of views.
	Count
)

// String is the name of a view as policies have it; Cased is Raw without case.
func (v ID) String() string {
	return [...]string{"Raw", "Cased", "Folded", "Skeleton", "Deobfuscated", "?"}[min(v, Count)]
}

// View is a text in one of its forms. It belongs to the Buffer that made it, and is valid until the Buffer's next Reset.
type View struct {
	// Text is the form, as UTF-8.
	Text []byte
	// pieces are where the bytes of Text come from, in the order of Text; none if each comes from its own place.
	pieces []piece
	// near is the piece that was looked for last: the next one is likely to be near.
	near int
}

// piece is where the bytes of a view come from that begin at at. If size is 0 they come character by character from raw text of
// the same length that begins at from, else all together from that many bytes there.
type piece struct{ at, from, size int32 }

// Span is where a range of the view's bytes comes from: bytes of the raw text, at borders of characters.
func (v *View) Span(start, end int) (rawStart, rawEnd int) {
	if start >= end {
		return 0, 0
	}
	if len(v.pieces) == 0 {
		return start, end
	}
	rawStart, _ = v.origin(start)
	_, rawEnd = v.origin(end - 1)
	return rawStart, rawEnd
}

// origin is where the character comes from that a byte belongs to.
func (v *View) origin(at int) (from, to int) {
	p := v.piece(at)
	if p.size > 0 {
		return int(p.from), int(p.from + p.size)
	}
	for at > int(p.at) && !utf8.RuneStart(v.Text[at]) {
		at--
	}
	from = int(p.from) + at - int(p.at)
	return from, from + max(1, leadingOnes(v.Text[at]))
}

// leadingOnes is the size of a character of several bytes, by its first.
func leadingOnes(c byte) int { return bits.LeadingZeros8(^c) }

// piece gives the piece of a byte.
func (v *View) piece(at int) piece {
	last := len(v.pieces) - 1
	holds := func(i int) bool {
		return i <= last && int(v.pieces[i].at) <= at && (i == last || int(v.pieces[i+1].at) > at)
	}
	switch {
	case holds(v.near):
	case holds(v.near + 1):
		v.near++
	default:
		low, high := 0, last
		for low < high {
			if middle := (low + high + 1) / 2; int(v.pieces[middle].at) <= at {
				low = middle
			} else {
				high = middle - 1
			}
		}
		v.near = low
	}
	return v.pieces[v.near]
}

func (v *View) reset() {
	v.Text, v.pieces, v.near = v.Text[:0], v.pieces[:0], 0
}

// add adds what text[from:to], one character, is in the view.
func (v *View) add(s string, from, to int) {
	even := len(s) == to-from && (len(s) == 1 && s[0] < utf8.RuneSelf || len(s) > 1 && leadingOnes(s[0]) == len(s))
	v.place(len(v.Text), from, to-from, even)
	v.Text = append(v.Text, s...)
}

// place says where the bytes come from that begin at at: from one character of size bytes, or, if they are even, from characters of
// the sizes that they have in the view.
func (v *View) place(at, from, size int, even bool) {
	if even {
		if n := len(v.pieces); n > 0 {
			if last := &v.pieces[n-1]; last.size == 0 && int(last.from)+at-int(last.at) == from {
				return
			}
		}
		size = 0
	}
	v.pieces = append(v.pieces, piece{at: int32(at), from: int32(from), size: int32(size)})
}

// extend lets what was written last reach further: a mark or something invisible belongs to the letter before it.
func (v *View) extend(to int) {
	if len(v.Text) == 0 {
		return
	}
	last := v.pieces[len(v.pieces)-1]
	if last.size == 0 {
		at := len(v.Text) - 1
		for !utf8.RuneStart(v.Text[at]) {
			at--
		}
		if int32(at) == last.at {
			v.pieces = v.pieces[:len(v.pieces)-1]
		}
		last.from += int32(at) - last.at
		last.at = int32(at)
		v.pieces = append(v.pieces, last)
	}
	v.pieces[len(v.pieces)-1].size = int32(to) - last.from
}
