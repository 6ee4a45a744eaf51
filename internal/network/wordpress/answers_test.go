package wordpress_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/wordpress"
)

const (
	goodMarker = "aaaabbbbcccc"
	ourDraft   = `{"id":7,"status":"draft","link":"https://blog.acme.example/?p=7","date_gmt":"2026-12-01T08:00:00","modified_gmt":"2026-12-01T08:00:00",
		"title":{"raw":"Hello"},"content":{"raw":"<p>Hello</p><!-- tribune:aaaabbbbcccc -->"},"comment_status":"open"}`
	aComment = `{"id":3,"post":7,"parent":0,"author":0,"author_name":"Ada","author_email":"ada@x.example","author_url":"https://x.example","date_gmt":"2026-12-01T08:00:00",
		"link":"https://blog.acme.example/?p=7#comment-3","status":"hold","content":{"raw":"Hi <a href=\"https://y.example\">you</a>"}}`
)

// usual is what a site answers on which little happens, by method and path.
var usual = map[string]string{
	"HEAD /":                           ``,
	"GET /wp-json/":                    `{"namespaces":["wp/v2"]}`,
	"GET /wp-json/wp/v2/users/me":      `{"id":1,"name":"Acme","slug":"acme","capabilities":{"edit_posts":true,"publish_posts":true,"moderate_comments":true}}`,
	"GET /wp-json/wp/v2/comments":      `[]`,
	"GET /wp-json/wp/v2/posts":         `[]`,
	"GET /wp-json/wp/v2/tags":          `[]`,
	"POST /wp-json/wp/v2/tags":         `{"id":4}`,
	"POST /wp-json/wp/v2/posts":        ourDraft,
	"GET /wp-json/wp/v2/posts/7":       ourDraft,
	"POST /wp-json/wp/v2/posts/7":      strings.Replace(ourDraft, `"draft"`, `"publish"`, 1),
	"DELETE /wp-json/wp/v2/posts/7":    ourDraft,
	"GET /wp-json/wp/v2/comments/3":    aComment,
	"POST /wp-json/wp/v2/comments/3":   aComment,
	"DELETE /wp-json/wp/v2/comments/3": aComment,
}

var calls = func() []string {
	var all []string
	for c := range usual {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}()

// scripted answers one call with what it was given, and the others as usual.
type scripted struct {
	call   string
	status int
	body   []byte
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	call := r.Method + " " + r.URL.Path
	status, body := http.StatusOK, []byte(usual[call])
	if call == s.call {
		status, body = s.status, s.body
	}
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

// sound is the error as the port asks for it; nil for none.
func sound(t *testing.T, what string, err error) *network.Error {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *network.Error
	if !errors.As(err, &e) || e.Kind == "" || e.Reason == "" || e.Message == "" || strings.ContainsAny(e.Reason, " \n\x00") || !utf8.ValidString(err.Error()) {
		t.Fatalf("%s: %#v", what, err)
	}
	if len(err.Error()) > 8*network.MaxQuoted || strings.Contains(err.Error(), "hush still hidden") {
		t.Errorf("%s: the error is too long, or shows a secret: %v", what, err)
	}
	return e
}

// FuzzAnswers gives any answer to one call, and holds the adapter to what the port promises: reads leave nothing unknown, what is no
// list is not "none", a write is a success only if the answer names what was written, and a cursor can be gone on from.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []struct {
		call   string
		status int
		body   string
	}{
		{"GET /wp-json/wp/v2/comments", 200, `[` + aComment + `,{"id":4,"status":"trash","author":1,"parent":3}]`},
		{"GET /wp-json/wp/v2/comments", 200, `[{"id":0}]`},
		{"GET /wp-json/wp/v2/posts", 200, `[` + ourDraft + `]`},
		{"GET /wp-json/wp/v2/posts", 200, `null`},
		{"GET /wp-json/wp/v2/posts", 200, `[{"status":"publish","content":{"raw":"<!-- tribune:aaaabbbbcccc -->"}}]`},
		{"GET /wp-json/wp/v2/users/me", 401, `{"code":"incorrect_password","message":"hush still hidden"}`},
		{"GET /wp-json/wp/v2/users/me", 200, `{"id":-1}`},
		{"POST /wp-json/wp/v2/posts", 200, `{"id":7,"content":{"raw":""}}`},
		{"POST /wp-json/wp/v2/posts", 500, `{"code":"rest_upload_unknown_error"}`},
		{"POST /wp-json/wp/v2/posts/7", 200, ourDraft},
		{"POST /wp-json/wp/v2/posts/7", 404, `{"code":"rest_post_invalid_id"}`},
		{"GET /wp-json/wp/v2/tags", 200, `[{"id":0,"name":"moon"}]`},
		{"POST /wp-json/wp/v2/tags", 400, `{"code":"term_exists","data":{"term_id":9}}`},
		{"GET /wp-json/", 200, `{"namespaces":[]}`},
		{"HEAD /", 301, ``},
	} {
		f.Add(byte(slices.Index(calls, seed.call)), seed.status, []byte(seed.body)) //nolint:gosec // few
	}
	f.Fuzz(func(t *testing.T, which byte, status int, body []byte) {
		server := &scripted{call: calls[int(which)%len(calls)], status: 100 + (status%500+500)%500, body: body}
		if status >= 100 && status < 600 {
			server.status = status
		}
		n, err := wordpress.New(network.Config{
			HTTP:        &http.Client{Transport: server, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
			Spec:        &tribunev1alpha1.SocialChannelSpec{WordPress: &tribunev1alpha1.WordPressSpec{Site: "https://blog.acme.example"}},
			Credentials: map[string][]byte{wordpress.SecretUsername: []byte("acme"), wordpress.SecretPassword: []byte("hush still hidden")},
		})
		if err != nil {
			t.Fatal(err)
		}
		reads(t, n, server)
		listens(t, n)
		writes(t, n, server)
	})
}

// isList is true for the JSON of a list.
func isList(body []byte) bool {
	var list []json.RawMessage
	return json.Unmarshal(body, &list) == nil && list != nil
}

//nolint:forcetypeassert // it can all of this
func reads(t *testing.T, n network.Network, server *scripted) {
	t.Helper()
	account, err := n.SignIn(context.Background())
	if e := sound(t, "SignIn", err); e != nil && e.Kind == network.Ambiguous || err == nil && account.ID == "" {
		t.Errorf("SignIn: %+v, %v", account, err)
	}
	_, err = n.(network.Observer).Observe(context.Background(), network.Ref{ID: "7"})
	if e := sound(t, "Observe", err); e != nil && e.Kind == network.Ambiguous {
		t.Errorf("Observe: %v", err)
	}
	query := network.Query{Identity: network.Identity{Namespace: "acme", Post: "hello", Edition: 1}, Marker: goodMarker}
	found, err := n.(network.Finder).Find(context.Background(), query)
	if e := sound(t, "Find", err); e != nil && e.Kind == network.Ambiguous || found != nil && (found.ID == "" || found.ID == "0") {
		t.Errorf("Find: %+v, %v", found, err)
	}
	drafts, err2 := n.(network.Preparer).Prepared(context.Background(), query)
	if e := sound(t, "Prepared", err2); e != nil && e.Kind == network.Ambiguous || slices.ContainsFunc(drafts, func(r network.Ref) bool { return r.ID == "" || r.ID == "0" }) {
		t.Errorf("Prepared: %+v, %v", drafts, err2)
	}
	if server.call == "GET /wp-json/wp/v2/posts" && server.status == http.StatusOK && !isList(server.body) && (err == nil || err2 == nil) {
		t.Errorf("%q is taken for no articles: %v, %v", server.body, err, err2)
	}
}

// listens twice: the second time from where the first one ended.
func listens(t *testing.T, n network.Network) {
	t.Helper()
	query := network.ListenQuery{}
	for range 2 {
		heard, err := n.(network.Listener).Listen(context.Background(), query) //nolint:forcetypeassert // it listens
		if e := sound(t, "Listen", err); e != nil {
			if e.Kind == network.Ambiguous || e.Kind == network.Gone {
				t.Errorf("Listen: %s %v", e.Kind, err)
			}
			return
		}
		for _, it := range heard.Items {
			if it.ID == "" || it.Kind == "" || it.Author.ID == "" && !it.Gone || !utf8.ValidString(it.Text+strings.Join(it.Links, "")) {
				t.Errorf("%+v", it)
			}
			if _, err := json.Marshal(it); err != nil {
				t.Errorf("the item cannot be written: %v", err)
			}
		}
		query.Cursor = heard.Cursor
	}
}

//nolint:forcetypeassert // it can all of this
func writes(t *testing.T, n network.Network, server *scripted) {
	t.Helper()
	p := network.Publication{Identity: network.Identity{Namespace: "acme", Post: "hello", Edition: 1}, Key: "k", Marker: goodMarker, Text: "Hello", Tags: []string{"moon"}}
	draft, err := n.(network.Preparer).Prepare(context.Background(), p)
	if sound(t, "Prepare", err); err == nil && (draft.ID == "" || draft.ID == "0") {
		t.Errorf("Prepare: %+v", draft)
	}
	p.Prepared = &network.Ref{ID: "7"}
	receipt, err := n.Publish(context.Background(), p)
	e := sound(t, "Publish", err)
	if err == nil && receipt.ID != "7" {
		t.Errorf("Publish: %+v", receipt)
	}
	// What a server said in no way that it has may have been done.
	if server.call == "POST /wp-json/wp/v2/posts/7" && e != nil && e.Kind != network.Ambiguous && server.status/100 == 2 && !json.Valid(server.body) {
		t.Errorf("Publish: %d %q is %s: %v", server.status, server.body, e.Kind, err)
	}
	target := network.Target{Ref: network.Ref{ID: "comment/3"}, Post: "7"}
	sound(t, "Discard", n.(network.Preparer).Discard(context.Background(), network.Ref{ID: "7"}))
	sound(t, "Delete", n.(network.Deleter).Delete(context.Background(), network.Ref{ID: "7"}))
	sound(t, "Hide", n.(network.Hider).Hide(context.Background(), target))
	_, err = n.(network.ThreadLocker).LockThread(context.Background(), target)
	sound(t, "LockThread", err)
}
