package ghost_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
	gh "github.com/tribune-dev/tribune/internal/network/ghost"
	"github.com/tribune-dev/tribune/test/ghost"
)

// site is an empty site, real or not, and what can be done behind the adapter's back.
type site struct {
	server, key string
	events      func(t *testing.T) []ghost.Event
	public      func(t *testing.T) string
	// api calls the Admin API and gives the article that comes back.
	api func(t *testing.T, method, route string, post map[string]any) article
}

type article struct {
	ID        string `json:"id"`
	UpdatedAt string `json:"updated_at"`
}

func run(t *testing.T, rules compose.Rules, open func(t *testing.T) site) {
	conformance.Run(t, conformance.Harness{
		Once:  network.OnceTwoPhase,
		Rules: rules,
		IsPrepare: func(r *http.Request) bool {
			return r.Method == http.MethodPost && r.URL.Path == "/ghost/api/admin/posts/"
		},
		IsPublish: isPublish,
		IsDelete:  func(r *http.Request) bool { return r.Method == http.MethodDelete },
		PlainText: func(observed string) string { return read(observed).text },
		Unauthorized: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"errors":[{"message":"Invalid token: jwt expired","type":"UnauthorizedError","code":"INVALID_JWT"}]}`)
		},
		Open: func(t *testing.T) *conformance.Account { return open(t).harness() },
	})
}

// isPublish is the request that sets the status.
func isPublish(r *http.Request) bool {
	if r.Method != http.MethodPut {
		return false
	}
	body, err := r.GetBody()
	if err != nil {
		return false
	}
	var in struct{ Posts []struct{ Status string } }
	return json.NewDecoder(body).Decode(&in) == nil && len(in.Posts) == 1 && in.Posts[0].Status == "published"
}

func (s site) harness() *conformance.Account {
	id, secret, _ := strings.Cut(s.key, ":")
	wrong := id + ":" + strings.Repeat("0a", 32)
	card := func(text string) string {
		return "<!--kg-card-begin: html-->\n<p>" + html.EscapeString(text) + "</p>\n<!--kg-card-end: html-->"
	}
	return &conformance.Account{
		Server: s.server,
		Connect: func(t *testing.T, c conformance.Connection) network.Network {
			key := s.key
			if c.WrongCredentials {
				key = wrong
			}
			return connect(t, c.Server+"/", c.HTTP, key)
		},
		Log:    s.entries,
		Public: s.public,
		StoreDraft: func(t *testing.T, text string) string {
			return s.api(t, http.MethodPost, "/posts/?source=html", map[string]any{"title": "Theirs", "html": card(text), "tags": []any{map[string]any{"name": "#tribune"}}}).ID
		},
		Change: func(t *testing.T, id, text string) {
			now := s.api(t, http.MethodGet, "/posts/"+id+"/", nil)
			s.api(t, http.MethodPut, "/posts/"+id+"/?source=html", map[string]any{"html": card(text), "updated_at": now.UpdatedAt})
		},
		Remove: func(t *testing.T, id string) {
			s.api(t, http.MethodDelete, "/posts/"+id+"/", nil)
		},
		Secrets: []string{secret, strings.Repeat("0a", 32)},
	}
}

func connect(t *testing.T, address string, client *http.Client, key string) network.Network {
	t.Helper()
	n, err := gh.New(network.Config{
		Spec:        &tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkGhost, Ghost: &tribunev1alpha1.GhostSpec{Site: address}},
		Credentials: map[string][]byte{gh.SecretAdminAPIKey: []byte(key + "\n")},
		HTTP:        client,
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// entries tells the judge's events in the suite's words.
func (s site) entries(t *testing.T) []conformance.Entry {
	t.Helper()
	var out []conformance.Entry
	for _, e := range s.events(t) {
		said := read(e.HTML)
		entry := conformance.Entry{
			Action: conformance.Action(e.Action), ID: e.ID, Text: said.text, Title: e.Title, Tags: e.Tags, Link: said.link,
		}
		for _, name := range e.Internal {
			if marker, ok := strings.CutPrefix(name, "#tribune-"); ok {
				entry.Marker = marker
			}
		}
		if e.FeatureImage != "" {
			entry.Media = append(entry.Media, conformance.Media{AltText: e.FeatureAlt})
		}
		for _, alt := range said.alts {
			entry.Media = append(entry.Media, conformance.Media{AltText: alt})
		}
		out = append(out, entry)
	}
	return out
}

// said is what people read in an article.
type said struct {
	text string
	link *compose.Link
	alts []string
}

var (
	aCard     = regexp.MustCompile(`(?s)<!--kg-card-begin: html-->\n(.*)\n<!--kg-card-end: html-->`)
	aLink     = regexp.MustCompile(`(?s)<p class="tribune-link"><a href="([^"]*)">(.*?)</a>(?:<br />\n(.*?))?</p>`)
	aPicture  = regexp.MustCompile(`<figure class="kg-card kg-image-card"><img src="[^"]+" class="kg-image" alt="([^"]*)" loading="lazy"></figure>`)
	paragraph = regexp.MustCompile(`(?s)<p>(.*?)</p>`)
	anchor    = regexp.MustCompile(`<a href="[^"]*">|</a>`)
)

// read is the inverse of what the adapter writes.
func read(content string) said {
	m := aCard.FindStringSubmatch(content)
	if m == nil {
		return said{}
	}
	var s said
	inner := m[1]
	if m := aLink.FindStringSubmatch(inner); m != nil {
		s.link = &compose.Link{URL: html.UnescapeString(m[1]), Title: html.UnescapeString(m[2]), Description: html.UnescapeString(m[3])}
	}
	for _, m := range aPicture.FindAllStringSubmatch(inner, -1) {
		s.alts = append(s.alts, html.UnescapeString(m[1]))
	}
	if strings.Contains(inner, "<strong>") {
		s.text = inner // the case that brings HTML of its own
		return s
	}
	var texts []string
	for _, m := range paragraph.FindAllStringSubmatch(inner, -1) {
		texts = append(texts, html.UnescapeString(anchor.ReplaceAllString(strings.ReplaceAll(m[1], "<br />\n", "\n"), "")))
	}
	s.text = strings.Join(texts, "\n\n")
	return s
}
