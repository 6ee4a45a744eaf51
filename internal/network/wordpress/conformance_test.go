package wordpress_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
	wp "github.com/tribune-dev/tribune/internal/network/wordpress"
	"github.com/tribune-dev/tribune/test/wordpress"
)

// account is a user of a site, real or not, and what can be done behind the adapter's back.
type account struct {
	server, name, password string
	events                 func(t *testing.T) []wordpress.Event
	public                 func(t *testing.T) string
	// api calls the REST API as the user.
	api func(t *testing.T, method, route string, in any) int64
	// community is nil for users who may not moderate comments.
	community *conformance.Community
	// answers are own comments that are public; nil as community is.
	answers func(t *testing.T) []conformance.Entry
}

// notModerating is what users lack who may not moderate comments.
var notModerating = []network.Ability{network.AbilityListen, network.AbilityHide, network.AbilityRemove, network.AbilityLockThread}

func run(t *testing.T, rules compose.Rules, unable []network.Ability, open func(t *testing.T) account) {
	conformance.Run(t, conformance.Harness{
		Once:      network.OnceTwoPhase,
		Rules:     rules,
		Unable:    unable,
		IsPrepare: isPrepare,
		IsPublish: isPublish,
		IsDelete:  func(r *http.Request) bool { return r.Method == http.MethodDelete && isPost(r) },
		PlainText: func(observed string) string { return read(observed).text },
		Unauthorized: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"code":"incorrect_password","message":"The provided password is an invalid application password.","data":{"status":401}}`)
		},
		Open: func(t *testing.T) *conformance.Account { return open(t).harness() },
	})
}

var onePost = regexp.MustCompile(`/wp/v2/posts/[0-9]+$`)

// route of a request, whatever form the site's addresses have.
func route(r *http.Request) string {
	if plain := r.URL.Query().Get("rest_route"); plain != "" {
		return plain
	}
	return strings.TrimPrefix(r.URL.Path, "/wp-json")
}

func isPost(r *http.Request) bool { return onePost.MatchString(route(r)) }

func isPrepare(r *http.Request) bool {
	return r.Method == http.MethodPost && route(r) == "/wp/v2/posts"
}

// isPublish is the request that sets the status.
func isPublish(r *http.Request) bool {
	if r.Method != http.MethodPost || !isPost(r) {
		return false
	}
	body, err := r.GetBody()
	if err != nil {
		return false
	}
	var in struct{ Status string }
	return json.NewDecoder(body).Decode(&in) == nil && in.Status == "publish"
}

func (a account) harness() *conformance.Account {
	const wrong = "aaaa bbbb cccc dddd eeee ffff"
	paragraph := func(text string) string {
		return "<!-- wp:paragraph -->\n<p>" + html.EscapeString(text) + "</p>\n<!-- /wp:paragraph -->"
	}
	return &conformance.Account{
		Server:    a.server,
		Community: a.community,
		Connect: func(t *testing.T, c conformance.Connection) network.Network {
			password := a.password
			if c.WrongCredentials {
				password = wrong
			}
			return connect(t, c.Server+"/", c.HTTP, a.name, password)
		},
		Log:    a.entries,
		Public: a.public,
		StoreDraft: func(t *testing.T, text string) string {
			return strconv.FormatInt(a.api(t, http.MethodPost, "/wp/v2/posts", map[string]any{"status": "draft", "title": "Theirs", "content": paragraph(text)}), 10)
		},
		Change: func(t *testing.T, id, text string) {
			a.api(t, http.MethodPost, "/wp/v2/posts/"+id, map[string]any{"content": paragraph(text)})
		},
		Remove: func(t *testing.T, id string) {
			a.api(t, http.MethodDelete, "/wp/v2/posts/"+id, nil)
		},
		Secrets: []string{a.password, wrong},
	}
}

func connect(t *testing.T, site string, client *http.Client, name, password string) network.Network {
	t.Helper()
	n, err := wp.New(network.Config{
		Spec: &tribunev1alpha1.SocialChannelSpec{
			Network:   tribunev1alpha1.NetworkWordPress,
			WordPress: &tribunev1alpha1.WordPressSpec{Site: site},
		},
		Credentials: map[string][]byte{wp.SecretUsername: []byte(name + "\n"), wp.SecretPassword: []byte(password + "\n")},
		HTTP:        client,
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// entries tells the judge's events in the suite's words.
func (a account) entries(t *testing.T) []conformance.Entry {
	t.Helper()
	var out []conformance.Entry
	for _, e := range a.events(t) {
		said := read(e.Content)
		entry := conformance.Entry{
			Action: conformance.Action(e.Action), ID: strconv.FormatInt(e.ID, 10), Marker: said.marker,
			Text: said.text, Title: html.UnescapeString(e.Title), Link: said.link,
		}
		for _, tag := range e.Tags {
			entry.Tags = append(entry.Tags, html.UnescapeString(tag))
		}
		for _, id := range append([]int64{e.Featured}, said.pictures...) {
			for _, p := range e.Pictures {
				if p.ID == id {
					entry.Media = append(entry.Media, conformance.Media{AltText: html.UnescapeString(p.Alt), Width: p.Width, Height: p.Height})
				}
			}
		}
		out = append(out, entry)
	}
	if a.answers != nil {
		out = append(out, a.answers(t)...)
	}
	return out
}

// said is what people read in an article.
type said struct {
	text, marker string
	link         *compose.Link
	pictures     []int64
}

var (
	aMarker   = regexp.MustCompile(`<!-- tribune:([a-z2-7]+) -->`)
	aLink     = regexp.MustCompile(`(?s)<!-- wp:paragraph \{"className":"tribune-link"\} -->\n<p class="tribune-link"><a href="([^"]*)">(.*?)</a>(?:<br />\n(.*?))?</p>\n<!-- /wp:paragraph -->`)
	aPicture  = regexp.MustCompile(`(?s)<!-- wp:image \{"id":([0-9]+)\} -->\n<figure class="wp-block-image"><img src="[^"]+" alt="[^"]*" class="wp-image-[0-9]+"\s?/></figure>\n<!-- /wp:image -->`)
	anHTML    = regexp.MustCompile(`(?s)<!-- wp:html -->\n(.*)\n<!-- /wp:html -->`)
	paragraph = regexp.MustCompile(`(?s)<!-- wp:paragraph -->\n<p>(.*?)</p>\n<!-- /wp:paragraph -->`)
	anchor    = regexp.MustCompile(`<a href="[^"]*">|</a>`)
)

// read is the inverse of what the adapter writes.
func read(content string) said {
	if at := strings.Index(content, "<!-- wp:"); at > 0 {
		content = content[at:]
	}
	var s said
	if m := aMarker.FindStringSubmatch(content); m != nil {
		s.marker = m[1]
	}
	if m := aLink.FindStringSubmatch(content); m != nil {
		s.link = &compose.Link{URL: html.UnescapeString(m[1]), Title: html.UnescapeString(m[2]), Description: html.UnescapeString(m[3])}
	}
	for _, m := range aPicture.FindAllStringSubmatch(content, -1) {
		id, _ := strconv.ParseInt(m[1], 10, 64)
		s.pictures = append(s.pictures, id)
	}
	if m := anHTML.FindStringSubmatch(content); m != nil {
		s.text = strings.ReplaceAll(m[1], "&#91;", "[")
		return s
	}
	var texts []string
	for _, m := range paragraph.FindAllStringSubmatch(content, -1) {
		texts = append(texts, html.UnescapeString(anchor.ReplaceAllString(strings.ReplaceAll(m[1], "<br />\n", "\n"), "")))
	}
	s.text = strings.Join(texts, "\n\n")
	return s
}
