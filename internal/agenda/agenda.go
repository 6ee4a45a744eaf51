// Package agenda shows what goes out when: as days, as a month, as a calendar file, as a page, and for programs. What is shown is
// passed in; it must not know files, clients or commands.
package agenda

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/terminal"
)

// Event is one publication on one channel.
type Event struct {
	// Local is the wall clock in Zone, such as 2026-12-01T09:00; UTC the same instant.
	Local string    `json:"local"`
	Zone  string    `json:"zone"`
	UTC   time.Time `json:"utc"`

	Namespace string `json:"namespace,omitempty"`
	// Calendar and Entry are empty for Posts that people made.
	Calendar string `json:"calendar,omitempty"`
	Entry    string `json:"entry,omitempty"`
	Channel  string `json:"channel"`
	Network  string `json:"network,omitempty"`
	// Post is its name: it is the publication's for ever.
	Post string `json:"post"`
	// State is Planned where there is no Post yet, Skipped where there will be none, or the Post's own.
	State string `json:"state"`
	// Hold is why it is held, moved or left out, with Reason for people; empty for none.
	Hold   string `json:"hold,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Held is true for what is still to go out and will not before somebody does something, such as approve it.
	Held bool `json:"held,omitempty"`
	// AtOnce is true for a Post without a time, which goes out as soon as it is applied; its times are when that is thought to be.
	AtOnce bool `json:"atOnce,omitempty"`
	// Title in one line; URL where it is out.
	Title    string `json:"title"`
	URL      string `json:"url,omitempty"`
	Pillar   string `json:"pillar,omitempty"`
	Campaign string `json:"campaign,omitempty"`

	zone *time.Location
}

// States of what is no Post yet, or will never be one.
const (
	Planned = "Planned"
	Skipped = "Skipped"
)

// NotShown is the state of an event that stands for all that goes out from its time on and is not among the events, as there is too
// much of it. It is for programs; people are told by a note.
const NotShown = "NotShown"

// At sets the times of an event.
func (e *Event) At(at time.Time, zone *time.Location) {
	e.zone = zone
	e.UTC, e.Zone, e.Local = at.UTC(), zone.String(), at.In(zone).Format("2006-01-02T15:04")
}

func (e *Event) local() time.Time { return e.UTC.In(e.zone) }

// clock is the time of an event on its day, for people.
func (e *Event) clock() string {
	if e.AtOnce {
		return "at once"
	}
	return e.local().Format("15:04")
}

// shown is the state of an event for people: what is held is called so before it is due, too.
func (e *Event) shown() string {
	if e.Held && (e.State == Planned || e.State == "Scheduled") {
		return "Held"
	}
	return e.State
}

// Sort brings events into the order of their times.
func Sort(events []Event) {
	slices.SortStableFunc(events, func(a, b Event) int {
		return cmp.Or(a.UTC.Compare(b.UTC), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Calendar, b.Calendar), cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.Channel, b.Channel))
	})
}

// Title of a text: its first words in one line.
func Title(title, text string, length int) string {
	if title != "" {
		text = title
	}
	text = terminal.Printable(strings.Join(strings.Fields(text), " "))
	runes := []rune(text)
	if len(runes) <= length {
		return text
	}
	cut := strings.TrimRight(string(runes[:length-1]), " ")
	if space := strings.LastIndexByte(cut, ' '); space > len(cut)/2 {
		cut = cut[:space]
	}
	return cut + "…"
}

// group is what one entry publishes at one instant, on several channels.
type group struct {
	Event
	Channels []string
}

// grouped joins the events of one entry, instant and state. Events are in order.
func grouped(events []Event) []group {
	var groups []group
	for i := range events {
		e := &events[i]
		at := len(groups) - 1
		for at >= 0 && groups[at].UTC.Equal(e.UTC) && !groups[at].joins(e) {
			at--
		}
		if at < 0 || !groups[at].joins(e) {
			groups = append(groups, group{Event: *e, Channels: []string{e.Channel}})
			continue
		}
		groups[at].Channels = append(groups[at].Channels, e.Channel)
	}
	return groups
}

// joins is true for the same publication on another channel.
func (g *group) joins(e *Event) bool {
	return e.Entry != "" && g.UTC.Equal(e.UTC) && g.Namespace == e.Namespace && g.Calendar == e.Calendar && g.Entry == e.Entry &&
		g.State == e.State && g.Reason == e.Reason
}

// name of what goes out.
func (g *group) name() string {
	if g.Entry != "" {
		return g.Entry
	}
	return g.Post
}

// day of a date in the events' own zones.
type day struct {
	Date   time.Time // midnight, without a zone
	Groups []group
}

func dateOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// days with something on them, in order.
func days(events []Event) []day {
	byDate := map[time.Time][]Event{}
	for i := range events {
		date := dateOf(events[i].local())
		byDate[date] = append(byDate[date], events[i])
	}
	all := make([]day, 0, len(byDate))
	for date, of := range byDate {
		all = append(all, day{date, grouped(of)})
	}
	slices.SortFunc(all, func(a, b day) int { return a.Date.Compare(b.Date) })
	return all
}

// zones that the events have.
func zones(events []Event) []string {
	var all []string
	for i := range events {
		if !slices.Contains(all, events[i].Zone) {
			all = append(all, events[i].Zone)
		}
	}
	slices.Sort(all)
	return all
}

// months of a time, each by its first day; also those that events of it lie in by their own clocks.
func months(events []Event, from, to time.Time) []time.Time {
	monthOf := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }
	first, last := monthOf(from), monthOf(from)
	if from.Before(to) {
		last = monthOf(to.Add(-1))
	}
	for i := range events {
		at := monthOf(events[i].local())
		if at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	var all []time.Time
	for ; !first.After(last); first = first.AddDate(0, 1, 0) {
		all = append(all, first)
	}
	return all
}
