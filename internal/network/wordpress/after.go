package wordpress

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/tribune-dev/tribune/internal/network"
)

// Cursor implements network.Finder: a lookup by marker needs none.
func (w *WordPress) Cursor(context.Context) (string, error) { return "", nil }

// Find implements network.Finder: what is public and carries the marker; the first one made, should there be more.
func (w *WordPress) Find(ctx context.Context, q network.Query) (*network.Receipt, error) {
	me, err := w.ready(ctx, q.Identity, marker(q))
	if err != nil {
		return nil, err
	}
	found, err := w.list(ctx, me, statusPublic, marker(q))
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		if p.Status == statusPublic {
			r := p.receipt(true)
			return &r, nil
		}
	}
	replies, err := w.replies(ctx, me, marker(q))
	for _, c := range replies {
		if c.Status == commentPublic {
			r := c.receipt(true)
			return &r, nil
		}
	}
	return nil, err
}

// public reads an article that should be public.
func (w *WordPress) public(ctx context.Context, ref network.Ref) (*post, error) {
	id, err := number(ref)
	if err != nil {
		return nil, err
	}
	p, err := w.get(ctx, id)
	if err != nil || p == nil || p.Status != statusPublic {
		return nil, err
	}
	return p, nil
}

// Edit implements network.Editor. It may be repeated.
func (w *WordPress) Edit(ctx context.Context, ref network.Ref, p network.Publication) (network.Receipt, error) {
	if _, err := w.ready(ctx, p.Identity, p.Marker); err != nil {
		return network.Receipt{}, err
	}
	there, err := w.public(ctx, ref)
	if err != nil {
		return network.Receipt{}, err
	}
	if there == nil {
		return network.Receipt{}, &network.Error{Kind: network.Gone, Reason: "Gone", Message: "the article is not public any more"}
	}
	tags, err := w.tags(ctx, p.Tags)
	if err != nil {
		return network.Receipt{}, err
	}
	pictures, err := w.pictures(ctx, there.ID, p)
	if err != nil {
		return network.Receipt{}, err
	}
	featured := int64(0)
	if len(pictures) > 0 {
		featured = pictures[0].ID
	}
	changed, err := w.change(ctx, there.ID, map[string]any{
		"title": title(p), "content": content(p, pictures), "tags": tags, "featured_media": featured,
	})
	if err != nil {
		return network.Receipt{}, err
	}
	if err := w.dropPictures(ctx, there.ID, pictures); err != nil {
		w.log.InfoContext(ctx, "Pictures that an edit replaced could not be removed", "post", there.ID, "error", err.Error())
	}
	return changed.receipt(true), nil
}

// Delete implements network.Deleter: into the trash, from which WordPress removes it after 30 days; where the site has no
// trash, at once.
func (w *WordPress) Delete(ctx context.Context, ref network.Ref) error {
	if isComment(ref) {
		return w.Remove(ctx, network.Target{Ref: ref})
	}
	id, err := number(ref)
	if err != nil {
		return err
	}
	there, err := w.get(ctx, id)
	if err != nil {
		return err
	}
	if there == nil || there.Status == statusTrash {
		return nil
	}
	_, err = w.api.call(ctx, request{method: http.MethodDelete, route: postRoute(id)})
	if _, ok := isCode(err, "rest_trash_not_supported"); ok {
		_, err = w.api.call(ctx, request{method: http.MethodDelete, route: postRoute(id), query: url.Values{"force": {"true"}}})
	}
	if err != nil && !isGone(err) {
		return toError(err)
	}
	return nil
}

// Observe implements network.Observer. The text is title and content as they are stored.
func (w *WordPress) Observe(ctx context.Context, ref network.Ref) (network.Observation, error) {
	if isComment(ref) {
		return w.observeReply(ctx, ref)
	}
	p, err := w.public(ctx, ref)
	if err != nil {
		return network.Observation{}, err
	}
	if p == nil {
		return network.Observation{Gone: true}, nil
	}
	seen := p.ref()
	o := network.Observation{Text: p.Title.Raw + "\n\n" + p.Content.Raw, Revision: seen.Revision, URL: seen.URL}
	got, err := w.api.call(ctx, request{
		route: "/wp/v2/comments", query: url.Values{"post": {ref.ID}, "per_page": {"1"}, "_fields": {"id"}},
	})
	if err != nil { // comments may be closed to the API
		w.log.DebugContext(ctx, "The comments could not be counted", "error", err.Error())
		return o, nil
	}
	if n, err := strconv.ParseInt(got.header.Get("X-WP-Total"), 10, 64); err == nil {
		o.Metrics = &network.Metrics{Replies: &n}
	}
	return o, nil
}
