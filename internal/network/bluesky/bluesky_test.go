package bluesky_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/bluesky"
	"github.com/tribune-dev/tribune/internal/network/conformance"
	"github.com/tribune-dev/tribune/test/pds"
)

// both runs a test over the fake and over the real server, so that the fake is held to it.
func both(t *testing.T, test func(t *testing.T, open func() user)) {
	t.Run("Fake", func(t *testing.T) {
		f := newFake(t)
		test(t, f.user)
	})
	t.Run("PDS", func(t *testing.T) {
		realServer(t)
		test(t, func() user { return realUser(t) })
	})
}

func httpClient(t *testing.T) *http.Client {
	t.Helper()
	c := httpx.New(httpx.Options{Destinations: httpx.Destinations{AllowPrivate: true}})
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func (u user) adapter(t *testing.T, s *conformance.Sessions) network.Network {
	t.Helper()
	return connect(t, u, conformance.Connection{Server: u.server, HTTP: httpClient(t), Session: s}, u.appPassword)
}

func (u user) publication(n network.Network, name, text string) network.Publication {
	id := network.Identity{Namespace: "team", Post: name, Edition: 1, Account: u.did}
	due := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	return network.Publication{Identity: id, Key: n.Key(id, due, 0), Marker: id.Marker(), Text: text, CreatedAt: due}
}

func (u user) created(t *testing.T) int {
	t.Helper()
	count := 0
	for _, o := range u.log(t) {
		if o.action == "create" {
			count++
		}
	}
	return count
}

// A moderator took the post down: its key is taken, and nobody shows whose it is. Neither published, nor again.
func TestTakenDownRecord(t *testing.T) {
	both(t, func(t *testing.T, open func() user) {
		u := open()
		n := u.adapter(t, nil)
		p := u.publication(n, "hidden", "Taken down")
		r, err := n.Publish(t.Context(), p)
		must(t, err)
		u.takeDown(t, p.Key, r.Revision)
		found, err := n.(network.Finder).Find(t.Context(), network.Query{Identity: p.Identity, Key: p.Key, Marker: p.Marker})
		if err != nil || found != nil {
			t.Errorf("Find: %+v, %v", found, err)
		}
		// The same bytes: the server knows them, so it is ours.
		again, err := n.Publish(t.Context(), p)
		if err != nil || !again.Existing {
			t.Errorf("the same record again: %+v, %v", again, err)
		}
		p.Text = "Rendered differently"
		_, err = n.Publish(t.Context(), p)
		if network.KindOf(err) != network.Gone {
			t.Errorf("kind %s, want Gone: %v", network.KindOf(err), err)
		}
		if got := u.created(t); got != 1 {
			t.Errorf("%d records, want 1", got)
		}
	})
}

// What was deleted leaves no trace on the server: this is why status and ledger remember.
func TestDeletedElsewhereLeavesNoTrace(t *testing.T) {
	both(t, func(t *testing.T, open func() user) {
		u := open()
		n := u.adapter(t, nil)
		p := u.publication(n, "deleted", "Deleted by hand")
		_, err := n.Publish(t.Context(), p)
		must(t, err)
		u.remove(t, p.Key)
		r, err := n.Publish(t.Context(), p)
		must(t, err)
		if r.Existing || u.created(t) != 2 {
			t.Errorf("existing %v, %d records", r.Existing, u.created(t))
		}
	})
}

func TestMentions(t *testing.T) {
	both(t, func(t *testing.T, open func() user) {
		u, friend := open(), open()
		n := u.adapter(t, nil)
		text := "Thanks @" + friend.handle + ", @nobody-here.test and @not_a_handle"
		p := u.publication(n, "mentions", text)
		for _, handle := range []string{friend.handle, "nobody-here.test", "not_a_handle"} {
			at := strings.Index(text, "@"+handle)
			p.Facets = append(p.Facets, compose.Facet{Start: at, End: at + 1 + len(handle), Mention: handle})
		}
		_, err := n.Publish(t.Context(), p)
		must(t, err)
		var e conformance.Entry
		describe(t, u.log(t)[0].record, &e)
		want := []compose.Facet{{Start: p.Facets[0].Start, End: p.Facets[0].End, Mention: friend.did}}
		if diff := cmp.Diff(want, e.Facets); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAccountTakenDown(t *testing.T) {
	both(t, func(t *testing.T, open func() user) {
		u := open()
		n := u.adapter(t, nil)
		_, err := n.SignIn(t.Context())
		must(t, err)
		u.suspend(t)
		_, err = n.Publish(t.Context(), u.publication(n, "suspended", "never"))
		if network.KindOf(err) != network.Unauthorized {
			t.Errorf("kind %s, want Unauthorized: %v", network.KindOf(err), err)
		}
		_, err = u.adapter(t, nil).SignIn(t.Context())
		if network.KindOf(err) != network.Unauthorized {
			t.Errorf("kind %s, want Unauthorized: %v", network.KindOf(err), err)
		}
	})
}

func TestAnotherAccountsIdentity(t *testing.T) {
	u := newFake(t).user()
	n := u.adapter(t, nil)
	p := u.publication(n, "other", "never")
	p.Identity.Account = "did:plc:somebody"
	_, err := n.Publish(t.Context(), p)
	if network.KindOf(err) != network.Refused || network.ReasonOf(err, "") != "WrongAccount" {
		t.Errorf("%v", err)
	}
	err = n.(network.Deleter).Delete(t.Context(), network.Ref{ID: "at://did:plc:somebody/app.bsky.feed.post/3kabcdefgh222"})
	if network.ReasonOf(err, "") != "WrongAccount" {
		t.Errorf("%v", err)
	}
	if len(u.log(t)) != 0 {
		t.Error("something was stored")
	}
}

// savedFirst is a session store that knows whether a token was saved before it was used.
type savedFirst struct {
	conformance.Sessions
	mu    sync.Mutex
	saved map[string]bool
}

func (s *savedFirst) Save(ctx context.Context, value []byte) error {
	var kept map[string]string
	if err := json.Unmarshal(value, &kept); err != nil {
		return err
	}
	s.mu.Lock()
	s.saved[kept["accessJwt"]] = true
	s.mu.Unlock()
	return s.Sessions.Save(ctx, value)
}

// An access token that ran out is refreshed once for all that wait, without signing in, and saved before it is used.
func TestRefresh(t *testing.T) {
	for _, broken := range []string{"expired", "garbage"} {
		t.Run(broken, func(t *testing.T) {
			both(t, func(t *testing.T, open func() user) {
				u := open()
				store := &savedFirst{saved: map[string]bool{}}
				var mu sync.Mutex
				calls := map[string]int{}
				upstream, err := url.Parse(u.server)
				must(t, err)
				proxy := httputil.NewSingleHostReverseProxy(upstream)
				watched := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					calls[r.URL.Path]++
					mu.Unlock()
					if isMethod("com.atproto.repo.putRecord")(r) {
						token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
						store.mu.Lock()
						if !store.saved[token] {
							t.Error("a token was used before it was saved")
						}
						store.mu.Unlock()
					}
					proxy.ServeHTTP(w, r)
				}))
				defer watched.Close()
				n := connectWith(t, u, watched.URL, httpClient(t), store, u.appPassword)
				_, err = n.SignIn(t.Context())
				must(t, err)
				var before string
				kept := session(t, &store.Sessions, func(m map[string]string) {
					before = m["refreshJwt"]
					m["accessJwt"] = "stale.garbage"
					if broken == "expired" {
						m["accessJwt"], _ = u.expired()
					}
				})
				raw, err := json.Marshal(kept)
				must(t, err)
				must(t, store.Save(t.Context(), raw))
				n = connectWith(t, u, watched.URL, httpClient(t), store, u.appPassword) // as after a restart
				var all sync.WaitGroup
				errs := make([]error, 8)
				for i := range errs {
					all.Go(func() {
						_, errs[i] = n.Publish(t.Context(), u.publication(n, string(rune('a'+i)), "refreshed"))
					})
				}
				all.Wait()
				must(t, errors.Join(errs...))
				if got := u.created(t); got != len(errs) {
					t.Errorf("%d records, want %d", got, len(errs))
				}
				mu.Lock()
				defer mu.Unlock()
				if calls["/xrpc/com.atproto.server.createSession"] != 1 || calls["/xrpc/com.atproto.server.refreshSession"] != 1 {
					t.Errorf("calls %v, want one sign-in and one refresh", calls)
				}
				if after := session(t, &store.Sessions, func(map[string]string) {}); after["refreshJwt"] == before {
					t.Error("the refresh token did not change")
				}
			})
		})
	}
}

// A refused session is made anew once, and one that another process refreshed is taken over.
func TestSessionOfAnotherProcess(t *testing.T) {
	f := newFake(t)
	u := f.user()
	store := &conformance.Sessions{}
	first, second := u.adapter(t, store), u.adapter(t, store)
	for _, n := range []network.Network{first, second} {
		_, err := n.SignIn(t.Context())
		must(t, err)
	}
	f.expireAccess()
	for i, n := range []network.Network{first, second, first} {
		_, err := n.Publish(t.Context(), u.publication(n, string(rune('a'+i)), "shared"))
		must(t, err)
	}
	if got := f.called("com.atproto.server.createSession"); got != 1 {
		t.Errorf("%d sign-ins, want 1", got)
	}
}

// Tokens are for the server that gave them.
func TestSessionOfAnotherServer(t *testing.T) {
	f := newFake(t)
	u := f.user()
	store := &conformance.Sessions{}
	_, err := u.adapter(t, store).SignIn(t.Context())
	must(t, err)
	var token string
	session(t, store, func(m map[string]string) { token = m["accessJwt"] })
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), token) {
			t.Error("a token went to another server")
		}
		http.NotFound(w, r)
	}))
	defer other.Close()
	_, err = connectWith(t, u, other.URL, httpClient(t), store, u.appPassword).SignIn(t.Context())
	if network.KindOf(err) != network.NotSent || network.ReasonOf(err, "") != "AnswerNotUnderstood" {
		t.Errorf("%v", err)
	}
}

// What a server says may hold what it was told; an error must not.
func TestErrorsHoldNoSecret(t *testing.T) {
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]string
		_ = json.NewDecoder(r.Body).Decode(&in)
		w.WriteHeader(http.StatusUnauthorized)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "Nope", "message": "wrong: " + in["password"]})
	}))
	defer echo.Close()
	u := user{server: echo.URL, handle: "acme.example", appPassword: "very-secret-word"}
	_, err := u.adapter(t, nil).SignIn(t.Context())
	if network.KindOf(err) != network.Unauthorized {
		t.Errorf("kind %s", network.KindOf(err))
	}
	if strings.Contains(err.Error(), u.appPassword) || strings.Contains(errors.Unwrap(err).Error(), u.appPassword) {
		t.Error("the password is in the error")
	}
}

func TestNew(t *testing.T) {
	good := map[string][]byte{"identifier": []byte("acme.example"), "appPassword": []byte("aaaa-bbbb-cccc-dddd")}
	for _, c := range []struct {
		name, service string
		credentials   map[string][]byte
		want          string
	}{
		{"default service", "", good, ""},
		{"own service", "https://pds.acme.example/", good, ""},
		{"no scheme", "pds.acme.example", good, "spec.bluesky.service"},
		{"path", "https://pds.acme.example/xrpc", good, "spec.bluesky.service"},
		{"user", "https://me:you@pds.acme.example", good, "spec.bluesky.service"},
		{"no identifier", "", map[string][]byte{"appPassword": []byte("x")}, "identifier"},
		{"blank password", "", map[string][]byte{"identifier": []byte("x"), "appPassword": []byte(" \n")}, "appPassword"},
		{"no secret", "", nil, "identifier"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := bluesky.New(network.Config{
				Spec: &tribunev1alpha1.SocialChannelSpec{Bluesky: &tribunev1alpha1.BlueskySpec{Service: c.service}},
				HTTP: http.DefaultClient, Credentials: c.credentials,
			})
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want it to name %s", err, c.want)
			}
		})
	}
	if _, ok := network.Lookup(tribunev1alpha1.NetworkBluesky); !ok {
		t.Error("the adapter is not registered")
	}
}

func TestProfile(t *testing.T) {
	who, err := newFake(t).user().adapter(t, nil).SignIn(t.Context())
	must(t, err)
	if who.DisplayName != "Fake" || who.Followers == nil || *who.Followers != 3 || who.Following == nil || *who.Following != 5 {
		t.Errorf("%+v", who)
	}
	if who.URL != "https://bsky.app/profile/"+who.Handle {
		t.Errorf("URL %q", who.URL)
	}
}

// The server's own limits tell when to come back in RateLimit-Reset.
func TestRealRateLimit(t *testing.T) {
	pds.Require(t)
	server, err := pds.Start(t.Context(), pds.Options{RateLimits: true})
	must(t, err)
	t.Cleanup(server.Stop)
	account, err := server.CreateAccount(t.Context(), "tribune-limited.test", "correct-horse-battery")
	must(t, err)
	u := user{server: server.URL, did: account.DID, handle: account.Handle, appPassword: "correct-horse-battery"}
	const allowed = 30 // sign-ins in five minutes
	for i := range allowed + 1 {
		_, err = u.adapter(t, nil).SignIn(t.Context())
		if err != nil && i < allowed {
			t.Fatalf("sign-in %d: %v", i, err)
		}
	}
	var limited *network.Error
	if !errors.As(err, &limited) || limited.Kind != network.RateLimited {
		t.Fatalf("%v", err)
	}
	if limited.RetryAfter <= 0 || limited.RetryAfter > 5*time.Minute {
		t.Errorf("RetryAfter %s", limited.RetryAfter)
	}
}
