package views

import (
	"bytes"
	"unicode/utf8"
)

// Gap says what stands between two letters.
type Gap uint8

// Gaps. None: the letters touch.
const (
	gapSpace Gap = 1 << iota
	gapHyphen
	gapDot
	gapApostrophe
	gapMiddleDot
	gapOther
)

// Letter is a letter of the Deobfuscated view.
type Letter struct {
	// Rune is what it is read as, Was the character that is written.
	Rune, Was rune
	// From and To are its place in the raw text, in bytes.
	From, To int32
	// at is its place in Skeleton.
	at, size int32
	// Gap is what stands before it, GapSize how many characters, at most 255.
	Gap     Gap
	gapSize uint8
	// plain is true for a letter that is written as a letter.
	plain   bool
	noSpace bool
	inURL   bool
}

// Letters are the letters of a text as Deobfuscated reads them: digits and symbols that look like letters among them, all
// else as gaps.
type Letters struct {
	characters *table
	buffer     *Buffer
	keyed      bool // the key is made
	made       bool // all is made
	all        []Letter
	// key is one character for each run of one letter, or of letters that are taken for one another. starts has the run's for each
	// of its bytes, and one for the end.
	key    []byte
	starts []runStart
}

// Key is the text with one character for each run of equal letters and nothing between them: where a term's key is not found,
// the term is not. The key belongs to the Buffer.
func (l *Letters) Key() []byte { return l.key }

// leet are digits and symbols that are read as letters, by what they look like. Symbols are letters only beside others.
var leet = [256]byte{
	'0': 'o', '1': 'i', '2': 'z', '3': 'e', '4': 'a', '5': 's', '6': 'g', '7': 't', '8': 'b', '9': 'g',
	'@': 'a', '$': 's', '!': 'i', '|': 'i', '+': 't', '(': 'c', '<': 'c', '#': 'h',
}

// leetCyrillic are digits beside Cyrillic letters.
var leetCyrillic = [256]rune{'0': 'о', '3': 'з', '4': 'ч', '6': 'б', '8': 'в'}

// amongCyrillic tells whether a Cyrillic letter stands beside a digit.
func (s *speller) amongCyrillic(i int) bool {
	const first, last = 0xd0, 0xd1 // of U+0400 to U+047F
	text := s.view.Text
	return i >= 2 && text[i-2] >= first && text[i-2] <= last && text[i-1] < 0xc0 && text[i-1] >= 0x80 || i+1 < len(text) && text[i+1] >= first && text[i+1] <= last
}

// drawn are letters drawn with several symbols, the longest first.
var drawn = []struct {
	symbols string
	letter  byte
}{
	{`\/\/`, 'w'}, {`|\/|`, 'm'}, {`/\/\`, 'm'}, {`|\|`, 'n'}, {`|_|`, 'u'}, {`|-|`, 'h'}, {`/-\`, 'a'}, {`/\`, 'a'}, {`\/`, 'v'}, {`()`, 'o'}, {`[]`, 'o'},
	{`|)`, 'd'}, {`|<`, 'k'}, {`><`, 'x'}, {`|3`, 'b'},
}

var gapOf = [256]Gap{
	' ': gapSpace, '\t': gapSpace, '\n': gapSpace, '\r': gapSpace, '-': gapHyphen, '_': gapHyphen, '*': gapHyphen, '~': gapHyphen, '^': gapHyphen, '=': gapHyphen,
	'.': gapDot, ',': gapOther, '\'': gapApostrophe, '`': gapApostrophe,
}

// Letters gives the letters of the text, with their key. They are valid until the next Reset.
func (b *Buffer) Letters() *Letters {
	l := &b.letters
	if l.keyed {
		return l
	}
	l.keyed, l.characters, l.buffer = true, b.characters, b
	s := speller{Letters: l, view: b.View(Skeleton), raw: b.text}
	s.makeKey()
	return l
}

// need makes all that is known of the letters, which few texts need: those that hold a key.
func (l *Letters) need() {
	if l.made {
		return
	}
	l.made = true
	l.all = l.all[:0]
	s := speller{Letters: l, view: l.buffer.View(Skeleton), raw: l.buffer.text, full: true}
	s.makeAll()
}

// speller reads the letters of a text.
type speller struct {
	*Letters
	view    *View
	raw     string
	full    bool // all about the letters, not the key
	gap     Gap
	gapSize int
	word    int // the first letter of what stands between spaces
	urlEnd  int // the end of the last word that is a URL
	key     keyMaker
}

func (s *speller) makeAll() {
	text := s.view.Text
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case gapOf[c] == gapSpace:
			s.separate(gapSpace)
			s.word = len(s.all)
			i++
		case keyOf[c] != 0 && c >= 'a':
			s.add(rune(c), i, 1, true)
			i++
		default:
			i += s.special(c, i)
		}
	}
}

// special reads what is no letter of ASCII.
func (s *speller) special(c byte, i int) int {
	switch {
	case c >= utf8.RuneSelf:
		return s.wide(i)
	case keyOf[c] == 0:
		return s.symbol(c, i)
	case leetCyrillic[c] != 0 && s.amongCyrillic(i):
		s.add(leetCyrillic[c], i, 1, false)
	default:
		s.add(rune(leet[c]), i, 1, false)
	}
	return 1
}

// makeKey is makeAll for the key alone.
func (s *speller) makeKey() {
	text := s.view.Text
	s.key.begin(s.Letters, len(text))
	for i := 0; i < len(text); {
		i = s.key.plain(text, i)
		for i < len(text) && plainKey[text[i]] == special {
			i += s.special(text[i], i)
		}
	}
	s.key.end(s.Letters, len(text))
}

// wide reads a character beyond ASCII.
func (s *speller) wide(i int) int {
	if text := s.view.Text; !s.full && isTwo(text[i], text[i+1]) {
		if s.characters.of(two(text[i], text[i+1])).kind == letter {
			s.key.addTwo(text[i], text[i+1], i)
			return 2
		}
	}
	r, size := utf8.DecodeRune(s.view.Text[i:])
	switch e := s.characters.of(r); {
	case e.kind == letter:
		s.add(r, i, size, true)
	case e.kind == noSpace:
		s.add(r, i, size, true)
		if s.full {
			s.all[len(s.all)-1].noSpace = true
		}
	case e.kind == flag && !s.flagged(i-size) && !s.flagged(i+size):
		s.add('a'+r-firstFlag, i, size, true)
	case r == '·':
		s.separate(gapMiddleDot)
	case r == '€':
		s.add('e', i, size, false)
	case r == '£':
		s.add('l', i, size, false)
	case r == '¡':
		s.add('i', i, size, false)
	case r == '•', r == '∙', r == '⋅', r == '◦':
		s.separate(gapHyphen)
	default:
		s.separate(gapOther)
	}
	return size
}

// flagged tells whether a regional indicator is there: two of them are a flag.
func (s *speller) flagged(i int) bool {
	if i < 0 || i >= len(s.view.Text) {
		return false
	}
	r, _ := utf8.DecodeRune(s.view.Text[i:])
	return r >= firstFlag && r < firstFlag+26
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
	case '|', '/', '\\', '(', '[', '>':
		for _, d := range drawn {
			if d.symbols[0] == c && len(text)-i >= len(d.symbols) && string(text[i:i+len(d.symbols)]) == d.symbols && !s.alternates(i) && s.draws(d.symbols, i) {
				s.add(rune(d.letter), i, len(d.symbols), false)
				return len(d.symbols)
			}
		}
	}
	if s.reads(c, i) {
		s.add(rune(leet[c]), i, 1, false)
		return 1
	}
	if g := gapOf[c]; g != 0 {
		s.separate(g)
	} else {
		s.separate(gapOther)
	}
	return 1
}

// draws tells whether symbols are a letter where they stand: empty brackets only before others, as foo() is a call.
func (s *speller) draws(symbols string, i int) bool {
	after := i + len(symbols)
	return symbols != "()" && symbols != "[]" || after < len(s.view.Text) && isLower(s.view.Text[after])
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
		return before || after
	case '+':
		return before && (i+1 == len(text) || isLower(text[i+1]) || text[i+1] != '+' && !wordy(text[i+1]))
	case '!':
		return after
	case '(':
		return after && !closes(text[i:])
	}
	return before && after && isLower(text[i-1]) && isLower(text[i+1])
}

// closes tells whether a bracket is closed.
func closes(text []byte) bool {
	const most = 256
	return bytes.IndexByte(text[:min(len(text), most)], ')') >= 0
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' || c >= utf8.RuneSelf }

// wordy is true for what is, or can be read as, a part of a word.
func wordy(c byte) bool {
	return isLower(c) || c >= '0' && c <= '9' || leet[c] != 0 && c != '(' && c != '<'
}

// alternates is true for a symbol that stands between single letters, as in n|i|t: it separates them.
func (s *speller) alternates(i int) bool {
	text := s.view.Text
	c := text[i]
	if c == '@' || c == '$' {
		return false
	}
	is := func(at int) bool {
		return at >= 0 && at < len(text) && text[at] == c && (at == 0 || isLower(text[at-1]))
	}
	return is(i) && (is(i-2) && is(i-4) || is(i-2) && is(i+2) || is(i+2) && is(i+4))
}

// address marks the word around i as a URL.
func (s *speller) address(i int) {
	if i < s.urlEnd {
		return
	}
	for i < len(s.view.Text) && gapOf[s.view.Text[i]] != gapSpace {
		i++
	}
	s.urlEnd = i
	for k := s.word; k < len(s.all); k++ {
		s.all[k].inURL = true
	}
}

func (s *speller) separate(g Gap) {
	s.gap |= g
	s.gapSize++
}

func (s *speller) add(r rune, at, size int, plain bool) {
	if !s.full {
		s.key.add(keyRune(r), at)
		return
	}
	from, to := s.view.Span(at, at+size)
	was := rune(s.raw[from])
	if was >= utf8.RuneSelf {
		was, _ = utf8.DecodeRuneInString(s.raw[from:])
	}
	s.all = append(s.all, Letter{
		Rune: r, Was: was, From: int32(from), To: int32(to), at: int32(at), size: int32(size),
		Gap: s.gap, gapSize: uint8(min(s.gapSize, 255)), plain: plain, inURL: at < s.urlEnd,
	})
	s.gap, s.gapSize = 0, 0
}

// deobfuscated writes the letters with what stands between them.
func (b *Buffer) deobfuscated(v *View) {
	l, skeleton := b.Letters(), b.View(Skeleton)
	l.need()
	done := 0 // the place in Skeleton
	for i := 0; i < len(l.all); {
		end := l.piece(i)
		joined := l.joined(i, end)
		stop := max(end, joined)
		for k := i; k < stop; k++ {
			at := &l.all[k]
			if k == i || joined == 0 {
				b.copyGap(v, skeleton, done, int(at.at))
			}
			done = int(at.at + at.size)
			if at.plain || at.noSpace || l.reads(k, i, stop) {
				if l.repeats(k, i, stop) {
					v.extend(int(at.To))
					continue
				}
				v.addRune(at.Rune, int(at.From), int(at.To))
			} else {
				b.copyGap(v, skeleton, int(at.at), done)
			}
		}
		i = stop
	}
	b.copyGap(v, skeleton, done, len(skeleton.Text))
}

func (b *Buffer) copyGap(v, from *View, start, end int) {
	for start < end {
		r, size := utf8.DecodeRune(from.Text[start:end])
		rawStart, rawEnd := from.Span(start, start+size)
		v.addRune(r, rawStart, rawEnd)
		start += size
	}
}

// piece is the end of the letters that touch one another, from i.
func (l *Letters) piece(i int) int { return l.pieceWithin(i, len(l.all)) }

// pieceWithin looks no further than stop.
func (l *Letters) pieceWithin(i, stop int) int {
	for i++; i < stop && l.all[i].Gap == 0; i++ {
	}
	return min(i, stop)
}

// joined is the end of three single letters or more that begin at i, 0 if there are fewer.
func (l *Letters) joined(i, end int) int {
	if end != i+1 || l.all[i].inURL {
		return 0
	}
	n := 1
	for end < len(l.all) && l.all[end].gapSize <= maxGap && l.piece(end) == end+1 {
		end++
		n++
	}
	if n < 3 {
		return 0
	}
	return end
}

// reads tells whether a digit or a symbol in all[from:to] is read as a letter: it stands between letters.
func (l *Letters) reads(k, from, to int) bool {
	if l.all[k].inURL {
		return false
	}
	const near = 8
	before, after := 0, 0
	for i := k - 1; i >= max(from, k-near); i-- {
		if l.all[i].plain {
			before++
		}
	}
	for i := k + 1; i < min(to, k+near+1); i++ {
		if l.all[i].plain {
			after++
		}
	}
	return before > 0 && after > 0 || before+after >= 2 && (l.all[k].Was < '0' || l.all[k].Was > '9')
}

// repeats tells whether a letter in all[from:to] is one more of three equal ones or more, but not the first of them.
func (l *Letters) repeats(k, from, to int) bool {
	same := func(i int) bool {
		return i >= from && i < to && l.all[i].Rune == l.all[k].Rune && l.all[i].plain == l.all[k].plain
	}
	return same(k-1) && (same(k-2) || same(k+1))
}
