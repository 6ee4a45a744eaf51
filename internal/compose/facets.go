package compose

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a tag and a handle, by the atproto lexicons. What is longer stays plain text.
const (
	maxTagGraphemes = 64
	maxTagBytes     = 640
	maxHandleBytes  = 253
	maxLabelBytes   = 63
)

// Facets finds the links, #hashtags and @mentions in a text, in order and without overlap. Links need http:// or
// https://; a mention is a handle that is a domain name, such as @acme.example. Text in a link is neither tag nor mention.
func Facets(text string) []Facet { return facetsWith(text, mentionAt) }

// facetsWith does so with another rule for mentions.
func facetsWith(text string, mention func(text string, i int) (Facet, bool)) []Facet {
	var found []Facet
	for i := 0; i < len(text); {
		var (
			f  Facet
			ok bool
		)
		switch text[i] {
		case 'h', 'H':
			f, ok = linkAt(text, i)
		case '#', "＃"[0]:
			f, ok = tagAt(text, i)
		case '@':
			f, ok = mention(text, i)
		}
		if ok {
			found = append(found, f)
		}
		i = max(i+1, f.End)
	}
	return found
}

// maxRetry bounds what is looked at again after something that looked like a URL and is none, in bytes.
const maxRetry = 512

// linkAt reads the URL that begins at i. Where there is none, End is where the next one can begin.
func linkAt(text string, i int) (Facet, bool) {
	host := i + schemeLen(text[i:])
	if host == i || (i > 0 && isWordASCII(text[i-1])) {
		return Facet{}, false
	}
	end := urlEnd(text, host)
	if !simpleHost(text[host:end]) {
		u, err := url.Parse(text[i:end])
		if err != nil || u.Hostname() == "" || !isHostStart(u.Hostname()) {
			if end-i > maxRetry {
				return Facet{End: end}, false
			}
			return Facet{}, false
		}
	}
	return Facet{Start: i, End: end, Link: text[i:end]}, true
}

// simpleHost is the short way for most URLs: a host of letters and digits, and after it nothing that could be wrong.
func simpleHost(s string) bool {
	i := 0
	for i < len(s) && (isAlnumASCII(rune(s[i])) || i > 0 && (s[i] == '.' || s[i] == '-')) {
		i++
	}
	return i > 0 && (i == len(s) || s[i] == '/' && strings.IndexByte(s[i:], '%') < 0)
}

// schemeLen is the length of "http://" or "https://" at the start of s, 0 if there is none.
func schemeLen(s string) int {
	for _, scheme := range []string{"https://", "http://"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return len(scheme)
		}
	}
	return 0
}

func isHostStart(host string) bool {
	r, _ := utf8.DecodeRuneInString(host)
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == ':' // an IPv6 address may begin with ::
}

// inURL is false for what ends a URL in running text: white space, control characters, quotation marks, angle brackets,
// and the punctuation of Chinese and Japanese, which stands without spaces.
func inURL(r rune) bool {
	if r < 0x80 {
		return r > ' ' && r != 0x7f && r != '<' && r != '>' && r != '"' && r != '`'
	}
	switch {
	case r == utf8.RuneError, unicode.IsSpace(r), unicode.IsControl(r):
		return false
	case strings.ContainsRune("«»“”„‹›", r):
		return false
	case r >= 0x3000 && r <= 0x303f, r >= 0xff01 && r <= 0xff0f, r >= 0xff1a && r <= 0xff20, r >= 0xff3b && r <= 0xff40, r >= 0xff5b && r <= 0xff65:
		return false
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202f, r >= 0x2060 && r <= 0x206f, r == 0xfeff: // invisible
		return false
	}
	return true
}

// urlEnd is where what follows i ends that may belong to a URL.
func urlEnd(text string, i int) int {
	end := i
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		if !inURL(r) {
			break
		}
		end += size
	}
	return i + len(trimURL(text[i:end]))
}

// trimURL takes off what belongs to the sentence: punctuation at the end, and closing brackets that nothing in the URL opened.
func trimURL(s string) string {
	var surplus map[rune]int // closing brackets without an opening one; counted once, as a URL can be long
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		switch r {
		case ')', ']', '}':
			if surplus == nil {
				surplus = map[rune]int{
					')': strings.Count(s, ")") - strings.Count(s, "("),
					']': strings.Count(s, "]") - strings.Count(s, "["),
					'}': strings.Count(s, "}") - strings.Count(s, "{"),
				}
			}
			if surplus[r] <= 0 {
				return s
			}
			surplus[r]--
		default:
			if !strings.ContainsRune(".,;:!?'*_~…’‘", r) {
				return s
			}
		}
		s = s[:len(s)-size]
	}
	return s
}

// tagAt reads the hashtag that begins at i.
func tagAt(text string, i int) (Facet, bool) {
	mark, size := utf8.DecodeRuneInString(text[i:])
	if mark != '#' && mark != '＃' {
		return Facet{}, false
	}
	if !mayPrecedeTag(runeBefore(text, i)) {
		return Facet{}, false
	}
	begin := i + size
	end, named := begin, false
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		switch {
		case isTagName(r):
			named = true
		case unicode.IsDigit(r) || r == '_':
		case end > begin && joinsTag(r):
		default:
			size = 0
		}
		if size == 0 {
			break
		}
		end += size
	}
	// What joins needs something after it, but for variation selectors and marks.
	for end > begin {
		r, size := utf8.DecodeLastRuneInString(text[begin:end])
		if r != zwj && r != zwnj && r != middleDot {
			break
		}
		end -= size
	}
	tag := text[begin:end]
	if !named || len(tag) > maxTagBytes || countGraphemes(tag) > maxTagGraphemes {
		return Facet{}, false
	}
	return Facet{Start: i, End: end, Tag: tag}, true
}

const (
	zwnj      = '\u200c'
	zwj       = '\u200d'
	middleDot = '·' // Catalan
)

// mayPrecedeTag is false for what makes a "#" part of something else: a word, an address, an entity of HTML, another tag.
func mayPrecedeTag(r rune) bool { return r < 0 || !isWord(r) && !strings.ContainsRune("&/#＃@", r) }

// isTagName is true for what can make a tag by itself: letters, letter-like numbers and emoji, as UAX #31 has it.
func isTagName(r rune) bool {
	return unicode.IsLetter(r) || unicode.Is(unicode.Nl, r) || (r > 0xff && unicode.Is(unicode.So, r))
}

// joinsTag is true for what may stand in a tag but not begin it.
func joinsTag(r rune) bool {
	return unicode.IsMark(r) || r == zwj || r == zwnj || r == middleDot || (r > 0xff && unicode.In(r, unicode.Pc, unicode.Sk, unicode.No))
}

// mentionAt reads the handle that begins at i.
func mentionAt(text string, i int) (Facet, bool) {
	if before, _ := utf8.DecodeLastRuneInString(text[:i]); i > 0 && (isWord(before) || strings.ContainsRune("./-+@#", before)) {
		return Facet{}, false
	}
	begin := i + 1
	end := begin
	for end < len(text) && isHandleByte(text[end]) {
		end++
	}
	for end > begin && (text[end-1] == '.' || text[end-1] == '-') {
		end--
	}
	if after, _ := utf8.DecodeRuneInString(text[end:]); end < len(text) && (after == '@' || isWord(after)) {
		return Facet{}, false
	}
	handle := text[begin:end]
	if !isHandle(handle) {
		return Facet{}, false
	}
	return Facet{Start: i, End: end, Mention: handle}, true
}

// maxHandle is the longest name of an account, in characters: Telegram's.
const maxHandle = 32

// handleAt reads the @name that begins at i, where names are no domain names.
func handleAt(text string, i int) (Facet, bool) {
	if before := runeBefore(text, i); before >= 0 && (isWord(before) || strings.ContainsRune("./-+@#", before)) {
		return Facet{}, false
	}
	begin := i + 1
	end := begin
	for end < len(text) && (isWordASCII(text[end]) || text[end] == '.') {
		end++
	}
	for end > begin && text[end-1] == '.' {
		end--
	}
	if next := runeAt(text, end); end == begin || text[begin] == '.' || end-begin > maxHandle || next == '@' || isWord(next) {
		return Facet{}, false
	}
	return Facet{Start: i, End: end, Mention: text[begin:end]}, true
}

func isHandleByte(b byte) bool { return b == '.' || b == '-' || (isWordASCII(b) && b != '_') }

// isHandle is true for a domain name of two labels or more whose last one begins with a letter.
func isHandle(s string) bool {
	if len(s) > maxHandleBytes {
		return false
	}
	labels := 0
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > maxLabelBytes || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		labels++
	}
	last := s[strings.LastIndexByte(s, '.')+1:]
	return labels >= 2 && (last[0] < '0' || last[0] > '9')
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) || r == '_'
}

func isWordASCII(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
