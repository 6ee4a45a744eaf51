package bluesky

import (
	"context"
	"net/url"
	"time"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"github.com/tribune-dev/tribune/internal/network"
)

// putRecord is the input of com.atproto.repo.putRecord. SwapRecord is null and must be sent: it says that there may be
// no record under the key yet.
type putRecord struct {
	Repo       string  `json:"repo"`
	Collection string  `json:"collection"`
	RKey       string  `json:"rkey"`
	SwapRecord *string `json:"swapRecord"`
	Record     *post   `json:"record"`
}

// Publish implements network.Network. It may be repeated at any time, by any number of callers: one record comes of it.
//
// A record under our key that the server does not show (moderators took it down) is Gone: nobody can tell whose it is,
// and publishing the same under another key would go against them.
func (b *Bluesky) Publish(ctx context.Context, p network.Publication) (network.Receipt, error) {
	if _, err := syntax.ParseTID(p.Key); err != nil {
		return network.Receipt{}, invalid("InvalidKey", "the key is no TID")
	}
	if p.Marker == "" {
		return network.Receipt{}, invalid("InvalidMarker", "a publication needs a marker")
	}
	s, err := b.sessions.get(ctx)
	if err != nil {
		return network.Receipt{}, before(err)
	}
	if p.Identity.Account != "" && p.Identity.Account != s.DID {
		return network.Receipt{}, invalid("WrongAccount", "the Secret belongs to another account than the one this was planned for")
	}
	record, err := b.record(ctx, p)
	if err != nil {
		return network.Receipt{}, err
	}
	var stored struct {
		URI    string    `json:"uri"`
		CID    string    `json:"cid"`
		Commit *struct{} `json:"commit"`
	}
	_, err = b.authorized(ctx, request{
		method: "com.atproto.repo.putRecord",
		input:  putRecord{Repo: s.DID, Collection: postCollection, RKey: p.Key, Record: record},
		out:    &stored,
	})
	switch {
	case refused(err, "InvalidSwap"):
		return b.taken(ctx, s, p)
	case err != nil:
		return network.Receipt{}, toError(err)
	case stored.URI != recordURI(s.DID, p.Key) || stored.CID == "":
		return network.Receipt{}, notUnderstood(network.Ambiguous, "putRecord named no record or another one")
	}
	return network.Receipt{
		Ref:         network.Ref{ID: stored.URI, Revision: stored.CID, URL: postURL(s.DID, s.Handle, p.Key)},
		PublishedAt: p.CreatedAt.UTC().Truncate(time.Millisecond),
		// The very same record was there: the server has nothing to commit.
		Existing: stored.Commit == nil,
	}, nil
}

// taken finds out whose record is under the key.
func (b *Bluesky) taken(ctx context.Context, s *session, p network.Publication) (network.Receipt, error) {
	found, err := b.lookUp(ctx, s, p.Key)
	if err != nil {
		// It may be ours. Whatever went wrong, publishing did not.
		e := *toError(err)
		e.Kind = network.Ambiguous
		return network.Receipt{}, &e
	}
	switch {
	case found == nil:
		return network.Receipt{}, &network.Error{
			Kind: network.Gone, Reason: "RecordHidden",
			Message: "there is a record under this post's key that Bluesky does not show: it was taken down, or deleted a moment ago",
		}
	case found.marker != p.Marker:
		return network.Receipt{}, &network.Error{
			Kind: network.KeyTaken, Reason: "KeyTaken", Message: "another record is under this post's key",
		}
	}
	found.receipt.Existing = true
	return found.receipt, nil
}

type found struct {
	receipt network.Receipt
	marker  string
}

// lookUp reads the record under a key; nil if the server shows none.
func (b *Bluesky) lookUp(ctx context.Context, s *session, rkey string) (*found, error) {
	var got struct {
		URI   string `json:"uri"`
		CID   string `json:"cid"`
		Value *struct {
			CreatedAt string `json:"createdAt"`
			Marker    string `json:"tribuneMarker"`
		} `json:"value"`
	}
	_, err := b.authorized(ctx, request{
		method: "com.atproto.repo.getRecord",
		query:  url.Values{"repo": {s.DID}, "collection": {postCollection}, "rkey": {rkey}},
		out:    &got,
	})
	switch {
	case refused(err, "RecordNotFound"):
		return nil, nil
	case err != nil:
		return nil, err
	case got.URI != recordURI(s.DID, rkey) || got.CID == "" || got.Value == nil:
		return nil, notUnderstood(network.NotSent, "getRecord showed no record or another one")
	}
	return &found{
		marker: got.Value.Marker,
		receipt: network.Receipt{
			Ref:         network.Ref{ID: got.URI, Revision: got.CID, URL: postURL(s.DID, s.Handle, rkey)},
			PublishedAt: publishedAt(got.Value.CreatedAt),
			Existing:    true,
		},
	}, nil
}

// Cursor implements network.Finder: a lookup by key needs none.
func (b *Bluesky) Cursor(context.Context) (string, error) { return "", nil }

// Find implements network.Finder: it looks the key up. A record that is not ours is not what is looked for.
func (b *Bluesky) Find(ctx context.Context, q network.Query) (*network.Receipt, error) {
	if _, err := syntax.ParseTID(q.Key); err != nil {
		return nil, invalid("InvalidKey", "the key is no TID")
	}
	s, err := b.sessions.get(ctx)
	if err != nil {
		return nil, before(err)
	}
	if q.Identity.Account != "" && q.Identity.Account != s.DID {
		return nil, invalid("WrongAccount", "the Secret belongs to another account than the one this was planned for")
	}
	record, err := b.lookUp(ctx, s, q.Key)
	if err != nil {
		return nil, toError(err)
	}
	marker := q.Marker
	if marker == "" {
		marker = q.Identity.Marker()
	}
	if record == nil || record.marker != marker {
		return nil, nil
	}
	return &record.receipt, nil
}

// Delete implements network.Deleter.
func (b *Bluesky) Delete(ctx context.Context, ref network.Ref) error {
	uri, err := syntax.ParseATURI(ref.ID)
	if err != nil || uri.Collection() != postCollection || uri.RecordKey() == "" {
		return invalid("InvalidReference", "the reference is no at:// address of a post")
	}
	s, err := b.sessions.get(ctx)
	if err != nil {
		return before(err)
	}
	if uri.Authority().String() != s.DID {
		return invalid("WrongAccount", "the post is another account's")
	}
	_, err = b.authorized(ctx, request{
		method: "com.atproto.repo.deleteRecord",
		input:  map[string]string{"repo": s.DID, "collection": postCollection, "rkey": uri.RecordKey().String()},
	})
	if err != nil {
		return toError(err)
	}
	return nil
}

func recordURI(did, rkey string) string {
	return "at://" + did + "/" + postCollection + "/" + rkey
}
