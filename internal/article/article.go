// Package article reads Markdown files with YAML front matter as entries of a calendar: one file, one entry. It must not know
// clients, nor whether an entry can be carried out: that is the plan's to say.
package article

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

const (
	// Extension of the keys of a ConfigMap that are articles.
	Extension = ".md"

	// maxFile is what a ConfigMap takes, in bytes; maxFrontMatter is far more than all keys need.
	maxFile        = 1 << 20
	maxFrontMatter = 64 << 10
	// maxText is what the API takes of a text, in characters.
	maxText = 20000
	maxName = 63
)

// Problem is what is wrong with an article.
type Problem struct {
	// Line of the file, from 1.
	Line int
	// Key of the front matter that it is about; empty for the file as a whole.
	Key string
	// Message says what is wrong and what to write instead.
	Message string
}

func (p Problem) String() string {
	return fmt.Sprintf("line %d: %s", p.Line, p.Message)
}

// Parse reads an article. The file's name gives the entry's where the front matter does not. With problems, the entry
// has what could be read, and at least a name where there is one.
func Parse(file string, text []byte) (tribunev1alpha1.CalendarEntry, []Problem) {
	entry := tribunev1alpha1.CalendarEntry{Name: tribunev1alpha1.ObjectName(nameOf(file))}
	if problem := unreadable(text); problem != nil {
		return entry, []Problem{*problem}
	}
	parts, problem := split(normal(text))
	if problem != nil {
		return entry, []Problem{*problem}
	}
	front, problems := readFront(parts.front)
	if len(problems) > 0 {
		if front.Name != "" {
			entry.Name = front.Name
		}
		return entry, problems
	}
	front.fill(&entry)
	entry.Content.Text = parts.text
	switch n := utf8.RuneCountInString(parts.text); {
	case n > maxText:
		problems = append(problems, Problem{Line: parts.textLine, Message: fmt.Sprintf("the text has %d characters; at most %d are allowed: shorten it", n, maxText)})
	case n == 0 && entry.Content.Link == nil && len(entry.Content.Media) == 0:
		problems = append(problems, Problem{Line: parts.textLine, Message: "there is no text after the front matter: write what is to be published"})
	}
	if entry.Name == "" {
		problems = append(problems, Problem{Line: 1, Key: "name", Message: fmt.Sprintf("no name can be made of the file's (%.100q): add name: to the front matter", file)})
	}
	return entry, problems
}

// unreadable tells what no text editor would show as text.
func unreadable(text []byte) *Problem {
	if len(text) > maxFile {
		return &Problem{Line: 1, Message: fmt.Sprintf("has %d bytes; at most %d are read: it is more than a ConfigMap takes", len(text), maxFile)}
	}
	at := bytes.IndexByte(text, 0)
	if at < 0 && utf8.Valid(text) {
		return nil
	}
	if at < 0 {
		for at = 0; at < len(text); {
			r, size := utf8.DecodeRune(text[at:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
	}
	return &Problem{Line: 1 + bytes.Count(text[:at], []byte("\n")), Message: "is not text in UTF-8: save the file as UTF-8; pictures belong in media"}
}

// normal takes out the byte order mark, and ends lines as everywhere else.
func normal(text []byte) string {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	return breaks.Replace(string(text))
}

// breaks are what YAML, and so the front matter, takes for the end of a line.
var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

type parts struct {
	front, text string
	// textLine is the first line of the text.
	textLine int
}

const example = "write --- in the first line, keys such as \"at: 2026-12-01T11:00\", --- again, and then the text"

// split parts the front matter from the text.
func split(file string) (parts, *Problem) {
	first, rest, _ := strings.Cut(file, "\n")
	if strings.TrimRight(first, " \t\r") != "---" {
		return parts{}, &Problem{Line: 1, Message: "there is no front matter: " + example}
	}
	line, from := 2, len(file)-len(rest)
	for at := from; at < len(file); line++ {
		end := len(file)
		if n := strings.IndexByte(file[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		if mark := strings.TrimRight(file[at:end], " \t\r\n"); mark == "---" || mark == "..." {
			text := file[end:]
			begin := line + 1
			for {
				blank, after, found := strings.Cut(text, "\n")
				if !found || strings.TrimSpace(blank) != "" {
					break
				}
				text, begin = after, begin+1
			}
			return parts{front: file[from:at], text: strings.TrimSpace(text), textLine: begin}, nil
		}
		if end-from > maxFrontMatter {
			return parts{}, &Problem{Line: line, Message: fmt.Sprintf("the front matter has over %d bytes: is its end, a line with ---, missing?", maxFrontMatter)}
		}
		at = end
	}
	return parts{}, &Problem{Line: 1, Message: "the front matter has no end: write --- on a line of its own before the text"}
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// nameOf gives the name of an entry that stands in a file: release-3.0.md is release-3-0. It is empty where none can be made.
func nameOf(file string) string {
	base := file[strings.LastIndexByte(file, '/')+1:]
	if ext := len(base) - len(Extension); ext >= 0 && strings.EqualFold(base[ext:], Extension) {
		base = base[:ext]
	}
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(base), "-"), "-")
	if len(name) > maxName {
		return ""
	}
	return name
}

// Source names an article for messages.
func Source(configMap, key string) string {
	return "ConfigMap " + configMap + "/" + key
}

// FromConfigMap reads the articles of a ConfigMap, in the order of their keys. Keys that do not end in .md are passed over.
func FromConfigMap(name string, data map[string]string, binaryData map[string][]byte) ([]plan.SourcedEntry, []plan.Problem) {
	var entries []plan.SourcedEntry
	var problems []plan.Problem
	read := func(key string, text []byte) {
		if !strings.HasSuffix(key, Extension) {
			return
		}
		source := Source(name, key)
		entry, wrong := Parse(key, text)
		for _, w := range wrong {
			problems = append(problems, plan.Problem{Source: source, Path: w.Key, Entry: string(entry.Name), Message: w.String()})
		}
		if len(wrong) == 0 {
			entries = append(entries, plan.SourcedEntry{Source: source, Entry: entry})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(data)) {
		read(key, []byte(data[key]))
	}
	for _, key := range slices.Sorted(maps.Keys(binaryData)) {
		read(key, binaryData[key])
	}
	return entries, problems
}

// Line gives the line of an article that a field of its entry comes from, such as "at", "content.title" or
// "channelRefs[0].name"; 1 where that is not known.
func Line(text []byte, field string) int {
	parts, problem := split(normal(text))
	if problem != nil {
		return problem.Line
	}
	field = strings.TrimPrefix(field, "content.")
	name, _, _ := strings.Cut(field, ".")
	name, _, _ = strings.Cut(name, "[")
	switch name {
	case "text", "content", "thread":
		return parts.textLine
	case "channelRefs":
		name = "channels"
	}
	root, err := parseNode(parts.front)
	if err != nil || root == nil || root.Kind != yaml.MappingNode {
		return 1
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == name {
			return root.Content[i].Line + 1
		}
	}
	return 1
}
