package agenda

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// errWriter keeps the first error, so that only the end has to look.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) printf(format string, args ...any) {
	if e.err == nil {
		_, e.err = fmt.Fprintf(e.w, format, args...)
	}
}

// Days writes events as a list, day by day.
func Days(w io.Writer, events []Event) error {
	out := &errWriter{w: w}
	if len(events) == 0 {
		out.printf("Nothing goes out in this time.\n")
		return out.err
	}
	several := len(zones(events)) > 1
	if !several {
		out.printf("Times of %s\n", events[0].Zone)
	}
	_, week := events[0].local().ISOWeek()
	for n, d := range days(events) {
		_, of := d.Date.ISOWeek()
		if n == 0 || of != week {
			week = of
			out.printf("\nWeek %d\n", of)
		}
		out.printf("  %s\n", d.Date.Format("Mon 2 January 2006"))
		for i := range d.Groups {
			g := &d.Groups[i]
			at := g.local().Format("15:04")
			if several {
				at += " " + g.Zone
			}
			out.printf("    %s  %s%-10s %s → %s\n", at, mark(g.State), g.State, printable(g.name()), strings.Join(g.Channels, ", "))
			if g.Title != "" {
				out.printf("           %s\n", printable(g.Title))
			}
			if g.Reason != "" {
				out.printf("           %s\n", printable(g.Reason))
			}
		}
	}
	return out.err
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

// Month writes the months of a time as grids of weeks, Monday first.
func Month(w io.Writer, events []Event, from, to time.Time) error {
	out := &errWriter{w: w}
	byDate := map[time.Time]day{}
	for _, d := range days(events) {
		byDate[d.Date] = d
	}
	first := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
	for n := 0; first.Before(to) || n == 0; first, n = first.AddDate(0, 1, 0), n+1 {
		if n > 0 {
			out.printf("\n")
		}
		month(out, first, byDate)
	}
	if all := zones(events); len(all) > 0 {
		out.printf("\nTimes of %s\n", strings.Join(all, ", "))
	}
	return out.err
}

func month(out *errWriter, first time.Time, byDate map[time.Time]day) {
	out.printf("%s\n", first.Format("January 2006"))
	for d := range 7 {
		out.printf("%s", pad(time.Date(2024, 1, 1+d, 0, 0, 0, 0, time.UTC).Format("Mon"), cell))
	}
	out.printf("\n")
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
			out.printf("%s\n", strings.TrimRight(row, " "))
		}
	}
}

// box is one day of a month.
func box(date time.Time, d day) []string {
	lines := []string{fmt.Sprint(date.Day())}
	for i := range d.Groups {
		g := &d.Groups[i]
		lines = append(lines, mark(g.State)+g.local().Format("15:04")+" "+printable(g.name()))
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

// printable is a text in which no character can move a terminal's cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '\ufffd'
		}
		return r
	}, s)
}
