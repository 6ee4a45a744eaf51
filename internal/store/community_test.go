package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

var ear = store.Ear{Namespace: "acme", Channel: "square", Account: "Local/acme/square"}

func said(id, author, text string) store.Item {
	yes := true
	return store.Item{
		Item: network.Item{
			ID: id, Kind: network.ItemComment, Ref: network.Ref{ID: "r" + id, URL: "https://x.example/" + id}, Text: text, Language: "en",
			Author: network.Person{ID: author, Handle: author, CreatedAt: noon.Add(-48 * time.Hour), IsFollower: &yes}, Parent: "p1", Post: "p1", ParentOurs: &yes,
			Links: []string{"https://l.example"}, Mentions: []string{"acme"}, Media: 2, CreatedAt: noon.Add(-time.Minute), Revision: "1",
		},
		TextKey: "key of " + text, SeenAt: noon,
	}
}

func heard(cursor string, baseline bool) store.Heard {
	return store.Heard{Ear: ear, Cursor: cursor, Baseline: baseline, PolledAt: noon, ItemAt: noon}
}

func take(t *testing.T, l *store.Database, h store.Heard, items ...store.Item) store.Taken {
	t.Helper()
	if h.Baseline {
		for i := range items {
			items[i].State = store.ItemRecorded
		}
	}
	taken, err := l.Take(t.Context(), h, items)
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

func TestTake(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		h, err := l.Heard(t.Context(), ear)
		if want := (store.Heard{Ear: ear, Baseline: true}); err != nil || h != want {
			t.Fatalf("%+v, %v; want %+v", h, err, want)
		}
		old := said("old", "ada", "hello")
		old.CreatedAt = noon.AddDate(-2, 0, 0)
		if got := take(t, l, heard("1", true), old); got != (store.Taken{Recorded: 1}) {
			t.Errorf("what was there before: %+v", got)
		}
		var many []store.Item
		for i := range 150 {
			many = append(many, said(fmt.Sprint("n", i), fmt.Sprint("a", i%7), "hi"))
		}
		ours := said("ours", "us", "thanks")
		ours.Ours = true
		many = append(many, ours, many[3], said("old", "ada", "hello"))
		if got := take(t, l, heard("2", false), many...); got != (store.Taken{New: 150, Recorded: 1, Known: 1}) {
			t.Errorf("new items: %+v", got)
		}
		if h, err = l.Heard(t.Context(), ear); err != nil || h != heard("2", false) {
			t.Errorf("%+v, %v", h, err)
		}
		// The same again is known; an edit is to be judged anew, unless it is of what was there before; who takes it back is not judged.
		edited, before, gone := said("n1", "a1", "HI"), said("old", "ada", "changed"), said("n2", "a2", "hi")
		edited.Revision, before.Revision, gone.Gone = "2", "2", true
		if got := take(t, l, heard("3", false), said("n0", "a0", "hi"), edited, before, gone); got != (store.Taken{Known: 1, Changed: 1, Recorded: 2}) {
			t.Errorf("changes: %+v", got)
		}
		fresh, err := l.Undecided(t.Context(), "acme", "square", nil, 1000)
		if err != nil || len(fresh) != 149 {
			t.Fatalf("%d undecided, %v", len(fresh), err)
		}
		if waiting, err := l.Waiting(t.Context()); err != nil || !cmp.Equal(waiting, []store.Receiver{{Namespace: "acme", Name: "square"}}) {
			t.Errorf("%v, %v", waiting, err)
		}
		got, ok, err := l.Item(t.Context(), store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "n1"})
		want := said("n1", "a1", "HI")
		want.Key, want.Channel, want.State, want.Changes, want.Revision = store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "n1"}, "square", store.ItemNew, 1, "2"
		want.Edited = new(true) // its words are others
		if diff := cmp.Diff(want, got); err != nil || !ok || diff != "" {
			t.Errorf("%v %v %s", ok, err, diff)
		}
		if got, _, err := l.Item(t.Context(), store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "n2"}); err != nil || got.Text != "" || got.Links != nil {
			t.Errorf("what was taken back is kept: %+v, %v", got, err)
		}
	})
}

// Some networks tell that something is gone, and not any more whose it was.
func TestGoneWithoutAuthor(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		take(t, l, heard("1", false), said("1", "ada", "hello"))
		gone := store.Item{Item: network.Item{ID: "1", Kind: network.ItemComment, Ref: network.Ref{ID: "r1"}, Gone: true}, SeenAt: noon}
		if got := take(t, l, heard("2", false), gone); got != (store.Taken{Recorded: 1}) {
			t.Errorf("%+v", got)
		}
		it, _, err := l.Item(t.Context(), store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "1"})
		if err != nil || !it.Gone || it.Text != "" || it.Author.ID != "ada" {
			t.Errorf("%+v, %v", it, err)
		}
	})
}

// Only what people hid or wrote matters to how an item stands: what they wrote after a person decided is marked.
func TestStandsAndEdits(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		old := said("old", "ada", "hello")
		take(t, l, heard("1", true), old)
		many := []store.Item{said("1", "ada", "hello")}
		for n := range 300 {
			many = append(many, said(fmt.Sprint("m", n), "eve", "hello"))
		}
		many[7].Hidden, many[8].Removed = true, true
		take(t, l, heard("2", false), many...)
		ids := []string{"nobody's", "old"}
		for _, it := range many {
			ids = append(ids, it.ID)
		}
		stands, err := l.Stands(t.Context(), "acme", ear.Account, ids)
		if err != nil || len(stands) != 302 || stands["old"] != (store.Stand{Recorded: true}) || stands["1"] != (store.Stand{}) ||
			stands[many[7].ID] != (store.Stand{Hidden: true}) || stands[many[8].ID] != (store.Stand{Removed: true}) {
			t.Errorf("%d, %+v, %v", len(stands), stands["old"], err)
		}
		key := store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "1"}
		edited := func() bool {
			t.Helper()
			it, _, err := l.Item(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			return it.EditedSince
		}
		for n, step := range []struct {
			text, human string
			hidden      bool
			want        bool
		}{
			{"edited before anybody decided", "", false, false}, {"edited before anybody decided", "Allow", false, false},
			{"edited before anybody decided", "", true, false}, {"other words", "", true, true}, {"other words", "", false, true},
			{"other words", "Allow", false, false},
		} {
			it := said("1", "ada", step.text)
			it.Hidden = step.hidden
			take(t, l, heard(fmt.Sprint("s", n), false), it)
			if step.human != "" {
				if err := l.Human(t.Context(), key, step.human, "maria"); err != nil {
					t.Fatal(err)
				}
			}
			if got := edited(); got != step.want {
				t.Errorf("step %d: %t", n, got)
			}
		}
	})
}

// TestEditedByItsAuthor: what the network tells of it is kept, and changed words are seen where it tells nothing.
func TestEditedByItsAuthor(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		no, yes := new(false), new(true)
		told := func(id string) (edited string) {
			t.Helper()
			it, _, err := l.Item(t.Context(), store.ItemKey{Namespace: "acme", Account: ear.Account, ID: id})
			if err != nil {
				t.Fatal(err)
			}
			return shown(it.Edited)
		}
		for id, steps := range map[string][]struct {
			text, revision string
			told, want     *bool
		}{
			"untold":  {{"one", "1", nil, nil}, {"one", "2", nil, nil}, {"two", "3", nil, yes}, {"two", "4", nil, yes}},
			"told":    {{"one", "1", no, no}, {"one", "2", no, no}, {"two", "3", yes, yes}, {"two", "4", nil, yes}},
			"before":  {{"one", "1", yes, yes}, {"one", "2", no, yes}},
			"learned": {{"one", "1", nil, nil}, {"one", "2", no, no}, {"two", "3", no, yes}},
		} {
			for n, step := range steps {
				it := said(id, "ada", step.text)
				it.Revision, it.Edited = step.revision, step.told
				take(t, l, heard(fmt.Sprint(id, n), false), it)
				if got, want := told(id), shown(step.want); got != want {
					t.Errorf("%s, step %d: %s, want %s", id, n, got, want)
				}
			}
			gone := said(id, "ada", "")
			gone.Revision, gone.Gone = "gone", true
			take(t, l, heard(id+"gone", false), gone)
			if got := told(id); got != "true" {
				t.Errorf("%s, taken back: %s", id, got)
			}
		}
		only := said("only", "ada", "one")
		take(t, l, heard("only", false), only)
		only.Gone, only.Revision = true, "gone"
		take(t, l, heard("only-gone", false), only)
		if got := told("only"); got != "unknown" {
			t.Errorf("to take something back is not to edit it: %s", got)
		}
	})
}

func shown(b *bool) string {
	if b == nil {
		return "unknown"
	}
	return fmt.Sprint(*b)
}

func TestFactsAbout(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		old := said("old", "ada", "hello")
		old.CreatedAt = noon.AddDate(-1, 0, 0)
		take(t, l, heard("1", true), old)
		silent := said("c", "eve", "no bots, please")
		silent.Author.NoAutomation = true
		take(t, l, heard("2", false), said("a", "ada", "buy now"), said("b", "bob", "buy now"), silent)
		items, err := l.Undecided(t.Context(), "acme", "square", nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		facts, err := l.FactsAbout(t.Context(), "rules", items, store.Reach{Said: 2 * time.Hour, Same: time.Hour, Thread: time.Hour, Replied: time.Hour, Strikes: time.Hour}, noon)
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]store.Facts{}
		for i, it := range items {
			by[it.ID] = facts[i]
		}
		if f := by["a"]; !f.FirstSeen.Equal(old.CreatedAt) || len(f.Said) != 1 || len(f.Same) != 1 || len(f.Thread) != 3 {
			t.Errorf("ada: %+v", f)
		}
		if f := by["b"]; !f.FirstSeen.Equal(noon) || len(f.Said) != 0 || len(f.Same) != 1 || f.NoAutomation {
			t.Errorf("bob: %+v", f)
		}
		if f := by["c"]; !f.NoAutomation {
			t.Errorf("eve: %+v", f)
		}
	})
}

// No more is read than counts, and that is what was heard last, whatever date it bears.
func TestFactsAboutTheLatest(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		var items []store.Item
		for n := range 12 {
			it := said(fmt.Sprint("i", n), "ada", "buy now")
			it.SeenAt = noon.Add(time.Duration(n-11) * time.Minute)
			it.CreatedAt = noon.AddDate(1, 0, -n) // what is heard later says that it is older
			items = append(items, it)
		}
		take(t, l, heard("1", false), items...)
		waiting, err := l.Undecided(t.Context(), "acme", "square", nil, 100)
		if err != nil || len(waiting) != 12 {
			t.Fatalf("%d items, %v", len(waiting), err)
		}
		reach := store.Reach{Said: 20 * time.Minute, SaidMost: 4, Same: 20 * time.Minute, SameMost: 2, Thread: 3 * time.Minute}
		facts, err := l.FactsAbout(t.Context(), "rules", waiting, reach, noon)
		if err != nil {
			t.Fatal(err)
		}
		for i, it := range waiting {
			said, same, thread := 4, 2, 4
			switch it.ID {
			case "i11", "i10":
				said, same, thread = 3, 1, 3
			case "i9", "i8":
				said, thread = 3, 3
			}
			f := &facts[i]
			if len(f.Said) != said || len(f.Same) != same || len(f.Thread) != thread {
				t.Errorf("%s: %d said, %d the same, %d in the thread, want %d, %d, %d", it.ID, len(f.Said), len(f.Same), len(f.Thread), said, same, thread)
			}
			for _, at := range f.Said {
				if at.Before(noon.Add(-3 * time.Minute)) {
					t.Errorf("%s: %s is not among the latest", it.ID, at)
				}
			}
		}
	})
}

// Who speaks often is not written each time, and what is new of them is.
func TestPeopleAreWrittenWhenSomethingIsNew(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		for n, c := range []struct {
			after     time.Duration
			handle    string
			followers int64
			want      time.Duration // when they were last heard of, as the ledger says
		}{
			{0, "ada", 7, 0}, {time.Minute, "ada", 7, 0}, {2 * time.Minute, "ada", 8, 2 * time.Minute}, {3 * time.Minute, "ada", 8, 2 * time.Minute},
			{4 * time.Minute, "lovelace", 8, 4 * time.Minute}, {13 * time.Minute, "lovelace", 8, 4 * time.Minute}, {15 * time.Minute, "lovelace", 8, 15 * time.Minute},
		} {
			it := said(fmt.Sprint("i", n), "a1", "hello")
			it.SeenAt, it.Author.Handle, it.Author.Followers = noon.Add(c.after), c.handle, &c.followers
			take(t, l, heard("1", false), it)
			known, err := l.People(t.Context(), "acme", "a1")
			if err != nil || len(known) != 1 {
				t.Fatal(known, err)
			}
			if k := known[0]; k.Handle != c.handle || *k.Followers != c.followers || !k.LastSeen.Equal(noon.Add(c.want)) || !k.FirstSeen.Equal(noon) {
				t.Errorf("after %s: %+v", c.after, k)
			}
		}
	})
}

func verdict(id, outcome string, actions ...store.Action) store.Verdict {
	for i := range actions {
		a := &actions[i]
		a.ID, a.Namespace, a.Policy, a.Account, a.Channel, a.Item = fmt.Sprint(id, "-", i), "acme", "rules", ear.Account, "square", id
		a.State, a.CreatedAt, a.NextAt = store.ActionPending, noon, noon
	}
	return store.Verdict{
		Key: store.ItemKey{Namespace: "acme", Account: ear.Account, ID: id}, Policy: "rules", Generation: 3, Outcome: outcome, Rule: "insults", At: noon, Author: "a" + id,
		Parts: []store.Part{{
			Policy: "rules", Matches: []store.Match{{Rule: "insults", Outcome: outcome}}, Actions: actions, Strikes: []store.Strike{{Rule: "insults", Weight: 2}},
			Labels: []string{"rude"}, Limits: []store.Limit{{Class: "hide", Max: 2, Window: time.Hour}},
			Cases: []store.Case{{Namespace: "acme", Name: "rules-" + id, Kind: "Moderation", Policy: "rules", Account: ear.Account, Item: id, State: store.CaseWaiting, CreatedAt: noon, DueAt: noon.Add(time.Hour)}},
		}},
	}
}

func TestDecide(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		var items []store.Item
		for i := range 5 {
			items = append(items, said(fmt.Sprint(i), fmt.Sprint("a", i), "hi"))
		}
		take(t, l, heard("1", false), items...)
		hide := func() store.Action { return store.Action{Kind: "hide", Class: "hide", Payload: "{}"} }
		stale := verdict("4", "Hide", hide())
		stale.Changes = 1 // an edit that is not there: the item as judged is another one
		n, err := l.Decide(t.Context(), []store.Verdict{verdict("0", "Hide", hide(), store.Action{Kind: "notify"}), verdict("1", "Hide", hide()), verdict("2", "Hide", hide()), stale})
		if err != nil || n != 3 {
			t.Fatalf("%d decided, %v", n, err)
		}
		// Again is no second time.
		if n, err := l.Decide(t.Context(), []store.Verdict{verdict("0", "Hide", hide())}); err != nil || n != 0 {
			t.Errorf("%d decided again, %v", n, err)
		}
		held, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", States: []store.ActionState{store.ActionHeld}})
		if err != nil || len(held) != 1 || held[0].Item != "2" || held[0].Reason != "more than 2 in 1h0m0s" {
			t.Fatalf("held: %+v, %v", held, err)
		}
		// The circuit stays open while something is held, an hour later too.
		later := verdict("3", "Hide", hide())
		later.At = noon.Add(2 * time.Hour)
		if _, err := l.Decide(t.Context(), []store.Verdict{later}); err != nil {
			t.Fatal(err)
		}
		stats, err := l.StatsOf(t.Context(), "acme", "rules", noon.Add(-time.Hour), noon.Add(2*time.Hour))
		want := store.PolicyStats{Items: 4, Matched: 4, Acted: 3, Held: 2, HeldClasses: []string{"hide"}, Rules: []store.RuleStats{{Rule: "insults", Matched: 4}}, Cases: 4, Overdue: 4}
		if diff := cmp.Diff(want, stats); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		if n, err := l.Settle(t.Context(), "acme", "rules", "hide", store.ActionPending, "maria", noon); err != nil || n != 2 {
			t.Errorf("%d released, %v", n, err)
		}
		claimed, err := l.Claim(t.Context(), "me", noon, noon.Add(time.Minute), 3)
		if err != nil || len(claimed) != 3 || claimed[0].Tries != 1 || claimed[0].State != store.ActionDoing {
			t.Fatalf("%+v, %v", claimed, err)
		}
		rest, err := l.Claim(t.Context(), "you", noon, noon.Add(time.Minute), 10)
		if err != nil || len(rest) != 2 {
			t.Errorf("the others: %+v, %v", rest, err)
		}
		done := claimed[0]
		done.State, done.DoneAt, done.Ref = store.ActionDone, noon, network.Ref{ID: "x", URL: "https://x.example"}
		if err := l.FinishAction(t.Context(), done); err != nil {
			t.Error(err)
		}
		if a, ok, err := l.Said(t.Context(), "acme", ear.Account, "x"); err != nil || !ok || a.ID != done.ID {
			t.Errorf("said as x: %+v %t %v", a, ok, err)
		}
		key := store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "0"}
		if err := l.Label(t.Context(), key, "consent", noon); err != nil {
			t.Error(err)
		}
		if labels, err := l.Labels(t.Context(), key); err != nil || !cmp.Equal(labels, []string{"consent", "rude"}) {
			t.Errorf("%v, %v", labels, err)
		}
		if err := l.FinishAction(t.Context(), done); !errors.Is(err, store.ErrNotClaimed) {
			t.Errorf("finished by nobody: %v", err)
		}
		// Who dies leaves it to others, when its time is over.
		if again, err := l.Claim(t.Context(), "you", noon.Add(time.Hour), noon.Add(2*time.Hour), 10); err != nil || len(again) != 4 {
			t.Errorf("%d claimed again, %v", len(again), err)
		}
		facts, err := l.FactsAbout(t.Context(), "rules", []store.Item{{Key: store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "n"}, Item: network.Item{Author: network.Person{ID: "a0"}}}},
			store.Reach{Strikes: time.Hour}, noon)
		if err != nil || facts[0].Strikes != 2 {
			t.Errorf("strikes: %+v, %v", facts, err)
		}
	})
}

func TestCasesAndErasure(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		take(t, l, heard("1", false), said("1", "bob", "nitwit"), said("2", "ada", "hello"))
		if _, err := l.Decide(t.Context(), []store.Verdict{verdict("1", "Review", store.Action{Kind: "notify", Payload: "bob said nitwit", Author: "bob"}), verdict("2", "Review")}); err != nil {
			t.Fatal(err)
		}
		waiting, err := l.Cases(t.Context(), store.CaseFilter{Namespace: "acme", States: []store.CaseState{store.CaseWaiting}})
		if err != nil || len(waiting) != 2 {
			t.Fatalf("%+v, %v", waiting, err)
		}
		for _, name := range []string{"1", "r1"} {
			if about, err := l.CasesAbout(t.Context(), "acme", ear.Account, name); err != nil || len(about) != 1 || about[0].Item != "1" {
				t.Errorf("cases about %s: %+v, %v", name, about, err)
			}
		}
		c := waiting[0]
		c.State, c.Decision, c.DecidedBy, c.DecidedAt, c.ClosedBy = store.CaseDone, "Hide", "maria", noon, "Person"
		if err := l.SaveCase(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		got, err := l.Cases(t.Context(), store.CaseFilter{Namespace: "acme", Name: c.Name})
		if diff := cmp.Diff([]store.Case{c}, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		key := store.ItemKey{Namespace: "acme", Account: ear.Account, ID: c.Item}
		if err := l.Human(t.Context(), key, "Hide", "maria"); err != nil {
			t.Fatal(err)
		}
		stats, err := l.StatsOf(t.Context(), "acme", "rules", noon.Add(-time.Hour), noon)
		if diff := cmp.Diff([]store.RuleStats{{Rule: "insults", Matched: 2, Agreed: 1}}, stats.Rules); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		erased, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "bob"})
		if err != nil || erased != (store.Erased{Items: 1, People: 1, Cases: 1}) {
			t.Errorf("%+v, %v", erased, err)
		}
		item, _, err := l.Item(t.Context(), store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "1"})
		if err != nil || item.Text != "" || item.Author.Handle != "" || item.Author.ID != "" {
			t.Errorf("bob is still known: %+v, %v", item, err)
		}
		actions, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", Item: "1"})
		if err != nil || len(actions) != 1 || actions[0].Payload != "" || actions[0].Author != "" {
			t.Errorf("bob is still in actions: %+v, %v", actions, err)
		}
		// Told again, it is not new.
		if got := take(t, l, heard("2", false), said("1", "bob", "nitwit")); got != (store.Taken{Known: 1}) {
			t.Errorf("erased and told again: %+v", got)
		}
		if _, ok, err := l.Person(t.Context(), "acme", ear.Account, "ada"); err != nil || !ok {
			t.Errorf("ada: %v, %v", ok, err)
		}
		if n, err := l.ForgetBefore(t.Context(), noon.Add(time.Hour)); err != nil || n == 0 {
			t.Errorf("%d forgotten, %v", n, err)
		}
	})
}

func TestPolicyVersions(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		if _, ok, err := l.Policy(t.Context(), "acme", "rules"); ok || err != nil {
			t.Fatal(ok, err)
		}
		for generation := range int64(2) {
			want := store.PolicyVersion{Namespace: "acme", Name: "rules", UID: "u", Generation: generation, Spec: `{"mode":"Audit"}`, Lists: "{}"}
			if err := l.SavePolicy(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			if got, ok, err := l.Policy(t.Context(), "acme", "rules"); got != want || !ok || err != nil {
				t.Errorf("%+v %v %v", got, ok, err)
			}
		}
	})
}

// What is thrown away is counted against nobody.
func TestWhatIsDiscardedLeavesNoStrike(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		take(t, l, heard("1", false), said("0", "a0", "hi"), said("1", "a1", "hi"), said("2", "a2", "hi"), said("3", "a3", "hi"))
		hide, mute := store.Action{Kind: "hide", Class: "hide", Rule: "insults"}, store.Action{Kind: "mute", Class: "mute", Rule: "insults"}
		other := verdict("3", "Hide", mute)
		other.Parts[0].Limits = []store.Limit{{Class: "mute", Max: 0, Window: time.Hour}}
		one := verdict("0", "Hide", hide)
		one.Parts[0].Limits[0].Max = 1
		two, three := verdict("1", "Hide", hide), verdict("2", "Hide", hide)
		two.Parts[0].Limits[0].Max, three.Parts[0].Limits[0].Max = 1, 1
		if n, err := l.Decide(t.Context(), []store.Verdict{one, two, three, other}); err != nil || n != 4 {
			t.Fatal(n, err)
		}
		strikes := func() (out []int) {
			t.Helper()
			for i := range 4 {
				found, err := l.StrikesOf(t.Context(), "acme", ear.Account, fmt.Sprint("a", i), 10)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, len(found))
			}
			return out
		}
		if diff := cmp.Diff([]int{1, 1, 1, 1}, strikes()); diff != "" {
			t.Fatal(diff)
		}
		if n, err := l.Settle(t.Context(), "acme", "rules", "hide", store.ActionDiscarded, "maria", noon); err != nil || n != 2 {
			t.Fatalf("%d discarded, %v", n, err)
		}
		if diff := cmp.Diff([]int{1, 0, 0, 1}, strikes()); diff != "" {
			t.Errorf("after the hides were discarded: %s", diff)
		}
		if _, err := l.Settle(t.Context(), "acme", "rules", "", store.ActionDiscarded, "maria", noon); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{1, 0, 0, 0}, strikes()); diff != "" {
			t.Errorf("after all was discarded: %s", diff)
		}
	})
}
