package inbox

import (
	"fmt"
	"slices"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// weekdays as the API names them.
var weekdays = map[tribunev1alpha1.Weekday]time.Weekday{
	"Sun": time.Sunday, "Mon": time.Monday, "Tue": time.Tuesday, "Wed": time.Wednesday, "Thu": time.Thursday, "Fri": time.Friday, "Sat": time.Saturday,
}

// DueAfter is the instant at which so much time has passed in business hours; without hours all time counts.
func DueAfter(from time.Time, within time.Duration, hours *tribunev1alpha1.BusinessHours) (time.Time, error) {
	if hours == nil {
		return from.Add(within), nil
	}
	zone, err := time.LoadLocation(hours.TimeZone)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not an IANA time zone", hours.TimeZone)
	}
	open, err := minutes(hours.From)
	if err != nil {
		return time.Time{}, err
	}
	shut, err := minutes(hours.To)
	if err != nil {
		return time.Time{}, err
	}
	days := hours.Days
	if len(days) == 0 {
		days = []tribunev1alpha1.Weekday{"Mon", "Tue", "Wed", "Thu", "Fri"}
	}
	at := from.In(zone)
	// A window that goes over midnight belongs to the day on which it opens.
	day := time.Date(at.Year(), at.Month(), at.Day()-1, 0, 0, 0, 0, zone)
	for range 2 * 366 * 5 {
		if slices.ContainsFunc(days, func(d tribunev1alpha1.Weekday) bool { return weekdays[d] == day.Weekday() }) {
			start, end := clockOn(day, open), clockOn(day, shut)
			if shut <= open {
				end = clockOn(day.AddDate(0, 0, 1), shut)
			}
			if start.Before(from) {
				start = from
			}
			if room := end.Sub(start); room > 0 {
				if within <= room {
					return start.Add(within).UTC(), nil
				}
				within -= room
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}, fmt.Errorf("no instant within five years lies %s ahead in these hours", within)
}

func minutes(clock string) (int, error) {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return 0, fmt.Errorf("%q is not a time of day such as 09:00", clock)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// clockOn a day; what a change of the clock leaves out is its first instant after.
func clockOn(day time.Time, minute int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), minute/60, minute%60, 0, 0, day.Location())
}
