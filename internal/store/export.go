package store

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Export says what to export.
type Export struct {
	// Tables by name; none: all.
	Tables []string
	// Since leaves out rows that were last written before; zero: none.
	Since time.Time
}

// Export writes rows as JSON, one a line: {"table":"publications","namespace":"acme",...}, in the order of the tables, and of
// their keys. It is one state of the ledger, however long it takes, and is not kept in memory. A column is left out where it has
// no value: no time, or NULL.
func (r *Reader) Export(ctx context.Context, w io.Writer, e Export) error {
	tables, err := chosen(e.Tables)
	if err != nil {
		return err
	}
	existing, err := r.sizes(ctx)
	if err != nil {
		return err
	}
	tx, err := r.db.BeginTx(ctx, &r.engine.snapshot)
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	out := bufio.NewWriterSize(w, 64<<10)
	for _, t := range tables {
		if _, exists := existing[t.Name]; !exists {
			continue
		}
		if err := r.exportTable(ctx, tx, out, t, e.Since); err != nil {
			return fmt.Errorf("export %s of ledger: %w", t.Name, err)
		}
	}
	return out.Flush()
}

func (r *Reader) exportTable(ctx context.Context, tx *sql.Tx, out *bufio.Writer, t Table, since time.Time) error {
	// Tables and columns are ours, not what anybody typed.
	query := "SELECT * FROM " + t.Name
	var args []any
	if t.Since != "" && !since.IsZero() {
		query += " WHERE " + t.Since + " >= ?"
		args = append(args, toMicros(since))
	}
	found, err := tx.QueryContext(ctx, r.engine.bind(query+" ORDER BY "+t.Key), args...)
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	if err != nil {
		return err
	}
	values := make([]any, len(columns))
	places := make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	var line bytes.Buffer
	for found.Next() {
		if err := found.Scan(places...); err != nil {
			return err
		}
		line.Reset()
		if err := t.encode(&line, columns, values); err != nil {
			return err
		}
		if _, err := out.Write(line.Bytes()); err != nil {
			return err
		}
	}
	return found.Err()
}

// encode writes a row as one line, with its columns in their order.
func (t *Table) encode(line *bytes.Buffer, columns []string, values []any) error {
	fmt.Fprintf(line, `{"table":%q`, t.Name)
	encoder := json.NewEncoder(line)
	encoder.SetEscapeHTML(false) // it is no web page, and addresses stay readable
	for i, column := range columns {
		value := t.value(column, values[i])
		if value == nil {
			continue
		}
		fmt.Fprintf(line, `,%q:`, column)
		if err := encoder.Encode(value); err != nil {
			return fmt.Errorf("column %s: %w", column, err)
		}
		line.Truncate(line.Len() - 1) // the encoder's newline
	}
	line.WriteString("}\n")
	return nil
}

// value of a column as JSON shows it; nil: none.
func (t *Table) value(column string, value any) any {
	if raw, is := value.([]byte); is {
		value = string(raw)
	}
	number, isNumber := value.(int64)
	text, isText := value.(string)
	switch {
	case isNumber && (column == t.Since || slices.Contains(t.Times, column)):
		if number == 0 {
			return nil
		}
		return fromMicros(number).Format("2006-01-02T15:04:05.000000Z07:00")
	case isText && slices.Contains(t.Documents, column):
		if text == "" {
			return nil
		}
		if json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
	case isText && slices.Contains(t.Words, column):
		if words := strings.Fields(text); len(words) > 0 {
			return words
		}
		return nil
	}
	return value
}
