package store

import (
	"context"
	"database/sql"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

// engine is all that differs between the databases. The SQL is what both understand, with ? for its arguments; where a
// query needs to know an argument's type and none is at hand, it says so by CAST.
type engine struct {
	name    string
	dialect goose.Dialect
	// begin begins a transaction of each lane, whichever process asks; those that are missing are as the first, which runs alone.
	begin []string
	// patience bounds a transaction and a read; 0: no bound, as no other machine can keep them waiting.
	patience time.Duration
	// open makes pools without reaching the database yet: a connection that writes for each lane, several that read.
	open func() (writers, readers *sql.DB, err error)
	// reach waits until the database answers, or says why it never will.
	reach func(ctx context.Context, db *sql.DB, o Options) error
	// look opens it for reading alone, and changes nothing, not even its schema.
	look func() (*sql.DB, error)
	// bind writes a query's ? as the database wants them.
	bind func(query string) string
	// migrations as the database wants them, from files for both.
	migrations func(fs.FS) fs.FS
	// migrationOptions of goose.
	migrationOptions func() ([]goose.ProviderOption, error)
	// lost tells whether a connection is of no more use after an error.
	lost func(error) bool
	// undone tells whether a transaction was undone because another and it waited for each other; nil: that cannot be.
	undone func(error) bool
	// sizes of tables in bytes, by name.
	sizes string
	// learn has the database look at what the tables hold, for its plans; empty: it needs not.
	learn string
	// lists of rows, keys and questions.
	lists lists
	// snapshot begins a transaction that reads one state of everything.
	snapshot sql.TxOptions
}

// bounded is ctx within the engine's patience.
func (e *engine) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if e.patience == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, e.patience)
}
