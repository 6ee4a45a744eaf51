package views

import (
	"bytes"
	"slices"
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
	// from and to are where each byte of Text comes from in the raw text; nil if each comes from its own place.
	from, to []int32
}

// Span is where a range of the view's bytes comes from: bytes of the raw text, at borders of characters.
func (v *View) Span(start, end int) (rawStart, rawEnd int) {
	if start >= end {
		return 0, 0
	}
	if v.from == nil {
		return start, end
	}
	return int(v.from[start]), int(v.to[end-1])
}

func (v *View) reset() {
	v.Text, v.from, v.to = v.Text[:0], v.from[:0], v.to[:0]
}

func (v *View) add(s string, from, to int) {
	v.Text = append(v.Text, s...)
	for range len(s) {
		v.from = append(v.from, int32(from))
		v.to = append(v.to, int32(to))
	}
}

func (v *View) addBytes(s []byte, from, to int) {
	v.Text = append(v.Text, s...)
	for range s {
		v.from = append(v.from, int32(from))
		v.to = append(v.to, int32(to))
	}
}

// extend lets what was written last reach further: a mark or something invisible belongs to the letter before it.
func (v *View) extend(size, to int) {
	for i := max(0, len(v.to)-size); i < len(v.to); i++ {
		v.to[i] = int32(to)
	}
}

// keep bounds what a Buffer keeps of a long text, in bytes.
const keep = 1 << 20

// Buffer makes the views of one text after the other, each only when it is asked for. It reuses its memory: once it has seen
// texts of some length, others make it allocate nothing. It is not for use by several goroutines at once.
type Buffer struct {
	characters *table
	text       string
	have       uint8
	ascii      bool // ASCII without control characters: folding is lower case
	views      [Count]View
	// lower is three views of an ASCII text.
	lower View
	// simple is true if Skeleton is Folded, known with Folded.
	simple  bool
	letters Letters
}

// NewBuffer gives a Buffer for texts. The first one of a program takes some 50 ms for its tables.
func NewBuffer() *Buffer {
	return &Buffer{characters: characters()}
}

// Reset takes the next text. What views it gave before is invalid from now on.
func (b *Buffer) Reset(text string) {
	if len(b.text) > keep {
		*b = Buffer{characters: b.characters}
	}
	b.text, b.have = text, 0
	b.ascii = true
	for i := range len(text) {
		if plainASCII[text[i]] == 0 {
			b.ascii = false
			break
		}
	}
	b.letters.made, b.letters.keyed = false, false
}

// Text is the text as it was given.
func (b *Buffer) Text() string { return b.text }

// Same is true if two views of the text are known to be the same, with the same places.
func (b *Buffer) Same(v, w ID) bool {
	if v > w {
		v, w = w, v
	}
	switch {
	case v == w:
		return true
	case v == Raw || w == Deobfuscated:
		return false
	case b.ascii:
		return true
	case v == Cased:
		return false
	case b.View(Folded) != nil && b.simple:
		return true
	}
	return bytes.Equal(b.View(v).Text, b.View(w).Text)
}

// View gives a view of the text.
func (b *Buffer) View(id ID) *View {
	if b.ascii && (id == Cased || id == Folded || id == Skeleton) {
		b.lowerCase()
		return &b.lower
	}
	if id == Skeleton && b.View(Folded) != nil && b.simple {
		return &b.views[Folded]
	}
	v := &b.views[id]
	if b.have&(1<<id) != 0 {
		return v
	}
	b.have |= 1 << id
	v.reset()
	switch id {
	case Raw:
		v.Text = append(v.Text, b.text...)
		v.from, v.to = nil, nil
	case Cased:
		b.cased(v)
	case Folded:
		b.folded(v)
	case Skeleton:
		b.skeleton(v)
	case Deobfuscated:
		b.deobfuscated(v)
	}
	return v
}

// lowerHave is the bit of the view that ASCII texts have in place of three.
const lowerHave = 1 << Count

func (b *Buffer) lowerCase() {
	if b.have&lowerHave != 0 {
		return
	}
	b.have |= lowerHave
	if cap(b.lower.Text) < len(b.text) {
		b.lower.Text = make([]byte, len(b.text), 2*len(b.text))
	}
	out := b.lower.Text[:len(b.text)]
	for i := range out {
		out[i] = plainASCII[b.text[i]]
	}
	b.lower.Text = out
}

// plainASCII is the lower case of what the fast way takes, 0 for all else.
var plainASCII = func() (lower [256]byte) {
	for c := range byte(0x7f) {
		switch {
		case c >= 'A' && c <= 'Z':
			lower[c] = c + 'a' - 'A'
		case c >= 0x20, c == '\t', c == '\n', c == '\r':
			lower[c] = c
		}
	}
	return lower
}()

func (b *Buffer) cased(v *View) {
	for i := 0; i < len(b.text); {
		r, size := utf8.DecodeRuneInString(b.text[i:])
		if e := b.characters.of(r); e.cased != "" {
			v.add(e.cased, i, i+size)
		} else {
			v.add(b.text[i:i+size], i, i+size)
		}
		i += size
	}
}

// addASCII adds text[i:end], which is plain ASCII, in lower case.
func (v *View) addASCII(text string, i, end int) {
	n, size := len(v.Text), end-i
	v.Text = slices.Grow(v.Text, size)[:n+size]
	v.from = slices.Grow(v.from, size)[:n+size]
	v.to = slices.Grow(v.to, size)[:n+size]
	out, from, to := v.Text[n:], v.from[n:], v.to[n:]
	for k := range out {
		out[k] = plainASCII[text[i+k]]
	}
	for k := range from {
		from[k] = int32(i + k)
	}
	for k := range to {
		to[k] = int32(i + k + 1)
	}
}

// asciiEnd is the end of the plain ASCII that begins at i.
func asciiEnd(text string, i int) int {
	for i < len(text) && plainASCII[text[i]] != 0 {
		i++
	}
	return i
}

func (b *Buffer) folded(v *View) {
	text, last := b.text, 0
	b.simple = true
	for i := 0; i < len(text); {
		if end := asciiEnd(text, i); end > i {
			v.addASCII(text, i, end)
			i, last = end, 1
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		e := b.characters.of(r)
		b.simple = b.simple && e.script <= latin && e.look == "" && e.kind != flag
		switch {
		case e.kind == dropped:
			v.extend(last, i+size)
		case isJamo(r):
			size, last = hangul(v, text, i)
		case e.fold != "":
			v.add(e.fold, i, i+size)
			last = len(e.fold)
		default:
			v.addRune(text[i:i+size], r, i)
			last = len(v.Text) - lastRune(v.Text)
		}
		i += size
	}
}

func lastRune(text []byte) int {
	_, size := utf8.DecodeLastRune(text)
	return len(text) - size
}

// addRune adds a character as it is; what is no UTF-8 becomes the replacement character.
func (v *View) addRune(s string, r rune, at int) {
	if r == utf8.RuneError {
		v.add("\ufffd", at, at+len(s))
		return
	}
	v.add(s, at, at+len(s))
}

// hangul composes the syllable that begins at i, of the parts that make one.
func hangul(v *View, text string, i int) (size, last int) {
	lead, n := utf8.DecodeRuneInString(text[i:])
	vowel, vowelSize := utf8.DecodeRuneInString(text[i+n:])
	if lead > 0x1112 || vowel < 0x1161 || vowel > 0x1175 {
		v.add(text[i:i+n], i, i+n)
		return n, n
	}
	n += vowelSize
	syllable := 0xac00 + ((lead-0x1100)*21+(vowel-0x1161))*28
	if tail, tailSize := utf8.DecodeRuneInString(text[i+n:]); tail > 0x11a7 && tail <= 0x11c2 {
		syllable += tail - 0x11a7
		n += tailSize
	}
	var buffer [utf8.UTFMax]byte
	size = utf8.EncodeRune(buffer[:], syllable)
	v.addBytes(buffer[:size], i, i+n)
	return n, size
}
