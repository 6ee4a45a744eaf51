package compose_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/compose"
)

func TestFacets(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, tc := range []struct {
		text string
		want []string // kind, value and the text of the range
	}{
		{"", nil},
		{"plain text", nil},

		{"https://acme.example", []string{"link https://acme.example"}},
		{"See HTTP://acme.example/a?b=c#d now", []string{"link HTTP://acme.example/a?b=c#d"}},
		{"Out: https://acme.example/launch.", []string{"link https://acme.example/launch"}},
		{"Really https://acme.example/launch?!", []string{"link https://acme.example/launch"}},
		{"(https://acme.example/launch)", []string{"link https://acme.example/launch"}},
		{"(see https://acme.example/Foo_(bar)).", []string{"link https://acme.example/Foo_(bar)"}},
		{"https://acme.example/Foo_(bar)", []string{"link https://acme.example/Foo_(bar)"}},
		{"[https://acme.example/x]", []string{"link https://acme.example/x"}},
		{"<https://acme.example/x>", []string{"link https://acme.example/x"}},
		{`"https://acme.example/x"`, []string{"link https://acme.example/x"}},
		{"“https://acme.example/x”,", []string{"link https://acme.example/x"}},
		{"'https://acme.example/x'", []string{"link https://acme.example/x"}},
		{"**https://acme.example/x**", []string{"link https://acme.example/x"}},
		{"詳細はhttps://acme.example/x。次", []string{"link https://acme.example/x"}},
		{"https://müller.example/straße ok", []string{"link https://müller.example/straße"}},
		{"https://[::1]:80/x", []string{"link https://[::1]:80/x"}},
		{"https://acme.example/a,b;c", []string{"link https://acme.example/a,b;c"}},
		{"https://a.example\nhttps://b.example", []string{"link https://a.example", "link https://b.example"}},
		{"xhttps://acme.example", nil},
		{"https://", nil},
		{"https://...", nil},
		{"http//acme.example acme.example ftp://acme.example", nil},
		{"https://acme.example/#tag @", []string{"link https://acme.example/#tag"}},
		{"https://acme.example/@acme.example", []string{"link https://acme.example/@acme.example"}},

		{"#rocket", []string{"tag rocket"}},
		{"Go #Rocket3! (#fly) #a_b, #x.", []string{"tag Rocket3", "tag fly", "tag a_b", "tag x"}},
		{"#Straße #日本語 #हिन्दी #कीमत_१", []string{"tag Straße", "tag 日本語", "tag हिन्दी", "tag कीमत_१"}},
		{"#col·legi #می\u200cخواهم", []string{"tag col·legi", "tag می\u200cخواهم"}},
		{"＃全角", []string{"tag 全角"}},
		{"#🚀 #👩‍🚀go", []string{"tag 🚀", "tag 👩‍🚀go"}},
		{"#1 #2026 #_ #१२ #", nil},
		{"#2026goals", []string{"tag 2026goals"}},
		{"a#b &#39; ##x #️⃣ /#x", nil},
		{"#one#two", []string{"tag one"}},
		{"#" + long, []string{"tag " + long}},
		{"#" + long + "a", nil},
		{"#" + strings.Repeat("👩‍👩‍👧‍👦", 30), nil}, // 30 graphemes, 750 bytes

		{"@acme.example", []string{"mention acme.example"}},
		{"Thanks @acme.example, and (@a-b.c.example)!", []string{"mention acme.example", "mention a-b.c.example"}},
		{"@acme.example.", []string{"mention acme.example"}},
		{"me@acme.example @acme @user@acme.example @.acme.example @-a.example @a..b @1.2 @a.1b", nil},
		{"@acme.example@other.example @acme.exampleé @acme.example_x", nil},
		{"@" + strings.Repeat("a", 64) + ".example", nil},

		{"Hi @acme.example: #Rocket https://acme.example/x 🚀", []string{
			"mention acme.example", "tag Rocket", "link https://acme.example/x",
		}},
	} {
		var got []string
		for _, f := range compose.Facets(tc.text) {
			switch covered := tc.text[f.Start:f.End]; {
			case f.Link != "":
				got = append(got, "link "+f.Link)
				if covered != f.Link {
					t.Errorf("%q: link covers %q", tc.text, covered)
				}
			case f.Tag != "":
				got = append(got, "tag "+f.Tag)
				if covered != "#"+f.Tag && covered != "＃"+f.Tag {
					t.Errorf("%q: tag covers %q", tc.text, covered)
				}
			case f.Mention != "":
				got = append(got, "mention "+f.Mention)
				if covered != "@"+f.Mention {
					t.Errorf("%q: mention covers %q", tc.text, covered)
				}
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q: -want +got:\n%s", tc.text, diff)
		}
	}
}

func TestCount(t *testing.T) {
	for text, want := range map[string]int{
		"":        0,
		"abc":     3,
		"a\r\nb":  3,
		"e\u0301": 1, // e and a combining acute
		"👩‍👩‍👧‍👦": 1,
		"🇪🇸🇵🇹":    2,
		"हिन्दी":  2,
		"日本語":     3,
	} {
		if got := compose.Count(text, compose.Graphemes); got != want {
			t.Errorf("Count(%q) = %d, want %d", text, got, want)
		}
	}
}

func checkFacets(t *testing.T, text string, facets []compose.Facet) {
	t.Helper()
	end := 0
	for _, f := range facets {
		if f.Start < end || f.End <= f.Start || f.End > len(text) {
			t.Fatalf("%q: %+v after byte %d", text, f, end)
		}
		end = f.End
		if utf8.ValidString(text) && !utf8.ValidString(text[f.Start:f.End]) {
			t.Fatalf("%q: %+v splits a character", text, f)
		}
		set := 0
		for _, v := range []string{f.Link, f.Tag, f.Mention} {
			if v != "" {
				set++
			}
		}
		if set != 1 {
			t.Fatalf("%q: %+v has %d values", text, f, set)
		}
	}
}

func FuzzFacets(f *testing.F) {
	for _, seed := range []string{
		"Hi @acme.example: #Rocket https://acme.example/x_(y)). 🚀", "＃全角 #col·legi#x", "https://[::1", "#\u200d", "@a.b@c.d",
		"h", "https://\xff", "#\xf0\x9f", "http://http://a", "https://acme.example/#a@b.c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { checkFacets(t, text, compose.Facets(text)) })
}
