package views

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// plainASCII is the lower case of what is plain: ASCII without control characters but those of white space; 0 for all else.
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

// addLower adds the plain ASCII that a text begins with, in lower case, and gives its length. It says nothing of where it comes from.
func (v *View) addLower(text string) int {
	const word = 8 // bytes that are looked at together
	n := len(v.Text)
	v.Text = slices.Grow(v.Text, len(text))
	out := v.Text[n : n+len(text)]
	i := 0
	for i+word <= len(text) {
		s := text[i : i+word]
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		lower, strange := lowerWord(w)
		binary.LittleEndian.PutUint64(out[i:], lower)
		if strange == 0 {
			i += word
			continue
		}
		// The first that is strange may be white space.
		i += bits.TrailingZeros64(strange) / 8
		if out[i] = plainASCII[text[i]]; out[i] == 0 {
			v.Text = v.Text[:n+i]
			return i
		}
		i++
	}
	for ; i < len(text) && plainASCII[text[i]] != 0; i++ {
		out[i] = plainASCII[text[i]]
	}
	v.Text = v.Text[:n+i]
	return i
}

// lowerWord gives eight characters in lower case, and the high bits of those that are no printable ASCII. What comes after the
// first of those is not known.
func lowerWord(w uint64) (lower, strange uint64) {
	const ones = 0x0101010101010101
	const high = ones << 7
	strange = (w | (w + ones) | (w-ones*' ')&^w) & high
	capital := (w + ones*(0x80-'A')) &^ (w + ones*(0x80-'Z'-1)) & high
	return w | capital>>2, strange
}

// addPlain adds the plain ASCII that begins at i, in lower case, and gives its end.
func (v *View) addPlain(text string, i int) int {
	at := len(v.Text)
	end := i + v.addLower(text[i:])
	if end > i {
		v.place(at, i, 0, true)
	}
	return end
}

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

func (b *Buffer) folded(v *View) {
	text := b.text
	v.Text = append(v.Text, b.lower.Text...)
	i := len(v.Text)
	if i > 0 {
		v.place(0, 0, 0, true)
	}
	b.reversed = false
	words := wordScripts{alike: true}
	words.plain(text[:i])
	for i < len(text) {
		if text[i] < utf8.RuneSelf {
			if end := v.addPlain(text, i); end > i {
				words.plain(text[i:end])
				i = end
				continue
			}
		}
		var r rune
		size := 2
		if i+1 < len(text) && isTwo(text[i], text[i+1]) {
			r = two(text[i], text[i+1])
		} else {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		e := b.characters.of(r)
		words.take(e, r)
		switch {
		case e.kind == dropped:
			v.extend(i + size)
			b.reversed = b.reversed || r == backwards
		case isJamo(r):
			size = hangul(v, text, i)
		case e.fold != "":
			v.add(e.fold, i, i+size)
		case size == 2:
			v.place(len(v.Text), i, size, true)
			v.Text = append(v.Text, text[i], text[i+1])
		default:
			v.addRune(r, i, i+size) // U+FFFD for what is no UTF-8
		}
		i += size
	}
	b.simple = words.areRead()
	b.mixed = words.found&(1<<cyrillic) != 0 && (words.mixed || !b.simple)
}

// isTwo tells whether two bytes are a character, as they are for most alphabets beyond ASCII.
func isTwo(c, d byte) bool { return c >= 0xc2 && c < 0xe0 && d>>6 == 0b10 }

// two is the character of two bytes.
func two(c, d byte) rune { return rune(c&0x1f)<<6 | rune(d&0x3f) }

// addRune adds text[from:to] as a character.
func (v *View) addRune(r rune, from, to int) {
	v.place(len(v.Text), from, to-from, utf8.RuneLen(r) == to-from)
	v.Text = utf8.AppendRune(v.Text, r)
}

// hangul composes the syllable that begins at i, of the parts that make one, and gives the size of what it took.
func hangul(v *View, text string, i int) int {
	lead, n := utf8.DecodeRuneInString(text[i:])
	vowel, vowelSize := utf8.DecodeRuneInString(text[i+n:])
	if lead > 0x1112 || vowel < 0x1161 || vowel > 0x1175 {
		v.add(text[i:i+n], i, i+n)
		return n
	}
	n += vowelSize
	syllable := 0xac00 + ((lead-0x1100)*21+(vowel-0x1161))*28
	if tail, tailSize := utf8.DecodeRuneInString(text[i+n:]); tail > 0x11a7 && tail <= 0x11c2 {
		syllable += tail - 0x11a7
		n += tailSize
	}
	v.addRune(syllable, i, i+n)
	return n
}
