package policy

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is a range of a text in bytes.
type span struct{ start, end int }

// links finds what networks and people take for a link: with a scheme, or a name of a host alone. What it takes too much for one does
// no harm where it is used: in messages to the team, and where links are counted.
func links(text string) iter.Seq[span] {
	return func(yield func(span) bool) {
		for start, word := range words(text) {
			if !strings.Contains(word, "://") && !bareHost(word) {
				continue
			}
			if !yield(span{start, start + len(word)}) {
				return
			}
		}
	}
}

// words between white space, without the marks around them.
func words(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		at := 0
		for at < len(text) {
			end := strings.IndexFunc(text[at:], unicode.IsSpace)
			if end < 0 {
				end = len(text) - at
			}
			word := strings.TrimLeft(text[at:at+end], "([{<\"'“‘«*_")
			start := at + end - len(word)
			word = strings.TrimRight(word, ".,;:!?)]}>\"'”’»*_…")
			if word != "" && !yield(start, word) {
				return
			}
			at += end
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
		}
	}
}

// bareHost is true for example.com/path, and not for 3.14 or an address of mail.
func bareHost(word string) bool {
	host := word
	if i := strings.IndexAny(host, "/?#:"); i >= 0 {
		host = host[:i]
	}
	dot := strings.LastIndexByte(host, '.')
	if dot <= 0 || dot+2 >= len(host) || strings.ContainsRune(host, '@') {
		return false
	}
	return strings.IndexFunc(host[dot+1:], func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) < 0
}

// dotOfLink is true for a dot between characters of a name, so that a network might make a link of it.
func dotOfLink(text string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	after, _ := utf8.DecodeRuneInString(text[at+1:])
	name := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' }
	number := unicode.IsDigit(before) && unicode.IsDigit(after)
	return name(before) && name(after) && !number
}
