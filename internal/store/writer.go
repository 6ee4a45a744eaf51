package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
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
	engine *engine
	db     *sql.DB
	// begin begins a transaction of its lane.
	begin string
	// current is nil after its connection was lost; the next batch makes another.
	current *transaction
	queue   chan *write
	done    chan struct{}

	mu     sync.RWMutex // held for reading while a write is put into the queue
	closed bool
}

// write is one caller's part of a transaction. It may be run several times: in its batch, on another connection, and alone
// if the batch failed.
type write struct {
	ctx context.Context
	run func(context.Context, *transaction) error
	// refusal is set by run: an answer to its caller alone, for which nothing was written.
	refusal error
	err     chan error
}

// refused tells the errors that say no to one caller and leave the transaction clean.
func refused(err error) bool { return errors.Is(err, ErrSuperseded) || errors.Is(err, ErrOtherRecord) }

// transaction is a running transaction of the writer.
type transaction struct {
	*statements
	conn *sql.Conn
}

// failure says how far a transaction came.
type failure struct {
	error
	at stage
}

func (f *failure) Unwrap() error { return f.error }

type stage int

const (
	// atConnect: there is no connection.
	atConnect stage = iota
	// atBegin: nothing was done.
	atBegin
	// atWrite: one of the writes failed, and all were undone.
	atWrite
	// atCommit: nobody knows.
	atCommit
)

func startWriter(ctx context.Context, e *engine, db *sql.DB, begin string) (*writer, error) {
	w := &writer{engine: e, db: db, begin: begin, queue: make(chan *write, maxQueue), done: make(chan struct{})}
	if _, err := w.transaction(ctx); err != nil {
		return nil, err
	}
	go w.loop()
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

func (w *writer) loop() {
	defer close(w.done)
	defer w.drop(false)
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
		w.commit(batch)
	}
}

// commit runs a batch and tells each caller. A write that fails takes nobody along: then each is run alone.
func (w *writer) commit(batch []*write) {
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
	err := w.attempt(live)
	// What hinders a batch at its beginning or its end, such as a full disk or a server that is away, is no write's fault.
	var f *failure
	if errors.As(err, &f) && f.at == atWrite && len(live) > 1 && !w.engine.lost(err) {
		for i := range live {
			live[i].answer(w.attempt(live[i : i+1]))
		}
		return
	}
	for _, job := range live {
		job.answer(err)
	}
}

func (j *write) answer(err error) {
	if err == nil {
		err = j.refusal
	}
	j.err <- err
}

// maxUndone is how often a transaction is made that is undone each time because another and it waited for each other.
const maxUndone = 5

// attempt makes one transaction of jobs. If the connection is found to be lost before anything was committed, such as after
// the server was started anew, it is made once more on another.
func (w *writer) attempt(jobs []*write) error {
	undone := 0
	for again := false; ; again = true {
		err := w.run(jobs)
		for err != nil && w.engine.undone != nil && w.engine.undone(err) && undone < maxUndone {
			undone++
			err = w.run(jobs)
		}
		if err == nil || !w.engine.lost(err) {
			return err
		}
		w.drop(true)
		var f *failure
		if again || !errors.As(err, &f) || f.at == atConnect || f.at == atCommit {
			return err
		}
	}
}

// transaction is the connection that writes.
func (w *writer) transaction(ctx context.Context) (*transaction, error) {
	if w.current == nil {
		conn, err := w.db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		w.current = &transaction{statements: newStatements(w.engine, conn), conn: conn}
	}
	return w.current, nil
}

// drop gives the connection back, or away if it is lost.
func (w *writer) drop(lost bool) {
	if w.current == nil {
		return
	}
	if lost {
		_ = w.current.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	_ = w.current.conn.Close()
	w.current = nil
}

// run makes one transaction of jobs. It is not cancelled by any of their contexts: interrupting a statement would cost
// the connection, and the others their answer.
func (w *writer) run(jobs []*write) (err error) {
	ctx, cancel := w.engine.bounded(context.Background())
	defer cancel()
	t, err := w.transaction(ctx)
	if err != nil {
		return &failure{fmt.Errorf("connect: %w", err), atConnect}
	}
	if _, err := t.conn.ExecContext(ctx, w.begin); err != nil {
		w.undo(ctx, t)
		return &failure{fmt.Errorf("begin transaction: %w", err), atBegin}
	}
	for _, job := range jobs {
		job.refusal = nil
		err := job.run(ctx, t)
		if refused(err) {
			job.refusal = err
		} else if err != nil {
			w.undo(ctx, t)
			return &failure{err, atWrite}
		}
	}
	if _, err := t.conn.ExecContext(ctx, "COMMIT"); err != nil {
		w.undo(ctx, t)
		return &failure{fmt.Errorf("commit: %w", err), atCommit}
	}
	return nil
}

// undo what is left of a transaction that failed. A connection on which that does not work is given away.
func (w *writer) undo(ctx context.Context, t *transaction) {
	if _, err := t.conn.ExecContext(ctx, "ROLLBACK"); err != nil && w.engine.patience > 0 {
		w.drop(true)
	}
}
