package ghosttest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// change is what a body may set.
type change struct {
	Status       string  `json:"status"`
	Title        string  `json:"title"`
	Lexical      *string `json:"lexical"`
	UpdatedAt    string  `json:"updated_at"`
	Tags         *[]Tag  `json:"tags"`
	FeatureImage *string `json:"feature_image"`
	FeatureAlt   *string `json:"feature_image_alt"`
}

func (s *Server) articles(w http.ResponseWriter, r *http.Request, id string) {
	at := slices.IndexFunc(s.posts, func(p *Post) bool { return p.ID == id })
	if id != "" && at < 0 {
		no(w, http.StatusNotFound, "NotFoundError", "", "Resource not found error, cannot read post.")
		return
	}
	switch r.Method {
	case http.MethodGet:
		s.list(w, r, at)
	case http.MethodDelete:
		p := s.posts[at]
		if p.Status == "published" {
			s.events = append(s.events, Event{"Deleted", *p})
		}
		s.posts = slices.Delete(s.posts, at, at+1)
		w.WriteHeader(http.StatusNoContent)
	default:
		s.write(w, r, at)
	}
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, at int) {
	if at >= 0 {
		say(w, http.StatusOK, map[string]any{"posts": []*Post{s.posts[at]}})
		return
	}
	found := []*Post{}
	slug, filtered := strings.CutPrefix(r.URL.Query().Get("filter"), "tag:")
	for _, p := range s.posts {
		if !filtered || slices.ContainsFunc(p.Tags, func(t Tag) bool { return t.Slug == slug }) {
			found = append(found, p)
		}
	}
	say(w, http.StatusOK, map[string]any{"posts": found})
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, at int) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	schema := "posts-add"
	if at >= 0 {
		schema = "posts-edit"
	}
	s.requests = append(s.requests, Request{schema, raw})
	var in struct {
		Posts []change `json:"posts"`
	}
	if err := json.Unmarshal(raw, &in); err != nil || len(in.Posts) != 1 {
		no(w, http.StatusBadRequest, "BadRequestError", "", "Unexpected body")
		return
	}
	c := in.Posts[0]
	if at < 0 && c.Title == "" {
		no(w, http.StatusUnprocessableEntity, "ValidationError", "", "Validation error, cannot save post.")
		return
	}
	status := http.StatusOK
	var p *Post
	if at < 0 {
		status = http.StatusCreated
		p = &Post{ID: s.next(), Status: "draft", Tags: []Tag{}}
		p.URL = s.URL + "/p/" + p.ID + "/"
		s.posts = append(s.posts, p)
	} else {
		p = s.posts[at]
		if c.UpdatedAt != p.UpdatedAt {
			no(w, http.StatusConflict, "UpdateCollisionError", "UPDATE_COLLISION", "Saving failed! Someone else is editing this post.")
			return
		}
	}
	s.apply(p, c)
	say(w, status, map[string]any{"posts": []*Post{p}})
}

func (s *Server) apply(p *Post, c change) {
	before := *p
	if c.Title != "" {
		p.Title = c.Title
	}
	if c.Lexical != nil {
		p.HTML = render(*c.Lexical)
		p.FeatureImage, p.FeatureAlt = c.FeatureImage, c.FeatureAlt
	}
	if c.Tags != nil {
		p.Tags = s.attach(*c.Tags)
	}
	if c.Status != "" {
		p.Status = c.Status
	}
	p.UpdatedAt = s.stamp()
	switch {
	case p.Status == "published" && before.Status != "published":
		at := s.stamp()
		p.PublishedAt = &at
		s.events = append(s.events, Event{"Created", *p})
	case p.Status != "published" && before.Status == "published":
		s.events = append(s.events, Event{"Deleted", before})
	case p.Status == "published":
		s.events = append(s.events, Event{"Updated", *p})
	}
}

// attach finds tags by id or slug, and makes the others.
func (s *Server) attach(wanted []Tag) []Tag {
	out := []Tag{}
	for _, t := range wanted {
		if t.Slug == "" {
			t.Slug = strings.ReplaceAll(strings.Replace(t.Name, "#", "hash-", 1), " ", "-")
		}
		at := slices.IndexFunc(s.tags, func(have Tag) bool { return have.ID == t.ID || t.ID == "" && have.Slug == t.Slug })
		if at < 0 {
			t.ID = s.next()
			s.tags = append(s.tags, t)
			at = len(s.tags) - 1
		}
		out = append(out, s.tags[at])
	}
	return out
}

// render makes the page of a document of HTML cards.
func render(lexical string) string {
	var document struct {
		Root struct {
			Children []struct{ Type, HTML string } `json:"children"`
		} `json:"root"`
	}
	if err := json.Unmarshal([]byte(lexical), &document); err != nil {
		return ""
	}
	var b strings.Builder
	for _, card := range document.Root.Children {
		if card.Type == "html" {
			b.WriteString("\n<!--kg-card-begin: html-->\n" + card.HTML + "\n<!--kg-card-end: html-->\n")
		}
	}
	return b.String()
}

func (s *Server) listTags(w http.ResponseWriter, r *http.Request) {
	part, _ := strings.CutPrefix(r.URL.Query().Get("filter"), "name:~'")
	part = strings.NewReplacer(`\'`, `'`, `\\`, `\`).Replace(strings.TrimSuffix(part, "'"))
	found := []Tag{}
	for _, t := range s.tags {
		if strings.Contains(strings.ToLower(t.Name), strings.ToLower(part)) {
			found = append(found, t)
		}
	}
	say(w, http.StatusOK, map[string]any{"tags": found})
}

func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	file, header, err := r.FormFile("file")
	if err != nil {
		no(w, http.StatusUnprocessableEntity, "ValidationError", "", "Please select an image.")
		return
	}
	raw, err := io.ReadAll(file)
	if err != nil {
		return
	}
	if !strings.HasPrefix(http.DetectContentType(raw), "image/") || len(raw) < 40 {
		no(w, http.StatusUnsupportedMediaType, "UnsupportedMediaTypeError", "", "Please select a valid image.")
		return
	}
	say(w, http.StatusCreated, map[string]any{"images": []any{map[string]any{
		"url": s.URL + "/content/images/2026/11/" + header.Filename, "ref": r.FormValue("ref"),
	}}})
}
