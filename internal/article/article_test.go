package article_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/article"
	"github.com/tribune-dev/tribune/internal/plan"
)

func TestParse(t *testing.T) {
	for name, tc := range map[string]struct {
		file, text string
		want       tribunev1alpha1.CalendarEntry
	}{
		"an article": {"release-3.0.md", `---
name: release-notes
at: 2026-12-01T11:00
pillar: product
campaign: launch-3
channels: [blog]
language: en
title: Release notes for Rocket 3.0
---
The full story behind Rocket 3.0: what we changed, why, and how to upgrade.
`, tribunev1alpha1.CalendarEntry{Name: "release-notes", At: "2026-12-01T11:00", Pillar: "product", Campaign: "launch-3",
			ChannelRefs: []tribunev1alpha1.LocalReference{{Name: "blog"}},
			Content: &tribunev1alpha1.Content{Title: "Release notes for Rocket 3.0", Language: "en", Format: tribunev1alpha1.FormatMarkdown,
				Text: "The full story behind Rocket 3.0: what we changed, why, and how to upgrade."}}},
		"named by its file, on Windows": {"2026/Release 3.0.MD", "\uFEFF---\r\nat: 2026-12-01T11:00:00+01:00\r\n---  \r\n\r\n# Title\r\n\r\nText\r\n",
			tribunev1alpha1.CalendarEntry{Name: "release-3-0", At: "2026-12-01T11:00:00+01:00",
				Content: &tribunev1alpha1.Content{Format: tribunev1alpha1.FormatMarkdown, Text: "# Title\n\nText"}}},
		"what YAML takes for something else": {"a.md", "---\ncron: 0 9 * * 1\nstart: 2026-11-24\nexcept: 2026-12-01\ntitle: On\nlanguage: no\ntags: [2026, yes]\npillar:\n...\n--- is a dash",
			tribunev1alpha1.CalendarEntry{Name: "a", Cron: "0 9 * * 1", Start: "2026-11-24", Except: []string{"2026-12-01"},
				Content: &tribunev1alpha1.Content{Title: "On", Language: "no", Tags: []string{"2026", "yes"}, Format: tribunev1alpha1.FormatMarkdown, Text: "--- is a dash"}}},
		"only front matter": {"a.md", "---\nafter: {entry: notes, channelRef: blog, delay: 10m}\nlink: https://acme.example\nmedia:\n  - {url: https://acme.example/a.png, altText: A rocket}\napproval: {required: 2, roles: Approver}\nedition: 2\n---",
			tribunev1alpha1.CalendarEntry{Name: "a", Edition: 2, After: &tribunev1alpha1.AfterEntry{Entry: "notes", ChannelRef: tribunev1alpha1.LocalReference{Name: "blog"},
				Delay: &metav1.Duration{Duration: 10 * time.Minute}}, Approval: &tribunev1alpha1.Approval{Required: 2, Roles: []string{"Approver"}},
				Content: &tribunev1alpha1.Content{Format: tribunev1alpha1.FormatMarkdown, Link: &tribunev1alpha1.Link{URL: "https://acme.example"},
					Media: []tribunev1alpha1.Media{{URL: "https://acme.example/a.png", AltText: "A rocket"}}}}},
		"a turn in a slot": {"a.md", "---\nslot: morning\nrepeat: {every: 672h, max: 6}\nonEdit: Ignore\n---\nText\n---\nmore",
			tribunev1alpha1.CalendarEntry{Name: "a", Slot: "morning", OnEdit: tribunev1alpha1.EditIgnore, Repeat: &tribunev1alpha1.Repeat{Every: metav1.Duration{Duration: 672 * time.Hour}, Max: 6},
				Content: &tribunev1alpha1.Content{Format: tribunev1alpha1.FormatMarkdown, Text: "Text\n---\nmore"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := article.Parse(tc.file, []byte(tc.text))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseProblems(t *testing.T) {
	for name, tc := range map[string]struct {
		file, text string
		want       []string
	}{
		"empty":            {"a.md", "", []string{"line 1: there is no front matter: write ---"}},
		"no front matter":  {"a.md", "# Title\n\nText", []string{"line 1: there is no front matter: write ---"}},
		"no end":           {"a.md", "---\nat: 2026-12-01T11:00\n\nText", []string{"line 1: the front matter has no end: write ---"}},
		"no keys":          {"a.md", "---\n---\nText", []string{"line 1: the front matter is empty"}},
		"a list":           {"a.md", "---\n- a\n---\nText", []string{"line 2: the front matter has no keys"}},
		"unknown keys":     {"a.md", "---\nat: 2026-12-01T11:00\ndate: 2026\n---\nText", []string{`line 3: "date" is not known: write one of name, at, cron`}},
		"set twice":        {"a.md", "---\nat: 2026-12-01T11:00\n# no\nat: 2026-12-02T11:00\n---\nText", []string{`line 4: "at" is set twice, first in line 2`}},
		"two at once":      {"a.md", "---\nfoo: 1\nonEdit: Never\n---\nText", []string{`line 2: "foo" is not known`, `line 3: onEdit cannot be "Never": write Update or Ignore`}},
		"not YAML":         {"a.md", "---\nname: a\n\tat: b\n---\nText", []string{"line 3: the front matter is not YAML: found a tab"}},
		"a list for one":   {"a.md", "---\ntitle: [a, b]\n---\nText", []string{"line 2: title is not what is expected here: write a text"}},
		"text for keys":    {"a.md", "---\nname: a\napproval: yes\n---\nText", []string{"line 3: approval is not what is expected here: write keys and values"}},
		"not a number":     {"a.md", "---\nedition: second\n---\nText", []string{"line 2: edition is not what is expected here: write a whole number"}},
		"unknown below":    {"a.md", "---\nname: a\nmedia:\n  - url: https://acme.example/a.png\n    alt: A rocket\n---\nText", []string{`line 5: "alt" is not known here`}},
		"not a duration":   {"a.md", "---\nslot: a\nrepeat: {every: monthly}\n---\nText", []string{"line 3: every: write a duration such as 10m or 672h"}},
		"an alias":         {"a.md", "---\ntitle: &t Title\ncampaign: *t\n---\nText", []string{"line 3: aliases (*name) are not read here"}},
		"no text":          {"a.md", "---\nat: 2026-12-01T11:00\n---\n \n", []string{"line 5: there is no text after the front matter"}},
		"no name":          {"...md", "---\nat: 2026-12-01T11:00\n---\nText", []string{`line 1: no name can be made of the file's`}},
		"binary":           {"a.md", "---\nat: x\n---\nText\n\x00", []string{"line 5: is not text in UTF-8"}},
		"Latin-1":          {"a.md", "---\ntitle: caf\xe9\n---\nText", []string{"line 2: is not text in UTF-8"}},
		"too much text":    {"a.md", "---\nat: x\n---\n\n" + strings.Repeat("é", 20001), []string{"line 5: the text has 20001 characters; at most 20000"}},
		"a huge file":      {"a.md", strings.Repeat("x", 1<<20+1), []string{"line 1: has 1048577 bytes"}},
		"a huge beginning": {"a.md", "---\n" + strings.Repeat("a: b\n", 20000), []string{"line 13109: the front matter has over 65536 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := article.Parse(tc.file, []byte(tc.text))
			if len(problems) != len(tc.want) {
				t.Fatalf("%v; want %q", problems, tc.want)
			}
			for i, p := range problems {
				if !strings.HasPrefix(p.String(), tc.want[i]) {
					t.Errorf("%s\nwant %s", p, tc.want[i])
				}
			}
		})
	}
}

func TestFromConfigMap(t *testing.T) {
	good := "---\nat: 2026-12-01T11:00\n---\nText"
	entries, problems := article.FromConfigMap("articles", map[string]string{"b.md": good, "a.md": good, "bad.md": "no", "notes.txt": "x"}, map[string][]byte{"c.md": []byte("\xff")})
	var got []string
	for _, e := range entries {
		got = append(got, e.Source+" "+string(e.Entry.Name))
	}
	for _, p := range problems {
		got = append(got, p.String())
	}
	want := []string{"ConfigMap articles/a.md a", "ConfigMap articles/b.md b",
		"ConfigMap articles/bad.md (entry bad): line 1: there is no front matter: write --- in the first line, keys such as \"at: 2026-12-01T11:00\", --- again, and then the text",
		"ConfigMap articles/c.md (entry c): line 1: is not text in UTF-8: save the file as UTF-8; pictures belong in media"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLine(t *testing.T) {
	text := []byte("---\nname: a\nat: soon\nchannels:\n  - blog\n---\n\nText")
	for field, want := range map[string]int{"at": 3, "channelRefs[0].name": 4, "content.text": 8, "content": 8, "pillar": 1, "content.thread[1].text": 8} {
		if got := article.Line(text, field); got != want {
			t.Errorf("%s: line %d; want %d", field, got, want)
		}
	}
}

// No file makes it panic; what it says has a line that the file has, and what it reads can be planned, or is told to be wrong.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "---", "---\n---", "---\nat: 2026-12-01T11:00\n---\nText", "---\r\nname: a\r\nslot: s\r\n---\r\n", "---\n<<: *a\n---\n", "---\na: &a [*a]\n---\nx",
		"---\nlink: {entry: a, channelRef: {name: b}}\nmedia: [{url: x}]\n---\n", "---\nrepeat: {every: 1h, max: 99999999999}\n---\nx", "\uFEFF---\n? [a]\n: b\n---\n",
		"---\nname: !!binary aGk=\n---\nx", "---\n{name: a, at: b}\n---\nx", "---\nafter: {delay: x}\n---\nx",
	} {
		f.Add("a.md", []byte(text))
	}
	f.Add("a.md", []byte("---\r\nname: a\r\r\u2028\u0085\nslotot: s\r\n---"))
	f.Add("\x91"+strings.Repeat("\x92", 3000), []byte("---\nat: 2026-12-01T11:00\n---\nText"))
	calendar := &tribunev1alpha1.ContentCalendar{ObjectMeta: metav1.ObjectMeta{Name: "c"}, Spec: tribunev1alpha1.ContentCalendarSpec{
		ChannelRefs: []tribunev1alpha1.LocalReference{{Name: "blog"}}, Slots: []tribunev1alpha1.Slot{{Name: "s", Cron: "0 9 * * *"}}}}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, file string, text []byte) {
		entry, problems := article.Parse(file, text)
		lines := 2 + len(regexp.MustCompile("\r\n|[\r\n\u0085\u2028\u2029]").FindAllString(string(text), -1))
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Message == "" || !utf8.ValidString(p.Message) || len(p.Message) > 2000 {
				t.Fatalf("%+v of %d lines", p, lines)
			}
		}
		_ = article.Line(text, "at")
		if len(problems) > 0 {
			return
		}
		r := plan.Calendar(plan.Input{Calendar: calendar, Channels: []plan.Channel{{Name: "blog"}}, Now: now, FirstSeen: now,
			More: []plan.SourcedEntry{{Source: "ConfigMap a/b.md", Entry: entry}}})
		for _, post := range r.Posts {
			if len(r.Problems) > 0 || post.Spec.Content.Text != entry.Content.Text {
				t.Fatalf("%+v planned of %q with %v", post, text, r.Problems)
			}
		}
	})
}

// A calendar may have thousands of articles.
func BenchmarkParse(b *testing.B) {
	text := []byte("---\nname: release-notes\nat: 2026-12-01T11:00\npillar: product\ncampaign: launch-3\nchannels: [blog]\nlanguage: en\ntitle: Release notes\n" +
		"media:\n  - {url: https://acme.example/a.png, altText: A rocket}\n---\n" + strings.Repeat("The full story behind Rocket 3.0: what we changed, why, and how to upgrade.\n", 20))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, problems := article.Parse("a.md", text); problems != nil {
			b.Fatal(problems)
		}
	}
}
