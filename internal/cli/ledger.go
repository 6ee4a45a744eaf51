package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/store"
)

func newLedger() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "Look at the ledger: what it holds, all of it as JSON; take someone out of it",
		Long: `The ledger is the manager's record of what went out and what people said, outside of the cluster: a SQLite file, or a PostgreSQL
database. Of these commands only erase changes something in it; the manager may run meanwhile, but for copy.

tribune up --data-dir DIR keeps it in DIR/ledger.db. In a cluster it is on the manager's volume: run the command in its pod
(kubectl exec -n tribune-system deploy/tribune-manager -- tribune ledger stats --ledger /var/lib/tribune/ledger.db), or anywhere with the
file that holds the DSN.

  tribune ledger stats --ledger /var/lib/tribune/ledger.db
  tribune ledger export --ledger-dsn-file dsn --since 720h > ledger.jsonl`,
	}
	cmd.AddCommand(newLedgerStats(), newLedgerExport(), newLedgerCopy(), newLedgerErase())
	return cmd
}

// openLedger opens the ledger that the flags name, to read it.
func openLedger(cmd *cobra.Command, f *ledgerFlags) (*store.Reader, error) {
	if err := f.check(cmd.Flags()); err != nil {
		return nil, err
	}
	return store.OpenReader(cmd.Context(), f.options())
}

func newLedgerStats() *cobra.Command {
	var f ledgerFlags
	var output string
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Count what the ledger holds",
		Long: `Count the rows of each table, how much room they take with their indexes, and when the oldest and the newest were written.
With -o json times are RFC 3339 and sizes are bytes.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "human" && output != "json" {
				return usageError{fmt.Errorf("--output %s: use human or json", output)}
			}
			r, err := openLedger(cmd, &f)
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }()
			stats, err := r.Stats(cmd.Context())
			if err != nil {
				return err
			}
			if output == "json" {
				return writeStatsJSON(cmd.OutOrStdout(), &stats)
			}
			return writeStats(cmd.OutOrStdout(), &stats)
		},
	}
	f.add(cmd.Flags(), "", "SQLite file of the ledger")
	cmd.Flags().StringVarP(&output, "output", "o", "human", "human or json")
	return cmd
}

func writeStats(out io.Writer, s *store.Statistics) error {
	note := ""
	switch {
	case s.Schema > s.Known:
		note = fmt.Sprintf(" (newer than this program, which knows %d: what it does not know is not shown)", s.Known)
	case s.Schema < s.Known:
		note = fmt.Sprintf(" (a manager of this version brings it to %d)", s.Known)
	}
	fmt.Fprintf(out, "%s, schema %d%s\n\n", s.Engine, s.Schema, note)
	w := tabwriter.NewWriter(out, 0, 8, 3, ' ', 0)
	fmt.Fprintln(w, "TABLE\tROWS\tSIZE\tOLDEST\tNEWEST")
	var rows, bytes int64
	for i := range s.Tables {
		t := &s.Tables[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.Name, humanize.Comma(t.Rows), size(t.Bytes), writtenAt(t.Oldest), writtenAt(t.Newest))
		rows, bytes = rows+t.Rows, bytes+t.Bytes
	}
	fmt.Fprintf(w, "all\t%s\t%s\t\t\n", humanize.Comma(rows), size(bytes))
	return w.Flush()
}

func size(bytes int64) string { return humanize.IBytes(uint64(max(bytes, 0))) }

func writtenAt(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

func writeStatsJSON(out io.Writer, s *store.Statistics) error {
	type table struct {
		Table  string     `json:"table"`
		Rows   int64      `json:"rows"`
		Bytes  int64      `json:"bytes"`
		Oldest *time.Time `json:"oldest,omitempty"`
		Newest *time.Time `json:"newest,omitempty"`
	}
	shown := struct {
		Engine string  `json:"engine"`
		Schema int64   `json:"schema"`
		Known  int64   `json:"knownSchema"`
		Tables []table `json:"tables"`
	}{Engine: s.Engine, Schema: s.Schema, Known: s.Known, Tables: []table{}}
	for i := range s.Tables {
		t := &s.Tables[i]
		one := table{Table: t.Name, Rows: t.Rows, Bytes: t.Bytes}
		if !t.Oldest.IsZero() {
			one.Oldest, one.Newest = &t.Oldest, &t.Newest
		}
		shown.Tables = append(shown.Tables, one)
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(shown)
}

func newLedgerExport() *cobra.Command {
	var f ledgerFlags
	var since, format string
	var e store.Export
	var d dsaFlags
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write what the ledger holds as JSON, one row a line; or statements of reasons",
		Long: `Write the rows of the ledger as JSON, one a line, each with the name of its table. It is one state of the ledger, and any size of
it is written without keeping it in memory. docs/ledger.md says what the columns mean.

With --format dsa: what was hidden, removed, muted and blocked, by rules and by people, as statements of reasons in the shape of the
European Union's DSA transparency database, one a line, each decision once and always under the same puid. They say nothing of whom they
are about. Look at them before you send them: what they say is the team's to answer for.

  tribune ledger export --ledger ledger.db --table publications --since 2026-11-01 | jq -r 'select(.state == "Published").url'
  tribune ledger export --ledger ledger.db --format dsa --since 2026-10-01 --until 2026-11-01 --category scams=scams-and-fraud`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			now := time.Now()
			if e.Since, err = pastInstant(since, now); err != nil {
				return usageError{err}
			}
			switch format {
			case "rows":
				err = d.unused(cmd)
			case "dsa":
				if len(e.Tables) == 0 {
					return d.export(cmd, &f, e.Since, now)
				}
				err = errors.New("--table goes with --format rows")
			default:
				err = fmt.Errorf("--format %s: use rows or dsa", format)
			}
			if err != nil {
				return usageError{err}
			}
			if err := store.KnownTables(e.Tables); err != nil {
				return usageError{fmt.Errorf("--table: %w", err)}
			}
			r, err := openLedger(cmd, &f)
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }()
			return r.Export(cmd.Context(), cmd.OutOrStdout(), e)
		},
	}
	f.add(cmd.Flags(), "", "SQLite file of the ledger")
	cmd.Flags().StringVar(&since, "since", "", "leave out rows last written before, or what began before: 2026-11-01, 2026-11-01T09:00:00Z, or 720h or 30d ago")
	cmd.Flags().StringSliceVar(&e.Tables, "table", nil, "tables to export, repeatable (default: all)")
	cmd.Flags().StringVar(&format, "format", "rows", "rows of the ledger, or dsa: statements of reasons")
	d.add(cmd)
	return cmd
}

func newLedgerCopy() *cobra.Command {
	var from, to ledgerFlags
	cmd := &cobra.Command{
		Use:   "copy",
		Short: "Copy a ledger into an empty one, to move between SQLite and PostgreSQL",
		Long: `Copy all of a ledger into an empty one: all or nothing. Stop the manager first, and start it on the new one: what is written in
the old one meanwhile or afterwards is missing in the new one.

  tribune ledger copy --ledger ledger.db --to-dsn-file dsn
  tribune ledger copy --ledger-dsn-file dsn --to ledger.db`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (to.ledger == "") == (to.dsnFile == "") {
				return usageError{errors.New("say where to: --to FILE, or --to-dsn-file FILE")}
			}
			r, err := openLedger(cmd, &from)
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }()
			l, err := store.Open(cmd.Context(), to.options())
			if err != nil {
				return err
			}
			n, err := r.CopyTo(cmd.Context(), l)
			if err := errors.Join(err, l.Close()); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "copied %s rows\n", humanize.Comma(n))
			return nil
		},
	}
	from.add(cmd.Flags(), "", "SQLite file of the ledger")
	cmd.Flags().StringVar(&to.ledger, "to", "", "SQLite file of the new ledger")
	cmd.Flags().StringVar(&to.dsnFile, "to-dsn-file", "", "file with the DSN of the new ledger in PostgreSQL")
	return cmd
}

// pastInstant is a date in UTC, an instant, or so long before now; zero for no text.
func pastInstant(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if days, is := strings.CutSuffix(text, "d"); is {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return now.AddDate(0, 0, -int(n)), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, errors.New("--since " + text + ": write a date (2026-11-01), an instant (2026-11-01T09:00:00Z), or how long ago (720h, 30d)")
}
