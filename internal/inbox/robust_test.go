package inbox_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// years are how far back the past reaches that is there when a channel is added.
const years = 2 * 365 * 24 * time.Hour

// past is what is there when a channel is added: followers, and years of comments, each of which some rule would be about.
func past(followers, comments int, until time.Time) []network.Item {
	var items []network.Item
	for n := range followers {
		id := fmt.Sprintf("f%06d", n)
		items = append(items, network.Item{ID: id, Kind: network.ItemFollow, Ref: network.Ref{ID: id}, CreatedAt: until.Add(-time.Duration(followers-n) * (years / time.Duration(followers))),
			Author: network.Person{ID: "fan" + id, Handle: "fan" + id}})
	}
	texts := []string{"you n1twit", "well done!", "help me please", "see https://win-a-prize.example/"}
	for n := range comments {
		items = append(items, comment(n, fmt.Sprint("person", n%500), texts[n%len(texts)], until.Add(-time.Duration(comments-n)*(years/time.Duration(comments)))))
	}
	return items
}

// Nobody is welcomed, answered or hidden for what was there before we listened: neither at the first look, nor when the network forgot how far
// we had listened.
func TestThePastIsLeftAlone(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		const followers, comments = 8000, 4380 // one comment in four hours
		now := at(noon)
		c := &crowd{said: past(followers, comments, noon.Add(-time.Minute))}
		if oldest := c.said[followers].CreatedAt; noon.Sub(oldest) < years {
			t.Fatalf("the oldest comment is of %s", oldest)
		}
		b := boxOf(l, over(c, "acme/square"), now, inForce(t, rules))
		if look := poll(t, b); look.Recorded != followers+comments || look.New != 0 || look.Baseline {
			t.Fatalf("the first look: %+v", look)
		}
		if n := drain(t, b); n != 0 || len(c.all()) != 0 {
			t.Errorf("%d actions about the past: %v", n, c.all())
		}
		// What comes now counts.
		c.say(comment(900001, "eve", "what a n1twit", noon))
		if look := poll(t, b); look.New != 1 {
			t.Errorf("after the first look: %+v", look)
		}
		drain(t, b)
		if diff := cmp.Diff(map[string]int{"hide": 1}, c.all()); diff != "" {
			t.Error(diff)
		}
		// What was said while the network lost its mind is recorded as at the first look, and not told about twice.
		c.lost = true
		c.say(comment(900002, "eve", "what a n1twit again", noon), comment(900003, "ada", "well done", noon))
		look := poll(t, b)
		if !look.CursorLost || look.New != 0 || look.Recorded != 2 {
			t.Errorf("after the cursor was lost: %+v", look)
		}
		drain(t, b)
		if diff := cmp.Diff(map[string]int{"hide": 1}, c.all()); diff != "" {
			t.Errorf("after the cursor was lost: %s", diff)
		}
		// And then it goes on.
		c.say(comment(900004, "eve", "nitwit", noon))
		poll(t, b)
		drain(t, b)
		if diff := cmp.Diff(map[string]int{"hide": 2}, c.all()); diff != "" {
			t.Errorf("after that: %s", diff)
		}
	})
}

// After a day without listening insults are hidden, and nobody is answered, thanked or welcomed a day late.
func TestAfterADayAwayNobodyIsAnsweredLate(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		now := at(noon)
		c := &crowd{}
		b := boxOf(l, over(c, "acme/square"), now, inForce(t, rules))
		poll(t, b)
		yes := true
		c.say(comment(1, "bob", "you n1twit", noon.Add(time.Hour)), comment(2, "ada", "well done", noon.Add(time.Hour)),
			network.Item{ID: "f1", Kind: network.ItemFollow, Ref: network.Ref{ID: "f1"}, CreatedAt: noon.Add(2 * time.Hour), Author: network.Person{ID: "fan", Handle: "fan", IsFollower: &yes}})
		now.SetTime(noon.Add(24 * time.Hour))
		c.say(comment(3, "leo", "well done!", now.Now().Add(-time.Minute)))
		if look := poll(t, b); look.New != 4 {
			t.Errorf("%+v", look)
		}
		drain(t, b)
		if diff := cmp.Diff(map[string]int{"hide": 1, "say": 1}, c.all()); diff != "" {
			t.Errorf("insults are hidden, and who spoke a minute ago is answered: %s", diff)
		}
	})
}

// A raid opens the circuit: what is over the limit is held for people, and the process stays small.
func TestARaidIsHeld(t *testing.T) {
	size := 100_000
	if testing.Short() {
		size = 5_000
	}
	now := at(noon)
	c := &crowd{}
	l := open(t, store.Options{Path: t.TempDir() + "/ledger.db"})
	b := boxOf(l, over(c, "acme/square"), now, inForce(t, rules))
	poll(t, b)
	var most uint64
	measure := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.Sys)
	}
	for n := 0; n < size; n += 1000 {
		var items []network.Item
		for k := range 1000 {
			it := comment(n+k, fmt.Sprint("raider", (n+k)%3000), fmt.Sprint("you n1twit, this is number ", n+k), now.Now())
			it.Parent, it.Post = "p1", "p1" // all of it under one publication
			items = append(items, it)
		}
		now.Step(time.Millisecond)
		c.said = append(c.said, items...)
		poll(t, b)
		drain(t, b)
		measure()
	}
	t.Logf("%d MB were got from the system", most>>20)
	if most > 500<<20 {
		t.Errorf("%d MB, more than 500", most>>20)
	}
	if got := c.all()["hide"]; got != 30 {
		t.Errorf("%d hides, want the 30 of the limit", got)
	}
	held := count(t, l, "hide", store.ActionHeld)
	if held != size-30 {
		t.Errorf("%d hides are held, want %d", held, size-30)
	}
	// People let the one kind go and throw the other away.
	n, err := l.Settle(t.Context(), "acme", "rules", "Mute", store.ActionDiscarded, "maria", now.Now())
	if err != nil || n != count(t, l, "mute", store.ActionDiscarded) {
		t.Errorf("%d mutes discarded, %v", n, err)
	}
	if n, err := l.Settle(t.Context(), "acme", "rules", "Hide", store.ActionPending, "maria", now.Now()); err != nil || n != held {
		t.Errorf("%d hides released of %d, %v", n, held, err)
	}
	if !testing.Short() {
		return // carrying out 100,000 calls tells no more than 5,000
	}
	drain(t, b)
	if got := c.all()["hide"]; got != size {
		t.Errorf("%d hides after they were released, want %d", got, size)
	}
}

func count(t *testing.T, l *store.Database, kind string, states ...store.ActionState) int {
	t.Helper()
	actions, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", States: states})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i := range actions {
		if actions[i].Kind == kind {
			n++
		}
	}
	return n
}
