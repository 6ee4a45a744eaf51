package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// startup measures how a manager comes up where many Posts wait: how long until it is ready, has planned each calendar and has nothing left to do,
// what it writes meanwhile, what it keeps in memory, and what it costs when nothing happens.
func startup(ctx context.Context, g *gate) error {
	if g.wants("startup.10k") {
		few, err := g.comeUp(ctx, 10_000)
		if err != nil {
			return err
		}
		g.add("startup.10k_ready", few.ready.Seconds())
		g.add("startup.10k_writes", float64(few.writes))
		g.add("startup.10k_heap", few.heap/10_000)
		g.add("startup.10k_idle_writes", float64(few.idleWrites))
		g.add("startup.10k_idle_cpu", few.idleCPU)
	}
	if g.short || !g.wants("startup.100k") {
		return nil
	}
	many, err := g.comeUp(ctx, 100_000)
	if err != nil {
		return err
	}
	g.add("startup.100k_ready", many.ready.Seconds())
	g.add("startup.100k_writes", float64(many.writes))
	g.add("startup.100k_heap", many.heap/100_000)
	g.add("startup.100k_cpu", many.cpu.Seconds())
	g.add("startup.100k_peak", many.peak)
	g.add("startup.100k_idle_writes", float64(many.idleWrites))
	g.add("startup.100k_idle_cpu", many.idleCPU)
	g.add("startup.100k_looks_writes", float64(many.looksWrites))
	g.add("startup.100k_looks_cpu", many.looksCPU)
	return nil
}

// came is how a manager came up.
type came struct {
	// ready is from the start of the process until it said so and its queues were empty.
	ready time.Duration
	// writes until then, idleWrites in the window after, and looksWrites in one in which Posts are looked at that wait for long.
	writes, idleWrites, looksWrites int
	// cpu is the processor time until then.
	cpu time.Duration
	// heap in bytes after a collection, and peak of what the process got from the system before it.
	heap, peak float64
	// idleCPU and looksCPU are the parts of one core in the windows.
	idleCPU, looksCPU float64
}

// firstLooks is from when on a manager looks at Posts that wait for long, one after the other, within the hour.
const firstLooks = 65 * time.Second

func (g *gate) comeUp(ctx context.Context, posts int) (c came, err error) {
	w, err := g.newWorld(ctx, fmt.Sprintf("startup-%d", posts), true)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.model(ctx); err != nil {
		return c, err
	}
	g.say("writing %d Posts into etcd", posts)
	hour := time.Now().Truncate(time.Hour)
	if err := w.seed(ctx, posts); err != nil {
		return c, err
	}
	if _, err := w.audit.quiet(ctx, silence); err != nil {
		return c, err
	}
	g.say("starting the manager")
	m, err := w.startManager(ctx)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, m.stop()) }()
	go m.profile(ctx, fmt.Sprintf("startup-%d-sync-cpu", posts), "profile?seconds=3")
	if err := c.up(ctx, m, posts); err != nil {
		return c, err
	}
	if c.idleWrites, c.idleCPU, err = g.window(ctx, m, "idle"); err != nil {
		return c, err
	}
	if !g.short && posts == 100_000 {
		if err := pass(ctx, time.Until(m.begun.Add(firstLooks))); err != nil {
			return c, err
		}
		if _, err := w.audit.next(); err != nil {
			return c, err
		}
		if c.looksWrites, c.looksCPU, err = g.looks(ctx, m); err != nil {
			return c, err
		}
	}
	// Once an hour each calendar says how far ahead it has looked.
	if now := time.Now().Truncate(time.Hour); !now.Equal(hour) {
		g.say("an hour turned: writes of coverageUntil are taken off")
		c.writes, c.idleWrites = max(c.writes-posts/entries, 0), max(c.idleWrites-posts/entries, 0)
		c.looksWrites = max(c.looksWrites-posts/entries, 0)
	}
	return c, nil
}

// up waits until the manager has nothing left to do.
func (c *came) up(ctx context.Context, m *manager, posts int) error {
	g := m.world.gate
	if err := m.ready(ctx); err != nil {
		return err
	}
	g.say("ready after %s", time.Since(m.begun).Round(time.Millisecond))
	go m.profile(ctx, fmt.Sprintf("startup-%d-look-cpu", posts), "profile?seconds=5")
	if err := m.drained(ctx, posts, posts/entries); err != nil {
		return err
	}
	c.ready = time.Since(m.begun)
	g.say("all Posts known and all calendars planned after %s", c.ready.Round(time.Millisecond))
	var err error
	if c.peak, err = m.peak(ctx); err != nil {
		return err
	}
	if c.cpu, err = m.cpu(ctx); err != nil {
		return err
	}
	if c.heap, err = m.heap(ctx); err != nil {
		return err
	}
	m.profile(ctx, fmt.Sprintf("startup-%d-heap", posts), "heap?gc=1")
	made, err := m.world.audit.quiet(ctx, silence)
	if err != nil {
		return err
	}
	c.writes = writesButLease(made)
	g.say("requests until then: %v", tally(made))
	return nil
}

// looks is what it takes to look at Posts that wait for long.
func (g *gate) looks(ctx context.Context, m *manager) (writes int, cores float64, err error) {
	before, err := m.looked(ctx)
	if err != nil {
		return 0, 0, err
	}
	if writes, cores, err = g.window(ctx, m, "looking at Posts that wait"); err != nil {
		return 0, 0, err
	}
	after, err := m.looked(ctx)
	if err != nil {
		return 0, 0, err
	}
	if after-before < 100 {
		return 0, 0, fmt.Errorf("%.0f Posts were looked at, which measures nothing: some hundred are expected", after-before)
	}
	g.say("%.0f Posts were looked at", after-before)
	return writes, cores, nil
}

// window is what a manager writes in a while, and the part of one core that it takes.
func (g *gate) window(ctx context.Context, m *manager, what string) (writes int, cores float64, err error) {
	window := time.Duration(g.scaled(30, 10)) * time.Second
	before, err := m.cpu(ctx)
	if err != nil {
		return 0, 0, err
	}
	if err := pass(ctx, window); err != nil {
		return 0, 0, err
	}
	after, err := m.cpu(ctx)
	if err != nil {
		return 0, 0, err
	}
	made, err := m.world.audit.next()
	if err != nil {
		return 0, 0, err
	}
	g.say("%s for %s: %v", what, window, tally(made))
	return writesButLease(made), (after - before).Seconds() / window.Seconds(), nil
}
