package crisis

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

// bound is what a Crisis promises: no request begins more than this after the API server acknowledged it.
const bound = time.Second

// mode is one way to press the button.
type mode struct {
	channels, posts int
	// slow is how long the network takes for an answer.
	slow time.Duration
	// underway is how many calls must be in flight when the button is pressed. A channel has one in flight at a time.
	underway int
	// rounds is how often it is pressed, each time when as many are in flight again; 0 is 1.
	rounds int
	// kill lets all managers die when the Crisis was stored, and others start.
	kill bool
	// settle of the managers, which is waited for after a kill.
	settle time.Duration
	// allWork lets both managers work at once.
	allWork bool
}

// The network's clock is the judge: whatever is under way when a Crisis is stored, nothing begins more than a second later, and
// nothing at all once PostsHeld is true; the Posts that slipped through are those that the Crisis names; and when it is over all
// Posts go out, once.
func TestBound(t *testing.T) {
	modes := map[string]mode{
		"slow network": {channels: 20, posts: 100, slow: 2 * time.Second, underway: 20},
		"fast network": {channels: 10, posts: 100, slow: 100 * time.Millisecond, underway: 2},
		"killed":       {channels: 10, posts: 50, slow: time.Second, underway: 8, kill: true, settle: 12 * time.Second},
		"both work":    {channels: 10, posts: 100, slow: time.Second, underway: 8, allWork: true},
	}
	if whole() {
		modes = map[string]mode{
			"slow network": {channels: 90, posts: 2000, slow: 6 * time.Second, underway: 60, rounds: 2},
			// More are in flight, or begin within the bound, than a Crisis can name.
			"fast network": {channels: 60, posts: 500, slow: 300 * time.Millisecond, underway: 20, rounds: 2},
			"killed":       {channels: 40, posts: 300, slow: time.Second, underway: 20, kill: true, settle: 12 * time.Second},
			// Each takes over what the other is at, so that it takes a settle time, and more, until all is known.
			"both work":   {channels: 60, posts: 1000, slow: 3 * time.Second, underway: 40, rounds: 2, settle: 12 * time.Second, allWork: true},
			"both killed": {channels: 40, posts: 300, slow: time.Second, underway: 20, kill: true, settle: 12 * time.Second, allWork: true},
		}
	}
	for name, m := range modes {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			w := prepare(t, m.channels, self(t))
			w.flags, w.allWork = []string{"--settle", cmp.Or(m.settle, time.Minute).String()}, m.allWork
			w.begin(2)
			w.fallDue(m)
			for round := range max(m.rounds, 1) {
				c, problems := w.press(m, fmt.Sprintf("pause-%d", round+1))
				if len(problems) > 0 {
					t.Error(strings.Join(problems, "\n"))
				}
				if round+1 >= m.rounds {
					w.network.SetFaults(local.Faults{})
				}
				w.resume(c)
			}
			w.published(m.posts)
			t.Logf("%s in all", time.Since(began).Round(time.Second))
		})
	}
}

// fallDue makes Posts that fall due at about one instant, on a network that takes its time: one channel after the other within that
// time, so that at any moment there are calls that begin, and calls in flight.
func (w *world) fallDue(m mode) {
	w.Helper()
	w.network.SetFaults(local.Faults{Slow: m.slow, SlowChance: local.Always})
	due := time.Now().Add(3*time.Second + time.Duration(m.posts)*20*time.Millisecond).Truncate(time.Second)
	begins := max(int(m.slow/time.Second), 1) // Posts fall due at whole seconds
	w.plan(m.posts, func(i int) time.Time { return due.Add(time.Duration(i%m.channels%begins) * time.Second) })
	if late := time.Since(due); late > 0 {
		w.Fatalf("the machine is too slow for this test: %d Posts were planned only %s after they fell due", m.posts, late)
	}
}

// press makes a Crisis while calls are in flight, and holds what goes out against the promise.
func (w *world) press(m mode, name string) (c *tribunev1alpha1.Crisis, problems []string) {
	w.Helper()
	w.eventually("calls in flight", func(context.Context) error {
		if n := len(w.inFlight(time.Now(), m.slow)); n < m.underway {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
	c, before, stored := w.pause(name)
	version := c.ResourceVersion
	if m.kill {
		for _, p := range w.managers {
			p.kill()
		}
		w.manage()
		w.manage()
	}
	seen := w.held(c)
	w.settled()
	problems = w.judge(c, version, before, stored, seen, !m.kill)
	flying, begun := w.inFlight(stored, m.slow), w.begunBy(stored)
	w.Logf("%s: %d of %d due Posts had begun when the Crisis was acknowledged, %d were in flight, %d waited", name, begun, len(w.names), len(flying), len(w.names)-begun)
	if len(flying) == 0 {
		problems = append(problems, "no call was in flight when the Crisis was acknowledged: nothing was tried")
	}
	return c, problems
}

// inFlight are the Posts of which the network had a call at a moment, and had not answered it. slow is how long it takes.
func (w *world) inFlight(at time.Time, slow time.Duration) []string {
	w.Helper()
	found := map[string]bool{}
	for name, of := range w.calls() {
		for _, call := range of {
			if !call.ReceivedAt.After(at) && (call.FinishedAt == nil || call.FinishedAt.Add(slow/2).After(at)) {
				found[name] = true
			}
		}
	}
	return sorted(found)
}

// begunBy counts the Posts of which the network had a call by a moment.
func (w *world) begunBy(at time.Time) int {
	w.Helper()
	n := 0
	for _, of := range w.calls() {
		if slices.ContainsFunc(of, func(call wire.Call) bool { return !call.ReceivedAt.After(at) }) {
			n++
		}
	}
	return n
}

// settled waits until all Posts are held or out, so that whatever would have begun has begun.
func (w *world) settled() {
	w.Helper()
	w.within(w.longest(), glance, "all Posts to be held or out", func(ctx context.Context) error {
		return w.none(ctx, tribunev1alpha1.PostHeld, tribunev1alpha1.PostPublished)
	})
}

// glance is how often all Posts are looked at: more often, the API server would have little else to do.
const glance = 500 * time.Millisecond

// longest is how long all Posts may take, on a busy machine.
func (w *world) longest() time.Duration {
	return patience + time.Duration(len(w.names))*100*time.Millisecond
}

// none is an error if there is a Post in another state than these.
func (w *world) none(ctx context.Context, states ...tribunev1alpha1.PostState) error {
	var other []fields.Selector
	for _, s := range states {
		other = append(other, fields.OneTermNotEqualSelector("status.state", string(s)))
	}
	list := &tribunev1alpha1.PostList{}
	err := w.admin.List(ctx, list, client.InNamespace(w.namespace), client.MatchingFieldsSelector{Selector: fields.AndSelectors(other...)}, client.Limit(1))
	if err != nil || len(list.Items) == 0 {
		return err
	}
	left := &tribunev1alpha1.PostList{}
	if err := w.admin.List(ctx, left, client.InNamespace(w.namespace), client.MatchingFieldsSelector{Selector: fields.AndSelectors(other...)}); err != nil {
		return err
	}
	var all []string
	for i := range left.Items {
		p := &left.Items[i]
		why := ""
		for _, c := range p.Status.Conditions {
			why += " " + c.Type + "=" + string(c.Status) + "(" + c.Reason + ": " + c.Message + ")"
		}
		all = append(all, fmt.Sprintf("%s is %s, next %v, %+v:%s", p.Name, p.Status.State, p.Status.NextAttemptAt, p.Status.Segments, why))
	}
	return fmt.Errorf("%d Posts: %s", len(all), strings.Join(all[:min(len(all), 3)], "; "))
}

// judge holds the network's log against what the Crisis promises and says. Who slipped through is known exactly where the process
// that saw the Crisis lived.
func (w *world) judge(c *tribunev1alpha1.Crisis, version string, before, stored, seen time.Time, exact bool) (problems []string) {
	w.Helper()
	fault := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	calls := w.calls()
	latest, late := time.Duration(0), []string{}
	inMidst := map[string]bool{}
	for name, of := range calls {
		for _, call := range of {
			after := call.ReceivedAt.Sub(stored)
			latest = max(latest, after)
			if after > bound {
				fault("%s began %s after the Crisis was acknowledged", name, after.Round(time.Millisecond))
			}
			if call.ReceivedAt.After(seen) {
				fault("%s began %s after PostsHeld was true", name, call.ReceivedAt.Sub(seen).Round(time.Millisecond))
			}
			if after > 0 {
				late = append(late, name)
			}
			if call.Outcome == wire.OutcomeStored && (call.FinishedAt == nil || call.FinishedAt.After(stored)) {
				inMidst[name] = true // its outcome was stored after the Crisis
			}
		}
	}
	named := c.Status.InFlight
	for _, name := range slices.Concat(late, sorted(inMidst)) {
		if !slices.Contains(named, name) && len(named) < 100 {
			fault("%s slipped through and is not named", name)
		}
	}
	out := w.outSince(version)
	switch {
	case exact && len(out) <= 100:
		if diff := gocmp.Diff(out, named); diff != "" {
			fault("the Posts whose outcome came after the Crisis, and those it names, differ (-out +named):\n%s", diff)
		}
	default:
		for _, name := range named {
			if len(calls[name]) == 0 {
				fault("%s is named, and never was sent", name)
			}
		}
	}
	reads, most := w.readsSince(before)
	if most > 21 { // twenty in a second that is open at one end
		fault("%d reads of Crises in a second", most)
	}
	w.Logf("%d Posts sent of %d; %d began after the Crisis was acknowledged, the last %s after; %d named; PostsHeld seen after %s; %d gate reads since, at most %d in a second",
		len(calls), len(w.posts()), len(late), latest.Round(time.Millisecond), len(named), seen.Sub(stored).Round(time.Millisecond), reads, most)
	return problems
}

func sorted(set map[string]bool) []string {
	var names []string
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// outSince are the Posts that are out and whose status was written after a version.
func (w *world) outSince(version string) []string {
	w.Helper()
	names := map[string]bool{}
	for _, p := range w.posts() {
		order, err := resourceversion.CompareResourceVersion(p.ResourceVersion, version)
		w.must(err)
		if p.Status.State == tribunev1alpha1.PostPublished && order > 0 {
			names[p.Name] = true
		}
	}
	return sorted(names)
}

// readsSince counts reads of the gate, and the most of them in any second.
func (w *world) readsSince(since time.Time) (all, most int) {
	w.Helper()
	at := w.gateReads()
	for i := range at {
		if at[i].Before(since) {
			continue
		}
		all++
		n := 0
		for k := i; k < len(at) && at[k].Sub(at[i]) < time.Second; k++ {
			n++
		}
		most = max(most, n)
	}
	return all, most
}

// resume ends a Crisis.
func (w *world) resume(c *tribunev1alpha1.Crisis) {
	w.Helper()
	w.must(w.admin.Patch(w.Context(), &tribunev1alpha1.Crisis{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: c.Name}},
		client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"standDown":{"state":"Requested"}}}`))))
}

// published waits until all Posts are out, and counts what the network stored.
func (w *world) published(posts int) {
	w.Helper()
	w.within(w.longest(), glance, "all Posts to be out", func(ctx context.Context) error { return w.none(ctx, tribunev1alpha1.PostPublished) })
	calls := w.calls()
	if len(calls) != posts {
		w.Errorf("%d Posts were sent, want %d", len(calls), posts)
	}
	for name, of := range calls {
		n := 0
		for _, call := range of {
			if call.Outcome == wire.OutcomeStored {
				n++
			}
		}
		if n != 1 {
			w.Errorf("%s was stored %d times", name, n)
		}
	}
}

// While the API server is away nothing goes out; afterwards everything does.
func TestNothingGoesOutWhileTheAPIServerIsAway(t *testing.T) {
	w := start(t, 10, 1, self(t))
	const posts = 120
	begin := time.Now().Add(3 * time.Second).Truncate(time.Second)
	w.plan(posts, func(i int) time.Time { return begin.Add(time.Duration(i/15) * time.Second) })
	w.eventually("calls", func(context.Context) error {
		if w.begun() < 20 {
			return fmt.Errorf("there are %d", w.begun())
		}
		return nil
	})
	from := time.Now()
	thaw := w.freeze()
	away := time.NewTimer(5 * time.Second) // it is away for this long
	<-away.C
	to := time.Now()
	thaw()
	w.published(posts)
	last := time.Duration(0)
	for name, of := range w.calls() {
		for _, call := range of {
			if !call.ReceivedAt.After(from) || call.ReceivedAt.After(to) {
				continue
			}
			last = max(last, call.ReceivedAt.Sub(from))
			if call.ReceivedAt.After(from.Add(bound)) {
				t.Errorf("%s began %s after the API server had gone", name, call.ReceivedAt.Sub(from))
			}
		}
	}
	t.Logf("away for %s; the last request began %s after it had gone", to.Sub(from).Round(time.Millisecond), last.Round(time.Millisecond))
}

// Without the gate the promise is broken, and this test sees it: a test that cannot fail shows nothing.
func TestWithoutTheGateItIsSeen(t *testing.T) {
	if !whole() {
		t.Skip("takes minutes: run make test-all (TRIBUNE_TEST_ALL=1)")
	}
	path, err := breakable()
	if err != nil {
		t.Fatal(err)
	}
	w := start(t, 20, 1, path, "TRIBUNE_BREAK=no-gate")
	m := mode{channels: 20, posts: 100, slow: 3 * time.Second, underway: 20}
	w.fallDue(m)
	_, problems := w.press(m, "pause")
	if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, "after the Crisis was acknowledged") }) {
		t.Errorf("nothing was seen: %q", problems)
	}
}
