package match

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/views"
)

// Matcher finds patterns in texts. It does not change, and is for use by many goroutines, each with its own Scanner.
type Matcher struct {
	patterns  []Pattern
	automaton *automaton
	// refs of key k are those in refs[first[k]:first[k+1]].
	refs    []ref
	first   []int32
	streams uint8 // in which there are keys, as bits
	// inViews and inLetters tell where keys may begin: in the streams that are views, and in letters.
	inViews, inLetters *filter
	expressions        []expression
	spellings          []spelled
	// always are the expressions that need no certain string.
	always []int32
	terms  []term
}

// ref is why a key is looked for.
type ref struct {
	stream stream
	kind   refKind
	at     int32 // in terms, spellings or expressions
}

type refKind uint8

const (
	isTerm refKind = iota
	isSpelling
	isExpression
)

type term struct {
	pattern int32
	as      As
	runes   int32
	size    int32
}

type spelled struct {
	views.Spelling
	pattern int32
	place   views.Place
}

// compiler gathers the keys.
type compiler struct {
	*Matcher
	Options
	buffer   *views.Buffer
	keys     []string
	known    map[string]int32
	byKey    [][]ref
	problems []Problem
}

// Compile makes a Matcher of patterns. Those with problems are left out, and each has one entry in what is returned.
func Compile(patterns []Pattern, options Options) (*Matcher, []Problem) {
	c := &compiler{
		Matcher: &Matcher{patterns: patterns}, Options: options.defaults(), buffer: views.NewBuffer(), known: make(map[string]int32, 2*len(patterns)),
	}
	total := 0
	for i := range patterns {
		if total += len(patterns[i].Text); total > c.MaxTotal {
			c.problems = append(c.problems, Problem{Index: -1, Reason: fmt.Sprintf(
				"the patterns have more than %d bytes together; from the %dth on they are left out: remove some", c.MaxTotal, i+1)})
			break
		}
		if err := c.add(int32(i), patterns[i]); err != nil {
			c.problems = append(c.problems, Problem{Index: i, Pattern: patterns[i], Reason: err.Error()})
		}
	}
	c.first = make([]int32, 1, len(c.keys)+1)
	for _, refs := range c.byKey {
		c.refs = append(c.refs, refs...)
		c.first = append(c.first, int32(len(c.refs)))
	}
	c.automaton = newAutomaton(c.keys)
	c.inViews = newFilter(c.keysIn(func(s stream) bool { return s != letterStream }))
	c.inLetters = newFilter(c.keysIn(func(s stream) bool { return s == letterStream }))
	return c.Matcher, c.problems
}

func (c *compiler) add(i int32, p Pattern) error {
	switch {
	case p.View == views.Cased || p.View >= views.Count:
		return fmt.Errorf("has the view %s: take Raw, Folded, Skeleton or Deobfuscated", p.View)
	case p.CaseSensitive && p.View != views.Raw:
		return fmt.Errorf("is case-sensitive on %s, which has no case: take Raw", p.View)
	case !utf8.ValidString(p.Text):
		return fmt.Errorf("is no UTF-8: save the list as UTF-8")
	case p.Kind == Regex:
		return c.addRegex(i, p)
	}
	return c.addTerm(i, p)
}

func (c *compiler) addRegex(i int32, p Pattern) error {
	re, need, on, err := c.parse(p)
	if err != nil {
		return err
	}
	at := int32(len(c.expressions))
	c.expressions = append(c.expressions, expression{pattern: i, view: p.View, word: p.As == Word, re: re})
	if len(need) == 0 {
		c.always = append(c.always, at)
	}
	for _, key := range need {
		c.key(key, ref{stream: on, kind: isExpression, at: at})
	}
	return nil
}

func (c *compiler) addTerm(i int32, p Pattern) error {
	text := strings.TrimSpace(p.Text)
	if len(text) > c.MaxTerm {
		return fmt.Errorf("has %d bytes, a term may have %d: take the part that tells", len(text), c.MaxTerm)
	}
	on := map[views.ID]stream{views.Folded: foldedStream, views.Skeleton: skeletonStream, views.Deobfuscated: letterStream}[p.View]
	if p.View == views.Raw && !p.CaseSensitive {
		on = casedStream
	}
	if on == letterStream {
		if c.addSpellings(i, p.As, text) {
			return nil
		}
		on = skeletonStream
	}
	c.buffer.Reset(text)
	key := strings.TrimSpace(string(c.buffer.View(viewOf[on]).Text))
	if key == "" {
		return fmt.Errorf("has nothing left on the view %s: remove it, or take Raw", p.View)
	}
	c.key(key, ref{stream: on, kind: isTerm, at: int32(len(c.terms))})
	c.terms = append(c.terms, term{pattern: i, as: p.As, runes: int32(utf8.RuneCountInString(key)), size: int32(len(key))})
	return nil
}

var places = map[As]views.Place{Word: views.Whole, Substring: views.Anywhere, Exact: views.Alone, Prefix: views.AtStart, Suffix: views.AtEnd}

func (c *compiler) addSpellings(i int32, as As, text string) bool {
	all := views.Spell(c.buffer, text)
	for _, s := range all {
		c.key(s.Key, ref{stream: letterStream, kind: isSpelling, at: int32(len(c.spellings))})
		c.spellings = append(c.spellings, spelled{Spelling: s, pattern: i, place: places[as]})
	}
	return len(all) > 0
}

func (c *compiler) key(key string, r ref) {
	key = blank.Replace(key)
	k, ok := c.known[key]
	if !ok {
		k = int32(len(c.keys))
		c.known[key] = k
		c.keys = append(c.keys, key)
		c.byKey = append(c.byKey, nil)
	}
	c.byKey[k] = append(c.byKey[k], r)
	c.streams |= 1 << r.stream
}

// keysIn are the keys that are looked for in some streams.
func (c *compiler) keysIn(some func(stream) bool) (keys []string) {
	for k, key := range c.keys {
		if slices.ContainsFunc(c.byKey[k], func(r ref) bool { return some(r.stream) }) {
			keys = append(keys, key)
		}
	}
	return keys
}

var blank = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")

// Slow is the number of regular expressions that are tried on every text, since their matches need no certain string.
func (m *Matcher) Slow() int { return len(m.always) }
