package inbox_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

const daily = `
channelSelector: {}
mode: Enforce
rules:
  - {name: insults, match: {text: {terms: [nitwit]}}, outcome: Hide, actions: [{strike: {weight: 1}}]}
welcome:
  by: Digest
  text: {en: "Welcome to our new members: {author}!"}
  digest: {at: "15:00", maxNames: 3}
`

func (p *party) joins(names ...string) {
	for _, name := range names {
		p.guests.say(comes(network.ItemJoin, name, "", p.clock.Now()))
		p.clock.Step(time.Second)
	}
}

// Who came in a day is greeted together, once, in public.
func TestDigestOfAWelcome(t *testing.T) {
	const day = 24 * time.Hour
	const both = "all: Welcome to our new members: ada, leo!"
	for name, c := range map[string]struct {
		then func(p *party)
		want []string
	}{
		"not before its time": {func(p *party) { p.after(2*time.Hour, nil) }, nil},
		"once":                {func(p *party) { p.after(3*time.Hour, nil); p.after(time.Minute, nil); p.after(day, nil) }, []string{both}},
		"each day": {func(p *party) {
			p.after(3*time.Hour, func() { p.joins("zoe") })
			p.after(day, nil)
		}, []string{both, "all: Welcome to our new members: zoe!"}},
		"who comes when it is made is in the next": {func(p *party) {
			p.after(3*time.Hour-5*time.Minute, func() { p.joins("zoe") })
			p.after(10*time.Minute, nil)
			p.after(day, nil)
		}, []string{both, "all: Welcome to our new members: zoe!"}},
		"many": {func(p *party) {
			p.after(time.Hour, func() { p.joins("eve", "max", "zoe") })
			p.after(2*time.Hour, nil)
		}, []string{"all: Welcome to our new members: ada, leo, eve, +2!"}},
		"who is not welcome": {func(p *party) {
			p.after(time.Hour, func() { p.says("ada", "nitwit") })
			p.after(2*time.Hour, nil)
		}, []string{"all: Welcome to our new members: leo!"}},
		"who left": {func(p *party) {
			p.after(time.Hour, func() {
				it := comes(network.ItemJoin, "leo", "", noon)
				it.Gone, it.Revision = true, "2"
				p.guests.say(it)
			})
			p.after(2*time.Hour, nil)
		}, []string{"all: Welcome to our new members: ada!"}},
		"in a crisis": {func(p *party) {
			p.crisis = true
			p.after(3*time.Hour, nil)
			p.crisis = false
			p.after(day, nil)
		}, nil},
		"late, and not too late": {func(p *party) { p.after(3*time.Hour+11*time.Hour, nil) }, []string{both}},
		"too late":               {func(p *party) { p.after(3*time.Hour+13*time.Hour, nil); p.after(day, nil) }, nil},
		"each by themselves by now": {func(p *party) {
			p.rules = replaced(p.t, replaced(p.t, daily, "by: Digest", "by: Reply"), `  digest: {at: "15:00", maxNames: 3}`, "")
			p.after(3*time.Hour, nil)
		}, nil},
		"another text": {func(p *party) {
			p.rules = replaced(p.t, daily, "our new members", "us")
			p.after(3*time.Hour, nil)
		}, []string{"all: Welcome to us: ada, leo!"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t, store.Options{Path: t.TempDir() + "/ledger.db"})
			p := newParty(t, l, daily)
			p.joins("ada", "leo")
			p.look()
			c.then(p)
			p.heard(c.want...)
		})
	}
}

// Whoever dies while a digest is made, there is one.
func TestADigestIsMadeOnce(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		p := newParty(t, l, daily)
		for i := range 12 {
			p.joins(fmt.Sprintf("guest%02d", i))
		}
		p.look()
		p.clock.SetTime(noon.Add(3 * time.Hour))
		b := boxOf(dying{l}, over(p.guests, "acme/square"), p.clock, inForce(t, daily))
		if _, err := b.ActOnce(t.Context()); err == nil {
			t.Error("it did not die")
		}
		p.after(2*time.Minute, nil)
		p.after(time.Minute, nil)
		p.heard("all: Welcome to our new members: guest00, guest01, guest02, +9!")
		digest := func() store.Action {
			t.Helper()
			actions, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", Class: "Welcome"})
			if err != nil || len(actions) != 1 {
				t.Fatalf("%+v, %v", actions, err)
			}
			return actions[0]
		}
		// Who is erased is named nowhere any more. It is of one of them, whoever was first, and with whom it would go as a whole.
		named := slices.DeleteFunc([]string{"guest00", "guest01", "guest02"}, func(name string) bool { return name == digest().Author })
		if _, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: named[0]}); err != nil {
			t.Fatal(err)
		}
		if text := digest().Payload; indexOf(text, named[0]) < len(text) || indexOf(text, named[1]) == len(text) {
			t.Errorf("without %s: %s", named[0], text)
		}
	})
}
