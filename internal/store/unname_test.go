package store

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestWithoutName(t *testing.T) {
	for _, c := range []struct {
		text, name  string
		all, called string
	}{
		{"", "bob", "", ""},
		{"bob", "bob", "[erased]", "bob"},
		{"@bob, Bob and BOB.", "bob", "@[erased], [erased] and [erased].", "@[erased], Bob and BOB."},
		{"bobby kabob bob_1 bob-2 bob.example bob@example.org x.bob x-bob", "bob", "bobby kabob bob_1 bob-2 bob.example bob@example.org x.bob x-bob", "bobby kabob bob_1 bob-2 bob.example bob@example.org x.bob x-bob"},
		{"hi @bob.example! @bob.example.org", "bob.example", "hi @[erased]! @bob.example.org", "hi @[erased]! @bob.example.org"},
		{"@\u00fcnal \u00dcNAL \u00fcnals", "\u00fcnal", "@[erased] [erased] \u00fcnals", "@[erased] \u00dcNAL \u00fcnals"},
		{`{"text":"bob: no"}`, "bob", `{"text":"[erased]: no"}`, `{"text":"bob: no"}`},
		{"@bob@bob bob...", "bob", "@bob@[erased] [erased]...", "@bob@[erased] bob..."},
		{"@\u2c65da @\u023ada \u023ada", "\u023ada", "@[erased] @[erased] [erased]", "@[erased] @[erased] \u023ada"}, // three bytes and two
		{"\u0210\u010b", "\xbc", "\u0210\u010b", "\u0210\u010b"},
		{"\xff\xffbob\xff", "bob", "\xff\xff[erased]\xff", "\xff\xffbob\xff"},
	} {
		if got := withoutName(c.text, c.name, false); got != c.all {
			t.Errorf("%q without %q: %q, want %q", c.text, c.name, got, c.all)
		}
		if got := withoutName(c.text, c.name, true); got != c.called {
			t.Errorf("%q without @%s: %q, want %q", c.text, c.name, got, c.called)
		}
	}
}

func FuzzWithoutName(f *testing.F) {
	f.Add("@bob and bob", "bob")
	f.Add("\u00fc\xff", "\u00fc")
	f.Fuzz(func(t *testing.T, text, name string) {
		if name == "" {
			return
		}
		got := withoutName(text, name, false)
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q without %q is no text: %q", text, name, got)
		}
		if n := strings.Count(got, erasedName) - strings.Count(text, erasedName); n == 0 && got != text && !strings.Contains(name, "erased") {
			t.Errorf("%q without %q: %q", text, name, got)
		}
	})
}

func TestNames(t *testing.T) {
	who := erasedPerson{handles: []string{"@bob.example", "Bob Smith", "Bob Smith", "", "\U0001f600"}}
	if diff := cmp.Diff([]string{"bob.example", "Bob Smith", "BobSmith", "\U0001f600"}, who.names()); diff != "" {
		t.Error(diff)
	}
}
