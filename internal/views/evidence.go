package views

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// evidence is what is known of letters that may spell a term.
type evidence struct {
	plain, digits, symbols int
	// singles and multis are pieces of one letter and of more, of words in pieces, gaps what stands between them.
	singles, multis int
	gaps            Gap
	gap             uint8
	mixed           bool // gaps of several kinds
	loose           bool // a digit or a symbol in a piece of several letters
	bars            bool // | among the symbols
	drawn           int  // of the symbols, those that are drawn with several
	masked          bool // a mark in the place of a vowel among them
	// doubled and tripled count letters that are written twice and three times or more, without the term having them so.
	doubled, tripled int
	unnatural        bool // the doubled one is not how languages double letters
	absurd           bool // so much so that it shows in a short word
	missing          bool // a border between words is not there
	url              bool
}

// pieces are those of one word.
type pieces struct {
	letters         int  // of the piece so far, one for each run
	odd             bool // there is a digit or a symbol in it
	singles, multis int
	loose           bool
}

func (p *pieces) close() {
	switch p.letters {
	case 0:
	case 1:
		p.singles++
	default:
		p.multis++
		p.loose = p.loose || p.odd
	}
	p.letters, p.odd = 0, false
}

// take counts the pieces of a word that is in pieces.
func (e *evidence) take(p *pieces) {
	if p.singles+p.multis > 1 {
		e.singles += p.singles
		e.multis += p.multis
		e.loose = e.loose || p.loose
	}
	*p = pieces{}
}

// part counts what stands between two letters of one word.
func (e *evidence) part(at *Letter) {
	if e.gaps != 0 {
		e.mixed = e.mixed || e.gaps != at.Gap || e.gap != at.gapSize
	}
	e.gaps |= at.Gap
	e.gap = max(e.gap, at.gapSize)
}

// write counts what a letter is written as; false if it is no letter.
func (e *evidence) write(at *Letter) bool {
	e.url = e.url || at.inURL
	switch {
	case at.plain:
		e.plain++
		return true
	case at.isDigit():
		e.digits++
	default:
		e.symbols++
		several := at.size > 1 && at.Was < utf8.RuneSelf
		e.bars = e.bars || at.Was == '|' && !several
		e.masked = e.masked || at.Was < utf8.RuneSelf && isMask(byte(at.Was))
		if several && at.Was != '(' && at.Was != '[' {
			e.drawn++
		}
	}
	return false
}

// holds tells whether what was found is the term in disguise and not something innocent.
func (e *evidence) holds(s *Spelling, found []Letter) bool {
	n := len(s.letters)
	if e.url && (e.digits+e.symbols > 0 || e.gaps != 0) || e.missing && n < 8 {
		return false
	}
	switch {
	case e.digits+e.symbols == 0:
	case e.bars && e.plain < 3, n == 3 && e.digits > 0 && found[len(found)-1].isDigit():
		return false // d|e is an expression, fa9 a number
	case e.masked && n < 4:
		return false
	case e.plain >= 2, e.plain+e.drawn >= 2 && n >= 4:
	case e.plain == 1:
		if e.digits > 0 && n < 7 && (e.symbols < 2 || n < 5) {
			return false // A55 is a telephone
		}
	case e.digits > 0 || !distinct(found):
		return false
	}
	if !e.stretched(n) {
		return false
	}
	return e.gaps == 0 || e.gap <= maxGap && e.joins(n, found)
}

// isSymbol is true for what is neither a letter nor a digit.
func (at *Letter) isSymbol() bool { return !at.plain && !at.noSpace && !at.isDigit() }

func (at *Letter) isDigit() bool { return !at.plain && at.Was >= '0' && at.Was <= '9' }

// distinct tells whether symbols alone spell something: not by one symbol again and again.
func distinct(found []Letter) bool {
	for _, at := range found[1:] {
		if at.Was != found[0].Was {
			return true
		}
	}
	return false
}

func (e *evidence) stretched(n int) bool {
	switch {
	case e.doubled == 0, e.tripled > 0, e.doubled >= 3:
		return true
	case e.doubled == 2:
		return n >= 5
	}
	return n >= 5 && e.unnatural || n == 4 && e.absurd
}

// joins tells whether pieces of a word that stand apart belong together.
func (e *evidence) joins(n int, found []Letter) bool {
	pieces := e.singles + e.multis
	if n < 6 && (e.mixed || e.gaps&gapSpace != 0 && e.gaps != gapSpace && (n < 4 || e.multis > 0 || e.digits+e.symbols > 0)) {
		return false // rather a list or an expression
	}
	if e.gaps&gapSpace != 0 {
		switch {
		case e.loose || e.digits+e.symbols > 0 && e.plain <= e.digits+e.symbols && n < 6:
			return false
		case e.multis == 0:
			return pieces >= 3 || pieces == 2 && found[0].noSpace
		case e.multis > 1 || e.gaps&gapApostrophe != 0:
			return false
		case e.singles >= 2:
			return n >= 5
		}
		return n >= 6 && e.singles == 1 && lonely(found)
	}
	switch {
	case e.multis == 0:
		return pieces >= 3 && (e.gaps&gapApostrophe == 0 || pieces >= 4) || pieces == 2 && found[0].noSpace
	case e.gaps&(gapApostrophe|gapMiddleDot) != 0:
		return false
	case e.gaps&^gapHyphen == 0:
		return n >= 4
	case pieces >= 3:
		return n >= 5
	}
	return n >= 6 && e.gaps == gapDot && e.gap == 1 && !sentence(found)
}

// lonely tells whether the single letter at an end of a word is no word by itself.
func lonely(found []Letter) bool {
	at := found[0]
	if found[1].Gap == 0 {
		at = found[len(found)-1]
	}
	return !aloneToo(at.Rune)
}

// aloneToo is true for letters that are words.
func aloneToo(r rune) bool { return strings.ContainsRune("aeiouyàвксуоиая", r) }

// sentence is true if a capital follows a full stop.
func sentence(found []Letter) bool {
	for i := range found {
		if i > 0 && found[i].Gap != 0 && unicode.IsUpper(found[i].Was) && !unicode.IsUpper(found[i-1].Was) {
			return true
		}
	}
	return false
}
