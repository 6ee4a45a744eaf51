package compose_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/compose"
)

// What Bluesky's own applications find (packages/api/src/rich-text of bluesky-social/atproto), and where this finds something else.
func TestBlueskyEntities(t *testing.T) {
	long := strings.Repeat("a", 64)
	for text, want := range map[string][]string{
		// names without a scheme
		"see acme.com now":                                  {"url acme.com"},
		"acme.com/a?b=c#d, www.acme.co.uk.":                 {"url acme.com/a?b=c#d", "url www.acme.co.uk"},
		"(acme.com) [my-site.dev] “acme.social”":            {"url acme.com", "url my-site.dev", "url acme.social"},
		"acme.com: acme.com:8080/x acme.com's":              {"url acme.com", "url acme.com:8080/x", "url acme.com"},
		"acme.com/a_(b) (acme.com/c)":                       {"url acme.com/a_(b)", "url acme.com/c"},
		"alice.bsky.social xn--mller-kva.de":                {"url alice.bsky.social", "url xn--mller-kva.de"},
		"🚀 acme.com\nacme.org":                              {"url acme.com", "url acme.org"},
		"acme.com。次":                                        {"url acme.com"},
		"https.com http://acme.com":                         {"url https.com", "url http://acme.com"},
		"not.. a..url ..here e.g. e.g./foo a.b":             nil,
		"a-b.jpg site.com.jpg site.com.jpg/foo 3.14 v1":     nil,
		"me@acme.com user.name@acme.com x/acme.com":         nil,
		"The end.It is. acme.com日本 acme.coméa -.com -a.com": nil,
		"acme.example acme.test":                            nil,
		"@acme.com @a.example you@acme.com":                 {"mention acme.com", "mention a.example"},
		"https://acme.com/x acme.com":                       {"url https://acme.com/x", "url acme.com"},

		// tags
		"#a #b #a1 #1a #a_b #a-b #covid-19":                    {"hashtag a", "hashtag b", "hashtag a1", "hashtag 1a", "hashtag a_b", "hashtag a-b", "hashtag covid-19"},
		"#1 #1? # #? ## text #️⃣tag #\u200btag #\u20e2tag #१२": nil,
		"#node.js #C++ #don't #AT&T #.NET":                     {"hashtag node.js", "hashtag C++", "hashtag don't", "hashtag AT&T", "hashtag .NET"},
		"strips #punctuation, #like. #this! #_b #b_":           {"hashtag punctuation", "hashtag like", "hashtag this", "hashtag _b", "hashtag b"},
		"#multi___... (#fly) “#go”":                            {"hashtag multi", "hashtag fly", "hashtag go"},
		"#double#rainbow ##hash #n0n3s@n5e!":                   {"hashtag double#rainbow", "hashtag #hash", "hashtag n0n3s@n5e"},
		"#🦋 #butter🦋fly #👩‍🚀go ＃tag ＃日本語":                      {"hashtag 🦋", "hashtag butter🦋fly", "hashtag 👩‍🚀go", "hashtag tag", "hashtag 日本語"},
		"#a\u200bb #c\u00add #می\u200cخواهم":                   {"hashtag a", "hashtag c", "hashtag می\u200cخواهم"},
		"#日本語。次 #火箭，很好":                                        {"hashtag 日本語", "hashtag 火箭"},
		"#one,#two;#three":                                     {"hashtag one", "hashtag two", "hashtag three"},
		"#launch,https://acme.com":                             {"hashtag launch", "url https://acme.com"},
		"acme.com/x#top a#b &#39; /#x":                         {"url acme.com/x#top"},
		"#" + long:                                             {"hashtag " + long},
		"#" + long + "!":                                       {"hashtag " + long},
		"#" + long + "a":                                       nil,

		// tickers
		"$ACME ($aapl) $A1, $b.":                       {"cashtag ACME", "cashtag aapl", "cashtag A1", "cashtag b"},
		"$100 $TOOLONG no$SPACE $ $1A $ABC123 $A-B $é": nil,
	} {
		var got []string
		for _, e := range compose.FamilyBluesky.Entities(text) {
			checkEntity(t, text, e)
			got = append(got, string(e.Type)+" "+e.Value)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: -want +got:\n%s", text, diff)
		}
	}
}

// Facets lead somewhere: names get their scheme, tickers are in capitals.
func TestBlueskyFacets(t *testing.T) {
	r, problems := compose.Render(compose.Content{Segment: compose.Segment{Text: "🚀 acme.com/x $acme #a-b"}}, compose.MustRules("Bluesky"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := []compose.Facet{{Start: 5, End: 15, Link: "https://acme.com/x"}, {Start: 16, End: 21, Tag: "$ACME"}, {Start: 22, End: 26, Tag: "a-b"}}
	if diff := cmp.Diff(want, r.Segments[0].Facets); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
