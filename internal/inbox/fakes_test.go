package inbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	_ "github.com/tribune-dev/tribune/internal/network/local" // registers the built-in network
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/store/storetest"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var square = inbox.Channel{Namespace: "acme", Name: "square"}

// rules are the kinds of rules that the example has: lists, strangers, floods, quarrels, questions, strikes with a ladder, welcomes.
const rules = `
channelSelector: {}
mode: Enforce
staleAfter: 12h
repliesPerAuthor: {max: 1, window: 24h}
rules:
  - name: scam
    priority: 100
    match: {links: {domains: [win-a-prize.example]}}
    outcome: Hide
    actions: [{strike: {weight: 3}}]
  - name: insults
    priority: 90
    match: {text: {terms: [nitwit, "total fool", blockhead], views: [Folded, Skeleton, Deobfuscated]}}
    outcome: Hide
    actions: [{strike: {weight: 1}}]
  - name: flood
    priority: 80
    match: {author: {accountAge: {lessThan: 24h}}, rate: {count: 5, window: 10m}}
    outcome: Review
  - name: quarrel
    priority: 70
    match: {thread: {replies: 12, window: 30m, authors: {lessThan: 5}}}
    outcome: Review
  - name: thanks
    match: {text: {terms: ["well done"]}}
    actions: [{reply: {text: {en: "Thank you, {author}!"}}}]
  - name: help
    match: {text: {terms: ["help me"]}}
    actions:
      - label: {name: support}
      - route: {channelRef: {name: support-desk}, text: "{author} asks: {text}"}
strikes:
  window: 720h
  ladder: [{at: 4, action: Mute, for: 24h}]
welcome:
  on: [Follow, Join]
  text: {en: "Welcome {author}!"}
`

// inForce compiles rules.
func inForce(t testing.TB, text string) inbox.InForce {
	t.Helper()
	return inForceOf(func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}, text)
}

func inForceOf(check func(error), text string) inbox.InForce {
	spec := &tribunev1alpha1.CommunityPolicySpec{}
	check(yaml.UnmarshalStrict([]byte(text), spec))
	p, wrong := policy.Compile(spec, nil)
	for _, w := range wrong {
		check(fmt.Errorf("%s: %s", w.Path, w.Message))
	}
	return inbox.InForce{Name: "rules", Generation: 1, Policy: p, Spec: spec, Acts: spec.Mode == tribunev1alpha1.PolicyEnforce}
}

// fixed policies of every channel.
type fixed []inbox.InForce

func (f fixed) For(inbox.Channel) ([]inbox.InForce, bool) { return f, true }

// calm is a time without a Crisis.
type calm struct{}

func (calm) Holds(context.Context, inbox.Channel) (bool, error) { return false, nil }

// signedIn is one channel that is signed in, with all abilities.
type signedIn struct{ line inbox.Line }

func (s signedIn) Line(inbox.Channel) (inbox.Line, bool) { return s.line, true }
func (s signedIn) Trouble(inbox.Channel, error)          {}

// over is a line to a network on which the account can do all that the built-in one can.
func over(n network.Network, id string) signedIn {
	adapter, ok := network.Lookup(tribunev1alpha1.NetworkLocal)
	if !ok {
		panic("the built-in network is not registered")
	}
	return signedIn{inbox.Line{
		Network: n, Name: "Local", Called: "Local", Rules: adapter.Rules,
		Account: network.Account{ID: id, Once: network.OnceDurableKey, Abilities: adapter.Abilities, Automation: []network.Automation{
			network.AutoReact, network.AutoReplyWhenAddressed, network.AutoWelcome, network.AutomationIdenticalText,
		}},
	}}
}

// crowd is a network on which people said things; it counts what is done there.
type crowd struct {
	network.Network
	mu    sync.Mutex
	said  []network.Item
	done  map[string]int
	lost  bool // it does not know any cursor that it is given
	calm  map[string]bool
	gone  int // so many answers are lost, after what was asked for was done
	pages int
}

// Listen implements network.Listener: the cursor is how many were told.
func (c *crowd) Listen(_ context.Context, q network.ListenQuery) (network.Listening, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := 0
	if q.Cursor != "" {
		if c.lost {
			c.lost = false
			return network.Listening{}, network.ErrCursorLost
		}
		var err error
		if from, err = strconv.Atoi(q.Cursor); err != nil {
			return network.Listening{}, err
		}
	}
	c.pages++
	to := min(from+q.Limit, len(c.said))
	return network.Listening{Items: c.said[from:to], Cursor: strconv.Itoa(to), More: to < len(c.said)}, nil
}

func (c *crowd) say(items ...network.Item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, items...)
}

func (c *crowd) count(what string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = map[string]int{}
	}
	c.done[what]++
	return nil
}

// all that was done there.
func (c *crowd) all() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done
}

func (c *crowd) Hide(context.Context, network.Target) error            { return c.count("hide") }
func (c *crowd) Unhide(context.Context, network.Target) error          { return c.count("unhide") }
func (c *crowd) Mute(context.Context, network.Person, time.Time) error { return c.count("mute") }
func (c *crowd) Unmute(context.Context, network.Person) error          { return c.count("unmute") }

// calmed sets how a thread stands, and tells how it stood.
func (c *crowd) calmed(what, post string, to bool) (already bool, err error) {
	c.mu.Lock()
	if c.calm == nil {
		c.calm = map[string]bool{}
	}
	key := what + " " + post
	already, c.calm[key] = c.calm[key], to
	lost := c.gone > 0
	c.gone = max(c.gone-1, 0)
	c.mu.Unlock()
	if !already || !to {
		verb := what
		if !to {
			verb = "end " + what
		}
		err = c.count(verb + " " + post)
	}
	if lost {
		return false, &network.Error{Kind: network.Ambiguous, Reason: "NoAnswer", Message: "no answer came"}
	}
	return already, err
}

func (c *crowd) LockThread(_ context.Context, t network.Target) (bool, error) {
	return c.calmed("lock", t.Post, true)
}
func (c *crowd) UnlockThread(_ context.Context, t network.Target) error {
	_, err := c.calmed("lock", t.Post, false)
	return err
}
func (c *crowd) SlowThread(_ context.Context, t network.Target, _ time.Duration) (bool, error) {
	return c.calmed("slow", t.Post, true)
}
func (c *crowd) EndSlowThread(_ context.Context, t network.Target) error {
	_, err := c.calmed("slow", t.Post, false)
	return err
}
func (c *crowd) Key(id network.Identity, _ time.Time, probe int) string { return id.HashKey(probe) }
func (c *crowd) Publish(_ context.Context, p network.Publication) (network.Receipt, error) {
	what := "say"
	if p.To != nil {
		what = "message"
	}
	return network.Receipt{Ref: network.Ref{ID: "said-" + p.Marker}}, c.count(what)
}

// comment is what somebody says under one of our publications.
func comment(n int, author, text string, at time.Time) network.Item {
	ours, follows, id := true, false, fmt.Sprintf("c%07d", n)
	post := fmt.Sprintf("p%d", n/100)
	return network.Item{
		ID: id, Kind: network.ItemComment, Ref: network.Ref{ID: id, URL: "https://town.example/" + id}, Text: text, Language: "en",
		Author: network.Person{ID: author, Handle: author, CreatedAt: at.AddDate(-1, 0, 0), IsFollower: &follows},
		Parent: post, Post: post, ParentOurs: &ours, CreatedAt: at, Revision: "1",
	}
}

// onEach runs a test with a ledger on SQLite and one on PostgreSQL.
func onEach[T interface {
	testing.TB
	Run(name string, f func(T)) bool
}](t T, test func(t T, l *store.Database)) {
	t.Helper()
	for name, options := range map[string]func(testing.TB) store.Options{"SQLite": onSQLite, "PostgreSQL": onPostgreSQL} {
		t.Run(name, func(t T) { test(t, open(t, options(t))) })
	}
}

func onSQLite(t testing.TB) store.Options {
	return store.Options{Path: filepath.Join(t.TempDir(), "ledger.db")}
}

func onPostgreSQL(t testing.TB) store.Options {
	return store.Options{DSNFile: storetest.DSNFile(t, storetest.Shared(t).Schema(t).String())}
}

func open(t testing.TB, o store.Options) *store.Database {
	t.Helper()
	l, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// boxOf is an inbox of one channel.
func boxOf(l inbox.Ledger, lines inbox.Lines, c clock.Clock, policies ...inbox.InForce) *inbox.Inbox {
	return inbox.New(inbox.Inbox{
		Ledger: l, Lines: lines, Policies: fixed(policies), Crises: calm{}, Clock: c, Owner: "test", Settle: time.Second,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
}

// drain decides about all that waits, and does all that is due; it gives how many actions were carried out.
func drain(t testing.TB, b *inbox.Inbox) (acted int) {
	t.Helper()
	judge(t, b)
	for {
		n, err := b.ActOnce(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if acted += n; n == 0 {
			return acted
		}
	}
}

func judge(t testing.TB, b *inbox.Inbox) {
	t.Helper()
	for {
		more, err := b.JudgeOnce(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

func poll(t testing.TB, b *inbox.Inbox) inbox.Look {
	t.Helper()
	look, err := b.Poll(context.Background(), square, nil)
	if err != nil {
		t.Fatal(err)
	}
	return look
}

// at is a clock that stands still until it is set.
func at(when time.Time) *clocktesting.FakeClock { return clocktesting.NewFakeClock(when) }
