package post

import (
	"context"
	"sync"
	"time"

	"k8s.io/utils/clock"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

const (
	// verdictHolds is how old a gate's verdict may be when the request's body begins to leave: a second, less what a busy machine
	// needs between looking at the clock and writing.
	verdictHolds = 900 * time.Millisecond
	// maxReads of the gate for one request, beside the first.
	maxReads = 8
)

// release lets the body of one request begin to leave while what the gate said is fresh. What got old while the connection was
// made is asked anew.
type release struct {
	gate   Gate
	clock  clock.PassiveClock
	post   *tribunev1alpha1.Post
	latest time.Time

	mu      sync.Mutex // a call may end while its body is held
	verdict Verdict
	began   time.Time
	closed  *publish.Step
	err     error
	ended   bool
}

// firstByte is asked when the first byte of the body is about to leave, after DNS and TLS.
func (l *release) firstByte(ctx context.Context) error {
	for range maxReads + 1 {
		now := l.clock.Now()
		if now.After(l.latest) {
			return l.tooSlow()
		}
		if age(now, l.verdict.ReadAt) <= verdictHolds {
			return l.begin(now)
		}
		verdict, err := l.gate.Check(ctx, l.post)
		if err != nil || verdict.Held {
			return l.stop(verdict, err)
		}
		l.verdict = verdict
	}
	return l.tooSlow()
}

// tooSlow: it is this machine, or the way to the network, that is slow, and not this Post that fails: it is tried again soon.
func (l *release) tooSlow() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonWaitingToTryAgain, Message: errTooSlow.Error(), RetryAfter: time.Second}
	return errTooSlow
}

func (l *release) begin(now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return errTooSlow
	}
	l.began = now
	return nil
}

// stop keeps why nothing leaves.
func (l *release) stop(v Verdict, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.err = gateUnavailable(err)
		return l.err
	}
	l.closed = closed(v)
	return errHeld
}

// end puts into the outcome when the body began to leave, or that the gate kept it, which says nothing of the channel. Nothing
// leaves afterwards.
func (l *release) end(out *publish.Outcome) (kept bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	out.Began = l.began
	switch {
	case l.closed != nil:
		out.Closed, out.Err = l.closed, nil
	case l.err != nil:
		out.Err = l.err
	default:
		return false
	}
	return true
}

func gateUnavailable(err error) error {
	return &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonGateUnavailable, Message: "whether anything holds it could not be read", Err: err}
}

func closed(v Verdict) *publish.Step {
	return &publish.Step{Reason: v.Reason, Message: v.Message, Until: v.Until}
}

// age is the larger of what the monotonic and the wall clock say: the one stands still while a machine sleeps, the other is set.
func age(now, then time.Time) time.Duration {
	return max(now.Sub(then), now.Round(0).Sub(then.Round(0)))
}
