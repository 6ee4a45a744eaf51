package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 123456000, time.UTC)

func id(post string, segment int) network.Identity {
	return network.Identity{Namespace: "acme", Post: post, Edition: 1, Account: "did:plc:acme", Segment: segment}
}

func attempt(name string) store.Publication {
	i := id("launch", 0)
	return store.Publication{
		Identity: i, Key: "3k2a", Marker: i.Marker(), Attempt: name, Owner: "tribune-0", ContentHash: "c0ffee", Hashes: []string{"c0ffee", "facade"},
		Cursor: "3k1z", Channel: "acme-bluesky", Network: "Bluesky", StartedAt: noon,
	}
}

func begin(t *testing.T, l store.Ledger, p store.Publication) (store.Publication, bool) {
	t.Helper()
	current, won, err := l.Begin(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return current, won
}

func finish(t *testing.T, l store.Ledger, name string, o store.Outcome) {
	t.Helper()
	if err := l.Finish(t.Context(), id("launch", 0), name, o); err != nil {
		t.Fatal(err)
	}
}

func TestRoundTrip(t *testing.T) { onEachAnew(t, testRoundTrip) }

func testRoundTrip(t *testing.T, l *store.Database) {
	p := attempt("a")
	want := p
	want.State, want.UpdatedAt = store.Sending, noon
	current, won := begin(t, l, p)
	if diff := cmp.Diff(want, current); diff != "" || !won {
		t.Errorf("won %v, -want +got:\n%s", won, diff)
	}
	finish(t, l, "a", store.Outcome{State: store.Published, RecordID: "at://x", Revision: "cid", URL: "https://x", PublishedAt: noon})
	want.State, want.RecordID, want.Revision, want.URL, want.PublishedAt = store.Published, "at://x", "cid", "https://x", noon
	for name, read := range map[string]func() ([]store.Publication, error){
		"account": func() ([]store.Publication, error) {
			return l.Publications(t.Context(), "acme", "launch", 1, "did:plc:acme")
		},
		"any account": func() ([]store.Publication, error) { return l.Publications(t.Context(), "acme", "launch", 1, "") },
		"post":        func() ([]store.Publication, error) { return l.ByPost(t.Context(), "acme", "launch") },
	} {
		got, err := read()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]store.Publication{want}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	for _, q := range []struct {
		edition int64
		account string
	}{{2, ""}, {1, "did:plc:other"}} {
		if got, err := l.Publications(t.Context(), "acme", "launch", q.edition, q.account); err != nil || len(got) != 0 {
			t.Errorf("%+v: %v %v", q, got, err)
		}
	}
	for post, want := range map[string]bool{"launch": true, "other": false} {
		if got, err := l.HasAny(t.Context(), "acme", post); err != nil || got != want {
			t.Errorf("HasAny(%s) = %v, %v", post, got, err)
		}
	}
}

func TestBegin(t *testing.T) { onEach(t, testBegin) }

func testBegin(t *testing.T, fresh func(testing.TB) place) {
	second := func(supersedes string) store.Publication {
		p := attempt("b")
		p.Supersedes, p.Key = supersedes, "3k2b"
		return p
	}
	for _, tc := range []struct {
		name   string
		ended  store.State // "" leaves the first attempt Sending
		second store.Publication
		won    bool
	}{
		{"open attempt stands", "", second(""), false},
		{"open attempt superseded", "", second("a"), true},
		{"wrong attempt superseded", "", second("z"), false},
		{"the same attempt again", "", attempt("a"), true},
		{"unknown stands", store.Unknown, second(""), false},
		{"unknown superseded", store.Unknown, second("a"), true},
		{"not sent", store.NotSent, second(""), true},
		{"not sent, other superseded", store.NotSent, second("z"), true},
		{"failed", store.Failed, second(""), true},
		{"published stands", store.Published, second("a"), false},
		{"published stands for its own attempt", store.Published, attempt("a"), false},
		{"deleted stands", store.Deleted, second("a"), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := fresh(t).open(t)
			first, won := begin(t, l, attempt("a"))
			if !won {
				t.Fatal("first attempt lost")
			}
			if tc.ended != "" {
				finish(t, l, "a", store.Outcome{State: tc.ended})
				first.State = tc.ended
			}
			current, won := begin(t, l, tc.second)
			if won != tc.won {
				t.Errorf("won = %v", won)
			}
			want := first
			if tc.won {
				want = tc.second
				want.State, want.Supersedes, want.UpdatedAt = store.Sending, "", noon
			}
			if diff := cmp.Diff(want, current); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if _, _, err := fresh(t).open(t).Begin(t.Context(), attempt("")); err == nil {
		t.Error("an attempt without a name began")
	}
}

func TestFinish(t *testing.T) { onEach(t, testFinish) }

func testFinish(t *testing.T, fresh func(testing.TB) place) {
	for _, tc := range []struct {
		name    string
		first   []store.State // outcomes of attempt "a"
		attempt string
		to      store.State
		want    error
		state   store.State
	}{
		{"published", nil, "a", store.Published, nil, store.Published},
		{"unknown, then published", []store.State{store.Unknown}, "a", store.Published, nil, store.Published},
		{"unknown, then not sent", []store.State{store.Unknown}, "a", store.NotSent, nil, store.NotSent},
		{"again", []store.State{store.Published}, "a", store.Published, nil, store.Published},
		{"deleted", []store.State{store.Published}, "a", store.Deleted, nil, store.Deleted},
		{"published is final", []store.State{store.Published}, "a", store.NotSent, store.ErrSuperseded, store.Published},
		{"published is not unknown", []store.State{store.Published}, "a", store.Unknown, store.ErrSuperseded, store.Published},
		{"deleted is final", []store.State{store.Published, store.Deleted}, "a", store.Published, store.ErrSuperseded, store.Deleted},
		{"another attempt", nil, "z", store.Published, store.ErrSuperseded, store.Sending},
		{"another attempt not sent", nil, "z", store.NotSent, store.ErrSuperseded, store.Sending},
		{"another attempt, both not sent", []store.State{store.NotSent}, "z", store.NotSent, nil, store.NotSent},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := fresh(t).open(t)
			begin(t, l, attempt("a"))
			for _, s := range tc.first {
				finish(t, l, "a", store.Outcome{State: s})
			}
			err := l.Finish(t.Context(), id("launch", 0), tc.attempt, store.Outcome{State: tc.to})
			if !errors.Is(err, tc.want) {
				t.Errorf("err = %v, want %v", err, tc.want)
			}
			rows, err := l.ByPost(t.Context(), "acme", "launch")
			if err != nil || len(rows) != 1 || rows[0].State != tc.state {
				t.Errorf("%v %v", rows, err)
			}
		})
	}
}

func TestFinishWithoutRow(t *testing.T) { onEachAnew(t, testFinishWithoutRow) }

func testFinishWithoutRow(t *testing.T, l *store.Database) {
	finish(t, l, "a", store.Outcome{State: store.NotSent})
	if has, err := l.HasAny(t.Context(), "acme", "launch"); has || err != nil {
		t.Errorf("%v %v", has, err)
	}
	finish(t, l, "a", store.Outcome{State: store.Published, RecordID: "at://x"})
	rows, err := l.ByPost(t.Context(), "acme", "launch")
	if err != nil || len(rows) != 1 || rows[0].RecordID != "at://x" || rows[0].Attempt != "a" {
		t.Errorf("%v %v", rows, err)
	}
}

func TestAdopt(t *testing.T) { onEachAnew(t, testAdopt) }

func testAdopt(t *testing.T, l *store.Database) {
	begin(t, l, attempt("a"))
	found := store.Publication{Identity: id("launch", 0), RecordID: "at://x", URL: "https://x"}
	if err := l.Adopt(t.Context(), found); err != nil {
		t.Fatal(err)
	}
	want := attempt("a")
	want.State, want.RecordID, want.URL, want.UpdatedAt = store.Published, "at://x", "https://x", noon
	check := func() {
		t.Helper()
		rows, err := l.ByPost(t.Context(), "acme", "launch")
		if diff := cmp.Diff([]store.Publication{want}, rows); err != nil || diff != "" {
			t.Errorf("%v -want +got:\n%s", err, diff)
		}
	}
	check()
	if err := l.Adopt(t.Context(), found); err != nil {
		t.Errorf("again: %v", err)
	}
	found.RecordID = "at://y"
	if err := l.Adopt(t.Context(), found); !errors.Is(err, store.ErrOtherRecord) {
		t.Errorf("other record: %v", err)
	}
	check()

	anew := store.Publication{Identity: id("launch", 1), RecordID: "at://z"}
	if err := l.Adopt(t.Context(), anew); err != nil {
		t.Fatal(err)
	}
	anew.State = store.Published
	rows, err := l.Publications(t.Context(), "acme", "launch", 1, "did:plc:acme")
	if diff := cmp.Diff([]store.Publication{want, anew}, rows, cmpopts.IgnoreFields(store.Publication{}, "UpdatedAt")); err != nil || diff != "" {
		t.Errorf("%v -want +got:\n%s", err, diff)
	}
}

// Several processes on one ledger: of many attempts at the same publication one wins.
func TestOneWins(t *testing.T) { onEach(t, testOneWins) }

func testOneWins(t *testing.T, fresh func(testing.TB) place) {
	there := fresh(t)
	var ledgers []*store.Database
	for range 8 {
		ledgers = append(ledgers, there.open(t))
	}
	const posts, attempts = 40, 16
	var wins [posts]atomic.Int64
	var wg sync.WaitGroup
	for post := range posts {
		for a := range attempts {
			wg.Go(func() {
				p := attempt(fmt.Sprintf("attempt-%d", a))
				p.Identity = id(fmt.Sprintf("post-%d", post), 0)
				current, won, err := ledgers[a%len(ledgers)].Begin(t.Context(), p)
				if err != nil {
					t.Error(err)
				}
				if won != (current.Attempt == p.Attempt) {
					t.Errorf("won %v, but %s has it", won, current.Attempt)
				}
				if won {
					wins[post].Add(1)
				}
			})
		}
	}
	wg.Wait()
	for post := range wins {
		if n := wins[post].Load(); n != 1 {
			t.Errorf("post %d: %d attempts won", post, n)
		}
	}
}

// However many contend for a publication, again and again, one has it at a time.
func TestFence(t *testing.T) { onEach(t, testFence) }

func testFence(t *testing.T, fresh func(testing.TB) place) {
	there := fresh(t)
	const processes, rounds = 6, 40
	var holders, wins atomic.Int64
	var wg sync.WaitGroup
	for process := range processes {
		l := there.open(t)
		for thread := range 3 {
			wg.Go(func() {
				for round := range rounds {
					name := fmt.Sprintf("attempt-%d-%d-%d", process, thread, round)
					_, won, err := l.Begin(t.Context(), attempt(name))
					if err != nil {
						t.Error(err)
						return
					}
					if !won {
						continue
					}
					wins.Add(1)
					if n := holders.Add(1); n != 1 {
						t.Errorf("%d have it at once", n)
					}
					holders.Add(-1)
					if err := l.Finish(t.Context(), id("launch", 0), name, store.Outcome{State: store.NotSent}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	wg.Wait()
	if wins.Load() < 2 {
		t.Errorf("%d wins are no contest", wins.Load())
	}
	t.Logf("%d of %d attempts won", wins.Load(), processes*3*rounds)
}

// One bad write in a batch spoils no other.
func TestBadWriteFailsAlone(t *testing.T) { onEachAnew(t, testBadWriteFailsAlone) }

func testBadWriteFailsAlone(t *testing.T, l *store.Database) {
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			p := attempt("a")
			p.Identity = id(fmt.Sprintf("post-%d", i), 0)
			if _, won, err := l.Begin(t.Context(), p); err != nil || !won {
				t.Errorf("begin %d: %v %v", i, won, err)
			}
			bad := store.Outcome{State: "Nonsense"}
			if i%10 != 0 {
				bad.State = store.Published
			}
			err := l.Finish(t.Context(), p.Identity, "a", bad)
			if (err != nil) != (i%10 == 0) {
				t.Errorf("finish %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

func TestCloseWaitsForWrites(t *testing.T) { onEach(t, testCloseWaitsForWrites) }

func testCloseWaitsForWrites(t *testing.T, fresh func(testing.TB) place) {
	there := fresh(t)
	l := there.start(t)
	var done atomic.Int64
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			p := attempt("a")
			p.Identity = id(fmt.Sprintf("post-%d", i), 0)
			_, _, err := l.Begin(t.Context(), p)
			switch {
			case err == nil:
				done.Add(1)
			case !errors.Is(err, store.ErrClosed):
				t.Error(err)
			}
		})
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if _, _, err := l.Begin(t.Context(), attempt("late")); !errors.Is(err, store.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	l = there.open(t)
	found := int64(0)
	for i := range 100 {
		has, err := l.HasAny(t.Context(), "acme", fmt.Sprintf("post-%d", i))
		if err != nil {
			t.Fatal(err)
		}
		if has {
			found++
		}
	}
	if found != done.Load() {
		t.Errorf("%d acknowledged, %d recorded", done.Load(), found)
	}
}

func TestOpen(t *testing.T) {
	if _, err := store.Open(t.Context(), store.Options{}); err == nil {
		t.Error("no path: want an error")
	}
	// Several processes that start at once, in a folder that is not there, with a name that needs escaping.
	path := filepath.Join(t.TempDir(), "new", "led?ger %41#.db")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			l, err := store.Open(t.Context(), store.Options{Path: path})
			if err != nil {
				t.Error(err)
				return
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if found, err := filepath.Glob(filepath.Join(filepath.Dir(path), "led[?]ger %41#.db")); err != nil || len(found) != 1 {
		t.Errorf("the file has another name: %v %v", found, err)
	}
}

// Several processes that start at once on an empty database.
func TestOpenTogether(t *testing.T) {
	onEach(t, func(t *testing.T, fresh func(testing.TB) place) {
		there := fresh(t)
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				l, err := store.Open(t.Context(), there.Options)
				if err != nil {
					t.Error(err)
					return
				}
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

// What others write is kept as far as it can be, and found again, on every engine alike.
func TestHostileText(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		p := attempt("a")
		p.URL, p.Post = "nul\x00 and \xff\xfe \u202e", "name\x00"
		begin(t, l, p)
		if err := l.Finish(t.Context(), p.Identity, "a", store.Outcome{State: store.Published, Revision: "\x00"}); err != nil {
			t.Fatal(err)
		}
		rows, err := l.ByPost(t.Context(), "acme", "name\x00")
		if err != nil || len(rows) != 1 || rows[0].URL != "nul\uFFFD and \uFFFD \u202e" || rows[0].Revision != "\uFFFD" {
			t.Errorf("%+v %v", rows, err)
		}
	})
}

// Texts are in the order of their bytes, whatever language the database was set up with.
func TestOrder(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		for _, account := range []string{"b", "ä", "Z", "a", "_", "-a"} {
			p := attempt("a")
			p.Account = account
			begin(t, l, p)
		}
		rows, err := l.ByPost(t.Context(), "acme", "launch")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, r.Account)
		}
		if diff := cmp.Diff([]string{"-a", "Z", "_", "a", "b", "ä"}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
