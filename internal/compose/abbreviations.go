package compose

import (
	"strings"
	"unicode"
)

// abbreviations end in a full stop that ends no sentence: a thread is not cut after them. Those that often do end one, such as
// "etc." and "Inc.", are left out; what is a word of its own in lower case stands here as it is written before a name or a number.
var abbreviations = func() map[string]struct{} {
	known := map[string]struct{}{}
	for word := range strings.FieldsSeq(`
		Dr dr Mr Mrs Ms Mx Prof prof Rev Hon Gen Col Capt Lt Sgt Sen Rep Gov St Mt No Nos Fig fig Vol vol Eds Ed pp cf vs approx resp
		Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec e.g E.g i.e I.e a.k.a P.S
		Nr nr Hr Hrn Fr Str bzw ca evtl ggf inkl vgl Vgl zzgl z.B Z.B d.h D.h u.a U.a i.d.R
		Sr sr Sra sra Sres Srta Dra dra Ud Uds Núm núm Pág pág págs Avda p.ej P.ej EE.UU
		Mme Mmes Mlle MM p.ex P.ex c.-à-d
		Sig Sigg Dott Avv Geom
		dhr mevr bijv m.b.t
		Exmo Exma Ilmo Profa
	`) {
		known[word] = struct{}{}
	}
	return known
}()

// endsSentence tells whether a text up to a place that the rules of Unicode take for the end of a sentence is one: not after an
// abbreviation, an initial, or the number of an item of a list.
func endsSentence(text string) bool {
	if strings.ContainsRune("\n\r\u0085\u2028\u2029", runeBefore(text, len(text))) {
		return true // a paragraph
	}
	trimmed := strings.TrimRightFunc(text, unicode.IsSpace)
	if !strings.HasSuffix(trimmed, ".") {
		return true
	}
	const longest = 16 // bytes that an abbreviation and what opens it can have
	begin := len(trimmed) - 1
	for begin > 0 && len(trimmed)-begin <= longest && !unicode.IsSpace(runeBefore(trimmed, begin)) {
		begin -= sizeBefore(trimmed, begin)
	}
	word := strings.TrimLeft(trimmed[begin:len(trimmed)-1], "([{\"'“‘«„¿¡")
	if word == "" {
		return true
	}
	first := runeAt(word, 0)
	switch {
	case len(word) == sizeAt(word, 0) && unicode.IsLetter(first):
		return !unicode.IsUpper(first)
	case unicode.IsDigit(first) && strings.Trim(word, "0123456789") == "":
		return begin > 0 && trimmed[begin-1] != '\n'
	}
	_, known := abbreviations[word]
	return !known
}

// trailsOff is true after an ellipsis that a sentence follows, which the rules of Unicode take for no end.
func trailsOff(text string, at int) bool {
	next := runeAt(text, at)
	if unicode.IsSpace(next) || unicode.IsLower(next) {
		return false
	}
	trimmed := strings.TrimRightFunc(text[:at], unicode.IsSpace)
	return len(trimmed) < at && strings.HasSuffix(trimmed, "…")
}
