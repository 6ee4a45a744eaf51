package bluesky_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

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
	run(t, rules, realUser)
}
