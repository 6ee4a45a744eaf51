package views

import (
	"strings"
	"unicode/utf8"
)

// elisions are words that lose their last letter before a vowel and are written with the next one: in French, Italian, Catalan.
var elisions = " l d j m t s c n v qu all dell nell sull dall coll un bell quell quest sant gl lorsqu puisqu jusqu quelqu presqu aujourd cent nessun com dov anch "

// minElided is the least length of a term that is a word after an elision: "l'idiot" holds "idiot", "j'ai" does not hold "ai".
const minElided = MaxElided

// MaxElided is a length of words from which on all that stands after an elision is a word.
const MaxElided = 3

// WordStart tells whether a word of n letters can begin at text[at:]: what stands before is no letter, digit or mark that stays. An
// apostrophe between letters separates only after an elision (l', d', dell'). Scripts without spaces have borders everywhere.
// The text is a view.
func (b *Buffer) WordStart(text []byte, at, n int) bool {
	if at == 0 || at >= len(text) {
		return true
	}
	before, size := utf8.DecodeLastRune(text[:at])
	next, _ := utf8.DecodeRune(text[at:])
	switch {
	case b.isWord(before):
		return !b.isWord(next) || b.isUnspaced(before) || b.isUnspaced(next)
	case !b.isWord(next) || at == size:
		return true
	}
	earlier, _ := utf8.DecodeLastRune(text[:at-size])
	if !b.joins(earlier, before, next) {
		return true
	}
	if before != '\'' || n < minElided {
		return false
	}
	start := at - size
	for start > 0 && at-start < 12 && text[start-1] >= 'a' && text[start-1] <= 'z' {
		start--
	}
	return isElision(string(text[start : at-size]))
}

// WordEnd tells whether a word can end at text[:at]. The 's of a possessive is no part of the word.
func (b *Buffer) WordEnd(text []byte, at int) bool {
	if at == 0 || at >= len(text) {
		return true
	}
	last, _ := utf8.DecodeLastRune(text[:at])
	after, size := utf8.DecodeRune(text[at:])
	switch {
	case b.isWord(after):
		return !b.isWord(last) || b.isUnspaced(last) || b.isUnspaced(after)
	case !b.isWord(last) || at+size >= len(text):
		return true
	}
	later, laterSize := utf8.DecodeRune(text[at+size:])
	if !b.joins(last, after, later) {
		return true
	}
	if after != '\'' || later != 's' {
		return false
	}
	end := at + size + laterSize
	if end >= len(text) {
		return true
	}
	r, _ := utf8.DecodeRune(text[end:])
	return !b.isWord(r)
}

// joins tells whether what stands between two characters makes them one word: l'amic, col·legi, 3.5.
func (b *Buffer) joins(before, between, after rune) bool {
	switch between {
	case '\'', '·', 0x2019:
		return b.characters.of(before).kind == letter && b.characters.of(after).kind == letter
	case '.', ',':
		return b.characters.of(before).kind == digit && b.characters.of(after).kind == digit
	}
	return false
}

func (b *Buffer) isWord(r rune) bool {
	k := b.characters.of(r).kind
	// What is invisible in Raw belongs to the word it stands in.
	return k == letter || k == noSpace || k == digit || k == dropped
}

func (b *Buffer) isUnspaced(r rune) bool { return b.characters.of(r).kind == noSpace }

func isElision(word string) bool {
	return word != "" && strings.Contains(elisions, " "+word+" ")
}

// placed tells whether all[start:end] stands where the term may.
func (l *Letters) placed(s *Spelling, start, end int, place Place, e *evidence) bool {
	switch place {
	case Anywhere:
		return true
	case AtStart:
		return start == 0
	case AtEnd:
		return end == l.own
	case Alone:
		return start == 0 && end == l.own
	}
	return l.startsWord(s, start, e) && l.endsWord(s, end, e)
}

// reach is how far digits and symbols around a word are looked through.
const reach = 64

func (l *Letters) startsWord(s *Spelling, start int, e *evidence) bool {
	at := &l.all[start]
	if start == 0 || at.noSpace {
		return true
	}
	if at.Gap == 0 {
		for k := start - 1; ; k-- {
			if l.all[k].noSpace {
				return true
			}
			if l.all[k].plain || start-k > reach {
				return false
			}
			if k == 0 || l.all[k].Gap != 0 {
				return true
			}
		}
	}
	switch {
	case at.Gap == gapApostrophe && at.gapSize == 1 && l.all[start-1].plain:
		return len(s.letters) >= minElided && l.elided(start)
	case at.Gap == gapMiddleDot && at.gapSize == 1 && e.gaps == 0:
		return false
	case e.gaps == 0 || e.singles < 2:
		return true
	}
	left := 0
	for k := start; k > 0 && left < 3 && l.all[k].Gap == at.Gap && l.all[k].gapSize == e.gap && l.single(k-1) && !l.all[k-1].isSymbol(); k-- {
		left++
	}
	return l.leftOver(s, left) || left == 1 && aloneToo(l.all[start-1].Rune)
}

func (l *Letters) endsWord(s *Spelling, end int, e *evidence) bool {
	if end == len(l.all) || l.all[end-1].noSpace {
		return true
	}
	at := &l.all[end]
	if at.Gap == 0 {
		for k := end; k < len(l.all) && l.all[k].Gap == 0; k++ {
			if l.all[k].noSpace {
				return true
			}
			if l.all[k].plain || k-end > reach {
				return false
			}
		}
		return true
	}
	switch {
	case at.Gap == gapApostrophe && at.gapSize == 1 && at.plain && e.gaps == 0:
		return at.Rune == 's' && (end+1 == len(l.all) || l.all[end+1].Gap != 0)
	case at.Gap == gapMiddleDot && at.gapSize == 1 && e.gaps == 0:
		return false
	case e.gaps == 0 || e.singles < 2:
		return true
	}
	left := 0
	for k := end; k < len(l.all) && left < 3 && l.all[k].Gap == at.Gap && l.all[k].gapSize == e.gap && l.single(k) && !l.all[k].isSymbol(); k++ {
		left++
	}
	return l.leftOver(s, left) || left == 1 && len(s.letters) >= 5 && aloneToo(l.all[end].Rune)
}

// leftOver judges single letters beside single letters that spell a term: the term may be a part of what they spell.
func (l *Letters) leftOver(s *Spelling, n int) bool { return n == 0 || n > 1 && len(s.letters) >= 6 }

func (l *Letters) single(k int) bool {
	return (k == 0 || l.all[k].Gap != 0) && (k+1 == len(l.all) || l.all[k+1].Gap != 0)
}

// elided tells whether the letters before the apostrophe at letter start are an elision.
func (l *Letters) elided(start int) bool {
	var buffer [12]byte
	n := len(buffer)
	for k := start - 1; k >= 0; k-- {
		if n == 0 || !l.all[k].plain || l.all[k].Rune >= utf8.RuneSelf {
			return false
		}
		n--
		buffer[n] = byte(l.all[k].Rune)
		if l.all[k].Gap != 0 {
			break
		}
	}
	return isElision(string(buffer[n:]))
}
