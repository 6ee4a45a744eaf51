package match_test

import (
	"os"
	"strconv"
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

// entries are the lines of a table: fields, of which the last may be a string of Go.
func entries(t testing.TB, name string, quoted bool) (all [][]string) {
	t.Helper()
	for _, line := range lines(t, name) {
		fields := strings.Split(line, "\t")
		if last := len(fields) - 1; quoted {
			text, err := strconv.Unquote(fields[last])
			if err != nil {
				t.Fatalf("%s: %s: %v", name, line, err)
			}
			fields[last] = text
		}
		all = append(all, fields)
	}
	return all
}

func TestDisguisedWordsAreFound(t *testing.T) {
	for _, table := range []struct {
		terms, texts string
		quoted       bool
		frames       []string
		least        int
	}{
		{"terms.txt", "disguised.txt", false, []string{"", "you are a \x00 my friend"}, 200},
		{"more_terms.txt", "more_disguised.txt", true, []string{""}, 1000},
	} {
		terms := lines(t, table.terms)
		scanner := words(t, terms).NewScanner()
		n := 0
		for _, entry := range entries(t, table.texts, table.quoted) {
			term, text := entry[len(entry)-2], entry[len(entry)-1]
			for _, frame := range table.frames {
				if frame != "" {
					text = strings.Replace(frame, "\x00", text, 1)
				}
				n++
				found := false
				for _, hit := range scanner.Scan(text) {
					found = found || terms[hit.ID] == term
				}
				if !found {
					b := scanner.Buffer()
					t.Errorf("%s is not found in %q (folded %q, skeleton %q, deobfuscated %q)", strings.Join(entry[:len(entry)-1], ": "), text,
						b.View(views.Folded).Text, b.View(views.Skeleton).Text, b.View(views.Deobfuscated).Text)
				}
			}
		}
		if n < table.least {
			t.Errorf("%d disguised words are too few", n)
		}
	}
}

func TestInnocentWordsAreNot(t *testing.T) {
	for _, table := range []struct {
		terms, texts string
		quoted       bool
		least        int
	}{{"terms.txt", "innocent.txt", false, 200}, {"more_terms.txt", "more_innocent.txt", true, 1000}} {
		terms := lines(t, table.terms)
		scanner := words(t, terms).NewScanner()
		all := entries(t, table.texts, table.quoted)
		for _, entry := range all {
			text := entry[len(entry)-1]
			for _, hit := range scanner.Scan(text) {
				t.Errorf("%s is found on %s in %q as %q", terms[hit.ID], hit.View, text, text[hit.Start:hit.End])
			}
		}
		if len(all) < table.least {
			t.Errorf("%d innocent texts are too few", len(all))
		}
	}
}
