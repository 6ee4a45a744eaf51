package compose

import (
	"strings"

	"golang.org/x/net/idna"
)

// maxHostLabel is the longest label of a host name, in Punycode.
const maxHostLabel = 63

// maxTCoSlug is the longest path of X's own short links.
const maxTCoSlug = 40

// grammar is what differs between networks that take links as twitter-text does.
type grammar struct {
	// bare is true if names without http:// are links too.
	bare bool
	// reserved is true if the top-level domains of documentation count as real ones.
	reserved bool
	// shortener is true if links to t.co end after their slug.
	shortener bool
	// schemes that a link can begin with.
	schemes []string
	// tail gives the end of port, path and query that begin at i.
	tail func(text string, i int) int
}

var twitterGrammar = grammar{bare: true, shortener: true, schemes: []string{"https://", "http://"}, tail: twitterTail}

// label is one part of a run of characters that domain names are made of.
type label struct {
	start, end int
	// tld is the end of the top-level domain that begins here, -1 if none does.
	tld int
	// reach is the end of the longest domain name whose first label is this one, whole; -1 if there is none.
	reach int
	// underscore is the last one in it, -1 if there is none.
	underscore int
}

// urlScan finds links in one pass: each run of domain characters is cut into labels once, and what a name that begins in a
// label can reach is worked out from the last label to the first, so that no input takes more than linear time.
type urlScan struct {
	grammar
	text string
	// free is the end of the last match: the character before a link is not part of another one.
	free   int
	found  []Entity
	labels []label
}

func (g grammar) urls(text string) []Entity {
	s := urlScan{grammar: g, text: text}
	for i := 0; i < len(text); {
		dot := strings.IndexByte(text[i:], '.')
		if dot < 0 {
			break
		}
		start := i + dot
		for start > i && isRun(runeBefore(text, start)) {
			start -= sizeBefore(text, start)
		}
		end := i + dot
		for end < len(text) && isRun(runeAt(text, end)) {
			end += sizeAt(text, end)
		}
		s.run(start, end)
		i = max(end, s.free)
	}
	return s.found
}

// isDomain is true for what labels of a domain name are made of: anything but spaces, ASCII punctuation, and what is invisible.
func isDomain(r rune) bool {
	if r < 0x80 {
		return isAlnumASCII(r) || r >= 0 && !isPunctASCII(r) && !isSpace(r)
	}
	return !isSpace(r) && !isForbidden(r) && !isDirectional(r)
}

func isRun(r rune) bool { return r == '.' || r == '-' || r == '_' || isDomain(r) }

// mayPrecede is false for what a link cannot follow directly.
func mayPrecede(r rune) bool {
	switch {
	case r < 0: // the start of the text
		return true
	case isAlnumASCII(r), r == '@', r == '＠', r == '$', r == '#', r == '＃', isForbidden(r):
		return false
	}
	return true
}

// canFollow tells whether a link may begin at i.
func (s *urlScan) canFollow(i int) bool {
	if i == 0 {
		return true
	}
	return i-sizeBefore(s.text, i) >= s.free && mayPrecede(runeBefore(s.text, i))
}

// run finds the links whose names lie in text[start:end], a run of domain characters.
func (s *urlScan) run(start, end int) {
	s.cut(start, end)
	if scheme := s.schemeBefore(s.text[:start]); scheme > 0 && s.labels[0].reach > 0 && s.canFollow(start-scheme) {
		s.match(start-scheme, start, s.labels[0].reach)
	}
	if !s.bare {
		return
	}
	for i := range s.labels {
		l := &s.labels[i]
		for p := max(l.start, s.free); p < l.end; {
			if s.free >= end {
				return
			}
			reach := s.from(i, p)
			if reach > 0 && s.canFollow(p) {
				s.match(p, p, reach)
				p = max(p, s.free)
				if p >= l.end {
					break
				}
				continue
			}
			if reach < 0 && l.underscore < p {
				break // no later place in this label does better
			}
			p += sizeAt(s.text, p)
		}
	}
}

// cut fills s.labels.
func (s *urlScan) cut(start, end int) {
	s.labels = s.labels[:0]
	for at := start; at <= end; {
		stop := strings.IndexByte(s.text[at:end], '.')
		if stop < 0 {
			stop = end - at
		}
		underscore := strings.LastIndexByte(s.text[at:at+stop], '_')
		if underscore >= 0 {
			underscore += at
		}
		l := label{start: at, end: at + stop, underscore: underscore, tld: -1, reach: -1}
		if at > start {
			l.tld = tldAt(s.text, at, s.reserved)
		}
		s.labels = append(s.labels, l)
		at += stop + 1
	}
	for i := len(s.labels) - 1; i >= 0; i-- {
		s.labels[i].reach = s.from(i, s.labels[i].start)
	}
}

// from gives the end of the longest domain name that begins at p, in label i.
func (s *urlScan) from(i, p int) int {
	l := &s.labels[i]
	if i+1 >= len(s.labels) || p >= l.end || !isDomain(runeAt(s.text, p)) {
		return -1
	}
	if last := s.text[l.end-1]; last == '-' || last == '_' {
		return -1
	}
	next := &s.labels[i+1]
	if next.reach > 0 {
		return next.reach
	}
	if l.underscore >= p {
		return -1 // only subdomains have underscores
	}
	return next.tld
}

// schemeBefore is the length of a scheme at the end of s, 0 if there is none.
func (g *grammar) schemeBefore(s string) int {
	if !strings.HasSuffix(s, "://") {
		return 0
	}
	for _, scheme := range g.schemes {
		if len(s) >= len(scheme) && strings.EqualFold(s[len(s)-len(scheme):], scheme) {
			return len(scheme)
		}
	}
	return 0
}

// match takes the link that begins at start; its name is text[host:hostEnd].
func (s *urlScan) match(start, host, hostEnd int) {
	end := s.tail(s.text, hostEnd)
	s.free = end
	name := s.text[host:hostEnd]
	if !isHostName(name) {
		return
	}
	if start < host {
		if s.shortener {
			if end = tcoEnd(s.text, start, end); end < 0 {
				return
			}
		}
		s.add(start, end)
		return
	}
	if before := runeBefore(s.text, start); before == '-' || before == '_' || before == '.' || before == '/' {
		return
	}
	// Names in other scripts are taken for links only with a scheme: what stands between others is cut out.
	first := len(s.found)
	asciiNames(name, func(from, to int) { s.add(host+from, host+to) })
	if len(s.found) > first && hasPath(s.text[hostEnd:end]) {
		if last := &s.found[len(s.found)-1]; last.ByteEnd == hostEnd {
			last.Value, last.ByteEnd = s.text[last.ByteStart:end], end
		}
	}
}

// hasPath tells whether a tail has a path, after its port.
func hasPath(tail string) bool {
	i := portEnd(tail, 0)
	return i < len(tail) && tail[i] == '/'
}

func (s *urlScan) add(start, end int) {
	s.found = append(s.found, Entity{Type: EntityURL, Value: s.text[start:end], ByteStart: start, ByteEnd: end})
}

// isHostName checks what the scan does not: the length of labels, as Punycode where they are not ASCII.
func isHostName(name string) bool {
	for l := range strings.SplitSeq(name, ".") {
		ascii := true
		for i := range len(l) {
			if l[i] >= 0x80 {
				ascii = false
				break
			}
		}
		if ascii {
			if len(l) > maxHostLabel {
				return false
			}
			continue
		}
		if len(l) > 4*maxHostLabel || len(l) >= 4 && strings.EqualFold(l[:4], "xn--") {
			return false
		}
		if p, err := idna.Punycode.ToASCII(l); err != nil || len(p) > maxHostLabel {
			return false
		}
	}
	return true
}

// asciiNames visits the parts of a domain name that are names in Latin script by themselves.
func asciiNames(name string, visit func(start, end int)) {
	plain := true
	for i := range len(name) {
		if name[i] >= 0x80 || name[i] == '_' {
			plain = false
			break
		}
	}
	if plain {
		visit(0, len(name))
		return
	}
	for i := 0; i < len(name); {
		if !isLatin(runeAt(name, i)) {
			i += sizeAt(name, i)
			continue
		}
		start, end := i, -1
		for {
			at := i
			for i < len(name) && isLatin(runeAt(name, i)) {
				i += sizeAt(name, i)
			}
			if i == at || i >= len(name) || name[i] != '.' {
				break
			}
			i++
			if tld := tldAt(name, i, false); tld > 0 {
				end = tld
			}
		}
		if end > 0 {
			visit(start, end)
			i = max(i, end)
		}
	}
}

func isLatin(r rune) bool { return isAlnumASCII(r) || r == '-' || isAccented(r) }

// portEnd gives the end of ":8080" at i, i if there is none.
func portEnd(text string, i int) int {
	if i >= len(text) || text[i] != ':' {
		return i
	}
	j := i + 1
	for j < len(text) && isDigitASCII(text[j]) {
		j++
	}
	if j == i+1 {
		return i
	}
	return j
}

// twitterTail gives the end of port, path and query that begin at i.
func twitterTail(text string, i int) int {
	end := portEnd(text, i)
	if end < len(text) && text[end] == '/' {
		end = pathEnd(text, end+1, isPathGeneral, isPathEnding)
	}
	return queryEnd(text, end, isQuery, isQueryEnding)
}

// pathEnd gives the end of the path after its slash at i-1: the last place where it may end, within characters that may stand
// in it and pairs of parentheses.
func pathEnd(text string, i int, general, ending func(rune) bool) int {
	end := i
	for i < len(text) {
		r := runeAt(text, i)
		switch {
		case general(r):
			i += sizeAt(text, i)
			if ending(r) {
				end = i
			}
		case r == '(':
			if i = parenthesesEnd(text, i, general); i < 0 {
				return end
			}
			end = i
		default:
			return end
		}
	}
	return end
}

// parenthesesEnd gives the end of "(...)" at i, which may hold one more pair; -1 if it is not closed.
func parenthesesEnd(text string, i int, general func(rune) bool) int {
	start, inner, inside := i, 0, false
	for i++; i < len(text); {
		switch r := runeAt(text, i); {
		case general(r):
			i += sizeAt(text, i)
		case r == '(' && inner == 0:
			inner, inside = i, true
			i++
		case r == ')' && inside:
			if i == inner+1 {
				return -1
			}
			inside = false
			i++
		case r == ')':
			if i == start+1 {
				return -1
			}
			return i + 1
		default:
			return -1
		}
	}
	return -1
}

// queryEnd gives the end of "?a=b" at i, i if there is none.
func queryEnd(text string, i int, query, ending func(rune) bool) int {
	if i >= len(text) || text[i] != '?' {
		return i
	}
	end := i
	for j := i + 1; j < len(text); {
		r := runeAt(text, j)
		if !query(r) {
			break
		}
		j += sizeAt(text, j)
		if ending(r) {
			end = j
		}
	}
	return end
}

func isPathGeneral(r rune) bool {
	if r < 0x80 {
		return isAlnumASCII(r) || r > 0 && strings.IndexByte("!*';:=+,.$/%#[]-_~@|&", byte(r)) >= 0
	}
	return r == '–' || isCyrillic(r) || isAccented(r)
}

func isPathEnding(r rune) bool {
	if r < 0x80 {
		return isAlnumASCII(r) || r > 0 && strings.IndexByte("+-=_#/", byte(r)) >= 0
	}
	return isCyrillic(r) || isAccented(r)
}

func isQuery(r rune) bool {
	return isAlnumASCII(r) || r > 0 && r < 0x80 && strings.IndexByte("!?*'@();:&=+$/%#[]-_.,~|", byte(r)) >= 0
}

func isQueryEnding(r rune) bool {
	return isAlnumASCII(r) || r > 0 && r < 0x80 && strings.IndexByte("-_&=#/", byte(r)) >= 0
}

// tcoEnd cuts what follows the slug of a short link; -1 if the slug is too long to be one.
func tcoEnd(text string, start, end int) int {
	const host = "t.co/"
	i := start + schemeLen(text[start:])
	if end-i <= len(host) || !strings.EqualFold(text[i:i+len(host)], host) {
		return end
	}
	slug := i + len(host)
	i = slug
	for i < end && isAlnumASCII(rune(text[i])) {
		i++
	}
	if i == slug {
		return end
	}
	if i-slug > maxTCoSlug {
		return -1
	}
	return queryEnd(text[:end], i, isQuery, isQueryEnding)
}
