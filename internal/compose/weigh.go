package compose

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Weights say how a text is weighed: what each character counts, and what a link.
type Weights struct {
	// Max that a text may weigh.
	Max int
	// Scale is what the weights below are divided by.
	Scale int
	// Default weight of a character that is in no range.
	Default int
	Ranges  []WeightRange
	// URL is what a link counts, not scaled.
	URL int
	// Emoji is true if a sequence that makes one emoji counts as one character of the default weight.
	Emoji bool
}

// WeightRange gives the characters from First to Last a weight.
type WeightRange struct {
	First, Last rune
	Weight      int
}

// XWeights are those of X today: version 3 of twitter-text's configuration.
var XWeights = Weights{
	Max: 280, Scale: 100, Default: 200, URL: 23, Emoji: true,
	Ranges: []WeightRange{{0, 0x10ff, 100}, {0x2000, 0x200d, 100}, {0x2010, 0x201f, 100}, {0x2032, 0x2037, 100}},
}

// Weighing is what a text weighs. Ends of ranges are the index of their last UTF-16 unit in the text as it was given.
type Weighing struct {
	Length, Permillage int
	// Valid is true if the text is neither empty nor too long, and has no character that is taken in no text.
	Valid                    bool
	DisplayStart, DisplayEnd int
	// ValidStart and ValidEnd are the range that fits.
	ValidStart, ValidEnd int
}

func (w *Weights) weight(r rune) int {
	for _, in := range w.Ranges {
		if r >= in.First && r <= in.Last {
			return in.Weight
		}
	}
	return w.Default
}

// Weigh weighs a text as X does: normalised (NFC), links at one price.
func (w *Weights) Weigh(text string) Weighing {
	normal := normalized(text)
	urls := twitterGrammar.urls(normal)
	weight, units, fits, valid := 0, 0, 0, true
	for i := 0; i < len(normal); {
		r, size := utf8.DecodeRuneInString(normal[i:])
		n := 0
		switch {
		case len(urls) > 0 && urls[0].ByteStart == i:
			size = urls[0].ByteEnd - i
			urls = urls[1:]
			n = w.URL * w.Scale
		default:
			if w.Emoji {
				if emoji := emojiAt(normal, i); emoji > 0 {
					size, n = emoji, w.Default
				}
			}
			if n == 0 {
				n = w.weight(r)
			}
		}
		weight += n
		units += utf16Len(normal[i : i+size])
		i += size
		valid = valid && !isForbidden(r)
		if valid && weight <= w.Max*w.Scale {
			fits = units - 1
		}
	}
	out := Weighing{Length: weight / w.Scale}
	out.Permillage = out.Length * 1000 / w.Max
	out.Valid = valid && out.Length > 0 && out.Length <= w.Max
	given := utf16Len(text)
	out.DisplayEnd = max(given-1, 0)
	out.ValidEnd = fits + given - units
	return out
}

// length is the weight alone.
func (w *Weights) length(text string, url int) int {
	normal := normalized(text)
	weight, at := 0, 0
	for _, u := range twitterGrammar.urls(normal) {
		weight += w.plain(normal[at:u.ByteStart]) + url*w.Scale
		at = u.ByteEnd
	}
	return (weight + w.plain(normal[at:])) / w.Scale
}

// plain is the scaled weight of a text without links.
func (w *Weights) plain(text string) int {
	weight := 0
	for i := 0; i < len(text); {
		if w.Emoji {
			if size := emojiAt(text, i); size > 0 {
				weight += w.Default
				i += size
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		weight += w.weight(r)
		i += size
	}
	return weight
}

func normalized(text string) string {
	if plainASCII(text) {
		return text
	}
	if n := len(text); n <= 64 { // the pieces of a text that is split: without a detour over the heap
		var buffer [128]byte
		if normal := norm.NFC.AppendString(buffer[:0], text); string(normal) != text {
			return string(normal)
		}
		return text
	}
	if norm.NFC.IsNormalString(text) {
		return text
	}
	return norm.NFC.String(text)
}

func utf16Len(text string) int {
	n := 0
	for _, r := range text {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}
