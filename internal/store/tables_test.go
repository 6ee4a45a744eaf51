package store

import (
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Tables names every table of the schema, with its columns as they are.
func TestTablesAreTheSchema(t *testing.T) {
	bothEngines(t, func(t *testing.T, e *engine, db *sql.DB) {
		if err := migrate(t.Context(), e, db); err != nil {
			t.Fatal(err)
		}
		columns := columnsOf(t, e, db)
		for name := range columns {
			table, _, isColumn := strings.Cut(name, ".")
			if isColumn && !slices.ContainsFunc(Tables, func(t Table) bool { return t.Name == table }) {
				t.Errorf("table %s is not among Tables: it would be missing in statistics and exports", table)
			}
		}
		for _, table := range Tables {
			for _, column := range slices.Concat([]string{table.Since}, table.Times) {
				if column == "" {
					continue
				}
				if is := columns[table.Name+"."+column]; !strings.HasPrefix(is, "bigint") {
					t.Errorf("%s.%s is %q, want a bigint", table.Name, column, is)
				}
			}
			for _, column := range slices.Concat(table.Documents, table.Words) {
				if is := columns[table.Name+"."+column]; !strings.HasPrefix(is, "text") {
					t.Errorf("%s.%s is %q, want a text", table.Name, column, is)
				}
			}
			for i, column := range strings.Split(table.Key, ", ") {
				if is := columns[table.Name+"."+column]; !strings.HasSuffix(is, " key "+strconv.Itoa(i+1)) {
					t.Errorf("%s.%s is %q, want it in place %d of the primary key", table.Name, column, is, i+1)
				}
			}
		}
	})
}
