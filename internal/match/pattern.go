package match

import (
	"fmt"

	"github.com/tribune-dev/tribune/internal/views"
)

// Kind says how a pattern is written.
type Kind uint8

// Kinds.
const (
	// Term is words as they are.
	Term Kind = iota
	// Regex is a regular expression in the syntax of RE2.
	Regex
)

// As says where a pattern has to stand.
type As uint8

// Places of patterns.
const (
	// Word: not within a longer word.
	Word As = iota
	// Substring: anywhere.
	Substring
	// Exact, Prefix and Suffix: the whole text, its beginning, its end; white space around the text is nothing.
	Exact
	Prefix
	Suffix
)

// Pattern is something to look for.
type Pattern struct {
	// Set and ID are the caller's: a list and an entry in it, for example. Hits carry them.
	Set, ID int
	Kind    Kind
	As      As
	View    views.ID
	// Text is the term or the regular expression. Terms are taken through the same view as texts.
	Text string
	// CaseSensitive is for View Raw only: the others have no case.
	CaseSensitive bool
}

// Problem says why a pattern cannot be used.
type Problem struct { //nolint:errname // a finding in a list, which is at times wrapped as an error
	// Index is the pattern's place in what was compiled, -1 if the matter is all of them.
	Index int
	// Pattern is what was given.
	Pattern Pattern
	// Reason says what is wrong and what to do.
	Reason string
}

// Error is String: a problem can be wrapped as an error.
func (p Problem) Error() string { return p.String() }

// String is the problem in a sentence.
func (p Problem) String() string {
	if p.Index < 0 {
		return p.Reason
	}
	const most = 60
	text := p.Pattern.Text
	if len(text) > most {
		text = text[:most] + "…"
	}
	return fmt.Sprintf("%q: %s", text, p.Reason)
}

// Hit is a pattern that was found, at the first place where it stands.
type Hit struct {
	// Pattern is its index in what was compiled.
	Pattern int
	Set, ID int
	View    views.ID
	// Start and End are the place in the raw text, in bytes, at borders of characters.
	Start, End int
	// Text is what was matched, as the view has it.
	Text string
}

// Options bound what is compiled. Zero means the value that is named.
type Options struct {
	// MaxTerm and MaxRegex are the most bytes of one pattern: 1024 and 4096.
	MaxTerm, MaxRegex int
	// MaxProgram is the most instructions of one regular expression: 10000.
	MaxProgram int
	// MaxTotal is the most bytes of all patterns: 16 MB.
	MaxTotal int
}

func (o Options) defaults() Options {
	set := func(v *int, to int) {
		if *v == 0 {
			*v = to
		}
	}
	set(&o.MaxTerm, 1024)
	set(&o.MaxRegex, 4096)
	set(&o.MaxProgram, 10000)
	set(&o.MaxTotal, 16<<20)
	return o
}

// stream is a sequence of bytes in which keys are looked for: a view, or the letters of Deobfuscated.
type stream uint8

const (
	rawStream stream = iota
	casedStream
	foldedStream
	skeletonStream
	deobfuscatedStream // its text, for regular expressions
	letterStream       // its letters, for terms
	streams
)

var viewOf = [streams]views.ID{views.Raw, views.Cased, views.Folded, views.Skeleton, views.Deobfuscated, views.Deobfuscated}
