package inbox_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/store"
)

func TestUndo(t *testing.T) {
	action := func(id, kind string, state store.ActionState) store.Action {
		return store.Action{
			ID: id, Namespace: "acme", Policy: "rules", Generation: 3, Rule: "insults", Account: "Local/acme", Channel: "square", Item: "1", Author: "bob",
			Kind: kind, Class: "Hide", Payload: `{"emoji":"x"}`, State: state, Claim: "me", Tries: 2, CreatedAt: noon, DoneAt: noon,
		}
	}
	elsewhere := action("gone", "remove", store.ActionDone)
	elsewhere.Account = "Bluesky/did"
	u := inbox.Undo([]store.Action{
		action("h", "hide", store.ActionDone), action("r", "remove", store.ActionDone), action("m", "mute", store.ActionDone), action("b", "block", store.ActionDone),
		action("e", "react", store.ActionDone), elsewhere,
		action("said", "reply", store.ActionDone), action("told", "route", store.ActionDone), action("mod", "report", store.ActionDone),
		action("over", "mute", store.ActionDone), action("over-end", "unmute", store.ActionDone),
		action("soon", "hide", store.ActionPending), action("held", "hide", store.ActionHeld), action("who", "report", store.ActionUnknown),
		action("no", "hide", store.ActionSimulated), action("fail", "hide", store.ActionFailed), action("not", "hide", store.ActionDiscarded), action("back", "hide", store.ActionUndone),
		action("twice", "hide", store.ActionDone), action("twice-undo", "unhide", store.ActionPending),
		action("again", "hide", store.ActionDone), action("again-undo", "unhide", store.ActionFailed),
	}, func(account string) bool { return account == "Local/acme" }, "maria", noon)
	type line struct{ ID, Kind string }
	var got []line
	for _, a := range u.Actions {
		got = append(got, line{a.ID, a.Kind})
		if a.By != "maria" || a.State != store.ActionPending || a.Class != "" || a.Claim != "" || a.Tries != 0 || a.Generation != 3 || !a.DoneAt.IsZero() || a.Payload == "" {
			t.Errorf("%+v", a)
		}
	}
	want := []line{{"h-undo", "unhide"}, {"r-undo", "restore"}, {"m-undo", "unmute"}, {"b-undo", "unblock"}, {"e-undo", "unreact"}, {"again-undo2", "unhide"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	left := map[string]string{}
	for _, l := range u.Left {
		left[l.Action.ID] = l.Reason
	}
	for id, reason := range left {
		if reason == "" {
			t.Errorf("%s is left without a reason", id)
		}
	}
	if len(left) != 8 || left["over"] != "it ended by itself" || left["gone"] == "" || left["held"] == "" || left["soon"] == "" || left["who"] == "" {
		t.Errorf("left: %v", left)
	}
}

// What was hidden is shown again, once; the strikes for it go with it.
func TestUndoIsCarriedOut(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		n := &crowd{}
		box := boxOf(l, over(n, "acme"), at(noon), inForce(t, rules))
		poll(t, box)
		n.say(comment(1, "bob", "you nitwit", noon), comment(2, "bob", "hello", noon))
		poll(t, box)
		drain(t, box)
		f := store.ActionFilter{Namespace: "acme", Policy: "rules", Generation: 1}
		for range 2 {
			all, err := l.Actions(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			u := inbox.Undo(all, func(string) bool { return true }, "maria", noon)
			if err := l.Add(t.Context(), u.Actions); err != nil {
				t.Fatal(err)
			}
			drain(t, box)
		}
		if got := n.all(); got["hide"] != 1 || got["unhide"] != 1 {
			t.Errorf("done: %v", got)
		}
		f.States = []store.ActionState{store.ActionUndone}
		undone, err := l.Actions(t.Context(), f)
		if err != nil || len(undone) != 1 || undone[0].Kind != "hide" || undone[0].By != "maria" {
			t.Errorf("%+v, %v", undone, err)
		}
		strikes, err := l.StrikesOf(t.Context(), "acme", "Local/acme", "bob", 10)
		if err != nil || len(strikes) != 0 {
			t.Errorf("strikes: %+v, %v", strikes, err)
		}
	})
}

// Only the strikes of what was undone go.
func TestUndoLeavesOtherStrikes(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		n := &crowd{}
		box := boxOf(l, over(n, "acme"), at(noon), inForce(t, rules))
		poll(t, box)
		n.say(comment(1, "bob", "you nitwit", noon), comment(2, "bob", "you blockhead", noon))
		poll(t, box)
		drain(t, box)
		all, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", Item: "c0000001"})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Add(t.Context(), inbox.Undo(all, func(string) bool { return true }, "maria", noon).Actions); err != nil {
			t.Fatal(err)
		}
		drain(t, box)
		strikes, err := l.StrikesOf(t.Context(), "acme", "Local/acme", "bob", 10)
		if err != nil || len(strikes) != 1 || strikes[0].Item != "c0000002" || strikes[0].Weight != 1 {
			t.Errorf("strikes: %+v, %v", strikes, err)
		}
	})
}

// Of who was erased what they said can still be shown again; whom to unmute nobody knows, and no network is asked to unmute nobody.
func TestUndoAfterErasure(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		n := &crowd{}
		box := boxOf(l, over(n, "acme"), at(noon), inForce(t, rules))
		poll(t, box)
		for i := range 4 {
			n.say(comment(i, "bob", "you nitwit", noon))
		}
		poll(t, box)
		drain(t, box)
		if got := n.all(); got["hide"] != 4 || got["mute"] == 0 {
			t.Fatalf("done: %v", got)
		}
		if _, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "bob"}); err != nil {
			t.Fatal(err)
		}
		all, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", Policy: "rules"})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Add(t.Context(), inbox.Undo(all, func(string) bool { return true }, "maria", noon).Actions); err != nil {
			t.Fatal(err)
		}
		drain(t, box)
		if got := n.all(); got["unhide"] != 4 || got["unmute"] != 0 {
			t.Errorf("done: %v", got)
		}
		waiting, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", States: []store.ActionState{store.ActionPending, store.ActionDoing, store.ActionFailed}})
		if err != nil || len(waiting) > 0 {
			t.Errorf("it is tried for ever: %+v, %v", waiting, err)
		}
	})
}
