package channel

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

func text(s string) *string { return &s }

func TestCompareProfile(t *testing.T) {
	yes, no := true, false
	picture := &network.Media{Bytes: []byte("picture")}
	hash := hashOf(picture)
	have := network.Profile{DisplayName: text("Acme"), Bio: text("We make things.\r\nIn Berlin. "), Website: text("https://acme.example"), Bot: &no}
	for _, c := range []struct {
		name    string
		want    tribunev1alpha1.ChannelProfile
		avatar  *network.Media
		have    network.Profile
		last    string
		set     network.Profile
		picture bool
		was     string
		missing []string
	}{
		{name: "nothing wanted", have: have},
		{name: "the same, ends of lines aside", want: tribunev1alpha1.ChannelProfile{DisplayName: "Acme", Bio: "We make things.\nIn Berlin."}, have: have},
		{
			name: "another name and mark", want: tribunev1alpha1.ChannelProfile{DisplayName: "ACME", Bot: &yes}, have: have,
			set: network.Profile{DisplayName: text("ACME"), Bot: &yes}, was: `displayName was "Acme", bot was false`,
		},
		{name: "no place for it", want: tribunev1alpha1.ChannelProfile{Website: "https://a.example", Bot: &yes}, have: network.Profile{}, missing: []string{"website", "bot"}},
		{name: "a picture that was never set", avatar: picture, have: have, picture: true, was: "avatar"},
		{name: "the picture that this process set", avatar: picture, have: have, last: hash},
		{name: "the picture that the network shows", avatar: picture, have: network.Profile{AvatarHash: &hash}, last: "another"},
		{name: "a picture that somebody changed", avatar: picture, have: network.Profile{AvatarHash: text("")}, last: hash, picture: true, was: "avatar"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := compareProfile(&c.want, c.avatar, c.have, c.last)
			if diff := cmp.Diff(c.set, d.set); diff != "" {
				t.Error(diff)
			}
			if d.avatar != c.picture || d.was() != c.was {
				t.Errorf("avatar %v, was %q; want %v, %q", d.avatar, d.was(), c.picture, c.was)
			}
			if diff := cmp.Diff(c.missing, d.missing); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBoundedKeepsWhatServersSayWithinTheAPI(t *testing.T) {
	for _, c := range []struct {
		in   string
		most int
		want string
	}{{"short", 10, "short"}, {"exactly 10", 10, "exactly 10"}, {"more than ten", 10, "more th..."}, {"ääääää", 10, "äää..."}} {
		if got := bounded(c.in, c.most); got != c.want || len(got) > c.most {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
