package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

var errShaken = errors.New("the connection broke")

// shaky is a ledger whose writes break off: before they were done, or after, so that who wrote does not know.
type shaky struct {
	*store.Database
	mu   sync.Mutex
	dice *rand.Rand
}

func (s *shaky) do(write func() error) error {
	s.mu.Lock()
	n := s.dice.IntN(10)
	s.mu.Unlock()
	if n == 0 {
		return errShaken
	}
	if err := write(); err != nil {
		return err
	}
	if n == 1 {
		return errShaken
	}
	return nil
}

func (s *shaky) Decide(ctx context.Context, v []store.Verdict) (n int, err error) {
	return n, s.do(func() error { n, err = s.Database.Decide(ctx, v); return err })
}

func (s *shaky) Claim(ctx context.Context, claim string, now, until time.Time, limit int) (claimed []store.Action, err error) {
	err = s.do(func() error { claimed, err = s.Database.Claim(ctx, claim, now, until, limit); return err })
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

func (s *shaky) AddWithin(ctx context.Context, a []store.Action, l []store.Limit, now time.Time) error {
	return s.do(func() error { return s.Database.AddWithin(ctx, a, l, now) })
}

func (s *shaky) AddCases(ctx context.Context, c []store.Case) error {
	return s.do(func() error { return s.Database.AddCases(ctx, c) })
}

func (s *shaky) FinishAction(ctx context.Context, a store.Action) error {
	return s.do(func() error { return s.Database.FinishAction(ctx, a) })
}

func (s *shaky) Begin(ctx context.Context, p store.Publication) (row store.Publication, won bool, err error) {
	err = s.do(func() error { row, won, err = s.Database.Begin(ctx, p); return err })
	return row, won, err
}

func (s *shaky) Finish(ctx context.Context, id network.Identity, attempt string, o store.Outcome) error {
	return s.do(func() error { return s.Database.Finish(ctx, id, attempt, o) })
}

// keyed are guests who take the same key for the same word.
type keyed struct {
	*guests
	mu   sync.Mutex
	keys map[string]bool
}

func (k *keyed) Publish(ctx context.Context, p network.Publication) (network.Receipt, error) {
	k.mu.Lock()
	known := k.keys[p.Key]
	k.keys[p.Key] = true
	k.mu.Unlock()
	if known {
		return network.Receipt{Ref: network.Ref{ID: "said-" + p.Marker}}, nil
	}
	return k.guests.Publish(ctx, p)
}

// Whatever breaks off, each word of a welcome is said once, one digest is made a day, and each pair is suggested once.
func TestPeopleOnAShakyLedger(t *testing.T) {
	const guestsOf, introduced = 6, 4
	for name, welcome := range map[string]string{
		"steps":  `{by: DirectMessage, text: {en: "Welcome {author}!"}, steps: [{after: 1h, text: {en: "An hour, {author}."}}]}`,
		"digest": `{by: Digest, text: {en: "Welcome {author}!"}, digest: {at: "13:00"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(10) {
				l := open(t, store.Options{Path: t.TempDir() + "/ledger.db"})
				k := &keyed{guests: &guests{crowd: &crowd{}}, keys: map[string]bool{}}
				now := at(noon)
				in := inForce(t, "channelSelector: {}\nmode: Enforce\nlimits: {maxIntroductionsPerWeek: 100}\nwelcome: "+welcome+
					"\nrules: [{name: legs, match: {text: {terms: [legs]}}, actions: [{introduce: {topic: legs}}]}]")
				poll(t, boxOf(l, over(k, "acme/square"), now, in))
				var names []string
				for i := range guestsOf {
					names = append(names, fmt.Sprint("guest", i))
					k.say(comes(network.ItemJoin, names[i], "", noon))
				}
				for i := range introduced {
					k.say(comment(i, fmt.Sprint("maker", i), "legs", noon))
				}
				poll(t, boxOf(l, over(k, "acme/square"), now, in))
				b := boxOf(&shaky{Database: l, dice: rand.New(rand.NewPCG(seed, 1))}, over(k, "acme/square"), now, in)
				b.Log = slog.New(slog.DiscardHandler)
				settle(t, b, l, func() { now.Step(2 * time.Minute) })

				want := []string{"all: Welcome guest0, guest1, guest2, guest3, guest4, guest5!"}
				if name == "steps" {
					want = nil
					for _, g := range names {
						want = append(want, g+": An hour, "+g+".", g+": Welcome "+g+"!")
					}
				}
				got := slices.Sorted(slices.Values(k.words))
				slices.Sort(want)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("seed %d: %s", seed, diff)
				}
				cases, err := l.Cases(t.Context(), store.CaseFilter{Namespace: "acme"})
				if err != nil {
					t.Fatal(err)
				}
				pairs, items := map[[2]string]bool{}, map[string]bool{}
				for _, c := range cases {
					pairs[[2]string{min(c.Item, c.Other), max(c.Item, c.Other)}], items[c.Item] = true, true
				}
				// Whoever speaks is suggested to one other, to whom they were not suggested before.
				if len(pairs) != len(cases) || len(items) != len(cases) || len(cases) < introduced/2 {
					t.Errorf("seed %d: %d pairs by %d items in %d cases", seed, len(pairs), len(items), len(cases))
				}
			}
		})
	}
}

// settle works until nothing is left to do, however much breaks.
func settle(t *testing.T, b *inbox.Inbox, l *store.Database, pass func()) {
	t.Helper()
	for range 200 {
		_, _ = b.JudgeOnce(t.Context())
		_, _ = b.ActOnce(t.Context())
		waiting, err := l.Waiting(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		left, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", States: []store.ActionState{store.ActionPending, store.ActionDoing}})
		if err != nil {
			t.Fatal(err)
		}
		if len(waiting)+len(left) == 0 {
			return
		}
		pass()
	}
	t.Error("something is never done")
}
