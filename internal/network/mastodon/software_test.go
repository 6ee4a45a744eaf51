package mastodon

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/compose"
)

// What these servers say of themselves was taken from their documentation and their public answers.
func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name            string
		version, source string
		declared        software
		want            string
		keys            bool
	}{
		{"Mastodon", "4.5.2", "https://github.com/mastodon/mastodon", software{"mastodon", "4.5.2"}, "Mastodon 4.5.2", true},
		{"Mastodon of old, version 1 of the call", "2.9.4", "", software{"mastodon", "2.9.4"}, "Mastodon 2.9.4", true},
		{"Mastodon 1", "1.3.0", "", software{"mastodon", "1.3.0"}, "Mastodon 1.3.0", false},
		{"Mastodon without nodeinfo", "4.5.2", "https://github.com/mastodon/mastodon/", software{}, "Mastodon 4.5.2", true},
		{"nightly", "4.6.0-nightly.2026-11-01", "https://github.com/mastodon/mastodon", software{"mastodon", "4.6.0-nightly.2026-11-01"}, "Mastodon 4.6.0-nightly.2026-11-01", true},
		{"glitch-soc", "4.5.0+glitch", "https://github.com/glitch-soc/mastodon", software{"mastodon", "4.5.0+glitch"}, "Mastodon (glitch-soc) 4.5.0+glitch", true},
		{"Hometown", "4.0.15+hometown-1.1.1", "https://github.com/hometown-fork/hometown", software{"hometown", "4.0.15+hometown-1.1.1"}, "Hometown 4.0.15+hometown-1.1.1", true},
		{"GoToSocial", "0.20.1", "https://codeberg.org/superseriousbusiness/gotosocial", software{"gotosocial", "0.20.1"}, "GoToSocial 0.20.1", false},
		{"GoToSocial without nodeinfo", "0.20.1", "https://codeberg.org/superseriousbusiness/gotosocial", software{}, "unknown software 0.20.1", false},
		{"Pleroma", "2.7.2 (compatible; Pleroma 2.9.1)", "", software{"pleroma", "2.9.1"}, "Pleroma 2.9.1", false},
		{"Pleroma that calls itself Mastodon", "2.7.2 (compatible; Pleroma 2.9.1)", "", software{"mastodon", "2.9.1"}, "Pleroma 2.9.1", false},
		{"Pixelfed", "3.5.3 (compatible; Pixelfed 0.12.6)", "", software{}, "Pixelfed 0.12.6", false},
		{"Mastodon by a fork's name", "4.5.0", "https://github.com/someone/mastodon", software{"fork", "4.5.0"}, "fork 4.5.0", false},
		{"a lookalike of the source", "4.5.0", "https://github.com/mastodon/mastodon-fork", software{}, "unknown software 4.5.0", false},
		{"the source on another host", "4.5.0", "https://evil.example/mastodon/mastodon", software{}, "unknown software 4.5.0", false},
		{"a version that is none", "latest", "", software{"mastodon", "latest"}, "Mastodon latest", false},
		{"nothing", "x", "", software{}, "unknown software x", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := detect(&instance{Version: c.version, SourceURL: c.source}, c.declared)
			if got.String() != c.want || got.honoursKeys() != c.keys {
				t.Errorf("%s, honours keys: %v; want %s, %v", got, got.honoursKeys(), c.want, c.keys)
			}
		})
	}
}

func TestLimitsOfServers(t *testing.T) {
	var silent, says, pleroma, nonsense instance
	says.Configuration.Statuses.MaxCharacters = 5000
	six := 6
	says.Configuration.Statuses.MaxMedia = &six
	says.Configuration.Media.ImageBytes, says.Configuration.Media.Description = 1<<20, 420
	says.Configuration.Media.Types = []string{"image/png", "image/heic", "audio/ogg", "video/mp4"}
	pleroma.MaxTootChars, pleroma.UploadLimit, pleroma.DescriptionLimit = 10_000, 2<<20, 5000
	minus := -1
	nonsense.Configuration.Statuses.MaxCharacters, nonsense.Configuration.Statuses.MaxMedia = -5, &minus
	with := func(change func(*compose.Limits)) compose.Limits {
		l := Rules.Limits
		change(&l)
		return l
	}
	for name, c := range map[string]struct {
		i    *instance
		want compose.Limits
	}{
		"silent":   {&silent, Rules.Limits},
		"nonsense": {&nonsense, Rules.Limits},
		"says": {&says, with(func(l *compose.Limits) {
			l.MaxLength, l.MaxMedia, l.MaxMediaBytes, l.MaxAltText, l.MediaTypes = 5000, 6, 1<<20, 420, []string{"image/png", "video/mp4"}
		})},
		"pleroma": {&pleroma, with(func(l *compose.Limits) { l.MaxLength, l.MaxMediaBytes, l.MaxAltText = 10_000, 2<<20, 5000 })},
	} {
		if diff := cmp.Diff(c.want, c.i.limits()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
