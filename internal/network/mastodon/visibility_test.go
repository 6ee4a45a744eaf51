package mastodon_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/mastodon/mastodontest"
)

// What somebody said to few is not answered to all.
func TestAnswersAreSeenByNoMore(t *testing.T) {
	for _, c := range []struct{ said, chosen, want string }{
		{"public", "", "public"},
		{"unlisted", "", "unlisted"},
		{"private", "", "private"},
		{"public", "Unlisted", "unlisted"},
		{"unlisted", "Followers", "private"},
		{"limited", "", "private"},
	} {
		s := mastodontest.Start(t, mastodontest.Options{})
		a := s.Account("acme")
		m := connect(t, s.URL, a.Token, http.DefaultClient, nil)
		who, err := m.SignIn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		parent := s.Person("ada").Say("a word to few", "", c.said, a)
		id := network.Identity{Namespace: "acme", Post: "~answer", Edition: 1, Account: who.ID}
		p := network.Publication{
			Identity: id, Marker: id.Marker(), Key: m.Key(id, time.Now(), 0), Text: "@ada thank you", Parent: &network.Ref{ID: parent}, Answer: true, Visibility: c.chosen,
		}
		if _, err := m.Publish(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if log := a.Log(); len(log) != 1 || log[0].Visibility != c.want {
			t.Errorf("said %s, chosen %q: answered %+v, want %s", c.said, c.chosen, log, c.want)
		}
	}
}
