package schedule

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func mustParse(t testing.TB, spec Spec) *Schedule {
	t.Helper()
	s, err := Parse(spec)
	if err != nil {
		t.Fatalf("Parse(%+v): %v", spec, err)
	}
	return s
}

// lines shows occurrences as "floating time -> instant #ordinal ID fit".
func lines(all []Occurrence) []string {
	var out []string
	for _, o := range all {
		out = append(out, fmt.Sprintf("%s -> %s #%d %s %s", o.Local, o.At.Format("2006-01-02T15:04:05Z07:00"), o.Ordinal, o.ID, o.Fit))
	}
	return out
}

func TestOccurrences(t *testing.T) {
	tests := []struct {
		name     string
		spec     Spec
		from, to string
		want     []string
	}{
		{
			name: "at is a wall clock of the zone", spec: Spec{At: "2026-12-01T09:00", Zone: "Europe/Madrid"},
			from: "2026-12-01T08:00:00Z", to: "2026-12-01T08:00:01Z",
			want: []string{"2026-12-01T09:00 -> 2026-12-01T08:00:00Z #0 once Exact"},
		},
		{
			name: "the end of a window is not included", spec: Spec{At: "2026-12-01T09:00", Zone: "Europe/Madrid"},
			from: "2026-12-01T07:00:00Z", to: "2026-12-01T08:00:00Z",
		},
		{
			name: "at with an offset is an instant", spec: Spec{At: "2026-12-01T09:00:30-05:00", Zone: "Europe/Madrid"},
			from: "2026-12-01T00:00:00Z", to: "2026-12-02T00:00:00Z",
			want: []string{"2026-12-01T15:00:30 -> 2026-12-01T14:00:30Z #0 once Exact"},
		},
		{
			name: "a rotation keeps its place over a cancelled date",
			spec: Spec{Cron: "0 10 * * 2", Start: "2026-11-24", Except: []string{"2026-12-29"}, Rotates: true, Zone: "Europe/Madrid"},
			from: "2026-12-20T00:00:00Z", to: "2027-01-08T00:00:00Z",
			want: []string{
				"2026-12-22T10:00 -> 2026-12-22T09:00:00Z #4 2026-12-22 Exact",
				"2027-01-05T10:00 -> 2027-01-05T09:00:00Z #6 2027-01-05 Exact",
			},
		},
		{
			name: "last Friday of the month", spec: Spec{RRule: "FREQ=MONTHLY;BYDAY=-1FR", Time: "17:00", Zone: "Europe/Madrid"},
			from: "2026-10-01T00:00:00Z", to: "2027-01-01T00:00:00Z",
			want: []string{
				"2026-10-30T17:00 -> 2026-10-30T16:00:00Z #-1 2026-10-30 Exact",
				"2026-11-27T17:00 -> 2026-11-27T16:00:00Z #-1 2026-11-27 Exact",
				"2026-12-25T17:00 -> 2026-12-25T16:00:00Z #-1 2026-12-25 Exact",
			},
		},
		{
			name: "gap in New York: an hour late rather than early", spec: Spec{Cron: "30 2 * * *", Zone: "America/New_York"},
			from: "2026-03-07T12:00:00Z", to: "2026-03-09T12:00:00Z",
			want: []string{
				"2026-03-08T02:30 -> 2026-03-08T07:00:00Z #-1 2026-03-08 Gap",
				"2026-03-09T02:30 -> 2026-03-09T06:30:00Z #-1 2026-03-09 Exact",
			},
		},
		{
			name: "fold in New York: the first of the two", spec: Spec{Cron: "30 1 * * *", Zone: "America/New_York"},
			from: "2026-11-01T00:00:00Z", to: "2026-11-02T00:00:00Z",
			want: []string{"2026-11-01T01:30 -> 2026-11-01T05:30:00Z #-1 2026-11-01 Fold"},
		},
		{
			name: "gap of half an hour on Lord Howe", spec: Spec{Cron: "15 2 * * *", Zone: "Australia/Lord_Howe"},
			from: "2026-10-03T00:00:00Z", to: "2026-10-04T00:00:00Z",
			want: []string{"2026-10-04T02:15 -> 2026-10-03T15:30:00Z #-1 2026-10-04 Gap"},
		},
		{
			name: "gap of two hours in Antarctica", spec: Spec{Cron: "30 1 * * *", Zone: "Antarctica/Troll"},
			from: "2026-03-29T00:00:00Z", to: "2026-03-29T12:00:00Z",
			want: []string{"2026-03-29T01:30 -> 2026-03-29T01:00:00Z #-1 2026-03-29 Gap"},
		},
		{
			name: "a missing midnight in Cairo", spec: Spec{Cron: "0 0 * * *", Zone: "Africa/Cairo"},
			from: "2026-04-23T12:00:00Z", to: "2026-04-24T12:00:00Z",
			want: []string{"2026-04-24T00:00 -> 2026-04-23T22:00:00Z #-1 2026-04-24 Gap"},
		},
		{
			name: "Apia had no 30th: its occurrence goes out as the 31st begins", spec: Spec{Cron: "0 10 * * *", Start: "2011-12-29", Zone: "Pacific/Apia"},
			from: "2011-12-29T00:00:00Z", to: "2011-12-31T00:00:00Z",
			want: []string{
				"2011-12-29T10:00 -> 2011-12-29T20:00:00Z #0 2011-12-29 Exact",
				"2011-12-30T10:00 -> 2011-12-30T10:00:00Z #1 2011-12-30 Gap",
				"2011-12-31T10:00 -> 2011-12-30T20:00:00Z #2 2011-12-31 Exact",
			},
		},
		{
			name: "Kwajalein had no 21st", spec: Spec{RRule: "FREQ=DAILY", Time: "12:00", Zone: "Pacific/Kwajalein"},
			from: "1993-08-21T01:00:00Z", to: "1993-08-22T12:00:00Z",
			want: []string{
				"1993-08-21T12:00 -> 1993-08-21T12:00:00Z #-1 1993-08-21 Gap",
				"1993-08-22T12:00 -> 1993-08-22T00:00:00Z #-1 1993-08-22 Exact",
			},
		},
		{
			name: "winter time is the one that deviates in Dublin", spec: Spec{Cron: "30 1 * * *", Zone: "Europe/Dublin"},
			from: "2026-10-25T00:00:00Z", to: "2026-10-26T00:00:00Z",
			want: []string{"2026-10-25T01:30 -> 2026-10-25T00:30:00Z #-1 2026-10-25 Fold"},
		},
		{
			name: "a gap merges what falls on one instant; the one the clock shows stays",
			spec: Spec{Cron: "*/30 1-3 * * *", Start: "2026-03-29", Zone: "Europe/Madrid"},
			from: "2026-03-29T00:00:00Z", to: "2026-03-29T12:00:00Z",
			want: []string{
				"2026-03-29T01:00 -> 2026-03-29T00:00:00Z #0 2026-03-29T0100 Exact",
				"2026-03-29T01:30 -> 2026-03-29T00:30:00Z #1 2026-03-29T0130 Exact",
				"2026-03-29T03:00 -> 2026-03-29T01:00:00Z #4 2026-03-29T0300 Exact",
				"2026-03-29T03:30 -> 2026-03-29T01:30:00Z #5 2026-03-29T0330 Exact",
			},
		},
		{
			name: "a gap merges within itself", spec: Spec{Cron: "0,30 2 * * *", Zone: "Europe/Madrid"},
			from: "2026-03-29T00:00:00Z", to: "2026-03-29T12:00:00Z",
			want: []string{"2026-03-29T02:30 -> 2026-03-29T01:00:00Z #-1 2026-03-29T0230 Gap"},
		},
		{
			name: "each day of the month or of the week", spec: Spec{Cron: "0 9 1 * MON", Zone: "UTC"},
			from: "2026-11-28T00:00:00Z", to: "2026-12-09T00:00:00Z",
			want: []string{
				"2026-11-30T09:00 -> 2026-11-30T09:00:00Z #-1 2026-11-30 Exact",
				"2026-12-01T09:00 -> 2026-12-01T09:00:00Z #-1 2026-12-01 Exact",
				"2026-12-07T09:00 -> 2026-12-07T09:00:00Z #-1 2026-12-07 Exact",
			},
		},
		{
			name: "both days if one begins with a star", spec: Spec{Cron: "0 9 * 12 MON", Zone: "UTC"},
			from: "2026-11-28T00:00:00Z", to: "2026-12-09T00:00:00Z",
			want: []string{"2026-12-07T09:00 -> 2026-12-07T09:00:00Z #-1 2026-12-07 Exact"},
		},
		{
			name: "INTERVAL counts weeks from start", spec: Spec{RRule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", Time: "08:00", Start: "2026-11-25", Zone: "UTC"},
			from: "2026-11-01T00:00:00Z", to: "2026-12-22T00:00:00Z",
			want: []string{
				"2026-11-25T08:00 -> 2026-11-25T08:00:00Z #0 2026-11-25 Exact",
				"2026-12-07T08:00 -> 2026-12-07T08:00:00Z #1 2026-12-07 Exact",
				"2026-12-09T08:00 -> 2026-12-09T08:00:00Z #2 2026-12-09 Exact",
				"2026-12-21T08:00 -> 2026-12-21T08:00:00Z #3 2026-12-21 Exact",
			},
		},
		{
			name: "COUNT counts cancelled dates too, as RFC 5545 does", spec: Spec{RRule: "FREQ=DAILY;COUNT=3", Time: "08:00", Start: "2026-11-25", Except: []string{"2026-11-26"}, Zone: "UTC"},
			from: "2026-11-01T00:00:00Z", to: "2026-12-22T00:00:00Z",
			want: []string{
				"2026-11-25T08:00 -> 2026-11-25T08:00:00Z #0 2026-11-25 Exact",
				"2026-11-27T08:00 -> 2026-11-27T08:00:00Z #2 2026-11-27 Exact",
			},
		},
		{
			name: "hours are counted over midnight from time on start", spec: Spec{RRule: "FREQ=HOURLY;INTERVAL=10", Time: "09:30", Start: "2026-11-25", Until: "2026-11-26", Zone: "UTC"},
			from: "2026-11-01T00:00:00Z", to: "2026-12-22T00:00:00Z",
			want: []string{
				"2026-11-25T09:30 -> 2026-11-25T09:30:00Z #0 2026-11-25T0930 Exact",
				"2026-11-25T19:30 -> 2026-11-25T19:30:00Z #1 2026-11-25T1930 Exact",
				"2026-11-26T05:30 -> 2026-11-26T05:30:00Z #2 2026-11-26T0530 Exact",
				"2026-11-26T15:30 -> 2026-11-26T15:30:00Z #3 2026-11-26T1530 Exact",
			},
		},
		{
			name: "until is included, by the local date", spec: Spec{Cron: "30 23 * * *", Until: "2026-11-25", Zone: "America/New_York"},
			from: "2026-11-25T00:00:00Z", to: "2026-11-28T00:00:00Z",
			want: []string{
				"2026-11-24T23:30 -> 2026-11-25T04:30:00Z #-1 2026-11-24 Exact",
				"2026-11-25T23:30 -> 2026-11-26T04:30:00Z #-1 2026-11-25 Exact",
			},
		},
		{
			name: "the last working day of the month", spec: Spec{RRule: "RRULE:freq=monthly;byday=mo,tu,we,th,fr;bysetpos=-1", Time: "12:00", Zone: "UTC"},
			from: "2026-10-01T00:00:00Z", to: "2026-12-01T00:00:00Z",
			want: []string{
				"2026-10-30T12:00 -> 2026-10-30T12:00:00Z #-1 2026-10-30 Exact",
				"2026-11-30T12:00 -> 2026-11-30T12:00:00Z #-1 2026-11-30 Exact",
			},
		},
		{
			name: "a rule without a day takes that of start", spec: Spec{RRule: "FREQ=MONTHLY", Time: "12:00", Start: "2026-10-31", Zone: "UTC"},
			from: "2026-10-01T00:00:00Z", to: "2027-02-01T00:00:00Z",
			want: []string{
				"2026-10-31T12:00 -> 2026-10-31T12:00:00Z #0 2026-10-31 Exact",
				"2026-12-31T12:00 -> 2026-12-31T12:00:00Z #1 2026-12-31 Exact",
				"2027-01-31T12:00 -> 2027-01-31T12:00:00Z #2 2027-01-31 Exact",
			},
		},
		{
			name: "an empty window", spec: Spec{Cron: "@daily", Zone: "UTC"},
			from: "2026-10-01T00:00:00Z", to: "2026-10-01T00:00:00Z",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := mustParse(t, test.spec).Occurrences(instant(t, test.from), instant(t, test.to))
			if diff := cmp.Diff(test.want, lines(got)); diff != "" {
				t.Errorf("occurrences (-want +got):\n%s", diff)
			}
		})
	}
}

// TestIdentityIsOfTheRule: whether the time belongs to the name must not depend on the date or the window.
func TestIdentityIsOfTheRule(t *testing.T) {
	tests := []struct {
		spec   Spec
		perDay int
		id     string // of the first occurrence
	}{
		{Spec{At: "2026-12-01T09:00"}, 1, "once"},
		{Spec{Cron: "0 10 * * 2"}, 1, "2026-11-24"},
		{Spec{Cron: "@monthly"}, 1, "2026-12-01"},
		{Spec{Cron: "0,30 10 * * 2"}, 2, "2026-11-24T1000"},
		{Spec{Cron: "30 9,17 * * 1-5"}, 2, "2026-11-24T0930"},
		{Spec{Cron: "@hourly"}, 24, "2026-11-24T0000"},
		{Spec{RRule: "FREQ=DAILY;BYHOUR=9,12,15;BYSETPOS=2"}, 1, "2026-11-24"},
		{Spec{RRule: "FREQ=DAILY;BYHOUR=9,12,15;BYSETPOS=1,-1"}, 2, "2026-11-24T0900"},
		{Spec{RRule: "FREQ=MONTHLY;BYDAY=TU;BYHOUR=9,12;BYSETPOS=-1"}, 1, "2026-11-24"},
		{Spec{RRule: "FREQ=HOURLY;INTERVAL=24", Time: "09:30", Start: "2026-11-24"}, 1, "2026-11-24"},
		{Spec{RRule: "FREQ=HOURLY;INTERVAL=23", Time: "09:30", Start: "2026-11-24"}, 2, "2026-11-24T0930"},
		{Spec{RRule: "FREQ=HOURLY;INTERVAL=7", Time: "09:30", Start: "2026-11-24"}, 4, "2026-11-24T0930"},
		{Spec{RRule: "FREQ=HOURLY;INTERVAL=12;BYHOUR=9", Time: "09:30", Start: "2026-11-24"}, 1, "2026-11-24"},
		{Spec{RRule: "FREQ=MINUTELY;INTERVAL=90", Start: "2026-11-24"}, 16, "2026-11-24T0000"},
	}
	for _, test := range tests {
		test.spec.Zone = "UTC"
		s := mustParse(t, test.spec)
		if s.PerDay() != test.perDay {
			t.Errorf("%+v fires %d times a day, want %d", test.spec, s.PerDay(), test.perDay)
		}
		first, ok := s.Next(instant(t, "2026-11-23T23:59:59Z"))
		if !ok || first.ID != test.id {
			t.Errorf("%+v: the first is called %q, want %q", test.spec, first.ID, test.id)
		}
	}
}

func TestNext(t *testing.T) {
	tests := []struct {
		name  string
		spec  Spec
		after string
		want  []string
	}{
		{"it is later than the time given", Spec{Cron: "0 10 * * *"}, "2026-11-24T10:00:00Z", []string{"2026-11-25T10:00 -> 2026-11-25T10:00:00Z #-1 2026-11-25 Exact"}},
		{"by a nanosecond", Spec{Cron: "0 10 * * *"}, "2026-11-24T09:59:59.999999999Z", []string{"2026-11-24T10:00 -> 2026-11-24T10:00:00Z #-1 2026-11-24 Exact"}},
		{"at is past", Spec{At: "2026-12-01T09:00"}, "2026-12-01T09:00:00Z", nil},
		{"start lies years ahead", Spec{Cron: "@yearly", Start: "2126-06-01"}, "2026-12-01T09:00:00Z", []string{"2127-01-01T00:00 -> 2127-01-01T00:00:00Z #0 2127-01-01 Exact"}},
		{"until is past", Spec{Cron: "@daily", Until: "2026-11-24"}, "2026-11-24T00:00:00Z", nil},
		{"COUNT is used up", Spec{RRule: "FREQ=DAILY;COUNT=2", Time: "10:00", Start: "2026-11-24"}, "2026-11-25T10:00:00Z", nil},
		{"29 February on a Monday", Spec{RRule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", Time: "10:00", Start: "2016-01-01"}, "2026-11-25T10:00:00Z", []string{"2044-02-29T10:00 -> 2044-02-29T10:00:00Z #1 2044-02-29 Exact"}},
		{"a cancelled date is passed over", Spec{Cron: "@daily", Except: []string{"2026-11-25"}}, "2026-11-24T00:00:00Z", []string{"2026-11-26T00:00 -> 2026-11-26T00:00:00Z #-1 2026-11-26 Exact"}},
		{"after the end of all", Spec{Cron: "@daily", Start: "2026-11-24", Until: "2026-11-24", Except: []string{"2026-11-24"}}, "2026-01-01T00:00:00Z", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.spec.Zone = "UTC"
			var got []string
			if next, ok := mustParse(t, test.spec).Next(instant(t, test.after)); ok {
				got = lines([]Occurrence{next})
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("next (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRotation(t *testing.T) {
	var got []int
	for ordinal := range 5 {
		got = append(got, Rotation(ordinal, 3))
	}
	if diff := cmp.Diff([]int{0, 1, 2, 0, 1}, got); diff != "" {
		t.Errorf("rotation (-want +got):\n%s", diff)
	}
}

func TestUnusedExcept(t *testing.T) {
	s := mustParse(t, Spec{Cron: "0 10 * * 2", Start: "2026-11-24", Except: []string{"2026-12-29", "2026-12-28", "2026-11-17"}, Zone: "UTC"})
	want := []Date{{2026, time.November, 17}, {2026, time.December, 28}}
	if diff := cmp.Diff(want, s.UnusedExcept()); diff != "" {
		t.Errorf("unused dates (-want +got):\n%s", diff)
	}
}
