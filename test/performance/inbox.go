package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// inboxes measures how many items a second go from received to decided and recorded, on each database.
func inboxes(ctx context.Context, g *gate) error {
	times := fmt.Sprintf("%dx", g.scaled(40000, 8000))
	if g.wants("inbox.sqlite") {
		n, err := g.benchmark(ctx, "./internal/inbox", "BenchmarkInbox/SQLite", times, "items/s")
		if err != nil {
			return err
		}
		g.add("inbox.sqlite", n)
	}
	if !g.wants("inbox.postgres") {
		return nil
	}
	n, err := g.benchmark(ctx, "./internal/inbox", "BenchmarkInbox/PostgreSQL", times, "items/s")
	var skipped *skippedError
	switch {
	case errors.As(err, &skipped):
		g.seen["inbox.postgres"] = true
		g.say("inbox.postgres is not measured: %v", err)
		return nil
	case err != nil:
		return err
	}
	g.add("inbox.postgres", n)
	return nil
}

// matching measures how many items a second of one core's time are searched for all that a large policy names.
func matching(ctx context.Context, g *gate) error {
	n, err := g.benchmark(ctx, "./internal/match", "BenchmarkLaw", "3s", "items/cpu-s")
	if err != nil {
		return err
	}
	g.add("policy.match", n)
	return nil
}

// skippedError is a benchmark that cannot run here, as something is not installed.
type skippedError struct{ said string }

func (e *skippedError) Error() string { return "skipped: " + e.said }

// benchmark runs a benchmark of a package and gives what it measured in a unit.
func (g *gate) benchmark(ctx context.Context, folder, bench, times, unit string) (float64, error) {
	pattern := "^" + strings.ReplaceAll(bench, "/", "$/^") + "$"
	cmd := exec.CommandContext(ctx, "go", "test", folder, "-run", "^$", "-bench", pattern, "-benchtime", times, "-timeout", "10m", "-v")
	cmd.Dir = g.root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", bench, err, out)
	}
	if value, known := measured(string(out), unit); known {
		return value, nil
	}
	if strings.Contains(string(out), "--- SKIP: "+bench) {
		return 0, &skippedError{said: strings.TrimSpace(string(out))}
	}
	return 0, fmt.Errorf("%s tells no %s:\n%s", bench, unit, out)
}

// measured finds a figure by its unit in what a benchmark printed.
func measured(out, unit string) (value float64, known bool) {
	found := regexp.MustCompile(`(?m)^Benchmark.*\s([0-9.e+]+) ` + regexp.QuoteMeta(unit) + `(?:\s|$)`).FindStringSubmatch(out)
	if found == nil {
		return 0, false
	}
	value, err := strconv.ParseFloat(found[1], 64)
	return value, err == nil
}
