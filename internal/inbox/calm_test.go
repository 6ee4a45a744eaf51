package inbox_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

const quarrels = `
channelSelector: {}
mode: Enforce
rules:
  - name: quarrel
    match: {thread: {replies: 3, window: 30m, authors: {lessThan: 5}}}
    actions: [{lockThread: {for: 24h}}, {slowMode: {interval: 1m, for: 2h}}]
`

// quarrel is a crowd that quarrels under our publications.
type quarrel struct {
	t    *testing.T
	c    *crowd
	l    *store.Database
	now  *clocktesting.FakeClock
	box  *inbox.Inbox
	line signedIn
	said int
}

func quarrelOn(t *testing.T, l *store.Database, policies ...inbox.InForce) *quarrel {
	t.Helper()
	q := &quarrel{t: t, c: &crowd{}, l: l, now: at(noon)}
	q.line = over(q.c, "acme/square")
	q.under(policies...)
	poll(t, q.box)
	return q
}

func (q *quarrel) under(policies ...inbox.InForce) { q.box = boxOf(q.l, q.line, q.now, policies...) }

// quarrels has two people say so many things under a publication, one after the other, and everything follows that follows.
func (q *quarrel) quarrels(post string, times, atOnce int) {
	q.t.Helper()
	for n := range times {
		q.said++
		it := comment(q.said, []string{"bob", "eve"}[n%2], fmt.Sprint("no, you are wrong ", q.said), q.now.Now())
		it.Post, it.Parent = post, post
		q.c.say(it)
		if (n+1)%atOnce == 0 {
			q.now.Step(10 * time.Second)
			q.follow()
		}
	}
	q.follow()
}

func (q *quarrel) follow() {
	q.t.Helper()
	poll(q.t, q.box)
	drain(q.t, q.box)
}

func (q *quarrel) later(d time.Duration) {
	q.t.Helper()
	q.now.Step(d)
	q.follow()
}

func (q *quarrel) done(what string, want map[string]int) {
	q.t.Helper()
	if diff := cmp.Diff(want, q.c.all()); diff != "" {
		q.t.Errorf("%s: %s", what, diff)
	}
}

func (q *quarrel) actions(kinds ...string) (states []string) {
	q.t.Helper()
	all, err := q.l.Actions(q.t.Context(), store.ActionFilter{Namespace: "acme"})
	if err != nil {
		q.t.Fatal(err)
	}
	for _, a := range all {
		if slices.Contains(kinds, a.Kind) {
			states = append(states, a.Kind+" "+string(a.State))
		}
	}
	slices.Sort(states)
	return states
}

// A quarrel is calmed once however much is said in it, for as long as the rule says; another one later, or elsewhere, anew.
func TestQuarrelsAreCalmedOnce(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		q := quarrelOn(t, l, inForce(t, quarrels))
		q.quarrels("p1", 2, 1)
		q.done("two replies are no quarrel", nil)
		q.quarrels("p1", 20, 5)
		q.done("the quarrel", map[string]int{"lock p1": 1, "slow p1": 1})
		q.later(3 * time.Hour)
		q.done("after two hours", map[string]int{"lock p1": 1, "slow p1": 1, "end slow p1": 1})
		q.quarrels("p2", 6, 6)
		q.done("another thread", map[string]int{"lock p1": 1, "slow p1": 1, "end slow p1": 1, "lock p2": 1, "slow p2": 1})
		q.later(25 * time.Hour)
		q.quarrels("p1", 6, 1)
		q.done("the next day", map[string]int{"lock p1": 2, "slow p1": 2, "end slow p1": 1, "end lock p1": 1, "lock p2": 1, "slow p2": 1, "end slow p2": 1, "end lock p2": 1})
	})
}

// What a person takes back stays so: nothing is locked again, nor opened by its end.
func TestCalmIsTakenBack(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		q := quarrelOn(t, l, inForce(t, strings.ReplaceAll(quarrels, ", {slowMode: {interval: 1m, for: 2h}}", "")))
		q.quarrels("p1", 4, 4)
		all, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", Policy: "rules", Generation: 1})
		if err != nil {
			t.Fatal(err)
		}
		u := inbox.Undo(all, func(string) bool { return true }, "maria", q.now.Now())
		if len(u.Actions) != 1 || u.Actions[0].Kind != "unlockThread" || len(u.Left) != 0 {
			t.Fatalf("%+v", u)
		}
		if err := l.Add(t.Context(), u.Actions); err != nil {
			t.Fatal(err)
		}
		q.follow()
		q.done("taken back", map[string]int{"lock p1": 1, "end lock p1": 1})
		q.quarrels("p1", 6, 2)
		q.done("they go on", map[string]int{"lock p1": 1, "end lock p1": 1})
		// Somebody locks it by hand; the end of what was taken back is none of that.
		if _, err := q.c.LockThread(t.Context(), network.Target{Post: "p1"}); err != nil {
			t.Fatal(err)
		}
		q.later(25 * time.Hour)
		q.done("the day after", map[string]int{"lock p1": 2, "end lock p1": 1})
		if diff := cmp.Diff([]string{"lockThread Undone", "unlockThread Discarded", "unlockThread Done"}, q.actions("lockThread", "unlockThread")); diff != "" {
			t.Error(diff)
		}
	})
}

// What somebody else closed is not ours to open; what we closed and got no answer about is.
func TestWhoseLockItIs(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		q := quarrelOn(t, l, inForce(t, strings.ReplaceAll(quarrels, ", {slowMode: {interval: 1m, for: 2h}}", "")))
		if _, err := q.c.LockThread(t.Context(), network.Target{Post: "p1"}); err != nil {
			t.Fatal(err)
		}
		q.quarrels("p1", 6, 2)
		q.later(25 * time.Hour)
		q.done("theirs", map[string]int{"lock p1": 1})
		if diff := cmp.Diff([]string{"lockThread Discarded"}, q.actions("lockThread", "unlockThread")); diff != "" {
			t.Error(diff)
		}
		q.c.gone = 1
		q.quarrels("p2", 4, 4)
		q.later(time.Minute)
		q.later(25 * time.Hour)
		q.done("ours", map[string]int{"lock p1": 1, "lock p2": 1, "end lock p2": 1})
	})
}

// More locks than the limit are held, each thread once; in Audit they are simulated, and count for nothing.
func TestLocksAreBounded(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		rules := strings.ReplaceAll(quarrels, ", {slowMode: {interval: 1m, for: 2h}}", "") + "limits: {maxLocksPerHour: 1}\n"
		q := quarrelOn(t, l, inForce(t, strings.ReplaceAll(rules, "mode: Enforce", "mode: Audit")))
		q.quarrels("p1", 6, 2)
		q.done("in Audit", nil)
		if diff := cmp.Diff([]string{"lockThread Simulated"}, q.actions("lockThread")); diff != "" {
			t.Error(diff)
		}
		q.now.Step(2 * time.Hour)
		q.under(inForce(t, rules))
		for _, post := range []string{"p1", "p2", "p3"} {
			q.quarrels(post, 8, 3)
		}
		q.done("enforced", map[string]int{"lock p1": 1})
		if diff := cmp.Diff([]string{"lockThread Done", "lockThread Held", "lockThread Held", "lockThread Simulated"}, q.actions("lockThread")); diff != "" {
			t.Error(diff)
		}
		if n, err := l.Settle(t.Context(), "acme", "rules", inbox.ClassLock, store.ActionPending, "maria", q.now.Now()); err != nil || n != 2 {
			t.Errorf("%d released, %v", n, err)
		}
		q.follow()
		q.done("released", map[string]int{"lock p1": 1, "lock p2": 1, "lock p3": 1})
	})
}

// Where the network cannot, one person is told, once a quarrel.
func TestQuarrelsThatCannotBeCalmed(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		q := quarrelOn(t, l)
		q.line.line.Account.Abilities = []network.Ability{network.AbilityListen, network.AbilityHide}
		q.under(inForce(t, quarrels))
		q.quarrels("p1", 12, 3)
		q.done("nothing can be done", nil)
		cases, err := l.Cases(t.Context(), store.CaseFilter{Namespace: "acme"})
		if err != nil || len(cases) != 1 || cases[0].Kind != "Moderation" || cases[0].Rule != "quarrel" ||
			!strings.Contains(cases[0].Explanation, "no ability LockThread") || !strings.Contains(cases[0].Explanation, "no ability SlowMode") {
			t.Errorf("%+v, %v", cases, err)
		}
		q.now.Step(25 * time.Hour)
		q.quarrels("p1", 6, 3)
		if cases, err = l.Cases(t.Context(), store.CaseFilter{Namespace: "acme"}); err != nil || len(cases) != 2 {
			t.Errorf("the next day: %+v, %v", cases, err)
		}
	})
}

// A thread is opened again when whoever spoke there was erased, and when nothing of it is kept.
func TestAThreadIsOpenedWhoeverIsForgotten(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		q := quarrelOn(t, l, inForce(t, strings.ReplaceAll(quarrels, ", {slowMode: {interval: 1m, for: 2h}}", "")))
		q.quarrels("p1", 4, 4)
		for _, who := range []string{"bob", "eve"} {
			if erased, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: who}); err != nil || erased.Items == 0 {
				t.Fatal(erased, err)
			}
		}
		q.later(25 * time.Hour)
		q.done("after a day", map[string]int{"lock p1": 1, "end lock p1": 1})
	})
}

// The same over the built-in network: nobody can speak in the thread, and a day later everybody can.
func TestAQuarrelOnLocal(t *testing.T) {
	url := startLocal(t)
	n, err := localAt(url)
	if err != nil {
		t.Fatal(err)
	}
	api := url + "/api/v1/acme/square/"
	l, now := open(t, store.Options{Path: t.TempDir() + "/ledger.db"}), at(time.Now())
	box := boxOf(l, over(n, "acme/square"), now, inForce(t, quarrels))
	listen := func() {
		poll(t, box)
		drain(t, box)
	}
	listen()
	var post wire.Post
	callLocal(t, api+"posts", http.MethodPost, wire.NewPost{Text: "What do you think?"}, &post)
	for i := range 4 {
		said := wire.NewItem{Kind: wire.KindComment, Text: fmt.Sprint("no ", i), Author: wire.Author{Handle: []string{"bob", "eve"}[i%2]}, InReplyTo: post.ID}
		callLocal(t, api+"items", http.MethodPost, said, nil)
	}
	thread := func() (th wire.Thread) {
		t.Helper()
		callLocal(t, api+"posts/"+post.ID+"/thread", http.MethodGet, nil, &th)
		return th
	}
	listen()
	if diff := cmp.Diff(wire.Thread{ID: post.ID, Locked: true, Slow: "1m0s"}, thread()); diff != "" {
		t.Error(diff)
	}
	now.Step(2*time.Hour + time.Minute)
	listen()
	if diff := cmp.Diff(wire.Thread{ID: post.ID, Locked: true}, thread()); diff != "" {
		t.Error(diff)
	}
	now.Step(22 * time.Hour)
	listen()
	if diff := cmp.Diff(wire.Thread{ID: post.ID}, thread()); diff != "" {
		t.Error(diff)
	}
}
