package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/store"
)

func TestListened(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		if got, err := l.Listened(t.Context(), noon.Add(-24*time.Hour)); err != nil || len(got) != 0 {
			t.Errorf("%+v, %v", got, err)
		}
		old := said("old", "ada", "hello")
		old.CreatedAt = noon.AddDate(-2, 0, 0)
		take(t, l, heard("1", true), old, said("before", "ada", "hello again"))
		slow, undated, ours := said("2", "bob", "hi"), said("3", "bob", "ho"), said("4", "us", "thanks")
		slow.CreatedAt, undated.CreatedAt, ours.Ours = noon.Add(-3*time.Minute), time.Time{}, true
		take(t, l, heard("2", false), said("1", "bob", "hey"), slow, undated, ours)
		again := heard("3", false)
		again.Account, again.PolledAt, again.ItemAt = "Local/acme/other", noon.Add(time.Minute), time.Time{}
		if _, err := l.Take(t.Context(), again, nil); err != nil {
			t.Fatal(err)
		}
		want := []store.Listened{{Namespace: "acme", Channel: "square", PolledAt: noon.Add(time.Minute), ItemAt: noon, Items: 4, Lag: 2 * time.Minute}}
		got, err := l.Listened(t.Context(), noon.Add(-24*time.Hour))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		want[0].Items, want[0].Lag = 0, 0
		got, err = l.Listened(t.Context(), noon.Add(time.Second))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("a day later: %v %s", err, diff)
		}
	})
}

func TestQueues(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		if q, err := l.Queues(t.Context(), noon); err != nil || len(q.Cases)+len(q.Held)+len(q.Items) != 0 {
			t.Errorf("%+v, %v", q, err)
		}
		take(t, l, heard("1", false), said("1", "a1", "hi"), said("2", "a2", "hi"), said("3", "a3", "hi"), said("4", "a4", "hi"), said("5", "a5", "hi"))
		hide := func() store.Action { return store.Action{Kind: "hide", Class: "hide", Payload: "{}"} }
		verdicts := []store.Verdict{verdict("1", "Hide", hide()), verdict("2", "Hide", hide()), verdict("3", "Hide", hide()), verdict("4", "Hide", hide())}
		if n, err := l.Decide(t.Context(), verdicts); err != nil || n != 4 {
			t.Fatal(n, err)
		}
		for name, state := range map[string]store.CaseState{"rules-1": store.CaseOpen, "rules-2": store.CaseDone} {
			due := noon.Add(time.Hour)
			if state == store.CaseOpen {
				due = noon.Add(-time.Hour)
			}
			if err := l.SaveCase(t.Context(), store.Case{Namespace: "acme", Name: name, State: state, DueAt: due}); err != nil {
				t.Fatal(err)
			}
		}
		want := store.Queues{
			Cases: []store.Queue{
				{Namespace: "acme", Policy: "rules", Kind: "Moderation", State: store.CaseOpen, Cases: 1, Overdue: 1, Oldest: noon},
				{Namespace: "acme", Policy: "rules", Kind: "Moderation", State: store.CaseWaiting, Cases: 2, Oldest: noon},
			},
			Held:  []store.Held{{Namespace: "acme", Policy: "rules", Class: "hide", Actions: 2}},
			Items: []store.Unjudged{{Namespace: "acme", Channel: "square", Items: 1}},
		}
		got, err := l.Queues(t.Context(), noon)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
}
