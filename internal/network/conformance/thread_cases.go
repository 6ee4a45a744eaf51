package conformance

import (
	"context"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// calm is what calms a thread, and what ends it.
type calm struct {
	do  func(ctx context.Context, t network.Target) (already bool, err error)
	end func(ctx context.Context, t network.Target) error
}

// slowBy is how long people wait in a thread that is slowed down.
const slowBy = 90 * time.Second

func locking(w *world) (c calm, ok bool) {
	l, ok := w.net.(network.ThreadLocker)
	if ok {
		c = calm{do: l.LockThread, end: l.UnlockThread}
	}
	return c, ok
}

func slowing(w *world) (c calm, ok bool) {
	s, ok := w.net.(network.SlowModer)
	if ok {
		c.do = func(ctx context.Context, t network.Target) (bool, error) { return s.SlowThread(ctx, t, slowBy) }
		c.end = s.EndSlowThread
	}
	return c, ok
}

// calming does it twice and ends it twice, in one thread of ours and in no other. What is said there stays, hidden or not, and what was so
// before is told.
func calming(find func(*world) (calm, bool), done func(ThreadState) bool) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		deed, ok := find(w)
		if !ok {
			t.Skip("the network cannot do this")
		}
		_, c := w.listener(t)
		if c.Thread == nil {
			t.Fatal("the adapter calms threads, but the harness does not know how they stand")
		}
		item, _ := w.one(t)
		if h, ok := w.net.(network.Hider); ok {
			if err := h.Hide(w.context(t), target(item)); err != nil {
				t.Fatal(err)
			}
		}
		before := c.State(t, item)
		for _, step := range []struct {
			what          string
			do            bool
			already, want bool
		}{
			{"ended before it was done", false, false, false},
			{"done", true, false, true}, {"done again", true, true, true}, {"ended", false, false, false}, {"ended again", false, false, false},
			{"done anew", true, false, true},
		} {
			var already bool
			var err error
			if step.do {
				already, err = deed.do(w.context(t), target(item))
			} else {
				err = deed.end(w.context(t), target(item))
			}
			if err != nil {
				t.Fatalf("%s: %v", step.what, err)
			}
			now := c.Thread(t, network.Ref{ID: item.Post})
			if already != step.already || done(now) != step.want {
				t.Errorf("%s: it was so already: %t; the network says %+v", step.what, already, now)
			}
		}
		if after := c.State(t, item); after.Hidden != before.Hidden || after.Removed != before.Removed {
			t.Errorf("what is said in the thread was %+v, and is %+v", before, after)
		}
		if other := c.Thread(t, w.stageAnother(t)); done(other) {
			t.Errorf("another thread is %+v", other)
		}
		if _, err := deed.do(w.context(t), network.Target{Post: "nothing of ours"}); err == nil {
			t.Error("what is no publication of ours was taken for one")
		}
	}
}

// stageAnother publishes something beside what stage did.
func (w *world) stageAnother(t *testing.T) network.Ref {
	t.Helper()
	p := w.publication("stage-another", "And what of this?")
	if w.Once == network.OnceTwoPhase {
		p.Title, p.HTML = "Another question", "<p>And what of this?</p>"
	}
	return w.mustPublish(t, p).Ref
}
