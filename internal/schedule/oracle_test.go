package schedule

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
)

// shift is a change of a zone's clock: at the instant at (seconds) the offset changes.
type shift struct {
	at            int64
	before, after int // seconds east of UTC
}

// shiftsOf finds the changes of a clock by reading it every few seconds, then halving, which shares no code with Resolve.
func shiftsOf(loc *time.Location, from, to time.Time, every int64) []shift {
	offset := func(at int64) int {
		_, seconds := time.Unix(at, 0).In(loc).Zone()
		return seconds
	}
	var shifts []shift
	last := offset(from.Unix())
	for at := from.Unix(); at < to.Unix(); at += every {
		now := offset(at)
		if now == last {
			continue
		}
		low, high := at-every, at
		for high-low > 1 {
			if middle := (low + high) / 2; offset(middle) == last {
				low = middle
			} else {
				high = middle
			}
		}
		shifts = append(shifts, shift{at: high, before: last, after: now})
		last = now
	}
	return shifts
}

// clock is a zone with the changes of its clock in some years.
type clock struct {
	loc    *time.Location
	shifts []shift
}

// clocks gives all zones of tzdata, and how many changes they have together.
func clocks(t testing.TB, from, to time.Time, every int64) (all []clock, shifts int) {
	t.Helper()
	for _, name := range Zones() {
		loc, err := LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		found := shiftsOf(loc, from, to, every)
		shifts += len(found)
		all = append(all, clock{loc: loc, shifts: found})
	}
	return all, shifts
}

// distinct leaves one of the clocks that change alike, and none that never change.
func distinct(all []clock) []clock {
	seen := map[string]bool{"[]": true}
	var kept []clock
	for _, c := range all {
		if key := fmt.Sprint(c.shifts); !seen[key] {
			seen[key] = true
			kept = append(kept, c)
		}
	}
	return kept
}

// oracle knows by brute force what a clock shows: it was read at each minute (or second) of a stretch of UTC.
type oracle struct {
	from, to int64
	first    map[int64]int64 // what the clock shows -> the first instant at which it does
	jumps    []jump          // where it skips something
	lowest   int64           // the least and the greatest that it shows
	highest  int64
}

// jump is a place where the clock goes from one reading to one further than a step away.
type jump struct{ shown, next, at int64 }

// watch reads a clock from one instant to another.
func watch(loc *time.Location, from, to, step int64) *oracle {
	o := &oracle{from: from, to: to, first: make(map[int64]int64, (to-from)/step)}
	previous := int64(0)
	for at := from; at < to; at += step {
		shown := reading(at, loc)
		if _, seen := o.first[shown]; !seen {
			o.first[shown] = at
		}
		if at == from {
			o.lowest, o.highest = shown, shown
		} else if shown > previous+step {
			o.jumps = append(o.jumps, jump{shown: previous, next: shown, at: at})
		}
		o.lowest, o.highest = min(o.lowest, shown), max(o.highest, shown)
		previous = shown
	}
	return o
}

// reading gives what a clock shows, as seconds of a floating calendar.
func reading(at int64, loc *time.Location) int64 {
	t := time.Unix(at, 0).In(loc)
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC).Unix()
}

// watchShift reads a clock around a change, far enough for all that it shows within reach of it.
func watchShift(loc *time.Location, s shift, reach int64) *oracle {
	step := int64(60)
	if (s.at+int64(s.before))%60 != 0 || (s.at+int64(s.after))%60 != 0 {
		step = 1
	}
	width := reach + int64(max(s.before-s.after, s.after-s.before)) + 3600
	return watch(loc, s.at-width, s.at+width, step)
}

// instant gives where a floating time belongs: the first instant that shows it, or the first after the jump over it.
func (o *oracle) instant(floating int64) (int64, bool) {
	if at, ok := o.first[floating]; ok {
		return at, true
	}
	for _, j := range o.jumps {
		if j.shown < floating && floating < j.next {
			return j.at, true
		}
	}
	return 0, false
}

// instants gives where floating times belong, sorted, each once, as far as they lie in the stretch that was read.
func (o *oracle) instants(floating []int64) []int64 {
	var all []int64
	for _, f := range floating {
		if at, ok := o.instant(f); ok {
			all = append(all, at)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	return slices.Compact(all)
}

// daily gives the floating times of the stretch that have one time of day, in minutes.
func (o *oracle) daily(minute int) []int64 {
	var all []int64
	for day := o.lowest/secondsPerDay - 1; day <= o.highest/secondsPerDay+1; day++ {
		if f := day*secondsPerDay + int64(minute)*60; o.lowest <= f && f <= o.highest {
			all = append(all, f)
		}
	}
	return all
}

// verdict counts how instants differ from what the law wants.
type verdict struct {
	early, late, lost, twice int
	examples                 []string
}

func (v *verdict) broken() bool { return v.early+v.late+v.lost+v.twice > 0 }

func (v *verdict) String() string {
	return fmt.Sprintf("%d early, %d late, %d lost, %d twice", v.early, v.late, v.lost, v.twice)
}

// judge compares sorted lists: an instant too many is twice, one that is moved is early or late, one that is missing is lost.
func (v *verdict) judge(what string, want, got []int64) {
	if slices.Equal(want, got) {
		return
	}
	if len(v.examples) < 5 {
		v.examples = append(v.examples, fmt.Sprintf("%s: want %s, got %s", what, utc(want), utc(got)))
	}
	switch {
	case len(got) > len(want):
		v.twice++
	case len(got) < len(want):
		v.lost++
	default:
		for i := range want {
			if got[i] < want[i] {
				v.early++
			} else if got[i] > want[i] {
				v.late++
			}
		}
	}
}

func utc(instants []int64) string {
	var texts []string
	for _, at := range instants {
		texts = append(texts, time.Unix(at, 0).UTC().Format(time.RFC3339))
	}
	return "[" + strings.Join(texts, " ") + "]"
}

// in gives the instants of occurrences in the stretch.
func (o *oracle) in(s *Schedule) []int64 {
	return seconds(s.Occurrences(time.Unix(o.from, 0), time.Unix(o.to, 0)))
}

func seconds(all []Occurrence) []int64 {
	var found []int64
	for _, occurrence := range all {
		found = append(found, occurrence.At.Unix())
	}
	return found
}
