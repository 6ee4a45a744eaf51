package schedule

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoadZone(t *testing.T) {
	const write = `write an IANA name such as "Europe/Madrid" or "UTC"`
	tests := []struct{ name, want string }{
		{"Europe/Madrid", ""},
		{"UTC", ""},
		{"Etc/GMT-2", ""},
		{"", "no time zone is set: " + write},
		{"Local", `"Local" depends on the machine: ` + write},
		{"Europe/Madird", `"Europe/Madird" is not a time zone: did you mean "Europe/Madrid"?`},
		{"europe/madrid", `"europe/madrid" is not a time zone: did you mean "Europe/Madrid"?`},
		{"Madrid", `"Madrid" is not a time zone: did you mean "Europe/Madrid"?`},
		{"America/New York", `"America/New York" is not a time zone: did you mean "America/New_York"?`},
		{"US/New_York", `"US/New_York" is not a time zone: did you mean "America/New_York"?`},
		{"right/Europe/Madrid", `"right/Europe/Madrid" is not a time zone: did you mean "Europe/Madrid"?`},
		{"+02:00", `"+02:00" is not a time zone: offsets know no daylight saving; ` + write},
		{"../../etc/passwd", `"../../etc/passwd" is not a time zone: ` + write},
		{"Mittelerde", `"Mittelerde" is not a time zone: ` + write},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			loc, err := LoadZone(test.name)
			got := ""
			if err != nil {
				got = err.Error()
			} else if loc.String() != test.name {
				t.Errorf("LoadZone gives %s", loc)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// TestResolveOldClocks tries clocks whose offsets have seconds, second by second.
func TestResolveOldClocks(t *testing.T) {
	for _, test := range []struct {
		zone     string
		from, to int // years
	}{
		{"Europe/Amsterdam", 1935, 1947},
		{"Africa/Monrovia", 1918, 1973},
		{"Asia/Manila", 1844, 1901},
		{"America/Juneau", 1866, 1901},
		{"Europe/Dublin", 1915, 1972},
	} {
		loc, err := LoadZone(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		shifts := shiftsOf(loc, time.Date(test.from, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(test.to, 1, 1, 0, 0, 0, 0, time.UTC), 3600)
		if len(shifts) == 0 {
			t.Errorf("%s has no transitions from %d to %d", test.zone, test.from, test.to)
		}
		tried := 0
		for _, change := range shifts[:min(len(shifts), 8)] {
			width := int64(max(change.before-change.after, change.after-change.before)) + 900
			o := watch(loc, change.at-2*width, change.at+2*width, 1)
			for f := change.at + int64(min(change.before, change.after)) - 300; f < change.at+int64(max(change.before, change.after))+300; f++ {
				tried++
				want, ok := o.instant(f)
				got, _ := Resolve(localOf(f), loc)
				if !ok || got.Unix() != want {
					t.Fatalf("%s %s: want %s, got %s", test.zone, localOf(f), utc([]int64{want}), got)
				}
			}
		}
		t.Logf("%s: %d transitions, %d seconds", test.zone, len(shifts), tried)
	}
}

// The last days of leap years are days: time.ZoneBounds stands still there once a zone's transitions are given by a rule alone.
func TestResolveAtTheEndOfLeapYears(t *testing.T) {
	for _, name := range []string{"Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "America/Santiago"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for year := 2028; year <= 2840; year += 4 {
			for hour := range 72 {
				l := Local{Date: Date{Year: year, Month: 12, Day: 30}, Minute: 0}
				floating := l.floating() + int64(hour)*3600
				at, fit := resolve(floating, loc)
				got := time.Unix(at, 0).In(loc)
				_, offset := got.Zone()
				if fit != Exact || at+int64(offset) != floating {
					t.Fatalf("%s, %s: %s, %s", name, time.Unix(floating, 0).UTC(), got, fit)
				}
			}
		}
	}
}
