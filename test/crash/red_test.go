package crash

import (
	"slices"
	"strings"
	"testing"
)

// Each part of the protocol is taken away, and the judge must find what that breaks. A test that cannot fail shows nothing.
func TestWithoutAPartOfTheProtocolItIsSeen(t *testing.T) {
	needsWhole(t)
	// A manager that starts anew needs most of the second in which the network still stores; one that runs already looks at once.
	twoLate := late
	twoLate.managers = 2
	twice := func(v *verdict) bool { return len(v.twice) > 0 }
	left := func(v *verdict) bool {
		return slices.ContainsFunc(v.wrong, func(w string) bool { return strings.HasPrefix(w, "draft ") })
	}
	for _, c := range []struct {
		broken string
		mode   mode
		// sees is true where the judge found what breaks.
		sees func(*verdict) bool
		want string
	}{
		{"no-intent", ignored, twice, "published twice"},
		{"no-key", honoured, twice, "published twice"},
		{"no-settle", twoLate, twice, "published twice"},
		// Where keys are honoured, the network itself is the lock.
		{"lockless", twoIgnored, twice, "published twice"},
		// A saved draft is made public once, but one that was stored and not saved stays.
		{"no-tidy", drafts, left, "left hidden"},
		// Nobody knows of a draft, or that it was made public.
		{"no-draft", drafts, twice, "published twice"},
	} {
		t.Run(c.broken+" "+c.mode.name, func(t *testing.T) {
			m := c.mode.sized(200, 20, 30)
			m.broken, m.changes, m.seen = c.broken, nil, c.sees
			v, _ := m.run(t)
			if !c.sees(&v) {
				t.Errorf("nothing was %s: %s", c.want, &v)
			}
		})
	}
}
