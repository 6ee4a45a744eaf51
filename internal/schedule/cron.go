package schedule

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// cronStar is the bit by which robfig/cron remembers that a field was "*".
const cronStar = uint64(1) << 63

var (
	cronDescriptors = []string{"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
	cronFields      = []string{"minute", "hour", "day of month", "month", "day of week"}

	// cronField is what a field may look like. robfig/cron reads "*-5" as "*", "+5" as 5 and "," as no value at all.
	cronField = func() *regexp.Regexp {
		const value = `([0-9]{1,3}|[A-Za-z]{3})`
		const part = `([*?]|` + value + `(-` + value + `)?)(/[0-9]{1,3})?`
		return regexp.MustCompile(`^` + part + `(,` + part + `)*$`)
	}()
)

// cronRule is a cron expression. As cron has it, the days are those that fit both day fields, or, if neither begins with "*",
// either of them ("0 9 1 * 1" is each first and each Monday).
type cronRule struct {
	dom, month, dow uint64
	minutes         []int
}

func parseCron(text string) (*cronRule, error) {
	if err := checkCron(text); err != nil {
		return nil, err
	}
	parsed, err := cron.ParseStandard(text)
	if err != nil {
		return nil, fieldError("cron", "%s: %s", quote(text), told(err))
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fieldError("cron", "%s names no dates: write five fields, such as \"0 10 * * 2\"", quote(text))
	}
	c := &cronRule{dom: spec.Dom, month: spec.Month, dow: spec.Dow}
	for hour := range 24 {
		for minute := range 60 {
			if spec.Hour&(1<<hour) != 0 && spec.Minute&(1<<minute) != 0 {
				c.minutes = append(c.minutes, hour*60+minute)
			}
		}
	}
	return c, nil
}

// checkCron refuses what robfig/cron would take in another sense, or would refuse without advice.
func checkCron(text string) error {
	const example = `write five fields, minute hour day-of-month month day-of-week, such as "0 10 * * 2"`
	for i := range len(text) {
		if text[i] != '\t' && (text[i] < ' ' || text[i] > '~') {
			return fieldError("cron", "%s has characters other than plain text: %s", quote(text), example)
		}
	}
	trimmed := strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(trimmed, "TZ=") || strings.HasPrefix(trimmed, "CRON_TZ="):
		return fieldError("cron", "TZ= is not allowed: set timeZone")
	case strings.HasPrefix(trimmed, "@every"):
		return fieldError("cron", "@every is not allowed, as it has no fixed times: "+example)
	case strings.HasPrefix(trimmed, "@"):
		if !slices.Contains(cronDescriptors, text) {
			return fieldError("cron", "%s is unknown: write one of %s, or five fields", quote(text), strings.Join(cronDescriptors, ", "))
		}
		return nil
	}
	fields := strings.Fields(text)
	switch len(fields) {
	case 5:
	case 6:
		return fieldError("cron", "%s has six fields, and seconds are not allowed: remove the first", quote(text))
	default:
		return fieldError("cron", "%s has %d fields: %s", quote(text), len(fields), example)
	}
	for i, field := range fields {
		switch {
		case i == 4 && sevenPattern.MatchString(field):
			return fieldError("cron", "day of week %s: Sunday is 0 or SUN here, not 7", quote(field))
		case i >= 2 && strings.ContainsAny(field, "LW#lw") && !cronField.MatchString(field):
			return fieldError("cron", `%s %s is not known to cron: use rrule, such as "FREQ=MONTHLY;BYDAY=-1FR" for the last Friday`, cronFields[i], quote(field))
		case !cronField.MatchString(field):
			return fieldError("cron", "%s %s cannot be read: write *, a number, a range 1-5, a step */2, or a list of them with commas", cronFields[i], quote(field))
		}
	}
	return nil
}

// sevenPattern finds 7 as a day, not as a step.
var sevenPattern = regexp.MustCompile(`(^|[,-])7($|[,/-])`)

func (c *cronRule) perDay() int {
	return len(c.minutes)
}

func (c *cronRule) walk() func(day int) []int {
	return func(day int) []int {
		if c.fires(time.Unix(int64(day)*secondsPerDay, 0).UTC()) {
			return c.minutes
		}
		return nil
	}
}

func (c *cronRule) fires(date time.Time) bool {
	_, month, day := date.Date()
	if c.month&(1<<month) == 0 {
		return false
	}
	dom, dow := c.dom&(1<<day) != 0, c.dow&(1<<date.Weekday()) != 0
	if (c.dom|c.dow)&cronStar != 0 {
		return dom && dow
	}
	return dom || dow
}
