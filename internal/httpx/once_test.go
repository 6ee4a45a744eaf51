package httpx_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

var local = httpx.Destinations{AllowPrivate: true}

// dyingServer answers the first request of each connection and keeps the connection; the second request it reads to its
// end, counts it, and closes without an answer, as a server does that dies or is restarted after it did the work.
type dyingServer struct {
	listener net.Listener
	url      string
	answered atomic.Int64
	swallows atomic.Int64
	conns    atomic.Int64
}

func newDyingServer(t *testing.T) *dyingServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dyingServer{listener: l, url: "http://" + l.Addr().String()}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			go s.serve(conn)
		}
	}()
	return s
}

func (s *dyingServer) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for i := 0; ; i++ {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		if req.URL.Path == "/swallow" {
			s.swallows.Add(1)
			return
		}
		s.answered.Add(1)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	}
}

func do(ctx context.Context, t *testing.T, c *http.Client, method, url, body string, headers ...string) (*http.Response, error) {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body) // http.NewRequest gives it GetBody
	}
	req, err := http.NewRequestWithContext(ctx, method, url, r)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := httpx.Do(c, req)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	return resp, err
}

func TestWritesAreNeverRepeated(t *testing.T) {
	for _, tc := range []struct{ name, method, body, header string }{
		{"post with key", "POST", "text", "Idempotency-Key"},
		{"post without body with key", "POST", "", "Idempotency-Key"},
		{"post without body with x key", "POST", "", "X-Idempotency-Key"},
		{"put", "PUT", "text", "Idempotency-Key"},
		{"delete", "DELETE", "", ""},
		{"delete with key", "DELETE", "", "Idempotency-Key"},
		{"large post", "POST", strings.Repeat("long ", 100_000), "Idempotency-Key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newDyingServer(t)
			c := httpx.New(httpx.Options{Destinations: local})
			defer c.CloseIdleConnections()
			var headers []string
			if tc.header != "" {
				headers = []string{tc.header, "k-1"}
			}
			if _, err := do(t.Context(), t, c, "POST", s.url+"/", "warm"); err != nil {
				t.Fatal(err)
			}
			ctx := httpx.Track(t.Context())
			_, err := do(ctx, t, c, tc.method, s.url+"/swallow", tc.body, headers...)
			if err == nil {
				t.Fatal("want an error")
			}
			if got := s.conns.Load(); got != 1 {
				t.Errorf("%d connections: the connection was not reused, or the request was repeated", got)
			}
			if got := s.swallows.Load(); got != 1 {
				t.Errorf("the server saw %d requests, want 1", got)
			}
			if !httpx.Began(ctx) {
				t.Error("Began = false, want true")
			}
			if e := httpx.Classify(nil, err, httpx.Began(ctx)); e.Kind != network.Ambiguous {
				t.Errorf("kind %s, want Ambiguous", e.Kind)
			}
		})
	}
}

// The counterpart: net/http itself does repeat, so the test above can fail.
func TestNetHTTPRepeatsByItself(t *testing.T) {
	s := newDyingServer(t)
	c := &http.Client{Transport: &http.Transport{}}
	defer c.CloseIdleConnections()
	if _, err := do(t.Context(), t, c, "POST", s.url+"/", "warm"); err != nil {
		t.Fatal(err)
	}
	_, _ = do(t.Context(), t, c, "POST", s.url+"/swallow", "text", "Idempotency-Key", "k-1")
	if got := s.swallows.Load(); got != 2 {
		t.Skipf("net/http sent %d requests: it no longer repeats", got)
	}
}

func TestIdempotencyKeyArrives(t *testing.T) {
	var got atomic.Value
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got.Store(r.Header.Get("Idempotency-Key") + "|" + r.Header.Get("User-Agent") + "|" + r.Header.Get("Content-Length"))
	}))
	defer s.Close()
	c := httpx.New(httpx.Options{Destinations: local, Version: "1.2.3"})
	if _, err := do(t.Context(), t, c, "POST", s.URL, "x", "Idempotency-Key", "k-1"); err != nil {
		t.Fatal(err)
	}
	if want := "k-1|tribune/1.2.3|1"; got.Load() != want {
		t.Errorf("got %q, want %q", got.Load(), want)
	}
}

func TestGate(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for _, method := range []string{"POST", "DELETE"} {
			name := method
			if secure {
				name += " over TLS"
			}
			t.Run(name, func(t *testing.T) { testGate(t, secure, method) })
		}
	}
}

func testGate(t *testing.T, secure bool, method string) {
	var seen atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1) }))
	options := httpx.Options{Destinations: local}
	if secure {
		s.EnableHTTP2 = true
		s.StartTLS()
		roots := x509.NewCertPool()
		roots.AddCert(s.Certificate())
		options.TLS = &tls.Config{RootCAs: roots}
	} else {
		s.Start()
	}
	defer s.Close()
	c := httpx.New(options)
	body := ""
	if method == "POST" {
		body = strings.Repeat("text", 10_000)
	}

	calls := 0
	ctx := httpx.Track(httpx.WithFirstByte(t.Context(), func() error {
		calls++
		if seen.Load() != 0 {
			t.Error("the server saw the request before the hook ran")
		}
		return nil
	}))
	if _, err := do(ctx, t, c, method, s.URL, body); err != nil {
		t.Fatal(err)
	}
	if calls != 1 || seen.Load() != 1 || !httpx.Began(ctx) {
		t.Errorf("calls %d, seen %d, began %v", calls, seen.Load(), httpx.Began(ctx))
	}

	// The second time on a reused connection: refused, and nothing arrives.
	closed := errors.New("a crisis is open")
	refusals := 0
	ctx = httpx.Track(httpx.WithFirstByte(t.Context(), func() error { refusals++; return closed }))
	_, err := do(ctx, t, c, method, s.URL, body)
	if !errors.Is(err, httpx.ErrRefused) || !errors.Is(err, closed) {
		t.Errorf("err = %v", err)
	}
	if refusals != 1 || seen.Load() != 1 || httpx.Began(ctx) {
		t.Errorf("refusals %d, seen %d, began %v", refusals, seen.Load(), httpx.Began(ctx))
	}
	if e := httpx.Classify(nil, err, httpx.Began(ctx)); e.Kind != network.NotSent || e.Reason != "HeldAtTheGate" {
		t.Errorf("%+v", e)
	}

	// Auxiliary writes do not ask.
	if _, err := do(httpx.Auxiliary(ctx), t, c, method, s.URL, body); err != nil || seen.Load() != 2 {
		t.Errorf("auxiliary: %v, seen %d", err, seen.Load())
	}
	// Reads do not ask.
	if _, err := do(ctx, t, c, "GET", s.URL, ""); err != nil || seen.Load() != 3 {
		t.Errorf("read: %v, seen %d", err, seen.Load())
	}
}

// A call that ended while its hook was running must not send afterwards.
func TestNothingLeavesAfterTheCallEnded(t *testing.T) {
	var seen atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1) }))
	c := httpx.New(httpx.Options{Destinations: local})
	ctx, cancel := context.WithCancel(t.Context())
	release, finished := make(chan struct{}), make(chan struct{})
	ctx = httpx.Track(httpx.WithFirstByte(ctx, func() error {
		defer close(finished)
		cancel()
		<-release
		return nil
	}))
	_, err := do(ctx, t, c, "POST", s.URL, "text")
	if !errors.Is(err, context.Canceled) || httpx.Began(ctx) {
		t.Errorf("err %v, began %v", err, httpx.Began(ctx))
	}
	if e := httpx.Classify(nil, err, httpx.Began(ctx)); e.Kind != network.NotSent {
		t.Errorf("%+v", e)
	}
	close(release)
	<-finished
	s.Close() // waits for requests that arrived
	if seen.Load() != 0 {
		t.Errorf("the server saw %d requests", seen.Load())
	}
}

func TestNotBegunWhenNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	_ = l.Close()
	c := httpx.New(httpx.Options{Destinations: local})
	ctx := httpx.Track(httpx.WithFirstByte(t.Context(), func() error { t.Error("hook ran"); return nil }))
	_, err = do(ctx, t, c, "POST", url, "text")
	if e := httpx.Classify(nil, err, httpx.Began(ctx)); e.Kind != network.NotSent || e.Reason != "ConnectionRefused" {
		t.Errorf("%+v", e)
	}
}

func TestTLSFailureIsNotSent(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	s.Config.ErrorLog = nil
	defer s.Close()
	c := httpx.New(httpx.Options{Destinations: local})
	ctx := httpx.Track(t.Context())
	_, err := do(ctx, t, c, "POST", s.URL, "text")
	if e := httpx.Classify(nil, err, httpx.Began(ctx)); e.Kind != network.NotSent || e.Reason != "TLSFailed" {
		t.Errorf("%+v", e)
	}
}

// The gate holds also below TLS through a CONNECT proxy.
func TestGateBehindProxy(t *testing.T) {
	var seen atomic.Int64
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1) }))
	defer s.Close()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		up, err := net.Dial("tcp", r.Host)
		if err != nil {
			t.Error(err)
			return
		}
		defer up.Close()
		down, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer down.Close()
		_, _ = io.WriteString(down, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(up, down) }()
		_, _ = io.Copy(down, up)
	}))
	defer proxy.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	proxyURL, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := httpx.New(httpx.Options{Destinations: local, TLS: &tls.Config{RootCAs: roots}, Proxy: http.ProxyURL(proxyURL)})
	defer c.CloseIdleConnections()
	if _, err := do(t.Context(), t, c, "POST", s.URL, "text"); err != nil || seen.Load() != 1 {
		t.Fatalf("%v, seen %d", err, seen.Load())
	}
	ctx := httpx.Track(httpx.WithFirstByte(t.Context(), func() error { return errors.New("held") }))
	if _, err := do(ctx, t, c, "POST", s.URL, "text"); !errors.Is(err, httpx.ErrRefused) || seen.Load() != 1 || httpx.Began(ctx) {
		t.Fatalf("%v, seen %d", err, seen.Load())
	}
}
