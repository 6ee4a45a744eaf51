package integration

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/tribune-dev/tribune/controllers"
)

// writes notes what a manager asks the API server to change, also where nothing changes by it.
type writes struct {
	mu   sync.Mutex
	seen []string
}

func (r *writes) watch(_ *controllers.ManagerOptions, _ *controllers.Options, cfg *rest.Config) {
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			if req.Method != http.MethodGet {
				path := req.URL.Path
				if i := strings.Index(path, "/namespaces/"); i >= 0 {
					_, path, _ = strings.Cut(path[i+len("/namespaces/"):], "/")
				}
				r.mu.Lock()
				r.seen = append(r.seen, req.Method+" "+path)
				r.mu.Unlock()
			}
			return next.RoundTrip(req)
		})
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// taken are the writes so far, sorted, without those that mention any of the words; it begins anew.
func (r *writes) taken(without ...string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, s := range r.seen {
		if !slices.ContainsFunc(without, func(word string) bool { return strings.Contains(s, word) }) {
			all = append(all, s)
		}
	}
	r.seen = nil
	slices.Sort(all)
	return all
}

// A Post costs its acceptance, its intent, its outcome and one event; while it waits and after it went out, nothing.
func TestWritesOfAPost(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	var r writes
	w.manager = w.run(r.watch)
	w.mustApply(square)
	w.is("channel", "square", "Ready", "True", "SignedIn")
	w.hasEvent("SignedIn", "SocialChannel/square")
	r.taken()
	w.mustApply(manifest("hello", in(2*time.Second), "Hello"))
	w.reaches("hello", "Scheduled", "Scheduled")
	if diff := cmp.Diff([]string{"PATCH posts/hello/status"}, r.taken()); diff != "" {
		t.Errorf("accepted: %s", diff)
	}
	w.pokePost("hello")
	w.poke(w.channel("square"))
	w.reaches("hello", "Published", "")
	w.hasEvent("Published", "Post/hello")
	if diff := cmp.Diff([]string{"PATCH posts/hello/status", "PATCH posts/hello/status", "POST events"}, r.taken()); diff != "" {
		t.Errorf("published: %s", diff)
	}
	w.pokePost("hello")
	w.mustApply(manifest("marker", "", "x"))
	w.reaches("marker", "Published", "")
	if diff := cmp.Diff([]string(nil), r.taken("marker", "events")); diff != "" {
		t.Errorf("afterwards: %s", diff)
	}
}

// What is held, or waits for a network that asked to wait, is not written again by every look.
func TestNoWriteWhileItIsHeld(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	var r writes
	w.manager = w.run(r.watch)
	w.mustApply(square + manifest("held", "", "Hello", "suspend: true") + manifest("failed", "", strings.Repeat("x", 5001)) +
		calendar("plan", toSquare, `{name: bad, cron: "99 * * * *", content: {text: x}}`, entry("waits", in(time.Hour), "x")))
	w.reaches("held", "Held", "Suspended")
	w.reaches("failed", "Failed", "InvalidSpec")
	w.entryReaches("waits", "Scheduled")
	w.is("calendar", "plan", "Stalled", "True", "InvalidSpec")
	w.is("channel", "square", "Ready", "True", "SignedIn")
	w.eventually("the counters", func() string {
		if st := w.calendar("plan").Status; st.Waiting != 1 {
			return asJSON(st)
		}
		return ""
	})
	w.hasEvent("InvalidSpec", "ContentCalendar/plan")
	r.taken()
	for range 3 {
		w.pokePost("held")
		w.pokePost("failed")
		w.poke(w.calendar("plan"))
		w.poke(w.channel("square"))
	}
	w.mustApply(manifest("marker", "", "x"))
	w.reaches("marker", "Published", "")
	if diff := cmp.Diff([]string(nil), r.taken("marker", "events")); diff != "" {
		t.Error(diff)
	}
}
