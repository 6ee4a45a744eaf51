package agenda

import (
	"io"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// Calendar writes events as an iCalendar file (RFC 5545) that other calendars can subscribe to. now is when it was made.
func Calendar(w io.Writer, name string, events []Event, now time.Time) error {
	c := ics.NewCalendar()
	c.SetProductId("-//tribune.dev//Tribune//EN")
	c.SetMethod(ics.MethodPublish)
	c.SetXWRCalName(name)
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
		if e.URL != "" {
			event.SetURL(e.URL)
		}
		for _, category := range []string{e.Network, e.Pillar, e.Campaign} {
			if category != "" {
				event.AddCategory(category)
			}
		}
		event.SetStatus(status(e.State))
	}
	return c.SerializeTo(w)
}

func (e *Event) summary() string {
	name := e.Entry
	if name == "" {
		name = e.Post
	}
	return name + " → " + e.Channel
}

func (e *Event) description() string {
	lines := []string{e.Title, "State: " + e.State}
	if e.Reason != "" {
		lines = append(lines, e.Reason)
	}
	lines = append(lines, e.Local+" "+e.Zone, "Post "+e.Post)
	return strings.Join(lines, "\n")
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
