package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network/conformance"
)

// receiver is what a team would write to take events: it verifies the signature by itself, checks the event, removes doubles
// by source and id, and remembers all that it took.
type receiver struct {
	*httptest.Server
	key []byte

	mu      sync.Mutex
	status  int // answered instead of taking anything; 0: none
	header  http.Header
	seen    map[string]bool
	events  []received
	entries []conformance.Entry
	asked   []*http.Request
	bodies  [][]byte
}

// received is an event as the specification says it looks.
type received struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            string          `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

func newReceiver(t *testing.T, key []byte) *receiver {
	r := &receiver{key: key, seen: map[string]bool{}, header: http.Header{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(func() { r.CloseClientConnections(); r.Close() })
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked, r.bodies = append(r.asked, req), append(r.bodies, body)
	for k, v := range r.header {
		w.Header()[k] = v
	}
	if r.status != 0 {
		w.WriteHeader(r.status)
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
	if id := e.Source + " " + e.ID; !r.seen[id] {
		r.seen[id] = true
		r.events = append(r.events, e)
		if e.Type == "dev.tribune.post.published" {
			r.entries = append(r.entries, entry(e))
		}
	}
	_, _ = io.WriteString(w, "thank you\n")
}

// verify follows the text of Standard Webhooks, not the library that signs.
func (r *receiver) verify(req *http.Request, body []byte) error {
	if r.key == nil {
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
	mac := hmac.New(sha256.New, r.key)
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
func parse(req *http.Request, body []byte) (received, error) {
	var e received
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

func entry(e received) conformance.Entry {
	var d struct {
		Text, Language, Marker string
		Link                   *compose.Link
		Thread                 *struct{ Root, Parent string }
		Media                  []struct {
			URL, AltText  string
			Width, Height int
		}
	}
	if err := json.Unmarshal(e.Data, &d); err != nil {
		panic(err)
	}
	out := conformance.Entry{Action: conformance.Created, ID: e.ID, Key: e.ID, Marker: d.Marker, Text: d.Text, Language: d.Language, Link: d.Link}
	if d.Thread != nil {
		out.Root, out.Parent = d.Thread.Root, d.Thread.Parent
	}
	for _, m := range d.Media {
		out.Media = append(out.Media, conformance.Media{AltText: m.AltText, Width: m.Width, Height: m.Height})
	}
	return out
}

// answer makes the receiver refuse everything with a status; 0 makes it take things again.
func (r *receiver) answer(status int, header http.Header) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.header = status, header
}

func (r *receiver) log() []conformance.Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]conformance.Entry(nil), r.entries...)
}

func (r *receiver) took() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.events...)
}

// last request and its body.
func (r *receiver) last(t *testing.T) (*http.Request, []byte) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.asked) == 0 {
		t.Fatal("nothing came")
	}
	return r.asked[len(r.asked)-1], r.bodies[len(r.bodies)-1]
}
