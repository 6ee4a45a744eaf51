package mastodon_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/mastodon/mastodontest"
)

func listen(t *testing.T, n network.Network, q network.ListenQuery) network.Listening {
	t.Helper()
	got, err := n.(network.Listener).Listen(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSearchedFor(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	a := s.Account("acme")
	n := connect(t, s.URL, a.Token, http.DefaultClient, nil)
	ada := s.Person("ada")
	old := ada.Say("the acme lander is late", "", "public")
	a.Say("we of the acme lander", "", "public")
	queries := []string{"acme lander", "#moon"}
	texts := func(got network.Listening) []string {
		var out []string
		for _, i := range got.Items {
			if i.Kind != network.ItemSearchHit {
				t.Errorf("told as a %s: %+v", i.Kind, i)
			}
			out = append(out, i.Text)
		}
		return out
	}
	first := listen(t, n, network.ListenQuery{Queries: queries})
	if diff := cmp.Diff([]string{"the acme lander is late"}, texts(first)); diff != "" || first.Items[0].ID != old {
		t.Error(diff)
	}
	ada.Say("off to the #moon", "", "public")
	ada.Say("in private: acme lander #moon", "", "private")
	second := listen(t, n, network.ListenQuery{Cursor: first.Cursor, Queries: queries})
	if diff := cmp.Diff([]string{"off to the #moon"}, texts(second)); diff != "" {
		t.Error(diff)
	}
	if third := listen(t, n, network.ListenQuery{Cursor: second.Cursor, Queries: queries}); len(third.Items) != 0 {
		t.Errorf("told again: %+v", third.Items)
	}
}

// TestSearchNotAllowed: a server without search, or a token that may not, takes nothing else away.
func TestSearchNotAllowed(t *testing.T) {
	for name, o := range map[string]mastodontest.Options{"no search": {NoVersion2: true}, "no scope": {}} {
		t.Run(name, func(t *testing.T) {
			s := mastodontest.Start(t, o)
			a := s.Account("acme")
			a.Scopes = []string{"read:accounts", "read:statuses", "read:notifications", "write:statuses"}
			n := connect(t, s.URL, a.Token, http.DefaultClient, nil)
			s.Person("ada").Say("hello", "", "public", a)
			if got := listen(t, n, network.ListenQuery{Queries: []string{"acme"}}); len(got.Items) != 1 {
				t.Errorf("%+v", got.Items)
			}
		})
	}
}

func TestAbilitiesByScopes(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	a := s.Account("acme")
	a.Scopes = []string{"read:accounts", "read:statuses", "read:notifications", "write:statuses", "write:mutes"}
	who, err := connect(t, s.URL, a.Token, http.DefaultClient, nil).SignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for ability, want := range map[network.Ability]bool{
		network.AbilityListen: true, network.AbilityMute: true, network.AbilityReply: true, network.AbilityBlock: false,
		network.AbilityReport: false, network.AbilityReact: false, network.AbilityHide: false, network.AbilityRemove: false,
	} {
		if got := slices.Contains(who.Abilities, ability); got != want {
			t.Errorf("%s: %v, want %v", ability, got, want)
		}
	}
	if slices.Contains(who.Automation, network.AutoWelcome) {
		t.Error("strangers may not be greeted")
	}
}

func TestPeopleWhoAskForNoAutomation(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	a := s.Account("acme")
	n := connect(t, s.URL, a.Token, http.DefaultClient, nil)
	for note, want := range map[string]bool{
		"Gardener. #nobot": true, "#NoBots please": true, "I build nobotanic things": false, "": false, "no robots": false,
	} {
		who := s.Account("")
		who.SetProfile(mastodontest.Profile{DisplayName: "Somebody", Note: note})
		who.Say("hello", "", "public", a)
		items := listen(t, n, network.ListenQuery{}).Items
		if got := items[len(items)-1].Author.NoAutomation; got != want {
			t.Errorf("%q: %v, want %v", note, got, want)
		}
	}
}

// TestCursorOfAnotherAccount: ids of one server mean nothing on another.
func TestCursorOfAnotherAccount(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	one, other := s.Account("one"), s.Account("other")
	cursor := listen(t, connect(t, s.URL, one.Token, http.DefaultClient, nil), network.ListenQuery{}).Cursor
	_, err := connect(t, s.URL, other.Token, http.DefaultClient, nil).(network.Listener).Listen(t.Context(), network.ListenQuery{Cursor: cursor})
	if network.ReasonOf(err, "") != "CursorLost" {
		t.Errorf("%v", err)
	}
}

func TestEditIsToldWhereTheServerTells(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	a, ada := s.Account("acme"), s.Person("ada")
	n := connect(t, s.URL, a.Token, http.DefaultClient, nil)
	id := ada.Say("first thoughts", "", "public", a)
	first := listen(t, n, network.ListenQuery{})
	ada.Edit(id, "second thoughts")
	ada.Do("update", a, id)
	got := listen(t, n, network.ListenQuery{Cursor: first.Cursor}).Items
	if len(got) != 1 || got[0].ID != id || got[0].Text != "second thoughts" || got[0].Revision == first.Items[0].Revision ||
		first.Items[0].Edited == nil || *first.Items[0].Edited || got[0].Edited == nil || !*got[0].Edited {
		t.Errorf("%+v", got)
	}
}

func TestUnknownEmojiIsNoFavourite(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	a := s.Account("acme")
	n := connect(t, s.URL, a.Token, http.DefaultClient, nil)
	id := s.Person("ada").Say("hello", "", "public", a)
	err := n.(network.Reactor).React(t.Context(), network.Target{Ref: network.Ref{ID: id}}, "👎")
	if network.KindOf(err) != network.Refused || !strings.Contains(err.Error(), "favourites") || a.Favourited(id) {
		t.Errorf("%v", err)
	}
}
