package views

import "bytes"

// keep bounds what a Buffer keeps of a long text, in bytes.
const keep = 1 << 20

// Buffer makes the views of one text after the other, each only when it is asked for. It reuses its memory: once it has seen
// texts of some length, others make it allocate nothing. It is not for use by several goroutines at once.
type Buffer struct {
	characters *table
	text       string
	have       uint8
	ascii      bool // plain ASCII: folding is lower case
	views      [Count]View
	// lower is the plain ASCII that the text begins with, in lower case: three views of a text that is no more.
	lower View
	// simple is true if Skeleton is Folded, known with Folded.
	simple bool
	// mixed is true if something may mix Cyrillic letters with others, reversed if something may be written backwards; known with Folded.
	mixed, reversed bool
	letters         Letters
}

// NewBuffer gives a Buffer for texts. The first one of a program takes some 50 ms for its tables.
func NewBuffer() *Buffer {
	return &Buffer{characters: characters()}
}

// Reset takes the next text. What views it gave before is invalid from now on.
func (b *Buffer) Reset(text string) {
	if len(b.text) > keep {
		*b = Buffer{characters: b.characters}
	}
	b.text, b.have = text, 0
	b.lower.reset()
	b.ascii = b.lower.addLower(text) == len(text)
	b.letters.made, b.letters.keyed = false, false
}

// Text is the text as it was given.
func (b *Buffer) Text() string { return b.text }

// Same is true if two views of the text are known to be the same, with the same places.
func (b *Buffer) Same(v, w ID) bool {
	if v > w {
		v, w = w, v
	}
	switch {
	case v == w:
		return true
	case v == Raw || w == Deobfuscated:
		return false
	case b.ascii:
		return true
	case v == Cased:
		return false
	case b.View(Folded) != nil && b.simple:
		return true
	}
	return bytes.Equal(b.View(v).Text, b.View(w).Text)
}

// View gives a view of the text.
func (b *Buffer) View(id ID) *View {
	if b.ascii && (id == Cased || id == Folded || id == Skeleton) {
		return &b.lower
	}
	if id == Skeleton && b.View(Folded) != nil && b.simple {
		return &b.views[Folded]
	}
	v := &b.views[id]
	if b.have&(1<<id) != 0 {
		return v
	}
	b.have |= 1 << id
	v.reset()
	switch id {
	case Raw:
		v.Text = append(v.Text, b.text...)
	case Cased:
		b.cased(v)
	case Folded:
		b.folded(v)
	case Skeleton:
		b.skeleton(v)
	case Deobfuscated:
		b.deobfuscated(v)
	}
	return v
}
