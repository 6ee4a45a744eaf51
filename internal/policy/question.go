package policy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// questionWords begin a question, by language. Where the language is not told, those of all are asked for, if a mark or nothing but
// they say that it is one.
var questionWords = map[string][]string{
	"en": {"how", "what", "why", "when", "where", "who", "which", "whose", "can", "could", "does", "do i", "do you", "do we", "any idea", "anyone know", "has anyone"},
	"es": {"cómo", "como puedo", "qué", "por qué", "cuándo", "dónde", "quién", "cuál", "cuáles", "cuánto", "puedo", "se puede", "alguien sabe"},
	"ca": {"com", "què", "per què", "quan", "on", "qui", "quin", "quina", "puc", "es pot", "algú sap"},
	"fr": {"comment", "quoi", "pourquoi", "quand", "où", "qui", "quel", "quelle", "est-ce", "combien", "peut-on", "quelqu'un sait"},
	"it": {"come", "cosa", "perché", "quando", "dove", "chi", "quale", "quanto", "posso", "si può", "qualcuno sa"},
	"de": {"wie", "was", "warum", "wann", "wo", "wer", "welche", "welcher", "welches", "kann", "gibt es", "weiß jemand"},
	"pt": {"como", "o que", "por que", "quando", "onde", "quem", "qual", "quanto", "posso", "alguém sabe"},
	"bg": {"как", "какво", "защо", "кога", "къде", "кой", "коя", "кое", "колко", "може ли", "някой знае"},
	"nl": {"hoe", "wat", "waarom", "wanneer", "waar", "wie", "welke", "kan", "weet iemand"},
}

// Asks is true for a text with a question mark outside links, or one of which a sentence begins with a question word of its language.
// Without a language only words that make a question by themselves count: "how do I", not "is".
func Asks(text, language string) bool {
	for start, word := range words(text) {
		if strings.Contains(word, "://") || bareHost(word) {
			continue
		}
		if strings.ContainsAny(word, "?¿؟？⸮") || marked(text, start, word) {
			return true
		}
	}
	given := questionWords[strings.ToLower(baseOf(language))]
	for sentence := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return r == '.' || r == '!' || r == '\n' || r == ',' || r == ';' || r == ':' || r == '¡' || r == '—'
	}) {
		sentence = strings.ToLower(strings.TrimLeftFunc(sentence, func(r rune) bool { return !unicode.IsLetter(r) }))
		if beginsWith(sentence, given) || (given == nil && beginsWith(sentence, plainQuestions)) {
			return true
		}
	}
	return false
}

// plainQuestions are questions in any language: none of them begins a sentence that states something.
var plainQuestions = []string{"how do i", "how can i", "how do you", "how to", "what is the", "where can i", "where do i", "anyone know", "has anyone", "any idea",
	"cómo puedo", "alguien sabe", "com puc", "algú sap", "comment faire", "quelqu'un sait", "come faccio", "qualcuno sa", "wie kann ich", "weiß jemand", "alguém sabe", "някой знае", "как да"}

// marked is true if a question mark follows a word at once.
func marked(text string, start int, word string) bool {
	after := text[start+len(word):]
	for _, r := range after {
		switch {
		case strings.ContainsRune("?؟？⸮", r):
			return true
		case unicode.IsSpace(r), unicode.IsLetter(r):
			return false
		}
	}
	return false
}

func beginsWith(sentence string, phrases []string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool {
		if !strings.HasPrefix(sentence, p) {
			return false
		}
		rest := sentence[len(p):]
		// A word alone is a question only if something follows it: "What a nice day" is none, but neither is "What".
		next, _ := utf8.DecodeRuneInString(rest)
		return strings.IndexFunc(rest, unicode.IsLetter) > 0 && !unicode.IsLetter(next) && !statement(p, rest)
	})
}

// statement is true for what begins like a question in English and is none.
func statement(word, rest string) bool {
	return (word == "what" || word == "how") && slices.ContainsFunc([]string{" a ", " an ", " nice", " great", " cool", " lovely", " sad", " beautiful"}, func(s string) bool {
		return strings.HasPrefix(rest, s)
	})
}

// minLetters is the fewest letters of which capitals say anything.
const minLetters = 10

// CapsRatio is the part of a text's letters that are capitals; 0 for texts with few letters. Letters without case count for neither.
func CapsRatio(text string) float64 {
	upper, cased := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsUpper(r):
			upper++
			cased++
		case unicode.IsLower(r):
			cased++
		}
	}
	if cased < minLetters {
		return 0
	}
	return float64(upper) / float64(cased)
}
