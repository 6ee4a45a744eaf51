package views

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// leet are digits and symbols that are read as letters, by what they look like. Symbols are letters only beside others.
var leet = [256]byte{
	'0': 'o', '1': 'i', '2': 'z', '3': 'e', '4': 'a', '5': 's', '6': 'g', '7': 't', '8': 'b', '9': 'g',
	'@': 'a', '$': 's', '!': 'i', '|': 'i', '+': 't', '(': 'c', '<': 'c', '#': 'h',
}

// wideSymbols is beyond the symbols in leetWide.
const wideSymbols = 0x100

// leetWide are symbols beyond ASCII that are read as letters.
var leetWide = [wideSymbols]byte{'£': 'l', '¡': 'i', '§': 's', '©': 'c', '®': 'r', '¦': 'i'}

// leetCyrillic are digits and symbols beside Cyrillic letters: consonants where one can be said, beside a vowel.
var leetCyrillic = [256]struct{ consonant, vowel rune }{
	'0': {'о', 'о'}, '3': {'з', 'е'}, '4': {'ч', 'а'}, '6': {'б', 'б'}, '8': {'в', 'в'}, '@': {'а', 'а'},
}

// cyrillicVowels are those of the view Folded.
const cyrillicVowels = "аеиоуъыэюяіє"

// amongCyrillic gives the letter that a digit or a symbol is beside Cyrillic letters; ok is false if there are none.
func (s *speller) amongCyrillic(i int) (r rune, ok bool) {
	as := leetCyrillic[s.view.Text[i]]
	if as.vowel == 0 {
		return 0, false
	}
	before, after := rune(0), rune(0)
	text := s.view.Text
	if i >= 2 && isTwo(text[i-2], text[i-1]) {
		before = two(text[i-2], text[i-1])
	}
	if i+2 < len(text) && isTwo(text[i+1], text[i+2]) {
		after = two(text[i+1], text[i+2])
	}
	if !isCyrillic(before) && !isCyrillic(after) {
		return 0, false
	}
	if before != 0 && strings.ContainsRune(cyrillicVowels, before) || after != 0 && strings.ContainsRune(cyrillicVowels, after) {
		return as.consonant, true
	}
	return as.vowel, true
}

func isCyrillic(r rune) bool { return r >= 0x400 && r < 0x480 }

// drawn are letters drawn with several symbols, the longest first.
var drawn = []struct {
	symbols string
	letter  byte
}{
	{`\/\/`, 'w'}, {`|\/|`, 'm'}, {`/\/\`, 'm'}, {`|v|`, 'm'}, {`/\/`, 'n'}, {`|\|`, 'n'}, {`|_|`, 'u'}, {`|-|`, 'h'}, {`/-\`, 'a'}, {`/\`, 'a'}, {`\/`, 'v'}, {`()`, 'o'}, {`[]`, 'o'},
	{`|)`, 'd'}, {`|<`, 'k'}, {`><`, 'x'}, {`|3`, 'b'}, {`|=`, 'f'}, {`(_)`, 'u'}, {`]-[`, 'h'},
}

// symbol reads one of ASCII.
func (s *speller) symbol(c byte, i int) int {
	text := s.view.Text
	switch c {
	case ':':
		if len(text) > i+2 && text[i+1] == '/' && text[i+2] == '/' {
			s.address(i)
		}
	case '.':
		if i >= 3 && string(text[i-3:i]) == "www" && (i == 3 || gapOf[text[i-4]] == gapSpace) {
			s.address(i)
		}
	case '*', '#', '%', '&':
		s.masked = s.masked || s.masks(i)
	case '|', '/', '\\', '(', '[', ']', '>':
		for _, d := range drawn {
			if d.symbols[0] == c && len(text)-i >= len(d.symbols) && string(text[i:i+len(d.symbols)]) == d.symbols && !s.alternates(i) && s.draws(d.symbols, i) {
				s.add(rune(d.letter), i, len(d.symbols), false)
				return len(d.symbols)
			}
		}
	}
	if s.reads(c, i) {
		r, ok := s.amongCyrillic(i)
		if !ok {
			r = rune(leet[c])
		}
		s.add(r, i, 1, false)
		return 1
	}
	if g := gapOf[c]; g != 0 {
		s.separate(g)
	} else {
		s.separate(gapOther)
	}
	return 1
}

// draws tells whether symbols are a letter where they stand: empty brackets only before others, as foo() is a call, and so
// an operator.
func (s *speller) draws(symbols string, i int) bool {
	after := i + len(symbols)
	switch symbols {
	case "()", "[]":
		return after < len(s.view.Text) && (isLower(s.view.Text[after]) || strings.IndexByte(`|/\`, s.view.Text[after]) >= 0)
	case "|=":
		return after < len(s.view.Text) && isLower(s.view.Text[after])
	}
	return true
}

// isMask is true for symbols that stand in the place of vowels.
func isMask(c byte) bool { return c == '*' || c == '#' || c == '%' || c == '&' }

// masks tells whether a symbol stands in the place of a letter, and not of a separator.
func (s *speller) masks(i int) bool {
	text := s.view.Text
	return isMask(text[i]) && i > 0 && isLower(text[i-1]) && i+1 < len(text) && isLower(text[i+1]) && i >= s.urlEnd && !s.alternates(i)
}

// reads tells whether a symbol is read as a letter where it stands.
func (s *speller) reads(c byte, i int) bool {
	if leet[c] == 0 || i < s.urlEnd || s.alternates(i) {
		return false
	}
	text := s.view.Text
	before := i > 0 && wordy(text[i-1])
	after := i+1 < len(text) && wordy(text[i+1])
	switch c {
	case '$', '@', '|':
		return before || after || c != '|' && s.lone(i)
	case '+':
		return before && (i+1 == len(text) || text[i+1] != '+') || s.lone(i)
	case '!':
		return after || s.lone(i)
	case '(':
		return after && !closes(text[i:], ')') || s.lone(i)
	case '<':
		return after && isLower(text[i+1]) && (before && isLower(text[i-1]) || !before && !closes(text[i:], '>'))
	case '#':
		return before && after && text[i-1] != '!' && !isDigit(text[i-1]) && !isDigit(text[i+1])
	}
	return before && after && isLower(text[i-1]) && isLower(text[i+1])
}

// lone tells whether a symbol stands in a row of single characters with one separator between them, as in b-@-s-e: those but @ and $
// only between two of them, and not between spaces.
func (s *speller) lone(i int) bool {
	text := s.view.Text
	at := func(k int) byte {
		if k < 0 || k >= len(text) {
			return 0
		}
		return text[k]
	}
	separates := func(c byte) bool { return gapOf[c] != 0 || c == '/' }
	before, after := at(i-1), at(i+1)
	if before != 0 && wordy(before) || after != 0 && wordy(after) {
		return false
	}
	left := separates(before) && wordy(at(i-2)) && !wordy(at(i-3))
	right := separates(after) && wordy(at(i+2)) && !wordy(at(i+3))
	if c := text[i]; c == '@' || c == '$' {
		return left || right
	}
	return left && right && before == after && gapOf[after] != gapSpace
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// closes tells whether a bracket is closed.
func closes(text []byte, by byte) bool {
	const most = 256
	return bytes.IndexByte(text[:min(len(text), most)], by) >= 0
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' || c >= utf8.RuneSelf }

// wordy is true for what is, or can be read as, a part of a word.
func wordy(c byte) bool {
	return isLower(c) || isDigit(c) || leet[c] != 0 && c != '(' && c != '<'
}

// alternates is true for a symbol that stands between single letters, as in n|i|t: it separates them.
func (s *speller) alternates(i int) bool {
	text := s.view.Text
	c := text[i]
	if c == '@' || c == '$' {
		return false
	}
	is := func(at int) bool {
		return at >= 0 && at < len(text) && text[at] == c && (at == 0 || isLower(text[at-1]) || isDigit(text[at-1]))
	}
	// back and on are the places beyond the next character, which may have several bytes.
	back := func(at int) int {
		_, size := utf8.DecodeLastRune(text[:max(at, 0)])
		return at - 1 - size
	}
	on := func(at int) int {
		if at+1 >= len(text) {
			return len(text)
		}
		_, size := utf8.DecodeRune(text[at+1:])
		return at + 1 + size
	}
	if !is(i) {
		return false
	}
	before, after := back(i), on(i)
	return is(before) && (is(back(before)) || is(after)) || is(after) && is(on(after))
}
