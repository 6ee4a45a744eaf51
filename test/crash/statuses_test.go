package crash

import (
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network/mastodon/mastodontest"
)

// often is how many calls an account has in five minutes: more than a Mastodon gives, as nobody kills managers, and makes all Posts anew, a
// dozen times in a minute.
const often = 10_000

// statuses: a server that honours keys and has the hole of those before 2026, and one that speaks the same API and ignores keys.
var statuses = []guise{
	{mode: mode{name: "mastodon", once: windowed}, open: mastodon(mastodontest.Options{DoubleWhileStoring: true, RateLimit: often, Fault: trouble})},
	{mode: mode{name: "two-mastodon", once: windowed, managers: 2, changes: []change{none, none, recreate}}, onlyWhole: true,
		open: mastodon(mastodontest.Options{DoubleWhileStoring: true, RateLimit: often, Fault: trouble})},
	{mode: mode{name: "two-gotosocial", once: scan, managers: 2, changes: []change{none, none, recreate}}, onlyWhole: true,
		open: mastodon(mastodontest.Options{Software: "gotosocial", Version: "0.20.1", RateLimit: often, Fault: trouble})},
	{mode: mode{name: "gotosocial", once: scan}, open: mastodon(mastodontest.Options{Software: "gotosocial", Version: "0.20.1", RateLimit: often, Fault: trouble})},
}

func mastodon(o mastodontest.Options) func(*testing.T, string) *site {
	return func(t *testing.T, _ string) *site {
		s := mastodontest.Start(t, o)
		accounts := map[string]*mastodontest.Account{}
		return &site{
			join: func(channel string) (tribunev1alpha1.SocialChannelSpec, map[string][]byte) {
				a := s.Account("")
				accounts[channel] = a
				return tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkMastodon, Mastodon: &tribunev1alpha1.MastodonSpec{Server: s.URL}},
					map[string][]byte{"accessToken": []byte(a.Token)}
			},
			log: func(channel string) []happening {
				var out []happening
				for _, e := range accounts[channel].Log() {
					out = append(out, happening{e.Action, e.ID, e.Text, e.ReplyTo})
				}
				return out
			},
			calls: func() int { return len(s.Calls("POST /api/v1/statuses")) },
			wait:  s.Wait,
		}
	}
}
