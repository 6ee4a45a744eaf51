package inbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// reply is what our own account answers in the network's own app.
func reply(n int, parent string, at time.Time) network.Item {
	it := comment(n, "acme", "We are here.", at)
	it.Ours, it.Parent, it.ParentOurs = true, parent, nil
	return it
}

// openCases about an item, one of each kind, as state and who closed it.
func openCases(t *testing.T, l *store.Database, item string) (states func() map[string]string) {
	t.Helper()
	var rows []store.Case
	for _, kind := range []string{"Question", "Request", "Introduction", "Moderation", "Curation", "Appeal"} {
		rows = append(rows, store.Case{Namespace: "acme", Name: "case-" + kind, Kind: kind, Policy: "rules", Account: "Local/acme/square", Channel: "square", Item: item, State: store.CaseOpen, CreatedAt: noon})
	}
	if err := l.AddCases(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	return func() map[string]string {
		t.Helper()
		all := map[string]string{}
		for _, c := range cases(t, l) {
			if all[c.Kind] = string(c.State); c.ClosedBy != "" {
				all[c.Kind] += " by " + c.ClosedBy + " " + c.URL + " " + c.Decision
			}
		}
		return all
	}
}

var open6 = map[string]string{"Question": "Open", "Request": "Open", "Introduction": "Open", "Moderation": "Open", "Curation": "Open", "Appeal": "Open"}

// An answer in the network's own app is an answer, and decides nothing: whether something stays, is shared or was rightly hidden is still asked.
func TestAnsweredInTheApp(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		w := begin(t, l, inForce(t, "channelSelector: {}\nmode: Enforce\n"))
		w.item.Ref.ID = "ref-1"
		w.edit("How do I start the engine?")
		states := openCases(t, l, w.item.ID)
		const by = " by Network https://town.example/c0000002 "
		answered := map[string]string{"Question": "Done" + by, "Request": "Done" + by, "Introduction": "Done" + by, "Moderation": "Open", "Curation": "Open", "Appeal": "Open"}
		gone := reply(2, w.item.ID, noon)
		gone.Gone = true
		for what, it := range map[string]network.Item{"by somebody else": comment(3, "eve", "The red one.", noon), "to another": reply(4, "c0000009", noon), "to nothing": reply(5, "", noon), "taken back": gone} {
			if what == "by somebody else" {
				it.Parent = w.item.ID
			}
			w.c.say(it)
			poll(t, w.box)
			if diff := cmp.Diff(open6, states()); diff != "" {
				t.Errorf("answered %s: %s", what, diff)
			}
		}
		w.c.say(reply(2, "ref-1", noon)) // a network may name what is answered by its record
		poll(t, w.box)
		if diff := cmp.Diff(answered, states()); diff != "" {
			t.Error(diff)
		}
	})
}

// What we said through here answers no case by being told to us again.
func TestSaidHereIsNoAnswerInTheApp(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		for name, a := range map[string]store.Action{
			"said":          {Kind: "reply", State: store.ActionDone, Ref: network.Ref{ID: "c0000002"}},
			"perhaps":       {Kind: "reply", State: store.ActionUnknown},
			"just now":      {Kind: "thank", State: store.ActionDoing},
			"in the making": {Kind: "reply", State: store.ActionPending},
		} {
			t.Run(name, func(t *testing.T) {
				c, now := &crowd{}, at(noon)
				box := boxOf(l, over(c, "acme/"+name), now, inForce(t, "channelSelector: {}\nmode: Enforce\n"))
				poll(t, box)
				c.say(comment(1, "bob", "How?", noon))
				poll(t, box)
				a.ID, a.Namespace, a.Policy, a.Account, a.Channel, a.Item, a.CreatedAt, a.NextAt = name, "acme", "rules", "Local/acme/"+name, "square", "c0000001", noon, noon
				if err := l.Add(t.Context(), []store.Action{a}); err != nil {
					t.Fatal(err)
				}
				row := store.Case{Namespace: "acme", Name: name, Kind: "Question", Policy: "rules", Account: a.Account, Channel: "square", Item: "c0000001", State: store.CaseOpen, CreatedAt: noon}
				if err := l.AddCases(t.Context(), []store.Case{row}); err != nil {
					t.Fatal(err)
				}
				c.say(reply(2, "c0000001", noon))
				poll(t, box)
				rows, err := l.Cases(t.Context(), store.CaseFilter{Namespace: "acme", Name: name})
				if err != nil || len(rows) != 1 || rows[0].State != store.CaseOpen {
					t.Error(rows, err)
				}
			})
		}
	})
}

// Somebody who seems to be in danger is looked at by a person, although somebody answered them kindly.
func TestAnAnswerDecidesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		w := begin(t, l, inForce(t, `
channelSelector: {}
mode: Enforce
answer: {within: 4h}
rules:
  - {name: danger, match: {text: {terms: [want to die]}}, outcome: Review}
`))
		w.edit("I want to die, can you help me?")
		w.c.say(reply(2, w.item.ID, w.now.Now()))
		poll(t, w.box)
		got := map[string]string{}
		for _, c := range cases(t, l) {
			got[c.Kind] = string(c.State)
		}
		if got["Moderation"] != "Waiting" {
			t.Errorf("cases by kind: %v", got)
		}
	})
}

// busy is a ledger that fails to record what becomes of cases, so many times.
type busy struct {
	inbox.Ledger
	times int
}

var errBusy = errors.New("the ledger is busy")

func (b *busy) SaveCase(ctx context.Context, c store.Case) error {
	if b.times > 0 {
		b.times--
		return errBusy
	}
	return b.Ledger.SaveCase(ctx, c)
}

// An answer that could not be recorded is heard again.
func TestAnsweredThoughTheLedgerIsBusy(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		w := begin(t, l, inForce(t, "channelSelector: {}\nmode: Enforce\n"))
		w.edit("How do I start the engine?")
		states := openCases(t, l, w.item.ID)
		w.c.say(reply(2, w.item.ID, noon))
		box := boxOf(&busy{l, 1}, over(w.c, "acme/square"), w.now)
		if _, err := box.Poll(t.Context(), square, nil); !errors.Is(err, errBusy) {
			t.Errorf("that it failed is not said: %v", err)
		}
		poll(t, box)
		if got := states()["Question"]; got != "Done by Network https://town.example/c0000002 " {
			t.Errorf("the question is %s", got)
		}
	})
}
