package crash

import (
	"context"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

// SIGTERM begins nothing more, and finishes what was begun: no call is without an answer, no answer without its outcome.
func TestSIGTERMDuringCallsMakesNoUnknown(t *testing.T) {
	for _, m := range []mode{honoured.sized(40, 10, 0), ignored.sized(40, 10, 0)} {
		t.Run(m.name, func(t *testing.T) {
			m.name = "sigterm-" + m.name
			b := newBatch(t, use(t), startSquare(t, append(m.faults, "slow=200ms")...), &m, m.name)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			const several = 3
			err := wait.PollUntilContextCancel(ctx, 5*time.Millisecond, true, func(ctx context.Context) (bool, error) {
				calls, err := b.square.publishes(ctx, b.namespace)
				underway := 0
				for _, of := range calls {
					if of[len(of)-1].Outcome == wire.OutcomeReceived {
						underway++
					}
				}
				return underway >= several, err
			})
			if err != nil {
				t.Fatalf("there were never %d calls under way: %v", several, err)
			}
			b.alive[0].terminate(t, 30*time.Second)
			b.alive = nil
			posts, _ := b.current()
			out := 0
			for i := range posts {
				for _, s := range posts[i].Status.Segments {
					switch s.State {
					case tribunev1alpha1.SegmentSending, tribunev1alpha1.SegmentPrepared, tribunev1alpha1.SegmentUnknown:
						t.Errorf("%s was left %s: %s", posts[i].Name, s.State, statusLine(&posts[i]))
					case tribunev1alpha1.SegmentPublished:
						out++
					}
				}
			}
			calls, err := b.square.publishes(t.Context(), b.namespace)
			if err != nil {
				t.Fatal(err)
			}
			stored := 0
			for _, of := range calls {
				for _, c := range of {
					if c.AnswerLost || c.Outcome != wire.OutcomeStored {
						t.Errorf("a call ended as %s, answer lost: %t", c.Outcome, c.AnswerLost)
					}
					stored++
				}
			}
			// On a busy machine intents are taken back before their calls begin, but not those that were under way.
			if stored != out || out < several {
				t.Errorf("the network stored %d, the Posts know of %d", stored, out)
			}
			t.Logf("%d were out when the manager had ended", out)
			v, _ := b.finish()
			if !v.clean() {
				t.Errorf("the network differs from the plan: %s", &v)
			}
			b.remove()
		})
	}
}

// net/http repeats some requests by itself when a connection that was used before dies. Ours must not: what was sent may have
// been stored. The protocol's own repetition comes a second later, or after settle.
func TestAConnectionClosedOnReuseSeesOneRequest(t *testing.T) {
	modes := []mode{ignored.sized(40, 5, 0)}
	if whole() {
		modes = append(modes, honoured.sized(40, 5, 0))
	}
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			m.name, m.slow = "reused-"+m.name, 20*time.Millisecond
			b := newBatch(t, use(t), startSquare(t, append(m.faults, "close-reused=0.4", "slow=20ms")...), &m, m.name)
			v, _ := b.finish()
			if !v.clean() {
				t.Errorf("the network differs from the plan: %s", &v)
			}
			calls, err := b.square.publishes(t.Context(), b.namespace)
			if err != nil {
				t.Fatal(err)
			}
			struck := 0
			for marker, of := range calls {
				for i, c := range of {
					if c.Fault == "close-reused" {
						struck++
					}
					if i > 0 && c.ReceivedAt.Sub(of[i-1].ReceivedAt) < 500*time.Millisecond {
						t.Errorf("%s was sent twice within %s", marker, c.ReceivedAt.Sub(of[i-1].ReceivedAt))
					}
				}
			}
			if struck < 5 {
				t.Errorf("only %d connections were closed on reuse", struck)
			}
			t.Logf("%d connections were closed on reuse", struck)
			b.remove()
		})
	}
}
