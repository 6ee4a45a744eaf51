package integration

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network/mastodon/mastodontest"
)

func tootChannel(s *mastodontest.Server, spec string) string {
	return "\nkind: SocialChannel\nmetadata: {name: toot}\nspec: {network: Mastodon, mastodon: {server: \"" + s.URL + "\"}, credentialsSecretRef: {name: toot-login}" + spec + "}\n---"
}

func tootSecret(a *mastodontest.Account) string {
	return secret("toot-login", "tribune.dev/channel: toot", "accessToken: "+a.Token)
}

// A channel says who it is and what it can; its profile is set, kept, and left alone where nothing differs.
func TestMastodonChannel(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := mastodontest.Start(t, mastodontest.Options{})
	a := s.Account("acme")
	w.secrets = []string{a.Token}
	w.mustApply(tootSecret(a) + tootChannel(s, `, account: "@acme@social.example", profile: {displayName: Acme, website: "https://acme.example", bot: true}`))
	w.is("channel", "toot", "Ready", "True", "SignedIn")
	w.is("channel", "toot", "ProfileInSync", "True", "InSync")
	st := w.channel("toot").Status
	if st.Server != "Mastodon 4.5.2" || st.Once != "WindowedKey" || st.Followers == nil || *st.Followers != 42 || st.Following == nil || *st.Following != 7 {
		t.Errorf("status: %s", asJSON(st))
	}
	if st.Account.ID != a.ID+"@social.example" || st.Account.Handle != "@acme@social.example" || !slices.Contains(st.Automation, "AutoReplyWhenAddressed") {
		t.Errorf("status: %s", asJSON(st))
	}
	want := mastodontest.Profile{DisplayName: "Acme", Bot: true, Fields: [][2]string{{"Website", "https://acme.example"}}}
	if diff := cmp.Diff(want, a.Profile()); diff != "" {
		t.Error(diff)
	}
	w.hasEvent("ProfileSet", `displayName was "The acme"`)

	w.mustApply(manifestOn("toot", "hello", "Hello, world"))
	p := w.reaches("hello", "Published", "Published")
	log := a.Log()
	if len(log) != 1 || log[0].Text != "Hello, world" || log[0].Key != p.Status.Segments[0].Key || log[0].ID != p.Status.Segments[0].ID {
		t.Errorf("the network has %+v, the Post says %s", log, asJSON(p.Status.Segments))
	}

	// Nothing differs: nothing is written.
	patches := len(s.Calls("PATCH"))
	signIns := func() int { return len(s.Calls("GET /api/v2/instance")) }
	again := func() {
		t.Helper()
		before := signIns()
		w.clock.forward(16 * time.Minute)
		w.poke(w.channel("toot"))
		w.eventually("the channel is looked at again", func() string {
			if signIns() == before {
				return "no sign-in yet"
			}
			return ""
		})
	}
	again()
	// Somebody changes it on the network: it is corrected, and said.
	changed := a.Profile()
	changed.DisplayName, changed.Bot, changed.Note = "Evil Acme", false, "A bio of their own"
	a.SetProfile(changed)
	again()
	w.eventually("the profile is corrected", func() string {
		if p := a.Profile(); p.DisplayName != "Acme" || !p.Bot {
			return fmt.Sprintf("it is %+v", p)
		}
		return ""
	})
	if a.Profile().Note != "A bio of their own" {
		t.Errorf("the bio was changed, which the spec does not name: %q", a.Profile().Note)
	}
	w.hasEvent("ProfileDrift", `displayName was "Evil Acme", bot was false`)
	if n := len(s.Calls("PATCH")); n != patches+1 {
		t.Errorf("%d writes to the profile, want %d", n, patches+1)
	}
	w.is("channel", "toot", "ProfileInSync", "True", "InSync")

	w.mustApply(tootChannel(s, `, listening: {interval: 1m}`))
	w.is("channel", "toot", "Listening", "True", "Listening")
	w.eventually("there is no profile to keep", func() string {
		if c := condition(w.channel("toot").Status.Conditions, "ProfileInSync"); c.Type != "" {
			return asJSON(c)
		}
		return ""
	})
}

// What a network does not take is said once, and does not end the channel.
func TestProfileIsRefused(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := mastodontest.Start(t, mastodontest.Options{})
	a := s.Account("acme")
	w.secrets = []string{a.Token}
	w.mustApply(tootSecret(a) + tootChannel(s, `, profile: {displayName: "A name that is by far too long for this server"}`))
	c := w.is("channel", "toot", "ProfileInSync", "False", "ProfileRefused")
	if !strings.Contains(c.Message, "Display name is too long") {
		t.Error(c.Message)
	}
	w.is("channel", "toot", "Ready", "True", "SignedIn")
	for range 3 {
		w.poke(w.channel("toot"))
	}
	w.mustApply(manifestOn("toot", "hello", "Hello, world"))
	w.reaches("hello", "Published", "Published")
	if n := len(s.Calls("PATCH")); n != 1 {
		t.Errorf("%d tries to set the profile, want 1", n)
	}
	w.mustApply(tootChannel(s, `, profile: {displayName: Acme, avatar: {configMapKeyRef: {name: brand, key: logo.png}}}`))
	c = w.is("channel", "toot", "ProfileInSync", "False", "MediaUnavailable")
	if !strings.Contains(c.Message, "ConfigMap brand") || a.Profile().DisplayName != "Acme" {
		t.Errorf("%s; the name is %s", c.Message, a.Profile().DisplayName)
	}
}

// Networks without a way to set profiles, and rehearsals, leave them alone. What is rehearsed is shown on the built-in network.
func TestProfileIsNotTouched(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := newSky(t)
	w.secrets = []string{"acme-password", "access-token", "refresh-token"}
	w.mustApply(secret("login", forSky, "identifier: acme.example, appPassword: acme-password-0001") + skyChannel(s, ", profile: {displayName: Acme}") +
		"\nkind: SocialChannel\nmetadata: {name: stage}\nspec: {network: Bluesky, mode: Rehearsal, profile: {displayName: Acme}}\n---")
	w.is("channel", "sky", "ProfileInSync", "False", "ProfileNotSupported")
	w.is("channel", "sky", "Ready", "True", "SignedIn")
	w.is("channel", "stage", "Ready", "True", "Rehearsal")
	if m := w.is("channel", "stage", "ProfileInSync", "False", "Rehearsal").Message; !strings.Contains(m, w.network.url()+"/@"+w.namespace+"/stage") {
		t.Error(m)
	}
	var shown wire.Account
	w.onNetwork(http.MethodGet, "stage", "", nil, &shown)
	if shown.DisplayName != "Acme" {
		t.Errorf("the rehearsal shows %+v", shown)
	}
	// The built-in network itself is kept in sync.
	w.mustApply("kind: SocialChannel\nmetadata: {name: square}\nspec: {network: Local, profile: {displayName: Acme, bio: We build rockets, website: \"https://acme.example\", bot: true}}\n---")
	w.is("channel", "square", "ProfileInSync", "True", "InSync")
	w.onNetwork(http.MethodGet, "square", "", nil, &shown)
	if shown.Bio != "We build rockets" || shown.Website != "https://acme.example" || !shown.Bot {
		t.Errorf("the profile is %+v", shown)
	}
}
