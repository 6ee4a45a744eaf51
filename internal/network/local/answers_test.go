package local_test

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

	"github.com/tribune-dev/tribune/internal/network"
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
var usualAnswers = map[string]string{
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
}

var answered = func() []string {
	var all []string
	for c := range usualAnswers {
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
	call := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/v1/acme/news")
	status, body := http.StatusOK, []byte(usualAnswers[call])
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
		!utf8.ValidString(err.Error()) || len(err.Error()) > 8*network.MaxQuoted || strings.Contains(err.Error(), localToken) {
		t.Fatalf("%s: %#v", what, err)
	}
	return e
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
		{"POST /posts", 502, `<html>`},
		{"PUT ", 200, `{"id":"acme/news","once":"Never"}`},
		{"GET /drafts", 200, `{"drafts":[{"marker":"aaaabbbbcccc"}]}`},
		{"GET /posts/7", 404, `{"error":{"code":"NotFound","message":"m"}}`},
	} {
		f.Add(byte(slices.Index(answered, seed.call)), seed.status, []byte(seed.body)) //nolint:gosec // few
	}
	f.Fuzz(func(t *testing.T, which byte, status int, body []byte) {
		server := &scripted{call: answered[int(which)%len(answered)], status: 100 + (status%500+500)%500, body: body}
		if status >= 100 && status < 600 {
			server.status = status
		}
		n, err := local.New(network.Config{
			Namespace: "acme", Channel: "news", LocalURL: "http://127.0.0.1:8088", LocalToken: localToken,
			HTTP: &http.Client{Transport: server, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		})
		if err != nil {
			t.Fatal(err)
		}
		readsAny(t, n)
		listensAny(t, n)
		writesAny(t, n, server)
	})
}

//nolint:forcetypeassert // it can all of this
func readsAny(t *testing.T, n network.Network) {
	t.Helper()
	account, err := n.SignIn(context.Background())
	if e := sound(t, "SignIn", err); e != nil && e.Kind == network.Ambiguous || err == nil && account.ID != "acme/news" {
		t.Errorf("SignIn: %+v, %v", account, err)
	}
	_, err = n.(network.Observer).Observe(context.Background(), network.Ref{ID: "7"})
	if e := sound(t, "Observe", err); e != nil && e.Kind == network.Ambiguous {
		t.Errorf("Observe: %v", err)
	}
	query := network.Query{Identity: network.Identity{Namespace: "acme", Post: "hello", Edition: 1}, Key: "k", Marker: "aaaabbbbcccc"}
	found, err := n.(network.Finder).Find(context.Background(), query)
	if e := sound(t, "Find", err); e != nil && e.Kind == network.Ambiguous || found != nil && found.ID == "" {
		t.Errorf("Find: %+v, %v", found, err)
	}
	drafts, err := n.(network.Preparer).Prepared(context.Background(), query)
	if e := sound(t, "Prepared", err); e != nil && e.Kind == network.Ambiguous || slices.ContainsFunc(drafts, func(r network.Ref) bool { return r.ID == "" }) {
		t.Errorf("Prepared: %+v, %v", drafts, err)
	}
}

// listensAny listens twice: the second time from where the first one ended.
func listensAny(t *testing.T, n network.Network) {
	t.Helper()
	query := network.ListenQuery{}
	for range 2 {
		heard, err := n.(network.Listener).Listen(context.Background(), query) //nolint:forcetypeassert // it listens
		if e := sound(t, "Listen", err); e != nil {
			if e.Kind == network.Ambiguous {
				t.Errorf("Listen: %s %v", e.Kind, err)
			}
			return
		}
		if heard.Cursor == "" {
			t.Fatal("Listen gave no cursor")
		}
		for _, it := range heard.Items {
			if it.ID == "" || it.Kind == "" || it.Author.ID == "" {
				t.Errorf("%+v", it)
			}
			for _, s := range append([]string{it.Text, it.Author.Handle}, it.Mentions...) {
				if !utf8.ValidString(s) {
					t.Errorf("%q of %s is no text", s, it.ID)
				}
			}
			if _, err := json.Marshal(it); err != nil {
				t.Errorf("the item cannot be written: %v", err)
			}
		}
		query.Cursor = heard.Cursor
	}
}

//nolint:forcetypeassert // it can all of this
func writesAny(t *testing.T, n network.Network, server *scripted) {
	t.Helper()
	p := network.Publication{Identity: network.Identity{Namespace: "acme", Post: "hello", Edition: 1}, Key: "k", Marker: "aaaabbbbcccc", Text: "Hello"}
	receipt, err := n.Publish(context.Background(), p)
	e := sound(t, "Publish", err)
	if err == nil && receipt.ID == "" {
		t.Errorf("Publish: %+v", receipt)
	}
	// What a server said in no way that it has may have been done.
	if server.call == "POST /posts" && e != nil && e.Kind != network.Ambiguous && (server.status/100 == 2 || server.status >= 500) {
		t.Errorf("Publish: %d %q is %s: %v", server.status, server.body, e.Kind, err)
	}
	draft, err := n.(network.Preparer).Prepare(context.Background(), p)
	if sound(t, "Prepare", err); err == nil && draft.ID == "" {
		t.Errorf("Prepare: %+v", draft)
	}
	p.Prepared = &network.Ref{ID: "7"}
	if receipt, err = n.Publish(context.Background(), p); err == nil && receipt.ID != "7" {
		t.Errorf("Publish of a draft: %+v", receipt)
	}
	sound(t, "Publish of a draft", err)
	sound(t, "Delete", n.(network.Deleter).Delete(context.Background(), network.Ref{ID: "7"}))
}
