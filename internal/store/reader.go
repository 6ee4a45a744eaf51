package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Reader looks at a ledger and changes nothing, not even its schema. A manager may write it meanwhile, and a PostgreSQL standby
// will do.
type Reader struct {
	engine *engine
	db     *sql.DB
}

// OpenReader opens a ledger that exists, to look at it.
func OpenReader(ctx context.Context, o Options) (*Reader, error) {
	e, err := engineFor(o)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	db, err := e.look()
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", o.place(), err)
	}
	r := &Reader{engine: e, db: db}
	if _, err := r.version(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open ledger %s: %w", o.place(), err), db.Close())
	}
	return r, nil
}

// Close ends reading.
func (r *Reader) Close() error { return r.db.Close() }

// Statistics are figures of a ledger at one moment.
type Statistics struct {
	// Engine is SQLite or PostgreSQL.
	Engine string
	// Schema is the version of its tables, Known the newest that this program knows.
	Schema, Known int64
	Tables        []TableStatistics
}

// TableStatistics are figures of one table.
type TableStatistics struct {
	Name string
	Rows int64
	// Bytes on the disk, with its indexes.
	Bytes int64
	// Oldest and Newest row by the table's time; zero where there is none.
	Oldest, Newest time.Time
}

// Stats counts what the ledger holds. It reads all of it.
func (r *Reader) Stats(ctx context.Context) (Statistics, error) {
	s := Statistics{Engine: r.engine.name}
	var err error
	if s.Schema, err = r.version(ctx); err != nil {
		return s, err
	}
	if s.Known, err = newestMigration(); err != nil {
		return s, err
	}
	sizes, err := r.sizes(ctx)
	if err != nil {
		return s, err
	}
	for _, t := range Tables {
		size, exists := sizes[t.Name]
		if !exists {
			continue // of a newer version of Tribune than the one that wrote it
		}
		ts := TableStatistics{Name: t.Name, Bytes: size}
		var oldest, newest int64
		since := t.Since
		if since == "" {
			since = "0"
		}
		// Zero is no time.
		query := fmt.Sprintf("SELECT COUNT(*), COALESCE(MIN(NULLIF(%[1]s, 0)), 0), COALESCE(MAX(%[1]s), 0) FROM %[2]s", since, t.Name)
		if err := r.db.QueryRowContext(ctx, query).Scan(&ts.Rows, &oldest, &newest); err != nil {
			return s, fmt.Errorf("count %s in ledger: %w", t.Name, err)
		}
		ts.Oldest, ts.Newest = fromMicros(oldest), fromMicros(newest)
		s.Tables = append(s.Tables, ts)
	}
	return s, nil
}

// Schema is the version of the ledger's tables, and the newest that this program knows.
func (r *Reader) Schema(ctx context.Context) (have, known int64, err error) {
	if have, err = r.version(ctx); err != nil {
		return 0, 0, err
	}
	known, err = newestMigration()
	return have, known, err
}

// version of the schema.
func (r *Reader) version(ctx context.Context) (int64, error) {
	ctx, cancel := r.engine.bounded(ctx)
	defer cancel()
	if err := r.db.PingContext(ctx); err != nil {
		return 0, err
	}
	var version int64
	err := r.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM "+versionTable).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("it is no ledger of Tribune, or an empty one: %w", err)
	}
	return version, nil
}

// sizes in bytes of the tables that exist.
func (r *Reader) sizes(ctx context.Context) (map[string]int64, error) {
	found, err := r.db.QueryContext(ctx, r.engine.sizes)
	if err != nil {
		return nil, fmt.Errorf("measure ledger: %w", err)
	}
	defer func() { _ = found.Close() }()
	sizes := map[string]int64{}
	for found.Next() {
		var name string
		var size int64
		if err := found.Scan(&name, &size); err != nil {
			return nil, fmt.Errorf("measure ledger: %w", err)
		}
		sizes[name] = size
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("measure ledger: %w", err)
	}
	return sizes, nil
}

// Columns of a table, in their order.
func (r *Reader) Columns(ctx context.Context, table string) ([]string, error) {
	if err := KnownTables([]string{table}); err != nil {
		return nil, err
	}
	found, err := r.db.QueryContext(ctx, "SELECT * FROM "+table+" LIMIT 0")
	if err != nil {
		return nil, fmt.Errorf("read columns of %s: %w", table, err)
	}
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	if err != nil {
		return nil, fmt.Errorf("read columns of %s: %w", table, err)
	}
	return columns, found.Err()
}

// KnownTables is an error that names the tables of the ledger, if one of those names is not among them.
func KnownTables(names []string) error {
	_, err := chosen(names)
	return err
}

// chosen are the tables of those names, or all.
func chosen(names []string) ([]Table, error) {
	if len(names) == 0 {
		return Tables, nil
	}
	var known []string
	for _, t := range Tables {
		known = append(known, t.Name)
	}
	var out []Table
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, fmt.Errorf("there is no table %q: use %s", name, strings.Join(known, ", "))
		}
		out = append(out, Tables[i])
	}
	return out, nil
}
