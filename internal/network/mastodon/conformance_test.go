package mastodon_test

import (
	"net/http"
	"strings"
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
	"github.com/tribune-dev/tribune/internal/network/mastodon"
	"github.com/tribune-dev/tribune/internal/network/mastodon/mastodontest"
)

const wrongToken = "wrong-token-7Qq"

func isPublish(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == "/api/v1/statuses"
}

func isDelete(r *http.Request) bool { return r.Method == http.MethodDelete }

// imageBytes keeps the largest picture of the suite small.
const imageBytes = 300_000

// The suite runs over the fake in the guises that differ: Mastodon itself, and what speaks its API and ignores keys.
func TestConformance(t *testing.T) {
	for _, guise := range []struct {
		name string
		once network.Once
		o    mastodontest.Options
	}{
		{"Mastodon", network.OnceWindowedKey, mastodontest.Options{}},
		{"MastodonWithAHole", network.OnceWindowedKey, mastodontest.Options{DoubleWhileStoring: true, ProcessMedia: 2}},
		{"GoToSocial", network.OnceScan, mastodontest.Options{Software: "gotosocial", Version: "0.20.1", NoTokenInfo: true}},
		{"Pleroma", network.OnceScan, mastodontest.Options{Software: "pleroma", Version: "2.9.1", NoVersion2: true, NoSource: true, NoTokenInfo: true}},
		{"Unknown", network.OnceScan, mastodontest.Options{Software: "nobody-knows", Version: "1", NoNodeinfo: true}},
	} {
		t.Run(guise.name, func(t *testing.T) {
			guise.o.ImageBytes = imageBytes
			s := mastodontest.Start(t, guise.o)
			s.Account("maria")
			rules := mastodon.Rules
			rules.MaxMediaBytes = imageBytes
			conformance.Run(t, conformance.Harness{
				Once: guise.once, Rules: rules, IsPublish: isPublish, IsDelete: isDelete,
				Language:     func(l string) string { l, _, _ = strings.Cut(l, "-"); return l },
				Visibilities: []string{"Unlisted", "Followers"}, ContentWarnings: true, WhiteSpaceLost: guise.o.NoSource, Mention: "@maria@social.example",
				Open: func(*testing.T) *conformance.Account { return open(s) },
			})
		})
	}
}

func open(s *mastodontest.Server) *conformance.Account {
	a := s.Account("")
	return &conformance.Account{
		Server: s.URL,
		Connect: func(t *testing.T, c conformance.Connection) network.Network {
			token := a.Token
			if c.WrongCredentials {
				token = wrongToken
			}
			return connect(t, c.Server, token, c.HTTP, c.Session)
		},
		Community: community(s, a),
		Log:       func(*testing.T) []conformance.Entry { return entries(a) },
		Messages:  func(*testing.T) []conformance.Entry { return entries(a) },
		Change:    func(_ *testing.T, id, text string) { a.Edit(id, text) },
		Remove:    func(_ *testing.T, id string) { a.Delete(id) },
		ShowProfile: func(*testing.T) network.Profile {
			p := a.Profile()
			website := ""
			for _, f := range p.Fields {
				if f[0] == "Website" {
					website = f[1]
				}
			}
			return network.Profile{DisplayName: &p.DisplayName, Bio: &p.Note, Website: &website, Bot: &p.Bot}
		},
		ChangeProfile: func(_ *testing.T, to network.Profile) {
			p := a.Profile()
			p.DisplayName = *to.DisplayName
			a.SetProfile(p)
		},
		Secrets: []string{a.Token, wrongToken},
	}
}

func connect(t *testing.T, server, token string, client *http.Client, session network.SessionStore) network.Network {
	t.Helper()
	c := config(server+"/", token+"\n")
	c.HTTP, c.Session = client, session
	n, err := mastodon.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func config(server, token string) network.Config {
	return network.Config{
		Spec: &tribunev1alpha1.SocialChannelSpec{
			Network: tribunev1alpha1.NetworkMastodon, Mastodon: &tribunev1alpha1.MastodonSpec{Server: server},
		},
		Credentials: map[string][]byte{mastodon.SecretAccessToken: []byte(token)},
		HTTP:        http.DefaultClient,
	}
}

// entries tells the server's log in the suite's words.
func entries(a *mastodontest.Account) []conformance.Entry {
	visibilities := map[string]string{"public": "Public", "unlisted": "Unlisted", "private": "Followers", "direct": "Direct"}
	var out []conformance.Entry
	for _, e := range a.Log() {
		entry := conformance.Entry{
			Action: conformance.Action(e.Action), ID: e.ID, Key: e.Key, Text: e.Text, Language: e.Language, Parent: e.ReplyTo,
			Visibility: visibilities[e.Visibility], ContentWarning: e.Spoiler,
		}
		for _, m := range e.Media {
			entry.Media = append(entry.Media, conformance.Media{AltText: m.Alt, Width: m.Width, Height: m.Height})
		}
		out = append(out, entry)
	}
	return out
}
