package compose

import "strings"

// XPremiumLength is what X takes from accounts that pay for it; it replaces Limits.MaxLength there.
const XPremiumLength = 25_000

// xPremium is the name of X with that length.
const xPremium = "XPremium"

const (
	mebibyte = 1 << 20
	megabyte = 1_000_000
)

// pictures that nearly all networks take.
var pictures = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// visibilities of networks that know more than one.
var visibilities = []string{"Public", "Unlisted", "Followers"}

// networks are the rules of all networks, whether an adapter for them exists or not. Numbers are those that a network publishes
// of itself; where a server states its own at sign-in, those replace them.
var networks = []Rules{
	{
		Name: "X", Family: FamilyTwitter, Forbidden: "\ufeff",
		Limits: Limits{
			MaxLength: 280, Unit: Weighted, URLLength: 23, MaxMedia: 4, MaxMediaBytes: 5 * mebibyte, MaxAltText: 1000, MediaTypes: pictures,
		},
	},
	{
		// What app.bsky.feed.post and app.bsky.embed.images hold a post to. MaxAltText is what Bluesky's own applications accept;
		// the lexicon names no number.
		Name: "Bluesky", Family: FamilyBluesky, Facets: true, Cards: true,
		Limits: Limits{
			MaxLength: 300, Unit: Graphemes, MaxBytes: 3000, MaxMedia: 4, MaxMediaBytes: 2 * megabyte, MaxAltText: 2000,
			MediaTypes: []string{"image/jpeg", "image/png", "image/webp", "image/gif"},
		},
	},
	{
		Name: "Mastodon", Family: FamilyMastodon, MentionsWithoutHost: true, ContentWarnings: true, Visibilities: visibilities,
		Limits: Limits{
			MaxLength: 500, Unit: Graphemes, URLLength: 23, MaxMedia: 4, MaxMediaBytes: 16 * mebibyte, MaxAltText: 1500, MediaTypes: pictures,
		},
	},
	{
		Name: "Threads", Family: FamilyHandles,
		Limits: Limits{
			MaxLength: 500, Unit: EmojiBytes, MaxMedia: 20, MaxMediaBytes: 8 * mebibyte, MaxAltText: 1000,
			MediaTypes: []string{"image/jpeg", "image/png"},
		},
	},
	{
		Name: "LinkedIn", NoThreads: true, Escaped: `\<>#~_|[]*(){}@`,
		Limits: Limits{
			MaxLength: 3000, Unit: Characters, MaxMedia: 20, MaxMediaBytes: 5 * mebibyte, MaxAltText: 4086,
			MediaTypes: []string{"image/jpeg", "image/png", "image/gif"},
		},
	},
	{
		Name: "Facebook", NoThreads: true, Cards: true,
		Limits: Limits{
			MaxLength: 63_206, Unit: Characters, MaxMedia: 10, MaxMediaBytes: 10 * mebibyte, MaxAltText: 1000,
			MediaTypes: []string{"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff"},
		},
	},
	{
		Name: "Instagram", Family: FamilyHandles, NoThreads: true, MediaRequired: true,
		Limits: Limits{
			MaxLength: 2200, Unit: Characters, MaxHashtags: 30, MaxMedia: 10, MaxMediaBytes: 8 * mebibyte, MaxAltText: 1000,
			MediaTypes: []string{"image/jpeg"},
		},
	},
	{
		Name: "YouTube", Family: FamilyHandles, NoThreads: true, Titles: true, TitleRequired: true, MediaRequired: true, Forbidden: "<>",
		Limits: Limits{
			MaxLength: 5000, Unit: Bytes, MaxTitle: 100, MaxMedia: 1,
			MediaTypes: []string{"video/mp4", "video/quicktime", "video/webm", "video/x-msvideo", "video/mpeg"},
		},
	},
	{
		Name:   "Discord",
		Limits: Limits{MaxLength: 2000, Unit: Characters, MaxMedia: 10, MaxMediaBytes: 10 * mebibyte, MaxAltText: 1024},
	},
	{
		Name:   "Slack",
		Limits: Limits{MaxLength: 4000, Unit: Characters, MaxMedia: 10, MaxAltText: 2000},
	},
	{
		Name: "Telegram", Family: FamilyHandles,
		Limits: Limits{
			MaxLength: 4096, Unit: UTF16, MaxLengthWithMedia: 1024, MaxMedia: 10, MaxMediaBytes: 10 * mebibyte,
			MediaTypes: []string{"image/jpeg", "image/png", "image/webp"},
		},
	},
	{
		Name: "Local", Cards: true, CardsWithMedia: true,
		Limits: Limits{
			MaxLength: 5000, Unit: Graphemes, MaxBytes: 64 << 10, MaxMedia: 20, MaxMediaBytes: 10 * mebibyte, MaxAltText: 1500,
			MediaTypes: []string{"image/avif", "image/gif", "image/jpeg", "image/png", "image/webp"},
		},
	},
	{
		// A site's own limit of a picture is set in its PHP. An article without a title gets one from its first line.
		Name: "WordPress", NoThreads: true, Cards: true, CardsWithMedia: true, Titles: true, HTML: true, Tags: true,
		Limits: Limits{Unit: Characters, MaxTitle: 300, MaxMedia: 20, MaxMediaBytes: 10 * megabyte, MaxAltText: 2000, MediaTypes: pictures},
	},
	{
		Name: "Ghost", NoThreads: true, Cards: true, CardsWithMedia: true, Titles: true, HTML: true, Tags: true,
		Limits: Limits{Unit: Characters, MaxTitle: 255, MaxMedia: 20, MaxMediaBytes: 10 * megabyte, MaxAltText: 191, MediaTypes: pictures},
	},
	{
		Name: "Webhook", Cards: true, CardsWithMedia: true, Titles: true, HTML: true, Tags: true, ContentWarnings: true, Visibilities: visibilities,
		Limits: Limits{Unit: Characters},
	},
	{
		Name: "Manual", Titles: true, Tags: true, ContentWarnings: true, Visibilities: visibilities,
		Limits: Limits{Unit: Characters},
	},
}

// Networks names all networks whose rules are known, whether there is an adapter for them or not.
func Networks() []string {
	names := make([]string, len(networks))
	for i := range networks {
		names[i] = networks[i].Name
	}
	return names
}

// RulesFor tells the rules of a network by its name, in any case. XPremium is X with the length that its paying accounts have.
func RulesFor(name string) (Rules, bool) {
	premium := strings.EqualFold(name, xPremium)
	if premium {
		name = "X"
	}
	for i := range networks {
		if !strings.EqualFold(networks[i].Name, name) {
			continue
		}
		rules := networks[i]
		if premium {
			rules.MaxLength = XPremiumLength
		}
		return rules, true
	}
	return Rules{}, false
}

// MustRules are the rules of a network that is known; for adapters. It panics otherwise.
func MustRules(name string) Rules {
	rules, ok := RulesFor(name)
	if !ok {
		panic("compose: no rules for the network " + name)
	}
	return rules
}
