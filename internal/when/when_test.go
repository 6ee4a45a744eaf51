package when_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/schedule"
	"github.com/tribune-dev/tribune/internal/when"
)

func TestParse(t *testing.T) {
	madrid, err := schedule.LoadZone("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 30, 11, 0, 0, 0, time.UTC) // a Monday, 12:00 in Madrid
	for s, want := range map[string]string{
		"2026-12-01 09:00":          "2026-12-01T08:00:00Z",
		"2026-12-01T09:00":          "2026-12-01T08:00:00Z",
		"2026-12-01T09:00:00Z":      "2026-12-01T09:00:00Z",
		"2026-12-01t09:00:00+05:30": "2026-12-01T03:30:00Z",
		"today 17:00":               "2026-11-30T16:00:00Z",
		"Tomorrow 9:00":             "2026-12-01T08:00:00Z",
		"17:30":                     "2026-11-30T16:30:00Z",
		"9:05":                      "2026-12-01T08:05:00Z",
		"monday 17:00":              "2026-11-30T16:00:00Z",
		"monday 09:00":              "2026-12-07T08:00:00Z",
		"sun 09:00":                 "2026-12-06T08:00:00Z",
		"tue 09:00":                 "2026-12-01T08:00:00Z",
		"+2h":                       "2026-11-30T13:00:00Z",
		"+30m":                      "2026-11-30T11:30:00Z",
		" +3d ":                     "2026-12-03T11:00:00Z",
		"+1w":                       "2026-12-07T11:00:00Z",
		"2027-03-28 02:30":          "2027-03-28T01:00:00Z", // left out: 03:00 CEST
		"2027-10-31 02:30":          "2027-10-31T00:30:00Z", // twice: the first, CEST
	} {
		got, note, err := when.Parse(s, now, madrid)
		if err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: got %s, %v, want %s", s, got.UTC().Format(time.RFC3339), err, want)
		}
		if clockChange := strings.HasSuffix(s, "02:30"); (note != "") != clockChange {
			t.Errorf("%s: got note %q", s, note)
		}
	}
	for s, want := range map[string]string{
		"":                       "write \"2026-12-01 09:00\"",
		"soon":                   "write",
		"2026-12-01":             "write",
		"09:00 tomorrow":         "write",
		"+2 hours":               "write",
		"-2h":                    "write",
		"2026-02-30 09:00":       "write",
		"tomorrow 25:00":         "25:00 is no time of day",
		"9:60":                   "9:60 is no time of day",
		"today 09:00":            "lies in the past: that was Mon 30 Nov 2026, 09:00 CET",
		"2025-12-01 09:00":       "lies in the past",
		"2062-12-01 09:00":       "is the year right?",
		"+99999w":                "is the year right?",
		"2026-12-01T09:00:00Zzz": "write",
	} {
		if got, _, err := when.Parse(s, now, madrid); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %s, %v, want %q", s, got, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2026-12-01 09:00", "tomorrow 9:00", "+2h", "mon 10:00", "23:59", "2026-12-01T09:00:00Z", "0001-01-01 00:00"} {
		f.Add(s, int64(1796036400))
	}
	f.Fuzz(func(t *testing.T, s string, unix int64) {
		now := time.Unix(unix%4e9, 0)
		at, _, err := when.Parse(s, now, time.UTC)
		if err == nil && (at.Before(now) || at.Sub(now) > 5*366*24*time.Hour) {
			t.Errorf("%q at %s: got %s", s, now, at)
		}
	})
}
