package ghost_test

import (
	"context"
	"net/http"
	"os"
	"sync"
	"testing"

	gh "github.com/tribune-dev/tribune/internal/network/ghost"
	"github.com/tribune-dev/tribune/test/ghost"
)

// shared is one server for all tests of the package. A site is one account, so it is emptied before each case.
var shared struct {
	once   sync.Once
	server *ghost.Server
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.server != nil {
		shared.server.Stop()
	}
	os.Exit(code)
}

func realServer(t *testing.T) *ghost.Server {
	t.Helper()
	ghost.Require(t)
	shared.once.Do(func() { shared.server, shared.err = ghost.Start(context.Background()) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

func realSite(t *testing.T) site {
	t.Helper()
	server := realServer(t)
	if err := server.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	return site{
		server: server.URL, key: server.AdminKey,
		events: func(t *testing.T) []ghost.Event {
			t.Helper()
			events, err := server.Events(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return events
		},
		public: func(t *testing.T) string {
			t.Helper()
			all, err := server.Public(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return all
		},
		api: func(t *testing.T, method, route string, post map[string]any) article {
			t.Helper()
			var out struct {
				Posts []article `json:"posts"`
			}
			var in, into any
			if post != nil {
				in = map[string]any{"posts": []any{post}}
			}
			if method != http.MethodDelete {
				into = &out
			}
			if err := server.API(t.Context(), method, route, in, into); err != nil {
				t.Fatal(err)
			}
			if len(out.Posts) == 0 {
				return article{}
			}
			return out.Posts[0]
		},
	}
}

func TestConformanceGhost(t *testing.T) {
	t.Log("Ghost", realServer(t).Version)
	run(t, gh.Rules, realSite)
}
