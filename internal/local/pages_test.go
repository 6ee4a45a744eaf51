package local

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

func TestLinkify(t *testing.T) {
	const attributes = ` rel="nofollow ugc noopener noreferrer" target="_blank">`
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"plain", "plain"},
		{"<b>&\"'", "&lt;b&gt;&amp;&#34;&#39;"},
		{"see https://a.example/x?b=1&c=2.", `see <a href="https://a.example/x?b=1&amp;c=2"` + attributes + `a.example/x?b=1&amp;c=2</a>.`},
		{"(https://a.example/b_(c))", `(<a href="https://a.example/b_(c)"` + attributes + `a.example/b_(c)</a>)`},
		{`https://a.example/"onmouseover="alert(1)`, `<a href="https://a.example/"` + attributes + `a.example/</a>&#34;onmouseover=&#34;alert(1)`},
		{"http://a.example<script>", `<a href="http://a.example"` + attributes + `a.example</a>&lt;script&gt;`},
		{"javascript:alert(1) data:text/html,x ftp://a.example", "javascript:alert(1) data:text/html,x ftp://a.example"},
		{"https://user:secret@a.example/", "https://user:secret@a.example/"},
		{"https://", "https://"},
		{"xhttps://a.example", "xhttps://a.example"},
		{"https://%zz.example", "https://%zz.example"},
	} {
		if diff := cmp.Diff(c.want, string(linkify(c.text))); diff != "" {
			t.Errorf("%q: %s", c.text, diff)
		}
	}
}

// FuzzLinkify: no text makes markup but links to the web.
func FuzzLinkify(f *testing.F) {
	for _, s := range []string{"<script>", "https://a.example/\"><img src=x>", "http://[::1]:80/'x", "https://a\x00b.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rest := string(linkify(text))
		for {
			before, after, found := strings.Cut(rest, `<a href="http`)
			if strings.ContainsAny(strings.ReplaceAll(before, "</a>", ""), "<>\"'") {
				t.Fatalf("%q makes markup: %s", text, before)
			}
			if !found {
				return
			}
			address, tail, _ := strings.Cut(after, `"`)
			if strings.ContainsAny(address, "<>'` ") {
				t.Fatalf("%q makes the address %q", text, address)
			}
			rest = strings.TrimPrefix(tail, ` rel="nofollow ugc noopener noreferrer" target="_blank">`)
		}
	})
}

func TestAge(t *testing.T) {
	for _, c := range []struct {
		ago  time.Duration
		want string
	}{
		{0, "now"}, {9 * time.Second, "now"}, {59 * time.Second, "59 s"}, {61 * time.Minute, "1 h"}, {25 * time.Hour, "1 d"},
		{8 * 24 * time.Hour, "16 Nov 2026"}, {-time.Hour, "24 Nov 2026, 13:00 UTC"}, {-time.Second, "now"},
	} {
		if got := age(noon.Add(-c.ago), noon); got != c.want {
			t.Errorf("%s ago: %q, want %q", c.ago, got, c.want)
		}
	}
}

// pageOf fetches a page and checks what holds for all.
func (b *bench) pageOf(t *testing.T, status int, path string) string {
	t.Helper()
	r := b.must(t, status, "GET", path, nil)
	policy := r.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("%s: the policy %q lacks %s", path, policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("%s: the policy %q is unsafe", path, policy)
	}
	body := string(r.body)
	for _, bad := range []string{"<script", "style=", "<img src=x", "ZgotmplZ"} {
		if strings.Contains(strings.ReplaceAll(body, "&lt;script", ""), bad) {
			t.Errorf("%s holds %s", path, bad)
		}
	}
	return body
}

func TestPages(t *testing.T) {
	b := start(t)
	if body := b.pageOf(t, 200, "/"); !strings.Contains(body, "Nothing has been said here yet") || !strings.Contains(body, `http-equiv="refresh"`) {
		t.Error("the empty page says nothing, or does not follow")
	}
	b.pageOf(t, 404, "/@acme/town")
	b.pageOf(t, 404, "/nowhere")
	b.must(t, 201, "POST", town+"/media?alt=%3Ci%3Ealt%3C/i%3E", onePixel, "Content-Type", "image/png")
	first := b.post(t, wire.NewPost{Text: "first & <script>alert(1)</script>", Language: "en\"><b", Media: []wire.MediaRef{{ID: "1"}}})
	second := b.post(t, wire.NewPost{Text: "second https://acme.example/x", ReplyTo: first.ID})
	comment := b.item(t, wire.NewItem{Kind: wire.KindComment, Text: "<img src=x onerror=alert(1)>", InReplyTo: second.ID,
		Author: wire.Author{Handle: "eve<b>", DisplayName: "<script>Eve"}})
	b.post(t, wire.NewPost{Kind: wire.KindReply, Text: "we hear you", ReplyTo: comment.ID})
	hidden := b.item(t, wire.NewItem{Kind: wire.KindComment, Text: "an insult", Author: wire.Author{Handle: "mob"}, InReplyTo: first.ID})
	mention := b.item(t, wire.NewItem{Kind: wire.KindMention, Text: "look at @town", Author: wire.Author{Handle: "kim"}})
	reply := b.post(t, wire.NewPost{Kind: wire.KindReply, Text: "thank you for looking", ReplyTo: mention.ID})
	b.post(t, wire.NewPost{Kind: wire.KindShare, ReplyTo: mention.ID})
	b.post(t, wire.NewPost{Kind: wire.KindMessage, Text: "a secret between us", To: "ada"})
	// Hiding comes with moderation; the page must show it already.
	if err := b.store.submit(func(tx *tx) error {
		return tx.exec("UPDATE items SET state = 'Hidden' WHERE id = ?", hidden.ID)
	}); err != nil {
		t.Fatal(err)
	}
	for path, wants := range map[string][]string{
		"/": {"@acme/town", "first &amp; &lt;script&gt;", "2 of 2", `alt="&lt;i&gt;alt&lt;/i&gt;"`, `<a href="https://acme.example/x" rel="nofollow`,
			"Hidden: only the team sees this", "we hear you", "look at @town", `http-equiv="refresh"`},
		"/@acme/town":                 {"Said about them", "thank you for looking", "<form", `value="Comment"`, `value="Follow"`, `value="Join"`, `name="reaction"`},
		"/@acme/town/" + second.ID:    {"first &amp;", "second", "an insult", "<textarea"},
		"/@acme/town?live=1":          {`http-equiv="refresh"`},
		"/@acme/town?before=2&live=0": {"Nothing has been said"},
	} {
		body := b.pageOf(t, 200, path)
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
		if strings.Contains(body, "a secret between us") {
			t.Errorf("%s shows a private message", path)
		}
	}
	for path, bad := range map[string]string{
		"/?live=0":           "http-equiv",
		"/@acme/town":        "http-equiv",
		"/@acme/town?live=1": "<form",
	} {
		if strings.Contains(b.pageOf(t, 200, path), bad) {
			t.Errorf("%s holds %s", path, bad)
		}
	}
	b.pageOf(t, 404, "/@acme/town/999")
	b.pageOf(t, 400, "/?before=x")
	if r := b.must(t, 303, "GET", "/@acme/town/"+reply.ID, nil); !strings.HasPrefix(r.header.Get("Location"), "/@acme/town#post-") {
		t.Errorf("%v", r.header)
	}
	if r := b.must(t, 200, "GET", "/style.css?v="+styleVersion, nil); !strings.HasPrefix(r.header.Get("Content-Type"), "text/css") {
		t.Errorf("%v", r.header)
	}
}

// What an account says of itself is shown, as text; its picture stands beside what it says.
func TestProfileIsShown(t *testing.T) {
	b := start(t)
	b.post(t, wire.NewPost{Text: "hello"})
	picture := read[wire.Media](t, b.must(t, 201, "POST", town+"/media", onePixel, "Content-Type", "image/png"))
	yes, bio, site := true, "We <b>build</b> rockets: https://acme.example/jobs", "https://acme.example/?a=b&c=d"
	put := wire.PutAccount{DisplayName: "Acme <Tools>", Bio: &bio, Website: &site, Bot: &yes, Avatar: &picture.ID}
	first := read[wire.Account](t, b.must(t, 200, "PUT", town, put))
	if first.Avatar == nil || first.Avatar.URL != b.url+"/media/"+picture.ID || len(first.Avatar.SHA256) != 64 {
		t.Errorf("%+v", first.Avatar)
	}
	for path, wants := range map[string][]string{
		"/@acme/town": {"Acme &lt;Tools&gt;", "We &lt;b&gt;build&lt;/b&gt; rockets", `href="https://acme.example/jobs"`, `href="https://acme.example/?a=b&amp;c=d"`, "Automated",
			`<img class="avatar big" src="/media/` + picture.ID, `<img class="avatar" src="/media/` + picture.ID},
		"/": {`<img class="avatar" src="/media/` + picture.ID},
	} {
		body := b.pageOf(t, 200, path)
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
	}
	// What is absent stays, the same picture once more is none, and another one takes the place of the first.
	again := read[wire.Media](t, b.must(t, 201, "POST", town+"/media", onePixel, "Content-Type", "image/png"))
	after := read[wire.Account](t, b.must(t, 200, "PUT", town, wire.PutAccount{Avatar: &again.ID}))
	if diff := cmp.Diff(first, after); diff != "" {
		t.Error(diff)
	}
	b.must(t, 404, "GET", "/media/"+again.ID, nil)
	other := read[wire.Media](t, b.must(t, 201, "POST", town+"/media", append(slices.Clone(onePixel), 0), "Content-Type", "image/png"))
	b.must(t, 200, "PUT", town, wire.PutAccount{Avatar: &other.ID})
	b.must(t, 404, "GET", "/media/"+picture.ID, nil)
	for name, bad := range map[string]string{
		"a script": `{"website": "javascript:alert(1)"}`, "no picture": `{"avatar": "99"}`, "a control character": `{"bio": "a\u0000b"}`, "too long": `{"bio": "` + strings.Repeat("x", 8001) + `"}`,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, b.url+town, strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode < 400 || answer.StatusCode >= 500 {
			t.Errorf("%s: %s", name, answer.Status)
		}
	}
}

func TestForms(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		name    string
		form    url.Values
		headers []string
		status  int
		to      string
		want    string // kind and text of what was stored
	}{
		{"a comment", url.Values{"kind": {"Comment"}, "text": {"hi\r\nthere"}, "handle": {"@ada"}, "inReplyTo": {"1"}}, nil, 303, "/@acme/town#item-2", "Comment hi\nthere"},
		{"on the post's page", url.Values{"kind": {"Comment"}, "text": {"hi"}, "handle": {"ada"}, "inReplyTo": {"1"}, "back": {"1"}}, nil, 303, "/@acme/town/1#item-2", "Comment hi"},
		{"back to elsewhere", url.Values{"kind": {"Follow"}, "handle": {"ada"}, "back": {"//evil.example"}}, nil, 303, "/@acme/town", "Follow "},
		{"a reaction", url.Values{"reaction": {"🎉"}, "text": {""}, "handle": {"ada"}, "inReplyTo": {"1"}}, nil, 303, "/@acme/town#post-1", "Reaction 🎉"},
		{"a join", url.Values{"kind": {"Join"}, "handle": {"ada"}}, nil, 303, "/@acme/town", "Join "},
		{"a mention", url.Values{"kind": {"Mention"}, "handle": {"ada"}, "text": {"hey"}}, nil, 303, "/@acme/town#item-2", "Mention hey"},
		{"by Sec-Fetch-Site", url.Values{"kind": {"Join"}, "handle": {"ada"}}, []string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, 303, "/@acme/town", "Join "},
		{"from elsewhere", url.Values{"kind": {"Join"}, "handle": {"ada"}}, []string{"Origin", "https://evil.example"}, 403, "", ""},
		{"from another port", url.Values{"kind": {"Join"}, "handle": {"ada"}}, []string{"Origin", "http://127.0.0.1:1"}, 403, "", ""},
		{"from nowhere", url.Values{"kind": {"Join"}, "handle": {"ada"}}, []string{"Origin", ""}, 403, "", ""},
		{"from a sandbox", url.Values{"kind": {"Join"}, "handle": {"ada"}}, []string{"Origin", "null"}, 403, "", ""},
		{"typed into the address bar", url.Values{"kind": {"Join"}, "handle": {"ada"}}, []string{"Sec-Fetch-Site", "none"}, 403, "", ""},
		{"an empty comment", url.Values{"kind": {"Comment"}, "handle": {"ada"}, "inReplyTo": {"1"}}, nil, 422, "", ""},
		{"nobody", url.Values{"kind": {"Join"}}, nil, 422, "", ""},
		{"a huge comment", url.Values{"kind": {"Comment"}, "text": {strings.Repeat("x", maxJSONBody)}, "handle": {"ada"}, "inReplyTo": {"1"}}, nil, 400, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t)
			b.post(t, wire.NewPost{Text: "x"})
			headers := append([]string{"Content-Type", form, "Origin", b.url}, c.headers...)
			r := b.must(t, c.status, "POST", "/@acme/town/say", c.form.Encode(), headers...)
			if to := r.header.Get("Location"); to != c.to {
				t.Errorf("goes to %q, want %q", to, c.to)
			}
			got := ""
			for _, i := range read[wire.Items](t, b.must(t, 200, "GET", town+"/items", nil)).Items {
				got += i.Kind + " " + i.Text
			}
			if got != c.want {
				t.Errorf("stored %q, want %q", got, c.want)
			}
			if c.status == http.StatusSeeOther && !strings.Contains(r.header.Get("Set-Cookie"), "SameSite=Strict") {
				t.Errorf("cookie %q", r.header.Get("Set-Cookie"))
			}
		})
	}
}

func TestFormsNeedToken(t *testing.T) {
	b := startWith(t, Options{Token: "s3cret"})
	b.post(t, wire.NewPost{Text: "x"})
	if body := b.pageOf(t, 200, "/@acme/town"); !strings.Contains(body, `name="token"`) || strings.Contains(body, "s3cret") {
		t.Error("the form asks for no token, or tells it")
	}
	for token, status := range map[string]int{"": 401, "other": 401, "s3cret": 303} {
		form := url.Values{"kind": {"Follow"}, "handle": {"ada"}, "token": {token}}
		b.must(t, status, "POST", "/@acme/town/say", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Origin", b.url, "Authorization", "")
	}
}

func TestFaultsAreShown(t *testing.T) {
	b := start(t, "lose-answer=0.3")
	if body := b.pageOf(t, 200, "/"); !strings.Contains(body, "lose-answer=0.3") {
		t.Error("the page does not say that the network fails on purpose")
	}
}
