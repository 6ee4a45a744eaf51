// Package faults lets the fake servers of tests go wrong in the ways that servers do: answers are lost, things are stored when
// nobody waits any more, errors come before and after storing. It must not know any network.
package faults

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// Fault is what goes wrong with a call. The zero value is nothing.
type Fault struct {
	Kind Kind
	// Wait is how long StoreLate and Slow take.
	Wait time.Duration
}

// Kind names a fault.
type Kind string

// Faults of servers.
const (
	// LoseAnswer stores, then closes the connection.
	LoseAnswer Kind = "LoseAnswer"
	// StoreLate closes the connection at once and stores after Wait.
	StoreLate Kind = "StoreLate"
	// ErrorBefore answers 500 and stores nothing, ErrorAfter stores and answers 500.
	ErrorBefore Kind = "ErrorBefore"
	ErrorAfter  Kind = "ErrorAfter"
	// Refuse answers 429 and stores nothing.
	Refuse Kind = "Refuse"
	// Cut stores, and ends its answer in the middle.
	Cut Kind = "Cut"
	// Slow takes Wait before and after storing.
	Slow Kind = "Slow"
)

// Striker carries calls out with what goes wrong. The zero value is ready, and safe for concurrent use.
type Striker struct {
	// Refused sets the headers of a 429; nil: Retry-After says a second. Set before the first call.
	Refused func(http.Header)

	late sync.WaitGroup
}

// Wait until all is stored that is stored late.
func (s *Striker) Wait() { s.late.Wait() }

// Strike answers a call: carryOut stores and answers as the server would, and may be called after Strike has returned. The
// request's body must have been read.
func (s *Striker) Strike(w http.ResponseWriter, f Fault, carryOut func(http.ResponseWriter)) {
	// aside carries it out and keeps the answer.
	aside := func() *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		carryOut(rec)
		return rec
	}
	switch f.Kind {
	case LoseAnswer:
		aside()
		drop(w, nil)
	case StoreLate:
		s.late.Go(func() {
			<-time.After(f.Wait) // the client is gone: nothing ends this early
			aside()
		})
		drop(w, nil)
	case ErrorBefore:
		fail(w, http.StatusInternalServerError)
	case ErrorAfter:
		aside()
		fail(w, http.StatusInternalServerError)
	case Refuse:
		if s.Refused != nil {
			s.Refused(w.Header())
		} else {
			w.Header().Set("Retry-After", "1")
		}
		fail(w, http.StatusTooManyRequests)
	case Cut:
		body := aside().Body.Bytes()
		head := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
		drop(w, append(head, body[:len(body)/2]...))
	case Slow:
		<-time.After(f.Wait)
		rec := aside()
		<-time.After(f.Wait)
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	default:
		carryOut(w)
	}
}

// Serve answers a request by next, with what goes wrong. What is carried out after the client has gone does not see that.
func (s *Striker) Serve(w http.ResponseWriter, r *http.Request, f Fault, next http.HandlerFunc) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	r = r.WithContext(context.WithoutCancel(r.Context()))
	s.Strike(w, f, func(w http.ResponseWriter) {
		r.Body = io.NopCloser(bytes.NewReader(body))
		next(w, r)
	})
}

// fail answers as a server that broke, or has enough, does in any API.
func fail(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"error": "`+http.StatusText(status)+`"}`+"\n")
}

// drop writes the bytes and closes the connection.
func drop(w http.ResponseWriter, last []byte) {
	conn, _, err := w.(http.Hijacker).Hijack() //nolint:forcetypeassert // servers of net/http can
	if err != nil {
		panic(errors.Join(errors.New("the connection cannot be dropped"), err))
	}
	_, _ = conn.Write(last)
	_ = conn.Close()
}
