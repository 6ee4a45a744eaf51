package schedule

import (
	"archive/zip"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/robfig/cron/v3"
	"github.com/teambition/rrule-go"
)

var (
	lawFrom = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	lawTo   = lawFrom.AddDate(10, 0, 0)
)

// lawReach is how far around each change of a clock every minute is tried: three hours in all, and the change itself.
const lawReach = 90 * 60

// engine gives the instants at which something set for a time of day goes out, as far as they lie in a stretch.
type engine func(o *oracle, loc *time.Location, minute int) []int64

// unlimited parses a rule without the limit a day, and without a zone of its own.
func unlimited(t testing.TB, spec Spec) *Schedule {
	t.Helper()
	spec.Zone = "UTC"
	s, err := parse(spec, minutesPerDay)
	if err != nil {
		t.Fatalf("parse(%+v): %v", spec, err)
	}
	return s
}

func (s *Schedule) in(loc *time.Location) *Schedule {
	moved := *s
	moved.loc = loc
	return &moved
}

// each time of day as a daily rule
func dailyRules(t testing.TB, write func(hour, minute int) Spec) engine {
	var rules [minutesPerDay]*Schedule
	for minute := range rules {
		rules[minute] = unlimited(t, write(minute/60, minute%60))
	}
	return func(o *oracle, loc *time.Location, minute int) []int64 {
		return o.in(rules[minute].in(loc))
	}
}

func cronEngine(t testing.TB) engine {
	return dailyRules(t, func(hour, minute int) Spec { return Spec{Cron: fmt.Sprintf("%d %d * * *", minute, hour)} })
}

func rruleEngine(t testing.TB) engine {
	return dailyRules(t, func(hour, minute int) Spec {
		return Spec{RRule: "FREQ=DAILY", Time: fmt.Sprintf("%02d:%02d", hour, minute)}
	})
}

// atEngine sets each date by itself.
func atEngine(t testing.TB) engine {
	return func(o *oracle, loc *time.Location, minute int) []int64 {
		var all []int64
		for _, floating := range o.daily(minute) {
			once, err := parseAt(localOf(floating).String(), loc)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, o.in(&Schedule{loc: loc, once: once})...)
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
}

// naiveCron is what robfig/cron does by itself.
func naiveCron(o *oracle, loc *time.Location, minute int) []int64 {
	parsed, _ := cron.ParseStandard(fmt.Sprintf("%d %d * * *", minute%60, minute/60))
	var all []int64
	at := time.Unix(o.from-1, 0).In(loc)
	for {
		at = parsed.Next(at)
		if at.Unix() >= o.to {
			return all
		}
		all = append(all, at.Unix())
	}
}

// naiveDate is what time.Date does by itself.
func naiveDate(o *oracle, loc *time.Location, minute int) []int64 {
	var all []int64
	for _, floating := range o.daily(minute) {
		l := localOf(floating)
		at := time.Date(l.Year, l.Month, l.Day, l.Hour, l.Minute, 0, 0, loc).Unix()
		if o.from <= at && at < o.to {
			all = append(all, at)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// tryShifts tries every minute around every change of all clocks with some engines.
func tryShifts(all []clock, engines map[string]engine) (verdicts map[string]*verdict, shifts, minutes int) {
	verdicts = map[string]*verdict{}
	for name := range engines {
		verdicts[name] = &verdict{}
	}
	for _, c := range all {
		for _, change := range c.shifts {
			shifts++
			o := watchShift(c.loc, change, lawReach)
			low := change.at + int64(min(change.before, change.after)) - lawReach
			high := change.at + int64(max(change.before, change.after)) + lawReach
			low -= low % 60
			for f := low; f <= min(high, low+secondsPerDay-60); f += 60 { // a time of day once
				minutes++
				minute := int(f % secondsPerDay / 60)
				want := o.instants(o.daily(minute))
				for name, run := range engines {
					verdicts[name].judge(fmt.Sprintf("%s %02d:%02d", c.loc, minute/60, minute%60), want, run(o, c.loc, minute))
				}
			}
		}
	}
	return verdicts, shifts, minutes
}

// TestLaw tries every minute of the hours around every change of every clock of tzdata in ten years.
func TestLaw(t *testing.T) {
	all, changes := clocks(t, lawFrom, lawTo, 3600)
	engines := map[string]engine{"at": atEngine(t), "cron": cronEngine(t), "rrule": rruleEngine(t)}
	verdicts, shifts, minutes := tryShifts(all, engines)
	t.Logf("%d zones with %d transitions from the start of %d to that of %d, and %d times of day around them, each by at, cron and rrule",
		len(all), shifts, lawFrom.Year(), lawTo.Year(), minutes)
	for name, v := range verdicts {
		t.Logf("%s: %s", name, v)
		if v.broken() {
			t.Errorf("%s breaks the law:\n%s", name, strings.Join(v.examples, "\n"))
		}
	}
	if len(all) < 590 || shifts != changes || shifts < 3000 || minutes < 180*shifts {
		t.Errorf("too little was tried: %d zones, %d of %d transitions, %d times of day", len(all), shifts, changes, minutes)
	}
}

// TestLawCanFail shows that the same trial finds what robfig/cron and time.Date do wrong.
func TestLawCanFail(t *testing.T) {
	var some []clock
	for _, name := range []string{"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "Antarctica/Troll"} {
		loc, err := LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		some = append(some, clock{loc: loc, shifts: shiftsOf(loc, lawFrom, lawFrom.AddDate(2, 0, 0), 3600)})
	}
	verdicts, shifts, minutes := tryShifts(some, map[string]engine{"robfig": naiveCron, "time.Date": naiveDate})
	t.Logf("%d transitions, %d times of day: robfig/cron %s; time.Date %s", shifts, minutes, verdicts["robfig"], verdicts["time.Date"])
	if v := verdicts["robfig"]; v.lost == 0 || v.twice == 0 {
		t.Errorf("robfig/cron loses days in gaps and doubles them in folds, but the trial found %s", v)
	}
	if v := verdicts["time.Date"]; v.early == 0 {
		t.Errorf("time.Date goes back before gaps, but the trial found %s", v)
	}
}

// TestLawEveryMinute tries rules that fire all the time, where all merging happens, around every change of every clock: what
// goes out is each instant once, with a name of its own, never before its time, and no cut of the window changes it.
func TestLawEveryMinute(t *testing.T) {
	all, _ := clocks(t, lawFrom, lawTo, 3600)
	rules := []struct {
		spec  Spec
		every int64 // minutes
	}{
		{Spec{Cron: "* * * * *"}, 1},
		{Spec{RRule: "FREQ=MINUTELY"}, 1},
		{Spec{Cron: "*/30 * * * *"}, 30},
		{Spec{RRule: "FREQ=HOURLY;BYMINUTE=0,30"}, 30},
	}
	occurrences, windows := 0, 0
	for _, rule := range rules {
		unzoned := unlimited(t, rule.spec)
		for _, c := range distinct(all) {
			s := unzoned.in(c.loc)
			for _, change := range c.shifts {
				o := watchShift(c.loc, change, lawReach)
				whole := s.Occurrences(time.Unix(o.from, 0), time.Unix(o.to, 0))
				occurrences += len(whole)
				var floating []int64
				for f := o.lowest - floorRest(o.lowest, rule.every*60); f <= o.highest; f += rule.every * 60 {
					floating = append(floating, f)
				}
				if want, got := o.instants(floating), seconds(whole); !slices.Equal(want, got) {
					t.Fatalf("%+v in %s: want %s, got %s", rule.spec, c.loc, utc(want), utc(got))
				}
				checkEach(t, whole, c.loc)
				for _, cut := range []int64{change.at - 60, change.at - 1, change.at, change.at + 1, change.at + 1800, change.at + 3600} {
					windows++
					parts := append(s.Occurrences(time.Unix(o.from, 0), time.Unix(cut, 0)), s.Occurrences(time.Unix(cut, 0), time.Unix(o.to, 0))...)
					if !slices.Equal(whole, parts) {
						t.Fatalf("%+v in %s, cut at %s:\n%s", rule.spec, c.loc, utc([]int64{cut}), cmp.Diff(whole, parts))
					}
				}
			}
		}
	}
	t.Logf("%d occurrences, %d cuts of windows", occurrences, windows)
}

func floorRest(a, b int64) int64 {
	return ((a % b) + b) % b
}

// checkEach holds occurrences against the clock of their zone.
func checkEach(t *testing.T, all []Occurrence, loc *time.Location) {
	t.Helper()
	names := map[string]bool{}
	for i, o := range all {
		if names[o.ID] {
			t.Fatalf("%s: the name %s is given twice", loc, o.ID)
		}
		names[o.ID] = true
		if i > 0 && !all[i-1].At.Before(o.At) {
			t.Fatalf("%s: %s goes out no later than %s", loc, lines(all[i:i+1]), lines(all[i-1:i]))
		}
		shown, meant := reading(o.At.Unix(), loc), o.Local.floating()
		if shown < meant || (o.Fit == Gap) != (shown > meant) {
			t.Fatalf("%s: %s goes out as the clock shows %s", loc, lines(all[i:i+1]), localOf(shown))
		}
	}
}

// TestLawAtRandom tries random rules in random zones around random changes of all years since 1970 against floating times
// that robfig/cron and rrule-go themselves find in UTC.
func TestLawAtRandom(t *testing.T) {
	const rounds = 2000
	all, shifts := clocks(t, time.Unix(0, 0), lawTo, 6*3600)
	all = distinct(all)
	random := rand.New(rand.NewPCG(1, 2))
	occurrences := 0
	for range rounds {
		c := all[random.IntN(len(all))]
		change := c.shifts[random.IntN(len(c.shifts))]
		step := int64(60)
		if (change.at+int64(change.before))%60 != 0 || (change.at+int64(change.after))%60 != 0 {
			step = 1
		}
		width := int64(1+random.IntN(4)) * secondsPerDay
		read := watch(c.loc, change.at-width-2*secondsPerDay, change.at+width+2*secondsPerDay, step)
		from, to := change.at-random.Int64N(width), change.at+random.Int64N(width)

		spec, floating := randomRule(t, random, read.lowest, read.highest)
		s := unlimited(t, spec).in(c.loc)
		got := s.Occurrences(time.Unix(from, 0), time.Unix(to, 0))
		var want []int64
		for _, at := range read.instants(floating) {
			if from <= at && at < to {
				want = append(want, at)
			}
		}
		if !slices.Equal(want, seconds(got)) {
			t.Fatalf("%+v in %s from %s: want %s, got %s", spec, c.loc, utc([]int64{from, to}), utc(want), utc(seconds(got)))
		}
		checkEach(t, got, c.loc)
		occurrences += len(got)

		next, ok := s.Next(time.Unix(from-1, 0))
		if len(got) > 0 && (!ok || next != got[0]) {
			t.Fatalf("%+v in %s: Next gives %s, want %s", spec, c.loc, lines([]Occurrence{next}), lines(got[:1]))
		}
		if ok && len(got) == 0 && next.At.Unix() < to {
			t.Fatalf("%+v in %s: Next gives %s, which Occurrences does not", spec, c.loc, lines([]Occurrence{next}))
		}
	}
	t.Logf("%d random rules around %d transitions since 1970: %d occurrences", rounds, shifts, occurrences)
}

// randomRule gives a rule, and the floating times between two that the library it is written for finds.
func randomRule(t *testing.T, random *rand.Rand, low, high int64) (Spec, []int64) {
	t.Helper()
	some := func(from, to int) string {
		switch random.IntN(4) {
		case 0:
			return "*"
		case 1:
			return fmt.Sprintf("*/%d", 1+random.IntN(max(1, (to-from)/2)))
		case 2:
			first := from + random.IntN(to-from+1)
			return fmt.Sprintf("%d-%d", first, first+random.IntN(to-first+1))
		default:
			return fmt.Sprintf("%d,%d", from+random.IntN(to-from+1), from+random.IntN(to-from+1))
		}
	}
	var found []int64
	if random.IntN(2) == 0 {
		text := fmt.Sprintf("%s %s * * %s", some(0, 59), some(0, 23), some(0, 6))
		parsed, err := cron.ParseStandard(text)
		if err != nil {
			t.Fatal(err)
		}
		for at := parsed.Next(time.Unix(low-1, 0).UTC()); at.Unix() <= high; at = parsed.Next(at) {
			found = append(found, at.Unix())
		}
		return Spec{Cron: text}, found
	}
	start := dateOf(int(low/secondsPerDay) - random.IntN(60))
	text := fmt.Sprintf("FREQ=DAILY;INTERVAL=%d;BYHOUR=%d,%d;BYMINUTE=%d,%d", 1+random.IntN(3), random.IntN(24), random.IntN(24), random.IntN(60), random.IntN(60))
	if random.IntN(2) == 0 {
		text = fmt.Sprintf("FREQ=HOURLY;INTERVAL=%d;BYMINUTE=%d,%d", 1+random.IntN(30), random.IntN(60), random.IntN(60))
	}
	if start.Year < minYear {
		start = Date{Year: minYear, Month: time.January, Day: 1}
	}
	return Spec{RRule: text, Start: start.String()}, libraryTimes(t, text, start, low, high)
}

// libraryTimes unrolls a rule by rrule-go, in UTC.
func libraryTimes(t testing.TB, text string, start Date, low, high int64) []int64 {
	t.Helper()
	option, err := rrule.StrToROption(text)
	if err != nil {
		t.Fatal(err)
	}
	option.Bysecond = []int{0}
	option.Dtstart = time.Date(start.Year, start.Month, start.Day, 0, 0, 0, 0, time.UTC)
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		t.Fatal(err)
	}
	var found []int64
	for _, at := range rule.Between(time.Unix(low, 0).UTC(), time.Unix(high, 0).UTC(), true) {
		found = append(found, at.Unix())
	}
	return slices.Compact(found)
}

// TestZonesAreThoseOfTheToolchain keeps zones.txt, by which names are accepted, in step with the embedded data.
func TestZonesAreThoseOfTheToolchain(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("needs the go command: %v", err)
	}
	path := filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("needs the toolchain's zoneinfo.zip: %v", err)
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var names []string
	for _, file := range archive.File {
		if !strings.HasSuffix(file.Name, "/") && file.Name != "Factory" {
			names = append(names, file.Name)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, Zones()); diff != "" {
		t.Errorf("zones.txt is not up to date, run go generate (- toolchain, + zones.txt):\n%s", diff)
	}
}
