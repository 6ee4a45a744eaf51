package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/store"
)

// Pages of items have each once, also where many came at the same moment.
func TestItemsByPage(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		var items []store.Item
		for i := range 25 {
			it := said(fmt.Sprintf("n%02d", i), fmt.Sprint("a", i%3), "hi")
			it.SeenAt = noon.Add(time.Duration(i/10) * time.Second)
			items = append(items, it)
		}
		take(t, l, heard("1", false), items...)
		var got []string
		f := store.ItemFilter{Namespace: "acme", Limit: 7}
		for {
			page, err := l.Items(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for i := range page {
				got = append(got, page[i].ID)
			}
			if len(page) < f.Limit {
				break
			}
			f.After = &page[len(page)-1]
		}
		var want []string
		for i := range 25 {
			want = append(want, fmt.Sprintf("n%02d", i))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for name, c := range map[string]struct {
			f    store.ItemFilter
			want int
		}{
			"by handle":         {store.ItemFilter{Namespace: "acme", Author: "a1"}, 8},
			"by id":             {store.ItemFilter{Namespace: "acme", ID: "n03"}, 1},
			"since":             {store.ItemFilter{Namespace: "acme", Since: noon.Add(time.Second)}, 15},
			"another namespace": {store.ItemFilter{Namespace: "other"}, 0},
			"another account":   {store.ItemFilter{Namespace: "acme", Account: "x"}, 0},
			"another channel":   {store.ItemFilter{Namespace: "acme", Channel: "x"}, 0},
		} {
			if found, err := l.Items(t.Context(), c.f); err != nil || len(found) != c.want {
				t.Errorf("%s: %d items, %v; want %d", name, len(found), err, c.want)
			}
		}
		newest, err := l.Items(t.Context(), store.ItemFilter{Namespace: "acme", Newest: true, Limit: 2})
		if err != nil || len(newest) != 2 || newest[0].ID != "n20" {
			t.Errorf("the newest: %+v, %v", newest, err)
		}
	})
}

// What is known of someone, before and after they are erased.
func TestPeople(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		take(t, l, heard("1", false), said("1", "bob", "nitwit"), said("2", "ada", "hello"))
		bob := verdict("1", "Hide", store.Action{Kind: "hide", Author: "bob", Payload: "{}"})
		bob.Author = "bob"
		if _, err := l.Decide(t.Context(), []store.Verdict{bob}); err != nil {
			t.Fatal(err)
		}
		people, err := l.People(t.Context(), "acme", "bob")
		if err != nil || len(people) != 1 || people[0].Account != ear.Account || !people[0].FirstSeen.Equal(noon) || people[0].Handle != "bob" {
			t.Fatalf("%+v, %v", people, err)
		}
		strikes, err := l.StrikesOf(t.Context(), "acme", ear.Account, "bob", 10)
		want := []store.KeptStrike{{Policy: "rules", Account: ear.Account, Item: "1", Strike: store.Strike{Rule: "insults", Weight: 2}, At: noon}}
		if diff := cmp.Diff(want, strikes); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		cases, err := l.CasesOf(t.Context(), "acme", ear.Account, "bob", 10)
		if err != nil || len(cases) != 1 || cases[0].Name != "rules-1" {
			t.Errorf("%+v, %v", cases, err)
		}
		actions, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", Author: "bob"})
		if err != nil || len(actions) != 1 {
			t.Errorf("%+v, %v", actions, err)
		}
		held, err := l.HeldOf(t.Context(), store.Author{Namespace: "acme", Who: "bob"})
		if err != nil || held != (store.Erased{Items: 1, People: 1, Cases: 1}) {
			t.Errorf("%+v, %v", held, err)
		}
		erased, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "bob"})
		if err != nil || erased != held {
			t.Errorf("%+v, %v; announced %+v", erased, err, held)
		}
		if left, err := l.HeldOf(t.Context(), store.Author{Namespace: "acme", Who: "bob"}); err != nil || left != (store.Erased{}) {
			t.Errorf("%+v, %v", left, err)
		}
		if people, err := l.People(t.Context(), "acme", "bob"); err != nil || len(people) != 0 {
			t.Errorf("%+v, %v", people, err)
		}
	})
}

// What was told to the team of someone who is erased goes too, and what was not done yet is not done without its words.
func TestErasureOfMessages(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		take(t, l, heard("1", false), said("1", "bob", "help"), said("2", "ada", "help"))
		route := func() store.Action { return store.Action{Kind: "route", Payload: `{"text":"help"}`} }
		if _, err := l.Decide(t.Context(), []store.Verdict{verdict("1", "Allow", route()), verdict("2", "Allow", route())}); err != nil {
			t.Fatal(err)
		}
		by := store.ObjectName{Kind: "CommunityPolicy", Name: "rules"}
		var messages []store.Message
		for _, id := range []string{"1-0", "2-0"} {
			messages = append(messages, store.Message{Namespace: "acme", Receiver: "desk", ID: id, Subject: by, NamedBy: by, Event: "Routed", Title: "t", Payload: []byte(`{"text":"help"}`), CreatedAt: noon, NextAt: noon})
		}
		if _, err := l.AddMessages(t.Context(), messages); err != nil {
			t.Fatal(err)
		}
		if _, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "bob"}); err != nil {
			t.Fatal(err)
		}
		if added, err := l.AddMessages(t.Context(), messages[1:]); err != nil || added != 0 {
			t.Errorf("ada's message is gone too: %d added, %v", added, err)
		}
		if added, err := l.AddMessages(t.Context(), messages[:1]); err != nil || added != 1 {
			t.Errorf("bob's message is still there: %d added, %v", added, err)
		}
		for id, want := range map[string]store.ActionState{"1": store.ActionDiscarded, "2": store.ActionPending} {
			actions, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", Item: id})
			if err != nil || len(actions) != 1 || actions[0].State != want {
				t.Errorf("%s: %+v, %v; want %s", id, actions, err, want)
			}
		}
	})
}
