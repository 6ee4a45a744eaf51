package postname_test

import (
	"regexp"
	"testing"

	"github.com/tribune-dev/tribune/internal/postname"
)

func TestSlug(t *testing.T) {
	for text, want := range map[string]string{
		"Rocket 3.0 is out!":                                  "rocket-3-0-is-out",
		"See https://acme.example/x now":                      "see-now",
		"\u00a1Ma\u00f1ana, m\u00e1s! Stra\u00dfe & \u00d8re": "manana-mas-strasse-ore",
		"don\u2019t":         "dont",
		"\u65b0\u3057\u3044": "",
		"":                   "",
		"---":                "",
		"one two three four five six seven eight nine": "one-two-three-four-five-six-seven-eight",
	} {
		if got := postname.Slug(text, 63); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := postname.Slug("abcdefgh ij", 5); got != "abcde" {
		t.Errorf("a word that is longer than the room: got %q", got)
	}
	if got := postname.Slug("abc", 0); got != "" {
		t.Errorf("no room: got %q", got)
	}
}

func FuzzSlug(f *testing.F) {
	f.Add("Rocket 3.0 is out!", 40)
	f.Add("\u00df\u2019\u0301", 3)
	f.Fuzz(func(t *testing.T, text string, room int) {
		got := postname.Slug(text, room)
		if len(got) > max(0, min(room, 40)) || got != "" && !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(got) {
			t.Errorf("%q in %d: got %q", text, room, got)
		}
	})
}
