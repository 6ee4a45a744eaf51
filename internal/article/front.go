package article

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// front is what the front matter may say: the fields of an entry and of its content, with short forms for people who write.
type front struct {
	Name tribunev1alpha1.ObjectName `json:"name"`

	At     string                      `json:"at"`
	Cron   string                      `json:"cron"`
	RRule  string                      `json:"rrule"`
	Time   string                      `json:"time"`
	Start  string                      `json:"start"`
	Until  string                      `json:"until"`
	Except []string                    `json:"except"`
	Slot   tribunev1alpha1.ObjectName  `json:"slot"`
	Repeat *tribunev1alpha1.Repeat     `json:"repeat"`
	After  *tribunev1alpha1.AfterEntry `json:"after"`

	Channels []tribunev1alpha1.ObjectName `json:"channels"`
	Pillar   string                       `json:"pillar"`
	Campaign string                       `json:"campaign"`
	Edition  int64                        `json:"edition"`

	Approval       *tribunev1alpha1.Approval      `json:"approval"`
	OnEdit         tribunev1alpha1.EditPolicy     `json:"onEdit"`
	DeletionPolicy tribunev1alpha1.DeletionPolicy `json:"deletionPolicy"`

	Title          string                     `json:"title"`
	Language       string                     `json:"language"`
	Tags           []string                   `json:"tags"`
	Link           *tribunev1alpha1.Link      `json:"link"`
	Media          []tribunev1alpha1.Media    `json:"media"`
	ContentWarning string                     `json:"contentWarning"`
	Visibility     tribunev1alpha1.Visibility `json:"visibility"`
	Split          tribunev1alpha1.SplitMode  `json:"split"`
}

// keys that the front matter may have, in the order of the fields.
var keys = func() []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[front]()) {
		names = append(names, field.Tag.Get("json"))
	}
	return names
}()

// values that a key may have, where the API has a list of them.
var values = map[string][]string{
	"onEdit":         {string(tribunev1alpha1.EditUpdate), string(tribunev1alpha1.EditIgnore)},
	"deletionPolicy": {string(tribunev1alpha1.DeletionRetain), string(tribunev1alpha1.DeletionDelete)},
	"visibility":     {string(tribunev1alpha1.VisibilityPublic), string(tribunev1alpha1.VisibilityUnlisted), string(tribunev1alpha1.VisibilityFollowers)},
	"split":          {string(tribunev1alpha1.SplitThread), string(tribunev1alpha1.SplitNumberedThread)},
}

// numbers are the keys that hold numbers, at any depth; all others hold texts, however they look: a time that YAML would take for a
// timestamp, or the title "On".
var numbers = []string{"edition", "required", "max"}

func (f *front) fill(e *tribunev1alpha1.CalendarEntry) {
	if f.Name != "" {
		e.Name = f.Name
	}
	e.At, e.Cron, e.RRule, e.Time, e.Start, e.Until, e.Except = f.At, f.Cron, f.RRule, f.Time, f.Start, f.Until, f.Except
	e.Slot, e.Repeat, e.After = f.Slot, f.Repeat, f.After
	e.Pillar, e.Campaign, e.Edition = f.Pillar, f.Campaign, f.Edition
	e.Approval, e.OnEdit, e.DeletionPolicy = f.Approval, f.OnEdit, f.DeletionPolicy
	for _, name := range f.Channels {
		e.ChannelRefs = append(e.ChannelRefs, tribunev1alpha1.LocalReference{Name: name})
	}
	e.Content = &tribunev1alpha1.Content{
		Format: tribunev1alpha1.FormatMarkdown, Title: f.Title, Language: f.Language, Tags: f.Tags, Link: f.Link, Media: f.Media,
		ContentWarning: f.ContentWarning, Visibility: f.Visibility, Split: f.Split,
	}
}

// readFront reads the front matter. Lines are those of the file, in which it begins in the second.
func readFront(text string) (front, []Problem) {
	var f front
	root, err := parseNode(text)
	if err != nil {
		return f, []Problem{yamlProblem(err)}
	}
	if root == nil {
		return f, []Problem{{Line: 1, Message: "the front matter is empty: say at least when it goes out, such as \"at: 2026-12-01T11:00\""}}
	}
	if root.Kind != yaml.MappingNode {
		return f, []Problem{{Line: root.Line + 1, Message: "the front matter has no keys: " + example}}
	}
	problems := checkKeys(root)
	if len(problems) == 0 {
		problems = plain(root, "")
	}
	if len(problems) == 0 {
		problems = decode(root, &f)
	}
	if len(problems) > 0 {
		if name := value(root, "name"); name != nil && name.Kind == yaml.ScalarNode {
			f.Name = tribunev1alpha1.ObjectName(name.Value)
		}
	}
	return f, problems
}

func value(node *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// checkKeys tells of unknown keys, of those that are set twice, and of unknown values.
func checkKeys(root *yaml.Node) []Problem {
	var problems []Problem
	first := map[string]int{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, val := root.Content[i], root.Content[i+1]
		line := key.Line + 1
		allowed := values[key.Value]
		switch before, again := first[key.Value]; {
		case again:
			problems = append(problems, Problem{line, key.Value, fmt.Sprintf("%q is set twice, first in line %d: keep one", shorten(key.Value), before)})
		case key.Kind != yaml.ScalarNode || !slices.Contains(keys, key.Value):
			problems = append(problems, Problem{line, "", fmt.Sprintf("%q is not known: write one of %s", shorten(key.Value), strings.Join(keys, ", "))})
		case allowed != nil && !slices.Contains(allowed, val.Value):
			problems = append(problems, Problem{line, key.Value, fmt.Sprintf("%s cannot be %q: write %s", key.Value, shorten(val.Value), strings.Join(allowed, " or "))})
		default:
			first[key.Value] = line
		}
	}
	return problems
}

// plain makes texts of all values but the numbers, and short forms long.
func plain(node *yaml.Node, key string) []Problem {
	switch node.Kind {
	case yaml.AliasNode:
		return []Problem{{node.Line + 1, key, "aliases (*name) are not read here: write the value itself"}}
	case yaml.ScalarNode:
		if !slices.Contains(numbers, key) {
			node.Tag = "!!str"
		}
	case yaml.SequenceNode:
		for _, item := range node.Content {
			if problems := plain(item, key); problems != nil {
				return problems
			}
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			k := node.Content[i]
			k.Tag = "!!str"
			lengthen(k.Value, node.Content[i+1:i+2])
			if problems := plain(node.Content[i+1], k.Value); problems != nil {
				return problems
			}
		}
	}
	return nil
}

// lengthen makes the whole of a short form: a link that is only its address, a list of one, a channel that is only its name.
func lengthen(key string, at []*yaml.Node) {
	node := at[0]
	if node.Kind != yaml.ScalarNode || node.Value == "" {
		return
	}
	wrap := func(name string) *yaml.Node {
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: node.Line, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: name, Line: node.Line}, node}}
	}
	switch key {
	case "link":
		at[0] = wrap("url")
	case "channelRef":
		at[0] = wrap("name")
	case "channels", "tags", "except", "roles":
		at[0] = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: node.Line, Content: []*yaml.Node{node}}
	}
}

// decode reads the values into their fields.
func decode(root *yaml.Node, f *front) []Problem {
	var values map[string]any
	if err := decodeNode(root, &values); err != nil {
		return []Problem{yamlProblem(err)}
	}
	for key, v := range values {
		if v == "" || v == nil { // a key without a value
			delete(values, key)
		}
	}
	text, err := json.Marshal(values)
	if err != nil {
		return []Problem{{Line: 1, Message: "cannot be read: " + err.Error()}}
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(f)
	if err == nil {
		return nil
	}
	var typeError *json.UnmarshalTypeError
	if errors.As(err, &typeError) {
		key, _, _ := strings.Cut(typeError.Field, ".")
		return []Problem{{lineOf(root, key), key, fmt.Sprintf("%s is not what is expected here: %s", typeError.Field, kinds[typeError.Type.Kind()])}}
	}
	if m := unknownField.FindStringSubmatch(err.Error()); m != nil {
		return []Problem{{lineOf(root, m[1]), "", fmt.Sprintf("%q is not known here", shorten(m[1]))}}
	}
	// Durations: the only values that say what is wrong by themselves.
	for _, key := range []string{"delay", "every"} {
		if line := lineOf(root, key); line > 1 {
			return []Problem{{line, key, fmt.Sprintf("%s: write a duration such as 10m or 672h (%s)", key, err)}}
		}
	}
	return []Problem{{Line: 1, Message: "cannot be read: " + err.Error()}}
}

var (
	unknownField = regexp.MustCompile(`^json: unknown field "(.*)"$`)

	kinds = map[reflect.Kind]string{
		reflect.String: "write a text", reflect.Slice: "write a list, such as [a, b]", reflect.Struct: "write keys and values, such as {url: https://acme.example}",
		reflect.Int64: "write a whole number", reflect.Int32: "write a whole number", reflect.Pointer: "write keys and values",
	}
)

// lineOf the first key of a name, at any depth.
func lineOf(node *yaml.Node, name string) int {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			if child.Value == name {
				return child.Line + 1
			}
			continue
		}
		if line := lineOf(child, name); line > 1 {
			return line
		}
	}
	return 1
}

// parseNode reads a document; it gives nil where there is nothing but comments.
func parseNode(text string) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var document yaml.Node
	if err := guarded(func() error { return decoder.Decode(&document) }); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	return document.Content[0], nil
}

func decodeNode(node *yaml.Node, into any) error {
	return guarded(func() error { return node.Decode(into) })
}

// guarded makes an error of a panic of the parser, which is an input that it does not know how to refuse.
func guarded(parse func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: cannot be read: %v", r)
		}
	}()
	return parse()
}

var yamlLine = regexp.MustCompile(`line ([0-9]+): `)

// yamlProblem takes the line out of a parser's message.
func yamlProblem(err error) Problem {
	message, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = strings.Replace(message, m[0], "", 1)
	}
	return Problem{Line: line + 1, Message: "the front matter is not YAML: " + shorten(strings.ReplaceAll(message, "\n", " "))}
}

// shorten keeps a message short, whatever the file holds.
func shorten(s string) string {
	const most = 200
	r := []rune(s)
	if len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
