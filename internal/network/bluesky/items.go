package bluesky

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"github.com/tribune-dev/tribune/internal/network"
)

// notification is one of app.bsky.notification.listNotifications.
type notification struct {
	URI       string     `json:"uri"`
	CID       string     `json:"cid"`
	Author    profile    `json:"author"`
	Reason    string     `json:"reason"`
	Subject   string     `json:"reasonSubject"`
	Record    postRecord `json:"record"`
	IndexedAt time.Time  `json:"indexedAt"`
}

// profile is app.bsky.actor.defs#profileView and its kin.
type profile struct {
	DID         string `json:"did"`
	Handle      string `json:"handle"`
	DisplayName string `json:"displayName"`
	Description string `json:"description"`
	CreatedAt   string `json:"createdAt"`
	Followers   *int64 `json:"followersCount"`
	Viewer      *struct {
		FollowedBy string `json:"followedBy"`
		Blocking   string `json:"blocking"`
	} `json:"viewer"`
	Labels []struct {
		Source string `json:"src"`
		Value  string `json:"val"`
	} `json:"labels"`
}

// postRecord is what is read of a record; of one that is no post it is empty. People's records are their own: whatever stands in
// them makes no answer unreadable.
type postRecord struct {
	Text      string
	CreatedAt string
	Langs     []string
	Reply     *struct {
		Root   strongRef `json:"root"`
		Parent strongRef `json:"parent"`
	}
	Facets []struct {
		Index    byteSlice `json:"index"`
		Features []struct {
			Type string `json:"$type"`
			URI  string `json:"uri"`
			DID  string `json:"did"`
		} `json:"features"`
	}
	Embed embedded
}

type embedded struct {
	External struct {
		URI string `json:"uri"`
	} `json:"external"`
	Images []json.RawMessage `json:"images"`
	Video  json.RawMessage   `json:"video"`
	Media  *embedded         `json:"media"`
}

// UnmarshalJSON implements json.Unmarshaler: each field by itself.
func (p *postRecord) UnmarshalJSON(b []byte) error {
	var fields map[string]json.RawMessage
	if json.Unmarshal(b, &fields) != nil {
		return nil //nolint:nilerr // no object: an empty record
	}
	for name, into := range map[string]any{
		"text": &p.Text, "createdAt": &p.CreatedAt, "langs": &p.Langs, "reply": &p.Reply, "facets": &p.Facets, "embed": &p.Embed,
	} {
		if raw, there := fields[name]; there {
			_ = json.Unmarshal(raw, into) // what is of another type is left out
		}
	}
	return nil
}

// noBot is how people ask for no automation, by custom.
var noBot = regexp.MustCompile(`(?i)(?:^|[^\pL\pN_])#?nobots?(?:$|[^\pL\pN_])`)

func (p *profile) person() network.Person {
	out := network.Person{
		ID: p.DID, Handle: p.Handle, DisplayName: p.DisplayName, URL: profileURL(p.DID, p.Handle), CreatedAt: publishedAt(p.CreatedAt),
		Followers: count(p.Followers), NoAutomation: noBot.MatchString(p.Description),
	}
	if p.Viewer != nil {
		follows := p.Viewer.FollowedBy != ""
		out.IsFollower = &follows
	}
	for _, l := range p.Labels {
		// A label by others is their opinion.
		out.Bot = out.Bot || l.Value == "bot" && l.Source == p.DID
	}
	return out
}

// count is a number of things that the network tells; nil for what is none.
func count(n *int64) *int64 {
	if n == nil || *n < 0 {
		return nil
	}
	return n
}

// of is true for a record of an account.
func of(uri, did string) bool { return strings.HasPrefix(uri, "at://"+did+"/") }

// items makes items of notifications, in their order.
func (b *Bluesky) items(ctx context.Context, s *session, told []notification) []network.Item {
	slices.SortStableFunc(told, func(x, y notification) int { return x.IndexedAt.Compare(y.IndexedAt) })
	b.addFollowers(ctx, told)
	var out []network.Item
	for _, n := range told {
		item := textItem(s, n.URI, n.CID, n.Author, &n.Record)
		item.CreatedAt = instant(n.IndexedAt)
		yes := true
		switch n.Reason {
		case "reply":
			item.Kind = network.ItemReply
		case "mention", "quote":
			item.Kind = network.ItemMention
		case "follow":
			item.Kind, item.Author.IsFollower = network.ItemFollow, &yes
			item.Ref.URL = item.Author.URL
		case "like", "repost":
			item.Kind, item.Text = network.ItemReaction, "❤️"
			if n.Reason == "repost" {
				item.Text = "🔁"
			}
			item.Parent, item.Post, item.ParentOurs = n.Subject, n.Subject, &yes
			item.Ref.URL = item.Author.URL
		default:
			continue
		}
		out = append(out, item)
	}
	return out
}

// textItem is a post as an item; the kind and the time are the caller's to say.
func textItem(s *session, uri, cid string, author profile, r *postRecord) network.Item {
	ref := network.Ref{ID: uri, Revision: cid}
	if parsed, err := syntax.ParseATURI(uri); err == nil {
		ref.URL = postURL(author.DID, author.Handle, parsed.RecordKey().String())
	}
	out := network.Item{
		ID: uri, Ref: ref, Text: r.Text, Author: author.person(), Ours: author.DID == s.DID, Revision: cid, Root: ref,
		Media: len(r.Embed.Images),
	}
	if len(r.Langs) > 0 {
		out.Language = r.Langs[0]
	}
	if r.Reply != nil {
		parentOurs := of(r.Reply.Parent.URI, s.DID)
		out.Parent, out.ParentOurs = r.Reply.Parent.URI, &parentOurs
		out.Root = network.Ref{ID: r.Reply.Root.URI, Revision: r.Reply.Root.CID}
		switch {
		case of(r.Reply.Root.URI, s.DID):
			out.Post = r.Reply.Root.URI
		case parentOurs:
			out.Post = r.Reply.Parent.URI
		}
	}
	for e := &r.Embed; e != nil; e = e.Media {
		if e != &r.Embed {
			out.Media += len(e.Images)
		}
		if len(e.Video) > 0 {
			out.Media++
		}
		if e.External.URI != "" {
			out.Links = append(out.Links, e.External.URI)
		}
	}
	for _, f := range r.Facets {
		for _, is := range f.Features {
			switch {
			case is.Type == "app.bsky.richtext.facet#link" && is.URI != "" && !strings.Contains(r.Text, is.URI):
				out.Links = append(out.Links, is.URI)
			case is.Type == "app.bsky.richtext.facet#mention":
				if from, to := f.Index.Start, f.Index.End; from >= 0 && from < to && to <= len(r.Text) && utf8.ValidString(r.Text[from:to]) {
					out.Mentions = append(out.Mentions, strings.TrimPrefix(r.Text[from:to], "@"))
				}
			}
		}
	}
	return out
}

// profilesACall is the most that getProfiles takes.
const profilesACall = 25

// addFollowers asks how many followers those have who say something: notifications do not tell. Without an answer it stays unknown.
func (b *Bluesky) addFollowers(ctx context.Context, told []notification) {
	var ask []string
	for _, n := range told {
		if n.Author.Followers == nil && slices.Contains([]string{"reply", "mention", "quote"}, n.Reason) && !slices.Contains(ask, n.Author.DID) {
			ask = append(ask, n.Author.DID)
		}
	}
	counts := map[string]*int64{}
	for chunk := range slices.Chunk(ask, profilesACall) {
		var got struct {
			Profiles []profile `json:"profiles"`
		}
		_, err := b.authorized(ctx, request{method: "app.bsky.actor.getProfiles", query: url.Values{"actors": chunk}, out: &got})
		if err != nil {
			b.log.DebugContext(ctx, "the profiles could not be read", "err", err)
			return
		}
		for _, p := range got.Profiles {
			counts[p.DID] = p.Followers
		}
	}
	for i := range told {
		if n := &told[i]; n.Author.Followers == nil {
			n.Author.Followers = counts[n.Author.DID]
		}
	}
}
