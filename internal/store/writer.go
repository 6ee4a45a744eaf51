package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

const (
	// maxBatch bounds the writes of one transaction, so that none waits long for its fsync.
	maxBatch = 512
	// maxQueue bounds the writes that wait; more wait in their callers.
	maxQueue = 1024
)

// writer joins the writes that wait into one transaction: one fsync for all of them. While it waits for the disk the
// next ones gather, so a batch is as large as the disk is slow, and a lone write waits for nobody.
type writer struct {
	conn  *sql.Conn
	queue chan *write
	done  chan struct{}

	mu     sync.RWMutex // held for reading while a write is put into the queue
	closed bool
}

// write is one caller's part of a transaction. It may be run twice: its batch, and alone if the batch failed.
type write struct {
	ctx context.Context
	run func(context.Context, *transaction) error
	// refusal is set by run: an answer to its caller alone, for which nothing was written.
	refusal error
	err     chan error
}

// refused tells the errors that say no to one caller and leave the transaction clean.
func refused(err error) bool { return errors.Is(err, ErrSuperseded) || errors.Is(err, ErrOtherRecord) }

// transaction is a running transaction of the writer, with its prepared statements.
type transaction struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
}

func startWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	t := &transaction{conn: conn, prepared: map[string]*sql.Stmt{}}
	for _, query := range []string{queryOne, queryBegin, queryAdopt, queryFinish, querySaveCrisis, queryCloseCrisis, querySaveFeed, querySaveFeedItem} {
		if t.prepared[query], err = conn.PrepareContext(ctx, query); err != nil { //nolint:sqlclosecheck // closed with the connection
			return nil, errors.Join(err, conn.Close())
		}
	}
	w := &writer{conn: conn, queue: make(chan *write, maxQueue), done: make(chan struct{})}
	go w.loop(t)
	return w, nil
}

// do runs f in a transaction and returns when that is on the disk. If ctx ends before its turn, nothing is recorded.
func (w *writer) do(ctx context.Context, f func(context.Context, *transaction) error) error {
	job := &write{ctx: ctx, run: f, err: make(chan error, 1)}
	w.mu.RLock()
	if w.closed {
		w.mu.RUnlock()
		return ErrClosed
	}
	select {
	case w.queue <- job:
		w.mu.RUnlock()
	case <-ctx.Done():
		w.mu.RUnlock()
		return ctx.Err()
	}
	// The write is not given up once it is on its way: f sets results of its caller.
	return <-job.err
}

func (w *writer) close() {
	w.mu.Lock()
	already := w.closed
	w.closed = true
	w.mu.Unlock()
	if !already {
		close(w.queue)
	}
	<-w.done
}

func (w *writer) loop(t *transaction) {
	defer close(w.done)
	defer func() { _ = w.conn.Close() }()
	batch := make([]*write, 0, maxBatch)
	for first := range w.queue {
		batch = append(batch[:0], first)
	gather:
		for len(batch) < maxBatch {
			select {
			case job, open := <-w.queue:
				if !open {
					break gather
				}
				batch = append(batch, job)
			default:
				break gather
			}
		}
		w.commit(t, batch)
	}
}

// commit runs a batch and tells each caller. A write that fails takes nobody along: then each is run alone.
func (w *writer) commit(t *transaction, batch []*write) {
	live := batch[:0]
	for _, job := range batch {
		if err := job.ctx.Err(); err != nil {
			job.err <- err // nothing was recorded
			continue
		}
		live = append(live, job)
	}
	if len(live) == 0 {
		return
	}
	err := t.run(live)
	if err == nil || len(live) == 1 {
		for _, job := range live {
			job.answer(err)
		}
		return
	}
	for i := range live {
		live[i].answer(t.run(live[i : i+1]))
	}
}

func (j *write) answer(err error) {
	if err == nil {
		err = j.refusal
	}
	j.err <- err
}

// run makes one transaction of jobs. It is not cancelled by any of their contexts: interrupting a statement would cost
// the connection, and the others their answer.
func (t *transaction) run(jobs []*write) (err error) {
	ctx := context.Background()
	if _, err := t.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() {
		if err != nil {
			if _, rollback := t.conn.ExecContext(ctx, "ROLLBACK"); rollback != nil {
				err = errors.Join(err, fmt.Errorf("roll back: %w", rollback))
			}
		}
	}()
	for _, job := range jobs {
		job.refusal = nil
		err := job.run(ctx, t)
		if refused(err) {
			job.refusal = err
		} else if err != nil {
			return err
		}
	}
	if _, err := t.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (t *transaction) row(ctx context.Context, query string, args ...any) *sql.Row {
	return t.prepared[query].QueryRowContext(ctx, args...)
}

func (t *transaction) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.prepared[query].ExecContext(ctx, args...)
	return err
}
