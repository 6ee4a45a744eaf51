package ghost_test

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
	"github.com/tribune-dev/tribune/internal/network/ghost"
)

const (
	ourID      = "6489f2c18d2f3c0001a1b2c3"
	aToken     = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiIvYWRtaW4vIn0.c2lnbmVk"
	goodMarker = "aaaabbbbcccc"
	ourArticle = `{"posts":[{"id":"` + ourID + `","status":"draft","title":"Hello","html":"<p>Hello</p>","url":"https://blog.acme.example/hello/",
		"updated_at":"2026-12-01T08:00:00.000Z","tags":[{"id":"1","name":"#tribune-aaaabbbbcccc","slug":"hash-tribune-aaaabbbbcccc"}]}]}`
)

// usual is what a site answers on which little happens, by method and path after the API's.
var anyAnswer = conformance.Answers{Secrets: []string{"00ff00ff", aToken}, Name: afterAPI, Usual: map[string]string{
	"GET /posts/":                  `{"posts":[]}`,
	"GET /site/":                   `{"site":{"title":"Acme","url":"https://blog.acme.example/","version":"6.0"}}`,
	"GET /tags/":                   `{"tags":[]}`,
	"POST /posts/":                 ourArticle,
	"GET /posts/" + ourID + "/":    ourArticle,
	"PUT /posts/" + ourID + "/":    strings.Replace(ourArticle, `"draft"`, `"published"`, 1),
	"DELETE /posts/" + ourID + "/": ``,
}}

// afterAPI is a call's name: its method and path after the API's.
func afterAPI(r *http.Request) string {
	return r.Method + " " + strings.TrimPrefix(r.URL.Path, "/ghost/api/admin")
}

var anID = regexp.MustCompile(`^[0-9a-f]{24}$`)

// FuzzAnswers gives any answer to one call, and holds the adapter to what the port promises: reads leave nothing unknown, a write is a
// success only if the answer names what was written, and what is named can be asked for again.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []struct {
		call   string
		status int
		body   string
	}{
		{"GET /posts/", 200, ourArticle},
		{"GET /posts/", 200, `{}`},
		{"GET /posts/", 200, strings.Replace(ourArticle, ourID, "../x", 1)},
		{"GET /posts/", 401, `{"errors":[{"message":"m","type":"UnauthorizedError","code":"INVALID_JWT"}]}`},
		{"GET /site/", 401, `{"errors":[{"message":"Invalid token ` + aToken + `","type":"UnauthorizedError","code":"` + aToken + `"}]}`},
		{"GET /site/", 200, `{"site":{"version":"\u0000"}}`},
		{"POST /posts/", 200, strings.Replace(ourArticle, ourID, "", 1)},
		{"POST /posts/", 200, strings.Replace(ourArticle, ourID, "7", 1)},
		{"POST /posts/", 422, `{"errors":[{"message":"m","context":"c","type":"ValidationError"}]}`},
		{"POST /posts/", 202, `{"errors":[{"message":"m","type":"UnauthorizedError"}]}`},
		{"PUT /posts/" + ourID + "/", 200, ourArticle},
		{"PUT /posts/" + ourID + "/", 206, `{"errors":[{"message":"m","type":"UnauthorizedError"}]}`},
		{"PUT /posts/" + ourID + "/", 409, `{"errors":[{"message":"m","type":"UpdateCollisionError","code":"UPDATE_COLLISION"}]}`},
		{"PUT /posts/" + ourID + "/", 200, `{"posts":[{},{}]}`},
		{"GET /posts/" + ourID + "/", 404, `{"errors":[{"message":"m","type":"NotFoundError"}]}`},
		{"GET /tags/", 200, `{"tags":[{"id":"","name":"Moon"},{"name":"moon"}]}`},
	} {
		anyAnswer.Add(f, seed.call, seed.status, seed.body)
	}
	anyAnswer.Fuzz(f, func(t *testing.T, server *conformance.Answering) {
		n, err := ghost.New(network.Config{
			HTTP:        server.Client(),
			Spec:        &tribunev1alpha1.SocialChannelSpec{Ghost: &tribunev1alpha1.GhostSpec{Site: "https://blog.acme.example"}},
			Credentials: map[string][]byte{ghost.SecretAdminAPIKey: []byte(ourID + ":00ff00ff")},
		})
		if err != nil {
			t.Fatal(err)
		}
		reads(t, n, server)
		writes(t, n, server)
	})
}

//nolint:forcetypeassert // it can all of this
func reads(t *testing.T, n network.Network, server *conformance.Answering) {
	t.Helper()
	account, err := n.SignIn(context.Background())
	if e := server.Sound(t, "SignIn", err); e != nil && e.Kind == network.Ambiguous || err == nil && account.ID == "" {
		t.Errorf("SignIn: %+v, %v", account, err)
	}
	_, err = n.(network.Observer).Observe(context.Background(), network.Ref{ID: ourID})
	if e := server.Sound(t, "Observe", err); e != nil && e.Kind == network.Ambiguous {
		t.Errorf("Observe: %v", err)
	}
	query := network.Query{Identity: network.Identity{Namespace: "acme", Post: "hello", Edition: 1}, Marker: goodMarker}
	found, err := n.(network.Finder).Find(context.Background(), query)
	if e := server.Sound(t, "Find", err); e != nil && e.Kind == network.Ambiguous || found != nil && !anID.MatchString(found.ID) {
		t.Errorf("Find: %+v, %v", found, err)
	}
	drafts, err := n.(network.Preparer).Prepared(context.Background(), query)
	if e := server.Sound(t, "Prepared", err); e != nil && e.Kind == network.Ambiguous || slices.ContainsFunc(drafts, func(r network.Ref) bool { return !anID.MatchString(r.ID) }) {
		t.Errorf("Prepared: %+v, %v", drafts, err)
	}
}

//nolint:forcetypeassert // it can all of this
func writes(t *testing.T, n network.Network, server *conformance.Answering) {
	t.Helper()
	p := network.Publication{Identity: network.Identity{Namespace: "acme", Post: "hello", Edition: 1}, Key: "k", Marker: goodMarker, Text: "Hello", Tags: []string{"moon"}}
	draft, err := n.(network.Preparer).Prepare(context.Background(), p)
	if server.Sound(t, "Prepare", err); err == nil && !anID.MatchString(draft.ID) {
		t.Errorf("Prepare: %+v", draft)
	}
	p.Prepared = &network.Ref{ID: ourID}
	receipt, err := n.Publish(context.Background(), p)
	e := server.Sound(t, "Publish", err)
	if err == nil && receipt.ID != ourID {
		t.Errorf("Publish: %+v", receipt)
	}
	// What a server said in no way that it has may have been done.
	if server.Call == "PUT /posts/"+ourID+"/" && e != nil && e.Kind != network.Ambiguous && (server.Status >= 500 || server.Status/100 == 2 && !bytes.Contains(server.Body, []byte(ourID))) {
		t.Errorf("Publish: %d %q is %s: %v", server.Status, server.Body, e.Kind, err)
	}
	server.Sound(t, "Discard", n.(network.Preparer).Discard(context.Background(), network.Ref{ID: ourID}))
	server.Sound(t, "Delete", n.(network.Deleter).Delete(context.Background(), network.Ref{ID: ourID}))
	_, err = n.(network.Editor).Edit(context.Background(), network.Ref{ID: ourID}, p)
	server.Sound(t, "Edit", err)
}
