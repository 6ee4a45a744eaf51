package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var updateImport = flag.Bool("update-import", false, "write the golden files of policy import")

// imported runs tribune policy import automoderator.
func imported(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	root := newRoot("tribune")
	var out, errs bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&errs)
	root.SetIn(strings.NewReader(stdin))
	root.SetArgs(append([]string{"policy", "import", "automoderator"}, args...))
	err := root.ExecuteContext(t.Context())
	var exit exitError
	var usage usageError
	switch {
	case err == nil:
	case errors.As(err, &exit):
		code = exit.code
	case errors.As(err, &usage):
		code = 2
		errs.WriteString(err.Error())
	default:
		code = 1
		errs.WriteString(err.Error())
	}
	return out.String(), errs.String(), code
}

func importGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateImport {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run the test with -update-import", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), run the test with -update-import if that is right:\n%s", path, diff)
	}
}

const autoModerator = `# two rules
type: comment
author:
  account_age: < 7 days
action: filter
action_reason: New account
---
title+body: [scam, phishing]
~domain: [example.com]
action: remove
comment: "No, {{author}}."
---
author: {combined_karma: < 5}
action: remove
---
body: hello
comment: "Hello {{author}}!"
set_flair: Greeting
`

func TestImportAutoModerator(t *testing.T) {
	out, errs, code := imported(t, autoModerator, "-", "--name", "old-rules", "--channel", "town-square", "--team", "moderators")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	importGolden(t, "policy-import.yaml.golden", out)
	importGolden(t, "policy-import.report.golden", errs)
	out, errs, code = imported(t, autoModerator, "-", "-o", "json")
	var doc struct {
		Kind    string
		Items   []struct{ Kind string }
		Reports []struct{ Total, Imported, NotImported int }
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if code != 0 || errs != "" || doc.Kind != "List" || len(doc.Items) != 1 || doc.Reports[0].Total != 4 || doc.Reports[0].NotImported != 1 {
		t.Errorf("exit code %d, %s, %+v", code, errs, doc)
	}
}

func TestImportAutoModeratorHelp(t *testing.T) {
	out, _, code := imported(t, "", "--help")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	importGolden(t, "policy-import.help.golden", out)
}

// TestImportAutoModeratorSameName: of two policies of one name, one would take the place of the other.
func TestImportAutoModeratorSameName(t *testing.T) {
	var files []string
	for range 2 {
		file := filepath.Join(t.TempDir(), "automoderator.yaml")
		if err := os.WriteFile(file, []byte(autoModerator), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	out, errs, code := imported(t, "", files...)
	if code != 2 || out != "" || !strings.Contains(errs, "both become the policy automoderator") {
		t.Errorf("exit code %d, %s%s", code, out, errs)
	}
}

func TestImportAutoModeratorRefused(t *testing.T) {
	for _, c := range []struct {
		name, stdin, want string
		args              []string
		code              int
	}{
		{"nothing", "", "name files", nil, 2},
		{"name for two", "", "--name is for one file", []string{"a", "b", "--name", "x"}, 2},
		{"output", "", "use yaml or json", []string{"-", "-o", "xml"}, 2},
		{"no YAML", "body: x\n---\nbody: [x\naction: y\n", "section 2, line 3", []string{"-"}, 1},
		{"no file", "", "no such file", []string{"/nowhere.yaml"}, 1},
		{"bad name", "", "lower-case", []string{"-", "--name", "Big"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, code := imported(t, c.stdin, c.args...)
			if code != c.code || !strings.Contains(errs, c.want) || out != "" {
				t.Errorf("exit code %d, %s%s", code, out, errs)
			}
		})
	}
}
