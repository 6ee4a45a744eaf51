package compose

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/clipperhouse/uax29/v2/sentences"
	"github.com/clipperhouse/uax29/v2/words"
)

// Split says what becomes of a text that is too long.
type Split string

// Ways to split.
const (
	// SplitNot leaves it, and reports it.
	SplitNot Split = ""
	// SplitThread cuts it between sentences into parts that fit.
	SplitThread Split = "Thread"
	// SplitNumbered does so, and numbers the parts: "(1/3)".
	SplitNumbered Split = "NumberedThread"
)

// MaxSegments is the most texts that a publication has.
const MaxSegments = 51

// number of a part, as it stands after its text.
func number(i, n int) string { return " (" + strconv.Itoa(i) + "/" + strconv.Itoa(n) + ")" }

// budget is what a part may have.
type budget struct{ length, bytes int }

// kind of a place where a text can be cut; higher ones are better.
type kind uint8

const (
	betweenGraphemes kind = iota
	betweenWords
	afterSpace
	betweenSentences
)

// place is where a text can be cut.
type place struct {
	at   int
	kind kind
	// sum is what the text up to here counts; shown is the same up to shownAt, the last place that is not after white space.
	sum, shown, shownAt int
}

// cutter cuts one text into parts. Nothing is lost but the white space between parts.
type cutter struct {
	rules Rules
	text  string
	// all places in order; the last is the end of the text.
	all []place
	// places that are ahead, and what the text before them counts.
	places []place
	before int
}

// newCutter finds the places: between graphemes, and not within the ranges of whole, which are in order.
func newCutter(rules Rules, text string, whole []span) *cutter {
	c := &cutter{rules: rules, text: text}
	sentence, word := sentences.FromString(text), words.FromString(text)
	endSentence, endWord := -1, -1
	for g := graphemes.FromString(text); g.Next(); {
		at := g.End()
		for endSentence < at && sentence.Next() {
			endSentence = sentence.End()
		}
		for endWord < at && word.Next() {
			endWord = word.End()
		}
		for len(whole) > 0 && whole[0].end <= at {
			whole = whole[1:]
		}
		if len(whole) > 0 && at > whole[0].start {
			continue
		}
		space := unicode.IsSpace(runeBefore(text, at))
		kind := betweenGraphemes
		switch {
		case endSentence == at && endsSentence(text[:at]), space && trailsOff(text, at):
			kind = betweenSentences
		case space:
			kind = afterSpace
		case endWord == at:
			kind = betweenWords
		}
		c.add(at, kind, space)
	}
	if n := len(c.all); n == 0 || c.all[n-1].at != len(text) {
		c.add(len(text), betweenSentences, false)
	}
	return c
}

func (c *cutter) add(at int, kind kind, space bool) {
	p := place{at: at, kind: kind}
	from := 0
	if n := len(c.all); n > 0 {
		last := c.all[n-1]
		p.sum, p.shown, p.shownAt, from = last.sum, last.shown, last.shownAt, last.at
	}
	p.sum += c.length(c.text[from:at])
	if !space {
		p.shown, p.shownAt = p.sum, at
	}
	c.all = append(c.all, p)
}

// parts cuts the text; first is what the first part may have, others what each other part may have. It stops at the given number
// of parts.
func (c *cutter) parts(first, others budget, most int) []span {
	var parts []span
	room := first
	c.places, c.before = c.all, 0
	for at := c.skip(0); at < len(c.text) && len(parts) < most; room = others {
		for c.places[0].at <= at {
			c.before = c.places[0].sum
			c.places = c.places[1:]
		}
		end := c.next(at, room)
		parts = append(parts, span{at, at + len(strings.TrimRightFunc(c.text[at:end], unicode.IsSpace))})
		at = c.skip(end)
	}
	return parts
}

// skip gives the next place that is no white space.
func (c *cutter) skip(at int) int {
	for at < len(c.text) {
		r, size := utf8.DecodeRuneInString(c.text[at:])
		if !unicode.IsSpace(r) {
			break
		}
		at += size
	}
	return at
}

// next gives the end of the part that begins at start: of as many sentences as fit, else of as many words, else of as many
// graphemes; if not even one fits, it is a part by itself.
func (c *cutter) next(start int, room budget) int {
	for least := betweenSentences; ; least-- {
		if end := c.fill(start, least, room); end > start {
			return end
		}
		if least == betweenGraphemes {
			return c.places[0].at
		}
	}
}

// fill gives the last place of a kind up to which the text fits, start if there is none.
func (c *cutter) fill(start int, least kind, room budget) int {
	limit := room.length
	for {
		end := c.reach(start, least, limit, room.bytes)
		if end == start || room.length == 0 {
			return end
		}
		if !strings.ContainsAny(c.text[start:end], ".@") {
			return end
		}
		// Pieces are counted by themselves: what is a link or a mention in the part may not have been one in them.
		over := c.length(strings.TrimRightFunc(c.text[start:end], unicode.IsSpace)) - room.length
		if over <= 0 {
			return end
		}
		if limit -= over; limit <= 0 {
			return start
		}
	}
}

// reach is fill by the sum of the pieces.
func (c *cutter) reach(start int, least kind, limit, bytes int) int {
	end := start
	for _, p := range c.places {
		if limit > 0 && p.shown-c.before > limit || bytes > 0 && p.shownAt-start > bytes {
			break
		}
		if p.kind >= least {
			end = p.at
		}
	}
	return end
}

func (c *cutter) length(s string) int {
	if c.rules.MaxLength == 0 || s == "" {
		return 0
	}
	if len(s) == 1 && s[0] < utf8.RuneSelf {
		return 1
	}
	return c.rules.Count(s)
}

// merged sorts ranges and joins those that overlap.
func merged(ranges []span) []span {
	slices.SortFunc(ranges, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	out := ranges[:0]
	for _, r := range ranges {
		if n := len(out); n > 0 && r.start < out[n-1].end {
			out[n-1].end = max(out[n-1].end, r.end)
			continue
		}
		out = append(out, r)
	}
	return out
}
