package schedule

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
