package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

func joined(id, author string) store.Item {
	it := said(id, author, "")
	it.Kind = network.ItemJoin
	return it
}

// What speaks against a welcome: one before, by the same policy and on the same account, and an open case.
func TestNewcomers(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		names := []string{"ada", "bob", "eve", "leo", "zoe"}
		var joins []store.Item
		for _, name := range names {
			joins = append(joins, joined("j-"+name, name))
		}
		take(t, l, heard("1", false), append(joins, said("bob-1", "bob", "hm"))...)
		welcome := func(item, author string, state store.ActionState, policy string) store.Action {
			return store.Action{ID: item + author + policy, Namespace: "acme", Policy: policy, Account: ear.Account, Channel: "square", Item: item, Author: author, Kind: "welcome",
				State: state, CreatedAt: noon, NextAt: noon}
		}
		if err := l.Add(t.Context(), []store.Action{
			welcome("j-ada", "ada", store.ActionDone, "rules"), welcome("j-eve", "eve", store.ActionSimulated, "rules"), welcome("j-leo", "leo", store.ActionDone, "others"),
			welcome("j-zoe", "zoe", store.ActionDiscarded, "rules"),
		}); err != nil {
			t.Fatal(err)
		}
		c := store.Case{Namespace: "acme", Name: "rules-bob", Kind: "Moderation", Policy: "rules", Account: ear.Account, Item: "bob-1", State: store.CaseOpen, CreatedAt: noon}
		if err := l.AddCases(t.Context(), []store.Case{c}); err != nil {
			t.Fatal(err)
		}
		items, err := l.Undecided(t.Context(), "acme", "square", nil, 100)
		if err != nil {
			t.Fatal(err)
		}
		ask := func() map[string]store.Newcomer {
			t.Helper()
			known, err := l.Newcomers(t.Context(), "rules", items)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]store.Newcomer{}
			for i, k := range known {
				if k != (store.Newcomer{}) {
					got[items[i].ID] = k
				}
			}
			return got
		}
		if diff := cmp.Diff(map[string]store.Newcomer{"j-ada": {Greeted: true}, "j-bob": {OpenCase: true}}, ask()); diff != "" {
			t.Error(diff)
		}
		c.State = store.CaseDone
		if err := l.SaveCase(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]store.Newcomer{"j-ada": {Greeted: true}}, ask()); diff != "" {
			t.Errorf("after the case was closed: %s", diff)
		}
	})
}

func TestPosted(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		before, like := said("before", "ada", "hi"), said("like", "ada", "")
		before.CreatedAt, before.SeenAt = noon.Add(-time.Hour), noon.Add(-time.Hour)
		like.Kind = network.ItemReaction
		take(t, l, heard("1", false), before, joined("j", "ada"), like, said("other", "bob", "hi"))
		j, _, err := l.Item(t.Context(), store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "j"})
		if err != nil {
			t.Fatal(err)
		}
		if posted, err := l.Posted(t.Context(), &j); err != nil || posted {
			t.Errorf("who said nothing since posted: %t, %v", posted, err)
		}
		after := said("after", "ada", "hello all")
		after.CreatedAt, after.SeenAt = noon.Add(-time.Hour), noon.Add(time.Hour) // dated back
		take(t, l, heard("2", false), after)
		if posted, err := l.Posted(t.Context(), &j); err != nil || !posted {
			t.Errorf("who said something since did not: %t, %v", posted, err)
		}
	})
}

// What is added later is bounded as what is decided: what is over a limit is held.
func TestAddWithin(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		var actions []store.Action
		for i := range 3 {
			actions = append(actions, store.Action{ID: fmt.Sprint("w", i), Namespace: "acme", Policy: "rules", Account: ear.Account, Item: "j", Kind: "welcome", Class: "Welcome",
				State: store.ActionPending, CreatedAt: noon, NextAt: noon})
		}
		limits := []store.Limit{{Class: "Welcome", Max: 2, Window: time.Hour}}
		for range 2 { // the same again is nothing new
			if err := l.AddWithin(t.Context(), actions, limits, noon); err != nil {
				t.Fatal(err)
			}
		}
		got := map[store.ActionState]int{}
		all, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme"})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			got[a.State]++
		}
		if diff := cmp.Diff(map[store.ActionState]int{store.ActionPending: 2, store.ActionHeld: 1}, got); diff != "" {
			t.Error(diff)
		}
	})
}
