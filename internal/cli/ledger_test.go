package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/store/storetest"
)

// ledgerCommand runs tribune ledger.
func ledgerCommand(t *testing.T, args ...string) (said string, err error) {
	t.Helper()
	out, errs, err := tribune(t, "", append([]string{"ledger"}, args...)...)
	return out + errs, err
}

// aLedger has two publications and a sample, and is closed.
func aLedger(t *testing.T, o store.Options) {
	t.Helper()
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { return now }
	l, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, post := range []string{"hello", "later"} {
		id := network.Identity{Namespace: "acme", Post: post, Edition: 1, Account: "did:plc:acme"}
		p := store.Publication{Identity: id, Key: "k", Marker: "m-" + post, Attempt: "a", Owner: "tribune-0", ContentHash: "c0ffee", Hashes: []string{"c0ffee"},
			Channel: "bluesky", Network: "Bluesky", StartedAt: now}
		if _, _, err := l.Begin(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if err := l.Finish(t.Context(), id, "a", store.Outcome{State: store.Published, RecordID: "at://x", URL: "https://x.example/?a=1&b=2", PublishedAt: now}); err != nil {
			t.Fatal(err)
		}
		now = now.AddDate(0, 0, 20)
	}
	if err := l.AddSample(t.Context(), store.Sample{Namespace: "acme", Post: "hello", Edition: 1, At: now, Channel: "bluesky", ContentHash: "c0ffee"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// What takes room differs from one version of a database to the next, and the schema goes on.
var (
	room   = regexp.MustCompile(`("bytes": )[1-9]\d*|\d[\d.]* [KM]iB`)
	schema = regexp.MustCompile(`(?i)(schema"?:?) \d+`)
	blanks = regexp.MustCompile(` +`)
)

// On both databases: the same figures and the same lines.
func TestLedgerCommands(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ledger.db")
	for name, tc := range map[string]struct {
		options func(t *testing.T) store.Options
		flag    string
	}{
		"SQLite": {func(*testing.T) store.Options { return store.Options{Path: file} }, "--ledger=" + file},
		"PostgreSQL": {func(t *testing.T) store.Options {
			return store.Options{DSNFile: storetest.DSNFile(t, storetest.Shared(t).Schema(t).String())}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := tc.options(t)
			aLedger(t, o)
			if tc.flag == "" {
				tc.flag = "--ledger-dsn-file=" + o.DSNFile
			}
			for name, args := range map[string][]string{
				"ledger-stats.golden":        {"stats"},
				"ledger-stats.json.golden":   {"stats", "-o", "json"},
				"ledger-export.golden":       {"export"},
				"ledger-export-since.golden": {"export", "--since", "2026-11-02", "--table", "publications"},
			} {
				said, err := ledgerCommand(t, append(args, tc.flag)...)
				if err != nil {
					t.Fatalf("%v: %v", args, err)
				}
				said = room.ReplaceAllString(said, "${1}SIZE")
				said = strings.ReplaceAll(said, "PostgreSQL", "SQLite")
				said = schema.ReplaceAllString(said, "$1 VERSION")
				golden(t, name, blanks.ReplaceAllString(said, " "))
			}
		})
	}
}

func TestLedgerWrongUse(t *testing.T) {
	dir := t.TempDir()
	dsn := filepath.Join(dir, "dsn")
	if err := os.WriteFile(dsn, []byte("postgres://user:TOPsecret@127.0.0.1:1/db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"name the ledger":               {"stats"},
		"give one of them":              {"export", "--ledger", empty, "--ledger-dsn-file", dsn},
		"use human or json":             {"stats", "--ledger", empty, "-o", "yaml"},
		"no such file":                  {"stats", "--ledger", filepath.Join(dir, "nothing.db")},
		"no ledger of Tribune":          {"export", "--ledger", empty},
		"use publications, ":            {"export", "--ledger", empty, "--table", "nothing"},
		"--since yesterday: write a da": {"export", "--ledger", empty, "--since", "yesterday"},
		"connect":                       {"stats", "--ledger-dsn-file", dsn},
		"say where to":                  {"copy", "--ledger", empty},
		"use rows or dsa":               {"export", "--ledger", empty, "--format", "csv"},
		"--until goes with --format":    {"export", "--ledger", empty, "--until", "1h"},
		"--table goes with --format":    {"export", "--ledger", empty, "--format", "dsa", "--table", "items"},
		"--until soon: write a da":      {"export", "--ledger", empty, "--format", "dsa", "--until", "soon"},
		"write rule=category":           {"export", "--ledger", empty, "--format", "dsa", "--category", "scams"},
		"use one of animal_welfare":     {"export", "--ledger", empty, "--format", "dsa", "--category", "scams=naughty"},
		"--territory US: use codes":     {"export", "--ledger", empty, "--format", "dsa", "--territory", "de,us"},
	} {
		said, err := ledgerCommand(t, args...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
		if err != nil && strings.Contains(said+err.Error(), "TOPsecret") {
			t.Errorf("%v shows the password: %s %v", args, said, err)
		}
	}
}

func TestPastInstant(t *testing.T) {
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"": {}, "2026-11-01": time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), "2026-11-01T09:00:00+01:00": time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC),
		"720h": now.Add(-720 * time.Hour), "30d": now.AddDate(0, 0, -30),
	} {
		if got, err := pastInstant(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"-1h", "d", "1", "99999999d", "2026-13-01", "now"} {
		if got, err := pastInstant(text, now); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestLedgerCopy(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from.db"), filepath.Join(dir, "to.db")
	aLedger(t, store.Options{Path: from})
	said, err := ledgerCommand(t, "copy", "--ledger", from, "--to", to)
	if err != nil || said != "copied 3 rows\n" {
		t.Fatalf("%q %v", said, err)
	}
	before, _ := ledgerCommand(t, "export", "--ledger", from)
	after, err := ledgerCommand(t, "export", "--ledger", to)
	if err != nil || before != after {
		t.Errorf("%v (-from +to)\n%s", err, cmp.Diff(before, after))
	}
	if _, err := ledgerCommand(t, "copy", "--ledger", from, "--to", to); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("into one that is not empty: %v", err)
	}
}

// The page says what every column means.
func TestLedgerPageHasEveryColumn(t *testing.T) {
	page, err := os.ReadFile("../../docs/ledger.md")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ledger.db")
	aLedger(t, store.Options{Path: file})
	r, err := store.OpenReader(t.Context(), store.Options{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for _, table := range store.Tables {
		columns, err := r.Columns(t.Context(), table.Name)
		if err != nil {
			t.Fatal(err)
		}
		_, section, found := strings.Cut(string(page), "\n### "+table.Name+"\n")
		if !found {
			t.Errorf("docs/ledger.md has no section ### %s", table.Name)
			continue
		}
		section, _, _ = strings.Cut(section, "\n##")
		for _, column := range columns {
			if !strings.Contains(section, "`"+column+"`") {
				t.Errorf("docs/ledger.md does not tell `%s` of %s", column, table.Name)
			}
		}
	}
}

// Flags of the manager: the file is the default, and the DSN takes its place.
func TestLedgerFlags(t *testing.T) {
	for _, tc := range []struct {
		args      []string
		path, dsn string
		wrong     bool
	}{
		{nil, "/var/lib/tribune/ledger.db", "", false},
		{[]string{"--ledger=x"}, "x", "", false},
		{[]string{"--ledger-dsn-file=y"}, "", "y", false},
		{[]string{"--ledger=", "--ledger-dsn-file=y"}, "", "y", false},
		{[]string{"--ledger=x", "--ledger-dsn-file=y"}, "", "", true},
		{[]string{"--ledger="}, "", "", true},
	} {
		cmd := newManager()
		if err := cmd.ParseFlags(tc.args); err != nil {
			t.Fatal(err)
		}
		var f ledgerFlags
		f.ledger, _ = cmd.Flags().GetString("ledger")
		f.dsnFile, _ = cmd.Flags().GetString("ledger-dsn-file")
		err := f.check(cmd.Flags())
		if (err != nil) != tc.wrong {
			t.Errorf("%v: %v", tc.args, err)
		}
		if o := f.options(); !tc.wrong && (o.Path != tc.path || o.DSNFile != tc.dsn) {
			t.Errorf("%v: %+v", tc.args, o)
		}
	}
}

// What is exported is JSON for every reader.
func TestExportIsJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ledger.db")
	aLedger(t, store.Options{Path: file})
	said, err := ledgerCommand(t, "export", "--ledger", file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(said) {
		if !json.Valid([]byte(line)) {
			t.Errorf("%s", line)
		}
	}
}
