package crash

import "testing"

// Each part of the protocol is taken away, and the judge must find what that breaks. A test that cannot fail shows nothing.
func TestWithoutAPartOfTheProtocolItIsSeen(t *testing.T) {
	needsWhole(t)
	// A manager that starts anew needs most of the second in which the network still stores; one that runs already looks at once.
	twoLate := late
	twoLate.managers = 2
	for _, c := range []struct {
		broken string
		mode   mode
	}{
		{"no-intent", ignored},
		{"no-key", honoured},
		{"no-settle", twoLate},
		// Where keys are honoured, the network itself is the lock.
		{"lockless", twoIgnored},
	} {
		t.Run(c.broken+" "+c.mode.name, func(t *testing.T) {
			m := c.mode.sized(200, 20, 30)
			m.broken, m.changes = c.broken, nil
			v, _ := m.run(t)
			if len(v.twice) == 0 {
				t.Errorf("nothing was published twice: %s", &v)
			}
		})
	}
}
