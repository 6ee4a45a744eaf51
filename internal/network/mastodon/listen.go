package mastodon

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
)

var _ network.Listener = (*Mastodon)(nil)

const (
	// oldest comes before all ids.
	oldest = "0"
	// maxNotifications is the most that servers give at once, defaultNotifications what is asked for where nobody says.
	maxNotifications     = 80
	defaultNotifications = 40
	// maxQueries bounds what is searched for, as each query is a call.
	maxQueries = 20
)

// heard are the kinds of notifications that are items.
var heard = []string{"mention", "quote", "follow", "favourite", "reblog", "update"}

// position is what a cursor says: the newest of what was told. Ids rise, and min_id pages forward from one.
type position struct {
	// Account that the ids are of.
	Account string `json:"a"`
	// Notification told last, and Own status; empty: not looked at yet.
	Notification string `json:"n"`
	Own          string `json:"o,omitempty"`
	// Found is the newest status told by query.
	Found map[string]string `json:"q,omitempty"`
}

func (p position) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}

// readPosition reads a cursor; one of another account, or of something else, cannot be gone on from.
func readPosition(cursor, account string) (position, error) {
	p := position{Account: account, Notification: oldest}
	if cursor == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(cursor), &p); err != nil || p.Account != account || !isID(p.Notification) || p.Own != "" && !isID(p.Own) {
		return p, &network.Error{
			Kind: network.Gone, Reason: "CursorLost", Message: "what was heard last was another account's, or is not known",
			Err: network.ErrCursorLost,
		}
	}
	for _, id := range p.Found {
		if !isID(id) {
			return p, &network.Error{Kind: network.Gone, Reason: "CursorLost", Message: "what was found last is not known", Err: network.ErrCursorLost}
		}
	}
	return p, nil
}

type notification struct {
	ID        string  `json:"id"`
	Type      string  `json:"type"`
	CreatedAt string  `json:"created_at"`
	Account   person  `json:"account"`
	Status    *status `json:"status"`
}

// Listen implements network.Listener: notifications first, and when there are no more of them what the account itself answered
// elsewhere and what the queries find, so that an answer is told after what it answers.
func (m *Mastodon) Listen(ctx context.Context, q network.ListenQuery) (network.Listening, error) {
	who, err := m.who(ctx)
	if err != nil {
		return network.Listening{}, aside(err)
	}
	at, err := readPosition(q.Cursor, who.id)
	if err != nil {
		return network.Listening{}, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = defaultNotifications
	}
	out := network.Listening{}
	if out.More, err = m.notifications(ctx, who, &at, min(limit, maxNotifications), &out.Items); err != nil {
		return network.Listening{}, err
	}
	if !out.More {
		more, err := m.ownAnswers(ctx, who, &at, &out.Items)
		if err != nil {
			return network.Listening{}, err
		}
		found, err := m.searches(ctx, who, &at, q.Queries, &out.Items)
		if err != nil {
			return network.Listening{}, err
		}
		out.More = more || found
	}
	out.Cursor = at.String()
	return out, nil
}

// notifications tells a page of them. More is true if the page was full.
func (m *Mastodon) notifications(ctx context.Context, who *self, at *position, limit int, items *[]network.Item) (more bool, err error) {
	var list []notification
	query := url.Values{"min_id": {at.Notification}, "limit": {strconv.Itoa(limit)}, "types[]": heard}
	if _, err := m.api.call(ctx, request{path: "/api/v1/notifications", query: query, out: &list}); err != nil {
		return false, aside(err)
	}
	if list == nil {
		return false, notUnderstood(network.NotSent, "the answer is no list of notifications")
	}
	for _, n := range slices.Backward(list) { // pages are newest first
		if !isID(n.ID) || n.Type == "" || !isID(n.Account.ID) {
			return false, notUnderstood(network.NotSent, "the list holds something that is no notification")
		}
		if item, ok := m.notified(who, &n); ok {
			*items = append(*items, item)
		}
		if n.ID == at.Notification {
			return false, notUnderstood(network.NotSent, "the list of notifications does not go on")
		}
		at.Notification = n.ID
	}
	return len(list) >= limit, nil
}

// notified makes an item of a notification; ok is false for what is none, such as one whose status is gone.
func (m *Mastodon) notified(who *self, n *notification) (item network.Item, ok bool) {
	author := m.person(who, &n.Account)
	yes := true
	switch n.Type {
	case "follow":
		author.IsFollower = &yes
		return network.Item{
			ID: "notification/" + n.ID, Kind: network.ItemFollow, Ref: network.Ref{URL: author.URL}, Author: author, CreatedAt: instant(n.CreatedAt),
		}, true
	case "favourite", "reblog":
		if n.Status == nil {
			return item, false
		}
		sign := "⭐"
		if n.Type == "reblog" {
			sign = "🔁"
		}
		return network.Item{
			ID: "notification/" + n.ID, Kind: network.ItemReaction, Ref: network.Ref{URL: n.Status.page()}, Text: sign, Author: author,
			Parent: n.Status.ID, Post: n.Status.ID, ParentOurs: &yes, CreatedAt: instant(n.CreatedAt),
		}, true
	}
	if n.Status == nil || !isID(n.Status.ID) {
		return item, false
	}
	return m.item(who, n.Status, network.ItemMention), true
}

// item is a status that somebody wrote; kind is what it is if it answers nothing of ours and is for all to see.
func (m *Mastodon) item(who *self, s *status, kind network.ItemKind) network.Item {
	text := plainText(s.Content)
	if s.Spoiler != "" {
		text = s.Spoiler + "\n\n" + text
	}
	out := network.Item{
		ID: s.ID, Kind: kind, Ref: network.Ref{ID: s.ID, URL: s.page()}, Text: text, Author: m.person(who, &s.Account),
		Ours: s.Account.ID == who.number, Links: hiddenLinks(s.Content, text), Media: len(s.Media), CreatedAt: instant(s.CreatedAt),
	}
	if s.Language != nil {
		out.Language = *s.Language
	}
	edited := s.EditedAt != nil
	out.Edited = &edited
	if edited {
		out.Revision = *s.EditedAt
	}
	for _, mention := range s.Mentions {
		out.Mentions = append(out.Mentions, m.handle(who, mention.Acct))
	}
	if s.ReplyTo != nil && *s.ReplyTo != "" {
		ours := s.ReplyToWhom != nil && *s.ReplyToWhom == who.number
		out.Parent, out.ParentOurs = *s.ReplyTo, &ours
		if ours {
			out.Post = *s.ReplyTo
			if kind == network.ItemMention {
				out.Kind = network.ItemReply
			}
		}
		if out.Ours {
			out.Kind = network.ItemReply
		}
	}
	if s.Visibility == visibilityDirect {
		out.Kind = network.ItemMessage
	}
	return out
}

// ownAnswers tells what the account answered to others, here or in another application. The first look begins with what comes next.
func (m *Mastodon) ownAnswers(ctx context.Context, who *self, at *position, items *[]network.Item) (more bool, err error) {
	query := url.Values{"limit": {strconv.Itoa(pageSize)}}
	if at.Own == "" {
		query.Set("limit", "1")
	} else {
		query.Set("min_id", at.Own)
	}
	list, err := m.list(ctx, who, query)
	if err != nil {
		return false, aside(err)
	}
	first := at.Own == ""
	if first {
		at.Own = oldest
	}
	for _, s := range slices.Backward(list) {
		at.Own = s.ID
		if !first && s.ReplyTo != nil && (s.ReplyToWhom == nil || *s.ReplyToWhom != who.number) {
			*items = append(*items, m.item(who, &s, network.ItemReply))
		}
	}
	return !first && len(list) >= pageSize, nil
}

// searches tells what queries find: hashtags by their timelines, all else by the server's search. A server that cannot search finds
// nothing, and a query that is new begins with its newest page.
func (m *Mastodon) searches(ctx context.Context, who *self, at *position, queries []string, items *[]network.Item) (more bool, err error) {
	if len(queries) > maxQueries {
		m.log.Warn("Only the first queries are searched for", "server", m.api.server, "queries", len(queries), "searched", maxQueries)
		queries = queries[:maxQueries]
	}
	found := map[string]string{}
	for _, query := range queries {
		last := at.Found[query]
		list, err := m.search(ctx, query, last)
		if said(err, http.StatusNotFound, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusBadRequest) {
			m.log.Info("The server does not search for this", "server", m.api.server, "query", query, "error", err)
			if last != "" {
				found[query] = last
			}
			continue
		}
		if err != nil {
			return false, aside(err)
		}
		slices.SortFunc(list, func(a, b status) int { return compareIDs(a.ID, b.ID) })
		for i := range list {
			if s := &list[i]; last == "" || compareIDs(s.ID, last) > 0 {
				last = s.ID
				if s.Account.ID != who.number {
					*items = append(*items, m.item(who, s, network.ItemSearchHit))
				}
			}
		}
		if last != "" {
			found[query] = last
		}
		more = more || at.Found[query] != "" && len(list) >= pageSize
	}
	at.Found = found
	return more, nil
}

func (m *Mastodon) search(ctx context.Context, query, last string) ([]status, error) {
	values := url.Values{"limit": {strconv.Itoa(pageSize)}}
	if last != "" {
		values.Set("min_id", last)
	}
	r := request{query: values}
	tag, isTag := strings.CutPrefix(strings.TrimSpace(query), "#")
	if isTag && tag != "" && !strings.ContainsAny(tag, " #") {
		var list []status
		r.path, r.out = "/api/v1/timelines/tag/"+url.PathEscape(tag), &list
		if _, err := m.api.call(ctx, r); err != nil {
			return nil, err
		}
		return checked(list)
	}
	var answer struct {
		Statuses []status `json:"statuses"`
	}
	values.Set("q", query)
	values.Set("type", "statuses")
	r.path, r.out = "/api/v2/search", &answer
	if _, err := m.api.call(ctx, r); err != nil {
		return nil, err
	}
	return checked(answer.Statuses)
}

// checked refuses a list that is none of statuses: it is not "nothing found".
func checked(list []status) ([]status, error) {
	if list == nil || slices.ContainsFunc(list, func(s status) bool { return !isID(s.ID) || !isID(s.Account.ID) }) {
		return nil, notUnderstood(network.NotSent, "the answer is no list of statuses")
	}
	return list, nil
}

// compareIDs as servers sort them: numbers by their value, ULIDs as they stand.
func compareIDs(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
