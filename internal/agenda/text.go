package agenda

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/terminal"
)

// Days writes events as a list, day by day, with notes for people at its end.
func Days(w io.Writer, events []Event, notes ...string) error {
	out := &terminal.Writer{W: w}
	if len(events) == 0 {
		out.Printf("Nothing goes out in this time.\n")
	} else {
		list(out, events)
	}
	remark(out, notes)
	return out.Err
}

func list(out *terminal.Writer, events []Event) {
	several := len(zones(events)) > 1
	if !several {
		out.Printf("Times of %s\n", events[0].Zone)
	}
	_, week := events[0].local().ISOWeek()
	for n, d := range days(events) {
		_, of := d.Date.ISOWeek()
		if n == 0 || of != week {
			week = of
			out.Printf("\nWeek %d\n", of)
		}
		out.Printf("  %s\n", d.Date.Format("Mon 2 January 2006"))
		for i := range d.Groups {
			g := &d.Groups[i]
			at := g.clock()
			if several && !g.AtOnce {
				at += " " + g.Zone
			}
			out.Printf("    %s  %s%-10s %s → %s\n", at, mark(g.shown()), g.shown(), terminal.Printable(g.name()), terminal.Printable(strings.Join(g.Channels, ", ")))
			if g.Title != "" {
				out.Printf("           %s\n", terminal.Printable(g.Title))
			}
			if g.Reason != "" {
				out.Printf("           %s\n", terminal.Printable(g.Reason))
			}
		}
	}
}

// remark writes notes after what they are about.
func remark(out *terminal.Writer, notes []string) {
	for i, note := range notes {
		if i == 0 {
			out.Printf("\n")
		}
		out.Printf("%s\n", terminal.Printable(note))
	}
}

func mark(state string) string {
	switch state {
	case "Published":
		return "✓ "
	case "Failed", "Missed", "Unknown":
		return "✗ "
	case Skipped, "Deleted":
		return "– "
	case "Held":
		return "‖ "
	}
	return "· "
}

const cell = 16

// Month writes the months of a time as grids of weeks, Monday first, with notes for people at their end.
func Month(w io.Writer, events []Event, from, to time.Time, notes ...string) error {
	out := &terminal.Writer{W: w}
	byDate := map[time.Time]day{}
	for _, d := range days(events) {
		byDate[d.Date] = d
	}
	for n, first := range months(events, from, to) {
		if n > 0 {
			out.Printf("\n")
		}
		month(out, first, byDate)
	}
	if all := zones(events); len(all) > 0 {
		out.Printf("\nTimes of %s\n", strings.Join(all, ", "))
	}
	remark(out, notes)
	return out.Err
}

func month(out *terminal.Writer, first time.Time, byDate map[time.Time]day) {
	out.Printf("%s\n", first.Format("January 2006"))
	for d := range 7 {
		out.Printf("%s", pad(time.Date(2024, 1, 1+d, 0, 0, 0, 0, time.UTC).Format("Mon"), cell))
	}
	out.Printf("\n")
	monday := first.AddDate(0, 0, -(int(first.Weekday())+6)%7)
	for ; monday.Before(first.AddDate(0, 1, 0)); monday = monday.AddDate(0, 0, 7) {
		lines := 1
		var week [7][]string
		for d := range 7 {
			date := monday.AddDate(0, 0, d)
			if date.Month() != first.Month() {
				continue
			}
			week[d] = box(date, byDate[date])
			lines = max(lines, len(week[d]))
		}
		for l := range lines {
			row := ""
			for d := range 7 {
				text := ""
				if l < len(week[d]) {
					text = week[d][l]
				}
				row += pad(text, cell)
			}
			out.Printf("%s\n", strings.TrimRight(row, " "))
		}
	}
}

// box is one day of a month.
func box(date time.Time, d day) []string {
	lines := []string{fmt.Sprint(date.Day())}
	for i := range d.Groups {
		g := &d.Groups[i]
		lines = append(lines, mark(g.shown())+g.clock()+" "+terminal.Printable(g.name()))
	}
	return lines
}

// pad fills or cuts a text to n characters, with a space at the end.
func pad(s string, n int) string {
	if utf8.RuneCountInString(s) >= n {
		return string([]rune(s)[:n-2]) + "… "
	}
	return s + strings.Repeat(" ", n-utf8.RuneCountInString(s))
}
