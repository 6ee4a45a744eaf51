package httpx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

type transport struct {
	reads, writes *http.Transport
	userAgent     string
	max           int64
	destinations  Destinations
	metrics       *Metrics
}

func newTransport(o Options) *transport {
	dial := o.Destinations.dialer(o.ConnectTimeout)
	base := http.Transport{
		Proxy:                  o.Proxy,
		DialContext:            dial,
		TLSClientConfig:        o.TLS,
		TLSHandshakeTimeout:    o.TLSTimeout,
		ResponseHeaderTimeout:  o.HeaderTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    idlePerHost,
	}
	reads, writes := base.Clone(), base.Clone()
	reads.IdleConnTimeout = readIdleTimeout
	reads.ForceAttemptHTTP2 = true

	// HTTP/1.1 alone: one request at a time has the connection, and no frame of it leaves before its gate.
	writes.Protocols = new(http.Protocols)
	writes.Protocols.SetHTTP1(true)
	writes.IdleConnTimeout = writeIdleTimeout
	writes.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &gatedConn{Conn: conn}, nil
	}
	return &transport{
		reads:        reads,
		writes:       writes,
		userAgent:    "tribune/" + o.Version,
		max:          o.MaxResponseBytes,
		destinations: o.Destinations,
		metrics:      o.Metrics,
	}
}

// CloseIdleConnections is called by http.Client.CloseIdleConnections.
func (t *transport) CloseIdleConnections() {
	t.reads.CloseIdleConnections()
	t.writes.CloseIdleConnections()
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	req, err := t.prepare(req)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	var resp *http.Response
	if isWrite(req.Method) {
		resp, err = t.write(req)
	} else {
		resp, err = t.reads.RoundTrip(req)
	}
	t.metrics.observe(req, resp, time.Since(start))
	if err != nil {
		return nil, redactCause(err)
	}
	limit := t.max
	if n, ok := req.Context().Value(maxResponseKey{}).(int64); ok {
		limit = n
	}
	resp.Body = &cappedBody{ReadCloser: resp.Body, left: limit, max: limit, host: req.URL.Host}
	return resp, nil
}

// prepare clones the request, as a transport may not change it.
func (t *transport) prepare(req *http.Request) (*http.Request, error) {
	if err := t.checkLiteral(req); err != nil {
		closeBody(req)
		return nil, err
	}
	req = req.Clone(req.Context())
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", t.userAgent)
	}
	return req, nil
}

// checkLiteral refuses forbidden addresses in URLs early: behind a proxy no dial of ours would see them.
func (t *transport) checkLiteral(req *http.Request) error {
	addr, err := netip.ParseAddr(req.URL.Hostname())
	if err != nil {
		return nil //nolint:nilerr // a name: checked when it is dialled
	}
	here := hostPort(req.URL)
	if slices.ContainsFunc(t.destinations.AllowHosts, func(h string) bool { return strings.EqualFold(h, here) }) {
		return nil
	}
	return t.destinations.check(addr)
}

// write sends a write once.
func (t *transport) write(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	hook, _ := ctx.Value(firstByteKey{}).(*firstByte)
	d := &departure{ctx: ctx, hook: hook}

	// net/http repeats a request on another connection if it can get the body again, or if there is none and the
	// request says that it is idempotent. So it gets no way to rewind, and the headers that it looks for are spelled
	// in lower case, which servers read alike. The gate refuses a second start in any case.
	req.GetBody = nil
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if v, ok := req.Header[name]; ok {
			delete(req.Header, name)
			req.Header[lowerCase[name]] = v
		}
	}
	unknownConn := false
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			if g := gateOf(info.Conn); g != nil {
				g.current.Store(d)
				return
			}
			unknownConn = true
			_ = info.Conn.Close()
		},
	}))
	resp, err := t.writes.RoundTrip(req)
	began, refused := d.seal()
	if began || unknownConn {
		if tracked, _ := ctx.Value(trackKey{}).(*atomic.Bool); tracked != nil {
			tracked.Store(true)
		}
	}
	if err != nil && refused != nil && !began {
		return nil, refused
	}
	return resp, err
}

var lowerCase = map[string]string{"Idempotency-Key": "idempotency-key", "X-Idempotency-Key": "x-idempotency-key"}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

type maxResponseKey struct{}

// WithMaxResponse sets the cap on the answer's body for calls under the context, such as a download of media.
func WithMaxResponse(ctx context.Context, bytes int64) context.Context {
	return context.WithValue(ctx, maxResponseKey{}, bytes)
}

// ErrTooLarge is wrapped by the error of reading an answer that is larger than the cap.
var ErrTooLarge = errors.New("answer too large")

// cappedBody fails, instead of ending early, when an answer is larger than it may be.
type cappedBody struct {
	io.ReadCloser
	left, max int64
	host      string
}

func (b *cappedBody) Read(p []byte) (int, error) {
	// One byte more than may come tells a large answer from one that just fits.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n = int(b.left)
		err = fmt.Errorf("%w: %s sent more than %d bytes", ErrTooLarge, b.host, b.max)
	}
	b.left -= int64(n)
	return n, err
}
