package compose_test

import (
	"strings"
	"testing"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/compose"
)

func TestNetworks(t *testing.T) {
	want := []string{
		"X", "Bluesky", "Mastodon", "Threads", "LinkedIn", "Facebook", "Instagram", "YouTube", "Discord", "Slack", "Telegram",
		"Local", "WordPress", "Ghost", "Webhook", "Manual",
	}
	if diff := cmp.Diff(want, compose.Networks()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, name := range want {
		if r, ok := compose.RulesFor(strings.ToLower(name)); !ok || r.Name != name {
			t.Errorf("RulesFor(%q) = %+v, %v", strings.ToLower(name), r, ok)
		}
	}
	if r, ok := compose.RulesFor("xpremium"); !ok || r.MaxLength != 25_000 || r.Name != "X" {
		t.Errorf("XPremium: %+v, %v", r, ok)
	}
	if _, ok := compose.RulesFor("Nowhere"); ok {
		t.Error("there are rules for Nowhere")
	}
}

func TestCountByNetwork(t *testing.T) {
	const family = "👩‍👩‍👧‍👦" // 25 bytes, 7 code points, 11 UTF-16 units
	long := "https://example.com/" + strings.Repeat("x", 100)
	counts := func(x, bluesky, mastodon, threads, linkedIn, telegram, youTube int) map[string]int {
		return map[string]int{"X": x, "Bluesky": bluesky, "Mastodon": mastodon, "Threads": threads, "LinkedIn": linkedIn, "Discord": linkedIn,
			"Telegram": telegram, "YouTube": youTube}
	}
	for text, want := range map[string]map[string]int{
		"":                         counts(0, 0, 0, 0, 0, 0, 0),
		"abc":                      counts(3, 3, 3, 3, 3, 3, 3),
		"é":                        counts(1, 1, 1, 1, 1, 1, 2),
		"e\u0301":                  counts(1, 1, 1, 2, 2, 2, 3),
		"火箭":                       counts(4, 2, 2, 2, 2, 2, 6),
		family:                     counts(2, 1, 1, 25, 7, 11, 25),
		"👍🏽":                       counts(2, 1, 1, 8, 2, 4, 8),
		"🇪🇸":                       counts(2, 1, 1, 8, 2, 4, 8),
		"1️⃣":                      counts(2, 1, 1, 7, 3, 3, 7),
		"© ©️":                     counts(4, 3, 3, 7, 4, 4, 8), // plain, and as an emoji
		"क्षि":                     counts(4, 1, 1, 4, 4, 4, 12),
		long:                       counts(23, 120, 23, 120, 120, 120, 120),
		"see " + long + ".":        counts(28, 125, 28, 125, 125, 125, 125),
		"example.com":              counts(23, 11, 11, 11, 11, 11, 11),
		"Hi @acme@social.example!": counts(24, 24, 9, 24, 24, 24, 24),
		"(@acme)":                  counts(7, 7, 7, 7, 7, 7, 7),
		"a\nb":                     counts(3, 3, 3, 3, 3, 3, 3),
	} {
		for network, n := range want {
			if got := compose.MustRules(network).Count(text); got != n {
				t.Errorf("%s counts %q as %d, want %d", network, text, got, n)
			}
		}
	}
}

// Indic conjuncts are one grapheme (UAX #29, GB9c), as of today: Burmese too, since Unicode 16.
func TestGraphemesOfIndicText(t *testing.T) {
	for text, want := range map[string]int{
		"क्षि": 1, "क्\u200dष": 1, "स्त्री": 1, "हिन्दी": 2, "নমস্কার": 4, "ક્ષ": 1, "ശ്രീ": 1, "తెలుగు": 3, "ଓଡ଼ିଆ": 3,
		"தமிழ்": 3, // Tamil has no conjuncts in GB9c
		"क्":    1, "कक": 2, "က္က": 1,
	} {
		if got := compose.Count(text, compose.Graphemes); got != want {
			t.Errorf("%q is %d graphemes, want %d", text, got, want)
		}
	}
}

// The table of pictographs is that of the library: only what has Extended_Pictographic is joined by U+200D (GB11).
func TestPictographs(t *testing.T) {
	for r := rune(0x80); r <= 0x1ffff; r++ {
		if r >= 0xd800 && r <= 0xdfff {
			continue
		}
		n := 0
		for g := graphemes.FromString(string(r) + "\u200d\U0001f600"); g.Next(); {
			n++
		}
		if is := n == 1; is != compose.IsPictograph(r) {
			t.Errorf("U+%04X: a pictograph for the library %v, for the table %v", r, is, compose.IsPictograph(r))
		}
	}
}

func TestNetworkProblems(t *testing.T) {
	media := []compose.Media{{Ref: "a", AltText: "A rocket."}}
	for _, tc := range []struct {
		name, network string
		in            compose.Content
		want          []string
	}{
		{"X too long", "X", text(strings.Repeat("火", 141)), []string{"text is 282 weighted characters long; X takes 280: shorten it by 2 or make it a thread"}},
		{"X and U+FEFF", "X", text("a\ufeff"), []string{"text has the character U+FEFF at byte 1, which X does not take: take it out"}},
		{"Threads", "Threads", text(strings.Repeat("👩‍👩‍👧‍👦", 21)),
			[]string{"text is 525 characters (an emoji counts its bytes) long; Threads takes 500: shorten it by 25 or make it a thread"}},
		{"Mastodon with short links", "Mastodon", text(strings.Repeat("http://a.co ", 21)),
			[]string{"text is 503 graphemes long; Mastodon takes 500: shorten it by 3 or make it a thread"}},
		{"Mastodon with a warning", "Mastodon", compose.Content{Segment: compose.Segment{Text: strings.Repeat("x", 496)}, ContentWarning: "Launch"},
			[]string{"text is 502 graphemes long with the content warning; Mastodon takes 500: shorten it by 2 or make it a thread"}},
		{"Instagram without pictures", "Instagram", text("Hi"), []string{"media is missing, and Instagram publishes nothing without: add a picture or a video"}},
		{"Instagram hashtags", "Instagram", compose.Content{Segment: compose.Segment{Text: strings.Repeat("#a ", 31), Media: media}},
			[]string{"text has 31 hashtags; Instagram takes 30: leave out 1"}},
		{"YouTube", "YouTube", compose.Content{Segment: compose.Segment{Text: "a < b", Media: media}, Title: strings.Repeat("t", 101)}, []string{
			"title is 101 characters long; YouTube takes 100: shorten it by 1",
			"text has the character < at byte 2, which YouTube does not take: take it out",
		}},
		{"YouTube without a title", "YouTube", compose.Content{Segment: compose.Segment{Text: "a", Media: media}},
			[]string{"title is missing, and YouTube asks for one: say in one line what it is about"}},
		{"Telegram", "Telegram", compose.Content{Segment: compose.Segment{Text: strings.Repeat("x", 1025), Media: media}},
			[]string{"text is 1025 UTF-16 units long; Telegram takes 1024: shorten it by 1 or make it a thread"}},
		{"Telegram without media", "Telegram", text(strings.Repeat("x", 4096)), nil},
		{"LinkedIn counts what is typed", "LinkedIn", text(strings.Repeat("#_", 1500)), nil},
		{"Bluesky has no warnings", "Bluesky", compose.Content{Segment: compose.Segment{Text: "Hi"}, ContentWarning: "w", Visibility: "Followers", Tags: []string{"a"}}, []string{
			"contentWarning is not possible on Bluesky: leave it out, or set another content for the network",
			"visibility is Followers, but all can see what Bluesky shows: leave it out, or set another content for the network",
			"tags are for articles, and Bluesky has none: put hashtags into the text",
		}},
		{"a title is not shown on Bluesky", "Bluesky", compose.Content{Segment: compose.Segment{Text: "Hi"}, Title: "T", Visibility: "Public"}, nil},
		{"threads on a blog", "Ghost", compose.Content{Segment: compose.Segment{Text: "Hi"}, Thread: []compose.Segment{{Text: "a"}}},
			[]string{"thread is not possible on Ghost, where a publication is one text: leave it out, or set another content for the network"}},
		{"title with a line break", "Ghost", compose.Content{Segment: compose.Segment{Text: "Hi"}, Title: "a\nb"}, []string{"title has a line break or a tab in it: write it in one line"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, problems := compose.Render(tc.in, compose.MustRules(tc.network))
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestAround(t *testing.T) {
	c := compose.Content{
		Segment: compose.Segment{Text: "Hi", Language: "es"}, Thread: []compose.Segment{{Text: "Two"}}, Language: "en",
		Title: " T ", Tags: []string{"Releases"}, ContentWarning: "w", Visibility: "Unlisted",
	}
	r, problems := compose.Render(c, compose.MustRules("Manual"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for i := range r.Segments {
		r.Segments[i].Hash = ""
	}
	want := []compose.RenderedSegment{
		{Text: "Hi", Language: "es", Title: "T", Tags: []string{"Releases"}, ContentWarning: "w", Visibility: "Unlisted"},
		{Text: "Two", Language: "en", Source: 1, Tags: []string{"Releases"}, ContentWarning: "w", Visibility: "Unlisted"},
	}
	if diff := cmp.Diff(want, r.Segments); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	n, limit := compose.MustRules("Mastodon").Length(compose.RenderedSegment{Text: "Hi", ContentWarning: "abc"})
	if n != 5 || limit != 500 {
		t.Errorf("Length = %d of %d", n, limit)
	}
}

func TestHashOfWhatStandsAround(t *testing.T) {
	rules := compose.MustRules("Webhook")
	seen := map[string]string{}
	for name, change := range map[string]func(*compose.Content){
		"base":       func(*compose.Content) {},
		"title":      func(c *compose.Content) { c.Title = "T" },
		"tag":        func(c *compose.Content) { c.Tags = []string{"T"} },
		"tags":       func(c *compose.Content) { c.Tags = []string{"T", "U"} },
		"warning":    func(c *compose.Content) { c.ContentWarning = "T" },
		"visibility": func(c *compose.Content) { c.Visibility = "Unlisted" },
		"Markdown":   func(c *compose.Content) { c.Markdown = true },
	} {
		c := text("Hi")
		change(&c)
		r, problems := compose.Render(c, rules)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if other, taken := seen[r.Segments[0].Hash]; taken {
			t.Errorf("%s has the hash of %s", name, other)
		}
		seen[r.Segments[0].Hash] = name
	}
	public := text("Hi")
	public.Visibility = "Public"
	if r, _ := compose.Render(public, rules); seen[r.Segments[0].Hash] != "base" {
		t.Error("Public is another hash than nothing")
	}
}

func TestWire(t *testing.T) {
	linkedIn := compose.MustRules("LinkedIn")
	for in, want := range map[string]string{
		"plain":                      "plain",
		"a (b) *c* <d> #e_f @g {h}|": `a \(b\) \*c\* \<d\> {hashtag|\#|e\_f} \@g \{h\}\|`,
		`C:\x # [1]`:                 `C:\\x \# \[1\]`,
	} {
		if got := linkedIn.Wire(in); got != want {
			t.Errorf("Wire(%q) = %q, want %q", in, got, want)
		}
	}
	if got := compose.MustRules("X").Wire("(a)"); got != "(a)" {
		t.Errorf("on X: %q", got)
	}
}

// Where names of accounts are no domain names, @name is a mention.
func TestHandles(t *testing.T) {
	for _, network := range []string{"Threads", "Instagram", "Telegram", "YouTube"} {
		for in, want := range map[string][]string{
			"Hi @acme, (@a.b_c) @acme. #x https://a.com/@b": {"mention acme", "mention a.b_c", "mention acme", "hashtag x", "url https://a.com/@b"},
			"me@acme.com @ @. @.a @é @aé @a@b #@a":          nil,
			"@" + strings.Repeat("a", 33):                   nil,
		} {
			var got []string
			for _, e := range compose.MustRules(network).Entities(in) {
				checkEntity(t, in, e)
				got = append(got, string(e.Type)+" "+e.Value)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %q: -want +got:\n%s", network, in, diff)
			}
		}
	}
}
