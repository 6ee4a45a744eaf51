package compose

import "github.com/clipperhouse/uax29/v2/graphemes"

// Count tells how long a text is, as a network counts it.
func Count(text string, unit Unit) int {
	_ = unit // graphemes are the only unit of the networks that exist
	return countGraphemes(text)
}

// countGraphemes counts extended grapheme clusters (UAX #29): what people take for one character.
func countGraphemes(text string) int {
	if plainASCII(text) {
		return len(text)
	}
	n := 0
	for g := graphemes.FromString(text); g.Next(); {
		n++
	}
	return n
}

// plainASCII is true if every byte is a grapheme of its own: ASCII without CR, which joins the LF after it.
func plainASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 || text[i] == '\r' {
			return false
		}
	}
	return true
}
