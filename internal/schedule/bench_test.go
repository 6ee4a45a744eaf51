package schedule

import (
	"testing"
	"time"
)

func BenchmarkParse(b *testing.B) {
	for _, bench := range []struct {
		name string
		spec Spec
	}{
		{"at", Spec{At: "2026-12-01T09:00", Zone: "Europe/Madrid"}},
		{"cron", Spec{Cron: "0 10 * * 2", Zone: "Europe/Madrid"}},
		{"rrule", Spec{RRule: "FREQ=MONTHLY;BYDAY=-1FR", Time: "17:00", Zone: "Europe/Madrid"}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustParse(b, bench.spec)
			}
		})
	}
}

// BenchmarkOccurrences asks for the two weeks of a calendar's horizon, ten years after the start of the rule.
func BenchmarkOccurrences(b *testing.B) {
	from := time.Date(2036, 10, 20, 0, 0, 0, 0, time.UTC)
	to := from.Add(336 * time.Hour)
	for _, bench := range []struct {
		name string
		spec Spec
	}{
		{"weekly cron", Spec{Cron: "0 10 * * 2"}},
		{"weekly cron with start", Spec{Cron: "0 10 * * 2", Start: "2026-11-24"}},
		{"hourly cron with start", Spec{Cron: "0 * * * *", Start: "2026-11-24"}},
		{"hourly rrule with start", Spec{RRule: "FREQ=HOURLY", Time: "00:30", Start: "2026-11-24"}},
		{"every seventh hour", Spec{RRule: "FREQ=HOURLY;INTERVAL=7", Time: "00:30", Start: "2026-11-24"}},
		{"every 61st minute", Spec{RRule: "FREQ=MINUTELY;INTERVAL=61", Start: "2026-11-24"}},
		{"last Friday with start", Spec{RRule: "FREQ=MONTHLY;BYDAY=-1FR", Time: "17:00", Start: "2026-11-24"}},
		{"last working day with start", Spec{RRule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", Time: "17:00", Start: "2026-11-24"}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			bench.spec.Zone = "Europe/Madrid"
			s := mustParse(b, bench.spec)
			b.ReportAllocs()
			for b.Loop() {
				s.Occurrences(from, to)
			}
		})
	}
}

func BenchmarkNext(b *testing.B) {
	for _, bench := range []struct {
		name string
		spec Spec
	}{
		{"weekly", Spec{Cron: "0 10 * * 2"}},
		{"29 February on a Monday", Spec{RRule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", Time: "17:00", Start: "2026-11-24"}},
		{"once in a hundred years", Spec{RRule: "FREQ=YEARLY;INTERVAL=100", Time: "17:00", Start: "1970-11-24"}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			bench.spec.Zone = "Europe/Madrid"
			s := mustParse(b, bench.spec)
			after := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
			b.ReportAllocs()
			for b.Loop() {
				s.Next(after)
			}
		})
	}
}

// BenchmarkNever is the dearest refusal: a whole turn of the calendar is searched.
func BenchmarkNever(b *testing.B) {
	for b.Loop() {
		if _, err := Parse(Spec{RRule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", Time: "17:00", Zone: "UTC"}); err == nil {
			b.Fatal("30 February was found")
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	loc, err := LoadZone("Europe/Madrid")
	if err != nil {
		b.Fatal(err)
	}
	local := Local{Date: Date{2026, time.November, 24}, Hour: 9, Minute: 30}
	for b.Loop() {
		Resolve(local, loc)
	}
}
