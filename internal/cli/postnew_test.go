package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/tribune-dev/tribune/internal/lint"
)

func TestNames(t *testing.T) {
	due := time.Date(2026, 12, 1, 23, 30, 0, 0, time.UTC)
	madrid, err := zoneNamed("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 63)
	for name, test := range map[string]struct {
		draft draft
		want  []string
	}{
		"first words":       {draft{content: "Rocket 3.0 is out! See https://acme.example/rocket #rocket", channels: []string{"bluesky"}}, []string{"rocket-3-0-is-out-see-rocket-2026-12-02"}},
		"two channels":      {draft{content: "Rocket 3.0", channels: []string{"bluesky", "town-square"}}, []string{"rocket-3-0-2026-12-02-bluesky", "rocket-3-0-2026-12-02-town-square"}},
		"accents":           {draft{content: "¡Mañana, más! Straße & Øre don’t", channels: []string{"b"}}, []string{"manana-mas-strasse-ore-dont-2026-12-02"}},
		"another alphabet":  {draft{content: "新しいロケット", channels: []string{"b"}}, []string{"post-428c30-2026-12-02"}},
		"its title instead": {draft{content: "新", title: "The new rocket", channels: []string{"b"}}, []string{"the-new-rocket-2026-12-02"}},
		"its link instead":  {draft{link: "https://acme.example/rocket", channels: []string{"b"}}, []string{"acme-example-rocket-2026-12-02"}},
		"a long word":       {draft{content: strings.Repeat("a", 100), channels: []string{"b"}}, []string{strings.Repeat("a", 40) + "-2026-12-02"}},
		"given":             {draft{content: "Hello", name: "greeting", channels: []string{"b"}}, []string{"greeting"}},
		"given, and two":    {draft{content: "Hello", name: "greeting", channels: []string{"b", "c"}}, []string{"greeting-b", "greeting-c"}},
		"long channels":     {draft{content: strings.Repeat("word ", 20), channels: []string{long, "b"}}, []string{"word-word-word-word-word-word-word-word-2026-12-02-75220b", "word-word-word-word-word-word-word-word-2026-12-02-b"}},
	} {
		t.Run(name, func(t *testing.T) {
			test.draft.due = due
			made, err := test.draft.make("acme", madrid)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, made.names()); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever a text and its channels are: the names are DNS labels.
func TestNamesAreLabels(t *testing.T) {
	long := strings.Repeat("x", 63)
	for _, text := range []string{"Hello", "新しい", "ß\u2019\u0301", strings.Repeat("a", 500), "-", "https://acme.example/only-a-link", "\x00\xff"} {
		for _, channels := range [][]string{{"b"}, {long}, {long, "b"}, {"b", "c", long[:40]}} {
			d := draft{content: text, channels: channels, due: noon, images: []string{"https://acme.example/a.png"}, alts: []string{"a"}, files: make([]picture, 1)}
			made, err := d.make("acme", time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range made.names() {
				if errs := validation.IsDNS1123Label(name); len(errs) > 0 {
					t.Errorf("%.40q on %q gives the name %q: %v", text, channels, name, errs)
				}
			}
		}
	}
}

// onePixel is a picture.
const onePixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;"

// What is printed for Git is what the cluster takes, and nothing that only a cluster knows.
func TestPostNewDryRun(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("KUBECONFIG", filepath.Join(dir, "none"))
	image := filepath.Join(dir, "my rocket.gif")
	if err := os.WriteFile(image, []byte(onePixel), 0o600); err != nil {
		t.Fatal(err)
	}
	out, said, err := tribune(t, "", "post", "new", "-c", "bluesky", "-c", "square", "--at", time.Now().UTC().Add(48*time.Hour).Format("2006-01-02T15:04:00Z"),
		"--text", "Rocket is out", "--link", "https://acme.example/", "--image", image, "--alt", "A rocket", "--campaign", "rocket-3",
		"--approval", "2", "--name", "rocket", "--dry-run")
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if !strings.Contains(said, "The cluster cannot be reached") || !strings.Contains(said, "Picture 1  my-rocket.gif in ConfigMap rocket-1") {
		t.Errorf("it said\n%s", said)
	}
	file := filepath.Join(dir, "out.yaml")
	if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := lint.Run(t.Context(), lint.Options{Paths: []string{file}, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		if f.Severity == lint.Error {
			t.Errorf("lint: %+v", f)
		}
	}
	for _, want := range []string{"kind: ConfigMap", "immutable: true", "name: rocket-bluesky", "name: rocket-square", "required: 2", "altText: A rocket", "tribune.dev/campaign: rocket-3", "key: my-rocket.gif"} {
		if !strings.Contains(out, want) {
			t.Errorf("the manifests lack %q:\n%s", want, out)
		}
	}
	for _, not := range []string{"status", "creationTimestamp", "namespace", "null"} {
		if strings.Contains(out, not) {
			t.Errorf("the manifests have %q:\n%s", not, out)
		}
	}
}

func TestPostNewRefuses(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("KUBECONFIG", filepath.Join(dir, "none"))
	t.Setenv("EDITOR", "")
	t.Setenv("VISUAL", "")
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	big := write("big.gif", onePixel+strings.Repeat("x", maxPicture))
	words := write("words.png", "no picture")
	latin := write("latin.txt", "ma\xf1ana")
	for name, test := range map[string]struct {
		args []string
		want string
		// failed is true for what is no wrong usage.
		failed bool
	}{
		"no channel":          {[]string{"--text", "x"}, "say where: --channel NAME", false},
		"a bad channel":       {[]string{"-c", "Blue Sky", "--text", "x"}, "--channel \"Blue Sky\"", false},
		"a channel twice":     {[]string{"-c", "a", "-c", "a", "--text", "x"}, "there twice", false},
		"text without a flag": {[]string{"-c", "a", "hello"}, "the text goes into --text", false},
		"text and file":       {[]string{"-c", "a", "--text", "x", "--file", "y"}, "say one of", false},
		"no such file":        {[]string{"-c", "a", "--file", filepath.Join(dir, "none.txt"), "--yes"}, "no such file", false},
		"not UTF-8":           {[]string{"-c", "a", "--file", latin, "--yes"}, "save or write it as UTF-8", true},
		"a bad time":          {[]string{"-c", "a", "--text", "x", "--at", "later"}, "--at \"later\": write", false},
		"a bad zone":          {[]string{"-c", "a", "--text", "x", "--at", "+1h", "--zone", "CEST"}, "--zone", false},
		"-o alone":            {[]string{"-c", "a", "--text", "x", "-o", "yaml"}, "-o is for --dry-run", false},
		"-o of another kind":  {[]string{"-c", "a", "--text", "x", "--at", "+1h", "--dry-run", "-o", "xml"}, "use yaml or json", false},
		"for Git, no time":    {[]string{"-c", "a", "--text", "x", "--dry-run"}, "--dry-run needs --at", false},
		"no alt":              {[]string{"-c", "a", "--text", "x", "--image", "a.png"}, "1 --image and 0 --alt", false},
		"no such picture":     {[]string{"-c", "a", "--text", "x", "--image", filepath.Join(dir, "a.png"), "--alt", "a"}, "or an address with https://", false},
		"no picture":          {[]string{"-c", "a", "--text", "x", "--image", words, "--alt", "a"}, "it looks like text/plain", false},
		"a picture too large": {[]string{"-c", "a", "--text", "x", "--image", big, "--alt", "a"}, "larger than 1 MiB", false},
		"a bad link":          {[]string{"-c", "a", "--text", "x", "--link", "acme.example"}, "--link acme.example: write the whole address", false},
		"a bad name":          {[]string{"-c", "a", "--text", "x", "--name", "My Post"}, "--name", false},
		"a bad campaign":      {[]string{"-c", "a", "--text", "x", "--campaign", "a b"}, "--campaign", false},
		"eleven approvals":    {[]string{"-c", "a", "--text", "x", "--approval", "11"}, "--approval 11", false},
		"a pipe, no --yes":    {[]string{"-c", "a"}, "give --yes", false},
		"nothing at all":      {[]string{"-c", "a", "--text", "", "--at", "+1h", "--dry-run"}, "it says nothing", true},
		"a text too long":     {[]string{"-c", "a", "--text", strings.Repeat("x", 21_000), "--at", "+1h", "--dry-run"}, "--text: at most 20000 characters", false},
		"a file too long":     {[]string{"-c", "a", "--file", write("long.txt", strings.Repeat("x", 21_000)), "--at", "+1h", "--dry-run"}, "long.txt: ", false},
		"a text not UTF-8":    {[]string{"-c", "a", "--text", "ma\xf1ana", "--at", "+1h", "--dry-run"}, "--text is no text in UTF-8", true},
		"no language":         {[]string{"-c", "a", "--text", "x", "--language", "notalanguage!!", "--at", "+1h", "--dry-run"}, "--language", false},
		"no language, --yes":  {[]string{"-c", "a", "--text", "x", "--language", "e", "--at", "+1h", "--yes"}, "--language: \"e\" is no language", false},
		"a title too long":    {[]string{"-c", "a", "--text", "x", "--title", strings.Repeat("x", 301), "--at", "+1h", "--dry-run"}, "--title", false},
		"a link too long":     {[]string{"-c", "a", "--link", "https://acme.example/" + strings.Repeat("x", 3000), "--at", "+1h", "--dry-run"}, "--link", false},
		"an alt too long": {[]string{"-c", "a", "--image", "https://acme.example/a.png", "--alt", "", "--image", "https://acme.example/b.png",
			"--alt", strings.Repeat("x", 5000), "--at", "+1h", "--dry-run"}, "--alt number 2: ", false},
		"no cluster":      {[]string{"-c", "a", "--text", "x", "--yes"}, "find the cluster", true},
		"an unknown flag": {[]string{"--chanel", "a"}, "unknown flag", false},
	} {
		t.Run(name, func(t *testing.T) {
			out, said, err := tribune(t, "piped", append([]string{"post", "new"}, test.args...)...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			var usage usageError
			if errors.As(err, &usage) == test.failed {
				t.Errorf("wrong usage: got %v, want %v", test.failed, !test.failed)
			}
			if out != "" {
				t.Errorf("it printed %.300q, and said %.300q", out, said)
			}
		})
	}
}

// The text comes from a file, a pipe or the editor.
func TestPostNewText(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("KUBECONFIG", filepath.Join(dir, "none"))
	file := filepath.Join(dir, "text.txt")
	if err := os.WriteFile(file, []byte("From a file\r\nwith two lines\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args         []string
		stdin        string
		editor, want string
	}{
		"file":          {[]string{"--file", file}, "", "", "text: |-\n      From a file\n      with two lines\n"},
		"pipe":          {nil, "From a pipe\n", "", "text: From a pipe\n"},
		"many bytes":    {nil, strings.Repeat("ñ", 15_000), "", "text: ñññ"}, // it is characters that count
		"dash":          {[]string{"--file", "-"}, "From a dash\n", "false", "text: From a dash\n"},
		"editor":        {nil, "", `sed -i 1s/^/#one/`, "text: '#one'\n"},
		"empty in it":   {nil, "", "true", ""},
		"editor failed": {nil, "", "false", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("VISUAL", "")
			t.Setenv("EDITOR", test.editor)
			out, said, err := tribune(t, test.stdin, append([]string{"post", "new", "-c", "a", "--at", "+1h", "--dry-run"}, test.args...)...)
			if test.want == "" {
				if err == nil {
					t.Errorf("it printed %q, want an error", out)
				}
				return
			}
			if err != nil || !strings.Contains(out, test.want) {
				t.Errorf("got %v and\n%s\n%s\nwant %q", err, out, said, test.want)
			}
		})
	}
}
