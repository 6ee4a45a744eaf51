package wordpress_test

import (
	"html"
	"strconv"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
	"github.com/tribune-dev/tribune/internal/network/wordpress/wordpresstest"
)

func commentID(id string) int64 {
	n, _ := strconv.ParseInt(strings.TrimPrefix(id, "comment/"), 10, 64)
	return n
}

// community is who comments on the fake site.
func community(s *wordpresstest.Server, a account) *conformance.Community {
	one := func(t *testing.T, id int64) wordpresstest.Comment {
		t.Helper()
		for _, c := range s.Comments() {
			if c.ID == id {
				return c
			}
		}
		t.Fatalf("there is no comment %d", id)
		return wordpresstest.Comment{}
	}
	return &conformance.Community{
		Kinds: []network.ItemKind{network.ItemComment},
		Say: func(_ *testing.T, said conformance.Saying) string {
			post, _ := strconv.ParseInt(said.Under.ID, 10, 64)
			return "comment/" + strconv.FormatInt(s.Comment(wordpresstest.Comment{
				Post: post, Name: said.By, Email: said.By + "@mail.example", Content: html.EscapeString(said.Text), Status: "approved",
			}), 10)
		},
		Edit: func(t *testing.T, id, text string) {
			c := one(t, commentID(id))
			c.Content = html.EscapeString(text)
			s.Comment(c)
		},
		Delete: func(_ *testing.T, id string) { s.DropComment(commentID(id)) },
		SayOurs: func(t *testing.T, item network.Item, text string) string {
			post, _ := strconv.ParseInt(item.Post, 10, 64)
			return "comment/" + strconv.FormatInt(a.api(t, "POST", "/wp/v2/comments", map[string]any{
				"post": post, "parent": commentID(item.ID), "content": text, "status": "approved",
			}), 10)
		},
		Moderate: func(t *testing.T, id string, deed conformance.Deed) {
			c := one(t, commentID(id))
			c.Status = map[conformance.Deed]string{conformance.DeedHide: "hold", conformance.DeedShow: "approved", conformance.DeedRemove: "spam"}[deed]
			s.Comment(c)
		},
		Thread: func(_ *testing.T, publication network.Ref) conformance.ThreadState {
			post, _ := strconv.ParseInt(publication.ID, 10, 64)
			return conformance.ThreadState{Locked: s.Closed(post)}
		},
		State: func(t *testing.T, item network.Item) conformance.ItemState {
			c := one(t, commentID(item.ID))
			return conformance.ItemState{Hidden: c.Status == "hold", Removed: c.Status == "trash"}
		},
	}
}

// answers are what the account answered in public.
func answers(s *wordpresstest.Server, a account) func(t *testing.T) []conformance.Entry {
	return func(*testing.T) []conformance.Entry {
		var out []conformance.Entry
		for _, c := range s.Comments() {
			if c.Name == a.name && c.Status == "approved" {
				e := conformance.Entry{Action: conformance.Created, ID: "comment/" + strconv.FormatInt(c.ID, 10), Text: html.UnescapeString(c.Content)}
				if c.Parent != 0 {
					e.Parent = "comment/" + strconv.FormatInt(c.Parent, 10)
				}
				out = append(out, e)
			}
		}
		return out
	}
}
