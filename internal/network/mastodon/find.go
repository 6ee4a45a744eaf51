package mastodon

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

const (
	// beginning is the cursor of an account without statuses.
	beginning = "-"
	// pageSize is the most that servers give at once.
	pageSize = 40
	// maxPages bounds a scan: two thousand statuses.
	maxPages = 50
)

// Cursor implements network.Finder: the account's newest status.
func (m *Mastodon) Cursor(ctx context.Context) (string, error) {
	who, err := m.who(ctx)
	if err != nil {
		return "", before(err)
	}
	list, err := m.list(ctx, who, url.Values{"limit": {"1"}})
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return beginning, nil
	}
	return list[0].ID, nil
}

// Find implements network.Finder: it reads the account's statuses back to the cursor, or to NotBefore where there is none.
func (m *Mastodon) Find(ctx context.Context, q network.Query) (*network.Receipt, error) {
	who, err := m.owner(ctx, q.Identity)
	if err != nil {
		return nil, err
	}
	if q.Cursor != "" && q.Cursor != beginning && !isID(q.Cursor) {
		return nil, invalid("InvalidCursor", "the cursor is no id of a status")
	}
	want, candidates := readable(q.Text), 0
	found, err := m.scan(ctx, who, q, func(s *status) (bool, error) {
		if !threaded(s, who, q.Identity.Segment) {
			return false, nil
		}
		if s.Visibility == visibilityDirect {
			// A private message begins with whom it goes to; a message to the team is no publication.
			if undirected(readable(plainText(s.Content))) != want {
				return false, nil
			}
			return !m.byAnother(ctx, s), nil
		}
		if readable(plainText(s.Content)) != want {
			if q.Changed && !m.byAnother(ctx, s) {
				candidates++
			}
			return false, nil
		}
		return m.confirm(ctx, s, q.Text)
	})
	if err == nil && found == nil && candidates > 0 {
		return nil, &network.Error{
			Kind: network.NotSent, Reason: "ChangedMeanwhile",
			Message: "the text was changed while it was not known whether it went out, and the account has posts since then: look yourself, and say so with tribune post resolve",
		}
	}
	return found, err
}

// byAnother is true if another application than ours is known to have made a status.
func (m *Mastodon) byAnother(ctx context.Context, s *status) bool {
	ours := m.application(ctx)
	return ours != "" && s.Application != nil && s.Application.Name != "" && s.Application.Name != ours
}

// scan gives the newest status after the query's cursor that matches; nil if there is none.
func (m *Mastodon) scan(ctx context.Context, who *self, q network.Query, matches func(*status) (bool, error)) (*network.Receipt, error) {
	query := url.Values{"limit": {strconv.Itoa(pageSize)}}
	if q.Cursor != "" && q.Cursor != beginning {
		query.Set("since_id", q.Cursor)
	}
	for range maxPages {
		list, err := m.list(ctx, who, query)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return nil, nil
		}
		old := false
		for i := range list {
			s := &list[i]
			at, err := time.Parse(time.RFC3339, s.CreatedAt)
			if old = q.Cursor == "" && err == nil && at.Before(q.NotBefore); old {
				break
			}
			is, err := matches(s)
			if err != nil {
				return nil, err
			}
			if is {
				r, err := who.receipt(*s, network.NotSent)
				if err != nil {
					return nil, err
				}
				r.Existing = true
				return &r, nil
			}
		}
		if old {
			return nil, nil
		}
		last := list[len(list)-1].ID
		if query.Get("max_id") == last {
			return nil, notUnderstood(network.NotSent, "the list of statuses does not go on")
		}
		query.Set("max_id", last)
	}
	return nil, &network.Error{
		Kind: network.NotSent, Reason: "TooManyPosts",
		Message: "the account has too many posts since the attempt to look through; look yourself and resolve the post by hand",
	}
}

// list reads a page of the account's own statuses, newest first.
func (m *Mastodon) list(ctx context.Context, who *self, query url.Values) ([]status, error) {
	query.Set("exclude_reblogs", "true")
	var list []status
	_, err := m.api.call(ctx, request{path: "/api/v1/accounts/" + who.number + "/statuses", query: query, out: &list})
	if err != nil {
		return nil, before(err)
	}
	// An answer without a list, or with statuses of others, is not "none".
	if list == nil {
		return nil, notUnderstood(network.NotSent, "the answer is no list of statuses")
	}
	for i := range list {
		if !isID(list[i].ID) || list[i].Account.ID != who.number {
			return nil, notUnderstood(network.NotSent, "the list holds statuses of another account")
		}
	}
	return list, nil
}

// threaded is true if a later segment answers one of our own.
func threaded(s *status, who *self, segment int) bool {
	if segment == 0 {
		return true
	}
	return s.ReplyTo != nil && (s.ReplyToWhom == nil || *s.ReplyToWhom == who.number)
}

// confirm looks at what tells two statuses of one look apart: the source as it was written, where the server gives it, and
// the application that made it, where both are known.
func (m *Mastodon) confirm(ctx context.Context, s *status, text string) (bool, error) {
	if m.byAnother(ctx, s) {
		return false, nil
	}
	source, known, err := m.source(ctx, s.ID)
	switch {
	case err == nil && !known:
		return true, nil
	case err == nil:
		return sameSource(source, text), nil
	case network.KindOf(err) == network.Gone:
		return false, nil // it was deleted between the two looks
	}
	return false, err
}

// source is the text of a status as it was written; known is false where the server does not tell. A status without a source
// on a server that gives sources is Gone.
func (m *Mastodon) source(ctx context.Context, id string) (text string, known bool, err error) {
	if m.noSource.Load() {
		return "", false, nil
	}
	var got struct {
		ID   string  `json:"id"`
		Text *string `json:"text"`
	}
	_, err = m.api.call(ctx, request{path: "/api/v1/statuses/" + id + "/source", out: &got})
	missing := said(err, http.StatusNotFound, http.StatusGone)
	switch {
	case missing && m.givesSource.Load():
		return "", false, &network.Error{Kind: network.Gone, Reason: "StatusGone", Message: "the status is not there any more", Err: err}
	case missing, said(err, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotAcceptable),
		network.ReasonOf(err, "") == "AnswerNotUnderstood":
		m.noSource.Store(true)
		return "", false, nil
	case err != nil:
		return "", false, before(err)
	case got.Text == nil || got.ID != id:
		return "", false, nil
	}
	m.givesSource.Store(true)
	return *got.Text, true, nil
}

// application is the name of the one that the token was made for; empty where the server does not tell.
func (m *Mastodon) application(ctx context.Context) string {
	if name := m.app.Load(); name != nil {
		return *name
	}
	var app struct {
		Name string `json:"name"`
	}
	_, err := m.api.call(ctx, request{path: "/api/v1/apps/verify_credentials", out: &app})
	if err != nil {
		app.Name = ""
	}
	if err == nil || said(err, http.StatusNotFound, http.StatusForbidden, http.StatusUnauthorized, http.StatusMethodNotAllowed) {
		m.app.Store(&app.Name)
	}
	return app.Name
}
