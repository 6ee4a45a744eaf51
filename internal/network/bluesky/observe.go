package bluesky

import (
	"context"
	"net/url"
	"time"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"github.com/tribune-dev/tribune/internal/network"
)

// Observe implements network.Observer: the record as the account's server has it. A record that moderators took down is not
// shown, and so Gone. Numbers come from the AppView, and are left out where the server has none or it does not answer.
func (b *Bluesky) Observe(ctx context.Context, ref network.Ref) (network.Observation, error) {
	uri, err := syntax.ParseATURI(ref.ID)
	if err != nil || uri.Collection() != postCollection || uri.RecordKey() == "" {
		return network.Observation{}, invalid("InvalidReference", "the reference is no at:// address of a post")
	}
	s, err := b.sessions.get(ctx)
	if err != nil {
		return network.Observation{}, before(err)
	}
	if uri.Authority().String() != s.DID {
		return network.Observation{}, invalid("WrongAccount", "the post is another account's")
	}
	rkey := uri.RecordKey().String()
	var got struct {
		URI   string `json:"uri"`
		CID   string `json:"cid"`
		Value *struct {
			Text *string `json:"text"`
		} `json:"value"`
	}
	_, err = b.authorized(ctx, request{
		method: "com.atproto.repo.getRecord",
		query:  url.Values{"repo": {s.DID}, "collection": {postCollection}, "rkey": {rkey}},
		out:    &got,
	})
	switch {
	case refused(err, "RecordNotFound"):
		return network.Observation{Gone: true}, nil
	case err != nil:
		return network.Observation{}, before(err)
	case got.URI != recordURI(s.DID, rkey) || got.CID == "" || got.Value == nil || got.Value.Text == nil:
		return network.Observation{}, notUnderstood(network.NotSent, "getRecord showed no record or another one")
	}
	return network.Observation{
		Text: *got.Value.Text, Revision: got.CID, URL: postURL(s.DID, s.Handle, rkey), Metrics: b.metrics(ctx, got.URI),
	}, nil
}

// metricsTimeout bounds what is nice to know.
const metricsTimeout = 5 * time.Second

func (b *Bluesky) metrics(ctx context.Context, uri string) *network.Metrics {
	ctx, cancel := context.WithTimeout(ctx, metricsTimeout)
	defer cancel()
	var seen struct {
		Posts []struct {
			URI     string `json:"uri"`
			Likes   *int64 `json:"likeCount"`
			Reposts *int64 `json:"repostCount"`
			Quotes  *int64 `json:"quoteCount"`
			Replies *int64 `json:"replyCount"`
		} `json:"posts"`
	}
	_, err := b.authorized(ctx, request{method: "app.bsky.feed.getPosts", query: url.Values{"uris": {uri}}, out: &seen})
	if err != nil || len(seen.Posts) != 1 || seen.Posts[0].URI != uri {
		b.log.DebugContext(ctx, "the post's numbers could not be read", "err", err)
		return nil
	}
	p := seen.Posts[0]
	m := &network.Metrics{Reactions: count(p.Likes), Shares: count(p.Reposts), Replies: count(p.Replies)}
	if quotes := count(p.Quotes); m.Shares != nil && quotes != nil {
		shares := *m.Shares + *quotes
		m.Shares = count(&shares)
	}
	return m
}
