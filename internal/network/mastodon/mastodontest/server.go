// Package mastodontest is a Mastodon server in memory for tests. It keeps to the published API, its counting and its
// memory for idempotency keys, can be another software that speaks the same API, and can go wrong in the ways servers do.
// Its log is the judge of what was published. It must not know the adapter: what it reads of requests is its own reading.
package mastodontest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network/faults"
)

// Options of a server. The zero value is a Mastodon 4.5.2 of social.example.
type Options struct {
	// Domain of handles and addresses; empty: social.example.
	Domain string
	// Software as nodeinfo names it; empty: mastodon. Any other ignores idempotency keys.
	Software string
	// Version of the software; empty: 4.5.2.
	Version string
	// MaxCharacters of a status; 0: 500. ImageBytes of a picture; 0: 16 MiB.
	MaxCharacters int
	ImageBytes    int64
	// Rules of the server.
	Rules []string
	// DoubleWhileStoring is the hole of mastodon#37879: a repeat that comes while the first is still being stored is stored
	// as well.
	DoubleWhileStoring bool
	// Storing, if set, is called while a status is being stored: after its key was looked up, before it is remembered.
	Storing func()
	// ProcessMedia answers uploads with 202 and needs this many looks until they can be shown.
	ProcessMedia int
	// NoVersion2 leaves out /api/v2, NoNodeinfo, NoSource and NoTokenInfo the calls that older and other servers lack.
	NoVersion2, NoNodeinfo, NoSource, NoTokenInfo bool
	// RateLimit, when positive, is how many calls an account has in 5 minutes.
	RateLimit int
	// Clock of the server; nil: time.Now.
	Clock func() time.Time
	// Fault, if set, is asked what goes wrong with the n-th call (from 1) that publishes.
	Fault func(n int) faults.Fault
}

// Server is a running server. It is safe for concurrent use.
type Server struct {
	Options
	// URL it listens on, on loopback.
	URL string

	report func(string)
	mu     sync.Mutex
	people map[string]*Account // by username
	tokens map[string]*Account
	keys   map[string]*remembered
	serial int64
	calls  []string
	posted int
	strike faults.Striker
}

// keyMemory is how long a key is remembered.
const keyMemory = time.Hour

// remembered is a key that was seen.
type remembered struct {
	mu sync.Mutex // held while its status is stored
	id string
	at time.Time
}

// Account of a person or a brand.
type Account struct {
	server *Server
	// ID, Username, Token and Scopes of the account's one token.
	ID, Username, Token string
	Scopes              []string
	// AppName is the application that the token was made for.
	AppName string

	suspended bool
	profile   Profile
	statuses  []*Status // oldest first
	media     map[string]*upload
	log       []Event
	spent     int
	windowAt  time.Time
	community community
}

// Profile is what an account shows.
type Profile struct {
	DisplayName, Note string
	Bot               bool
	Fields            [][2]string
	Avatar            int // counts the pictures that were set
}

// Start starts a server that ends with the test. Requests with parameters that the API does not know fail the test.
func Start(t testing.TB, o Options) *Server {
	s := New(o)
	s.report = func(what string) { t.Errorf("the fake Mastodon was asked wrongly: %s", what) }
	server := httptest.NewServer(s)
	s.URL = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		s.strike.Wait()
	})
	return s
}

// New makes a server that is served by the caller.
func New(o Options) *Server {
	for _, d := range []struct {
		value    *string
		fallback string
	}{{&o.Domain, "social.example"}, {&o.Software, "mastodon"}, {&o.Version, "4.5.2"}} {
		if *d.value == "" {
			*d.value = d.fallback
		}
	}
	if o.MaxCharacters == 0 {
		o.MaxCharacters = 500
	}
	if o.ImageBytes == 0 {
		o.ImageBytes = 16 << 20
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	s := &Server{Options: o, report: func(string) {}, people: map[string]*Account{}, tokens: map[string]*Account{}, keys: map[string]*remembered{}}
	s.strike.Refused = func(h http.Header) {
		h.Set("X-RateLimit-Remaining", "0")
		h.Set("X-RateLimit-Reset", s.Clock().Add(time.Second).UTC().Format("2006-01-02T15:04:05.000000Z"))
	}
	return s
}

// AllScopes is what a token for everything has.
var AllScopes = []string{"read", "write", "push"}

// Wait until all is stored that a fault lets be stored late.
func (s *Server) Wait() { s.strike.Wait() }

// Account makes an account with a token for everything; the name is made up if it is empty.
func (s *Server) Account(username string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	if username == "" {
		username = fmt.Sprintf("acme%d", s.serial)
	}
	a := &Account{
		server: s, ID: s.id(), Username: username, Token: fmt.Sprintf("token-%s-%d-Zx81kQ", username, s.serial), Scopes: AllScopes,
		AppName: "Tribune", media: map[string]*upload{}, profile: Profile{DisplayName: "The " + username},
	}
	s.people[username], s.tokens[a.Token] = a, a
	return a
}

// id makes the next id; s.mu is held.
func (s *Server) id() string {
	s.serial++
	if s.honoursKeys() {
		return fmt.Sprint(113_000_000_000_000_000 + s.serial*65_536)
	}
	return fmt.Sprintf("01K%023d", s.serial) // as ULIDs sort
}

func (s *Server) honoursKeys() bool { return s.Software == "mastodon" || s.Software == "hometown" }

// Suspend makes the account unusable.
func (a *Account) Suspend() {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	a.suspended = true
}

// Revoke ends the account's token.
func (a *Account) Revoke() {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	delete(a.server.tokens, a.Token)
}

// Profile as it is now.
func (a *Account) Profile() Profile {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	p := a.profile
	p.Fields = slices.Clone(p.Fields)
	return p
}

// SetProfile changes it as a person would in the browser.
func (a *Account) SetProfile(p Profile) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	a.profile = p
}

// Calls lists what was called, as "METHOD /path", those that start with prefix.
func (s *Server) Calls(prefix string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, c := range s.calls {
		if strings.HasPrefix(c, prefix) {
			out = append(out, c)
		}
	}
	return out
}

// call is one request that is being answered.
type call struct {
	s    *Server
	w    http.ResponseWriter
	r    *http.Request
	body []byte
	// who has the token; nil: nobody.
	who *Account
}

func (c *call) json(status int, v any) {
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.w.WriteHeader(status)
	if err := json.NewEncoder(c.w).Encode(v); err != nil && c.r.Context().Err() == nil {
		c.s.report("an answer could not be written: " + err.Error())
	}
}

func (c *call) no(status int, message string) { c.json(status, map[string]string{"error": message}) }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c := &call{s: s, w: w, r: r, body: body}
	s.mu.Lock()
	s.calls = append(s.calls, r.Method+" "+r.URL.Path)
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		c.who = s.tokens[token]
		if c.who == nil {
			s.mu.Unlock()
			c.no(http.StatusUnauthorized, "The access token is invalid")
			return
		}
	}
	limited := c.who != nil && s.limited(w, c.who)
	s.mu.Unlock()
	if limited {
		c.no(http.StatusTooManyRequests, "Too many requests")
		return
	}
	for _, route := range routes {
		id, ok := route.match(s, r)
		if !ok {
			continue
		}
		if route.scope != "" && !c.may(route.scope) {
			return
		}
		route.handle(c, id)
		return
	}
	c.no(http.StatusNotFound, "Record not found")
}

// limited counts a call and says in its headers what is left; s.mu is held.
func (s *Server) limited(w http.ResponseWriter, who *Account) bool {
	limit := s.RateLimit
	if limit <= 0 {
		limit = 300
	}
	const window = 5 * time.Minute
	now := s.Clock()
	if now.Sub(who.windowAt) >= window {
		who.windowAt, who.spent = now.Truncate(window), 0
	}
	who.spent++
	h := w.Header()
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	h.Set("X-RateLimit-Limit", fmt.Sprint(limit))
	h.Set("X-RateLimit-Remaining", fmt.Sprint(max(0, limit-who.spent)))
	h.Set("X-RateLimit-Reset", who.windowAt.Add(window).UTC().Format("2006-01-02T15:04:05.000000Z"))
	return s.RateLimit > 0 && who.spent > limit
}

// may says no, and is false, unless the caller has the scope.
func (c *call) may(scope string) bool {
	if c.who == nil {
		c.no(http.StatusUnauthorized, "This method requires an authenticated user")
		return false
	}
	if !c.who.allowed(scope) {
		c.no(http.StatusForbidden, "This action is outside the authorized scopes")
		return false
	}
	if c.who.suspended {
		c.no(http.StatusForbidden, "Your login is currently disabled")
		return false
	}
	return true
}

func (a *Account) allowed(scope string) bool {
	above, _, _ := strings.Cut(scope, ":")
	return slices.Contains(a.Scopes, scope) || slices.Contains(a.Scopes, above)
}

// input reads the JSON of the request. What the API does not know is reported.
func (c *call) input(into any) bool {
	d := json.NewDecoder(strings.NewReader(string(c.body)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		c.s.report(fmt.Sprintf("%s %s: %v", c.r.Method, c.r.URL.Path, err))
		c.no(http.StatusBadRequest, "bad input")
		return false
	}
	return true
}
