package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

const (
	// maxReaders bounds the connections that read at one time; readers do not wait for the writer (WAL).
	maxReaders = 4
	// busyTimeout is how long one process waits for another that writes.
	busyTimeout = 10 * time.Second
)

// sqliteEngine keeps the ledger in a file.
func sqliteEngine(path string) *engine {
	return &engine{
		name: "SQLite", dialect: goose.DialectSQLite3,
		begin: []string{"BEGIN IMMEDIATE"},
		open: func() (writers, readers *sql.DB, err error) {
			if err := makeFile(path); err != nil {
				return nil, nil, err
			}
			if writers, err = sql.Open("sqlite", sqliteDSN(path)); err != nil {
				return nil, nil, err
			}
			writers.SetMaxOpenConns(1)
			if readers, err = sql.Open("sqlite", sqliteDSN(path)+"&_pragma=query_only(1)"); err != nil {
				return writers, nil, err
			}
			readers.SetMaxOpenConns(maxReaders)
			readers.SetMaxIdleConns(maxReaders)
			return writers, readers, nil
		},
		reach: func(context.Context, *sql.DB, Options) error { return nil },
		look: func() (*sql.DB, error) {
			if _, err := os.Stat(path); err != nil {
				return nil, fmt.Errorf("%w: name the file that the manager writes", err)
			}
			return sql.Open("sqlite", sqliteDSN(path)+"&mode=rw&_pragma=query_only(1)")
		},
		bind:             func(query string) string { return query },
		migrations:       func(files fs.FS) fs.FS { return files },
		migrationOptions: func() ([]goose.ProviderOption, error) { return nil, nil },
		lost:             func(error) bool { return false },
		sizes:            "SELECT tbl_name, SUM(pgsize) FROM dbstat JOIN sqlite_master USING (name) GROUP BY tbl_name",
		lists:            parameters{},
		snapshot:         sql.TxOptions{ReadOnly: true},
	}
}

// makeFile makes the file, for this user alone: the ledger says what is going to be public and what was taken back. One that is there is
// left to SQLite: to open and close it would take from this process the locks that it holds on it, and another process could then take
// it for unused, and do away with what was not yet written back.
func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		f, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // a link to where there is nothing yet
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func sqliteDSN(path string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"journal_mode(WAL)",
		"synchronous(FULL)", // what was acknowledged outlives the machine
	}}
	// url.URL escapes the path, so that one with "?" or "%" stays a path.
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}
