package automoderator

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// shown is a text of the file without what a terminal acts upon.
func shown(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
}

// Finding is something to know about a rule, or about the whole.
type Finding struct {
	// Line of the file, 0 if it is about the whole.
	Line int `json:"line,omitempty"`
	// Key that it is about.
	Key string `json:"key,omitempty"`
	// Reason, with what to do where something can be done.
	Reason string `json:"reason"`
}

func (f Finding) String() string {
	var b strings.Builder
	if f.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", f.Line)
	}
	if f.Key != "" {
		fmt.Fprintf(&b, "%s: ", f.Key)
	}
	b.WriteString(f.Reason)
	return b.String()
}

// RuleReport says what became of one rule of the file.
type RuleReport struct {
	// Section of the file, counted from 1, and the line where the rule begins.
	Section int `json:"section"`
	Line    int `json:"line"`
	// Title is what the rule says of itself: its action_reason, or the first of its checks.
	Title string `json:"title"`
	// Imported is true if it became rules of the policy, which are named.
	Imported bool     `json:"imported"`
	Rules    []string `json:"rules,omitempty"`
	// NotImported says why it is not.
	NotImported []Finding `json:"notImported,omitempty"`
	// LeftOut are parts of an imported rule that it has not: what Reddit alone has, and actions that would not be done as there.
	LeftOut []Finding `json:"leftOut,omitempty"`
	// Notes change nothing of the meaning.
	Notes []Finding `json:"notes,omitempty"`
}

// Report says what became of a file.
type Report struct {
	File string `json:"file"`
	// Policy that was made.
	Policy string `json:"policy"`
	// Total of rules, of which Imported, and NotImported. LeftOut counts parts.
	Total       int          `json:"total"`
	Imported    int          `json:"imported"`
	NotImported int          `json:"notImported"`
	LeftOut     int          `json:"leftOut"`
	Rules       []RuleReport `json:"rules"`
	// Notes about the whole.
	Notes []Finding `json:"notes,omitempty"`
}

func (r *Report) count() {
	r.Total = len(r.Rules)
	for i := range r.Rules {
		if r.Rules[i].Imported {
			r.Imported++
			r.LeftOut += len(r.Rules[i].LeftOut)
		} else {
			r.NotImported++
		}
	}
}

// Write it for people.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d of %d rules imported", shown(r.File), r.Imported, r.Total)
	if r.LeftOut > 0 {
		fmt.Fprintf(&b, ", %d of their parts left out", r.LeftOut)
	}
	b.WriteString("\n")
	for i := range r.Rules {
		rule := &r.Rules[i]
		state := "imported"
		if !rule.Imported {
			state = "not imported"
		}
		fmt.Fprintf(&b, "  line %d, %s: %s", rule.Line, rule.Title, state)
		if len(rule.Rules) > 0 {
			fmt.Fprintf(&b, " as %s", strings.Join(rule.Rules, ", "))
		}
		b.WriteString("\n")
		for _, part := range []struct {
			what string
			of   []Finding
		}{{"why", rule.NotImported}, {"left out", rule.LeftOut}, {"note", rule.Notes}} {
			for _, f := range part.of {
				fmt.Fprintf(&b, "    %s: %s\n", part.what, f)
			}
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "  note: %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
