// Package webhooktest is a receiver of webhooks for tests, as a team would write it: it verifies the signature by itself, checks
// the event, and removes doubles by their id or, as some do, does not; or it takes cards. What it took is the judge. It must not
// know the adapter.
package webhooktest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network/faults"
)

// Receiver takes what is sent to any path. It is an http.Handler.
type Receiver struct {
	// URL it listens on.
	URL string
	// Key that events are signed with; nil: nothing is verified. KeepsDoubles: ids mean nothing to it. Cards: it takes cards, not
	// events. Set before the first request.
	Key                 []byte
	KeepsDoubles, Cards bool
	// Fault, if set, is asked what goes wrong with the n-th call (from 1). Set before the first request.
	Fault func(n int) faults.Fault

	server *httptest.Server
	strike faults.Striker
	mu     sync.Mutex
	status int // answered instead of taking anything; 0: none
	header http.Header
	seen   map[string]bool
	events []Event
	cards  []Card
	asked  []*http.Request
	bodies [][]byte
}

// Event as the specification says it looks.
type Event struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            string          `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

// Card that was taken, and where.
type Card struct {
	Path string
	Body []byte
}

// Start serves a receiver on 127.0.0.1 until the test ends.
func Start(t testing.TB, key []byte) *Receiver {
	t.Helper()
	r := &Receiver{Key: key, seen: map[string]bool{}, header: http.Header{}}
	r.server = httptest.NewServer(r)
	r.URL = r.server.URL
	t.Cleanup(r.Close)
	return r
}

// Close ends it: from now on nobody is there.
func (r *Receiver) Close() {
	r.server.CloseClientConnections()
	r.server.Close()
	r.Wait()
}

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	r.asked, r.bodies = append(r.asked, req), append(r.bodies, body)
	n := len(r.asked)
	r.mu.Unlock()
	var fault faults.Fault
	if r.Fault != nil {
		fault = r.Fault(n)
	}
	r.strike.Serve(w, req, fault, func(w http.ResponseWriter, req *http.Request) { r.take(w, req, body) })
}

func (r *Receiver) take(w http.ResponseWriter, req *http.Request, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, v := range r.header {
		w.Header()[k] = v
	}
	if r.status != 0 {
		w.WriteHeader(r.status)
		return
	}
	if r.Cards {
		r.cards = append(r.cards, Card{req.URL.Path, body})
		w.WriteHeader(http.StatusAccepted)
		return
	}
	if err := r.verify(req, body); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	e, err := parse(req, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if id := e.Source + " " + e.ID; !r.seen[id] || r.KeepsDoubles {
		r.seen[id] = true
		r.events = append(r.events, e)
	}
	_, _ = io.WriteString(w, "thank you\n")
}

// verify follows the text of Standard Webhooks, not the library that signs.
func (r *Receiver) verify(req *http.Request, body []byte) error {
	if r.Key == nil {
		return nil
	}
	id, stamp := req.Header.Get("Webhook-Id"), req.Header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" || strings.Contains(id, ".") {
		return fmt.Errorf("the headers say nothing: %q %q", id, stamp)
	}
	if age := time.Since(time.Unix(seconds, 0)).Abs(); age > 5*time.Minute {
		return fmt.Errorf("signed %s ago", age)
	}
	mac := hmac.New(sha256.New, r.Key)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for signature := range strings.FieldsSeq(req.Header.Get("Webhook-Signature")) {
		if hmac.Equal([]byte(signature), []byte(want)) {
			return nil
		}
	}
	return fmt.Errorf("no signature fits")
}

// parse demands what CloudEvents 1.0 demands of an event in structured mode.
func parse(req *http.Request, body []byte) (Event, error) {
	var e Event
	if ct := req.Header.Get("Content-Type"); !strings.HasPrefix(ct, "application/cloudevents+json") {
		return e, fmt.Errorf("Content-Type %q", ct)
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return e, err
	}
	if e.SpecVersion != "1.0" || e.ID == "" || e.Source == "" || e.Type == "" || e.DataContentType != "application/json" {
		return e, fmt.Errorf("a required attribute is missing in %+v", e)
	}
	if _, err := time.Parse(time.RFC3339Nano, e.Time); err != nil {
		return e, err
	}
	if e.ID != req.Header.Get("Webhook-Id") || e.ID != req.Header.Get("Idempotency-Key") {
		return e, fmt.Errorf("the ids in headers and event differ")
	}
	return e, nil
}

// Answer makes the receiver refuse everything with a status; 0 makes it take things again.
func (r *Receiver) Answer(status int, header http.Header) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.header = status, header
}

// Events that were taken, in order.
func (r *Receiver) Events() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Taken are the cards, in order.
func (r *Receiver) Taken() []Card {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.cards)
}

// Calls counts what came, whatever became of it.
func (r *Receiver) Calls() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.asked)
}

// Last request and its body; nil if none came.
func (r *Receiver) Last() (*http.Request, []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.asked) == 0 {
		return nil, nil
	}
	return r.asked[len(r.asked)-1], r.bodies[len(r.bodies)-1]
}

// Wait until all is taken that a fault lets be taken late.
func (r *Receiver) Wait() { r.strike.Wait() }
