// Package postname makes names of objects from what people write. It is pure: the same text gives the same name, for ever, as a
// name is what keeps a Post from going out twice.
package postname

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Short stands for a text in six characters.
func Short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:3])
}

var addresses = regexp.MustCompile(`https?://\S+`)

// letters that do not come apart into a base letter and marks.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i")

// Slug makes a part of a name of the first words of a text: letters of the Latin alphabet and digits, joined by hyphens, in
// at most room bytes, and never more than 40. It is empty for a text that has none.
func Slug(text string, room int) string {
	room = max(0, min(room, 40))
	text = addresses.ReplaceAllString(text, " ")
	text = letters.Replace(strings.ToLower(norm.NFKD.String(text)))
	words := strings.FieldsFunc(Bare(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	out := ""
	for _, word := range words {
		joined := word
		if out != "" {
			joined = out + "-" + word
		}
		if len(joined) > room {
			if out == "" {
				return word[:room]
			}
			break
		}
		out = joined
	}
	return out
}

// Bare takes out accents, and apostrophes: "don't" is one word.
func Bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || r == '\'' || r == '\u2019' {
			return -1
		}
		return r
	}, s)
}
