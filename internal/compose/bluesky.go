package compose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTicker is the longest symbol after a "$" that Bluesky takes for one.
const maxTicker = 5

// blueskyFacets finds what Bluesky's own applications make clickable. Beside what Facets finds: names without a scheme whose
// top-level domain exists, such as acme.com/launch; tags with punctuation in them, such as #covid-19 and #node.js; and $TICKERS,
// which are tags with their sign. Where those applications would take a sentence for a tag (Chinese and Japanese punctuation, a
// link or a tag right after a comma), the tag ends; an emoji of several parts stays whole.
func blueskyFacets(text string) []Facet {
	var found []Facet
	for i := 0; i < len(text); {
		var (
			f  Facet
			ok bool
		)
		switch b := text[i]; {
		case b == '#', b == "＃"[0]:
			f, ok = blueskyTagAt(text, i)
		case b == '@':
			f, ok = mentionAt(text, i)
		case b == '$':
			f, ok = tickerAt(text, i)
		case isLetterASCII(b):
			if b == 'h' || b == 'H' {
				f, ok = linkAt(text, i)
			}
			if !ok && f.End == 0 {
				f, ok = bareLinkAt(text, i)
			}
			if !ok && f.End == 0 {
				f.End = wordEnd(text, i) // within a word nothing begins
			}
		}
		if ok {
			found = append(found, f)
		}
		i = max(i+1, f.End)
	}
	return found
}

// wordEnd is the end of the letters and digits that begin at i.
func wordEnd(text string, i int) int {
	for i < len(text) && isAlnumASCII(rune(text[i])) {
		i++
	}
	return i
}

// begins is true at the start of a text, after white space, and after an opening bracket or quotation mark.
func begins(text string, i int) bool {
	before := runeBefore(text, i)
	return before < 0 || isSpace(before) || strings.ContainsRune(`([{"'`, before) || before >= 0x80 && unicode.In(before, unicode.Ps, unicode.Pi)
}

// bareLinkAt reads the name of a site that begins at i, with its path.
func bareLinkAt(text string, i int) (Facet, bool) {
	if i > 0 && isWordASCII(text[i-1]) || !begins(text, i) { // most letters are within a word
		return Facet{}, false
	}
	host := bareHostEnd(text, i)
	if host == i {
		return Facet{}, false
	}
	end := host
	switch next := runeAt(text, host); {
	case next == '/', next == '?', next == '#', next == ':' && host+1 < len(text) && isDigitASCII(text[host+1]):
		end = urlEnd(text, host)
	case next == '@', next == '-', next == '.' && isWord(runeAt(text, host+1)), isWord(next):
		return Facet{}, false // an address, or a part of something longer
	}
	return Facet{Start: i, End: end, Link: "https://" + text[i:end]}, true
}

// bareHostEnd gives the end of the domain name that begins at i, i if there is none. Its top-level domain is one that exists, in lower
// case: what begins with a capital letter is the next sentence, with the space forgotten.
func bareHostEnd(text string, i int) int {
	end, label, dots := i, i, 0
	for j := i; ; j++ {
		if j < len(text) && (isAlnumASCII(rune(text[j])) || text[j] == '-') {
			continue
		}
		if j == label || text[label] == '-' || text[j-1] == '-' || j-label > maxLabelBytes {
			break
		}
		end = j
		if j >= len(text) || text[j] != '.' || j+1 >= len(text) || !isAlnumASCII(rune(text[j+1])) {
			break
		}
		label = j + 1
		dots++
	}
	if dots == 0 || label >= end {
		return i
	}
	if _, known := knownTLDs()[text[label:end]]; !known {
		return i
	}
	return end
}

// blueskyTagAt reads the hashtag that begins at i. Where there is none, End is where the next one can begin.
func blueskyTagAt(text string, i int) (Facet, bool) {
	mark, size := utf8.DecodeRuneInString(text[i:])
	if mark != '#' && mark != '＃' || !mayPrecedeTag(runeBefore(text, i)) {
		return Facet{}, false
	}
	begin := i + size
	if runeAt(text, begin) == emojiStyle {
		return Facet{}, false
	}
	end := begin
	for before := mark; end < len(text); {
		r, size := utf8.DecodeRuneInString(text[end:])
		if !inBlueskyTag(r) || (before == ',' || before == ';') && (r == '#' || r == '＃') || !isWord(before) && schemeLen(text[end:]) > 0 {
			break
		}
		before = r
		end += size
	}
	tag := strings.TrimRightFunc(text[begin:end], func(r rune) bool { return unicode.IsPunct(r) || r == zwj || r == zwnj })
	named := strings.ContainsFunc(tag, func(r rune) bool { return !unicode.IsDigit(r) && !unicode.IsPunct(r) && r != zwj && r != zwnj })
	if !named || len(tag) > maxTagBytes || countGraphemes(tag) > maxTagGraphemes {
		return Facet{End: end}, false
	}
	return Facet{Start: i, End: begin + len(tag), Tag: tag}, true
}

// inBlueskyTag is false for what ends a tag: white space, what is invisible, and the punctuation of Chinese and Japanese.
func inBlueskyTag(r rune) bool {
	if r < 0x80 {
		return r > ' ' && r != 0x7f
	}
	switch r {
	case utf8.RuneError, 0xad, 0x200b, 0x2060, 0x20e2, 0xfeff:
		return false
	}
	return !isSpace(r) && !unicode.IsControl(r) && !strings.ContainsRune("、。，．！？：；「」『』（）【】《》〈〉〔〕［］｛｝", r)
}

// tickerAt reads the $TICKER that begins at i.
func tickerAt(text string, i int) (Facet, bool) {
	if before := runeBefore(text, i); before >= 0 && !isSpace(before) && before != '(' {
		return Facet{}, false
	}
	end := i + 1
	for end < len(text) && isAlnumASCII(rune(text[end])) {
		end++
	}
	if end == i+1 || end-i-1 > maxTicker || !isLetterASCII(text[i+1]) {
		return Facet{}, false
	}
	if next := runeAt(text, end); next >= 0 && !isSpace(next) && !strings.ContainsRune(`.,;:!?)"'’`, next) {
		return Facet{}, false
	}
	return Facet{Start: i, End: end, Tag: strings.ToUpper(text[i:end])}, true
}
