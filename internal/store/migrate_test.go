package store

import (
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/store/storetest"
)

// bothEngines runs a test on an empty database of each.
func bothEngines(t *testing.T, test func(t *testing.T, e *engine, db *sql.DB)) {
	t.Helper()
	for name, fresh := range map[string]func(t *testing.T) *engine{
		"SQLite": func(t *testing.T) *engine { return sqliteEngine(filepath.Join(t.TempDir(), "ledger.db")) },
		"PostgreSQL": func(t *testing.T) *engine {
			return postgresEngine(storetest.DSNFile(t, storetest.Shared(t).Schema(t).String()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := fresh(t)
			writers, readers, err := e.open()
			if err != nil {
				t.Fatal(err)
			}
			defer writers.Close()
			defer readers.Close()
			test(t, e, writers)
		})
	}
}

// columnsOf all tables, and indexes, as both engines tell them.
func columnsOf(t *testing.T, e *engine, db *sql.DB) map[string]string {
	t.Helper()
	query := `SELECT m.name || '.' || c.name, lower(c.type) || CASE WHEN c."notnull" = 1 THEN ' not null' ELSE '' END || ' key ' || c.pk
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%'
		UNION ALL SELECT 'index ' || name, tbl_name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'`
	if e.name == "PostgreSQL" {
		query = `SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
				|| ' key ' || COALESCE(array_position(i.indkey::int2[], a.attnum) + 1, 0)
				|| CASE WHEN a.attcollation = 'pg_catalog."default"'::regcollation THEN ' by language' ELSE '' END
			FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
			WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname NOT LIKE 'goose_%'
			UNION ALL SELECT 'index ' || indexname, tablename FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey'`
	}
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	all := map[string]string{}
	for found.Next() {
		var name, what string
		if err := found.Scan(&name, &what); err != nil {
			t.Fatal(err)
		}
		all[name] = what
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// Every migration goes forward and back and forward, and leaves what was there before.
func TestMigrationsGoUpAndDown(t *testing.T) {
	bothEngines(t, func(t *testing.T, e *engine, db *sql.DB) {
		p, err := migrator(e, db)
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range p.ListSources() {
			before := columnsOf(t, e, db)
			if _, err := p.UpTo(t.Context(), source.Version); err != nil {
				t.Fatal(err)
			}
			after := columnsOf(t, e, db)
			if maps.Equal(before, after) {
				t.Errorf("%d changes nothing", source.Version)
			}
			if _, err := p.Down(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, columnsOf(t, e, db)); diff != "" {
				t.Errorf("%d is not undone (-before +after):\n%s", source.Version, diff)
			}
			if _, err := p.UpTo(t.Context(), source.Version); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.DownTo(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if left := columnsOf(t, e, db); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// Both engines have the same tables, columns, types, keys and indexes.
func TestSameSchemaOnBoth(t *testing.T) {
	seen := map[string]map[string]string{}
	bothEngines(t, func(t *testing.T, e *engine, db *sql.DB) {
		if err := migrate(t.Context(), e, db); err != nil {
			t.Fatal(err)
		}
		seen[e.name] = columnsOf(t, e, db)
	})
	if len(seen) < 2 {
		t.Skip("one engine only")
	}
	if diff := cmp.Diff(seen["SQLite"], seen["PostgreSQL"]); diff != "" {
		t.Errorf("(-SQLite +PostgreSQL)\n%s", diff)
	}
}

func TestOpenRefusesNewerSchema(t *testing.T) {
	bothEngines(t, func(t *testing.T, e *engine, db *sql.DB) {
		if err := migrate(t.Context(), e, db); err != nil {
			t.Fatal(err)
		}
		yes := map[string]string{"SQLite": "1", "PostgreSQL": "true"}[e.name]
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, %s)", yes)); err != nil {
			t.Fatal(err)
		}
		if err := migrate(t.Context(), e, db); err == nil || !strings.Contains(err.Error(), "newer version of Tribune") {
			t.Errorf("a ledger of a newer version: %v", err)
		}
	})
}
