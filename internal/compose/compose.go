// Package compose renders a Post for its network: links, facets, counting, limits. It is pure: it knows no client, no
// clock and no adapter; the rules of each network are data.
package compose

// Unit is what a network counts a text in.
type Unit string

// Units of the networks that exist.
const (
	Graphemes Unit = "graphemes"
)

// Limits are the numbers a network holds a text to. Zero means: no limit known.
type Limits struct {
	// MaxLength of a text in Unit.
	MaxLength int
	Unit      Unit
	// MaxBytes of the text in UTF-8.
	MaxBytes int
	// MaxMedia files beside one text.
	MaxMedia int
	// MaxMediaBytes of one file.
	MaxMediaBytes int64
	// MaxAltText of one file, in graphemes.
	MaxAltText int
	// MediaTypes that are taken, such as image/png; empty: any.
	MediaTypes []string
}

// Rules are a network's limits and what it does with a text.
type Rules struct {
	Limits
	// Name of the network, for messages; empty: "the network".
	Name string
	// Facets is true if links, hashtags and mentions are told apart from the text by byte ranges.
	Facets bool
	// Cards is true if a link can be shown as a card beside the text, so that it need not stand in it.
	Cards bool
	// CardsWithMedia is true if a card can stand beside pictures. Where it cannot, a link goes after the text of a Post
	// that has pictures.
	CardsWithMedia bool
	// AltTextRequired refuses media without a description.
	AltTextRequired bool
}

// Facet marks a range of bytes of a text, end exclusive. Exactly one of Link, Tag and Mention is set.
type Facet struct {
	Start, End int
	// Link is the URL the range points at.
	Link string
	// Tag without its "#".
	Tag string
	// Mention is the handle without its "@".
	Mention string
}

// Link is a page that a Post points at.
type Link struct {
	URL, Title, Description string
}
