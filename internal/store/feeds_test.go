package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/feed"
	"github.com/tribune-dev/tribune/internal/store"
)

// What was read of a feed is remembered over a restart, and an item that is known is never recorded anew.
func TestFeeds(t *testing.T) { onEach(t, testFeeds) }

func testFeeds(t *testing.T, fresh func(testing.TB) place) {
	there := fresh(t)
	ledger := there.start(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	key := store.FeedKey{Namespace: "acme", Calendar: "autumn", Feed: "blog", URL: "https://blog.example/feed"}
	memory, err := ledger.Feed(t.Context(), key)
	must(err)
	if !memory.FirstRead.IsZero() || len(memory.Items) > 0 {
		t.Errorf("a feed that was never read has the memory %+v", memory)
	}
	known := func(n string, plan time.Time) feed.Known {
		return feed.Known{Item: feed.Item{ID: feed.ID(n), Title: "T" + n, Summary: "s", Author: "a", Link: "https://blog.example/" + n, Published: now.Add(-time.Hour)},
			SeenAt: now, PlanAt: plan}
	}
	before, later, soon := known("0", time.Time{}), known("1", now.Add(time.Hour)), known("2", now.Add(time.Minute))
	waits := known("3", now.Add(900*time.Hour))
	read := store.FeedMemory{Memory: feed.Memory{FirstRead: now}, LastRead: now, ETag: `"1"`, Modified: "x"}
	must(ledger.RememberFeed(t.Context(), key, read, []feed.Known{before, later, soon, waits}))
	// What waits is moved, but never what was due, nor what is not to go out.
	sooner := func(k feed.Known) feed.Known { k.PlanAt = now.Add(90 * time.Hour); return k }
	changed := later
	changed.Title, changed.PlanAt = "changed", now
	read.FirstRead, read.LastRead, read.ETag = now.Add(time.Hour), now.Add(time.Hour), `"2"`
	must(ledger.RememberFeed(t.Context(), key, read, []feed.Known{changed, sooner(waits), sooner(before)}))
	waits.PlanAt = sooner(waits).PlanAt
	must(ledger.Close())

	ledger = there.start(t)
	defer func() { _ = ledger.Close() }()
	memory, err = ledger.Feed(t.Context(), key)
	must(err)
	want := store.FeedMemory{LastRead: now.Add(time.Hour), ETag: `"2"`, Modified: "x", Memory: feed.Memory{FirstRead: now, Items: map[string]feed.Known{
		before.ID: before, later.ID: later, soon.ID: soon, waits.ID: waits}}}
	if diff := cmp.Diff(want, memory); diff != "" {
		t.Errorf("memory (-want +got):\n%s", diff)
	}
	planned, err := ledger.PlannedItems(t.Context(), "acme", "autumn", now.Add(-time.Hour), waits.PlanAt)
	must(err)
	if diff := cmp.Diff([]store.PlannedItem{{FeedKey: key, Known: soon}, {FeedKey: key, Known: later}}, planned); diff != "" {
		t.Errorf("planned (-want +got):\n%s", diff)
	}
	for _, other := range []store.FeedKey{{Namespace: "acme", Calendar: "autumn", Feed: "blog", URL: "https://other.example"}, {Namespace: "b", Calendar: "autumn", Feed: "blog", URL: key.URL}} {
		if memory, err := ledger.Feed(t.Context(), other); err != nil || !memory.FirstRead.IsZero() || len(memory.Items) > 0 {
			t.Errorf("another feed has the memory %+v, %v", memory, err)
		}
	}
}

// A feed that nobody read for years is forgotten when another is read, and nothing else is.
func TestForgottenFeeds(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		year := 366 * 24 * time.Hour
		for _, f := range []struct {
			name string
			read time.Time
		}{{"gone", noon.Add(-3 * year)}, {"quiet", noon.Add(-year)}, {"today", noon}} {
			key := store.FeedKey{Namespace: "acme", Calendar: "autumn", Feed: f.name, URL: "https://blog.example/feed"}
			item := feed.Known{Item: feed.Item{ID: "1"}, SeenAt: f.read}
			if err := l.RememberFeed(t.Context(), key, store.FeedMemory{Memory: feed.Memory{FirstRead: f.read}, LastRead: f.read}, []feed.Known{item}); err != nil {
				t.Fatal(err)
			}
		}
		for name, want := range map[string]int{"gone": 0, "quiet": 1, "today": 1} {
			m, err := l.Feed(t.Context(), store.FeedKey{Namespace: "acme", Calendar: "autumn", Feed: name, URL: "https://blog.example/feed"})
			if err != nil || len(m.Items) != want || m.FirstRead.IsZero() != (want == 0) {
				t.Errorf("%s: %+v, %v", name, m, err)
			}
		}
	})
}
