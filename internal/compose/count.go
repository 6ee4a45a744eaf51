package compose

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// Unit is what a network counts a text in.
type Unit string

// Units of the networks.
const (
	// Graphemes are what people take for one character (UAX #29).
	Graphemes Unit = "graphemes"
	// Weighted characters are X's: see XWeights.
	Weighted Unit = "weighted"
	// Characters are code points.
	Characters Unit = "characters"
	// EmojiBytes are code points, but emoji, which count their bytes of UTF-8: Threads.
	EmojiBytes Unit = "emojiBytes"
	// UTF16 are code units of UTF-16.
	UTF16 Unit = "utf16"
	// Bytes are those of UTF-8.
	Bytes Unit = "bytes"
)

// Words for a unit, to be read after a number.
func (u Unit) Words() string {
	switch u {
	case Weighted:
		return "weighted characters"
	case EmojiBytes:
		return "characters (an emoji counts its bytes)"
	case UTF16:
		return "UTF-16 units"
	case Bytes:
		return "bytes of UTF-8"
	}
	return string(u)
}

// Count tells how long a text is in a unit; links and mentions count as they are written, but for Weighted. See Rules.Count.
func Count(text string, unit Unit) int {
	switch unit {
	case Weighted:
		return XWeights.length(text, XWeights.URL)
	case Characters:
		return utf8.RuneCountInString(text)
	case EmojiBytes:
		return countEmojiBytes(text)
	case UTF16:
		return utf16Len(text)
	case Bytes:
		return len(text)
	}
	return countGraphemes(text)
}

// Count tells how long a text is as the network counts it.
func (r Rules) Count(text string) int {
	if r.Unit == Weighted {
		url := r.URLLength
		if url == 0 {
			url = XWeights.URL
		}
		return XWeights.length(text, url)
	}
	if r.URLLength == 0 && !r.MentionsWithoutHost {
		return Count(text, r.Unit)
	}
	n, at := 0, 0
	for _, e := range r.countedEntities(text) {
		var price int
		switch {
		case e.Type == EntityURL && r.URLLength > 0:
			price = r.URLLength
		case e.Type == EntityMention && r.MentionsWithoutHost:
			price = Count(text[e.ByteStart:mentionUserEnd(e)], r.Unit)
		default:
			continue
		}
		n += Count(text[at:e.ByteStart], r.Unit) + price
		at = e.ByteEnd
	}
	return n + Count(text[at:], r.Unit)
}

func countEmojiBytes(text string) int {
	n := 0
	for i := 0; i < len(text); {
		if size := emojiAt(text, i); size > 0 {
			n += size
			i += size
			continue
		}
		n++
		i += sizeAt(text, i)
	}
	return n
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

// countedEntities are those that may count otherwise than as written.
func (r Rules) countedEntities(text string) []Entity {
	if r.Family == FamilyMastodon {
		return mastodonCounted(text)
	}
	return r.Entities(text)
}

// Cut gives a text of at most so many graphemes; what is left out is shown by "…", which counts as one.
func Cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	n, kept := 0, 0
	for g := graphemes.FromString(text); g.Next(); {
		n++
		if n == most {
			kept = g.Start()
		}
		if n > most {
			return strings.TrimSpace(text[:kept]) + "…"
		}
	}
	return text
}
