package local_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/httpx"
	server "github.com/tribune-dev/tribune/internal/local"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
	"github.com/tribune-dev/tribune/internal/network/local"
)

const token = "a-token-that-nobody-may-see"

// running is a real server of the built-in network, and what it answered: its own log tells no texts.
type running struct {
	*server.Server
	url string

	mu    sync.Mutex
	calls []recorded
}

type recorded struct {
	method, path string
	post         wire.Post
	status       int
}

func start(t *testing.T, faults ...string) *running {
	t.Helper()
	f, err := server.ParseFaults(faults)
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Options{Token: token, Faults: f})
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Server: s}
	h := httptest.NewServer(r)
	r.url = h.URL
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// ServeHTTP records what the server answers, before the client hears it.
func (s *running) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	s.Server.ServeHTTP(answer, r)
	c := recorded{method: r.Method, path: r.URL.Path, status: answer.Code}
	_ = json.Unmarshal(answer.Body.Bytes(), &c.post) // an error's body is no post
	s.mu.Lock()
	s.calls = append(s.calls, c)
	s.mu.Unlock()
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// entries tells what happened on an account, and demands that the server's own log says the same.
func (s *running) entries(t *testing.T, account string) []conformance.Entry {
	t.Helper()
	s.mu.Lock()
	calls := append([]recorded(nil), s.calls...)
	s.mu.Unlock()
	prefix := "/api/v1/" + account + "/posts"
	var out []conformance.Entry
	deleted := map[string]bool{}
	for _, c := range calls {
		if !strings.HasPrefix(c.path, prefix) {
			continue
		}
		switch {
		case c.method == http.MethodPost && c.status == http.StatusCreated:
			out = append(out, entry(conformance.Created, c.post))
		case c.method == http.MethodPut && c.status == http.StatusOK:
			out = append(out, entry(conformance.Updated, c.post))
		case c.method == http.MethodDelete && c.status == http.StatusNoContent:
			id := strings.TrimPrefix(c.path, prefix+"/")
			if !deleted[id] {
				deleted[id] = true
				out = append(out, conformance.Entry{Action: conformance.Deleted, ID: id})
			}
		}
	}
	made := 0
	for _, e := range out {
		if e.Action == conformance.Created {
			made++
		}
	}
	logged := 0
	for _, c := range s.log(t, account) {
		if c.Method == http.MethodPost && c.Outcome == wire.OutcomeStored && strings.HasSuffix(c.Path, "/posts") {
			logged++
		}
	}
	if logged != made {
		t.Errorf("the log tells of %d posts made, the answers of %d", logged, made)
	}
	return out
}

func entry(action conformance.Action, p wire.Post) conformance.Entry {
	e := conformance.Entry{
		Action: action, ID: p.ID, Key: p.Key, Marker: p.Marker, Text: p.Text, Language: p.Language, Parent: p.ReplyTo,
	}
	if p.Thread != p.ID {
		e.Root = p.Thread
	}
	if p.Link != nil {
		l := link(*p.Link)
		e.Link = &l
	}
	for _, m := range p.Media {
		e.Media = append(e.Media, conformance.Media{AltText: m.Alt, Width: m.Width, Height: m.Height})
	}
	return e
}

// log reads the server's own log.
func (s *running) log(t *testing.T, account string) []wire.Call {
	t.Helper()
	var out []wire.Call
	for after := "0"; after != ""; {
		var page wire.Log
		s.get(t, "/api/v1/log?limit=1000&after="+after+"&account="+account, &page)
		out = append(out, page.Calls...)
		after = page.Next
	}
	return out
}

func (s *running) get(t *testing.T, path string, into any) {
	t.Helper()
	resp, err := http.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, url, namespace, channel, token string, client *http.Client) network.Network {
	t.Helper()
	n, err := local.New(network.Config{Namespace: namespace, Channel: channel, HTTP: client, LocalURL: url, LocalToken: token})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func client(t *testing.T) *http.Client {
	c := httpx.New(httpx.Options{Version: "test", Destinations: httpx.Destinations{AllowPrivate: true}})
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// TestConformance runs the suite of all networks on a server that does nothing wrong, and on servers whose faults leave
// a caller's single call alone.
func TestConformance(t *testing.T) {
	for _, mode := range []struct {
		name   string
		once   network.Once
		faults []string
	}{
		{"Plain", network.OnceDurableKey, nil},
		{"Slow", network.OnceDurableKey, []string{"slow=4ms"}},
		{"IgnoreKeys", network.OnceScan, []string{"ignore-keys"}},
	} {
		t.Run(mode.name, func(t *testing.T) {
			s := start(t, mode.faults...)
			opened := 0
			conformance.Run(t, conformance.Harness{
				Once:  mode.once,
				Rules: local.Rules,
				IsPublish: func(r *http.Request) bool {
					return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/posts")
				},
				IsDelete: func(r *http.Request) bool { return r.Method == http.MethodDelete },
				Open: func(*testing.T) *conformance.Account {
					opened++
					return s.open("team", "channel-"+strconv.Itoa(opened))
				},
			})
		})
	}
}

func (s *running) open(namespace, channel string) *conformance.Account {
	const wrong = "a-token-that-is-wrong"
	return &conformance.Account{
		Server: s.url,
		Connect: func(t *testing.T, c conformance.Connection) network.Network {
			with := token
			if c.WrongCredentials {
				with = wrong
			}
			return connect(t, c.Server, namespace, channel, with, c.HTTP)
		},
		Log:       func(t *testing.T) []conformance.Entry { return s.entries(t, namespace+"/"+channel) },
		Community: s.community("/api/v1/" + namespace + "/" + channel),
		Messages: func(t *testing.T) []conformance.Entry {
			var told wire.Posts
			s.get(t, "/api/v1/"+namespace+"/"+channel+"/posts?kind=Message", &told)
			var out []conformance.Entry
			for _, p := range told.Posts {
				e := entry(conformance.Created, p)
				if p.Link != nil {
					e.Text += "\n" + p.Link.URL
				}
				out = append(out, e)
			}
			return out
		},
		StoreForeign: func(t *testing.T, key, text string) {
			body := fmt.Sprintf(`{"key":%q,"text":%q}`, key, text)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/api/v1/"+namespace+"/"+channel+"/posts", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+token)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if said, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusCreated {
				t.Fatalf("%d %s", resp.StatusCode, said)
			}
		},
		Change: func(t *testing.T, id, text string) {
			t.Helper()
			s.behind(t, http.MethodPut, namespace+"/"+channel+"/posts/"+id, fmt.Sprintf(`{"text":%q}`, text))
		},
		ShowProfile: func(t *testing.T) network.Profile {
			t.Helper()
			var a wire.Account
			s.get(t, "/api/v1/"+namespace+"/"+channel, &a)
			return network.Profile{DisplayName: &a.DisplayName, Bio: &a.Bio, Website: &a.Website, Bot: &a.Bot}
		},
		ChangeProfile: func(t *testing.T, p network.Profile) {
			t.Helper()
			s.behind(t, http.MethodPut, namespace+"/"+channel, fmt.Sprintf(`{"displayName":%q}`, *p.DisplayName))
		},
		Remove: func(t *testing.T, id string) {
			t.Helper()
			s.behind(t, http.MethodDelete, namespace+"/"+channel+"/posts/"+id, "")
		},
		Secrets: []string{token, wrong},
	}
}

// behind does to a post what another client of the account would.
func (s *running) behind(t *testing.T, method, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+"/api/v1/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if said, _ := io.ReadAll(resp.Body); resp.StatusCode >= 300 {
		t.Fatalf("%d %s", resp.StatusCode, said)
	}
}

// due is when the tests' publications were planned for.
var due = time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)

func publication(n network.Network, account, name string) network.Publication {
	id := network.Identity{Namespace: "team", Post: name, Edition: 1, Account: account}
	return network.Publication{
		Identity: id, Key: n.Key(id, due, 0), Marker: id.Marker(), Text: "Hello from " + name, CreatedAt: due,
	}
}
