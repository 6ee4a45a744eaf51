package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

func pacedSquare(publishing string) string {
	return "\nkind: SocialChannel\nmetadata: {name: square}\nspec: {network: Local, publishing: {" + publishing + "}}\n---"
}

// forward puts the clock forward, and has all Posts looked at: timers do not see it.
func (w *world) forward(d time.Duration) {
	w.t.Helper()
	w.clock.forward(d)
	for _, p := range w.posts() {
		w.pokePost(p.Name)
	}
}

func (w *world) decide(name string, change func(*tribunev1alpha1.PostStatus)) {
	w.t.Helper()
	p := w.post(name)
	before := p.DeepCopy()
	change(&p.Status)
	if err := w.k8s.Status().Patch(w.ctx, p, client.MergeFrom(before)); err != nil {
		w.t.Fatal(err)
	}
}

// Three Posts that are due at once go out one interval apart, in order, and a restart forgets nothing.
func TestMinInterval(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(pacedSquare("minInterval: 10m"))
	w.is("channel", "square", "Ready", "True", "SignedIn")
	due := time.Now().Add(2 * time.Second)
	at := func(i int) string { return due.Add(time.Duration(i) * time.Second).UTC().Format(time.RFC3339) }
	w.mustApply(manifest("a", at(0), "A", "startingDeadline: 5h") + manifest("b", at(1), "B", "startingDeadline: 5h") + manifest("c", at(2), "C", "startingDeadline: 5h"))
	w.reaches("a", "Published", "Published")
	first := w.post("a").Status.Segments[0].StartedAt.Time
	for i, name := range []string{"b", "c"} {
		p := w.reaches(name, "Held", "MinInterval")
		want := first.Add(time.Duration(i+1) * 10 * time.Minute)
		if until := p.Status.HeldUntil; until == nil || until.Sub(want).Abs() > 2*time.Second {
			t.Errorf("%s is held until %v, want %s", name, until, want)
		}
	}
	w.manager.stop()
	w.manager = w.run()
	w.is("channel", "square", "Ready", "True", "SignedIn")
	w.forward(5 * time.Minute)
	w.reaches("b", "Held", "MinInterval")
	w.forward(6 * time.Minute)
	w.reaches("b", "Published", "Published")
	w.reaches("c", "Held", "MinInterval")
	w.forward(11 * time.Minute)
	w.reaches("c", "Published", "Published")
	posts := w.published("square")
	for i := 1; i < len(posts); i++ {
		if d := posts[i].CreatedAt.Sub(posts[i-1].CreatedAt); d < 10*time.Minute {
			t.Errorf("%s after another", d)
		}
	}
	if diff := cmp.Diff([]string{"A", "B", "C"}, w.texts("square")); diff != "" {
		t.Error(diff)
	}
}

func TestDailyLimit(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(pacedSquare("maxPerDay: 2") + manifest("a", "", "A") + manifest("b", "", "B"))
	w.reaches("a", "Published", "Published")
	w.reaches("b", "Published", "Published")
	w.mustApply(manifest("c", in(time.Second), "C", "startingDeadline: 48h"))
	p := w.reaches("c", "Held", "DailyLimit")
	if until := p.Status.HeldUntil; until == nil || time.Until(until.Time) < 23*time.Hour {
		t.Errorf("held until %v", until)
	}
	w.forward(24*time.Hour + time.Second)
	w.reaches("c", "Published", "Published")
}

// The same words twice a day are held, over a restart too, until a person lets them go.
func TestPossibleDuplicate(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + manifest("first", "", "The very same"))
	w.reaches("first", "Published", "Published")
	w.delete(&tribunev1alpha1.Post{}, "first")
	w.manager.stop()
	w.manager = w.run()
	w.mustApply(manifest("second", in(time.Second), "The very same"))
	p := w.reaches("second", "Held", "PossibleDuplicate")
	if c := condition(p.Status.Conditions, "Held"); !strings.Contains(c.Message, "Post first said the same here") {
		t.Error(c.Message)
	}
	w.decide("second", func(st *tribunev1alpha1.PostStatus) {
		st.Release = &tribunev1alpha1.PostRelease{Reason: "PossibleDuplicate", ContentHash: publish.DecisionHash(p), By: "ana", At: metav1.Now()}
	})
	w.reaches("second", "Published", "Published")
	if n := len(w.published("square")); n != 2 {
		t.Errorf("%d on the network", n)
	}
}

// A Post waits for another one, is woken when that is out, and carries its address.
func TestWaitingFor(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + manifest("teaser", "", "Read it", `after: {postRef: {name: blog}}`) +
		"\nkind: Post\nmetadata: {name: link}\nspec:\n  channelRef: {name: square}\n  content: {text: \"New\", link: {postRef: {name: blog}, title: Blog}}\n---")
	p := w.reaches("teaser", "Held", "WaitingFor")
	if c := condition(p.Status.Conditions, "Held"); !strings.Contains(c.Message, "there is no Post blog") {
		t.Error(c.Message)
	}
	w.reaches("link", "Held", "WaitingFor")
	w.mustApply(manifest("blog", in(2*time.Second), "The article"))
	w.eventually("that it is known", func() string {
		return strings.TrimPrefix(condition(w.post("teaser").Status.Conditions, "Held").Message, "spec.after: waits until Post blog is out")
	})
	blog := w.reaches("blog", "Published", "Published")
	w.reaches("teaser", "Published", "Published")
	w.reaches("link", "Published", "Published")
	for _, post := range w.published("square") {
		if post.Text == "The article" || post.Text == "Read it" {
			continue
		}
		if text := asJSON(post); !strings.Contains(text, blog.Status.URL) {
			t.Errorf("%s lacks %s", text, blog.Status.URL)
		}
	}
}

// A person publishes; the Post says what to do and takes over what was done, also when it was late.
func TestByHand(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply("\nkind: SocialChannel\nmetadata: {name: square}\nspec: {network: Manual}\n---" + manifest("a", in(time.Second), "A") + manifest("b", in(time.Second), "B"))
	p := w.reaches("a", "Held", "AwaitingPerson")
	if c := condition(p.Status.Conditions, "Held"); !strings.Contains(c.Message, "tribune post done a -n "+w.namespace) {
		t.Error(c.Message)
	}
	done := func(name string) {
		w.decide(name, func(st *tribunev1alpha1.PostStatus) {
			st.Resolution = &tribunev1alpha1.PostResolution{Attempt: publish.AttemptByHand, Outcome: tribunev1alpha1.ResolutionPublished, URL: "https://paper.example/" + name, By: "ana"}
		})
	}
	done("a")
	if p := w.reaches("a", "Published", "Resolved"); p.Status.URL != "https://paper.example/a" {
		t.Error(p.Status.URL)
	}
	w.reaches("b", "Held", "AwaitingPerson")
	w.forward(2 * time.Hour)
	w.reaches("b", "Missed", "Missed")
	done("b")
	w.reaches("b", "Published", "Resolved")
}

// After an outage the newest few go, spaced apart, and the rest is missed; the hours before the deadline that nobody used too.
func TestOutage(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square)
	w.is("channel", "square", "Ready", "True", "SignedIn")
	begin := time.Now().UTC().Add(10 * time.Second).Truncate(time.Minute).Add(time.Minute)
	var entries []string
	for i := range 25 {
		entries = append(entries, entry(fmt.Sprintf("e%02d", i), begin.Add(time.Duration(i)*5*time.Minute).Format("2006-01-02T15:04:05Z"), fmt.Sprintf("Number %d", i)))
	}
	w.mustApply(calendar("autumn", toSquare, entries...))
	w.eventually("the Posts", func() string {
		if n := len(w.posts()); n != 25 {
			return fmt.Sprintf("there are %d", n)
		}
		return ""
	})
	w.manager.stop()
	w.clock.forward(time.Until(begin) + 2*time.Hour + 30*time.Second) // the last was due thirty seconds ago
	w.manager = w.run()
	count := func() map[string]int {
		n := map[string]int{}
		for _, p := range w.posts() {
			n[string(p.Status.State)+"/"+condition(p.Status.Conditions, "Ready").Reason]++
		}
		return n
	}
	// Later than an hour: 13. Of the others 10 are later than ten minutes: of the newest 3 of them one goes at once, as do one that
	// is less late and one in time.
	settled := func(want map[string]int) func() string {
		return func() string { return cmp.Diff(want, count()) }
	}
	w.eventually("the first", settled(map[string]int{"Missed/Missed": 13, "Missed/CatchUp": 7, "Published/Published": 3, "Held/CatchUp": 2}))
	w.manager.stop()
	w.manager = w.run()
	w.is("channel", "square", "Ready", "True", "SignedIn")
	w.forward(10*time.Minute + 2*time.Second)
	w.eventually("the next", settled(map[string]int{"Missed/Missed": 13, "Missed/CatchUp": 7, "Published/Published": 4, "Held/CatchUp": 1}))
	w.forward(10*time.Minute + 2*time.Second)
	w.eventually("the last", settled(map[string]int{"Missed/Missed": 13, "Missed/CatchUp": 7, "Published/Published": 5}))
	var out []time.Time
	for _, p := range w.published("square") {
		out = append(out, p.CreatedAt)
	}
	slices.SortFunc(out, time.Time.Compare)
	for i := 3; i < len(out); i++ {
		if d := out[i].Sub(out[i-1]); d < 10*time.Minute-3*time.Second {
			t.Errorf("%s after another", d)
		}
	}
}
