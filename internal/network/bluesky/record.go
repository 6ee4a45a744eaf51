package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

const postCollection = "app.bsky.feed.post"

// post is a record of app.bsky.feed.post, plus a field of our own: records are open, and servers keep what they do not
// know.
type post struct {
	Type      string   `json:"$type"`
	Text      string   `json:"text"`
	Facets    []facet  `json:"facets,omitempty"`
	Reply     *reply   `json:"reply,omitempty"`
	Embed     any      `json:"embed,omitempty"`
	Langs     []string `json:"langs,omitempty"`
	CreatedAt string   `json:"createdAt"`
	// Marker is Publication.Marker.
	Marker string `json:"tribuneMarker,omitempty"`
}

type reply struct {
	Root   strongRef `json:"root"`
	Parent strongRef `json:"parent"`
}

type strongRef struct {
	URI string `json:"uri"`
	CID string `json:"cid"`
}

type facet struct {
	Index    byteSlice `json:"index"`
	Features []feature `json:"features"`
}

type byteSlice struct {
	Start int `json:"byteStart"`
	End   int `json:"byteEnd"`
}

// feature is one of app.bsky.richtext.facet#link, #tag and #mention.
type feature struct {
	Type string `json:"$type"`
	URI  string `json:"uri,omitempty"`
	Tag  string `json:"tag,omitempty"`
	DID  string `json:"did,omitempty"`
}

type imagesEmbed struct {
	Type   string    `json:"$type"`
	Images []picture `json:"images"`
}

type picture struct {
	Image       json.RawMessage `json:"image"`
	Alt         string          `json:"alt"`
	AspectRatio *aspectRatio    `json:"aspectRatio,omitempty"`
}

type aspectRatio struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

type externalEmbed struct {
	Type     string   `json:"$type"`
	External external `json:"external"`
}

type external struct {
	URI         string `json:"uri"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// createdAtLayout is RFC 3339 in UTC with the milliseconds that the network keeps.
const createdAtLayout = "2006-01-02T15:04:05.000Z"

// record makes the record of a publication. Mentions are resolved here, as a record names people by their DIDs.
func (b *Bluesky) record(ctx context.Context, p network.Publication) (*post, error) {
	if !utf8.ValidString(p.Text) {
		return nil, invalid("InvalidText", "the text is not valid UTF-8")
	}
	facets, err := b.facets(ctx, p.Text, p.Facets)
	if err != nil {
		return nil, err
	}
	embed, err := embed(p)
	if err != nil {
		return nil, err
	}
	r := &post{
		Type:      postCollection,
		Text:      p.Text,
		Facets:    facets,
		Embed:     embed,
		CreatedAt: p.CreatedAt.UTC().Format(createdAtLayout),
		Marker:    p.Marker,
	}
	if p.Language != "" {
		r.Langs = []string{p.Language}
	}
	if p.Parent != nil {
		root := p.Root
		if root == nil {
			root = p.Parent
		}
		r.Reply = &reply{Root: strongRef{root.ID, root.Revision}, Parent: strongRef{p.Parent.ID, p.Parent.Revision}}
	}
	return r, nil
}

func (b *Bluesky) facets(ctx context.Context, text string, marked []compose.Facet) ([]facet, error) {
	var out []facet
	for _, f := range marked {
		if f.Start < 0 || f.Start >= f.End || f.End > len(text) {
			return nil, invalid("InvalidFacet", fmt.Sprintf("bytes %d to %d are not in the text", f.Start, f.End))
		}
		var is feature
		switch {
		case f.Link != "":
			is = feature{Type: "app.bsky.richtext.facet#link", URI: f.Link}
		case f.Tag != "":
			is = feature{Type: "app.bsky.richtext.facet#tag", Tag: f.Tag}
		case f.Mention != "":
			did, err := b.resolve(ctx, f.Mention)
			if err != nil {
				return nil, err
			}
			if did == "" {
				continue
			}
			is = feature{Type: "app.bsky.richtext.facet#mention", DID: did}
		default:
			continue
		}
		out = append(out, facet{Index: byteSlice{f.Start, f.End}, Features: []feature{is}})
	}
	return out, nil
}

// resolve tells whose a handle is. It is empty where nobody's or where the server cannot say: the text goes out as it
// is, without a link to the person. An error means that the server itself cannot be reached for now.
func (b *Bluesky) resolve(ctx context.Context, mention string) (string, error) {
	handle, invalid := syntax.ParseHandle(mention)
	if invalid != nil {
		return "", nil //nolint:nilerr // what is no handle is nobody's
	}
	var found struct {
		DID string `json:"did"`
	}
	_, err := b.api.call(ctx, "", request{
		method: "com.atproto.identity.resolveHandle",
		query:  url.Values{"handle": {handle.Normalize().String()}},
		out:    &found,
	})
	var no *refusal
	switch {
	case errors.As(err, &no), network.ReasonOf(err, "") == "ServerError":
		b.log.InfoContext(ctx, "a mentioned handle was not resolved", "handle", mention, "err", err)
		return "", nil
	case err != nil:
		return "", before(err)
	}
	if did, err := syntax.ParseDID(found.DID); err == nil {
		return did.String(), nil
	}
	return "", nil
}

// embed makes what stands beside the text: pictures, else a card.
func embed(p network.Publication) (any, error) {
	switch {
	case len(p.Media) > 0:
		e := imagesEmbed{Type: "app.bsky.embed.images"}
		for _, m := range p.Media {
			if m.Upload == "" || !json.Valid([]byte(m.Upload)) {
				return nil, invalid("MediaNotUploaded", "a picture was not uploaded")
			}
			i := picture{Image: json.RawMessage(m.Upload), Alt: m.AltText}
			if m.Width > 0 && m.Height > 0 {
				i.AspectRatio = &aspectRatio{m.Width, m.Height}
			}
			e.Images = append(e.Images, i)
		}
		return e, nil
	case p.Link != nil:
		return externalEmbed{
			Type:     "app.bsky.embed.external",
			External: external{URI: p.Link.URL, Title: p.Link.Title, Description: p.Link.Description},
		}, nil
	}
	return nil, nil
}

func invalid(reason, message string) *network.Error {
	return &network.Error{Kind: network.Refused, Reason: reason, Message: message}
}

// publishedAt reads a record's createdAt; zero where it makes no sense.
func publishedAt(createdAt string) time.Time {
	t, err := syntax.ParseDatetimeLenient(createdAt)
	if err != nil {
		return time.Time{}
	}
	return instant(t.Time())
}

// instant is a time in UTC; zero for one that has no year of four digits there, which JSON cannot hold.
func instant(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
