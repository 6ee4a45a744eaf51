package post

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

// server answers reads of Crises after a while, with what is stored when the answer is made.
type server struct {
	client.Reader
	takes time.Duration

	mu     sync.Mutex
	crises []tribunev1alpha1.Crisis
	err    error
	began  []time.Time
	inside atomic.Int32
	most   atomic.Int32
}

func (s *server) List(ctx context.Context, list client.ObjectList, _ ...client.ListOption) error {
	s.most.Store(max(s.most.Load(), s.inside.Add(1)))
	defer s.inside.Add(-1)
	s.mu.Lock()
	s.began = append(s.began, time.Now())
	list.(*tribunev1alpha1.CrisisList).Items = append([]tribunev1alpha1.Crisis(nil), s.crises...) //nolint:forcetypeassert // nothing else is asked
	err := s.err
	s.mu.Unlock()
	select {
	case <-time.After(s.takes):
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *server) store(c tribunev1alpha1.Crisis) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crises = append(s.crises, c)
}

type noRows struct{}

func (noRows) OpenCrises(context.Context, string) ([]store.Crisis, error) { return nil, nil }

type rows []store.Crisis

func (r rows) OpenCrises(context.Context, string) ([]store.Crisis, error) { return r, nil }

func somePost() *tribunev1alpha1.Post {
	return &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "p"}, Spec: tribunev1alpha1.PostSpec{ChannelRef: tribunev1alpha1.LocalReference{Name: "a"}}}
}

func unseenCrisis(name string) tribunev1alpha1.Crisis {
	return tribunev1alpha1.Crisis{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: name, Generation: 1}}
}

// However many ask: one read is in flight, they begin 50 ms apart, and nobody is answered by a read that began before they asked.
func TestGateSharesReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{takes: 30 * time.Millisecond}
		g := &CrisisGate{Reader: s, Ledger: noRows{}, Clock: clock.RealClock{}}
		const askers, each = 64, 20
		var group sync.WaitGroup
		for i := range askers {
			group.Go(func() {
				<-time.After(time.Duration(i*7) * time.Millisecond)
				for range each {
					asked := time.Now()
					v, err := g.Check(t.Context(), somePost())
					if err != nil || v.Held {
						t.Errorf("%+v, %v", v, err)
					}
					if v.ReadAt.Before(asked) {
						t.Errorf("the read began %s before it was asked for", asked.Sub(v.ReadAt))
					}
				}
			})
		}
		group.Wait()
		if n := s.most.Load(); n != 1 {
			t.Errorf("%d reads at once", n)
		}
		for i := 1; i < len(s.began); i++ {
			if apart := s.began[i].Sub(s.began[i-1]); apart < readsApart {
				t.Fatalf("reads begin %s apart", apart)
			}
		}
		if n := len(s.began); n > askers*each/8 {
			t.Errorf("%d reads for %d questions", n, askers*each)
		}
	})
}

// What was stored before somebody asks holds, what cannot be read lets nothing go, and the ledger's word counts where the cluster
// has none.
func TestGateCheck(t *testing.T) {
	closed := unseenCrisis("gone")
	closed.Status.State = tribunev1alpha1.CrisisOpen
	closed.Status.ObservedGeneration = 1
	for name, test := range map[string]struct {
		server *server
		ledger OpenCrises
		held   string
		fails  bool
	}{
		"none":                  {server: &server{}, ledger: noRows{}},
		"one without state":     {server: &server{crises: []tribunev1alpha1.Crisis{unseenCrisis("x")}}, ledger: noRows{}, held: "held by Crisis x"},
		"does not answer":       {server: &server{err: errors.New("away")}, ledger: noRows{}, fails: true},
		"answers too late":      {server: &server{takes: time.Minute}, ledger: noRows{}, fails: true},
		"missing":               {server: &server{}, ledger: rows{{Namespace: "acme", Name: "x", Spec: `{"reason":"fire"}`, Holds: `[{"channels":["a"]}]`}}, held: "held by Crisis x: fire"},
		"missing, elsewhere":    {server: &server{}, ledger: rows{{Namespace: "acme", Name: "x", Spec: `{}`, Holds: `[{"channels":["b"]}]`}}},
		"missing, not resolved": {server: &server{}, ledger: rows{{Namespace: "acme", Name: "x", Spec: `{}`}}, held: "held by Crisis x"},
		"missing, unreadable":   {server: &server{}, ledger: rows{{Namespace: "acme", Name: "x", Spec: `{`, Holds: `[{"channels":["b"]}]`}}, held: "held by Crisis x"},
		"not missing":           {server: &server{crises: []tribunev1alpha1.Crisis{closed}}, ledger: rows{{Namespace: "acme", Name: "gone", Spec: `{}`}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &CrisisGate{Reader: test.server, Ledger: test.ledger, Clock: clock.RealClock{}}
				v, err := g.Check(t.Context(), somePost())
				if (err != nil) != test.fails || v.Held != (test.held != "") || v.Message != test.held {
					t.Errorf("%+v, %v", v, err)
				}
			})
		})
	}
}

// The body leaves while what was read is fresh; what got old is asked anew, a bounded number of times, and a Crisis that was stored
// meanwhile closes the gate.
func TestRelease(t *testing.T) {
	for name, test := range map[string]struct {
		old    time.Duration
		takes  time.Duration
		crisis bool
		err    error
		latest time.Duration
		wants  error
		began  bool
		closed bool
		reads  int
	}{
		"fresh":                   {latest: time.Minute, began: true},
		"nearly old":              {old: verdictHolds, latest: time.Minute, began: true},
		"old":                     {old: verdictHolds + 1, latest: time.Minute, began: true, reads: 1},
		"old, and held since":     {old: time.Hour, crisis: true, latest: time.Minute, wants: errHeld, closed: true, reads: 1},
		"old, and cannot be read": {old: 2 * time.Second, err: errors.New("away"), latest: time.Minute, wants: errors.New(""), reads: 1},
		"too late":                {latest: -time.Second, wants: errTooSlow},
		"the API server is slow":  {old: time.Second, takes: 2 * time.Second, latest: time.Minute, wants: errors.New(""), reads: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{takes: test.takes, err: test.err}
				if test.crisis {
					s.store(unseenCrisis("x"))
				}
				now := time.Now()
				l := &release{gate: &CrisisGate{Reader: s, Ledger: noRows{}, Clock: clock.RealClock{}}, clock: clock.RealClock{}, post: somePost(),
					latest: now.Add(test.latest), verdict: Verdict{ReadAt: now.Add(-test.old)}}
				err := l.firstByte(t.Context())
				if (err == nil) != (test.wants == nil) || test.wants != nil && test.wants.Error() != "" && !errors.Is(err, test.wants) {
					t.Errorf("got %v, want %v", err, test.wants)
				}
				out := &publish.Outcome{Err: err}
				l.end(out)
				if out.Began.IsZero() == test.began || (out.Closed != nil) != test.closed || test.closed && out.Err != nil || len(s.began) != test.reads {
					t.Errorf("%+v after %d reads", out, len(s.began))
				}
				var e *network.Error
				if errors.Is(test.wants, errTooSlow) && (!errors.As(out.Err, &e) || e.Kind != network.NotSent || e.RetryAfter != time.Second) {
					t.Errorf("it ends with %+v; want it tried again soon, as it is not the Post that fails", out.Err)
				}
				if test.began && l.firstByte(t.Context()) == nil {
					t.Error("something leaves after the end")
				}
			})
		})
	}
}

// A machine that slept, or whose clock was set, does not make an old answer young.
func TestAge(t *testing.T) {
	now := time.Now()
	asleep := now.Round(0).Add(time.Minute) // the wall clock went on
	if got := age(asleep, now); got < time.Minute {
		t.Errorf("asleep: %s", got)
	}
	if got := age(now.Add(time.Second), now); got != time.Second {
		t.Errorf("a second: %s", got)
	}
}
