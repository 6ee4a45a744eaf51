package bluesky

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"github.com/tribune-dev/tribune/internal/network"
)

var (
	_ network.Hider    = (*Bluesky)(nil)
	_ network.Muter    = (*Bluesky)(nil)
	_ network.Blocker  = (*Bluesky)(nil)
	_ network.Reporter = (*Bluesky)(nil)
	_ network.Reactor  = (*Bluesky)(nil)
)

const (
	gateCollection  = "app.bsky.feed.threadgate"
	blockCollection = "app.bsky.graph.block"
	likeCollection  = "app.bsky.feed.like"
	// maxHidden replies of one thread, by the lexicon.
	maxHidden = 300
	// swapTries is how often a record is changed anew that somebody else changed meanwhile.
	swapTries = 5
)

// Hide implements network.Hider: the thread's gate lists the replies that are hidden.
func (b *Bluesky) Hide(ctx context.Context, t network.Target) error {
	return b.regate(ctx, t, func(hidden []string) ([]string, *network.Error) {
		switch {
		case slices.Contains(hidden, t.Ref.ID):
			return hidden, nil
		case len(hidden) >= maxHidden:
			return nil, invalid("TooManyHidden", "Bluesky hides at most 300 replies of a thread: limit who may reply, or block")
		}
		return append(hidden, t.Ref.ID), nil
	})
}

// Unhide implements network.Hider.
func (b *Bluesky) Unhide(ctx context.Context, t network.Target) error {
	return b.regate(ctx, t, func(hidden []string) ([]string, *network.Error) {
		return slices.DeleteFunc(slices.Clone(hidden), func(uri string) bool { return uri == t.Ref.ID }), nil
	})
}

// regate changes the list of what is hidden in the thread of t, and nothing else of its gate.
func (b *Bluesky) regate(ctx context.Context, t network.Target, change func([]string) ([]string, *network.Error)) error {
	if _, err := syntax.ParseATURI(t.Ref.ID); err != nil {
		return invalid("InvalidReference", "the reference is no at:// address")
	}
	return b.changeGate(ctx, t.Post, func(fields map[string]json.RawMessage) (map[string]json.RawMessage, *network.Error) {
		var hidden []string
		if raw, there := fields["hiddenReplies"]; there && json.Unmarshal(raw, &hidden) != nil {
			return nil, notUnderstood(network.NotSent, "the thread's gate holds no list of hidden replies")
		}
		next, no := change(hidden)
		if no != nil || len(next) == len(hidden) {
			return nil, no
		}
		out := without(fields, "")
		out["hiddenReplies"] = mustJSON(next)
		return out, nil
	})
}

func asError(err error) error {
	if err == nil {
		return nil
	}
	return toError(err)
}

func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// put writes a record over the one that swap names, or where there is none.
func (b *Bluesky) put(ctx context.Context, s *session, collection, rkey string, swap *string, record any) error {
	var stored strongRef
	_, err := b.authorized(ctx, request{method: "com.atproto.repo.putRecord", out: &stored, input: map[string]any{
		"repo": s.DID, "collection": collection, "rkey": rkey, "swapRecord": swap, "record": record,
	}})
	if err != nil {
		return err
	}
	if stored.URI != "at://"+s.DID+"/"+collection+"/"+rkey || stored.CID == "" {
		return notUnderstood(network.Ambiguous, "putRecord named no record or another one")
	}
	return nil
}

// keyFor makes a record key of what a record is about, so that there is one such record of ours, whoever makes it how often.
func keyFor(about string) string {
	sum := sha256.Sum256([]byte(about))
	const year = uint64(365 * 24 * time.Hour / time.Microsecond)
	n := binary.BigEndian.Uint64(sum[:8])
	from := uint64(time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro())
	return syntax.NewTID(int64(from+n%year), uint(binary.BigEndian.Uint16(sum[8:10])&1023)).String() //nolint:gosec // both are small
}

// once makes a record unless it is there.
func (b *Bluesky) once(ctx context.Context, collection, about string, record any) error {
	s, err := b.sessions.get(ctx)
	if err != nil {
		return before(err)
	}
	err = b.put(ctx, s, collection, keyFor(about), nil, record)
	if refused(err, "InvalidSwap") {
		return nil
	}
	return asError(err)
}

// drop deletes a record; one that is not there is no error.
func (b *Bluesky) drop(ctx context.Context, collection, rkey string) error {
	s, err := b.sessions.get(ctx)
	if err != nil {
		return before(err)
	}
	_, err = b.authorized(ctx, request{
		method: "com.atproto.repo.deleteRecord", input: map[string]string{"repo": s.DID, "collection": collection, "rkey": rkey},
	})
	return asError(err)
}

func checkPerson(p network.Person) error {
	if _, err := syntax.ParseDID(p.ID); err != nil {
		return invalid("InvalidPerson", "somebody needs a DID")
	}
	return nil
}

// Mute implements network.Muter. Bluesky does not end a mute by itself: Unmute does. Nobody else sees it.
func (b *Bluesky) Mute(ctx context.Context, p network.Person, _ time.Time) error {
	return b.onActor(ctx, "app.bsky.graph.muteActor", p)
}

// Unmute implements network.Muter.
func (b *Bluesky) Unmute(ctx context.Context, p network.Person) error {
	return b.onActor(ctx, "app.bsky.graph.unmuteActor", p)
}

func (b *Bluesky) onActor(ctx context.Context, method string, p network.Person) error {
	if err := checkPerson(p); err != nil {
		return err
	}
	_, err := b.authorized(ctx, request{method: method, input: map[string]string{"actor": p.ID}})
	return asError(err)
}

// Block implements network.Blocker by a record, which all can see.
func (b *Bluesky) Block(ctx context.Context, p network.Person) error {
	if err := checkPerson(p); err != nil {
		return err
	}
	return b.once(ctx, blockCollection, p.ID, map[string]any{"$type": blockCollection, "subject": p.ID, "createdAt": now()})
}

// Unblock implements network.Blocker: it takes away our record, and the one that a person made in the app.
func (b *Bluesky) Unblock(ctx context.Context, p network.Person) error {
	if err := checkPerson(p); err != nil {
		return err
	}
	if err := b.drop(ctx, blockCollection, keyFor(p.ID)); err != nil {
		return err
	}
	var seen profile
	_, err := b.authorized(ctx, request{method: "app.bsky.actor.getProfile", query: url.Values{"actor": {p.ID}}, out: &seen})
	if err != nil || seen.Viewer == nil || seen.Viewer.Blocking == "" {
		return nil //nolint:nilerr // our own record is gone; of others this server knows nothing
	}
	uri, err := syntax.ParseATURI(seen.Viewer.Blocking)
	if err != nil || uri.Collection() != blockCollection {
		return nil //nolint:nilerr // blocked by a list, which is not ours to change
	}
	return b.drop(ctx, blockCollection, uri.RecordKey().String())
}

// maxReasonGraphemes of a report; runes are never fewer.
const maxReasonGraphemes = 2000

// Report implements network.Reporter: to the moderation service that the account's server uses.
func (b *Bluesky) Report(ctx context.Context, t network.Target, reason string) error {
	if _, err := syntax.ParseATURI(t.Ref.ID); err != nil || t.Ref.Revision == "" {
		return invalid("InvalidReference", "a report needs the at:// address and the CID of the post")
	}
	if r := []rune(reason); len(r) > maxReasonGraphemes {
		reason = string(r[:maxReasonGraphemes-1]) + "…"
	}
	var stored struct {
		ID *int64 `json:"id"`
	}
	_, err := b.authorized(ctx, request{method: "com.atproto.moderation.createReport", out: &stored, input: map[string]any{
		"reasonType": "com.atproto.moderation.defs#reasonOther", "reason": reason,
		"subject": map[string]string{"$type": "com.atproto.repo.strongRef", "uri": t.Ref.ID, "cid": t.Ref.Revision},
	}})
	if err != nil {
		return toError(err)
	}
	if stored.ID == nil {
		return notUnderstood(network.Ambiguous, "createReport named no report")
	}
	return nil
}

// likes are what people write for a like, which is the only reaction here.
var likes = []string{"", "❤", "❤️", "👍", "⭐"}

// React implements network.Reactor.
func (b *Bluesky) React(ctx context.Context, t network.Target, emoji string) error {
	if !slices.Contains(likes, emoji) {
		return invalid("EmojiNotSupported", "Bluesky knows likes alone: react with ❤️, or without an emoji")
	}
	if _, err := syntax.ParseATURI(t.Ref.ID); err != nil || t.Ref.Revision == "" {
		return invalid("InvalidReference", "a like needs the at:// address and the CID of the post")
	}
	return b.once(ctx, likeCollection, t.Ref.ID, map[string]any{
		"$type": likeCollection, "subject": strongRef{URI: t.Ref.ID, CID: t.Ref.Revision}, "createdAt": now(),
	})
}

// Unreact implements network.Reactor: it takes back the like that Tribune gave; one by hand stays.
func (b *Bluesky) Unreact(ctx context.Context, t network.Target, _ string) error {
	return b.drop(ctx, likeCollection, keyFor(t.Ref.ID))
}
