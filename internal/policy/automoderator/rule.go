package automoderator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// draft is a rule on its way.
type draft struct {
	*section
	opts   *Options
	lists  *lists
	report *RuleReport
	place  int

	removes  bool // phase one
	approves bool
	exempt   bool // moderators
	unquoted bool // what others said and is quoted is not looked at
	priority int
	outcome  tribunev1alpha1.PolicyOutcome
	clauses  []clause
	// actions that only the engine's conditions bind, and those that would also be done by rules that are never reached.
	actions []planned
}

// planned is an action, with the key that it comes from.
type planned struct {
	action tribunev1alpha1.PolicyAction
	from   *entry
	// reached: it is done for every rule that matches, so that the rules before it have to be left out of its match.
	reached bool
}

func (d *draft) refuse(e *entry, format string, args ...any) {
	d.report.NotImported = append(d.report.NotImported, d.finding(e, format, args...))
}

func (d *draft) leave(e *entry, format string, args ...any) {
	d.report.LeftOut = append(d.report.LeftOut, d.finding(e, format, args...))
}

func (d *draft) note(e *entry, format string, args ...any) {
	f := d.finding(e, format, args...)
	if !slices.Contains(d.report.Notes, f) {
		d.report.Notes = append(d.report.Notes, f)
	}
}

func (d *draft) finding(e *entry, format string, args ...any) Finding {
	if e == nil {
		return Finding{Line: d.line, Reason: fmt.Sprintf(format, args...)}
	}
	return Finding{Line: e.line, Key: shown(e.key), Reason: fmt.Sprintf(format, args...)}
}

func (d *draft) refused() bool { return len(d.report.NotImported) > 0 }

// read makes a rule of a section, as far as it goes.
func (d *draft) read() {
	d.report.Notes = append(d.report.Notes, d.notes...)
	if len(d.entries) == 0 {
		d.refuse(nil, "it is empty, or no mapping of keys to values: AutoModerator leaves it out too")
		return
	}
	d.unknownKeys()
	d.settings()
	if d.refused() {
		return
	}
	kinds, ok := d.kinds()
	if !ok {
		return
	}
	d.readClauses(kinds)
	if d.refused() {
		return
	}
	d.readActions()
}

// settings are action, priority and moderators_exempt.
func (d *draft) settings() {
	if e := d.get("action"); e != nil {
		action, _ := e.text()
		switch strings.ToLower(action) {
		case "remove", "spam", "filter":
			d.removes, d.exempt, d.outcome = true, true, tribunev1alpha1.OutcomeHide
		case "report":
			d.exempt, d.outcome = true, tribunev1alpha1.OutcomeReview
		case "approve":
			d.approves, d.outcome = true, tribunev1alpha1.OutcomeAllow
			if d.get("reports") == nil {
				d.refuse(e, "it approves what Reddit's own filters removed; what a network hides by itself is not taken back by a policy: name trusted people in spec.exempt instead")
			}
		default:
			d.refuse(e, "%s is no action of AutoModerator: use approve, remove, spam, filter or report", quoted(action))
		}
	}
	if e := d.get("moderators_exempt"); e != nil {
		value, ok := e.truth()
		if !ok {
			d.refuse(e, "it is neither true nor false")
		}
		d.exempt = value
	}
	if e := d.get("ignore_blockquotes"); e != nil {
		value, ok := e.truth()
		if !ok {
			d.refuse(e, "it is neither true nor false")
		}
		d.unquoted = value
	}
	if e := d.get("priority"); e != nil {
		text, _ := e.text()
		n, err := strconv.Atoi(text)
		if err != nil {
			d.refuse(e, "%s is no number", quoted(text))
		}
		d.priority = n
	}
	if e := d.get("standard"); e != nil {
		d.refuse(e, "Reddit's standard conditions are not in this file: copy what they say into the rule")
	}
}

// itemType is a type that a rule is for.
type itemType struct {
	submission bool
	explicit   bool
	// narrower adds what text and link submissions are.
	text, link bool
}

// kinds reads type.
func (d *draft) kinds() ([]itemType, bool) {
	e := d.get("type")
	if e == nil {
		return []itemType{{}, {submission: true}}, true
	}
	name, scalar := e.text()
	if !scalar {
		d.refuse(e, "it is no single word: make a rule of each, or leave type out for any")
		return nil, false
	}
	switch strings.Join(strings.Fields(strings.ToLower(name)), " ") {
	case "any":
		return []itemType{{}, {submission: true}}, true
	case "comment":
		return []itemType{{explicit: true}}, true
	case "submission":
		return []itemType{{explicit: true, submission: true}}, true
	case "text submission":
		return []itemType{{explicit: true, submission: true, text: true}}, true
	case "link submission":
		return []itemType{{explicit: true, submission: true, link: true}}, true
	case "crosspost submission", "poll submission", "gallery submission":
		d.refuse(e, "crossposts, polls and galleries are Reddit's alone")
	default:
		d.refuse(e, "%s is no type of AutoModerator: use any, comment, submission, text submission or link submission", quoted(name))
	}
	return nil, false
}

// one is a criterion with a number from a to below.
func atLeast(n int64) *tribunev1alpha1.CountRange {
	return &tribunev1alpha1.CountRange{AtLeast: &n}
}

func lessThan(n int64) *tribunev1alpha1.CountRange {
	return &tribunev1alpha1.CountRange{LessThan: &n}
}

var team = criteria{Author: &tribunev1alpha1.AuthorMatch{Roles: []tribunev1alpha1.AuthorRole{tribunev1alpha1.RoleTeam, tribunev1alpha1.RoleModerator}}}

// plain is an item without links and media.
func plain() criteria {
	return criteria{LinkCount: lessThan(1), Media: &tribunev1alpha1.MediaMatch{Count: *lessThan(1)}}
}

// readClauses makes a clause for each type, as AutoModerator compiles a rule twice, and puts them together where they say the same.
func (d *draft) readClauses(types []itemType) {
	never := ""
	var last error
	for _, t := range types {
		c, err := d.clause(t)
		switch {
		case d.refused():
			return
		case err != nil:
			last = err
			if t.explicit {
				d.refuse(nil, "%v: AutoModerator refuses it too", err)
				return
			}
			continue
		case c == nil || c.contradicts():
			never = "it can never match here: what it asks for never holds for an item, or what it wants and does not want is the same"
			continue
		}
		if n := len(d.clauses); n > 0 && keyOf(d.clauses[n-1].body()) == keyOf(c.body()) {
			d.clauses[n-1].kinds = slices.Concat(d.clauses[n-1].kinds, c.kinds)
			continue
		}
		d.clauses = append(d.clauses, *c)
	}
	switch {
	case len(d.clauses) > 0:
	case never != "":
		d.refuse(nil, "%s", never)
	case last != nil:
		d.refuse(nil, "%v: AutoModerator leaves it out too", last)
	default:
		d.refuse(nil, "it has no check: AutoModerator leaves it out too")
	}
}

// body is what a clause says beside the kinds.
func (c *clause) body() [3]any { return [3]any{c.pos, c.or, c.neg} }

// clause reads all checks for one type. It is nil if it can never hold; an error means that AutoModerator has no such rule.
func (d *draft) clause(t itemType) (*clause, error) {
	c := &clause{kinds: commentKinds}
	if t.submission {
		c.kinds = submissionKinds
	}
	checks := 0
	if d.get("type") != nil {
		checks++
	}
	if d.exempt {
		c.mustNot(team)
	}
	if t.text {
		c.must(plain())
	}
	if t.link {
		c.must(criteria{LinkCount: atLeast(1)}, criteria{Media: &tribunev1alpha1.MediaMatch{Count: *atLeast(1)}})
	}
	possible := true
	for i := range d.entries {
		e := &d.entries[i]
		var state holds
		var err error
		switch {
		case isControl(e.key):
			continue
		case e.key == "author" || e.key == "~author":
			state, err = d.author(c, t, e)
		default:
			state, err = d.check(c, t, e)
		}
		if err != nil {
			return nil, err
		}
		if state != ignored {
			checks++
		}
		possible = possible && state != nothing
	}
	if checks == 0 {
		return nil, errNoCheck
	}
	if !possible {
		return nil, nil //nolint:nilnil // documented
	}
	return c, nil
}

func quoted(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
