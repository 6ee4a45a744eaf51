package httpx_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

type stopped struct{ at time.Time }

func (c *stopped) now() time.Time { return c.at }

// world is a server that counts what reaches it, and a client with a budget before it.
func budgeted(t *testing.T, rate network.Rate, answer http.HandlerFunc) (call func(ctx context.Context, method, path string) error, clock *stopped, reached *int, budget *httpx.Budget) {
	t.Helper()
	reached = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*reached++
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(server.Close)
	clock = &stopped{at: time.Now()}
	budget = httpx.NewBudget(rate, clock.now)
	plain := httpx.New(httpx.Options{Destinations: httpx.Destinations{AllowPrivate: true}})
	t.Cleanup(plain.CloseIdleConnections)
	client := httpx.WithBudget(plain, budget)
	return func(ctx context.Context, method, path string) error {
		req, err := http.NewRequestWithContext(ctx, method, server.URL+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := httpx.Do(client, req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return errors.Join(err, resp.Body.Close())
	}, clock, reached, budget
}

func limited(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	e := httpx.Classify(nil, err, false)
	if err == nil || e.Kind != network.RateLimited || (e.RetryAfter-wait).Abs() > time.Second {
		t.Errorf("the call ends with %v (%+v); want it refused for %s", err, e, wait)
	}
}

func TestABucketFillsAtItsRate(t *testing.T) {
	call, clock, reached, _ := budgeted(t, network.Rate{Calls: 4, Per: time.Minute}, nil)
	for range 4 {
		if err := call(t.Context(), http.MethodPost, "/posts"); err != nil {
			t.Fatal(err)
		}
	}
	limited(t, call(t.Context(), http.MethodPost, "/posts"), 15*time.Second)
	clock.at = clock.at.Add(15 * time.Second)
	if err := call(t.Context(), http.MethodPost, "/posts"); err != nil {
		t.Error(err)
	}
	limited(t, call(t.Context(), http.MethodGet, "/other"), 15*time.Second)
	if *reached != 5 {
		t.Errorf("%d calls reached the server; want 5", *reached)
	}
}

func TestAShareIsKeptForPublishing(t *testing.T) {
	call, _, reached, _ := budgeted(t, network.Rate{Calls: 8, Per: time.Minute}, nil)
	background := httpx.Background(t.Context())
	for range 6 {
		if err := call(background, http.MethodGet, "/metrics"); err != nil {
			t.Fatal(err)
		}
	}
	limited(t, call(background, http.MethodGet, "/metrics"), 7500*time.Millisecond)
	for range 2 {
		if err := call(t.Context(), http.MethodPost, "/posts"); err != nil {
			t.Errorf("publishing has no share: %v", err)
		}
	}
	if *reached != 8 {
		t.Errorf("%d calls reached the server; want 8", *reached)
	}
}

// What a server says of its limits is kept to, by kind of call, before it has to refuse.
func TestTheServersOwnLimitIsKeptTo(t *testing.T) {
	for name, headers := range map[string]func(now time.Time) (prefix, reset string){
		"Mastodon": func(now time.Time) (string, string) {
			return "X-RateLimit-", now.Add(time.Minute).UTC().Format(time.RFC3339Nano)
		},
		"X": func(now time.Time) (string, string) {
			return "X-Rate-Limit-", strconv.FormatInt(now.Add(time.Minute).Unix(), 10)
		},
		"Bluesky": func(now time.Time) (string, string) {
			return "RateLimit-", strconv.FormatInt(now.Add(time.Minute).Unix(), 10)
		},
		"seconds": func(time.Time) (string, string) { return "RateLimit-", "60" },
	} {
		t.Run(name, func(t *testing.T) {
			left := 3
			call, clock, reached, _ := budgeted(t, network.Rate{}, func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasPrefix(r.URL.Path, "/api/v1/posts") {
					return
				}
				left--
				prefix, reset := headers(time.Now())
				w.Header().Set(prefix+"Limit", "4")
				w.Header().Set(prefix+"Remaining", strconv.Itoa(left))
				w.Header().Set(prefix+"Reset", reset)
			})
			for i := range 2 {
				if err := call(t.Context(), http.MethodPost, "/api/v1/posts/"+strconv.Itoa(i)); err != nil {
					t.Fatal(err)
				}
			}
			// One of four is left, which is publishing's.
			limited(t, call(httpx.Background(t.Context()), http.MethodPost, "/api/v1/posts/8"), time.Minute)
			if err := call(t.Context(), http.MethodPost, "/api/v1/posts/3"); err != nil {
				t.Error(err)
			}
			limited(t, call(t.Context(), http.MethodPost, "/api/v1/posts/9"), time.Minute)
			if err := call(t.Context(), http.MethodGet, "/api/v1/account"); err != nil {
				t.Errorf("another kind of call: %v", err)
			}
			clock.at = clock.at.Add(61 * time.Second)
			left = 3
			if err := call(t.Context(), http.MethodPost, "/api/v1/posts/9"); err != nil {
				t.Errorf("after the reset: %v", err)
			}
			if *reached != 5 {
				t.Errorf("%d calls reached the server; want 5", *reached)
			}
		})
	}
}

func TestRetryAfterIsHonouredByAll(t *testing.T) {
	call, clock, reached, budget := budgeted(t, network.Rate{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	if err := call(t.Context(), http.MethodPost, "/posts"); err != nil {
		t.Fatal(err)
	}
	limited(t, call(t.Context(), http.MethodGet, "/account"), 30*time.Second)
	clock.at = clock.at.Add(31 * time.Second)
	budget.Block(clock.at.Add(-time.Hour))
	if err := call(t.Context(), http.MethodGet, "/account"); err != nil || *reached != 2 {
		t.Errorf("%v, %d calls; want 2", err, *reached)
	}
	budget.Block(clock.at.Add(time.Hour)) // what a status kept over a restart
	limited(t, call(t.Context(), http.MethodGet, "/account"), time.Hour)
}

func TestNonsenseAboutLimitsIsIgnored(t *testing.T) {
	n := 0
	nonsense := []string{"-1", "x", "99999999999999999999", "", "1e999", "NaN"}
	call, _, _, _ := budgeted(t, network.Rate{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("RateLimit-Limit", nonsense[n%len(nonsense)])
		w.Header().Set("RateLimit-Remaining", nonsense[(n/2)%len(nonsense)])
		w.Header().Set("RateLimit-Reset", nonsense[(n/3)%len(nonsense)])
		n++
	})
	for range 100 {
		if err := call(t.Context(), http.MethodGet, "/posts"); err != nil {
			t.Fatal(err)
		}
	}
}
