package local

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

var _ network.Preparer = (*Local)(nil)

// Prepare implements network.Preparer, for a server that was told to publish in two phases (fault two-phase).
func (l *Local) Prepare(ctx context.Context, p network.Publication) (network.Ref, error) {
	if err := l.check(p.Identity, p.Key, p.Marker); err != nil {
		return network.Ref{}, err
	}
	var d wire.Draft
	if _, err := l.api.call(ctx, request{method: http.MethodPost, path: "/drafts", input: newPost(p), out: &d}); err != nil {
		return network.Ref{}, toError(err)
	}
	if d.ID == "" || d.Marker != p.Marker {
		return network.Ref{}, notUnderstood(network.Ambiguous, "the answer names no draft, or another one")
	}
	return network.Ref{ID: d.ID}, nil
}

// Prepared implements network.Preparer.
func (l *Local) Prepared(ctx context.Context, q network.Query) ([]network.Ref, error) {
	marker := q.Marker
	if marker == "" {
		marker = q.Identity.Marker()
	}
	var list wire.Drafts
	if _, err := l.api.call(ctx, request{method: http.MethodGet, path: "/drafts", query: url.Values{"marker": {marker}}, out: &list}); err != nil {
		return nil, aside(err)
	}
	if list.Drafts == nil || slices.ContainsFunc(list.Drafts, func(d wire.Draft) bool { return d.ID == "" }) {
		return nil, notUnderstood(network.NotSent, "the answer is no list of drafts")
	}
	var refs []network.Ref
	for _, d := range list.Drafts {
		if d.Marker == marker {
			refs = append(refs, network.Ref{ID: d.ID})
		}
	}
	return refs, nil
}

// Discard implements network.Preparer.
func (l *Local) Discard(ctx context.Context, ref network.Ref) error {
	path, err := draftPath(ref)
	if err != nil {
		return err
	}
	_, err = l.api.call(ctx, request{method: http.MethodDelete, path: path})
	if refused(err, wire.CodeNotFound, wire.CodeDeleted) {
		return nil
	}
	if err != nil {
		return aside(err)
	}
	return nil
}

// makePublic is Publish of a draft. It may be repeated.
func (l *Local) makePublic(ctx context.Context, p network.Publication) (network.Receipt, error) {
	path, err := draftPath(*p.Prepared)
	if err != nil {
		return network.Receipt{}, err
	}
	var stored wire.Post
	_, err = l.api.call(ctx, request{method: http.MethodPost, path: path, input: wire.Draft{Marker: p.Marker}, out: &stored})
	if refused(err, wire.CodeNotFound) {
		return network.Receipt{}, &network.Error{Kind: network.Gone, Reason: "DraftGone", Message: "the draft is not there any more", Err: err}
	}
	if err != nil {
		return network.Receipt{}, toError(err)
	}
	if !l.ours(stored) || stored.Marker != p.Marker || stored.ID != p.Prepared.ID {
		return network.Receipt{}, notUnderstood(network.Ambiguous, "the answer names no post, or another one")
	}
	return receipt(stored), nil
}

func draftPath(ref network.Ref) (string, error) {
	if _, err := postPath(ref); err != nil {
		return "", err
	}
	return "/drafts/" + ref.ID, nil
}
