package automoderator

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy/automoderator/pyre"
)

// author reads all that is asked of who said it.
func (d *draft) author(c *clause, t itemType, e *entry) (holds, error) {
	if e.value.Kind != yaml.MappingNode { // author: X is author: {name: X}
		name := entry{key: strings.TrimSuffix(e.key, "author") + "name", line: e.line, value: e.value}
		return d.name(c, &name)
	}
	if e.key != "author" {
		d.refuse(e, "AutoModerator does not know ~author with checks in it: put ~ before each of them")
		return some, nil
	}
	result := ignored
	for i := range e.fields {
		f := &e.fields[i]
		var state holds
		switch f.key {
		case "satisfy_any_threshold", "set_flair":
			continue // of thresholds only one can be said: any of it is all of it
		case "account_age":
			state = d.age(c, f)
		case "is_moderator":
			value, ok := f.truth()
			switch {
			case !ok:
				d.refuse(f, "it is neither true nor false")
			case value:
				c.must(team)
			default:
				c.mustNot(team)
			}
		case "is_submitter":
			state = d.submitter(t, f)
		default:
			if reason := reddit[f.key]; reason != "" {
				d.refuse(f, "%s", reason)
				continue
			}
			var err error
			if state, err = d.name(c, f); err != nil {
				return state, err
			}
		}
		switch {
		case state == nothing:
			return nothing, nil
		case state != ignored:
			result = some
		}
	}
	return result, nil
}

// submitter: what is commented on is ours, so that no commenter published it; who submits is the submitter.
func (d *draft) submitter(t itemType, f *entry) holds {
	value, ok := f.truth()
	if !ok {
		d.refuse(f, "it is neither true nor false")
		return some
	}
	if value != t.submission {
		return nothing
	}
	if !value {
		d.note(f, "it holds for every comment: what people comment on is ours")
	}
	return always
}

var ageText = regexp.MustCompile(`^(==?|<|>)?\s*(-?\d+)\s*(minute|hour|day|week|month|year)?s?$`)

var units = map[string]time.Duration{
	"minute": time.Minute, "hour": time.Hour, "": 24 * time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour,
	"month": 30 * 24 * time.Hour, "year": 365 * 24 * time.Hour,
}

// mostHours is the longest span that the API knows.
const mostHours = 876000

func (d *draft) age(c *clause, f *entry) holds {
	text, _ := f.text()
	m := ageText.FindStringSubmatch(strings.ToLower(text))
	if m == nil {
		d.refuse(f, "%s is no age: write it like < 7 days", quoted(text))
		return some
	}
	n, err := strconv.Atoi(m[2])
	span := units[m[3]]
	if err != nil || n > mostHours*int(time.Hour/time.Minute) || time.Duration(n)*(span/time.Minute) > mostHours*60 {
		d.refuse(f, "%s is longer than %d hours", quoted(text), mostHours)
		return some
	}
	age := time.Duration(n) * span
	if m[3] == "month" || m[3] == "year" {
		d.note(f, "a month is 30 days, a year 365, as on Reddit")
	}
	switch m[1] {
	case "<":
		if n <= 0 {
			return nothing
		}
		c.must(criteria{Author: &tribunev1alpha1.AuthorMatch{AccountAge: &tribunev1alpha1.DurationRange{LessThan: &metav1.Duration{Duration: age}}}})
	case ">":
		if n < 0 {
			age = 0
		}
		c.must(criteria{Expression: fmt.Sprintf("author.accountAge > duration('%ds')", int64(age/time.Second))})
	default:
		d.refuse(f, "an account is exactly so old only for an instant: write < or > before it")
	}
	return some
}

// name looks for names of people as AutoModerator does: as words, if nothing else is said.
func (d *draft) name(c *clause, f *entry) (holds, error) {
	s, ok := parseSearch(f.key)
	if !ok {
		d.refuse(f, "AutoModerator does not know this key")
		return some, nil
	}
	for _, field := range s.fields {
		if reason := authorFields[field]; reason != "" {
			d.refuse(f, "%s", reason)
			return some, nil
		}
	}
	values, err := words(f.value)
	if err != nil {
		d.refuse(f, "%v", err)
		return some, nil
	}
	if len(values) == 0 {
		d.note(f, "it has no values: AutoModerator does not look at it either")
		return ignored, nil
	}
	d.note(f, "these are names on Reddit: write the handles that the same people have on the channel")
	expr, err := d.handles(&s, values)
	if err != nil {
		d.refuse(f, "%v", err)
		return some, nil
	}
	for _, x := range expr {
		if s.not {
			c.mustNot(x)
		}
	}
	if !s.not {
		if len(expr) == 0 {
			return nothing, nil
		}
		c.must(expr...)
	}
	return some, nil
}

// mostHandleRegex bounds expressions on handles.
const mostHandleRegex = 1500

// beforeName is what may stand before a name in a handle: no host, as in ada@bob.example or ada.bob.example, which names of Reddit do
// not have.
const beforeName = `\A@?(?:(?:[^@.]|\.[^\w@.])*(?:[^\w@.]|\.[^\w@.]))?`

// names are words of handles, where they are of letters and the like at both ends; others, which no name of Reddit is, are searched for
// as they are.
func names(values []string, caseSensitive bool) ([]string, error) {
	border := regexp.MustCompile(`^[\pL\pN_](?:.*[\pL\pN_])?$`)
	var plain, odd []string
	for _, v := range values {
		if border.MatchString(v) {
			plain = append(plain, regexp.QuoteMeta(v))
		} else {
			odd = append(odd, v)
		}
	}
	out, err := pyre.Literals(odd, pyre.IncludesWord, caseSensitive)
	for len(plain) > 0 && err == nil {
		n := 1
		for size := len(plain[0]); n < len(plain) && size+len(plain[n]) < mostHandleRegex/2; n++ {
			size += len(plain[n]) + 1
		}
		var more []string
		more, err = pyre.Regex(beforeName+"(?:"+strings.Join(plain[:n], "|")+`)(?:\W|\Z)`, pyre.Includes, caseSensitive)
		out, plain = append(out, more...), plain[n:]
	}
	return out, err
}

func (d *draft) handles(s *search, values []string) ([]criteria, error) {
	method, cs := s.method("name", len(s.fields) > 1), s.has("case-sensitive")
	var exprs []string
	var err error
	switch {
	case !s.has("regex") && method == pyre.IncludesWord:
		exprs, err = names(values, cs)
	case !s.has("regex"):
		exprs, err = pyre.Literals(values, method, cs)
	default:
		for _, v := range values {
			more, wrong := pyre.Regex(v, method, cs)
			if wrong != nil {
				return nil, fmt.Errorf("the expression %s: %w", quoted(v), wrong)
			}
			exprs = append(exprs, more...)
		}
	}
	if err != nil {
		return nil, err
	}
	// Several expressions are one, each with flags of its own.
	var out []criteria
	for len(exprs) > 0 {
		n := 1
		for size := len(exprs[0]); n < len(exprs) && size+len(exprs[n]) < mostHandleRegex; n++ {
			size += len(exprs[n])
		}
		grouped := make([]string, n)
		for i := range grouped {
			grouped[i] = "(?:" + exprs[i] + ")"
		}
		text := strings.Join(grouped, "|")
		if n == 1 {
			text = exprs[0]
		}
		literal := strconv.Quote(text)
		if len(literal) > mostExpression-100 {
			return nil, errors.New("its names are too long for one expression: make several rules of it")
		}
		out = append(out, criteria{Expression: "author.handle.matches(" + literal + ")"})
		exprs = slices.Delete(exprs, 0, n)
	}
	return out, nil
}
