package mastodontest

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"time"
)

// Fault is what goes wrong with a call. The zero value is nothing.
type Fault struct {
	Kind FaultKind
	// Wait is how long StoreLate and Slow take.
	Wait time.Duration
}

// FaultKind names it.
type FaultKind string

// Faults of servers.
const (
	// LoseAnswer stores, then closes the connection.
	LoseAnswer FaultKind = "LoseAnswer"
	// StoreLate closes the connection at once and stores after Wait.
	StoreLate FaultKind = "StoreLate"
	// ErrorBefore answers 500 and stores nothing, ErrorAfter stores and answers 500.
	ErrorBefore FaultKind = "ErrorBefore"
	ErrorAfter  FaultKind = "ErrorAfter"
	// Refuse answers 429 with a reset a second away and stores nothing.
	Refuse FaultKind = "Refuse"
	// Cut stores, and ends its answer in the middle.
	Cut FaultKind = "Cut"
	// Slow takes Wait before and after storing.
	Slow FaultKind = "Slow"
)

// strike carries a call out, with what goes wrong.
func (c *call) strike(f Fault, carryOut func(*call)) {
	// aside carries it out and keeps the answer.
	aside := func() *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		other := *c
		other.w = rec
		carryOut(&other)
		return rec
	}
	switch f.Kind {
	case LoseAnswer:
		aside()
		c.drop(nil)
	case StoreLate:
		c.s.late.Go(func() {
			<-time.After(f.Wait) // the client is gone: nothing ends this early
			aside()
		})
		c.drop(nil)
	case ErrorBefore:
		c.json(http.StatusInternalServerError, map[string]string{"error": "Internal server error"})
	case ErrorAfter:
		aside()
		c.json(http.StatusInternalServerError, map[string]string{"error": "Internal server error"})
	case Refuse:
		c.w.Header().Set("X-RateLimit-Remaining", "0")
		c.w.Header().Set("X-RateLimit-Reset", c.s.Clock().Add(time.Second).UTC().Format("2006-01-02T15:04:05.000000Z"))
		c.no(http.StatusTooManyRequests, "Too many requests")
	case Cut:
		body := aside().Body.Bytes()
		head := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
		c.drop(append(head, body[:len(body)/2]...))
	case Slow:
		<-time.After(f.Wait)
		rec := aside()
		<-time.After(f.Wait)
		for k, v := range rec.Header() {
			c.w.Header()[k] = v
		}
		c.w.WriteHeader(rec.Code)
		_, _ = c.w.Write(rec.Body.Bytes())
	default:
		carryOut(c)
	}
}

// drop writes the bytes and closes the connection.
func (c *call) drop(last []byte) {
	conn, _, err := c.w.(http.Hijacker).Hijack() //nolint:forcetypeassert // servers of net/http can
	if err != nil {
		panic(errors.Join(errors.New("the connection cannot be dropped"), err))
	}
	_, _ = conn.Write(bytes.Clone(last))
	_ = conn.Close()
}
