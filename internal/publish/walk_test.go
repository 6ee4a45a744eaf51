package publish_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

var (
	walkSeed = flag.Uint64("walk-seed", 0, "walk this seed alone, and print what happened")
	walks    = flag.Int("walks", 1500, "walks a class of networks")
)

// walk moves the world at random, then lets it come to rest. It says what went against the promise.
func walk(w *world, disturb int) string {
	for range 250 {
		w.fate(disturb)
		if p := w.problem(); p != "" {
			return p
		}
	}
	return w.rest()
}

// fate is one random event.
func (w *world) fate(disturb int) {
	if disturb > 0 && w.rng.IntN(disturb) == 0 {
		w.disaster()
	}
	switch w.rng.IntN(12) {
	case 0:
		w.advance(time.Duration(w.rng.Int64N(int64(90 * time.Second))))
	case 1, 2, 3:
		w.advance(time.Duration(w.rng.Int64N(int64(2 * time.Second))))
	default:
		w.step(w.procs[w.rng.IntN(len(w.procs))])
	}
}

func (w *world) step(p *process) {
	if p.todo == nil {
		w.run(p)
		return
	}
	todo := p.todo
	p.todo = nil
	todo()
}

// disaster is what happens to clusters, seldom.
func (w *world) disaster() {
	switch w.rng.IntN(7) {
	case 0, 1:
		p := w.procs[w.rng.IntN(len(w.procs))]
		w.log("%s dies", p.name)
		p.todo = nil
	case 2:
		at := w.now
		if w.object != nil {
			at = w.object.Spec.PublishAt.Time
		}
		w.log("deleted and made again")
		w.make(at)
	case 3: // an old backup of the object
		old := w.history[w.rng.IntN(len(w.history))].DeepCopy()
		w.log("restored to version %s", old.ResourceVersion)
		w.put(old)
	case 4:
		w.down = !w.down
		w.log("network down: %t", w.down)
	case 5:
		if w.segments == 1 {
			w.edit(func(p *tribunev1alpha1.Post) { w.serial++; p.Spec.Content.Text = fmt.Sprintf("hello %d", w.serial) })
		}
	case 6:
		w.edit(func(p *tribunev1alpha1.Post) { p.Spec.Suspend = !p.Spec.Suspend })
	}
}

func (w *world) edit(change func(*tribunev1alpha1.Post)) {
	p := w.object.DeepCopy()
	change(p)
	p.Generation++
	w.put(p)
}

// rest ends all disturbance: whatever is under way is finished, and one process goes on until nothing is left to do.
func (w *world) rest() string {
	w.calm, w.down = true, false
	w.edit(func(p *tribunev1alpha1.Post) { p.Spec.Suspend = false })
	for _, p := range w.procs {
		for p.todo != nil {
			w.step(p)
		}
	}
	for range 400 {
		w.person()
		w.step(w.procs[0])
		if w.procs[0].todo == nil {
			w.advance(5 * time.Second)
		}
		if p := w.problem(); p != "" {
			return p
		}
		if w.object.Status.State == tribunev1alpha1.PostPublished && w.procs[0].todo == nil {
			break
		}
	}
	for i := range w.segments {
		if n := w.count(i); n != 1 {
			return fmt.Sprintf("at rest segment %d is on the network %d times, and the state is %s", i, n, w.object.Status.State)
		}
	}
	if w.object.Status.State != tribunev1alpha1.PostPublished {
		return fmt.Sprintf("it is on the network, and the state is %s", w.object.Status.State)
	}
	return ""
}

// person answers what the network cannot, truthfully.
func (w *world) person() {
	st := &w.object.Status
	held := st.State == tribunev1alpha1.PostHeld && w.class == network.OnceNone
	if st.State != tribunev1alpha1.PostUnknown && !held || len(w.late) > 0 {
		return
	}
	p := w.object.DeepCopy()
	r := &tribunev1alpha1.PostResolution{Attempt: "-", Outcome: tribunev1alpha1.ResolutionNotPublished}
	for i, s := range st.Segments {
		if s.State != tribunev1alpha1.SegmentUnknown && s.State != tribunev1alpha1.SegmentSending {
			continue
		}
		r.Attempt = s.Attempt
		if w.count(i) > 0 {
			r.Outcome, r.URL = tribunev1alpha1.ResolutionPublished, "https://local.example/seen"
		}
		break
	}
	if st.Resolution != nil && st.Resolution.Attempt == r.Attempt {
		return
	}
	p.Status.Resolution = r
	w.put(p)
}

type walker struct {
	class    network.Once
	segments int
	disturb  int
}

var walkers = map[string]walker{
	"durable key":           {network.OnceDurableKey, 1, 12},
	"thread on durable key": {network.OnceDurableKey, 3, 15},
	"scan":                  {network.OnceScan, 1, 12},
	"thread on scan":        {network.OnceScan, 3, 15},
	"none":                  {network.OnceNone, 1, 25},
	"windowed key":          {network.OnceWindowedKey, 1, 12},
	"two-phase":             {network.OnceTwoPhase, 1, 12},
	"thread on two-phase":   {network.OnceTwoPhase, 3, 15},
	"two-phase, calm":       {network.OnceTwoPhase, 1, 0},
	"undisturbed":           {network.OnceScan, 3, 0},
}

// TestWalk walks the protocol at random on every class of network, with two processes, crashes, lost and late outcomes,
// deleted, restored and edited objects: never twice, and at rest never lost.
func TestWalk(t *testing.T) {
	for name, c := range walkers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if *walkSeed != 0 {
				w := newWorld(*walkSeed, c.class, c.segments, broken{})
				if p := walk(w, c.disturb); p != "" {
					t.Fatalf("seed %d: %s\n%s", *walkSeed, p, w)
				}
				return
			}
			steps, sent, repeated := 0, 0, 0
			for seed := uint64(1); seed <= uint64(*walks); seed++ { //nolint:gosec // a flag
				w := newWorld(seed, c.class, c.segments, broken{})
				if p := walk(w, c.disturb); p != "" {
					t.Fatalf("seed %d: %s; walk it with -run '%s' -walk-seed %d", seed, p, t.Name(), seed)
				}
				steps, sent, repeated = steps+w.steps, sent+w.sent, repeated+w.repeated
			}
			t.Logf("seeds 1 to %d: %d steps, %d calls, %d of them repetitions", *walks, steps, sent, repeated)
		})
	}
}

// TestWalkBroken takes one part of the protocol away at a time: the walk must see it.
func TestWalkBroken(t *testing.T) {
	for name, c := range map[string]struct {
		walker
		broken broken
	}{
		"no settle time":                                {walker{network.OnceScan, 1, 0}, broken{noSettle: true}},
		"no ledger":                                     {walker{network.OnceScan, 1, 12}, broken{noLedger: true}},
		"keys that are not stable":                      {walker{network.OnceDurableKey, 1, 12}, broken{freshKeys: true}},
		"no lock and no ledger":                         {walker{network.OnceScan, 1, 0}, broken{lockless: true}},
		"no ledger, thread":                             {walker{network.OnceScan, 3, 12}, broken{noLedger: true}},
		"keys not stable, no crash":                     {walker{network.OnceDurableKey, 1, 0}, broken{freshKeys: true}},
		"no lock, thread, no crash ":                    {walker{network.OnceScan, 3, 0}, broken{lockless: true}},
		"a draft is made public whose id is not saved":  {walker{network.OnceTwoPhase, 1, 12}, broken{unsaved: true}},
		"drafts are not looked for, nor what is public": {walker{network.OnceTwoPhase, 1, 12}, broken{untidy: true, noLedger: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= 500; seed++ {
				w := newWorld(seed, c.class, c.segments, c.broken)
				if p := walk(w, c.disturb); p != "" {
					t.Logf("seen with seed %d: %s", seed, p)
					return
				}
			}
			t.Error("500 walks saw nothing wrong")
		})
	}
}

// The ledger is a second witness: without it durable keys, and drafts that can be removed, keep a publication from going out
// twice by themselves.
func TestWalkWithoutLedger(t *testing.T) {
	for _, class := range []network.Once{network.OnceDurableKey, network.OnceTwoPhase} {
		for seed := uint64(1); seed <= 300; seed++ {
			w := newWorld(seed, class, 1, broken{noLedger: true})
			if p := walk(w, 12); p != "" {
				t.Fatalf("%s, seed %d: %s\n%s", class, seed, p, w)
			}
		}
	}
}
