// Package ghosttest is a Ghost site in memory for tests. It keeps to what a real one (5.130, by test/ghost) was seen to do in
// the part of the Admin API that the adapter uses, and writes down what became public, as a judge. It must not know the
// adapter.
package ghosttest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network/faults"
)

// Server is a site. It is an http.Handler.
type Server struct {
	// URL of the site.
	URL string
	// AdminKey opens the Admin API.
	AdminKey string
	// Now is the server's clock; nil is time.Now. BeforeWrite is called before each change is carried out, without a lock. Set
	// before the first request.
	Now         func() time.Time
	BeforeWrite func(*http.Request)
	// Fault, if set, is asked what goes wrong with the n-th call (from 1) that changes something. Set before the first request.
	Fault func(n int) faults.Fault

	strike faults.Striker
	mu     sync.Mutex
	// changes counts the calls that were to change something.
	changes  int
	last     int
	secret   []byte
	posts    []*Post
	tags     []Tag
	events   []Event
	requests []Request
}

// Request that changed, or was to change, articles.
type Request struct {
	// Schema that its body is held to, such as posts-add.
	Schema string
	Body   json.RawMessage
}

// Tag of an article.
type Tag struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// Post is an article, as the API gives it.
type Post struct {
	ID           string  `json:"id"`
	Status       string  `json:"status"`
	Title        string  `json:"title"`
	HTML         string  `json:"html"`
	URL          string  `json:"url"`
	FeatureImage *string `json:"feature_image"`
	FeatureAlt   *string `json:"feature_image_alt"`
	UpdatedAt    string  `json:"updated_at"`
	PublishedAt  *string `json:"published_at"`
	Tags         []Tag   `json:"tags"`
}

// Event is something that happened to what the public sees.
type Event struct {
	// Action is Created (made public), Updated while public, or Deleted (not public any more).
	Action string
	Post   Post
}

const keyID = "6489f2c18d2f3c0001a1b2c3"

// New makes an empty site; serve it, and set URL.
func New() *Server {
	secret := sha256.Sum256([]byte("a test's secret"))
	return &Server{secret: secret[:], AdminKey: keyID + ":" + hex.EncodeToString(secret[:])}
}

// Start serves an empty site on 127.0.0.1 until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	s := New()
	h := httptest.NewServer(s)
	t.Cleanup(func() { h.Close(); s.strike.Wait() })
	s.URL = h.URL
	return s
}

// Events so far, in order.
func (s *Server) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// Hidden is what is stored that the public does not see, by id.
func (s *Server) Hidden() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]string{}
	for _, p := range s.posts {
		if p.Status != "published" {
			out[p.ID] = p.Status + " " + p.Title
		}
	}
	return out
}

// Changes counts the calls that were to change something.
func (s *Server) Changes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changes
}

// Wait until all is stored that a fault lets be stored late.
func (s *Server) Wait() { s.strike.Wait() }

// Requests so far, in order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Public is what everybody can see.
func (s *Server) Public() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, p := range s.posts {
		if p.Status == "published" {
			fmt.Fprintln(&b, p.Title, p.HTML)
		}
	}
	return b.String()
}

func (s *Server) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// stamp is a time as Ghost stores it: in whole seconds.
func (s *Server) stamp() string {
	return s.now().UTC().Truncate(time.Second).Format("2006-01-02T15:04:05.000Z")
}

func (s *Server) next() string {
	s.last++
	return fmt.Sprintf("%024x", s.last)
}

func say(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // all answers are made of plain values
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func no(w http.ResponseWriter, status int, kind, code, message string) {
	e := map[string]any{"message": message, "context": nil, "type": kind, "code": nil}
	if code != "" {
		e["code"] = code
	}
	say(w, status, map[string]any{"errors": []any{e}})
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		s.serve(w, r)
		return
	}
	if s.BeforeWrite != nil {
		s.BeforeWrite(r)
	}
	s.mu.Lock()
	s.changes++
	n := s.changes
	s.mu.Unlock()
	var fault faults.Fault
	if s.Fault != nil {
		fault = s.Fault(n)
	}
	s.strike.Serve(w, r, fault, s.serve)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	route, ok := strings.CutPrefix(r.URL.Path, "/ghost/api/admin/")
	if !ok || !strings.HasSuffix(route, "/") {
		http.NotFound(w, r)
		return
	}
	if route == "site/" { // which everybody may read
		say(w, http.StatusOK, map[string]any{"site": map[string]any{"title": "Acme Rockets", "url": s.URL + "/", "version": "5.130"}})
		return
	}
	if code, message := s.authorize(r.Header.Get("Authorization")); code != "" {
		no(w, http.StatusUnauthorized, "UnauthorizedError", code, message)
		return
	}
	if r.Header.Get("Accept-Version") == "" {
		no(w, http.StatusBadRequest, "BadRequestError", "", "Accept-Version is missing")
		return
	}
	kind, id, _ := strings.Cut(strings.TrimSuffix(route, "/"), "/")
	switch kind {
	case "posts":
		s.articles(w, r, id)
	case "tags":
		s.listTags(w, r)
	case "images":
		s.upload(w, r)
	default:
		no(w, http.StatusNotFound, "NotFoundError", "", "Resource not found")
	}
}

// authorize checks a token as Ghost does.
func (s *Server) authorize(header string) (code, message string) {
	token, ok := strings.CutPrefix(header, "Ghost ")
	parts := strings.Split(token, ".")
	if !ok || len(parts) != 3 {
		return "INVALID_JWT", "Invalid token"
	}
	var head struct{ Alg, Kid string }
	var claims struct {
		Iat, Exp int64
		Aud      string
	}
	for i, into := range []any{&head, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(raw, into) != nil {
			return "INVALID_JWT", "Invalid token: jwt malformed"
		}
	}
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(parts[0] + "." + parts[1]))
	now := s.now().Unix()
	switch {
	case head.Kid != keyID:
		return "UNKNOWN_ADMIN_API_KEY", "Unknown Admin API Key"
	case head.Alg != "HS256" || base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) != parts[2]:
		return "INVALID_JWT", "Invalid token: invalid signature"
	case claims.Aud != "/admin/":
		return "INVALID_JWT", "Invalid token: jwt audience invalid"
	case claims.Exp <= now:
		return "INVALID_JWT", "Invalid token: jwt expired"
	case now-claims.Iat >= 300 || claims.Exp-claims.Iat > 300:
		return "INVALID_JWT", "Invalid token: maxAge exceeded"
	}
	return "", ""
}

// Token for the Admin API, as Ghost's documentation makes it.
func Token(adminKey string, now time.Time) string {
	id, secret, _ := strings.Cut(adminKey, ":")
	key, err := hex.DecodeString(secret)
	if err != nil {
		return ""
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT","kid":"`+id+`"}`)) + "." +
		encode(fmt.Appendf(nil, `{"iat":%d,"exp":%d,"aud":"/admin/"}`, now.Unix(), now.Unix()+60))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}
