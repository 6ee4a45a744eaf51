package local

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

// maxPages bounds a scan: a hundred thousand posts.
const maxPages = 100

// Cursor implements network.Finder. A lookup by key needs none; a server that ignores keys is asked for its newest post.
func (l *Local) Cursor(ctx context.Context) (string, error) {
	once, err := l.class(ctx)
	if err != nil || once == network.OnceDurableKey || once == network.OnceTwoPhase {
		return "", err
	}
	posts, err := l.list(ctx, url.Values{"order": {"desc"}, "limit": {"1"}})
	if err != nil {
		return "", err
	}
	if len(posts.Posts) == 0 {
		return beginning, nil
	}
	return posts.Posts[0].ID, nil
}

// beginning is the cursor of an account without posts. The server's ids begin above it.
const beginning = "0"

// Find implements network.Finder: by key, or by the marker in the account's posts where the server ignores keys.
func (l *Local) Find(ctx context.Context, q network.Query) (*network.Receipt, error) {
	marker := q.Marker
	if marker == "" {
		marker = q.Identity.Marker()
	}
	if err := l.check(q.Identity, q.Key, marker); err != nil {
		return nil, err
	}
	// Also where keys are ignored now: they may have been honoured when the publication was made.
	found, err := l.findKey(ctx, q.Key, marker)
	if err != nil || found != nil {
		return found, err
	}
	once, err := l.class(ctx)
	if err != nil || once == network.OnceDurableKey {
		return nil, err
	}
	return l.scan(ctx, q, marker)
}

func (l *Local) findKey(ctx context.Context, key, marker string) (*network.Receipt, error) {
	posts, err := l.list(ctx, url.Values{"key": {key}})
	if refused(err, wire.CodeDeleted) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return match(posts.Posts, marker), nil
}

// scan reads the posts after the cursor. Without one it reads back from the newest as far as NotBefore.
func (l *Local) scan(ctx context.Context, q network.Query, marker string) (*network.Receipt, error) {
	query, from := url.Values{"limit": {strconv.Itoa(wire.MaxPage)}, "order": {"asc"}}, "after"
	if q.Cursor == "" {
		query.Set("order", "desc")
		from = "before"
	} else {
		query.Set(from, q.Cursor)
	}
	for range maxPages {
		posts, err := l.list(ctx, query)
		if err != nil {
			return nil, err
		}
		if found := match(posts.Posts, marker); found != nil {
			return found, nil
		}
		if posts.Next == "" {
			return nil, nil
		}
		if last := posts.Posts[len(posts.Posts)-1]; q.Cursor == "" && last.StoredAt.Before(q.NotBefore) {
			return nil, nil
		}
		query.Set(from, posts.Next)
	}
	return nil, &network.Error{
		Kind: network.NotSent, Reason: "TooManyPosts",
		Message: "the account has too many posts since the attempt to look through; look yourself and resolve the post by hand",
	}
}

func match(posts []wire.Post, marker string) *network.Receipt {
	for _, p := range posts {
		if p.Marker == marker {
			r := receipt(p)
			r.Existing = true
			return &r
		}
	}
	return nil
}

// list reads a page of posts. Its errors are *network.Error, or a *refusal that says Deleted.
func (l *Local) list(ctx context.Context, query url.Values) (wire.Posts, error) {
	var posts wire.Posts
	_, err := l.api.call(ctx, request{method: http.MethodGet, path: "/posts", query: query, out: &posts})
	if refused(err, wire.CodeDeleted) {
		return posts, err
	}
	if err != nil {
		return posts, aside(err)
	}
	// An answer without a list, or with posts of others, is not "none".
	if posts.Posts == nil || posts.Next != "" && len(posts.Posts) == 0 {
		return posts, notUnderstood(network.NotSent, "the answer is no list of posts")
	}
	for _, p := range posts.Posts {
		if !l.ours(p) {
			return posts, notUnderstood(network.NotSent, "the list holds posts of another account")
		}
	}
	return posts, nil
}
