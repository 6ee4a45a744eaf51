// Command performance is the performance gate: it runs the manager as a process against a real API server and the built-in
// network, measures what docs promise of its speed, memory and cost, and compares with thresholds.json. It prints one JSON
// object a line for each measure on stdout, its progress on stderr, and ends with 1 if a threshold is broken.
//
// It must not know how the manager does its work: it sees what users see, requests, metrics, status and the network's log.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

func main() {
	ctrllog.SetLogger(logr.Discard()) // our clients have nothing to say that an error does not
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// scenarios in the order in which they run. The name of each is the first part of the names of its measures.
var scenarios = []scenario{
	{"micro", micro},
	{"policy", matching},
	{"inbox", inboxes},
	{"requests", requests},
	{"lag", lag},
	{"burst", burst},
	{"startup", startup},
}

// scenario measures several things that one set-up can tell.
type scenario struct {
	name string
	run  func(context.Context, *gate) error
}

// gate is one run of the command.
type gate struct {
	*report
	progress io.Writer
	started  time.Time
	// only these scenarios and measures, with commas between; empty: all.
	only string
	// short measures with fewer Posts and in shorter windows.
	short bool
	// fsync lets etcd sync its log as in production.
	fsync bool
	// profiles is a folder for the manager's profiles; empty: none are taken.
	profiles string
	// dir for binaries, data and logs; root of the module.
	dir, root string
	// binary is the tribune command.
	binary string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	g := &gate{progress: stderr, started: time.Now()}
	flags := flag.NewFlagSet("performance", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&g.only, "only", "", "measure these alone: names of scenarios or measures, with commas between")
	flags.BoolVar(&g.short, "short", false, "fewer Posts and shorter windows, in a few minutes less")
	flags.BoolVar(&g.fsync, "fsync", true, "let etcd sync its log to the disk, as in production")
	flags.StringVar(&g.profiles, "profiles", "", "folder to write CPU and heap profiles of the manager to")
	keep := flags.Bool("keep", false, "keep data and logs, and say where they are")
	thresholds := flags.String("thresholds", "", "thresholds to compare with (default: test/performance/thresholds.json)")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := g.prepare(ctx, *thresholds, stdout); err != nil {
		fmt.Fprintln(stderr, "performance:", err)
		return 2
	}
	defer func() {
		if *keep {
			g.say("data and logs are in %s", g.dir)
			return
		}
		_ = os.RemoveAll(g.dir)
	}()
	chosen, err := choose(g.only)
	if err != nil {
		fmt.Fprintln(stderr, "performance:", err)
		return 2
	}
	for _, s := range chosen {
		g.say("%s", s.name)
		if err := s.run(ctx, g); err != nil {
			fmt.Fprintf(stderr, "performance: %s: %v\n", s.name, err)
			*keep = true
			return 2
		}
	}
	if g.only == "" {
		g.complete(g.short)
	}
	if len(g.broken) > 0 {
		fmt.Fprintf(stderr, "performance: %d broken: %s\n", len(g.broken), strings.Join(g.broken, ", "))
		return 1
	}
	return 0
}

func (g *gate) prepare(ctx context.Context, path string, stdout io.Writer) error {
	var err error
	if g.root, err = moduleRoot(); err != nil {
		return err
	}
	if path == "" {
		path = g.root + "/test/performance/thresholds.json"
	}
	thresholds, err := readThresholds(path)
	if err != nil {
		return err
	}
	g.report = newReport(thresholds, stdout)
	if g.dir, err = os.MkdirTemp("", "tribune-performance-"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	if g.profiles != "" {
		if err := os.MkdirAll(g.profiles, 0o755); err != nil {
			return fmt.Errorf("--profiles: %w", err)
		}
	}
	g.say("building tribune")
	return g.build(ctx)
}

// choose the scenarios that were asked for, by their own names or those of their measures.
func choose(only string) ([]scenario, error) {
	if only == "" {
		return scenarios, nil
	}
	var chosen []scenario
	for name := range strings.SplitSeq(only, ",") {
		first, _, _ := strings.Cut(strings.TrimSpace(name), ".")
		at := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == first })
		if at < 0 {
			return nil, fmt.Errorf("--only %s: there is no such scenario: use one of %s", name, strings.Join(scenarioNames(), ", "))
		}
		if !slices.ContainsFunc(chosen, func(s scenario) bool { return s.name == first }) {
			chosen = append(chosen, scenarios[at])
		}
	}
	return chosen, nil
}

func scenarioNames() []string {
	names := make([]string, len(scenarios))
	for i, s := range scenarios {
		names[i] = s.name
	}
	return names
}

// wants is true unless only measures of the same scenario that begin otherwise were asked for.
func (g *gate) wants(prefix string) bool {
	scenario, _, _ := strings.Cut(prefix, ".")
	asked := false
	for name := range strings.SplitSeq(g.only, ",") {
		name = strings.TrimSpace(name)
		if name == scenario || strings.HasPrefix(name, prefix) {
			return true
		}
		asked = asked || strings.HasPrefix(name, scenario+".")
	}
	return !asked
}

// say tells on stderr how far the run is.
func (g *gate) say(format string, args ...any) {
	fmt.Fprintf(g.progress, "%6.1fs  %s\n", time.Since(g.started).Seconds(), fmt.Sprintf(format, args...))
}

// short or full number of something.
func (g *gate) scaled(full, short int) int {
	if g.short {
		return short
	}
	return full
}

var errNoRoot = errors.New("no go.mod here or above: run it inside Tribune's sources")
