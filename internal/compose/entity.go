package compose

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// EntityType says what a range of a text is.
type EntityType string

// Types of entities.
const (
	EntityURL     EntityType = "url"
	EntityHashtag EntityType = "hashtag"
	EntityMention EntityType = "mention"
	EntityCashtag EntityType = "cashtag"
	// EntityList is @user/list, on X.
	EntityList EntityType = "list"
)

// Entity is a range of a text that a network makes clickable. Ends are exclusive; UTF16 offsets are those of JavaScript, Java
// and the networks that count so.
type Entity struct {
	Type EntityType `json:"type"`
	// Value is the URL as written, a tag without its "#", a mention without its "@", a cashtag without its "$", a list as user/slug.
	Value      string `json:"value"`
	ByteStart  int    `json:"byteStart"`
	ByteEnd    int    `json:"byteEnd"`
	UTF16Start int    `json:"utf16Start"`
	UTF16End   int    `json:"utf16End"`
}

// Family is a grammar of links, tags and mentions.
type Family string

// Families.
const (
	// FamilyFacets takes links with http:// or https://, #hashtags, and @mentions that are domain names: that of networks that
	// name people otherwise than in the text.
	FamilyFacets Family = ""
	// FamilyBluesky is that of Bluesky's own applications.
	FamilyBluesky Family = "bluesky"
	// FamilyHandles takes links and tags like FamilyFacets, and @names of letters, digits, dots and low lines for mentions: Threads,
	// Instagram, Telegram and YouTube.
	FamilyHandles Family = "handles"
	// FamilyTwitter is the grammar of twitter-text: X.
	FamilyTwitter Family = "twitter"
	// FamilyMastodon is Mastodon's: links with a scheme, @user and @user@host.
	FamilyMastodon Family = "mastodon"
)

// Entities finds what a network of this family makes clickable, in order and without overlap.
func (f Family) Entities(text string) []Entity {
	var found []Entity
	switch f {
	case FamilyTwitter:
		found = twitterEntities(text)
	case FamilyMastodon:
		found = mastodonEntities(text)
	default:
		found = facetEntities(text, f.facets(text))
	}
	addUTF16(text, found)
	return found
}

// Entities finds what the network makes clickable in a text, in order and without overlap.
func (r Rules) Entities(text string) []Entity { return r.Family.Entities(text) }

// facets finds what is told apart from the text by byte ranges, where the network takes such.
func (f Family) facets(text string) []Facet {
	switch f {
	case FamilyBluesky:
		return blueskyFacets(text)
	case FamilyHandles:
		return facetsWith(text, handleAt)
	}
	return Facets(text)
}

func facetEntities(text string, facets []Facet) []Entity {
	if len(facets) == 0 {
		return nil
	}
	found := make([]Entity, len(facets))
	for i, f := range facets {
		e := Entity{ByteStart: f.Start, ByteEnd: f.End}
		switch {
		case f.Link != "":
			e.Type, e.Value = EntityURL, text[f.Start:f.End]
		case f.Tag != "" && text[f.Start] == '$':
			e.Type, e.Value = EntityCashtag, text[f.Start+1:f.End]
		case f.Tag != "":
			e.Type, e.Value = EntityHashtag, f.Tag
		default:
			e.Type, e.Value = EntityMention, f.Mention
		}
		found[i] = e
	}
	return found
}

// addUTF16 completes entities, which are in order, in one pass over the text.
func addUTF16(text string, entities []Entity) {
	at, units := 0, 0
	advance := func(to int) int {
		for at < to {
			r, size := utf8.DecodeRuneInString(text[at:])
			if r > 0xffff {
				units++
			}
			units++
			at += size
		}
		return units
	}
	for i := range entities {
		entities[i].UTF16Start = advance(entities[i].ByteStart)
		entities[i].UTF16End = advance(entities[i].ByteEnd)
	}
}

// withoutOverlap sorts entities and drops those that begin within an earlier one.
func withoutOverlap(entities []Entity) []Entity {
	slices.SortStableFunc(entities, func(a, b Entity) int { return cmp.Compare(a.ByteStart, b.ByteStart) })
	end := 0
	return slices.DeleteFunc(entities, func(e Entity) bool {
		if e.ByteStart < end {
			return true
		}
		end = e.ByteEnd
		return false
	})
}
