package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// A regular is there in three weeks of four, and nothing speaks against them.
func TestRegulars(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		now := noon.Add(28 * 24 * time.Hour)
		n := 0
		says := func(author string, times, everyDays int, change ...func(*store.Item)) (items []store.Item) {
			for i := range times {
				n++
				it := said(fmt.Sprint("i", n), author, "hello")
				it.SeenAt = now.Add(-time.Duration(1+i*everyDays) * 24 * time.Hour)
				it.CreatedAt = it.SeenAt
				theirs := false
				it.ParentOurs = &theirs
				for _, f := range change {
					f(&it)
				}
				items = append(items, it)
			}
			return items
		}
		var all []store.Item
		add := func(items []store.Item) { all = append(all, items...) }
		add(says("ada", 12, 2))
		add(says("zoe", 26, 1, func(it *store.Item) { it.CreatedAt = time.Time{}; it.ParentOurs = nil }))
		add(says("often-in-a-week", 30, 0))
		add(says("seldom", 4, 7))
		add(says("long-ago", 20, 1, func(it *store.Item) {
			it.CreatedAt, it.SeenAt = it.CreatedAt.AddDate(0, 0, -30), it.SeenAt.AddDate(0, 0, -30)
		}))
		add(says("likes", 20, 1, func(it *store.Item) { it.Kind = network.ItemReaction }))
		add(says("team", 20, 1, func(it *store.Item) { it.Author.IsTeam = true }))
		add(says("bot", 20, 1, func(it *store.Item) { it.Author.Bot = true }))
		add(says("ours", 20, 1, func(it *store.Item) { it.Ours = true }))
		add(says("hidden-once", 20, 1, func(it *store.Item) { it.Hidden = n%20 == 0 }))
		struck := says("struck", 20, 1)
		add(struck)
		take(t, l, heard("1", false), all...)

		v := verdict(struck[0].ID, "Allow")
		v.Author, v.At = "struck", now.Add(-time.Hour)
		if _, err := l.Decide(t.Context(), []store.Verdict{v}); err != nil {
			t.Fatal(err)
		}
		got, err := l.Regulars(t.Context(), "acme", now, 10)
		if err != nil {
			t.Fatal(err)
		}
		want := []store.Regular{
			{Namespace: "acme", Account: ear.Account, ID: "zoe", Handle: "zoe", Said: 26, Days: 26, Weeks: 4, Last: now.Add(-24 * time.Hour)},
			{Namespace: "acme", Account: ear.Account, ID: "ada", Handle: "ada", Said: 12, Days: 12, Weeks: 4, Answers: 12, Last: now.Add(-24 * time.Hour)},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if got, err := l.Regulars(t.Context(), "acme", now, 1); err != nil || len(got) != 1 || got[0].ID != "zoe" {
			t.Errorf("the first: %v %v", got, err)
		}
		for author, holds := range map[string]bool{"ada": true, "zoe": true, "often-in-a-week": false, "seldom": false, "long-ago": false, "likes": false, "hidden-once": false, "struck": false, "nobody": false} {
			r, err := l.RegularOf(t.Context(), "acme", ear.Account, author, now)
			if err != nil || r.Holds() != holds {
				t.Errorf("%s: %+v %v", author, r, err)
			}
		}
	})
}
