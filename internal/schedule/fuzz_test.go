package schedule

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

var fuzzFrom = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// probe holds a schedule that was read from anything against what every schedule promises.
func probe(t *testing.T, s *Schedule) {
	t.Helper()
	if s.PerDay() < 1 || s.PerDay() > MaxPerDay {
		t.Fatalf("fires %d times a day", s.PerDay())
	}
	to := fuzzFrom.AddDate(0, 0, 40)
	all := s.Occurrences(fuzzFrom, to)
	checkEach(t, all, s.Zone())
	perDay := map[Date]int{}
	for i, o := range all {
		if perDay[o.Local.Date]++; perDay[o.Local.Date] > s.PerDay() {
			t.Fatalf("fires more than %d times on %s", s.PerDay(), o.Local.Date)
		}
		if i > 0 && o.Ordinal >= 0 && o.Ordinal <= all[i-1].Ordinal {
			t.Fatalf("the ordinal goes back: %s", lines(all[i-1:i+1]))
		}
	}
	next, ok := s.Next(fuzzFrom.Add(-1))
	switch {
	case len(all) > 0 && (!ok || next != all[0]):
		t.Fatalf("Next gives %s, Occurrences %s", lines([]Occurrence{next}), lines(all[:1]))
	case len(all) == 0 && ok && next.At.Before(to):
		t.Fatalf("Next gives %s, Occurrences nothing", lines([]Occurrence{next}))
	}
}

func refused(t *testing.T, err error) {
	t.Helper()
	var field *FieldError
	if !errors.As(err, &field) || field.Field == "" || field.Message == "" {
		t.Fatalf("%v names no field", err)
	}
	if len(err.Error()) > 400 {
		t.Fatalf("the error has %d bytes: %s", len(err.Error()), err)
	}
}

func FuzzParseAt(f *testing.F) {
	for _, text := range []string{"2026-12-01T09:00", "2026-12-01T09:00:59", "2026-03-29T02:30", "2026-12-01T09:00Z", "2026-12-01T09:00+05:45", "2026-02-30T09:00", "\u0662026-12-01T09:00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(Spec{At: text, Zone: "Europe/Madrid"})
		if err != nil {
			refused(t, err)
			return
		}
		probe(t, s)
		again, err := Parse(Spec{At: s.once.Local.String(), Zone: "Europe/Madrid"})
		if err != nil {
			t.Fatalf("%s is not read again: %v", s.once.Local, err)
		}
		if written := len(text) <= len("2026-12-01T09:00:00"); written && *again.once != *s.once {
			t.Fatalf("%s is read as %s", lines([]Occurrence{*s.once}), lines([]Occurrence{*again.once}))
		}
	})
}

func FuzzParseCron(f *testing.F) {
	for _, text := range []string{
		"0 10 * * 2", "@daily", "30 9 * * 1-5", "0 0 29 2 *", "15 */6 1,15 * MON", "0 0 30 2 *", "*/0 * * * *", "TZ=UTC 0 0 * * *",
		"TZ=", "@every 1s", "0 0 0 * * *", "5/15 3 ? jan-mar SUN", ", , , , ,", "*-5 1 * * *", "0 0 31 */2 6", "\u0660 1 * * *",
	} {
		f.Add(text)
	}
	f.Add(strings.Repeat("9", 1000) + " * * * *")
	f.Add("0 0 * " + strings.Repeat("JAN", 400) + " *")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(Spec{Cron: text, Zone: "UTC", Start: "2026-03-10"})
		if err != nil {
			refused(t, err)
			return
		}
		probe(t, s)
		parsed, err := cron.ParseStandard(text)
		if err != nil {
			t.Fatalf("robfig/cron refuses %q: %v", text, err)
		}
		at := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC).Add(-1)
		for n := range 30 {
			want := parsed.Next(at)
			if want.IsZero() {
				return // it gives up after five years
			}
			got, ok := s.Next(at)
			if !ok || !got.At.Equal(want) || got.Ordinal != n {
				t.Fatalf("%q after %s: want %s #%d, got %s", text, at, want, n, lines([]Occurrence{got}))
			}
			at = want
		}
	})
}

func FuzzParseRRule(f *testing.F) {
	for _, rule := range [][3]string{
		{"FREQ=MONTHLY;BYDAY=-1FR", "17:00", ""},
		{"FREQ=YEARLY;BYWEEKNO=53,-1;BYDAY=MO,SU;WKST=SU", "17:00", "2026-01-01"},
		{"FREQ=DAILY;COUNT=1000000000", "17:00", "2026-01-01"},
		{"FREQ=DAILY;BYHOUR=9,12;BYSETPOS=2,-2,366", "", ""},
		{"FREQ=HOURLY;INTERVAL=24;BYHOUR=5", "06:00", "2026-01-01"},
		{"FREQ=MINUTELY;INTERVAL=97;BYHOUR=5,6", "", "2026-01-01"},
		{"FREQ=MONTHLY;BYDAY=53MO", "17:00", ""},
		{"FREQ=YEARLY;BYDAY=-53MO;BYMONTH=1", "17:00", ""},
		{"FREQ=YEARLY;BYEASTER=99999", "17:00", ""},
		{"FREQ=WEEKLY;INTERVAL=5200;BYDAY=MO;BYSETPOS=-1", "17:00", "1999-12-31"},
		{"FREQ=MINUTELY;BYSETPOS=2;BYHOUR=1", "", ""},
		{"DTSTART:20260101T000000\nRRULE:FREQ=DAILY", "", ""},
		{"FREQ=DAILY;BYHO" + strings.Repeat("C", 1000) + "UR=9", "", ""},
		{"FREQ=DAILY;BYHOUR=" + strings.Repeat("9", 1000), "", ""},
		{"FREQ=" + strings.Repeat("DAILY", 200), "", ""},
	} {
		f.Add(rule[0], rule[1], rule[2])
	}
	f.Fuzz(func(t *testing.T, text, clock, start string) {
		s, err := Parse(Spec{RRule: text, Time: clock, Start: start, Zone: "Europe/Madrid"})
		if err != nil {
			refused(t, err)
			return
		}
		probe(t, s)
	})
}

// No text makes a window panic; a window that is read has an end after its begin, and what lies in it is moved to its end or on.
func FuzzWindow(f *testing.F) {
	f.Add("22:00", "07:00", "Europe/Madrid", int64(1796000000))
	f.Add("2026-12-24T00:00", "2026-12-26T00:00", "Europe/Madrid", int64(1798200000))
	f.Add("02:30", "02:45", "America/New_York", int64(1773000000))
	f.Add("00:00", "23:59", "Pacific/Apia", int64(1325200000))
	f.Add("2026-12-24T00:00Z", "2026-12-24T00:00+05:00", "UTC", int64(0))
	f.Fuzz(func(t *testing.T, from, to, zone string, unix int64) {
		at := time.Unix(unix%(1<<35), 0)
		for _, read := range []func(string, string, string) (Window, error){EachDay, Between} {
			w, err := read(from, to, zone)
			if err != nil {
				if err.Error() == "" {
					t.Fatal("an error that says nothing")
				}
				continue
			}
			begin, end, inside := w.Around(at)
			if inside && (at.Before(begin) || !at.Before(end)) {
				t.Fatalf("%s is said to lie in %s to %s", at, begin, end)
			}
			moved, ok := FirstAllowed(at, []Window{w})
			if !ok || inside != moved.After(at) || moved.Before(at) {
				t.Fatalf("%s to %s %s: %s moved to %s, %v; inside: %v", from, to, zone, at, moved, ok, inside)
			}
		}
	})
}
