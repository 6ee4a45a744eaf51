package agenda

import (
	"io"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"

	"github.com/tribune-dev/tribune/internal/terminal"
)

// Calendar writes events as an iCalendar file (RFC 5545: lines end in CRLF, and are folded at 75 octets) that other calendars can
// subscribe to, with notes for people as its description. now is when it was made.
func Calendar(w io.Writer, name string, events []Event, now time.Time, notes ...string) error {
	c := ics.NewCalendar()
	c.SetProductId("-//tribune.dev//Tribune//EN")
	c.SetMethod(ics.MethodPublish)
	c.SetXWRCalName(terminal.Printable(name))
	if len(notes) > 0 {
		c.SetXWRCalDesc(printable(notes))
	}
	for i := range events {
		e := &events[i]
		if e.State == Skipped {
			continue
		}
		event := c.AddEvent(e.Post + "." + e.Namespace + "@tribune.dev")
		event.SetDtStampTime(now.UTC())
		event.SetStartAt(e.UTC)
		event.SetEndAt(e.UTC.Add(15 * time.Minute))
		event.SetSummary(e.summary())
		event.SetDescription(e.description())
		event.SetTimeTransparency(ics.TransparencyTransparent)
		if address := address(e.URL); address != "" {
			event.SetURL(address)
		}
		for _, category := range []string{e.Network, e.Pillar, e.Campaign} {
			if category != "" {
				event.AddCategory(terminal.Printable(category))
			}
		}
		event.SetStatus(status(e.shown()))
	}
	return c.SerializeTo(w, ics.WithNewLineWindows)
}

// address of what is out, as a URI of the web (RFC 5545, 3.3.13), which is written as it stands; empty for what is none.
func address(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	if text = u.String(); !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsSpace) || strings.ContainsFunc(text, unicode.IsControl) {
		return ""
	}
	return text
}

func (e *Event) summary() string {
	name := e.Entry
	if name == "" {
		name = e.Post
	}
	return terminal.Printable(name + " → " + e.Channel)
}

func (e *Event) description() string {
	lines := []string{e.Title, "State: " + e.shown()}
	if e.AtOnce {
		lines = append(lines, "at once, when it is applied")
	}
	if e.Reason != "" {
		lines = append(lines, e.Reason)
	}
	lines = append(lines, e.Local+" "+e.Zone, "Post "+e.Post)
	return printable(lines)
}

// printable joins lines without what is no text (RFC 5545, 3.3.11): a carriage return would end the line of the file.
func printable(lines []string) string {
	clean := make([]string, len(lines))
	for i, line := range lines {
		clean[i] = terminal.Printable(line)
	}
	return strings.Join(clean, "\n")
}

func status(state string) ics.ObjectStatus {
	switch state {
	case "Failed", "Missed", "Deleted":
		return ics.ObjectStatusCancelled
	case "Held", "Unknown":
		return ics.ObjectStatusTentative
	}
	return ics.ObjectStatusConfirmed
}
