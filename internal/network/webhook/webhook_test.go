package webhook_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
	"github.com/tribune-dev/tribune/internal/network/webhook"
)

const (
	signingKey = "a-signing-key-that-nobody-may-see"
	wrongKey   = "a-signing-key-of-somebody-else"
	hook       = "/hooks/community"
)

var due = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

func client(t *testing.T, d httpx.Destinations) *http.Client {
	c := httpx.New(httpx.Options{Version: "test", Destinations: d})
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func config(t *testing.T, url string, credentials map[string]string) network.Config {
	c := network.Config{Namespace: "acme", Channel: "support-desk", HTTP: client(t, httpx.Destinations{AllowPrivate: true}),
		Spec: &tribunev1alpha1.SocialChannelSpec{Webhook: &tribunev1alpha1.WebhookSpec{URL: url}}, Credentials: map[string][]byte{}}
	for k, v := range credentials {
		c.Credentials[k] = []byte(v)
	}
	return c
}

func connect(t *testing.T, c network.Config) network.Network {
	t.Helper()
	n, err := webhook.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func signed() map[string]string { return map[string]string{"signingKey": signingKey} }

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Harness{
		Once:      network.OnceDurableKey,
		Rules:     webhook.Rules,
		Receiver:  true,
		IsPublish: func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path == hook },
		Open: func(t *testing.T) *conformance.Account {
			r := newReceiver(t, []byte(signingKey))
			return &conformance.Account{
				Server: r.URL,
				Connect: func(t *testing.T, c conformance.Connection) network.Network {
					// The proxy's address is another one each time, and the account is the address: as long as one test is open, its proxy is one.
					cfg := config(t, c.Server+hook, signed())
					if c.WrongCredentials {
						cfg.Credentials["signingKey"] = []byte(wrongKey)
					}
					cfg.HTTP = c.HTTP
					return connect(t, cfg)
				},
				Log: func(*testing.T) []conformance.Entry { return r.log() },
				Messages: func(*testing.T) []conformance.Entry {
					var out []conformance.Entry
					for _, e := range r.Events() {
						if e.Type == webhook.TypeMessage {
							out = append(out, conformance.Entry{Action: conformance.Created, ID: e.ID, Key: e.ID, Text: string(e.Data)})
						}
					}
					return out
				},
				Secrets: []string{signingKey, wrongKey},
			}
		},
	})
}

func publication(n network.Network) network.Publication {
	id := network.Identity{Namespace: "acme", Post: "launch", Edition: 1}
	return network.Publication{
		Identity: id, Key: n.Key(id, time.Time{}, 0), Marker: id.Marker(), Text: "Rocket 3.0 <is> out & lands itself",
		Language: "en", Link: &compose.Link{URL: "https://acme.example/rocket-3?a=1&b=2", Title: "Rocket 3"},
		Media:     []network.Attachment{{Upload: "https://acme.example/rocket.png", AltText: "A rocket", ContentType: "image/png", Width: 4, Height: 3}},
		CreatedAt: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), Tags: []string{"launch"},
	}
}

func TestEventOfAPost(t *testing.T) {
	r := newReceiver(t, []byte(signingKey))
	n := connect(t, config(t, r.URL+hook, signed()))
	p := publication(n)
	receipt, err := n.Publish(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if receipt.ID != p.Key {
		t.Errorf("the receipt names %q, want the key %q", receipt.ID, p.Key)
	}
	got := r.Events()
	if len(got) != 1 {
		t.Fatalf("%d events", len(got))
	}
	want := received{SpecVersion: "1.0", ID: p.Key, Source: "urn:tribune:acme/support-desk", Type: "dev.tribune.post.published",
		Subject: "Post/acme/launch", Time: "2026-12-01T09:00:00Z", DataContentType: "application/json",
		Data: json.RawMessage(`{"namespace":"acme","name":"launch","edition":1,"text":"Rocket 3.0 <is> out & lands itself","language":"en",` +
			`"link":{"url":"https://acme.example/rocket-3?a=1&b=2","title":"Rocket 3"},` +
			`"media":[{"url":"https://acme.example/rocket.png","altText":"A rocket","contentType":"image/png","width":4,"height":3}],` +
			`"tags":["launch"],"marker":"` + p.Marker + `"}`)}
	if diff := cmp.Diff(string(want.Data), string(got[0].Data)); diff != "" {
		t.Error(diff)
	}
	got[0].Data, want.Data = nil, nil
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Error(diff)
	}
	_, first := r.last(t)
	if _, err := n.Publish(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if _, second := r.last(t); !bytes.Equal(first, second) {
		t.Error("a repetition has other bytes")
	}
	if len(r.Events()) != 1 {
		t.Error("the repetition was taken for another publication")
	}
}

func TestEventOfAMessage(t *testing.T) {
	r := newReceiver(t, []byte(signingKey))
	n := connect(t, config(t, r.URL+hook, signed())).(network.Messenger) //nolint:forcetypeassert // it says so itself
	m := network.Message{ID: "m1", Repeat: true, Title: "Post launch failed", Text: "The network refused it.", Mention: []string{"@maria"},
		Link: "https://acme.example", LinkTitle: "Open", Facts: [][2]string{{"Channel", "bluesky"}}, Event: "Failed", Subject: "Post/acme/launch",
		At: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), Media: []network.Media{{Bytes: []byte("x"), ContentType: "image/png", AltText: "none"}}}
	for range 2 {
		if err := n.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	got := r.Events()
	if len(got) != 1 || got[0].Type != "dev.tribune.message" || got[0].ID != "m1" || got[0].Subject != m.Subject {
		t.Fatalf("%+v", got)
	}
	want := `{"event":"Failed","title":"Post launch failed","text":"The network refused it.","repeat":true,"mention":["@maria"],` +
		`"link":{"url":"https://acme.example","title":"Open"},"facts":[{"name":"Channel","value":"bluesky"}],` +
		`"media":[{"url":"data:image/png;base64,eA==","altText":"none","contentType":"image/png"}]}`
	if diff := cmp.Diff(want, string(got[0].Data)); diff != "" {
		t.Error(diff)
	}
}

// The words of the receiver's statuses, as Standard Webhooks give them.
func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		status int
		header http.Header
		kind   network.Kind
		wait   time.Duration
	}{
		{status: 200}, {status: 201}, {status: 202}, {status: 204},
		{status: 400, kind: network.Refused},
		{status: 401, kind: network.Unauthorized},
		{status: 403, kind: network.Unauthorized},
		{status: 404, kind: network.Refused},
		{status: 408, kind: network.Ambiguous},
		{status: 410, kind: network.Refused},
		{status: 413, kind: network.Refused},
		{status: 422, kind: network.Refused},
		{status: 425, kind: network.NotSent},
		{status: 429, header: http.Header{"Retry-After": {"9"}}, kind: network.RateLimited, wait: 9 * time.Second},
		{status: 500, kind: network.Ambiguous},
		{status: 503, header: http.Header{"Retry-After": {"120"}}, kind: network.Ambiguous, wait: 2 * time.Minute},
		{status: 304, kind: network.Ambiguous},
	} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			r := newReceiver(t, []byte(signingKey))
			r.Answer(c.status, c.header)
			n := connect(t, config(t, r.URL+hook, signed()))
			_, err := n.Publish(t.Context(), publication(n))
			if c.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var e *network.Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.RetryAfter != c.wait || e.Reason == "" || e.Message == "" {
				t.Errorf("%+v, want %s after %s", e, c.kind, c.wait)
			}
		})
	}
}

// The vector of the specification of Standard Webhooks: what we sign with is what it says.
func TestSignatureOfTheSpecification(t *testing.T) {
	w, err := standardwebhooks.NewWebhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if err != nil || got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("%s %v", got, err)
	}
}

// While keys change, each of them signs.
func TestTwoKeys(t *testing.T) {
	before, after := []byte("the-key-before-the-change"), []byte("the-key-after-the-change-")
	encode := func(k []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(k) }
	for _, key := range [][]byte{before, after} {
		r := newReceiver(t, key)
		n := connect(t, config(t, r.URL+hook, map[string]string{"signingKey": encode(before) + "\n" + encode(after) + "\n"}))
		if _, err := n.Publish(t.Context(), publication(n)); err != nil {
			t.Error(err)
		}
	}
}

func TestConfiguration(t *testing.T) {
	const good = "https://desk.acme.example/hooks/community"
	for name, c := range map[string]struct {
		url         string
		format      tribunev1alpha1.WebhookFormat
		credentials map[string]string
		want        string // of the error; empty: taken
	}{
		"signed":              {url: good, credentials: signed()},
		"secret address":      {credentials: map[string]string{"url": good + "?sig=secret\n"}},
		"both":                {credentials: map[string]string{"url": good, "signingKey": signingKey}},
		"no address":          {credentials: signed(), want: "spec.webhook.url: give the address"},
		"two addresses":       {url: good, credentials: map[string]string{"url": good}, want: "remove one of them"},
		"neither":             {url: good, want: "the Secret needs the key signingKey"},
		"not an address":      {url: "https://", credentials: signed(), want: "must be an address such as"},
		"another scheme":      {url: "ftp://acme.example", credentials: signed(), want: "must be an address such as"},
		"spaces":              {credentials: map[string]string{"url": "https://acme.example/a b"}, want: "the key url of the Secret must be"},
		"password in spec":    {url: "https://me:hidden@acme.example", credentials: signed(), want: "no user name or password"},
		"fragment":            {url: good + "#hidden", credentials: signed(), want: "after #"},
		"short key":           {url: good, credentials: map[string]string{"signingKey": "hidden"}, want: "which can be guessed"},
		"not base64":          {url: good, credentials: map[string]string{"signingKey": "whsec_hidden!"}, want: "not base64"},
		"a raw one among two": {url: good, credentials: map[string]string{"signingKey": "whsec_aGlkZGVuaGlkZGVuaGlkZGVu hidden"}, want: "each must begin with whsec_"},
		"format":              {url: good, format: "Morse", credentials: signed(), want: "spec.webhook.format"},
		"card":                {format: tribunev1alpha1.WebhookTeamsCard, credentials: map[string]string{"url": good}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t, c.url, c.credentials)
			cfg.Spec.Webhook.Format = c.format
			_, err := webhook.New(cfg)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want %q", err, c.want)
			case err != nil && strings.Contains(err.Error(), "hidden"):
				t.Error("the error shows what is in a key")
			}
		})
	}
}

func TestCheckURL(t *testing.T) {
	for address, want := range map[string]bool{"https://desk.acme.example/hooks": true, "https://me:x@desk.acme.example": false, "https://desk.acme.example/#x": false, "": false} {
		if err := webhook.CheckURL(address); (err == nil) != want {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// The account is the address without what changes about it; a secret one is shown nowhere.
func TestAccount(t *testing.T) {
	of := func(url string, credentials map[string]string) network.Account {
		a, err := connect(t, config(t, url, credentials)).SignIn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := of("https://Desk.acme.example/hooks/community/", signed())
	if a.Handle != "desk.acme.example" || a.Once != network.OnceDurableKey || a.URL == "" {
		t.Errorf("%+v", a)
	}
	if b := of("https://desk.acme.example/hooks/community?api=2", map[string]string{"signingKey": wrongKey}); a.ID != b.ID {
		t.Error("another query or key is another receiver")
	}
	if b := of("https://desk.acme.example/hooks/sales", signed()); a.ID == b.ID {
		t.Error("another path is the same receiver")
	}
	hidden := of("", map[string]string{"url": "https://hooks.chat.example/workflows/4711?sig=hush"})
	said, _ := json.Marshal(hidden)
	for _, secret := range []string{"chat.example", "4711", "hush", "workflows"} {
		if strings.Contains(string(said), secret) {
			t.Errorf("the account shows the address: %s", said)
		}
	}
}

// A secret address is in no error, whatever went wrong.
func TestSecretAddressStaysSecret(t *testing.T) {
	r := newReceiver(t, nil)
	secret := strings.Replace(r.URL, "127.0.0.1", "localhost", 1) + "/very/hush?sig=hush"
	cfg := config(t, "", map[string]string{"url": secret})
	n := connect(t, cfg)
	check := func(what string, err error) {
		t.Helper()
		if err == nil {
			t.Fatalf("%s: no error", what)
		}
		var e *network.Error
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		for _, s := range []string{"hush", "localhost", "127.0.0.1", r.URL[strings.LastIndex(r.URL, ":"):]} {
			if strings.Contains(fmt.Sprintf("%v %+v %v", err, *e, e.Err), s) {
				t.Errorf("%s: %v shows %q", what, err, s)
			}
		}
	}
	for _, status := range []int{301, 302, 400, 401, 404, 408, 410, 425, 429, 500, 503} {
		r.Answer(status, http.Header{"Location": {"https://localhost/hush"}})
		_, err := n.Publish(t.Context(), publication(n))
		check(fmt.Sprint(status), err)
	}
	cfg.HTTP = client(t, httpx.Destinations{})
	_, err := connect(t, cfg).Publish(t.Context(), publication(n))
	check("private", err)
	if network.ReasonOf(err, "") != "DestinationNotAllowed" || network.KindOf(err) != network.Refused {
		t.Errorf("a private address that the manager does not allow: %v", err)
	}
	r.Close()
	_, err = n.Publish(t.Context(), publication(n))
	check("closed", err)
}
