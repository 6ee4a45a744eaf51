package schedule

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// longestInterval bounds INTERVAL to a hundred years.
var longestInterval = map[rrule.Frequency]int{
	rrule.YEARLY:   100,
	rrule.MONTHLY:  100 * 12,
	rrule.WEEKLY:   100 * 52,
	rrule.DAILY:    100 * 365,
	rrule.HOURLY:   100 * 365 * 24,
	rrule.MINUTELY: 100 * 365 * minutesPerDay,
}

// readRRule parses the rule with what stands beside it: start and time give what RFC 5545 takes from DTSTART.
func (s *Schedule) readRRule(spec Spec) error {
	option, err := parseRRule(spec.RRule)
	if err != nil {
		return err
	}
	if err := checkParts(option); err != nil {
		return err
	}
	origin := noFirst
	if s.first != noFirst {
		origin = s.first
	} else if err := needsStart(option); err != nil {
		return err
	}
	r := newDayRule(option, origin)
	if option.Freq <= rrule.DAILY {
		err = r.setTimes(option, spec.Time)
	} else {
		err = r.setSteps(option, spec.Time, origin)
	}
	if err != nil {
		return err
	}
	s.rule, s.count = r, option.Count
	return nil
}

var (
	rrulePart     = regexp.MustCompile(`^[A-Z]+=[A-Z0-9,+-]+$`)
	positive      = regexp.MustCompile(`^0*[1-9][0-9]{0,9}$`)
	zeroOrdinal   = regexp.MustCompile(`(^|,)[+-]?0+[A-Z]{2}(,|$)`)
	weekdayNumber = regexp.MustCompile(`^([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)$`)
)

// parseRRule reads the text with rrule-go, after refusing what that would take in another sense: parts given twice, numbers
// that it reads as absent, and the parts for which a calendar has fields of its own.
func parseRRule(text string) (*rrule.ROption, error) {
	const example = `write parts such as "FREQ=MONTHLY;BYDAY=-1FR"`
	upper := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "RRULE:")
	seen := map[string]bool{}
	for _, part := range strings.Split(strings.TrimSuffix(upper, ";"), ";") {
		if strings.HasPrefix(part, "UNTIL=") {
			return nil, fieldError("rrule", `UNTIL is not allowed: set until, such as "2026-12-31", the last local date`)
		}
		if strings.Contains(part, "DTSTART") {
			return nil, fieldError("rrule", `DTSTART is not allowed: set start, such as "2026-11-24", and time, such as "17:00"`)
		}
		if strings.Contains(part, "EXDATE") {
			return nil, fieldError("rrule", `EXDATE is not allowed: list the dates in except`)
		}
		if !rrulePart.MatchString(part) {
			return nil, fieldError("rrule", "%s cannot be read: %s", quote(part), example)
		}
		name, value, _ := strings.Cut(part, "=")
		if seen[name] {
			return nil, fieldError("rrule", "%s is given twice: keep one", quote(name))
		}
		seen[name] = true
		if err := checkValue(name, value); err != nil {
			return nil, err
		}
	}
	if !seen["FREQ"] {
		return nil, fieldError("rrule", "FREQ is missing: %s", example)
	}
	option, err := rrule.StrToROption(strings.TrimSuffix(upper, ";"))
	if err != nil {
		return nil, fieldError("rrule", "%s: %s", quote(text), told(err))
	}
	for _, list := range []*[]int{&option.Bysetpos, &option.Bymonth, &option.Bymonthday, &option.Byyearday, &option.Byweekno, &option.Byhour, &option.Byminute, &option.Bysecond} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	if option.Freq <= rrule.MINUTELY {
		bounded := *option
		bounded.Dtstart = time.Unix(0, 0).UTC() // else rrule-go reads the clock
		if _, err := rrule.NewRRule(bounded); err != nil {
			return nil, fieldError("rrule", "%s", told(err))
		}
	}
	return option, nil
}

// checkValue refuses single values of a part.
func checkValue(name, value string) error {
	switch name {
	case "INTERVAL", "COUNT":
		if !positive.MatchString(value) {
			return fieldError("rrule", "%s=%s: write a number from 1", name, cut(value))
		}
	case "WKST":
		if len(value) != 2 {
			return fieldError("rrule", "WKST=%s: write a weekday, such as MO", cut(value))
		}
	case "BYDAY":
		if zeroOrdinal.MatchString(value) {
			return fieldError("rrule", "BYDAY=%s: count weekdays from 1, or back from -1", cut(value))
		}
		for _, day := range strings.Split(value, ",") {
			if !weekdayNumber.MatchString(day) {
				return fieldError("rrule", "BYDAY=%s: write weekdays as MO, 1MO (the first) or -1FR (the last)", cut(value))
			}
		}
	case "BYEASTER":
		return fieldError("rrule", "BYEASTER is not part of RFC 5545: list the dates as entries with at")
	}
	return nil
}

func cut(value string) string {
	return strings.Trim(quote(value), `"`)
}

// checkParts refuses combinations that RFC 5545 forbids or leaves open. rrule-go takes them, each in a sense of its own.
func checkParts(o *rrule.ROption) error {
	freq := o.Freq.String()
	if o.Freq > rrule.MINUTELY {
		return fieldError("rrule", "FREQ=%s is not allowed: write FREQ=MINUTELY or coarser", freq)
	}
	if most := longestInterval[o.Freq]; o.Interval > most {
		return fieldError("rrule", "INTERVAL=%d is more than a hundred years: at most %d is allowed with FREQ=%s", o.Interval, most, freq)
	}
	if len(o.Bysecond) > 0 && !slices.Equal(o.Bysecond, []int{0}) {
		return fieldError("rrule", "BYSECOND is not allowed: times are set to the minute")
	}
	if len(o.Byweekno) > 0 && (o.Freq != rrule.YEARLY || len(o.Byweekday) == 0) {
		return fieldError("rrule", "BYWEEKNO needs FREQ=YEARLY and BYDAY, such as FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO")
	}
	if len(o.Byyearday) > 0 && o.Freq >= rrule.MONTHLY && o.Freq <= rrule.DAILY {
		return fieldError("rrule", "BYYEARDAY does not go with FREQ=%s: use FREQ=YEARLY", freq)
	}
	if len(o.Bymonthday) > 0 && o.Freq == rrule.WEEKLY {
		return fieldError("rrule", "BYMONTHDAY does not go with FREQ=WEEKLY: use FREQ=MONTHLY or FREQ=DAILY")
	}
	if len(o.Bysetpos) > 0 && len(o.Bymonth)+len(o.Byweekno)+len(o.Byyearday)+len(o.Bymonthday)+len(o.Byweekday)+len(o.Byhour)+len(o.Byminute) == 0 {
		return fieldError("rrule", "BYSETPOS picks from what another BY part names: add one, such as BYDAY=MO,TU,WE,TH,FR")
	}
	for _, day := range o.Byweekday {
		switch n := day.N(); {
		case n == 0:
		case o.Freq > rrule.MONTHLY || len(o.Byweekno) > 0:
			return fieldError("rrule", "BYDAY=%s: numbered weekdays go with FREQ=MONTHLY, or FREQ=YEARLY without BYWEEKNO", day)
		case (o.Freq == rrule.MONTHLY || len(o.Bymonth) > 0) && (n > 5 || n < -5):
			return fieldError("rrule", "BYDAY=%s: a month has at most five of a weekday", day)
		}
	}
	return nil
}

// needsStart refuses rules that have no meaning without an origin.
func needsStart(o *rrule.ROption) error {
	const advice = `set start, the local date from which it is counted, such as "2026-11-24"`
	switch {
	case o.Interval > 1:
		return fieldError("start", "is required with INTERVAL=%d: %s", o.Interval, advice)
	case o.Count > 0:
		return fieldError("start", "is required with COUNT=%d: %s", o.Count, advice)
	case takesDay(o):
		return fieldError("start", "is required with FREQ=%s without a day: %s, or name the day with BYDAY or BYMONTHDAY", o.Freq, advice)
	}
	return nil
}

// takesDay says whether the rule names no day of its period, so that the day is that of start.
func takesDay(o *rrule.ROption) bool {
	return o.Freq <= rrule.WEEKLY && len(o.Byweekno)+len(o.Byyearday)+len(o.Bymonthday)+len(o.Byweekday) == 0
}

// setTimes takes the times of day of a rule that counts days or more.
func (r *dayRule) setTimes(o *rrule.ROption, text string) error {
	switch {
	case text != "" && len(o.Byhour)+len(o.Byminute) > 0:
		return fieldError("time", "is set twice: remove it, or BYHOUR and BYMINUTE from rrule")
	case text != "":
		minute, err := parseTime(text)
		if err != nil {
			return err
		}
		r.times = []int{minute}
	case len(o.Byhour) == 0:
		return fieldError("time", `is missing: set time: "17:00", or BYHOUR in rrule`)
	default:
		minutes := o.Byminute
		if len(minutes) == 0 {
			minutes = []int{0}
		}
		for _, hour := range o.Byhour {
			for _, minute := range minutes {
				r.times = append(r.times, hour*60+minute)
			}
		}
	}
	if o.Freq == rrule.DAILY && len(o.Bysetpos) > 0 {
		r.times, r.setpos = pick(r.times, o.Bysetpos), nil
	}
	return nil
}

// setSteps takes the minutes of a rule that counts hours or minutes, from `time` on the start date, or from its midnight.
func (r *dayRule) setSteps(o *rrule.ROption, text string, origin int) error {
	begin := 0
	if text != "" {
		var err error
		if begin, err = parseTime(text); err != nil {
			return err
		}
	}
	minutes, step := o.Byminute, r.interval
	switch {
	case o.Freq == rrule.HOURLY:
		switch {
		case text != "" && len(minutes) > 0:
			return fieldError("time", "sets the minute as BYMINUTE does: remove one of the two")
		case text != "":
			minutes = []int{begin % 60}
		case len(minutes) == 0:
			return fieldError("time", `is missing: set time: "09:30" for the minute, or BYMINUTE in rrule`)
		}
		minutes = pick(minutes, o.Bysetpos)
		step *= 60
	case text != "" && origin == noFirst:
		return fieldError("time", "has no effect with FREQ=MINUTELY without start: set start too, or remove it")
	case len(minutes) == 0:
		minutes = allMinutes
	}
	if o.Freq == rrule.MINUTELY && len(o.Bysetpos) > 0 && !slices.Contains(o.Bysetpos, 1) && !slices.Contains(o.Bysetpos, -1) {
		return fieldError("rrule", "never fires: a minute has one time, and BYSETPOS names others: remove BYSETPOS")
	}
	r.setpos = nil
	for hour := range 24 {
		if len(o.Byhour) > 0 && !slices.Contains(o.Byhour, hour) {
			continue
		}
		for _, minute := range minutes {
			r.times = append(r.times, hour*60+minute)
		}
	}
	if origin != noFirst {
		r.steps = newSteps(r.times, o.Freq, step, origin, begin)
		if len(r.steps.most) == 0 {
			return fieldError("rrule", "never fires: steps of INTERVAL=%s from start never meet BYHOUR and BYMINUTE", strconv.Itoa(r.interval))
		}
	}
	return nil
}

var allMinutes = func() []int {
	minutes := make([]int, 60)
	for i := range minutes {
		minutes[i] = i
	}
	return minutes
}()

// pick gives the members of a sorted set at the positions of BYSETPOS, from 1 or back from -1; all if there are none.
func pick(set, positions []int) []int {
	if len(positions) == 0 {
		return set
	}
	var indices []int
	for _, p := range positions {
		if p < 0 {
			p += len(set) + 1
		}
		if p >= 1 && p <= len(set) {
			indices = append(indices, p-1)
		}
	}
	slices.Sort(indices)
	var picked []int
	for _, i := range slices.Compact(indices) {
		picked = append(picked, set[i])
	}
	return picked
}
