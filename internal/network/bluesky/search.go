package bluesky

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// foundBy is what a query found last.
type foundBy struct {
	Known  []string  `json:"k,omitempty"`
	Newest time.Time `json:"t,omitzero"`
}

const (
	// maxQueries bounds what is searched for, as each query is a call or more.
	maxQueries = 20
	// searchPages bounds how far back a query is looked through between two looks.
	searchPages = 5
)

type postView struct {
	URI       string     `json:"uri"`
	CID       string     `json:"cid"`
	Author    profile    `json:"author"`
	Record    postRecord `json:"record"`
	IndexedAt time.Time  `json:"indexedAt"`
}

// searches tells what the queries find since they were looked at last; a new one begins with its newest page.
func (b *Bluesky) searches(ctx context.Context, s *session, at *position, queries []string, items *[]network.Item) error {
	if len(queries) > maxQueries {
		b.log.WarnContext(ctx, "only the first queries are searched for", "queries", len(queries), "searched", maxQueries)
		queries = queries[:maxQueries]
	}
	found := map[string]foundBy{}
	for _, query := range queries {
		last, before := at.Found[query]
		posts, err := b.search(ctx, query, last, before)
		if refused(err, "BadQueryString", "InvalidRequest", "MethodNotImplemented") {
			b.log.InfoContext(ctx, "the server does not search for this", "query", query, "err", err)
			if before {
				found[query] = last
			}
			continue
		}
		if err != nil {
			return onRead(err)
		}
		slices.SortStableFunc(posts, func(a, b postView) int { return a.IndexedAt.Compare(b.IndexedAt) })
		for _, p := range posts {
			if slices.Contains(last.Known, short(p.URI)) {
				continue
			}
			last.Known = append([]string{short(p.URI)}, last.Known...)
			if p.IndexedAt.After(last.Newest) {
				last.Newest = p.IndexedAt
			}
			if p.Author.DID != s.DID {
				item := textItem(s, p.URI, p.CID, p.Author, &p.Record)
				item.Kind, item.CreatedAt = network.ItemSearchHit, instant(p.IndexedAt)
				*items = append(*items, item)
			}
		}
		last.Known = last.Known[:min(len(last.Known), maxKnown)]
		found[query] = last
	}
	at.Found = found
	return nil
}

// search reads back to what is known.
func (b *Bluesky) search(ctx context.Context, query string, last foundBy, before bool) ([]postView, error) {
	values := url.Values{"q": {query}, "sort": {"latest"}, "limit": {strconv.Itoa(maxPage)}}
	if before && !last.Newest.IsZero() {
		// What is sorted in late is found for as long as this.
		values.Set("since", last.Newest.Add(-time.Hour).UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	var posts []postView
	for range searchPages {
		var got struct {
			Cursor string     `json:"cursor"`
			Posts  []postView `json:"posts"`
		}
		if _, err := b.authorized(ctx, request{method: "app.bsky.feed.searchPosts", query: values, out: &got}); err != nil {
			return nil, err
		}
		if got.Posts == nil || slices.ContainsFunc(got.Posts, func(p postView) bool { return p.URI == "" || p.Author.DID == "" }) {
			return nil, notUnderstood(network.NotSent, "the answer is no list of posts")
		}
		posts = append(posts, got.Posts...)
		known := slices.ContainsFunc(got.Posts, func(p postView) bool { return slices.Contains(last.Known, short(p.URI)) })
		if !before || known || got.Cursor == "" || got.Cursor == values.Get("cursor") {
			break
		}
		values.Set("cursor", got.Cursor)
	}
	return posts, nil
}
