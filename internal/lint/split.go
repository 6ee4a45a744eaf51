package lint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// chunk is the text between two "---" lines of a file.
type chunk struct {
	text []byte
	// before is the number of lines of the file that come before it.
	before int
}

// line gives the line of the file for a line of the chunk. YAML breaks lines at more characters than editors do (a carriage
// return alone, U+2028), so its count may go past the end.
func (c *chunk) line(n int) int {
	if n <= 0 {
		return 0
	}
	return c.before + min(n, bytes.Count(c.text, []byte("\n"))+1)
}

var byteOrderMark = []byte("\uFEFF")

// split cuts a file where kubectl does: at lines that begin with "---", before any parsing, so that a syntax error in one
// document leaves the others readable. The error is about the file as a whole, or about a separator at the line it returns.
func split(text []byte) ([]chunk, int, error) {
	text = bytes.TrimPrefix(text, byteOrderMark)
	if at := bytes.IndexByte(text, 0); at >= 0 || !utf8.Valid(text) {
		return nil, 1, errors.New("is not a text file in UTF-8: only YAML and JSON can be read")
	}
	var chunks []chunk
	var badLine int
	var bad error
	start, startLine := 0, 0
	line := 0
	for at := 0; at < len(text); line++ {
		end := len(text)
		if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		if after, ok := bytes.CutPrefix(text[at:end], []byte("---")); ok {
			after = bytes.TrimSpace(after)
			if len(after) > 0 && after[0] != '#' {
				badLine, bad = line+1, fmt.Errorf("a document begins behind ---, and kubectl refuses that: put --- on a line of its own")
				break
			}
			chunks = append(chunks, chunk{text: text[start:at], before: startLine})
			start, startLine = end, line+1
		}
		at = end
	}
	if bad == nil {
		chunks = append(chunks, chunk{text: text[start:], before: startLine})
	}
	return chunks, badLine, bad
}

// parseNodes reads a chunk as a tree with places. It gives nil without error where there is nothing but comments. Nothing
// is expanded, so that a document of aliases of aliases costs no more than its text.
func parseNodes(text []byte) (*yaml.Node, error) {
	// JSON writes characters outside the first plane as two escapes, which YAML does not know; values are read elsewhere.
	text = surrogate.ReplaceAll(text, []byte(`\u0020`))
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	if err := decodeNode(decoder, &document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	var second yaml.Node
	if err := decodeNode(decoder, &second); !errors.Is(err, io.EOF) {
		return nil, errors.New(`yaml: something follows the document without "---" on a line of its own: it would not be applied`)
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) == 0 {
		return nil, nil
	}
	return document.Content[0], nil
}

var surrogate = regexp.MustCompile(`\\u[dD][89a-fA-F][0-9a-fA-F]{2}`)

// decodeNode turns a panic of the parser, which is an input that it does not know how to refuse, into an error.
func decodeNode(decoder *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: cannot be read: %v", r)
		}
	}()
	return decoder.Decode(into)
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line ([0-9]+): )?`)

// explainYAML takes the line out of a parser's message, and says what to do where that is known.
func explainYAML(err error, text []byte) (line int, message string) {
	message = err.Error()
	m := yamlLine.FindStringSubmatch(message)
	line, _ = strconv.Atoi(m[1])
	message = strings.TrimPrefix(message, m[0])
	if tab := tabLine(text); tab > 0 && (line == 0 || tab == line || tab == line+1 || strings.Contains(message, "cannot start any token")) {
		return tab, "a tab stands in the indentation: YAML is indented with spaces (" + message + ")"
	}
	if strings.HasPrefix(message, "something follows") {
		return 1, message
	}
	return max(line, 1), "is not YAML: " + message
}

// tabLine gives the first line with a tab in its indentation, or 0.
func tabLine(text []byte) int {
	for i, line := range bytes.Split(text, []byte("\n")) {
		indentation := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
		if len(indentation) < len(line) && bytes.IndexByte(indentation, '\t') >= 0 {
			return i + 1
		}
	}
	return 0
}

// duplicate is a key that is set again.
type duplicate struct {
	key, first *yaml.Node
	path       string
}

// duplicates finds keys that are set more than once in one mapping. The last one would win in silence.
func duplicates(node *yaml.Node, path string) []duplicate {
	var found []duplicate
	switch node.Kind {
	case yaml.SequenceNode:
		for i, item := range node.Content {
			found = append(found, duplicates(item, fmt.Sprintf("%s[%d]", path, i))...)
		}
	case yaml.MappingNode:
		seen := make(map[string]*yaml.Node, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			child := key.Value
			if path != "" {
				child = path + "." + child
			}
			if first, again := seen[key.Value]; again && key.Tag != "!!merge" && key.Kind == yaml.ScalarNode {
				found = append(found, duplicate{key: key, first: first, path: child})
			} else {
				seen[key.Value] = key
			}
			found = append(found, duplicates(value, child)...)
		}
	}
	return found
}
