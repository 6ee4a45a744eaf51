package match_test

import (
	"os"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/match"
	"github.com/tribune-dev/tribune/internal/views"
)

func lines(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && !strings.HasPrefix(line, "# ") {
			all = append(all, line)
		}
	}
	return all
}

// disguises are the views that answer disguise.
var disguises = []views.ID{views.Folded, views.Skeleton, views.Deobfuscated}

func words(t testing.TB, terms []string) *match.Matcher {
	t.Helper()
	var patterns []match.Pattern
	for i, term := range terms {
		for _, view := range disguises {
			patterns = append(patterns, match.Pattern{ID: i, View: view, Text: term})
		}
	}
	m, problems := match.Compile(patterns, match.Options{})
	for _, p := range problems {
		t.Error(p)
	}
	return m
}

func TestDisguisedWordsAreFound(t *testing.T) {
	terms := lines(t, "terms.txt")
	scanner := words(t, terms).NewScanner()
	n := 0
	for _, line := range lines(t, "disguised.txt") {
		term, text, _ := strings.Cut(line, "\t")
		for _, text := range []string{text, "you are a " + text + " my friend"} {
			n++
			found := false
			for _, hit := range scanner.Scan(text) {
				found = found || terms[hit.ID] == term
			}
			if !found {
				b := scanner.Buffer()
				t.Errorf("%s is not found in %q (folded %q, skeleton %q, deobfuscated %q)", term, text,
					b.View(views.Folded).Text, b.View(views.Skeleton).Text, b.View(views.Deobfuscated).Text)
			}
		}
	}
	if n < 200 {
		t.Errorf("%d disguised words are too few", n)
	}
}

func TestInnocentWordsAreNot(t *testing.T) {
	terms := lines(t, "terms.txt")
	scanner := words(t, terms).NewScanner()
	all := lines(t, "innocent.txt")
	for _, text := range all {
		for _, hit := range scanner.Scan(text) {
			t.Errorf("%s is found on %s in %q as %q", terms[hit.ID], hit.View, text, text[hit.Start:hit.End])
		}
	}
	if len(all) < 200 {
		t.Errorf("%d innocent texts are too few", len(all))
	}
}
