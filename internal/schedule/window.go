package schedule

import (
	"fmt"
	"time"
)

// Window is a time in which nothing goes out: once, or a part of each day. Its zero value is never.
type Window struct {
	// once
	from, to time.Time
	// each day: minutes of the floating day, to being over minutesPerDay where the window ends on the next day
	loc            *time.Location
	fromMin, toMin int
}

// Between gives the window from one time, included, to another, excluded. Both are written as `at` is: wall clock times of zone,
// or with an offset or Z. Errors are *FieldError with the field from or to.
func Between(from, to, zone string) (Window, error) {
	loc, err := LoadZone(zone)
	if err != nil {
		return Window{}, fieldError("timeZone", "%s", err)
	}
	begin, err := parseAt(from, loc)
	if err != nil {
		return Window{}, renamed(err, "from")
	}
	end, err := parseAt(to, loc)
	if err != nil {
		return Window{}, renamed(err, "to")
	}
	if !end.At.After(begin.At) {
		return Window{}, fieldError("to", "%s is not after from (%s): write the first instant after the window", quote(to), quote(from))
	}
	return Window{from: begin.At, to: end.At}, nil
}

// EachDay gives the window of each day of zone from one minute ("22:00"), included, to another ("07:00"), excluded, which is that
// of the next day if it is not later. Each end is mapped by the schedule law: in a gap the first instant after it, in a fold
// the first of the two. Errors are *FieldError with the field from, to or timeZone.
func EachDay(from, to, zone string) (Window, error) {
	loc, err := LoadZone(zone)
	if err != nil {
		return Window{}, fieldError("timeZone", "%s", err)
	}
	begin, err := parseTime(from)
	if err != nil {
		return Window{}, renamed(err, "from")
	}
	end, err := parseTime(to)
	if err != nil {
		return Window{}, renamed(err, "to")
	}
	if begin == end {
		return Window{}, fieldError("to", "is the same as from (%s): nothing would ever go out; write when the window ends", quote(from))
	}
	if end < begin {
		end += minutesPerDay
	}
	return Window{loc: loc, fromMin: begin, toMin: end}, nil
}

// renamed says an error of a time about another field.
func renamed(err error, field string) error {
	if fe, ok := err.(*FieldError); ok { //nolint:errorlint // it comes unwrapped from this package
		return &FieldError{Field: field, Message: fe.Message}
	}
	return err
}

// Around gives the window's begin and end around an instant, and false if the instant lies outside: begin <= at < end.
func (w Window) Around(at time.Time) (begin, end time.Time, inside bool) {
	if w.loc == nil {
		return w.from, w.to, !at.Before(w.from) && at.Before(w.to)
	}
	today := LocalOf(at, w.loc).number()
	for day := today - 2; day <= today+1; day++ { // -2: a window may have begun yesterday, and a zone may leave out a day
		begin, end := w.on(day)
		if begin <= at.Unix() && at.Unix() < end {
			return time.Unix(begin, 0).UTC(), time.Unix(end, 0).UTC(), true
		}
	}
	return time.Time{}, time.Time{}, false
}

// on gives the window that begins on a floating day.
func (w Window) on(day int) (begin, end int64) {
	begin, _ = resolve(int64(day)*secondsPerDay+int64(w.fromMin)*60, w.loc)
	end, _ = resolve(int64(day)*secondsPerDay+int64(w.toMin)*60, w.loc)
	return begin, end
}

// maxChain bounds how many windows one after the other are followed: two a day for more than a year.
const maxChain = 1000

// FirstAllowed gives the first instant, from at on, that lies in none of the windows, going on through windows that touch or
// overlap. It gives false if there is none, as windows of each day cover it whole.
func FirstAllowed(at time.Time, windows []Window) (time.Time, bool) {
	for range maxChain {
		moved := false
		for i := range windows {
			if _, end, inside := windows[i].Around(at); inside {
				at, moved = end, true
			}
		}
		if !moved {
			return at, true
		}
	}
	return at, false
}

// Reach gives the earliest instant from which FirstAllowed can come to the given one, or past it.
func Reach(at time.Time, windows []Window) time.Time {
	for range maxChain {
		moved := false
		for i := range windows {
			if begin, _, inside := windows[i].Around(at.Add(-1)); inside && begin.Before(at) {
				at, moved = begin, true
			}
		}
		if !moved {
			break
		}
	}
	return at
}

// String says when the window is, for people.
func (w Window) String() string {
	if w.loc == nil {
		return fmt.Sprintf("%s to %s", w.from.Format(time.RFC3339), w.to.Format(time.RFC3339))
	}
	to := w.toMin % minutesPerDay
	return fmt.Sprintf("%02d:%02d to %02d:%02d %s", w.fromMin/60, w.fromMin%60, to/60, to%60, w.loc)
}
