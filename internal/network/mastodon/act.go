package mastodon

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

var (
	_ network.Muter    = (*Mastodon)(nil)
	_ network.Blocker  = (*Mastodon)(nil)
	_ network.Reporter = (*Mastodon)(nil)
	_ network.Reactor  = (*Mastodon)(nil)
)

type relationship struct {
	ID       string `json:"id"`
	Muting   bool   `json:"muting"`
	Blocking bool   `json:"blocking"`
}

// onPerson changes how the account stands to a person.
func (m *Mastodon) onPerson(ctx context.Context, p network.Person, what string, input any, done func(relationship) bool) error {
	if !isID(p.ID) {
		return invalid("InvalidPerson", "somebody needs the id that this server gave them")
	}
	var r relationship
	_, err := m.api.call(ctx, request{method: http.MethodPost, path: "/api/v1/accounts/" + p.ID + "/" + what, input: input, out: &r})
	if said(err, http.StatusNotFound, http.StatusGone) {
		return &network.Error{Kind: network.Gone, Reason: "PersonGone", Message: "this account is not there any more", Err: err}
	}
	if err != nil {
		return toError(err)
	}
	if r.ID != p.ID || !done(r) {
		return notUnderstood(network.Ambiguous, "the answer names another account, or nothing was done")
	}
	return nil
}

// Mute implements network.Muter: the account hears nothing of the person, notifications neither, until then.
func (m *Mastodon) Mute(ctx context.Context, p network.Person, until time.Time) error {
	input := struct {
		Notifications bool  `json:"notifications"`
		Duration      int64 `json:"duration"` // seconds; 0 for good
	}{Notifications: true}
	if !until.IsZero() {
		input.Duration = max(1, int64(time.Until(until).Round(time.Second)/time.Second))
	}
	return m.onPerson(ctx, p, "mute", input, func(r relationship) bool { return r.Muting })
}

// Unmute implements network.Muter.
func (m *Mastodon) Unmute(ctx context.Context, p network.Person) error {
	return m.onPerson(ctx, p, "unmute", nil, func(r relationship) bool { return !r.Muting })
}

// Block implements network.Blocker. It ends following on both sides; servers drop the notifications of who is blocked.
func (m *Mastodon) Block(ctx context.Context, p network.Person) error {
	return m.onPerson(ctx, p, "block", nil, func(r relationship) bool { return r.Blocking })
}

// Unblock implements network.Blocker.
func (m *Mastodon) Unblock(ctx context.Context, p network.Person) error {
	return m.onPerson(ctx, p, "unblock", nil, func(r relationship) bool { return !r.Blocking })
}

// maxComment of a report, in characters.
const maxComment = 1000

// Report implements network.Reporter: to the moderators of our own server. The author's own server is not told.
func (m *Mastodon) Report(ctx context.Context, t network.Target, reason string) error {
	if !isID(t.AuthorID) || t.Ref.ID != "" && !isID(t.Ref.ID) {
		return invalid(reasonInvalidReference, "a report needs the id of the author, and of the status if there is one")
	}
	if r := []rune(reason); len(r) > maxComment {
		reason = string(r[:maxComment-1]) + "…"
	}
	input := struct {
		AccountID string   `json:"account_id"`
		StatusIDs []string `json:"status_ids,omitempty"`
		Comment   string   `json:"comment"`
		Forward   bool     `json:"forward"`
		Category  string   `json:"category"`
	}{AccountID: t.AuthorID, Comment: reason, Category: "other"}
	if t.Ref.ID != "" {
		input.StatusIDs = []string{t.Ref.ID}
	}
	var stored struct {
		ID string `json:"id"`
	}
	_, err := m.api.call(ctx, request{method: http.MethodPost, path: "/api/v1/reports", input: input, out: &stored})
	if said(err, http.StatusNotFound, http.StatusGone) {
		return statusGone(err)
	}
	if err != nil {
		return toError(err)
	}
	if stored.ID == "" {
		return notUnderstood(network.Ambiguous, "the answer names no report")
	}
	return nil
}

// likes are what people write for a favourite, which is the only reaction here.
var likes = []string{"", "⭐", "👍", "❤", "❤️"}

// React implements network.Reactor.
func (m *Mastodon) React(ctx context.Context, t network.Target, emoji string) error {
	if !slices.Contains(likes, emoji) {
		return invalid("EmojiNotSupported", "Mastodon knows favourites alone: react with ⭐, or without an emoji")
	}
	return m.favourite(ctx, t, "/favourite")
}

// Unreact implements network.Reactor.
func (m *Mastodon) Unreact(ctx context.Context, t network.Target, _ string) error {
	err := m.favourite(ctx, t, "/unfavourite")
	if err != nil && network.KindOf(err) == network.Gone {
		return nil
	}
	return err
}

func (m *Mastodon) favourite(ctx context.Context, t network.Target, what string) error {
	path, err := statusPath(t.Ref)
	if err != nil {
		return err
	}
	var s status
	_, err = m.api.call(ctx, request{method: http.MethodPost, path: path + what, out: &s})
	if said(err, http.StatusNotFound, http.StatusGone) {
		return statusGone(err)
	}
	if err != nil {
		return toError(err)
	}
	if s.ID != t.Ref.ID {
		return notUnderstood(network.Ambiguous, "the answer names another status")
	}
	return nil
}
