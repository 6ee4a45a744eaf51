package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// MaxPerDay is how often an entry may fire on one local day, against rules that were not meant ("* * * * *").
const MaxPerDay = 24

// maxRule bounds the text of a rule in bytes; the longest sensible ones have a tenth of it.
const maxRule = 1024

// Spec is a rule as it is written in a calendar. Exactly one of At, Cron and RRule is set; absent fields are "".
type Spec struct {
	// At is a wall clock time in Zone ("2026-12-01T09:00", seconds allowed), or an instant if it ends in Z or an
	// offset ("2026-12-01T09:00+01:00").
	At string
	// Cron has five fields, or is a descriptor such as "@daily".
	Cron string
	// RRule is the value of an RFC 5545 RRULE, without DTSTART and UNTIL.
	RRule string
	// Time is the wall clock time of RRule ("17:00"). FREQ=DAILY and coarser need it or BYHOUR.
	Time string
	// Start is the local date from which the rule holds and its occurrences are counted ("2026-11-24").
	Start string
	// Until is the last local date on which the rule holds.
	Until string
	// Except lists local dates on which nothing goes out.
	Except []string
	// Rotates says that the entry takes its contents in turn, which needs Start as the origin of the count.
	Rotates bool
	// Zone is the IANA name of the time zone.
	Zone string
}

// FieldError says which field of a Spec is wrong and what to write instead.
type FieldError struct {
	// Field is the name as it is written: at, cron, rrule, time, start, until, except, timeZone.
	Field string
	// Message says what is wrong and what to write instead.
	Message string
}

func (e *FieldError) Error() string {
	return e.Field + ": " + e.Message
}

func fieldError(field, format string, args ...any) error {
	return &FieldError{Field: field, Message: fmt.Sprintf(format, args...)}
}

// Parse reads a rule. Every error is, or wraps, a *FieldError. Refused are also rules that never fire and such that fire more
// than MaxPerDay times on a day.
func Parse(spec Spec) (*Schedule, error) {
	return parse(spec, MaxPerDay)
}

func parse(spec Spec, maxPerDay int) (*Schedule, error) {
	loc, err := LoadZone(spec.Zone)
	if err != nil {
		return nil, fieldError("timeZone", "%s", err)
	}
	if err := oneRule(spec); err != nil {
		return nil, err
	}
	s := &Schedule{loc: loc, first: noFirst, last: noLast}
	if spec.At != "" {
		if err := onlyAt(spec); err != nil {
			return nil, err
		}
		s.once, err = parseAt(spec.At, loc)
		return s, err
	}
	if err := s.readDates(spec); err != nil {
		return nil, err
	}
	field := "cron"
	if spec.Cron != "" {
		if spec.Time != "" {
			return nil, fieldError("time", "belongs to rrule: write the time into the first two fields of cron, or remove it")
		}
		s.rule, err = parseCron(spec.Cron)
	} else {
		field = "rrule"
		err = s.readRRule(spec)
	}
	if err != nil {
		return nil, err
	}
	if n := s.rule.perDay(); n > maxPerDay {
		return nil, fieldError(field, "fires %d times a day; at most %d are allowed: set fewer hours and minutes", n, maxPerDay)
	}
	if !s.everFires() {
		if s.last != noLast {
			return nil, fieldError(field, "never fires up to %s: change the rule or until", spec.Until)
		}
		return nil, fieldError(field, "never fires: no date fits all of it")
	}
	return s, nil
}

func oneRule(spec Spec) error {
	var set []string
	for _, rule := range []struct{ field, text string }{{"at", spec.At}, {"cron", spec.Cron}, {"rrule", spec.RRule}} {
		if rule.text == "" {
			continue
		}
		if len(rule.text) > maxRule {
			return fieldError(rule.field, "has %d bytes; at most %d are allowed", len(rule.text), maxRule)
		}
		set = append(set, rule.field)
	}
	switch len(set) {
	case 0:
		return fieldError("at", `no time is set: set one of at ("2026-12-01T09:00"), cron ("0 10 * * 2") and rrule ("FREQ=MONTHLY;BYDAY=-1FR")`)
	case 1:
		return nil
	default:
		return fieldError(set[1], "%s is set too: keep one of the two", set[0])
	}
}

// onlyAt refuses fields that would be without effect beside `at`.
func onlyAt(spec Spec) error {
	const message = "belongs to cron and rrule: remove it, as an entry with at goes out once"
	switch {
	case spec.Time != "":
		return fieldError("time", "belongs to rrule: write date and time into at")
	case spec.Start != "":
		return fieldError("start", message)
	case spec.Until != "":
		return fieldError("until", message)
	case len(spec.Except) > 0:
		return fieldError("except", message)
	}
	return nil
}

// readDates takes start, until and except.
func (s *Schedule) readDates(spec Spec) error {
	if spec.Start != "" {
		d, err := ParseDate(spec.Start)
		if err != nil {
			return fieldError("start", "%s", err)
		}
		s.first = d.number()
	} else if spec.Rotates {
		return fieldError("start", `is required with rotation: it is the date from which the contents are counted, such as "2026-11-24"`)
	}
	if spec.Until != "" {
		d, err := ParseDate(spec.Until)
		if err != nil {
			return fieldError("until", "%s", err)
		}
		s.last = d.number()
		if s.last < s.first {
			return fieldError("until", "%s lies before start (%s): nothing would ever go out", spec.Until, spec.Start)
		}
	}
	for i, text := range spec.Except {
		d, err := ParseDate(text)
		if err != nil {
			return fieldError("except", "entry %d: %s", i+1, err)
		}
		s.except = append(s.except, d.number())
	}
	slices.Sort(s.except)
	s.except = slices.Compact(s.except)
	return nil
}

// parseTime reads "17:00" and gives the minute of the day.
func parseTime(text string) (int, error) {
	m := timePattern.FindStringSubmatch(text)
	if m == nil || digits(m[1]) > 23 || digits(m[2]) > 59 {
		return 0, fieldError("time", `%s is not a time of day: write it as "17:00"`, quote(text))
	}
	return digits(m[1])*60 + digits(m[2]), nil
}

var (
	timePattern = regexp.MustCompile(`^([0-9]{2}):([0-9]{2})$`)
	atPattern   = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?(Z|[+-][0-9]{2}:[0-9]{2})?$`)
)

// parseAt reads a wall clock time in loc, or an instant.
func parseAt(text string, loc *time.Location) (*Occurrence, error) {
	m := atPattern.FindStringSubmatch(text)
	if m == nil {
		return nil, fieldError("at", `%s is not a time: write "2026-12-01T09:00" for the wall clock of the zone, or add Z or an offset such as +01:00`, quote(text))
	}
	date, err := newDate(m[1], m[2], m[3])
	if err != nil {
		return nil, fieldError("at", "%s: %s", quote(text), err)
	}
	local := Local{Date: date, Hour: digits(m[4]), Minute: digits(m[5]), Second: digits(m[6])}
	if local.Hour > 23 || local.Minute > 59 || local.Second > 59 {
		return nil, fieldError("at", "%s: there is no time of day %s: write 00:00 to 23:59", quote(text), text[len("2026-12-01T"):len("2026-12-01T09:00")])
	}
	if m[7] == "" {
		at, fit := Resolve(local, loc)
		return &Occurrence{Local: local, At: at, Fit: fit, ID: onceID}, nil
	}
	offset, err := parseOffset(m[7])
	if err != nil {
		return nil, fieldError("at", "%s", err)
	}
	at := time.Unix(local.floating()-int64(offset), 0).UTC()
	return &Occurrence{Local: LocalOf(at, loc), At: at, ID: onceID}, nil
}

// parseOffset gives the seconds east of UTC of "Z" or "+01:00".
func parseOffset(text string) (int, error) {
	if text == "Z" {
		return 0, nil
	}
	seconds := digits(text[1:3])*3600 + digits(text[4:6])*60
	if text[0] == '-' {
		seconds = -seconds
	}
	if digits(text[4:6]) > 59 || seconds < -12*3600 || seconds > 14*3600 {
		return 0, errors.New("the offset " + text + " is used nowhere: offsets go from -12:00 to +14:00")
	}
	return seconds, nil
}
