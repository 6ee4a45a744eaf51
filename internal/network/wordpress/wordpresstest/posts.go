package wordpresstest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"image"
	_ "image/png" // sizes of pictures
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// media is a file in the library.
type media struct {
	id, parent    int64
	name, alt     string
	width, height int
}

const layout = "2006-01-02T15:04:05"

func (s *Server) show(p *post) map[string]any {
	return map[string]any{
		"id": p.id, "status": p.status, "link": fmt.Sprintf("%s/?p=%d", s.URL, p.id), "author": p.author,
		"date_gmt": p.date.UTC().Format(layout), "modified_gmt": p.modified,
		"title": map[string]string{"raw": p.title}, "content": map[string]string{"raw": p.content}, "featured_media": p.featured, "tags": p.tags,
		"comment_status": cmp.Or(p.comments, "open"),
	}
}

func (s *Server) names(p *post) []string {
	var out []string
	for _, id := range p.tags {
		out = append(out, s.tags[id])
	}
	return out
}

// judge writes down what happened.
func (s *Server) judge(action string, p *post) {
	e := Event{Action: action, ID: p.id, Author: p.author, Title: p.title, Content: p.content, Tags: s.names(p), Featured: p.featured}
	for _, m := range s.media {
		if m.parent == p.id {
			e.Pictures = append(e.Pictures, Picture{ID: m.id, Alt: m.alt, Width: m.width, Height: m.height})
		}
	}
	s.events = append(s.events, e)
}

func (c *call) articles(id int64) {
	p := c.s.posts[id]
	if id != 0 && p == nil {
		c.no(http.StatusNotFound, "rest_post_invalid_id", "Invalid post ID.")
		return
	}
	if c.r.Method != http.MethodGet && (!c.user.can("edit_posts") || p != nil && p.author != c.user.ID && !c.user.can("edit_others_posts")) {
		c.no(http.StatusForbidden, "rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
		return
	}
	switch {
	case c.r.Method == http.MethodGet && p != nil:
		c.json(http.StatusOK, c.s.show(p))
	case c.r.Method == http.MethodGet:
		c.list()
	case c.r.Method == http.MethodDelete:
		c.remove(p)
	default:
		c.store(p)
	}
}

func (c *call) list() {
	q := c.r.URL.Query()
	statuses := strings.Split(q.Get("status"), ",")
	author, _ := strconv.ParseInt(q.Get("author"), 10, 64)
	out := []map[string]any{}
	for id := int64(1); id <= c.s.last; id++ {
		p := c.s.posts[id]
		if p == nil || !slices.Contains(statuses, p.status) || author != 0 && p.author != author ||
			!strings.Contains(strings.ToLower(p.title+p.content), strings.ToLower(q.Get("search"))) {
			continue
		}
		out = append(out, c.s.show(p))
	}
	c.json(http.StatusOK, out)
}

func (c *call) store(p *post) {
	var in struct {
		Status, Title, Content *string
		Tags                   *[]int64
		Featured               *int64 `json:"featured_media"`
		Comments               string `json:"comment_status"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&in); err != nil {
		c.no(http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.")
		return
	}
	status, before := http.StatusOK, "new"
	if p == nil {
		p = &post{id: c.s.next(), author: c.user.ID, status: "draft"}
		c.s.posts[p.id] = p
		status = http.StatusCreated
	} else {
		before = p.status
	}
	if in.Title != nil {
		p.title = *in.Title
	}
	if in.Content != nil {
		p.content = *in.Content
	}
	if in.Tags != nil {
		p.tags = *in.Tags
	}
	switch in.Comments {
	case "", "open", "closed":
		p.comments = cmp.Or(in.Comments, p.comments)
	default:
		c.no(http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): comment_status")
		return
	}
	if in.Featured != nil {
		p.featured = *in.Featured
	}
	if in.Status != nil && slices.Contains([]string{"draft", "pending", "publish", "private", "future"}, *in.Status) {
		if *in.Status == "publish" && !c.user.can("publish_posts") {
			c.no(http.StatusForbidden, "rest_cannot_publish", "Sorry, you are not allowed to publish posts in this post type.")
			return
		}
		p.status = *in.Status
		if c.s.HoldsBack && p.status == "publish" {
			p.status = "pending"
		}
	}
	now := time.Now()
	p.modified = now.UTC().Format(layout)
	switch {
	case p.status == "publish" && before != "publish":
		p.date = now
		c.s.judge("Created", p)
	case p.status != "publish" && before == "publish":
		c.s.judge("Deleted", p)
	case p.status == "publish" && in.Status == nil:
		c.s.judge("Updated", p)
	}
	c.json(status, c.s.show(p))
}

func (c *call) remove(p *post) {
	force := c.r.URL.Query().Get("force") == "true"
	switch {
	case !force && c.s.NoTrash:
		c.no(http.StatusNotImplemented, "rest_trash_not_supported", "The post does not support trashing. Set 'force=true' to delete.")
		return
	case !force && p.status == "trash":
		c.no(http.StatusGone, "rest_already_trashed", "The post has already been deleted.")
		return
	}
	previous := c.s.show(p)
	if p.status == "publish" {
		c.s.judge("Deleted", p)
	}
	p.status = "trash"
	if !force {
		c.json(http.StatusOK, c.s.show(p))
		return
	}
	delete(c.s.posts, p.id)
	for _, m := range c.s.media {
		if m.parent == p.id {
			m.parent = 0
		}
	}
	c.json(http.StatusOK, map[string]any{"deleted": true, "previous": previous})
}

func (c *call) terms() {
	if c.r.Method == http.MethodGet {
		out := []map[string]any{}
		for id, name := range c.s.tags {
			if strings.Contains(strings.ToLower(html.UnescapeString(name)), strings.ToLower(c.r.URL.Query().Get("search"))) {
				out = append(out, map[string]any{"id": id, "name": name})
			}
		}
		c.json(http.StatusOK, out)
		return
	}
	var in struct{ Name string }
	if err := json.NewDecoder(c.r.Body).Decode(&in); err != nil || in.Name == "" || !c.user.can("edit_posts") {
		c.no(http.StatusBadRequest, "rest_missing_callback_param", "Missing parameter(s): name")
		return
	}
	name := html.EscapeString(in.Name)
	for id, have := range c.s.tags {
		if strings.EqualFold(have, name) {
			c.json(http.StatusBadRequest, map[string]any{
				"code": "term_exists", "message": "A term with the name provided already exists.", "data": map[string]any{"status": 400, "term_id": id},
			})
			return
		}
	}
	id := c.s.next()
	c.s.tags[id] = name
	c.json(http.StatusCreated, map[string]any{"id": id, "name": name})
}

// listed is true if everybody can see a file in the library's list: it belongs to no article, or to a public one.
func (s *Server) listed(m *media) bool {
	p := s.posts[m.parent]
	return p == nil || p.status == "publish"
}

func (s *Server) showMedia(m *media) map[string]any {
	return map[string]any{"id": m.id, "source_url": s.URL + "/wp-content/uploads/" + m.name + ".png", "title": map[string]string{"raw": m.name}}
}

func (c *call) library(id int64) {
	switch c.r.Method {
	case http.MethodGet:
		parent, _ := strconv.ParseInt(c.r.URL.Query().Get("parent"), 10, 64)
		out := []map[string]any{}
		for _, m := range c.s.media {
			if m.parent == parent {
				out = append(out, c.s.showMedia(m))
			}
		}
		c.json(http.StatusOK, out)
	case http.MethodDelete:
		if c.s.media[id] == nil {
			c.no(http.StatusNotFound, "rest_post_invalid_id", "Invalid post ID.")
			return
		}
		delete(c.s.media, id)
		c.json(http.StatusOK, map[string]any{"deleted": true})
	default:
		c.upload()
	}
}

func (c *call) upload() {
	if !c.user.can("upload_files") {
		c.no(http.StatusBadRequest, "rest_cannot_create", "Sorry, you are not allowed to upload media on this site.")
		return
	}
	file, _, err := c.r.FormFile("file")
	if err != nil {
		c.no(http.StatusBadRequest, "rest_upload_no_data", "No data supplied.")
		return
	}
	raw, err := io.ReadAll(file)
	if err != nil {
		return
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		// WordPress says so with a status that otherwise means that it broke.
		c.no(http.StatusInternalServerError, "rest_upload_unknown_error", "Sorry, you are not allowed to upload this file type.")
		return
	}
	parent, _ := strconv.ParseInt(c.r.FormValue("post"), 10, 64)
	m := &media{id: c.s.next(), parent: parent, name: c.r.FormValue("title"), alt: c.r.FormValue("alt_text"), width: size.Width, height: size.Height}
	c.s.media[m.id] = m
	c.json(http.StatusCreated, c.s.showMedia(m))
}
