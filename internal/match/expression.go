package match

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/views"
)

// expression is a regular expression on a view.
type expression struct {
	pattern int32
	view    views.ID
	word    bool
	re      *regexp.Regexp
}

// parse compiles a regular expression for the view that it is matched on, and says which strings its matches need in a stream.
func (o Options) parse(p Pattern) (re *regexp.Regexp, need []string, on stream, err error) {
	if len(p.Text) > o.MaxRegex {
		return nil, nil, 0, fmt.Errorf("has %d bytes, a regular expression may have %d: make several of it", len(p.Text), o.MaxRegex)
	}
	flags := syntax.Perl
	if p.View != views.Raw || !p.CaseSensitive {
		flags |= syntax.FoldCase
	}
	tree, err := syntax.Parse(p.Text, flags)
	if err != nil {
		return nil, nil, 0, fmt.Errorf("is no regular expression (RE2 syntax: no look-around, no back references): %w", err)
	}
	fold := views.FoldRune
	switch p.View {
	case views.Raw:
		fold, on = views.CaseRune, casedStream
	case views.Folded:
		on = foldedStream
	case views.Skeleton:
		on = skeletonStream
	default:
		on = deobfuscatedStream
	}
	text := "(?:" + p.Text + ")"
	if flags&syntax.FoldCase != 0 {
		text = "(?i:" + p.Text + ")"
	}
	if p.View != views.Raw && foldLiterals(tree) {
		text = "(?:" + tree.String() + ")"
	}
	need = needed(tree.Simplify(), fold)
	switch p.As {
	case Exact:
		text = `\A\s*` + text + `\s*\z`
	case Prefix:
		text = `\A\s*` + text
	case Suffix:
		text += `\s*\z`
	}
	if err := o.small(text); err != nil {
		return nil, nil, 0, err
	}
	if re, err = regexp.Compile(text); err != nil {
		return nil, nil, 0, fmt.Errorf("cannot be matched on a view: %w", err)
	}
	return re, need, on, nil
}

func (o Options) small(text string) error {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return fmt.Errorf("is too large: %w", err)
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return fmt.Errorf("is too large: %w", err)
	}
	if len(program.Inst) > o.MaxProgram {
		return fmt.Errorf("makes %d steps, the most is %d: make repetitions such as {1000} smaller", len(program.Inst), o.MaxProgram)
	}
	return nil
}

// foldLiterals takes what an expression has as it is through Folded, as the view has nothing else. It is true if that makes a
// difference beyond case.
func foldLiterals(re *syntax.Regexp) (changed bool) {
	for _, sub := range re.Sub {
		changed = foldLiterals(sub) || changed
	}
	if re.Op != syntax.OpLiteral {
		return changed
	}
	var folded []rune
	for _, r := range re.Rune {
		folded = append(folded, []rune(views.FoldRune(r))...)
		changed = changed || r >= utf8.RuneSelf
	}
	re.Flags &^= syntax.FoldCase
	if re.Rune = folded; len(folded) == 0 {
		re.Op = syntax.OpEmptyMatch
	}
	return changed
}

// maxMatches is how many matches of one expression are looked at for one between borders of words.
const maxMatches = 1000

// find gives the first match, for Word the first that stands between borders of words.
func (e *expression) find(b *views.Buffer, text []byte) (start, end int, ok bool) {
	if !e.re.Match(text) {
		return 0, 0, false
	}
	if !e.word {
		at := e.re.FindIndex(text)
		return at[0], at[1], true
	}
	for _, at := range e.re.FindAllIndex(text, maxMatches) {
		if isWord(b, text, at[0], at[1]) {
			return at[0], at[1], true
		}
	}
	return 0, 0, false
}
