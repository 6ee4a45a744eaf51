package mastodon

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// status is a publication as servers tell it.
type status struct {
	ID          string  `json:"id"`
	URI         string  `json:"uri"`
	URL         *string `json:"url"`
	CreatedAt   string  `json:"created_at"`
	EditedAt    *string `json:"edited_at"`
	ReplyTo     *string `json:"in_reply_to_id"`
	ReplyToWhom *string `json:"in_reply_to_account_id"`
	Visibility  string  `json:"visibility"`
	Content     string  `json:"content"`
	Spoiler     string  `json:"spoiler_text"`
	Account     person  `json:"account"`
	Language    *string `json:"language"`
	Mentions    []struct {
		Acct string `json:"acct"`
	} `json:"mentions"`
	Application *struct {
		Name string `json:"name"`
	} `json:"application"`
	Media []struct {
		ID string `json:"id"`
	} `json:"media_attachments"`
	Favourites *int64 `json:"favourites_count"`
	Reblogs    *int64 `json:"reblogs_count"`
	Replies    *int64 `json:"replies_count"`
}

// newStatus is what statuses are made and changed with.
type newStatus struct {
	Status      string   `json:"status"`
	MediaIDs    []string `json:"media_ids"`
	ReplyTo     string   `json:"in_reply_to_id,omitempty"`
	Visibility  string   `json:"visibility,omitempty"`
	SpoilerText string   `json:"spoiler_text"`
	// Sensitive is left to the account's own setting where there is no content warning.
	Sensitive *bool  `json:"sensitive,omitempty"`
	Language  string `json:"language,omitempty"`
}

func statusOf(p network.Publication) (newStatus, error) {
	n := newStatus{Status: p.Text, SpoilerText: p.ContentWarning, Language: p.Language, MediaIDs: []string{}}
	if p.ContentWarning != "" {
		yes := true
		n.Sensitive = &yes
	}
	// Always said: what an account publishes by default is for its person to change.
	switch p.Visibility {
	case "", "Public":
		n.Visibility = "public"
	case "Unlisted":
		n.Visibility = "unlisted"
	case "Followers":
		n.Visibility = visibilityFollowers
	default:
		return n, invalid("InvalidVisibility", "Mastodon knows the visibilities Public, Unlisted and Followers, not %s", network.Quote(p.Visibility))
	}
	if p.To != nil {
		name := strings.TrimPrefix(p.To.Handle, "@")
		if !isName(name) {
			return n, invalid("InvalidPerson", "%q is no name on Mastodon: write it like maria@social.example", network.Quote(name))
		}
		// Only those whom it mentions see it.
		n.Visibility, n.Status = visibilityDirect, directText(name, p.Text)
	}
	for _, a := range p.Media {
		if !isID(a.Upload) {
			return n, invalid(reasonInvalidReference, "a picture was not uploaded here")
		}
		n.MediaIDs = append(n.MediaIDs, a.Upload)
	}
	if p.Parent != nil {
		if !isID(p.Parent.ID) {
			return n, invalid(reasonInvalidReference, "what it replies to is no status of this server")
		}
		n.ReplyTo = p.Parent.ID
	}
	return n, nil
}

// Publish implements network.Network. The key is sent whatever the server is; that it is honoured is known from
// Account.Once alone.
func (m *Mastodon) Publish(ctx context.Context, p network.Publication) (network.Receipt, error) {
	if p.Key == "" {
		return network.Receipt{}, invalid("InvalidKey", "a publication needs a key")
	}
	who, err := m.owner(ctx, p.Identity)
	if err != nil {
		return network.Receipt{}, err
	}
	n, err := statusOf(p)
	if err != nil {
		return network.Receipt{}, err
	}
	if p.Answer && p.Parent != nil && p.To == nil {
		if n.Visibility, err = m.noWider(ctx, n.Visibility, *p.Parent); err != nil {
			return network.Receipt{}, err
		}
	}
	var stored status
	answer, err := m.api.call(ctx, request{method: http.MethodPost, path: "/api/v1/statuses", input: n, key: p.Key, out: &stored})
	if err != nil {
		return network.Receipt{}, m.publishError(ctx, n, err)
	}
	r, err := who.receipt(stored, network.Ambiguous)
	if err != nil {
		return r, err
	}
	// A server that knew the key gives back what it made of it before: older than this call. Both times are the server's.
	const rounding = 2 * time.Second
	r.Existing = !answer.date.IsZero() && !r.PublishedAt.IsZero() && r.PublishedAt.Before(answer.date.Add(-answer.took-rounding))
	return r, nil
}

// noWider is how an answer may be seen: as it would be, or as what it answers, whichever are fewer.
func (m *Mastodon) noWider(ctx context.Context, visibility string, parent network.Ref) (string, error) {
	path, err := statusPath(parent)
	if err != nil {
		return "", err
	}
	var answered status
	_, err = m.api.call(ctx, request{path: path, out: &answered})
	if said(err, http.StatusNotFound, http.StatusGone) {
		return "", &network.Error{Kind: network.Refused, Reason: "AnsweredIsGone", Message: "what it answers is not there any more, or is not for us to see"}
	}
	if err != nil {
		return "", before(err)
	}
	of := slices.Index(widest, answered.Visibility)
	if of < 0 { // for fewer than followers, in a way that cannot be chosen here
		of = len(widest) - 1
	}
	return widest[max(of, slices.Index(widest, visibility))], nil
}

// widest visibilities first.
var widest = []string{"public", "unlisted", visibilityFollowers}

const visibilityFollowers = "private"

// receipt of a status that must be ours; broken is the kind of the error if it is not.
func (s *self) receipt(st status, broken network.Kind) (network.Receipt, error) {
	if !isID(st.ID) || st.Account.ID != s.number {
		return network.Receipt{}, notUnderstood(broken, "the answer names no status, or another account's")
	}
	r := network.Receipt{Ref: network.Ref{ID: st.ID, URL: st.URI}}
	if st.URL != nil && *st.URL != "" {
		r.URL = *st.URL
	}
	if at, err := time.Parse(time.RFC3339, st.CreatedAt); err == nil {
		r.PublishedAt = at.UTC()
	}
	return r, nil
}

// publishError sorts what was refused about media: that may pass, all else does not. The server is asked, as its words for it
// differ between versions.
func (m *Mastodon) publishError(ctx context.Context, n newStatus, err error) error {
	e := toError(err)
	if len(n.MediaIDs) == 0 || !said(err, http.StatusUnprocessableEntity, http.StatusNotFound) {
		return e
	}
	for _, id := range n.MediaIDs {
		ready, err := m.processed(ctx, id, nil)
		switch {
		case said(err, http.StatusNotFound, http.StatusGone):
			return &network.Error{
				Kind: network.NotSent, Reason: reasonMediaExpired,
				Message: "an uploaded picture is not there any more: it must be uploaded again",
			}
		case err == nil && !ready:
			return notProcessed()
		}
	}
	return e
}

func notProcessed() *network.Error {
	return &network.Error{
		Kind: network.NotSent, Reason: reasonMediaProcessing, RetryAfter: 10 * time.Second,
		Message: "the server is still processing the uploaded media: it is tried again",
	}
}

func statusPath(ref network.Ref) (string, error) {
	if !isID(ref.ID) {
		return "", invalid(reasonInvalidReference, "the reference is no id of a status")
	}
	return "/api/v1/statuses/" + ref.ID, nil
}

// Edit implements network.Editor. It may be repeated: a server that finds nothing to change changes nothing. Who may see a
// status cannot be edited. A Publication whose Media is nil, not just empty, leaves the pictures as they are: servers take off
// those that an edit does not name.
func (m *Mastodon) Edit(ctx context.Context, ref network.Ref, p network.Publication) (network.Receipt, error) {
	path, err := statusPath(ref)
	if err != nil {
		return network.Receipt{}, err
	}
	who, err := m.owner(ctx, p.Identity)
	if err != nil {
		return network.Receipt{}, err
	}
	n, err := statusOf(p)
	if err != nil {
		return network.Receipt{}, err
	}
	n.Visibility, n.ReplyTo = "", ""
	if p.Media == nil {
		if n.MediaIDs, err = m.picturesOf(ctx, path); err != nil {
			return network.Receipt{}, err
		}
	}
	var stored status
	_, err = m.api.call(ctx, request{method: http.MethodPut, path: path, input: n, out: &stored})
	if said(err, http.StatusNotFound, http.StatusGone) {
		return network.Receipt{}, statusGone(err)
	}
	if err != nil {
		return network.Receipt{}, m.publishError(ctx, n, err)
	}
	r, err := who.receipt(stored, network.Ambiguous)
	if err != nil || stored.ID != ref.ID {
		return network.Receipt{}, notUnderstood(network.Ambiguous, "the answer names another status")
	}
	r.Existing = true
	if stored.EditedAt != nil {
		r.Revision = *stored.EditedAt
	}
	return r, nil
}

func statusGone(err error) *network.Error {
	return &network.Error{Kind: network.Gone, Reason: "StatusGone", Message: "the status is not there any more", Err: err}
}

// picturesOf are the ids of what a status shows.
func (m *Mastodon) picturesOf(ctx context.Context, path string) ([]string, error) {
	var s status
	_, err := m.api.call(ctx, request{path: path, out: &s})
	if said(err, http.StatusNotFound, http.StatusGone) {
		return nil, statusGone(err)
	}
	if err != nil {
		return nil, before(err)
	}
	ids := []string{}
	for _, picture := range s.Media {
		ids = append(ids, picture.ID)
	}
	return ids, nil
}

// Delete implements network.Deleter.
func (m *Mastodon) Delete(ctx context.Context, ref network.Ref) error {
	path, err := statusPath(ref)
	if err != nil {
		return err
	}
	_, err = m.api.call(ctx, request{method: http.MethodDelete, path: path})
	if err != nil && !said(err, http.StatusNotFound, http.StatusGone) {
		return toError(err)
	}
	return nil
}
