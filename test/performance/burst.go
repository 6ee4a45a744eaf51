package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

const burstTeam = "burst"

// burst measures how long it takes until all Posts that are due at one instant have begun to go out. An intent and an outcome
// are written for each, so the yardstick is how many status patches the API server takes on this machine.
func burst(ctx context.Context, g *gate) (err error) {
	w, err := g.newWorld(ctx, "burst", false, "slow="+networkTakes.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.team(ctx, burstTeam, teamChannels); err != nil {
		return err
	}
	window := time.Duration(g.scaled(10, 5)) * time.Second
	before, err := w.patchRate(ctx, window)
	if err != nil {
		return err
	}
	lags, err := w.allAtOnce(ctx, g.scaled(2000, 500))
	if err != nil {
		return err
	}
	after, err := w.patchRate(ctx, window)
	if err != nil {
		return err
	}
	n, last, rate := len(lags), part(lags, 1), (before+after)/2
	bound := 1.5*2*float64(n)/rate + 1
	g.say("%d Posts on %d channels: half begun after %s, all after %s; the bound is %.2f s by %.0f patches/s before and %.0f after; one call at a time on a channel alone takes %s",
		n, teamChannels, part(lags, 0.5), last, bound, before, after, time.Duration(n/teamChannels-1)*networkTakes)
	g.add("burst.patches", rate)
	g.add("burst.bound", bound)
	g.add("burst.begun", last.Seconds())
	g.add("burst.of_bound", last.Seconds()/bound)
	return nil
}

// allAtOnce lets so many Posts fall due at one instant, and tells when each of them began.
func (w *world) allAtOnce(ctx context.Context, n int) (lags []time.Duration, err error) {
	m, err := w.startManager(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.stop()) }()
	if err := m.signedIn(ctx, burstTeam); err != nil {
		return nil, err
	}
	due := whole(time.Duration(15+n/50) * time.Second)
	posts := make([]*tribunev1alpha1.Post, n)
	for i := range posts {
		posts[i] = post(burstTeam, "burst", i, teamChannels, due)
	}
	if err := w.plan(ctx, m, burstTeam, posts, due); err != nil {
		return nil, err
	}
	if err := pass(ctx, time.Until(due)); err != nil {
		return nil, err
	}
	m.profile(ctx, "burst-cpu", "profile?seconds=3")
	got := w.receipts()
	if err := got.all(ctx, m, n, 3*time.Minute); err != nil {
		return nil, err
	}
	if err := m.reached(ctx, burstTeam, tribunev1alpha1.PostPublished, n, 2*time.Minute); err != nil {
		return nil, err
	}
	return got.lags(posts)
}

// patchRate is how many status patches a second the API server takes from 64 clients, an intent and an outcome in turns, with
// nobody else at work. It is measured before and after, as a machine is not always alike.
func (w *world) patchRate(ctx context.Context, window time.Duration) (float64, error) {
	posts := make([]*tribunev1alpha1.Post, clients)
	err := inParallel(ctx, clients, func(ctx context.Context, i int) error {
		posts[i] = post(burstTeam, "yardstick", i, teamChannels, whole(30*24*time.Hour))
		return w.client.Create(ctx, posts[i])
	})
	if err != nil {
		return 0, fmt.Errorf("make Posts: %w", err)
	}
	var count atomic.Int64
	group, running := errgroup.WithContext(ctx)
	stop := make(chan struct{})
	for i := range clients {
		group.Go(func() error {
			for p := posts[i]; ; {
				for _, change := range []func(*tribunev1alpha1.Post){intend, conclude} {
					select {
					case <-stop:
						return nil
					default:
					}
					before := p.DeepCopy()
					change(p)
					if err := w.client.Status().Patch(running, p, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
						return fmt.Errorf("patch status: %w", err)
					}
					count.Add(1)
				}
			}
		})
	}
	rate, waited := 0.0, pass(running, 2*time.Second) // until everything is warm
	if waited == nil {
		begun, before := time.Now(), count.Load()
		waited = pass(running, window)
		rate = float64(count.Load()-before) / time.Since(begun).Seconds()
	}
	close(stop)
	if err := group.Wait(); err != nil {
		return 0, err
	}
	if waited != nil {
		return 0, waited
	}
	err = inParallel(ctx, clients, func(ctx context.Context, i int) error { return w.client.Delete(ctx, posts[i]) })
	return rate, err
}

// intend and conclude change as much of a status as an intent and an outcome do.
func intend(p *tribunev1alpha1.Post) {
	facts := publish.Facts{Now: time.Now(), Post: p, Channel: publish.Channel{Account: p.Namespace + "/" + string(p.Spec.ChannelRef.Name)}}
	p.Status = publish.Intend(facts, publish.Intent{Attempt: "yardstick", Owner: "host/00000000-0000-0000-0000-000000000000",
		Key: "abcdefghijklmnopqrstuvwxyz", Hashes: []string{"0123456789abcdef0123456789abcdef"}})
}

func conclude(p *tribunev1alpha1.Post) {
	now := time.Now()
	if outcome, ok := publish.Conclude(publish.Facts{Now: now, Post: p}, publish.Outcome{Attempt: "yardstick", Began: now}); ok {
		p.Status = outcome
		p.Status.Segments[0].ID, p.Status.Segments[0].URL = "123456", "http://127.0.0.1:8088/@burst/channel-00/123456"
		p.Status.PublishedAt = &metav1.Time{Time: now}
	}
}
