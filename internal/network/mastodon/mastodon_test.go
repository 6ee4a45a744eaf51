package mastodon_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
	"github.com/tribune-dev/tribune/internal/network/faults"
	"github.com/tribune-dev/tribune/internal/network/mastodon"
	"github.com/tribune-dev/tribune/internal/network/mastodon/mastodontest"
)

func httpClient(t *testing.T) *http.Client {
	c := httpx.New(httpx.Options{Version: "test", Destinations: httpx.Destinations{AllowPrivate: true}})
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func adapter(t *testing.T, s *mastodontest.Server, a *mastodontest.Account) *mastodon.Mastodon {
	t.Helper()
	return connect(t, s.URL, a.Token, httpClient(t), &conformance.Sessions{}).(*mastodon.Mastodon) //nolint:forcetypeassert // what New gives
}

func publication(n network.Network, account network.Account, name, text string) network.Publication {
	id := network.Identity{Namespace: "team", Post: name, Edition: 1, Account: account.ID}
	return network.Publication{Identity: id, Key: n.Key(id, time.Time{}, 0), Marker: id.Marker(), Text: text}
}

func query(p network.Publication, cursor string) network.Query {
	return network.Query{Identity: p.Identity, Key: p.Key, Marker: p.Marker, Text: p.Text, Cursor: cursor, NotBefore: time.Now().Add(-time.Hour)}
}

func signIn(t *testing.T, n network.Network) network.Account {
	t.Helper()
	a, err := n.SignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func kind(t *testing.T, err error, want network.Kind, reason string) {
	t.Helper()
	var e *network.Error
	if !errors.As(err, &e) || e.Kind != want || reason != "" && e.Reason != reason {
		t.Errorf("%#v, want %s %s", err, want, reason)
	}
}

func TestAccount(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	a := s.Account("acme")
	who := signIn(t, adapter(t, s, a))
	if who.ID != a.ID+"@social.example" || who.Handle != "@acme@social.example" || who.Server != "Mastodon 4.5.2" {
		t.Errorf("%+v", who)
	}
	if who.Followers == nil || *who.Followers != 42 || who.Following == nil || *who.Following != 7 {
		t.Errorf("followers %v, following %v", who.Followers, who.Following)
	}
	if n := len(s.Calls("")); n > 6 {
		t.Errorf("a sign-in made %d calls: %v", n, s.Calls(""))
	}
	other := mastodontest.Start(t, mastodontest.Options{Domain: "other.example"})
	if b := signIn(t, adapter(t, other, other.Account("acme"))); b.ID == who.ID {
		t.Errorf("two servers' accounts are both %s", b.ID)
	}
}

// After the server forgot the key, what went out is still found before it is sent again.
func TestTheWindowEnds(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	s := mastodontest.Start(t, mastodontest.Options{Clock: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	a := s.Account("acme")
	n := adapter(t, s, a)
	p := publication(n, signIn(t, n), "window", "Within an hour")
	cursor, err := n.Cursor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, err := n.Publish(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	now = now.Add(59 * time.Minute)
	mu.Unlock()
	again, err := n.Publish(t.Context(), p)
	if err != nil || again.ID != first.ID || !again.Existing || first.Existing {
		t.Errorf("within the window: %+v %v", again, err)
	}
	mu.Lock()
	now = now.Add(2 * time.Minute)
	mu.Unlock()
	found, err := n.Find(t.Context(), query(p, cursor))
	if err != nil || found == nil || found.ID != first.ID {
		t.Errorf("after the window: %+v %v", found, err)
	}
}

// The fake is as bad as the servers were: this is what a repetition at once would do to people.
func TestARepeatWhileTheFirstIsStoredDoubles(t *testing.T) {
	for _, hole := range []bool{true, false} {
		var both sync.WaitGroup
		both.Add(2)
		storing := func() {
			if hole {
				both.Done()
				both.Wait()
			}
		}
		s := mastodontest.Start(t, mastodontest.Options{DoubleWhileStoring: hole, Storing: storing})
		a := s.Account("acme")
		n := adapter(t, s, a)
		p := publication(n, signIn(t, n), "double", "Hello")
		var calls sync.WaitGroup
		for range 2 {
			calls.Go(func() {
				if _, err := n.Publish(t.Context(), p); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		want := 1
		if hole {
			want = 2
		}
		if got := len(a.Log()); got != want {
			t.Errorf("hole %v: %d statuses, want %d", hole, got, want)
		}
	}
}

func TestFindReadsAllPages(t *testing.T) {
	for _, o := range []mastodontest.Options{{}, {Software: "gotosocial", Version: "0.20.1"}} {
		s := mastodontest.Start(t, o)
		a := s.Account("acme")
		n := adapter(t, s, a)
		who := signIn(t, n)
		before := a.Post("Found me", "Web")
		cursor, err := n.Cursor(t.Context())
		if err != nil || cursor != before {
			t.Fatalf("cursor %q %v, want %q", cursor, err, before)
		}
		p := publication(n, who, "pages", "Found me")
		if found, err := n.Find(t.Context(), query(p, cursor)); err != nil || found != nil {
			t.Errorf("what is before the cursor is found: %+v %v", found, err)
		}
		r, err := n.Publish(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			a.Post(fmt.Sprintf("Noise %d", i), "Web")
		}
		found, err := n.Find(t.Context(), query(p, cursor))
		if err != nil || found == nil || found.ID != r.ID {
			t.Errorf("found %+v %v, want %s", found, err, r.ID)
		}
	}
}

// A person who writes the same words by hand has not published our Post.
func TestAnothersWordsAreNotOurs(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	a := s.Account("acme")
	n := adapter(t, s, a)
	p := publication(n, signIn(t, n), "same", "Good morning")
	a.Post("Good morning", "Web")
	if found, err := n.Find(t.Context(), query(p, "-")); err != nil || found != nil {
		t.Errorf("%+v %v", found, err)
	}
	if err := n.Send(t.Context(), network.Message{ID: "1", Title: "Good morning", Mention: []string{"acme"}}); err != nil {
		t.Fatal(err)
	}
	q := p
	q.Text = "@acme Good morning"
	if found, err := n.Find(t.Context(), query(q, "-")); err != nil || found != nil {
		t.Errorf("a message to the team is taken for a Post: %+v %v", found, err)
	}
	q.Identity.Segment, q.Text = 1, "Second"
	root := network.Publication{Identity: q.Identity, Key: "k", Text: "Second"}
	if _, err := n.Publish(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	if found, err := n.Find(t.Context(), query(q, "-")); err != nil || found != nil {
		t.Errorf("what answers nothing is taken for a later segment: %+v %v", found, err)
	}
}

// What was sent cannot be known by its text any more once that was changed: nobody guesses.
func TestATextThatWasChangedMeanwhile(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{Software: "gotosocial", Version: "0.20.1"})
	a := s.Account("acme")
	n := adapter(t, s, a)
	p := publication(n, signIn(t, n), "changed", "As it was sent")
	q := query(p, "-")
	q.Text, q.Changed = "As it is now", true
	a.Post("By hand", "Web")
	if found, err := n.Find(t.Context(), q); err != nil || found != nil {
		t.Errorf("nothing of ours is there: %+v %v", found, err)
	}
	if _, err := n.Publish(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	_, err := n.Find(t.Context(), q)
	kind(t, err, network.NotSent, "ChangedMeanwhile")
	q.Text = p.Text // something else than the text was changed
	if found, err := n.Find(t.Context(), q); err != nil || found == nil {
		t.Errorf("%+v %v", found, err)
	}
}

func TestScopes(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	a := s.Account("acme")
	n := adapter(t, s, a)
	a.Scopes = []string{"read:accounts", "read:statuses", "write:statuses"}
	who := signIn(t, n)
	for _, ability := range who.Abilities {
		if ability == network.AbilityMedia || ability == network.AbilityProfile {
			t.Errorf("ability %s without its scope", ability)
		}
	}
	_, err := n.Upload(t.Context(), network.Media{Bytes: picture(t)})
	kind(t, err, network.Unauthorized, "ScopeMissing")
	a.Scopes = []string{"read"}
	_, err = n.SignIn(t.Context())
	kind(t, err, network.Unauthorized, "ScopeMissing")
	_, err = n.Publish(t.Context(), publication(n, who, "scope", "Hello"))
	kind(t, err, network.Unauthorized, "ScopeMissing")
	a.Scopes = mastodontest.AllScopes
	a.Suspend()
	_, err = n.SignIn(t.Context())
	kind(t, err, network.Unauthorized, "AccountDisabled")
	a.Revoke()
	_, err = n.Publish(t.Context(), publication(n, who, "scope", "Hello"))
	kind(t, err, network.Unauthorized, "TokenRefused")
	if len(a.Log()) != 0 {
		t.Error("something was published")
	}
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMediaThatIsProcessed(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{ProcessMedia: 1 << 30})
	a := s.Account("acme")
	n := adapter(t, s, a)
	who := signIn(t, n)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := n.Upload(ctx, network.Media{Bytes: picture(t)})
	kind(t, err, network.NotSent, "MediaProcessing")

	// An upload whose processing did not end is no refusal of the Post.
	p := publication(n, who, "processing", "With a picture")
	p.Media = []network.Attachment{{Upload: a.Uploads()[0]}}
	_, err = n.Publish(t.Context(), p)
	kind(t, err, network.NotSent, "MediaProcessing")
	a.DropMedia()
	_, err = n.Publish(t.Context(), p)
	kind(t, err, network.NotSent, "MediaExpired")
	p.Media = nil
	p.Text = ""
	_, err = n.Publish(t.Context(), p)
	kind(t, err, network.Refused, "ValidationFailed")
}

func TestAnEditKeepsThePictures(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	a := s.Account("acme")
	n := adapter(t, s, a)
	p := publication(n, signIn(t, n), "edited", "With a pictur")
	uploaded, err := n.Upload(t.Context(), network.Media{Bytes: picture(t), AltText: "grey"})
	if err != nil {
		t.Fatal(err)
	}
	p.Media = []network.Attachment{uploaded}
	r, err := n.Publish(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		media []network.Attachment
		want  int
	}{{nil, 1}, {[]network.Attachment{}, 0}} {
		p.Text, p.Media = fmt.Sprintf("With %d", c.want), c.media
		if _, err := n.Edit(t.Context(), r.Ref, p); err != nil {
			t.Fatal(err)
		}
		log := a.Log()
		if last := log[len(log)-1]; last.Text != p.Text || len(last.Media) != c.want {
			t.Errorf("%+v, want %d pictures", last, c.want)
		}
	}
	a.Delete(r.ID)
	_, err = n.Edit(t.Context(), r.Ref, p)
	kind(t, err, network.Gone, "StatusGone")
}

func TestTheAvatarIsKnownAgain(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	a := s.Account("acme")
	a.SetProfile(mastodontest.Profile{DisplayName: "Acme", Fields: [][2]string{{"Pronouns", "they"}, {"Homepage", "https://old.example"}}})
	sessions := &conformance.Sessions{}
	n := connect(t, s.URL, a.Token, httpClient(t), sessions).(network.Profiler) //nolint:forcetypeassert // it is one
	if p, err := n.Profile(t.Context()); err != nil || p.AvatarHash != nil || *p.Website != "https://old.example" {
		t.Errorf("%+v %v", p, err)
	}
	site := "https://acme.example"
	if err := n.SetProfile(t.Context(), network.Profile{Website: &site}, &network.Media{Bytes: picture(t)}); err != nil {
		t.Fatal(err)
	}
	if got := a.Profile().Fields; len(got) != 2 || got[0][1] != "they" || got[1] != [2]string{"Homepage", site} {
		t.Errorf("fields %v", got)
	}
	restarted := connect(t, s.URL, a.Token, httpClient(t), sessions).(network.Profiler) //nolint:forcetypeassert // it is one
	p, err := restarted.Profile(t.Context())
	if err != nil || p.AvatarHash == nil || len(*p.AvatarHash) != 64 {
		t.Fatalf("%+v %v", p, err)
	}
	changed := a.Profile()
	changed.Avatar++
	a.SetProfile(changed)
	if q, err := restarted.Profile(t.Context()); err != nil || q.AvatarHash == nil || *q.AvatarHash == *p.AvatarHash {
		t.Errorf("another picture is taken for ours: %+v %v", q, err)
	}
	full := mastodontest.Profile{Fields: [][2]string{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}}
	a.SetProfile(full)
	kind(t, n.SetProfile(t.Context(), network.Profile{Website: &site}, nil), network.Refused, "NoFieldLeft")
	if got := a.Profile().Fields; len(got) != 4 {
		t.Errorf("fields %v", got)
	}
}

func TestMessagesAreMadeToFit(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	s.Account("maria")
	a := s.Account("acme")
	n := adapter(t, s, a)
	signIn(t, n)
	err := n.Send(t.Context(), network.Message{ID: "1", Title: strings.Repeat("ä", 600), Mention: []string{"@maria"}, Link: "https://x.example/1"})
	if err != nil {
		t.Fatal(err)
	}
	if text := a.Log()[0].Text; !strings.HasPrefix(text, "@maria ä") || !strings.HasSuffix(text, "ä…\nhttps://x.example/1") {
		t.Errorf("%q", text)
	}
	for _, name := range []string{"", "@", "maria tom", "@a@b@c", "maria\n@tom"} {
		kind(t, n.Send(t.Context(), network.Message{ID: "2", Title: "x", Mention: []string{name}}), network.Refused, "InvalidMention")
	}
}

// Servers that are none, or mean harm.
func TestBadServers(t *testing.T) {
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed to another host") }))
	defer private.Close()
	elsewhere := strings.Replace(private.URL, "127.0.0.1", "localhost", 1)
	huge := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		chunk := []byte(`"` + strings.Repeat("a", 1<<16) + `",`)
		_, _ = w.Write([]byte(`{"id":[`))
		for range 1600 { // 100 MB
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	answer := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for _, c := range []struct {
		name   string
		h      http.HandlerFunc
		kind   network.Kind
		reason string
	}{
		{"a page", answer(200, "text/html", "<!DOCTYPE html><title>Shop</title>"), network.NotSent, "AnswerNotUnderstood"},
		{"a page for what is not there", answer(404, "text/html", "<h1>Not found</h1>"), network.NotSent, "AnswerNotUnderstood"},
		{"another API", answer(200, "application/json", `{"status":"ok"}`), network.NotSent, "AnswerNotUnderstood"},
		{"a list", answer(200, "application/json", `[]`), network.NotSent, "AnswerNotUnderstood"},
		{"an account without an address", answer(200, "application/json", `{"id":"1","username":"acme","url":""}`), network.NotSent, "AnswerNotUnderstood"},
		{"an id that is a path", answer(200, "application/json", `{"id":"../../admin","username":"acme","url":"https://x.example/@acme"}`), network.NotSent, "AnswerNotUnderstood"},
		{"an application's token", answer(422, "application/json", `{"error":"This method requires an authenticated user"}`), network.Unauthorized, "NotAUsersToken"},
		{"too many calls", answer(429, "application/json", `{"error":"Too many requests"}`), network.RateLimited, "RateLimited"},
		{"down", answer(503, "text/html", "<h1>503</h1>"), network.NotSent, "ServerError"},
		{"100 MB", huge, network.NotSent, "AnswerTooLarge"},
		{"a redirect to another host", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere+r.URL.Path, http.StatusMovedPermanently)
		}, network.Refused, "Redirected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(c.h)
			defer server.Close()
			_, err := connect(t, server.URL, "token-1", httpClient(t), nil).SignIn(t.Context())
			kind(t, err, c.kind, c.reason)
			if err != nil && strings.Contains(err.Error(), "token-1") {
				t.Error("the token is in the error")
			}
		})
	}
	t.Run("a private address", func(t *testing.T) {
		client := httpx.New(httpx.Options{Version: "test"})
		_, err := connect(t, private.URL, "token-1", client, nil).SignIn(t.Context())
		kind(t, err, network.Refused, "DestinationNotAllowed")
	})
	t.Run("a certificate that nobody knows", func(t *testing.T) {
		server := httptest.NewTLSServer(http.NotFoundHandler())
		defer server.Close()
		_, err := connect(t, server.URL, "token-1", httpClient(t), nil).SignIn(t.Context())
		kind(t, err, network.NotSent, "TLSFailed")
	})
}

func TestRateLimitIsATime(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{Fault: func(int) faults.Fault { return faults.Fault{Kind: faults.Refuse} }})
	a := s.Account("acme")
	n := adapter(t, s, a)
	_, err := n.Publish(t.Context(), publication(n, signIn(t, n), "limited", "Hello"))
	kind(t, err, network.RateLimited, "RateLimited")
	var e *network.Error
	if errors.As(err, &e) && (e.RetryAfter <= 0 || e.RetryAfter > 3*time.Second) {
		t.Errorf("RetryAfter %s, want about a second", e.RetryAfter)
	}
}

// What can go wrong on the server itself, and what became of it.
func TestFaultsOfTheServer(t *testing.T) {
	for _, f := range []struct {
		fault  faults.Fault
		stored bool
	}{
		{faults.Fault{Kind: faults.LoseAnswer}, true},
		{faults.Fault{Kind: faults.ErrorAfter}, true},
		{faults.Fault{Kind: faults.ErrorBefore}, false},
		{faults.Fault{Kind: faults.Cut}, true},
	} {
		t.Run(string(f.fault.Kind), func(t *testing.T) {
			s := mastodontest.Start(t, mastodontest.Options{Fault: func(n int) faults.Fault {
				if n == 1 {
					return f.fault
				}
				return faults.Fault{}
			}})
			a := s.Account("acme")
			n := adapter(t, s, a)
			p := publication(n, signIn(t, n), "fault", "Hello")
			_, err := n.Publish(t.Context(), p)
			kind(t, err, network.Ambiguous, "")
			found, err := n.Find(t.Context(), query(p, "-"))
			if err != nil || (found != nil) != f.stored {
				t.Errorf("found %+v %v, stored %v", found, err, f.stored)
			}
			if _, err := n.Publish(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			if len(a.Log()) != 1 {
				t.Errorf("%d statuses", len(a.Log()))
			}
		})
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	for _, server := range []string{"", "mastodon.social", "ftp://mastodon.social", "https://mastodon.social/@acme", "https://a:b@mastodon.social", "https://mastodon.social?x=1"} {
		if _, err := mastodon.New(config(server, "token")); err == nil || !strings.Contains(err.Error(), "spec.mastodon.server") {
			t.Errorf("%q: %v", server, err)
		}
	}
	for _, token := range []string{"", " \n", "two words", "tok\x00en"} {
		if _, err := mastodon.New(config("https://mastodon.social", token)); err == nil || !strings.Contains(err.Error(), "accessToken") || token == "two words" && strings.Contains(err.Error(), token) {
			t.Errorf("%q: %v", token, err)
		}
	}
}
