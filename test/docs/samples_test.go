package docs

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/lint"
)

// All samples are in order.
func TestSamples(t *testing.T) {
	for _, sample := range []string{"config/samples", "config/samples/acme"} {
		report, err := lint.Run(t.Context(), lint.Options{Paths: []string{filepath.Join(root, sample)}, Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range report.Findings {
			if f.Severity == lint.Error {
				t.Errorf("%s:%d: %s: %s", f.File, f.Line, f.Path, f.Message)
			}
		}
		if len(report.Calendars) == 0 {
			t.Errorf("%s has no calendar", sample)
		}
	}
}

// config/samples/acme is the copy of a repository that stands beside this one where it is developed.
func TestAcmeIsTheCopy(t *testing.T) {
	original := filepath.Join(root, "../shared/examples/acme")
	if _, err := os.Stat(original); err != nil {
		t.Skip("the original is not here: ../shared/examples/acme")
	}
	for _, name := range []string{"namespace.yaml", "channels.yaml", "calendar.yaml", "articles/release-3.0.md",
		"policy.yaml", "words/insults.txt", "words/scam-domains.txt", "words/help.txt", "words/complaint.txt"} {
		want, err := os.ReadFile(filepath.Join(original, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(root, "config/samples/acme", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from the original: copy it again", name)
		}
	}
}
