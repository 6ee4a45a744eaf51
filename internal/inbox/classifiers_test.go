package inbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// patience is when a test gives up waiting for what must come.
const patience = 30 * time.Second

// oracle is a classifier: it serves as it is told, and counts what it is asked.
type oracle struct {
	mu    sync.Mutex
	serve http.HandlerFunc
	texts []string
}

func (o *oracle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct{ Text, Language, Kind string }
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.Method != http.MethodPost || q.Kind != "Comment" || q.Language != "en" {
		http.Error(w, fmt.Sprintf("%s %+v: %v", r.Method, q, err), http.StatusTeapot)
		return
	}
	o.mu.Lock()
	o.texts = append(o.texts, q.Text)
	serve := o.serve
	o.mu.Unlock()
	serve(w, r)
}

func (o *oracle) becomes(serve http.HandlerFunc) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.serve = serve
}

func (o *oracle) asked() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.texts)
}

func says(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text) // who asked may be gone
	}
}

// hangs until who asked is gone.
func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

const toxic = `{"scores": {"toxic": 0.97}}`

// asking is a classifier that is asked.
type asking struct {
	*oracle
	*inbox.Classifiers
	t     *testing.T
	clock *clocktesting.FakeClock
	url   string
	came  chan struct{}
	log   *bytes.Buffer
	mu    sync.Mutex
	count map[string]int
}

// lines of a log that goroutines write.
type lines struct {
	mu  *sync.Mutex
	out io.Writer
}

func (l lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func ask(t *testing.T, serve http.HandlerFunc) *asking {
	t.Helper()
	a := &asking{oracle: &oracle{serve: serve}, t: t, clock: at(noon), came: make(chan struct{}, 1), log: &bytes.Buffer{}, count: map[string]int{}}
	server := httptest.NewServer(a.oracle)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	a.url = server.URL + "/v1?key=hush"
	a.Classifiers = inbox.NewClassifiers(server.Client(), a.clock, slog.New(slog.NewTextHandler(lines{&a.mu, a.log}, nil)),
		func(namespace, host string, result inbox.Asked) {
			a.mu.Lock()
			defer a.mu.Unlock()
			if namespace != "acme" || !strings.HasPrefix(a.url, "http://"+host+"/") {
				t.Errorf("counted for %s at %s", namespace, host)
			}
			a.count[string(result)]++
		}, func() {
			select {
			case a.came <- struct{}{}:
			default:
			}
		})
	return a
}

func (a *asking) begin(timeout time.Duration, text string) (policy.Score, bool) {
	it := &policy.Item{Item: network.Item{Kind: network.ItemComment, Text: text, Language: "en"}}
	return a.Ask(a.t.Context(), "acme", policy.Question{URL: a.url, Timeout: timeout}, it)
}

// score of a text, once it is known.
func (a *asking) score(timeout time.Duration, text string) policy.Score {
	a.t.Helper()
	for over := time.After(patience); ; {
		if s, known := a.begin(timeout, text); known {
			return s
		}
		select {
		case <-a.came:
		case <-over:
			a.t.Fatalf("nothing is known of %q", text)
		}
	}
}

func (a *asking) counted() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := map[string]int{}
	for k, n := range a.count {
		out[k] = n
	}
	return out
}

func (a *asking) logged() (warnings, infos int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	text := a.log.String()
	if strings.Contains(text, "hush") {
		a.t.Errorf("a key is in the log: %s", text)
	}
	return strings.Count(text, "level=WARN"), strings.Count(text, "level=INFO")
}

func TestWhatAClassifierAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		want  policy.Score
		count string
	}{
		"scores":            {says(200, toxic), policy.Score{Labels: map[string]float64{"toxic": 0.97}}, "Answered"},
		"none":              {says(200, `{"scores": {}}`), policy.Score{Labels: map[string]float64{}}, "Answered"},
		"no JSON":           {says(200, "<html>"), policy.Score{Failed: true}, "Failed"},
		"cut JSON":          {says(200, toxic[:20]), policy.Score{Failed: true}, "Failed"},
		"other JSON":        {says(200, `{"toxic": 0.97}`), policy.Score{Failed: true}, "Failed"},
		"a text as a score": {says(200, `{"scores": {"toxic": "0.97"}}`), policy.Score{Failed: true}, "Failed"},
		"no score":          {says(200, `{"scores": {"toxic": null}}`), policy.Score{Failed: true}, "Failed"},
		"a score above 1":   {says(200, `{"scores": {"toxic": 97}}`), policy.Score{Failed: true}, "Failed"},
		"a score below 0":   {says(200, `{"scores": {"toxic": 0.5, "spam": -1}}`), policy.Score{Failed: true}, "Failed"},
		"too much":          {says(200, strings.Repeat(" ", 1<<20)+toxic), policy.Score{Failed: true}, "Failed"},
		"an error":          {says(500, toxic), policy.Score{Failed: true}, "Failed"},
		"nobody there":      {says(404, "404 page not found"), policy.Score{Failed: true}, "Failed"},
		"busy":              {says(429, ""), policy.Score{Failed: true}, "Failed"},
		"not this text":     {says(400, "too long"), policy.Score{Failed: true}, "Refused"},
		"nothing in time":   {hangs, policy.Score{Failed: true}, "Failed"},
		"no answer": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			policy.Score{Failed: true}, "Failed"},
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(t, c.serve)
			timeout := patience
			if name == "nothing in time" {
				timeout = 50 * time.Millisecond
			}
			if diff := cmp.Diff(c.want, a.score(timeout, "hm")); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(map[string]int{c.count: 1}, a.counted()); diff != "" {
				t.Error(diff)
			}
			if _, infos := a.logged(); infos != 0 {
				t.Errorf("%d lines in the log", infos)
			}
		})
	}
}

// The same text is asked about once, for a while.
func TestAClassifierIsAskedOnce(t *testing.T) {
	a := ask(t, says(200, toxic))
	for range 20 {
		a.score(patience, "hm")
	}
	a.score(patience, "another")
	if n := a.asked(); n != 2 {
		t.Errorf("asked %d times about two texts", n)
	}
	a.clock.Step(time.Hour)
	a.score(patience, "hm")
	if n := a.asked(); n != 3 {
		t.Errorf("asked %d times: what was said an hour ago is forgotten", n)
	}
}

// Questions are asked side by side, and no more of them than a service is to bear.
func TestAClassifierIsAskedSideBySide(t *testing.T) {
	const most = 16
	arrived, release := make(chan struct{}, 100), make(chan struct{})
	a := ask(t, func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		_, _ = io.WriteString(w, toxic)
	})
	free := sync.OnceFunc(func() { close(release) })
	t.Cleanup(free)
	for n := range 40 {
		if _, known := a.begin(patience, fmt.Sprint("hm ", n)); known {
			t.Fatalf("text %d is known", n)
		}
	}
	for n := range most {
		select {
		case <-arrived:
		case <-time.After(patience):
			t.Fatalf("%d are asked at once, want %d", n, most)
		}
	}
	if n := a.asked(); n != most {
		t.Errorf("%d are asked at once, want %d", n, most)
	}
	free()
	for n := range 40 {
		if s := a.score(patience, fmt.Sprint("hm ", n)); s.Failed {
			t.Errorf("text %d has no score", n)
		}
	}
	if n := a.asked(); n != 40 {
		t.Errorf("asked %d times, want 40", n)
	}
}

// After five failures in a row a classifier is left alone, which the log says once. Then it is tried with one question at a time, until it answers.
func TestAClassifierThatIsDeadIsLeftAlone(t *testing.T) {
	a := ask(t, says(500, ""))
	for n := range 50 {
		if s := a.score(patience, fmt.Sprint("first ", n)); !s.Failed {
			t.Errorf("%+v", s)
		}
	}
	if n := a.asked(); n != 5 {
		t.Errorf("asked %d times, want 5", n)
	}
	a.clock.Step(31 * time.Second)
	tried, release := make(chan struct{}, 10), make(chan struct{})
	a.becomes(func(w http.ResponseWriter, _ *http.Request) {
		tried <- struct{}{}
		<-release
		w.WriteHeader(http.StatusBadGateway)
	})
	if _, known := a.begin(patience, "a trial"); known {
		t.Error("it is not tried")
	}
	<-tried
	for n := range 50 {
		if s, known := a.begin(patience, fmt.Sprint("meanwhile ", n)); !known || !s.Failed {
			t.Errorf("%+v, %t: want it taken as failed at once", s, known)
		}
	}
	close(release)
	if s := a.score(patience, "a trial"); !s.Failed {
		t.Errorf("%+v", s)
	}
	if s, known := a.begin(patience, "after the trial"); !known || !s.Failed {
		t.Errorf("%+v, %t: it failed, and is left alone", s, known)
	}
	if n := a.asked(); n != 6 {
		t.Errorf("asked %d times, want 6", n)
	}
	if warnings, infos := a.logged(); warnings != 1 || infos != 0 {
		t.Errorf("%d warnings and %d lines beside, want one and none", warnings, infos)
	}
	a.becomes(says(200, toxic))
	a.clock.Step(31 * time.Second)
	for n := range 20 {
		if s := a.score(patience, fmt.Sprint("again ", n)); s.Failed {
			t.Errorf("text %d has no score", n)
		}
	}
	if warnings, infos := a.logged(); warnings != 1 || infos != 1 {
		t.Errorf("%d warnings and %d lines beside, want one each", warnings, infos)
	}
	if diff := cmp.Diff(map[string]int{"Answered": 20, "Failed": 6, "NotAsked": 45 + 51}, a.counted()); diff != "" {
		t.Error(diff)
	}
}

// A text that a service does not take has nothing of others be left unasked.
func TestTextsThatAreRefusedStopNothing(t *testing.T) {
	a := ask(t, says(413, ""))
	for n := range 20 {
		a.score(patience, fmt.Sprint("long ", n))
	}
	a.becomes(says(200, toxic))
	if s := a.score(patience, "short"); s.Failed || a.asked() != 21 {
		t.Errorf("%+v after %d questions", s, a.asked())
	}
	if warnings, _ := a.logged(); warnings != 1 {
		t.Errorf("%d warnings, want one", warnings)
	}
}

// perChannel gives each channel a network and policies of its own.
type perChannel struct {
	lines    map[inbox.Channel]signedIn
	policies map[inbox.Channel]fixed
}

func (p perChannel) Line(c inbox.Channel) (inbox.Line, bool)     { return p.lines[c].Line(c) }
func (p perChannel) Trouble(inbox.Channel, error)                {}
func (p perChannel) For(c inbox.Channel) ([]inbox.InForce, bool) { return p.policies[c], true }

// A classifier that hangs holds up nothing but the items that it is asked about, and these for a while.
func TestAClassifierThatHangsHoldsUpNobody(t *testing.T) {
	for _, onFailure := range []string{"NoMatch", "Review"} {
		t.Run(onFailure, func(t *testing.T) {
			l := open(t, onSQLite(t))
			release := make(chan struct{})
			a := ask(t, func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-release:
				case <-r.Context().Done():
				}
			})
			defer close(release)
			slow, square := inbox.Channel{Namespace: "acme", Name: "a-slow"}, inbox.Channel{Namespace: "other", Name: "square"}
			there, here := &crowd{}, &crowd{}
			p := perChannel{
				map[inbox.Channel]signedIn{slow: over(there, "acme/slow"), square: over(here, "other/square")},
				map[inbox.Channel]fixed{square: {inForce(t, rules)}, slow: {inForce(t, `
channelSelector: {}
mode: Enforce
rules:
  - {name: insults, match: {text: {terms: [nitwit]}}, outcome: Hide}
  - {name: toxic, match: {text: {terms: [hm]}, classifier: {url: "`+a.url+`", label: toxic, score: {atLeast: "0.9"}, timeout: 10s, onFailure: `+onFailure+`}}, outcome: Hide}
`)}}}
			b := inbox.New(inbox.Inbox{Ledger: l, Lines: p, Policies: p, Crises: calm{}, Classify: a.Ask, Clock: a.clock, Owner: "test", Settle: time.Second, Log: slog.New(slog.DiscardHandler)})
			for _, c := range []inbox.Channel{slow, square} {
				if _, err := b.Poll(t.Context(), c, nil); err != nil {
					t.Fatal(err)
				}
			}
			for n := range 300 { // more than a page
				there.say(comment(n, fmt.Sprint("eve", n), fmt.Sprint("hm ", n), noon))
			}
			there.say(comment(300, "bob", "nitwit", noon))
			here.say(comment(301, "bob", "nitwit", noon))
			for _, c := range []inbox.Channel{slow, square} {
				if _, err := b.Poll(t.Context(), c, nil); err != nil {
					t.Fatal(err)
				}
			}
			drain(t, b)
			if there.all()["hide"] != 1 || here.all()["hide"] != 1 || waiting(t, l, slow) != 300 {
				t.Fatalf("hidden %v there and %v here, %d wait; want one each, and 300", there.all(), here.all(), waiting(t, l, slow))
			}
			a.clock.Step(10 * time.Second)
			drain(t, b)
			if n := waiting(t, l, slow); n != 0 || there.all()["hide"] != 1 {
				t.Errorf("%d wait still, hidden %v", n, there.all())
			}
			cases, err := l.Cases(t.Context(), store.CaseFilter{Namespace: "acme"})
			if want := map[string]int{"NoMatch": 0, "Review": 300}[onFailure]; err != nil || len(cases) != want {
				t.Fatalf("%d are for people, want %d: %v", len(cases), want, err)
			}
			for i := range cases {
				if !strings.Contains(cases[i].Explanation, "toxic: no answer came, so that a person decides") {
					t.Fatalf("explained by %q", cases[i].Explanation)
				}
			}
		})
	}
}

// What somebody said that waits counts against them when it is decided, once.
func TestStrikesWhileAClassifierIsAsked(t *testing.T) {
	l := open(t, onSQLite(t))
	release := make(chan struct{})
	a := ask(t, func(w http.ResponseWriter, _ *http.Request) {
		<-release
		_, _ = io.WriteString(w, toxic)
	})
	free := sync.OnceFunc(func() { close(release) })
	t.Cleanup(free)
	c := &crowd{}
	b := boxOf(l, over(c, "acme/square"), a.clock, inForce(t, `
channelSelector: {}
mode: Enforce
rules:
  - {name: insults, match: {text: {terms: [nitwit]}}, outcome: Hide, actions: [{strike: {}}]}
  - {name: toxic, match: {text: {terms: [hm]}, classifier: {url: "`+a.url+`", label: toxic, score: {atLeast: "0.9"}, timeout: 10s}}, outcome: Hide, actions: [{strike: {}}]}
strikes: {window: 24h, ladder: [{at: 2, action: Mute, for: 24h}]}
`))
	b.Classify = a.Ask
	poll(t, b)
	c.say(comment(1, "eve", "hm", noon), comment(2, "eve", "nitwit", noon))
	poll(t, b)
	drain(t, b)
	if diff := cmp.Diff(map[string]int{"hide": 1}, c.all()); diff != "" {
		t.Errorf("while it is asked: %s", diff)
	}
	free()
	for over := time.After(patience); waiting(t, l, square) > 0; drain(t, b) {
		select {
		case <-a.came:
		case <-over:
			t.Fatal("it waits still")
		}
	}
	drain(t, b)
	if diff := cmp.Diff(map[string]int{"hide": 2, "mute": 1}, c.all()); diff != "" {
		t.Error(diff)
	}
}

// waiting is how many items of a channel are not decided.
func waiting(t *testing.T, l *store.Database, c inbox.Channel) int {
	t.Helper()
	items, err := l.Undecided(context.Background(), c.Namespace, c.Name, nil, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return len(items)
}
