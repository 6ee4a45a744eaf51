package feed

import (
	"regexp"
	"strings"
)

// placeholder is what later steps would take for one of theirs, were it not marked as text.
var placeholder = regexp.MustCompile(`\{[A-Za-z][A-Za-z0-9_.]*\}`)

// Fill puts the item into a text with {item.title}, {item.link}, {item.author} and {item.summary}. What looks like a placeholder
// in the item's own words stays text.
func (i *Item) Fill(text string) string {
	if !strings.Contains(text, "{item.") {
		return text
	}
	plain := func(value string) string { return placeholder.ReplaceAllString(value, "{$0") }
	return strings.NewReplacer("{item.title}", plain(i.Title), "{item.link}", plain(i.Link), "{item.author}", plain(i.Author),
		"{item.summary}", plain(i.Summary)).Replace(text)
}
