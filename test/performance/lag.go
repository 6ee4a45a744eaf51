package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

const (
	lagTeam = "lag"
	// perSecond Posts fall due, all of them at the full second, as publishAt has no parts of one.
	perSecond = 50
	// teamChannels is over how many channels lag and burst spread their Posts.
	teamChannels = 20
	// networkTakes is how long the network takes for an answer in lag and burst.
	networkTakes = 50 * time.Millisecond
)

// lag measures from the due time to the network's receipt under a steady load.
func lag(ctx context.Context, g *gate) (err error) {
	w, err := g.newWorld(ctx, "lag", false, "slow="+networkTakes.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.team(ctx, lagTeam, teamChannels); err != nil {
		return err
	}
	m, err := w.startManager(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.stop()) }()
	if err := m.signedIn(ctx, lagTeam); err != nil {
		return err
	}
	seconds := g.scaled(30, 10)
	n := seconds * perSecond
	first := whole(time.Duration(15+n/100) * time.Second)
	posts := make([]*tribunev1alpha1.Post, n)
	for i := range posts {
		posts[i] = post(lagTeam, "steady", i, teamChannels, first.Add(time.Duration(i/perSecond)*time.Second))
	}
	if err := w.plan(ctx, m, lagTeam, posts, first); err != nil {
		return err
	}
	got := w.receipts()
	if err := got.all(ctx, m, n, time.Until(first)+time.Duration(seconds)*time.Second+2*time.Minute); err != nil {
		return err
	}
	if err := m.reached(ctx, lagTeam, tribunev1alpha1.PostPublished, n, 2*time.Minute); err != nil {
		return err
	}
	lags, err := got.lags(posts)
	if err != nil {
		return err
	}
	g.add("lag.p50", part(lags, 0.50).Seconds())
	g.add("lag.p99", part(lags, 0.99).Seconds())
	g.add("lag.most", part(lags, 1).Seconds())
	return nil
}

// plan makes Posts and waits until the manager has accepted them all, which must be before the first is due.
func (w *world) plan(ctx context.Context, m *manager, namespace string, posts []*tribunev1alpha1.Post, first time.Time) error {
	if err := w.make(ctx, len(posts), func(i int) *tribunev1alpha1.Post { return posts[i].DeepCopy() }); err != nil {
		return err
	}
	if err := m.reached(ctx, namespace, tribunev1alpha1.PostScheduled, len(posts), time.Minute); err != nil {
		return err
	}
	left := time.Until(first)
	w.gate.say("%d Posts accepted, the first is due in %s", len(posts), left.Round(time.Millisecond))
	if left < 0 {
		return errors.New("the Posts fell due before they were accepted: the machine is too busy to measure")
	}
	return nil
}

// lags of the Posts, in order of size. A Post that went out before its time, twice or never is an error.
func (r *receipts) lags(posts []*tribunev1alpha1.Post) ([]time.Duration, error) {
	lags := make([]time.Duration, len(posts))
	for i, p := range posts {
		at, ok := r.first[marker(p)]
		if !ok {
			return nil, fmt.Errorf("the network never got Post %s", p.Name)
		}
		if lags[i] = at.Sub(p.Spec.PublishAt.Time); lags[i] < 0 {
			return nil, fmt.Errorf("the network got Post %s %s before it was due", p.Name, -lags[i])
		}
	}
	slices.Sort(lags)
	return lags, nil
}

// part is the value that so much of a sorted list is not above.
func part(sorted []time.Duration, p float64) time.Duration {
	return sorted[min(int(p*float64(len(sorted))), len(sorted)-1)]
}
