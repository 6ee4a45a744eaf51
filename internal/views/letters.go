package views

import "unicode/utf8"

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
	// view is what is read: Skeleton, and after its size bytes other readings of what can be read in several ways. own is the
	// number of letters before those.
	view *View
	size int
	own  int
	// once suppresses the other readings.
	once  bool
	other View
}

// Key is the text with one character for each run of equal letters and nothing between them: where a term's key is not found,
// the term is not. The key belongs to the Buffer.
func (l *Letters) Key() []byte { return l.key }

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
	l.view = b.View(Skeleton)
	l.size = len(l.view.Text)
	if !l.once && b.readsTwice() {
		l.readTwice()
	}
	s := speller{Letters: l, raw: b.text}
	s.makeKey()
	if s.masked && !l.once && l.unmask() {
		s = speller{Letters: l, raw: b.text}
		s.makeKey()
	}
	return l
}

// need makes all that is known of the letters, which few texts need: those that hold a key.
func (l *Letters) need() {
	if l.made {
		return
	}
	l.made = true
	l.all = l.all[:0]
	s := speller{Letters: l, raw: l.buffer.text, full: true}
	s.makeAll()
}

// speller reads the letters of a text.
type speller struct {
	*Letters
	raw     string
	full    bool // all about the letters, not the key
	gap     Gap
	gapSize int
	word    int  // the first letter of what stands between spaces
	urlEnd  int  // the end of the last word that is a URL
	masked  bool // a mark stands for a vowel
	key     keyMaker
}

func (s *speller) makeAll() {
	text := s.view.Text
	s.own = -1
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
	if s.own < 0 {
		s.own = len(s.all)
	}
}

// special reads what is no letter of ASCII.
func (s *speller) special(c byte, i int) int {
	switch {
	case c >= utf8.RuneSelf:
		return s.wide(i)
	case keyOf[c] == 0:
		return s.symbol(c, i)
	}
	r, ok := s.amongCyrillic(i)
	if !ok {
		r = rune(leet[c])
	}
	s.add(r, i, 1, false)
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
	case r == apart && i >= s.size:
		s.border(i, size)
	case e.kind == flag && !s.inFlag(i, size):
		s.add('a'+r-firstFlag, i, size, true)
	case r == '·':
		s.separate(gapMiddleDot)
	case r < wideSymbols && leetWide[r] != 0:
		s.add(rune(leetWide[r]), i, size, false)
	case r == '€':
		s.add('e', i, size, false)
	case r == '•', r == '∙', r == '⋅', r == '◦':
		s.separate(gapHyphen)
	default:
		s.separate(gapOther)
	}
	return size
}

// border separates one reading from the next.
func (s *speller) border(i, size int) {
	if s.full && s.own < 0 {
		s.own = len(s.all)
	}
	s.gap, s.gapSize = gapOther, maxSpan
	s.add(apart, i, size, true)
	s.gap, s.gapSize = gapOther, maxSpan
}

// inFlag tells whether a regional indicator touches another one, as written: two of them are a flag.
func (s *speller) inFlag(i, size int) bool {
	from, _ := s.view.Span(i, i+size)
	return isFlag(s.raw, from-size) || isFlag(s.raw, from+size)
}

func isFlag(text string, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	return r >= firstFlag && r < firstFlag+26
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
		Gap: s.gap, gapSize: uint8(min(s.gapSize, 255)), plain: plain && (was >= utf8.RuneSelf || !isMask(byte(was))), inURL: at < s.urlEnd,
	})
	s.gap, s.gapSize = 0, 0
}

// deobfuscated writes the letters with what stands between them.
func (b *Buffer) deobfuscated(v *View) {
	l, skeleton := b.Letters(), b.View(Skeleton)
	l.need()
	done := 0 // the place in Skeleton
	for i := 0; i < l.own; {
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
