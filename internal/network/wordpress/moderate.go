package wordpress

import (
	"context"
	"slices"

	"github.com/tribune-dev/tribune/internal/network"
)

var (
	_ network.Hider    = (*WordPress)(nil)
	_ network.Remover  = (*WordPress)(nil)
	_ network.Restorer = (*WordPress)(nil)
)

// Hide implements network.Hider: the comment waits for approval. What lies among spam or in the trash stays there.
func (w *WordPress) Hide(ctx context.Context, t network.Target) error {
	_, err := w.move(ctx, t, commentHeld, commentPublic)
	return err
}

// Unhide implements network.Hider: it approves what waits.
func (w *WordPress) Unhide(ctx context.Context, t network.Target) error {
	_, err := w.move(ctx, t, commentPublic, commentHeld)
	return err
}

// Remove implements network.Remover: into the trash, from which WordPress removes it after 30 days.
func (w *WordPress) Remove(ctx context.Context, t network.Target) error {
	_, err := w.move(ctx, t, commentTrash, commentPublic, commentHeld, commentSpam)
	return err
}

// Restore implements network.Restorer: out of the trash or from among spam, approved.
func (w *WordPress) Restore(ctx context.Context, t network.Target) error {
	there, err := w.move(ctx, t, commentPublic, commentTrash, commentSpam)
	if err == nil && !there {
		return &network.Error{Kind: network.Gone, Reason: "Gone", Message: "the comment is not there any more"}
	}
	return err
}

// move changes a comment's status if it has one of those; there is false if there is no such comment.
func (w *WordPress) move(ctx context.Context, t network.Target, to string, from ...string) (there bool, err error) {
	c, err := w.comment(ctx, t.Ref)
	if err != nil || c == nil {
		return false, err
	}
	if !slices.Contains(from, c.Status) {
		return true, nil
	}
	_, err = w.setStatus(ctx, c, to)
	if err != nil && network.KindOf(err) == network.Gone {
		return false, nil
	}
	return true, err
}
