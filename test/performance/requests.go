package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

const (
	requestsTeam = "requests"
	// silence of the manager after which it has nothing more to say.
	silence = 3 * time.Second
	// threadLength is how many segments a thread has.
	threadLength = 3
)

// requests counts what a Post costs the API server, as the server's audit log has it: Posts that go out, threads that go
// out, and Posts that wait.
func requests(ctx context.Context, g *gate) (err error) {
	w, err := g.newWorld(ctx, "requests", true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	const channels = 5
	if err := w.team(ctx, requestsTeam, channels); err != nil {
		return err
	}
	m, err := w.startManager(ctx, "--leader-elect", "--leader-election-namespace", requestsTeam)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.stop()) }()
	if err := m.signedIn(ctx, requestsTeam); err != nil {
		return err
	}
	for _, part := range []func(context.Context, *gate, *world, *manager, int) error{published, threads, waiting} {
		if _, err := w.audit.quiet(ctx, silence); err != nil {
			return err
		}
		if err := part(ctx, g, w, m, channels); err != nil {
			return err
		}
	}
	return nil
}

// published Posts: made before they are due, accepted, sent.
func published(ctx context.Context, g *gate, w *world, m *manager, channels int) error {
	n := g.scaled(200, 100)
	due := whole(10 * time.Second)
	if err := w.make(ctx, n, func(i int) *tribunev1alpha1.Post { return post(requestsTeam, "single", i, channels, due) }); err != nil {
		return err
	}
	if err := m.reached(ctx, requestsTeam, tribunev1alpha1.PostPublished, n, 2*time.Minute); err != nil {
		return err
	}
	made, err := w.audit.quiet(ctx, silence)
	if err != nil {
		return err
	}
	c := costs(made, "single-")
	g.say("%d Posts published: %v", n, tally(made))
	g.add("requests.post_writes", float64(1+c.mostWrites))
	g.add("requests.post_reads", float64(c.mostReads))
	g.add("requests.post_events", float64(c.mostEvents))
	g.add("requests.other_writes", float64(c.otherWrites))
	return nil
}

// threads cost one write more for each further segment.
func threads(ctx context.Context, g *gate, w *world, m *manager, channels int) error {
	n := g.scaled(20, 10)
	before := g.scaled(200, 100)
	due := whole(5 * time.Second)
	err := w.make(ctx, n, func(i int) *tribunev1alpha1.Post {
		p := post(requestsTeam, "thread", i, channels, due)
		p.Spec.Content = content(500_000 + i) // the same words again would be held as a duplicate
		for k := 1; k < threadLength; k++ {
			p.Spec.Content.Thread = append(p.Spec.Content.Thread, tribunev1alpha1.ThreadSegment{Text: text(1000*k + i)})
		}
		return p
	})
	if err != nil {
		return err
	}
	if err := m.reached(ctx, requestsTeam, tribunev1alpha1.PostPublished, before+n, 2*time.Minute); err != nil {
		return err
	}
	made, err := w.audit.quiet(ctx, silence)
	if err != nil {
		return err
	}
	g.say("%d threads of %d segments published: %v", n, threadLength, tally(made))
	g.add("requests.thread_writes", float64(1+costs(made, "thread-").mostWrites))
	return nil
}

// waiting Posts cost nothing.
func waiting(ctx context.Context, g *gate, w *world, m *manager, channels int) error {
	const n = 1000
	due := whole(30 * 24 * time.Hour)
	if err := w.make(ctx, n, func(i int) *tribunev1alpha1.Post { return post(requestsTeam, "waiting", i, channels, due) }); err != nil {
		return err
	}
	if err := m.reached(ctx, requestsTeam, tribunev1alpha1.PostScheduled, n, 2*time.Minute); err != nil {
		return err
	}
	accepted, err := w.audit.quiet(ctx, silence)
	if err != nil {
		return err
	}
	g.say("%d Posts accepted: %v", n, tally(accepted))
	g.add("requests.accept_writes", float64(costs(accepted, "waiting-").mostWrites))
	window := time.Duration(g.scaled(30, 10)) * time.Second
	if err := pass(ctx, window); err != nil {
		return err
	}
	made, err := w.audit.next()
	if err != nil {
		return err
	}
	g.say("%d Posts waited for %s: %v", n, window, tally(made))
	g.add("requests.waiting_writes", float64(writesButLease(made)))
	return m.alive()
}

// cost of the dearest Post, and of what belongs to none.
type cost struct {
	mostWrites, mostReads, mostEvents int
	otherWrites                       int
}

// costs sums up the requests about Posts whose names begin so. An event's name begins with its Post's.
func costs(all []request, prefix string) cost {
	writes, reads, events := map[string]int{}, map[string]int{}, map[string]int{}
	var c cost
	for _, r := range all {
		ours := strings.HasPrefix(r.Ref.Name, prefix)
		switch {
		case r.Ref.Resource == "posts" && ours && r.writes():
			writes[r.Ref.Name]++
			c.mostWrites = max(c.mostWrites, writes[r.Ref.Name])
		case r.Ref.Resource == "posts" && ours && !r.writes():
			reads[r.Ref.Name]++
			c.mostReads = max(c.mostReads, reads[r.Ref.Name])
		case r.Ref.Resource == "events" && ours:
			name, _, _ := strings.Cut(r.Ref.Name, ".")
			events[name]++
			c.mostEvents = max(c.mostEvents, events[name])
		case r.writes() && !r.lease():
			c.otherWrites++
		}
	}
	return c
}

func writesButLease(all []request) int {
	n := 0
	for _, r := range all {
		if r.writes() && !r.lease() {
			n++
		}
	}
	return n
}

// pass lets time pass: the only thing to wait for when nothing is to happen.
func pass(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("broken off: %w", ctx.Err())
	}
}
