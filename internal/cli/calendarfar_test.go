package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shown runs tribune calendar on manifests and gives what it printed, and its exit code.
func shown(t *testing.T, manifests string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return command(t, manifests, append([]string{"calendar", "-"}, args...)...)
}

type shownEvent struct {
	Local, Zone, UTC, Entry, Channel, Post, State, Hold, Reason string
	Held, AtOnce                                                bool
}

func events(t *testing.T, out string) []shownEvent {
	t.Helper()
	var all []shownEvent
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return all
}

// busy gives manifests with a number of daily entries, and what stands in spec beside them.
func busy(daily int, more ...string) string {
	var b strings.Builder
	b.WriteString(`
apiVersion: tribune.dev/v1alpha1
kind: SocialChannel
metadata: {name: square, namespace: acme}
spec: {network: Local}
---
apiVersion: tribune.dev/v1alpha1
kind: ContentCalendar
metadata: {name: busy, namespace: acme}
spec:
  timeZone: UTC
  channelRefs: [{name: square}]
  entries:
`)
	for i := range daily {
		fmt.Fprintf(&b, "  - {name: daily-%d, cron: \"%d %d * * *\", content: {text: \"Day after day %d\"}}\n", i, i%60, i%24, i)
	}
	for _, entry := range more {
		b.WriteString("  - " + entry + "\n")
	}
	return b.String()
}

// What lies before the days that were asked for takes nothing away from them: the bound on waiting Posts is the cluster's.
func TestCalendarFarAhead(t *testing.T) {
	from := time.Now().UTC().AddDate(0, 0, 300).Truncate(24 * time.Hour)
	to := from.AddDate(0, 0, 7)
	window := []string{"--from", from.Format(time.DateOnly), "--to", to.Format(time.DateOnly)}
	out, errs, code := shown(t, busy(3), append(window, "-o", "json")...)
	if got := events(t, out); len(got) != 21 || code != 0 || errs != "" {
		t.Fatalf("%d events, exit code %d, %s; want 3 a day for 7 days", len(got), code, errs)
	}
	for flag, one := range map[string]string{"--ics": "SUMMARY:daily-", "--html": `class="event `, "--month": " daily-", "--channel=square": "Planned    daily-"} {
		out, _, _ := shown(t, busy(3), append(window, flag)...)
		if n := strings.Count(out, one); n != 21 {
			t.Errorf("%s shows %d, want 21:\n%s", flag, n, out)
		}
	}

	// More than 500 on a channel before the end, and one of its own after them.
	at := to.AddDate(0, 0, -1).Format(time.DateOnly) + "T12:00"
	out, _, _ = shown(t, busy(24, fmt.Sprintf(`{name: new-year, at: %q, content: {text: New year}}`, at)), append(window, "-o", "json")...)
	perDay := map[string]int{}
	for _, e := range events(t, out) {
		perDay[e.Local[:10]]++
	}
	want := map[string]int{}
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		want[day.Format(time.DateOnly)] = 24
	}
	want[at[:10]]++
	if diff := cmp.Diff(want, perDay); diff != "" {
		t.Error(diff)
	}
}
