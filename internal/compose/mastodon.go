package compose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mastodonGrammar is twitter-text's, with a scheme required, and with paths and queries in any script. Links to the reserved
// domains of documentation count as links, so that examples and rehearsals count as the real thing would.
var mastodonGrammar = grammar{
	reserved: true, tail: mastodonTail,
	schemes: []string{"https://", "http://", "dat://", "dweb://", "ipfs://", "ipns://", "ssb://", "gopher://", "gemini://"},
}

// isMastodonWord is true for what Mastodon's patterns call a word: letters, marks, digits, and what joins them.
func isMastodonWord(r rune) bool {
	if r < 0x80 {
		return r == '_' || isAlnumASCII(r)
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc)
}

// mastodonEntities finds what Mastodon makes clickable.
func mastodonEntities(text string) []Entity {
	found := mastodonGrammar.urls(text)
	found = append(found, mastodonMentions(text)...)
	found = append(found, mastodonHashtags(text)...)
	return withoutOverlap(found)
}

// mastodonCounted finds what Mastodon counts otherwise than as written: links and mentions.
func mastodonCounted(text string) []Entity {
	var found []Entity
	if strings.Contains(text, "://") {
		found = mastodonGrammar.urls(text)
	}
	if strings.IndexByte(text, '@') < 0 {
		return found
	}
	return withoutOverlap(append(found, mastodonMentions(text)...))
}

func mastodonTail(text string, i int) int {
	end := portEnd(text, i)
	if end < len(text) && text[end] == '/' {
		end = pathEnd(text, end+1, isOpenPath, isOpenPathEnding)
	}
	return queryEnd(text, end, isOpenQuery, isOpenQueryEnding)
}

func isOpenPath(r rune) bool {
	return r >= 0 && !unicode.IsSpace(r) && !strings.ContainsRune("<>()?", r)
}

func isOpenPathEnding(r rune) bool {
	return isOpenPath(r) && !strings.ContainsRune("!*\"'「」;:=,.$%[]~&|@", r)
}

func isOpenQuery(r rune) bool {
	return isQuery(r) || r == '^' || r >= 0xa0 && !unicode.IsSpace(r)
}

func isOpenQueryEnding(r rune) bool {
	return isQueryEnding(r) || r >= 0xa0 && !unicode.IsSpace(r)
}

// mastodonMentions finds @user and @user@host.
func mastodonMentions(text string) []Entity {
	var found []Entity
	for i := 0; i < len(text); {
		at := strings.IndexByte(text[i:], '@')
		if at < 0 {
			break
		}
		at += i
		begin := at + 1
		i = begin
		if before := runeBefore(text, at); before == '=' || before == '/' || isMastodonWord(before) {
			continue
		}
		end := userEnd(text, begin)
		if end == begin {
			continue
		}
		if host := hostEnd(text, end); host > end {
			end = host
		}
		i = end
		if endsMention(text[end:]) {
			continue
		}
		found = append(found, Entity{Type: EntityMention, Value: text[begin:end], ByteStart: at, ByteEnd: end})
	}
	return found
}

// userEnd gives the end of a user's name: words joined by dots and hyphens.
func userEnd(text string, begin int) int {
	i, end := begin, begin
	for i < len(text) {
		switch b := text[i]; {
		case isWordASCII(b):
			i++
			end = i
		case (b == '.' || b == '-') && i > begin:
			i++
		default:
			return end
		}
	}
	return end
}

// hostEnd gives the end of "@host" at i, i if there is none: words joined by dots and hyphens, without a port.
func hostEnd(text string, i int) int {
	if i >= len(text) || text[i] != '@' {
		return i
	}
	end := i
	for j := i + 1; j < len(text); {
		r := runeAt(text, j)
		word := isMastodonWord(r)
		if !word && (j == i+1 || r != '.' && r != '-') {
			break
		}
		j += sizeAt(text, j)
		if word {
			end = j
		}
	}
	return end
}

// mentionUserEnd gives the end of "@user" in a mention.
func mentionUserEnd(e Entity) int {
	if at := strings.IndexByte(e.Value, '@'); at >= 0 {
		return e.ByteStart + 1 + at
	}
	return e.ByteEnd
}

// mastodonHashtags finds #tags: words that are joined by low lines and a few signs, with something in them that is no digit.
func mastodonHashtags(text string) []Entity {
	var found []Entity
	for i := 0; i < len(text); {
		at := indexSign(text, i, '#', "＃")
		if at < 0 {
			break
		}
		begin := at + sizeAt(text, at)
		i = begin
		if before := runeBefore(text, at); before == '=' || before == '/' || before == ')' || unicode.In(before, unicode.L, unicode.M, unicode.Nd, unicode.Nl) {
			continue
		}
		end, last, named := begin, begin, false
		for end < len(text) {
			r := runeAt(text, end)
			joins := r == middleDot || r == '・' || r == zwnj
			if !isMastodonWord(r) && (!joins || end == begin) {
				break
			}
			end += sizeAt(text, end)
			if !joins {
				last = end
			}
			named = named || isMastodonWord(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Pc, r)
		}
		tag := text[begin:last]
		i = max(last, begin)
		if !named && !joined(tag) {
			continue
		}
		found = append(found, Entity{Type: EntityHashtag, Value: tag, ByteStart: at, ByteEnd: last})
	}
	return found
}

// joined is true for numbers with a sign between them, such as 1_2.
func joined(tag string) bool {
	_, first := utf8.DecodeRuneInString(tag)
	_, last := utf8.DecodeLastRuneInString(tag)
	return len(tag) > first+last && strings.ContainsAny(tag[first:len(tag)-last], "_·・\u200c")
}
