package compose_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/compose"
)

func TestMastodonEntities(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                   nil,
		"Hi @acme and @acme@social.example!": {"mention acme", "mention acme@social.example"},
		"(@a.b-c@x.example.) @d. @e-":        {"mention a.b-c@x.example", "mention d", "mention e"},
		"@acme@localhost:3000 x":             {"mention acme@localhost"}, // no port
		"@acme@social_media.example. @b@x-, ²@c":                          {"mention acme@social_media.example", "mention b@x", "mention c"},
		"gemini://acme.com/x ipfs://acme.com":                             {"url gemini://acme.com/x", "url ipfs://acme.com"},
		"#m² #___ #Ⅷ":                                                     {"hashtag m", "hashtag ___", "hashtag Ⅷ"},
		"mail@acme.example a/@b =@c @":                                    nil,
		"@münchen @.a @-a @..":                                            nil,
		"@acme: @acme,@b":                                                 {"mention acme", "mention acme", "mention b"},
		"https://acme.example/@acme #x":                                   {"url https://acme.example/@acme", "hashtag x"},
		"https://ja.wikipedia.org/wiki/火箭。":                               {"url https://ja.wikipedia.org/wiki/火箭。"},
		"(https://example.com/a_(b)) HTTP://EXAMPLE.COM?q=ü":              {"url https://example.com/a_(b)", "url HTTP://EXAMPLE.COM?q=ü"},
		"example.com ftp://example.com http://no-tld https://a.nosuchtld": nil,
		"https://docs.acme.example/x https://a.test https://b.invalid":    {"url https://docs.acme.example/x", "url https://a.test", "url https://b.invalid"},
		"#tag #日本語 #a·b #1_2 #123 #a_ #_ #_a ＃全角 #c++":                    {"hashtag tag", "hashtag 日本語", "hashtag a·b", "hashtag 1_2", "hashtag a_", "hashtag _a", "hashtag 全角", "hashtag c"},
		"a#b /#c )#d =#e":                                                 nil,
		"#x· #y・z":                                                        {"hashtag x", "hashtag y・z"},
		"https://a.co/#tag":                                               {"url https://a.co/#tag"},
	} {
		var got []string
		for _, e := range compose.FamilyMastodon.Entities(text) {
			checkEntity(t, text, e)
			got = append(got, string(e.Type)+" "+e.Value)
		}
		if len(want) == 0 {
			want = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: -want +got:\n%s", text, diff)
		}
	}
}

func FuzzEntities(f *testing.F) {
	for _, s := range []string{
		"Hi @acme@social.example #x https://a.example/(b)?c=d#e", "RT@a/b-c: $TEST.A ＃日本語 ＠u", "http://example.comだよね.comtest/hogehoge", "a.みんなb.co/x t.co/abc",
		"\u2066\u202atest abcdef.com پاکستان http://twitter.com/\u202c\u2069", "xn--a.xn--b https://t.co/" + strings.Repeat("a", 41), "@a.b-c@d.e:80 @é #1_2", "👩‍👩‍👧‍👦1️⃣🇪🇸©️",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		for _, family := range []compose.Family{compose.FamilyFacets, compose.FamilyBluesky, compose.FamilyHandles, compose.FamilyTwitter, compose.FamilyMastodon} {
			end := 0
			for _, e := range family.Entities(text) {
				if e.ByteStart < end || e.ByteEnd <= e.ByteStart || e.ByteEnd > len(text) || e.Value == "" {
					t.Fatalf("%q %s: %+v", text, family, e)
				}
				end = e.ByteEnd
				if !utf8.ValidString(text[e.ByteStart:e.ByteEnd]) {
					t.Fatalf("%q %s: %+v cuts a character", text, family, e)
				}
				checkEntity(t, text, e)
				if !strings.Contains(text, e.Value) {
					t.Fatalf("%q %s: the value of %+v does not stand there", text, family, e)
				}
			}
		}
		for _, name := range compose.Networks() {
			rules := compose.MustRules(name)
			if n := rules.Count(text); n < 0 || n == 0 && text != "" {
				t.Fatalf("%s counts %q as %d", name, text, n)
			}
		}
	})
}
