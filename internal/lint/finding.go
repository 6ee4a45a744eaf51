package lint

import (
	"cmp"
	"slices"
)

// Severity says whether a finding keeps the files from working.
type Severity string

const (
	// Error: the cluster refuses the object, or it does not do what it says.
	Error Severity = "error"
	// Warning: it works, and is probably not what was meant.
	Warning Severity = "warning"
)

// Finding is one thing that is wrong, with its place.
type Finding struct {
	// File as it was given, or found in a folder that was given; "<stdin>" for standard input.
	File string `json:"file"`
	// Line and Column begin at 1; 0 where the place is not known.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Severity is error or warning.
	Severity Severity `json:"severity"`
	// Object is kind and name, such as "ContentCalendar autumn"; empty where a file cannot be read as objects.
	Object string `json:"object,omitempty"`
	// Path of the field, such as spec.entries[3].cron; empty where the whole object is meant.
	Path string `json:"path,omitempty"`
	// Message says what is wrong and what to write instead.
	Message string `json:"message"`
}

// sortFindings orders by place and leaves one of those that say the same.
func sortFindings(findings []Finding) []Finding {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(findings)
}
