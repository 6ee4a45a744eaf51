package inbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// broken is a network that hides nothing.
type broken struct{ *crowd }

func (broken) Hide(context.Context, network.Target) error {
	return &network.Error{Kind: network.Ambiguous, Message: "it answered 500"}
}

// unreached are channels that are not signed in.
type unreached struct{ signedIn }

func (unreached) Line(inbox.Channel) (inbox.Line, bool) { return inbox.Line{}, false }

// The time between two tries grows with the failures of the network. Processes that die, and channels that are not signed in yet, are none.
func TestOnlyFailuresOfTheNetworkAreWaitedFor(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		now := at(noon)
		c := &crowd{}
		poll(t, boxOf(l, over(c, "acme/square"), now, inForce(t, rules)))
		c.say(comment(1, "bob", "you n1twit", noon))
		poll(t, boxOf(l, over(c, "acme/square"), now, inForce(t, rules)))
		judge(t, boxOf(l, over(c, "acme/square"), now, inForce(t, rules)))
		waits := func(lines inbox.Lines) time.Duration {
			t.Helper()
			if _, err := boxOf(l, lines, now, inForce(t, rules)).ActOnce(t.Context()); err != nil {
				t.Fatal(err)
			}
			actions, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme"})
			if err != nil || len(actions) != 1 || actions[0].Kind != "hide" || actions[0].State != store.ActionPending {
				t.Fatalf("%+v, %v", actions, err)
			}
			wait := actions[0].NextAt.Sub(now.Now())
			now.SetTime(actions[0].NextAt)
			return wait
		}
		for range 12 {
			if claimed, err := l.Claim(t.Context(), "who dies", now.Now(), now.Now().Add(time.Minute), 8); err != nil || len(claimed) != 1 {
				t.Fatal(claimed, err)
			}
			now.Step(time.Minute)
		}
		for range 3 {
			if wait := waits(unreached{}); wait != time.Second {
				t.Errorf("a process that has just begun waits %s for a channel", wait)
			}
		}
		var got []time.Duration
		for range 11 {
			got = append(got, waits(over(broken{c}, "acme/square")))
		}
		want := []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, 64 * time.Second, 128 * time.Second,
			256 * time.Second, 512 * time.Second, 10 * time.Minute, 10 * time.Minute}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("between the failures of a network (-want +got):\n%s", diff)
		}
	})
}
