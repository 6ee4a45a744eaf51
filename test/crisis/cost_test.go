package crisis

import (
	"slices"
	"testing"
	"time"
)

// Asking costs at most a read a Post and twenty a second, and under 150 ms of lag.
func TestCost(t *testing.T) {
	const channels, rate = 20, 50
	seconds := 4
	if whole() {
		seconds = 20
	}
	path, environment := self(t), []string(nil)
	if whole() {
		var err error
		if path, err = breakable(); err != nil {
			t.Fatal(err)
		}
	}
	p99 := func(gate bool, environment []string) time.Duration {
		lags := lag(t, path, environment, channels, rate, seconds, gate)
		t.Logf("lag at %d Posts a second, with the gate %v: p50 %s, p99 %s", rate, gate, lags[len(lags)/2], lags[len(lags)*99/100])
		return lags[len(lags)*99/100]
	}
	with := p99(true, environment)
	if !whole() {
		return
	}
	// In turns, and the least of each: what else the machine does is no cost of the gate.
	ungated := []string{"TRIBUNE_BREAK=no-gate"}
	without := p99(false, ungated)
	with, without = min(with, p99(true, environment)), min(without, p99(false, ungated))
	if grew := with - without; grew >= 150*time.Millisecond {
		t.Errorf("the gate makes the p99 lag grow by %s, want less than 150ms", grew)
	}
}

// lag of Posts of which so many fall due a second, sorted.
func lag(t *testing.T, path string, environment []string, channels, rate, seconds int, gate bool) []time.Duration {
	t.Helper()
	w := start(t, channels, 1, path, environment...)
	posts := rate * seconds
	begin := time.Now().Add(4*time.Second + time.Duration(posts)*5*time.Millisecond).Truncate(time.Second)
	w.plan(posts, func(i int) time.Time { return begin.Add(time.Duration(i/rate) * time.Second) })
	w.published(posts)
	reads, most := w.readsSince(begin.Add(-time.Minute))
	t.Logf("%d Posts, %d reads, at most %d in a second", posts, reads, most)
	if reads > posts || most > 21 || gate == (reads == 0) {
		t.Errorf("%d reads for %d Posts, %d in a second: want at most one a Post and 20 a second", reads, posts, most)
	}
	var lags []time.Duration
	for _, p := range w.posts() {
		if p.Status.Lag != nil {
			lags = append(lags, p.Status.Lag.Duration)
		}
	}
	slices.Sort(lags)
	return lags
}
