package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// scanner is a row.
type scanner interface{ Scan(dest ...any) error }

// statements are queries, prepared when they are first asked.
type statements struct {
	engine *engine
	db     interface {
		PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	}
	mu       sync.RWMutex
	prepared map[string]*sql.Stmt
}

func newStatements(e *engine, db interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}) *statements {
	return &statements{engine: e, db: db, prepared: map[string]*sql.Stmt{}}
}

func (s *statements) get(ctx context.Context, query string) (*sql.Stmt, error) {
	s.mu.RLock()
	stmt := s.prepared[query]
	s.mu.RUnlock()
	if stmt != nil {
		return stmt, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt := s.prepared[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.db.PrepareContext(ctx, s.engine.bind(query)) //nolint:sqlclosecheck // closed with its connection or pool
	if err != nil {
		return nil, err
	}
	s.prepared[query] = stmt
	return stmt, nil
}

// exec runs a query that answers nothing, and tells how many rows it changed.
func (s *statements) exec(ctx context.Context, query string, args ...any) (changed int64, err error) {
	stmt, err := s.get(ctx, query) //nolint:sqlclosecheck // kept for the next time; closed with its connection or pool
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, storable(args)...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// rows are the answers to a query, each as scan reads it.
func rows[T any](ctx context.Context, s *statements, scan func(scanner) (T, error), query string, args ...any) (out []T, err error) {
	stmt, err := s.get(ctx, query) //nolint:sqlclosecheck // kept for the next time; closed with its connection or pool
	if err != nil {
		return nil, err
	}
	found, err := stmt.QueryContext(ctx, storable(args)...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		one, err := scan(found)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, found.Err()
}

// row is the first answer to a query, or sql.ErrNoRows.
func row[T any](ctx context.Context, s *statements, scan func(scanner) (T, error), query string, args ...any) (one T, err error) {
	stmt, err := s.get(ctx, query) //nolint:sqlclosecheck // kept for the next time; closed with its connection or pool
	if err != nil {
		return one, err
	}
	return scan(stmt.QueryRowContext(ctx, storable(args)...))
}

// all are the answers to a query outside of a transaction.
func all[T any](ctx context.Context, s *statements, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	ctx, cancel := s.engine.bounded(ctx)
	defer cancel()
	out, err := rows(ctx, s, scan, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	return out, nil
}

// first is the first answer to a query outside of a transaction; false: there is none.
func first[T any](ctx context.Context, s *statements, scan func(scanner) (T, error), query string, args ...any) (one T, known bool, err error) {
	ctx, cancel := s.engine.bounded(ctx)
	defer cancel()
	one, err = row(ctx, s, scan, query, args...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return one, false, nil
	case err != nil:
		return one, false, fmt.Errorf("read ledger: %w", err)
	}
	return one, true, nil
}

func scanInt(row scanner) (n int64, err error) {
	err = row.Scan(&n)
	return n, err
}

// storable makes of texts what every database keeps: PostgreSQL takes no NUL and nothing that is not UTF-8, and what others
// write must not decide whether it is recorded. What is asked for is made the same way, so that it is found.
func storable(args []any) []any {
	for i, arg := range args {
		text, is := arg.(string)
		if !is || (strings.IndexByte(text, 0) < 0 && utf8.ValidString(text)) {
			continue
		}
		copied := append([]any(nil), args...)
		for k := i; k < len(copied); k++ {
			if text, is := copied[k].(string); is {
				copied[k] = kept(text)
			}
		}
		return copied
	}
	return args
}

// kept is a text as it comes back.
func kept(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

func keptAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = kept(text)
	}
	return out
}
