package agenda

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
)

func hostile() []Event {
	long := Event{Namespace: "acme", Calendar: "autumn", Entry: strings.Repeat("a-long-name-", 8), Channel: "square", Network: "Local",
		Post: "autumn-" + strings.Repeat("a-long-name-", 8), State: Planned, Hold: "Blackout", Title: strings.Repeat("🚀 große Ankündigung, ", 12),
		Reason: "moved: Feiertage\r\nATTENDEE:mailto:somebody@acme.example\rEND:VEVENT\x1b[2J", Pillar: "a,b;c\r\nX-EVIL:1", Campaign: "grüße"}
	long.At(time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC), time.UTC)
	out := long
	out.Post, out.State, out.URL = "out", "Published", "https://acme.example/"+strings.Repeat("path/", 40)
	held := long
	held.Post, held.Held = "held", true
	return []Event{long, out, held}
}

// The file is what RFC 5545 asks for: lines end in CRLF, have at most 75 octets, and what people wrote adds none.
func TestCalendarFileIsWellFormed(t *testing.T) {
	var b bytes.Buffer
	if err := Calendar(&b, "What goes out", hostile(), time.Unix(0, 0), "Not all is shown:\r\n choose --to earlier"+strings.Repeat(" ü", 60)); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	rest, ended := strings.CutSuffix(text, "\r\n")
	if !ended || strings.ContainsAny(strings.ReplaceAll(rest, "\r\n", ""), "\r\n") {
		t.Fatalf("a line does not end in CRLF:\n%q", text)
	}
	for _, line := range strings.Split(rest, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("%d octets: %q", len(line), line)
		}
		for _, evil := range []string{"ATTENDEE", "X-EVIL"} {
			if strings.HasPrefix(line, evil) {
				t.Errorf("what people wrote is a line of its own: %q", line)
			}
		}
	}
	read, err := ics.ParseCalendar(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, e := range read.Events() {
		states = append(states, e.GetProperty(ics.ComponentPropertyStatus).Value)
		if s := e.GetProperty(ics.ComponentPropertyDescription).Value; !strings.Contains(s, strings.TrimSpace(strings.Repeat("🚀 große Ankündigung, ", 12))) {
			t.Errorf("unfolded, the description is %q", s)
		}
	}
	if got := strings.Join(states, ","); got != "CONFIRMED,CONFIRMED,TENTATIVE" {
		t.Errorf("states %s", got)
	}
	if !strings.Contains(strings.ReplaceAll(text, "\r\n ", ""), "X-WR-CALDESC:Not all is shown:") {
		t.Errorf("the note is not in the file:\n%s", text)
	}
}
