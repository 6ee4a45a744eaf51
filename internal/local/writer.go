package local

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// errClosed is the answer to what comes after Close.
var errClosed = errors.New("the network has been closed")

// job is one unit of change. do may run more than once, and only what its last run set counts.
type job struct {
	do   func(*tx) error
	err  error
	done chan struct{}
}

// maxBatch bounds the jobs of one transaction.
const maxBatch = 512

// submit has do run in the writer's transaction and returns after the commit. The client leaving does not stop it.
func (s *store) submit(do func(*tx) error) error {
	j := &job{do: do, done: make(chan struct{})}
	select {
	case s.queue <- j:
	case <-s.closed:
		return errClosed
	}
	select {
	case <-j.done:
		return j.err
	case <-s.done:
		// The writer may have finished the job as its last.
		select {
		case <-j.done:
			return j.err
		default:
			return errClosed
		}
	}
}

// write runs jobs until the store is closed: all that wait at one moment share one commit.
func (s *store) write(t *tx) {
	defer close(s.done)
	batch := make([]*job, 0, maxBatch)
	for {
		select {
		case j := <-s.queue:
			batch = append(batch[:0], j)
		case <-s.closed:
			// What was queued before Close is still done.
			select {
			case j := <-s.queue:
				batch = append(batch[:0], j)
			default:
				return
			}
		}
	fill:
		for len(batch) < maxBatch {
			select {
			case j := <-s.queue:
				batch = append(batch, j)
			default:
				break fill
			}
		}
		t.commit(batch)
		s.bell.ring()
	}
}

// tx is the writer's connection. Only the writer's goroutine may use it, and only inside a job.
type tx struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	lastID   int64
	lastSeq  int64
}

// commit runs the jobs in one transaction. If one of them fails, all are undone and run again, each by itself, so that
// no job suffers from another.
func (t *tx) commit(batch []*job) {
	err := t.try(batch)
	for _, j := range batch {
		if err != nil && len(batch) > 1 {
			j.err = t.try([]*job{j})
		} else {
			j.err = err
		}
		close(j.done)
	}
}

func (t *tx) try(batch []*job) (err error) {
	if err := t.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// Some errors have ended the transaction already; then there is nothing to roll back.
			_, _ = t.conn.ExecContext(context.Background(), "ROLLBACK")
		}
	}()
	for _, j := range batch {
		if err := j.do(t); err != nil {
			return err
		}
	}
	return t.exec("COMMIT")
}

// nextID is the next id of a post, an item or a picture, or the number of a change.
func (t *tx) nextID() int64 {
	t.lastID++
	return t.lastID
}

func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if s := t.prepared[query]; s != nil {
		return s, nil
	}
	s, err := t.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	t.prepared[query] = s
	return s, nil
}

// exec runs a statement. Queries are constants, so that the prepared ones stay few.
func (t *tx) exec(query string, args ...any) error {
	s, err := t.stmt(query) //nolint:sqlclosecheck // kept for the next use, closed with the connection
	if err != nil {
		return err
	}
	_, err = s.ExecContext(context.Background(), args...)
	return err
}

func (t *tx) rows(query string, args ...any) (*sql.Rows, error) {
	s, err := t.stmt(query) //nolint:sqlclosecheck // kept for the next use, closed with the connection
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.Background(), args...)
}

func (t *tx) row(query string, args ...any) *sql.Row {
	s, err := t.stmt(query) //nolint:sqlclosecheck // kept for the next use, closed with the connection
	if err != nil {
		return t.conn.QueryRowContext(context.Background(), query, args...)
	}
	return s.QueryRowContext(context.Background(), args...)
}
