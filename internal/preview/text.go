package preview

import (
	"fmt"
	"io"
	"strings"

	"github.com/tribune-dev/tribune/internal/terminal"
)

// Text writes items for a terminal.
func Text(w io.Writer, items []Item) error {
	out := &terminal.Writer{W: w}
	for n := range items {
		if n > 0 {
			out.Printf("\n")
		}
		items[n].text(out)
	}
	return out.Err
}

func (i *Item) text(out *terminal.Writer) {
	out.Printf("%s\n", i.heading(" → "))
	if i.Next != nil {
		out.Printf("  %s\n", i.Next)
	}
	for _, f := range i.fields() {
		out.Printf("  %-9s %s\n", f[0], f[1])
	}
	segments := i.segments()
	for n := range segments {
		s := &segments[n]
		out.Printf("  ┌\n")
		for line := range strings.SplitSeq(s.Text, "\n") {
			out.Printf("  │ %s\n", terminal.Printable(line))
		}
		out.Printf("  └ %s%s\n", s.length(), part(n, len(segments)))
		for _, e := range s.Entities {
			out.Printf("    %-9s %s\n", e.Type, terminal.Printable(e.Value))
		}
		for _, m := range s.Media {
			out.Printf("    %-9s %s: %s\n", "picture", terminal.Printable(m.Ref), altText(m))
		}
	}
	for _, p := range i.Problems {
		out.Printf("  ✗ %s\n", terminal.Printable(p))
	}
}

// heading names an item.
func (i *Item) heading(arrow string) string {
	where := i.Network
	if i.Channel != "" {
		where = i.Channel + " (" + i.Network + ")"
	}
	if i.Source != "" {
		where = i.Source + arrow + where
	}
	return terminal.Printable(where)
}

// fields are what stands around the text.
func (i *Item) fields() [][2]string {
	var all [][2]string
	add := func(name, value string) {
		if value != "" {
			all = append(all, [2]string{name, terminal.Printable(value)})
		}
	}
	add("title", i.Title)
	add("warning", i.ContentWarning)
	add("for", i.Visibility)
	add("tags", strings.Join(i.Tags, ", "))
	if i.Link != nil {
		link := i.Link.URL
		if i.Link.Title != "" {
			link = i.Link.Title + ": " + link
		}
		if i.Link.Later {
			link = "to what is published before it; its address is known then"
		}
		add("link", link)
	}
	return all
}

func (s *Segment) length() string {
	if s.Limit == 0 {
		return fmt.Sprintf("%d %s", s.Count, s.Unit)
	}
	return fmt.Sprintf("%d of %d %s", s.Count, s.Limit, s.Unit)
}

func part(n, of int) string {
	if of == 1 {
		return ""
	}
	return fmt.Sprintf(" · %d/%d", n+1, of)
}

func altText(m Media) string {
	if m.AltText == "" {
		return "(no description)"
	}
	return terminal.Printable(m.AltText)
}

// String tells an instant in both clocks.
func (n *Next) String() string {
	s := fmt.Sprintf("%s %s = %s UTC", n.Local, n.Zone, n.UTC.Format("2006-01-02 15:04"))
	if n.Shifted != "" {
		s += " (moved: " + terminal.Printable(n.Shifted) + ")"
	}
	return s
}
