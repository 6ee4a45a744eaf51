package ghost_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/ghost"
)

const (
	ourID      = "6489f2c18d2f3c0001a1b2c3"
	goodMarker = "aaaabbbbcccc"
	ourArticle = `{"posts":[{"id":"` + ourID + `","status":"draft","title":"Hello","html":"<p>Hello</p>","url":"https://blog.acme.example/hello/",
		"updated_at":"2026-12-01T08:00:00.000Z","tags":[{"id":"1","name":"#tribune-aaaabbbbcccc","slug":"hash-tribune-aaaabbbbcccc"}]}]}`
)

// usual is what a site answers on which little happens, by method and path after the API's.
var usual = map[string]string{
	"GET /posts/":                  `{"posts":[]}`,
	"GET /site/":                   `{"site":{"title":"Acme","url":"https://blog.acme.example/","version":"6.0"}}`,
	"GET /tags/":                   `{"tags":[]}`,
	"POST /posts/":                 ourArticle,
	"GET /posts/" + ourID + "/":    ourArticle,
	"PUT /posts/" + ourID + "/":    strings.Replace(ourArticle, `"draft"`, `"published"`, 1),
	"DELETE /posts/" + ourID + "/": ``,
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
	call := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/ghost/api/admin")
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
	if !errors.As(err, &e) || e.Kind == "" || e.Reason == "" || e.Message == "" || strings.ContainsAny(e.Reason, " \n\x00") ||
		!utf8.ValidString(err.Error()) || len(err.Error()) > 8*network.MaxQuoted {
		t.Fatalf("%s: %#v", what, err)
	}
	return e
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
		{"GET /site/", 200, `{"site":{"version":"\u0000"}}`},
		{"POST /posts/", 200, strings.Replace(ourArticle, ourID, "", 1)},
		{"POST /posts/", 200, strings.Replace(ourArticle, ourID, "7", 1)},
		{"POST /posts/", 422, `{"errors":[{"message":"m","context":"c","type":"ValidationError"}]}`},
		{"PUT /posts/" + ourID + "/", 200, ourArticle},
		{"PUT /posts/" + ourID + "/", 409, `{"errors":[{"message":"m","type":"UpdateCollisionError","code":"UPDATE_COLLISION"}]}`},
		{"PUT /posts/" + ourID + "/", 200, `{"posts":[{},{}]}`},
		{"GET /posts/" + ourID + "/", 404, `{"errors":[{"message":"m","type":"NotFoundError"}]}`},
		{"GET /tags/", 200, `{"tags":[{"id":"","name":"Moon"},{"name":"moon"}]}`},
	} {
		f.Add(byte(slices.Index(calls, seed.call)), seed.status, []byte(seed.body)) //nolint:gosec // few
	}
	f.Fuzz(func(t *testing.T, which byte, status int, body []byte) {
		server := &scripted{call: calls[int(which)%len(calls)], status: 100 + (status%500+500)%500, body: body}
		if status >= 100 && status < 600 {
			server.status = status
		}
		n, err := ghost.New(network.Config{
			HTTP:        &http.Client{Transport: server, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
			Spec:        &tribunev1alpha1.SocialChannelSpec{Ghost: &tribunev1alpha1.GhostSpec{Site: "https://blog.acme.example"}},
			Credentials: map[string][]byte{ghost.SecretAdminAPIKey: []byte(ourID + ":00ff00ff")},
		})
		if err != nil {
			t.Fatal(err)
		}
		reads(t, n)
		writes(t, n, server)
	})
}

//nolint:forcetypeassert // it can all of this
func reads(t *testing.T, n network.Network) {
	t.Helper()
	account, err := n.SignIn(context.Background())
	if e := sound(t, "SignIn", err); e != nil && e.Kind == network.Ambiguous || err == nil && account.ID == "" {
		t.Errorf("SignIn: %+v, %v", account, err)
	}
	_, err = n.(network.Observer).Observe(context.Background(), network.Ref{ID: ourID})
	if e := sound(t, "Observe", err); e != nil && e.Kind == network.Ambiguous {
		t.Errorf("Observe: %v", err)
	}
	query := network.Query{Identity: network.Identity{Namespace: "acme", Post: "hello", Edition: 1}, Marker: goodMarker}
	found, err := n.(network.Finder).Find(context.Background(), query)
	if e := sound(t, "Find", err); e != nil && e.Kind == network.Ambiguous || found != nil && !anID.MatchString(found.ID) {
		t.Errorf("Find: %+v, %v", found, err)
	}
	drafts, err := n.(network.Preparer).Prepared(context.Background(), query)
	if e := sound(t, "Prepared", err); e != nil && e.Kind == network.Ambiguous || slices.ContainsFunc(drafts, func(r network.Ref) bool { return !anID.MatchString(r.ID) }) {
		t.Errorf("Prepared: %+v, %v", drafts, err)
	}
}

//nolint:forcetypeassert // it can all of this
func writes(t *testing.T, n network.Network, server *scripted) {
	t.Helper()
	p := network.Publication{Identity: network.Identity{Namespace: "acme", Post: "hello", Edition: 1}, Key: "k", Marker: goodMarker, Text: "Hello", Tags: []string{"moon"}}
	draft, err := n.(network.Preparer).Prepare(context.Background(), p)
	if sound(t, "Prepare", err); err == nil && !anID.MatchString(draft.ID) {
		t.Errorf("Prepare: %+v", draft)
	}
	p.Prepared = &network.Ref{ID: ourID}
	receipt, err := n.Publish(context.Background(), p)
	e := sound(t, "Publish", err)
	if err == nil && receipt.ID != ourID {
		t.Errorf("Publish: %+v", receipt)
	}
	// What a server said in no way that it has may have been done.
	if server.call == "PUT /posts/"+ourID+"/" && e != nil && e.Kind != network.Ambiguous && (server.status >= 500 || server.status/100 == 2 && !bytes.Contains(server.body, []byte(ourID))) {
		t.Errorf("Publish: %d %q is %s: %v", server.status, server.body, e.Kind, err)
	}
	sound(t, "Discard", n.(network.Preparer).Discard(context.Background(), network.Ref{ID: ourID}))
	sound(t, "Delete", n.(network.Deleter).Delete(context.Background(), network.Ref{ID: ourID}))
	_, err = n.(network.Editor).Edit(context.Background(), network.Ref{ID: ourID}, p)
	sound(t, "Edit", err)
}
