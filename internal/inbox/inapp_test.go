package inbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/tribune-dev/tribune/internal/inbox"
	builtin "github.com/tribune-dev/tribune/internal/local"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// told is one item that the network tells again and again, each time as it is by then.
type told struct {
	t    *testing.T
	c    *crowd
	box  *inbox.Inbox
	l    *store.Database
	now  *clocktesting.FakeClock
	item network.Item
}

// begin with somebody who says something under our publication.
func begin(t *testing.T, l *store.Database, policies ...inbox.InForce) *told {
	t.Helper()
	c, now := &crowd{}, at(noon)
	w := &told{t: t, c: c, l: l, now: now, box: boxOf(l, over(c, "acme/square"), now, policies...)}
	poll(t, w.box)
	w.item = comment(1, "bob", "you nitwit", noon)
	return w
}

// again tells the item as it is now, a while later; everything that follows is done.
func (w *told) again(change func(*network.Item)) {
	w.t.Helper()
	change(&w.item)
	w.c.say(w.item)
	w.now.Step(10 * time.Minute)
	poll(w.t, w.box)
	drain(w.t, w.box)
}

func (w *told) said()   { w.again(func(*network.Item) {}) }
func (w *told) hidden() { w.again(func(i *network.Item) { i.Hidden = true }) }
func (w *told) shown()  { w.again(func(i *network.Item) { i.Hidden, i.Removed = false, false }) }
func (w *told) reported() {
	w.again(func(i *network.Item) { n := w.now.Now().Unix(); i.Reports = &n })
}
func (w *told) edit(s string) {
	w.again(func(i *network.Item) { i.Text, i.Revision = s, s })
}

func (w *told) expect(what, human, by string, done map[string]int) {
	w.t.Helper()
	it, known, err := w.l.Item(w.t.Context(), store.ItemKey{Namespace: "acme", Account: "Local/acme/square", ID: w.item.ID})
	if err != nil || !known {
		w.t.Fatal(known, err)
	}
	if it.Human != human || it.HumanBy != by {
		w.t.Errorf("%s: decided %q by %q", what, it.Human, it.HumanBy)
	}
	if diff := cmp.Diff(done, w.c.all()); diff != "" {
		w.t.Errorf("%s: %s", what, diff)
	}
}

func (w *told) strikes() (sum int) {
	w.t.Helper()
	all, err := w.l.StrikesOf(w.t.Context(), "acme", "Local/acme/square", "bob", 10)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range all {
		sum += s.Weight
	}
	return sum
}

func (w *told) rule(name string) store.RuleStats {
	w.t.Helper()
	stats, err := w.l.StatsOf(w.t.Context(), "acme", "rules", noon.Add(-time.Hour), w.now.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range stats.Rules {
		if r.Rule == name {
			return r
		}
	}
	return store.RuleStats{}
}

// What a rule hid and a person shows again in the app stays: it is their decision, and teaches as one.
func TestShownInTheApp(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		w := begin(t, l, inForce(t, rules))
		w.said()
		w.expect("hidden by the rule", "", "", map[string]int{"hide": 1})
		w.reported() // told once more, and the list lags behind what we did
		w.expect("a list that lags behind is no decision", "", "", map[string]int{"hide": 1})
		w.hidden()
		w.expect("our own hide is nobody's decision", "", "", map[string]int{"hide": 1})
		if n := w.strikes(); n != 1 {
			t.Errorf("%d strikes", n)
		}
		w.shown()
		w.expect("shown by a person", "Allow", inbox.InApp, map[string]int{"hide": 1})
		if n := w.strikes(); n != 0 {
			t.Errorf("%d strikes for what a person lets stay", n)
		}
		if got := w.rule("insults"); got.Overturned != 1 || got.Agreed != 0 {
			t.Errorf("%+v", got)
		}
		if n := count(t, l, "hide", store.ActionUndone); n != 1 {
			t.Errorf("%d hides are undone", n)
		}
		w.reported()
		w.expect("it is looked at again, and stays", "Allow", inbox.InApp, map[string]int{"hide": 1})
		// Its author puts other words in the place of those that the person saw.
		w.edit("you total fool and nitwit")
		w.expect("other words are judged", "Allow", inbox.InApp, map[string]int{"hide": 2})
		if n := w.strikes(); n != 1 {
			t.Errorf("%d strikes for the other words", n)
		}
		w.hidden()
		w.shown()
		w.reported()
		w.expect("shown again", "Allow", inbox.InApp, map[string]int{"hide": 2})
	})
}

// What a person hides in the app is theirs: its case is closed, and no rule does anything about it.
func TestHiddenInTheApp(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		doubt := inForce(t, `
channelSelector: {}
mode: Enforce
rules:
  - {name: doubt, priority: 10, match: {text: {terms: [hm]}}, outcome: Review}
  - {name: gone, match: {text: {terms: [nitwit]}}, outcome: Hide, actions: [{strike: {weight: 2}}]}
  - {name: thanks, match: {text: {terms: ["well done"]}}, actions: [{reply: {text: {en: "Thank you"}}}]}
`)
		w := begin(t, l, doubt)
		w.edit("hm, what is this")
		about := func() []store.Case {
			all, err := l.CasesAbout(t.Context(), "acme", "Local/acme/square", w.item.ID)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		if len(about()) != 1 {
			t.Fatalf("%+v", about())
		}
		w.hidden()
		w.expect("hidden by a person", "Hide", inbox.InApp, nil)
		if open := about(); len(open) != 0 {
			t.Errorf("still open: %+v", open)
		}
		cases, err := l.Cases(t.Context(), store.CaseFilter{Namespace: "acme"})
		if err != nil || len(cases) != 1 || cases[0].State != store.CaseDone || cases[0].ClosedBy != "Network" || cases[0].Decision != "Hide" || cases[0].DecidedBy != inbox.InApp {
			t.Errorf("%+v, %v", cases, err)
		}
		if got := w.rule("doubt"); got.Agreed != 1 || got.Overturned != 0 {
			t.Errorf("somebody was right to ask: %+v", got)
		}
		w.edit("you nitwit")
		w.expect("an edit contradicts nobody", "Hide", inbox.InApp, nil)
		// Nor does a new generation; and nobody is thanked for what was hidden.
		doubt.Generation = 2
		w.box = boxOf(l, over(w.c, "acme/square"), w.now, doubt)
		w.edit("well done, nitwit")
		w.expect("nor does a new generation", "Hide", inbox.InApp, nil)
		if n := w.strikes(); n != 0 || len(about()) != 0 {
			t.Errorf("%d strikes, cases %+v", n, about())
		}
	})
}

// What a limit held is not let go against a person who decided otherwise meanwhile, and what a site's own filter holds is nobody's decision.
func TestApprovedInTheApp(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		held := inForce(t, "channelSelector: {}\nmode: Enforce\nlimits: {maxHidesPerHour: 0}\nrules: [{name: insults, match: {text: {terms: [nitwit]}}, outcome: Hide}]")
		w := begin(t, l, held)
		w.item.Hidden = true // new, and held by the site
		w.said()
		w.expect("held by the site", "", "", nil)
		w.shown()
		w.expect("approved by a person", "Allow", inbox.InApp, nil)
		if n, err := l.Settle(t.Context(), "acme", "rules", "", store.ActionPending, "leo", w.now.Now()); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		drain(t, w.box)
		w.expect("what was held is let go", "Allow", inbox.InApp, nil)
		if n := count(t, l, "hide", store.ActionDiscarded); n != 1 {
			t.Errorf("%d hides are discarded", n)
		}
	})
}

// breaking is a ledger that takes nothing for a while.
type breaking struct {
	*store.Database
	breaks bool
}

func (b *breaking) Take(ctx context.Context, h store.Heard, items []store.Item) (store.Taken, error) {
	if b.breaks {
		return store.Taken{}, errors.New("the disk is full")
	}
	return b.Database.Take(ctx, h, items)
}

// Whoever dies between recording a decision and taking the item that told of it does both again, to the same end.
func TestADecisionInTheAppIsRecordedOnce(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		w := begin(t, l, inForce(t, rules))
		ledger := &breaking{Database: l}
		w.box = boxOf(ledger, over(w.c, "acme/square"), w.now, inForce(t, rules))
		w.said()
		w.hidden()
		w.item.Hidden, ledger.breaks = false, true
		w.c.say(w.item)
		for range 2 {
			if _, err := w.box.Poll(t.Context(), square, nil); err == nil {
				t.Fatal("it was taken")
			}
			w.now.Step(time.Hour)
		}
		ledger.breaks = false
		w.shown()
		w.expect("told again", "Allow", inbox.InApp, map[string]int{"hide": 1})
		if n := count(t, l, "hide", store.ActionUndone); n != 1 || w.strikes() != 0 {
			t.Errorf("%d hides are undone, %d strikes are left", n, w.strikes())
		}
	})
}

// The same over the built-in network: people use its own calls, behind our back.
func TestDecidedInTheAppOfLocal(t *testing.T) {
	url := startLocal(t)
	n, err := localAt(url)
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, path string, in, out any) {
		t.Helper()
		callLocal(t, url+"/api/v1/acme/square/"+path, method, in, out)
	}
	l := open(t, store.Options{Path: t.TempDir() + "/ledger.db"})
	box := boxOf(l, over(n, "acme/square"), at(time.Now()), inForce(t, rules))
	listen := func() {
		poll(t, box)
		drain(t, box)
	}
	listen()
	var post wire.Post
	call(http.MethodPost, "posts", wire.NewPost{Text: "What do you think?"}, &post)
	say := func(by, text string) (i wire.Item) {
		t.Helper()
		call(http.MethodPost, "items", wire.NewItem{Kind: wire.KindComment, Text: text, Author: wire.Author{Handle: by}, InReplyTo: post.ID}, &i)
		return i
	}
	insult, fine := say("bob", "you nitwit"), say("eve", "hello there")
	listen()
	state := func(id string) string {
		t.Helper()
		var i wire.Item
		call(http.MethodGet, "items/"+id, nil, &i)
		return i.State
	}
	human := func(id string) string {
		t.Helper()
		it, _, err := l.Item(context.Background(), store.ItemKey{Namespace: "acme", Account: "Local/acme/square", ID: id})
		if err != nil {
			t.Fatal(err)
		}
		return it.Human
	}
	if state(insult.ID) != wire.StateHidden {
		t.Fatalf("the insult is %s", state(insult.ID))
	}
	listen() // our own hide is told
	if human(insult.ID) != "" {
		t.Errorf("our own hide counts as a person's %s", human(insult.ID))
	}
	call(http.MethodPost, "items/"+insult.ID+"/unhide", nil, nil)
	call(http.MethodPost, "items/"+fine.ID+"/remove", nil, nil)
	listen()
	if human(insult.ID) != "Allow" || human(fine.ID) != "Remove" {
		t.Errorf("recorded: %q and %q", human(insult.ID), human(fine.ID))
	}
	call(http.MethodPost, "items/"+insult.ID+"/reports", wire.NewReport{Handle: "mia", Reason: "rude"}, nil)
	listen()
	if state(insult.ID) != wire.StateVisible || state(fine.ID) != wire.StateRemoved {
		t.Errorf("now %s and %s", state(insult.ID), state(fine.ID))
	}
}

// startLocal starts the built-in network, and gives its address.
func startLocal(t *testing.T) string {
	t.Helper()
	s, err := builtin.New(builtin.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.URL
}

// callLocal makes a call of the built-in network that is not the adapter's, and must be done.
func callLocal(t *testing.T, url, method string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if in == nil {
		body = nil
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode > 299 {
		t.Fatalf("%s %s: %s", method, url, resp.Status)
	}
	if out != nil {
		if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
			t.Fatal(err)
		}
	}
}
