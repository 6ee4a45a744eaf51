package mastodontest

import (
	"fmt"
	"net/http"
	"strings"
)

// route is one call of the API. "*" in its path is an id.
type route struct {
	method, path, scope string
	// without is true where the server lacks the call.
	without func(*Server) bool
	handle  func(c *call, id string)
}

func (rt route) match(s *Server, r *http.Request) (id string, ok bool) {
	if rt.method != r.Method || rt.without != nil && rt.without(s) {
		return "", false
	}
	before, after, has := strings.Cut(rt.path, "*")
	if !has {
		return "", r.URL.Path == rt.path
	}
	rest, ok := strings.CutPrefix(r.URL.Path, before)
	if !ok {
		return "", false
	}
	id, ok = strings.CutSuffix(rest, after)
	return id, ok && id != "" && !strings.Contains(id, "/")
}

func noVersion2(s *Server) bool  { return s.NoVersion2 }
func noSource(s *Server) bool    { return s.NoSource }
func noNodeinfo(s *Server) bool  { return s.NoNodeinfo }
func noTokenInfo(s *Server) bool { return s.NoTokenInfo }

var routes []route

func init() { // a variable would be part of a cycle
	routes = []route{
		{"GET", "/api/v1/accounts/verify_credentials", "read:accounts", nil, verifyCredentials},
		{"PATCH", "/api/v1/accounts/update_credentials", "write:accounts", nil, updateCredentials},
		{"GET", "/api/v1/accounts/*/statuses", "read:statuses", nil, accountStatuses},
		{"GET", "/api/v1/apps/verify_credentials", "read", nil, verifyApp},
		{"GET", "/oauth/token/info", "", noTokenInfo, tokenInfo},
		{"GET", "/api/v2/instance", "", noVersion2, instance2},
		{"GET", "/api/v1/instance", "", nil, instance1},
		{"GET", "/api/v1/instance/rules", "", nil, instanceRules},
		{"GET", "/.well-known/nodeinfo", "", noNodeinfo, nodeinfoIndex},
		{"GET", "/nodeinfo/2.0", "", noNodeinfo, nodeinfo},
		{"POST", "/api/v1/statuses", "write:statuses", nil, postStatus},
		{"GET", "/api/v1/statuses/*", "read:statuses", nil, getStatus},
		{"GET", "/api/v1/statuses/*/source", "read:statuses", noSource, getSource},
		{"PUT", "/api/v1/statuses/*", "write:statuses", nil, putStatus},
		{"DELETE", "/api/v1/statuses/*", "write:statuses", nil, deleteStatus},
		{"POST", "/api/v2/media", "write:media", noVersion2, postMedia},
		{"POST", "/api/v1/media", "write:media", nil, postMedia},
		{"GET", "/api/v1/media/*", "write:media", nil, getMedia},
	}
	routes = append(routes, communityRoutes...)
}

func verifyApp(c *call, _ string) {
	c.json(http.StatusOK, map[string]any{"id": "1", "name": c.who.AppName, "website": nil, "scopes": c.who.Scopes})
}

func tokenInfo(c *call, _ string) {
	if c.who == nil {
		c.no(http.StatusUnauthorized, "The access token is invalid")
		return
	}
	c.json(http.StatusOK, map[string]any{"resource_owner_id": 1, "scope": c.who.Scopes, "expires_in": nil, "created_at": 1_700_000_000})
}

func (s *Server) configuration() map[string]any {
	return map[string]any{
		"accounts": map[string]any{"max_featured_tags": 10},
		"statuses": map[string]any{"max_characters": s.MaxCharacters, "max_media_attachments": 4, "characters_reserved_per_url": 23},
		"media_attachments": map[string]any{
			"supported_mime_types": []string{"image/jpeg", "image/png", "image/gif", "image/heic", "image/webp", "video/mp4", "audio/ogg"},
			"image_size_limit":     s.ImageBytes, "image_matrix_limit": 33_177_600, "video_size_limit": 103_809_024, "description_limit": 1500,
		},
	}
}

func (s *Server) rules() []map[string]string {
	rules := []map[string]string{}
	for i, text := range s.Rules {
		rules = append(rules, map[string]string{"id": fmt.Sprint(i + 1), "text": text, "hint": ""})
	}
	return rules
}

// source is where the software's code is kept.
func (s *Server) source() string {
	if s.Software == "mastodon" {
		return "https://github.com/mastodon/mastodon"
	}
	return "https://code.example/" + s.Software
}

func instance2(c *call, _ string) {
	c.json(http.StatusOK, map[string]any{
		"domain": c.s.Domain, "title": "A server", "version": c.s.Version, "source_url": c.s.source(), "description": "",
		"configuration": c.s.configuration(), "rules": c.s.rules(),
	})
}

func instance1(c *call, _ string) {
	version := c.s.Version
	if c.s.Software != "mastodon" {
		version = fmt.Sprintf("2.7.2 (compatible; %s %s)", c.s.Software, c.s.Version)
	}
	c.json(http.StatusOK, map[string]any{
		"uri": c.s.Domain, "title": "A server", "version": version, "configuration": c.s.configuration(), "rules": c.s.rules(),
	})
}

func instanceRules(c *call, _ string) { c.json(http.StatusOK, c.s.rules()) }

func nodeinfoIndex(c *call, _ string) {
	c.json(http.StatusOK, map[string]any{"links": []map[string]string{{
		"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": "https://" + c.s.Domain + "/nodeinfo/2.0",
	}}})
}

func nodeinfo(c *call, _ string) {
	c.json(http.StatusOK, map[string]any{
		"version": "2.0", "software": map[string]string{"name": c.s.Software, "version": c.s.Version}, "protocols": []string{"activitypub"},
	})
}
