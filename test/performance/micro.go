package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	_ "github.com/tribune-dev/tribune/internal/network/all" // registers the networks
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

// micro measures the pure parts and the ledger by themselves.
func micro(ctx context.Context, g *gate) error {
	testing.Init()
	if err := renderings(g); err != nil {
		return err
	}
	if err := planning(g); err != nil {
		return err
	}
	return ledgerWrites(ctx, g)
}

// renderings a second of a Post with a link, on one core, for the network with the most to find in a text.
func renderings(g *gate) error {
	adapter, ok := network.Lookup(tribunev1alpha1.NetworkBluesky)
	if !ok {
		return errors.New("network Bluesky is not registered")
	}
	c := content(1)
	var problems []publish.Problem
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			_, problems = publish.Render(&c, "en", adapter.Rules)
		}
	})
	if len(problems) > 0 {
		return fmt.Errorf("the Post cannot be rendered: %v", problems)
	}
	g.add("micro.renderings", float64(result.N)/result.T.Seconds())
	return nil
}

// planning of a calendar with 500 entries that come every day, for two weeks and up to the bound of waiting Posts.
func planning(g *gate) error {
	cal := &tribunev1alpha1.ContentCalendar{ObjectMeta: metav1.ObjectMeta{Name: "team"}}
	cal.Spec.TimeZone = "Europe/Madrid"
	cal.Spec.ChannelRefs = []tribunev1alpha1.LocalReference{{Name: "square"}}
	for i := range 500 {
		c := content(i)
		cal.Spec.Entries = append(cal.Spec.Entries, tribunev1alpha1.CalendarEntry{Name: tribunev1alpha1.ObjectName(fmt.Sprintf("entry-%03d", i)),
			Cron: fmt.Sprintf("%d %d * * *", i%60, i%24), Content: &c})
	}
	now := time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)
	in := plan.Input{Calendar: cal, Now: now, FirstSeen: now, Channels: []plan.Channel{{Name: "square", Network: tribunev1alpha1.NetworkLocal}}}
	var planned plan.Result
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			planned = plan.Calendar(in)
		}
	})
	if len(planned.Problems) > 0 || len(planned.Posts) != plan.MaxWaiting {
		return fmt.Errorf("planned %d Posts, problems %v", len(planned.Posts), planned.Problems)
	}
	g.add("micro.plan", result.T.Seconds()/float64(result.N))
	return nil
}

// ledgerWrites a second, an intent and an outcome for each publication, 256 at a time, each on the disk when it returns.
func ledgerWrites(ctx context.Context, g *gate) error {
	ledger, err := store.Open(ctx, store.Options{Path: filepath.Join(g.dir, "micro", "ledger.db")})
	if err != nil {
		return err
	}
	defer func() { _ = ledger.Close() }()
	n := g.scaled(20000, 4000)
	begun := time.Now()
	write := func(ctx context.Context, i int) error {
		id := network.Identity{Namespace: "team", Post: fmt.Sprintf("post-%06d", i), Edition: 1, Account: "team/square"}
		_, won, err := ledger.Begin(ctx, store.Publication{Identity: id, Key: id.HashKey(0), Marker: id.Marker(), Attempt: "a", Owner: "performance",
			State: store.Sending, Channel: "square", Network: "Local", StartedAt: begun})
		if err != nil || !won {
			return fmt.Errorf("begin: won %v: %w", won, err)
		}
		return ledger.Finish(ctx, id, "a", store.Outcome{State: store.Published, RecordID: "1", PublishedAt: begun})
	}
	if err := inParallelOf(ctx, 256, n, write); err != nil {
		return err
	}
	g.add("micro.ledger_writes", 2*float64(n)/time.Since(begun).Seconds())
	return nil
}
