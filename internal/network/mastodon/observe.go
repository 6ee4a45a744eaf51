package mastodon

import (
	"context"
	"net/http"

	"github.com/tribune-dev/tribune/internal/network"
)

// Observe implements network.Observer. The text is the source as it was written where the server gives that, else the text as
// people read it; the revision is when it was last edited.
func (m *Mastodon) Observe(ctx context.Context, ref network.Ref) (network.Observation, error) {
	path, err := statusPath(ref)
	if err != nil {
		return network.Observation{}, err
	}
	who, err := m.who(ctx)
	if err != nil {
		return network.Observation{}, before(err)
	}
	var s status
	_, err = m.api.call(ctx, request{path: path, out: &s})
	if said(err, http.StatusNotFound, http.StatusGone) {
		return network.Observation{Gone: true}, nil
	}
	if err != nil {
		return network.Observation{}, before(err)
	}
	r, err := who.receipt(s, network.NotSent)
	if err != nil || s.ID != ref.ID {
		return network.Observation{}, notUnderstood(network.NotSent, "the answer names another status")
	}
	o := network.Observation{
		Text: plainText(s.Content), URL: r.URL,
		Metrics: &network.Metrics{Reactions: count(s.Favourites), Shares: count(s.Reblogs), Replies: count(s.Replies)},
	}
	if s.EditedAt != nil {
		o.Revision = *s.EditedAt
	}
	source, known, err := m.source(ctx, s.ID)
	if err != nil && network.KindOf(err) == network.Gone {
		return network.Observation{Gone: true}, nil
	}
	if err != nil {
		return network.Observation{}, err
	}
	if known {
		o.Text = source
	}
	return o, nil
}
