package views

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// keyOf is the character of the key for letters of ASCII, and for digits that are read as letters; 0 for all else.
var keyOf = func() (key [256]byte) {
	for c := byte('a'); c <= 'z'; c++ {
		key[c] = byte(keyRune(rune(c)))
	}
	for c := byte('0'); c <= '9'; c++ {
		key[c] = byte(keyRune(rune(leet[c])))
	}
	return key
}()

// keyRune stands for letters that are taken for one another.
func keyRune(r rune) rune {
	switch r {
	case 'l':
		return 'i'
	case 'v':
		return 'u'
	}
	return r
}

// special in plainKey is for characters that are read by where they stand; others are a letter of the key, or none.
const special = 0xff

var plainKey = func() (key [256]byte) {
	for c := range key {
		switch {
		case c >= utf8.RuneSelf, leetCyrillic[c].vowel != 0, keyOf[c] == 0 && leet[c] != 0, strings.IndexByte(`:.|/\([]>*%&`, byte(c)) >= 0:
			key[c] = special
		default:
			key[c] = keyOf[c]
		}
	}
	return key
}()

// runStart is where a run of letters begins: how many stand before it, and its place in Skeleton.
type runStart struct{ letters, place int32 }

// keyMaker writes the key of Letters.
type keyMaker struct {
	key    []byte
	starts []runStart
	n      int   // bytes so far
	count  int32 // letters so far
	last   rune
}

func (k *keyMaker) begin(l *Letters, size int) {
	most := 2*size + 1 // digits among Cyrillic letters become two bytes; and the end
	k.key, k.starts = slices.Grow(l.key[:0], most)[:most], slices.Grow(l.starts[:0], most)[:most]
}

func (k *keyMaker) end(l *Letters, size int) {
	k.starts[k.n] = runStart{letters: k.count, place: int32(size)}
	l.key, l.starts = k.key[:k.n], k.starts[:k.n+1]
}

// plain takes text from i on up to what is special, and gives the place of that. It writes each character and goes on to the next
// place if that is a letter and not the last one again: there is nothing for the processor to guess.
func (k *keyMaker) plain(text []byte, i int) int {
	n, count, last := k.n, k.count, k.last
	key, starts, rest, from := k.key, k.starts[:len(k.key)], text[i:], int32(i)
	i = len(text)
	for at, c := range rest {
		r := rune(plainKey[c])
		if r == special {
			i -= len(rest) - at
			break
		}
		starts[n] = runStart{letters: count, place: from + int32(at)}
		count += r >> 6 // 1 for a letter
		if r == 0 {
			r = last
		}
		key[n] = byte(r)
		if r != last {
			n++
		}
		last = r
	}
	k.n, k.count, k.last = n, count, last
	return i
}

// addTwo takes a letter of two bytes at a place.
func (k *keyMaker) addTwo(c, d byte, place int) {
	if r := two(c, d); r != k.last {
		k.last = r
		key, starts := k.key[k.n:k.n+2], k.starts[k.n:k.n+2]
		key[0], key[1] = c, d
		starts[0] = runStart{letters: k.count, place: int32(place)}
		starts[1] = starts[0]
		k.n += 2
	}
	k.count++
}

// add takes a letter at a place.
func (k *keyMaker) add(r rune, place int) {
	if r != k.last {
		k.last = r
		for range utf8.EncodeRune(k.key[k.n:], r) {
			k.starts[k.n] = runStart{letters: k.count, place: int32(place)}
			k.n++
		}
	}
	k.count++
}

// runsOf tells of key[from:to] where its second run begins, and where its last.
func (l *Letters) runsOf(from, to int) (second, last runStart) {
	_, size := utf8.DecodeRune(l.key[from:])
	second = l.starts[from+size]
	_, size = utf8.DecodeLastRune(l.key[:to])
	return second, l.starts[to-size]
}

// isPart tells whether key[from:to] is only a part of a word, as far as that shows at a glance: its first or its last letter, alone in
// its run, touches another one.
func (l *Letters) isPart(from, to int) bool {
	text := l.view.Text
	letter := func(at int32) bool { return at >= 0 && int(at) < len(text) && text[at] >= 'a' && text[at] <= 'z' }
	first, end := l.starts[from], l.starts[to]
	second, last := l.runsOf(from, to)
	return second.letters-first.letters == 1 && letter(first.place) && letter(first.place-1) ||
		end.letters-last.letters == 1 && letter(last.place) && letter(last.place+1)
}
