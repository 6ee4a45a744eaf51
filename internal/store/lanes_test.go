package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store/storetest"
)

// newEngines are places for a ledger on each engine.
var newEngines = map[string]func(t *testing.T) Options{
	"SQLite": func(t *testing.T) Options { return Options{Path: filepath.Join(t.TempDir(), "ledger.db")} },
	"PostgreSQL": func(t *testing.T) Options {
		return Options{DSNFile: storetest.DSNFile(t, storetest.Shared(t).Schema(t).String())}
	},
}

// Listening and judging run beside each other on PostgreSQL, and nothing else does, in whichever process.
func TestWhatRunsBesideWhat(t *testing.T) {
	for name, options := range newEngines {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			var ledgers [2]*Database
			for i := range ledgers {
				l, err := Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = l.Close() })
				ledgers[i] = l
			}
			for first := range numLanes {
				for second := range numLanes {
					beside := name == "PostgreSQL" && first != exclusive && second != exclusive && first != second
					if got := runsBeside(t, ledgers, first, second); got != beside {
						t.Errorf("%d while %d runs: %v, want %v", second, first, got, beside)
					}
				}
			}
		})
	}
}

// runsBeside is true if the second of two writes, of two processes, comes to its end while the first goes on.
func runsBeside(t *testing.T, ledgers [2]*Database, first, second lane) bool {
	t.Helper()
	begun, end := make(chan struct{}), make(chan struct{})
	var g errgroup.Group
	g.Go(func() error {
		return ledgers[0].writeIn(t.Context(), first, func(context.Context, *transaction) error {
			close(begun)
			<-end
			return nil
		})
	})
	<-begun
	beside := make(chan bool, 1)
	g.Go(func() error {
		return ledgers[1].writeIn(t.Context(), second, func(context.Context, *transaction) error {
			select {
			case <-end:
				beside <- false
			default:
				beside <- true
			}
			return nil
		})
	})
	var got bool
	select {
	case got = <-beside:
		close(end)
	case <-time.After(200 * time.Millisecond): // it waits
		close(end)
		got = <-beside
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return got
}

// However listening and judging run into each other, in two processes: what waits is what is new, and what was decided was decided about the
// words that are there.
func TestListeningBesideJudging(t *testing.T) {
	for name, options := range newEngines {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			var g, listening errgroup.Group
			var one *Database
			heard, decided := make(chan struct{}), [2]int{}
			for process := range 2 {
				l, err := Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = l.Close() })
				one = l
				listening.Go(func() error { return listens(t.Context(), l, rand.New(rand.NewPCG(uint64(process), 1))) })
				g.Go(func() (err error) {
					decided[process], err = judges(t.Context(), l, rand.New(rand.NewPCG(uint64(process), 2)), heard)
					return err
				})
			}
			if err := listening.Wait(); err != nil {
				t.Error(err)
			}
			close(heard)
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			fresh := listed(t, one.readers, listNew)
			if diff := cmp.Diff(fresh, listed(t, one.readers, listUndecided)); diff != "" {
				t.Errorf("-new +waiting: %s", diff)
			}
			if wrong := listed(t, one.readers, `SELECT id || ': ' || text || ', ' || explanation FROM items WHERE state = 'Decided' AND gone = 0 AND explanation <> text ORDER BY 1`); len(wrong) > 0 {
				t.Errorf("decided about other words: %v", wrong)
			}
			for process, n := range decided {
				if n < raceRounds {
					t.Errorf("process %d decided %d times: they hardly ran beside each other", process, n)
				}
			}
		})
	}
}

const raceRounds, raceItems = 150, 40

// listens to a few items that are told again and again, with other words, in any order.
func listens(ctx context.Context, l *Database, r *rand.Rand) error {
	for round := range raceRounds {
		var items []Item
		for _, n := range r.Perm(raceItems)[:raceItems/2] {
			items = append(items, Item{SeenAt: time.UnixMicro(int64(n + 1)), Item: network.Item{
				ID: fmt.Sprint(n), Kind: network.ItemComment, Text: fmt.Sprint(round, r.IntN(3)), Revision: fmt.Sprint(round), Author: network.Person{ID: fmt.Sprint("a", n%7), Handle: fmt.Sprint(round)},
			}})
		}
		if _, err := l.Take(ctx, Heard{Ear: Ear{"acme", "square", "Local/acme"}, Cursor: fmt.Sprint(round)}, items); err != nil {
			return err
		}
	}
	return nil
}

// judges what waits, by its words and in any order, until all was heard, and tells about how many items it decided.
func judges(ctx context.Context, l *Database, r *rand.Rand, heard <-chan struct{}) (decided int, err error) {
	for round := 1; ; round++ {
		select {
		case <-heard:
			return decided, nil
		default:
		}
		items, err := l.Undecided(ctx, "acme", "square", nil, raceItems)
		if err != nil {
			return decided, err
		}
		r.Shuffle(len(items), func(i, k int) { items[i], items[k] = items[k], items[i] })
		verdicts := make([]Verdict, len(items))
		for i := range items {
			verdicts[i] = Verdict{Key: items[i].Key, Changes: items[i].Changes, Author: items[i].Author.ID, Explanation: items[i].Text, At: time.UnixMicro(int64(round))}
		}
		n, err := l.Decide(ctx, verdicts)
		if err != nil {
			return decided, err
		}
		decided += n
	}
}

// Two lanes that wait for each other's rows come to their ends all the same: one is undone, and begins again.
func TestLanesThatWaitForEachOther(t *testing.T) {
	l, err := Open(t.Context(), newEngines["PostgreSQL"](t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ear := Ear{"acme", "square", "Local/acme"}
	var items []Item
	for _, id := range []string{"a", "b"} {
		items = append(items, Item{SeenAt: time.UnixMicro(1), Item: network.Item{ID: id}})
	}
	if _, err := l.Take(t.Context(), Heard{Ear: ear}, items); err != nil {
		t.Fatal(err)
	}
	const touch = `UPDATE items SET explanation = explanation || ? WHERE namespace = 'acme' AND account = 'Local/acme' AND id = ?`
	var g errgroup.Group
	var both sync.WaitGroup // each has its first row
	both.Add(2)
	var runs atomic.Int64
	for lane, ids := range map[lane][]string{listening: {"a", "b"}, judging: {"b", "a"}} {
		var once sync.Once
		g.Go(func() error {
			return l.writeIn(t.Context(), lane, func(ctx context.Context, tx *transaction) error {
				runs.Add(1)
				for n, id := range ids {
					if _, err := tx.exec(ctx, touch, "x", id); err != nil {
						return err
					}
					if n == 0 {
						once.Do(func() { both.Done(); both.Wait() })
					}
				}
				return nil
			})
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a xx", "b xx"}, listed(t, l.readers, `SELECT id || ' ' || explanation FROM items ORDER BY 1`)); diff != "" || runs.Load() != 3 {
		t.Errorf("after %d runs, want 3: %s", runs.Load(), diff)
	}
}
