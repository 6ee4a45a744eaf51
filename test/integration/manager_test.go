package integration

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/local"
)

// versions of all objects.
func (w *world) versions() map[string]string {
	w.t.Helper()
	all := map[string]string{}
	for _, s := range w.subjects() {
		all[s.String()] = s.object.GetResourceVersion()
	}
	return all
}

// Nothing is written where nothing changed: not when another object is looked at, not when a manager starts anew.
func TestNoWriteWithoutAChange(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + calendar("plan", toSquare, entry("waits", in(time.Hour), "One"), entry("out", in(time.Second), "Two"), `{name: bad, cron: "99 * * * *", content: {text: x}}`) +
		manifest("failed", in(time.Hour), strings.Repeat("x", 5001)) + manifest("missed", in(-2*time.Hour), "x") + manifest("held", "", "x", "suspend: true") + manifest("next-year", in(8000*time.Hour), "x") +
		"\nkind: SocialChannel\nmetadata: {name: sky}\nspec: {network: Bluesky, credentialsSecretRef: {name: nowhere}}")
	w.entryReaches("out", "Published")
	w.entryReaches("waits", "Scheduled")
	w.reaches("failed", "Failed", "")
	w.reaches("missed", "Missed", "")
	w.reaches("held", "Held", "")
	w.reaches("next-year", "Scheduled", "")
	w.is("channel", "sky", "Ready", "False", "SecretNotFound")
	w.is("channel", "square", "Ready", "True", "")
	w.eventually("the counters", func() string {
		if st := w.calendar("plan").Status; st.Published != 1 || st.Waiting != 1 {
			return asJSON(st)
		}
		return ""
	})
	before := w.versions()
	unchanged := func(when string, touched ...string) {
		t.Helper()
		after := w.versions()
		for _, name := range touched {
			delete(after, name)
			delete(before, name)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s wrote:\n%s", when, diff)
		}
	}
	// A Post that is made and published now shows that looks have come and gone.
	w.pokePost("next-year")
	w.poke(w.channel("square"))
	w.poke(w.calendar("plan"))
	w.mustApply(manifest("marker-1", "", "x"))
	w.reaches("marker-1", "Published", "")
	poked := []string{"Post/next-year", "SocialChannel/square", "ContentCalendar/plan"}
	unchanged("looks at other objects", append(poked, "Post/marker-1")...)

	before = maps.Clone(w.versions())
	w.manager.stop()
	w.manager = w.run()
	w.mustApply(manifest("marker-2", "", "y"))
	w.reaches("marker-2", "Published", "")
	for _, s := range w.subjects() { // a look at each, asked for after the start
		if s.String() != "Post/marker-2" {
			before[s.String()] = s.object.GetResourceVersion()
		}
	}
	unchanged("a start", "Post/marker-2")
}

// A manager that is told to end finishes the call under way and stores its outcome.
func TestStopDuringACall(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	w.settle = 30 * time.Second // leaves a call 10 seconds
	m := w.run()
	w.mustApply(square)
	w.is("channel", "square", "Ready", "True", "SignedIn")
	w.network.local.SetFaults(local.Faults{Slow: 2 * time.Second, SlowChance: local.Always})
	w.mustApply(manifest("slow", "", "Hello"))
	w.reaches("slow", "Publishing", "")
	w.eventually("the call", func() string {
		if w.calls("square") == 0 {
			return "there is none"
		}
		return ""
	})
	m.stop()
	p := w.post("slow")
	if p.Status.State != tribunev1alpha1.PostPublished || p.Status.URL == "" {
		t.Errorf("after the end it is %s: %s", p.Status.State, asJSON(p.Status))
	}
	if n := w.calls("square"); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// Of two managers one works; when it ends the other goes on, and nothing goes out twice.
func TestHandOver(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	elected := func(identity string) managerOption {
		return func(mo *controllers.ManagerOptions, o *controllers.Options, _ *rest.Config) {
			mo.LeaderElection, mo.LeaderElectionNamespace = true, w.namespace
			o.Owner = identity
		}
	}
	first := w.run(elected("first"))
	w.eventually("a leader", func() string {
		lease := &coordinationv1.Lease{}
		if err := w.k8s.Get(w.ctx, client.ObjectKey{Namespace: w.namespace, Name: controllers.LeaderElectionID}, lease); err != nil {
			return err.Error()
		}
		return ""
	})
	w.manager = w.run(elected("second"))
	w.mustApply(square)
	var names []string
	for i := range 20 {
		name := fmt.Sprintf("p%d", i)
		names = append(names, name)
		w.mustApply(manifest(name, in(time.Duration(i%4)*time.Second), name))
	}
	if p := w.reaches("p0", "Published", ""); p.Status.Segments[0].Owner != "first" {
		t.Errorf("published by %s", p.Status.Segments[0].Owner)
	}
	first.stop()
	w.mustApply(manifest("after", "", "after"))
	if p := w.reaches("after", "Published", ""); p.Status.Segments[0].Owner != "second" {
		t.Errorf("published by %s", p.Status.Segments[0].Owner)
	}
	for _, name := range names {
		w.reaches(name, "Published", "")
	}
	seen := map[string]int{}
	for _, text := range w.texts("square") {
		seen[text]++
	}
	for _, name := range append(names, "after") {
		if seen[name] != 1 {
			t.Errorf("%s went out %d times", name, seen[name])
		}
	}
}

// Two managers that both believe to lead: still once.
func TestTwoLeaders(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	w.manager = w.run()
	other := w.run()
	w.mustApply(square)
	for i := range 30 {
		w.mustApply(manifest(fmt.Sprintf("p%d", i), in(2*time.Second), fmt.Sprintf("p%d", i)))
	}
	for i := range 30 {
		w.reaches(fmt.Sprintf("p%d", i), "Published", "")
	}
	if n := len(w.texts("square")); n != 30 {
		t.Errorf("%d posts for 30: %q", n, w.texts("square"))
	}
	other.stop()
}
