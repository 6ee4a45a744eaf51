package mastodon_test

import (
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
	"github.com/tribune-dev/tribune/internal/network/mastodon/mastodontest"
)

// community is what people do around an account of the fake.
func community(s *mastodontest.Server, a *mastodontest.Account) *conformance.Community {
	return &conformance.Community{
		Kinds: []network.ItemKind{network.ItemReply, network.ItemMention, network.ItemFollow, network.ItemReaction, network.ItemMessage},
		Say: func(_ *testing.T, said conformance.Saying) string {
			who := s.Person(said.By)
			switch said.Kind {
			case network.ItemMention:
				return who.Say(said.Text, "", "public", a)
			case network.ItemMessage:
				return who.Say(said.Text, "", "direct", a)
			case network.ItemFollow:
				return "notification/" + who.Do("follow", a, "")
			case network.ItemReaction:
				return "notification/" + who.Do("favourite", a, said.Under.ID)
			}
			return who.Say(said.Text, said.Under.ID, "public")
		},
		SayOurs: func(_ *testing.T, item network.Item, text string) string { return a.Say(text, item.ID, "public") },
		State: func(_ *testing.T, item network.Item) conformance.ItemState {
			state := conformance.ItemState{Reports: a.Reported(item.ID)}
			if a.Favourited(item.ID) {
				state.Reactions = []string{"⭐"}
			}
			return state
		},
		Standing: func(_ *testing.T, person network.Person) conformance.PersonState {
			muted, blocked, until := a.Standing(person.ID)
			return conformance.PersonState{Muted: muted, Blocked: blocked, MutedUntil: until}
		},
		Direct: func(_ *testing.T, person network.Person) []string {
			var texts []string
			for _, e := range a.Log() {
				if text, to := strings.CutPrefix(e.Text, "@"+person.Handle+" "); to && e.Visibility == "direct" && e.Action == "Created" {
					texts = append(texts, text)
				}
			}
			return texts
		},
		Missing: func(*testing.T) network.Item {
			return network.Item{ID: "112999", Ref: network.Ref{ID: "112999"}, Author: network.Person{ID: "1129"}}
		},
		MaxText: 100_000,
	}
}
