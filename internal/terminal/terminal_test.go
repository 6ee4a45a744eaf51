package terminal_test

import (
	"errors"
	"testing"

	"github.com/tribune-dev/tribune/internal/terminal"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"plain\ttext ü 🚀": "plain\ttext ü 🚀", "\x1b[2J": "\ufffd[2J", "a\u009b31m": "a\ufffd31m", "a\nb\rc\x7f": "a\ufffdb\ufffdc\ufffd",
	} {
		if got := terminal.Printable(text); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

type broken struct{ writes int }

func (b *broken) Write([]byte) (int, error) { b.writes++; return 0, errors.New("full") }

func TestTheFirstErrorIsKept(t *testing.T) {
	b := &broken{}
	w := &terminal.Writer{W: b}
	w.Printf("a")
	w.Printf("b")
	if w.Err == nil || b.writes != 1 {
		t.Errorf("%v after %d writes; want the first error after one", w.Err, b.writes)
	}
}
