package compose

import (
	"unicode"
	"unicode/utf8"
)

// Classes of characters that several grammars share. ASCII is decided first, as most texts are that.

func isAlnumASCII(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func isLetterASCII(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

func isDigitASCII(b byte) bool { return b >= '0' && b <= '9' }

func isPunctASCII(r rune) bool {
	return r >= '!' && r <= '/' || r >= ':' && r <= '@' || r >= '[' && r <= '`' || r >= '{' && r <= '~'
}

// isSpace is true for White_Space and U+180E, which was that for long.
func isSpace(r rune) bool { return r == 0x180e || unicode.IsSpace(r) }

// isDirectional is true for marks that set the direction of writing.
func isDirectional(r rune) bool {
	switch {
	case r < 0x61c:
		return false
	case r == 0x61c, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return false
}

// isForbidden is true for what X takes in no text.
func isForbidden(r rune) bool { return r == 0xfffe || r == 0xfeff || r == 0xffff }

// accents are Latin letters beyond ASCII, and the marks that make them.
var accents = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0xc0, 0xd6, 1}, {0xd8, 0xf6, 1}, {0xf8, 0x24f, 1}, {0x253, 0x254, 1}, {0x256, 0x257, 1}, {0x259, 0x259, 1}, {0x25b, 0x25b, 1},
		{0x263, 0x263, 1}, {0x268, 0x268, 1}, {0x26f, 0x26f, 1}, {0x272, 0x272, 1}, {0x289, 0x289, 1}, {0x28b, 0x28b, 1},
		{0x2bb, 0x2bb, 1}, {0x300, 0x36f, 1}, {0x1e00, 0x1eff, 1},
	},
	LatinOffset: 2,
}

func isAccented(r rune) bool { return r >= 0xc0 && unicode.Is(accents, r) }

func isCyrillic(r rune) bool { return r >= 0x400 && r <= 0x4ff }

// runeAt and runeBefore are the characters after and before a place; -1 at the ends of the text.
func runeAt(text string, i int) rune {
	if i >= len(text) {
		return -1
	}
	if b := text[i]; b < utf8.RuneSelf {
		return rune(b)
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	return r
}

func runeBefore(text string, i int) rune {
	if i <= 0 {
		return -1
	}
	if b := text[i-1]; b < utf8.RuneSelf {
		return rune(b)
	}
	r, _ := utf8.DecodeLastRuneInString(text[:i])
	return r
}

// sizeAt and sizeBefore are the lengths of these characters in bytes.
func sizeAt(text string, i int) int {
	if text[i] < utf8.RuneSelf {
		return 1
	}
	_, size := utf8.DecodeRuneInString(text[i:])
	return size
}

func sizeBefore(text string, i int) int {
	if text[i-1] < utf8.RuneSelf {
		return 1
	}
	_, size := utf8.DecodeLastRuneInString(text[:i])
	return size
}
