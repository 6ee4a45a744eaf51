package bluesky

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"github.com/tribune-dev/tribune/internal/network"
)

// What is hidden in our threads stands in their gates, which are records of our own: also what a person hides in the app. No notification tells
// of it, so the newest gates are compared with how they were at the last look.

const (
	// maxGates are the newest gates that are looked at, and maxWatched the hidden replies in them that are watched.
	maxGates, maxWatched = 100, 300
	// postsACall is the most that getPosts takes.
	postsACall = 25
)

// gates are the replies that gates hide, by the gates' keys, of the newest gates down to one.
type gates struct {
	// Hidden replies by the key of the gate.
	Hidden map[string][]string `json:"h,omitempty"`
	// From is the key of the oldest gate that was looked at; empty: all were.
	From string `json:"f,omitempty"`
}

// hides is true for a reply that one of the gates hides.
func (g *gates) hides(uri string) bool {
	for _, hidden := range g.Hidden {
		if slices.Contains(hidden, uri) {
			return true
		}
	}
	return false
}

// since gives what the gates hide and did not hide before, and what they do not hide any more, of those that were looked at both times.
func (g *gates) since(before *gates) []string {
	var changed []string
	add := func(in, out *gates, from string) {
		for key, hidden := range in.Hidden {
			for _, uri := range hidden {
				if key >= from && !slices.Contains(out.Hidden[key], uri) && !slices.Contains(changed, uri) {
					changed = append(changed, uri)
				}
			}
		}
	}
	from := max(g.From, before.From)
	add(g, before, from)
	add(before, g, from)
	slices.Sort(changed)
	return changed
}

// gatesNow reads the newest gates.
func (b *Bluesky) gatesNow(ctx context.Context, s *session) (gates, error) {
	var got struct {
		Records []struct {
			URI   string `json:"uri"`
			Value struct {
				Hidden []string `json:"hiddenReplies"`
			} `json:"value"`
		} `json:"records"`
	}
	query := url.Values{"repo": {s.DID}, "collection": {gateCollection}, "limit": {strconv.Itoa(maxGates)}}
	if _, err := b.authorized(ctx, request{method: "com.atproto.repo.listRecords", query: query, out: &got}); err != nil {
		return gates{}, onRead(err)
	}
	if got.Records == nil {
		return gates{}, notUnderstood(network.NotSent, "the answer is no list of gates")
	}
	now, watched := gates{Hidden: map[string][]string{}}, 0
	for n, r := range got.Records { // the newest first
		uri, err := syntax.ParseATURI(r.URI)
		if err != nil || uri.Authority().String() != s.DID || uri.Collection() != gateCollection {
			return gates{}, notUnderstood(network.NotSent, "the list holds something that is no gate of ours")
		}
		key := uri.RecordKey().String()
		if watched += len(r.Value.Hidden); watched > maxWatched {
			break
		}
		if len(r.Value.Hidden) > 0 {
			now.Hidden[key] = r.Value.Hidden
		}
		if n == len(got.Records)-1 && len(got.Records) < maxGates {
			return now, nil
		}
		now.From = key
	}
	return now, nil
}

// markHidden says of each item whether its thread's gate hides it. The gates of older threads are read one by one: what was not looked at
// must not pass for shown.
func (b *Bluesky) markHidden(ctx context.Context, s *session, now *gates, items []network.Item) error {
	older := gates{Hidden: map[string][]string{}}
	for i := range items {
		it := &items[i]
		root, err := syntax.ParseATURI(it.Post)
		if err == nil && of(it.Post, s.DID) && root.RecordKey().String() < now.From && !it.Ours && it.Kind != network.ItemReaction {
			key := root.RecordKey().String()
			if _, known := older.Hidden[key]; !known {
				if older.Hidden[key], err = b.hiddenBy(ctx, s, key); err != nil {
					return err
				}
			}
		}
		it.Hidden = now.hides(it.ID) || older.hides(it.ID)
	}
	return nil
}

// hiddenBy gives the replies that one gate hides.
func (b *Bluesky) hiddenBy(ctx context.Context, s *session, key string) ([]string, error) {
	var got struct {
		Value *struct {
			Hidden []string `json:"hiddenReplies"`
		} `json:"value"`
	}
	query := url.Values{"repo": {s.DID}, "collection": {gateCollection}, "rkey": {key}}
	_, err := b.authorized(ctx, request{method: "com.atproto.repo.getRecord", query: query, out: &got})
	switch {
	case refused(err, "RecordNotFound"):
		return nil, nil
	case err != nil:
		return nil, onRead(err)
	case got.Value == nil:
		return nil, notUnderstood(network.NotSent, "getRecord showed no record")
	}
	return got.Value.Hidden, nil
}

// moderated tells again what was hidden or shown in our threads since the last look. The first look begins with what comes next.
func (b *Bluesky) moderated(ctx context.Context, s *session, at *position, now gates, items *[]network.Item) error {
	before := at.Gates
	at.Gates = &now
	if before == nil {
		return nil
	}
	for chunk := range slices.Chunk(now.since(before), postsACall) {
		var got struct {
			Posts []postView `json:"posts"`
		}
		if _, err := b.authorized(ctx, request{method: "app.bsky.feed.getPosts", query: url.Values{"uris": chunk}, out: &got}); err != nil {
			return onRead(err)
		}
		if got.Posts == nil {
			return notUnderstood(network.NotSent, "the answer is no list of posts")
		}
		for _, p := range got.Posts {
			if !slices.Contains(chunk, p.URI) || p.Author.DID == "" {
				return notUnderstood(network.NotSent, "the list holds a post that was not asked for")
			}
			if p.Author.DID == s.DID {
				continue
			}
			item := textItem(s, p.URI, p.CID, p.Author, &p.Record)
			item.Kind, item.CreatedAt = network.ItemReply, instant(p.IndexedAt)
			*items = append(*items, item)
		}
	}
	return nil
}
