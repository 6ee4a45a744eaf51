package compose_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/compose"
)

var vars = compose.Vars{"channel": "bluesky", "network": "Bluesky", "campaign": "", "entry": "launch", "item.title": "{channel} & more"}

func TestFill(t *testing.T) {
	for _, tc := range []struct {
		text, want string
		messages   []string
	}{
		{"", "", nil},
		{"plain", "plain", nil},
		{"On {channel}, by {network}.", "On bluesky, by Bluesky.", nil},
		{"{channel}{channel}", "blueskybluesky", nil},
		{"[{campaign}]", "[]", nil},
		{"New: {item.title}", "New: {channel} & more", nil},
		{"{{channel} and {{channel}}", "{channel} and {channel}", nil},
		{"{{word}} {{{channel}", "{word} {{channel}", nil},
		{"var m map[string]{} = { \"a\": 1 }; f(){}", "var m map[string]{} = { \"a\": 1 }; f(){}", nil},
		{"[][]int{{1, 2}, {3}}", "[][]int{{1, 2}, {3}}", nil},
		{`{"a": {"b": 1}}`, `{"a": {"b": 1}}`, nil},
		{"{ channel } {2} {} {", "{ channel } {2} {} {", nil},
		{"${channel} $x{", "${channel} $x{", nil},
		{"{канал} {a b}", "{канал} {a b}", nil},
		{"{" + strings.Repeat("a", 60) + "}", "{" + strings.Repeat("a", 60) + "}", nil},
		{"See {chanel} and {chanel}", "See {chanel} and {chanel}", []string{"has {chanel}, which is no placeholder: known are {channel}, {handle}, " +
			"{network}, {calendar}, {entry}, {campaign}, {pillar}, {date}, {time}, {occurrence}, {item.title}, {item.link}, {item.author}, " +
			"{item.summary}; write {{chanel}} to show it as it stands"}},
		{"{pillar} {channel}", "{pillar} bluesky",
			[]string{"has {pillar}, which has no value here: set it, or take the placeholder out; write {{pillar}} to show it as it stands"}},
		{"{item.link}", "{item.link}",
			[]string{"has {item.link}, which is filled in only in the content of a feed: take it out, or write {{item.link}} to show it as it stands"}},
	} {
		got, messages := compose.Fill(tc.text, vars)
		if got != tc.want {
			t.Errorf("Fill(%q) = %q, want %q", tc.text, got, tc.want)
		}
		if diff := cmp.Diff(tc.messages, messages); diff != "" {
			t.Errorf("Fill(%q): -want +got:\n%s", tc.text, diff)
		}
	}
}

var tracking = compose.Tracking{Domains: []string{"acme.example", "Müller.example."}, Source: "{network}", Medium: "social", Campaign: "{campaign}", Content: "{entry} 1"}

func TestTag(t *testing.T) {
	const all = "utm_source=Bluesky&utm_medium=social&utm_content=launch%201"
	for link, want := range map[string]string{
		"https://acme.example":                            "https://acme.example?" + all,
		"https://acme.example/":                           "https://acme.example/?" + all,
		"HTTPS://ACME.example/a?b=c#d":                    "HTTPS://ACME.example/a?b=c&" + all + "#d",
		"https://www.acme.example:8443/a":                 "https://www.acme.example:8443/a?" + all,
		"https://acme.example./a":                         "https://acme.example./a?" + all,
		"https://acme.example/#/route?x=1":                "https://acme.example/?" + all + "#/route?x=1",
		"https://acme.example/?":                          "https://acme.example/?" + all,
		"https://acme.example/?a&":                        "https://acme.example/?a&" + all,
		"https://acme.example/?utm_source=mail&utm_term=": "https://acme.example/?utm_source=mail&utm_term=&utm_medium=social&utm_content=launch%201",
		"https://acme.example/?a=1;UTM_Source=mail":       "https://acme.example/?a=1;UTM_Source=mail&utm_medium=social&utm_content=launch%201",
		"https://acme.example/?q=a+b%20c&z=%zz":           "https://acme.example/?q=a+b%20c&z=%zz&" + all,
		"https://müller.example/x":                        "https://müller.example/x?" + all,
		"https://xn--mller-kva.example/x":                 "https://xn--mller-kva.example/x?" + all,
		"https://acme.example.evil.net/":                  "https://acme.example.evil.net/",
		"https://notacme.example/":                        "https://notacme.example/",
		"https://acme.example@evil.net/":                  "https://acme.example@evil.net/",
		"https://evil.net/?u=https://acme.example":        "https://evil.net/?u=https://acme.example",
		"mailto:a@acme.example":                           "mailto:a@acme.example",
		"https://example":                                 "https://example",
		"":                                                "",
	} {
		if got := compose.Tag(link, tracking, vars); got != want {
			t.Errorf("Tag(%q) = %q, want %q", link, got, want)
		}
		if got := compose.Tag(want, tracking, vars); got != want {
			t.Errorf("tagging %q again gave %q", want, got)
		}
	}
	text := "Out: https://acme.example/a, (https://acme.example/b) https://evil.net/ [x](https://acme.example/c)."
	want := "Out: https://acme.example/a?" + all + ", (https://acme.example/b?" + all + ") https://evil.net/ [x](https://acme.example/c?" + all + ")."
	if got := compose.TagText(text, false, tracking, vars); got != want {
		t.Errorf("TagText = %q, want %q", got, want)
	}
	_, wrong := compose.Tracking{Source: "{netwrk}", Term: "{pillar}"}.Filled(vars)
	if len(wrong) != 1 || len(wrong["source"]) != 1 {
		t.Errorf("wrong placeholders: %v", wrong)
	}
}

func FuzzFill(f *testing.F) {
	for _, s := range []string{"{channel}", "{{channel}}", "{a {b} {", "${x}", "}{", "{item.title}{nope}"} {
		f.Add(s, "value {channel}")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		got, messages := compose.Fill(text, compose.Vars{"channel": value})
		if !strings.Contains(text, "{") && (got != text || messages != nil) {
			t.Fatalf("a text without braces changed: %q", got)
		}
		if len(got) > len(text)+strings.Count(text, "{channel}")*len(value) {
			t.Fatalf("%q grew to %q", text, got)
		}
	})
}

func FuzzTag(f *testing.F) {
	for _, s := range []string{"https://acme.example/?a#b", "https://acme.example.evil.net", "a https://acme.example. b", "https://[", "http://acme.example/#?&"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := compose.TagText(text, false, tracking, vars)
		if again := compose.TagText(got, false, tracking, vars); again != got {
			t.Fatalf("tagging twice: %q, then %q", got, again)
		}
		if !strings.Contains(strings.ToLower(text), "example") && got != text {
			t.Fatalf("%q became %q", text, got)
		}
		tagged := compose.Tag(text, tracking, vars)
		if again := compose.Tag(tagged, tracking, vars); again != tagged {
			t.Fatalf("Tag twice: %q, then %q", tagged, again)
		}
	})
}
