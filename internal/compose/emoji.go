package compose

import (
	"unicode"
	"unicode/utf8"
)

const (
	emojiStyle = '\ufe0f' // asks for the picture
	textStyle  = '\ufe0e' // asks for the plain sign
	keycap     = '\u20e3'
)

// modifierBases are the emoji that take a skin tone (Emoji_Modifier_Base).
var modifierBases = &unicode.RangeTable{
	R16: []unicode.Range16{{0x261d, 0x261d, 1}, {0x26f9, 0x26f9, 1}, {0x270a, 0x270d, 1}},
	R32: []unicode.Range32{
		{0x1f385, 0x1f385, 1}, {0x1f3c2, 0x1f3c4, 1}, {0x1f3c7, 0x1f3c7, 1}, {0x1f3ca, 0x1f3cc, 1}, {0x1f442, 0x1f443, 1},
		{0x1f446, 0x1f450, 1}, {0x1f466, 0x1f478, 1}, {0x1f47c, 0x1f47c, 1}, {0x1f481, 0x1f483, 1}, {0x1f485, 0x1f487, 1},
		{0x1f48f, 0x1f48f, 1}, {0x1f491, 0x1f491, 1}, {0x1f4aa, 0x1f4aa, 1}, {0x1f574, 0x1f575, 1}, {0x1f57a, 0x1f57a, 1},
		{0x1f590, 0x1f590, 1}, {0x1f595, 0x1f596, 1}, {0x1f645, 0x1f647, 1}, {0x1f64b, 0x1f64f, 1}, {0x1f6a3, 0x1f6a3, 1},
		{0x1f6b4, 0x1f6b6, 1}, {0x1f6c0, 0x1f6c0, 1}, {0x1f6cc, 0x1f6cc, 1}, {0x1f90c, 0x1f90c, 1}, {0x1f90f, 0x1f90f, 1},
		{0x1f918, 0x1f91f, 1}, {0x1f926, 0x1f926, 1}, {0x1f930, 0x1f939, 1}, {0x1f93c, 0x1f93e, 1}, {0x1f977, 0x1f977, 1},
		{0x1f9b5, 0x1f9b6, 1}, {0x1f9b8, 0x1f9b9, 1}, {0x1f9bb, 0x1f9bb, 1}, {0x1f9cd, 0x1f9cf, 1}, {0x1f9d1, 0x1f9dd, 1},
		{0x1fac3, 0x1fac5, 1}, {0x1faf0, 0x1faf8, 1},
	},
}

func isSkinTone(r rune) bool { return r >= 0x1f3fb && r <= 0x1f3ff }

func isFlagLetter(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// emojiAt is the length in bytes of the emoji sequence (UTS #51) at i: a keycap, a flag, or pictographs with their skin tones,
// styles and tags, joined by U+200D. 0 if there is none. Signs that are text by default and weigh one elsewhere, such as ©, are
// emoji only with U+FE0F.
func emojiAt(text string, i int) int {
	b := text[i]
	if b < utf8.RuneSelf {
		if !isDigitASCII(b) && b != '#' && b != '*' {
			return 0
		}
		j := i + 1
		if runeAt(text, j) == emojiStyle {
			j += 3
		}
		if runeAt(text, j) == keycap {
			return j + 3 - i
		}
		return 0
	}
	if b != 0xc2 && b != 0xe2 && b != 0xe3 && b != 0xf0 {
		return 0 // no pictograph begins so
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	if isFlagLetter(r) {
		if isFlagLetter(runeAt(text, i+size)) {
			return 2 * size
		}
		return size
	}
	end := pictographAt(text, i)
	if end == i {
		return 0
	}
	for runeAt(text, end) == zwj {
		next := pictographAt(text, end+3)
		if next == end+3 {
			break
		}
		end = next
	}
	return end - i
}

// pictographAt gives the end of one element of an emoji sequence, i if there is none.
func pictographAt(text string, i int) int {
	r := runeAt(text, i)
	if isSkinTone(r) {
		return i + utf8.RuneLen(r) // by itself, it is a patch of colour
	}
	if r < 0xa9 || !unicode.Is(pictographs, r) {
		return i
	}
	j := i + utf8.RuneLen(r)
	switch next := runeAt(text, j); {
	case next == emojiStyle:
		j += 3
		// A tone after the style is written by some keyboards.
		if tone := runeAt(text, j); isSkinTone(tone) && unicode.Is(modifierBases, r) {
			j += utf8.RuneLen(tone)
		}
	case next == textStyle, r < 0x2000:
		return i
	case isSkinTone(next) && unicode.Is(modifierBases, r):
		j += utf8.RuneLen(next)
	}
	return tagsAt(text, j)
}

// tagsAt skips the tags that make the flags of England, Scotland and Wales; they end in U+E007F.
func tagsAt(text string, i int) int {
	j := i
	for {
		r := runeAt(text, j)
		switch {
		case r == 0xe007f && j > i:
			return j + 4
		case r >= 0xe0020 && r <= 0xe007e:
			j += 4
		default:
			return i
		}
	}
}
