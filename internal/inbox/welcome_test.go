package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

const path = `
channelSelector: {}
mode: Enforce
rules:
  - {name: insults, match: {text: {terms: [nitwit]}}, outcome: Hide, actions: [{strike: {weight: 1}}]}
  - {name: doubt, match: {text: {terms: [hm]}}, outcome: Review}
welcome:
  on: [Join, Follow]
  text: {en: "Welcome {author}!", es: "¡Hola {author}!"}
  steps:
    - {after: 24h, unless: HasPosted, text: {en: "Say hello, {author}."}}
    - {after: 168h, text: {en: "A week, {author}!"}}
`

// guests are a network that knows what was said to whom.
type guests struct {
	*crowd
	mu    sync.Mutex
	words []string
}

func (g *guests) Publish(ctx context.Context, p network.Publication) (network.Receipt, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	to := "all"
	if p.To != nil {
		to = p.To.Handle
	}
	g.words = append(g.words, to+": "+p.Text)
	return g.crowd.Publish(ctx, p)
}

// storm is a Crisis on every channel.
type storm struct{}

func (storm) Holds(context.Context, inbox.Channel) (bool, error) { return true, nil }

func comes(kind network.ItemKind, author, language string, at time.Time) network.Item {
	id := string(kind) + "-" + author
	return network.Item{ID: id, Kind: kind, Ref: network.Ref{ID: "r" + id}, Language: language, CreatedAt: at, Author: network.Person{ID: author, Handle: author}}
}

// party is an evening with guests: a ledger, a network and a clock. Each look is by an inbox of its own, as after a restart.
type party struct {
	t      *testing.T
	ledger *store.Database
	clock  *clocktesting.FakeClock
	guests *guests
	rules  string
	crisis bool
}

func newParty(t *testing.T, l *store.Database, rules string) *party {
	p := &party{t: t, ledger: l, clock: at(noon), guests: &guests{crowd: &crowd{}}, rules: rules}
	p.look()
	return p
}

func (p *party) look() {
	p.t.Helper()
	b := boxOf(p.ledger, over(p.guests, "acme/square"), p.clock, inForce(p.t, p.rules))
	if p.crisis {
		b.Crises = storm{}
	}
	poll(p.t, b)
	drain(p.t, b)
	drain(p.t, b)
}

func (p *party) after(d time.Duration, then func()) {
	p.t.Helper()
	p.clock.Step(d)
	if then != nil {
		then()
	}
	p.look()
}

func (p *party) says(author, text string) {
	p.guests.say(comment(len(p.guests.said), author, text, p.clock.Now()))
}

func (p *party) heard(want ...string) {
	p.t.Helper()
	got := slices.Clone(p.guests.words)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		p.t.Errorf("what was said: %s", diff)
	}
}

// What follows a welcome comes when its time has come, to those for whom it still is, and once.
func TestStepsOfAWelcome(t *testing.T) {
	day, week := 24*time.Hour, 6*24*time.Hour
	const first, second, third = "ada: Welcome ada!", "ada: Say hello, ada.", "ada: A week, ada!"
	for name, c := range map[string]struct {
		then func(p *party)
		want []string
	}{
		"all of it":           {func(p *party) { p.after(day, nil); p.after(week, nil) }, []string{first, second, third}},
		"not before its time": {func(p *party) { p.after(day-time.Minute, nil) }, []string{first}},
		"who has posted": {func(p *party) {
			p.after(time.Hour, func() { p.says("ada", "hi all") })
			p.after(day, nil)
			p.after(week, nil)
		}, []string{first, third}},
		"who got a strike": {func(p *party) {
			p.after(time.Hour, func() { p.says("ada", "you nitwit") })
			p.after(day, nil)
			p.after(week, nil)
		}, []string{first}},
		"who has an open case": {func(p *party) {
			p.after(time.Hour, func() { p.says("ada", "hm") })
			p.after(day, nil)
			p.after(week, nil)
		}, []string{first}},
		"who asked for none": {func(p *party) {
			p.after(time.Hour, func() {
				it := comment(1, "ada", "stop", p.clock.Now())
				it.Author.NoAutomation = true
				p.guests.say(it)
			})
			p.after(day, nil)
			p.after(week, nil)
		}, []string{first}},
		"in a crisis": {func(p *party) {
			p.crisis = true
			p.after(day, nil)
			p.crisis = false
			p.after(week, nil)
		}, []string{first, third}},
		"too late":               {func(p *party) { p.after(day+13*time.Hour, nil); p.after(week-13*time.Hour, nil) }, []string{first, third}},
		"late, and not too late": {func(p *party) { p.after(day+11*time.Hour, nil) }, []string{first, second}},
		"another text": {func(p *party) {
			p.rules = replaced(p.t, path, "Say hello,", "Tell us of you,")
			p.after(day, nil)
		}, []string{first, "ada: Tell us of you, ada."}},
		"a step that was taken out": {func(p *party) {
			p.rules = replaced(p.t, path, "after: 24h", "after: 25h")
			p.after(day, nil)
			p.after(2*time.Hour, nil)
		}, []string{first}},
		"a welcome that was taken out": {func(p *party) {
			p.rules = path[:len(path)-len(path[indexOf(path, "welcome:"):])]
			p.after(day, nil)
		}, []string{first}},
		"no longer for who joins": {func(p *party) {
			p.rules = replaced(p.t, path, "[Join, Follow]", "[Follow]")
			p.after(day, nil)
		}, []string{first}},
		"no longer enforced": {func(p *party) {
			p.rules = replaced(p.t, path, "Enforce", "Audit")
			p.after(day, nil)
		}, []string{first}},
		"who left": {func(p *party) {
			p.after(time.Hour, func() {
				it := comes(network.ItemJoin, "ada", "", noon)
				it.Gone, it.Revision = true, "2"
				p.guests.say(it)
			})
			p.after(day, nil)
		}, []string{first}},
		"who follows too": {func(p *party) {
			p.after(time.Minute, func() { p.guests.say(comes(network.ItemFollow, "ada", "", p.clock.Now())) })
			p.after(day, nil)
		}, []string{first, second}},
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t, store.Options{Path: t.TempDir() + "/ledger.db"})
			p := newParty(t, l, path)
			p.guests.say(comes(network.ItemJoin, "ada", "", noon))
			p.look()
			c.then(p)
			p.heard(c.want...)
		})
	}
}

func indexOf(text, part string) int {
	for i := range text {
		if len(text)-i >= len(part) && text[i:i+len(part)] == part {
			return i
		}
	}
	return len(text)
}

func replaced(t *testing.T, text, old, by string) string {
	t.Helper()
	i := indexOf(text, old)
	if i == len(text) {
		t.Fatalf("%q is not there", old)
	}
	return text[:i] + by + text[i+len(old):]
}

// Who comes in a Crisis, or was heard of late, gets what is still due later.
func TestWhoComesAtABadTime(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		p := newParty(t, l, path)
		p.crisis = true
		p.guests.say(comes(network.ItemJoin, "ada", "", noon), comes(network.ItemJoin, "leo", "es", noon.Add(-13*time.Hour)))
		p.look()
		p.heard()
		p.crisis = false
		p.after(11*time.Hour, nil)
		p.heard("leo: Say hello, leo.")
		p.after(13*time.Hour, nil)
		p.heard("leo: Say hello, leo.", "ada: Say hello, ada.")
	})
}

// Later steps are bounded as welcomes are: what is over the limit is held for a person.
func TestStepsAreBounded(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		p := newParty(t, l, "channelSelector: {}\nmode: Enforce\nwelcome: {maxPerHour: 2, steps: [{after: 1h, text: {en: \"Hello {author}\"}}]}")
		for i := range 3 {
			p.guests.say(comes(network.ItemJoin, fmt.Sprint("guest", i), "", noon))
		}
		p.look()
		p.after(time.Hour, nil)
		if n := len(p.guests.words); n != 2 {
			t.Errorf("%d welcomes: %v", n, p.guests.words)
		}
		if held := count(t, l, "welcome", store.ActionHeld); held != 1 {
			t.Errorf("%d welcomes are held", held)
		}
	})
}

// Whoever dies between two writes, a step leads to one welcome.
func TestAStepLeadsToOneWelcome(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		p := newParty(t, l, path)
		p.guests.say(comes(network.ItemJoin, "ada", "", noon))
		p.look()
		p.clock.Step(24 * time.Hour)
		// One that dies as soon as it has written what the step leads to.
		b := boxOf(dying{l}, over(p.guests, "acme/square"), p.clock, inForce(t, path))
		if _, err := b.ActOnce(t.Context()); err == nil {
			t.Error("it did not die")
		}
		p.after(2*time.Minute, nil)
		p.after(time.Minute, nil)
		p.heard("ada: Welcome ada!", "ada: Say hello, ada.")
	})
}

// dying is a ledger that takes no word of what became of an action.
type dying struct{ *store.Database }

func (dying) FinishAction(context.Context, store.Action) error { return context.Canceled }
