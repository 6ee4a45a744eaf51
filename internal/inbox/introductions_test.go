package inbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/store"
)

const topics = `
channelSelector: {}
mode: Enforce
limits: {maxIntroductionsPerWeek: 2}
rules:
  - {name: insults, priority: 10, match: {text: {terms: [nitwit]}}, outcome: Hide, actions: [{strike: {weight: 1}}]}
  - {name: legs, match: {text: {terms: [leg, legs]}}, actions: [{introduce: {topic: landing-legs}}]}
  - {name: fins, match: {text: {terms: [fins]}}, actions: [{introduce: {topic: fins, window: 240h}}]}
`

func (p *party) suggested(want ...string) {
	p.t.Helper()
	cases, err := p.ledger.Cases(p.t.Context(), store.CaseFilter{Namespace: "acme", Kind: "Introduction", States: []store.CaseState{store.CaseWaiting}})
	if err != nil {
		p.t.Fatal(err)
	}
	if len(cases) != len(want) {
		p.t.Errorf("%d suggestions, want %d: %+v", len(cases), len(want), cases)
		return
	}
	for i := range cases {
		if !strings.HasPrefix(cases[i].Explanation, want[i]) || cases[i].Other == "" {
			p.t.Errorf("%+v, want %q", cases[i], want[i])
		}
	}
	if len(p.guests.words) > 0 {
		p.t.Errorf("something was sent: %v", p.guests.words)
	}
}

// Two who speak of the same are suggested to our people, once, and few a week.
func TestIntroductions(t *testing.T) {
	const ada = "leo and ada both speak of landing-legs (rule legs). ada said: \"my leg broke\""
	for name, c := range map[string]struct {
		then func(p *party)
		want []string
	}{
		"both": {func(p *party) { p.says("leo", "how do legs fold") }, []string{ada}},
		"once": {func(p *party) {
			p.says("leo", "how do legs fold")
			p.look()
			p.after(time.Hour, func() { p.says("ada", "legs again"); p.says("leo", "yes, legs") })
		}, []string{ada}},
		"of another topic they are not suggested again": {func(p *party) {
			p.says("leo", "how do legs fold")
			p.look()
			p.after(time.Hour, func() { p.says("ada", "fins too"); p.says("leo", "fins are hard") })
		}, []string{ada}},
		"oneself":              {func(p *party) { p.says("ada", "my leg again") }, nil},
		"another topic":        {func(p *party) { p.says("leo", "fins are hard") }, nil},
		"long ago":             {func(p *party) { p.clock.Step(31 * 24 * time.Hour); p.says("leo", "legs") }, nil},
		"within the window":    {func(p *party) { p.clock.Step(29 * 24 * time.Hour); p.says("leo", "legs") }, []string{"leo and ada"}},
		"in a crisis":          {func(p *party) { p.crisis = true; p.says("leo", "legs") }, nil},
		"who is hidden":        {func(p *party) { p.says("leo", "your legs, nitwit") }, nil},
		"who has strikes":      {func(p *party) { p.says("leo", "nitwit"); p.look(); p.says("leo", "legs") }, nil},
		"who took theirs back": {func(p *party) { p.takesBack(0, "ada"); p.look(); p.says("leo", "legs") }, nil},
		"who asked for none": {func(p *party) {
			it := comment(1, "leo", "legs, stop", noon)
			it.Author.NoAutomation = true
			p.guests.say(it)
		}, nil},
		"few a week": {func(p *party) {
			for i := range 4 {
				p.after(time.Minute, func() { p.says(fmt.Sprint("guest", i), "legs") })
			}
		}, []string{"guest0 and ada", "guest1 and guest0"}},
		"more in the next": {func(p *party) {
			for i := range 3 {
				p.after(time.Minute, func() { p.says(fmt.Sprint("guest", i), "legs") })
			}
			p.after(8*24*time.Hour, func() { p.says("zoe", "legs") })
		}, []string{"guest0 and ada", "guest1 and guest0", "zoe and guest2"}},
		"after a restart": {func(p *party) { p.look(); p.look(); p.says("leo", "legs") }, []string{"leo and ada"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t, store.Options{Path: t.TempDir() + "/ledger.db"})
			p := newParty(t, l, topics)
			p.says("ada", "my leg broke")
			p.look()
			c.then(p)
			p.look()
			p.suggested(c.want...)
		})
	}
}

func (p *party) takesBack(n int, author string) {
	it := comment(n, author, "", noon)
	it.Gone, it.Revision = true, "2"
	p.guests.say(it)
}

// Who asks to be forgotten is in no suggestion any more, whichever of the two they are.
func TestIntroductionsAreErased(t *testing.T) {
	for _, who := range []string{"ada", "leo"} {
		onEach(t, func(t *testing.T, l *store.Database) {
			p := newParty(t, l, topics)
			p.says("ada", "my leg broke")
			p.look()
			p.says("leo", "legs")
			p.look()
			p.suggested("leo and ada")
			if _, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: who}); err != nil {
				t.Fatal(err)
			}
			p.suggested()
			p.says("zoe", "legs")
			p.look()
			p.suggested("zoe and " + map[string]string{"ada": "leo", "leo": "ada"}[who])
		})
	}
}
