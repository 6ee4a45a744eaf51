package publish_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/publish"
)

var (
	square   = compose.Rules{Name: "Square", Limits: compose.Limits{MaxLength: 500, Unit: compose.Graphemes}, Cards: true, CardsWithMedia: true}
	tracking = &tribunev1alpha1.LinkTracking{
		OnlyDomains: []string{"acme.example"}, UTM: tribunev1alpha1.UTMParameters{Source: "{network}", Campaign: "{campaign}"},
	}
	vars = compose.Vars{"network": "Bluesky", "entry": "launch", "item.link": "https://acme.example/item", "item.title": "A {channel} title"}
)

func problems(all []publish.Problem) []string {
	var out []string
	for _, p := range all {
		out = append(out, p.String())
	}
	return out
}

func TestTranslations(t *testing.T) {
	c := &tribunev1alpha1.Content{
		Text: "Out!", Language: "en",
		Translations: map[string]tribunev1alpha1.TranslatedText{"es": "¡Ya!", "pt": "Saiu!", "pt-BR": "Saiu mesmo!", "zh-Hant": "出"},
		Thread: []tribunev1alpha1.ThreadSegment{
			{Text: "More", Translations: map[string]tribunev1alpha1.TranslatedText{"es": "Más"}},
			{Text: "End"},
		},
	}
	for language, want := range map[string][]string{
		"":           {"Out! en", "More en", "End en"},
		"en":         {"Out! en", "More en", "End en"},
		"en-GB":      {"Out! en", "More en", "End en"},
		"de":         {"Out! en", "More en", "End en"},
		"es":         {"¡Ya! es", "Más es", "End en"},
		"ES-mx":      {"¡Ya! es", "Más es", "End en"},
		"pt-br":      {"Saiu mesmo! pt-BR", "More en", "End en"},
		"pt-PT":      {"Saiu! pt", "More en", "End en"},
		"zh-Hant-TW": {"出 zh-Hant", "More en", "End en"},
		"zh":         {"Out! en", "More en", "End en"},
	} {
		r, wrong := publish.Render(c, language, square)
		if len(wrong) > 0 {
			t.Errorf("%s: %v", language, wrong)
		}
		var got []string
		for _, s := range r.Segments {
			got = append(got, s.Text+" "+s.Language)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", language, diff)
		}
	}
	c.Translations = map[string]tribunev1alpha1.TranslatedText{"es_ES": "a", "e": "b"}
	_, wrong := publish.Render(c, "es", square)
	if diff := cmp.Diff([]string{
		`translations has "e", which is no language: write a BCP 47 tag such as es or pt-BR`,
		`translations has "es_ES", which is no language: write a BCP 47 tag such as es or pt-BR`,
	}, problems(wrong)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFilledAndTagged(t *testing.T) {
	c := &tribunev1alpha1.Content{
		Title: "{item.title}", Text: "New on {network}: {item.title}, {item.link} {{entry}}",
		Translations: map[string]tribunev1alpha1.TranslatedText{"es": "Nuevo: https://acme.example/{entry}"},
		Link:         &tribunev1alpha1.Link{URL: "{item.link}", Title: "{entry}"},
		Media:        []tribunev1alpha1.Media{{URL: "https://acme.example/a.png", AltText: "About {entry}"}},
	}
	o := publish.Options{Language: "en", Vars: vars, Tracking: tracking}
	want := &tribunev1alpha1.Content{
		Title: "A {channel} title", Text: "New on Bluesky: A {channel} title, https://acme.example/item?utm_source=Bluesky {entry}",
		Link:  &tribunev1alpha1.Link{URL: "https://acme.example/item?utm_source=Bluesky", Title: "launch"},
		Media: []tribunev1alpha1.Media{{URL: "https://acme.example/a.png", AltText: "About launch"}},
	}
	got, wrong := publish.Resolve(c, o)
	if len(wrong) > 0 {
		t.Error(wrong)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// What was resolved renders as the content does, and braces in it are braces.
	at, wrong := publish.RenderWith(c, square, o)
	resolved, more := publish.Render(got, "en", square)
	if len(wrong)+len(more) > 0 {
		t.Error(wrong, more)
	}
	if diff := cmp.Diff(at, resolved); diff != "" {
		t.Errorf("resolved first, it differs:\n%s", diff)
	}
	o.Language = "es"
	if got, _ = publish.Resolve(c, o); got.Text != "Nuevo: https://acme.example/launch?utm_source=Bluesky" || got.Language != "es" || got.Translations != nil {
		t.Errorf("in Spanish: %+v", got)
	}
	c.Text = "{campaign} {nope}"
	o.Language = ""
	_, wrong = publish.Resolve(c, o)
	if len(wrong) != 2 || wrong[0].Path != "text" || !strings.HasPrefix(wrong[0].Message, "has {campaign}, which has no value here") ||
		!strings.HasPrefix(wrong[1].Message, "has {nope}, which is no placeholder") {
		t.Errorf("%v", wrong)
	}
	if _, wrong = publish.Render(c, "", square); len(wrong) != 1 {
		t.Errorf("without values nothing is filled in, but for the link, which is no address: %v", wrong)
	}
}

func TestLinks(t *testing.T) {
	entry := &tribunev1alpha1.Link{Entry: "release-notes", ChannelRef: &tribunev1alpha1.LocalReference{Name: "blog"}, Title: "Notes"}
	post := &tribunev1alpha1.Link{PostRef: &tribunev1alpha1.PostReference{Name: "launch"}}
	content := func(l *tribunev1alpha1.Link) *tribunev1alpha1.Content {
		return &tribunev1alpha1.Content{Text: "See", Link: l}
	}
	known := publish.Options{Tracking: tracking, Vars: vars, Links: func(l *tribunev1alpha1.Link) (string, bool) {
		return "https://blog.acme.example/" + string(l.Entry), l.Entry != ""
	}}
	r, wrong := publish.RenderWith(content(entry), square, known)
	if len(wrong) > 0 || r.Unresolved || r.Segments[0].Link.URL != "https://blog.acme.example/release-notes?utm_source=Bluesky" {
		t.Errorf("%+v, %v", r, wrong)
	}
	for _, o := range []publish.Options{known, {Tracking: tracking, Vars: vars}, {}} {
		r, wrong = publish.RenderWith(content(post), square, o)
		if len(wrong) > 0 || !r.Unresolved || !strings.HasPrefix(r.Segments[0].Link.URL, "https://example.com/not-known-yet/launch/") {
			t.Errorf("%+v, %v", r, wrong)
		}
	}
	// A stand-in counts as the address will.
	plain := compose.MustRules("Mastodon")
	r, _ = publish.RenderWith(content(post), plain, publish.Options{})
	if n, _ := plain.Length(r.Segments[0]); n != len("See\n\n")+23 {
		t.Errorf("%q counts %d", r.Segments[0].Text, n)
	}
	kept, wrong := publish.Resolve(content(entry), publish.Options{Vars: vars})
	if diff := cmp.Diff(content(entry), kept); diff != "" || len(wrong) > 0 {
		t.Errorf("a link to an entry did not stay: %s %v", diff, wrong)
	}
	for name, l := range map[string]*tribunev1alpha1.Link{
		"nothing":        {Title: "T"},
		"two":            {URL: "https://acme.example", PostRef: post.PostRef},
		"entry and post": {Entry: "a", ChannelRef: entry.ChannelRef, PostRef: post.PostRef},
	} {
		_, wrong := publish.Render(content(l), "", square)
		if diff := cmp.Diff([]string{"link points at nothing, or at two things: set exactly one of url, entry with channelRef, and postRef"}, problems(wrong)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	for _, l := range []*tribunev1alpha1.Link{{Entry: "a"}, {ChannelRef: entry.ChannelRef}} {
		if _, wrong := publish.Render(content(l), "", square); len(wrong) != 1 || !strings.HasPrefix(wrong[0].Message, "needs both entry and channelRef") {
			t.Errorf("%+v: %v", l, wrong)
		}
	}
}

func TestMediaForParts(t *testing.T) {
	rules := square
	rules.MaxLength = 12
	c := &tribunev1alpha1.Content{
		Text: "One is. Two is here.", Split: tribunev1alpha1.SplitThread, Media: []tribunev1alpha1.Media{{URL: "https://acme.example/1.png"}},
		Thread: []tribunev1alpha1.ThreadSegment{{Text: "Three.", Media: []tribunev1alpha1.Media{{URL: "https://acme.example/2.png"}}}},
	}
	r, wrong := publish.Render(c, "", rules)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	var got []string
	for i := range r.Segments {
		line := r.Segments[i].Text
		for _, m := range publish.MediaFor(c, &r.Segments[i]) {
			line += " " + m.URL
		}
		got = append(got, line)
	}
	want := []string{"One is. https://acme.example/1.png", "Two is here.", "Three. https://acme.example/2.png"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if m := publish.MediaOf(c, 7); m != nil {
		t.Errorf("media of a segment that is not there: %v", m)
	}
}

func TestCheckTracking(t *testing.T) {
	if wrong := publish.CheckTracking(tracking); len(wrong) > 0 || publish.CheckTracking(nil) != nil {
		t.Errorf("%v", wrong)
	}
	wrong := publish.CheckTracking(&tribunev1alpha1.LinkTracking{UTM: tribunev1alpha1.UTMParameters{Medium: "{medium}"}})
	if len(wrong) != 1 || wrong[0].Path != "tracking.utm.medium" {
		t.Errorf("%v", wrong)
	}
}

// Contents without anything new have the hashes that they have in the status of Posts that are under way.
func TestHashesStay(t *testing.T) {
	c := &tribunev1alpha1.Content{
		Text: "Rocket 3.0 is out! #acmerocket", Language: "en", Link: &tribunev1alpha1.Link{URL: "https://acme.example/rocket-3"},
		Media:  []tribunev1alpha1.Media{{URL: "https://acme.example/r.png", AltText: "A rocket"}},
		Thread: []tribunev1alpha1.ThreadSegment{{Text: "More at https://acme.example"}},
	}
	for network, want := range map[string][]string{
		"Bluesky": {"2d1b5fafafa4c8a5733284b1efcc3ff9", "05aacd03f46018b8957b5ef743b2442f"},
		"Local":   {"4eb229e74bbc50c83b231a5f85bdd9f8", "7425d221322d6e8202430fdf9f9d0f68"},
	} {
		r, wrong := publish.Render(c, "es", compose.MustRules(network))
		if len(wrong) > 0 {
			t.Fatal(wrong)
		}
		if diff := cmp.Diff(want, publish.Hashes(r)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", network, diff)
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("Out on {network}! https://acme.example/x #tag", "¡Ya! {entry}", "es-MX", "{item.link}", true, true)
	f.Add("**a** [b](https://acme.example/c)", "", "en", "https://acme.example", true, false)
	f.Add(strings.Repeat("One sentence. ", 40), "{nope}", "e", "{", false, true)
	f.Fuzz(func(t *testing.T, text, translated, language, link string, markdown, split bool) {
		c := &tribunev1alpha1.Content{
			Text: text, Translations: map[string]tribunev1alpha1.TranslatedText{"es": tribunev1alpha1.TranslatedText(translated)},
			Link: &tribunev1alpha1.Link{URL: link},
		}
		if markdown {
			c.Format = tribunev1alpha1.FormatMarkdown
		}
		if split {
			c.Split = tribunev1alpha1.SplitNumberedThread
		}
		o := publish.Options{Language: language, Vars: vars, Tracking: tracking}
		for _, network := range []string{"X", "Bluesky", "Mastodon", "WordPress"} {
			rules := compose.MustRules(network)
			r, wrong := publish.RenderWith(c, rules, o)
			resolved, _ := publish.Resolve(c, o)
			again, more := publish.RenderWith(resolved, rules, publish.Options{Language: language})
			if len(wrong) > 0 {
				continue
			}
			if diff := cmp.Diff(r, again); diff != "" || len(more) > 0 {
				t.Fatalf("resolved first, %s differs: %s %v", network, diff, more)
			}
			for _, s := range r.Segments {
				if n, limit := rules.Length(s); limit > 0 && n > limit {
					t.Fatalf("%s: %q counts %d of %d, and no problem was reported", network, s.Text, n, limit)
				}
			}
		}
	})
}
