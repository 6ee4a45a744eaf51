package schedule

import (
	"math"
	"slices"
	"time"
)

const (
	onceID = "once"

	noFirst = math.MinInt
	noLast  = math.MaxInt

	// searchDays bounds the search for a next date: the calendar repeats itself after 400 years.
	searchDays = 146097
)

// Schedule is a rule that was parsed. It never changes and may be used by many goroutines.
type Schedule struct {
	loc    *time.Location
	once   *Occurrence // of `at`; else rule is set
	rule   rule
	first  int   // day number of start, or noFirst
	last   int   // day number of until, or noLast
	count  int   // COUNT, or 0
	except []int // day numbers, sorted
}

// rule is what cron and rrule have in common: they name minutes of floating days.
type rule interface {
	// perDay bounds how many minutes one day can have; it does not depend on the day.
	perDay() int
	// walk gives a function that names the minutes (0 to 1439, ascending) of a floating day. It is fast for days that
	// follow each other. Its result may not be kept or changed.
	walk() func(day int) []int
}

// Occurrence is one time at which an entry goes out.
type Occurrence struct {
	// Local is the floating time of the rule. In a gap the zone's clock never shows it: see Fit.
	Local Local
	// At is the instant, in UTC.
	At time.Time
	// Fit says whether Local lies in a gap or a fold of its zone.
	Fit Fit
	// Ordinal counts the rule's occurrences since start, from 0, cancelled and merged ones included. It is -1 for a cron or
	// rrule without start, where there is nothing to count from.
	Ordinal int
	// ID names the occurrence for ever: "once" for `at`, so that an entry that is moved stays the same publication; the
	// local date ("2026-11-24") if the rule can fire at most once a day; else local date and time ("2026-11-24T0930").
	ID string
}

// Zone gives the zone of the schedule.
func (s *Schedule) Zone() *time.Location {
	return s.loc
}

// PerDay bounds how often the entry can go out on one local day. It is a property of the rule, not of a date.
func (s *Schedule) PerDay() int {
	if s.once != nil {
		return 1
	}
	return s.rule.perDay()
}

// Rotation gives the index of the content, of n, that an occurrence takes. n must be positive and ordinal not negative.
func Rotation(ordinal, n int) int {
	return floorMod(ordinal, n)
}

// Occurrences gives all with from <= At < to, in the order of At. What is asked in two windows that touch is what is
// asked in one.
func (s *Schedule) Occurrences(from, to time.Time) []Occurrence {
	if s.once != nil {
		if s.once.At.Before(from) || !s.once.At.Before(to) {
			return nil
		}
		return []Occurrence{*s.once}
	}
	begin, end, ok := s.days(from, to)
	if !ok {
		return nil
	}
	return s.unroll(begin, end, s.ordinalAt(begin), from, to)
}

// Next gives the first occurrence with At > after, and false if there is none, or none within 400 years.
func (s *Schedule) Next(after time.Time) (Occurrence, bool) {
	from := after.Add(1)
	if s.once != nil {
		return *s.once, !s.once.At.Before(from)
	}
	if s.first != noFirst {
		if start := time.Unix(int64(s.first)*secondsPerDay, 0).Add(-maxOffset); start.After(from) {
			from = start
		}
	}
	begin, _, _ := s.days(from, from)
	ordinal := s.ordinalAt(begin)
	const widest = 400
	limit := from.AddDate(400, 0, 0)
	for width := 2; from.Before(limit) && begin <= s.last && !s.over(ordinal); width = min(2*width, widest) {
		to := from.AddDate(0, 0, width)
		if _, end, ok := s.days(from, to); ok {
			if found := s.unroll(begin, end, ordinal, from, to); len(found) > 0 {
				return found[0], true
			}
		}
		from = to
		next, _, _ := s.days(from, from)
		ordinal = s.countOn(ordinal, begin, next)
		begin = next
	}
	return Occurrence{}, false
}

// UnusedExcept gives the dates of except on which the rule has no occurrence: often a slip, of which lint should warn.
func (s *Schedule) UnusedExcept() []Date {
	var unused []Date
	for _, day := range s.except {
		if day < s.first || day > s.last || len(s.rule.walk()(day)) == 0 {
			unused = append(unused, dateOf(day))
		}
	}
	return unused
}

// days gives the floating days, begin and end included, whose times can fall into a window: a clock is never
// further from UTC than maxOffset, nor is the end of a gap from what lies in it. So all that can meet at an instant of the
// window is among them.
func (s *Schedule) days(from, to time.Time) (begin, end int, ok bool) {
	begin = max(s.first, floorDiv(int(from.Add(-maxOffset).Unix()), secondsPerDay))
	end = min(s.last, floorDiv(int(to.Add(maxOffset).Unix()), secondsPerDay))
	return begin, end, begin <= end && from.Before(to)
}

// ordinalAt counts the floating occurrences before a day, or gives -1 without start.
func (s *Schedule) ordinalAt(day int) int {
	if s.first == noFirst {
		return -1
	}
	return s.countOn(0, s.first, day)
}

// countOn adds the floating occurrences of the days from begin up to end, which is not included, to an ordinal.
func (s *Schedule) countOn(ordinal, begin, end int) int {
	if ordinal < 0 {
		return ordinal
	}
	walk := s.rule.walk()
	for day := begin; day < end; day++ {
		ordinal += len(walk(day))
	}
	return ordinal
}

// over says whether COUNT is used up.
func (s *Schedule) over(ordinal int) bool {
	return s.count > 0 && ordinal >= s.count
}

// unroll maps the occurrences of the days begin to end, of which the first has the given ordinal, and keeps those of the window.
func (s *Schedule) unroll(begin, end, ordinal int, from, to time.Time) []Occurrence {
	var found []Occurrence
	walk := s.rule.walk()
	for day := begin; day <= end; day++ {
		_, cancelled := slices.BinarySearch(s.except, day)
		for _, minute := range walk(day) {
			if s.over(ordinal) {
				return merge(found)
			}
			if !cancelled {
				floating := int64(day)*secondsPerDay + int64(minute)*60
				seconds, fit := resolve(floating, s.loc)
				if at := time.Unix(seconds, 0).UTC(); !at.Before(from) && at.Before(to) {
					found = append(found, Occurrence{Local: localOf(floating), At: at, Fit: fit, Ordinal: ordinal, ID: s.identity(floating)})
				}
			}
			if ordinal >= 0 {
				ordinal++
			}
		}
	}
	return merge(found)
}

// merge leaves one occurrence an instant: the latest in floating time.
func merge(all []Occurrence) []Occurrence {
	// Sorted by instant, as two shifts of a clock within hours can turn the floating order around.
	slices.SortStableFunc(all, func(a, b Occurrence) int { return a.At.Compare(b.At) })
	kept := all[:0]
	for _, o := range all {
		if n := len(kept); n > 0 && kept[n-1].At.Equal(o.At) {
			kept[n-1] = o
			continue
		}
		kept = append(kept, o)
	}
	return kept
}

func (s *Schedule) identity(floating int64) string {
	layout := "2006-01-02T1504"
	if s.rule.perDay() <= 1 {
		layout = time.DateOnly
	}
	return time.Unix(floating, 0).UTC().Format(layout)
}

// everFires looks for one occurrence in the days of the rule, or in a whole turn of the calendar if they have no end.
func (s *Schedule) everFires() bool {
	begin := max(s.first, 0)
	walk := s.rule.walk()
	for day := begin; day <= min(s.last, begin+searchDays); day++ {
		if len(walk(day)) > 0 {
			return true
		}
	}
	return false
}
