package match

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// InText looks for the set's domains in running text: in URLs, bare (win-a-prize.example), and defanged (hxxp://evil[.]example). It visits
// each with its entry and its place in bytes until visit gives false, and gives the number of those visited; visit may be nil.
func (d *Domains) InText(text string, visit func(entry, start, end int) bool) int {
	found, disguised := 0, mayDisguise(text)
	for i := 0; i < len(text); {
		dot := strings.IndexByte(text[i:], '.')
		if disguised {
			dot = nextDot(text[i:])
		}
		if dot < 0 {
			break
		}
		if stop := fullStop(text, i+dot); stop > 0 {
			i = stop
			continue
		}
		start, end := wordAround(text, i, i+dot)
		var buffer [maxHost + 3]byte
		for at := start; at < end; {
			stop := linkEnd(text, at, end)
			if entry := d.inWord(buffer[:0], text[at:stop]); entry >= 0 {
				found++
				if visit != nil && !visit(entry, at, stop) {
					return found
				}
			}
			at = stop
			for at < end && isCut(text[at]) {
				at++
			}
		}
		i = max(end, i+dot+1)
	}
	return found
}

func (d *Domains) inWord(buffer []byte, word string) int {
	if i := strings.Index(word, "://"); i > 0 {
		for i > 0 && isLetterASCII(word[i-1]) {
			i--
		}
		word = word[i:]
	}
	name := trimHost(hostOf(strings.TrimLeft(word, "([{_*“”«‘")))
	if nextDot(name) < 0 {
		return -1 // the dot was a full stop
	}
	host, ok := normal(buffer, name)
	if !ok {
		return -1
	}
	return d.lookup(host)
}

// fullStop is the end of the dot at at, or of dots, if the word ends there, so that it holds no name; 0 if it does not.
func fullStop(text string, at int) int {
	end := at
	for end < len(text) && text[end] == '.' {
		end++
	}
	if end > at && (end == len(text) || isBorder(text[end])) {
		return end
	}
	return 0
}

// mayDisguise tells whether a text may have a dot that is not written as one: it has the first byte of one that nextDot knows.
func mayDisguise(text string) bool {
	for _, c := range []byte("[({%\xe3\xef") {
		if strings.IndexByte(text, c) >= 0 {
			return true
		}
	}
	return false
}

// nextDot finds a dot, in whatever disguise.
func nextDot(text string) int {
	for i := range len(text) {
		switch text[i] {
		case '.':
			return i
		case '[', '(', '{':
			if len(text) > i+4 && strings.EqualFold(text[i+1:i+4], "dot") {
				return i
			}
		case 0xe3, 0xef: // 。．｡
			if r, _ := utf8.DecodeRuneInString(text[i:]); r == '。' || r == '．' || r == '｡' {
				return i
			}
		case '%':
			if len(text) > i+2 && text[i+1] == '2' && (text[i+2] == 'e' || text[i+2] == 'E') {
				return i
			}
		}
	}
	return -1
}

// wordAround is what stands between white space, from low on, around a place.
func wordAround(text string, low, at int) (start, end int) {
	start, end = at, at
	for start > low && !isBorder(text[start-1]) {
		start--
	}
	for end < len(text) && !isBorder(text[end]) {
		end++
	}
	return start, end
}

func isBorder(c byte) bool { return c <= ' ' || c == '<' || c == '>' || c == '"' }

// isCut is true for what separates names that stand without spaces: a.example,b.example.
func isCut(c byte) bool {
	return c == ',' || c == ';' || c == '|' || c == '\'' || c == '`' || c == '*' || c == '!'
}

// linkEnd is the end of a link that begins at at: names end at commas and the like; URLs at their end.
func linkEnd(text string, at, end int) int {
	for i := at; i < end; i++ {
		if isCut(text[i]) {
			return i
		}
	}
	return end
}

// trimHost takes off the punctuation and the letters of scripts without spaces that stand around a name.
func trimHost(host string) string {
	host = strings.TrimLeft(host, "([{_.-")
	host = strings.TrimRight(host, ")]}_:…?!-.“”»’")
	if i := strings.LastIndexAny(host, "(=:"); i >= 0 && !strings.Contains(host[i:], "(.") && !strings.HasPrefix(host[i:], "(dot") {
		host = host[i+1:]
	}
	return host
}

func isLetterASCII(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isMark(r rune) bool {
	return unicode.IsMark(r) && r > 0x2ff && (r < 0xfe00 || r > 0xfe0f) && r != 0x34f
}
