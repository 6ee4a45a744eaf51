package ghost

import (
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/article"
)

// Tags that begin with "#" are internal: no reader sees them. Ghost makes "hash-" of the "#" in their addresses.
const (
	markerPrefix = "#tribune-"
	slugPrefix   = "hash-tribune-"
	// discardedTag is on a draft that is about to be deleted: it is not made public any more.
	discardedTag = "#tribune-discarded"
)

var goodMarker = regexp.MustCompile(`^[a-z2-7]{8,64}$`)

// tag as the API gives and takes it: one that is there is known by its id.
type tag struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	Slug string `json:"slug,omitempty"`
}

// tagNames of a publication, without repetitions; none is internal.
func tagNames(p network.Publication) []string {
	var out []string
	for _, name := range p.Tags {
		name = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(name), "#"))
		if name != "" && !slices.ContainsFunc(out, func(have string) bool { return strings.EqualFold(have, name) }) {
			out = append(out, name)
		}
	}
	return out
}

// picture is a file that Ghost serves.
type picture struct {
	url, alt string
}

// content is the article in Ghost's own format (Lexical) as one HTML card, whose content Ghost keeps to the byte. From HTML it
// would make its format itself, with losses. The first picture is the article's own (feature image) and does not stand in it.
func content(p network.Publication, pictures []picture) (string, error) {
	var parts []string
	if p.HTML != "" {
		parts = append(parts, article.WithoutComments(p.HTML))
	} else {
		parts = append(parts, article.Paragraphs(p.Text)...)
	}
	for i, picture := range pictures {
		if i == 0 {
			continue
		}
		parts = append(parts, `<figure class="kg-card kg-image-card"><img src="`+html.EscapeString(picture.url)+
			`" class="kg-image" alt="`+html.EscapeString(picture.alt)+`" loading="lazy"></figure>`)
	}
	if p.Link != nil {
		parts = append(parts, article.Card(p.Link))
	}
	document, err := json.Marshal(map[string]any{"root": map[string]any{
		"type": "root", "version": 1, "direction": nil, "format": "", "indent": 0,
		"children": []any{map[string]any{"type": "html", "version": 1, "html": strings.Join(parts, "\n")}},
	}})
	if err != nil {
		return "", invalid("InvalidText", "the text could not be written as JSON")
	}
	return string(document), nil
}
