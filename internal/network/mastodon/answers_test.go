package mastodon_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
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
var anyAnswer = conformance.Answers{Secrets: []string{hush}, Header: http.Header{"Date": {"Tue, 01 Dec 2026 12:00:00 GMT"}}, Usual: map[string]string{
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
}}

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
		anyAnswer.Add(f, seed.call, seed.status, seed.body)
	}
	anyAnswer.Fuzz(f, func(t *testing.T, server *conformance.Answering) {
		n, err := mastodon.New(network.Config{
			HTTP:        server.Client(),
			Spec:        &tribunev1alpha1.SocialChannelSpec{Mastodon: &tribunev1alpha1.MastodonSpec{Server: "https://social.example"}},
			Credentials: map[string][]byte{mastodon.SecretAccessToken: []byte(hush)},
		})
		if err != nil {
			t.Fatal(err)
		}
		reads(t, n, server)
		server.Listens(t, n, conformance.Heard{Query: network.ListenQuery{Queries: []string{"acme", "#moon"}}, Each: holdsItem})
		writes(t, n, server)
	})
}

// noCount is true for a number that counts nothing.
func noCount(n *int64) bool { return n != nil && *n < 0 }

// holdsItem says what is true of an item of Mastodon beside what is of all.
func holdsItem(t *testing.T, it *network.Item) {
	t.Helper()
	if it.Author.ID == "" || noCount(it.Author.Followers) {
		t.Errorf("%+v", it)
	}
	for _, address := range []string{it.Ref.URL, it.Author.URL} {
		if address != "" && !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
			t.Errorf("the address %q", address)
		}
	}
}

func reads(t *testing.T, n network.Network, server *conformance.Answering) {
	t.Helper()
	account, err := n.SignIn(context.Background())
	if e := server.Sound(t, "SignIn", err); e != nil && e.Kind == network.Ambiguous {
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
	if e := server.Sound(t, "Observe", err); e != nil && e.Kind == network.Ambiguous {
		t.Errorf("Observe: %v", err)
	}
	if m := seen.Metrics; m != nil && (noCount(m.Reactions) || noCount(m.Shares) || noCount(m.Replies)) {
		t.Errorf("Observe: %+v", m)
	}
	id := network.Identity{Namespace: "acme", Post: "hello", Edition: 1}
	found, err := n.(network.Finder).Find(context.Background(), network.Query{Identity: id, Text: "Hello", Cursor: "6"}) //nolint:forcetypeassert // it finds
	if e := server.Sound(t, "Find", err); e != nil && e.Kind == network.Ambiguous || found != nil && found.ID == "" {
		t.Errorf("Find: %+v, %v", found, err)
	}
	rules, err := n.(network.Ruler).ServerRules(context.Background()) //nolint:forcetypeassert // it has rules
	if server.Sound(t, "ServerRules", err); slices.Contains(rules, "") {
		t.Errorf("rules: %q", rules)
	}
}

func writes(t *testing.T, n network.Network, server *conformance.Answering) {
	t.Helper()
	id := network.Identity{Namespace: "acme", Post: "hello", Edition: 1}
	receipt, err := n.Publish(context.Background(), network.Publication{Identity: id, Key: "k", Text: "Hello"})
	e := server.Sound(t, "Publish", err)
	if err == nil && receipt.ID == "" {
		t.Errorf("Publish: %+v", receipt)
	}
	// What a server said in no way that it has may have been done.
	if server.Call == "POST /api/v1/statuses" && e != nil && e.Kind != network.Ambiguous && (server.Status/100 == 2 || server.Status >= 500) {
		t.Errorf("Publish: %d %q is %s: %v", server.Status, server.Body, e.Kind, err)
	}
	receipt, err = n.(network.Editor).Edit(context.Background(), network.Ref{ID: "7"}, network.Publication{Identity: id, Key: "k", Text: "Hello"}) //nolint:forcetypeassert // it edits
	if server.Sound(t, "Edit", err); err == nil && receipt.ID != "7" {
		t.Errorf("Edit: %+v", receipt)
	}
	person := network.Person{ID: "2"}
	server.Sound(t, "Delete", n.(network.Deleter).Delete(context.Background(), network.Ref{ID: "7"}))                                              //nolint:forcetypeassert // it can
	server.Sound(t, "Mute", n.(network.Muter).Mute(context.Background(), person, time.Time{}))                                                     //nolint:forcetypeassert // it can
	server.Sound(t, "Block", n.(network.Blocker).Block(context.Background(), person))                                                              //nolint:forcetypeassert // it can
	server.Sound(t, "Report", n.(network.Reporter).Report(context.Background(), network.Target{AuthorID: "2", Ref: network.Ref{ID: "9"}}, "spam")) //nolint:forcetypeassert // it can
}
