package inbox

import (
	_ "embed" // the words of objections
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/tribune-dev/tribune/internal/views"
)

//go:embed objections.txt
var objectionFile string

// beginnings of words, sorted; none begins with another.
type beginnings []string

func (b beginnings) of(word string) bool {
	at, found := slices.BinarySearch(b, word)
	return found || at > 0 && strings.HasPrefix(word, b[at-1])
}

// objections are the words by which people object.
type objections struct {
	done, law, own beginnings
	// whole are words of what is theirs that are not only begun so.
	whole map[string]bool
}

var objectionWords = sync.OnceValue(func() *objections {
	o := &objections{whole: map[string]bool{}}
	buffer := views.NewBuffer()
	fold := func(word string) string {
		buffer.Reset(word)
		return string(buffer.View(views.Folded).Text)
	}
	for line := range strings.Lines(objectionFile) {
		fields := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if fields[0] == "#" || len(fields) < 3 {
			continue
		}
		for word := range strings.SplitSeq(fields[2], ",") {
			begin, begins := strings.CutSuffix(word, "*")
			switch begin = fold(begin); {
			case fields[1] == "done":
				o.done = append(o.done, begin)
			case fields[1] == "law":
				o.law = append(o.law, begin)
			case begins:
				o.own = append(o.own, begin)
			default:
				o.whole[begin] = true
			}
		}
	}
	o.done, o.law, o.own = shortest(o.done), shortest(o.law), shortest(o.own)
	return o
})

// shortest sorts beginnings, and leaves those out that begin with another.
func shortest(all []string) (out beginnings) {
	slices.Sort(all)
	for _, begin := range all {
		if len(out) == 0 || !strings.HasPrefix(begin, out[len(out)-1]) {
			out = append(out, begin)
		}
	}
	return out
}

// Objects is true for a text that may object to what was done about something of its author's. It hears generously: it is asked about those whom
// something was done about, and a person reads what it finds.
func Objects(text string, buffer *views.Buffer) bool {
	o := objectionWords()
	buffer.Reset(text)
	done, theirs := false, false
	for word := range strings.FieldsFuncSeq(string(buffer.View(views.Folded).Text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if o.law.of(word) {
			return true
		}
		done = done || o.done.of(word)
		theirs = theirs || o.whole[word] || o.own.of(word)
		if done && theirs {
			return true
		}
	}
	return false
}
