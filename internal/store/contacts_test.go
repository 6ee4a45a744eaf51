package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// What counts as contact: what they said to us, and what one of our people said to them, here or in the network's own app.
func TestContacts(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		ask := func(now time.Time, people ...store.Contact) []store.Contact {
			t.Helper()
			got, err := l.Contacts(t.Context(), "acme", "rules", people, now)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		ada, nobody := store.Contact{Handle: "@Ada", Network: "Bluesky"}, store.Contact{Handle: "nobody"}
		if diff := cmp.Diff([]store.Contact{{Handle: "@Ada", Network: "Bluesky", Since: noon}, {Handle: "nobody", Since: noon}}, ask(noon, ada, nobody)); diff != "" {
			t.Errorf("named for the first time: %s", diff)
		}
		last := func(now time.Time) time.Time { t.Helper(); return ask(now, ada, nobody)[0].Last }
		hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
		one, like := said("a1", "Ada", "hello"), said("a2", "Ada", "")
		one.CreatedAt, one.SeenAt = hour(1), hour(1)
		like.Kind, like.CreatedAt, like.SeenAt = network.ItemReaction, hour(2), hour(2)
		take(t, l, heard("1", false), one, like)
		if got := last(hour(3)); !got.Equal(hour(1)) {
			t.Errorf("what they said was at %s, a like is none", got)
		}
		reply := func(id, by string, at time.Time) store.Action {
			return store.Action{ID: id, Namespace: "acme", Policy: "rules", Account: ear.Account, Item: "a1", Author: "Ada", Kind: "reply", By: by, State: store.ActionDone,
				Ref: network.Ref{ID: "ref-" + id}, CreatedAt: at, DoneAt: at}
		}
		if err := l.Add(t.Context(), []store.Action{reply("auto", "", hour(4))}); err != nil {
			t.Fatal(err)
		}
		ours := func(id, ref string, at time.Time) store.Item {
			it := said(id, "us", "hi")
			it.Ours, it.Ref.ID, it.Parent, it.CreatedAt, it.SeenAt = true, ref, "ra1", at, at
			return it
		}
		take(t, l, heard("2", false), ours("o1", "ref-auto", hour(4)))
		if got := last(hour(4)); !got.Equal(hour(1)) {
			t.Errorf("an automatic reply is taken for contact, at %s", got)
		}
		take(t, l, heard("3", false), ours("o2", "by hand", hour(5)))
		if got := last(hour(5)); !got.Equal(hour(5)) {
			t.Errorf("what was answered in the app was at %s", got)
		}
		if err := l.Add(t.Context(), []store.Action{reply("maria", "maria", hour(6))}); err != nil {
			t.Fatal(err)
		}
		if got := last(hour(7)); !got.Equal(hour(6)) {
			t.Errorf("what maria answered was at %s", got)
		}
		// What was told is remembered, also when what was said is forgotten.
		if err := l.Reminded(t.Context(), "acme", "rules", &ada, hour(8)); err != nil {
			t.Fatal(err)
		}
		if _, err := l.ForgetBefore(t.Context(), hour(7)); err != nil {
			t.Fatal(err)
		}
		want := store.Contact{Handle: "@Ada", Network: "Bluesky", Since: noon, Last: hour(6), Reminded: hour(8)}
		if diff := cmp.Diff(want, ask(hour(9), ada)[0]); diff != "" {
			t.Error(diff)
		}
		if quiet := want.Quiet(); !quiet.Equal(hour(8)) {
			t.Errorf("quiet since %s", quiet)
		}
		if other := ask(hour(9), store.Contact{Handle: "ada", Network: "Mastodon"})[0]; !other.Since.Equal(hour(9)) {
			t.Errorf("on another network: %+v", other)
		}
		// Who asks to be forgotten is.
		if _, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "Ada"}); err != nil {
			t.Fatal(err)
		}
		if got := ask(hour(10), ada)[0]; !got.Since.Equal(hour(10)) || !got.Last.IsZero() {
			t.Errorf("erased, and known: %+v", got)
		}
		// Whom nobody names any more is forgotten in time.
		if _, err := l.ForgetBefore(t.Context(), hour(1000)); err != nil {
			t.Fatal(err)
		}
		if got := ask(hour(1000), nobody)[0]; !got.Since.Equal(hour(1000)) {
			t.Errorf("%+v", got)
		}
	})
}
