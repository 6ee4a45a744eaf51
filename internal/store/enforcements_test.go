package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/store"
)

// What was enforced is told once, by whomever and however often it was done; what was not done, or is no restriction, is not.
func TestEnforcements(t *testing.T) {
	onEach(t, func(t *testing.T, fresh func(testing.TB) place) {
		p := fresh(t)
		l := p.open(t)
		take(t, l, heard("1", false), said("1", "a1", "hi"), said("2", "a2", "ho"), said("3", "a3", "hu"))
		hide := func(rule string) store.Action { return store.Action{Kind: "hide", Rule: rule, Payload: "{}"} }
		mute := store.Action{Kind: "mute", Rule: "rude", Payload: `{"for":86400000000000}`}
		if n, err := l.Decide(t.Context(), []store.Verdict{
			verdict("1", "Hide", hide("rude"), hide("worse"), mute, store.Action{Kind: "reply", Payload: "{}"}), verdict("2", "Hide", hide("rude")), verdict("3", "Hide", hide("rude")),
		}); err != nil || n != 3 {
			t.Fatal(n, err)
		}
		key := store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "1"}
		if err := l.Label(t.Context(), key, "spam", noon); err != nil {
			t.Fatal(err)
		}
		byPerson := store.Action{ID: "acme/rules-2/remove", Namespace: "acme", Policy: "rules", Account: ear.Account, Channel: "square", Item: "2", Kind: "remove",
			By: "maria", State: store.ActionPending, NextAt: noon, CreatedAt: noon}
		if err := l.Add(t.Context(), []store.Action{byPerson}); err != nil {
			t.Fatal(err)
		}
		claimed, err := l.Claim(t.Context(), "me", noon, noon.Add(time.Minute), 100)
		if err != nil || len(claimed) != 7 {
			t.Fatal(len(claimed), err)
		}
		for _, a := range claimed {
			a.State, a.DoneAt = store.ActionDone, noon.Add(time.Minute)
			if a.Item == "3" {
				a.State, a.Reason = store.ActionFailed, "refused"
			}
			if err := l.FinishAction(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Undone(t.Context(), "2-0", "maria", noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "a2"}); err != nil {
			t.Fatal(err)
		}
		r, err := store.OpenReader(t.Context(), p.Options)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		get := func(f store.EnforcementFilter) (all []store.Enforcement) {
			if err := r.Enforcements(t.Context(), f, func(e *store.Enforcement) error { all = append(all, *e); return nil }); err != nil {
				t.Fatal(err)
			}
			return all
		}
		other := store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "2"}
		one := store.Enforcement{Key: key, Policy: "rules", Rule: "rude", Labels: []string{"rude", "spam"}, Language: "en", Media: true, SaidAt: noon.Add(-time.Minute), AppliedAt: noon.Add(time.Minute)}
		hidden, muted := one, one
		hidden.Kind, muted.Kind, muted.EndsAt = "hide", "mute", noon.Add(time.Minute+24*time.Hour)
		want := []store.Enforcement{
			{Key: other, Kind: "hide", Policy: "rules", Rule: "rude", Language: "en", Media: true, SaidAt: noon.Add(-time.Minute), AppliedAt: noon, EndsAt: noon.Add(time.Hour)},
			hidden, muted,
			{Key: other, Kind: "remove", Policy: "rules", ByPerson: true, Language: "en", Media: true, SaidAt: noon.Add(-time.Minute), AppliedAt: noon.Add(time.Minute)},
		}
		if diff := cmp.Diff(want, get(store.EnforcementFilter{})); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want[:1], get(store.EnforcementFilter{Namespace: "acme", Since: noon, Until: noon.Add(time.Minute)})); diff != "" {
			t.Errorf("the first minute: %s", diff)
		}
		if diff := cmp.Diff(want[1:], get(store.EnforcementFilter{Since: noon.Add(time.Minute)})); diff != "" {
			t.Errorf("later: %s", diff)
		}
		if got := get(store.EnforcementFilter{Namespace: "other"}); got != nil {
			t.Errorf("of another namespace: %+v", got)
		}
	})
}
