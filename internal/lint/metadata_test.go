package lint_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/lint"
)

// What YAML takes for something else than text is named by its field, with what to do.
func TestMetadataOfAWrongType(t *testing.T) {
	const quotes = ": put it in quotes"
	for metadata, want := range map[string][]string{
		"{name: off}":                 {"1 metadata.name: must be of type string, and is boolean" + quotes},
		"{name: 123}":                 {"1 metadata.name: must be of type string, and is integer" + quotes},
		"{name: 1.5, namespace: yes}": {"1 metadata.name: must be of type string, and is number" + quotes, "1 metadata.namespace: must be of type string, and is boolean" + quotes},
		"{name: a, labels: {on: x, tier: on, zone: [b]}}":  {"1 metadata.labels[tier]: must be of type string, and is boolean" + quotes, "1 metadata.labels[zone]: must be of type string, and is array"},
		"{name: a, annotations: text}":                     {"1 metadata.annotations: must be of type object, and is string"},
		"{name: {a: b}}":                                   {"1 metadata.name: must be of type string, and is object"},
		"off":                                              {"1 metadata: must be of type object, and is boolean"},
		"{name: a, ownerReferences: yes}":                  {"1 metadata.ownerReferences: cannot be read as what it is on each object: see kubectl explain metadata.ownerReferences"},
		`{name: "off", labels: {"true": "on", tier: "1"}}`: nil,
	} {
		text := "metadata: " + metadata + "\napiVersion: tribune.dev/v1alpha1\nkind: SocialChannel\nspec: {network: Local}\n"
		report, err := lint.Run(t.Context(), lint.Options{Paths: []string{"-"}, Stdin: strings.NewReader(text), Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range report.Findings {
			got = append(got, string(rune('0'+f.Line))+" "+f.Path+": "+f.Message)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", metadata, diff)
		}
	}
}
