package local

import (
	"context"
	"net/http"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

var (
	_ network.Hider    = (*Local)(nil)
	_ network.Remover  = (*Local)(nil)
	_ network.Restorer = (*Local)(nil)
	_ network.Muter    = (*Local)(nil)
	_ network.Blocker  = (*Local)(nil)
	_ network.Reporter = (*Local)(nil)
	_ network.Reactor  = (*Local)(nil)
)

// Hide implements network.Hider.
func (l *Local) Hide(ctx context.Context, t network.Target) error {
	return unlessGone(l.onItem(ctx, t, request{method: http.MethodPost, path: "/hide"}))
}

// Unhide implements network.Hider. What was removed stays removed.
func (l *Local) Unhide(ctx context.Context, t network.Target) error {
	return unlessGone(l.onItem(ctx, t, request{method: http.MethodPost, path: "/unhide"}))
}

// Remove implements network.Remover.
func (l *Local) Remove(ctx context.Context, t network.Target) error {
	return unlessGone(l.onItem(ctx, t, request{method: http.MethodPost, path: "/remove"}))
}

// Restore implements network.Restorer.
func (l *Local) Restore(ctx context.Context, t network.Target) error {
	return l.onItem(ctx, t, request{method: http.MethodPost, path: "/restore"})
}

// Report implements network.Reporter. The server keeps one report of ours for an item.
func (l *Local) Report(ctx context.Context, t network.Target, reason string) error {
	return l.onItem(ctx, t, request{method: http.MethodPost, path: "/report", input: wire.NewReport{Reason: reason}})
}

// React implements network.Reactor: an item has one reaction of ours, the last.
func (l *Local) React(ctx context.Context, t network.Target, emoji string) error {
	return l.onItem(ctx, t, request{method: http.MethodPut, path: "/reaction", input: wire.Reaction{Reaction: emoji}})
}

// Unreact implements network.Reactor.
func (l *Local) Unreact(ctx context.Context, t network.Target, _ string) error {
	return unlessGone(l.onItem(ctx, t, request{method: http.MethodDelete, path: "/reaction"}))
}

// onItem makes a call of an item; the request's path is what is done to it.
func (l *Local) onItem(ctx context.Context, t network.Target, r request) error {
	path, err := itemPath(t)
	if err != nil {
		return err
	}
	var stored wire.Item
	r.path, r.out = path+r.path, &stored
	_, err = l.api.call(ctx, r)
	switch {
	case refused(err, wire.CodeNotFound, wire.CodeDeleted):
		return &network.Error{Kind: network.Gone, Reason: "ItemGone", Message: "what was said is not there any more", Err: err}
	case err != nil:
		return toError(err)
	case stored.ID != t.Ref.ID || stored.Account != l.account:
		return notUnderstood(network.Ambiguous, "the answer names no item, or another one")
	}
	return nil
}

func unlessGone(err error) error {
	if err != nil && network.KindOf(err) == network.Gone {
		return nil
	}
	return err
}

// Mute implements network.Muter: whom it holds for cannot speak until then. A zero time is for good.
func (l *Local) Mute(ctx context.Context, person network.Person, until time.Time) error {
	m := wire.Mute{}
	if !until.IsZero() {
		m.Until = &until
	}
	return l.onPerson(ctx, person, request{method: http.MethodPut, path: "mute", input: m})
}

// Unmute implements network.Muter.
func (l *Local) Unmute(ctx context.Context, person network.Person) error {
	return l.onPerson(ctx, person, request{method: http.MethodDelete, path: "mute"})
}

// Block implements network.Blocker. It ends following and membership too.
func (l *Local) Block(ctx context.Context, person network.Person) error {
	return l.onPerson(ctx, person, request{method: http.MethodPut, path: "block"})
}

// Unblock implements network.Blocker.
func (l *Local) Unblock(ctx context.Context, person network.Person) error {
	return l.onPerson(ctx, person, request{method: http.MethodDelete, path: "block"})
}

// onPerson makes a call of a person; the request's path is what is done.
func (l *Local) onPerson(ctx context.Context, person network.Person, r request) error {
	path, err := personPath(person, r.path)
	if err != nil {
		return err
	}
	r.path = path
	if _, err := l.api.call(ctx, r); err != nil {
		return toError(err)
	}
	return nil
}
