package lint

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const calendarHead = `apiVersion: tribune.dev/v1alpha1
kind: ContentCalendar
metadata: {name: autumn}
spec:
  channelRefs: [{name: square}]
  entries:
`

func entries(n int) string {
	var b strings.Builder
	b.WriteString(calendarHead)
	for i := range n {
		fmt.Fprintf(&b, "  - {name: e%d, cron: \"0 9 * * *\", content: {text: \"Tip %d: dry-run your launch. #rocket https://acme.example/%d\"}}\n", i, i, i)
	}
	return b.String()
}

const square = "---\napiVersion: tribune.dev/v1alpha1\nkind: SocialChannel\nmetadata: {name: square}\nspec: {network: Local}\n"

// What is large, deep or crooked is refused with a word on what to do, in bounded time, and hides nothing of what stands beside it.
func TestHostileFiles(t *testing.T) {
	nested := strings.Repeat("{a: ", 5000) + "1" + strings.Repeat("}", 5000)
	deeper := strings.Repeat("[", 100000) + strings.Repeat("]", 100000)
	bomb := "a0: &a0 [a, b, c, d, e, f, g, h, i, j]\n"
	for i := 1; i < 12; i++ {
		ref := fmt.Sprintf("*a%d", i-1)
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(ref+", ", 10), ", "))
	}
	post := "apiVersion: tribune.dev/v1alpha1\nkind: Post\nmetadata: {name: a}\nspec:\n  channelRef: {name: square}\n  publishAt: \"2026-12-01T09:00:00Z\"\n  content: "
	picture := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 1<<20))
	for name, tc := range map[string]struct {
		text string
		says []string
		exit int
	}{
		"501 entries": {entries(501), []string{"spec.entries: Too many: 501: must have at most 500 items"}, ExitErrors},
		"501 and a mistake": {entries(501) + "  - {name: bad, cron: \"* * * * *\", content: {text: x}}\n  - {name: empty, cron: \"0 9 * * *\", content: {}}\n",
			[]string{"must have at most 500 items", "spec.entries[501].cron: fires 1440 times", "spec.entries[502].content: content is empty"}, ExitErrors},
		"binary file":     {"\x7fELF\x00\x01\x02" + post, []string{"is not a text file in UTF-8"}, ExitErrors},
		"other encoding":  {"apiVersion: tribune.dev/v1alpha1\nkind: Post # \xe9\n", []string{"is not a text file in UTF-8"}, ExitErrors},
		"byte order mark": {"\uFEFF" + post + "{}\n", []string{"spec.content: content is empty"}, ExitErrors},
		"carriage returns": {strings.ReplaceAll(post+"{}\n---\n"+post+"{text: x, nonsense: y}\n", "\n", "\r\n"),
			[]string{"spec.content: content is empty", "spec.content.nonsense: there is no such field"}, ExitErrors},
		"10 MB of text":    {post + "{text: \"" + strings.Repeat("a", 10<<20) + "\"}\n", []string{"a cluster stores at most", "spec.content.text: Too long"}, ExitErrors},
		"10 MB of others":  {strings.Repeat("---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n", 10<<20/56) + square, nil, ExitClean},
		"too large":        {strings.Repeat("#", maxFile+1), []string{"has more than 32 MiB: split it"}, ExitUsage},
		"deep":             {post + nested + "\n", []string{"spec.content.a: there is no such field"}, ExitErrors},
		"too deep":         {post + deeper + "\n", []string{"exceeded max depth"}, ExitErrors},
		"too deep in JSON": {`{"apiVersion": "tribune.dev/v1alpha1", "kind": "Post", "spec": ` + deeper + "}", []string{"exceeded max depth"}, ExitErrors},
		"alias bomb":       {bomb + post + "{text: *a11}\n", []string{"excessive aliasing"}, ExitErrors},
		"alias of itself":  {post + "&a {text: x, media: [*a]}\n", []string{"contains itself"}, ExitErrors},
		"merge of itself":  {post + "&a\n    <<: *a\n    text: x\n", []string{"contains itself"}, ExitErrors},
		"unknown alias":    {post + "{text: *nowhere}\n", []string{"is not YAML: unknown anchor 'nowhere'"}, ExitErrors},
		"keys of lists":    {post + "{[a, b]: x, {c: d}: y, 1: z, null: n, text: x}\n", []string{"cannot be read"}, ExitErrors},
		"large ConfigMap": {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: pictures}\ndata: {a: b}\nbinaryData: {a.png: " + picture + "}\n",
			[]string{"holds 1048577 bytes; a ConfigMap takes at most 1048576"}, ExitErrors},
		"largest ConfigMap": {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: pictures}\nbinaryData: {a.png: " + picture + "}\n" + square, nil, ExitClean},
		"scalar":            {"hello\n", []string{"is not a Kubernetes object"}, ExitErrors},
		"wrong types":       {"apiVersion: tribune.dev/v1alpha1\nkind: Post\nmetadata: [a]\nspec: 3\n", []string{"metadata", "spec"}, ExitErrors},
		"wrong metadata":    {"apiVersion: tribune.dev/v1alpha1\nkind: Post\nmetadata: {name: 3, labels: [a]}\nspec: {channelRef: {name: square}, content: {text: x}}\n", []string{"metadata"}, ExitErrors},
		"no metadata":       {"apiVersion: tribune.dev/v1alpha1\nkind: SocialChannel\nspec: {network: Local}\n", []string{"metadata.name: is required"}, ExitErrors},
		"no spec":           {"apiVersion: tribune.dev/v1alpha1\nkind: SocialChannel\nmetadata: {name: a}\n", []string{"spec: is required"}, ExitErrors},
		"list of nonsense":  {"apiVersion: v1\nkind: List\nitems: [1, null, {apiVersion: tribune.dev/v1alpha1, kind: Post}]\n", []string{"items[0]: is not an object", "spec: is required"}, ExitErrors},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "file.yaml")
			if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			report := run(t, Options{Paths: []string{file}})
			took := time.Since(begun)
			for _, message := range tc.says {
				says(t, report, file, message)
			}
			if report.ExitCode() != tc.exit {
				t.Errorf("exit %d; want %d; findings %.2000v", report.ExitCode(), tc.exit, report.Findings)
			}
			if took > 20*time.Second {
				t.Errorf("took %s", took)
			}
			for _, format := range Formats {
				if out := write(t, report, format); len(out) > 1<<20 {
					t.Errorf("%d bytes of %s", len(out), format)
				}
			}
		})
	}
}

func TestUnreadablePaths(t *testing.T) {
	folder := t.TempDir()
	secret := filepath.Join(folder, "secret.yaml")
	if err := os.WriteFile(secret, []byte(square), 0o000); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "pigeon.yaml"), []byte(strings.Replace(square, "Local", "Pigeon", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	report := run(t, Options{Paths: []string{folder, filepath.Join(folder, "absent")}})
	says(t, report, "pigeon.yaml", "Unsupported value")
	says(t, report, "absent", "cannot be read: no such file or directory")
	if report.ExitCode() != ExitUsage {
		t.Errorf("exit %d; want 2", report.ExitCode())
	}
	if os.Geteuid() != 0 { // root may read everything
		says(t, report, "secret.yaml", "cannot be read: permission denied")
	}
	empty := t.TempDir()
	if report := run(t, Options{Paths: []string{empty}}); report.ExitCode() != ExitUsage {
		t.Errorf("exit %d of an empty folder; want 2", report.ExitCode())
	}
}

// Links to files are read; links in a circle, to folders and to nothing keep nothing else from being read.
func TestLinks(t *testing.T) {
	folder, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "real.yaml")
	if err := os.WriteFile(elsewhere, []byte(strings.Replace(square, "Local", "Pigeon", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"file.yaml": elsewhere, "circle": folder, "circle.yaml": "circle.yaml", "nothing.yaml": "absent"} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Skip(err)
		}
	}
	report := run(t, Options{Paths: []string{folder}})
	says(t, report, "file.yaml", "Unsupported value")
	says(t, report, "nothing.yaml", "cannot be read")
	says(t, report, "circle.yaml", "cannot be read")
}

// Half of the bound that is promised, on a machine that others use too.
func TestFiveHundredEntriesAreQuick(t *testing.T) {
	text := entries(500) + square
	begun := time.Now()
	report := run(t, Options{Paths: []string{"-"}, Stdin: strings.NewReader(text)})
	took := time.Since(begun)
	t.Logf("%s", took.Round(time.Millisecond))
	if took > 2*time.Second {
		t.Errorf("took %s; at most 2s are allowed", took)
	}
	if len(report.Calendars) != 1 || report.Calendars[0].Posts != 500 {
		t.Errorf("calendars %.300v; want one with 500 Posts", report.Calendars)
	}
	says(t, report, "<stdin>", "more than 500 Posts would wait")
}

func BenchmarkFiveHundredEntries(b *testing.B) {
	text := entries(500) + square
	for b.Loop() {
		if _, err := Run(b.Context(), Options{Paths: []string{"-"}, Stdin: strings.NewReader(text), Now: now}); err != nil {
			b.Fatal(err)
		}
	}
}

// Secrets are passed over whole, wherever they stand and however wrong they are.
func TestSecretsAreNeverPrinted(t *testing.T) {
	const hidden = "hunter2"
	for name, text := range map[string]string{
		"whole":       "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: " + hidden + "}\n",
		"twice":       "apiVersion: v1\nkind: Secret\nstringData: {password: " + hidden + ", password: " + hidden + "}\n",
		"broken":      "apiVersion: v1\nkind: Secret\nstringData: {password: " + hidden + "\n",
		"broken text": "apiVersion: v1\nkind: Secret\nstringData:\n  password: \"" + hidden + "\n",
		"in a list":   "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  stringData: {password: " + hidden + ", password: " + hidden + "}\n",
		"in JSON":     `{"apiVersion": "v1", "kind": "Secret", "stringData": {"password": "` + hidden + `"`,
		"bad data":    "apiVersion: v1\nkind: Secret\ndata: {password: \"" + hidden + "\"}\n",
	} {
		for _, format := range Formats {
			out := write(t, run(t, Options{Paths: []string{"-"}, Stdin: strings.NewReader(text)}), format)
			if strings.Contains(out, hidden) {
				t.Errorf("%s as %s prints the secret: %s", name, format, out)
			}
		}
	}
}

func seed(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"apiVersion":"tribune.dev/v1alpha1","kind":"List","items":[{}]}`))
}

// FuzzLoad reads files, and looks for the places of fields.
func FuzzLoad(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		l := &loader{}
		l.file("file", text, true)
		lines := bytes.Count(text, []byte("\n")) + 1
		for _, o := range l.objects {
			for _, path := range []string{"", "spec", "spec.entries[1].cron", "metadata.labels[a.b/c]", string(text)} {
				l.findings = append(l.findings, o.finding(Error, path, "is looked for"))
			}
		}
		for _, finding := range l.findings {
			if finding.Message == "" || finding.Line < 0 || finding.Line > lines {
				t.Errorf("finding %+v in %d lines", finding, lines)
			}
		}
	})
}

// FuzzRun checks and prints whole files. It is slow: -fuzzminimizetime=1x keeps it going.
func FuzzRun(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		report, err := Run(t.Context(), Options{Paths: []string{"-"}, Stdin: bytes.NewReader(text), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(text, []byte("\n")) + 1
		for _, finding := range report.Findings {
			if finding.Message == "" || finding.File != "<stdin>" || finding.Line > lines {
				t.Errorf("finding %+v in %d lines", finding, lines)
			}
		}
		var out bytes.Buffer
		for _, format := range Formats {
			if err := report.Write(&out, format); err != nil {
				t.Fatal(err)
			}
		}
	})
}
