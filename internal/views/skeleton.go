package views

import "unicode/utf8"

// reading is the script in which a word is read.
type reading uint8

const (
	asLatin reading = iota
	asNative
	asCyrillic
)

// census counts the letters of a word or a text by script.
type census struct {
	letters, clear, core [scripts]int
}

func (c *census) count(e *entry) {
	c.letters[e.script]++
	if e.clear {
		c.clear[e.script]++
	}
	if e.core {
		c.core[e.script]++
	}
}

// only is the one script of a word beside Latin, common if there are none or several.
func (c *census) only() script {
	found := common
	for s := cyrillic; s < scripts; s++ {
		if c.letters[s] > 0 {
			if found != common {
				return common
			}
			found = s
		}
	}
	return found
}

// foreign is true for what holds letters beside Latin ones.
func (c *census) foreign() bool {
	return c.letters[cyrillic]+c.letters[greek]+c.letters[living]+c.letters[rare] > 0
}

// wordAt counts the letters of the word that begins at i, and gives its end. A word is letters, with what is invisible among them.
func (b *Buffer) wordAt(i int, c *census) int {
	for i < len(b.text) {
		r, size := rune(b.text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(b.text[i:])
		}
		e := b.characters.of(r)
		switch e.kind {
		case letter:
			c.count(e)
		case dropped:
		default:
			return i
		}
		i += size
	}
	return i
}

// asciiEnd is the end of the plain ASCII that begins at i.
func asciiEnd(text string, i int) int {
	for i < len(text) && plainASCII[text[i]] != 0 {
		i++
	}
	return i
}

// plainWords is the end of the words that begin at i and are ASCII to their ends; i if there are none.
func (b *Buffer) plainWords(i int) int {
	end := asciiEnd(b.text, i)
	if end < len(b.text) {
		for end > i && isLower(plainASCII[b.text[end-1]]) {
			end--
		}
	}
	return end
}

// survey counts the letters of the words of one script in the whole text.
func (b *Buffer) survey() (all census) {
	for i := 0; i < len(b.text); {
		if end := b.plainWords(i); end > i {
			for ; i < end && all.letters[latin] == 0; i++ {
				if isLower(plainASCII[b.text[i]]) {
					all.letters[latin]++
				}
			}
			i = end
			continue
		}
		var word census
		end := b.wordAt(i, &word)
		if end == i {
			_, size := utf8.DecodeRuneInString(b.text[i:])
			i += size
			continue
		}
		i = end
		if word.letters[latin] > 0 && word.foreign() {
			all.letters[latin] += word.letters[latin]
			continue
		}
		for s := range scripts {
			all.letters[s] += word.letters[s]
			all.clear[s] += word.clear[s]
		}
	}
	return all
}

// read tells in which script a word is read that stands in this text.
func (c *census) read(text *census) reading {
	if !c.foreign() {
		return asLatin
	}
	s := c.only()
	if s == common {
		return asLatin
	}
	if c.letters[latin] > 0 {
		if s == cyrillic && c.clear[cyrillic] > c.clear[latin] && c.letters[cyrillic] >= c.letters[latin] {
			return asCyrillic
		}
		return asLatin
	}
	if text.clear[s] > 0 || text.letters[latin] == 0 && c.core[s] == c.letters[s] && s != rare {
		return asNative
	}
	return asLatin
}

// wordScripts tells, while a text is folded, whether its words are all read as what they are, so that Skeleton is Folded: they
// are of one script each, and what is no Latin word shows its script. It may say no where a closer look says yes.
type wordScripts struct {
	alike bool
	// word is the script of the word so far, common if there is none yet.
	word script
	// found and clear are scripts beside Latin, as bits: those that there are, and those with letters that look like no Latin ones.
	found, clear uint8
	// mixed is true if a word may mix scripts, or a row of single letters.
	mixed bool
}

// plain takes plain ASCII.
func (w *wordScripts) plain(text string) {
	if text == "" {
		return
	}
	if w.word > latin && isLower(plainASCII[text[0]]) {
		w.alike = false
	}
	switch {
	case w.word == cyrillic, w.found == 0 && len(text) == 2:
		w.mixed = w.mixed || aloneIn(text)
	case w.word == common && len(text) == 1:
		w.mixed = w.mixed || isLower(plainASCII[text[0]])
	}
	w.word = common
	if isLower(plainASCII[text[len(text)-1]]) {
		w.word = latin
	}
}

// aloneIn tells whether a short text that stands between other letters has a single one of its own.
func aloneIn(text string) bool {
	if most := 2*maxGap + 1; len(text) == 1 || len(text) > most {
		return false
	}
	for i := range len(text) {
		if isLower(plainASCII[text[i]]) && (i == 0 || !isLower(plainASCII[text[i-1]])) && (i+1 == len(text) || !isLower(plainASCII[text[i+1]])) {
			return true
		}
	}
	return false
}

// take takes any other character.
func (w *wordScripts) take(e *entry, r rune) {
	switch {
	case e.kind == dropped:
	case e.kind != letter:
		w.alike = w.alike && e.kind != flag && e.native == ""
		w.word = common
	case e.script <= latin:
		w.alike = w.alike && e.look == "" && (w.word != common || !isSharpS(r)) && (e.script == common || w.word <= latin)
		w.word = max(w.word, e.script)
	default:
		w.alike = w.alike && e.native == "" && (w.word == common || w.word == e.script) && !isJamo(r)
		w.word = e.script
		w.found |= 1 << e.script
		if e.clear {
			w.clear |= 1 << e.script
		}
	}
}

// areRead is the answer at the end of the text.
func (w *wordScripts) areRead() bool { return w.alike && w.found&^w.clear == 0 }

func (b *Buffer) skeleton(v *View) {
	var (
		text     census
		surveyed bool
	)
	for i := 0; i < len(b.text); {
		if end := b.plainWords(i); end > i {
			i = v.addPlain(b.text[:end], i)
			continue
		}
		var word census
		if end := b.wordAt(i, &word); end > i {
			if !surveyed && word.foreign() {
				text, surveyed = b.survey(), true
			}
			b.write(v, i, end, word.read(&text))
			i = end
			continue
		}
		if end := b.flags(v, i); end > i {
			i = end
			continue
		}
		_, size := utf8.DecodeRuneInString(b.text[i:])
		b.write(v, i, i+size, asNative)
		i += size
	}
}

// write adds text[i:end] in a reading.
func (b *Buffer) write(v *View, i, end int, as reading) {
	text := b.text
	if r, size := utf8.DecodeRuneInString(text[i:]); isSharpS(r) && size < end-i {
		v.add("b", i, i+size) // no word begins with it
		i += size
	}
	for i < end {
		if c := plainASCII[text[i]]; c != 0 {
			if as == asCyrillic && latinAsCyrillic[c] != "" {
				v.add(latinAsCyrillic[c], i, i+1)
			} else {
				v.addRune(rune(c), i, i+1)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		e := b.characters.of(r)
		s := e.fold
		switch {
		case as == asLatin && e.look != "":
			s = e.look
		case as == asNative && e.native != "":
			s = e.native
		case as == asCyrillic && e.script != cyrillic:
			look := e.look
			if look == "" {
				look = s
			}
			if len(look) == 1 && latinAsCyrillic[look[0]] != "" {
				s = latinAsCyrillic[look[0]]
			}
		}
		switch {
		case e.kind == dropped:
			v.extend(i + size)
		case isJamo(r) && as == asNative:
			size = hangul(v, text[:end], i)
		case s != "":
			v.add(s, i, i+size)
		default:
			v.addRune(r, i, i+size)
		}
		i += size
	}
}

// isSharpS is true for a letter that looks like a B.
func isSharpS(r rune) bool { return r == 'ß' || r == 'ẞ' }

// minFlags is how many regional indicators make a word of letters: two are a flag, four are two flags.
const minFlags = 5

// firstFlag is the regional indicator A.
const firstFlag = 0x1f1e6

// flags writes a row of regional indicators as letters, and gives its end; i if there are too few to spell with.
func (b *Buffer) flags(v *View, i int) int {
	const first, size = firstFlag, 4
	end, n := i, 0
	for end+size <= len(b.text) {
		r, _ := utf8.DecodeRuneInString(b.text[end:])
		if r < first || r > first+25 {
			break
		}
		end += size
		n++
	}
	if n < minFlags {
		return i
	}
	for at := i; at < end; at += size {
		r, _ := utf8.DecodeRuneInString(b.text[at:])
		v.addRune('a'+r-first, at, at+size)
	}
	return end
}
