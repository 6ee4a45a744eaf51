package channelcheck_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channelcheck"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	_ "github.com/tribune-dev/tribune/internal/network/all"
	"github.com/tribune-dev/tribune/internal/network/mastodon/mastodontest"
)

func mastodonChannel(server, token string) channelcheck.Channel {
	spec := &tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkMastodon, Mastodon: &tribunev1alpha1.MastodonSpec{Server: server}}
	return channelcheck.Channel{
		Name: "mastodon", Spec: spec, Now: time.Now(),
		Config: network.Config{
			Namespace: "acme", Channel: "mastodon", Spec: spec, Credentials: map[string][]byte{"accessToken": []byte(token)},
			HTTP: httpx.New(httpx.Options{Version: "test", Destinations: httpx.Destinations{AllowPrivate: true}, Timeout: 5 * time.Second}),
		},
	}
}

func check(t *testing.T, c channelcheck.Channel) (report *channelcheck.Report, human string) {
	t.Helper()
	report = channelcheck.Check(t.Context(), c)
	var b, j bytes.Buffer
	if err := report.Write(&b); err != nil {
		t.Fatal(err)
	}
	if err := channelcheck.WriteJSON(&j, []*channelcheck.Report{report}); err != nil {
		t.Fatal(err)
	}
	for key, secret := range c.Config.Credentials {
		if key != "username" && (strings.Contains(b.String(), string(secret)) || strings.Contains(j.String(), string(secret))) {
			t.Error("a secret is in the report")
		}
	}
	var back []*channelcheck.Report
	if err := json.Unmarshal(j.Bytes(), &back); err != nil {
		t.Error(err)
	}
	return report, b.String()
}

func TestWhatWorksIsSaid(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{Rules: []string{"Say that you are a bot.\x1b[31m", "No companies."}})
	a := s.Account("acme")
	c := mastodonChannel(s.URL, a.Token)
	bot := true
	c.Spec.Account, c.Spec.Profile = "@acme@social.example", &tribunev1alpha1.ChannelProfile{DisplayName: "Acme", Bot: &bot}
	r, text := check(t, c)
	if !r.Works || len(r.Problems) > 0 {
		t.Errorf("it works, and the report says %+v", r)
	}
	for _, want := range []string{
		"@acme@social.example", "Mastodon 4.5.2", "WindowedKey: each Post goes out once", "500 graphemes", "1. Say that you are a bot. [31m\n",
		"2. No companies.", "write:statuses   yes", `displayName is "The acme"`, "bot is false", "It works. Nothing was published.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	if diff := cmp.Diff([]mastodontest.Event(nil), a.Log()); diff != "" {
		t.Errorf("something was published: %s", diff)
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		if calls := s.Calls(method); len(calls) > 0 {
			t.Errorf("a check wrote something: %v", calls)
		}
	}
}

func TestAWeakerServerIsCalledSo(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{Software: "gotosocial", Version: "0.20.1", NoTokenInfo: true})
	_, text := check(t, mastodonChannel(s.URL, s.Account("acme").Token))
	for _, want := range []string{"GoToSocial 0.20.1", "Scan: each Post goes out once as long as", "does not tell what the token may do"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

func TestWhatDoesNotWorkIsSaidWithWhatToDo(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	narrow := s.Account("narrow")
	narrow.Scopes = []string{"read"}
	blind := s.Account("blind")
	blind.Scopes = []string{"write"}
	suspended := s.Account("suspended")
	suspended.Suspend()
	acme := s.Account("acme")
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>A shop</title>"))
	}))
	defer page.Close()
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "no entry with " + r.Header.Get("Authorization")})
	}))
	defer echo.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, c := range []struct {
		name, server, token, account, want string
	}{
		{"wrong token", s.URL, "wrong-token-123", "", "put a new one into the Secret"},
		{"no token", s.URL, "", "", "the Secret needs the key accessToken"},
		{"may only read", s.URL, narrow.Token, "", "lacks write:statuses"},
		{"may not read", s.URL, blind.Token, "", "make a new access token with the scopes"},
		{"suspended", s.URL, suspended.Token, "", "look at it on the server"},
		{"another account", s.URL, acme.Token, "@other@social.example", "the credentials belong to @acme@social.example"},
		{"a page", page.URL, acme.Token, "", "is spec.mastodon.server the address of a Mastodon server?"},
		{"an echo", echo.URL, acme.Token, "", "no entry with Bearer …"},
		{"untrusted", secure.URL, acme.Token, "", "needs a certificate that this machine trusts"},
		{"nobody there", gone.URL, acme.Token, "", "is the server running"},
		{"no address", "mastodon.social", acme.Token, "", "such as https://mastodon.social"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch := mastodonChannel(c.server, c.token)
			ch.Spec.Account = c.account
			if c.token == "" {
				ch.Config.Credentials = nil
			}
			r, text := check(t, ch)
			if r.Works || !strings.Contains(text, c.want) || !strings.Contains(text, "It does not work. Nothing was published.") {
				t.Errorf("lacks %q:\n%s", c.want, text)
			}
		})
	}
}

func TestPrivateAddressesAreRefusedAsTheManagerDoes(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	c := mastodonChannel(s.URL, s.Account("acme").Token)
	c.Config.HTTP = httpx.New(httpx.Options{Version: "test"})
	if _, text := check(t, c); !strings.Contains(text, "--allow-destination") || len(s.Calls("")) > 0 {
		t.Errorf("calls %v:\n%s", s.Calls(""), text)
	}
}

func TestARehearsalNeedsNoSecret(t *testing.T) {
	c := mastodonChannel("https://social.example", "")
	c.Config.Credentials = nil
	c.Spec.Mode = tribunev1alpha1.ChannelModeRehearsal
	if r, text := check(t, c); !r.Works || !strings.Contains(text, "nobody was asked") {
		t.Errorf("%+v:\n%s", r, text)
	}
}
