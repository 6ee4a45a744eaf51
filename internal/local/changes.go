package local

import (
	"database/sql"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// bell wakes those who wait for something to be stored. The zero value is ready.
type bell struct {
	mu sync.Mutex
	ch chan struct{}
}

// next is closed when something has been stored after this call.
func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// change is where something stands in the feed.
type change struct {
	number, id int64
	ours       bool
}

func scanChange(rows *sql.Rows) (change, error) {
	var c change
	err := rows.Scan(&c.number, &c.id, &c.ours)
	return c, err
}

// getChanges is the feed by which an account listens: what changes again moves to its end, so that who reads on from a cursor
// hears of everything, and of one thing once for each time that it changed since.
func (s *Server) getChanges(c *call) (any, error) {
	limit, err := limitParam(c.r)
	if err != nil {
		return nil, err
	}
	wait, err := waitParam(c.r)
	if err != nil {
		return nil, err
	}
	after, err := s.readCursor(c.r.URL.Query().Get("after"))
	if err != nil {
		return nil, err
	}
	if c.r.URL.Query().Get("from") == "now" {
		if after, err = s.lastChange(); err != nil {
			return nil, err
		}
		return s.changes(c, nil, limit, after)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		stored := s.store.bell.next()
		found, err := collect(s.store, scanChange, `SELECT changed, id, 0 FROM items WHERE account = ?1 AND changed > ?2
			UNION ALL SELECT changed, id, 1 FROM posts WHERE account = ?1 AND changed > ?2 AND changed IS NOT NULL
			ORDER BY 1 LIMIT ?3`, c.account, after, limit+1)
		if err != nil || len(found) > 0 || wait == 0 {
			if err != nil {
				return nil, err
			}
			return s.changes(c, found, limit, after)
		}
		select {
		case <-stored:
		case <-timer.C:
			wait = 0
		case <-c.r.Context().Done():
			wait = 0
		case <-s.closing:
			wait = 0
		}
	}
}

func (s *Server) changes(c *call, found []change, limit int, after int64) (any, error) {
	out := wire.Changes{Changes: []wire.Change{}}
	if len(found) > limit {
		found, out.More = found[:limit], true
	}
	var itemIDs, postIDs []string
	for _, f := range found {
		if f.ours {
			postIDs = append(postIDs, formatID(f.id))
		} else {
			itemIDs = append(itemIDs, formatID(f.id))
		}
		after = f.number
	}
	// What changes between the two queries is told again later: its number is higher than the cursor.
	items, err := collect(s.store, scanItem, "SELECT "+itemColumns+itemTables+" WHERE i.id IN (SELECT value FROM json_each(?))", idList(itemIDs))
	if err != nil {
		return nil, err
	}
	posts, err := collect(s.store, scanPost, "SELECT "+postColumns+" FROM posts p WHERE p.id IN (SELECT value FROM json_each(?))", idList(postIDs))
	if err != nil {
		return nil, err
	}
	byID := make(map[string]wire.Change, len(found))
	for i := range items {
		items[i].describe(c.base)
		byID[items[i].ID] = wire.Change{Item: &items[i].Item}
	}
	for i := range posts {
		posts[i].describe(c.base)
		byID[posts[i].ID] = wire.Change{Post: &posts[i].Post}
	}
	for _, f := range found {
		out.Changes = append(out.Changes, byID[formatID(f.id)])
	}
	out.Cursor = s.store.origin + "-" + formatID(after)
	return out, nil
}

// readCursor refuses what this database cannot go on from: a cursor of another one, or of a later state of this one.
func (s *Server) readCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	origin, number, _ := strings.Cut(cursor, "-")
	n, err := strconv.ParseInt(number, 10, 64)
	known := err == nil && n >= 0 && origin == s.store.origin
	if known {
		last, err := s.lastChange()
		if err != nil {
			return 0, err
		}
		known = n <= last
	}
	if !known {
		return 0, fail(http.StatusGone, wire.CodeCursorLost, "the cursor is not of this database: begin anew without one")
	}
	return n, nil
}

// lastChange is the highest number of a change in any account.
func (s *Server) lastChange() (last int64, err error) {
	err = s.store.row(`SELECT MAX(COALESCE((SELECT MAX(id) FROM items), 0), COALESCE((SELECT MAX(n) FROM
		(SELECT (SELECT MAX(changed) FROM items i WHERE i.account = a.name) AS n FROM accounts a
		UNION ALL SELECT (SELECT MAX(changed) FROM posts p WHERE p.account = a.name) FROM accounts a)), 0))`).Scan(&last)
	return last, err
}

func waitParam(r *http.Request) (time.Duration, error) {
	v := r.URL.Query().Get("wait")
	if v == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 || d > wire.MaxWait {
		return 0, fail(http.StatusBadRequest, wire.CodeBadRequest, "wait=%q must be a duration up to %s", v, wire.MaxWait)
	}
	return d, nil
}

func scanReport(rows *sql.Rows) (wire.Report, error) {
	var r wire.Report
	var item, created int64
	err := rows.Scan(&item, &r.Handle, &r.Reason, &created)
	r.Item, r.CreatedAt = formatID(item), instant(created)
	return r, err
}

// listReports is what the network's moderators would read.
func (s *Server) listReports(c *call) (any, error) {
	after, err := idParam(c.r, "after")
	if err != nil {
		return nil, err
	}
	item, err := idParam(c.r, "item")
	if err != nil {
		return nil, err
	}
	limit, err := limitParam(c.r)
	if err != nil {
		return nil, err
	}
	until := int64(math.MaxInt64)
	if item != 0 {
		after, until = item-1, item
	}
	reports, err := collect(s.store, scanReport, `SELECT item, handle, reason, created_at FROM reports
		WHERE account = ? AND item > ? AND item <= ? ORDER BY item, handle LIMIT ?`, c.account, after, until, limit)
	if err != nil {
		return nil, err
	}
	out := wire.Reports{Reports: orEmpty(reports)}
	if len(reports) == limit {
		out.Next = reports[len(reports)-1].Item
	}
	return out, nil
}
