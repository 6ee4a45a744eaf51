package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/util/wait"
)

// manager is a running manager, seen from outside: its health, metrics and profiles.
type manager struct {
	*process
	world                  *world
	health, metrics, pprof string
	begun                  time.Time
}

// startManager runs a manager that works for the world, with further flags.
func (w *world) startManager(ctx context.Context, flags ...string) (*manager, error) {
	m := &manager{world: w}
	for _, address := range []*string{&m.health, &m.metrics, &m.pprof} {
		free, err := freeAddress(ctx)
		if err != nil {
			return nil, err
		}
		*address = free
	}
	w.managers++
	args := append([]string{"manager", "--kubeconfig", w.kubeconfig, "--local-url", w.localURL,
		"--ledger", filepath.Join(w.dir, "ledger.db"), "--metrics-secure=false", "--log-level", "warn",
		"--health-address", m.health, "--metrics-address", m.metrics, "--pprof-address", m.pprof}, flags...)
	m.begun = time.Now()
	var err error
	m.process, err = w.gate.start(filepath.Join(w.dir, fmt.Sprintf("manager-%d.log", w.managers)), nil, args...)
	return m, err
}

// until waits for a condition, as long as the manager lives.
func (m *manager) until(ctx context.Context, what string, every, longest time.Duration, is func(context.Context) (bool, error)) error {
	err := wait.PollUntilContextTimeout(ctx, every, longest, true, func(ctx context.Context) (bool, error) {
		if err := m.alive(); err != nil {
			return false, err
		}
		return is(ctx)
	})
	if err != nil {
		return fmt.Errorf("wait for %s: %w (see %s)", what, err, m.log.Name())
	}
	return nil
}

// ready waits until the manager says that it is.
func (m *manager) ready(ctx context.Context) error {
	return m.until(ctx, "the manager to be ready", 20*time.Millisecond, 5*time.Minute, func(ctx context.Context) (bool, error) {
		_, err := get(ctx, "http://"+m.health+"/readyz")
		return err == nil, ctx.Err()
	})
}

// families are the manager's metrics by name.
func (m *manager) families(ctx context.Context) (map[string]*dto.MetricFamily, error) {
	body, err := get(ctx, "http://"+m.metrics+"/metrics")
	if err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	return families, nil
}

// sum of a metric over its series that have all these labels.
func sum(families map[string]*dto.MetricFamily, name string, labels map[string]string) float64 {
	total := 0.0
	for _, metric := range families[name].GetMetric() {
		matched := 0
		for _, l := range metric.GetLabel() {
			if labels[l.GetName()] == l.GetValue() {
				matched++
			}
		}
		if matched == len(labels) {
			total += metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + metric.GetUntyped().GetValue()
		}
	}
	return total
}

// drained waits until all Posts are known, each calendar was looked at, and nothing is left to do.
func (m *manager) drained(ctx context.Context, posts, calendars int) error {
	of := func(controller string) map[string]string { return map[string]string{"controller": controller} }
	return m.until(ctx, "the queues to be empty", 250*time.Millisecond, 10*time.Minute, func(ctx context.Context) (bool, error) {
		families, err := m.families(ctx)
		if err != nil {
			return false, ctx.Err() // not there yet
		}
		left := 0.0
		for _, controller := range []string{"post", "contentcalendar", "notify-post"} {
			left += sum(families, "workqueue_depth", of(controller)) + sum(families, "controller_runtime_active_workers", of(controller))
		}
		known, planned := sum(families, "tribune_posts", nil), sum(families, "controller_runtime_reconcile_total", of("contentcalendar"))
		return left == 0 && known >= float64(posts) && planned >= float64(calendars), nil
	})
}

// heap is what the manager keeps, in bytes: what is left on its heap after a collection.
func (m *manager) heap(ctx context.Context) (float64, error) {
	// The first collection lets finalizers and pools go, the second one frees what they held.
	var body string
	for range 2 {
		var err error
		if body, err = get(ctx, "http://"+m.pprof+"/debug/pprof/heap?gc=1&debug=1"); err != nil {
			return 0, err
		}
	}
	for line := range strings.Lines(body) {
		if value, ok := strings.CutPrefix(line, "# HeapAlloc = "); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, errors.New("the heap profile does not tell HeapAlloc")
}

// cpu is the processor time that the manager has used.
func (m *manager) cpu(ctx context.Context) (time.Duration, error) {
	families, err := m.families(ctx)
	if err != nil {
		return 0, err
	}
	return time.Duration(sum(families, "process_cpu_seconds_total", nil) * float64(time.Second)), nil
}

// looked is how often the manager has looked at a Post.
func (m *manager) looked(ctx context.Context) (float64, error) {
	families, err := m.families(ctx)
	if err != nil {
		return 0, err
	}
	return sum(families, "controller_runtime_reconcile_total", map[string]string{"controller": "post"}), nil
}

// profile writes a profile of the manager, if the run was asked for them: kind is heap, or profile?seconds=5.
func (m *manager) profile(ctx context.Context, name, kind string) {
	if m.world.gate.profiles == "" {
		return
	}
	var body string
	err := m.until(ctx, "a profile", 100*time.Millisecond, time.Minute, func(ctx context.Context) (bool, error) {
		var err error
		body, err = get(ctx, "http://"+m.pprof+"/debug/pprof/"+kind)
		return err == nil, ctx.Err()
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(m.world.gate.profiles, name+".pprof"), []byte(body), 0o600)
	}
	if err != nil {
		m.world.gate.say("no profile %s: %v", name, err)
	}
}

func get(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s: %.300s", url, resp.Status, body)
	}
	return string(body), nil
}

func getJSON(ctx context.Context, url string, into any) error {
	body, err := get(ctx, url)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return fmt.Errorf("read %s: %w", url, err)
	}
	return nil
}

// peak is the most memory that the process has got from the system so far, in bytes.
func (m *manager) peak(ctx context.Context) (float64, error) {
	families, err := m.families(ctx)
	if err != nil {
		return 0, err
	}
	return sum(families, "go_memstats_sys_bytes", nil), nil
}
