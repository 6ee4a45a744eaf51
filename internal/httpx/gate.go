package httpx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
)

// ErrRefused is wrapped by the error of a call whose WithFirstByte function refused: no byte of the request left.
var ErrRefused = errors.New("not sent")

var errSealed = errors.New("the call has ended")
var errSecondStart = errors.New("a request is not sent twice")

type firstByteKey struct{}
type trackKey struct{}

// firstByte runs its function once for all requests under a context.
type firstByte struct {
	once sync.Once
	f    func() error
	err  error
}

// run returns when the hook agreed or refused, or when ctx ends: then with its error, and whatever the hook says later
// lets nothing out.
func (h *firstByte) run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		h.once.Do(func() { h.err = h.f() })
		done <- h.err
	}()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// WithFirstByte has f called once, when the first byte of the first write under the context is about to leave: after
// DNS, connect and TLS. If f returns an error nothing is sent, and that error comes back wrapped beside ErrRefused
// (Classify: NotSent). If the call's context ends while f runs, nothing is sent either. Reads do not call it. Writes that publish nothing (signing in, refreshing a token, private uploads) go under
// Auxiliary(ctx).
func WithFirstByte(ctx context.Context, f func() error) context.Context {
	return context.WithValue(ctx, firstByteKey{}, &firstByte{f: f})
}

// Auxiliary is ctx for writes on the way to the publication: WithFirstByte and Track above it do not hold for them.
func Auxiliary(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, firstByteKey{}, (*firstByte)(nil))
	return context.WithValue(ctx, trackKey{}, (*atomic.Bool)(nil))
}

// Track starts the book-keeping for Began. Take a new one for every write.
func Track(ctx context.Context) context.Context {
	return context.WithValue(ctx, trackKey{}, new(atomic.Bool))
}

// Began is true if a byte of a write under the context, made by Track, may have left. It is true also for a context
// that Track did not make, as nothing is known then.
func Began(ctx context.Context) bool {
	t, _ := ctx.Value(trackKey{}).(*atomic.Bool)
	return t == nil || t.Load()
}

// departure is one write's way out. It lets one connection send, once the hook agreed, and none after the call ended.
type departure struct {
	ctx  context.Context
	hook *firstByte

	mu      sync.Mutex
	conn    *gatedConn // that was let through
	refused error
	sealed  bool
	writing bool
	wrote   bool
}

// pass is asked by a connection before each of its writes to the wire.
func (d *departure) pass(c *gatedConn) error {
	d.mu.Lock()
	through, refused := d.conn == c, d.refused
	d.mu.Unlock()
	if refused != nil {
		return refused
	}
	if !through && d.hook != nil {
		if err := d.hook.run(d.ctx); err != nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.refused = err
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !through && d.sealed:
		return errSealed
	case !through && d.wrote:
		return errSecondStart
	case !through && d.ctx.Err() != nil:
		return d.ctx.Err()
	}
	d.conn, d.writing = c, true
	return nil
}

func (d *departure) written(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writing = false
	d.wrote = d.wrote || n > 0
}

// seal ends the departure and tells whether a byte may have left.
func (d *departure) seal() (began bool, refused error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sealed = true
	return d.wrote || d.writing, d.refused
}

// gatedConn is a TCP connection of the write transport. Below TLS, so that what it counts is what left.
type gatedConn struct {
	net.Conn
	current atomic.Pointer[departure]
}

func (c *gatedConn) Write(p []byte) (int, error) {
	d := c.current.Load()
	if d == nil { // handshakes, before a request has the connection
		return c.Conn.Write(p)
	}
	if err := d.pass(c); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	d.written(n)
	return n, err
}

// gateOf finds the gatedConn below TLS, also below two of them (an https proxy).
func gateOf(c net.Conn) *gatedConn {
	for c != nil {
		if g, ok := c.(*gatedConn); ok {
			return g
		}
		wrapped, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		c = wrapped.NetConn()
	}
	return nil
}
