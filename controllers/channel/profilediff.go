package channel

import (
	"fmt"
	"strconv"
	"strings"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// profileDiff is what separates a profile from the one that is wanted.
type profileDiff struct {
	// set holds the wanted values of what differs.
	set network.Profile
	// avatar is true if the picture differs.
	avatar  bool
	changes []profileChange
	// missing are fields that the network has no place for.
	missing []string
}

type profileChange struct{ field, was string }

// was says what differed and how it was, for an event.
func (d profileDiff) was() string {
	var parts []string
	for _, c := range d.changes {
		if c.was == "" {
			parts = append(parts, c.field)
			continue
		}
		parts = append(parts, fmt.Sprintf("%s was %s", c.field, c.was))
	}
	return strings.Join(parts, ", ")
}

// shows says what the network shows instead.
func (d profileDiff) shows() string {
	var parts []string
	for _, c := range d.changes {
		parts = append(parts, strings.TrimSpace(c.field+" "+c.was))
	}
	return strings.Join(parts, ", ")
}

// compareProfile tells what must be set so that the account shows what is wanted. Fields that are absent in want are left as
// they are. lastAvatar is the picture that was set last, for networks that do not say which one they show.
func compareProfile(want *tribunev1alpha1.ChannelProfile, avatar *network.Media, have network.Profile, lastAvatar string) profileDiff {
	var d profileDiff
	d.text("displayName", want.DisplayName, have.DisplayName, &d.set.DisplayName)
	d.text("bio", want.Bio, have.Bio, &d.set.Bio)
	d.text("website", want.Website, have.Website, &d.set.Website)
	if want.Bot != nil {
		switch {
		case have.Bot == nil:
			d.missing = append(d.missing, "bot")
		case *have.Bot != *want.Bot:
			d.set.Bot = want.Bot
			d.changes = append(d.changes, profileChange{"bot", strconv.FormatBool(*have.Bot)})
		}
	}
	if avatar != nil {
		shown := lastAvatar
		if have.AvatarHash != nil {
			shown = *have.AvatarHash
		}
		if d.avatar = shown != hashOf(avatar); d.avatar {
			d.changes = append(d.changes, profileChange{field: "avatar"})
		}
	}
	return d
}

// ProfileDifferences says in words what the account shows that the spec does not want, pictures aside, and which fields the
// network has no place for.
func ProfileDifferences(want *tribunev1alpha1.ChannelProfile, have network.Profile) (differs, missing []string) {
	d := compareProfile(want, nil, have, "")
	for _, c := range d.changes {
		differs = append(differs, c.field+" is "+c.was)
	}
	return differs, d.missing
}

// text compares one field. Networks cut white space at the ends, and some end lines their own way.
func (d *profileDiff) text(field, want string, have *string, set **string) {
	switch {
	case want == "":
	case have == nil:
		d.missing = append(d.missing, field)
	case same(want, *have):
	default:
		*set = &want
		d.changes = append(d.changes, profileChange{field, quote(*have)})
	}
}

func same(a, b string) bool {
	tidy := strings.NewReplacer("\r\n", "\n", "\r", "\n")
	return strings.TrimSpace(tidy.Replace(a)) == strings.TrimSpace(tidy.Replace(b))
}

// quote is a value for people, cut where it is long.
func quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
