package mastodontest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/network/faults"
)

// Status as it is stored.
type Status struct {
	ID, Key                      string
	Text, Spoiler, Visibility    string
	Language, ReplyTo            string
	Sensitive                    bool
	Media                        []Media
	Favourites, Reblogs, Replies int64
	createdAt                    time.Time
	editedAt                     *time.Time
	owner                        *Account
}

// Media of a status.
type Media struct {
	ID, Alt       string
	Width, Height int
}

// Event is something that happened to a status.
type Event struct {
	// Action is Created, Updated or Deleted.
	Action string
	Status
}

// Log is all that ever happened to the account's statuses, in order.
func (a *Account) Log() []Event {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	return slices.Clone(a.log)
}

// Edit changes a status as a person would in the browser.
func (a *Account) Edit(id, text string) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	if st := a.find(id); st != nil {
		a.edited(st, func() { st.Text = text })
	}
}

// Delete removes a status as a person would in the browser.
func (a *Account) Delete(id string) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	a.remove(id)
}

// React counts what others did to a status.
func (a *Account) React(id string, favourites, reblogs, replies int64) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	if st := a.find(id); st != nil {
		st.Favourites, st.Reblogs, st.Replies = favourites, reblogs, replies
	}
}

// Post stores a status that the account wrote in another application.
func (a *Account) Post(text, appName string) string {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	st := &Status{ID: a.server.id(), Text: text, Visibility: "public", createdAt: a.server.Clock().UTC(), owner: a, Key: "app:" + appName}
	a.statuses = append(a.statuses, st)
	a.log = append(a.log, Event{"Created", *st})
	return st.ID
}

func (a *Account) find(id string) *Status {
	for _, st := range a.statuses {
		if st.ID == id {
			return st
		}
	}
	return nil
}

func (a *Account) edited(st *Status, change func()) {
	now := a.server.Clock().UTC()
	change()
	st.editedAt = &now
	a.log = append(a.log, Event{"Updated", *st})
}

func (a *Account) remove(id string) {
	at := slices.IndexFunc(a.statuses, func(st *Status) bool { return st.ID == id })
	if at < 0 {
		return
	}
	a.log = append(a.log, Event{"Deleted", *a.statuses[at]})
	a.statuses = slices.Delete(a.statuses, at, at+1)
}

// statusInput is what POST and PUT take, by the API's description.
type statusInput struct {
	Status         string   `json:"status"`
	MediaIDs       []string `json:"media_ids"`
	ReplyTo        string   `json:"in_reply_to_id"`
	Sensitive      *bool    `json:"sensitive"`
	SpoilerText    string   `json:"spoiler_text"`
	Visibility     string   `json:"visibility"`
	Language       string   `json:"language"`
	ScheduledAt    string   `json:"scheduled_at"`
	QuotedStatusID string   `json:"quoted_status_id"`
}

type problem struct {
	status  int
	message string
}

func postStatus(c *call, _ string) {
	c.s.mu.Lock()
	c.s.posted++
	n := c.s.posted
	c.s.mu.Unlock()
	var fault faults.Fault
	if c.s.Fault != nil {
		fault = c.s.Fault(n)
	}
	c.s.strike.Strike(c.w, fault, func(w http.ResponseWriter) {
		c := &call{s: c.s, w: w, r: c.r, body: c.body, who: c.who}
		var in statusInput
		if !c.input(&in) {
			return
		}
		st, p := c.s.publish(c.who, in, c.r.Header.Get("Idempotency-Key"))
		if p != nil {
			c.no(p.status, p.message)
			return
		}
		c.s.mu.Lock()
		shown := c.show(st)
		c.s.mu.Unlock()
		c.json(http.StatusOK, shown)
	})
}

// publish stores a status, or finds the one that its key made.
func (s *Server) publish(who *Account, in statusInput, key string) (Status, *problem) {
	if key == "" || !s.honoursKeys() {
		s.store()
		return s.create(who, in, key)
	}
	full := who.ID + ":" + key
	s.mu.Lock()
	known := s.keys[full]
	if known == nil || s.Clock().Sub(known.at) >= keyMemory && known.id != "" {
		known = &remembered{}
		s.keys[full] = known
	}
	s.mu.Unlock()
	if !s.DoubleWhileStoring {
		known.mu.Lock()
		defer known.mu.Unlock()
	}
	s.mu.Lock()
	id := known.id
	if st := who.find(id); id != "" && st != nil {
		defer s.mu.Unlock()
		return *st, nil
	}
	s.mu.Unlock()
	if id != "" { // it was deleted since
		return Status{}, &problem{http.StatusNotFound, "Record not found"}
	}
	s.store()
	st, p := s.create(who, in, key)
	if p == nil {
		s.mu.Lock()
		known.id, known.at = st.ID, s.Clock()
		s.mu.Unlock()
	}
	return st, p
}

func (s *Server) store() {
	if s.Storing != nil {
		s.Storing()
	}
}

func (s *Server) create(who *Account, in statusInput, key string) (Status, *problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &Status{
		Key: key, Text: strings.TrimSpace(in.Status), Spoiler: strings.TrimSpace(in.SpoilerText), Visibility: in.Visibility, ReplyTo: in.ReplyTo,
		Sensitive: in.SpoilerText != "" || in.Sensitive != nil && *in.Sensitive, Language: cascade(in.Language), createdAt: s.Clock().UTC(), owner: who,
	}
	if st.Visibility == "" {
		st.Visibility = "public"
	}
	if !slices.Contains([]string{"public", "unlisted", "private", "direct"}, st.Visibility) {
		return *st, &problem{http.StatusUnprocessableEntity, "Validation failed: Visibility is not included in the list"}
	}
	if in.ReplyTo != "" {
		parent := s.status(in.ReplyTo)
		if parent == nil {
			return *st, &problem{http.StatusNotFound, "The status you are trying to reply to does not appear to exist."}
		}
		parent.Replies++
	}
	media, p := who.attach(in.MediaIDs)
	if p != nil {
		return *st, p
	}
	st.Media = media
	if p := s.validate(st); p != nil {
		return *st, p
	}
	for _, m := range media {
		who.media[m.ID].attached = true
	}
	st.ID = s.id()
	who.statuses = append(who.statuses, st)
	who.log = append(who.log, Event{"Created", *st})
	return *st, nil
}

func (s *Server) validate(st *Status) *problem {
	switch {
	case st.Text == "" && len(st.Media) == 0:
		if !s.honoursKeys() {
			return &problem{http.StatusBadRequest, "Bad Request: no content, media or poll"}
		}
		return &problem{http.StatusUnprocessableEntity, "Validation failed: Text can't be blank"}
	case count(st.Text)+graphemeCount(st.Spoiler) > s.MaxCharacters:
		return &problem{http.StatusUnprocessableEntity, fmt.Sprintf("Validation failed: Text character limit of %d exceeded", s.MaxCharacters)}
	}
	return nil
}

// cascade is the language that is stored for one that was sent: its first part where there are no regions.
func cascade(language string) string {
	language, _, _ = strings.Cut(language, "-")
	return language
}

func (s *Server) status(id string) *Status {
	for _, a := range s.people {
		if st := a.find(id); st != nil {
			return st
		}
	}
	return nil
}

// own finds a status of the caller, or says no.
func (c *call) own(id string) *Status {
	st := c.who.find(id)
	if st == nil {
		c.no(http.StatusNotFound, "Record not found")
	}
	return st
}

func getStatus(c *call, id string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	st := c.s.status(id)
	if st == nil {
		c.no(http.StatusNotFound, "Record not found")
		return
	}
	c.json(http.StatusOK, c.show(*st))
}

func getSource(c *call, id string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if st := c.own(id); st != nil {
		c.json(http.StatusOK, map[string]string{"id": st.ID, "text": st.Text, "spoiler_text": st.Spoiler})
	}
}

func putStatus(c *call, id string) {
	var in statusInput
	if !c.input(&in) {
		return
	}
	if in.Visibility != "" || in.ReplyTo != "" {
		c.s.report("PUT changes neither visibility nor what is replied to")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	st := c.own(id)
	if st == nil {
		return
	}
	next := *st
	next.Text, next.Spoiler = strings.TrimSpace(in.Status), strings.TrimSpace(in.SpoilerText)
	next.Media = nil
	for _, m := range in.MediaIDs {
		if at := slices.IndexFunc(st.Media, func(has Media) bool { return has.ID == m }); at >= 0 {
			next.Media = append(next.Media, st.Media[at])
			continue
		}
		added, p := c.who.attach([]string{m})
		if p != nil {
			c.no(p.status, p.message)
			return
		}
		next.Media = append(next.Media, added...)
	}
	if p := c.s.validate(&next); p != nil {
		c.no(p.status, p.message)
		return
	}
	if next.Text != st.Text || next.Spoiler != st.Spoiler || !slices.Equal(next.Media, st.Media) {
		c.who.edited(st, func() { st.Text, st.Spoiler, st.Media = next.Text, next.Spoiler, next.Media })
	}
	c.json(http.StatusOK, c.show(*st))
}

func deleteStatus(c *call, id string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	st := c.own(id)
	if st == nil {
		return
	}
	shown := c.show(*st)
	shown["text"] = st.Text
	c.who.remove(id)
	c.json(http.StatusOK, shown)
}

func accountStatuses(c *call, id string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	q := c.r.URL.Query()
	c.documented(q, "max_id", "since_id", "min_id", "limit", "only_media", "exclude_replies", "exclude_reblogs", "pinned", "tagged")
	var owner *Account
	for _, a := range c.s.people {
		if a.ID == id {
			owner = a
		}
	}
	if owner == nil {
		c.no(http.StatusNotFound, "Record not found")
		return
	}
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil {
		limit = 20
	}
	limit = min(max(limit, 1), 40)
	list := []map[string]any{}
	if from := q.Get("min_id"); from != "" {
		page := upwards(owner.statuses, func(st *Status) string { return st.ID }, from, limit)
		for _, st := range slices.Backward(page) {
			if c.who == owner || st.Visibility == "public" {
				list = append(list, c.show(*st))
			}
		}
		c.json(http.StatusOK, list)
		return
	}
	for _, st := range slices.Backward(owner.statuses) {
		if len(list) == limit || q.Get("since_id") != "" && !after(st.ID, q.Get("since_id")) {
			break
		}
		if q.Get("max_id") != "" && !after(q.Get("max_id"), st.ID) || c.who != owner && st.Visibility != "public" {
			continue
		}
		list = append(list, c.show(*st))
	}
	c.json(http.StatusOK, list)
}

// after compares ids as servers do: numbers as numbers, ULIDs as they sort.
func after(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a > b }

func (c *call) documented(q url.Values, names ...string) {
	for name := range q {
		if !slices.Contains(names, name) {
			c.s.report(fmt.Sprintf("%s has no parameter %s", c.r.URL.Path, name))
		}
	}
}

// show is a status as the API gives it.
func (c *call) show(st Status) map[string]any {
	base := "https://" + c.s.Domain + "/@" + st.owner.Username
	media := []map[string]any{}
	for _, m := range st.Media {
		media = append(media, m.show())
	}
	out := map[string]any{
		"id": st.ID, "uri": base + "/statuses/" + st.ID, "url": base + "/" + st.ID, "created_at": st.createdAt.Format("2006-01-02T15:04:05.000Z"),
		"edited_at": nil, "in_reply_to_id": nil, "in_reply_to_account_id": nil, "visibility": st.Visibility, "language": nil,
		"sensitive": st.Sensitive, "spoiler_text": st.Spoiler, "content": c.s.html(st.Text), "account": c.s.showAccount(st.owner),
		"media_attachments": media, "favourites_count": st.Favourites, "reblogs_count": st.Reblogs, "replies_count": st.Replies,
		"application": map[string]any{"name": st.owner.AppName, "website": nil}, "reblog": nil, "tags": []any{}, "mentions": []any{},
	}
	if st.editedAt != nil {
		out["edited_at"] = st.editedAt.Format("2006-01-02T15:04:05.000Z")
	}
	if st.Language != "" {
		out["language"] = st.Language
	}
	if parent := c.s.status(st.ReplyTo); st.ReplyTo != "" && parent != nil {
		out["in_reply_to_id"], out["in_reply_to_account_id"] = st.ReplyTo, parent.owner.ID
	}
	if app, ok := strings.CutPrefix(st.Key, "app:"); ok {
		out["application"] = map[string]any{"name": app, "website": nil}
	}
	return out
}
