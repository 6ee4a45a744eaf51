package conformance

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between adapter and server on 127.0.0.1. It reads a request whole, then forwards it, or does what was
// armed for it.
type proxy struct {
	server   *httptest.Server
	upstream string
	client   *http.Client

	mu    sync.Mutex
	match func(*http.Request) bool
	fault fault
	times int
	seen  []*http.Request
}

// fault is what happens to a request instead of being forwarded and answered.
type fault func(*exchange)

type connKey struct{}

func newProxy(t *testing.T, upstream string) *proxy {
	transport := &http.Transport{}
	p := &proxy{
		upstream: strings.TrimSuffix(upstream, "/"),
		client: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	p.server = httptest.NewUnstartedServer(p)
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, new(atomic.Int64))
	}
	p.server.Start()
	t.Cleanup(func() {
		p.server.CloseClientConnections()
		p.server.Close()
		transport.CloseIdleConnections()
	})
	return p
}

// URL of the proxy.
func (p *proxy) URL() string { return p.server.URL }

// close refuses connections from now on, and ends those that are open.
func (p *proxy) close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

// arm lets the fault happen to the next requests that match.
func (p *proxy) arm(match func(*http.Request) bool, times int, f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.match, p.fault, p.times = match, f, times
}

// requests counts what the adapter sent and match is true for; nil counts all.
func (p *proxy) requests(match func(*http.Request) bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, r := range p.seen {
		if match == nil || match(r) {
			n++
		}
	}
	return n
}

// ServeHTTP implements http.Handler.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{p: p, w: w, r: r}
	if n, ok := r.Context().Value(connKey{}).(*atomic.Int64); ok {
		x.reused = n.Add(1) > 1
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	x.body = body
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil } // for match
	p.mu.Lock()
	p.seen = append(p.seen, r)
	var f fault
	if p.times > 0 && p.match(r) {
		f = p.fault
		p.times--
	}
	p.mu.Unlock()
	if f == nil {
		f = func(x *exchange) { x.relay(x.forward()) }
	}
	f(x)
}

// exchange is one request and what becomes of it.
type exchange struct {
	p    *proxy
	w    http.ResponseWriter
	r    *http.Request
	body []byte
	// reused is true if the connection carried another request before.
	reused bool
}

// reply is the server's answer, read whole.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// forward gives the request to the server and waits for its answer, whether the client is still there or not.
func (x *exchange) forward() reply {
	req, err := http.NewRequestWithContext(context.WithoutCancel(x.r.Context()), x.r.Method, x.p.upstream+x.r.URL.RequestURI(), bytes.NewReader(x.body))
	if err != nil {
		return failed(err)
	}
	req.Header = x.r.Header.Clone()
	// So that the transport does not unpack: what the server says is passed on as it is.
	if req.Header.Get("Accept-Encoding") == "" {
		req.Header.Set("Accept-Encoding", "identity")
	}
	resp, err := x.p.client.Do(req)
	if err != nil {
		return failed(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return failed(err)
	}
	return reply{status: resp.StatusCode, header: resp.Header, body: body}
}

func failed(err error) reply {
	return reply{status: http.StatusBadGateway, body: []byte(err.Error())}
}

// relay gives the client the server's answer.
func (x *exchange) relay(a reply) {
	for k, v := range a.header {
		switch k {
		case "Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length":
		default:
			x.w.Header()[k] = v
		}
	}
	x.w.WriteHeader(a.status)
	_, _ = x.w.Write(a.body)
}

// answer gives the client an answer of the proxy's own.
func (x *exchange) answer(status int, contentType, body string) {
	x.w.Header().Set("Content-Type", contentType)
	x.w.WriteHeader(status)
	_, _ = io.WriteString(x.w, body)
}

// gone waits until the client gave up.
func (x *exchange) gone() { <-x.r.Context().Done() }

// drop closes the connection without an answer.
func (x *exchange) drop() {
	conn, _, err := x.w.(http.Hijacker).Hijack()
	if err != nil {
		panic(errors.Join(errors.New("the connection cannot be dropped"), err))
	}
	_ = conn.Close()
}

// cut sends the head and half of the answer, then closes the connection.
func (x *exchange) cut(a reply) {
	conn, buf, err := x.w.(http.Hijacker).Hijack()
	if err != nil {
		panic(errors.Join(errors.New("the connection cannot be cut"), err))
	}
	defer func() { _ = conn.Close() }()
	resp := http.Response{
		StatusCode: a.status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		ContentLength: int64(len(a.body)), Body: io.NopCloser(bytes.NewReader(a.body[:len(a.body)/2])),
	}
	_ = resp.Write(buf) // complains that the body is short, which it is
	_ = buf.Flush()
}

// huge answers with a JSON string that does not end.
func (x *exchange) huge() {
	x.w.Header().Set("Content-Type", "application/json")
	x.w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(x.w, `{"uri":"`)
	chunk := bytes.Repeat([]byte("a"), 1<<16)
	const enough = 256 << 20 // no client should read that much
	for sent := 0; sent < enough; sent += len(chunk) {
		if _, err := x.w.Write(chunk); err != nil {
			return
		}
	}
}
