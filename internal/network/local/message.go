package local

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

// Send implements network.Messenger: the message stands on the account's page for the team, not among its posts. The server
// keeps its id as a key, so that a repetition stores nothing.
func (l *Local) Send(ctx context.Context, m network.Message) error {
	if m.ID == "" || len(m.ID) > wire.MaxKeyBytes {
		return invalid("InvalidMessage", "a message needs an id of at most %d bytes", wire.MaxKeyBytes)
	}
	if m.Repeat {
		if there, err := l.sent(ctx, m.ID); err != nil || there {
			return err
		}
	}
	n := wire.NewPost{Key: m.ID, Marker: m.ID, Kind: wire.KindMessage, To: wire.TeamHandle, Text: messageText(m)}
	if !m.At.IsZero() {
		at := m.At.UTC()
		n.CreatedAt = &at
	}
	if m.Link != "" {
		n.Link = &wire.Link{URL: m.Link, Title: m.LinkTitle}
	}
	for _, picture := range m.Media {
		if len(picture.Bytes) == 0 {
			continue
		}
		a, err := l.Upload(ctx, picture)
		if err != nil {
			return err
		}
		n.Media = append(n.Media, wire.MediaRef{ID: a.Upload, Alt: a.AltText})
	}
	var stored wire.Post
	_, err := l.api.call(httpx.Auxiliary(ctx), request{method: http.MethodPost, path: "/posts", input: n, out: &stored})
	if refused(err, wire.CodeDeleted) {
		return nil // it was read, and taken away
	}
	if err != nil {
		return toError(err)
	}
	if !l.ours(stored) {
		return notUnderstood(network.Ambiguous, "the answer names no message")
	}
	return nil
}

// sent looks for a message among the newest, on a server that ignores keys; elsewhere the key sees to it.
func (l *Local) sent(ctx context.Context, id string) (bool, error) {
	once, err := l.class(ctx)
	if err != nil || once != network.OnceScan {
		return false, err
	}
	posts, err := l.list(ctx, url.Values{"kind": {wire.KindMessage}, "order": {"desc"}, "limit": {strconv.Itoa(wire.MaxPage)}})
	if err != nil {
		return false, aside(err)
	}
	return slices.ContainsFunc(posts.Posts, func(p wire.Post) bool { return p.Marker == id }), nil
}

// messageText is the whole message as lines, no longer than the server takes: no grapheme has less than one rune, nor a rune
// more than four bytes.
func messageText(m network.Message) string {
	lines := []string{m.Title}
	if len(m.Mention) > 0 {
		lines = append(lines, strings.Join(m.Mention, " "))
	}
	if m.Text != "" {
		lines = append(lines, "", m.Text)
	}
	if len(m.Facts) > 0 {
		lines = append(lines, "")
	}
	for _, f := range m.Facts {
		lines = append(lines, f[0]+": "+f[1])
	}
	text := strings.Join(lines, "\n")
	if runes := []rune(text); len(runes) > wire.MaxCharacters {
		return string(runes[:wire.MaxCharacters-1]) + "…"
	}
	return text
}
