package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
)

// listed are rows of a query that gives texts.
func listed(t *testing.T, db *sql.DB, query string) (texts []string) {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var text string
		if err := found.Scan(&text); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return texts
}

const (
	listNew       = `SELECT namespace || ' ' || channel || ' ' || seen_at || ' ' || created_at || ' ' || account || ' ' || id FROM items WHERE state = 'New' ORDER BY 1`
	listUndecided = `SELECT namespace || ' ' || channel || ' ' || seen_at || ' ' || created_at || ' ' || account || ' ' || id FROM undecided ORDER BY 1`
)

// What waited before there was a table of what waits goes on waiting, and nothing else does; and back.
func TestWhatWaitsIsMovedWithItsLedger(t *testing.T) {
	bothEngines(t, func(t *testing.T, e *engine, db *sql.DB) {
		p, err := migrator(e, db)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.UpTo(t.Context(), 14); err != nil {
			t.Fatal(err)
		}
		columns := strings.Split(strings.Join(strings.Fields(itemColumns), " "), ", ")
		columns = slices.DeleteFunc(columns, func(name string) bool { return name == "author_edited" }) // the last, which came with a later version
		for n, state := range []ItemState{ItemNew, ItemDecided, ItemNew, ItemRecorded} {
			values := itemValues(Heard{Ear: Ear{"acme", "square", "Local/acme"}}, &Item{SeenAt: time.UnixMicro(int64(7 - n)), Item: network.Item{ID: fmt.Sprint("i", n)}})
			for c, name := range columns {
				if name == "state" {
					values[c] = string(state)
				}
			}
			query := e.bind("INSERT INTO items (" + strings.Join(columns, ", ") + ") VALUES " + placeholders(1, len(columns)))
			if _, err := db.ExecContext(t.Context(), query, values[:len(columns)]...); err != nil {
				t.Fatal(err)
			}
		}
		items := listed(t, db, listNew)
		for range 2 {
			if _, err := p.UpTo(t.Context(), 15); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(items, listed(t, db, listUndecided)); diff != "" || len(items) != 2 {
				t.Errorf("%v %s", items, diff)
			}
			if _, err := p.Down(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(items, listed(t, db, listNew)); diff != "" {
				t.Errorf("after going back: %s", diff)
			}
		}
	})
}

// Whatever comes, is changed, taken back, decided about or erased: what waits is what is new.
func TestWhatIsNewWaits(t *testing.T) {
	for name, options := range newEngines {
		t.Run(name, func(t *testing.T) {
			l, err := Open(t.Context(), options(t))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			r := rand.New(rand.NewPCG(1, 2))
			waited := 0
			for step := range 60 {
				if err := happens(t.Context(), l, r, step); err != nil {
					t.Fatal(err)
				}
				fresh := listed(t, l.readers, listNew)
				if diff := cmp.Diff(fresh, listed(t, l.readers, listUndecided)); diff != "" {
					t.Fatalf("step %d (-new +waiting): %s", step, diff)
				}
				waited += len(fresh)
			}
			if waited == 0 {
				t.Error("nothing ever waited")
			}
		})
	}
}

// happens does something to a few items: on two channels of an account, at times and with texts that are not told apart by some.
func happens(ctx context.Context, l *Database, r *rand.Rand, step int) error {
	ear := Ear{"acme", []string{"square", "circle"}[r.IntN(2)], "Local/acme"}
	switch r.IntN(6) {
	case 0, 1, 2:
		var items []Item
		for range r.IntN(8) {
			id := r.IntN(30)
			items = append(items, Item{SeenAt: time.UnixMicro(int64(step/4 + 1)), Item: network.Item{
				ID: fmt.Sprint("i\x00", id), Kind: network.ItemComment, Text: fmt.Sprint("text ", r.IntN(3)), Revision: fmt.Sprint(r.IntN(3)),
				Gone: r.IntN(5) == 0, Ours: id%10 == 9, Author: network.Person{ID: fmt.Sprint("a", id%4), Handle: fmt.Sprint("a", id%4)},
			}})
		}
		_, err := l.Take(ctx, Heard{Ear: ear, Cursor: fmt.Sprint(step), Baseline: false}, items)
		return err
	case 3, 4:
		items, err := l.Undecided(ctx, ear.Namespace, ear.Channel, nil, 1+r.IntN(8))
		if err != nil || len(items) == 0 {
			return err
		}
		verdicts := make([]Verdict, len(items))
		for i := range items {
			verdicts[i] = Verdict{Key: items[i].Key, Changes: items[i].Changes - int64(r.IntN(4)/3), Author: items[i].Author.ID, At: time.UnixMicro(int64(step))}
		}
		_, err = l.Decide(ctx, verdicts)
		return err
	default:
		if step%3 > 0 {
			return nil
		}
		_, err := l.EraseAuthor(ctx, Author{Namespace: "acme", Who: fmt.Sprint("a", r.IntN(4))})
		return err
	}
}
