package wordpresstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Comment under an article, as it is stored.
type Comment struct {
	ID, Post, Parent, Author                              int64
	Name, Email, Site, Content, Status, UserAgent, Posted string
}

// Comment stores one, or changes the one with its ID, behind the API's back; it gives its number.
func (s *Server) Comment(c Comment) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.comment(c)
}

func (s *Server) comment(c Comment) int64 {
	if s.comments == nil {
		s.comments = map[int64]*Comment{}
	}
	if c.ID == 0 {
		c.ID = s.next()
	}
	if c.Posted == "" {
		c.Posted = time.Now().UTC().Format(layout)
	}
	s.comments[c.ID] = &c
	return c.ID
}

// Comments are all of them, by number.
func (s *Server) Comments() []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Comment
	for _, c := range s.comments {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Comment) int { return int(a.ID - b.ID) })
	return out
}

// Closed is true for an article that takes no comments.
func (s *Server) Closed(post int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.posts[post]
	return p != nil && p.comments == "closed"
}

// DropComment deletes one for good.
func (s *Server) DropComment(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.comments, id)
}

func (s *Server) showComment(c *Comment) map[string]any {
	return map[string]any{
		"id": c.ID, "post": c.Post, "parent": c.Parent, "author": c.Author, "author_name": c.Name, "author_email": c.Email, "author_url": c.Site,
		"author_user_agent": c.UserAgent, "date_gmt": c.Posted, "link": fmt.Sprintf("%s/?p=%d#comment-%d", s.URL, c.Post, c.ID), "status": c.Status,
		"content": map[string]string{"raw": c.Content, "rendered": "<p>" + c.Content + "</p>"},
	}
}

// comments answers /wp/v2/comments and what is below it.
func (c *call) comments(id int64) {
	one := c.s.comments[id]
	switch {
	case id != 0 && one == nil:
		c.no(http.StatusNotFound, "rest_comment_invalid_id", "Invalid comment ID.")
	case c.r.Method == http.MethodGet && id != 0:
		c.json(http.StatusOK, c.s.showComment(one))
	case c.r.Method == http.MethodGet:
		c.listComments()
	case !c.user.can("moderate_comments"):
		c.no(http.StatusForbidden, "rest_cannot_edit", "Sorry, you are not allowed to edit this comment.")
	case c.r.Method == http.MethodPost:
		c.storeComment(one)
	default:
		c.no(http.StatusNotFound, "rest_no_route", "No route was found matching the URL and request method.")
	}
}

func (c *call) listComments() {
	q := c.r.URL.Query()
	status := q.Get("status")
	if (status != "" && status != "approve" || q.Get("context") == "edit") && !c.user.can("moderate_comments") {
		c.no(http.StatusForbidden, "rest_forbidden_context", "Sorry, you are not allowed to edit comments.")
		return
	}
	var found []*Comment
	for _, one := range c.s.comments {
		shown := one.Status == status || status == "" && one.Status == "approved" ||
			status == "all" && (one.Status == "approved" || one.Status == "hold")
		if p := q.Get("post"); shown && (p == "" || p == strconv.FormatInt(one.Post, 10)) && (q.Get("author") == "" || q.Get("author") == strconv.FormatInt(one.Author, 10)) {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b *Comment) int {
		if q.Get("order") == "asc" {
			return int(a.ID - b.ID)
		}
		return int(b.ID - a.ID)
	})
	c.w.Header().Set("X-WP-Total", strconv.Itoa(len(found)))
	offset, _ := strconv.Atoi(q.Get("offset"))
	limit, err := strconv.Atoi(q.Get("per_page"))
	if err != nil {
		limit = 10
	}
	found = found[min(offset, len(found)):]
	out := []any{}
	for _, one := range found[:min(limit, len(found))] {
		out = append(out, c.s.showComment(one))
	}
	c.json(http.StatusOK, out)
}

func (c *call) storeComment(one *Comment) {
	var in struct {
		Post, Parent    int64
		Content, Status string
		AuthorUserAgent string `json:"author_user_agent"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&in); err != nil {
		c.no(http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.")
		return
	}
	switch in.Status { // an unknown one answers 200 and changes nothing
	case "approve":
		in.Status = "approved"
	case "approved", "hold", "spam", "trash":
	default:
		in.Status = ""
	}
	if one == nil {
		if p := c.s.posts[in.Post]; p != nil && p.comments == "closed" {
			c.no(http.StatusForbidden, "rest_comment_closed", "Sorry, comments are closed for this item.")
			return
		}
		for _, other := range c.s.comments {
			if other.Post == in.Post && other.Author == c.user.ID && strings.EqualFold(other.Content, in.Content) && other.Status != "trash" {
				c.no(http.StatusConflict, "comment_duplicate", "Duplicate comment detected; it looks as though you've already said that!")
				return
			}
		}
		id := c.s.comment(Comment{
			Post: in.Post, Parent: in.Parent, Author: c.user.ID, Name: c.user.Name, Content: in.Content, Status: in.Status, UserAgent: in.AuthorUserAgent,
		})
		c.json(http.StatusCreated, c.s.showComment(c.s.comments[id]))
		return
	}
	one.UserAgent = in.AuthorUserAgent
	if in.AuthorUserAgent == "" { // the real one does so, too
		one.UserAgent = c.r.UserAgent()
	}
	if in.Status != "" {
		one.Status = in.Status
	}
	if in.Content != "" {
		one.Content = in.Content
	}
	c.json(http.StatusOK, c.s.showComment(one))
}
