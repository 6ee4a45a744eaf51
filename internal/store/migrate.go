package store

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrateTries is how often the schema is brought up when another process does so at the same moment.
const migrateTries = 10

var errNewer = errors.New("it was written by a newer version of Tribune: run that version, or restore a backup")

// migrate brings the schema up. Another process may do the same in the same place, so a failure is tried again: then the
// other one has done it.
func migrate(ctx context.Context, e *engine, db *sql.DB) error {
	for try := 1; ; try++ {
		err := migrateOnce(ctx, e, db)
		if err == nil || errors.Is(err, errNewer) || try == migrateTries || e.lost(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(time.Duration(try) * 20 * time.Millisecond):
		}
	}
}

func migrateOnce(ctx context.Context, e *engine, db *sql.DB) error {
	p, err := migrator(e, db)
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
	if current == known {
		return nil // so that a role which may not change the schema can open it
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// migrator goes forward and back.
func migrator(e *engine, db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	options, err := e.migrationOptions()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(e.dialect, db, e.migrations(files), options...)
}

// newestMigration is the version of the schema that this program writes.
func newestMigration() (int64, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(files[len(files)-1]) // Glob sorts, and the numbers are of one length
}

// collated are migrations whose texts PostgreSQL compares byte by byte, as SQLite does. Otherwise it sorts by the rules of the
// language it was set up with: in another order, and when the system's library changes these rules, which has happened, a
// unique index no longer finds what it holds. The fence is such an index. What is for PostgreSQL alone is let out of its comment.
type collated struct{ fs.FS }

var textColumn = regexp.MustCompile(`\bTEXT\b`)

// forPostgres begins a line of a migration that is for PostgreSQL alone; SQLite takes it for a comment.
const forPostgres = "-- PostgreSQL: "

// Open implements fs.FS.
func (c collated) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return &migration{Reader: bytes.NewReader(textColumn.ReplaceAll(bytes.ReplaceAll(text, []byte(forPostgres), nil), []byte(`TEXT COLLATE "C"`))), info: info}, nil
}

// migration is a file as PostgreSQL gets it. Its size is not that of info, which nobody asks.
type migration struct {
	*bytes.Reader
	info fs.FileInfo
}

func (m *migration) Stat() (fs.FileInfo, error) { return m.info, nil }
func (m *migration) Close() error               { return nil }
