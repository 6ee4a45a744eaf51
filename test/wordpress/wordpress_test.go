package wordpress_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/test/wordpress"
)

// The judge must see what came and went, or it proves nothing.
func TestEventsSeeWhatWasPublic(t *testing.T) {
	wordpress.Require(t)
	s, err := wordpress.Start(t.Context(), wordpress.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	t.Log(s.Version)
	author, err := s.CreateUser(t.Context(), "writer", "author")
	if err != nil {
		t.Fatal(err)
	}
	post := func(route string, in map[string]any) int64 {
		t.Helper()
		var out struct{ ID int64 }
		if err := s.API(t.Context(), author, http.MethodPost, route, in, &out); err != nil {
			t.Fatal(err)
		}
		return out.ID
	}
	draft := post("/wp/v2/posts", map[string]any{"title": "Hidden", "content": "a secret", "status": "draft"})
	public, err := s.Public(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(public, "a secret") {
		t.Error("a draft is public")
	}
	route := fmt.Sprintf("/wp/v2/posts/%d", draft)
	post(route, map[string]any{"status": "publish"})
	post(route, map[string]any{"content": "no secret"})
	if err := s.API(t.Context(), author, http.MethodDelete, route, nil, nil); err != nil {
		t.Fatal(err)
	}
	events, err := s.Events(author.ID)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, e.Action+" "+e.Title+" "+e.Content)
	}
	want := []string{"Created Hidden a secret", "Updated Hidden no secret", "Deleted Hidden no secret"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
