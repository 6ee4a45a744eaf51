package mastodontest

import (
	"html"
	"regexp"
	"strings"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

var (
	entity = regexp.MustCompile(`https?://[^\s<>"]+|(?:^|[^\w/])#[\pL\pN_]+|(?:^|[^\w/@])@[A-Za-z0-9_]+(?:@[A-Za-z0-9.-]+)?`)
	breaks = regexp.MustCompile(`\n{2,}`)
)

func graphemeCount(s string) int {
	n := 0
	for g := graphemes.FromString(s); g.Next(); {
		n++
	}
	return n
}

// split tells entities from the text around them.
func split(text string, plain func(string), found func(lead, what string)) {
	last := 0
	for _, at := range entity.FindAllStringIndex(text, -1) {
		start, end := at[0], at[1]
		what := text[start:end]
		lead := ""
		if !strings.HasPrefix(what, "http") && what[0] != '#' && what[0] != '@' {
			i := strings.IndexAny(what, "#@")
			lead, what = what[:i], what[i:]
		}
		if trimmed := strings.TrimRight(what, ".,;:!?)"); strings.HasPrefix(what, "http") || strings.HasPrefix(what, "@") {
			end -= len(what) - len(trimmed)
			what = trimmed
		}
		plain(text[last:start])
		found(lead, what)
		last = end
	}
	plain(text[last:])
}

// count is a text's length as Mastodon counts: an address is 23, a mention its first name.
func count(text string) int {
	var b strings.Builder
	split(text, func(s string) { b.WriteString(s) }, func(lead, what string) {
		b.WriteString(lead)
		switch {
		case strings.HasPrefix(what, "http"):
			b.WriteString(strings.Repeat("x", 23))
		case what[0] == '@':
			name, _, _ := strings.Cut(what[1:], "@")
			b.WriteString("@" + name)
		default:
			b.WriteString(what)
		}
	})
	return graphemeCount(b.String())
}

// html is a text as the API shows it.
func (s *Server) html(text string) string {
	var b strings.Builder
	esc := html.EscapeString
	split(text, func(p string) { b.WriteString(esc(p)) }, func(lead, what string) {
		b.WriteString(esc(lead))
		switch {
		case strings.HasPrefix(what, "http"):
			b.WriteString(s.link(what))
		case what[0] == '#':
			b.WriteString(`<a href="https://` + s.Domain + `/tags/` + esc(what[1:]) + `" class="mention hashtag" rel="tag">#<span>` + esc(what[1:]) + `</span></a>`)
		default:
			name, domain, _ := strings.Cut(what[1:], "@")
			if s.people[name] == nil || domain != "" && domain != s.Domain {
				b.WriteString(esc(what))
				return
			}
			b.WriteString(`<span class="h-card" translate="no"><a href="https://` + s.Domain + `/@` + esc(name) + `" class="u-url mention">@<span>` + esc(name) + `</span></a></span>`)
		}
	})
	if b.Len() == 0 {
		return ""
	}
	out := breaks.ReplaceAllString(b.String(), "</p><p>")
	return "<p>" + strings.ReplaceAll(out, "\n", "<br />") + "</p>"
}

// link hides the beginning and the end of a long address from the eye, not from the text.
func (s *Server) link(address string) string {
	prefix := "https://"
	if strings.HasPrefix(address, "http://") {
		prefix = "http://"
	}
	shown, rest, class := address[len(prefix):], "", ""
	if r := []rune(shown); len(r) > 30 {
		shown, rest, class = string(r[:30]), string(r[30:]), "ellipsis"
	}
	esc := html.EscapeString
	return `<a href="` + esc(address) + `" target="_blank" rel="nofollow noopener noreferrer"><span class="invisible">` + prefix +
		`</span><span class="` + class + `">` + esc(shown) + `</span><span class="invisible">` + esc(rest) + `</span></a>`
}
