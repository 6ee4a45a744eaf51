package bluesky_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/bluesky"
	"github.com/tribune-dev/tribune/internal/network/conformance"
)

const (
	ourDID   = "did:plc:ours"
	ourPost  = "at://did:plc:ours/app.bsky.feed.post/3lboooooooooo"
	theirs   = "at://did:plc:theirs/app.bsky.feed.post/3lbpppppppppp"
	password = "abcd-hush-hush-wxyz"
	token    = "eyJhush.access.token"
)

// anyAnswer is what a server answers on which little happens, by method.
var anyAnswer = conformance.Answers{Secrets: []string{password, token}, Name: methodOf, Usual: map[string]string{
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
}}

func methodOf(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/xrpc/") }

// FuzzAnswers gives any answer to one method, and holds the adapter to what the port promises: reads leave nothing unknown, a write is a
// success only if the answer names what was written, an item has what it must have, and a cursor can be gone on from.
func FuzzAnswers(f *testing.F) {
	add := func(method string, status int, body string) { anyAnswer.Add(f, method, status, body) }
	add("app.bsky.notification.listNotifications", 200, `{"cursor":"c","notifications":[{"uri":"`+theirs+`","cid":"c","reason":"reply","indexedAt":"2026-12-01T08:00:00Z",
		"author":{"did":"did:plc:theirs","handle":"maria.test","createdAt":"2020-01-01T00:00:00Z","description":"#nobot"},
		"record":{"text":"Hé @acme.test","createdAt":7,"langs":["en"],"reply":{"root":{"uri":"`+ourPost+`","cid":"c"},"parent":{"uri":"`+ourPost+`","cid":"c"}},
		"facets":[{"index":{"byteStart":2,"byteEnd":14},"features":[{"$type":"app.bsky.richtext.facet#mention","did":"did:plc:ours"}]}],
		"embed":{"media":{"images":[1,2]},"external":{"uri":"https://x.example"}}}}]}`)
	add("app.bsky.notification.listNotifications", 200, `{"notifications":[{"uri":"`+theirs+`","reason":"like","reasonSubject":"`+ourPost+`","indexedAt":"9999-12-31T23:59:59-01:00","author":{"did":"d"}}]}`)
	add("app.bsky.feed.searchPosts", 200, `{"cursor":"2","posts":[{"uri":"`+theirs+`","cid":"c","indexedAt":"0000-01-01T00:00:00+01:00","author":{"did":"did:plc:theirs"},"record":{"text":"acme"}}]}`)
	add("app.bsky.feed.searchPosts", 400, `{"error":"BadQueryString","message":"no"}`)
	add("com.atproto.repo.listRecords", 200, `{"records":[{"uri":"at://did:plc:ours","cid":"c","value":{}}]}`)
	add("com.atproto.repo.listRecords", 200, `{"records":[{"uri":"at://did:plc:ours/app.bsky.feed.threadgate/3lboooooooooo","value":{"hiddenReplies":["`+theirs+`"]}}]}`)
	add("com.atproto.repo.putRecord", 200, `{"uri":"`+theirs+`","cid":"c"}`)
	add("com.atproto.repo.putRecord", 400, `{"error":"InvalidSwap","message":"Record was at bafy"}`)
	add("com.atproto.repo.putRecord", 502, `<html>`)
	add("com.atproto.repo.putRecord", 302, ``)
	add("com.atproto.repo.getRecord", 400, `{"error":"RecordNotFound"}`)
	add("com.atproto.repo.getRecord", 200, `{"uri":"`+ourPost+`","cid":"c","value":{"text":null,"allow":[],"tribuneLock":[],"hiddenReplies":{}}}`)
	add("com.atproto.repo.deleteRecord", 401, `{"error":"ExpiredToken","message":"`+token+`"}`)
	add("com.atproto.server.createSession", 401, `{"error":"AuthFactorTokenRequired","message":"`+password+`"}`)
	add("com.atproto.server.createSession", 401, `{"error":"ExpiredToken","message":"`+token+`"}`)
	add("com.atproto.server.createSession", 401, `{"error":"x`+token+`.x","message":"no"}`)
	add("com.atproto.server.createSession", 200, `{"did":"did:plc:ours"}`)
	add("com.atproto.server.getSession", 200, `{"did":"did:plc:other","handle":"\u0000","active":false,"status":"takendown"}`)
	add("app.bsky.feed.getPosts", 200, `{"posts":[{"uri":"`+ourPost+`","likeCount":-1,"repostCount":9223372036854775807,"quoteCount":9223372036854775807}]}`)
	add("app.bsky.actor.getProfiles", 200, `{"profiles":[{"did":"did:plc:theirs","followersCount":1e3}]}`)
	anyAnswer.Fuzz(f, func(t *testing.T, server *conformance.Answering) {
		n, err := bluesky.New(network.Config{
			HTTP:        server.Client(),
			Credentials: map[string][]byte{bluesky.SecretIdentifier: []byte("acme.test"), bluesky.SecretAppPassword: []byte(password)},
		})
		if err != nil {
			t.Fatal(err)
		}
		server.Listens(t, n, conformance.Heard{
			Query: network.ListenQuery{Queries: []string{"acme"}}, Cursors: true, Lost: func(cursor string) bool { return cursor != "" }, Each: holdsItem,
		})
		reads(t, n, server)
		writes(t, n, server)
	})
}

// holdsItem says what is true of an item of Bluesky beside what is of all.
func holdsItem(t *testing.T, it *network.Item) {
	t.Helper()
	if it.Author.ID == "" || it.Media < 0 || it.Ref.URL != "" && !strings.HasPrefix(it.Ref.URL, "https://bsky.app/profile/") {
		t.Errorf("%+v", it)
	}
	if it.Ours != (it.Author.ID == ourDID) {
		t.Errorf("ours is %v of %s by %s", it.Ours, it.ID, it.Author.ID)
	}
}

func reads(t *testing.T, n network.Network, server *conformance.Answering) {
	t.Helper()
	account, err := n.SignIn(context.Background())
	if e := server.Sound(t, "SignIn", err); e != nil && e.Kind == network.Ambiguous || err == nil && account.ID == "" {
		t.Errorf("SignIn: %+v, %v", account, err)
	}
	seen, err := n.(network.Observer).Observe(context.Background(), network.Ref{ID: ourPost, Revision: "c"}) //nolint:forcetypeassert // it observes
	if e := server.Sound(t, "Observe", err); e != nil && (e.Kind == network.Ambiguous || e.Kind == network.Gone) || err == nil && !seen.Gone && seen.Revision == "" {
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
	if e := server.Sound(t, "Find", err); e != nil && e.Kind == network.Ambiguous || found != nil && found.ID != ourPost {
		t.Errorf("Find: %+v, %v", found, err)
	}
}

func writes(t *testing.T, n network.Network, server *conformance.Answering) {
	t.Helper()
	id := network.Identity{Namespace: "acme", Post: "hello", Edition: 1, Account: ourDID}
	due := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	server.Wrote = false
	receipt, err := n.Publish(context.Background(), network.Publication{Identity: id, Key: "3lboooooooooo", Marker: id.Marker(), Text: "Hello", CreatedAt: due})
	e := server.Sound(t, "Publish", err)
	if err == nil && (receipt.ID != ourPost || receipt.Revision == "") {
		t.Errorf("Publish: %+v", receipt)
	}
	// What a server said in no way that it has may have been done.
	if put := server.Call == "com.atproto.repo.putRecord" && server.Wrote; put && e != nil && e.Kind != network.Ambiguous && (server.Status/100 == 2 || server.Status >= 500) {
		t.Errorf("Publish: %d %q is %s: %v", server.Status, server.Body, e.Kind, err)
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
		server.Sound(t, name, act())
	}
}
