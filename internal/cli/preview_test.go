package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// previewed runs tribune preview and gives what it printed, and its exit code.
func previewed(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return command(t, stdin, append([]string{"preview"}, args...)...)
}

const previewManifests = `
apiVersion: tribune.dev/v1alpha1
kind: SocialChannel
metadata: {name: sky}
spec: {network: Bluesky, mode: Rehearsal, language: es}
---
apiVersion: tribune.dev/v1alpha1
kind: ContentCalendar
metadata: {name: autumn}
spec:
  timeZone: Europe/Madrid
  channelRefs: [{name: sky}]
  entries:
  - {name: launch, at: "2099-12-01T09:00", content: {text: Far}}
  - {name: daily, cron: "0 10 * * *", content: {text: "On {channel}", translations: {es: "En {channel}"}}}
  - {name: wrong, cron: "0 11 * * *", content: {text: "` + "x{nonsense}" + `"}}
---
apiVersion: tribune.dev/v1alpha1
kind: Post
metadata: {name: hello}
spec: {channelRef: {name: sky}, publishAt: "2099-12-01T08:00:00Z", content: {text: "Hello #all"}}
`

func TestPreviewOfManifests(t *testing.T) {
	path := filepath.Join(t.TempDir(), "all.yaml")
	if err := os.WriteFile(path, []byte(previewManifests), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, code := previewed(t, "", path)
	for _, want := range []string{"daily → sky (Bluesky)", "│ En sky", "10:00 Europe/Madrid", "Post hello → sky (Bluesky)", "hashtag   all", "10 of 300 graphemes", "✗ spec.entries[2].content.text (entry wrong)", "nonsense"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if code != 1 || !strings.Contains(errs, "entry launch of ContentCalendar autumn is not shown") || !strings.Contains(errs, "run tribune lint") {
		t.Errorf("exit code %d, standard error: %s", code, errs)
	}
	out, _, _ = previewed(t, previewManifests, "-", "--network", "mastodon", "-o", "json")
	var items []struct{ Network, Text, Channel string }
	if err := json.Unmarshal([]byte(out), &items); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, item := range items {
		if item.Network != "Mastodon" || item.Channel != "" {
			t.Errorf("%+v; want Mastodon and no channel", item)
		}
	}
	if out, errs, code := previewed(t, "", path, "--channel", "other"); out != "" || code != 2 || !strings.Contains(errs, "there is no channel of this name; there are sky") {
		t.Errorf("another channel: %d, %s%s", code, out, errs)
	}
}

// The next occurrence of an entry is shown whatever else goes out before it, and one that is not shown has its true reason.
func TestPreviewOfWhatIsFarAhead(t *testing.T) {
	far := time.Now().UTC().AddDate(0, 0, 300).Format("2006-01-02T15:04")
	manifests := busy(24,
		fmt.Sprintf(`{name: far, at: %q, content: {text: Far ahead}}`, far),
		`{name: past, at: "2020-01-01T09:00", content: {text: Past}}`,
		`{name: after-past, after: {entry: past, channelRef: {name: square}}, content: {text: After what is past}}`,
		`{name: too-far, at: "2099-01-01T09:00", content: {text: Too far}}`,
		`{name: over, cron: "0 9 * * *", until: "2020-01-01", content: {text: Over}}`,
		`{name: nowhere, channelRefs: [{name: no-such}], at: "2099-01-01T09:00", content: {text: Nowhere}}`)
	out, errs, _ := previewed(t, manifests, "-", "-o", "json")
	var items []struct{ Source string }
	if err := json.Unmarshal([]byte(out), &items); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !strings.Contains(out, "Far ahead") || len(items) != 25 {
		t.Errorf("%d items; want 24 daily ones and the one far ahead", len(items))
	}
	for _, want := range []string{
		"entry past of ContentCalendar busy is not shown: its time, 2020-01-01T09:00 (UTC), is past",
		"entry after-past of ContentCalendar busy is not shown: it follows entry past, which is not shown either",
		"entry too-far of ContentCalendar busy is not shown: its time, 2099-01-01T09:00 (UTC), is more than a year ahead",
		"entry over of ContentCalendar busy is not shown: it does not come again within a year",
		"entry nowhere of ContentCalendar busy is not shown: there is no SocialChannel no-such",
	} {
		if !strings.Contains(errs, want) {
			t.Errorf("standard error does not say %q:\n%s", want, errs)
		}
	}
	if strings.Contains(errs, "entry far ") {
		t.Errorf("standard error: %s", errs)
	}
}

func TestPreviewOfTexts(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	draft := write("draft.txt", "Hello {world}\n")
	article := write("notes.md", "---\nname: notes\nat: 2099-12-01T11:00\ntitle: Notes\n---\nSome **bold** words.\n")
	if out, _, code := previewed(t, "", draft, "--network", "bluesky"); code != 0 || !strings.Contains(out, "│ Hello {world}") || !strings.Contains(out, "13 of 300") {
		t.Errorf("%d: %s", code, out)
	}
	if out, _, _ := previewed(t, "", draft, "-o", "markdown"); strings.Count(out, "### ") < 10 {
		t.Errorf("not all networks are shown: %s", out)
	}
	if out, _, code := previewed(t, "", article, "--network", "WordPress", "-o", "html"); code != 0 || !strings.Contains(out, "Notes") || !strings.Contains(out, "Some bold words.") {
		t.Errorf("%d: %s", code, out)
	}
	if out, _, code := previewed(t, "Text from a pipe", "-", "--network", "X"); code != 0 || !strings.Contains(out, "16 of 280 weighted") {
		t.Errorf("%d: %s", code, out)
	}
	if _, _, code := previewed(t, "", write("long.txt", strings.Repeat("a", 501)), "--network", "Mastodon"); code != 1 {
		t.Errorf("exit code %d of a text that is too long; want 1", code)
	}
	for _, args := range [][]string{
		{}, {draft, "--network", "Myspace"}, {draft, "--channel", "sky"}, {filepath.Join(dir, "none.txt")}, {draft, "-o", "pdf"}, {"--jsonl", draft},
		{write("binary.txt", "\xff\xfe\x00")},
	} {
		if _, errs, code := previewed(t, "", args...); code != 2 || errs == "" {
			t.Errorf("%q: exit code %d, %q; want 2 and a reason", args, code, errs)
		}
	}
}

func TestPreviewOfACollection(t *testing.T) {
	lines := "{\"text\": \"One https://acme.com/x\"}\n\n{\"text\": \"Two\", \"other\": 1}\nnonsense\n{\"words\": \"x\"}\n{\"text\": \"\\u0000\"}\n"
	out, _, code := previewed(t, lines, "--jsonl", "-", "--network", "X")
	if code != 1 {
		t.Errorf("exit code %d; want 1, as some lines are wrong", code)
	}
	var got []string
	for text := range strings.Lines(out) {
		var item struct {
			Line     int
			Text     string
			Count    int
			Problems []string
			Entities []struct{ Type, Value string }
		}
		if err := json.Unmarshal([]byte(text), &item); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		problem := ""
		if len(item.Problems) > 0 {
			problem = item.Problems[0]
		}
		got = append(got, fmt.Sprintf("%d|%s|%.5s", item.Line, item.Text, problem))
		if item.Line == 1 && (item.Count != 27 || len(item.Entities) != 1 || item.Entities[0].Value != "https://acme.com/x") {
			t.Errorf("%+v", item)
		}
	}
	if want := "1|One https://acme.com/x|,3|Two|,4||line ,5||line "; !strings.HasPrefix(strings.Join(got, ","), want) || len(got) != 5 {
		t.Errorf("%q; want %s and the sixth line", got, want)
	}
}

// A line that cannot be read is named, with what to do; those around it are shown.
func TestPreviewOfLinesThatAreWrong(t *testing.T) {
	for bad, want := range map[string]string{
		"nonsense":                 "line 2 is not JSON",
		`{"text": "a"} {}`:         "line 2 is not JSON",
		`["a"]`:                    "line 2 is a JSON array, not an object",
		`{"words": "a"}`:           `line 2 has no text: write one {"text": "..."} a line`,
		"null":                     "line 2 has no text",
		`{"text": 5}`:              "line 2 has a text that is no string",
		`{"text": null}`:           "line 2 has a text that is no string",
		"{\"text\": \"a\xff\"}":    "line 2 is not valid UTF-8 at byte 11: save the file as UTF-8",
		`{"text": "a \ud800 b"}`:   `line 2 has \ud800 in its text, which is half of a surrogate pair`,
		`{"text": "\udc00\ud83d"}`: `line 2 has \udc00 in its text`,
		`{"text": "\ud83d\u0041"}`: `line 2 has \ud83d in its text`,
		`{"text": "` + strings.Repeat("a", maxLine) + `"}`: "line 2 has more than 4194304 bytes",
		`{"text": "` + strings.Repeat("a", 1<<20) + `"}`:   "text is 1048576 graphemes long",
		`{"text": "a\u0000"}`:                              "text has the character U+0000 at byte 1",
		`{"text": ""}`:                                     "text is empty",
		`{"text": " \n"}`:                                  "text is empty",
	} {
		good := `{"text": "\\ud800 \ud83d\ude80 #a \ufffd"}`
		out, _, code := previewed(t, "\ufeff"+good+"\n"+bad+"\r\n"+good, "--jsonl", "-", "--network", "Bluesky", "-o", "json")
		name := bad[:min(len(bad), 40)]
		if code != 1 {
			t.Errorf("%s: exit code %d", name, code)
		}
		var numbers []int
		for text := range strings.Lines(out) {
			var item struct {
				Line, Limit int
				Unit        string
				Problems    []string
				Entities    []any
			}
			if err := json.Unmarshal([]byte(text), &item); err != nil {
				t.Fatalf("%v: %.200s", err, text)
			}
			numbers = append(numbers, item.Line)
			problem := strings.Join(item.Problems, ", ")
			if item.Line == 2 && !strings.HasPrefix(problem, want) || item.Line != 2 && problem != "" {
				t.Errorf("%s: line %d: %q; want %q in line 2 alone", name, item.Line, problem, want)
			}
			if item.Limit != 300 || item.Unit != "graphemes" || item.Entities == nil {
				t.Errorf("%s: line %d is not whole: %.200s", name, item.Line, text)
			}
		}
		if fmt.Sprint(numbers) != "[1 2 3]" {
			t.Errorf("%s: lines %v", name, numbers)
		}
	}
}

// What is counted is the text as it was given, as in twitter-text's own cases.
func TestPreviewCountsTheTextAsGiven(t *testing.T) {
	for network, want := range map[string]int{"X": 27, "Bluesky": 27, "Mastodon": 27} {
		out, _, _ := previewed(t, `{"text": "  https://acme.com/launch \n"}`, "--jsonl", "-", "--network", network)
		var item struct {
			Text  string
			Count int
		}
		if err := json.Unmarshal([]byte(out), &item); err != nil {
			t.Fatal(err)
		}
		if item.Text != "  https://acme.com/launch \n" || item.Count != want {
			t.Errorf("%s: %+v; want %d", network, item, want)
		}
	}
}

func TestPreviewOfACollectionInOtherForms(t *testing.T) {
	lines := "{\"text\": \"One #a\"}\n{\"text\": \"Two\"}\n"
	for form, want := range map[string]string{"html": "<!doctype html>", "markdown": "### ✅ line 2 → Bluesky", "text": "line 2 → Bluesky\n"} {
		out, _, code := previewed(t, lines, "--jsonl", "-", "--network", "Bluesky", "-o", form)
		if code != 0 || !strings.Contains(strings.ToLower(out), strings.ToLower(want)) || !strings.Contains(out, "Two") {
			t.Errorf("%s: %d: %.300s", form, code, out)
		}
	}
	if out, errs, code := previewed(t, "\n \n", "--jsonl", "-", "--network", "X"); out != "" || code != 0 || !strings.Contains(errs, "has no texts") {
		t.Errorf("an empty collection: %d: %s, %s", code, out, errs)
	}
	if _, errs, code := previewed(t, "", "--jsonl", t.TempDir(), "--network", "X"); code != 2 || !strings.Contains(errs, "line 1") {
		t.Errorf("a folder: %d: %s", code, errs)
	}
}
