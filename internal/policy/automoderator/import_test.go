package automoderator

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// conformance are the public files that this is for; absent elsewhere.
func conformance(t *testing.T) []string {
	t.Helper()
	place := os.Getenv("TRIBUNE_CONFORMANCE")
	if place == "" {
		place = "../../../../shared/conformance"
	}
	files, err := filepath.Glob(filepath.Join(place, "automoderator", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("no public configurations at %s: set TRIBUNE_CONFORMANCE to the folder of the conformance data", place)
	}
	return files
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run the test with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), run the test with -update if that is right:\n%s", path, diff)
	}
}

// TestPublicFiles: each rule of each file is imported, or listed with its line and a reason.
func TestPublicFiles(t *testing.T) {
	for _, file := range conformance(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		for _, opts := range []Options{{}, {Team: "desk", TitleAsText: true}} {
			opts.File = filepath.Base(file)
			result, err := Import(string(text), opts)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range result.Report.Rules {
				if r.Imported != (len(r.Rules) > 0) || r.Imported == (len(r.NotImported) > 0) {
					t.Errorf("%s: line %d is neither imported nor listed, or both: %+v", file, r.Line, r)
				}
				for _, f := range r.NotImported {
					if f.Line == 0 || f.Reason == "" {
						t.Errorf("%s: %+v says not where or why", file, f)
					}
				}
			}
			var report strings.Builder
			if err := result.Report.Write(&report); err != nil {
				t.Fatal(err)
			}
			suffix := ""
			if opts.Team != "" {
				suffix = ".options"
			}
			golden(t, name+suffix+".report", report.String())
		}
	}
}
