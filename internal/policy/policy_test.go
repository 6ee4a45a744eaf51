package policy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const samples = "../../config/samples/acme"

func specOf(t testing.TB, text string) *tribunev1alpha1.CommunityPolicySpec {
	t.Helper()
	spec := &tribunev1alpha1.CommunityPolicySpec{}
	if err := yaml.UnmarshalStrict([]byte(text), spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

func compiled(t testing.TB, text string, lists Lists) *Policy {
	t.Helper()
	p, wrong := Compile(specOf(t, text), lists)
	for _, w := range wrong {
		t.Errorf("%s %s", w.Path, w.Message)
	}
	if len(wrong) > 0 {
		t.FailNow()
	}
	return p
}

func acme(t testing.TB) *Policy {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(samples, "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	o := &tribunev1alpha1.CommunityPolicy{}
	if err := yaml.Unmarshal(text, o); err != nil {
		t.Fatal(err)
	}
	lists := Lists{}
	for _, l := range o.Spec.Lists {
		words, err := os.ReadFile(filepath.Join(samples, "words", l.ConfigMapKeyRef.Key))
		if err != nil {
			t.Fatal(err)
		}
		lists[string(l.Name)] = Lines(string(words))
	}
	p, wrong := Compile(&o.Spec, lists)
	for _, w := range wrong {
		t.Errorf("%s %s", w.Path, w.Message)
	}
	return p
}

// The tests of the example hold.
func TestExample(t *testing.T) {
	results := acme(t).RunTests(noon)
	if len(results) != 6 {
		t.Errorf("%d tests ran", len(results))
	}
	for _, r := range results {
		if !r.Passed() {
			t.Errorf("%s: %s", r.Name, strings.Join(r.Wrong, "; "))
		}
	}
}

func comment(text string) *Item {
	return &Item{Item: network.Item{ID: "1", Kind: network.ItemComment, Text: text, Author: network.Person{ID: "bob", Handle: "bob"}, CreatedAt: noon}, Channel: "square", Network: "Local"}
}

func rules(d *Decision) []string {
	var out []string
	for _, m := range d.Matches {
		out = append(out, m.Rule)
	}
	return out
}

// Which rule decides: priority, then strength; what follows: by whose outcome is in force.
func TestOrder(t *testing.T) {
	p := compiled(t, `
channelSelector: {}
rules:
  - {name: allow, priority: 50, match: {text: {terms: [friend]}}, outcome: Allow, actions: [{react: {}}]}
  - {name: hide, priority: 50, match: {text: {terms: [nitwit]}}, outcome: Hide, actions: [{strike: {weight: 2}}, {label: {name: rude}}]}
  - {name: review, priority: 90, match: {text: {terms: [scam]}}, outcome: Review, actions: [{strike: {}}]}
  - {name: remove, match: {text: {terms: [spam]}}, outcome: Remove, actions: [{block: {}}]}
  - {name: hide-too, match: {text: {terms: [nitwit]}}, outcome: Hide, actions: [{strike: {}}]}
  - {name: label, match: {text: {terms: [hello]}}, actions: [{label: {name: greeting}}, {reply: {text: {en: "Hello {author}"}}}]}
`, nil)
	for _, c := range []struct {
		text    string
		outcome tribunev1alpha1.PolicyOutcome
		by      string
		rules   []string
		actions []string
	}{
		{"nothing", "Allow", "", nil, nil},
		{"hello", "Allow", "", []string{"label"}, []string{"label", "reply"}},
		{"my friend the nitwit", "Hide", "hide", []string{"allow", "hide", "hide-too"}, []string{"strike", "label"}},
		{"my friend, hello spam", "Allow", "allow", []string{"allow"}, []string{"react"}},
		{"scam nitwit hello", "Review", "review", []string{"review", "hide", "hide-too", "label"}, []string{"strike", "label"}},
		{"spam hello", "Remove", "remove", []string{"remove", "label"}, []string{"block", "label"}},
	} {
		d := p.Judge().Evaluate(comment(c.text), &History{}, noon)
		got := rules(&d)
		slices.Sort(got)
		slices.Sort(c.rules)
		if d.Outcome != c.outcome || d.By != c.by || !slices.Equal(got, c.rules) {
			t.Errorf("%q: %s by %q, rules %v; want %s by %q, rules %v", c.text, d.Outcome, d.By, rules(&d), c.outcome, c.by, c.rules)
		}
		if names := d.ActionNames(); !same(names, c.actions) {
			t.Errorf("%q: actions %v, want %v", c.text, names, c.actions)
		}
	}
}

const everything = `
channelSelector: {}
exempt: {roles: [Team]}
keyPeople: [{handle: ada}]
strikes: {ladder: [{at: 2, action: Warn}, {at: 4, action: Mute, for: 24h}, {at: 6, action: Review}]}
repliesPerAuthor: {max: 1, window: 24h}
welcome: {text: {en: "Welcome {author}", es: "Hola {author}"}}
rules:
  - {name: insults, priority: 10, match: {text: {terms: [nitwit]}}, outcome: Hide, actions: [{strike: {weight: 2}}]}
  - {name: danger, priority: 20, match: {text: {terms: ["want to die"]}}, outcome: Review}
  - {name: hi, match: {text: {terms: [hello]}}, actions: [{reply: {text: {en: hi}}}, {react: {}}]}
  - {name: meet, match: {text: {terms: [legs]}}, actions: [{introduce: {topic: landing-legs}}]}
  - {name: cheers, match: {text: {terms: [bravo]}}, actions: [{thank: {}}]}
  - {name: joins, on: [Join], match: {author: {followers: {atLeast: 1000}}}, actions: [{label: {name: large}}]}
`

func TestConsequences(t *testing.T) {
	p := compiled(t, everything, nil)
	with := func(f func(*Item, *History)) func(string) Decision {
		return func(text string) Decision {
			it, h := comment(text), &History{}
			f(it, h)
			return p.Judge().Evaluate(it, h, noon)
		}
	}
	for _, c := range []struct {
		name    string
		f       func(*Item, *History)
		text    string
		outcome tribunev1alpha1.PolicyOutcome
		actions []string
	}{
		{"first strike warns", func(*Item, *History) {}, "nitwit", "Hide", []string{"strike", "warn"}},
		{"the next mutes", func(_ *Item, h *History) { h.Strikes = 2 }, "nitwit", "Hide", []string{"strike", "mute"}},
		{"then people decide", func(_ *Item, h *History) { h.Strikes = 4 }, "nitwit", "Hide", []string{"strike", "review"}},
		{"between rungs nothing follows", func(_ *Item, h *History) { h.Strikes = 6 }, "nitwit", "Hide", []string{"strike"}},
		{"the team is exempt", func(it *Item, _ *History) { it.Author.IsTeam = true }, "nitwit", "Allow", nil},
		{"a key person is exempt", func(it *Item, _ *History) { it.Author.Handle = "@Ada" }, "nitwit", "Allow", nil},
		{"a name that anybody may write exempts nobody", func(it *Item, _ *History) {
			it.Author.Handle, it.Author.SelfNamed, it.Author.ID = "@Ada", true, "guest/1"
		}, "nitwit", "Hide", []string{"strike", "warn"}},
		{"whose name is not proven is known by their id", func(it *Item, _ *History) { it.Author.Handle, it.Author.SelfNamed, it.Author.ID = "Bo", true, "ada" }, "nitwit", "Allow", nil},
		{"people come before exemption", func(it *Item, _ *History) { it.Author.IsTeam = true }, "I want to die", "Review", nil},
		{"a person decided", func(_ *Item, h *History) { h.Human = "Allow" }, "nitwit", "Allow", nil},
		{"friendly", func(*Item, *History) {}, "hello", "Allow", []string{"reply", "react"}},
		{"one reply a day", func(_ *Item, h *History) { h.Replied = []time.Time{noon.Add(-time.Hour)} }, "hello", "Allow", []string{"react"}},
		{"a reply two days ago", func(_ *Item, h *History) { h.Replied = []time.Time{noon.Add(-48 * time.Hour)} }, "hello", "Allow", []string{"reply", "react"}},
		{"introductions", func(*Item, *History) {}, "legs", "Allow", []string{"introduce"}},
		{"no introductions in a crisis", func(_ *Item, h *History) { h.Crisis = true }, "legs", "Allow", nil},
		{"no introductions of what is hidden", func(*Item, *History) {}, "legs, nitwit", "Hide", []string{"strike", "warn"}},
		{"thanks", func(*Item, *History) {}, "bravo", "Allow", []string{"thank"}},
		{"thanks or a reply", func(*Item, *History) {}, "hello bravo", "Allow", []string{"reply", "react"}},
		{"thanks count as a reply", func(_ *Item, h *History) { h.Replied = []time.Time{noon.Add(-time.Hour)} }, "bravo", "Allow", nil},
		{"thanks in a crisis", func(_ *Item, h *History) { h.Crisis = true }, "bravo", "Allow", nil},
		{"no thanks for what is hidden", func(*Item, *History) {}, "bravo nitwit", "Hide", []string{"strike", "warn"}},
		{"no automation, no thanks", func(_ *Item, h *History) { h.NoAutomation = true }, "bravo", "Allow", nil},
		{"no automation", func(_ *Item, h *History) { h.NoAutomation = true }, "hello", "Allow", nil},
		{"no automation, no warning", func(_ *Item, h *History) { h.NoAutomation = true }, "nitwit", "Hide", []string{"strike"}},
		{"in a crisis", func(_ *Item, h *History) { h.Crisis = true }, "hello", "Allow", nil},
		{"stale", func(it *Item, _ *History) { it.CreatedAt = noon.Add(-13 * time.Hour) }, "hello", "Allow", nil},
		{"stale is moderated all the same", func(it *Item, _ *History) { it.CreatedAt = noon.Add(-13 * time.Hour) }, "nitwit", "Hide", []string{"strike", "warn"}},
		{"both at once", func(*Item, *History) {}, "hello nitwit", "Hide", []string{"strike", "warn"}},
		{"joins", func(it *Item, _ *History) { it.Kind = network.ItemJoin }, "", "Allow", []string{"welcome"}},
		{"joins with strikes", func(it *Item, h *History) { it.Kind = network.ItemJoin; h.Strikes = 1 }, "", "Allow", nil},
		{"joins in a crisis", func(it *Item, h *History) { it.Kind = network.ItemJoin; h.Crisis = true }, "", "Allow", nil},
		{"follows", func(it *Item, _ *History) { it.Kind = network.ItemFollow }, "", "Allow", nil},
		{"a stranger's own post", func(it *Item, _ *History) { it.Kind = network.ItemSearchHit }, "nitwit", "Allow", nil},
	} {
		d := with(c.f)(c.text)
		if d.Outcome != c.outcome || !same(d.ActionNames(), c.actions) {
			t.Errorf("%s: %s, actions %v (left out: %v); want %s, %v", c.name, d.Outcome, d.ActionNames(), d.Skipped, c.outcome, c.actions)
		}
	}
}

// Each criterion holds, and does not; what is not known does not.
func TestCriteria(t *testing.T) {
	yes, n, many := true, int64(3), int64(5000)
	known := func(it *Item, h *History) {
		it.Author.CreatedAt, it.Author.Followers, it.Author.IsFollower = noon.Add(-100*time.Hour), &many, &yes
		it.Language, it.Media, it.Mentions, it.Links, it.Reports, it.ParentOurs = "pt-BR", 2, []string{"a", "b"}, []string{"https://a.evil.example/x"}, &n, &yes
		it.Post = "p1"
		h.FirstSeen, h.Strikes = noon.Add(-10*time.Hour), 2
		for i := range 4 {
			h.Said = append(h.Said, noon.Add(-time.Duration(i)*time.Minute))
			h.Same = append(h.Same, noon.Add(-time.Duration(i)*time.Minute))
			h.Thread = append(h.Thread, Reply{At: noon.Add(-time.Duration(i) * time.Minute), Author: "x"})
		}
	}
	for _, c := range []struct {
		match, text    string
		holds, unknown bool
	}{
		{`{author: {accountAge: {lessThan: 24h}}}`, "", false, false},
		{`{author: {accountAge: {lessThan: 200h}}}`, "", true, false},
		{`{author: {accountAge: {atLeast: 50h, lessThan: 200h}}}`, "", true, false},
		{`{author: {knownFor: {lessThan: 720h}}}`, "", true, true},
		{`{author: {knownFor: {atLeast: 1h}}}`, "", true, false},
		{`{author: {followers: {atLeast: 1000}}}`, "", true, false},
		{`{author: {followers: {lessThan: 10}}}`, "", false, false},
		{`{author: {isFollower: true}}`, "", true, false},
		{`{author: {isFollower: false}}`, "", false, false},
		{`{author: {strikes: {atLeast: 2}}}`, "", true, false},
		{`{author: {handles: ["@BOB"]}}`, "", true, true},
		{`{author: {roles: [Follower]}}`, "", true, false},
		{`{rate: {count: 5, window: 10m}}`, "", true, false},
		{`{rate: {count: 5, window: 2m}}`, "", false, false},
		{`{duplicate: {count: 5, window: 10m}}`, "", true, false},
		{`{thread: {replies: 5, window: 10m, authors: {lessThan: 5}}}`, "", true, false},
		{`{thread: {replies: 5, window: 10m, authors: {atLeast: 3}}}`, "", false, false},
		{`{languages: [pt]}`, "", true, false},
		{`{languages: [p]}`, "", false, false},
		{`{mentions: {atLeast: 2}}`, "", true, false},
		{`{media: {count: {atLeast: 1}}}`, "", true, false},
		{`{reports: {atLeast: 3}}`, "", true, false},
		{`{parent: {ours: true}}`, "", true, false},
		{`{links: {domains: [evil.example]}}`, "", true, false},
		{`{links: {domains: [evil.example]}}`, "see hxxps://evil[.]example now", true, true},
		{`{links: {domains: [evil.example]}}`, "see evil.example.good.net", true, false},
		{`{linkCount: {atLeast: 2}}`, "see https://x.example", true, false},
		{`{length: {lessThan: 5}}`, "👩‍🚀👩‍🚀", true, true},
		{`{capsRatio: {atLeast: "0.8"}}`, "THIS IS SHOUTING", true, true},
		{`{capsRatio: {atLeast: "0.8"}}`, "OK", false, false},
		{`{asks: true}`, "where is it?", true, true},
		{`{asks: true}`, "see https://x.example/?a=b", false, false},
		{`{text: {terms: [a], as: Exact}}`, " A ", true, true},
		{`{text: {anyRegex: ["ro+cket"]}}`, "ROOOCKET", true, true},
		{`{text: {anyRegex: [b]}}`, "abc", true, true},
		{`{expression: "item.text.size() > 4 && item.capsRatio > 0.8"}`, "THIS IS SHOUTING", true, true},
		{`{expression: "author.followers > 1000"}`, "", true, false},
		{`{expression: "!(author.followers > 1000)"}`, "", false, false},
		{`{expression: "author.accountAge < duration('200h')"}`, "", true, false},
		{`{expression: "thread.replies >= 5 && channel.network == 'Local'"}`, "", true, false},
		{`{text: {terms: [x]}, all: [{media: {count: {atLeast: 1}}}], none: [{text: {terms: [zz]}}]}`, "x", true, false},
		{`{text: {terms: [x]}, none: [{text: {terms: [zz]}}]}`, "x zz", false, false},
		{`{any: [{text: {terms: [x]}}, {text: {terms: [zz]}}]}`, "zz", true, true},
	} {
		p := compiled(t, "channelSelector: {}\nrules: [{name: r, match: "+c.match+", actions: [{label: {name: l}}]}]", nil)
		for _, told := range []bool{true, false} {
			it, h := comment(c.text), &History{}
			want := c.unknown
			if told {
				known(it, h)
				want = c.holds
			}
			d := p.Judge().Evaluate(it, h, noon)
			if got := len(d.Matches) == 1; got != want || len(d.Problems) > 0 {
				t.Errorf("%s on %q, told %t: %t, want %t (%v)", c.match, c.text, told, got, want, d.Problems)
			}
		}
	}
}

func TestWrongPolicies(t *testing.T) {
	for _, c := range []struct{ rules, path string }{
		{`[{name: r, match: {text: {anyRegex: ["ok", "a("]}}}]`, "spec.rules[0].match.text.anyRegex[1]"},
		{`[{name: r, match: {any: [{text: {termsIn: [none]}}]}}]`, "spec.rules[0].match.any[0].text.termsIn[0]"},
		{`[{name: r, match: {links: {domainsIn: [none]}}}]`, "spec.rules[0].match.links.domainsIn[0]"},
		{`[{name: r, match: {links: {domains: ["not a domain"]}}}]`, "spec.rules[0].match.links.domains, entry 1"},
		{`[{name: r, match: {expression: "item.txt.size() > 1"}}]`, "spec.rules[0].match.expression"},
		{`[{name: r, match: {expression: "item.media"}}]`, "spec.rules[0].match.expression"},
		{`[{name: r, match: {expression: "item.links.all(a, item.links.all(b, item.links.all(c, item.links.all(d, a == b && c == d))))"}}]`, "spec.rules[0].match.expression"},
		{`[{name: r, match: {asks: true}, actions: [{strike: {}}]}]`, "spec.rules[0].actions[0].strike"},
		{`[{name: r, match: {asks: true}, outcome: Hide, actions: [{react: {}}]}]`, "spec.rules[0].actions[0].react"},
		{`[{name: r, match: {asks: true}, actions: [{reply: {text: {en: a}}}, {reply: {text: {en: b}}}]}]`, "spec.rules[0].actions"},
		{`[{name: r, match: {asks: true}, actions: [{reply: {text: {en: a}}}, {thank: {}}]}]`, "spec.rules[0].actions"},
		{`[{name: r, match: {asks: true}, actions: [{thank: {text: {en: "hi {autor}"}}}]}]`, "spec.rules[0].actions[0].thank.text.en"},
		{`[{name: r, match: {asks: true}, actions: [{reply: {text: {en: "hi {autor}"}}}]}]`, "spec.rules[0].actions[0].reply.text.en"},
		{`[{name: r, match: {text: {termsIn: [gone]}}}]`, "spec.lists[0]"},
	} {
		spec := specOf(t, "channelSelector: {}\nrules: "+c.rules)
		if strings.Contains(c.rules, "[gone]") {
			spec.Lists = []tribunev1alpha1.PolicyList{{Name: "gone", ConfigMapKeyRef: &tribunev1alpha1.ConfigMapKeyReference{Name: "words", Key: "gone.txt"}}}
		}
		p, wrong := Compile(spec, nil)
		if p != nil || len(wrong) != 1 || wrong[0].Path != c.path {
			t.Errorf("%s: %+v, want %s", c.rules, wrong, c.path)
		}
	}
}

func TestClassifiersAreAskedFirst(t *testing.T) {
	p := compiled(t, `
channelSelector: {}
rules:
  - name: toxic
    match: {text: {terms: [hm]}, classifier: {url: "http://c.example", label: toxic, score: {atLeast: "0.9"}, onFailure: Review}}
    outcome: Review
`, nil)
	if d := p.Judge().Evaluate(comment("nothing"), &History{}, noon); len(d.Ask) != 0 {
		t.Errorf("asked though the text does not match: %v", d.Ask)
	}
	d := p.Judge().Evaluate(comment("hm"), &History{}, noon)
	if len(d.Ask) != 1 || d.Outcome != "Allow" {
		t.Fatalf("%+v", d)
	}
	for score, want := range map[*Score]tribunev1alpha1.PolicyOutcome{{Labels: map[string]float64{"toxic": 0.95}}: "Review", {Labels: map[string]float64{"toxic": 0.5}}: "Allow", {}: "Allow", {Failed: true}: "Review"} {
		if got := p.Judge().Evaluate(comment("hm"), &History{Scores: map[Question]Score{d.Ask[0]: *score}}, noon); got.Outcome != want || len(got.Ask) > 0 {
			t.Errorf("%+v: %s, want %s", score, got.Outcome, want)
		}
	}
}

// What others wrote reaches nobody unescaped.
func TestSay(t *testing.T) {
	hostile := Said{Author: "@everyone<!channel>", Channel: "square", URL: "https://x.example/<a>\u202e", PostURL: "javascript:alert(1)",
		Text: "hi @here <!channel> [a](https://evil.example) `{url}` {author} *b* evil.example/x \u202e\x00\x1b[31m\nnew"}
	got := Say("{author} on {channel}: {text} | {url} {post.url}", hostile)
	want := "everyonechannel on square: hi here ‹!channel› (a)(https[:]//evil[.]example) (url) (author) b evil[.]example/x (31m new | https://x.example/%3Ca%3E%E2%80%AE"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"@", "<", ">", "`", "*", "\n", "\x00", "\u202e", "evil.example"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q got through: %s", bad, got)
		}
	}
	if long := Say("{text}", Said{Text: strings.Repeat("a ", 1<<20)}); len(long) > 4*maxSaid {
		t.Errorf("%d bytes", len(long))
	}
	if CheckTemplate("{author} {nothing}") == nil || CheckTemplate("{author} {text} {url} {post.url} {rule} {channel} {language}") != nil {
		t.Error("templates are checked wrongly")
	}
}

func TestThanks(t *testing.T) {
	own := &tribunev1alpha1.ThankAction{Text: map[string]tribunev1alpha1.TranslatedText{"en": "Cheers"}}
	for _, c := range []struct {
		a              *tribunev1alpha1.ThankAction
		language, want string
	}{
		{&tribunev1alpha1.ThankAction{}, "es-MX", "¡Gracias, {author}!"}, {&tribunev1alpha1.ThankAction{}, "ja", "Thank you, {author}!"},
		{&tribunev1alpha1.ThankAction{}, "", "Thank you, {author}!"}, {own, "es", "Cheers"},
	} {
		if got := Thanks(c.a, c.language); got != c.want {
			t.Errorf("%s: %q, want %q", c.language, got, c.want)
		}
	}
	for language, text := range thanks {
		if wrong := CheckTemplate(string(text)); len(wrong) > 0 {
			t.Errorf("%s: %v", language, wrong)
		}
	}
}

func FuzzHarmless(f *testing.F) {
	f.Add("hi @here <!channel> https://a.b")
	f.Fuzz(func(t *testing.T, text string) {
		out := Harmless(text)
		if strings.ContainsAny(out, "@#<>`*|\n\r\x00\\") || strings.Contains(out, "://") || cashtag.MatchString(out) {
			t.Errorf("%q gives %q", text, out)
		}
	})
}
