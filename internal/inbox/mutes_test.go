package inbox_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// muting notes until when people are muted.
type muting struct {
	crowd
	clock *clocktesting.FakeClock
	noted sync.Mutex
	calls []string
}

func (m *muting) Mute(_ context.Context, p network.Person, until time.Time) error {
	m.noted.Lock()
	defer m.noted.Unlock()
	m.calls = append(m.calls, fmt.Sprintf("%s: %s muted for %s", m.clock.Now().Format("15:04"), p.ID, until.Sub(m.clock.Now())))
	return nil
}

func (m *muting) Unmute(_ context.Context, p network.Person) error {
	m.noted.Lock()
	defer m.noted.Unlock()
	m.calls = append(m.calls, fmt.Sprintf("%s: %s unmuted", m.clock.Now().Format("15:04"), p.ID))
	return nil
}

// Whom several mutes are about stays muted until the last is over, whatever ends or is taken back before.
func TestMutesOverlap(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		clock := clocktesting.NewFakeClock(noon)
		n := &muting{clock: clock}
		b := boxOf(l, over(n, "acme/square"), clock, inForce(t, rules))
		poll(t, b)
		n.say(comment(1, "bob", "one", noon), comment(2, "bob", "two", noon), comment(3, "ada", "three", noon))
		poll(t, b)
		judge(t, b)
		mute := func(id, item, author string, lasts time.Duration) {
			t.Helper()
			err := l.Add(t.Context(), []store.Action{{
				ID: id, Namespace: "acme", Policy: "rules", Generation: 1, Rule: id, Account: "Local/acme/square", Channel: "square", Item: item, Author: author, Kind: "mute", Class: "Mute",
				Payload: inbox.Payload{For: lasts}.String(), State: store.ActionPending, NextAt: clock.Now(), CreatedAt: clock.Now(),
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
		until := func(d time.Duration) {
			t.Helper()
			for at := noon.Add(d); clock.Now().Before(at); clock.Step(10 * time.Minute) {
				drain(t, b)
			}
			drain(t, b)
		}
		drain(t, b)
		mute("short", "c0000001", "bob", time.Hour)
		until(10 * time.Minute)
		mute("other", "c0000003", "ada", 2*time.Hour)
		until(30 * time.Minute)
		mute("long", "c0000002", "bob", 10*time.Hour)
		until(3 * time.Hour)
		mute("brief", "c0000001", "bob", time.Hour) // does not make the long one shorter
		until(5 * time.Hour)
		done, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", ID: "brief"})
		if err != nil || len(done) != 1 {
			t.Fatal(done, err)
		}
		if err := l.Add(t.Context(), inbox.Undo(done, nil, "maria", clock.Now()).Actions); err != nil {
			t.Fatal(err)
		}
		until(12 * time.Hour)
		want := []string{
			"12:00: bob muted for 1h0m0s", "12:10: ada muted for 2h0m0s", "12:30: bob muted for 10h0m0s", "14:10: ada unmuted", "15:00: bob muted for 7h30m0s", "22:30: bob unmuted",
		}
		if diff := cmp.Diff(want, n.calls); diff != "" {
			t.Error(diff)
		}
	})
}
