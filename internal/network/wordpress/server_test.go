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

// TestModerateWordPress: comments on the real site are told, moved between its states, and answered once.
func TestModerateWordPress(t *testing.T) {
	a := realAccount(t, realServer(t), "editor")
	post := a.api(t, "POST", "/wp/v2/posts", map[string]any{"status": "publish", "title": "A question", "content": "<p>What do you think?</p>"})
	id := a.api(t, "POST", "/wp/v2/comments", map[string]any{"post": post, "content": "Tom &amp; <b>Ada</b> like it"})
	n, ok := connect(t, a.server, client(t), a.name, a.password).(*wp.WordPress)
	if !ok {
		t.Fatal("no adapter")
	}
	listen := func(cursor string) network.Listening {
		t.Helper()
		got, err := n.Listen(t.Context(), network.ListenQuery{Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := listen("")
	item := got.Items[len(got.Items)-1]
	if item.ID != fmt.Sprintf("comment/%d", id) || item.Text != "Tom & Ada like it" || item.Post != fmt.Sprint(post) || !item.Ours {
		t.Fatalf("%+v", item)
	}
	target := network.Target{Ref: item.Ref}
	for _, step := range []struct {
		what            string
		do              func(context.Context, network.Target) error
		hidden, removed bool
	}{
		{"hide", n.Hide, true, false}, {"hide again", n.Hide, true, false}, {"unhide", n.Unhide, false, false},
		{"remove", n.Remove, false, true}, {"remove again", n.Remove, false, true}, {"hide what is removed", n.Hide, false, true},
		{"restore", n.Restore, false, false}, {"restore again", n.Restore, false, false},
	} {
		if err := step.do(t.Context(), target); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		all := listen("").Items
		if now := all[len(all)-1]; now.ID != item.ID || now.Hidden != step.hidden || now.Removed != step.removed {
			t.Errorf("%s: %+v", step.what, now)
		}
	}
	ident := network.Identity{Namespace: "team", Post: "answer", Edition: 1}
	p := network.Publication{Identity: ident, Key: "k", Marker: ident.Marker(), Text: "Thank you <all> & goodbye", Parent: &item.Ref}
	prepared, err := n.Prepare(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	found, err := n.Prepared(t.Context(), network.Query{Identity: ident})
	if err != nil || len(found) != 1 || found[0].ID != prepared.ID {
		t.Fatalf("prepared %+v, %v", found, err)
	}
	if again, err := n.Prepare(t.Context(), p); err != nil || again.ID != prepared.ID {
		t.Errorf("prepared again: %+v, %v", again, err)
	}
	p.Prepared = &prepared
	for existing := range 2 {
		r, err := n.Publish(t.Context(), p)
		if err != nil || r.ID != prepared.ID || r.Existing != (existing == 1) {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	if o, err := n.Observe(t.Context(), prepared); err != nil || o.Text != p.Text {
		t.Errorf("%+v, %v", o, err)
	}
	items := listen(got.Cursor).Items
	if last := items[len(items)-1]; !last.Ours || last.Parent != item.ID || last.Text != p.Text {
		t.Errorf("our answer is told as %+v", last)
	}
	if err := n.Delete(t.Context(), prepared); err != nil {
		t.Error(err)
	}
	if err := n.Restore(t.Context(), network.Target{Ref: network.Ref{ID: "comment/987654"}}); network.KindOf(err) != network.Gone {
		t.Errorf("restoring what never was: %v", err)
	}
}

// TestLockWordPress: the real site closes and opens the comments of an article, and says so.
func TestLockWordPress(t *testing.T) {
	a := realAccount(t, realServer(t), "editor")
	post := a.api(t, "POST", "/wp/v2/posts", map[string]any{"status": "publish", "title": "A quarrel", "content": "<p>What do you think?</p>"})
	a.api(t, "POST", "/wp/v2/comments", map[string]any{"post": post, "content": "No, you are wrong"})
	n, ok := connect(t, a.server, client(t), a.name, a.password).(*wp.WordPress)
	if !ok {
		t.Fatal("no adapter")
	}
	target := network.Target{Post: fmt.Sprint(post)}
	for range 2 {
		for times := range 2 {
			if already, err := n.LockThread(t.Context(), target); err != nil || already != (times > 0) {
				t.Errorf("locked %d times: already %t, %v", times+1, already, err)
			}
		}
		for range 2 {
			if err := n.UnlockThread(t.Context(), target); err != nil {
				t.Error(err)
			}
		}
	}
	a.api(t, "POST", "/wp/v2/comments", map[string]any{"post": post, "content": "It is open again"})
	if already, err := n.LockThread(t.Context(), network.Target{Post: "987654"}); err != nil || already {
		t.Errorf("locking what is not there: already %t, %v", already, err)
	}
}
