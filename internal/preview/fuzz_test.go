package preview_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	goldmarkhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/preview"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/terminal"
)

// add gives the seeds of all renderers.
func add(f *testing.F) {
	f.Add("Rocket is out 🚀 @acme #rocket $ACME acme.example", "Title", "warning", "https://acme.example/rocket", "https://acme.example/a.png", "A rocket", "launch", byte(0), byte(0))
	f.Add("<script>alert(1)</script> ```\n# @octocat ](javascript:x)", "\"><img src=x onerror=y>", "<b>", "https://x.example/\"><script>", "javascript:alert(1)", "<i>", "a\x1b[2J|b", byte(1), byte(1))
	f.Add("````\n~~~\n<!-- \n\n    code\n1. one\n- [ ] two\n| a | b |\n|---|---|\n", "# a\n# b", "> c", "javascript:alert(1)", "//x", "[a](b)", "***", byte(2), byte(2))
	f.Add("acme.com/?u=http://other.com x.org/a://b https://y.example/<b>", "&lt;b&gt;", "a\r\nb", "data:text/html,<script>", "HTTPS://x.example", "&#60;", "@team/all", byte(0), byte(3))
	f.Add("acme.com/?u=http://other.com and acme.com", "", "", "https://x.example/?a=1&amp;b", "", "", "", byte(1), byte(0))
	f.Add("a\rb\x00c\u2028d\u009be\tf", "\\", "\\<", "mailto:a@b.example", "http://\n", "\n\n<u>", "\n\n<u>", byte(4), byte(0))
	f.Add(strings.Repeat("One sentence of some 👩🏽‍🚀 words. ", 30), "", "", "", "", "", "", byte(5), byte(2))
	f.Add("", "", "", "", "", "", "", byte(6), byte(0))
}

// made is an item as the command makes it; what stands in it was read from JSON or YAML, which are UTF-8.
func made(text, title, warning, link, picture, alt, name string, network, how byte) preview.Item {
	for _, s := range []*string{&text, &title, &warning, &link, &picture, &alt, &name} {
		*s = strings.ToValidUTF8(*s, "\ufffd")
	}
	networks := compose.Networks()
	on := networks[int(network)%len(networks)]
	c := &tribunev1alpha1.Content{Text: text, Title: title, ContentWarning: warning, Split: []tribunev1alpha1.SplitMode{"", tribunev1alpha1.SplitNumberedThread}[how&1]}
	if link != "" {
		c.Link = &tribunev1alpha1.Link{URL: link, Title: title, Description: alt}
	}
	if picture != "" {
		c.Media = []tribunev1alpha1.Media{{URL: picture, AltText: alt}}
	}
	if name != "" {
		c.Tags = []string{name, "launch"}
	}
	item := preview.Render(c, on, compose.MustRules(on), publish.Options{})
	if how&2 != 0 {
		item = preview.RenderText(text, on, compose.MustRules(on))
	}
	item.Source, item.Channel = name, name
	item.Problems = append(item.Problems, warning)
	item.Next = preview.NextAt(time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC), nil)
	item.Next.Shifted = alt
	return item
}

func segments(i *preview.Item) []preview.Segment {
	return append([]preview.Segment{i.Segment}, i.Thread...)
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// elements of a page by name; whatever is not among those that are allowed, with these attributes, is an error.
func elements(t *testing.T, page []byte, allowed map[string]string) map[string][]*html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]*html.Node{}
	for n := range root.Descendants() {
		switch n.Type {
		case html.CommentNode:
			t.Errorf("a comment: %q", n.Data)
		case html.ElementNode:
			attributes, known := allowed[n.Data]
			if !known {
				t.Errorf("an element %s", n.Data)
			}
			for _, a := range n.Attr {
				if !slices.Contains(strings.Fields(attributes), a.Key) {
					t.Errorf("%s has an attribute %s=%q", n.Data, a.Key, a.Val)
				}
			}
			all[n.Data] = append(all[n.Data], n)
		}
	}
	return all
}

// shown is a text as a browser takes it from a page.
func shown(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\ufffd").Replace(s)
}

var webAddress = regexp.MustCompile(`^(?i:https?)://`)

// FuzzHTML: a page holds no element but its own, shows each text whole, and leads to web addresses alone.
func FuzzHTML(f *testing.F) {
	add(f)
	allowed := map[string]string{
		"html": "lang", "head": "", "meta": "charset name content", "title": "", "style": "", "body": "", "header": "", "h1": "", "p": "class", "strong": "style",
		"main": "", "article": "class", "div": "class aria-hidden", "b": "", "span": "class", "time": "datetime", "a": "class href rel", "figure": "",
		"img": "src alt loading", "figcaption": "", "small": "", "br": "", "i": "style", "ul": "class", "li": "",
	}
	f.Fuzz(func(t *testing.T, text, title, warning, link, picture, alt, name string, network, how byte) {
		item := made(text, title, warning, link, picture, alt, name, network, how)
		var b bytes.Buffer
		if err := preview.HTML(&b, name, []preview.Item{item, item}); err != nil {
			t.Fatal(err)
		}
		page := elements(t, b.Bytes(), allowed)
		if len(page["article"]) != 2 || len(page["style"]) != 1 || len(page["title"]) != 1 || len(page["li"]) != 2*len(item.Problems) {
			t.Fatalf("%d articles, %d problems:\n%s", len(page["article"]), len(page["li"]), b.String())
		}
		var texts, want []string
		for _, p := range page["p"] {
			if attribute(p, "class") == "text" {
				texts = append(texts, textOf(p))
			}
		}
		for range 2 {
			for _, s := range segments(&item) {
				want = append(want, shown(s.Text))
			}
		}
		if diff := cmp.Diff(want, texts); diff != "" {
			t.Errorf("the texts are shown otherwise (-want +got):\n%s", diff)
		}
		for _, a := range page["a"] {
			href := attribute(a, "href")
			if entity := attribute(a, "class") == "entity"; entity && !webAddress.MatchString(href) {
				t.Errorf("%q leads to %q", textOf(a), href)
			}
			if scheme, _, ok := strings.Cut(href, ":"); ok && !slices.Contains([]string{"http", "https", "mailto"}, strings.ToLower(scheme)) && !strings.ContainsAny(scheme, "/?#") {
				t.Errorf("a link to %q", href)
			}
		}
		for _, img := range page["img"] {
			if !webAddress.MatchString(attribute(img, "src")) {
				t.Errorf("a picture from %q", attribute(img, "src"))
			}
		}
	})
}

// gitHub is how a comment is read, with all HTML in it left as it is.
var gitHub = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(goldmarkhtml.WithUnsafe()))

var mention = regexp.MustCompile(`@[\pL\pN]`)

// told is a text of which white space, and what keeps mentions from being such, do not matter.
func told(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\u200b", "")), " ")
}

// FuzzMarkdown: a comment has no HTML, heading, list or mention but its own, and shows each text as it stands.
func FuzzMarkdown(f *testing.F) {
	add(f)
	allowed := map[string]string{
		"html": "", "head": "", "body": "", "h3": "", "p": "", "blockquote": "", "strong": "", "pre": "", "code": "class", "ul": "", "li": "", "a": "href",
	}
	f.Fuzz(func(t *testing.T, text, title, warning, link, picture, alt, name string, network, how byte) {
		item := made(text, title, warning, link, picture, alt, name, network, how)
		var comment, b bytes.Buffer
		if err := preview.Markdown(&comment, []preview.Item{item}); err != nil {
			t.Fatal(err)
		}
		if err := gitHub.Convert(comment.Bytes(), &b); err != nil {
			t.Fatal(err)
		}
		page := elements(t, b.Bytes(), allowed)
		all, pictures, fields := segments(&item), 0, 0
		for i := range all {
			pictures += len(all[i].Media)
		}
		for _, value := range []string{item.Title, item.ContentWarning, item.Visibility, strings.Join(item.Tags, ", ")} {
			if value != "" {
				fields++
			}
		}
		if item.Link != nil {
			fields++
		}
		if len(page["h3"]) != 1 || len(page["blockquote"]) != len(item.Problems) || len(page["pre"]) != len(all) || len(page["li"]) != pictures+fields {
			t.Fatalf("%d headings, %d of %d problems, %d of %d texts, %d of %d lines of lists:\n%s", len(page["h3"]), len(page["blockquote"]), len(item.Problems),
				len(page["pre"]), len(all), len(page["li"]), pictures+fields, comment.String())
		}
		for n, pre := range page["pre"] {
			if got, want := shown(textOf(pre)), shown(all[n].Text+"\n"); got != want {
				t.Errorf("the text %q is shown as %q", want, got)
			}
		}
		outside := b.String()
		for _, pre := range page["pre"] {
			pre.Parent.RemoveChild(pre)
		}
		if body := page["body"]; len(body) == 1 {
			outside = textOf(body[0])
		}
		if at := mention.FindString(outside); at != "" {
			t.Errorf("somebody is mentioned by %q:\n%s", at, comment.String())
		}
		for _, s := range append([]string{item.Source, item.Title, item.ContentWarning, item.Next.Shifted}, item.Problems...) {
			if want := told(terminal.Printable(s)); !strings.Contains(told(outside), want) {
				t.Errorf("%q is not shown as it stands in %q", want, told(outside))
			}
		}
		for _, a := range page["a"] {
			if href := attribute(a, "href"); !webAddress.MatchString(href) && !strings.HasPrefix(href, "ftp://") && !strings.HasPrefix(href, "mailto:") {
				t.Errorf("a link to %q", href)
			}
		}
	})
}

// FuzzText: nothing that was written moves a cursor, or begins a line as Tribune's own lines begin.
func FuzzText(f *testing.F) {
	add(f)
	f.Fuzz(func(t *testing.T, text, title, warning, link, picture, alt, name string, network, how byte) {
		item := made(text, title, warning, link, picture, alt, name, network, how)
		var b bytes.Buffer
		if err := preview.Text(&b, []preview.Item{item}); err != nil {
			t.Fatal(err)
		}
		if at := strings.IndexFunc(b.String(), func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); at >= 0 {
			t.Errorf("a control character in %q", b.String())
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		for _, line := range lines[1:] {
			if !strings.HasPrefix(line, "  ") {
				t.Errorf("a line of its own: %q", line)
			}
		}
		for _, s := range segments(&item) {
			for line := range strings.SplitSeq(s.Text, "\n") {
				if !slices.Contains(lines, "  │ "+terminal.Printable(line)) {
					t.Errorf("the line %q is not shown in\n%s", line, b.String())
				}
			}
		}
	})
}

// FuzzJSON: what programs read is what was made; ranges of what is clickable lie within the text, in order, and cut no character, in
// bytes as in UTF-16.
func FuzzJSON(f *testing.F) {
	add(f)
	f.Fuzz(func(t *testing.T, text, title, warning, link, picture, alt, name string, network, how byte) {
		item := made(text, title, warning, link, picture, alt, name, network, how)
		b, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		var got preview.Item
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(item, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("-made +read:\n%s", diff)
		}
		for _, s := range segments(&got) {
			units, done := utf16.Encode([]rune(s.Text)), 0
			for _, e := range s.Entities {
				if e.ByteStart < done || e.ByteStart >= e.ByteEnd || e.ByteEnd > len(s.Text) || e.UTF16Start < 0 || e.UTF16Start >= e.UTF16End || e.UTF16End > len(units) {
					t.Fatalf("%+v does not lie in %q after %d", e, s.Text, done)
				}
				is := s.Text[e.ByteStart:e.ByteEnd]
				if !utf8.ValidString(is) || is != string(utf16.Decode(units[e.UTF16Start:e.UTF16End])) {
					t.Errorf("%+v is %q in bytes, %q in UTF-16", e, is, string(utf16.Decode(units[e.UTF16Start:e.UTF16End])))
				}
				if e.Type == "" || e.Value == "" || !strings.Contains(is, e.Value) {
					t.Errorf("%s", fmt.Sprintf("%+v says something else than %q", e, is))
				}
				done = e.ByteEnd
			}
		}
	})
}
