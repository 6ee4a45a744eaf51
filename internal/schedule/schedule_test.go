package schedule

import (
	"errors"
	"fmt"
	"strings"
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

func TestParseErrors(t *testing.T) {
	zone := "Europe/Madrid"
	tests := []struct {
		name string
		spec Spec
		want string
	}{
		{"no zone", Spec{At: "2026-12-01T09:00"}, `timeZone: no time zone is set: write an IANA name such as "Europe/Madrid" or "UTC"`},
		{"no rule", Spec{Zone: zone}, `at: no time is set: set one of at ("2026-12-01T09:00"), cron ("0 10 * * 2") and rrule ("FREQ=MONTHLY;BYDAY=-1FR")`},
		{"two rules", Spec{Zone: zone, At: "x", RRule: "y"}, `rrule: at is set too: keep one of the two`},
		{"a long rule", Spec{Zone: zone, Cron: strings.Repeat("*", 5000)}, `cron: has 5000 bytes; at most 1024 are allowed`},

		{"impossible date", Spec{Zone: zone, At: "2026-02-30T09:00"}, `at: "2026-02-30T09:00": there is no day 30 in February 2026, which has 28 days`},
		{"impossible month", Spec{Zone: zone, At: "2026-13-01T09:00"}, `at: "2026-13-01T09:00": there is no month 13: write 01 to 12`},
		{"year slip", Spec{Zone: zone, At: "0206-12-01T09:00"}, `at: "0206-12-01T09:00": the year 0206 lies outside of 1970 to 2999`},
		{"hour 24", Spec{Zone: zone, At: "2026-12-01T24:00"}, `at: "2026-12-01T24:00": there is no time of day 24:00: write 00:00 to 23:59`},
		{"a space", Spec{Zone: zone, At: "2026-12-01 09:00"}, `at: "2026-12-01 09:00" is not a time: write "2026-12-01T09:00" for the wall clock of the zone, or add Z or an offset such as +01:00`},
		{"fractions", Spec{Zone: zone, At: "2026-12-01T09:00:00.5Z"}, `at: "2026-12-01T09:00:00.5Z" is not a time: write "2026-12-01T09:00" for the wall clock of the zone, or add Z or an offset such as +01:00`},
		{"offset", Spec{Zone: zone, At: "2026-12-01T09:00+19:00"}, `at: the offset +19:00 is used nowhere: offsets go from -12:00 to +14:00`},
		{"start beside at", Spec{Zone: zone, At: "2026-12-01T09:00", Start: "2026-12-01"}, `start: belongs to cron and rrule: remove it, as an entry with at goes out once`},
		{"except beside at", Spec{Zone: zone, At: "2026-12-01T09:00", Except: []string{"2026-12-01"}}, `except: belongs to cron and rrule: remove it, as an entry with at goes out once`},
		{"time beside at", Spec{Zone: zone, At: "2026-12-01T09:00", Time: "17:00"}, `time: belongs to rrule: write date and time into at`},

		{"start", Spec{Zone: zone, Cron: "@daily", Start: "24.11.2026"}, `start: "24.11.2026" is not a date: write it as "2026-11-24"`},
		{"until", Spec{Zone: zone, Cron: "@daily", Until: "2026-04-31"}, `until: there is no day 31 in April 2026, which has 30 days`},
		{"until before start", Spec{Zone: zone, Cron: "@daily", Start: "2026-11-24", Until: "2026-11-23"}, `until: 2026-11-23 lies before start (2026-11-24): nothing would ever go out`},
		{"except", Spec{Zone: zone, Cron: "@daily", Except: []string{"2026-11-24", "24"}}, `except: entry 2: "24" is not a date: write it as "2026-11-24"`},
		{"rotation", Spec{Zone: zone, Cron: "@daily", Rotates: true}, `start: is required with rotation: it is the date from which the contents are counted, such as "2026-11-24"`},

		{"time beside cron", Spec{Zone: zone, Cron: "@daily", Time: "17:00"}, `time: belongs to rrule: write the time into the first two fields of cron, or remove it`},
		{"every", Spec{Zone: zone, Cron: "@every 1h"}, `cron: @every is not allowed, as it has no fixed times: write five fields, minute hour day-of-month month day-of-week, such as "0 10 * * 2"`},
		{"reboot", Spec{Zone: zone, Cron: "@reboot"}, `cron: "@reboot" is unknown: write one of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, or five fields`},
		{"TZ", Spec{Zone: zone, Cron: "TZ=Europe/Madrid"}, `cron: TZ= is not allowed: set timeZone`},
		{"CRON_TZ", Spec{Zone: zone, Cron: "CRON_TZ=UTC 0 10 * * 2"}, `cron: TZ= is not allowed: set timeZone`},
		{"seconds", Spec{Zone: zone, Cron: "0 0 10 * * 2"}, `cron: "0 0 10 * * 2" has six fields, and seconds are not allowed: remove the first`},
		{"four fields", Spec{Zone: zone, Cron: "0 10 * *"}, `cron: "0 10 * *" has 4 fields: write five fields, minute hour day-of-month month day-of-week, such as "0 10 * * 2"`},
		{"step 0", Spec{Zone: zone, Cron: "*/0 10 * * 2"}, `cron: "*/0 10 * * 2": step of range should be a positive number: */0`},
		{"hour 24", Spec{Zone: zone, Cron: "0 24 * * 2"}, `cron: "0 24 * * 2": end of range (24) above maximum (23): 24`},
		{"Sunday as 7", Spec{Zone: zone, Cron: "0 10 * * 5-7"}, `cron: day of week "5-7": Sunday is 0 or SUN here, not 7`},
		{"last Friday", Spec{Zone: zone, Cron: "0 10 * * 5L"}, `cron: day of week "5L" is not known to cron: use rrule, such as "FREQ=MONTHLY;BYDAY=-1FR" for the last Friday`},
		{"no value", Spec{Zone: zone, Cron: "0 10 , * 2"}, `cron: day of month "," cannot be read: write *, a number, a range 1-5, a step */2, or a list of them with commas`},
		{"a star with a range", Spec{Zone: zone, Cron: "0 *-5 * * 2"}, `cron: hour "*-5" cannot be read: write *, a number, a range 1-5, a step */2, or a list of them with commas`},
		{"signs", Spec{Zone: zone, Cron: "+5 1 * * 2"}, `cron: minute "+5" cannot be read: write *, a number, a range 1-5, a step */2, or a list of them with commas`},
		{"no-break space", Spec{Zone: zone, Cron: "0\u00a010 * * 2"}, `cron: "0\u00a010 * * 2" has characters other than plain text: write five fields, minute hour day-of-month month day-of-week, such as "0 10 * * 2"`},
		{"30 February", Spec{Zone: zone, Cron: "0 0 30 2 *"}, `cron: never fires: no date fits all of it`},
		{"each minute", Spec{Zone: zone, Cron: "* * * * *"}, `cron: fires 1440 times a day; at most 24 are allowed: set fewer hours and minutes`},
		{"nothing up to until", Spec{Zone: zone, Cron: "0 0 29 2 *", Start: "2026-01-01", Until: "2027-12-31"}, `cron: never fires up to 2027-12-31: change the rule or until`},

		{"no FREQ", Spec{Zone: zone, RRule: "BYDAY=MO", Time: "17:00"}, `rrule: FREQ is missing: write parts such as "FREQ=MONTHLY;BYDAY=-1FR"`},
		{"unknown part", Spec{Zone: zone, RRule: "FREQ=DAILY;BYFOO=1", Time: "17:00"}, `rrule: "FREQ=DAILY;BYFOO=1": unknown RRULE property: BYFOO`},
		{"no parts", Spec{Zone: zone, RRule: "every friday", Time: "17:00"}, `rrule: "EVERY FRIDAY" cannot be read: write parts such as "FREQ=MONTHLY;BYDAY=-1FR"`},
		{"twice", Spec{Zone: zone, RRule: "FREQ=DAILY;FREQ=WEEKLY", Time: "17:00"}, `rrule: "FREQ" is given twice: keep one`},
		{"UNTIL", Spec{Zone: zone, RRule: "FREQ=DAILY;UNTIL=20261231T000000Z", Time: "17:00"}, `rrule: UNTIL is not allowed: set until, such as "2026-12-31", the last local date`},
		{"DTSTART", Spec{Zone: zone, RRule: "DTSTART:20261201T090000\nRRULE:FREQ=DAILY"}, `rrule: DTSTART is not allowed: set start, such as "2026-11-24", and time, such as "17:00"`},
		{"SECONDLY", Spec{Zone: zone, RRule: "FREQ=SECONDLY"}, `rrule: FREQ=SECONDLY is not allowed: write FREQ=MINUTELY or coarser`},
		{"BYSECOND", Spec{Zone: zone, RRule: "FREQ=DAILY;BYSECOND=30", Time: "17:00"}, `rrule: BYSECOND is not allowed: times are set to the minute`},
		{"INTERVAL without start", Spec{Zone: zone, RRule: "FREQ=DAILY;INTERVAL=2", Time: "17:00"}, `start: is required with INTERVAL=2: set start, the local date from which it is counted, such as "2026-11-24"`},
		{"COUNT without start", Spec{Zone: zone, RRule: "FREQ=DAILY;COUNT=2", Time: "17:00"}, `start: is required with COUNT=2: set start, the local date from which it is counted, such as "2026-11-24"`},
		{"day from start", Spec{Zone: zone, RRule: "FREQ=WEEKLY", Time: "17:00"}, `start: is required with FREQ=WEEKLY without a day: set start, the local date from which it is counted, such as "2026-11-24", or name the day with BYDAY or BYMONTHDAY`},
		{"INTERVAL 0", Spec{Zone: zone, RRule: "FREQ=DAILY;INTERVAL=0", Time: "17:00"}, `rrule: INTERVAL=0: write a number from 1`},
		{"INTERVAL of ages", Spec{Zone: zone, RRule: "FREQ=YEARLY;INTERVAL=1000", Time: "17:00"}, `rrule: INTERVAL=1000 is more than a hundred years: at most 100 is allowed with FREQ=YEARLY`},
		{"no time", Spec{Zone: zone, RRule: "FREQ=DAILY"}, `time: is missing: set time: "17:00", or BYHOUR in rrule`},
		{"no minute", Spec{Zone: zone, RRule: "FREQ=HOURLY"}, `time: is missing: set time: "09:30" for the minute, or BYMINUTE in rrule`},
		{"two times", Spec{Zone: zone, RRule: "FREQ=DAILY;BYHOUR=9", Time: "17:00"}, `time: is set twice: remove it, or BYHOUR and BYMINUTE from rrule`},
		{"bad time", Spec{Zone: zone, RRule: "FREQ=DAILY", Time: "5pm"}, `time: "5pm" is not a time of day: write it as "17:00"`},
		{"bounds", Spec{Zone: zone, RRule: "FREQ=DAILY;BYHOUR=24"}, `rrule: byhour must be between 0 and 23`},
		{"sixth Monday", Spec{Zone: zone, RRule: "FREQ=MONTHLY;BYDAY=53MO", Time: "17:00"}, `rrule: BYDAY=+53MO: a month has at most five of a weekday`},
		{"zeroth Monday", Spec{Zone: zone, RRule: "FREQ=MONTHLY;BYDAY=0MO", Time: "17:00"}, `rrule: BYDAY=0MO: count weekdays from 1, or back from -1`},
		{"numbered weekday of a week", Spec{Zone: zone, RRule: "FREQ=WEEKLY;BYDAY=1MO", Time: "17:00"}, `rrule: BYDAY=+1MO: numbered weekdays go with FREQ=MONTHLY, or FREQ=YEARLY without BYWEEKNO`},
		{"BYSETPOS alone", Spec{Zone: zone, RRule: "FREQ=DAILY;BYSETPOS=1", Time: "17:00"}, `rrule: BYSETPOS picks from what another BY part names: add one, such as BYDAY=MO,TU,WE,TH,FR`},
		{"BYSETPOS of nothing", Spec{Zone: zone, RRule: "FREQ=DAILY;BYHOUR=9;BYSETPOS=2"}, `rrule: never fires: no date fits all of it`},
		{"steps that miss", Spec{Zone: zone, RRule: "FREQ=HOURLY;INTERVAL=24;BYHOUR=5", Time: "06:00", Start: "2026-11-24"}, `rrule: never fires: steps of INTERVAL=24 from start never meet BYHOUR and BYMINUTE`},
		{"each minute by rrule", Spec{Zone: zone, RRule: "FREQ=MINUTELY"}, `rrule: fires 1440 times a day; at most 24 are allowed: set fewer hours and minutes`},
		{"Easter", Spec{Zone: zone, RRule: "FREQ=YEARLY;BYEASTER=0", Time: "17:00"}, `rrule: BYEASTER is not part of RFC 5545: list the dates as entries with at`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.spec)
			if err == nil {
				t.Fatalf("Parse(%+v) succeeded, want %q", test.spec, test.want)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			var field *FieldError
			if !errors.As(err, &field) {
				t.Errorf("%T is no *FieldError", err)
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
