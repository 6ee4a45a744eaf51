package local

import (
	"database/sql"
	"errors"
	"net/http"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// What an account does to the whole thread under a post of its own: nobody can speak there, or each once in a while only. The account itself
// can, and reactions are no words.

// threadsTable is made where it is missing; a thread that is not in it is open.
const threadsTable = `CREATE TABLE IF NOT EXISTS threads (
  root    INTEGER PRIMARY KEY,             -- the first post of the thread
  account TEXT    NOT NULL,
  locked  INTEGER NOT NULL,
  slow    INTEGER NOT NULL                 -- nanoseconds between two things that one person says there; 0: they need not wait
)`

// maxSlow is the longest that people can be let wait.
const maxSlow = 24 * time.Hour

// threadState is how a thread stands.
type threadState struct {
	locked bool
	slow   time.Duration
}

func (s threadState) wire(root string) wire.Thread {
	out := wire.Thread{ID: root, Locked: s.locked}
	if s.slow > 0 {
		out.Slow = s.slow.String()
	}
	return out
}

func loadThread(q querier, root int64) (s threadState, err error) {
	err = q.row("SELECT locked, slow FROM threads WHERE root = ?", root).Scan(&s.locked, &s.slow)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return s, err
}

// threadStates are how those of some threads stand that are not open, by the ids of their first posts.
func (s *Server) threadStates(roots []string) (map[string]threadState, error) {
	type of struct {
		root int64
		threadState
	}
	found, err := collect(s.store, func(rows *sql.Rows) (o of, err error) {
		err = rows.Scan(&o.root, &o.locked, &o.slow)
		return o, err
	}, "SELECT root, locked, slow FROM threads WHERE root IN (SELECT value FROM json_each(?))", idList(roots))
	states := make(map[string]threadState, len(found))
	for _, o := range found {
		states[formatID(o.root)] = o.threadState
	}
	return states, err
}

func (s *Server) getThread(c *call) (any, error) {
	id, _ := parseID(c.r.PathValue("id"))
	p, err := loadPost(s.store, c, id)
	if err != nil {
		return nil, err
	}
	root, _ := parseID(p.Thread)
	state, err := loadThread(s.store, root)
	return state.wire(p.Thread), err
}

// onThread changes how the thread of the call's post stands. It may be repeated.
func onThread(c *call, becomes func(threadState) threadState) intake {
	return intake{act: func(t *tx) (result, error) {
		p, no, err := t.own(c)
		if no != nil || err != nil {
			return no.resultOr(err)
		}
		root, _ := parseID(p.Thread)
		before, err := loadThread(t, root)
		if err != nil {
			return result{}, err
		}
		after := becomes(before)
		told, outcome := after.wire(p.Thread), wire.OutcomeEdited
		if after == before {
			told.Existing, outcome = true, wire.OutcomeExisting
		} else {
			err = t.exec(`INSERT INTO threads (root, account, locked, slow) VALUES (?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET locked = excluded.locked, slow = excluded.slow`, root, c.account, after.locked, int64(after.slow))
		}
		return result{status: http.StatusOK, body: told, outcome: outcome, post: root}, err
	}}
}

func (s *Server) lockThread(c *call, _ []byte) (intake, *refusal) {
	return onThread(c, func(s threadState) threadState { s.locked = true; return s }), nil
}

func (s *Server) unlockThread(c *call, _ []byte) (intake, *refusal) {
	return onThread(c, func(s threadState) threadState { s.locked = false; return s }), nil
}

// slowThread leaves a thread as slow as it is already.
func (s *Server) slowThread(c *call, body []byte) (intake, *refusal) {
	var slow wire.SlowThread
	if no := decode(c.r, body, &slow); no != nil {
		return intake{}, no
	}
	interval, err := time.ParseDuration(slow.Interval)
	if err != nil || interval < time.Second || interval > maxSlow {
		return intake{}, invalid("interval=%q must be a duration from 1s to %s", slow.Interval, maxSlow)
	}
	return onThread(c, func(s threadState) threadState {
		if s.slow == 0 {
			s.slow = interval
		}
		return s
	}), nil
}

func (s *Server) endSlowThread(c *call, _ []byte) (intake, *refusal) {
	return onThread(c, func(s threadState) threadState { s.slow = 0; return s }), nil
}

// mayJoin refuses words in a thread that is locked, or that come too soon after the last ones of the same person there.
func (t *tx) mayJoin(c *call, n wire.NewItem, root int64) (*refusal, error) {
	if root == 0 || !itemKinds[n.Kind].text {
		return nil, nil
	}
	state, err := loadThread(t, root)
	if err != nil {
		return nil, err
	}
	if state.locked {
		return refused(http.StatusForbidden, wire.CodeThreadLocked, "the account %s has locked this thread", c.account), nil
	}
	if state.slow == 0 {
		return nil, nil
	}
	var last sql.NullInt64
	err = t.row(`SELECT MAX(i.created_at) FROM items i JOIN posts p ON p.id = i.post WHERE i.account = ? AND i.handle = ? AND p.root = ?
		AND i.kind IN ('Comment', 'Reply')`, c.account, n.Author.Handle, root).Scan(&last)
	if err != nil || !last.Valid {
		return nil, err
	}
	if next := instant(last.Int64).Add(state.slow); next.After(c.now) {
		return refused(http.StatusForbidden, wire.CodeSlowMode, "the thread is slowed down: @%s can speak here again at %s",
			n.Author.Handle, next.UTC().Format(time.RFC3339)), nil
	}
	return nil, nil
}
