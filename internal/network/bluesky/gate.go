package bluesky

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"github.com/tribune-dev/tribune/internal/network"
)

// A thread's gate is a record beside its first post. It says who may reply (allow; absent: anyone, empty: nobody) and which replies are hidden
// (hiddenReplies). What else stands in it is left as it is.

var _ network.ThreadLocker = (*Bluesky)(nil)

// lockField is a field of our own in a gate that we closed: it holds what allow was before, so that opening it makes it as it was, whoever
// does so and whenever. Others leave fields aside that they do not know. A gate without it was not closed by us.
const lockField = "tribuneLock"

// gateChange gives the fields of a gate as they are to be; nil: it is right as it is.
type gateChange func(fields map[string]json.RawMessage) (map[string]json.RawMessage, *network.Error)

// LockThread implements network.ThreadLocker: nobody may reply any more, but the account itself. Replies that are there stay.
func (b *Bluesky) LockThread(ctx context.Context, t network.Target) (already bool, err error) {
	err = b.changeGate(ctx, t.Post, func(fields map[string]json.RawMessage) (map[string]json.RawMessage, *network.Error) {
		_, ours := fields[lockField]
		allow, limited := fields["allow"]
		if already = ours || nobody(allow); already {
			return nil, nil
		}
		before := map[string]json.RawMessage{}
		if limited {
			before["allow"] = allow
		}
		next := without(fields, "")
		next["allow"], next[lockField] = json.RawMessage(`[]`), mustJSON(before)
		return next, nil
	})
	return already, err
}

// UnlockThread implements network.ThreadLocker. A gate that somebody else closed, or opened meanwhile, stays as it is.
func (b *Bluesky) UnlockThread(ctx context.Context, t network.Target) error {
	return b.changeGate(ctx, t.Post, func(fields map[string]json.RawMessage) (map[string]json.RawMessage, *network.Error) {
		raw, ours := fields[lockField]
		if !ours {
			return nil, nil
		}
		next := without(fields, lockField)
		if !nobody(fields["allow"]) {
			return next, nil // a person let somebody reply since: it is as they want it
		}
		var before map[string]json.RawMessage
		if json.Unmarshal(raw, &before) != nil {
			return nil, notUnderstood(network.NotSent, "the thread's gate does not say how it was before")
		}
		delete(next, "allow")
		if allow, limited := before["allow"]; limited {
			next["allow"] = allow
		}
		return next, nil
	})
}

// nobody is true for a list of who may reply that is there, and empty.
func nobody(allow json.RawMessage) bool {
	var allowed []json.RawMessage
	return json.Unmarshal(allow, &allowed) == nil && allowed != nil && len(allowed) == 0
}

// without copies fields, but for one.
func without(fields map[string]json.RawMessage, name string) map[string]json.RawMessage {
	out := make(map[string]json.RawMessage, len(fields)+2)
	for field, value := range fields {
		if field != name {
			out[field] = value
		}
	}
	return out
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, lists and what was read as JSON always marshal
	}
	return b
}

// changeGate changes the gate of a thread of ours, against whoever changes it at the same time.
func (b *Bluesky) changeGate(ctx context.Context, post string, change gateChange) error {
	s, err := b.sessions.get(ctx)
	if err != nil {
		return before(err)
	}
	root, err := syntax.ParseATURI(post)
	if err != nil || root.Collection() != postCollection || root.Authority().String() != s.DID {
		return invalid("NotOurThread", "Bluesky lets an account hide replies, and say who may reply, in threads alone that it began itself")
	}
	for range swapTries {
		var again bool
		if again, err = b.changeGateOnce(ctx, s, root, change); !again {
			return err
		}
	}
	return err
}

func (b *Bluesky) changeGateOnce(ctx context.Context, s *session, root syntax.ATURI, change gateChange) (again bool, err error) {
	rkey := root.RecordKey().String()
	var got struct {
		CID   string                     `json:"cid"`
		Value map[string]json.RawMessage `json:"value"`
	}
	_, err = b.authorized(ctx, request{
		method: "com.atproto.repo.getRecord", query: url.Values{"repo": {s.DID}, "collection": {gateCollection}, "rkey": {rkey}}, out: &got,
	})
	missing := refused(err, "RecordNotFound")
	if err != nil && !missing {
		return false, before(err)
	}
	if !missing && (got.CID == "" || got.Value == nil) {
		return false, notUnderstood(network.NotSent, "getRecord showed no record")
	}
	next, no := change(got.Value)
	if no != nil {
		return false, no
	}
	if next == nil {
		return false, nil // it is so already
	}
	record := map[string]any{"$type": gateCollection, "post": root.String(), "createdAt": now()}
	for name, value := range next {
		record[name] = value
	}
	var swap *string
	if !missing {
		swap = &got.CID
	}
	err = b.put(ctx, s, gateCollection, rkey, swap, record)
	return refused(err, "InvalidSwap"), asError(err)
}
