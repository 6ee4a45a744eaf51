package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// Options of a ledger: a SQLite file, or a PostgreSQL database.
type Options struct {
	// Path of the SQLite file; its folder is made if it is missing. On a volume of this machine: SQLite does not work
	// over NFS.
	Path string
	// DSNFile is a file whose content says where the PostgreSQL database is, and how to log in. It is read anew for each
	// connection, so that a changed password needs no restart. What it says is in no log and no error.
	DSNFile string
	// Wait is how long a PostgreSQL server that does not answer is tried again when the ledger is opened; 0: 30 seconds.
	Wait time.Duration
	// Now is the clock for updatedAt; nil: time.Now.
	Now func() time.Time
	// Log is told that a server is waited for; nil: nobody is.
	Log *slog.Logger
}

// place names the ledger, for errors.
func (o *Options) place() string {
	if o.DSNFile != "" {
		return "in PostgreSQL (" + o.DSNFile + ")"
	}
	return o.Path
}

// Database is the ledger in a database. Each of its writes runs alone, whichever process makes it: SQLite locks the file,
// and in PostgreSQL one lock is taken. So what is written for one of them is right for both. Where there is more than one lane,
// listening and judging run beside each other.
type Database struct {
	engine           *engine
	readers, writers *sql.DB
	read             *statements
	now              func() time.Time
	lanes            writers
	// taken counts the items that were taken since it was opened.
	taken atomic.Int64
}

var _ Ledger = (*Database)(nil)

// Open opens the ledger, makes it if there is none, and brings its schema to this version.
func Open(ctx context.Context, o Options) (*Database, error) {
	s, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", o.place(), err)
	}
	return s, nil
}

func open(ctx context.Context, o Options) (_ *Database, err error) {
	e, err := engineFor(o)
	if err != nil {
		return nil, err
	}
	s := &Database{engine: e, now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	defer func() {
		if err != nil {
			_ = s.closeDatabases()
		}
	}()
	if s.writers, s.readers, err = e.open(); err != nil {
		return nil, err
	}
	if err := e.reach(ctx, s.writers, o); err != nil {
		return nil, err
	}
	if err := migrate(ctx, e, s.writers); err != nil {
		return nil, err
	}
	s.read = newStatements(e, s.readers)
	s.lanes, err = startWriters(ctx, e, s.writers)
	return s, err
}

func engineFor(o Options) (*engine, error) {
	switch {
	case o.Path != "" && o.DSNFile != "":
		return nil, errors.New("both a SQLite file and PostgreSQL are named: the ledger is in one of them")
	case o.DSNFile != "":
		return postgresEngine(o.DSNFile), nil
	case o.Path != "":
		return sqliteEngine(o.Path), nil
	}
	return nil, errors.New("no path given: name a file on a volume that outlives the process")
}

// Close waits for the writes that were begun and closes the database.
func (s *Database) Close() error {
	s.lanes.close()
	return s.closeDatabases()
}

func (s *Database) closeDatabases() error {
	var errs []error
	for _, db := range []*sql.DB{s.readers, s.writers} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// write runs f alone in a transaction, and returns when that is on the disk. What f does may be repeated with its effects
// undone before, so it must set its results anew each time.
func (s *Database) write(ctx context.Context, f func(context.Context, *transaction) error) error {
	return s.writeIn(ctx, exclusive, f)
}

// writeIn runs f in a transaction of a lane.
func (s *Database) writeIn(ctx context.Context, l lane, f func(context.Context, *transaction) error) error {
	return s.lanes[l].do(ctx, f)
}

// HasAny implements Ledger.
func (s *Database) HasAny(ctx context.Context, namespace, post string) (bool, error) {
	_, known, err := first(ctx, s.read, scanInt, queryHasAny, namespace, post)
	return known, err
}

// Publications implements Ledger.
func (s *Database) Publications(ctx context.Context, namespace, post string, edition int64, account string) ([]Publication, error) {
	if account == "" {
		return all(ctx, s.read, scan, queryByEdition, namespace, post, edition)
	}
	return all(ctx, s.read, scan, queryByAccount, namespace, post, edition, account)
}

// ByPost implements Ledger.
func (s *Database) ByPost(ctx context.Context, namespace, post string) ([]Publication, error) {
	return all(ctx, s.read, scan, queryByPost, namespace, post)
}

// Begin implements Ledger.
func (s *Database) Begin(ctx context.Context, p Publication) (current Publication, won bool, err error) {
	if p.Attempt == "" || p.Supersedes == p.Attempt {
		return Publication{}, false, fmt.Errorf("begin %s: an attempt needs a name of its own", p.Identity)
	}
	err = s.write(ctx, func(ctx context.Context, t *transaction) (err error) {
		p.State, p.UpdatedAt = Sending, s.now()
		current, won, err = t.begin(ctx, p)
		return err
	})
	if err != nil {
		return Publication{}, false, fmt.Errorf("begin %s in ledger: %w", p.Identity, err)
	}
	return current, won, nil
}

// Finish implements Ledger.
func (s *Database) Finish(ctx context.Context, id network.Identity, attempt string, o Outcome) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		return t.finish(ctx, id, attempt, o, s.now())
	})
	if err != nil {
		return fmt.Errorf("finish %s in ledger: %w", id, err)
	}
	return nil
}

// Adopt implements Ledger.
func (s *Database) Adopt(ctx context.Context, p Publication) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		p.State, p.UpdatedAt = Published, s.now()
		return t.adopt(ctx, p)
	})
	if err != nil {
		return fmt.Errorf("adopt %s in ledger: %w", p.Identity, err)
	}
	return nil
}
