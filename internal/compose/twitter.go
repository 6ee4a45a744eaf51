package compose

import (
	"slices"
	"strings"
	"unicode"
)

// twitterEntities finds what X makes clickable.
func twitterEntities(text string) []Entity {
	found := twitterGrammar.urls(text)
	found = append(found, twitterMentions(text)...)
	found = append(found, twitterHashtags(text)...)
	found = append(found, twitterCashtags(text)...)
	return withoutOverlap(found)
}

const (
	maxTwitterName = 20
	maxListSlug    = 25
)

// twitterMentions finds @user and @user/list.
func twitterMentions(text string) []Entity {
	var found []Entity
	free := 0
	for i := 0; i < len(text); {
		at := indexSign(text, i, '@', "＠")
		if at < 0 {
			break
		}
		sign := sizeAt(text, at)
		i = at + sign
		end := i
		for end < len(text) && end-i < maxTwitterName && isWordASCII(text[end]) {
			end++
		}
		if end == i || !beforeMention(text, at, free) {
			continue
		}
		user, slug := text[i:end], listSlug(text, end)
		free = end + len(slug)
		if endsMention(text[free:]) {
			i = free
			continue
		}
		e := Entity{Type: EntityMention, Value: user, ByteStart: at, ByteEnd: free}
		if slug != "" {
			e.Type, e.Value = EntityList, user+slug
		}
		found = append(found, e)
		i = free
	}
	return found
}

// indexSign finds an ASCII sign, or the same sign in full width.
func indexSign(text string, i int, narrow byte, wide string) int {
	at := strings.IndexByte(text[i:], narrow)
	limit := len(text)
	if at >= 0 {
		limit = i + at
	}
	if w := strings.Index(text[i:limit], wide); w >= 0 {
		return i + w
	}
	if at < 0 {
		return -1
	}
	return limit
}

// beforeMention tells whether what stands before the sign lets a mention begin: no word, no other sign, or RT.
func beforeMention(text string, at, free int) bool {
	if at == 0 {
		return true
	}
	if at == free {
		return false
	}
	r := runeBefore(text, at)
	if r >= 0x80 {
		return r != '＠'
	}
	if !isWordASCII(byte(r)) && !strings.ContainsRune("!#$%&*@", r) {
		return true
	}
	if at < 2 || !strings.EqualFold(text[at-2:at], "rt") || at-2 < free {
		return false
	}
	before := runeBefore(text, at-2)
	return before < 0 || before >= 0x80 || !isWordASCII(byte(before)) && !strings.ContainsRune("+~.-", before)
}

func listSlug(text string, i int) string {
	if i+1 >= len(text) || text[i] != '/' || !isLetterASCII(text[i+1]) {
		return ""
	}
	end := i + 2
	for end < len(text) && end-i <= maxListSlug && (text[end] == '-' || isWordASCII(text[end])) {
		end++
	}
	return text[i:end]
}

// endsMention is true for what makes a mention something else: an address, a word with an accent, a URL.
func endsMention(rest string) bool {
	r := runeAt(rest, 0)
	return r == '@' || r == '＠' || isAccented(r) || strings.HasPrefix(rest, "://")
}

// twitterHashtags finds #tags.
func twitterHashtags(text string) []Entity {
	var found []Entity
	for i := 0; i < len(text); {
		at := indexSign(text, i, '#', "＃")
		if at < 0 {
			break
		}
		begin := at + sizeAt(text, at)
		i = begin
		if before := runeBefore(text, at); before == '&' || isTwitterTag(before) && before != textStyle && before != emojiStyle {
			continue
		}
		if first := runeAt(text, begin); first == emojiStyle || first == keycap {
			continue
		}
		end, named := begin, false
		for end < len(text) {
			r := runeAt(text, end)
			if !isTwitterTag(r) {
				break
			}
			named = named || unicode.In(r, unicode.L, unicode.M)
			end += sizeAt(text, end)
		}
		i = max(end, begin)
		if next := runeAt(text, end); !named || next == '#' || next == '＃' || strings.HasPrefix(text[end:], "://") {
			continue
		}
		found = append(found, Entity{Type: EntityHashtag, Value: text[begin:end], ByteStart: at, ByteEnd: end})
	}
	return found
}

// isTwitterTag is true for letters, marks, digits, and what joins words in some scripts.
func isTwitterTag(r rune) bool {
	if r < 0x80 {
		return isAlnumASCII(r) || r == '_'
	}
	switch r {
	case zwnj, zwj, 0xa67e, 0x5be, 0x5f3, 0x5f4, 0xff5e, 0x301c, 0x309b, 0x309c, 0x30a0, 0x30fb, 0x3003, 0xf0b, 0xf0c, middleDot:
		return true
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd)
}

const maxCashtag = 6

// twitterCashtags finds $SYMBOLS.
func twitterCashtags(text string) []Entity {
	var found []Entity
	free := 0
	for i := 0; i < len(text); {
		at := strings.IndexByte(text[i:], '$')
		if at < 0 {
			break
		}
		at += i
		begin := at + 1
		i = begin
		if at > 0 {
			if r := runeBefore(text, at); at-sizeBefore(text, at) < free || !isSpace(r) && !isDirectional(r) {
				continue
			}
		}
		end := begin
		for end < len(text) && isLetterASCII(text[end]) {
			end++
		}
		if end == begin || end-begin > maxCashtag {
			i = end
			continue
		}
		ends := []int{end}
		if end < len(text) && (text[end] == '.' || text[end] == '_') {
			for n := 1; n <= 2 && end+n < len(text) && isLetterASCII(text[end+n]); n++ {
				ends = append(ends, end+n+1)
			}
		}
		for _, end := range slices.Backward(ends) {
			if next := runeAt(text, end); next < 0 || isSpace(next) || next < 0x80 && isPunctASCII(next) {
				found = append(found, Entity{Type: EntityCashtag, Value: text[begin:end], ByteStart: at, ByteEnd: end})
				free, i = end, end
				break
			}
		}
	}
	return found
}
