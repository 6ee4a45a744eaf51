package httpx

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// Share of a budget that is kept for publishing: other work waits when no more than that is left.
const publishingShare = 0.25

// maxWindows bounds how many of a server's own limits are remembered.
const maxWindows = 256

// Budget of one credential, for all who call with it: a bucket of tokens that fills at the network's documented rate, and what
// the server says of its own limits. Nothing waits in it: a call that may not be made now is refused before it is sent, with the
// time when it may.
type Budget struct {
	now func() time.Time

	mu      sync.Mutex
	rate    network.Rate
	tokens  float64
	filled  time.Time
	until   time.Time
	windows map[string]window
}

// window is a limit as the server last told it.
type window struct {
	limit, left int
	reset       time.Time
}

// NewBudget makes a full one.
func NewBudget(rate network.Rate, now func() time.Time) *Budget {
	return &Budget{now: now, rate: rate, tokens: float64(rate.Calls), windows: map[string]window{}}
}

// Block refuses all calls until a time, as the server asked for; an earlier time than before changes nothing.
func (b *Budget) Block(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until.After(b.until) {
		b.until = until
	}
}

type backgroundKey struct{}

// Background marks calls that can wait: metrics, profiles, listening. A share of the budget is kept from them for publishing.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// take spends a token, or says how long to wait for one.
func (b *Budget) take(key string, background bool) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if now.Before(b.until) {
		return b.until.Sub(now), false
	}
	keep := 0.0
	if background {
		keep = publishingShare
	}
	if w, told := b.windows[key]; told && now.Before(w.reset) && float64(w.left) <= math.Floor(keep*float64(w.limit)) {
		return w.reset.Sub(now), false
	}
	if b.rate.Calls <= 0 || b.rate.Per <= 0 {
		return 0, true
	}
	perSecond := float64(b.rate.Calls) / b.rate.Per.Seconds()
	if !b.filled.IsZero() {
		b.tokens = min(float64(b.rate.Calls), b.tokens+max(now.Sub(b.filled).Seconds(), 0)*perSecond)
	}
	b.filled = now
	least := 1 + math.Floor(keep*float64(b.rate.Calls))
	if b.tokens < least {
		return time.Duration((least - b.tokens) / perSecond * float64(time.Second)), false
	}
	b.tokens--
	if w, told := b.windows[key]; told && w.left > 0 {
		w.left-- // calls that are under way
		b.windows[key] = w
	}
	return 0, true
}

// learn takes over what an answer says.
func (b *Budget) learn(key string, resp *http.Response) {
	now := b.now()
	if resp.StatusCode == http.StatusTooManyRequests {
		if wait := RetryAfter(resp); wait > 0 {
			b.Block(now.Add(wait))
		}
	}
	w, ok := windowOf(resp, now)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.windows) >= maxWindows {
		clear(b.windows) // a server that makes them up; what holds is told again
	}
	b.windows[key] = w
}

// windowOf reads the headers in which networks tell a limit: X-RateLimit-*, X-Rate-Limit-* and RateLimit-*.
func windowOf(resp *http.Response, now time.Time) (window, bool) {
	date := now
	if d, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		date = d
	}
	for _, prefix := range []string{"X-Ratelimit-", "X-Rate-Limit-", "Ratelimit-"} {
		limit, err1 := strconv.Atoi(strings.TrimSpace(resp.Header.Get(prefix + "Limit")))
		left, err2 := strconv.Atoi(strings.TrimSpace(resp.Header.Get(prefix + "Remaining")))
		wait, ok := parseWait(resp.Header.Get(prefix+"Reset"), date)
		if err1 == nil && err2 == nil && ok && limit > 0 && left >= 0 {
			return window{limit: limit, left: left, reset: now.Add(min(max(wait, 0), maxRetryAfter))}, true
		}
	}
	return window{}, false
}

// WithBudget gives a client that spends from a budget before each call.
func WithBudget(c *http.Client, b *Budget) *http.Client {
	limited := *c
	limited.Transport = &budgeted{next: c.Transport, budget: b}
	return &limited
}

type budgeted struct {
	next   http.RoundTripper
	budget *Budget
}

// RoundTrip implements http.RoundTripper.
func (t *budgeted) RoundTrip(req *http.Request) (*http.Response, error) {
	key := req.Method + " " + template(req.URL.Path)
	background, _ := req.Context().Value(backgroundKey{}).(bool)
	if wait, ok := t.budget.take(key, background); !ok {
		closeBody(req)
		return nil, &network.Error{Kind: network.RateLimited, Reason: "RateLimited", RetryAfter: max(wait, time.Millisecond),
			Message: "the limit of calls on " + req.URL.Host + " is used up"}
	}
	resp, err := t.next.RoundTrip(req)
	if err == nil {
		t.budget.learn(key, resp)
	}
	return resp, err
}

// CloseIdleConnections is called by http.Client.CloseIdleConnections.
func (t *budgeted) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// template is a path without what names one record: servers limit by the kind of call.
func template(path string) string {
	steps := strings.Split(path, "/")
	for i, step := range steps {
		if strings.ContainsAny(step, "0123456789") && !version(step) {
			steps[i] = "*"
		}
	}
	return strings.Join(steps, "/")
}

// version is true for the v1 of an API's path.
func version(step string) bool {
	return len(step) <= 3 && strings.HasPrefix(step, "v")
}
