package ghost_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/test/ghost"
)

// The judge must see what came and went, or it proves nothing.
func TestEventsSeeWhatWasPublic(t *testing.T) {
	ghost.Require(t)
	s, err := ghost.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	t.Log("Ghost", s.Version)
	if err := s.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	type post struct {
		ID        string           `json:"id,omitempty"`
		Title     string           `json:"title,omitempty"`
		Status    string           `json:"status,omitempty"`
		UpdatedAt string           `json:"updated_at,omitempty"`
		Tags      []map[string]any `json:"tags,omitempty"`
	}
	type posts struct {
		Posts []post `json:"posts"`
	}
	call := func(method, route string, p post) post {
		t.Helper()
		var out posts
		if err := s.API(t.Context(), method, route, posts{[]post{p}}, &out); err != nil {
			t.Fatal(err)
		}
		return out.Posts[0]
	}
	p := call(http.MethodPost, "/posts/", post{Title: "A secret", Status: "draft", Tags: []map[string]any{{"name": "seen"}, {"name": "#unseen"}}})
	route := "/posts/" + p.ID + "/"
	public, err := s.Public(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(public, "A secret") {
		t.Error("a draft is public")
	}
	p = call(http.MethodPut, route, post{Status: "published", UpdatedAt: p.UpdatedAt})
	call(http.MethodPut, route, post{Title: "No secret", UpdatedAt: p.UpdatedAt})
	events, err := s.Events(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, e.Action+" "+e.Title+" "+strings.Join(append(e.Tags, e.Internal...), ","))
	}
	if diff := cmp.Diff([]string{"Created A secret seen,#unseen", "Updated No secret seen,#unseen"}, got); diff != "" {
		t.Error(diff)
	}
	if err := s.API(t.Context(), http.MethodDelete, route, nil, nil); err != nil {
		t.Fatal(err)
	}
	if events, err = s.Events(t.Context()); err != nil || len(events) != 3 || events[2].Action != "Deleted" {
		t.Errorf("%+v, %v", events, err)
	}
}
