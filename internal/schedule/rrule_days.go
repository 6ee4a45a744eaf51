package schedule

import (
	"slices"
	"time"

	"github.com/teambition/rrule-go"
)

// dayRule unrolls a recurrence rule day by day.
type dayRule struct {
	freq     rrule.Frequency
	interval int
	wkst     int // first day of the week, Monday is 0
	origin   int // day number of start, or noFirst; then interval is 1

	months               uint16 // bit 1 to 12, 0 for all
	monthDays, yearDays  []int
	weekNumbers          []int
	weekdays             [7]bool
	numbered             []numberedDay // "-1FR", counted in the month or the year
	anyWeekday, inMonths bool          // no BYDAY; numbered days count in the month

	setpos []int // BYSETPOS of a period of several days
	times  []int // minutes of a day that fits
	steps  *steps
}

type numberedDay struct{ weekday, n int }

func newDayRule(o *rrule.ROption, origin int) *dayRule {
	r := &dayRule{
		freq: o.Freq, interval: max(o.Interval, 1), wkst: o.Wkst.Day(), origin: origin,
		monthDays: o.Bymonthday, yearDays: o.Byyearday, weekNumbers: o.Byweekno, setpos: o.Bysetpos,
		anyWeekday: len(o.Byweekday) == 0,
		inMonths:   o.Freq == rrule.MONTHLY || len(o.Bymonth) > 0,
	}
	for _, month := range o.Bymonth {
		r.months |= 1 << month
	}
	for _, day := range o.Byweekday {
		if n := day.N(); n != 0 {
			r.numbered = append(r.numbered, numberedDay{weekday: day.Day(), n: n})
		} else {
			r.weekdays[day.Day()] = true
		}
	}
	if takesDay(o) {
		r.takeDay(newCivil(origin))
	}
	return r
}

// takeDay completes a rule that names no day by that of start, as RFC 5545 does from DTSTART.
func (r *dayRule) takeDay(start civil) {
	switch r.freq {
	case rrule.WEEKLY:
		r.weekdays[start.weekday], r.anyWeekday = true, false
	case rrule.YEARLY:
		if r.months == 0 {
			r.months = 1 << start.Month
		}
		fallthrough
	default:
		r.monthDays = []int{start.Day}
	}
}

func (r *dayRule) perDay() int {
	switch {
	case r.steps != nil:
		return len(r.steps.most)
	case len(r.setpos) > 0:
		return min(len(r.times), len(r.setpos))
	default:
		return len(r.times)
	}
}

func (r *dayRule) walk() func(day int) []int {
	if len(r.setpos) > 0 {
		return r.walkPeriods()
	}
	return func(day int) []int {
		date := newCivil(day)
		if !r.inPhase(date) || !r.fits(date) {
			return nil
		}
		if r.steps != nil {
			return r.steps.on(day)
		}
		return r.times
	}
}

// walkPeriods unrolls a rule with BYSETPOS, which picks from all times of a week, month or year. It keeps the last period.
func (r *dayRule) walkPeriods() func(day int) []int {
	begin, end := 0, 0 // days of the period that is kept: begin <= day < end
	var picked map[int][]int
	return func(day int) []int {
		if day < begin || day >= end {
			begin, end = r.period(newCivil(day))
			picked = nil
			if r.inPhase(newCivil(day)) {
				picked = r.pickTimes(begin, end)
			}
		}
		return picked[day]
	}
}

func (r *dayRule) pickTimes(begin, end int) map[int][]int {
	var all []int
	for day := begin; day < end; day++ {
		if r.fits(newCivil(day)) {
			for _, minute := range r.times {
				all = append(all, (day-begin)*minutesPerDay+minute)
			}
		}
	}
	picked := map[int][]int{}
	for _, at := range pick(all, r.setpos) {
		day := begin + at/minutesPerDay
		picked[day] = append(picked[day], at%minutesPerDay)
	}
	return picked
}

// period gives the days, end not included, of the week, month or year that a date lies in.
func (r *dayRule) period(date civil) (begin, end int) {
	switch r.freq {
	case rrule.WEEKLY:
		begin = date.number - date.inWeek(r.wkst)
		return begin, begin + 7
	case rrule.MONTHLY:
		begin = date.number - date.Day + 1
		return begin, begin + date.monthLength()
	default:
		begin = date.number - date.yearDay + 1
		return begin, begin + date.yearLength()
	}
}

// inPhase says whether INTERVAL, counted from start, takes the period that a date lies in.
func (r *dayRule) inPhase(date civil) bool {
	if r.interval == 1 || r.freq > rrule.DAILY {
		return true
	}
	start := newCivil(r.origin)
	var distance int
	switch r.freq {
	case rrule.YEARLY:
		distance = date.Year - start.Year
	case rrule.MONTHLY:
		distance = (date.Year-start.Year)*12 + int(date.Month-start.Month)
	case rrule.WEEKLY:
		distance = (date.number - date.inWeek(r.wkst) - start.number + start.inWeek(r.wkst)) / 7
	default:
		distance = date.number - start.number
	}
	return distance%r.interval == 0
}

// fits says whether all BY parts that name days take a date.
func (r *dayRule) fits(date civil) bool {
	if r.months != 0 && r.months&(1<<date.Month) == 0 {
		return false
	}
	if len(r.monthDays) > 0 && !counted(r.monthDays, date.Day, date.monthLength()) {
		return false
	}
	if len(r.yearDays) > 0 && !counted(r.yearDays, date.yearDay, date.yearLength()) {
		return false
	}
	if !r.anyWeekday && !r.fitsWeekday(date) {
		return false
	}
	if len(r.weekNumbers) > 0 {
		number, weeks := date.week(r.wkst)
		return counted(r.weekNumbers, number, weeks)
	}
	return true
}

func (r *dayRule) fitsWeekday(date civil) bool {
	if r.weekdays[date.weekday] {
		return true
	}
	position, length := date.yearDay, date.yearLength()
	if r.inMonths {
		position, length = date.Day, date.monthLength()
	}
	for _, day := range r.numbered {
		if day.weekday != date.weekday {
			continue
		}
		if day.n == (position-1)/7+1 || day.n == -((length-position)/7+1) {
			return true
		}
	}
	return false
}

// counted says whether a list of numbers, from 1 or back from -1, names a position of a whole of some length.
func counted(list []int, position, length int) bool {
	return slices.Contains(list, position) || slices.Contains(list, position-length-1)
}

// civil is a date with what rules ask of it.
type civil struct {
	Date
	number  int // days since 1970-01-01
	yearDay int // from 1
	weekday int // Monday is 0, as in rrule-go
}

func newCivil(number int) civil {
	t := time.Unix(int64(number)*secondsPerDay, 0).UTC()
	year, month, day := t.Date()
	return civil{
		Date:   Date{Year: year, Month: month, Day: day},
		number: number, yearDay: t.YearDay(), weekday: (int(t.Weekday()) + 6) % 7,
	}
}

func (c civil) monthLength() int { return daysIn(c.Year, c.Month) }

func (c civil) yearLength() int { return 337 + daysIn(c.Year, time.February) }

// inWeek counts the days since the week began.
func (c civil) inWeek(wkst int) int { return (c.weekday - wkst + 7) % 7 }

// week gives the number of a date's week and how many weeks its year has. A week belongs to the year that has its fourth day.
func (c civil) week(wkst int) (number, weeks int) {
	fourth := newCivil(c.number - c.inWeek(wkst) + 3)
	number = (fourth.yearDay-1)/7 + 1
	return number, number + (fourth.yearLength()-fourth.yearDay)/7
}

// steps takes, of the minutes of a day, those that lie a whole number of steps after an origin, to which no day gives a meaning
// of its own: every fifth hour from 09:30 on the start date.
type steps struct {
	unit   int     // minutes: 60 where hours are counted
	units  [][]int // the minutes that each unit of a day has
	step   int     // minutes
	origin int     // minutes since 1970-01-01T00:00
	begin  int     // that of the first occurrence; origin is the start of its unit
	most   []int   // the minutes of a day that has the most
	daily  bool    // all days from the second on have those
}

func newSteps(times []int, freq rrule.Frequency, step, originDay, begin int) *steps {
	s := &steps{unit: 1, step: step, begin: originDay*minutesPerDay + begin}
	if freq == rrule.HOURLY {
		s.unit = 60
	}
	s.origin = floorDiv(s.begin, s.unit) * s.unit
	s.daily = minutesPerDay%step == 0
	s.units = make([][]int, minutesPerDay/s.unit)

	// The days differ in where the steps fall: minute m is met on some day if it is as far from the origin as a common
	// divisor of day and step allows, and together with those that leave the same rest.
	common, together := divisor(minutesPerDay, step), map[int][]int{}
	for _, minute := range times {
		s.units[minute/s.unit] = append(s.units[minute/s.unit], minute)
		if at := minute / s.unit * s.unit; floorMod(at-s.origin, common) == 0 {
			rest := floorMod(at, step)
			together[rest] = append(together[rest], minute)
			if len(together[rest]) > len(s.most) {
				s.most = together[rest]
			}
		}
	}
	return s
}

// on gives the minutes of a day.
func (s *steps) on(day int) []int {
	first := day * minutesPerDay
	if s.daily && first >= s.begin {
		return s.most
	}
	var minutes []int
	for at := floorMod(s.origin-first, s.step); at < minutesPerDay; at += s.step {
		for _, minute := range s.units[at/s.unit] {
			if first+minute >= s.begin {
				minutes = append(minutes, minute)
			}
		}
	}
	return minutes
}

func divisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
