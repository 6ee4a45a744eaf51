package article_test

import (
	"html"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/article"
)

func TestSite(t *testing.T) {
	for _, tc := range []struct{ address, want, err string }{
		{"https://blog.acme.example", "https://blog.acme.example", ""},
		{"https://Blog.Acme.example/", "https://blog.acme.example", ""},
		{" https://acme.example/blog/ \n", "https://acme.example/blog", ""},
		{"https://acme.example:8443", "https://acme.example:8443", ""},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080", ""},
		{"http://[::1]:8080", "http://[::1]:8080", ""},
		{"http://10.1.2.3", "http://10.1.2.3", ""},
		{"http://localhost:8080", "http://localhost:8080", ""},
		{"http://wordpress", "http://wordpress", ""},
		{"http://wordpress.blog.svc", "http://wordpress.blog.svc", ""},
		{"http://wordpress.blog.svc.cluster.local", "http://wordpress.blog.svc.cluster.local", ""},
		{"http://blog.acme.example", "", "must begin with https://"},
		{"http://8.8.8.8", "", "must begin with https://"},
		{"ftp://acme.example", "", "must be the address"},
		{"https://", "", "must be the address"},
		{"acme.example", "", "must be the address"},
		{"https://me:secret@acme.example", "", "must be the address"},
		{"https://acme.example/?x=1", "", "must be the address"},
		{"https://acme.example/#x", "", "must be the address"},
		{"https://acme example", "", "must be the address"},
	} {
		got, err := article.Site("spec.x.site", tc.address)
		switch {
		case tc.err == "" && err != nil:
			t.Errorf("%q: %v", tc.address, err)
		case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err) || !strings.Contains(err.Error(), "spec.x.site")):
			t.Errorf("%q: error %v, want %q and the field", tc.address, err, tc.err)
		case err != nil && strings.Contains(err.Error(), "secret"):
			t.Errorf("%q: a secret is in the error", tc.address)
		case got != tc.want:
			t.Errorf("%q: %q, want %q", tc.address, got, tc.want)
		}
	}
}

func TestTitle(t *testing.T) {
	for _, tc := range []struct{ given, text, want string }{
		{" Rocket 3.0 ", "text", "Rocket 3.0"},
		{"", "Rocket 3.0 is out.\n\nFaster.", "Rocket 3.0 is out."},
		{"", "\n  Rocket\n", "Rocket"},
		{"", "", ""},
		{"", strings.Repeat("word ", 20), strings.Repeat("word ", 15) + "word…"},
		{"", strings.Repeat("語", 81), strings.Repeat("語", 80) + "…"},
		{"", strings.Repeat("👨‍👩‍👧‍👦", 80), strings.Repeat("👨‍👩‍👧‍👦", 80)},
	} {
		if got := article.Title(tc.given, tc.text); got != tc.want {
			t.Errorf("%q, %q: %q, want %q", tc.given, tc.text, got, tc.want)
		}
	}
}

func TestParagraphs(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"one", []string{"<p>one</p>"}},
		{"one\ntwo\n\nthree", []string{"<p>one<br />\ntwo</p>", "<p>three</p>"}},
		{"<b>&amp;", []string{"<p>&lt;b&gt;&amp;amp;</p>"}},
		{"See https://acme.example/?a=1&b=2, now", []string{
			`<p>See <a href="https://acme.example/?a=1&amp;b=2">https://acme.example/?a=1&amp;b=2</a>, now</p>`,
		}},
		{"#tag @acme.example", []string{"<p>#tag @acme.example</p>"}},
	} {
		if diff := cmp.Diff(tc.want, article.Paragraphs(tc.text)); diff != "" {
			t.Errorf("%q: %s", tc.text, diff)
		}
	}
}

func TestCard(t *testing.T) {
	got := article.Card(&compose.Link{URL: "https://acme.example/?a=1&b=2", Title: "A <b>", Description: `"x"`})
	want := `<p class="tribune-link"><a href="https://acme.example/?a=1&amp;b=2">A &lt;b&gt;</a><br />` + "\n" + `&#34;x&#34;</p>`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := article.Card(&compose.Link{URL: "https://acme.example"}); !strings.Contains(got, ">https://acme.example</a></p>") {
		t.Error(got)
	}
}

// FuzzParagraphs: whatever the text is, nothing of it becomes markup, and nothing of it is lost.
func FuzzParagraphs(f *testing.F) {
	for _, seed := range []string{"", "a\n\n\nb", "<script>", "https://acme.example/\"onclick=1 &amp;", "<a href='x'>https://a.example</a>"} {
		f.Add(seed)
	}
	undo := strings.NewReplacer("<p>", "", "</p>", "", "<br />\n", "\n", "</a>", "")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip()
		}
		var plain []string
		for _, p := range article.Paragraphs(text) {
			p = undo.Replace(p)
			for {
				before, rest, found := strings.Cut(p, `<a href="`)
				if !found {
					break
				}
				address, after, found := strings.Cut(rest, `">`)
				if !found || strings.ContainsAny(address, `"<>`) {
					t.Fatalf("%q: broken link %q", text, rest)
				}
				p = before + after
			}
			if strings.ContainsAny(p, `<>"'`) {
				t.Fatalf("%q: markup in %q", text, p)
			}
			plain = append(plain, html.UnescapeString(p))
		}
		if got := strings.Join(plain, "\n\n"); got != text {
			t.Fatalf("%q became %q", text, got)
		}
		_ = article.Title("", text)
	})
}

func TestWithoutComments(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"<p>a</p>":                         "<p>a</p>",
		"a<!-- wp:html -->b":               "ab",
		"a<!--x-->b<!--y\n-->c":            "abc",
		"a<!-- never closed":               "a",
		"a<!<!-- x -->-- wp:html -->b":     "ab",
		"a <!----> b -- > <!-> c":          "a  b -- > <!-> c",
		"<!--<!--kg-card-end: html-->-->x": "-->x",
	} {
		if got := article.WithoutComments(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestPackRefuses(t *testing.T) {
	rules := compose.Rules{Name: "Blog", Limits: compose.Limits{MaxMediaBytes: 10, MediaTypes: []string{"image/gif"}}}
	for _, tc := range []struct{ bytes, reason string }{
		{"GIF89a", ""}, {"GIF89a too long for it", "MediaTooLarge"}, {"no image", "MediaTypeNotSupported"}, {"", "MediaTypeNotSupported"},
	} {
		a, err := article.Pack(network.Media{Bytes: []byte(tc.bytes), AltText: "alt"}, rules)
		if got := network.ReasonOf(err, ""); got != tc.reason {
			t.Errorf("%q: %q, want %q", tc.bytes, got, tc.reason)
		}
		if err == nil && (string(a.Bytes) != tc.bytes || a.ContentType != "image/gif" || a.AltText != "alt" || a.Upload == "") {
			t.Errorf("%q: %+v", tc.bytes, a)
		}
	}
}
