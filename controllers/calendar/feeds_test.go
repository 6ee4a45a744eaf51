package calendar

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/feed"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/store"
)

// feedWorld is a calendar with a feed, and all that it takes to plan it, but for an API server.
type feedWorld struct {
	*testing.T
	calendar *tribunev1alpha1.ContentCalendar
	clock    *clocktesting.FakeClock
	reader   *FeedReader
	ledger   *store.Database
	events   *events.FakeRecorder
	woken    int
	body     string
}

func newFeedWorld(t *testing.T) *feedWorld {
	t.Helper()
	ledger, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "ledger.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.Close() })
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	w := &feedWorld{T: t, clock: clocktesting.NewFakeClock(now), ledger: ledger, events: events.NewFakeRecorder(100)}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		etag := fmt.Sprintf("%q", fmt.Sprint(len(w.body)))
		if r.Header.Get("If-None-Match") == etag {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		rw.Header().Set("ETag", etag)
		_, _ = rw.Write([]byte(w.body))
	}))
	t.Cleanup(server.Close)
	w.calendar = &tribunev1alpha1.ContentCalendar{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "autumn", CreationTimestamp: metav1.NewTime(now.Add(-time.Hour))}}
	w.calendar.Spec.ChannelRefs = []tribunev1alpha1.LocalReference{{Name: "square"}}
	w.calendar.Spec.Entries = []tribunev1alpha1.CalendarEntry{{Name: "inline", At: "2026-12-04T12:00:00Z", Content: &tribunev1alpha1.Content{Text: "Inline"}}}
	w.calendar.Spec.EntriesFrom = []tribunev1alpha1.EntrySource{
		{Feed: &tribunev1alpha1.FeedSource{Name: "blog", URL: server.URL + "/feed.xml", Content: tribunev1alpha1.Content{Text: "{item.title}"}}},
		{ConfigMapRef: &tribunev1alpha1.ConfigMapReference{Name: "articles"}},
	}
	w.start(server.Client())
	return w
}

// start is that of a manager.
func (w *feedWorld) start(client *http.Client) {
	w.reader = &FeedReader{Recorder: w.events, Clock: w.clock, HTTP: client, Feeds: w.ledger, Changed: func(types.NamespacedName) { w.woken++ }}
}

// serve has the feed show items, the newest first, and reads it.
func (w *feedWorld) serve(from, to int, more string) {
	w.Helper()
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Acme</title>`)
	for i := to; i >= from; i-- {
		fmt.Fprintf(&b, "<item><title>%d</title><guid>urn:%d</guid><link>https://blog.acme.example/%[1]d</link></item>", i, i)
	}
	w.body = b.String() + more + "</channel></rss>"
	w.look()
}

func (w *feedWorld) look() {
	w.Helper()
	w.clock.Step(16 * time.Minute)
	if _, err := w.reader.look(w.Context(), w.calendar, feeds(w.calendar)[0]); err != nil {
		w.Fatal(err)
	}
}

// reconcile plans the calendar, with an article, and writes its conditions.
func (w *feedWorld) reconcile() *scope {
	w.Helper()
	articles := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "articles"},
		Data: map[string]string{"release.md": "---\nname: release\nat: 2026-12-05T12:00:00Z\n---\nThe story\n"}}
	k8s := fake.NewClientBuilder().WithScheme(scheme.Scheme).WithObjects(articles).Build()
	r := &Reconciler{Client: k8s, Metadata: k8s, Recorder: w.events, Feeds: w.ledger, Reader: w.reader}
	s := &scope{calendar: w.calendar, now: w.clock.Now()}
	s.feedTroubles = w.reader.Troubles(types.NamespacedName{Namespace: "acme", Name: "autumn"})
	s.feedNotes, s.notesStand = w.reader.notesOf(w.calendar)
	more, err := r.more(w.Context(), s)
	if err != nil {
		w.Fatal(err)
	}
	s.plan = plan.Calendar(plan.Input{Calendar: w.calendar, Channels: []plan.Channel{{Name: "square"}}, Now: s.now,
		FirstSeen: w.calendar.CreationTimestamp.Time, More: more})
	s.problems = append(s.problems, s.plan.Problems...)
	before := w.calendar.DeepCopy()
	conclude(&w.calendar.Status, s, nil)
	r.tell(before, w.calendar)
	return s
}

// planned counts the Posts by entry; those of the feed together.
func (s *scope) planned() map[string]int {
	count := map[string]int{}
	for i := range s.plan.Posts {
		name := s.plan.Posts[i].Entry
		if itemName.MatchString(name) || strings.HasPrefix(name, "blog-") {
			name = "blog"
		}
		count[name]++
	}
	return count
}

// said gives the events since it was asked for the last time.
func (w *feedWorld) said() (all []string) {
	for {
		select {
		case e := <-w.events.Events:
			all = append(all, e)
		default:
			return all
		}
	}
}

// A feed with very many new items takes nothing from the others, and plans no further than the horizon; nothing of it is lost.
func TestAFeedOfManyNewItems(t *testing.T) {
	w := newFeedWorld(t)
	w.serve(1, 2, "")
	if s := w.reconcile(); len(s.problems) > 0 || s.planned()["blog"] != 0 {
		t.Errorf("at first: %v, %v", s.problems, s.planned())
	}
	w.said()
	const many = 2000
	w.serve(1, many, "")
	s := w.reconcile()
	if len(s.problems) > 0 {
		t.Errorf("problems: %v", s.problems)
	}
	if got := s.planned(); got["inline"] != 1 || got["release"] != 1 || got["blog"] != 5*14 {
		t.Errorf("planned %v; want both others, and 5 items a day for 14 days", got)
	}
	for i := range s.plan.Posts {
		if p := &s.plan.Posts[i]; p.At.After(s.now.Add(plan.DefaultHorizon)) {
			t.Errorf("%s is planned for %s", p.Entry, p.At)
		}
	}
	c := meta.FindStatusCondition(w.calendar.Status.Conditions, tribunev1alpha1.ConditionPostsPlanned)
	if c.Status != metav1.ConditionTrue || c.Reason != tribunev1alpha1.ReasonFeedIncomplete || !strings.Contains(c.Message, "wait for their turn") || !strings.Contains(c.Message, "5 go out in 24 hours") {
		t.Errorf("the condition is %+v", c)
	}
	if said := w.said(); len(said) != 1 || !strings.Contains(said[0], "wait for their turn") {
		t.Errorf("events: %q; want one", said)
	}

	// The others come as time goes by, though the feed shows nothing new, or forgot them.
	before := s.planned()["blog"]
	w.clock.Step(2 * 24 * time.Hour)
	w.serve(many-1, many, "")
	if s = w.reconcile(); s.planned()["blog"] < before || s.planned()["blog"] > before+5 { // some are due just now
		t.Errorf("two days later %d items are planned; want %d", s.planned()["blog"], before)
	}
	// More a day takes effect on what waits.
	feeds(w.calendar)[0].MaxPerDay = 7
	w.look()
	if s = w.reconcile(); s.planned()["blog"] <= before+5 || s.planned()["blog"] > maxAhead {
		t.Errorf("at 7 a day %d items are planned; want more than %d", s.planned()["blog"], before)
	}
	w.said()
	w.start(w.reader.HTTP)
	for range 2 {
		if w.reconcile(); len(w.said()) > 0 {
			t.Error("after a start it is said again")
		}
		w.look()
	}
}

// Items that cannot be published, and those that are not looked at, are said once, and not any more when they are gone.
func TestWhatAFeedLeavesOutIsSaid(t *testing.T) {
	w := newFeedWorld(t)
	w.serve(1, feed.MaxItems+1, "")
	w.reconcile()
	if said := strings.Join(w.said(), "\n"); !strings.Contains(said, "more than 10000 items") {
		t.Errorf("of a feed that is cut: %q", said)
	}
	w.serve(1, 2, "<item><title>Nowhere</title><guid>urn:x</guid></item>")
	w.reconcile()
	if said := strings.Join(w.said(), "\n"); !strings.Contains(said, "no link with http") || strings.Contains(said, "more than") {
		t.Errorf("of items without a link: %q", said)
	}
	w.look() // nothing changed on the server
	w.reconcile()
	if said := w.said(); len(said) > 0 {
		t.Errorf("it is said again: %q", said)
	}
	w.serve(1, 2, "")
	w.reconcile()
	c := meta.FindStatusCondition(w.calendar.Status.Conditions, tribunev1alpha1.ConditionPostsPlanned)
	if c.Reason != tribunev1alpha1.ReasonPlanned || c.Message != "" || len(w.said()) > 0 {
		t.Errorf("when all is well the condition is %+v", c)
	}
}

// Where there is little room, what is to go out comes first, and a feed leaves some to the others.
func TestUpcoming(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	items := func(name string, hours ...int) (all []store.PlannedItem) {
		for _, h := range hours {
			all = append(all, store.PlannedItem{FeedKey: store.FeedKey{Feed: name}, Known: feed.Known{PlanAt: now.Add(time.Duration(h) * time.Hour)}})
		}
		return all
	}
	hours := func(items []store.PlannedItem) string {
		var b strings.Builder
		for i := range items {
			fmt.Fprintf(&b, "%s%+d ", items[i].Feed, int(items[i].PlanAt.Sub(now).Hours()))
		}
		return strings.TrimSpace(b.String())
	}
	many := make([]int, maxAhead+50)
	for i := range many {
		many[i] = i + 1
	}
	mixed := items("a", -90, -70, -1, 1, 2)
	for name, c := range map[string]struct {
		items   []store.PlannedItem
		room    int
		want    string
		crowded bool
	}{
		"room for all":     {mixed, 10, "a-90 a-70 a-1 a+1 a+2", false},
		"the oldest go":    {mixed, 4, "a-70 a-1 a+1 a+2", false},
		"what is over too": {mixed, 2, "a-1 a+1", true},
		"no room":          {mixed, 0, "", true},
		"less than none":   {mixed, -5, "", true},
		"nothing":          {nil, 5, "", false},
		"a busy feed":      {append(items("a", many...), items("b", 500)...), 5000, hours(append(items("a", many[:maxAhead]...), items("b", 500)...)), false},
	} {
		t.Run(name, func(t *testing.T) {
			got, crowded := upcoming(c.items, now, now.Add(-2*time.Hour), c.room)
			if hours(got) != c.want || crowded != c.crowded {
				t.Errorf("got %s, crowded %v; want %s, %v", hours(got), crowded, c.want, c.crowded)
			}
		})
	}
}
