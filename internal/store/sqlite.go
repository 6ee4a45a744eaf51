package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/tribune-dev/tribune/internal/network"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// maxReaders bounds the connections that read at one time; readers do not wait for the writer (WAL).
	maxReaders = 4
	// busyTimeout is how long one process waits for another that writes to the same file.
	busyTimeout = 10 * time.Second
	// migrateTries is how often the schema is brought up when another process does so at the same moment.
	migrateTries = 10
)

// Options of a ledger.
type Options struct {
	// Path of the SQLite file; its folder is made if it is missing. On a volume of this machine: SQLite does not work
	// over NFS.
	Path string
	// Now is the clock for updatedAt; nil: time.Now.
	Now func() time.Time
}

// SQLite is the ledger in a file.
type SQLite struct {
	readers, writers *sql.DB
	now              func() time.Time
	writer           *writer

	hasAny, byEdition, byAccount, byPost *sql.Stmt
	openCrises, crisis                   *sql.Stmt
	feed, feedItems, plannedItems        *sql.Stmt
}

var _ Ledger = (*SQLite)(nil)

// Open opens the ledger, makes it if there is none, and brings its schema to this version.
func Open(ctx context.Context, o Options) (*SQLite, error) {
	s, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", o.Path, err)
	}
	return s, nil
}

func open(ctx context.Context, o Options) (_ *SQLite, err error) {
	if o.Path == "" {
		return nil, errors.New("no path given: name a file on a volume that outlives the process")
	}
	if err := makeFile(o.Path); err != nil {
		return nil, err
	}
	s := &SQLite{now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	defer func() {
		if err != nil {
			_ = s.closeDatabases()
		}
	}()
	if s.writers, err = sql.Open("sqlite", dsn(o.Path)); err != nil {
		return nil, err
	}
	s.writers.SetMaxOpenConns(1)
	if err := migrate(ctx, s.writers); err != nil {
		return nil, err
	}
	if s.readers, err = sql.Open("sqlite", dsn(o.Path)+"&_pragma=query_only(1)"); err != nil {
		return nil, err
	}
	s.readers.SetMaxOpenConns(maxReaders)
	s.readers.SetMaxIdleConns(maxReaders)
	for _, p := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&s.hasAny, queryHasAny}, {&s.byEdition, queryByEdition}, {&s.byAccount, queryByAccount}, {&s.byPost, queryByPost},
		{&s.openCrises, queryOpenCrises}, {&s.crisis, queryCrisis},
		{&s.feed, queryFeed}, {&s.feedItems, queryFeedItems}, {&s.plannedItems, queryPlannedItems},
	} {
		if *p.stmt, err = s.readers.PrepareContext(ctx, p.query); err != nil { //nolint:sqlclosecheck // closed by Close
			return nil, err
		}
	}
	s.writer, err = startWriter(ctx, s.writers)
	return s, err
}

// makeFile makes the file, for this user alone: the ledger says what is going to be public and what was taken back.
func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func dsn(path string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"journal_mode(WAL)",
		"synchronous(FULL)", // what was acknowledged outlives the machine
	}}
	// url.URL escapes the path, so that one with "?" or "%" stays a path.
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// migrate brings the schema up. Another process may do the same on the same file, so a failure is tried again: then the
// other one has done it.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		err := migrateOnce(ctx, db, files)
		if err == nil || errors.Is(err, errNewer) || try == migrateTries {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(time.Duration(try) * 20 * time.Millisecond):
		}
	}
}

var errNewer = errors.New("it was written by a newer version of Tribune: run that version, or restore a backup")

func migrateOnce(ctx context.Context, db *sql.DB, files fs.FS) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	current, known, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if current > known {
		return fmt.Errorf("%w (its schema is %d, this version knows %d)", errNewer, current, known)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Close waits for the writes that were begun and closes the file.
func (s *SQLite) Close() error {
	s.writer.close()
	return s.closeDatabases()
}

func (s *SQLite) closeDatabases() error {
	var errs []error
	for _, db := range []*sql.DB{s.readers, s.writers} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// HasAny implements Ledger.
func (s *SQLite) HasAny(ctx context.Context, namespace, post string) (bool, error) {
	var one int
	err := s.hasAny.QueryRowContext(ctx, namespace, post).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read ledger: %w", err)
	}
	return true, nil
}

// Publications implements Ledger.
func (s *SQLite) Publications(ctx context.Context, namespace, post string, edition int64, account string) ([]Publication, error) {
	if account == "" {
		return list(ctx, s.byEdition, namespace, post, edition)
	}
	return list(ctx, s.byAccount, namespace, post, edition, account)
}

// ByPost implements Ledger.
func (s *SQLite) ByPost(ctx context.Context, namespace, post string) ([]Publication, error) {
	return list(ctx, s.byPost, namespace, post)
}

// Begin implements Ledger.
func (s *SQLite) Begin(ctx context.Context, p Publication) (current Publication, won bool, err error) {
	if p.Attempt == "" || p.Supersedes == p.Attempt {
		return Publication{}, false, fmt.Errorf("begin %s: an attempt needs a name of its own", p.Identity)
	}
	err = s.writer.do(ctx, func(ctx context.Context, t *transaction) (err error) {
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
func (s *SQLite) Finish(ctx context.Context, id network.Identity, attempt string, o Outcome) error {
	err := s.writer.do(ctx, func(ctx context.Context, t *transaction) error {
		return t.finish(ctx, id, attempt, o, s.now())
	})
	if err != nil {
		return fmt.Errorf("finish %s in ledger: %w", id, err)
	}
	return nil
}

// Adopt implements Ledger.
func (s *SQLite) Adopt(ctx context.Context, p Publication) error {
	err := s.writer.do(ctx, func(ctx context.Context, t *transaction) error {
		p.State, p.UpdatedAt = Published, s.now()
		return t.adopt(ctx, p)
	})
	if err != nil {
		return fmt.Errorf("adopt %s in ledger: %w", p.Identity, err)
	}
	return nil
}
