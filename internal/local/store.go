package local

import (
	"context"
	"crypto/rand"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed schema.sql
var schema string

//go:embed upgrade.sql
var upgrade string

const schemaVersion = 2

// store is the database: many readers, and one writer that joins what waits into one transaction.
type store struct {
	readers *sql.DB
	writers *sql.DB
	queue   chan *job
	// origin names this database among all that ever were.
	origin string
	bell   bell
	closed chan struct{} // closed when no job is taken any more
	done   chan struct{} // closed when the writer has ended
}

// maxReaders bounds the connections that read at one time.
const maxReaders = 8

// openStore opens the database at path, or one in memory that goes with the store when path is empty.
func openStore(path string) (*store, error) {
	// The name is escaped by url.URL, so that a path with "?" or "%" stays a path.
	name, query := (&url.URL{Scheme: "file", Opaque: escapePath(path)}).String(), url.Values{}
	query.Set("_txlock", "immediate")
	query.Add("_pragma", "busy_timeout(10000)")
	if path == "" {
		// A memdb name that begins with "/" is shared by the connections of this process.
		name = "file:/tribune-local-" + rand.Text()
		query.Set("vfs", "memdb")
	} else {
		query.Add("_pragma", "journal_mode(WAL)")
		// With WAL nothing that was answered is lost when the process is killed, only when the machine is.
		query.Add("_pragma", "synchronous(NORMAL)")
	}
	dsn := name + "?" + query.Encode()
	writers, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	writers.SetMaxOpenConns(1)
	readers, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), writers.Close())
	}
	readers.SetMaxOpenConns(maxReaders)
	readers.SetMaxIdleConns(maxReaders)
	s := &store{
		readers: readers, writers: writers,
		queue: make(chan *job, 1024), closed: make(chan struct{}), done: make(chan struct{}),
	}
	t, err := s.prepare()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), writers.Close(), readers.Close())
	}
	go s.write(t)
	return s, nil
}

func escapePath(path string) string {
	return (&url.URL{Path: path}).EscapedPath()
}

// prepare takes the writing connection, which is kept for good, and brings the schema to this version.
func (s *store) prepare() (*tx, error) {
	conn, err := s.writers.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	t := &tx{conn: conn, prepared: map[string]*sql.Stmt{}}
	var version int
	if err := t.row("PRAGMA user_version").Scan(&version); err != nil {
		return nil, err
	}
	switch version {
	case schemaVersion:
	case 0:
		if _, err := conn.ExecContext(context.Background(), "BEGIN IMMEDIATE;\n"+schema+"\nCOMMIT;"); err != nil {
			return nil, fmt.Errorf("make the tables: %w", err)
		}
	case 1:
		if _, err := conn.ExecContext(context.Background(), "BEGIN IMMEDIATE;\n"+upgrade+"\nCOMMIT;"); err != nil {
			return nil, fmt.Errorf("bring the tables up to date: %w", err)
		}
	default:
		return nil, fmt.Errorf("it was written by another version (schema %d, this one knows %d): use that version or another file", version, schemaVersion)
	}
	for _, table := range []string{draftsTable, threadsTable, profilesTable} {
		if _, err := conn.ExecContext(context.Background(), table); err != nil {
			return nil, fmt.Errorf("make the tables: %w", err)
		}
	}
	err = t.row(`SELECT MAX(
		(SELECT COALESCE(MAX(id), 0) FROM posts), (SELECT COALESCE(MAX(id), 0) FROM drafts), (SELECT COALESCE(MAX(id), 0) FROM items),
		(SELECT COALESCE(MAX(id), 0) FROM media), (SELECT COALESCE(MAX(changed), 0) FROM posts), (SELECT COALESCE(MAX(changed), 0) FROM items)),
		(SELECT COALESCE(MAX(seq), 0) FROM calls)`).Scan(&t.lastID, &t.lastSeq)
	if err != nil {
		return nil, err
	}
	return t, t.row("SELECT name FROM origin").Scan(&s.origin)
}

// Close ends the writer after what was submitted, and closes the database.
func (s *store) Close() error {
	close(s.closed)
	<-s.done
	return errors.Join(s.readers.Close(), s.writers.Close())
}

// querier is what reads: the readers' pool, or the writer's transaction.
type querier interface {
	rows(query string, args ...any) (*sql.Rows, error)
	row(query string, args ...any) *sql.Row
}

// Reads are short and bounded, and an interrupted SQLite connection must be thrown away: they ignore the client leaving.
func (s *store) rows(query string, args ...any) (*sql.Rows, error) {
	return s.readers.QueryContext(context.Background(), query, args...)
}

func (s *store) row(query string, args ...any) *sql.Row {
	return s.readers.QueryRowContext(context.Background(), query, args...)
}

// collect reads all rows, so that no connection is held while the next query runs.
func collect[T any](q querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.rows(query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
