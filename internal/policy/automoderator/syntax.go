package automoderator

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// SyntaxError says which section is no YAML. AutoModerator takes no rule of such a file, nor does the import.
type SyntaxError struct {
	Section, Line int
	Reason        string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("section %d, line %d: it is no YAML: %s", e.Section, e.Line, e.Reason)
}

var (
	// fromParser are the errors of the library's parser, as against those of its scanner.
	fromParser = regexp.MustCompile(`did not find expected (',' or|key|'-' indicator|node content|<)`)
	yamlLine   = regexp.MustCompile(`^yaml: (?:unmarshal errors:\s*)?(?:line (\d+): )?`)
)

// cures say what to do about what the library says, the first that fits.
var cures = []struct{ said, cure string }{
	{"unknown escape character", "write regular expressions in single quotes"},
	{"cannot start any token", "put a value that begins with @, %, ` or the like in quotes, and indent with spaces, not tabs"},
	{"mapping values are not allowed", "put a value with a colon in quotes, and part rules by lines of exactly ---"},
	{"unknown anchor", "an anchor holds within its rule: write the value again"},
	{"alphabetic or numeric character", "put a value that begins with * or & in quotes"},
	{"unexpected end of stream", "a quote that begins there or before has no end"},
	{"node content", "a bracket that begins there or before has no end, or a value is missing"},
	{"<document start>", "a second document begins there: part rules by lines of ---"},
	{"',' or", "a bracket that begins there or before has no end, or a comma or a quote is missing"},
	{"expected key", "indent all keys of a rule alike"},
}

// characters refuses what no YAML has: the library does not say where it stands.
func characters(text string) error {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		reason := ""
		switch {
		case r == utf8.RuneError && size == 1:
			reason = "it is not UTF-8 there: save the file as UTF-8"
		case r < ' ' && r != '\t' && r != '\n', r >= 0x7f && r < 0xa0 && r != 0x85, r == 0xfffe, r == 0xffff:
			reason = fmt.Sprintf("the control character U+%04X stands there: take it out", r)
		}
		if reason != "" {
			return &SyntaxError{Section: 1 + len(separator.FindAllStringIndex(text[:at], -1)), Line: 1 + strings.Count(text[:at], "\n"), Reason: reason}
		}
		at += size
	}
	return nil
}

// read gives the root of a section, nil if nothing stands there.
func (s *section) read(text string) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var doc, second yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil //nolint:nilnil // documented
	case err != nil:
		return nil, s.syntax(err)
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, &SyntaxError{Section: s.number, Line: s.line + second.Line - 1, Reason: "a second document begins there: part rules by lines of ---"}
	case !errors.Is(err, io.EOF):
		return nil, s.syntax(err)
	}
	if err := s.tags(&doc); err != nil {
		return nil, err
	}
	root := resolved(doc.Content[0])
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil //nolint:nilnil // documented
	}
	return root, nil
}

func (s *section) syntax(err error) error {
	line := s.line
	if at := yamlLine.FindStringSubmatch(err.Error()); at != nil && at[1] != "" {
		n, _ := strconv.Atoi(at[1])
		line += n - 1
		if fromParser.MatchString(err.Error()) {
			line++ // the library counts the lines of these from 0
		}
	}
	reason := yamlLine.ReplaceAllString(err.Error(), "")
	for _, c := range cures {
		if strings.Contains(reason, c.said) {
			reason += ": " + c.cure
			break
		}
	}
	return &SyntaxError{Section: s.number, Line: line, Reason: reason}
}

// plainTags are those that PyYAML's safe_load knows.
var plainTags = []string{"", "!", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!binary", "!!merge", "!!map", "!!seq", "!!set", "!!omap", "!!pairs"}

// tags refuses others, which AutoModerator does too: a value that begins with ! would be lost.
func (s *section) tags(n *yaml.Node) error {
	if tag := n.ShortTag(); n.Kind != yaml.DocumentNode && n.Kind != yaml.AliasNode && !slices.Contains(plainTags, tag) {
		return &SyntaxError{Section: s.number, Line: s.line + n.Line - 1, Reason: fmt.Sprintf("it has the tag %s: put what begins with ! in quotes", quoted(tag))}
	}
	for _, c := range n.Content {
		if err := s.tags(c); err != nil {
			return err
		}
	}
	return nil
}
