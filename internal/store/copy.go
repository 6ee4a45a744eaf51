package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// CopyTo copies all of this ledger into an empty one, in one transaction: all of it or nothing. Both must have the schema of
// this program. It tells how many rows there are. Nobody may write the old one meanwhile and afterwards: what is written there
// then is missing in the new one.
func (r *Reader) CopyTo(ctx context.Context, to *Database) (copied int64, err error) {
	version, err := r.version(ctx)
	if err != nil {
		return 0, err
	}
	known, err := newestMigration()
	if err != nil {
		return 0, err
	}
	if version != known {
		return 0, fmt.Errorf("the ledger to copy has schema %d, and this program writes %d: start the manager of this version on it once", version, known)
	}
	from, err := r.db.BeginTx(ctx, &r.engine.snapshot)
	if err != nil {
		return 0, fmt.Errorf("read ledger: %w", err)
	}
	defer func() { _ = from.Rollback() }()
	// Not by the writer, whose patience is for short transactions.
	writers, readers, err := to.engine.open()
	if err != nil {
		return 0, fmt.Errorf("write ledger: %w", err)
	}
	defer func() { err = errors.Join(err, writers.Close(), readers.Close()) }()
	conn, err := writers.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("write ledger: %w", err)
	}
	defer func() { _ = conn.Rollback() }()
	for _, t := range Tables {
		n, err := copyTable(ctx, t, from, conn, to.engine)
		if err != nil {
			return 0, fmt.Errorf("copy %s: %w", t.Name, err)
		}
		copied += n
	}
	if err := conn.Commit(); err != nil {
		return 0, fmt.Errorf("commit: %w", err)
	}
	return copied, nil
}

func copyTable(ctx context.Context, t Table, from, to *sql.Tx, e *engine) (copied int64, err error) {
	var there int64
	if err := to.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+t.Name).Scan(&there); err != nil {
		return 0, err
	}
	if there > 0 {
		return 0, errors.New("the new ledger is not empty: name another, so that nothing is mixed")
	}
	found, err := from.QueryContext(ctx, "SELECT * FROM "+t.Name)
	if err != nil {
		return 0, err
	}
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	if err != nil {
		return 0, err
	}
	stmt, err := to.PrepareContext(ctx, e.bind("INSERT INTO "+t.Name+" ("+strings.Join(columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(columns)-1)+")"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = stmt.Close() }()
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	for found.Next() {
		if err := found.Scan(places...); err != nil {
			return 0, err
		}
		for i, value := range values {
			if raw, is := value.([]byte); is {
				values[i] = string(raw)
			}
		}
		if _, err := stmt.ExecContext(ctx, storable(values)...); err != nil {
			return 0, err
		}
		copied++
	}
	return copied, found.Err()
}
