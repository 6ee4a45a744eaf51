package automoderator

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// section is what stands between two lines of ---: a rule, if it is a mapping.
type section struct {
	number, line int
	entries      []entry
	notes        []Finding
}

// entry is a key with its value. Of keys that stand twice the last is kept.
type entry struct {
	key   string
	line  int
	value *yaml.Node
	// fields of a mapping.
	fields []entry
}

func (s *section) get(key string) *entry { return get(s.entries, key) }

func get(entries []entry, key string) *entry {
	for i := range entries {
		if entries[i].key == key {
			return &entries[i]
		}
	}
	return nil
}

// maxSize of a configuration, in bytes; Reddit allows less.
const maxSize = 4 << 20

var separator = regexp.MustCompile(`(?m)^---`)

// lineEnds are written as one; what marks the beginning of a file may be left over where files were put together.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\n\ufeff", "\n")

// sections splits a configuration as AutoModerator does: at lines that begin with ---, what follows in such a line belonging to
// the next section. The error names each section that is no YAML.
func sections(text string) ([]section, error) {
	if len(text) > maxSize {
		return nil, fmt.Errorf("it has more than %d bytes, which are the most that are read: split it into several files", maxSize)
	}
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return nil, &SyntaxError{Section: 1, Line: 1, Reason: "it is UTF-16: save the file as UTF-8"}
	}
	text = lineEnds.Replace(strings.TrimPrefix(text, "\ufeff"))
	if err := characters(text); err != nil {
		return nil, err
	}
	var out []section
	var wrong []error
	start, number, line := 0, 0, 1
	ends := append(separator.FindAllStringIndex(text, -1), []int{len(text), len(text)})
	for _, end := range ends {
		number++
		s := section{number: number, line: line}
		root, err := s.read(text[start:end[0]])
		line += strings.Count(text[start:end[1]], "\n")
		start = end[1]
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		if root == nil {
			continue // comments only
		}
		if root.Kind != yaml.MappingNode {
			s.line += root.Line - 1
			s.notes = append(s.notes, Finding{Line: s.line, Reason: "it is no rule: AutoModerator leaves out what is no mapping of keys to values"})
			out = append(out, s)
			continue
		}
		offset := s.line - 1
		s.line += root.Line - 1
		s.entries = s.mapping(root, offset, 0)
		out = append(out, s)
	}
	return out, errors.Join(wrong...)
}

// resolved follows an alias to what it stands for.
func resolved(n *yaml.Node) *yaml.Node {
	for range 10 {
		if n.Kind != yaml.AliasNode || n.Alias == nil {
			break
		}
		n = n.Alias
	}
	return n
}

// maxFields is how deep mappings are read: rules have one within another.
const maxFields = 3

// mapping reads keys in lower case, the last of the same name. offset is the line before the section's first.
func (s *section) mapping(n *yaml.Node, offset, depth int) []entry {
	var out []entry
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := resolved(n.Content[i]), resolved(n.Content[i+1])
		if key.Tag == "!!merge" {
			merged = append(merged, value)
			continue
		}
		e := entry{key: strings.ToLower(key.Value), line: offset + key.Line, value: value}
		if key.Kind != yaml.ScalarNode {
			e.key = "?"
		}
		if value.Kind == yaml.MappingNode && depth < maxFields {
			e.fields = s.mapping(value, offset, depth+1)
		}
		if old := get(out, e.key); old != nil {
			s.notes = append(s.notes, Finding{Line: old.line, Key: shown(e.key), Reason: fmt.Sprintf("it stands again in line %d: as on Reddit, the last one counts", e.line)})
			*old = e
			continue
		}
		out = append(out, e)
	}
	for _, m := range merged {
		out = s.merge(out, m, offset, depth)
	}
	return out
}

// merge adds the keys of another mapping, or of each of a list of them, that are not there yet.
func (s *section) merge(to []entry, n *yaml.Node, offset, depth int) []entry {
	if depth >= maxFields {
		return to
	}
	from := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		from = n.Content
	}
	for _, m := range from {
		if m = resolved(m); m.Kind != yaml.MappingNode {
			to = append(to, entry{key: "<<", line: offset + m.Line, value: m})
			continue
		}
		for _, e := range s.mapping(m, offset, depth+1) {
			if get(to, e.key) == nil {
				to = append(to, e)
			}
		}
	}
	return to
}

// words reads a scalar or a list as AutoModerator casts them: to strings.
func words(n *yaml.Node) ([]string, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Value == "" || n.Tag == "!!null" && n.Style == 0 {
			return nil, nil
		}
		text, err := word(n)
		return []string{text}, err
	case yaml.SequenceNode:
		out := make([]string, 0, len(n.Content))
		for _, c := range n.Content {
			c = resolved(c)
			if c.Kind != yaml.ScalarNode {
				return nil, errors.New("it is a list in a list, or a mapping in one: write one list of words")
			}
			text, err := word(c)
			if err != nil {
				return nil, err
			}
			out = append(out, text)
		}
		return out, nil
	}
	return nil, errors.New("it is a mapping: write a word, or a list of words")
}

var (
	oldBool = regexp.MustCompile(`^(?i:yes|no|on|off|true|false|null|~|)$`)
	number  = regexp.MustCompile(`^(0|-?[1-9][0-9]*)(\.[0-9]*[1-9])?$`)
	timed   = regexp.MustCompile(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`)
)

// word is a scalar as a string. What YAML takes for something else would be looked for as what Python writes for it.
func word(n *yaml.Node) (string, error) {
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if quoted {
		return n.Value, nil
	}
	odd := oldBool.MatchString(n.Value) || timed.MatchString(n.Value)
	switch n.Tag {
	case "!!int", "!!float":
		odd = odd || !number.MatchString(n.Value)
	case "!!bool", "!!null", "!!timestamp", "!!binary":
		odd = true
	}
	if odd && n.Value == "" {
		return "", errors.New("a value of the list is empty, and AutoModerator looks for the word None: take it out")
	}
	if odd {
		return "", fmt.Errorf("YAML does not take %s for a word, and AutoModerator looks for something else: put it in quotes", n.Value)
	}
	return n.Value, nil
}

// text is a scalar as it is.
func (e *entry) text() (string, bool) {
	return strings.TrimSpace(e.value.Value), e.value.Kind == yaml.ScalarNode && e.value.Tag != "!!null"
}

// truth is a boolean of YAML 1.1.
func (e *entry) truth() (value, ok bool) {
	text, scalar := e.text()
	switch strings.ToLower(text) {
	case "true", "yes", "on":
		return true, scalar
	case "false", "no", "off":
		return false, scalar
	}
	return false, false
}
