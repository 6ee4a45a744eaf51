// Package terminal writes what others wrote for people to read: nothing in it can command their terminal.
package terminal

import (
	"fmt"
	"io"
	"strings"
)

// Writer keeps the first error, so that only the end has to look.
type Writer struct {
	W   io.Writer
	Err error
}

// Printf writes, unless something went wrong before.
func (w *Writer) Printf(format string, args ...any) {
	if w.Err == nil {
		_, w.Err = fmt.Fprintf(w.W, format, args...)
	}
}

// Printable is a line in which no character can move a cursor: control characters but tabs become U+FFFD.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '\ufffd'
		}
		return r
	}, s)
}
