package schedule

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func mustWindow(t *testing.T) func(Window, error) Window {
	return func(w Window, err error) Window {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
}

func TestFirstAllowed(t *testing.T) {
	must := mustWindow(t)
	night := must(EachDay("22:00", "07:00", "Europe/Madrid"))
	holidays := must(Between("2026-12-24T00:00", "2026-12-26T00:00", "Europe/Madrid"))
	for name, tc := range map[string]struct {
		windows  []Window
		at, want string
	}{
		"outside":                       {[]Window{night, holidays}, "2026-12-01T12:00:00Z", "2026-12-01T12:00:00Z"},
		"the first minute is inside":    {[]Window{night}, "2026-12-01T21:00:00Z", "2026-12-02T06:00:00Z"},
		"the last is outside":           {[]Window{night}, "2026-12-02T06:00:00Z", "2026-12-02T06:00:00Z"},
		"after midnight":                {[]Window{night}, "2026-12-02T02:00:00Z", "2026-12-02T06:00:00Z"},
		"a blackout, then the night":    {[]Window{holidays, night}, "2026-12-24T08:00:00Z", "2026-12-26T06:00:00Z"},
		"the night, then a blackout":    {[]Window{night, must(Between("2026-12-02T07:00", "2026-12-02T09:00", "Europe/Madrid"))}, "2026-12-01T23:00:00Z", "2026-12-02T08:00:00Z"},
		"in the night of spring":        {[]Window{night}, "2027-03-27T23:00:00Z", "2027-03-28T05:00:00Z"},
		"in the night of autumn":        {[]Window{night}, "2026-10-24T22:00:00Z", "2026-10-25T06:00:00Z"},
		"an end in a gap":               {[]Window{must(EachDay("01:00", "02:30", "Europe/Madrid"))}, "2027-03-28T00:15:00Z", "2027-03-28T01:00:00Z"},
		"a begin in a gap":              {[]Window{must(EachDay("02:30", "03:30", "Europe/Madrid"))}, "2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z"},
		"an end in a fold is the first": {[]Window{must(EachDay("01:00", "02:30", "Europe/Madrid"))}, "2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z"},
		"of the whole day in a gap":     {[]Window{must(EachDay("02:15", "02:45", "Europe/Madrid"))}, "2027-03-28T01:00:00Z", "2027-03-28T01:00:00Z"},
		"with an offset":                {[]Window{must(Between("2026-12-01T09:00+05:00", "2026-12-01T10:00Z", "Europe/Madrid"))}, "2026-12-01T04:00:00Z", "2026-12-01T10:00:00Z"},
		"far from UTC":                  {[]Window{must(EachDay("22:00", "07:00", "Pacific/Kiritimati"))}, "2026-12-01T08:00:00Z", "2026-12-01T17:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := FirstAllowed(at, tc.windows)
		if !ok || got.UTC().Format(time.RFC3339) != tc.want {
			t.Errorf("%s: %s, %v; want %s", name, got.UTC().Format(time.RFC3339), ok, tc.want)
		}
	}
	if at, ok := FirstAllowed(back, []Window{night, must(EachDay("07:00", "22:00", "Europe/Madrid"))}); ok {
		t.Errorf("allowed at %s, in a day without an allowed instant", at)
	}
}

func TestWindowErrors(t *testing.T) {
	_, same := EachDay("22:00", "22:00", "UTC")
	_, hour := EachDay("22:00", "24:00", "UTC")
	_, zone := EachDay("22:00", "07:00", "Europe/Madird")
	_, order := Between("2026-12-24T00:00", "2026-12-24T00:00", "UTC")
	_, from := Between("2026-12-32T00:00", "2026-12-24T00:00", "UTC")
	_, to := Between("2026-12-24T00:00", "tomorrow", "UTC")
	for says, err := range map[string]error{
		"to: is the same as from": same, "to: \"24:00\" is not a time of day": hour, "timeZone: ": zone, "to: \"2026-12-24T00:00\" is not after from": order,
		"from: \"2026-12-32T00:00\": there is no day 32": from, "to: \"tomorrow\" is not a time": to,
	} {
		if err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%v; want %s", err, says)
		}
	}
}

// What is moved is moved to an instant outside of every window, over nothing but windows; Reach finds all that can come there.
func TestFirstAllowedAndReachAgree(t *testing.T) {
	zones := []string{"Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia", "UTC", "America/Nuuk"}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		begin := time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
		var windows []Window
		for range r.IntN(5) {
			from := begin.Add(time.Duration(r.IntN(10*24)) * time.Hour)
			windows = append(windows, Window{from: from, to: from.Add(time.Duration(1+r.IntN(48)) * time.Hour)})
		}
		loc, err := LoadZone(zones[r.IntN(len(zones))])
		if err != nil {
			t.Fatal(err)
		}
		from := r.IntN(minutesPerDay)
		windows = append(windows, Window{loc: loc, fromMin: from, toMin: from + 1 + r.IntN(minutesPerDay/2)})
		inside := func(at time.Time) bool {
			for _, w := range windows {
				if _, _, in := w.Around(at); in {
					return true
				}
			}
			return false
		}
		for range 50 {
			at := begin.Add(time.Duration(r.IntN(12*24*60)) * time.Minute)
			got, ok := FirstAllowed(at, windows)
			switch {
			case !ok:
				t.Fatalf("seed %d: nothing is allowed after %s", seed, at)
			case inside(got) || got.Before(at):
				t.Fatalf("seed %d: %s moved to %s, which is not allowed", seed, at, got)
			case Reach(got, windows).After(at):
				t.Fatalf("seed %d: %s comes to %s, and Reach gives %s", seed, at, got, Reach(got, windows))
			}
			for step := at; step.Before(got); step = step.Add(7 * time.Minute) {
				if !inside(step) {
					t.Fatalf("seed %d: %s moved to %s over %s, which is allowed", seed, at, got, step)
				}
			}
		}
	}
}
