package preview

import (
	_ "embed"
	"html/template"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/compose"
)

//go:embed page.html.tmpl
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"runs": runs, "length": func(s Segment) string { return s.length() }, "alt": altText,
	"percent": percent, "segments": func(i Item) []Segment { return i.segments() },
	"picture": picture, "fields": func(i Item) [][2]string { return i.fields() }, "part": part, "initial": initial,
}).Parse(pageText))

// HTML writes items as a page of its own, which needs nothing but itself.
func HTML(w io.Writer, title string, items []Item) error {
	return page.Execute(w, struct {
		Title string
		Items []Item
		Wrong int
	}{title, items, wrong(items)})
}

func wrong(items []Item) int {
	n := 0
	for i := range items {
		if len(items[i].Problems) > 0 {
			n++
		}
	}
	return n
}

// run is a piece of text, clickable or not.
type run struct {
	Text string
	Type compose.EntityType
	// URL that a link leads to.
	URL string
}

// runs cuts a text at its entities.
func runs(s Segment) []run {
	var all []run
	done := 0
	for _, e := range s.Entities {
		if e.ByteStart < done || e.ByteEnd > len(s.Text) {
			continue
		}
		if e.ByteStart > done {
			all = append(all, run{Text: s.Text[done:e.ByteStart]})
		}
		r := run{Text: s.Text[e.ByteStart:e.ByteEnd], Type: e.Type}
		if e.Type == compose.EntityURL {
			r.URL = address(e.Value)
		}
		all = append(all, r)
		done = e.ByteEnd
	}
	if done < len(s.Text) {
		all = append(all, run{Text: s.Text[done:]})
	}
	return all
}

// scheme of an address; an address within another one's query is none.
var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// address is where a link leads, which may be written without its scheme; empty where a page may not lead.
func address(link string) string {
	switch strings.ToLower(scheme.FindString(link)) {
	case "":
		return "https://" + link
	case "http://", "https://":
		return link
	}
	return ""
}

// percent of the limit that is used, at most 100.
func percent(s Segment) int {
	if s.Limit == 0 {
		return 0
	}
	return min(100*s.Count/s.Limit, 100)
}

// picture is the address of one that a browser can show.
func picture(m Media) string {
	if strings.HasPrefix(m.Ref, "https://") || strings.HasPrefix(m.Ref, "http://") {
		return m.Ref
	}
	return ""
}

// initial is the first letter of a name, for its badge.
func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(name)
	return string(r)
}
