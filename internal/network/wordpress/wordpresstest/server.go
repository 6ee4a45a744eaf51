// Package wordpresstest is a WordPress site in memory for tests. It keeps to what a real one (6.1, by test/wordpress) was seen
// to do in the part of the REST API that the adapter uses, and writes down what became public, as a judge. It must not know
// the adapter.
package wordpresstest

import (
	"encoding/json"
	"fmt"
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

// Server is a site. It is an http.Handler.
type Server struct {
	// URL of the site.
	URL string
	// PlainPermalinks: there is no /wp-json/, only ?rest_route=. NoLink: no header says where the API is. NoTrash: the site deletes
	// at once. HoldsBack: a plugin makes "pending" of what is to be published. Set before the first request.
	PlainPermalinks, NoLink, NoTrash, HoldsBack bool
	// Fault, if set, is asked what goes wrong with the n-th call (from 1) that changes something. Set before the first request.
	Fault func(n int) faults.Fault

	strike faults.Striker
	mu     sync.Mutex
	// changes counts the calls that were to change something.
	changes  int
	last     int64
	users    []*User
	posts    map[int64]*post
	tags     map[int64]string
	media    map[int64]*media
	events   []Event
	comments map[int64]*Comment
}

// User may sign in.
type User struct {
	ID                   int64
	Name, Password, Role string
}

// Event is something that happened to what the public sees.
type Event struct {
	// Action is Created (made public), Updated while public, or Deleted (not public any more).
	Action         string
	ID, Author     int64
	Title, Content string
	Tags           []string
	Featured       int64
	Pictures       []Picture
}

// Picture belongs to an article.
type Picture struct {
	ID            int64
	Alt           string
	Width, Height int
}

type post struct {
	id, author, featured             int64
	status, title, content, modified string
	comments                         string // open, closed; empty: open
	date                             time.Time
	tags                             []int64
}

// New makes an empty site; serve it, and set URL.
func New() *Server {
	return &Server{posts: map[int64]*post{}, tags: map[int64]string{}, media: map[int64]*media{}}
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

// User makes one with a role such as author.
func (s *Server) User(role string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.next()
	u := &User{ID: id, Name: fmt.Sprintf("%s-%d", role, id), Password: fmt.Sprintf("abcd efgh %08d ijkl", id), Role: role}
	s.users = append(s.users, u)
	return u
}

func (s *Server) next() int64 {
	s.last++
	return s.last
}

// Events of a user's articles, in order.
func (s *Server) Events(author int64) []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Event
	for _, e := range s.events {
		if e.Author == author {
			out = append(out, e)
		}
	}
	return out
}

// Hidden is what a user has stored that the public does not see, drafts and what lies in the trash, by number.
func (s *Server) Hidden(author int64) map[int64]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[int64]string{}
	for id, p := range s.posts {
		if p.author == author && p.status != "publish" {
			out[id] = p.status + " " + p.title
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

// capabilities by role, as WordPress has them; roles above have those below.
var capabilities = []struct {
	role string
	has  []string
}{
	{"subscriber", []string{"read"}},
	{"contributor", []string{"edit_posts", "delete_posts"}},
	{"author", []string{"publish_posts", "upload_files", "edit_published_posts", "delete_published_posts"}},
	{"editor", []string{"edit_others_posts", "moderate_comments", "unfiltered_html"}},
	{"administrator", []string{"manage_options"}},
}

func (u *User) can(capability string) bool {
	if u == nil {
		return false
	}
	for _, level := range capabilities {
		if slices.Contains(level.has, capability) {
			return true
		}
		if level.role == u.Role {
			return false
		}
	}
	return false
}

// call is one request to the API.
type call struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	user  *User
	route string
}

func (c *call) json(status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // all answers are made of plain values
	}
	c.w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body)
}

func (c *call) no(status int, code, message string) {
	c.json(status, map[string]any{"code": code, "message": message, "data": map[string]any{"status": status}})
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		s.serve(w, r)
		return
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
	c := &call{s: s, w: w, r: r, route: r.URL.Query().Get("rest_route")}
	if api, ok := strings.CutPrefix(r.URL.Path, "/wp-json"); ok && !s.PlainPermalinks {
		c.route = api
	}
	if name, password, ok := r.BasicAuth(); ok {
		at := slices.IndexFunc(s.users, func(u *User) bool { return u.Name == name && u.Password == password })
		if at >= 0 {
			c.user = s.users[at]
		}
	}
	if c.route == "" {
		c.page()
		return
	}
	if c.user == nil && r.Header.Get("Authorization") != "" && r.Method != http.MethodGet {
		c.no(http.StatusUnauthorized, "incorrect_password", "The provided password is an invalid application password.")
		return
	}
	if c.user == nil && r.URL.Query().Get("context") == "edit" {
		c.no(http.StatusUnauthorized, "rest_forbidden_context", "Sorry, you are not allowed to edit posts in this post type.")
		return
	}
	c.dispatch()
}

func (c *call) dispatch() {
	parts := strings.Split(strings.Trim(c.route, "/"), "/")
	id := int64(0)
	if len(parts) == 4 {
		id, _ = strconv.ParseInt(parts[3], 10, 64)
		parts = parts[:3]
	}
	switch route := strings.Join(parts, "/"); {
	case route == "":
		c.json(http.StatusOK, map[string]any{"name": "Acme Rockets", "namespaces": []string{"oembed/1.0", "wp/v2"}})
	case c.route == "/wp/v2/users/me":
		c.me()
	case route == "wp/v2/posts":
		c.articles(id)
	case route == "wp/v2/tags":
		c.terms()
	case route == "wp/v2/media":
		c.library(id)
	case route == "wp/v2/comments":
		c.comments(id)
	default:
		c.no(http.StatusNotFound, "rest_no_route", "No route was found matching the URL and request method.")
	}
}

func (c *call) me() {
	if c.user == nil {
		c.no(http.StatusUnauthorized, "rest_not_logged_in", "You are not currently logged in.")
		return
	}
	caps := map[string]bool{c.user.Role: true}
	for _, level := range capabilities {
		for _, capability := range level.has {
			if c.user.can(capability) {
				caps[capability] = true
			}
		}
	}
	c.json(http.StatusOK, map[string]any{
		"id": c.user.ID, "name": c.user.Name, "slug": c.user.Name, "link": c.s.URL + "/author/" + c.user.Name + "/", "capabilities": caps,
	})
}

// page is what stands outside the API: all that is public, and where the API is.
func (c *call) page() {
	if !c.s.NoLink {
		root := c.s.URL + "/wp-json/"
		if c.s.PlainPermalinks {
			root = c.s.URL + "/index.php?rest_route=/"
		}
		c.w.Header().Add("Link", fmt.Sprintf(`<%s>; rel="https://api.w.org/"`, root))
	}
	c.w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	if id, err := strconv.ParseInt(c.r.URL.Query().Get("p"), 10, 64); err == nil {
		if p := c.s.posts[id]; p != nil && p.status == "publish" {
			_, _ = fmt.Fprint(c.w, p.title, p.content, c.s.tagLinks(p))
			return
		}
		c.w.WriteHeader(http.StatusNotFound)
		return
	}
	for _, p := range c.s.posts {
		if p.status == "publish" {
			_, _ = fmt.Fprintln(c.w, p.title, p.content)
		}
	}
	for _, m := range c.s.media {
		if c.s.listed(m) {
			_, _ = fmt.Fprintln(c.w, m.name, m.alt)
		}
	}
}

func (s *Server) tagLinks(p *post) string {
	var b strings.Builder
	for _, name := range s.names(p) {
		b.WriteString("<a>" + name + "</a>")
	}
	return b.String()
}
