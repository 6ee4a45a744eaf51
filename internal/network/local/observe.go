package local

import (
	"context"
	"net/http"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

// Observe implements network.Observer.
func (l *Local) Observe(ctx context.Context, ref network.Ref) (network.Observation, error) {
	path, err := postPath(ref)
	if err != nil {
		return network.Observation{}, err
	}
	var p wire.Post
	_, err = l.api.call(ctx, request{method: http.MethodGet, path: path, out: &p})
	switch {
	case refused(err, wire.CodeNotFound, wire.CodeDeleted):
		return network.Observation{Gone: true}, nil
	case err != nil:
		return network.Observation{}, aside(err)
	case !l.ours(p) || p.ID != ref.ID:
		return network.Observation{}, notUnderstood(network.NotSent, "the answer names no post, or another one")
	}
	o := network.Observation{Text: p.Text, URL: p.URL}
	if p.UpdatedAt != nil {
		o.Revision = p.UpdatedAt.UTC().Format(time.RFC3339Nano)
	}
	reactions, shares, replies := int64(p.Reactions), int64(p.Shares), int64(p.Replies)
	o.Metrics = &network.Metrics{Reactions: &reactions, Shares: &shares, Replies: &replies}
	return o, nil
}
