package ghost_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	gh "github.com/tribune-dev/tribune/internal/network/ghost"
	"github.com/tribune-dev/tribune/internal/network/ghost/ghosttest"
	"github.com/tribune-dev/tribune/test/ghost"
)

func client(t *testing.T) *http.Client {
	t.Helper()
	c := httpx.New(httpx.Options{Version: "test", Destinations: httpx.Destinations{AllowPrivate: true}})
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func fakeSite(t *testing.T, s *ghosttest.Server) site {
	t.Helper()
	inner := client(t)
	return site{
		server: s.URL, key: s.AdminKey,
		events: func(*testing.T) []ghost.Event {
			var out []ghost.Event
			for _, e := range s.Events() {
				event := ghost.Event{Action: e.Action, ID: e.Post.ID, Title: e.Post.Title, HTML: e.Post.HTML}
				if e.Post.FeatureImage != nil {
					event.FeatureImage = *e.Post.FeatureImage
				}
				if e.Post.FeatureAlt != nil {
					event.FeatureAlt = *e.Post.FeatureAlt
				}
				for _, tag := range e.Post.Tags {
					if strings.HasPrefix(tag.Name, "#") {
						event.Internal = append(event.Internal, tag.Name)
					} else {
						event.Tags = append(event.Tags, tag.Name)
					}
				}
				out = append(out, event)
			}
			return out
		},
		public: func(*testing.T) string { return s.Public() },
		api: func(t *testing.T, method, route string, post map[string]any) article {
			t.Helper()
			// As the real server does with ?source=html.
			if card, ok := post["html"].(string); ok {
				card = strings.TrimSuffix(strings.TrimPrefix(card, "<!--kg-card-begin: html-->\n"), "\n<!--kg-card-end: html-->")
				raw, err := json.Marshal(map[string]any{"root": map[string]any{"children": []any{map[string]any{"type": "html", "html": card}}}})
				if err != nil {
					t.Fatal(err)
				}
				delete(post, "html")
				post["lexical"] = string(raw)
			}
			route, _, _ = strings.Cut(route, "?")
			body, err := json.Marshal(map[string]any{"posts": []any{post}})
			if err != nil {
				t.Fatal(err)
			}
			req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/ghost/api/admin"+route, bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Ghost "+ghosttest.Token(s.AdminKey, time.Now()))
			req.Header.Set("Accept-Version", "v5.0")
			resp, err := inner.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			var out struct{ Posts []article }
			if resp.StatusCode != http.StatusNoContent {
				if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || len(out.Posts) != 1 {
					t.Fatal(resp.Status, err)
				}
				return out.Posts[0]
			}
			return article{}
		},
	}
}

func TestConformanceFake(t *testing.T) {
	var mu sync.Mutex
	var servers []*ghosttest.Server
	run(t, gh.Rules, func(t *testing.T) site {
		s := ghosttest.Start(t)
		mu.Lock()
		defer mu.Unlock()
		servers = append(servers, s)
		return fakeSite(t, s)
	})
	t.Run("RequestsKeepToTheSchemas", func(t *testing.T) {
		var all []ghost.Request
		for _, s := range servers {
			for _, r := range s.Requests() {
				all = append(all, ghost.Request{Schema: r.Schema, Body: r.Body})
			}
		}
		for _, wrong := range ghost.CheckRequests(t, all) {
			t.Error(wrong)
		}
		bad := []ghost.Request{{Schema: "posts-add", Body: json.RawMessage(`{"posts":[{"nonsense":true}]}`)}}
		if len(ghost.CheckRequests(t, bad)) != 1 {
			t.Error("the check lets everything through")
		}
		t.Logf("%d requests checked", len(all))
	})
}

func TestNew(t *testing.T) {
	const good = "6489f2c18d2f3c0001a1b2c3:00ff00ff"
	for _, tc := range []struct{ name, site, key, err string }{
		{"good", "https://blog.acme.example", good, ""},
		{"in the cluster", "http://ghost.blog.svc:2368", " " + good + "\n", ""},
		{"no site", "", good, "spec.ghost.site"},
		{"not encrypted", "http://blog.acme.example", good, "https://"},
		{"no key", "https://blog.acme.example", "", "adminAPIKey"},
		{"content key", "https://blog.acme.example", "da9e219740e2d50204890dbf14", "not the Content API key"},
		{"no hex", "https://blog.acme.example", "6489f2c18d2f3c0001a1b2c3:secret-not-hex", "adminAPIKey"},
		{"no secret", "https://blog.acme.example", "6489f2c18d2f3c0001a1b2c3:", "adminAPIKey"},
		{"odd id", "https://blog.acme.example", `"a:00ff`, "adminAPIKey"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			spec := &tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkGhost}
			if tc.site != "" {
				spec.Ghost = &tribunev1alpha1.GhostSpec{Site: tc.site}
			}
			_, err := gh.New(network.Config{Spec: spec, Credentials: map[string][]byte{"adminAPIKey": []byte(tc.key)}, HTTP: client(t)})
			if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
				t.Errorf("error %v, want %q", err, tc.err)
			}
			if err != nil && (strings.Contains(err.Error(), "not-hex") || strings.Contains(err.Error(), "da9e")) {
				t.Error("a secret is in the error")
			}
		})
	}
}

func wantKind(t *testing.T, err error, kind network.Kind, reason, words string) {
	t.Helper()
	var e *network.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Reason != reason || !strings.Contains(e.Error(), words) {
		t.Errorf("error %#v (%v), want %s %s with %q", err, err, kind, reason, words)
	}
}

func prepared(t *testing.T, address, key string) (*gh.Ghost, network.Publication) {
	t.Helper()
	n, ok := connect(t, address, client(t), key).(*gh.Ghost)
	if !ok {
		t.Fatal("not the adapter")
	}
	id := network.Identity{Namespace: "acme", Post: "launch", Edition: 1}
	p := network.Publication{Identity: id, Marker: id.Marker(), Text: "Rocket is out"}
	ref, err := n.Prepare(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	p.Prepared = &ref
	return n, p
}

// Somebody edits the draft between our look at it and our change.
func TestCollision(t *testing.T) {
	s := ghosttest.Start(t)
	start := time.Now()
	var mu sync.Mutex
	now := start
	s.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	n, p := prepared(t, s.URL, s.AdminKey)
	person, once := fakeSite(t, s), sync.Once{}
	meanwhile := func(change map[string]any) {
		once = sync.Once{}
		s.BeforeWrite = func(r *http.Request) {
			if r.Method != http.MethodPut {
				return
			}
			once.Do(func() {
				hook := s.BeforeWrite
				s.BeforeWrite = nil
				there := person.api(t, http.MethodGet, "/posts/"+p.Prepared.ID+"/", nil)
				change["updated_at"] = there.UpdatedAt
				mu.Lock()
				now = now.Add(2 * time.Second)
				mu.Unlock()
				person.api(t, http.MethodPut, "/posts/"+p.Prepared.ID+"/", change)
				s.BeforeWrite = hook
			})
		}
	}
	meanwhile(map[string]any{"title": "Edited by a person"})
	_, err := n.Publish(t.Context(), p)
	wantKind(t, err, network.NotSent, "UpdateCollision", "same moment")
	if got := s.Public(); got != "" {
		t.Errorf("public: %s", got)
	}
	// Another process makes it public first.
	meanwhile(map[string]any{"status": "published"})
	r, err := n.Publish(t.Context(), p)
	if err != nil || !r.Existing {
		t.Errorf("%+v, %v; want the existing one", r, err)
	}
	if made := s.Events(); len(made) != 1 {
		t.Errorf("events %+v, want one", made)
	}
}

// A process that was frozen makes a discarded draft not public any more.
func TestDiscardedWhileFrozen(t *testing.T) {
	s := ghosttest.Start(t)
	now := time.Now()
	s.Now = func() time.Time { now = now.Add(2 * time.Second); return now }
	n, p := prepared(t, s.URL, s.AdminKey)
	discarded := false
	s.BeforeWrite = func(r *http.Request) {
		if r.Method != http.MethodPut || discarded {
			return
		}
		discarded = true // it has read the draft, and is about to make it public
		if err := n.Discard(t.Context(), *p.Prepared); err != nil {
			t.Error(err)
		}
	}
	_, err := n.Publish(t.Context(), p)
	if err == nil {
		t.Error("a discarded draft was made public")
	}
	if made := s.Events(); len(made) != 0 {
		t.Errorf("events %+v, want none", made)
	}
}

func TestTitles(t *testing.T) {
	s := ghosttest.Start(t)
	n, p := prepared(t, s.URL, s.AdminKey)
	p.Title = strings.Repeat("語", 256)
	_, err := n.Prepare(t.Context(), p)
	wantKind(t, err, network.Refused, "TitleTooLong", "255")
	p.Title, p.Text = "", ""
	if _, err := n.Prepare(t.Context(), p); err != nil {
		t.Error(err)
	}
	p.Media = []network.Attachment{{Bytes: []byte("x"), AltText: strings.Repeat("a", 192), ContentType: "image/png"}}
	_, err = n.Prepare(t.Context(), p)
	wantKind(t, err, network.Refused, "AltTextTooLong", "191")
	p.Media = []network.Attachment{{AltText: "a"}}
	_, err = n.Prepare(t.Context(), p)
	wantKind(t, err, network.Refused, "MediaMissing", "no bytes")
	p.Media = []network.Attachment{{Bytes: []byte("no picture"), ContentType: "image/png"}}
	_, err = n.Prepare(t.Context(), p)
	wantKind(t, err, network.Refused, "MediaRefused", "did not take a picture")
}

// What Ghost says, and what is made of it.
func TestErrors(t *testing.T) {
	says := func(kind, code string) string {
		return `{"errors":[{"message":"Because.","context":"And so.","type":"` + kind + `","code":"` + code + `"}]}`
	}
	for _, tc := range []struct {
		name   string
		status int
		body   string
		kind   network.Kind
		reason string
		words  string
	}{
		{"unknown key", 401, says("UnauthorizedError", "UNKNOWN_ADMIN_API_KEY"), network.Unauthorized, "UnknownAdminApiKey", "custom integration"},
		{"expired", 401, says("UnauthorizedError", "INVALID_JWT"), network.Unauthorized, "InvalidJwt", "clocks"},
		{"bare 401", 401, "who are you", network.Unauthorized, "Unauthorized", "Admin API key"},
		{"no right", 403, says("NoPermissionError", ""), network.Unauthorized, "NoPermissionError", "custom integration"},
		{"firewall", 403, "<html>Forbidden</html>", network.Ambiguous, "AnswerNotUnderstood", "stand before it"},
		{"invalid", 422, says("ValidationError", ""), network.Refused, "ValidationError", "Because: And so."},
		{"odd type", 422, says("odd type!", ""), network.Refused, "Refused", "odd type!"},
		{"deleted", 404, says("NotFoundError", ""), network.Gone, "Gone", "not there any more"},
		{"collision", 409, says("UpdateCollisionError", "UPDATE_COLLISION"), network.NotSent, "UpdateCollision", "same moment"},
		{"too large", 413, "<html></html>", network.Refused, "TooLarge", "larger"},
		{"old release", 406, says("RequestNotAcceptableError", ""), network.Refused, "RequestNotAcceptableError", "update Ghost"},
		{"maintenance", 503, says("MaintenanceError", ""), network.Ambiguous, "ServerError", "503"},
		{"broken", 500, says("InternalServerError", ""), network.Ambiguous, "ServerError", "500"},
		{"slow down", 429, says("TooManyRequestsError", ""), network.RateLimited, "RateLimited", "slow down"},
		{"teapot", 418, "<html></html>", network.Ambiguous, "AnswerNotUnderstood", "418"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := ghosttest.Start(t)
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPut {
					w.WriteHeader(tc.status)
					_, _ = io.WriteString(w, tc.body)
					return
				}
				s.ServeHTTP(w, r)
			}))
			t.Cleanup(front.Close)
			n, p := prepared(t, front.URL, s.AdminKey)
			_, err := n.Publish(t.Context(), p)
			wantKind(t, err, tc.kind, tc.reason, tc.words)
		})
	}
}

// A token is made for each request: clocks that are a little apart do no harm, and ones that are far apart are named.
func TestClocks(t *testing.T) {
	for _, tc := range []struct {
		ahead time.Duration
		ok    bool
	}{{0, true}, {-30 * time.Second, true}, {2 * time.Minute, true}, {10 * time.Minute, false}} {
		s := ghosttest.Start(t)
		s.Now = func() time.Time { return time.Now().Add(tc.ahead) }
		_, err := connect(t, s.URL, client(t), s.AdminKey).SignIn(t.Context())
		if tc.ok != (err == nil) {
			t.Errorf("server %s ahead: %v", tc.ahead, err)
		}
		if !tc.ok {
			wantKind(t, err, network.Unauthorized, "InvalidJwt", "clocks")
		}
	}
}
