package views

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// apart stands between the readings of a text: no letter of one joins those of another.
const apart = utf8.MaxRune

// backwards is the control character from which on text is shown from right to left, whatever it is.
const backwards, backwardsEnd = '\u202e', '\u202c'

// readsTwice tells whether there may be something to read in several ways, but for what is masked.
func (b *Buffer) readsTwice() bool { return !b.ascii && (b.mixed || b.reversed) }

// readTwice adds other readings of what mixes scripts, and of what is shown backwards.
func (l *Letters) readTwice() {
	b := l.buffer
	if b.mixed {
		b.readMixed(l)
	}
	if b.reversed {
		b.readBackwards(l)
	}
}

// begin begins another reading.
func (l *Letters) begin() *View {
	if l.view != &l.other {
		l.other.reset()
		l.other.Text = append(l.other.Text, l.view.Text...)
		l.other.pieces = append(l.other.pieces, l.view.pieces...)
		if len(l.other.pieces) == 0 && len(l.other.Text) > 0 {
			l.other.place(0, 0, 0, true)
		}
		l.view = &l.other
	}
	_, size := utf8.DecodeRuneInString(l.buffer.text)
	l.other.add(" ", 0, size)
	l.other.add(string(apart), 0, size)
	l.other.add(" ", 0, size)
	return &l.other
}

// readMixed reads words that mix Cyrillic letters with others, or have only those that look like Latin ones, in both scripts: which one is
// meant does not show in кypвa.
func (b *Buffer) readMixed(l *Letters) {
	for i := 0; i < len(b.text); {
		end, letters := b.mixedRow(i)
		others := letters.letters[latin] + letters.letters[greek] + letters.letters[rare]
		if letters.letters[cyrillic] > 0 && (others > 0 || letters.clear[cyrillic] == 0) {
			b.writeWords(l.begin(), i, end, asCyrillic)
			if others > 0 {
				b.writeWords(l.begin(), i, end, asLatin)
			}
		}
		i = end
	}
}

// mixedRow is the end of what stands between spaces from i on, or of a row of single letters, and the letters in it.
func (b *Buffer) mixedRow(i int) (end int, all census) {
	for end = i; ; {
		var word census
		next := b.tokenAt(end, &word)
		if single := word.total() <= 1; end > i && !single {
			break
		} else if end = next; !single {
			all = word
			break
		}
		all.join(&word)
		gap := 0
		for next < len(b.text) && gap <= maxGap {
			r, size := utf8.DecodeRuneInString(b.text[next:])
			if b.characters.of(r).kind != space {
				break
			}
			next += size
			gap++
		}
		if next == end || next == len(b.text) || gap > maxGap {
			break
		}
		end = next
	}
	if end == i {
		_, size := utf8.DecodeRuneInString(b.text[i:])
		end = i + size
	}
	return end, all
}

// tokenAt counts the letters of what stands before the next space, and gives its end.
func (b *Buffer) tokenAt(i int, c *census) int {
	for i < len(b.text) {
		r, size := rune(b.text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(b.text[i:])
		}
		switch e := b.characters.of(r); e.kind {
		case space:
			return i
		case letter:
			c.count(e)
		}
		i += size
	}
	return i
}

func (c *census) total() (n int) {
	for _, k := range c.letters {
		n += k
	}
	return n
}

func (c *census) join(o *census) {
	for s := range c.letters {
		c.letters[s] += o.letters[s]
		c.clear[s] += o.clear[s]
	}
}

// writeWords adds text[i:end] with its words in one reading.
func (b *Buffer) writeWords(v *View, i, end int, as reading) {
	for i < end {
		var word census
		if next := b.wordAt(i, &word); next > i {
			b.write(v, i, next, as)
			i = next
			continue
		}
		_, size := utf8.DecodeRuneInString(b.text[i:])
		b.write(v, i, i+size, asNative)
		i += size
	}
}

// readBackwards reads what is shown from right to left as it is shown.
func (b *Buffer) readBackwards(l *Letters) {
	for rest := 0; ; {
		at := strings.IndexRune(b.text[rest:], backwards)
		if at < 0 {
			return
		}
		start := rest + at + utf8.RuneLen(backwards)
		end := len(b.text)
		if stop := strings.IndexAny(b.text[start:], "\n\u2029"+string(backwardsEnd)); stop >= 0 {
			end = start + stop
		}
		v := l.begin()
		for rest = end; end > start; {
			_, size := utf8.DecodeLastRuneInString(b.text[start:end])
			b.write(v, end-size, end, asNative)
			end -= size
		}
	}
}

// maxMasked is how long what stands between spaces may be, in bytes, to be read with vowels for its marks.
const maxMasked = 64

// unmask adds readings of words with a mark in the place of a vowel; false if there are none.
func (l *Letters) unmask() bool {
	text := l.view.Text[:l.size]
	s := speller{Letters: l, raw: l.buffer.text}
	found := false
	for i := 0; i < len(text); {
		start := i
		masked := false
		for ; i < len(text) && gapOf[text[i]] != gapSpace; i++ {
			masked = masked || s.masks(i)
		}
		if masked && i-start <= maxMasked && !bytes.Contains(text[start:i], []byte("://")) {
			l.unmaskWord(start, i)
			found = true
		}
		i++
	}
	return found
}

// mostMasks is how many marks in a word are read as vowels each for itself; where there are more, all are the same.
const mostMasks = 2

// unmaskWord adds the readings of view.Text[start:end].
func (l *Letters) unmaskWord(start, end int) {
	s := speller{Letters: l, raw: l.buffer.text}
	vowels, n, masks := "aeiou", 5, 0
	for i, c := range l.view.Text[start:end] {
		if c == 0xd0 || c == 0xd1 {
			vowels, n = "аеиоуъ", 6
		}
		if s.masks(start + i) {
			masks++
		}
	}
	readings := n
	if masks == mostMasks {
		readings *= n
	}
	for k := range readings {
		v := l.begin()
		each := k
		for i := start; i < end; {
			_, size := utf8.DecodeRune(v.Text[i:end])
			if s.masks(i) {
				from, to := v.Span(i, i+1)
				v.addRune(vowel(vowels, each%n), from, to)
				if masks == mostMasks {
					each /= n
				}
			} else {
				l.buffer.copyGap(v, v, i, i+size)
			}
			i += size
		}
	}
}

// vowel is the one at a place.
func vowel(vowels string, at int) rune {
	for _, r := range vowels {
		if at == 0 {
			return r
		}
		at--
	}
	return 0
}
