package calendar

import (
	"math/rand/v2"
	"strings"
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	_ "github.com/tribune-dev/tribune/internal/network/all" // their rules
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

var stages = []plan.Channel{
	{Name: "sky", Network: tribunev1alpha1.NetworkBluesky, Language: "en"}, {Name: "town", Network: tribunev1alpha1.NetworkMastodon, Language: "es"},
	{Name: "square", Network: tribunev1alpha1.NetworkLocal}, {Name: "blog", Network: tribunev1alpha1.NetworkWordPress},
}

func said(channel, handle, text, url string) *store.Curated {
	name := map[string]string{"sky": "Bluesky", "town": "Mastodon", "square": "Local", "blog": "WordPress"}[channel]
	return &store.Curated{Key: store.ItemKey{Namespace: "acme", Account: name + "/us", ID: "1"}, Channel: channel, Handle: handle, Text: text, URL: url}
}

func TestQuoteOf(t *testing.T) {
	for name, test := range map[string]struct {
		item *store.Curated
		on   int
		want string
	}{
		"called where they are":         {said("sky", "ada.example", "@acme.example @bob.example Look, I built it!", ""), 0, "“Look, I built it!”\nby @ada.example"},
		"by the language there":         {said("town", "ada@social.example", "hecho", ""), 1, "“hecho”\npor @ada@social.example"},
		"named elsewhere":               {said("sky", "ada.example", "I built it", ""), 2, "“I built it”\nby ada.example (Bluesky)"},
		"a name is no handle":           {said("blog", "Ada @everyone https://evil.example", "I built it", ""), 0, "“I built it”\nby Ada everyone https[:]//evil[.]example (WordPress)"},
		"a handle that calls others":    {said("town", "a@b@everyone", "x", ""), 1, "“x”\npor abeveryone"},
		"nobody":                        {said("square", "", "x", ""), 2, "“x”\nby someone"},
		"no placeholders, tags, marks":  {said("square", "ada", "{channel} {{entry}} #tag *bold* [a](https://b.example)", ""), 2, "“(channel) ((entry)) tag bold (a)(https[:]//b[.]example)”\nby @ada"},
		"only whom it was said to":      {said("square", "ada", "@acme", ""), 2, "“acme”\nby @ada"},
		"what does not show as written": {said("square", "ada", "a\u202eb\u200bc\x1b[31m", ""), 2, "“abc (31m”\nby @ada"},
	} {
		content := plan.Shared("", true, stages[test.on], QuoteOf(test.item, stages), Check)
		if content.Text != test.want || content.Link != nil {
			t.Errorf("%s: %q, want %q (%v)", name, content.Text, test.want, content.Link)
		}
	}
	if q := QuoteOf(said("sky", "a", "x", "javascript:alert(1)"), stages); q.URL != "" {
		t.Errorf("%q is no address", q.URL)
	}
}

// Whatever people write and are called: a Post that quotes them fits its network, calls nobody but them, and links to nothing but what
// they said.
func FuzzQuotes(f *testing.F) {
	f.Add("I built it @everyone https://evil.example/x evil.example #ad {channel}", "ada.example", uint8(0), uint8(0))
	f.Add(strings.Repeat("wörd ", 200), "a@b@c", uint8(1), uint8(0))
	f.Add("<!channel> [x](https://e.example) www.e.example e\uff0eexample \u202e", "e.example/@all", uint8(3), uint8(0))
	f.Add("$GME\x04$\x8bw to the moon", "d", uint8(0), uint8(0))
	f.Fuzz(holdsQuote)
}

// Pieces that networks, chats and templates give a meaning, in any order.
func TestQuotesOfPieces(t *testing.T) {
	pieces := []string{"@everyone", "@ada.example", "\uff20all", "https://evil.example/x?y=1", "evil.example", "www.evil.example", "#ad", "\uff03ad", "$GME", "$", "{channel}", "{{entry}}", "<!channel>", "[a](b.example)", "*b*", "_i_",
		"\u202e", "\u200b", "e\u0301", "\n\n", "👩‍👩‍👧", "wörd ", "I built it ", "a@b.example", "mailto:a@b.example", "://", ".", "@", "”", " ", strings.Repeat("long ", 60)}
	random := rand.New(rand.NewPCG(1, 2))
	piece := func() string { return pieces[random.IntN(len(pieces))] }
	for range 3000 {
		var text, handle strings.Builder
		for range 1 + random.IntN(6) {
			text.WriteString(piece())
		}
		handle.WriteString([]string{"ada", "ada.example", "ada@social.example", ""}[random.IntN(4)])
		if random.IntN(2) == 0 {
			handle.WriteString(piece())
		}
		holdsQuote(t, text.String(), handle.String(), uint8(random.IntN(4)), uint8(random.IntN(4)))
		if t.Failed() {
			return
		}
	}
}

// holdsQuote checks one quote.
func holdsQuote(t *testing.T, text, handle string, from, to uint8) {
	t.Helper()
	source, ch := stages[int(from)%len(stages)], stages[int(to)%len(stages)]
	const url = "https://said.example/1"
	q := QuoteOf(said(source.Name, handle, text, url), stages)
	content := plan.Shared("", true, ch, q, Check)
	adapter, _ := network.Lookup(ch.Network)
	rendering, problems := publish.Render(content, ch.Language, adapter.Rules)
	if len(problems) > 0 {
		t.Fatalf("%q by %q on %s: %v", text, handle, ch.Name, problems)
	}
	for _, s := range rendering.Segments {
		for _, facet := range s.Facets {
			own := facet.Mention != "" && facet.Mention == q.Handle || facet.Link == url || facet.Link != "" && strings.Contains(facet.Link, q.Handle) && q.Handle != ""
			if !own {
				t.Errorf("%q by %q on %s: %q has %+v", text, handle, ch.Name, s.Text, facet)
			}
		}
		if quote, _, _ := strings.Cut(s.Text, "”"); strings.ContainsAny(quote, "@{}") || strings.Contains(quote, "://") {
			t.Errorf("%q on %s: %q", text, ch.Name, s.Text)
		}
	}
}
