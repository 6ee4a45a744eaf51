package local

import (
	"database/sql"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// logged is a call on its way through the log.
type logged struct {
	*call
	intake
	seq     int64
	strikes []string
	lost    bool
	// instead is what the client is told although the call was done.
	instead *refusal
}

func (l *logged) fault(name string) { l.strikes = append(l.strikes, name) }

// maxLoggedPath bounds a path in the log, in bytes.
const maxLoggedPath = 1024

// received writes the call's row before anything is done.
func (l *logged) received(t *tx) error {
	path := l.r.URL.Path
	if len(path) > maxLoggedPath {
		path = strings.ToValidUTF8(path[:maxLoggedPath], "")
	}
	t.lastSeq++
	l.seq = t.lastSeq
	return t.exec(`INSERT INTO calls (seq, received_at, method, path, account, key, marker, outcome, code, fault, status, lost)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '', 0, 0)`,
		l.seq, l.now.UnixNano(), l.r.Method, path, l.account, l.key, l.marker, wire.OutcomeReceived)
}

// finished writes how the call ended, in the transaction that made its change.
func (l *logged) finished(t *tx, res result) error {
	status, code := res.status, ""
	if res.refusal != nil {
		code = res.refusal.code
	}
	if l.instead != nil {
		status, code = l.instead.status, l.instead.code
	}
	if l.lost {
		status = 0
	}
	var post any
	if res.post != 0 {
		post = res.post
	}
	return t.exec(`UPDATE calls SET finished_at = ?, outcome = ?, code = ?, fault = ?, post = ?, status = ?, lost = ? WHERE seq = ?`,
		l.now.UnixNano(), res.outcome, code, strings.Join(l.strikes, ","), post, status, l.lost, l.seq)
}

// notHeard corrects a row whose answer had nobody to go to.
func (l *logged) notHeard(t *tx) error {
	return t.exec(`UPDATE calls SET status = 0, lost = 1 WHERE seq = ?`, l.seq)
}

func (s *Server) getLog(c *call) (any, error) {
	after, err := idParam(c.r, "after")
	if err != nil {
		return nil, err
	}
	limit, err := limitParam(c.r)
	if err != nil {
		return nil, err
	}
	account := c.r.URL.Query().Get("account")
	calls, err := collect(s.store, scanCall, `SELECT seq, received_at, finished_at, method, path, account, key, marker, outcome,
		code, fault, post, status, lost FROM calls WHERE seq > ? AND (? = '' OR account = ?) ORDER BY seq LIMIT ?`,
		after, account, account, limit)
	if err != nil {
		return nil, err
	}
	log := wire.Log{Calls: orEmpty(calls)}
	if len(calls) == limit {
		log.Next = strconv.FormatInt(calls[len(calls)-1].Seq, 10)
	}
	return log, nil
}

func scanCall(rows *sql.Rows) (wire.Call, error) {
	var c wire.Call
	var received int64
	var finished, post sql.NullInt64
	err := rows.Scan(&c.Seq, &received, &finished, &c.Method, &c.Path, &c.Account, &c.Key, &c.Marker, &c.Outcome,
		&c.Code, &c.Fault, &post, &c.Status, &c.AnswerLost)
	c.ReceivedAt = instant(received)
	c.FinishedAt = instantOrNil(finished)
	if post.Valid {
		c.PostID = formatID(post.Int64)
	}
	return c, err
}

func instant(ns int64) time.Time { return time.Unix(0, ns).UTC() }

func instantOrNil(ns sql.NullInt64) *time.Time {
	if !ns.Valid {
		return nil
	}
	t := instant(ns.Int64)
	return &t
}

func formatID(id int64) string { return strconv.FormatInt(id, 10) }

// parseID reads an id; ids are decimal numbers above zero.
func parseID(s string) (int64, bool) {
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil && id > 0 && formatID(id) == s
}

// idParam reads an id in the query; 0 when there is none.
func idParam(r *http.Request, name string) (int64, error) {
	v := r.URL.Query().Get(name)
	if v == "" || v == "0" {
		return 0, nil
	}
	id, ok := parseID(v)
	if !ok {
		return 0, fail(http.StatusBadRequest, wire.CodeBadRequest, "%s=%q is not an id", name, v)
	}
	return id, nil
}

func limitParam(r *http.Request) (int, error) {
	v := r.URL.Query().Get("limit")
	if v == "" {
		return wire.DefaultPage, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > wire.MaxPage {
		return 0, fail(http.StatusBadRequest, wire.CodeBadRequest, "limit=%q must be 1 to %d", v, wire.MaxPage)
	}
	return n, nil
}

// orEmpty makes an empty list of none, so that JSON says [] and not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
