package local

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is a server and what a test asks it with.
type bench struct {
	*Server
	url   string
	clock *clock
	token string
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func start(t *testing.T, faults ...string) *bench {
	t.Helper()
	return startWith(t, Options{}, faults...)
}

func startWith(t *testing.T, o Options, faults ...string) *bench {
	t.Helper()
	f, err := ParseFaults(faults)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{clock: &clock{now: noon}, token: o.Token}
	o.Faults, o.Now = f, b.clock.Now
	if b.Server, err = New(o); err != nil {
		t.Fatal(err)
	}
	h := httptest.NewUnstartedServer(b.Server)
	h.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.Start()
	b.url = h.URL
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// reply is an answer, read whole.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) code() string {
	var e wire.ErrorBody
	_ = json.Unmarshal(r.body, &e)
	return e.Error.Code
}

func read[T any](t *testing.T, r reply) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	return v
}

// send makes a call; a body that is no string is sent as JSON. Headers come in pairs.
func (b *bench) send(t *testing.T, method, path string, body any, headers ...string) (reply, error) {
	t.Helper()
	var reader io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(v)
	case []byte:
		reader = bytes.NewReader(v)
	default:
		j, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(j)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, b.url+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if b.token != "" {
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	for i := 0; i < len(headers); i += 2 {
		if req.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			req.Host = headers[i+1]
		}
	}
	resp, err := plain.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	all, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, all}, err
}

// plain follows no redirects, and keeps enough connections for the concurrent tests.
var plain = &http.Client{
	Transport:     &http.Transport{MaxIdleConnsPerHost: 128},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// ask is send that must be answered.
func (b *bench) ask(t *testing.T, method, path string, body any, headers ...string) reply {
	t.Helper()
	r, err := b.send(t, method, path, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

const town = "/api/v1/acme/town"

// must is ask with the status that is wanted.
func (b *bench) must(t *testing.T, status int, method, path string, body any, headers ...string) reply {
	t.Helper()
	r := b.ask(t, method, path, body, headers...)
	if r.status != status {
		t.Fatalf("%s %s: %d %s, want %d", method, path, r.status, r.body, status)
	}
	return r
}

func (b *bench) post(t *testing.T, p wire.NewPost) wire.Post {
	t.Helper()
	return read[wire.Post](t, b.must(t, http.StatusCreated, "POST", town+"/posts", p))
}

func (b *bench) item(t *testing.T, n wire.NewItem) wire.Item {
	t.Helper()
	return read[wire.Item](t, b.must(t, http.StatusCreated, "POST", town+"/items", n))
}

func (b *bench) posts(t *testing.T, query string) []wire.Post {
	t.Helper()
	return read[wire.Posts](t, b.must(t, http.StatusOK, "GET", town+"/posts"+query, nil)).Posts
}

// calls is the whole log.
func (b *bench) calls(t *testing.T) []wire.Call {
	t.Helper()
	var all []wire.Call
	for after := "0"; after != ""; {
		page := read[wire.Log](t, b.must(t, http.StatusOK, "GET", "/api/v1/log?limit=1000&after="+after, nil))
		all, after = append(all, page.Calls...), page.Next
	}
	return all
}

// settled is the log when no call is under way any more.
func (b *bench) settled(t *testing.T) []wire.Call {
	t.Helper()
	for {
		calls, done := b.calls(t), true
		for _, c := range calls {
			done = done && c.Outcome != wire.OutcomeReceived
		}
		if done {
			return calls
		}
	}
}

func TestRestartKeepsAll(t *testing.T) {
	// The name has signs that mean something in a URL.
	path := filepath.Join(t.TempDir(), "local ?#%41&.db")
	var before, after string
	snapshot := func(b *bench) string {
		var all strings.Builder
		for _, p := range []string{town, town + "/posts", town + "/items?deleted=true", town + "/people/ada", "/api/v1/log", "/media/1"} {
			all.Write(b.must(t, http.StatusOK, "GET", p, nil).body)
			all.WriteByte('\n')
		}
		return strings.ReplaceAll(all.String(), b.url, "")
	}
	var last wire.Post
	t.Run("first", func(t *testing.T) {
		b := startWith(t, Options{DBPath: path})
		b.must(t, http.StatusCreated, "POST", town+"/media?alt=a+dot", onePixel, "Content-Type", "image/png")
		p := b.post(t, wire.NewPost{Key: "k", Marker: "m", Text: "kept", Media: []wire.MediaRef{{ID: "1"}}})
		b.item(t, wire.NewItem{Kind: wire.KindComment, Text: "kept too", Author: wire.Author{Handle: "ada"}, InReplyTo: p.ID})
		gone := b.item(t, wire.NewItem{Kind: wire.KindFollow, Author: wire.Author{Handle: "leo"}})
		b.must(t, http.StatusNoContent, "DELETE", town+"/items/"+gone.ID, nil)
		last = b.post(t, wire.NewPost{Key: "deleted", Marker: "d", Text: "deleted"})
		b.must(t, http.StatusNoContent, "DELETE", town+"/posts/"+last.ID, nil)
		before = snapshot(b)
	})
	t.Run("second", func(t *testing.T) {
		b := startWith(t, Options{DBPath: path})
		if after = snapshot(b); after != before {
			t.Errorf("before:\n%s\nafter:\n%s", before, after)
		}
		if r := read[wire.Post](t, b.must(t, http.StatusOK, "POST", town+"/posts", wire.NewPost{Key: "k", Marker: "m", Text: "x"})); !r.Existing {
			t.Error("the key was forgotten")
		}
		if r := b.must(t, http.StatusGone, "POST", town+"/posts", wire.NewPost{Key: "deleted", Marker: "d", Text: "x"}); r.code() != wire.CodeDeleted {
			t.Errorf("%s", r.body)
		}
		lastID, _ := parseID(last.ID)
		if nextID, _ := parseID(b.post(t, wire.NewPost{Text: "next"}).ID); nextID <= lastID {
			t.Errorf("id %d after %d", nextID, lastID)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	for name, o := range map[string]Options{
		"a folder":           {DBPath: t.TempDir()},
		"a folder not there": {DBPath: filepath.Join(t.TempDir(), "not", "there.db")},
		"a URL of nothing":   {URL: "rehearsal.example"},
		"a URL with query":   {URL: "https://rehearsal.example/?a=b"},
	} {
		if s, err := New(o); err == nil {
			t.Errorf("%s was taken", name)
			_ = s.Close()
		}
	}
}

func TestClosedAnswers503(t *testing.T) {
	b := start(t)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	b.must(t, http.StatusServiceUnavailable, "POST", town+"/posts", wire.NewPost{Text: "late"})
	b.must(t, http.StatusServiceUnavailable, "GET", "/healthz", nil)
}

func TestServe(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, s) }()
	b := &bench{url: "http://" + l.Addr().String()}
	b.must(t, http.StatusOK, "GET", "/healthz", nil)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// openListener says that it can be reached from everywhere, and is not.
type openListener struct{ net.Listener }

func (openListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 8088} }

func TestServeWantsToken(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := Serve(t.Context(), openListener{l}, s); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("Serve on 0.0.0.0 without a token: %v", err)
	}
}

func TestWhoMayWrite(t *testing.T) {
	const secret = "s3cret"
	for _, c := range []struct {
		name    string
		token   string
		method  string
		path    string
		headers []string
		status  int
	}{
		{"no token needed", "", "PUT", town, nil, 201},
		{"the token", secret, "PUT", town, nil, 201},
		{"another token", secret, "PUT", town, []string{"Authorization", "Bearer other"}, 401},
		{"no token", secret, "PUT", town, []string{"Authorization", ""}, 401},
		{"the token by another scheme", secret, "PUT", town, []string{"Authorization", "Basic " + secret}, 401},
		{"reading needs none", secret, "GET", town + "/posts", []string{"Authorization", ""}, 200},
		{"localhost", "", "PUT", town, []string{"Host", "localhost:8088"}, 201},
		{"IPv6", "", "PUT", town, []string{"Host", "[::1]:8088"}, 201},
		{"a name pointed here", "", "PUT", town, []string{"Host", "evil.example"}, 421},
		{"reading by a name pointed here", "", "GET", town + "/posts", []string{"Host", "evil.example:80"}, 421},
		{"no host", "", "GET", "/", []string{"Host", "127.0.0.1.evil.example"}, 421},
		{"a Service's name, with token", secret, "PUT", town, []string{"Host", "local.tribune.svc:8088"}, 201},
		{"a page elsewhere", "", "PUT", town, []string{"Origin", "https://evil.example"}, 403},
		{"a page elsewhere, says the browser", "", "PUT", town, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a page of another port", "", "PUT", town, []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"a form's type", "", "POST", town + "/posts", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"a simple type", "", "POST", town + "/posts", []string{"Content-Type", "text/plain"}, 415},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := startWith(t, Options{Token: c.token})
			r := b.ask(t, c.method, c.path, "{}", c.headers...)
			if r.status != c.status {
				t.Errorf("%d %s, want %d", r.status, r.body, c.status)
			}
			if strings.Contains(string(r.body), secret) {
				t.Error("the token is in the answer")
			}
		})
	}
}

func TestSettingsOfURL(t *testing.T) {
	b := startWith(t, Options{URL: "https://rehearsal.example/"})
	p := read[wire.Post](t, b.must(t, http.StatusCreated, "POST", town+"/posts", wire.NewPost{Text: "x"}, "Host", "rehearsal.example"))
	if want := "https://rehearsal.example/@acme/town/" + p.ID; p.URL != want {
		t.Errorf("URL %s, want %s", p.URL, want)
	}
}
