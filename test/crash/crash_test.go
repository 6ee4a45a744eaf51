package crash

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// mode is a way in which the network and the managers behave.
type mode struct {
	name string
	// once is the class that the channels have.
	once string
	// faults of the network, beside slow: how long its answers take.
	faults []string
	slow   time.Duration
	// managers that work at the same time, without leader election; 0 is 1.
	managers int
	// single is true where a publication is one text: there are no threads.
	single bool
	// broken is the part of the protocol that is taken away.
	broken string
	// seen is true when the judge has found what that breaks.
	seen func(*verdict) bool
	// changes in turn, one between each kill and restart.
	changes []change
	// posts of a batch, on so many channels; kills in all, over as many batches as it takes; longest is the longest that a
	// manager lives after it began to work.
	posts, channels, kills int
	longest                time.Duration
}

const (
	durable  = "DurableKey"
	scan     = "Scan"
	windowed = "WindowedKey"
	phases   = "TwoPhase"
	unasked  = "None"
)

// enough is how often a kill must have fallen on each moment, in all modes together.
const enough = 50

var (
	honoured = mode{name: "keys-honoured", once: durable, changes: []change{none, edit, none, recreate, forget, none, edit, none, restore, forget}}
	ignored  = mode{name: "keys-ignored", once: scan, faults: []string{"ignore-keys"},
		changes: []change{none, edit, none, recreate, none, edit, none, restore, recreate, none}}
	// Stored up to a second after the client has gone.
	late = mode{name: "stored-late", once: scan, faults: []string{"ignore-keys", "store-late=1s:0"},
		changes: []change{none, edit, none, recreate, none, edit, none, restore, recreate, none}}
	twoHonoured = mode{name: "two-keys-honoured", once: durable, managers: 2,
		changes: []change{none, none, edit, none, none, recreate, none, forget, none, restore}}
	// Keys that are forgotten sooner than an attempt is looked up.
	forgotten = mode{name: "keys-forgotten", once: windowed, faults: []string{"forget-keys=1s"},
		changes: []change{none, edit, none, recreate, none, edit, none, restore, recreate, none}}
	drafts = mode{name: "two-phase", once: phases, faults: []string{"two-phase"},
		changes: []change{none, edit, none, recreate, forget, none, edit, none, restore, forget}}
	// Drafts stored, and made public, up to a second after the client has gone.
	draftsLate = mode{name: "two-phase-late", once: phases, faults: []string{"two-phase", "store-late=1s:0"},
		changes: []change{none, edit, none, recreate, none, edit, none, restore, none, none}}
	twoDrafts = mode{name: "two-two-phase", once: phases, faults: []string{"two-phase"}, managers: 2,
		changes: []change{none, none, edit, none, none, recreate, none, forget, none, restore}}
	twoIgnored = mode{name: "two-keys-ignored", once: scan, faults: []string{"ignore-keys"}, managers: 2,
		changes: []change{none, none, edit, none, none, recreate, none, none, none, restore}}
)

// sized sets what costs time.
func (m mode) sized(posts, channels, kills int) mode {
	m.posts, m.channels, m.kills = posts, channels, kills
	m.slow, m.longest = 150*time.Millisecond, 500*time.Millisecond
	if m.once == phases {
		m.longest = 1500 * time.Millisecond // three more calls come before the one that is counted
	}
	return m
}

func TestEverythingGoesOutOnce(t *testing.T) {
	modes := []mode{honoured.sized(60, 10, 4), ignored.sized(60, 10, 3), forgotten.sized(30, 10, 2), drafts.sized(60, 10, 4)}
	if whole() {
		modes = nil
		for _, m := range []mode{honoured, ignored, late, twoHonoured, twoIgnored, forgotten, drafts, draftsLate, twoDrafts} {
			modes = append(modes, m.sized(200, 20, enough))
		}
	}
	var where histogram
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			v, h := m.run(t)
			if !v.clean() {
				t.Errorf("the network differs from the plan: %s", &v)
			}
			where.join(h)
		})
	}
	t.Logf("in all: %s", &where)
	for m := range moments {
		if whole() && where.met[m] < enough {
			t.Errorf("only %d kills fell %s: %d are wanted", where.met[m], m, enough)
		}
	}
}

// run kills until it was often enough.
func (m mode) run(t *testing.T) (verdict, histogram) {
	t.Helper()
	c := use(t)
	began := time.Now()
	s := startSquare(t, append(slices.Clone(m.faults), fmt.Sprintf("slow=%s", m.slow))...)
	var all verdict
	var where histogram
	batches := 0
	for !m.enough(where.kills, batches, &all) && !t.Failed() {
		batches++
		left := m.kills - where.kills
		if m.broken != "" {
			left = m.kills
		}
		v, h := m.batch(t, c, s, batches, left, where.kills)
		all.join(v)
		where.join(h)
		if h.kills == 0 {
			t.Fatal("a batch ended before a kill could fall")
		}
	}
	t.Logf("%s: %d batches of %d Posts in %s; %s; %s", m.name, batches, m.posts, time.Since(began).Round(time.Second), &where, &all)
	return all, where
}

// enough is true after as many kills as are wanted; where a part of the protocol is taken away, when what that breaks was seen, or was
// not in several batches: on a busy machine managers may not live long enough to do harm.
func (m mode) enough(kills, batches int, v *verdict) bool {
	if m.broken != "" {
		return m.seen(v) || batches == 3
	}
	return kills >= m.kills
}

// batch kills until everything is published, or often enough.
func (m mode) batch(t *testing.T, c *cluster, s *square, number, kills, before int) (verdict, histogram) {
	t.Helper()
	name := fmt.Sprintf("%s-%d", m.name, number)
	if m.broken != "" {
		name = m.broken + "-" + name
	}
	b := newBatch(t, c, s, &m, name)
	b.accepted()
	if slices.Contains(m.changes, restore) {
		b.save()
	}
	for k := range kills {
		next := none
		if len(m.changes) > 0 {
			next = m.changes[(before+k)%len(m.changes)]
		}
		if !b.kill(next != none) {
			break
		}
		b.change(next)
		b.restart()
	}
	v, h := b.finish()
	b.remove()
	return v, h
}
