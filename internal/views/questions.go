package views

import (
	_ "embed" // the words that begin questions
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

//go:embed questions.txt
var questionFile string

var questionWords = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	buffer := NewBuffer()
	for line := range strings.Lines(questionFile) {
		if line[0] == '#' {
			continue
		}
		language, phrases, _ := strings.Cut(strings.TrimSpace(line), " ")
		for phrase := range strings.SplitSeq(phrases, ",") {
			// Where an accent makes the question, it is asked for: "como siempre" is none.
			buffer.Reset(phrase)
			all[language] = append(all[language], string(buffer.View(Cased).Text))
		}
	}
	return all
})

// Asks tells whether a text asks something: it has a question mark outside its links, of whatever script, or a sentence of it begins
// with words that begin questions in its language (a BCP 47 tag such as "pt-BR"; without one, or with one that is not known, only
// marks count).
func Asks(text, language string) bool {
	if asksByMark(text, language) {
		return true
	}
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(language, "_", "-")), "-")
	phrases := questionWords()[base]
	if len(phrases) == 0 {
		return false
	}
	b := NewBuffer()
	b.Reset(text)
	return asksByWord(b, string(b.View(Cased).Text), phrases)
}

func isQuestionMark(r rune, language string) bool {
	switch r {
	case '?', '؟', '？', '\u037e', '՞', '⸮', '‽', '⁇', '⁈', '⁉', '፧', '꘏', '❓', '❔', '¿', '︖', '﹖', '⳺', '꛷', '᥅':
		return true
	case ';':
		return strings.HasPrefix(language, "el")
	}
	return false
}

func asksByMark(text, language string) bool {
	for word := range strings.FieldsSeq(text) {
		if isLink(word) {
			// What ends a link is no part of it.
			end := strings.TrimRight(word, `"')]}»”’*_~.!`)
			r, size := utf8.DecodeLastRuneInString(end)
			if isQuestionMark(r, language) && !strings.HasSuffix(end[:len(end)-size], "=") {
				return true
			}
			continue
		}
		for _, r := range word {
			if isQuestionMark(r, language) {
				return true
			}
		}
	}
	return false
}

// isLink is true for URLs, and for names with a path or a query: example.com/?a=b.
func isLink(word string) bool {
	if strings.Contains(word, "://") || strings.HasPrefix(strings.ToLower(word), "www.") {
		return true
	}
	dot := strings.IndexByte(word, '.')
	if dot <= 0 {
		return false
	}
	slash := strings.IndexAny(word[dot:], "/?")
	if slash < 3 || dot+slash+1 >= len(word) {
		return false
	}
	for _, c := range []byte(word[dot+1 : dot+slash]) {
		if !isLetterOrDigit(c) && c != '.' && c != '-' {
			return false
		}
	}
	return word[dot+slash] == '/' || strings.Contains(word[dot+slash:], "=")
}

// asksByWord goes through the sentences.
func asksByWord(b *Buffer, text string, phrases []string) bool {
	for text != "" {
		end := strings.IndexAny(text, ".!\n…;:")
		sentence, mark := text, byte(0)
		if end >= 0 {
			sentence, mark = text[:end], text[end]
			text = text[end+1:]
		} else {
			text = ""
		}
		if mark == '!' {
			continue
		}
		for begin := range strings.SplitSeq(sentence, ",") {
			begin = strings.TrimLeftFunc(begin, func(r rune) bool { return !unicode.IsLetter(r) })
			for _, phrase := range phrases {
				if strings.HasPrefix(begin, phrase) && b.WordEnd([]byte(begin), len(phrase)) {
					return true
				}
			}
			if strings.Count(strings.TrimSpace(begin), " ") > 1 {
				break // a greeting may come first: "hi there, how do I"
			}
		}
	}
	return false
}

// CapsRatio is the share of capitals among the letters of a text that have case; 0 if there are none.
func CapsRatio(text string) float64 {
	upper, cased := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsUpper(r), unicode.IsTitle(r):
			upper++
			cased++
		case unicode.IsLower(r):
			cased++
		}
	}
	if cased == 0 {
		return 0
	}
	return float64(upper) / float64(cased)
}

// Length is the length of a text in what people see as characters: grapheme clusters.
func Length(text string) int {
	n := 0
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf || text[i] == '\r' {
			tokens := graphemes.FromString(text)
			for n = 0; tokens.Next(); n++ {
			}
			return n
		}
		n++
	}
	return n
}

func isLetterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
