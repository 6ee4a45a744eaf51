package httpx_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

func answer(method string, code int, headers ...string) *http.Response {
	h := http.Header{"Date": {"Tue, 01 Dec 2026 12:00:00 GMT"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	u := &url.URL{Scheme: "https", Host: "acme.example", Path: "/x", RawQuery: "token=hush"}
	return &http.Response{StatusCode: code, Header: h, Request: &http.Request{Method: method, URL: u}}
}

func TestClassifyAnswers(t *testing.T) {
	for _, tc := range []struct {
		name  string
		resp  *http.Response
		kind  network.Kind // empty: the adapter's
		after time.Duration
	}{
		{"ok", answer("POST", 200), "", 0},
		{"created", answer("POST", 201), "", 0},
		{"bad request", answer("POST", 400), "", 0},
		{"unauthorized", answer("POST", 401), "", 0},
		{"forbidden", answer("POST", 403), "", 0},
		{"conflict", answer("POST", 409), "", 0},
		{"request timeout", answer("POST", 408), network.Ambiguous, 0},
		{"too early", answer("POST", 425), network.NotSent, 0},
		{"server error", answer("POST", 500), network.Ambiguous, 0},
		{"bad gateway", answer("PUT", 502), network.Ambiguous, 0},
		{"unavailable", answer("DELETE", 503, "Retry-After", "7"), network.Ambiguous, 7 * time.Second},
		{"server error on a read", answer("GET", 500), network.NotSent, 0},
		{"seconds", answer("POST", 429, "Retry-After", "30"), network.RateLimited, 30 * time.Second},
		{"date", answer("POST", 429, "Retry-After", "Tue, 01 Dec 2026 12:01:00 GMT"), network.RateLimited, time.Minute},
		{"date that passed", answer("POST", 429, "Retry-After", "Tue, 01 Dec 2026 11:00:00 GMT"), network.RateLimited, 0},
		{"epoch", answer("POST", 429, "RateLimit-Reset", "1796126490"), network.RateLimited, 90 * time.Second},
		{"seconds to go", answer("POST", 429, "RateLimit-Reset", "90"), network.RateLimited, 90 * time.Second},
		{"time", answer("POST", 429, "X-RateLimit-Reset", "2026-12-01T12:05:00.000Z"), network.RateLimited, 5 * time.Minute},
		{"fraction", answer("POST", 429, "X-RateLimit-Reset-After", "0.5"), network.RateLimited, time.Second / 2},
		{"first header wins", answer("POST", 429, "Retry-After", "1", "RateLimit-Reset", "90"), network.RateLimited, time.Second},
		{"bounded", answer("POST", 429, "Retry-After", "99999999"), network.RateLimited, 24 * time.Hour},
		{"huge", answer("POST", 429, "Retry-After", "1e300"), network.RateLimited, 24 * time.Hour},
		{"milliseconds", answer("POST", 429, "RateLimit-Reset", "1796126490000"), network.RateLimited, 24 * time.Hour},
		{"nonsense", answer("POST", 429, "Retry-After", "soon"), network.RateLimited, 0},
		{"negative", answer("POST", 429, "Retry-After", "-5"), network.RateLimited, 0},
		{"not a number", answer("POST", 429, "Retry-After", "NaN"), network.RateLimited, 0},
		{"silent", answer("POST", 429), network.RateLimited, 0},
		{"limit told beside another error", answer("POST", 500, "RateLimit-Reset", "90"), network.Ambiguous, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := httpx.Classify(tc.resp, nil, true)
			switch {
			case tc.kind == "" && e == nil:
			case e == nil || e.Kind != tc.kind || e.RetryAfter != tc.after || e.Reason == "" || e.Message == "":
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestClassifyErrors(t *testing.T) {
	typed := &network.Error{Kind: network.Gone, Reason: "Gone", Message: "gone"}
	for _, tc := range []struct {
		name   string
		err    error
		began  bool
		kind   network.Kind
		reason string
	}{
		{"dns", &net.DNSError{Err: "no such host", Name: "x.example"}, false, network.NotSent, "NameNotResolved"},
		{"deadline before", context.DeadlineExceeded, false, network.NotSent, "Timeout"},
		{"deadline after", context.DeadlineExceeded, true, network.Ambiguous, "Timeout"},
		{"canceled", context.Canceled, true, network.Ambiguous, "Canceled"},
		{"cut", io.ErrUnexpectedEOF, true, network.Ambiguous, "ConnectionFailed"},
		{"cut before", io.EOF, false, network.NotSent, "ConnectionFailed"},
		{"typed", typed, true, network.Gone, "Gone"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := httpx.Classify(nil, &url.Error{Op: "Post", URL: "https://acme.example/?token=hush", Err: tc.err}, tc.began)
			if e.Kind != tc.kind || e.Reason != tc.reason || !errors.Is(e, tc.err) {
				t.Errorf("%+v", e)
			}
		})
	}
}
