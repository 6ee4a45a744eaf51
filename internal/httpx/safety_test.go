package httpx_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

func TestDestinations(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	byName := "http://localhost:" + u.Port() // resolves to loopback: only the check after DNS can see it
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	for _, tc := range []struct {
		name  string
		to    string
		d     httpx.Destinations
		reach bool
	}{
		{"loopback", s.URL, httpx.Destinations{}, false},
		{"name of loopback", byName, httpx.Destinations{}, false},
		{"mapped", "http://[::ffff:127.0.0.1]:" + u.Port(), httpx.Destinations{}, false},
		{"nat64", "http://[64:ff9b::7f00:1]:" + u.Port(), httpx.Destinations{}, false},
		{"6to4", "http://[2002:7f00:1::]:" + u.Port(), httpx.Destinations{}, false},
		{"metadata service", "http://169.254.169.254", httpx.Destinations{}, false},
		{"cluster", "http://10.96.0.1", httpx.Destinations{}, false},
		{"unique local", "http://[fd00::1]", httpx.Destinations{}, false},
		{"unspecified", "http://0.0.0.0:" + u.Port(), httpx.Destinations{}, false},
		{"shared", "http://100.64.0.1", httpx.Destinations{}, false},
		{"denied although private is allowed", s.URL, httpx.Destinations{AllowPrivate: true, Deny: []netip.Prefix{loopback}}, false},
		{"denied although public", "http://8.8.8.8", httpx.Destinations{Deny: []netip.Prefix{netip.MustParsePrefix("8.8.8.0/24")}}, false},
		{"host allowed", s.URL, httpx.Destinations{AllowHosts: []string{u.Host}}, true},
		{"host allowed by another name", byName, httpx.Destinations{AllowHosts: []string{u.Host}}, false},
		{"name allowed", byName, httpx.Destinations{AllowHosts: []string{"LOCALHOST:" + u.Port()}}, true},
		{"another port allowed", s.URL, httpx.Destinations{AllowHosts: []string{"127.0.0.1:1"}}, false},
		{"prefix allowed", s.URL, httpx.Destinations{AllowPrefixes: []netip.Prefix{loopback}}, true},
		{"private allowed", s.URL, httpx.Destinations{AllowPrivate: true}, true},
	} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(tc.name+" "+method, func(t *testing.T) {
				c := httpx.New(httpx.Options{Destinations: tc.d})
				defer c.CloseIdleConnections()
				ctx := httpx.Track(t.Context())
				_, err := do(ctx, t, c, method, tc.to, "")
				if tc.reach {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if !errors.Is(err, httpx.ErrDestination) {
					t.Fatalf("err = %v", err)
				}
				if e := httpx.Classify(nil, err, httpx.Began(ctx)); e.Kind != network.Refused || e.Reason != "DestinationNotAllowed" || httpx.Began(ctx) {
					t.Errorf("%+v", e)
				}
			})
		}
	}
}

func TestRedirects(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code := http.StatusFound
		if c := r.URL.Query().Get("code"); c != "" {
			_, _ = fmt.Sscan(c, &code)
		}
		switch r.URL.Path {
		case "/here":
			http.Redirect(w, r, "/there?token=hush", code)
		case "/away":
			http.Redirect(w, r, other.URL+"/?token=hush", code)
		case "/loop":
			http.Redirect(w, r, "/loop", code)
		case "/there":
			elsewhere.Add(1)
		}
	}))
	defer s.Close()
	c := httpx.New(httpx.Options{Destinations: local})
	for _, tc := range []struct {
		method, path string
		arrives      bool
		kind         network.Kind // empty: no error
	}{
		{"GET", "/here", true, ""},
		{"GET", "/away", false, network.Refused},
		{"GET", "/loop", false, network.Refused},
		{"POST", "/here?code=301", false, network.Refused},
		{"POST", "/here?code=307", false, network.Refused},
		{"POST", "/away?code=308", false, network.Refused},
		{"PUT", "/here?code=302", false, network.Ambiguous},
		{"DELETE", "/here?code=303", false, network.Ambiguous},
	} {
		t.Run(tc.method+" "+tc.path, func(t *testing.T) {
			elsewhere.Store(0)
			ctx := httpx.Track(t.Context())
			resp, err := do(ctx, t, c, tc.method, s.URL+tc.path, "")
			e := httpx.Classify(resp, err, httpx.Began(ctx))
			if (elsewhere.Load() > 0) != tc.arrives {
				t.Errorf("followed: %v", elsewhere.Load() > 0)
			}
			switch {
			case tc.kind == "" && e == nil:
			case e == nil || e.Kind != tc.kind || e.Reason != "Redirected":
				t.Errorf("%v", e)
			case strings.Contains(e.Error(), "hush"):
				t.Errorf("a token shows: %v", e)
			}
		})
	}
}

func TestResponseCap(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 100))
	}))
	defer s.Close()
	for _, tc := range []struct {
		max  int64
		call int64
		ok   bool
	}{{99, 0, false}, {100, 0, true}, {50, 100, true}, {1000, 10, false}} {
		c := httpx.New(httpx.Options{Destinations: local, MaxResponseBytes: tc.max})
		ctx := t.Context()
		if tc.call > 0 {
			ctx = httpx.WithMaxResponse(ctx, tc.call)
		}
		_, err := do(ctx, t, c, "GET", s.URL, "")
		if (err == nil) != tc.ok || (err != nil && !errors.Is(err, httpx.ErrTooLarge)) {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}

func TestErrorsShowNoSecrets(t *testing.T) {
	c := httpx.New(httpx.Options{Destinations: local})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Close() // nobody listens any more
	host := strings.TrimPrefix(s.URL, "http://")
	for _, path := range []string{
		"/x?access_token=hush-hush", "/bot12345:hush-hush/sendMessage", "/bot12345%3Ahush-hush/getMe", "/api/webhooks/123/hush-hush",
		"/services/T0/B0/hush-hush", "/hooks/hush-hush", "/x#hush-hush", "/v1/Ab3dEf6hush-hushIjKl",
	} {
		_, err := do(t.Context(), t, c, "POST", "http://user:hush-hush@"+host+path, "hush-hush")
		if err == nil {
			t.Fatal("want an error")
		}
		e := httpx.Classify(nil, err, false)
		for _, text := range []string{err.Error(), e.Error(), fmt.Sprintf("%+v", err)} {
			if strings.Contains(text, "hush") || strings.Contains(text, "user") {
				t.Errorf("%s: %s", path, text)
			}
		}
		if e.Reason != "ConnectionRefused" {
			t.Errorf("the cause was lost: %+v", e)
		}
	}
}

func TestRedactURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://bsky.social/xrpc/com.atproto.repo.putRecord":      "https://bsky.social/xrpc/com.atproto.repo.putRecord",
		"https://acme.example/wp-json/wp/v2/posts/17?_wpnonce=abc": "https://acme.example/wp-json/wp/v2/posts/17",
		"https://u:p@acme.example/a":                               "https://acme.example/a",
		"https://discord.com/api/webhooks/1/abc":                   "https://discord.com/api/webhooks/…/…",
		"https://api.telegram.org/bot1:abc/sendMessage":            "https://api.telegram.org/…/sendMessage",
		"https://acme.example":                                     "https://acme.example",
	} {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := httpx.RedactURL(u); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	wrapped := httpx.Redact(fmt.Errorf("Get https://x/?token=hush Bearer hushhushhush: %w", context.DeadlineExceeded))
	if strings.Contains(wrapped.Error(), "hush") || !errors.Is(wrapped, context.DeadlineExceeded) {
		t.Error(wrapped)
	}
}

func TestMetrics(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	defer s.Close()
	m := httpx.NewMetrics()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(m.Collectors()...)
	c := httpx.New(httpx.Options{Destinations: local, Metrics: m})
	ctx := httpx.WithNetwork(t.Context(), "Bluesky")
	for _, method := range []string{"GET", "GET", "POST"} {
		if _, err := do(ctx, t, c, method, s.URL, ""); err != nil {
			t.Fatal(err)
		}
	}
	err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP tribune_http_requests_total HTTP requests to networks, by status class (2xx, 3xx, 4xx, 429, 5xx, error).
# TYPE tribune_http_requests_total counter
tribune_http_requests_total{method="GET",network="Bluesky",status="2xx"} 2
tribune_http_requests_total{method="POST",network="Bluesky",status="429"} 1
`), "tribune_http_requests_total")
	if err != nil {
		t.Error(err)
	}
}
