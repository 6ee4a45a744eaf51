package local_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

// A message stands on the account's page, once, and not among what is published.
func TestMessageToTheTeam(t *testing.T) {
	s := start(t)
	n := connect(t, s.url, "team", "square", token, client(t))
	m := network.Message{ID: "m1", Title: "Post launch failed", Text: "The network <refused> it.", Mention: []string{"@maria"},
		Facts: [][2]string{{"Channel", "bluesky"}}, Link: "https://acme.example/launch", LinkTitle: "Open the post"}
	for range 2 {
		if err := n.(network.Messenger).Send(t.Context(), m); err != nil { //nolint:forcetypeassert // it says so itself
			t.Fatal(err)
		}
		m.Repeat = true
	}
	if _, err := n.Publish(t.Context(), publication(n, "team/square", "hello")); err != nil {
		t.Fatal(err)
	}
	var told wire.Posts
	s.get(t, "/api/v1/team/square/posts?kind=Message", &told)
	const text = "Post launch failed\n@maria\n\nThe network <refused> it.\n\nChannel: bluesky"
	if len(told.Posts) != 1 || told.Posts[0].Text != text || told.Posts[0].To != wire.TeamHandle {
		t.Errorf("%+v", told.Posts)
	}
	for path, want := range map[string]bool{"/@team/square": true, "/": false} {
		page := read(t, s.url+path)
		if got := strings.Contains(page, "The network &lt;refused&gt; it."); got != want {
			t.Errorf("%s shows the message: %v, want %v", path, got, want)
		}
		if want && (!strings.Contains(page, "Told to the team") || !strings.Contains(page, `href="https://acme.example/launch"`)) {
			t.Errorf("%s lacks the heading or the link", path)
		}
	}
	long := network.Message{ID: "long", Title: "Long", Text: strings.Repeat("👩🏽‍🚀", 6000)}
	if err := n.(network.Messenger).Send(t.Context(), long); err != nil { //nolint:forcetypeassert // as above
		t.Errorf("a long message: %v", err)
	}
}

func read(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url) //nolint:gosec // a test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
