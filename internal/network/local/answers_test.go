package local_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
	"github.com/tribune-dev/tribune/internal/network/local"
)

const (
	localToken = "hush-hush-local-token"
	ourOwnPost = `{"id":"7","account":"acme/news","url":"http://127.0.0.1:8088/acme/news/7","key":"k","marker":"aaaabbbbcccc","kind":"Post","text":"Hello","thread":"7",
		"createdAt":"2026-12-01T08:00:00Z","storedAt":"2026-12-01T08:00:00Z"}`
	oneItem = `{"id":"9","account":"acme/news","url":"http://127.0.0.1:8088/i/9","kind":"Reply","text":"Hi @news","author":{"handle":"ada","followers":3,"createdAt":"2020-01-01T00:00:00Z"},
		"inReplyTo":"7","post":"7","createdAt":"2026-12-01T09:00:00Z","state":"Visible"}`
)

// usualAnswers are what the network answers when little happens, by method and path after the account's.
var anyAnswer = conformance.Answers{Secrets: []string{localToken}, Name: afterAccount, Usual: map[string]string{
	"PUT ":            `{"id":"acme/news","handle":"news","once":"Scan","limits":{"maxCharacters":500,"mediaTypes":["image/png"]}}`,
	"GET ":            `{"id":"acme/news","handle":"news","once":"Scan"}`,
	"GET /posts":      `{"posts":[]}`,
	"POST /posts":     ourOwnPost,
	"GET /posts/7":    ourOwnPost,
	"PUT /posts/7":    ourOwnPost,
	"DELETE /posts/7": ``,
	"GET /changes":    `{"changes":[],"cursor":"c1"}`,
	"GET /drafts":     `{"drafts":[]}`,
	"POST /drafts":    `{"id":"7","marker":"aaaabbbbcccc"}`,
	"POST /drafts/7":  ourOwnPost,
}}

// afterAccount is a call's name: its method and path after the account's.
func afterAccount(r *http.Request) string {
	return r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/v1/acme/news")
}

// FuzzAnswers gives any answer to one call, and holds the adapter to what the port promises: reads leave nothing unknown, a write is a
// success only if the answer names what was written, an item has what it must have, and a cursor can be gone on from.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []struct {
		call   string
		status int
		body   string
	}{
		{"GET /changes", 200, `{"changes":[{"item":` + oneItem + `},{"post":` + ourOwnPost + `}],"cursor":"c2"}`},
		{"GET /changes", 200, `{"changes":[{"item":{"id":"1","account":"acme/news"}}],"cursor":"c2"}`},
		{"GET /changes", 200, `{"changes":[{}],"cursor":"c2","more":true}`},
		{"GET /changes", 410, `{"error":{"code":"CursorLost","message":"m"}}`},
		{"GET /posts", 200, `{"posts":[` + ourOwnPost + `],"next":"7"}`},
		{"GET /posts", 200, `{}`},
		{"POST /posts", 200, strings.Replace(ourOwnPost, `"k"`, `"other"`, 1)},
		{"POST /posts", 409, `{"error":{"code":"KeyTaken","message":"m"}}`},
		{"POST /posts", 401, `{"error":{"code":"Unauthorized","message":"` + localToken + `"}}`},
		{"POST /posts", 202, `{"error":{"code":"Invalid","message":"m"}}`},
		{"POST /posts", 502, `<html>`},
		{"PUT ", 200, `{"id":"acme/news","once":"Never"}`},
		{"GET /drafts", 200, `{"drafts":[{"marker":"aaaabbbbcccc"}]}`},
		{"GET /posts/7", 404, `{"error":{"code":"NotFound","message":"m"}}`},
	} {
		anyAnswer.Add(f, seed.call, seed.status, seed.body)
	}
	anyAnswer.Fuzz(f, func(t *testing.T, server *conformance.Answering) {
		n, err := local.New(network.Config{
			Namespace: "acme", Channel: "news", LocalURL: "http://127.0.0.1:8088", LocalToken: localToken,
			HTTP: server.Client(),
		})
		if err != nil {
			t.Fatal(err)
		}
		readsAny(t, n, server)
		server.Listens(t, n, conformance.Heard{Cursors: true, Lost: func(string) bool { return true }, Each: func(t *testing.T, it *network.Item) {
			t.Helper()
			if it.Author.ID == "" {
				t.Errorf("%+v", it)
			}
		}})
		writesAny(t, n, server)
	})
}

//nolint:forcetypeassert // it can all of this
func readsAny(t *testing.T, n network.Network, server *conformance.Answering) {
	t.Helper()
	account, err := n.SignIn(context.Background())
	if e := server.Sound(t, "SignIn", err); e != nil && e.Kind == network.Ambiguous || err == nil && account.ID != "acme/news" {
		t.Errorf("SignIn: %+v, %v", account, err)
	}
	_, err = n.(network.Observer).Observe(context.Background(), network.Ref{ID: "7"})
	if e := server.Sound(t, "Observe", err); e != nil && e.Kind == network.Ambiguous {
		t.Errorf("Observe: %v", err)
	}
	query := network.Query{Identity: network.Identity{Namespace: "acme", Post: "hello", Edition: 1}, Key: "k", Marker: "aaaabbbbcccc"}
	found, err := n.(network.Finder).Find(context.Background(), query)
	if e := server.Sound(t, "Find", err); e != nil && e.Kind == network.Ambiguous || found != nil && found.ID == "" {
		t.Errorf("Find: %+v, %v", found, err)
	}
	drafts, err := n.(network.Preparer).Prepared(context.Background(), query)
	if e := server.Sound(t, "Prepared", err); e != nil && e.Kind == network.Ambiguous || slices.ContainsFunc(drafts, func(r network.Ref) bool { return r.ID == "" }) {
		t.Errorf("Prepared: %+v, %v", drafts, err)
	}
}

//nolint:forcetypeassert // it can all of this
func writesAny(t *testing.T, n network.Network, server *conformance.Answering) {
	t.Helper()
	p := network.Publication{Identity: network.Identity{Namespace: "acme", Post: "hello", Edition: 1}, Key: "k", Marker: "aaaabbbbcccc", Text: "Hello"}
	receipt, err := n.Publish(context.Background(), p)
	e := server.Sound(t, "Publish", err)
	if err == nil && receipt.ID == "" {
		t.Errorf("Publish: %+v", receipt)
	}
	// What a server said in no way that it has may have been done.
	if server.Call == "POST /posts" && e != nil && e.Kind != network.Ambiguous && (server.Status/100 == 2 || server.Status >= 500) {
		t.Errorf("Publish: %d %q is %s: %v", server.Status, server.Body, e.Kind, err)
	}
	draft, err := n.(network.Preparer).Prepare(context.Background(), p)
	if server.Sound(t, "Prepare", err); err == nil && draft.ID == "" {
		t.Errorf("Prepare: %+v", draft)
	}
	p.Prepared = &network.Ref{ID: "7"}
	if receipt, err = n.Publish(context.Background(), p); err == nil && receipt.ID != "7" {
		t.Errorf("Publish of a draft: %+v", receipt)
	}
	server.Sound(t, "Publish of a draft", err)
	server.Sound(t, "Delete", n.(network.Deleter).Delete(context.Background(), network.Ref{ID: "7"}))
}
