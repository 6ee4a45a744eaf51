package wordpress_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tribune-dev/tribune/internal/network"
	wp "github.com/tribune-dev/tribune/internal/network/wordpress"
	"github.com/tribune-dev/tribune/test/wordpress"
)

// shared is one server for all tests of the package; its users have nothing in common.
var shared struct {
	once   sync.Once
	server *wordpress.Server
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

func realServer(t *testing.T) *wordpress.Server {
	t.Helper()
	wordpress.Require(t)
	shared.once.Do(func() { shared.server, shared.err = wordpress.Start(context.Background(), wordpress.Options{}) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// realAccount makes a fresh user. Author is the least that Tribune needs, and what WordPress trusts least with HTML.
func realAccount(t *testing.T, server *wordpress.Server, role string) account {
	t.Helper()
	user, err := server.CreateUser(t.Context(), fmt.Sprintf("%s-%d", role, shared.users.Add(1)), role)
	if err != nil {
		t.Fatal(err)
	}
	return account{
		server: server.URL, name: user.Name, password: user.Password,
		events: func(t *testing.T) []wordpress.Event {
			t.Helper()
			events, err := server.Events(user.ID)
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
		api: func(t *testing.T, method, route string, in any) int64 {
			t.Helper()
			var out struct{ ID int64 }
			if err := server.API(t.Context(), user, method, route, in, &out); err != nil {
				t.Fatal(err)
			}
			return out.ID
		},
	}
}

func TestConformanceWordPress(t *testing.T) {
	server := realServer(t)
	t.Log(server.Version)
	run(t, wp.Rules, notModerating, func(t *testing.T) account { return realAccount(t, server, "author") })
}

// A site whose addresses are as a new one has them keeps its API elsewhere.
func TestPlainPermalinks(t *testing.T) {
	wordpress.Require(t)
	server, err := wordpress.Start(t.Context(), wordpress.Options{PlainPermalinks: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	a := realAccount(t, server, "editor")
	throughLife(t, a)
}

func TestLifeWordPress(t *testing.T) {
	server := realServer(t)
	for _, role := range []string{"administrator", "editor", "author"} {
		t.Run(role, func(t *testing.T) { throughLife(t, realAccount(t, server, role)) })
	}
}

func TestRolesWordPress(t *testing.T) {
	server := realServer(t)
	for _, role := range []string{"contributor", "subscriber"} {
		a := realAccount(t, server, role)
		_, err := connect(t, a.server, client(t), a.name, a.password).SignIn(t.Context())
		wantKind(t, err, network.Unauthorized, "NotAllowed", "may not", "publish articles", a.name, "Author")
	}
}
