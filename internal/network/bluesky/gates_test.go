package bluesky

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Only gates that were looked at both times say anything about what changed.
func TestGatesSince(t *testing.T) {
	of := func(from string, hidden map[string][]string) *gates { return &gates{Hidden: hidden, From: from} }
	for _, c := range []struct {
		name        string
		before, now *gates
		want        []string
	}{
		{"nothing", of("", nil), of("", nil), nil},
		{"the same", of("", map[string][]string{"3b": {"x", "y"}}), of("", map[string][]string{"3b": {"y", "x"}}), nil},
		{"hidden and shown", of("", map[string][]string{"3b": {"x"}}), of("", map[string][]string{"3b": {"y"}, "3c": {"z"}}), []string{"x", "y", "z"}},
		{"a gate is gone", of("", map[string][]string{"3b": {"x"}}), of("", nil), []string{"x"}},
		{"too old to be looked at now", of("", map[string][]string{"3b": {"x"}, "3d": {"y"}}), of("3c", map[string][]string{"3d": {"y"}}), nil},
		{"too old to have been looked at then", of("3c", map[string][]string{"3d": {"y"}}), of("", map[string][]string{"3b": {"x"}, "3d": {"y"}}), nil},
		{"at the edge", of("3c", map[string][]string{"3c": {"x"}}), of("3c", nil), []string{"x"}},
	} {
		if diff := cmp.Diff(c.want, c.now.since(c.before)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	if g := of("", map[string][]string{"3b": {"x"}}); !g.hides("x") || g.hides("y") {
		t.Error("what is hidden is not known")
	}
}
