package lint

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// now is a Saturday.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func run(t *testing.T, options Options) *Report {
	t.Helper()
	options.Now = now
	report, err := Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func write(t *testing.T, r *Report, format Format) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.Write(&out, format); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Each file and folder of testdata has its output beside it, with the exit code.
func TestGolden(t *testing.T) {
	t.Chdir("testdata")
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasSuffix(name, ".golden") || name == "fuzz" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			report := run(t, Options{Paths: []string{name}})
			golden(t, name+".golden", fmt.Sprintf("%sexit %d\n", write(t, report, Human), report.ExitCode()))
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestFormats(t *testing.T) {
	t.Chdir("testdata")
	for _, format := range Formats {
		for _, name := range []string{"clean.yaml", "many-problems.yaml", "terminal.yaml"} {
			report := run(t, Options{Paths: []string{name}})
			first, second := write(t, report, format), write(t, run(t, Options{Paths: []string{name}}), format)
			if first != second {
				t.Errorf("%s of %s is not stable", format, name)
			}
			if format != Human {
				golden(t, name+"."+string(format)+".golden", first)
			}
			if format == JSON && !json.Valid([]byte(first)) {
				t.Errorf("%s is no JSON: %s", name, first)
			}
		}
	}
	if err := run(t, Options{Paths: []string{"clean.yaml"}}).Write(&bytes.Buffer{}, "xml"); err == nil {
		t.Error("a format that there is not is taken")
	}
}

func TestStrict(t *testing.T) {
	t.Chdir("testdata")
	loose, strict := run(t, Options{Paths: []string{"past.yaml"}}), run(t, Options{Paths: []string{"past.yaml"}, Strict: true})
	if loose.ExitCode() != ExitClean || strict.ExitCode() != ExitErrors {
		t.Errorf("exit %d and, strict, %d; want 0 and 1", loose.ExitCode(), strict.ExitCode())
	}
	if loose.Count(Warning) != strict.Count(Error) || strict.Count(Warning) != 0 {
		t.Errorf("%d warnings became %d errors and %d warnings", loose.Count(Warning), strict.Count(Error), strict.Count(Warning))
	}
}

func TestStandardInput(t *testing.T) {
	text, err := os.ReadFile("testdata/unknown-network.yaml")
	if err != nil {
		t.Fatal(err)
	}
	report := run(t, Options{Paths: []string{"-"}, Stdin: bytes.NewReader(text)})
	if len(report.Findings) != 1 || report.Findings[0].File != "<stdin>" || report.Findings[0].Line != 6 {
		t.Errorf("findings %v; want one in line 6 of <stdin>", report.Findings)
	}
	if report := run(t, Options{Paths: []string{"-"}}); report.ExitCode() != ExitUsage {
		t.Errorf("exit %d without standard input; want 2", report.ExitCode())
	}
}

// Channels may stand in one file and calendars in another, and one that cannot be read hides nothing of the others.
func TestSeveralPaths(t *testing.T) {
	t.Chdir("testdata")
	report := run(t, Options{Paths: []string{"folder/b/calendar.YAML", "absent.yaml", "folder/a", "unknown-network.yaml"}})
	if report.ExitCode() != ExitUsage {
		t.Errorf("exit %d; want 2", report.ExitCode())
	}
	says(t, report, "absent.yaml", "cannot be read: no such file")
	says(t, report, "unknown-network.yaml", `Unsupported value: "Pigeon"`)
	if len(report.Findings) != 2 || len(report.Calendars) != 1 || report.Calendars[0].Posts != 4 {
		t.Errorf("findings %v, calendars %v; want two, and one with 4 Posts", report.Findings, report.Calendars)
	}
}

func TestUsage(t *testing.T) {
	if _, err := Run(t.Context(), Options{Now: now}); err == nil {
		t.Error("no path is taken")
	}
	if _, err := Run(t.Context(), Options{Paths: []string{"."}}); err == nil {
		t.Error("no time is taken")
	}
}

func says(t *testing.T, report *Report, file, message string) {
	t.Helper()
	for _, f := range report.Findings {
		if filepath.Base(f.File) == filepath.Base(file) && strings.Contains(f.Path+": "+f.Message, message) {
			return
		}
	}
	t.Errorf("nothing in %s says %q; findings are %.2000v", file, message, report.Findings)
}

// The examples of the documentation are what is printed.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../docs/lint.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(name string) string {
		_, after, found := strings.Cut(string(text), "<!-- "+name+" -->\n```")
		_, after, opened := strings.Cut(after, "\n")
		content, _, closed := strings.Cut(after, "```\n")
		if !found || !opened || !closed {
			t.Fatalf("docs/lint.md has no block %s", name)
		}
		return content
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("calendar.yaml", []byte(block("calendar.yaml")), 0o600); err != nil {
		t.Fatal(err)
	}
	report := run(t, Options{Paths: []string{"calendar.yaml"}})
	for _, format := range Formats {
		if diff := cmp.Diff(block(string(format)), write(t, report, format)); diff != "" {
			t.Errorf("%s (-documented +printed):\n%s", format, diff)
		}
	}
}
