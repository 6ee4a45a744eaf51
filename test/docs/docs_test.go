// Package docs holds the documentation to what it is about: manifests in it are accepted, links lead somewhere, and every
// reason that a condition can have is explained.
package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/lint"
)

const root = "../.."

// pages are all pages of documentation, by their paths from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, place := range []string{"README.md", "CONTRIBUTING.md", "docs", "config"} {
		err := filepath.WalkDir(filepath.Join(root, place), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".md" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			all[filepath.ToSlash(name)] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 20 {
		t.Fatalf("found only %d pages", len(all))
	}
	return all
}

// block is a fenced block of a page.
type block struct {
	page, language, text string
	line                 int
}

func blocks(page, text string) []block {
	var found []block
	var open *block
	for i, line := range strings.Split(text, "\n") {
		marker, fenced := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fenced && open == nil:
			open = &block{page: page, language: marker, line: i + 1}
		case fenced:
			found = append(found, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	return found
}

// TestManifests lints each block of YAML by itself, at a time when what it plans is to come.
func TestManifests(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	checked := 0
	for page, text := range pages(t) {
		if page == "docs/lint.md" {
			continue // its manifest is wrong on purpose, and tested with internal/lint
		}
		for _, b := range blocks(page, text) {
			if b.language != "yaml" {
				continue
			}
			checked++
			file := filepath.Join(t.TempDir(), "block.yaml")
			if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
				t.Fatal(err)
			}
			report, err := lint.Run(t.Context(), lint.Options{Paths: []string{file}, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range report.Findings {
				if f.Severity == lint.Error {
					t.Errorf("%s:%d: %s: %s", b.page, b.line+f.Line, f.Path, f.Message)
				}
			}
		}
	}
	if checked < 10 {
		t.Errorf("found only %d blocks of YAML", checked)
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// code is what is shown as it is, links in it too.
var code = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")

// TestLinks follows links from page to page.
func TestLinks(t *testing.T) {
	all := pages(t)
	for page, text := range all {
		for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			target := match[1]
			if strings.Contains(target, "://") {
				continue
			}
			file, _, _ := strings.Cut(target, "#")
			if file == "" {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(page), filepath.FromSlash(file))); err != nil {
				t.Errorf("%s: the link %s leads nowhere", page, target)
			}
		}
	}
}

// TestReasons: whoever sees a reason in a condition finds out what to do.
func TestReasons(t *testing.T) {
	all := pages(t)
	kinds := all["docs/kinds/post.md"] + all["docs/kinds/contentcalendar.md"] + all["docs/kinds/socialchannel.md"] + all["docs/kinds/crisis.md"] +
		all["docs/kinds/communitypolicy.md"] + all["docs/kinds/communitycase.md"]
	used := source(t)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "api/v1alpha1/conditions.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			if !strings.HasPrefix(name.Name, "Reason") && !strings.HasPrefix(name.Name, "Condition") {
				continue
			}
			literal, ok := spec.Values[i].(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s is no literal", name.Name)
			}
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !regexp.MustCompile(`\b` + name.Name + `\b`).MatchString(used) {
				continue // nobody can see it
			}
			found++
			if !regexp.MustCompile("[`*]" + value + "[`*]").MatchString(kinds) {
				t.Errorf("docs/kinds does not say what to do about %s", value)
			}
		}
		return false
	})
	if found < 30 {
		t.Errorf("found only %d reasons and conditions", found)
	}
}

// TestMetrics: the page of metrics tells of each metric and each alert that there is, and of no other.
func TestMetrics(t *testing.T) {
	page := pages(t)["docs/metrics.md"]
	alerts, err := os.ReadFile(filepath.Join(root, "config/prometheus/alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	names := func(text, pattern string) []string {
		var all []string
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			all = append(all, found[1])
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	made := names(source(t), `"(tribune_[a-z_]+)"`)
	if len(made) < 15 {
		t.Errorf("found only %d metrics", len(made))
	}
	if diff := cmp.Diff(made, names(page, "`(tribune_[a-z_]+)`")); diff != "" {
		t.Error(diff)
	}
	for _, name := range names(string(alerts), `\b(tribune_[a-z_]+)`) {
		if !slices.Contains(made, name) {
			t.Errorf("an alert asks for %s, which nothing tells", name)
		}
	}
	if diff := cmp.Diff(names(string(alerts), `alert: (\w+)`), names(page, `(?m)^\| (Tribune\w+) \|`)); diff != "" {
		t.Error(diff)
	}
}

// source is the program, without its tests and the API.
func source(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, place := range []string{"controllers", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, place), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
