package mastodon_test

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
	"time"
	"unicode/utf8"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/mastodon"
)

const (
	hush      = "hush-hush-access-token"
	ourStatus = `{"id":"7","uri":"https://social.example/users/acme/statuses/7","url":"https://social.example/@acme/7","created_at":"2026-12-01T08:00:00.000Z",
		"visibility":"public","content":"<p>Hello</p>","account":{"id":"1","acct":"acme"},"favourites_count":2}`
	theirMention = `{"id":"9","uri":"https://other.example/9","url":"https://other.example/@ada/9","created_at":"2026-12-01T09:00:00.000Z","edited_at":null,
		"in_reply_to_id":"7","in_reply_to_account_id":"1","visibility":"public","spoiler_text":"cw","language":"en",
		"content":"<p>Hi <a href=\"https://evil.example\">good.example</a> <script>x</script></p>","mentions":[{"acct":"acme"},{"acct":"tom@other.example"}],"media_attachments":[{"id":"3"}],
		"account":{"id":"2","acct":"ada@other.example","url":"https://other.example/@ada","created_at":"2020-01-01T00:00:00.000Z","note":"#nobot","followers_count":4,"fields":[{"name":"a","value":"<b>"}]}}`
)

// usual is what a server answers on which little happens, by method and path.
var usual = map[string]string{
	"GET /api/v1/accounts/verify_credentials": `{"id":"1","username":"acme","url":"https://social.example/@acme","display_name":"Acme"}`,
	"GET /api/v2/instance":                    `{"domain":"social.example","version":"4.5.0","source_url":"https://github.com/mastodon/mastodon","configuration":{}}`,
	"GET /.well-known/nodeinfo":               `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"https://social.example/nodeinfo/2.0"}]}`,
	"GET /nodeinfo/2.0":                       `{"software":{"name":"mastodon","version":"4.5.0"}}`,
	"GET /oauth/token/info":                   `{"scope":["read","write"],"expires_in":null}`,
	"GET /api/v1/notifications":               `[]`,
	"GET /api/v1/accounts/1/statuses":         `[]`,
	"GET /api/v2/search":                      `{"statuses":[]}`,
	"GET /api/v1/timelines/tag/moon":          `[]`,
	"GET /api/v1/apps/verify_credentials":     `{"name":"Tribune"}`,
	"GET /api/v1/instance/rules":              `[{"text":"Be kind"}]`,
	"GET /api/v1/statuses/7":                  ourStatus,
	"GET /api/v1/statuses/7/source":           `{"id":"7","text":"Hello"}`,
	"POST /api/v1/statuses":                   ourStatus,
	"PUT /api/v1/statuses/7":                  ourStatus,
	"DELETE /api/v1/statuses/7":               ourStatus,
	"POST /api/v1/accounts/2/mute":            `{"id":"2","muting":true}`,
	"POST /api/v1/accounts/2/block":           `{"id":"2","blocking":true}`,
	"POST /api/v1/reports":                    `{"id":"5"}`,
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
	header := http.Header{"Content-Type": {"application/json"}, "Date": {"Tue, 01 Dec 2026 12:00:00 GMT"}}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

// sound is the error as the port asks for it, which shows no secret; nil for none.
func sound(t *testing.T, what string, err error) *network.Error {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *network.Error
	if !errors.As(err, &e) || e.Kind == "" || e.Reason == "" || e.Message == "" || strings.ContainsAny(e.Reason, " \n\x00") || !utf8.ValidString(err.Error()) {
		t.Fatalf("%s: %#v", what, err)
	}
	if len(err.Error()) > 8*network.MaxQuoted || strings.Contains(err.Error(), hush) {
		t.Errorf("%s: the error is too long, or shows a secret: %v", what, err)
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
		{"GET /api/v1/notifications", 200, `[{"id":"4","type":"mention","created_at":"2026-12-01T09:00:00.000Z","account":{"id":"2"},"status":` + theirMention + `}]`},
		{"GET /api/v1/notifications", 200, `[{"id":"5","type":"reblog","created_at":"9999-12-31T23:59:59-01:00","account":{"id":"2","url":"javascript:alert(1)","followers_count":-1},"status":{"id":"7"}},{"id":"4","type":"follow","account":{"id":"3"}}]`},
		{"GET /api/v1/accounts/1/statuses", 200, `[` + strings.Replace(ourStatus, `"visibility"`, `"in_reply_to_id":"9","visibility"`, 1) + `]`},
		{"GET /api/v1/accounts/1/statuses", 200, `null`},
		{"GET /api/v2/search", 200, `{"statuses":[` + theirMention + `]}`},
		{"GET /api/v1/timelines/tag/moon", 422, `{"error":"no"}`},
		{"GET /oauth/token/info", 200, `{"scope":"read write:statuses","expires_in":9223372036854775807}`},
		{"GET /api/v2/instance", 200, `{"version":"2.7.2 (compatible; Pleroma 2.6)","uri":"x","max_toot_chars":5000,"configuration":{"statuses":{"max_characters":-1},"urls":{"streaming":"wss://user@x"}}}`},
		{"GET /nodeinfo/2.0", 200, `{"software":{"name":"\u0000","version":"\u001b[2J"}}`},
		{"GET /api/v1/accounts/verify_credentials", 401, `{"error":"` + hush + `"}`},
		{"GET /api/v1/instance/rules", 200, `[{"text":" ","hint":"h"},{}]`},
		{"POST /api/v1/statuses", 200, theirMention},
		{"POST /api/v1/statuses", 422, `{"error":"Validation failed","error_description":"` + hush + `"}`},
		{"POST /api/v1/statuses", 503, ``},
		{"PUT /api/v1/statuses/7", 200, `{"id":"8","account":{"id":"1"}}`},
		{"GET /api/v1/statuses/7", 200, strings.Replace(ourStatus, `"favourites_count":2`, `"favourites_count":-2`, 1)},
		{"GET /api/v1/statuses/7/source", 404, `{"error":"Record not found"}`},
		{"POST /api/v1/accounts/2/mute", 200, `{"id":"3"}`},
	} {
		f.Add(byte(slices.Index(calls, seed.call)), seed.status, []byte(seed.body)) //nolint:gosec // few
	}
	f.Fuzz(func(t *testing.T, which byte, status int, body []byte) {
		server := &scripted{call: calls[int(which)%len(calls)], status: 100 + (status%500+500)%500, body: body}
		if status >= 100 && status < 600 {
			server.status = status
		}
		n, err := mastodon.New(network.Config{
			HTTP:        &http.Client{Transport: server, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
			Spec:        &tribunev1alpha1.SocialChannelSpec{Mastodon: &tribunev1alpha1.MastodonSpec{Server: "https://social.example"}},
			Credentials: map[string][]byte{mastodon.SecretAccessToken: []byte(hush)},
		})
		if err != nil {
			t.Fatal(err)
		}
		reads(t, n)
		listens(t, n)
		writes(t, n, server)
	})
}

// noCount is true for a number that counts nothing.
func noCount(n *int64) bool { return n != nil && *n < 0 }

// listens twice: the second time from where the first one ended.
func listens(t *testing.T, n network.Network) {
	t.Helper()
	query := network.ListenQuery{Queries: []string{"acme", "#moon"}}
	for range 2 {
		heard, err := n.(network.Listener).Listen(context.Background(), query) //nolint:forcetypeassert // it listens
		if e := sound(t, "Listen", err); e != nil {
			if e.Kind == network.Ambiguous || e.Kind == network.Gone {
				t.Errorf("Listen: %s %v", e.Kind, err)
			}
			return
		}
		for _, it := range heard.Items {
			if it.ID == "" || it.Kind == "" || it.Author.ID == "" || noCount(it.Author.Followers) {
				t.Errorf("%+v", it)
			}
			for _, address := range []string{it.Ref.URL, it.Author.URL} {
				if address != "" && !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
					t.Errorf("the address %q", address)
				}
			}
			for _, s := range append(append([]string{it.Text, it.Language, it.Author.Handle}, it.Mentions...), it.Links...) {
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

func reads(t *testing.T, n network.Network) {
	t.Helper()
	account, err := n.SignIn(context.Background())
	if e := sound(t, "SignIn", err); e != nil && e.Kind == network.Ambiguous {
		t.Errorf("SignIn: %v", err)
	}
	if err == nil {
		if account.ID == "" || account.Handle == "" || account.Limits.MaxLength <= 0 || account.Limits.MaxMediaBytes <= 0 || noCount(account.Followers) {
			t.Errorf("SignIn: %+v", account)
		}
		if !account.ExpiresAt.IsZero() && account.ExpiresAt.Before(account.Clock.Truncate(time.Minute)) || account.ExpiresAt.Year() > 9999 {
			t.Errorf("the token runs out at %s, now is %s", account.ExpiresAt, account.Clock)
		}
	}
	seen, err := n.(network.Observer).Observe(context.Background(), network.Ref{ID: "7"}) //nolint:forcetypeassert // it observes
	if e := sound(t, "Observe", err); e != nil && e.Kind == network.Ambiguous {
		t.Errorf("Observe: %v", err)
	}
	if m := seen.Metrics; m != nil && (noCount(m.Reactions) || noCount(m.Shares) || noCount(m.Replies)) {
		t.Errorf("Observe: %+v", m)
	}
	id := network.Identity{Namespace: "acme", Post: "hello", Edition: 1}
	found, err := n.(network.Finder).Find(context.Background(), network.Query{Identity: id, Text: "Hello", Cursor: "6"}) //nolint:forcetypeassert // it finds
	if e := sound(t, "Find", err); e != nil && e.Kind == network.Ambiguous || found != nil && found.ID == "" {
		t.Errorf("Find: %+v, %v", found, err)
	}
	rules, err := n.(network.Ruler).ServerRules(context.Background()) //nolint:forcetypeassert // it has rules
	if sound(t, "ServerRules", err); slices.Contains(rules, "") {
		t.Errorf("rules: %q", rules)
	}
}

func writes(t *testing.T, n network.Network, server *scripted) {
	t.Helper()
	id := network.Identity{Namespace: "acme", Post: "hello", Edition: 1}
	receipt, err := n.Publish(context.Background(), network.Publication{Identity: id, Key: "k", Text: "Hello"})
	e := sound(t, "Publish", err)
	if err == nil && receipt.ID == "" {
		t.Errorf("Publish: %+v", receipt)
	}
	// What a server said in no way that it has may have been done.
	if server.call == "POST /api/v1/statuses" && e != nil && e.Kind != network.Ambiguous && (server.status/100 == 2 || server.status >= 500) {
		t.Errorf("Publish: %d %q is %s: %v", server.status, server.body, e.Kind, err)
	}
	receipt, err = n.(network.Editor).Edit(context.Background(), network.Ref{ID: "7"}, network.Publication{Identity: id, Key: "k", Text: "Hello"}) //nolint:forcetypeassert // it edits
	if sound(t, "Edit", err); err == nil && receipt.ID != "7" {
		t.Errorf("Edit: %+v", receipt)
	}
	person := network.Person{ID: "2"}
	sound(t, "Delete", n.(network.Deleter).Delete(context.Background(), network.Ref{ID: "7"}))                                              //nolint:forcetypeassert // it can
	sound(t, "Mute", n.(network.Muter).Mute(context.Background(), person, time.Time{}))                                                     //nolint:forcetypeassert // it can
	sound(t, "Block", n.(network.Blocker).Block(context.Background(), person))                                                              //nolint:forcetypeassert // it can
	sound(t, "Report", n.(network.Reporter).Report(context.Background(), network.Target{AuthorID: "2", Ref: network.Ref{ID: "9"}}, "spam")) //nolint:forcetypeassert // it can
}
