// Package compose renders a Post for its network: links, facets, counting, limits. It is pure: it knows no client, no
// clock and no adapter; the rules of each network are data.
package compose

// Limits are the numbers a network holds a text to. Zero means: no limit known.
type Limits struct {
	// MaxLength of a text in Unit.
	MaxLength int
	Unit      Unit
	// URLLength is what a link counts, whatever its length; 0: as it is written.
	URLLength int
	// MaxBytes of the text in UTF-8.
	MaxBytes int
	// MaxLengthWithMedia is the limit for a text beside media, where that is another one.
	MaxLengthWithMedia int
	// MaxTitle is the longest title, in characters.
	MaxTitle int
	// MaxHashtags in one text.
	MaxHashtags int
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
	// Family of grammar that links, tags and mentions are found by.
	Family Family
	// MentionsWithoutHost is true if @user@host counts as @user.
	MentionsWithoutHost bool
	// Facets is true if links, hashtags and mentions are told apart from the text by byte ranges.
	Facets bool
	// Cards is true if a link can be shown as a card beside the text, so that it need not stand in it.
	Cards bool
	// CardsWithMedia is true if a card can stand beside pictures. Where it cannot, a link goes after the text of a Post
	// that has pictures.
	CardsWithMedia bool
	// AltTextRequired refuses media without a description.
	AltTextRequired bool
	// MediaRequired refuses a text without media.
	MediaRequired bool
	// NoThreads is true if a publication is one text.
	NoThreads bool
	// Titles is true if the network shows a title; elsewhere it is left out. TitleRequired refuses a publication without.
	Titles, TitleRequired bool
	// HTML is true if Markdown is sent as HTML (beside plain text): networks of articles.
	HTML bool
	// Tags is true if there are tags beside the text.
	Tags bool
	// ContentWarnings is true if a text can be hidden behind a warning, which counts as part of it.
	ContentWarnings bool
	// Visibilities that can be chosen between; empty: all can see it.
	Visibilities []string
	// Forbidden are characters that the network takes in no text.
	Forbidden string
	// Escaped are characters that are sent with a backslash before them: see Wire. They count as one.
	Escaped string
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
