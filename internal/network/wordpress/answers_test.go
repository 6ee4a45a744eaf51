package wordpress_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
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
var anyAnswer = conformance.Answers{Secrets: []string{"hush still hidden"}, Usual: map[string]string{
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
}}

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
		{"GET /wp-json/wp/v2/comments", 410, `{"code":"site_closed","message":"m"}`},
		{"GET /wp-json/wp/v2/comments", 404, `{"code":"rest_comment_invalid_id","message":"m"}`},
		{"GET /wp-json/wp/v2/users/me", 404, `{"code":"rest_post_invalid_id","message":"m"}`},
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
		anyAnswer.Add(f, seed.call, seed.status, seed.body)
	}
	anyAnswer.Fuzz(f, func(t *testing.T, server *conformance.Answering) {
		n, err := wordpress.New(network.Config{
			HTTP:        server.Client(),
			Spec:        &tribunev1alpha1.SocialChannelSpec{WordPress: &tribunev1alpha1.WordPressSpec{Site: "https://blog.acme.example"}},
			Credentials: map[string][]byte{wordpress.SecretUsername: []byte("acme"), wordpress.SecretPassword: []byte("hush still hidden")},
		})
		if err != nil {
			t.Fatal(err)
		}
		reads(t, n, server)
		server.Listens(t, n, conformance.Heard{})
		writes(t, n, server)
	})
}

// isList is true for the JSON of a list.
func isList(body []byte) bool {
	var list []json.RawMessage
	return json.Unmarshal(body, &list) == nil && list != nil
}

//nolint:forcetypeassert // it can all of this
func reads(t *testing.T, n network.Network, server *conformance.Answering) {
	t.Helper()
	account, err := n.SignIn(context.Background())
	if e := server.Sound(t, "SignIn", err); e != nil && e.Kind == network.Ambiguous || err == nil && account.ID == "" {
		t.Errorf("SignIn: %+v, %v", account, err)
	}
	_, err = n.(network.Observer).Observe(context.Background(), network.Ref{ID: "7"})
	if e := server.Sound(t, "Observe", err); e != nil && e.Kind == network.Ambiguous {
		t.Errorf("Observe: %v", err)
	}
	query := network.Query{Identity: network.Identity{Namespace: "acme", Post: "hello", Edition: 1}, Marker: goodMarker}
	found, err := n.(network.Finder).Find(context.Background(), query)
	if e := server.Sound(t, "Find", err); e != nil && e.Kind == network.Ambiguous || found != nil && (found.ID == "" || found.ID == "0") {
		t.Errorf("Find: %+v, %v", found, err)
	}
	drafts, err2 := n.(network.Preparer).Prepared(context.Background(), query)
	if e := server.Sound(t, "Prepared", err2); e != nil && e.Kind == network.Ambiguous || slices.ContainsFunc(drafts, func(r network.Ref) bool { return r.ID == "" || r.ID == "0" }) {
		t.Errorf("Prepared: %+v, %v", drafts, err2)
	}
	if server.Call == "GET /wp-json/wp/v2/posts" && server.Status == http.StatusOK && !isList(server.Body) && (err == nil || err2 == nil) {
		t.Errorf("%q is taken for no articles: %v, %v", server.Body, err, err2)
	}
}

//nolint:forcetypeassert // it can all of this
func writes(t *testing.T, n network.Network, server *conformance.Answering) {
	t.Helper()
	p := network.Publication{Identity: network.Identity{Namespace: "acme", Post: "hello", Edition: 1}, Key: "k", Marker: goodMarker, Text: "Hello", Tags: []string{"moon"}}
	draft, err := n.(network.Preparer).Prepare(context.Background(), p)
	if server.Sound(t, "Prepare", err); err == nil && (draft.ID == "" || draft.ID == "0") {
		t.Errorf("Prepare: %+v", draft)
	}
	p.Prepared = &network.Ref{ID: "7"}
	receipt, err := n.Publish(context.Background(), p)
	e := server.Sound(t, "Publish", err)
	if err == nil && receipt.ID != "7" {
		t.Errorf("Publish: %+v", receipt)
	}
	// What a server said in no way that it has may have been done.
	if server.Call == "POST /wp-json/wp/v2/posts/7" && e != nil && e.Kind != network.Ambiguous && server.Status/100 == 2 && !json.Valid(server.Body) {
		t.Errorf("Publish: %d %q is %s: %v", server.Status, server.Body, e.Kind, err)
	}
	target := network.Target{Ref: network.Ref{ID: "comment/3"}, Post: "7"}
	server.Sound(t, "Discard", n.(network.Preparer).Discard(context.Background(), network.Ref{ID: "7"}))
	server.Sound(t, "Delete", n.(network.Deleter).Delete(context.Background(), network.Ref{ID: "7"}))
	server.Sound(t, "Hide", n.(network.Hider).Hide(context.Background(), target))
	_, err = n.(network.ThreadLocker).LockThread(context.Background(), target)
	server.Sound(t, "LockThread", err)
}
