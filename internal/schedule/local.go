package schedule

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	secondsPerDay = 24 * 60 * 60
	minutesPerDay = 24 * 60

	// minYear and maxYear bound the dates that may be written, so that a slip such as "0206-12-01" is refused.
	minYear, maxYear = 1970, 2999
)

// Date is a calendar date without a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads "2026-11-24". The error says what is wrong and how a date is written.
func ParseDate(s string) (Date, error) {
	m := datePattern.FindStringSubmatch(s)
	if m == nil {
		return Date{}, fmt.Errorf(`%s is not a date: write it as "2026-11-24"`, quote(s))
	}
	return newDate(m[1], m[2], m[3])
}

var datePattern = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})-([0-9]{2})$`)

// newDate takes the digits of year, month and day and refuses dates that no calendar has.
func newDate(year, month, day string) (Date, error) {
	d := Date{Year: digits(year), Month: time.Month(digits(month)), Day: digits(day)}
	switch {
	case d.Year < minYear || d.Year > maxYear:
		return Date{}, fmt.Errorf("the year %s lies outside of %d to %d", year, minYear, maxYear)
	case d.Month < time.January || d.Month > time.December:
		return Date{}, fmt.Errorf("there is no month %s: write 01 to 12", month)
	case d.Day < 1 || d.Day > daysIn(d.Year, d.Month):
		return Date{}, fmt.Errorf("there is no day %s in %s %d, which has %d days", day, d.Month, d.Year, daysIn(d.Year, d.Month))
	}
	return d, nil
}

// digits is for strings that a pattern has shown to be a few ASCII digits.
func digits(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// String gives "2026-11-24".
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// number counts the days since 1970-01-01.
func (d Date) number() int {
	return floorDiv(int(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix()), secondsPerDay)
}

func dateOf(number int) Date {
	y, m, d := time.Unix(int64(number)*secondsPerDay, 0).UTC().Date()
	return Date{Year: y, Month: m, Day: d}
}

// Local is a floating date and time: what a wall clock shows, without a zone, to the second.
type Local struct {
	Date
	Hour, Minute, Second int
}

// LocalOf gives what the wall clock of loc shows at t; fractions of a second are dropped.
func LocalOf(t time.Time, loc *time.Location) Local {
	t = t.In(loc)
	y, m, d := t.Date()
	hh, mm, ss := t.Clock()
	return Local{Date: Date{Year: y, Month: m, Day: d}, Hour: hh, Minute: mm, Second: ss}
}

// String gives "2026-11-24T09:30", with ":15" behind it only where there are seconds.
func (l Local) String() string {
	if l.Second != 0 {
		return fmt.Sprintf("%sT%02d:%02d:%02d", l.Date, l.Hour, l.Minute, l.Second)
	}
	return fmt.Sprintf("%sT%02d:%02d", l.Date, l.Hour, l.Minute)
}

// Compare orders floating times as a calendar does.
func (l Local) Compare(other Local) int {
	return cmp.Compare(l.floating(), other.floating())
}

// floating counts the seconds since 1970-01-01T00:00 with 24 hours to every day.
func (l Local) floating() int64 {
	return time.Date(l.Year, l.Month, l.Day, l.Hour, l.Minute, l.Second, 0, time.UTC).Unix()
}

func localOf(floating int64) Local {
	return LocalOf(time.Unix(floating, 0), time.UTC)
}

// Fit says how a floating time lies in its zone, for status and lint, which tell people when a time was moved.
type Fit int

const (
	// Exact: the clock shows the time once.
	Exact Fit = iota
	// Gap: the clock jumps over the time; the instant is the first one after the gap.
	Gap
	// Fold: the clock shows the time twice; the instant is the first of the two.
	Fold
)

// String gives the name of the fit.
func (f Fit) String() string {
	switch f {
	case Gap:
		return "Gap"
	case Fold:
		return "Fold"
	default:
		return "Exact"
	}
}

// maxOffset bounds how far a wall clock may be from UTC; TZif files hold at most 25:59:59.
const maxOffset = 26 * time.Hour

// Resolve maps a floating time to its one instant in loc, in UTC, and says how it fits: in a gap the first valid instant after
// it, in a fold the first of the two. The instant's wall clock is never before l.
func Resolve(l Local, loc *time.Location) (time.Time, Fit) {
	at, fit := resolve(l.floating(), loc)
	return time.Unix(at, 0).UTC(), fit
}

// zoneEnd is the end of the stretch of constant offset that an instant lies in; zero if it has none. On the last day of leap years
// after the last transition that a zone lists, ZoneBounds gives an end that is not ahead; there the next quarter of an hour is one, as
// no rule changes a clock then.
func zoneEnd(at time.Time) time.Time {
	_, bound := at.ZoneBounds()
	if !bound.IsZero() && !bound.After(at) {
		return at.Add(15 * time.Minute)
	}
	return bound
}

// resolve looks through the stretches of constant offset around the floating time for those whose clock shows it.
// time.Date is of no use here: in a gap it promises neither side, and in some zones goes back before the gap.
func resolve(floating int64, loc *time.Location) (int64, Fit) {
	last := floating + int64(maxOffset/time.Second)
	probe := time.Unix(floating-int64(maxOffset/time.Second), 0).In(loc)
	_, offset := probe.Zone()
	begin := probe.Unix()

	found, times := int64(0), 0
	afterGap, gapSeen := int64(0), false
	for {
		bound := zoneEnd(probe)
		end := last + 1
		if !bound.IsZero() {
			end = min(end, bound.Unix())
		}
		if at := floating - int64(offset); begin <= at && at < end {
			if times == 0 {
				found = at
			}
			times++
		}
		if end > last {
			break
		}
		_, next := bound.Zone()
		if !gapSeen && end+int64(offset) <= floating && floating < end+int64(next) {
			afterGap, gapSeen = end, true
		}
		probe, begin, offset = bound, end, next
	}
	switch {
	case times > 1:
		return found, Fold
	case times == 1:
		return found, Exact
	default:
		return afterGap, Gap
	}
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int) int {
	return a - floorDiv(a, b)*b
}

// quote shows what was written, cut short, so that no error carries a page of text.
func quote(s string) string {
	const most = 60
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + "..."
	}
	return strconv.QuoteToASCII(s)
}

// told is what a library says of what was written, cut short, as it repeats that.
func told(err error) string {
	const most = 200
	if s := err.Error(); len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return err.Error()
}
