package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// serve calls the server without a network between.
func serve(s http.Handler, method, path string, body []byte) reply {
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Host = "localhost"
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.Bytes()}
}

func TestParseFaults(t *testing.T) {
	for _, c := range []struct {
		flags []string
		want  Faults
	}{
		{nil, Faults{}},
		{[]string{"lose-answer"}, Faults{LoseAnswer: Always}},
		{[]string{"lose-answer=0.3", "seed=42"}, Faults{LoseAnswer: Chance{Probability: 0.3}, Seed: 42}},
		{[]string{"error-before=1/3", "error-after=1/1"}, Faults{ErrorBefore: Chance{Every: 3}, ErrorAfter: Chance{Every: 1}}},
		{[]string{"store-late=1s"}, Faults{StoreLate: time.Second, StoreLateChance: Always}},
		{[]string{"store-late=1s:0.5"}, Faults{StoreLate: time.Second, StoreLateChance: Chance{Probability: 0.5}}},
		{[]string{"slow=50ms", "list-late=2s"}, Faults{Slow: 50 * time.Millisecond, SlowChance: Always, ListLate: 2 * time.Second}},
		{[]string{"rate-limit=30/1m", "ignore-keys", "close-reused"}, Faults{RateLimit: 30, RateWindow: time.Minute, IgnoreKeys: true, CloseReused: Always}},
	} {
		got, err := ParseFaults(c.flags)
		if err != nil {
			t.Errorf("%v: %v", c.flags, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v: %s", c.flags, diff)
		}
		again, err := ParseFaults(strings.Fields(got.String()))
		if err != nil || again != got {
			t.Errorf("%q is read as %+v, %v", got.String(), again, err)
		}
	}
	for _, bad := range []string{
		"", "lose", "lose-answer=", "lose-answer=2", "lose-answer=-1", "lose-answer=NaN", "lose-answer=1/0", "lose-answer=x",
		"store-late", "store-late=1", "store-late=-1s", "store-late=1s:2", "slow=0s", "slow=9999h", "rate-limit=30", "rate-limit=0/1m",
		"rate-limit=a/1m", "rate-limit=3/x", "ignore-keys=yes", "seed=x", "seed=-1", "list-late=1s:0.5",
	} {
		if f, err := ParseFaults([]string{bad}); err == nil {
			t.Errorf("%q was taken as %+v", bad, f)
		}
	}
	if _, err := ParseFaults([]string{"seed=1", "seed=2"}); err == nil {
		t.Error("a fault given twice was taken")
	}
}

func FuzzParseFaults(f *testing.F) {
	f.Add("lose-answer=0.3")
	f.Add("store-late=1s:1/3")
	f.Add("rate-limit=30/1m")
	f.Fuzz(func(t *testing.T, flag string) {
		got, err := ParseFaults([]string{flag})
		if err != nil {
			return
		}
		again, err := ParseFaults(strings.Fields(got.String()))
		// A seed alone, and a chance of nothing, change nothing and are not shown.
		if got.Seed = 0; err != nil || again.String() != got.String() {
			t.Errorf("%q: %q is read as %q, %v", flag, got.String(), again.String(), err)
		}
	})
}

func TestDice(t *testing.T) {
	roll := func(c Chance, seed uint64) string {
		var out strings.Builder
		d := newDie(c, seed, 1)
		for range 64 {
			if d.strikes() {
				out.WriteByte('x')
			} else {
				out.WriteByte('.')
			}
		}
		return out.String()
	}
	half := Chance{Probability: 0.5}
	first, again := roll(half, 1), roll(half, 1)
	if first != again {
		t.Error("the same seed gave other dice")
	}
	if roll(half, 1) == roll(half, 2) {
		t.Error("another seed gave the same dice")
	}
	if got := roll(Chance{Every: 3}, 1)[:9]; got != "..x..x..x" {
		t.Errorf("every third: %s", got)
	}
	if n := strings.Count(roll(half, 3), "x"); n < 16 || n > 48 {
		t.Errorf("half: %d of 64", n)
	}
}

// TestFaults makes one call under each fault and looks at what the client and the log saw, and what was stored.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault string
		// status the client saw, 0 for no answer.
		status int
		stored bool
		want   wire.Call
	}{
		{"lose-answer", 0, true, wire.Call{Outcome: wire.OutcomeStored, Fault: "lose-answer", AnswerLost: true, PostID: "1"}},
		{"error-before", 500, false, wire.Call{Outcome: wire.OutcomeFault, Fault: "error-before", Code: wire.CodeInternal, Status: 500}},
		{"error-after", 500, true, wire.Call{Outcome: wire.OutcomeStored, Fault: "error-after", Code: wire.CodeInternal, Status: 500, PostID: "1"}},
		{"store-late=20ms", 0, true, wire.Call{Outcome: wire.OutcomeStored, Fault: "store-late", AnswerLost: true, PostID: "1"}},
		{"slow=10ms", 201, true, wire.Call{Outcome: wire.OutcomeStored, Status: 201, PostID: "1"}},
		{"ignore-keys", 201, true, wire.Call{Outcome: wire.OutcomeStored, Status: 201, PostID: "1"}},
		{"list-late=1h", 201, false, wire.Call{Outcome: wire.OutcomeStored, Status: 201, PostID: "1"}},
		{"close-reused", 201, true, wire.Call{Outcome: wire.OutcomeStored, Status: 201, PostID: "1"}},
		{"rate-limit=1/1m", 201, true, wire.Call{Outcome: wire.OutcomeStored, Status: 201, PostID: "1"}},
	} {
		t.Run(c.fault, func(t *testing.T) {
			b := start(t, c.fault)
			r, err := b.send(t, "POST", town+"/posts", wire.NewPost{Key: "k", Marker: "m", Text: "x"})
			if r.status != c.status || (err != nil) != (c.status == 0) {
				t.Errorf("the client saw %d %s, %v; want %d", r.status, r.body, err, c.status)
			}
			calls := b.settled(t)
			at := noon
			c.want.Seq, c.want.Method, c.want.Path, c.want.Account = 1, "POST", town+"/posts", "acme/town"
			c.want.Key, c.want.Marker, c.want.ReceivedAt, c.want.FinishedAt = "k", "m", noon, &at
			if diff := cmp.Diff([]wire.Call{c.want}, calls); diff != "" {
				t.Error(diff)
			}
			if got := len(b.posts(t, "")) == 1; got != c.stored {
				t.Errorf("in the list: %v, want %v", got, c.stored)
			}
		})
	}
}

func TestIgnoreKeys(t *testing.T) {
	b := start(t, "ignore-keys")
	for range 2 {
		if p := b.post(t, wire.NewPost{Key: "k", Marker: "m", Text: "x"}); p.Key != "" || p.Marker != "m" {
			t.Errorf("%+v", p)
		}
	}
	if a := read[wire.Account](t, b.must(t, 200, "GET", town, nil)); a.Once != wire.OnceScan {
		t.Errorf("once %s", a.Once)
	}
	if len(b.posts(t, "")) != 2 || len(b.posts(t, "?key=k")) != 0 {
		t.Error("the key was stored or honoured")
	}
}

func TestListLate(t *testing.T) {
	b := start(t, "list-late=2s")
	p := b.post(t, wire.NewPost{Key: "k", Marker: "m", Text: "x"})
	b.must(t, 200, "GET", town+"/posts/"+p.ID, nil)
	if len(b.posts(t, "?key=k")) != 1 {
		t.Error("a lookup by key is late too")
	}
	for _, step := range []struct {
		move time.Duration
		want int
	}{{0, 0}, {1999 * time.Millisecond, 0}, {time.Millisecond, 1}} {
		b.clock.move(step.move)
		if got := len(b.posts(t, "")); got != step.want {
			t.Errorf("%d posts at %s, want %d", got, b.clock.Now(), step.want)
		}
	}
}

func TestRateLimit(t *testing.T) {
	b := start(t, "rate-limit=2/1m")
	b.post(t, wire.NewPost{Text: "1"})
	b.clock.move(10 * time.Second)
	b.post(t, wire.NewPost{Text: "2"})
	r := b.must(t, 429, "POST", town+"/posts", wire.NewPost{Text: "3"})
	if r.header.Get("Retry-After") != "50" || r.code() != wire.CodeRateLimited {
		t.Errorf("Retry-After %q, %s", r.header.Get("Retry-After"), r.body)
	}
	// Others are not limited, neither accounts nor people.
	b.must(t, 201, "POST", "/api/v1/acme/other/posts", wire.NewPost{Text: "1"})
	b.item(t, wire.NewItem{Kind: wire.KindFollow, Author: wire.Author{Handle: "ada"}})
	b.clock.move(50 * time.Second)
	b.post(t, wire.NewPost{Text: "3"})
	calls := b.calls(t)
	if c := calls[2]; c.Outcome != wire.OutcomeRefused || c.Fault != "rate-limit" || c.Status != 429 {
		t.Errorf("%+v", c)
	}
}

// TestCloseReused: the first call of a connection is answered, the second is read and its connection closed.
func TestCloseReused(t *testing.T) {
	b := start(t, "close-reused")
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	send := func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+town+"/posts", strings.NewReader(`{"text":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.GetBody = nil // else net/http sends it a second time by itself
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body) // else the connection is not used again
			_ = resp.Body.Close()
		}
		return err
	}
	for i, fails := range []bool{false, true, false, true} {
		if err := send(); (err != nil) != fails {
			t.Errorf("call %d: %v", i, err)
		}
	}
	var outcomes []string
	for _, c := range b.calls(t) {
		outcomes = append(outcomes, fmt.Sprint(c.Outcome, c.AnswerLost))
	}
	if diff := cmp.Diff([]string{"Storedfalse", "Faulttrue", "Storedfalse", "Faulttrue"}, outcomes); diff != "" {
		t.Error(diff)
	}
}

// TestClientLeaves: what was received is stored although the client has gone, late if so asked, and the log knows that
// nobody heard the answer.
func TestClientLeaves(t *testing.T) {
	for _, c := range []struct{ faults, want string }{
		{"slow=20s", ""},
		{"slow=20s store-late=30ms:0", "store-late"},
	} {
		t.Run(c.faults, func(t *testing.T) {
			b := start(t, strings.Fields(c.faults)...)
			ctx, cancel := context.WithCancel(t.Context())
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+town+"/posts", strings.NewReader(`{"key":"k","marker":"m","text":"x"}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			left := make(chan error)
			go func() {
				_, err := plain.Do(req)
				left <- err
			}()
			for len(b.calls(t)) == 0 { // until it has been received
			}
			cancel()
			if err := <-left; !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			var got wire.Call
			for got.Outcome != wire.OutcomeStored || !got.AnswerLost {
				got = b.calls(t)[0]
				if t.Context().Err() != nil {
					t.Fatalf("%+v", got)
				}
			}
			if got.Fault != c.want || got.Status != 0 {
				t.Errorf("%+v", got)
			}
			b.SetFaults(Faults{})
			if len(b.posts(t, "")) != 1 {
				t.Error("it was not stored")
			}
		})
	}
}

// TestLatePostsOutliveClose: Close waits for what was received.
func TestLatePostsOutliveClose(t *testing.T) {
	path := t.TempDir() + "/local.db"
	b := startWith(t, Options{DBPath: path}, "store-late=50ms")
	for i := range 20 {
		if _, err := b.send(t, "POST", town+"/posts", wire.NewPost{Text: fmt.Sprint(i)}); err == nil {
			t.Error("there was an answer")
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(startWith(t, Options{DBPath: path}).posts(t, "")); got != 20 {
		t.Errorf("%d posts, want 20", got)
	}
}

// TestSlowIsNotNarrow: a thousand calls of 100 ms each take far less than one after another would (100 s).
func TestSlowIsNotNarrow(t *testing.T) {
	b := start(t, "slow=100ms")
	began := time.Now()
	var all sync.WaitGroup
	const calls = 1000
	for i := range calls {
		all.Go(func() {
			body := fmt.Sprintf(`{"key":"k%d","marker":"m","text":"x"}`, i)
			if r := serve(b.Server, "POST", town+"/posts", []byte(body)); r.status != 201 {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("%d calls took %s", calls, took)
	}
	if got := len(b.calls(t)); got != calls {
		t.Errorf("%d calls in the log", got)
	}
}

// TestFaultsSpareOthers: people and refused calls are not struck.
func TestFaultsSpareOthers(t *testing.T) {
	b := start(t, "lose-answer", "error-before", "error-after", "store-late=1s", "close-reused")
	b.item(t, wire.NewItem{Kind: wire.KindFollow, Author: wire.Author{Handle: "ada"}})
	b.item(t, wire.NewItem{Kind: wire.KindJoin, Author: wire.Author{Handle: "ada"}})
	b.must(t, 400, "POST", town+"/posts", "no JSON")
	b.must(t, 200, "GET", town+"/posts", nil)
}
