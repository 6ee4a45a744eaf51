// Package preview shows what Posts will look like before they go out: for each network the text as it will appear, how long it is,
// what becomes clickable, when it goes out, and what is wrong. It renders by internal/publish and must not know files, clients or
// commands.
package preview

import (
	"slices"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/publish"
)

// Item is one content on one network.
type Item struct {
	// Source says what it is: an entry, a Post, a line of a file.
	Source string `json:"source,omitempty"`
	// Network by name, and Channel where one is meant.
	Network string `json:"network"`
	Channel string `json:"channel,omitempty"`
	// Segment is the first text; Thread are those that follow it.
	Segment
	Thread []Segment `json:"thread,omitempty"`

	Title          string   `json:"title,omitempty"`
	HTML           string   `json:"html,omitempty"`
	ContentWarning string   `json:"contentWarning,omitempty"`
	Visibility     string   `json:"visibility,omitempty"`
	Tags           []string `json:"tags,omitempty"`
	Link           *Link    `json:"link,omitempty"`
	// Problems keep it from going out.
	Problems []string `json:"problems"`
	// Next is when it goes out; nil where no time is known.
	Next *Next `json:"next,omitempty"`
}

// Segment is one text as it will appear.
type Segment struct {
	Text string `json:"text"`
	// Count of Limit, in Unit; no Limit: the network has none.
	Count    int              `json:"count"`
	Limit    int              `json:"limit"`
	Unit     string           `json:"unit"`
	Entities []compose.Entity `json:"entities"`
	Media    []Media          `json:"media,omitempty"`
}

// Media is a picture beside a text.
type Media struct {
	Ref     string `json:"ref"`
	AltText string `json:"altText"`
}

// Link is a card.
type Link struct {
	URL         string `json:"url"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	// Later is true if the address is known only when what it points at is out.
	Later bool `json:"later,omitempty"`
}

// Next is an instant, as the calendar's clock shows it and in UTC.
type Next struct {
	Local string    `json:"local"`
	Zone  string    `json:"zone"`
	UTC   time.Time `json:"utc"`
	// Shifted says why it is another than the entry's.
	Shifted string `json:"shifted,omitempty"`
}

// NextAt describes an instant in a zone.
func NextAt(at time.Time, zone *time.Location) *Next {
	if zone == nil {
		zone = time.UTC
	}
	return &Next{Local: at.In(zone).Format("Mon 2006-01-02 15:04"), Zone: zone.String(), UTC: at.UTC()}
}

// Render shows a content on a network.
func Render(c *tribunev1alpha1.Content, network string, rules compose.Rules, o publish.Options) Item {
	rendering, wrong := publish.RenderWith(c, rules, o)
	return item(c, &rendering, wrong, network, rules)
}

// RenderText shows a text by itself, as it was given: white space at its end stays and counts, as in the networks' own counters.
func RenderText(text, network string, rules compose.Rules) Item {
	rendering, wrong := compose.Render(compose.Content{Segment: compose.Segment{Text: text}, AsGiven: true}, rules)
	return item(&tribunev1alpha1.Content{}, &rendering, wrong, network, rules)
}

// Unread stands for what could not be read.
func Unread(network string, rules compose.Rules, problem string) Item {
	return Item{
		Network: network, Problems: []string{problem},
		Segment: Segment{Limit: rules.Limit(false), Unit: string(rules.Unit), Entities: []compose.Entity{}},
	}
}

func item(c *tribunev1alpha1.Content, rendering *compose.Rendering, wrong []compose.Problem, network string, rules compose.Rules) Item {
	item := Item{Network: network, Problems: make([]string, 0, len(wrong))}
	for _, p := range wrong {
		item.Problems = append(item.Problems, p.String())
	}
	for i := range rendering.Segments {
		s := &rendering.Segments[i]
		shown := segment(s, rules, publish.MediaFor(c, s))
		if i > 0 {
			item.Thread = append(item.Thread, shown)
			continue
		}
		item.Segment = shown
		item.Title, item.HTML, item.ContentWarning, item.Visibility, item.Tags = s.Title, s.HTML, s.ContentWarning, s.Visibility, s.Tags
		if s.Link != nil {
			item.Link = &Link{URL: s.Link.URL, Title: s.Link.Title, Description: s.Link.Description}
		}
		if rendering.Unresolved {
			item.Link = &Link{Later: true} // a stand-in of its address is in the text, or on the card
		}
	}
	return item
}

func segment(s *compose.RenderedSegment, rules compose.Rules, media []tribunev1alpha1.Media) Segment {
	out := Segment{Text: s.Text, Unit: string(rules.Unit), Entities: rules.Entities(s.Text)}
	out.Count, out.Limit = rules.Length(*s)
	if out.Entities == nil {
		out.Entities = []compose.Entity{}
	}
	for i := range media {
		m := Media{Ref: media[i].URL, AltText: media[i].AltText}
		if ref := media[i].ConfigMapKeyRef; ref != nil {
			m.Ref = "ConfigMap " + ref.Name + "/" + ref.Key
		}
		out.Media = append(out.Media, m)
	}
	return out
}

// Wrong is true if any of the items has a problem.
func Wrong(items []Item) bool {
	return slices.ContainsFunc(items, func(i Item) bool { return len(i.Problems) > 0 })
}

// segments of an item: its first text and those of its thread.
func (i *Item) segments() []Segment { return append([]Segment{i.Segment}, i.Thread...) }
