package schedule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRRuleAgreesWithLibrary unrolls random rules here and by rrule-go, in UTC. Left out is where rrule-go is known to deviate
// from RFC 5545: it takes BYDAY=MO,1TU for days that are both, counts BYSETPOS of the first week from start instead of from the
// week's first day, and misses BYWEEKNO=-1 in the first days of January.
func TestRRuleAgreesWithLibrary(t *testing.T) {
	const rounds = 2000
	random := rand.New(rand.NewPCG(3, 4))
	start := Date{Year: 2026, Month: time.June, Day: 1} // a Monday
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	compared, occurrences := 0, 0
	for range rounds {
		text := randomRRule(random)
		s, err := parse(Spec{RRule: text, Start: start.String(), Zone: "UTC"}, minutesPerDay)
		if err != nil {
			continue // also never fires, which takes rrule-go to the year 9999
		}
		to := from.AddDate(7, 0, 0)
		if s.PerDay() > MaxPerDay {
			to = from.AddDate(0, 7, 0)
		}
		got := seconds(s.Occurrences(from, to))
		if want := libraryTimes(t, text, start, from.Unix(), to.Unix()-1); !slices.Equal(want, got) {
			t.Fatalf("%s:\nwant %.600s\ngot  %.600s", text, utc(want), utc(got))
		}
		compared++
		occurrences += len(got)
	}
	t.Logf("%d rules of %d were compared: %d occurrences", compared, rounds, occurrences)
	if compared < rounds/3 {
		t.Errorf("only %d rules of %d were compared", compared, rounds)
	}
}

func randomRRule(random *rand.Rand) string {
	freq := []string{"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"}[random.IntN(6)]
	parts := []string{"FREQ=" + freq}
	add := func(oneIn int, name string, value func() string) {
		if random.IntN(oneIn) != 0 {
			return
		}
		values := []string{value()}
		for random.IntN(2) == 0 {
			values = append(values, value())
		}
		slices.Sort(values) // rrule-go counts what is written twice as two
		values = slices.Compact(values)
		parts = append(parts, name+"="+strings.Join(values, ","))
	}
	number := func(from, to int) func() string {
		return func() string { return fmt.Sprint(from + random.IntN(to-from+1)) }
	}
	signed := func(to int) func() string {
		return func() string { return fmt.Sprint((1 + random.IntN(to)) * (1 - 2*random.IntN(2))) }
	}
	weekday := func() string { return []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}[random.IntN(7)] }

	if random.IntN(2) == 0 {
		parts = append(parts, "INTERVAL="+number(1, 40)())
	}
	if random.IntN(6) == 0 {
		parts = append(parts, "COUNT="+number(1, 50)())
	}
	if random.IntN(4) == 0 && freq != "WEEKLY" {
		parts = append(parts, "WKST="+weekday())
	}
	add(3, "BYMONTH", number(1, 12))
	add(4, "BYMONTHDAY", signed(31))
	if freq == "YEARLY" {
		add(4, "BYYEARDAY", signed(366))
		add(6, "BYWEEKNO", number(1, 53))
	}
	if (freq == "YEARLY" || freq == "MONTHLY") && random.IntN(2) == 0 {
		add(2, "BYDAY", func() string { return signed(5)() + weekday() })
	} else {
		add(2, "BYDAY", weekday)
	}
	if freq == "HOURLY" || freq == "MINUTELY" {
		add(3, "BYHOUR", number(0, 23))
		add(1, "BYMINUTE", number(0, 59))
	} else {
		add(1, "BYHOUR", number(0, 23))
		add(2, "BYMINUTE", number(0, 59))
	}
	if freq != "MINUTELY" && freq != "HOURLY" {
		add(4, "BYSETPOS", signed(6))
	}
	return strings.Join(parts, ";")
}

func TestRRuleWhereLibraryDeviates(t *testing.T) {
	tests := []struct {
		name string
		spec Spec
		want []string
	}{
		{
			name: "weekdays with and without a number are joined",
			spec: Spec{RRule: "FREQ=MONTHLY;BYDAY=MO,1TU", Start: "2026-12-01", Until: "2026-12-10", Time: "10:00"},
			want: []string{"2026-12-01", "2026-12-07"},
		},
		{
			name: "BYSETPOS counts from the first day of the week",
			spec: Spec{RRule: "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1", Start: "2026-12-02", Until: "2026-12-16", Time: "10:00"},
			want: []string{"2026-12-07", "2026-12-14"},
		},
		{
			name: "the last week of a year goes on in January",
			spec: Spec{RRule: "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=TH,FR,SA,SU", Start: "2026-12-01", Until: "2027-01-31", Time: "10:00"},
			want: []string{"2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.spec.Zone = "UTC"
			var got []string
			for _, o := range mustParse(t, test.spec).Occurrences(time.Unix(0, 0), time.Unix(1<<33, 0)) {
				got = append(got, o.ID)
			}
			if !slices.Equal(test.want, got) {
				t.Errorf("want %s, got %s", test.want, got)
			}
		})
	}
}
