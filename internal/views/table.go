package views

import (
	_ "embed" // what letters look like
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

//go:generate go run confusables_generate.go https://www.unicode.org/Public/security/17.0.0/confusables.txt

//go:embed confusables.txt
var confusables string

// kind is what a character is in a text.
type kind uint8

const (
	other kind = iota // punctuation, symbols
	space
	letter  // and marks that stay
	noSpace // letters of scripts that put no spaces between words
	digit
	dropped // marks and what is invisible
	flag    // a regional indicator: a letter of a flag
)

// script tells apart what Skeleton has to tell apart.
type script uint8

const (
	common script = iota
	latin
	cyrillic
	greek
	living // Hebrew, Arabic and others of today whose letters look like Latin ones by chance
	rare   // Cherokee, Lisu and others that are met as Latin letters in disguise
	scripts
)

// entry is what is known of a character.
type entry struct {
	fold string // in Folded; empty: itself
	cased,
	look, // as a Latin letter; empty: as fold
	native string // in a word of its own script; empty: as fold
	kind   kind
	script script
	core   bool // a letter of the alphabets of today
	clear  bool // looks like no letter of another script
}

// table has an entry for each code point, in pages.
type table struct {
	pages   [(unicode.MaxRune + 1) >> 8]*[256]uint16
	entries []entry
}

func (t *table) of(r rune) *entry {
	return &t.entries[t.pages[r>>8][r&0xff]]
}

var characters = sync.OnceValue(buildTable)

// cyrillicLooks are Cyrillic letters that look like Latin ones to anybody, and those that stand for Latin letters in a word of
// Cyrillic ones, for which see latinAsCyrillic.
const cyrillicLooks = "авеікмнорстухјѕһԁԛԝѵӏүґз"

const greekLooks = "αβγεζηικμνορστυχω"

const latinLooks = "abceghijkmoprstuxy"

var latinAsCyrillic = [256]string{
	'a': "а", 'b': "в", 'c': "с", 'e': "е", 'g': "д", 'h': "н", 'i': "і", 'j': "ј", 'k': "к", 'm': "м", 'n': "п", 'o': "о", 'p': "р",
	'r': "г", 's': "ѕ", 't': "т", 'u': "и", 'w': "ш", 'x': "х", 'y': "у",
}

var livingScripts = []*unicode.RangeTable{
	unicode.Hebrew, unicode.Arabic, unicode.Armenian, unicode.Georgian, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati,
	unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Ethiopic, unicode.Mongolian,
	unicode.Hangul, unicode.Syriac, unicode.Thaana,
}

var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Yi, unicode.Bopomofo,
}

// typographic are characters that stand for ones of ASCII.
var typographic = map[rune]string{
	'‘': "'", '’': "'", '‚': "'", '‛': "'", 'ʼ': "'", '′': "'", '´': "'", 'ˈ': "'", '＇': "'", '“': `"`, '”': `"`, '„': `"`, '‟': `"`, '«': `"`, '»': `"`, '″': `"`,
	'‹': "'", '›': "'", '‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-", '﹘': "-", '﹣': "-", '－': "-", '⁃': "-", '⸺': "-", '⸻': "-",
	'\u2800': " ", '\u2028': " ", '\u2029': " ", '™': " ", '℠': " ", '❗': "!", '❕': "!", '💲': "$", '➕': "+",
}

// builder makes the table.
type builder struct {
	*table
	known map[entry]uint16
	looks map[rune]string
	caser cases.Caser
}

// fold is Unicode's full case folding. In Cherokee that makes capitals; x/text exchanges there the one case for the other.
func (b *builder) fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cherokee, r) {
			return unicode.ToUpper(r)
		}
		return r
	}, b.caser.String(s))
}

func buildTable() *table {
	b := builder{table: &table{}, known: map[entry]uint16{}, looks: readLooks(), caser: cases.Fold()}
	same := map[uint16]*[256]uint16{}
	for page := range b.pages {
		first := rune(page) << 8
		if k, ok := uniform(first); ok {
			id := b.id(k)
			if same[id] == nil {
				same[id] = new([256]uint16)
				for i := range same[id] {
					same[id][i] = id
				}
			}
			b.pages[page] = same[id]
			continue
		}
		p := new([256]uint16)
		for i := range p {
			p[i] = b.id(b.entry(first + rune(i)))
		}
		b.pages[page] = p
	}
	return b.table
}

// uniform knows the pages that are all alike, which are most.
func uniform(first rune) (entry, bool) {
	switch {
	case first >= 0x3400 && first < 0x4d00, first >= 0x4e00 && first < 0x9f00, first >= 0x20000 && first < 0x2f800, first >= 0x2fb00 && first < 0x32400:
		return entry{kind: noSpace}, true
	case first >= 0xac00 && first < 0xd700:
		return entry{kind: letter, script: living, clear: true, core: true}, true
	case first >= 0xd800 && first < 0xf900, first >= 0x32400 && first < 0xe0000, first >= 0xe1000:
		return entry{}, true
	case first >= 0xe0000:
		return entry{kind: dropped}, true
	}
	return entry{}, false
}

func (b *builder) id(e entry) uint16 {
	id, ok := b.known[e]
	if !ok {
		id = uint16(len(b.entries))
		b.entries = append(b.entries, e)
		b.known[e] = id
	}
	return id
}

func (b *builder) entry(r rune) entry {
	e := entry{kind: kindOf(r), script: scriptOf(r)}
	self := string(r)
	if e.cased = b.fold(self); e.cased == self {
		e.cased = ""
	}
	if e.kind == dropped {
		return e
	}
	folded := b.plain(self)
	if folded == "" && e.kind == other && r >= 0x80 {
		folded = " " // a mark that stands alone, as spacing accents do
	}
	if folded != self {
		e.fold = folded
	}
	if e.kind == other || e.kind == letter {
		b.kindByForm(&e, folded)
	}
	if r >= 0x80 {
		e.look = b.look(self, folded)
		if look, _ := utf8.DecodeRuneInString(e.look); look >= 0x80 && e.script == living && scriptOf(look) == living {
			e.native, e.look = e.look, ""
		}
		if e.kind == other && e.look != "" && len(e.look) == 1 && e.look >= "a" && e.look <= "z" {
			e.kind = letter
		}
	}
	b.tell(&e, r, folded)
	return e
}

// kindByForm lets what is made of letters be one: circled letters, ligatures.
func (b *builder) kindByForm(e *entry, folded string) {
	first, size := utf8.DecodeRuneInString(folded)
	switch k := kindOf(first); {
	case folded == "" || size == 0:
	case k == letter && (e.kind == other || e.kind == letter):
		e.kind = letter
		if e.script == common {
			e.script = scriptOf(first)
		}
	case (k == space || k == other) && e.kind != k:
		e.kind = k
	case k == digit && e.kind == other:
		e.kind = digit
	case k == noSpace && e.kind == other:
		e.kind = noSpace
	}
}

// tell says whether a letter belongs to an alphabet of today, and whether it can be taken for one of another script.
func (b *builder) tell(e *entry, r rune, folded string) {
	base, _ := utf8.DecodeRuneInString(folded)
	switch e.script {
	case latin:
		e.core = r < 0x250
		e.clear = !strings.ContainsRune(latinLooks, base)
	case cyrillic:
		e.core = r >= 0x410 && r <= 0x44f || r == 0x401 || r == 0x451
		e.clear = r >= 0x400 && r <= 0x45f && !strings.ContainsRune(cyrillicLooks, base)
	case greek:
		e.core = r < 0x400
		e.clear = r < 0x400 && !strings.ContainsRune(greekLooks, base) && base >= 0x370
	case living:
		e.core = true
		e.clear = e.look == ""
	case rare:
		e.clear = e.look == ""
	}
}

// plain folds: case, compatibility forms, marks, typography.
func (b *builder) plain(s string) string {
	var out strings.Builder
	for _, r := range s {
		if t, ok := typographic[r]; ok {
			out.WriteString(t)
			continue
		}
		if r >= 0xac00 && r <= 0xd7a3 {
			out.WriteRune(r)
			continue
		}
		for _, r := range norm.NFKD.String(b.fold(norm.NFKD.String(string(r)))) {
			if kindOf(r) == dropped {
				continue
			}
			if t, ok := typographic[r]; ok {
				out.WriteString(t)
			} else {
				out.WriteRune(r)
			}
		}
	}
	if out.String() != s && strings.ContainsFunc(out.String(), isJamo) {
		return norm.NFC.String(out.String()) // a form of whole syllables
	}
	return out.String()
}

func isJamo(r rune) bool { return r >= 0x1100 && r <= 0x11ff }

func (b *builder) look(self, folded string) string {
	var out strings.Builder
	r, _ := utf8.DecodeRuneInString(self)
	if look, ok := b.looks[r]; ok {
		out.WriteString(b.looksAgain(r, look))
	} else if _, ok := typographic[r]; !ok {
		for _, r := range norm.NFKD.String(self) {
			if look, ok := b.looks[r]; ok {
				out.WriteString(look)
			} else if kindOf(r) != dropped {
				out.WriteString(b.plain(string(r)))
			}
		}
	}
	if out.Len() == 0 || out.String() == folded {
		return ""
	}
	return out.String()
}

// looksAgain is what a letter of another script looks like that r looks like: where r is of no script of today, a Latin one.
func (b *builder) looksAgain(r rune, look string) string {
	other, size := utf8.DecodeRuneInString(look)
	if again, ok := b.looks[other]; ok && size == len(look) && unicode.IsLetter(r) && (scriptOf(r) != living || scriptOf(other) != living) {
		return again
	}
	return look
}

func readLooks() map[rune]string {
	looks := make(map[rune]string, 8192)
	for line := range strings.Lines(confusables) {
		if line[0] == '#' {
			continue
		}
		fields := strings.Fields(line)
		for _, hex := range fields[1:] {
			if r, err := strconv.ParseUint(hex, 16, 32); err == nil {
				looks[rune(r)] = fields[0]
			}
		}
	}
	return looks
}

func kindOf(r rune) kind {
	switch {
	case r >= 0x1f1e6 && r <= 0x1f1ff:
		return flag
	case unicode.IsSpace(r) || r == 0x2800 || r == 0x200b-1:
		return space
	case r < 0x20, r == 0x7f, isIgnorable(r), isAccent(r):
		return dropped
	case unicode.In(r, unspaced...) && (unicode.IsLetter(r) || unicode.IsMark(r)), r == 'ー', r == '々':
		return noSpace
	case unicode.IsLetter(r), unicode.IsMark(r), unicode.Is(unicode.Nl, r):
		return letter
	case unicode.IsDigit(r):
		return digit
	}
	return other
}

// isIgnorable is true for what nobody sees: Default_Ignorable_Code_Point, controls, and the stroke that lengthens Arabic.
func isIgnorable(r rune) bool {
	switch {
	case r == 0x640, r == 0xad, r == 0x34f, r == 0x61c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x3164, r == 0xfeff, r == 0xffa0,
		r >= 0x180b && r <= 0x180f, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r >= 0xfe00 && r <= 0xfe0f,
		r >= 0xfff0 && r <= 0xfffb, r >= 0x1bca0 && r <= 0x1bca3, r >= 0x1d173 && r <= 0x1d17a, r >= 0xe0000 && r <= 0xe0fff, r >= 0x7f && r < 0xa0 && r != 0x85:
		return true
	}
	return false
}

// isAccent is true for marks that change how a letter is written or said, not which letter it is.
func isAccent(r rune) bool {
	if r < 0x300 || !unicode.IsMark(r) {
		return false
	}
	if unicode.Is(unicode.Me, r) {
		return true
	}
	ccc := norm.NFD.PropertiesString(string(r)).CCC()
	return ccc == 1 || ccc >= 10 && ccc <= 36 || ccc >= 200
}

func scriptOf(r rune) script {
	switch {
	case r < 0x80 && unicode.IsLetter(r), r >= 0x80 && unicode.Is(unicode.Latin, r):
		return latin
	case !unicode.IsLetter(r):
		return common
	case unicode.Is(unicode.Cyrillic, r):
		return cyrillic
	case unicode.Is(unicode.Greek, r):
		return greek
	case unicode.In(r, livingScripts...):
		return living
	case unicode.Is(unicode.Common, r), unicode.In(r, unspaced...):
		return common
	}
	return rare
}

// FoldRune is a character as Folded has it; empty for what Folded drops.
func FoldRune(r rune) string {
	if !utf8.ValidRune(r) {
		return "\ufffd"
	}
	switch e := characters().of(r); {
	case e.kind == dropped:
		return ""
	case e.fold != "":
		return e.fold
	}
	return string(r)
}

// CaseRune is a character as Cased has it.
func CaseRune(r rune) string {
	if utf8.ValidRune(r) {
		if e := characters().of(r); e.cased != "" {
			return e.cased
		}
	}
	return string(r)
}
