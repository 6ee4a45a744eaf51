package compose_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tribune-dev/tribune/internal/compose"
)

var (
	cards = compose.Rules{
		Name: "Bluesky",
		Limits: compose.Limits{
			MaxLength: 300, Unit: compose.Graphemes, MaxBytes: 3000, MaxMedia: 4, MaxMediaBytes: 2_000_000, MaxAltText: 2000,
			MediaTypes: []string{"image/jpeg", "image/png"},
		},
		Facets: true, Cards: true,
	}
	noCards = compose.Rules{Limits: compose.Limits{MaxLength: 50, Unit: compose.Graphemes}, Facets: true, AltTextRequired: true}
	noRules = compose.Rules{}
)

func text(s string) compose.Content { return compose.Content{Segment: compose.Segment{Text: s}} }

func linked(s, url string, media ...compose.Media) compose.Content {
	return compose.Content{Segment: compose.Segment{Text: s, Media: media}, Link: &compose.Link{URL: url}}
}

var picture = compose.Media{Ref: "https://acme.example/a.png", AltText: "A rocket."}

func TestRender(t *testing.T) {
	const url = "https://acme.example/x"
	card := &compose.Link{URL: url, Title: "acme.example"}
	for _, tc := range []struct {
		name  string
		in    compose.Content
		rules compose.Rules
		want  []compose.RenderedSegment
	}{
		{"white space at the end goes, at the start stays", text("  Hi \n\t\n"), cards,
			[]compose.RenderedSegment{{Text: "  Hi"}}},
		{"not normalised", text("e\u0301"), cards, []compose.RenderedSegment{{Text: "e\u0301"}}},
		{"card", linked("Hi", url), cards, []compose.RenderedSegment{{Text: "Hi", Link: card}}},
		{"card alone", linked("", url), cards, []compose.RenderedSegment{{Link: card}}},
		{"card keeps title", compose.Content{Segment: compose.Segment{Text: "Hi"}, Link: &compose.Link{URL: url, Title: "T", Description: "D"}}, cards,
			[]compose.RenderedSegment{{Text: "Hi", Link: &compose.Link{URL: url, Title: "T", Description: "D"}}}},
		{"no card beside pictures", linked("Hi", url, picture), cards,
			[]compose.RenderedSegment{{Text: "Hi\n\n" + url, Media: []int{0}, Facets: []compose.Facet{{Start: 4, End: 26, Link: url}}}}},
		{"no cards", linked("Hi", url), noCards,
			[]compose.RenderedSegment{{Text: "Hi\n\n" + url, Facets: []compose.Facet{{Start: 4, End: 26, Link: url}}}}},
		{"link alone", linked("", url), noCards, []compose.RenderedSegment{{Text: url, Facets: []compose.Facet{{End: 22, Link: url}}}}},
		{"link in the text already", linked("Hi "+url+"!", url), noCards,
			[]compose.RenderedSegment{{Text: "Hi " + url + "!", Facets: []compose.Facet{{Start: 3, End: 25, Link: url}}}}},
		{"longer link in the text", linked("Hi "+url+"y", url), noCards,
			[]compose.RenderedSegment{{Text: "Hi " + url + "y\n\n" + url, Facets: []compose.Facet{
				{Start: 3, End: 26, Link: url + "y"}, {Start: 28, End: 50, Link: url}}}}},
		{"appended link ends in punctuation", linked("Hi", url+"."), noCards,
			[]compose.RenderedSegment{{Text: "Hi\n\n" + url + ".", Facets: []compose.Facet{{Start: 4, End: 27, Link: url + "."}}}}},
		{"no facets", linked("Hi #tag", url), noRules, []compose.RenderedSegment{{Text: "Hi #tag\n\n" + url}}},
		{"thread", compose.Content{
			Segment: compose.Segment{Text: "One"}, Language: "en", Link: &compose.Link{URL: url},
			Thread: []compose.Segment{{Text: "Two #x", Media: []compose.Media{picture, picture}}},
		}, cards, []compose.RenderedSegment{
			{Text: "One", Language: "en", Link: card},
			{Text: "Two #x", Language: "en", Source: 1, Media: []int{0, 1}, Facets: []compose.Facet{{Start: 4, End: 6, Tag: "x"}}},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, problems := compose.Render(tc.in, tc.rules)
			if len(problems) > 0 {
				t.Errorf("%v", problems)
			}
			if diff := cmp.Diff(tc.want, got.Segments, cmpopts.IgnoreFields(compose.RenderedSegment{}, "Hash")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	family := "👩‍👩‍👧‍👦"
	media := func(m ...compose.Media) compose.Content {
		return compose.Content{Segment: compose.Segment{Text: "Hi", Media: m}}
	}
	thread := func(s string) compose.Content {
		return compose.Content{Segment: compose.Segment{Text: "Hi"}, Thread: []compose.Segment{{Text: "Hi"}, {Text: s}}}
	}
	for _, tc := range []struct {
		name  string
		in    compose.Content
		rules compose.Rules
		want  []string
	}{
		{"just fits", text(strings.Repeat("é", 300) + "  "), cards, nil},
		{"one too long", text(strings.Repeat("é", 301)), cards,
			[]string{"text is 301 graphemes long; Bluesky takes 300: shorten it by 1 or make it a thread"}},
		{"in a thread", thread(strings.Repeat("x", 302)), cards,
			[]string{"thread[1].text is 302 graphemes long; Bluesky takes 300: shorten it by 2 or make it a thread"}},
		{"bytes", text(strings.Repeat(family, 121)), cards,
			[]string{"text is 3025 bytes of UTF-8 long; Bluesky takes 3000: shorten it by 25 or make it a thread"}},
		{"with link", linked(strings.Repeat("x", 30), "https://acme.example/x"), noCards,
			[]string{"text is 54 graphemes long with the link after it; the network takes 50: shorten it by 4 or make it a thread"}},
		{"no limits", text(strings.Repeat("x", 100_000)), noRules, nil},
		{"empty", text(" \n"), cards, []string{"text is empty: write a text or add media"}},
		{"empty with media", compose.Content{Segment: compose.Segment{Media: []compose.Media{picture}}}, cards, nil},
		{"empty in a thread", thread(""), cards, []string{"thread[1].text is empty: write a text or add media"}},
		{"NUL", text("a\x00b"), cards, []string{"text has the character U+0000 at byte 1, which cannot be published: take it out"}},
		{"carriage return", text("a\r\nb"), cards, []string{"text has a carriage return (U+000D) at byte 1: end lines with a line feed alone"}},
		{"C1", text("é\u0085x"), cards, []string{"text has the character U+0085 at byte 2, which cannot be published: take it out"}},
		{"noncharacter", text("\uffff"), cards, []string{"text has the character U+FFFF at byte 0, which cannot be published: take it out"}},
		{"invalid UTF-8", text("a\xffb"), cards, []string{"text is not valid UTF-8 at byte 1: save the file as UTF-8"}},
		{"replacement character is a character", text("a\ufffdb"), cards, nil},
		{"too many pictures", media(picture, picture, picture, picture, picture), cards,
			[]string{"media has 5 files; Bluesky takes 4 beside one text: leave out 1 or make it a thread"}},
		{"type and size", media(compose.Media{ContentType: "image/tiff", Bytes: 2_000_001}, compose.Media{ContentType: "image/png", Bytes: 2_000_000}), cards, []string{
			"media[0] is of type image/tiff; Bluesky takes image/jpeg, image/png: convert it",
			"media[0] has 2000001 bytes; Bluesky takes 2000000: make the file smaller",
		}},
		{"alt text missing", media(picture, compose.Media{AltText: " "}), noCards,
			[]string{"media[1].altText is missing, and the network asks for it: say what the picture shows"}},
		{"alt text too long", media(compose.Media{AltText: strings.Repeat("é", 2001)}), cards,
			[]string{"media[0].altText is 2001 graphemes long; Bluesky takes 2000: shorten it by 1"}},
		{"alt text with control character", media(compose.Media{AltText: "a\x07"}), cards,
			[]string{"media[0].altText has the character U+0007 at byte 1, which cannot be published: take it out"}},
		{"link of another kind", linked("Hi", "ftp://acme.example"), cards,
			[]string{"link.url is no web address: write the whole URL, such as https://acme.example/launch"}},
		{"link with password", linked("Hi", "https://me:secret@acme.example"), cards,
			[]string{"link.url has a user name or password in it: take it out"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, problems := compose.Render(tc.in, tc.rules)
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

func TestHash(t *testing.T) {
	base := func() compose.Content {
		return compose.Content{
			Segment:  compose.Segment{Text: "Hi #x", Media: []compose.Media{picture}},
			Language: "en", Link: &compose.Link{URL: "https://acme.example", Title: "T", Description: "D"},
		}
	}
	both := cards
	both.CardsWithMedia = true
	hash := func(change func(*compose.Content), rules compose.Rules) string {
		c := base()
		change(&c)
		r, problems := compose.Render(c, rules)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return r.Segments[0].Hash
	}
	same := func(*compose.Content) {}
	want := hash(same, both)
	// Kept in status and ledger: it must not change by accident.
	if pinned := "24a3110b7ba3445b3a558ddd14da59f4"; want != pinned {
		t.Errorf("hash = %s, was %s", want, pinned)
	}
	for name, change := range map[string]func(*compose.Content){
		"learnt of the file": func(c *compose.Content) { c.Media[0].ContentType, c.Media[0].Bytes = "image/png", 5 },
		"white space at end": func(c *compose.Content) { c.Text += "\n" },
		"next segment":       func(c *compose.Content) { c.Thread = []compose.Segment{{Text: "Two"}} },
	} {
		if got := hash(change, both); got != want {
			t.Errorf("%s: hash changed", name)
		}
	}
	seen := map[string]string{want: "base"}
	for name, change := range map[string]func(*compose.Content){
		"text":        func(c *compose.Content) { c.Text = "Hi #y" },
		"language":    func(c *compose.Content) { c.Language = "es" },
		"url":         func(c *compose.Content) { c.Link.URL += "/" },
		"title":       func(c *compose.Content) { c.Link.Title = "U" },
		"description": func(c *compose.Content) { c.Link.Description = "" },
		"no link":     func(c *compose.Content) { c.Link = nil },
		"file":        func(c *compose.Content) { c.Media = []compose.Media{{Ref: "other", AltText: picture.AltText}} },
		"alt text":    func(c *compose.Content) { c.Media = []compose.Media{{Ref: picture.Ref, AltText: "B"}} },
		"order":       func(c *compose.Content) { c.Media = []compose.Media{{Ref: "b"}, {Ref: "a"}} },
		"other order": func(c *compose.Content) { c.Media = []compose.Media{{Ref: "a"}, {Ref: "b"}} },
	} {
		got := hash(change, both)
		if other, taken := seen[got]; taken {
			t.Errorf("%s has the hash of %s", name, other)
		}
		seen[got] = name
	}
}

func FuzzRender(f *testing.F) {
	f.Add("Hi @acme.example #x https://acme.example/x", "https://acme.example/x", "alt", "Two", uint8(1))
	f.Add("", "", "", "", uint8(0))
	f.Add(strings.Repeat("👩‍👩‍👧‍👦", 130), "http://a", "\xff", strings.Repeat("é", 301), uint8(9))
	f.Add("a\r\n\x00", "https://[", "a", "\u0600", uint8(4))
	f.Fuzz(func(t *testing.T, first, url, alt, second string, files uint8) {
		c := text(first)
		if url != "" {
			c.Link = &compose.Link{URL: url}
		}
		for range files % 10 {
			c.Media = append(c.Media, compose.Media{Ref: "r", AltText: alt})
		}
		c.Thread = []compose.Segment{{Text: second}}
		for _, rules := range []compose.Rules{cards, noCards, noRules} {
			r, problems := compose.Render(c, rules)
			again, _ := compose.Render(c, rules)
			if diff := cmp.Diff(r, again); diff != "" {
				t.Fatalf("two renderings differ: %s", diff)
			}
			for i, s := range r.Segments {
				checkFacets(t, s.Text, s.Facets)
				if len(problems) > 0 {
					continue
				}
				if !utf8.ValidString(s.Text) || strings.ContainsRune(s.Text, 0) {
					t.Fatalf("%q is no text", s.Text)
				}
				if rules.MaxLength > 0 && compose.Count(s.Text, rules.Unit) > rules.MaxLength {
					t.Fatalf("segment %d is too long, and no problem was reported", i)
				}
				if rules.MaxBytes > 0 && len(s.Text) > rules.MaxBytes {
					t.Fatalf("segment %d has too many bytes, and no problem was reported", i)
				}
				if i == 0 && c.Link != nil && s.Link == nil && !strings.Contains(s.Text, url) {
					t.Fatalf("the link was lost")
				}
				if s.Text == "" && len(s.Media) == 0 && s.Link == nil {
					t.Fatalf("segment %d is empty", i)
				}
			}
		}
	})
}

func BenchmarkRender(b *testing.B) {
	for _, network := range []string{"Bluesky", "X", "Mastodon", "Threads", "LinkedIn"} {
		rules := compose.MustRules(network)
		for name, c := range map[string]compose.Content{
			"short": text("Rocket 3.0 is out! Thanks to everybody who helped. #acmerocket https://acme.example/launch"),
			"emoji": text("🚀 Rocket 3.0 est là ! Merci à toutes et à tous 👩‍🚀 #acmerocket https://acme.example/launch"),
			"link":  linked("Rocket 3.0 is out! #acmerocket", "https://acme.example/launch"),
		} {
			b.Run(network+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, problems := compose.Render(c, rules); len(problems) > 0 {
						b.Fatal(problems)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "renderings/s")
			})
		}
	}
}
