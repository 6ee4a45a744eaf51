package ghost

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Event is something that happened to what the public sees.
type Event struct {
	// Action is Created (made public), Updated while public, or Deleted (not public any more).
	Action string
	ID     string
	Title  string
	// HTML as it is served.
	HTML string
	// FeatureImage is the address of the article's picture; empty for none.
	FeatureImage string
	// FeatureAlt and Tags are those of now, also if the event is an earlier one. Internal are the tags that no reader sees.
	FeatureAlt     string
	Tags, Internal []string
}

// triggers write down what becomes public, whoever does it.
const triggers = `
CREATE TABLE tribune_judge (n INTEGER PRIMARY KEY AUTOINCREMENT, action TEXT, post TEXT, title TEXT, html TEXT, picture TEXT);
CREATE TRIGGER tribune_made AFTER INSERT ON posts WHEN NEW.status IN ('published', 'sent') BEGIN
	INSERT INTO tribune_judge (action, post, title, html, picture) VALUES ('Created', NEW.id, NEW.title, NEW.html, NEW.feature_image);
END;
CREATE TRIGGER tribune_shown AFTER UPDATE ON posts WHEN NEW.status IN ('published', 'sent') AND OLD.status NOT IN ('published', 'sent') BEGIN
	INSERT INTO tribune_judge (action, post, title, html, picture) VALUES ('Created', NEW.id, NEW.title, NEW.html, NEW.feature_image);
END;
CREATE TRIGGER tribune_changed AFTER UPDATE ON posts WHEN NEW.status IN ('published', 'sent') AND OLD.status IN ('published', 'sent')
	AND (NEW.title IS NOT OLD.title OR NEW.html IS NOT OLD.html OR NEW.feature_image IS NOT OLD.feature_image) BEGIN
	INSERT INTO tribune_judge (action, post, title, html, picture) VALUES ('Updated', NEW.id, NEW.title, NEW.html, NEW.feature_image);
END;
CREATE TRIGGER tribune_hidden AFTER UPDATE ON posts WHEN NEW.status NOT IN ('published', 'sent') AND OLD.status IN ('published', 'sent') BEGIN
	INSERT INTO tribune_judge (action, post, title, html, picture) VALUES ('Deleted', OLD.id, OLD.title, OLD.html, OLD.feature_image);
END;
CREATE TRIGGER tribune_removed AFTER DELETE ON posts WHEN OLD.status IN ('published', 'sent') BEGIN
	INSERT INTO tribune_judge (action, post, title, html, picture) VALUES ('Deleted', OLD.id, OLD.title, OLD.html, OLD.feature_image);
END;`

func (s *Server) judge(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(20000)")
	if err != nil {
		return err
	}
	s.db = db
	if _, err := db.ExecContext(ctx, triggers); err != nil {
		return fmt.Errorf("putting the judge into the database: %w", err)
	}
	return nil
}

// Events are all that happened since the last Clear, in order.
func (s *Server) Events(ctx context.Context) ([]Event, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT j.action, j.post, j.title, COALESCE(j.html, ''), COALESCE(j.picture, ''), COALESCE(m.feature_image_alt, '')
		FROM tribune_judge j LEFT JOIN posts_meta m ON m.post_id = j.post ORDER BY j.n`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []Event
	for rows.Next() {
		var e Event
		if err := rows.Scan(&e.Action, &e.ID, &e.Title, &e.HTML, &e.FeatureImage, &e.FeatureAlt); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range out {
		if err := s.tags(ctx, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Server) tags(ctx context.Context, e *Event) error {
	rows, err := s.db.QueryContext(ctx, `SELECT t.name, t.visibility FROM posts_tags p JOIN tags t ON t.id = p.tag_id WHERE p.post_id = ? ORDER BY p.sort_order`, e.ID)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name, visibility string
		if err := rows.Scan(&name, &visibility); err != nil {
			return err
		}
		if visibility == "internal" {
			e.Internal = append(e.Internal, name)
		} else {
			e.Tags = append(e.Tags, name)
		}
	}
	return rows.Err()
}

// Clear deletes all articles, and what was written down about them.
func (s *Server) Clear(ctx context.Context) error {
	ids, err := s.articles(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.API(ctx, http.MethodDelete, "/posts/"+id+"/", nil, nil); err != nil {
			return err
		}
	}
	_, err = s.db.ExecContext(ctx, `DELETE FROM tribune_judge`)
	return err
}

func (s *Server) articles(ctx context.Context) ([]string, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id FROM posts WHERE type = 'post'`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// API calls the Admin API.
func (s *Server) API(ctx context.Context, method, route string, in, out any) error {
	var body io.Reader = http.NoBody
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+"/ghost/api/admin"+route, body)
	if err != nil {
		return err
	}
	token, err := s.token()
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Ghost "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Version", "v5.0")
	said, err := do(req)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal([]byte(said), out)
}

func (s *Server) token() (string, error) {
	id, secret, _ := strings.Cut(s.AdminKey, ":")
	key, err := hex.DecodeString(secret)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	now := time.Now().Unix()
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT","kid":"`+id+`"}`)) + "." +
		encode([]byte(fmt.Sprintf(`{"iat":%d,"exp":%d,"aud":"/admin/"}`, now, now+60)))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil)), nil
}

// do gives the answer's body. Where nothing is published some addresses are not there (404), which is no error.
func do(req *http.Request) (string, error) {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode >= 300 && (resp.StatusCode != http.StatusNotFound || strings.Contains(req.URL.Path, "/api/")) {
		return "", fmt.Errorf("%s %s: %s: %.500s", req.Method, req.URL.Path, resp.Status, said)
	}
	return string(said), nil
}

// Public is what a visitor who is not signed in can see anywhere: pages, feed, site map, and the public API.
func (s *Server) Public(ctx context.Context) (string, error) {
	var all strings.Builder
	for _, path := range []string{
		"/", "/rss/", "/sitemap-posts.xml", "/ghost/api/content/posts/?limit=100&include=tags&formats=html&key=" + s.ContentKey,
		"/ghost/api/content/tags/?limit=100&key=" + s.ContentKey,
	} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, http.NoBody)
		if err != nil {
			return "", err
		}
		said, err := do(req)
		if err != nil {
			return "", err
		}
		all.WriteString(said)
	}
	return all.String(), nil
}
