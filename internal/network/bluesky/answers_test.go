package bluesky_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/bluesky"
)

const (
	ourDID   = "did:plc:ours"
	ourPost  = "at://did:plc:ours/app.bsky.feed.post/3lboooooooooo"
	theirs   = "at://did:plc:theirs/app.bsky.feed.post/3lbpppppppppp"
	password = "abcd-hush-hush-wxyz"
	token    = "eyJhush.access.token"
)

// scripted answers one method with what it was given, and the others as a server does on which little happens.
type scripted struct {
	method string
	status int
	body   []byte
	wrote  bool // the scripted method was a write that was asked for
}

var usual = map[string]string{
	"com.atproto.server.createSession":        `{"did":"did:plc:ours","handle":"acme.test","accessJwt":"` + token + `","refreshJwt":"r"}`,
	"com.atproto.server.refreshSession":       `{"did":"did:plc:ours","handle":"acme.test","accessJwt":"` + token + `","refreshJwt":"r2"}`,
	"com.atproto.server.getSession":           `{"did":"did:plc:ours","handle":"acme.test","active":true}`,
	"com.atproto.repo.listRecords":            `{"records":[]}`,
	"com.atproto.repo.getRecord":              `{"uri":"` + ourPost + `","cid":"c","value":{"text":"Hello","createdAt":"2026-12-01T08:00:00Z"}}`,
	"com.atproto.repo.putRecord":              `{"uri":"` + ourPost + `","cid":"c","commit":{"cid":"x","rev":"y"}}`,
	"com.atproto.repo.deleteRecord":           `{}`,
	"app.bsky.notification.listNotifications": `{"notifications":[]}`,
	"app.bsky.feed.searchPosts":               `{"posts":[]}`,
	"app.bsky.feed.getPosts":                  `{"posts":[]}`,
	"app.bsky.actor.getProfile":               `{"did":"did:plc:ours","followersCount":4}`,
	"app.bsky.actor.getProfiles":              `{"profiles":[]}`,
	"com.atproto.identity.resolveHandle":      `{"did":"did:plc:theirs"}`,
	"com.atproto.moderation.createReport":     `{"id":1}`,
	"app.bsky.graph.muteActor":                `{}`,
}

var methods = func() []string {
	var all []string
	for m := range usual {
		all = append(all, m)
	}
	slices.Sort(all)
	return all
}()

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	method := strings.TrimPrefix(r.URL.Path, "/xrpc/")
	status, body := http.StatusOK, []byte(usual[method])
	if method == s.method {
		status, body = s.status, s.body
		s.wrote = s.wrote || r.Method == http.MethodPost
	}
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

// sound is true for an error as the port asks for it, which shows no secret.
func sound(t *testing.T, what string, err error) *network.Error {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *network.Error
	if !errors.As(err, &e) || e.Kind == "" || e.Reason == "" || e.Message == "" || strings.ContainsAny(e.Reason, " \n\x00") || !utf8.ValidString(err.Error()) {
		t.Fatalf("%s: %#v", what, err)
	}
	if len(err.Error()) > 8*network.MaxQuoted {
		t.Errorf("%s: an error of %d bytes", what, len(err.Error()))
	}
	for _, secret := range []string{password, token} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error shows a secret: %v", what, err)
		}
	}
	return e
}

// FuzzAnswers gives any answer to one method, and holds the adapter to what the port promises: reads leave nothing unknown, a write is a
// success only if the answer names what was written, an item has what it must have, and a cursor can be gone on from.
func FuzzAnswers(f *testing.F) {
	at := func(method string) byte { return byte(slices.Index(methods, method)) } //nolint:gosec // few
	f.Add(at("app.bsky.notification.listNotifications"), 200, []byte(`{"cursor":"c","notifications":[{"uri":"`+theirs+`","cid":"c","reason":"reply","indexedAt":"2026-12-01T08:00:00Z",
		"author":{"did":"did:plc:theirs","handle":"maria.test","createdAt":"2020-01-01T00:00:00Z","description":"#nobot"},
		"record":{"text":"Hé @acme.test","createdAt":7,"langs":["en"],"reply":{"root":{"uri":"`+ourPost+`","cid":"c"},"parent":{"uri":"`+ourPost+`","cid":"c"}},
		"facets":[{"index":{"byteStart":2,"byteEnd":14},"features":[{"$type":"app.bsky.richtext.facet#mention","did":"did:plc:ours"}]}],
		"embed":{"media":{"images":[1,2]},"external":{"uri":"https://x.example"}}}}]}`))
	f.Add(at("app.bsky.notification.listNotifications"), 200, []byte(`{"notifications":[{"uri":"`+theirs+`","reason":"like","reasonSubject":"`+ourPost+`","indexedAt":"9999-12-31T23:59:59-01:00","author":{"did":"d"}}]}`))
	f.Add(at("app.bsky.feed.searchPosts"), 200, []byte(`{"cursor":"2","posts":[{"uri":"`+theirs+`","cid":"c","indexedAt":"0000-01-01T00:00:00+01:00","author":{"did":"did:plc:theirs"},"record":{"text":"acme"}}]}`))
	f.Add(at("app.bsky.feed.searchPosts"), 400, []byte(`{"error":"BadQueryString","message":"no"}`))
	f.Add(at("com.atproto.repo.listRecords"), 200, []byte(`{"records":[{"uri":"at://did:plc:ours","cid":"c","value":{}}]}`))
	f.Add(at("com.atproto.repo.listRecords"), 200, []byte(`{"records":[{"uri":"at://did:plc:ours/app.bsky.feed.threadgate/3lboooooooooo","value":{"hiddenReplies":["`+theirs+`"]}}]}`))
	f.Add(at("com.atproto.repo.putRecord"), 200, []byte(`{"uri":"`+theirs+`","cid":"c"}`))
	f.Add(at("com.atproto.repo.putRecord"), 400, []byte(`{"error":"InvalidSwap","message":"Record was at bafy"}`))
	f.Add(at("com.atproto.repo.putRecord"), 502, []byte(`<html>`))
	f.Add(at("com.atproto.repo.putRecord"), 302, []byte(``))
	f.Add(at("com.atproto.repo.getRecord"), 400, []byte(`{"error":"RecordNotFound"}`))
	f.Add(at("com.atproto.repo.getRecord"), 200, []byte(`{"uri":"`+ourPost+`","cid":"c","value":{"text":null,"allow":[],"tribuneLock":[],"hiddenReplies":{}}}`))
	f.Add(at("com.atproto.repo.deleteRecord"), 401, []byte(`{"error":"ExpiredToken","message":"`+token+`"}`))
	f.Add(at("com.atproto.server.createSession"), 401, []byte(`{"error":"AuthFactorTokenRequired","message":"`+password+`"}`))
	f.Add(at("com.atproto.server.createSession"), 200, []byte(`{"did":"did:plc:ours"}`))
	f.Add(at("com.atproto.server.getSession"), 200, []byte(`{"did":"did:plc:other","handle":"\u0000","active":false,"status":"takendown"}`))
	f.Add(at("app.bsky.feed.getPosts"), 200, []byte(`{"posts":[{"uri":"`+ourPost+`","likeCount":-1,"repostCount":9223372036854775807,"quoteCount":9223372036854775807}]}`))
	f.Add(at("app.bsky.actor.getProfiles"), 200, []byte(`{"profiles":[{"did":"did:plc:theirs","followersCount":1e3}]}`))
	f.Fuzz(func(t *testing.T, which byte, status int, body []byte) {
		server := &scripted{method: methods[int(which)%len(methods)], status: 100 + (status%500+500)%500, body: body}
		if status >= 100 && status < 600 {
			server.status = status
		}
		n, err := bluesky.New(network.Config{
			HTTP:        &http.Client{Transport: server, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
			Credentials: map[string][]byte{bluesky.SecretIdentifier: []byte("acme.test"), bluesky.SecretAppPassword: []byte(password)},
		})
		if err != nil {
			t.Fatal(err)
		}
		listens(t, n)
		reads(t, n)
		writes(t, n, server)
	})
}

// listens twice: the second time from where the first one ended.
func listens(t *testing.T, n network.Network) {
	t.Helper()
	query := network.ListenQuery{Queries: []string{"acme"}}
	for range 2 {
		heard, err := n.(network.Listener).Listen(context.Background(), query) //nolint:forcetypeassert // it listens
		if e := sound(t, "Listen", err); e != nil {
			if e.Kind == network.Ambiguous || e.Kind == network.Gone && query.Cursor == "" {
				t.Errorf("Listen: %s %v", e.Kind, err)
			}
			return
		}
		if heard.Cursor == "" {
			t.Fatal("Listen gave no cursor")
		}
		for _, it := range heard.Items {
			if it.ID == "" || it.Kind == "" || it.Author.ID == "" || it.Media < 0 || it.Ref.URL != "" && !strings.HasPrefix(it.Ref.URL, "https://bsky.app/profile/") {
				t.Errorf("%+v", it)
			}
			for _, s := range append(append([]string{it.Text, it.ID, it.Language, it.Author.Handle}, it.Mentions...), it.Links...) {
				if !utf8.ValidString(s) {
					t.Errorf("%q of %s is no text", s, it.ID)
				}
			}
			if _, err := json.Marshal(it); err != nil {
				t.Errorf("the item cannot be written: %v", err)
			}
			if it.Ours != (it.Author.ID == ourDID) {
				t.Errorf("ours is %v of %s by %s", it.Ours, it.ID, it.Author.ID)
			}
		}
		query.Cursor = heard.Cursor
	}
}

func reads(t *testing.T, n network.Network) {
	t.Helper()
	account, err := n.SignIn(context.Background())
	if e := sound(t, "SignIn", err); e != nil && e.Kind == network.Ambiguous || err == nil && account.ID == "" {
		t.Errorf("SignIn: %+v, %v", account, err)
	}
	seen, err := n.(network.Observer).Observe(context.Background(), network.Ref{ID: ourPost, Revision: "c"}) //nolint:forcetypeassert // it observes
	if e := sound(t, "Observe", err); e != nil && (e.Kind == network.Ambiguous || e.Kind == network.Gone) || err == nil && !seen.Gone && seen.Revision == "" {
		t.Errorf("Observe: %+v, %v", seen, err)
	}
	if m := seen.Metrics; m != nil {
		for name, value := range map[string]*int64{"reactions": m.Reactions, "shares": m.Shares, "replies": m.Replies} {
			if value != nil && *value < 0 {
				t.Errorf("%d %s", *value, name)
			}
		}
	}
	id := network.Identity{Namespace: "acme", Post: "hello", Edition: 1, Account: ourDID}
	found, err := n.(network.Finder).Find(context.Background(), network.Query{Identity: id, Key: "3lboooooooooo"}) //nolint:forcetypeassert // it finds
	if e := sound(t, "Find", err); e != nil && e.Kind == network.Ambiguous || found != nil && found.ID != ourPost {
		t.Errorf("Find: %+v, %v", found, err)
	}
}

func writes(t *testing.T, n network.Network, server *scripted) {
	t.Helper()
	id := network.Identity{Namespace: "acme", Post: "hello", Edition: 1, Account: ourDID}
	due := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	server.wrote = false
	receipt, err := n.Publish(context.Background(), network.Publication{Identity: id, Key: "3lboooooooooo", Marker: id.Marker(), Text: "Hello", CreatedAt: due})
	e := sound(t, "Publish", err)
	if err == nil && (receipt.ID != ourPost || receipt.Revision == "") {
		t.Errorf("Publish: %+v", receipt)
	}
	// What a server said in no way that it has may have been done.
	if put := server.method == "com.atproto.repo.putRecord" && server.wrote; put && e != nil && e.Kind != network.Ambiguous && (server.status/100 == 2 || server.status >= 500) {
		t.Errorf("Publish: %d %q is %s: %v", server.status, server.body, e.Kind, err)
	}
	target := network.Target{Ref: network.Ref{ID: theirs, Revision: "c"}, Post: ourPost}
	person := network.Person{ID: "did:plc:theirs"}
	//nolint:forcetypeassert // it can all of this
	for name, act := range map[string]func() error{
		"Delete":     func() error { return n.(network.Deleter).Delete(context.Background(), network.Ref{ID: ourPost}) },
		"Hide":       func() error { return n.(network.Hider).Hide(context.Background(), target) },
		"LockThread": func() error { _, err := n.(network.ThreadLocker).LockThread(context.Background(), target); return err },
		"Unlock":     func() error { return n.(network.ThreadLocker).UnlockThread(context.Background(), target) },
		"Block":      func() error { return n.(network.Blocker).Block(context.Background(), person) },
		"Unblock":    func() error { return n.(network.Blocker).Unblock(context.Background(), person) },
		"Mute":       func() error { return n.(network.Muter).Mute(context.Background(), person, time.Time{}) },
		"Report":     func() error { return n.(network.Reporter).Report(context.Background(), target, "spam") },
	} {
		sound(t, name, act())
	}
}
