package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const calendarManifests = `
apiVersion: tribune.dev/v1alpha1
kind: SocialChannel
metadata: {name: sky, namespace: acme}
spec: {network: Bluesky, mode: Rehearsal}
---
apiVersion: tribune.dev/v1alpha1
kind: SocialChannel
metadata: {name: square, namespace: acme}
spec: {network: Local}
---
apiVersion: tribune.dev/v1alpha1
kind: ContentCalendar
metadata: {name: autumn, namespace: acme}
spec:
  timeZone: Europe/Madrid
  channelRefs: [{name: sky}]
  blackouts: [{from: "2025-12-24T00:00", to: "2025-12-26T00:00", reason: Holidays, on: Skip}]
  quietHours: {from: "22:00", to: "07:00"}
  entries:
  - {name: eve, at: "2025-12-24T10:00", content: {text: Eve}}
  - {name: launch, at: "2025-12-27T09:00", channelRefs: [{name: sky}, {name: square}], approval: {}, content: {text: "It is \x1b[2J out"}}
  - {name: night, at: "2025-12-27T23:00", content: {text: Night}}
`

func calendared(t *testing.T, args ...string) (string, int) {
	t.Helper()
	out, errs, code := command(t, calendarManifests, append([]string{"calendar"}, args...)...)
	switch code {
	case 0:
		return out, 0
	case 2:
		return errs, 2
	}
	t.Fatal(errs)
	return "", 0
}

// Every occurrence of files is shown with both clocks, its Post, and what moves, holds or skips it.
func TestCalendarOfFiles(t *testing.T) {
	out, _ := calendared(t, "-", "--from", "2025-12-20", "--to", "2026-01-02", "-o", "json")
	var events []struct{ Local, Zone, UTC, Entry, Channel, Network, Post, State, Hold string }
	if err := json.Unmarshal([]byte(out), &events); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got []string
	for _, e := range events {
		if !strings.HasPrefix(e.Post, "autumn-"+e.Entry+"-"+e.Channel) || e.Zone != "Europe/Madrid" {
			t.Errorf("%+v", e)
		}
		got = append(got, strings.Join([]string{e.Local, e.UTC, e.Entry, e.Channel, e.Network, e.State, e.Hold}, " "))
	}
	want := []string{
		"2025-12-24T10:00 2025-12-24T09:00:00Z eve sky Bluesky Skipped Blackout",
		"2025-12-27T09:00 2025-12-27T08:00:00Z launch sky Bluesky Planned AwaitingApproval",
		"2025-12-27T09:00 2025-12-27T08:00:00Z launch square Local Planned AwaitingApproval",
		"2025-12-28T07:00 2025-12-28T06:00:00Z night sky Bluesky Planned QuietHours",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if out, _ := calendared(t, "-", "--from", "2025-12-20", "--channel", "square", "-o", "json"); strings.Count(out, `"post"`) != 1 {
		t.Errorf("one channel: %s", out)
	}
}

func TestCalendarForPeople(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want []string
	}{
		"days":  {nil, []string{"Times of Europe/Madrid", "Week 52", "Wed 24 December 2025", "– Skipped    eve → sky", "Holidays", "launch → sky, square", "needs approval", "moved: quiet hours"}},
		"month": {[]string{"--month"}, []string{"December 2025", "Mon ", "– 10:00 eve", "‖ 09:00 launch"}},
		"ics":   {[]string{"--ics"}, []string{"BEGIN:VCALENDAR", "DTSTART:20251227T080000Z", "SUMMARY:launch → square", "END:VCALENDAR"}},
		"html":  {[]string{"--html"}, []string{"<h2>December 2025</h2>", "launch", "sky, square", "Holidays"}},
	} {
		out, _ := calendared(t, append([]string{"-", "--from", "2025-12-20", "--to", "2025-12-31"}, tc.args...)...)
		for _, want := range tc.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %q:\n%s", name, want, out)
			}
		}
		if strings.Contains(out, "\x1b") {
			t.Errorf("%s has a control character", name)
		}
	}
	if out, _ := calendared(t, "-", "--from", "2025-01-01"); !strings.Contains(out, "Nothing goes out") {
		t.Errorf("an empty time: %s", out)
	}
}

func TestCalendarIsAskedInAWrongWay(t *testing.T) {
	for _, args := range [][]string{
		{"-", "--from", "tomorrow"}, {"-", "--to", "2025-13-01"}, {"-", "--from", "2025-12-20", "--to", "2025-12-20"},
		{"-", "--from", "2025-12-20", "--to", "2099-12-20"}, {"-", "-o", "yaml"},
		{"-", "-o", "json", "--ics"}, {"-", "-o", "json", "--html"}, {"-", "--channel", "no-such"},
	} {
		if says, code := calendared(t, args...); code != 2 || says == "" {
			t.Errorf("%q: exit code %d, %s", args, code, says)
		}
	}
}
