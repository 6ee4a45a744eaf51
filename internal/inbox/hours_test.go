package inbox

import (
	"testing"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

func TestDueAfter(t *testing.T) {
	madrid := &tribunev1alpha1.BusinessHours{TimeZone: "Europe/Madrid", Days: []tribunev1alpha1.Weekday{"Mon", "Tue", "Wed", "Thu", "Fri"}, From: "09:00", To: "18:00"}
	night := &tribunev1alpha1.BusinessHours{TimeZone: "UTC", Days: []tribunev1alpha1.Weekday{"Mon"}, From: "22:00", To: "02:00"}
	for _, c := range []struct {
		name, from, want string
		within           time.Duration
		hours            *tribunev1alpha1.BusinessHours
	}{
		{"without hours", "2026-11-21T23:00:00Z", "2026-11-22T03:00:00Z", 4 * time.Hour, nil},
		{"within a day", "2026-11-23T09:00:00Z", "2026-11-23T13:00:00Z", 4 * time.Hour, madrid},
		{"before opening", "2026-11-23T02:00:00Z", "2026-11-23T12:00:00Z", 4 * time.Hour, madrid},
		{"over the night", "2026-11-23T16:00:00Z", "2026-11-24T11:00:00Z", 4 * time.Hour, madrid},
		{"over the weekend", "2026-11-20T16:00:00Z", "2026-11-23T11:00:00Z", 4 * time.Hour, madrid},
		{"on a Sunday", "2026-11-22T12:00:00Z", "2026-11-23T09:00:00Z", time.Hour, madrid},
		{"at closing time", "2026-11-20T17:00:00Z", "2026-11-23T08:01:00Z", time.Minute, madrid},
		{"over a change of the clock", "2026-10-23T15:30:00Z", "2026-10-26T08:30:00Z", time.Hour, madrid},
		{"many days", "2026-11-23T08:00:00Z", "2026-11-27T17:00:00Z", 45 * time.Hour, madrid},
		{"over midnight", "2026-11-23T23:00:00Z", "2026-11-24T01:00:00Z", 2 * time.Hour, night},
		{"after midnight", "2026-11-24T01:00:00Z", "2026-11-30T23:00:00Z", 2 * time.Hour, night},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, _ := time.Parse(time.RFC3339, c.from)
			got, err := DueAfter(from, c.within, c.hours)
			if err != nil || got.UTC().Format(time.RFC3339) != c.want {
				t.Errorf("%s, %v; want %s", got.UTC().Format(time.RFC3339), err, c.want)
			}
		})
	}
	for _, wrong := range []tribunev1alpha1.BusinessHours{{TimeZone: "Madrid", From: "09:00", To: "10:00"}, {TimeZone: "UTC", From: "9", To: "10:00"}, {TimeZone: "UTC", From: "09:00", To: "25:00"}} {
		if at, err := DueAfter(time.Now(), time.Hour, &wrong); err == nil {
			t.Errorf("%+v gives %s", wrong, at)
		}
	}
}
