package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/feed"
	"github.com/tribune-dev/tribune/internal/store"
)

// filled is a ledger with a row or two of everything.
func filled(t *testing.T, there place) store.Options {
	t.Helper()
	l := there.start(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	begin(t, l, attempt("a"))
	finish(t, l, "a", store.Outcome{State: store.Published, URL: "https://x.example/?a=1&b=<2>", PublishedAt: noon})
	p := attempt("b")
	p.Identity, p.Hashes, p.Cursor = id("launch", 1), nil, "nul\x00 \"quoted\" \u2028"
	begin(t, l, p)
	three := int64(3)
	must(l.AddSample(t.Context(), store.Sample{Namespace: "acme", Post: "launch", Edition: 1, At: noon.Add(time.Hour), Channel: "c", Reactions: &three}))
	must(l.SaveCrisis(t.Context(), store.Crisis{Namespace: "acme", Name: "pause", UID: "u", Spec: `{"reason": "x"}`, Holds: "not JSON", OpenedAt: noon}))
	must(l.RememberFeed(t.Context(), store.FeedKey{Namespace: "acme", Calendar: "autumn", Feed: "blog", URL: "https://blog.example"},
		store.FeedMemory{Memory: feed.Memory{FirstRead: noon}, LastRead: noon}, []feed.Known{{Item: feed.Item{ID: "1", Title: "One"}, SeenAt: noon}}))
	add(t, l, 1, message("m1", noon))
	_, err := l.Seen(t.Context(), "notify", noon)
	must(err)
	must(l.Close())
	return there.Options
}

func reader(t *testing.T, o store.Options) *store.Reader {
	t.Helper()
	r, err := store.OpenReader(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func export(t *testing.T, r *store.Reader, e store.Export) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.Export(t.Context(), &out, e); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const exported = `{"table":"publications","namespace":"acme","post":"launch","edition":1,"account":"did:plc:acme","segment":0,"key":"3k2a","marker":"MARKER0","attempt":"a","owner":"tribune-0","state":"Published","content_hash":"c0ffee","cursor":"3k1z","record_id":"","revision":"","url":"https://x.example/?a=1&b=<2>","channel":"acme-bluesky","network":"Bluesky","started_at":"2026-12-01T12:00:00.123456Z","published_at":"2026-12-01T12:00:00.123456Z","updated_at":"2026-12-01T12:00:00.123456Z","hashes":["c0ffee","facade"],"text_hash":""}
{"table":"publications","namespace":"acme","post":"launch","edition":1,"account":"did:plc:acme","segment":1,"key":"3k2a","marker":"MARKER0","attempt":"b","owner":"tribune-0","state":"Sending","content_hash":"c0ffee","cursor":"nul� \"quoted\" \u2028","record_id":"","revision":"","url":"","channel":"acme-bluesky","network":"Bluesky","started_at":"2026-12-01T12:00:00.123456Z","updated_at":"2026-12-01T12:00:00.123456Z","text_hash":""}
{"table":"samples","namespace":"acme","post":"launch","edition":1,"at":"2026-12-01T13:00:00.123456Z","channel":"c","content_hash":"","seen_hash":"","reactions":3}
{"table":"crises","namespace":"acme","name":"pause","uid":"u","spec":{"reason":"x"},"holds":"not JSON","opened_at":"2026-12-01T12:00:00.123456Z","updated_at":"2026-12-01T12:00:00.123456Z"}
{"table":"feeds","namespace":"acme","calendar":"autumn","feed":"blog","url":"https://blog.example","first_read":"2026-12-01T12:00:00.123456Z","last_read":"2026-12-01T12:00:00.123456Z","etag":"","modified":""}
{"table":"feed_items","namespace":"acme","calendar":"autumn","feed":"blog","url":"https://blog.example","id":"1","title":"One","summary":"","author":"","link":"","seen_at":"2026-12-01T12:00:00.123456Z"}
{"table":"messages","namespace":"acme","receiver":"desk","id":"m1","subject_kind":"Post","subject_name":"launch","named_kind":"ContentCalendar","named_name":"autumn","event":"Failed","title":"It failed","payload":{"a":1},"state":"Pending","digest":"","claim":"","attempts":0,"last_error":"","created_at":"2026-12-01T12:00:00.123456Z","next_at":"2026-12-01T12:00:00.123456Z"}
{"table":"watchers","name":"notify","seen_at":"2026-12-01T12:00:00.123456Z"}
`

// Both engines give the same lines, each of them JSON, and leave out what was not asked for.
func TestExport(t *testing.T) {
	onEach(t, func(t *testing.T, fresh func(testing.TB) place) {
		r := reader(t, filled(t, fresh(t)))
		want := strings.ReplaceAll(exported, "MARKER0", attempt("a").Marker)
		got := export(t, r, store.Export{})
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		for line := range strings.Lines(got) {
			var row map[string]any
			if err := json.Unmarshal([]byte(line), &row); err != nil || row["table"] == nil {
				t.Errorf("%s: %v", line, err)
			}
		}
		if got := export(t, r, store.Export{Since: noon.Add(time.Minute)}); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"samples"`) {
			t.Errorf("since a minute later: %s", got)
		}
		if got := export(t, r, store.Export{Since: noon, Tables: []string{"watchers", "feeds"}}); strings.Count(got, "\n") != 2 {
			t.Errorf("two tables: %s", got)
		}
		if err := r.Export(t.Context(), io.Discard, store.Export{Tables: []string{"goose_db_version"}}); err == nil || !strings.Contains(err.Error(), "use publications, ") {
			t.Errorf("a table that is none of ours: %v", err)
		}
		if err := r.Export(t.Context(), full{}, store.Export{}); err == nil {
			t.Error("a full disk was not told")
		}
	})
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestStats(t *testing.T) {
	onEach(t, func(t *testing.T, fresh func(testing.TB) place) {
		s, err := reader(t, filled(t, fresh(t))).Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Schema != s.Known || s.Schema < 7 {
			t.Errorf("schema %d, known %d", s.Schema, s.Known)
		}
		rows := map[string]int64{}
		for _, table := range s.Tables {
			if table.Bytes <= 0 {
				t.Errorf("%s takes %d bytes", table.Name, table.Bytes)
			}
			if rows[table.Name] = table.Rows; table.Rows > 0 && (table.Oldest.Before(noon) || table.Newest.After(noon.Add(time.Hour))) {
				t.Errorf("%+v", table)
			}
		}
		for name, want := range map[string]int64{"publications": 2, "samples": 1, "crises": 1, "feeds": 1, "feed_items": 1, "messages": 1, "watchers": 1} {
			if rows[name] != want {
				t.Errorf("%s: %d rows, want %d", name, rows[name], want)
			}
		}
	})
}

// From each engine to each other one, and back: the same lines.
func TestCopy(t *testing.T) {
	onEach(t, func(t *testing.T, fresh func(testing.TB) place) {
		from := reader(t, filled(t, fresh(t)))
		want := export(t, from, store.Export{})
		for _, e := range engines {
			there := e.fresh(t)
			to := there.open(t)
			n, err := from.CopyTo(t.Context(), to)
			if err != nil || n != int64(strings.Count(want, "\n")) {
				t.Fatalf("to %s: %d rows, %v", e.name, n, err)
			}
			if diff := cmp.Diff(want, export(t, reader(t, there.Options), store.Export{})); diff != "" {
				t.Errorf("to %s (-want +got)\n%s", e.name, diff)
			}
			if _, err := from.CopyTo(t.Context(), to); err == nil || !strings.Contains(err.Error(), "not empty") {
				t.Errorf("into one that is not empty: %v", err)
			}
			begin(t, to, attempt("later")) // it goes on being written
		}
	})
}

// Who looks makes nothing.
func TestReaderChangesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, fresh func(testing.TB) place) {
		there := fresh(t)
		for range 2 {
			if _, err := store.OpenReader(t.Context(), there.Options); err == nil {
				t.Error("a ledger that is not there was opened")
			}
		}
		there.open(t)
		reader(t, there.Options)
	})
}
