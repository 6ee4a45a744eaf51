package compose_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/compose"
)

func markdown(s string) compose.Content {
	return compose.Content{Segment: compose.Segment{Text: s}, Markdown: true}
}

func TestMarkdown(t *testing.T) {
	ghost := compose.MustRules("Ghost")
	for _, tc := range []struct{ name, in, plain, html string }{
		{"marks", "Rocket is **out**, _now_.", "Rocket is out, now.", "<p>Rocket is <strong>out</strong>, <em>now</em>.</p>"},
		{"paragraphs", "One\ntwo\n\nThree  \nfour", "One two\n\nThree\nfour", "<p>One\ntwo</p>\n<p>Three<br>\nfour</p>"},
		{"heading", "# Title\nText", "Title\n\nText", "<h1>Title</h1>\n<p>Text</p>"},
		{"hashtag", "#acmerocket flies", "#acmerocket flies", "<p>#acmerocket flies</p>"},
		{"link", "See [the notes](https://acme.example/a_b) now", "See the notes (https://acme.example/a_b) now",
			`<p>See <a href="https://acme.example/a_b">the notes</a> now</p>`},
		{"link to itself", "<https://acme.example> [https://acme.example/x](https://acme.example/x) [a@acme.example](mailto:a@acme.example)",
			"https://acme.example https://acme.example/x a@acme.example",
			`<p><a href="https://acme.example">https://acme.example</a> <a href="https://acme.example/x">https://acme.example/x</a> ` +
				`<a href="mailto:a@acme.example">a@acme.example</a></p>`},
		{"bare link", "Go to https://acme.example/a_b_c*d. Now", "Go to https://acme.example/a_b_c*d. Now",
			`<p>Go to <a href="https://acme.example/a_b_c*d">https://acme.example/a_b_c*d</a>. Now</p>`},
		{"lists", "- one\n- two\n  1. a\n  2. b\n- three", "• one\n• two\n  1. a\n  2. b\n• three",
			"<ul>\n<li>one</li>\n<li>two\n<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n</li>\n<li>three</li>\n</ul>"},
		{"loose list", "3. one\n\n4. two", "3. one\n\n4. two", "<ol start=\"3\">\n<li>\n<p>one</p>\n</li>\n<li>\n<p>two</p>\n</li>\n</ol>"},
		{"tasks", "- [x] done\n- [ ] open", "• [x] done\n• [ ] open",
			"<ul>\n<li><input checked=\"\" disabled=\"\" type=\"checkbox\"> done</li>\n<li><input disabled=\"\" type=\"checkbox\"> open</li>\n</ul>"},
		{"quote", "> said\n> so\n\nyes", "> said so\n\nyes", "<blockquote>\n<p>said\nso</p>\n</blockquote>\n<p>yes</p>"},
		{"code", "Run `a_b --c`:\n\n```sh\nx **y**\n  z <b>\n```", "Run a_b --c:\n\nx **y**\n  z <b>",
			"<p>Run <code>a_b --c</code>:</p>\n<pre><code class=\"language-sh\">x **y**\n  z &lt;b&gt;\n</code></pre>"},
		{"picture", "![A rocket](https://acme.example/r.png)", "A rocket (https://acme.example/r.png)", `<p><img src="https://acme.example/r.png" alt="A rocket"></p>`},
		{"escapes", `\*not\* &amp; \&amp; &copy; 1 \< 2`, "*not* & &amp; © 1 < 2", "<p>*not* &amp; &amp;amp; © 1 &lt; 2</p>"},
		{"struck out", "~~old~~ new", "~~old~~ new", "<p><del>old</del> new</p>"},
		{"rule", "a\n\n---\n\nb", "a\n\n—\n\nb", "<p>a</p>\n<hr>\n<p>b</p>"},
		{"table", "| a | b |\n|---|---|\n| 1 | **2** |", "a | b\n1 | 2",
			"<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td><strong>2</strong></td>\n</tr>\n</tbody>\n</table>"},
		{"comment", "a <!-- note --> b\n\n<!-- more -->\n\nc", "a  b\n\nc", "<p>a  b</p>\n<p>c</p>"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, problems := compose.Render(markdown(tc.in), ghost)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if diff := cmp.Diff(tc.plain, r.Segments[0].Text); diff != "" {
				t.Errorf("plain -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(tc.html, r.Segments[0].HTML); diff != "" {
				t.Errorf("HTML -want +got:\n%s", diff)
			}
			bluesky, _ := compose.Render(markdown(tc.in), compose.MustRules("Bluesky"))
			if s := bluesky.Segments[0]; s.Text != tc.plain || s.HTML != "" {
				t.Errorf("on Bluesky: %+v", s)
			}
		})
	}
}

func TestMarkdownProblems(t *testing.T) {
	for in, want := range map[string]string{
		"a <b>x</b>":                    "text has HTML in it, which is not taken",
		"<div>\nx\n</div>":              "text has HTML in it, which is not taken",
		"<script>alert(1)</script>":     "text has HTML in it, which is not taken",
		"[x](javascript:alert(1))":      `text has a link to "javascript:alert(1)"`,
		"[x](JAVA&#115;CRIPT:alert(1))": `text has a link to "JAVA&#115;CRIPT:alert(1)"`,
		"![x](data:text/html,x)":        `text has a picture at "data:text/html,x"`,
		strings.Repeat("> ", 40) + "x":  "text has 40 quotes or lists within one another",
		strings.Repeat("*a_", 600):      "text has a paragraph with more than 400 marks",
		"&#0;&#7;":                      "text has the character U+0007",
	} {
		_, problems := compose.Render(markdown(in), compose.MustRules("Ghost"))
		if len(problems) == 0 || !strings.HasPrefix(problems[0].String(), want) {
			t.Errorf("%q: %v, want %q", in, problems, want)
		}
	}
}

func TestTagMarkdown(t *testing.T) {
	in := "See [x](https://acme.example/a) and `curl https://acme.example/b` or https://acme.example/c\n\n    https://acme.example/d\n\n```\nhttps://acme.example/e\n```"
	want := "See [x](https://acme.example/a?utm_medium=m) and `curl https://acme.example/b` or https://acme.example/c?utm_medium=m\n\n    https://acme.example/d\n\n```\nhttps://acme.example/e\n```"
	if got := compose.TagText(in, true, compose.Tracking{Domains: []string{"acme.example"}, Medium: "m"}, nil); got != want {
		t.Errorf("got %q", got)
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"**a** [b](https://c.example) `d`", "- a\n  1. b\n\n> c", "<b>", "a|b\n-|-\n1|2", "![a](b)\n\n```\nx", "[a]: b\n[a]", "- [ ] x", "\\* &amp; ~~x~~"} {
		f.Add(s)
	}
	rules := compose.MustRules("Ghost")
	f.Fuzz(func(t *testing.T, s string) {
		r, problems := compose.Render(markdown(s), rules)
		if len(problems) > 0 {
			return
		}
		lower := strings.ToLower(r.Segments[0].HTML)
		for _, bad := range []string{"<script", "<iframe", "href=\"javascript:", "src=\"javascript:", "<!--", "<style"} {
			if strings.Contains(lower, bad) {
				t.Fatalf("%q became %q", s, r.Segments[0].HTML)
			}
		}
		again, _ := compose.Render(markdown(s), rules)
		if diff := cmp.Diff(r, again); diff != "" {
			t.Fatalf("two renderings differ: %s", diff)
		}
		tagged := compose.TagText(s, true, tracking, vars)
		if again := compose.TagText(tagged, true, tracking, vars); again != tagged {
			t.Fatalf("tagging twice: %q, then %q", tagged, again)
		}
	})
}
