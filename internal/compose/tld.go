package compose

import (
	_ "embed" // the list of top-level domains
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed tlds.txt
var tldFile string

// maxTLDRunes bounds the search for a top-level domain in scripts that put no space after it.
const maxTLDRunes = 30

var knownTLDs = sync.OnceValue(func() map[string]struct{} {
	known := make(map[string]struct{}, 2048)
	for line := range strings.Lines(tldFile) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			known[line] = struct{}{}
		}
	}
	return known
})

// reservedTLDs stand for real ones in documentation and tests (RFC 2606).
func isReservedTLD(s string) bool {
	return strings.EqualFold(s, "example") || strings.EqualFold(s, "test") || strings.EqualFold(s, "invalid")
}

// tldAt gives the end of the top-level domain that begins at i, or -1. The longest one counts; none is followed by a letter, a
// digit or one of @, + and -, but for names in Punycode, which are taken as they come.
func tldAt(text string, i int, reserved bool) int {
	known := knownTLDs()
	end := -1
	for j, n := i, 0; j < len(text) && n < maxTLDRunes; n++ {
		r, size := utf8.DecodeRuneInString(text[j:])
		if !isDomain(r) {
			break
		}
		j += size
		if next := runeAt(text, j); isAlnumASCII(next) || next == '@' || next == '+' || next == '-' {
			continue
		}
		if isTLD(known, text[i:j]) || reserved && isReservedTLD(text[i:j]) {
			end = j
		}
	}
	if end < 0 && len(text)-i > 4 && strings.EqualFold(text[i:i+4], "xn--") {
		j := i + 4
		for j < len(text) && (text[j] == '-' || isAlnumASCII(rune(text[j]))) {
			j++
		}
		if j > i+4 {
			end = j
		}
	}
	return end
}

func isTLD(known map[string]struct{}, s string) bool {
	if _, ok := known[s]; ok {
		return true
	}
	if lower := strings.ToLower(s); lower != s {
		_, ok := known[lower]
		return ok
	}
	return false
}
