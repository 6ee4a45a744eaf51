package preview_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/preview"
	"github.com/tribune-dev/tribune/internal/publish"
)

func show(network string, c *tribunev1alpha1.Content) preview.Item {
	item := preview.Render(c, network, compose.MustRules(network), publish.Options{})
	item.Source = "launch"
	return item
}

func TestWhatProgramsRead(t *testing.T) {
	item := show("X", &tribunev1alpha1.Content{Text: "Hi 🚀 @acme #rocket acme.example"})
	text, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	entity := func(kind, value string, from, to, utf16 float64) any {
		return map[string]any{"type": kind, "value": value, "byteStart": from, "byteEnd": to, "utf16Start": utf16, "utf16End": utf16 + to - from}
	}
	want := map[string]any{
		"source": "launch", "network": "X", "text": "Hi 🚀 @acme #rocket acme.example", "limit": 280.0, "unit": "weighted", "problems": []any{},
		"count":    got["count"],
		"entities": []any{entity("mention", "acme", 8, 13, 6), entity("hashtag", "rocket", 14, 21, 12)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := got["count"]; n != 32.0 { // the emoji counts two
		t.Errorf("counts %v; want 32", n)
	}
}

func TestWhatIsWrongIsShown(t *testing.T) {
	item := show("Bluesky", &tribunev1alpha1.Content{Text: strings.Repeat("a", 301), Media: []tribunev1alpha1.Media{{URL: "https://x.example/a.png"}}})
	if len(item.Problems) == 0 || !preview.Wrong([]preview.Item{item}) {
		t.Fatal("nothing is wrong")
	}
	for name, write := range map[string]func(*strings.Builder) error{
		"text":     func(b *strings.Builder) error { return preview.Text(b, []preview.Item{item}) },
		"markdown": func(b *strings.Builder) error { return preview.Markdown(b, []preview.Item{item}) },
		"html":     func(b *strings.Builder) error { return preview.HTML(b, "Launch", []preview.Item{item}) },
	} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"301 of 300 graphemes", "launch", "Bluesky", "no description", "301"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
	}
}

// A text can neither move the cursor of a terminal, nor be more than text on a page or in a comment.
func TestHostileTexts(t *testing.T) {
	hostile := "<script>alert(1)</script> ```\n# @octocat ](javascript:x) \u009b31m \"><img src=x onerror=y>"
	item := show("Mastodon", &tribunev1alpha1.Content{Text: hostile, ContentWarning: "<b>" + "\u009b", Link: &tribunev1alpha1.Link{URL: "https://x.example/\"><script>"},
		Media: []tribunev1alpha1.Media{{URL: "javascript:alert(1)", AltText: "<i>"}}})
	item.Source, item.Channel = "a\x1b[2J|b", "<u>"
	item.Next = preview.NextAt(time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC), nil)
	var text, page, comment strings.Builder
	for _, err := range []error{
		preview.Text(&text, []preview.Item{item}), preview.HTML(&page, "<title>", []preview.Item{item}), preview.Markdown(&comment, []preview.Item{item}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if strings.ContainsAny(text.String(), "\x1b\u009b") {
		t.Errorf("control characters reach the terminal: %q", text.String())
	}
	for _, bad := range []string{"<script>alert", "onerror=y>", "<u>", `src="javascript`, "<i>"} {
		if strings.Contains(page.String(), bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	if !strings.Contains(comment.String(), "````text\n") || strings.Contains(comment.String(), "<u>") {
		t.Errorf("the comment is not safe:\n%s", comment.String())
	}
}

func TestNext(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	got := preview.NextAt(time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC), madrid).String()
	if want := "Tue 2026-12-01 09:00 Europe/Madrid = 2026-12-01 08:00 UTC"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

func TestThreadsAreShownWhole(t *testing.T) {
	item := show("Bluesky", &tribunev1alpha1.Content{Text: strings.Repeat("One sentence of some words. ", 20), Split: tribunev1alpha1.SplitNumberedThread})
	if len(item.Problems) > 0 || len(item.Thread) < 1 {
		t.Fatalf("%d parts, %v", 1+len(item.Thread), item.Problems)
	}
	var b strings.Builder
	if err := preview.Text(&b, []preview.Item{item}); err != nil || !strings.Contains(b.String(), "· 2/2") {
		t.Errorf("%v\n%s", err, b.String())
	}
}
