package mastodon

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlainText(t *testing.T) {
	for _, c := range []struct{ name, html, want string }{
		{"nothing", "", ""},
		{"one line", "<p>Hello</p>", "Hello"},
		{"paragraphs and breaks", "<p>One<br />two</p><p>three<br>four</p>", "One\ntwo\n\nthree\nfour"},
		{"entities", "<p>a &lt;b&gt; &amp;amp; &quot;c&quot; &#39;d&#39; &nbsp;e</p>", "a <b> &amp; \"c\" 'd' \u00a0e"},
		{
			"an address that is shortened for the eye",
			`<p>See <a href="https://example.org/a/b"><span class="invisible">https://</span><span class="ellipsis">example.org/a</span><span class="invisible">/b</span></a>.</p>`,
			"See https://example.org/a/b.",
		},
		{
			"mention and hashtag",
			`<p><span class="h-card"><a href="https://x.example/@maria" class="u-url mention">@<span>maria</span></a></span> <a href="/tags/go" class="mention hashtag">#<span>go</span></a></p>`,
			"@maria #go",
		},
		{"no markup of ours", "Hello<script>alert('x')</script> <style>p{}</style>you", "Hello you"},
		{"lists", "<ul><li>one</li><li>two</li></ul>", "one\ntwo"},
		{"broken", "<p>a<b", "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := plainText(c.html); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestReadable(t *testing.T) {
	for _, c := range []struct {
		name, sent, shown string
		same              bool
	}{
		{"white space", "a  b\n\nc\td ", "a b\nc d", true},
		{"a mention loses its server", "Hi @maria@social.example!", "Hi @maria!", true},
		{"in brackets", "(cc @maria@social.example, @tom@other.example.)", "(cc @maria, @tom.)", true},
		{"with a port", "@maria@localhost:3000", "@maria", true},
		{"an address is no mention", "https://social.example/@maria@other.example", "https://social.example/@maria", false},
		{"e-mail is no mention", "maria@social.example", "maria", false},
		{"composed and decomposed", "e\u0301", "\u00e9", true},
		{"other words", "a b", "a c", false},
		{"case counts", "Hello", "hello", false},
		{"joined words", "ab", "a b", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := readable(c.sent) == readable(c.shown); got != c.same {
				t.Errorf("%q and %q: same is %v", readable(c.sent), readable(c.shown), got)
			}
		})
	}
}

func FuzzPlainText(f *testing.F) {
	for _, s := range []string{"<p>a<br/>b</p>", "<a href=x>", "&amp;&#x0;&#xD800;", "<script>", "<!--", "\xff<p\x00>", strings.Repeat("<p>", 500)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := plainText(s)
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("%q makes %q", s, got)
		}
		if len(got) > 3*len(s)+8 {
			t.Errorf("%d bytes make %d", len(s), len(got))
		}
	})
}

func FuzzReadable(f *testing.F) {
	for _, s := range []string{"@a@b", "@a@", "a@b@c.", "@@", "@a@b.c-", "https://x/@a@b", "\u200b@x@y\ufeff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := readable(s)
		if strings.ContainsAny(once, "\n\t\r") {
			t.Errorf("%q keeps white space: %q", s, once)
		}
		if utf8.ValidString(s) && !utf8.ValidString(once) {
			t.Errorf("%q makes %q", s, once)
		}
	})
}
