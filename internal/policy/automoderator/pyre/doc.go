// Package pyre translates regular expressions of Python's re module, as AutoModerator runs them, into the syntax of RE2, so that
// they match the same texts. It knows nothing of rules and policies.
//
// What differs, and what becomes of it:
//
//   - Python's \w, \d, \s, \b know all of Unicode, RE2's only ASCII. Classes are written out. Borders of words, for which RE2 has
//     nothing, are taken away: what stands on both sides is narrowed so that there is a border (or none), where a side is
//     the outside of the expression by one more character or the end of the text. Only whether a text matches is kept, not
//     from where to where.
//   - $ also matches before a line feed that ends the text.
//   - Comments, \uXXXX, and flags in the middle are Python's alone.
//   - Look-around, references to groups, atomic groups and conditions have no counterpart: they are an error that says so.
package pyre

import "errors"

// ErrUnsupported is wrapped by errors about what RE2 cannot say; others are about what Python cannot read.
var ErrUnsupported = errors.New("it has no counterpart in RE2")

// MaxLength of an expression that is given, in bytes.
const MaxLength = 2000

// Method says where in a text something has to stand.
type Method uint8

// Methods, by AutoModerator's names.
const (
	IncludesWord Method = iota
	Includes
	StartsWith
	EndsWith
	FullExact
	FullText
)
