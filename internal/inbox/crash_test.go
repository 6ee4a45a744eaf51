package inbox_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/httpx"
	builtin "github.com/tribune-dev/tribune/internal/local"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// What a child of the test is told: where the network and the ledger are, how far its clock is ahead, and what it does wrong on purpose.
const childURL, childPath, childAhead, childWrong = "TRIBUNE_TEST_URL", "TRIBUNE_TEST_LEDGER", "TRIBUNE_TEST_AHEAD", "TRIBUNE_TEST_WRONG"

// What a child does wrong, so that it is seen that the test would notice.
const (
	// wrongCursor writes how far was heard before what was heard.
	wrongCursor = "cursor"
	// wrongWords says things without a row in the ledger.
	wrongWords = "words"
)

const crashRules = `
channelSelector: {}
mode: Enforce
rules:
  - {name: scam, match: {links: {domains: [win-a-prize.example]}}, outcome: Hide, actions: [{strike: {weight: 3}}]}
  - {name: insults, match: {text: {terms: [nitwit], views: [Folded, Deobfuscated]}}, outcome: Hide, actions: [{strike: {weight: 1}}]}
  - {name: thanks, match: {text: {terms: ["well done"]}}, actions: [{reply: {text: {en: "Thank you, {author}!"}}}]}
  - {name: help, match: {text: {terms: ["help me"]}}, actions: [{route: {channelRef: {name: support-desk}}}]}
limits: {maxHidesPerHour: 100000, maxRepliesPerHour: 100000}
`

func TestMain(m *testing.M) {
	if os.Getenv(childURL) != "" {
		workUntilKilled()
	}
	os.Exit(m.Run())
}

// ahead is a clock that is some time ahead: time that would have to pass between a death and what is done about it.
type ahead struct {
	clock.RealClock
	by time.Duration
}

func (a ahead) Now() time.Time { return a.RealClock.Now().Add(a.by) }

// localAt is the built-in network at an address.
func localAt(url string) (network.Network, error) {
	adapter, _ := network.Lookup(tribunev1alpha1.NetworkLocal)
	// net/http by itself repeats a call with a key whose answer is lost, which here is the inbox's to decide.
	c := httpx.New(httpx.Options{Version: "test", Destinations: httpx.Destinations{AllowPrivate: true}})
	return adapter.New(network.Config{Namespace: square.Namespace, Channel: square.Name, HTTP: c, LocalURL: url})
}

// ledgerAt is a SQLite file, or the database that a file names.
func ledgerAt(path string) store.Options {
	if strings.HasSuffix(path, ".db") {
		return store.Options{Path: path}
	}
	return store.Options{DSNFile: path}
}

// signedInTo is the built-in network, which says how something is said once there; it is asked until it answers.
func signedInTo(ctx context.Context, n network.Network) signedIn {
	for {
		account, err := n.SignIn(ctx)
		if err == nil {
			s := over(n, "acme/square")
			s.line.Account.Once = account.Once
			return s
		}
		if ctx.Err() != nil {
			panic(err)
		}
	}
}

// workUntilKilled listens, decides and acts without end.
func workUntilKilled() {
	die := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	go func() { // whoever is killed before it kills this leaves nothing running
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	ctx := context.Background()
	l, err := store.Open(ctx, ledgerAt(os.Getenv(childPath)))
	die(err)
	by, err := time.ParseDuration(os.Getenv(childAhead))
	die(err)
	n, err := localAt(os.Getenv(childURL))
	die(err)
	spec := inForceOf(die, crashRules)
	b := boxOf(wrong{l, os.Getenv(childWrong), true}, signedInTo(ctx, n), ahead{by: by}, spec)
	go b.Judge(ctx)
	go b.Act(ctx)
	for {
		if _, err := b.Poll(ctx, square, nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		<-time.After(5 * time.Millisecond) // as the interval of a channel
	}
}

// wrong is a ledger that tells how much was decided, and does things wrong if it is to.
type wrong struct {
	*store.Database
	what string
	// dies is true for a process that may be killed.
	dies bool
}

func (w wrong) Decide(ctx context.Context, verdicts []store.Verdict) (int, error) {
	n, err := w.Database.Decide(ctx, verdicts)
	if w.dies {
		fmt.Fprintln(os.Stdout, "decided", n)
	}
	return n, err
}

func (w wrong) Take(ctx context.Context, h store.Heard, items []store.Item) (store.Taken, error) {
	if w.what == wrongCursor && len(items) > 0 {
		if _, err := w.Database.Take(ctx, h, nil); err != nil {
			return store.Taken{}, err
		}
		if w.dies {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // killed between the two
			select {}
		}
	}
	return w.Database.Take(ctx, h, items)
}

func (w wrong) Publications(ctx context.Context, namespace, post string, edition int64, account string) ([]store.Publication, error) {
	if w.what == wrongWords {
		return nil, nil
	}
	return w.Database.Publications(ctx, namespace, post, edition, account)
}

func (w wrong) Begin(ctx context.Context, p store.Publication) (store.Publication, bool, error) {
	if w.what == wrongWords {
		return p, true, nil
	}
	return w.Database.Begin(ctx, p)
}

func (w wrong) Finish(ctx context.Context, id network.Identity, attempt string, o store.Outcome) error {
	if w.what == wrongWords {
		return nil
	}
	return w.Database.Finish(ctx, id, attempt, o)
}

// streamed is how many things are said while processes die.
const streamed = 1000

// remarkTo is the n-th thing that is said, and who says it.
func remarkTo(n int) (author, text string) {
	switch n % 5 {
	case 0:
		return fmt.Sprint("rude", n%50), fmt.Sprint("you n1twit, number ", n)
	case 1:
		return fmt.Sprint("spam", n%50), fmt.Sprint("look at https://win-a-prize.example/", n)
	case 2:
		return fmt.Sprint("fan", n), "Well done!"
	case 3:
		return fmt.Sprint("guest", n), fmt.Sprint("Help me with number ", n)
	}
	return fmt.Sprint("person", n%70), fmt.Sprint("It was a good day, number ", n)
}

// crash is a network, a ledger, and processes that die.
type crash struct {
	t       *testing.T
	server  *builtin.Server
	url     string
	path    string
	ledger  *store.Database
	decided atomic.Int64
	ahead   time.Duration
	wrong   string
	readers sync.WaitGroup
}

func newCrash(t *testing.T, ledger store.Options, faults builtin.Faults, wrong string) *crash {
	t.Helper()
	server, err := builtin.New(builtin.Options{Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		_ = server.Close()
	})
	c := &crash{t: t, server: server, url: web.URL, path: ledger.Path + ledger.DSNFile, wrong: wrong}
	c.ledger = open(t, ledger)
	c.server.SetFaults(builtin.Faults{IgnoreKeys: faults.IgnoreKeys})
	n, err := localAt(c.url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	poll(t, boxOf(c.ledger, over(n, "acme/square"), clock.RealClock{}, inForce(t, crashRules))) // the first look, at nothing
	c.server.SetFaults(faults)
	return c
}

// child starts a process that works until it is killed.
func (c *crash) child() *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childURL+"="+c.url, childPath+"="+c.path, childAhead+"="+c.ahead.String(), childWrong+"="+c.wrong)
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil { // it ends with this process
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.readers.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if n, ok := strings.CutPrefix(lines.Text(), "decided "); ok {
				k, _ := strconv.Atoi(n)
				c.decided.Add(int64(k))
			}
		}
		_ = cmd.Wait()
	})
	return cmd
}

// say the n-th thing.
func (c *crash) say(n int) {
	author, text := remarkTo(n)
	body, err := json.Marshal(wire.NewItem{Kind: "Mention", Text: text, Language: "en", Author: wire.Author{Handle: author}})
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := http.Post(c.url+"/api/v1/acme/square/items", "application/json", bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		c.t.Fatalf("%d for %s", resp.StatusCode, body)
	}
}

// start begins processes that work; kill ends all of them at once.
func (c *crash) start(processes int) (kill func()) {
	var running []*exec.Cmd
	for range processes {
		running = append(running, c.child())
	}
	return func() {
		for _, cmd := range running {
			if c.wrong != wrongCursor { // that kills itself
				_ = cmd.Process.Kill()
			}
		}
		c.readers.Wait()
		<-time.After(troubles.StoreLate) // what the network has yet to store: the clock must not run ahead of that
		c.ahead += 2 * time.Minute       // who comes next finds all claims over
	}
}

// act has processes do what was decided, and kills them in the midst of it.
func (c *crash) act(processes, kills int) {
	all := len(c.actions())
	for k := range kills {
		kill := c.start(processes)
		c.until("more is done", func() bool { return len(c.actions(store.ActionDone)) > all*(k+1)/(kills+2) })
		kill()
	}
}

// actions in some states, or all.
func (c *crash) actions(states ...store.ActionState) []store.Action {
	c.t.Helper()
	actions, err := c.ledger.Actions(context.Background(), store.ActionFilter{Namespace: "acme", States: states})
	if err != nil {
		c.t.Fatal(err)
	}
	return actions
}

// stream says all while processes work and are killed again and again.
func (c *crash) stream(processes, kills int) {
	kill := c.start(processes)
	for n := range streamed {
		if n > 0 && n%(streamed/kills) == 0 {
			c.until("some are decided", func() bool { return c.rows("decided") > n/3 || c.wrong != "" })
			kill()
			kill = c.start(processes)
		}
		c.say(n)
	}
	if c.wrong != wrongCursor {
		c.until("all is decided", func() bool { return c.rows("decided") >= streamed })
	}
	kill()
}

// until waits for a condition.
func (c *crash) until(what string, done func() bool) {
	c.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !done(); {
		if time.Now().After(end) {
			c.t.Fatalf("waited in vain until %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// rows counts the items that are decided, or wait.
func (c *crash) rows(what string) int {
	items, err := c.ledger.Items(context.Background(), store.ItemFilter{Namespace: "acme"})
	if err != nil {
		c.t.Fatal(err)
	}
	n := 0
	for i := range items {
		if it := &items[i]; !it.Ours && (it.State == store.ItemDecided) == (what == "decided") {
			n++
		}
	}
	return n
}

// settle has what is left done by one process more, which lives.
func (c *crash) settle() {
	c.t.Helper()
	n, err := localAt(c.url)
	if err != nil {
		c.t.Fatal(err)
	}
	for range 30 {
		b := boxOf(wrong{c.ledger, c.wrong, false}, signedInTo(c.t.Context(), n), ahead{by: c.ahead}, inForce(c.t, crashRules))
		if _, err := b.Poll(c.t.Context(), square, nil); err != nil {
			c.t.Log(err)
		}
		drain(c.t, b)
		<-time.After(troubles.StoreLate)
		left, err := c.ledger.Actions(c.t.Context(), store.ActionFilter{Namespace: "acme", States: []store.ActionState{store.ActionPending, store.ActionDoing}, Limit: 1})
		if err != nil {
			c.t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		c.ahead += 11 * time.Minute
	}
	c.t.Error("some actions are never done")
}

// result is what came of it all.
type result struct {
	Items, Hidden, Replies, RepliedTo, Messages, Strikes int
	Actions                                              map[string]int
}

// right is what a single run without a death gives.
var right = result{
	Items: streamed, Hidden: 2 * streamed / 5, Replies: streamed / 5, RepliedTo: streamed / 5, Messages: streamed / 5, Strikes: 4 * streamed / 5,
	Actions: map[string]int{"hide Done": 2 * streamed / 5, "reply Done": streamed / 5, "route Done": streamed / 5},
}

func (c *crash) result() result {
	c.t.Helper()
	r := result{Items: c.rows("decided"), Actions: map[string]int{}}
	actions := c.actions()
	for i := range actions {
		r.Actions[actions[i].Kind+" "+string(actions[i].State)]++
	}
	authors := map[string]bool{}
	for n := range streamed {
		author, _ := remarkTo(n)
		authors[author] = true
	}
	for author := range maps.Keys(authors) {
		strikes, err := c.ledger.StrikesOf(c.t.Context(), "acme", "Local/acme/square", author, 1000)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, s := range strikes {
			r.Strikes += s.Weight
		}
	}
	counts, err := c.ledger.CountMessages(c.t.Context(), store.Receiver{Namespace: "acme", Name: "support-desk"}, time.Now().AddDate(0, 0, 1), time.Time{})
	if err != nil {
		c.t.Fatal(err)
	}
	r.Messages = counts.Due
	answered := map[string]bool{}
	for cursor, more := "", true; more; {
		var page wire.Changes
		c.get("/api/v1/acme/square/changes?limit=100&after="+cursor, &page)
		for _, ch := range page.Changes {
			switch {
			case ch.Item != nil && ch.Item.State == wire.StateHidden:
				r.Hidden++
			case ch.Post != nil:
				r.Replies++
				answered[ch.Post.ReplyTo] = true
			}
		}
		cursor, more = page.Cursor, page.More
	}
	r.RepliedTo = len(answered)
	return r
}

func (c *crash) get(path string, into any) {
	c.t.Helper()
	resp, err := http.Get(c.url + path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		c.t.Fatal(err)
	}
}

var troubles = builtin.Faults{
	LoseAnswer: builtin.Chance{Probability: 0.05}, ErrorBefore: builtin.Chance{Probability: 0.05}, ErrorAfter: builtin.Chance{Probability: 0.05},
	StoreLate: 200 * time.Millisecond, StoreLateChance: builtin.Chance{Probability: 0.03},
}

// Whatever is killed, alone or beside another that works on the same: every item is decided once, and every action is done as its class
// promises.
func TestNothingIsLostOrDoneTwice(t *testing.T) {
	scanned := troubles
	scanned.IgnoreKeys = true // what became of a call is known from what the network lists
	for _, tc := range []struct {
		name      string
		processes int
		faults    builtin.Faults
		ledger    func(testing.TB) store.Options
	}{
		{"one", 1, troubles, onSQLite},
		{"two", 2, troubles, onSQLite},
		{"two on PostgreSQL", 2, troubles, onPostgreSQL},
		{"one without keys", 1, scanned, onSQLite},
		{"two without keys on PostgreSQL", 2, scanned, onPostgreSQL},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newCrash(t, tc.ledger(t), tc.faults, "")
			c.stream(tc.processes, 10)
			c.act(tc.processes, 8)
			c.settle()
			if diff := cmp.Diff(right, c.result()); diff != "" {
				t.Error(diff)
			}
			if n := c.decided.Load(); n > streamed {
				t.Errorf("%d decisions about %d items", n, streamed)
			}
		})
	}
}

// The test notices what it is there for.
func TestTheCrashTestNotices(t *testing.T) {
	t.Run(wrongCursor, func(t *testing.T) {
		c := newCrash(t, onSQLite(t), builtin.Faults{}, wrongCursor)
		c.stream(1, 5)
		c.wrong = ""
		c.settle()
		if got := c.result(); got.Items >= streamed {
			t.Errorf("nothing was lost: %+v", got)
		}
	})
	t.Run(wrongWords, func(t *testing.T) {
		f := troubles
		f.IgnoreKeys = true
		c := newCrash(t, onSQLite(t), f, wrongWords)
		c.stream(1, 5)
		c.act(1, 8)
		c.settle()
		if got := c.result(); got.Replies <= got.RepliedTo {
			t.Errorf("nothing was said twice: %+v", got)
		}
	})
}
