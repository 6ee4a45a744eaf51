// Package when reads times as people write them on a command line: "tomorrow 09:00", "+2h". It is pure: the clock and the zone are
// passed in. What stands in manifests is read by internal/schedule, which knows fewer ways.
package when

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/schedule"
)

// howTimes says how a time is written.
const howTimes = `write "2026-12-01 09:00", "tomorrow 09:00", "17:30", "+2h", or a time with an offset such as "2026-12-01T08:00:00Z"`

var (
	wallClock = regexp.MustCompile(`^(?:(\S+)[ T])?([0-9]{1,2}):([0-9]{2})$`)
	ahead     = regexp.MustCompile(`^\+([0-9]{1,5})([mhdw])$`)
)

// maxAhead is how far ahead a time may lie; further is a slip of the year.
const maxAhead = 5 * 366 * 24 * time.Hour

var weekdays = map[string]time.Weekday{
	"sunday": time.Sunday, "sun": time.Sunday, "monday": time.Monday, "mon": time.Monday, "tuesday": time.Tuesday, "tue": time.Tuesday,
	"wednesday": time.Wednesday, "wed": time.Wednesday, "thursday": time.Thursday, "thu": time.Thursday, "friday": time.Friday, "fri": time.Friday,
	"saturday": time.Saturday, "sat": time.Saturday,
}

// Parse reads a time that is to come. The note says what a clock change made of it, if it did; errors begin with what was written.
func Parse(s string, now time.Time, zone *time.Location) (at time.Time, note string, err error) {
	s = strings.TrimSpace(s)
	at, note, err = parse(s, now, zone)
	if err != nil {
		return time.Time{}, "", fmt.Errorf("%q: %w", s, err)
	}
	switch d := at.Sub(now); {
	case d < 0:
		return time.Time{}, "", fmt.Errorf("%q lies in the past: that was %s", s, at.In(zone).Format("Mon 2 Jan 2006, 15:04 MST"))
	case d > maxAhead:
		return time.Time{}, "", fmt.Errorf("%q is more than five years ahead: is the year right?", s)
	}
	return at, note, nil
}

func parse(s string, now time.Time, zone *time.Location) (time.Time, string, error) {
	if t, err := time.Parse(time.RFC3339, strings.ToUpper(s)); err == nil {
		return t, "", nil
	}
	if m := ahead.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		unit := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
		return now.Add(time.Duration(n) * unit), "", err
	}
	m := wallClock.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, "", errors.New(howTimes)
	}
	hour, errHour := strconv.Atoi(m[2])
	minute, errMinute := strconv.Atoi(m[3])
	if errHour != nil || errMinute != nil || hour > 23 || minute > 59 {
		return time.Time{}, "", fmt.Errorf("%s:%s is no time of day", m[2], m[3])
	}
	today := schedule.LocalOf(now, zone).Date
	clock := func(d schedule.Date) (time.Time, string) {
		at, fit := schedule.Resolve(schedule.Local{Date: d, Hour: hour, Minute: minute}, zone)
		return at, fitNote(fit, at, zone)
	}
	// next is the first day from today on which the time is still to come.
	next := func(days int) (time.Time, string) {
		at, note := clock(plusDays(today, days))
		if at.Before(now) {
			step := 7
			if m[1] == "" {
				step = 1
			}
			at, note = clock(plusDays(today, days+step))
		}
		return at, note
	}
	weekday, isWeekday := weekdays[strings.ToLower(m[1])]
	switch word := strings.ToLower(m[1]); {
	case word == "":
		at, note := next(0)
		return at, note, nil
	case word == "today":
		at, note := clock(today)
		return at, note, nil
	case word == "tomorrow":
		at, note := clock(plusDays(today, 1))
		return at, note, nil
	case isWeekday:
		at, note := next((int(weekday-weekdayOf(today)) + 7) % 7)
		return at, note, nil
	}
	date, err := schedule.ParseDate(m[1])
	if err != nil {
		return time.Time{}, "", errors.New(howTimes)
	}
	at, note := clock(date)
	return at, note, nil
}

func fitNote(fit schedule.Fit, at time.Time, zone *time.Location) string {
	switch fit {
	case schedule.Gap:
		return fmt.Sprintf("The clock change leaves that time out: it is %s", at.In(zone).Format("15:04 MST"))
	case schedule.Fold:
		return fmt.Sprintf("The clock shows that time twice: it is the first, %s", at.In(zone).Format("15:04 MST"))
	}
	return ""
}

func plusDays(d schedule.Date, days int) schedule.Date {
	t := time.Date(d.Year, d.Month, d.Day+days, 12, 0, 0, 0, time.UTC)
	return schedule.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}
}

func weekdayOf(d schedule.Date) time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC).Weekday()
}
