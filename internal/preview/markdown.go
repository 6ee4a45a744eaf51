package preview

import (
	"io"
	"strings"

	"github.com/tribune-dev/tribune/internal/terminal"
)

// Markdown writes items for a comment on a pull request.
func Markdown(w io.Writer, items []Item) error {
	out := &terminal.Writer{W: w}
	for n := range items {
		if n > 0 {
			out.Printf("\n")
		}
		items[n].markdown(out)
	}
	return out.Err
}

func (i *Item) markdown(out *terminal.Writer) {
	mark := "✅"
	if len(i.Problems) > 0 {
		mark = "❌"
	}
	out.Printf("### %s %s\n", mark, inline(i.heading(" → ")))
	if i.Next != nil {
		out.Printf("\n%s\n", inline(i.Next.String()))
	}
	for _, p := range i.Problems {
		out.Printf("\n> **Problem:** %s\n", inline(p))
	}
	segments := i.segments()
	for n := range segments {
		s := &segments[n]
		fence := fenceFor(s.Text)
		out.Printf("\n%stext\n%s\n%s\n", fence, s.Text, fence)
		out.Printf("\n%s%s\n", s.length(), part(n, len(segments)))
		for _, m := range s.Media {
			out.Printf("- picture %s: %s\n", inline(m.Ref), inline(altText(m)))
		}
	}
	if fields := i.fields(); len(fields) > 0 {
		out.Printf("\n")
		for _, f := range fields {
			out.Printf("- %s: %s\n", f[0], inline(f[1]))
		}
	}
}

// fenceFor is a fence that the text does not end.
func fenceFor(text string) string {
	longest, run := 0, 0
	for _, r := range text {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return strings.Repeat("`", max(longest+1, 3))
}

// inline is text that Markdown shows as it stands, and that mentions nobody on the site where it is shown.
func inline(s string) string {
	var b strings.Builder
	for _, r := range terminal.Printable(s) {
		switch {
		case strings.ContainsRune("\\`*_{}[]<>()#+!|~&", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '@':
			b.WriteString("@\u200b")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
