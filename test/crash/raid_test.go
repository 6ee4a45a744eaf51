package crash

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/store"
)

// A raid opens the circuit: what is over the limit is held for people, all of it, and the manager stays small.
func TestARaidIsHeldAndTheManagerStaysSmall(t *testing.T) {
	const limit, most = 30, 500 << 20
	size := 3000
	if whole() {
		size = 100_000
	}
	m := mode{name: "raid", once: durable}
	c := gather(t, &m, "SQLite", limit)
	began := time.Now()
	c.storm(size)
	said := time.Since(began)
	l := c.known()
	c.eventually("all is decided", time.Second, func(ctx context.Context) (int, bool, error) {
		stats, err := l.StatsOf(ctx, c.namespace, "house-rules", began.Add(-time.Hour), time.Now())
		return int(stats.Items), int(stats.Items) == size, err
	})
	t.Logf("%d things were said in %s and decided about in %s", size, said.Round(time.Second), time.Since(began).Round(time.Second))
	c.is(&tribunev1alpha1.CommunityPolicy{}, "house-rules", tribunev1alpha1.ConditionCircuitOpen, "")
	c.eventually("all is done or held", time.Second, func(ctx context.Context) (int, bool, error) {
		done, held, err := hides(ctx, l, c.namespace)
		return done + held, done == limit && held == size-limit, err
	})
	if diff := cmp.Diff(limit, c.acted(t.Context())); diff != "" {
		t.Errorf("hidden on the network (-limit +is):\n%s", diff)
	}
	if bytes, known := c.alive[0].peak(t); known {
		t.Logf("the manager took %d MB at most", bytes>>20)
		if bytes > most {
			t.Errorf("the manager took %d MB, more than %d", bytes>>20, most>>20)
		}
	}
	c.alive[0].terminate(t, time.Minute)
	c.alive = nil
	c.remove()
}

// storm says so much at once.
func (c *crowd) storm(size int) {
	c.t.Helper()
	const atOnce = 8
	c.square.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}
	var all sync.WaitGroup
	failed := make(chan error, atOnce)
	for k := range atOnce {
		all.Go(func() {
			for n := k; n < size; n += atOnce {
				if _, err := c.say(c.t.Context(), remark{author: fmt.Sprint("raider", n%3000), text: fmt.Sprint("you n1twit, this is number ", n)}); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		c.t.Fatal(err)
	}
}

func hides(ctx context.Context, l *store.Database, namespace string) (done, held int, err error) {
	actions, err := l.Actions(ctx, store.ActionFilter{Namespace: namespace, States: []store.ActionState{store.ActionDone, store.ActionHeld}})
	for i := range actions {
		switch {
		case actions[i].Kind != "hide":
		case actions[i].State == store.ActionDone:
			done++
		default:
			held++
		}
	}
	return done, held, err
}

// peak is the most memory that the process ever had; known is false where the system does not tell.
func (p *process) peak(t *testing.T) (bytes int, known bool) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, false
	}
	found := regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`).FindSubmatch(status)
	if found == nil {
		return 0, false
	}
	kilobytes, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10, true
}
