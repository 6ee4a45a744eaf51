package wordpress

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// User is somebody who may sign in.
type User struct {
	ID   int64
	Name string
	// Password is an application password.
	Password string
}

// Admin is the site's administrator.
func (s *Server) Admin() User { return User{ID: 1, Name: "admin", Password: s.adminPassword} }

// CreateUser makes a user with a role such as author or subscriber, and an application password.
func (s *Server) CreateUser(ctx context.Context, name, role string) (User, error) {
	var user struct {
		ID int64 `json:"id"`
	}
	err := s.API(ctx, s.Admin(), http.MethodPost, "/wp/v2/users", map[string]any{
		"username": name, "email": name + "@acme.example", "password": s.secret, "roles": []string{role},
	}, &user)
	if err != nil {
		return User{}, err
	}
	var made struct{ Password string }
	err = s.API(ctx, s.Admin(), http.MethodPost, fmt.Sprintf("/wp/v2/users/%d/application-passwords", user.ID),
		map[string]any{"name": "tribune"}, &made)
	return User{ID: user.ID, Name: name, Password: made.Password}, err
}

// API calls the REST API as a user, the way the adapter under test does not: by ?rest_route=.
func (s *Server) API(ctx context.Context, u User, method, route string, in, out any) error {
	var body io.Reader = http.NoBody
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	route, query, _ := strings.Cut(route, "?")
	address := s.URL + "/?rest_route=" + url.QueryEscape(route)
	if query != "" {
		address += "&" + query
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if u.Name != "" {
		req.SetBasicAuth(u.Name, u.Password)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %.500s", method, route, resp.Status, said)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(said, out)
}

// Event is something that happened to what the public sees.
type Event struct {
	// Action is Created (made public), Updated while public, or Deleted (not public any more).
	Action string
	ID     int64
	Author int64
	Title  string
	// Content as it is stored.
	Content string
	Tags    []string
	// Featured is the id of the article's picture, 0 for none.
	Featured int64
	Pictures []Picture
}

// Picture belongs to an article.
type Picture struct {
	ID            int64
	Alt           string
	Width, Height int
}

// Events are all that happened to a user's articles, in order.
func (s *Server) Events(user int64) ([]Event, error) {
	raw, err := os.ReadFile(filepath.Join(s.data, "judge.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Event
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, len(raw)+1)
	for lines.Scan() {
		var e Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, err
		}
		if e.Author == user {
			out = append(out, e)
		}
	}
	return out, lines.Err()
}

// Public is what a visitor who is not signed in can see anywhere: pages, feed, and the lists of the API.
func (s *Server) Public(ctx context.Context) (string, error) {
	var all strings.Builder
	for _, path := range []string{
		"/", "/?feed=rss2", "/?rest_route=/wp/v2/posts&per_page=100", "/?rest_route=/wp/v2/media&per_page=100", "/?sitemap=posts",
	} {
		body, err := get(ctx, s.URL+path)
		if err != nil {
			return "", err
		}
		all.WriteString(body)
	}
	return all.String(), nil
}
