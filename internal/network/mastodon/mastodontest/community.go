package mastodontest

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// community is what others do to an account, and what it does to them.
type community struct {
	notifications []notification
	// muted until, by account id; the zero time is for good.
	muted   map[string]time.Time
	blocked map[string]bool
	// favourites and reports by status id.
	favourites map[string]bool
	reports    map[string][]string
	// streams are rung when there is a notification.
	streams map[chan string]bool
}

type notification struct {
	id, kind string
	at       time.Time
	from     *Account
	status   *Status
}

var communityRoutes = []route{
	{"GET", "/api/v1/notifications", "read:notifications", nil, getNotifications},
	{"GET", "/api/v1/streaming/user/notification", "read:notifications", nil, streamNotifications},
	{"GET", "/api/v1/timelines/tag/*", "read:statuses", nil, tagTimeline},
	{"GET", "/api/v2/search", "read:search", noVersion2, search},
	{"POST", "/api/v1/accounts/*/mute", "write:mutes", nil, mute},
	{"POST", "/api/v1/accounts/*/unmute", "write:mutes", nil, unmute},
	{"POST", "/api/v1/accounts/*/block", "write:blocks", nil, setBlock(true)},
	{"POST", "/api/v1/accounts/*/unblock", "write:blocks", nil, setBlock(false)},
	{"POST", "/api/v1/reports", "write:reports", nil, postReport},
	{"POST", "/api/v1/statuses/*/favourite", "write:favourites", nil, setFavourite(true)},
	{"POST", "/api/v1/statuses/*/unfavourite", "write:favourites", nil, setFavourite(false)},
}

// Person is the account with that name, made if need be.
func (s *Server) Person(username string) *Account {
	s.mu.Lock()
	a := s.people[username]
	s.mu.Unlock()
	if a == nil {
		a = s.Account(username)
	}
	return a
}

// Say has the account write a status, which those are notified of whom it answers or names, and who wrote it before if it is
// an edit. It gives the status's id. No limit of characters holds: it may come from another server.
func (a *Account) Say(text, replyTo, visibility string, to ...*Account) string {
	s := a.server
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &Status{ID: s.id(), Text: text, Visibility: visibility, ReplyTo: replyTo, createdAt: s.Clock().UTC(), owner: a, Key: "app:Web"}
	a.statuses = append(a.statuses, st)
	a.log = append(a.log, Event{"Created", *st})
	if parent := s.status(replyTo); parent != nil && parent.owner != a && !slices.Contains(to, parent.owner) {
		to = append(to, parent.owner)
	}
	for _, who := range to {
		who.notify("mention", a, st)
	}
	return st.ID
}

// Do notifies to of something that a did: follow, favourite, reblog, update. It gives the notification's id.
func (a *Account) Do(kind string, to *Account, statusID string) string {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	return to.notify(kind, a, a.server.status(statusID))
}

// notify is called with s.mu held.
func (a *Account) notify(kind string, from *Account, st *Status) string {
	c := &a.community
	if c.blocked[from.ID] {
		return ""
	}
	a.server.serial++
	id := fmt.Sprint(1000 + a.server.serial)
	c.notifications = append(c.notifications, notification{id: id, kind: kind, at: a.server.Clock().UTC(), from: from, status: st})
	for ch := range c.streams {
		select {
		case ch <- kind:
		default:
		}
	}
	return id
}

// Standing says how the account stands to another, by its id.
func (a *Account) Standing(id string) (muted, blocked bool, until time.Time) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	until, muted = a.community.muted[id]
	return muted, a.community.blocked[id], until
}

// Favourited says whether the account likes a status, and Reported why it reported it.
func (a *Account) Favourited(id string) bool {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	return a.community.favourites[id]
}

// Reported are the comments of the account's reports of a status.
func (a *Account) Reported(id string) []string {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	return slices.Clone(a.community.reports[id])
}

// upwards is the page right after an id, oldest first.
func upwards[T any](list []T, id func(T) string, from string, limit int) []T {
	var out []T
	for _, v := range list {
		if after(id(v), from) && len(out) < limit {
			out = append(out, v)
		}
	}
	return out
}

func (c *call) limit(fallback, most int) int {
	n, err := strconv.Atoi(c.r.URL.Query().Get("limit"))
	if err != nil {
		n = fallback
	}
	return min(max(n, 1), most)
}

func getNotifications(c *call, _ string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	q := c.r.URL.Query()
	c.documented(q, "max_id", "since_id", "min_id", "limit", "types[]", "exclude_types[]", "account_id", "include_filtered")
	var asked []notification
	for _, n := range c.who.community.notifications {
		if types := q["types[]"]; len(types) == 0 || slices.Contains(types, n.kind) {
			asked = append(asked, n)
		}
	}
	limit := c.limit(40, 80)
	if from := q.Get("min_id"); from != "" {
		asked = upwards(asked, func(n notification) string { return n.id }, from, limit)
	} else if len(asked) > limit {
		asked = asked[len(asked)-limit:]
	}
	out := []map[string]any{}
	for _, n := range slices.Backward(asked) {
		shown := map[string]any{
			"id": n.id, "type": n.kind, "created_at": n.at.Format("2006-01-02T15:04:05.000Z"), "account": c.s.showAccount(n.from), "group_key": "ungrouped-" + n.id,
		}
		if n.status != nil {
			shown["status"] = c.show(*n.status)
		}
		out = append(out, shown)
	}
	c.json(http.StatusOK, out)
}

func streamNotifications(c *call, _ string) {
	ch := make(chan string, 16)
	c.s.mu.Lock()
	if c.who.community.streams == nil {
		c.who.community.streams = map[chan string]bool{}
	}
	c.who.community.streams[ch] = true
	c.s.mu.Unlock()
	defer func() {
		c.s.mu.Lock()
		delete(c.who.community.streams, ch)
		c.s.mu.Unlock()
	}()
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.WriteHeader(http.StatusOK)
	flush := func(s string) bool {
		_, err := io.WriteString(c.w, s)
		return err == nil && http.NewResponseController(c.w).Flush() == nil
	}
	for ok := flush(":)\n"); ok; {
		select {
		case <-c.r.Context().Done():
			return
		case kind := <-ch:
			ok = flush("event: notification\ndata: {\"type\":\"" + kind + "\"}\n\n")
		}
	}
}

// found answers with the public statuses of all that match, newest first.
func (c *call) found(match func(*Status) bool) []map[string]any {
	var all []*Status
	for _, name := range slices.Sorted(maps.Keys(c.s.people)) {
		for _, st := range c.s.people[name].statuses {
			if st.Visibility == "public" && match(st) {
				all = append(all, st)
			}
		}
	}
	slices.SortFunc(all, func(a, b *Status) int {
		if after(a.ID, b.ID) {
			return 1
		}
		return -1
	})
	limit := c.limit(20, 40)
	if from := c.r.URL.Query().Get("min_id"); from != "" {
		all = upwards(all, func(st *Status) string { return st.ID }, from, limit)
	} else if len(all) > limit {
		all = all[len(all)-limit:]
	}
	out := []map[string]any{}
	for _, st := range slices.Backward(all) {
		out = append(out, c.show(*st))
	}
	return out
}

func tagTimeline(c *call, tag string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.documented(c.r.URL.Query(), "any[]", "all[]", "none[]", "local", "remote", "only_media", "max_id", "since_id", "min_id", "limit")
	c.json(http.StatusOK, c.found(func(st *Status) bool {
		return slices.Contains(strings.Fields(strings.ToLower(st.Text)), "#"+strings.ToLower(tag))
	}))
}

func search(c *call, _ string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	q := c.r.URL.Query()
	c.documented(q, "q", "type", "resolve", "following", "account_id", "exclude_unreviewed", "max_id", "min_id", "limit", "offset")
	c.json(http.StatusOK, map[string]any{"accounts": []any{}, "hashtags": []any{}, "statuses": c.found(func(st *Status) bool {
		return strings.Contains(strings.ToLower(st.Text), strings.ToLower(q.Get("q")))
	})})
}

// person finds an account by its id, or says no; s.mu is held.
func (c *call) person(id string) *Account {
	for _, a := range c.s.people {
		if a.ID == id {
			return a
		}
	}
	c.no(http.StatusNotFound, "Record not found")
	return nil
}

func (c *call) relationship(id string) {
	_, muting := c.who.community.muted[id]
	c.json(http.StatusOK, map[string]any{"id": id, "following": false, "muting": muting, "muting_notifications": muting, "blocking": c.who.community.blocked[id]})
}

func mute(c *call, id string) {
	var in struct {
		Notifications *bool `json:"notifications"`
		Duration      int64 `json:"duration"`
	}
	if !c.input(&in) {
		return
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.person(id) == nil {
		return
	}
	until := time.Time{}
	if in.Duration > 0 {
		until = c.s.Clock().Add(time.Duration(in.Duration) * time.Second)
	}
	if c.who.community.muted == nil {
		c.who.community.muted = map[string]time.Time{}
	}
	c.who.community.muted[id] = until
	c.relationship(id)
}

func unmute(c *call, id string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.person(id) != nil {
		delete(c.who.community.muted, id)
		c.relationship(id)
	}
}

func setBlock(to bool) func(c *call, id string) {
	return func(c *call, id string) {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		if c.person(id) == nil {
			return
		}
		if c.who.community.blocked == nil {
			c.who.community.blocked = map[string]bool{}
		}
		c.who.community.blocked[id] = to
		c.relationship(id)
	}
}

func postReport(c *call, _ string) {
	var in struct {
		AccountID string   `json:"account_id"`
		StatusIDs []string `json:"status_ids"`
		Comment   string   `json:"comment"`
		Forward   bool     `json:"forward"`
		Category  string   `json:"category"`
		RuleIDs   []string `json:"rule_ids"`
	}
	if !c.input(&in) {
		return
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.person(in.AccountID) == nil {
		return
	}
	for _, id := range in.StatusIDs {
		if st := c.s.status(id); st == nil || st.owner.ID != in.AccountID {
			c.no(http.StatusNotFound, "Record not found")
			return
		}
		if c.who.community.reports == nil {
			c.who.community.reports = map[string][]string{}
		}
		c.who.community.reports[id] = append(c.who.community.reports[id], in.Comment)
	}
	c.json(http.StatusOK, map[string]any{"id": c.s.id(), "action_taken": false, "category": in.Category, "comment": in.Comment})
}

func setFavourite(to bool) func(c *call, id string) {
	return func(c *call, id string) {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		st := c.s.status(id)
		if st == nil {
			c.no(http.StatusNotFound, "Record not found")
			return
		}
		if c.who.community.favourites == nil {
			c.who.community.favourites = map[string]bool{}
		}
		c.who.community.favourites[id] = to
		c.json(http.StatusOK, c.show(*st))
	}
}
