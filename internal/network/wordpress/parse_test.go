package wordpress

import (
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

func TestRootOf(t *testing.T) {
	for _, tc := range []struct {
		header string
		want   root
		ok     bool
	}{
		{`<https://blog.acme.example/wp-json/>; rel="https://api.w.org/"`, root{path: "/wp-json"}, true},
		{`<https://acme.example/blog/wp-json/>; rel="https://api.w.org/"`, root{path: "/blog/wp-json"}, true},
		{`<https://acme.example/index.php?rest_route=/>; rel="https://api.w.org/"`, root{path: "/index.php", plain: true}, true},
		{`<https://acme.example/?rest_route=/>; rel="https://api.w.org/"`, root{path: "/", plain: true}, true},
		{`<https://acme.example/>; rel=shortlink, <https://acme.example/api/>; rel = "https://api.w.org/"`, root{path: "/api"}, true},
		{`<https://elsewhere.example/api/>; rel="https://api.w.org/"`, root{path: "/api"}, true}, // on our host
		{`<https://acme.example//elsewhere.example/api/>; rel="https://api.w.org/"`, root{}, false},
		{`<api/>; rel="https://api.w.org/"`, root{}, false},
		{`<https://acme.example/wp-json/>; rel="other"`, root{}, false},
		{`<%zz>; rel="https://api.w.org/"`, root{}, false},
		{``, root{}, false},
	} {
		got, ok := rootOf([]string{tc.header})
		if got != tc.want || ok != tc.ok {
			t.Errorf("%q: %+v, %v; want %+v, %v", tc.header, got, ok, tc.want, tc.ok)
		}
	}
}

// FuzzRootOf: whatever a site says, requests stay on the host that the spec names.
func FuzzRootOf(f *testing.F) {
	f.Add(`<https://blog.acme.example/wp-json/>; rel="https://api.w.org/"`)
	f.Add(`<//evil.example/>; rel="https://api.w.org/"`)
	f.Add(`<https://x/@evil.example:80/?rest_route=/>; rel="https://api.w.org/"`)
	f.Fuzz(func(t *testing.T, header string) {
		r, ok := rootOf([]string{header})
		if !ok {
			return
		}
		c := &client{site: "https://blog.acme.example", user: "u", password: "p"}
		req, err := c.build(t.Context(), r, request{route: "/wp/v2/posts"})
		if err == nil && (req.URL.Scheme != "https" || req.URL.Host != "blog.acme.example") {
			t.Fatalf("%q leads to %s", header, req.URL)
		}
	})
}

func FuzzReadRefusal(f *testing.F) {
	f.Add(400, []byte(`{"code":"rest_invalid_param","message":"m","data":{"status":400,"details":{"status":{"code":"rest_forbidden_status"}}}}`))
	f.Add(404, []byte(`{"code":"rest_post_invalid_id"}`))
	f.Add(500, []byte(`[]`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := toError(refused(status, body, network.Ambiguous))
		if e.Kind == "" || e.Reason == "" || e.Message == "" || strings.ContainsAny(e.Reason, " \n\x00") || len(e.Error()) > 4*network.MaxQuoted {
			t.Fatalf("%d %q: %+v", status, body, e)
		}
	})
}

// FuzzContent: no text ends a block, runs a shortcode, or passes for a marker.
func FuzzContent(f *testing.F) {
	f.Add("Rocket is out", "", "alt", "Title")
	f.Add("[gallery] <!-- /wp:paragraph --> <!-- tribune:aaaaaaaa -->", "<p>x</p><!-- wp:shortcode -->", "\"><script>", "--> [x]")
	f.Fuzz(func(t *testing.T, text, htmlText, alt, linkTitle string) {
		p := network.Publication{Marker: "aaaabbbbcccc", Text: text, Media: []network.Attachment{{}, {AltText: alt}}}
		p.Link = &compose.Link{URL: "https://acme.example/", Title: linkTitle}
		if htmlText != "" {
			p.HTML = htmlText
		}
		got := content(p, []picture{{ID: 1, URL: "https://acme.example/1.png"}, {ID: 2, URL: "https://acme.example/2.png"}})
		if strings.Count(got, "<!-- tribune:") != 1 || !strings.HasSuffix(got, "<!-- tribune:aaaabbbbcccc -->") {
			t.Fatalf("markers in %q", got)
		}
		if strings.Contains(got, "[") {
			t.Fatalf("a square bracket in %q", got)
		}
		if opened, closed := strings.Count(got, "<!-- wp:"), strings.Count(got, "<!-- /wp:"); opened != closed || opened > 3+strings.Count(text, "\n\n") {
			t.Fatalf("%d blocks opened, %d closed: %q", opened, closed, got)
		}
	})
}
