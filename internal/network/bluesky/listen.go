package bluesky

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"github.com/tribune-dev/tribune/internal/network"
)

var _ network.Listener = (*Bluesky)(nil)

const (
	// maxPage is the most that the AppView gives at once.
	maxPage = 100
	// maxWalk bounds how many pages are gone back through: what is older at a first look is not looked at.
	maxWalk = 1000
	// pagesACall bounds the pages that one call of Listen reads on its way back.
	pagesACall = 20
	// maxKnown notifications are remembered, so that one that is sorted in late is still seen among the newest.
	maxKnown = 200
	// earliestKey comes before all record keys.
	earliestKey = "2222222222222"
)

// position is what a cursor says. Notifications are listed newest first and can be paged back only, so listening walks back to
// what is known, remembers the pages on its way, and tells them from the oldest on.
type position struct {
	Account string `json:"a"`
	// Known are short hashes of what was told last, Newest its time.
	Known  []string  `json:"k,omitempty"`
	Newest time.Time `json:"t,omitzero"`
	// Begun is true after the first look.
	Begun bool  `json:"b,omitempty"`
	Walk  *walk `json:"w,omitempty"`
	// Own is the key of the account's newest post.
	Own   string             `json:"o,omitempty"`
	Found map[string]foundBy `json:"q,omitempty"`
	// Gates of our threads as they were at the last look; nil before the first.
	Gates *gates `json:"g,omitempty"`
}

// walk is a way back that is under way, or on its way forth again.
type walk struct {
	// Pages are the AppView's cursors of the pages from the second on, the oldest last.
	Pages []string `json:"p"`
	// Forth is true once the way back has ended.
	Forth bool `json:"f,omitempty"`
}

func (p position) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and times always marshal
	}
	return string(b)
}

func readPosition(cursor, did string) (position, error) {
	p := position{Account: did}
	if cursor == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(cursor), &p); err != nil || p.Account != did || p.Walk != nil && len(p.Walk.Pages) == 0 {
		return p, lost("what was heard last was another account's, or is not known")
	}
	return p, nil
}

func lost(message string) *network.Error {
	return &network.Error{Kind: network.Gone, Reason: "CursorLost", Message: message, Err: network.ErrCursorLost}
}

// short names a record in a cursor.
func short(uri string) string {
	sum := sha256.Sum256([]byte(uri))
	return hex.EncodeToString(sum[:5])
}

// Listen implements network.Listener: notifications, then what the account answered elsewhere, what the queries find, and what people hid in
// the app.
func (b *Bluesky) Listen(ctx context.Context, q network.ListenQuery) (network.Listening, error) {
	s, err := b.sessions.get(ctx)
	if err != nil {
		return network.Listening{}, onRead(err)
	}
	at, err := readPosition(q.Cursor, s.DID)
	if err != nil {
		return network.Listening{}, err
	}
	limit := maxPage
	if q.Limit > 0 {
		limit = min(q.Limit, maxPage)
	}
	out := network.Listening{}
	gates, err := b.gatesNow(ctx, s)
	if err != nil {
		return network.Listening{}, err
	}
	told, more, err := b.notifications(ctx, &at, limit)
	if err != nil {
		return network.Listening{}, err
	}
	out.More = more
	out.Items = b.items(ctx, s, told)
	if !out.More {
		more, err := b.ownAnswers(ctx, s, &at, &out.Items)
		if err != nil {
			return network.Listening{}, err
		}
		if err := b.searches(ctx, s, &at, q.Queries, &out.Items); err != nil {
			return network.Listening{}, err
		}
		if err := b.moderated(ctx, s, &at, gates, &out.Items); err != nil {
			return network.Listening{}, err
		}
		out.More = more
	}
	if err := b.markHidden(ctx, s, &gates, out.Items); err != nil {
		return network.Listening{}, err
	}
	out.Cursor = at.String()
	return out, nil
}

// notifications gives those to tell next, the oldest first, and moves on.
func (b *Bluesky) notifications(ctx context.Context, at *position, limit int) (told []notification, more bool, err error) {
	if at.Walk != nil && at.Walk.Forth {
		return b.forth(ctx, at, limit)
	}
	return b.back(ctx, at, limit)
}

// back goes back page by page to what is known.
func (b *Bluesky) back(ctx context.Context, at *position, limit int) (told []notification, more bool, err error) {
	cursor := ""
	if at.Walk != nil {
		cursor = at.Walk.Pages[len(at.Walk.Pages)-1]
	}
	var newest []notification // the first page, if it was read in this call
	for range pagesACall {
		page, next, err := b.page(ctx, cursor, limit)
		if err != nil {
			return nil, false, err
		}
		if cursor == "" {
			newest = page
		}
		switch end := next == "" || len(page) == 0 || at.reached(page); {
		case end && at.Walk != nil && len(at.Walk.Pages) == 1:
			// Two pages, read one after the other: what came meanwhile is newer than both.
			at.Walk, page = nil, append(newest, page...)
			fallthrough
		case end:
			told = at.unknown(page)
			return told, at.arrive(page), nil
		case next == cursor:
			return nil, false, notUnderstood(network.NotSent, "the list of notifications does not go on")
		case at.Walk == nil:
			at.Walk = &walk{}
		case len(at.Walk.Pages) >= maxWalk && at.Begun:
			return nil, false, lost("more has happened since than can be looked through")
		case len(at.Walk.Pages) >= maxWalk:
			return page, at.arrive(page), nil
		}
		at.Walk.Pages = append(at.Walk.Pages, next)
		cursor = next
	}
	return nil, true, nil
}

// arrive ends the way back at a page that is told. more is true if there are newer pages.
func (p *position) arrive(page []notification) (more bool) {
	p.Begun = true
	p.know(page)
	if p.Walk == nil {
		return false
	}
	p.Walk.Forth = true
	p.step()
	return true
}

// step leaves a page that was told. After the last one a new walk begins: it looks at the first page of all anew, which has no cursor
// that would have kept it where it was.
func (p *position) step() {
	if p.Walk.Pages = p.Walk.Pages[:len(p.Walk.Pages)-1]; len(p.Walk.Pages) == 0 {
		p.Walk = nil
	}
}

// forth tells the next newer page that was passed on the way back.
func (b *Bluesky) forth(ctx context.Context, at *position, limit int) (told []notification, more bool, err error) {
	page, _, err := b.page(ctx, at.Walk.Pages[len(at.Walk.Pages)-1], limit)
	if err != nil {
		return nil, false, err
	}
	at.know(page)
	at.step()
	return page, true, nil
}

// reached is true for a page with something that was told before, or with something older than that.
func (p *position) reached(page []notification) bool {
	if !p.Begun || len(p.Known) == 0 {
		return false
	}
	for _, n := range page {
		if slices.Contains(p.Known, short(n.URI)) || n.IndexedAt.Before(p.Newest) {
			return true
		}
	}
	return false
}

// unknown is what of a page was not told yet, the oldest first.
func (p *position) unknown(page []notification) []notification {
	var out []notification
	for _, n := range page {
		tooOld := p.Begun && n.IndexedAt.Before(p.Newest.Add(-lateness))
		if !tooOld && !slices.Contains(p.Known, short(n.URI)) {
			out = append(out, n)
		}
	}
	return out
}

// lateness is how late a notification may be sorted in and still be taken for new: it stands below others that were told.
const lateness = 24 * time.Hour

// know remembers a page that is told.
func (p *position) know(page []notification) {
	p.Known = append(hashes(page), p.Known...)
	seen := map[string]bool{}
	p.Known = slices.DeleteFunc(p.Known, func(h string) bool { again := seen[h]; seen[h] = true; return again })
	p.Known = p.Known[:min(len(p.Known), maxKnown)]
	if len(page) > 0 && page[0].IndexedAt.After(p.Newest) {
		p.Newest = page[0].IndexedAt
	}
}

func hashes(page []notification) []string {
	out := make([]string, len(page))
	for i, n := range page {
		out[i] = short(n.URI)
	}
	return out
}

// reasons of notifications that are items.
var reasons = []string{"reply", "mention", "quote", "follow", "like", "repost"}

// page reads a page of notifications, newest first.
func (b *Bluesky) page(ctx context.Context, cursor string, limit int) (page []notification, next string, err error) {
	query := url.Values{"limit": {strconv.Itoa(limit)}, "reasons": reasons}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	var got struct {
		Cursor        string         `json:"cursor"`
		Notifications []notification `json:"notifications"`
	}
	if _, err := b.authorized(ctx, request{method: "app.bsky.notification.listNotifications", query: query, out: &got}); err != nil {
		return nil, "", onRead(err)
	}
	if got.Notifications == nil {
		return nil, "", notUnderstood(network.NotSent, "the answer is no list of notifications")
	}
	for _, n := range got.Notifications {
		if _, err := syntax.ParseATURI(n.URI); err != nil || n.Author.DID == "" {
			return nil, "", notUnderstood(network.NotSent, "the list holds something that is no notification")
		}
	}
	return got.Notifications, got.Cursor, nil
}

// ownAnswers tells what the account answered to others with any application. The first look begins with what comes next.
func (b *Bluesky) ownAnswers(ctx context.Context, s *session, at *position, items *[]network.Item) (more bool, err error) {
	query := url.Values{"repo": {s.DID}, "collection": {postCollection}}
	first := at.Own == ""
	if first {
		query.Set("limit", "1")
	} else {
		query.Set("limit", strconv.Itoa(maxPage))
		query.Set("reverse", "true")
		query.Set("cursor", at.Own)
	}
	var got struct {
		Records []struct {
			URI   string     `json:"uri"`
			CID   string     `json:"cid"`
			Value postRecord `json:"value"`
		} `json:"records"`
	}
	if _, err := b.authorized(ctx, request{method: "com.atproto.repo.listRecords", query: query, out: &got}); err != nil {
		return false, onRead(err)
	}
	if got.Records == nil {
		return false, notUnderstood(network.NotSent, "the answer is no list of records")
	}
	if first {
		at.Own = earliestKey
	}
	me := profile{DID: s.DID, Handle: s.Handle}
	for _, r := range got.Records {
		uri, err := syntax.ParseATURI(r.URI)
		if err != nil || uri.Authority().String() != s.DID || uri.RecordKey() == "" {
			return false, notUnderstood(network.NotSent, "the list holds records of another account, or something that is no record")
		}
		at.Own = uri.RecordKey().String()
		if !first && r.Value.Reply != nil && !of(r.Value.Reply.Parent.URI, s.DID) {
			item := textItem(s, r.URI, r.CID, me, &r.Value)
			item.Kind, item.Ours, item.CreatedAt = network.ItemReply, true, publishedAt(r.Value.CreatedAt)
			*items = append(*items, item)
		}
	}
	return !first && len(got.Records) >= maxPage, nil
}
