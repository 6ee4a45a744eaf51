package bluesky_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/bluesky"
	"github.com/tribune-dev/tribune/test/pds"
)

// shared is one server for all tests of the package; its accounts have nothing in common.
var shared struct {
	once   sync.Once
	server *pds.Server
	err    error
	users  atomic.Int64
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.server != nil {
		shared.server.Stop()
	}
	os.Exit(code)
}

func realServer(t *testing.T) *pds.Server {
	t.Helper()
	pds.Require(t)
	shared.once.Do(func() { shared.server, shared.err = pds.Start(context.Background(), pds.Options{}) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// realUser makes a fresh account with an app password.
func realUser(t *testing.T) user {
	t.Helper()
	server := realServer(t)
	handle := fmt.Sprintf("tribune-%d.test", shared.users.Add(1))
	account, err := server.CreateAccount(t.Context(), handle, "correct-horse-battery")
	if err != nil {
		t.Fatal(err)
	}
	password, err := account.AppPassword(t.Context(), "tribune")
	if err != nil {
		t.Fatal(err)
	}
	return user{
		server: server.URL, did: account.DID, handle: handle, appPassword: password,
		log: func(t *testing.T) []op {
			t.Helper()
			commits, err := server.Commits(t.Context(), account.DID)
			if err != nil {
				t.Fatal(err)
			}
			var out []op
			for _, c := range commits {
				if c.Collection == "app.bsky.feed.post" {
					out = append(out, op{c.Action, c.RKey, c.Record})
				}
			}
			return out
		},
		put: func(t *testing.T, rkey, text string) {
			t.Helper()
			err := account.Put(t.Context(), rkey, map[string]any{
				"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-01-02T03:04:05.000Z",
			})
			if err != nil {
				t.Fatal(err)
			}
		},
		expired: func() (string, string) { return server.ExpiredTokens(account.DID) },
		remove: func(t *testing.T, rkey string) {
			t.Helper()
			must(t, account.Delete(t.Context(), rkey))
		},
		takeDown: func(t *testing.T, rkey, cid string) {
			t.Helper()
			must(t, server.TakeDown(t.Context(), "at://"+account.DID+"/app.bsky.feed.post/"+rkey, cid))
		},
		suspend: func(t *testing.T) {
			t.Helper()
			must(t, server.TakeDownAccount(t.Context(), account.DID))
		},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestConformancePDS(t *testing.T) {
	realServer(t)
	rules := bluesky.Rules
	// This version of the server still has the lexicon of before, with half the size; see docs/networks/bluesky.md.
	rules.MaxMediaBytes = 1_000_000
	run(t, rules, []network.Ability{network.AbilityListen, network.AbilityMute, network.AbilityReport}, realUser)
}

// TestActOnPDS: the records by which the adapter hides, locks, blocks and likes are taken by the real server, which knows their lexicons.
func TestActOnPDS(t *testing.T) {
	u := realUser(t)
	other := realUser(t)
	n := connectWith(t, u, u.server, http.DefaultClient, nil, u.appPassword)
	m := connectWith(t, other, other.server, http.DefaultClient, nil, other.appPassword)
	publish := func(n network.Network, name string, did string) network.Ref {
		id := network.Identity{Namespace: "team", Post: name, Edition: 1, Account: did}
		r, err := n.Publish(t.Context(), network.Publication{
			Identity: id, Key: n.Key(id, time.Now(), 0), Marker: id.Marker(), Text: name, CreatedAt: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		return r.Ref
	}
	root, insult := publish(n, "root", u.did), publish(m, "insult", other.did)
	target := network.Target{Ref: insult, Post: root.ID, AuthorID: other.did}
	act, ctx, person := n.(*bluesky.Bluesky), t.Context(), network.Person{ID: other.did}
	for i, do := range []func() error{
		func() error { return act.Hide(ctx, target) }, func() error { return act.Hide(ctx, target) },
		func() error { return act.Unhide(ctx, target) }, func() error { return act.Unhide(ctx, target) },
		func() error { return act.Hide(ctx, target) },
		func() error { _, err := act.LockThread(ctx, target); return err }, func() error { _, err := act.LockThread(ctx, target); return err },
		func() error { return act.UnlockThread(ctx, target) }, func() error { return act.UnlockThread(ctx, target) },
		func() error { return act.Block(ctx, person) }, func() error { return act.Block(ctx, person) },
		func() error { return act.Unblock(ctx, person) }, func() error { return act.Unblock(ctx, person) },
		func() error { return act.React(ctx, target, "") }, func() error { return act.React(ctx, target, "❤️") },
		func() error { return act.Unreact(ctx, target, "") }, func() error { return act.Unreact(ctx, target, "") },
	} {
		if err := do(); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	commits, err := realServer(t).Commits(ctx, u.did)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range commits {
		if c.Collection != "app.bsky.feed.post" {
			got = append(got, c.Action+" "+c.Collection)
		}
	}
	want := []string{
		"create app.bsky.feed.threadgate", "update app.bsky.feed.threadgate", "update app.bsky.feed.threadgate",
		"update app.bsky.feed.threadgate", "update app.bsky.feed.threadgate",
		"create app.bsky.graph.block", "delete app.bsky.graph.block", "create app.bsky.feed.like", "delete app.bsky.feed.like",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
