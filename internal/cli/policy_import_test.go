package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// imported runs tribune policy import automoderator.
func imported(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return command(t, stdin, append([]string{"policy", "import", "automoderator"}, args...)...)
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
	golden(t, "policy-import.yaml.golden", out)
	golden(t, "policy-import.report.golden", errs)
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
	golden(t, "policy-import.help.golden", out)
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
