package wordpress_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/network"
	wp "github.com/tribune-dev/tribune/internal/network/wordpress"
	"github.com/tribune-dev/tribune/internal/network/wordpress/wordpresstest"
	"github.com/tribune-dev/tribune/test/wordpress"
)

func fakeAccount(t *testing.T, s *wordpresstest.Server, role string) account {
	t.Helper()
	user := s.User(role)
	return account{
		server: s.URL, name: user.Name, password: user.Password,
		events: func(t *testing.T) []wordpress.Event {
			t.Helper()
			raw, err := json.Marshal(s.Events(user.ID))
			if err != nil {
				t.Fatal(err)
			}
			var out []wordpress.Event
			if err := json.Unmarshal(raw, &out); err != nil {
				t.Fatal(err)
			}
			return out
		},
		public: func(t *testing.T) string { return fetch(t, s.URL+"/") },
		api: func(t *testing.T, method, route string, in any) int64 {
			t.Helper()
			raw, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/wp-json"+route, bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			req.SetBasicAuth(user.Name, user.Password)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			var out struct{ ID int64 }
			if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode >= 300 {
				t.Fatal(resp.Status, err)
			}
			return out.ID
		},
	}
}

func TestConformanceFake(t *testing.T) {
	rules := wp.Rules
	rules.MaxMediaBytes = wp.MaxImageBytes
	t.Run("Author", func(t *testing.T) {
		run(t, rules, notModerating, func(t *testing.T) account { return fakeAccount(t, wordpresstest.Start(t), "author") })
	})
	t.Run("Editor", func(t *testing.T) {
		run(t, rules, nil, func(t *testing.T) account {
			s := wordpresstest.Start(t)
			a := fakeAccount(t, s, "editor")
			a.community, a.answers = community(s, a), answers(s, a)
			return a
		})
	})
}

// The API is found wherever the site has it.
func TestDiscovery(t *testing.T) {
	for _, plain := range []bool{false, true} {
		for _, noLink := range []bool{false, true} {
			s := wordpresstest.Start(t)
			s.PlainPermalinks, s.NoLink = plain, noLink
			a := fakeAccount(t, s, "author")
			who, err := connect(t, s.URL, client(t), a.name, a.password).SignIn(t.Context())
			if err != nil || who.Handle != a.name {
				t.Errorf("plain permalinks %v, no link %v: %+v, %v", plain, noLink, who, err)
			}
		}
	}
}

func TestRoles(t *testing.T) {
	s := wordpresstest.Start(t)
	for role, missing := range map[string]string{
		"subscriber": "write articles nor publish articles", "contributor": "publish articles", "author": "", "editor": "", "administrator": "",
	} {
		a := fakeAccount(t, s, role)
		_, err := connect(t, s.URL, client(t), a.name, a.password).SignIn(t.Context())
		if missing == "" {
			if err != nil {
				t.Errorf("%s: %v", role, err)
			}
			continue
		}
		wantKind(t, err, network.Unauthorized, "NotAllowed", a.name, missing, "Author or Editor")
	}
}

func prepared(t *testing.T, n network.Network) (*wp.WordPress, network.Publication) {
	t.Helper()
	w, ok := n.(*wp.WordPress)
	if !ok {
		t.Fatal("not the adapter")
	}
	id := network.Identity{Namespace: "acme", Post: "launch", Edition: 1}
	p := network.Publication{Identity: id, Marker: id.Marker(), Text: "Rocket is out"}
	ref, err := w.Prepare(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	p.Prepared = &ref
	return w, p
}

// WordPress answers 200 to what it does not carry out.
func TestHeldBack(t *testing.T) {
	s := wordpresstest.Start(t)
	s.HoldsBack = true
	a := fakeAccount(t, s, "author")
	n, p := prepared(t, connect(t, s.URL, client(t), a.name, a.password))
	_, err := n.Publish(t.Context(), p)
	wantKind(t, err, network.Refused, "NotMadePublic", "pending")
}

func TestNoTrash(t *testing.T) {
	s := wordpresstest.Start(t)
	s.NoTrash = true
	a := fakeAccount(t, s, "author")
	n, p := prepared(t, connect(t, s.URL, client(t), a.name, a.password))
	r, err := n.Publish(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := n.Delete(t.Context(), r.Ref); err != nil {
			t.Fatal(err)
		}
	}
	if seen, err := n.Observe(t.Context(), r.Ref); err != nil || !seen.Gone {
		t.Errorf("%+v, %v", seen, err)
	}
}

func TestWrongAccount(t *testing.T) {
	s := wordpresstest.Start(t)
	a := fakeAccount(t, s, "author")
	n, p := prepared(t, connect(t, s.URL, client(t), a.name, a.password))
	p.Identity.Account = "elsewhere.example/7"
	_, err := n.Publish(t.Context(), p)
	wantKind(t, err, network.Refused, "WrongAccount")
	_, err = n.Prepare(t.Context(), p)
	wantKind(t, err, network.Refused, "WrongAccount")
	p.Identity.Account, p.Marker = "", "x --> <script>"
	_, err = n.Prepare(t.Context(), p)
	wantKind(t, err, network.Refused, "InvalidMarker")
}

// What WordPress says, and what is made of it.
func TestErrors(t *testing.T) {
	says := func(code string) string { return `{"code":"` + code + `","message":"Because.","data":{"status":1}}` }
	for _, tc := range []struct {
		name   string
		status int
		body   string
		kind   network.Kind
		reason string
		words  string
	}{
		{"wrong password", 401, says("incorrect_password"), network.Unauthorized, "IncorrectPassword", "application password"},
		{"header dropped", 401, says("rest_not_logged_in"), network.Unauthorized, "NotLoggedIn", "Authorization header"},
		{"bare 401", 401, "who are you", network.Unauthorized, "Unauthorized", "application password"},
		{"right missing", 403, says("rest_cannot_publish"), network.Unauthorized, "CannotPublish", "Author or Editor"},
		{"firewall", 403, "<html>Forbidden</html>", network.Ambiguous, "AnswerNotUnderstood", "stand before it"},
		{"bad field", 400, says("rest_invalid_param"), network.Refused, "InvalidParam", "Because."},
		{"odd code", 400, says("weird code!"), network.Refused, "Refused", "weird code!"},
		{"closed API", 404, says("rest_no_route"), network.Refused, "NoAPI", "plugin"},
		{"deleted", 404, says("rest_post_invalid_id"), network.Gone, "Gone", "not there any more"},
		{"trashed", 410, says("rest_already_trashed"), network.Gone, "Gone", "not there any more"},
		{"too large", 413, "<html>Request Entity Too Large</html>", network.Refused, "TooLarge", "upload_max_filesize"},
		{"database", 500, says("db_insert_error"), network.Ambiguous, "ServerError", "500"},
		{"bad gateway", 502, "<html></html>", network.Ambiguous, "ServerError", "502"},
		{"slow down", 429, "{}", network.RateLimited, "RateLimited", "slow down"},
		{"teapot", 418, "<html></html>", network.Ambiguous, "AnswerNotUnderstood", "418"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			site := wordpresstest.Start(t)
			user := site.User("author")
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if isPublish(withBody(r)) {
					w.WriteHeader(tc.status)
					_, _ = io.WriteString(w, tc.body)
					return
				}
				site.ServeHTTP(w, r)
			}))
			t.Cleanup(front.Close)
			n, p := prepared(t, connect(t, front.URL, client(t), user.Name, user.Password))
			_, err := n.Publish(t.Context(), p)
			wantKind(t, err, tc.kind, tc.reason, tc.words)
		})
	}
}

func withBody(r *http.Request) *http.Request {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return r
}

// A file that WordPress does not take is refused for good, although it says 500.
func TestUploadRefused(t *testing.T) {
	s := wordpresstest.Start(t)
	a := fakeAccount(t, s, "author")
	n, p := prepared(t, connect(t, s.URL, client(t), a.name, a.password))
	picture, err := n.Upload(t.Context(), network.Media{Bytes: []byte("\x89PNG\r\n\x1a\n and then nothing"), AltText: "broken"})
	if err != nil {
		t.Fatal(err)
	}
	p.Media = []network.Attachment{picture}
	_, err = n.Prepare(t.Context(), p)
	wantKind(t, err, network.Refused, "MediaRefused", "did not take a picture")
}

// What is no WordPress at all says so, and gets no password by a redirect.
func TestNoWordPress(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		reason string
	}{
		"static":  {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>hello</html>") }, "NoAPI"},
		"nothing": {http.NotFound, "NoAPI"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://localhost:1/", http.StatusFound)
		}, "Redirected"},
		"down": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "ServerError"},
		"elsewhere": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", `<https://elsewhere.example/wp-json/>; rel="https://api.w.org/"`)
		}, "AnswerNotUnderstood"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(tc.answer)
			t.Cleanup(s.Close)
			_, err := connect(t, s.URL, client(t), "tribune", "very-secret").SignIn(t.Context())
			if got := network.ReasonOf(err, ""); got != tc.reason || strings.Contains(err.Error(), "very-secret") {
				t.Errorf("%v, want %s", err, tc.reason)
			}
		})
	}
}
