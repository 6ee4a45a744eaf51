// Package article is what networks of articles (blogs) have in common: the address of a site, HTML made of a plain text, and
// the title of an article that was given none. It is pure and must not know any single network.
package article

import (
	"fmt"
	"html"
	"net/netip"
	"net/url"
	"strings"
	"unicode"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"github.com/tribune-dev/tribune/internal/compose"
)

// Site checks the address of a site and gives it without a slash at its end. Field names where it stands, such as
// spec.ghost.site. Plain HTTP would show the password to everybody on the way, so it is only for names and addresses that
// are not public: loopback, private ranges, names without a dot and those that end in .local, .internal, .test, .localhost
// or .svc. Whether such an address may be reached at all is not decided here.
func Site(field, address string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%s must be the address of the site, such as https://blog.acme.example", field)
	}
	if u.Scheme == "http" && !inside(u.Hostname()) {
		return "", fmt.Errorf("%s must begin with https://: without encryption the password could be read on the way", field)
	}
	return u.Scheme + "://" + strings.ToLower(u.Host) + strings.TrimRight(u.EscapedPath(), "/"), nil
}

// inside is true for hosts that are not on the public internet.
func inside(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = addr.Unmap().WithZone("")
		return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range []string{".local", ".internal", ".test", ".localhost", ".svc"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

// maxTitle is where a title made of a text ends, in graphemes.
const maxTitle = 80

// Title is the title given, or else the text's first line; a line that is longer ends between two words, with "…".
func Title(given, text string) string {
	if given = strings.TrimSpace(given); given != "" {
		return given
	}
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = strings.TrimSpace(line)
	end, word, n := 0, 0, 0
	for g := graphemes.FromString(line); g.Next(); {
		if n == maxTitle {
			if word > 0 {
				end = word
			}
			return strings.TrimRightFunc(line[:end], isMark) + "…"
		}
		if strings.TrimSpace(g.Value()) == "" {
			word = end
		}
		end = g.End()
		n++
	}
	return line
}

func isMark(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }

// Paragraphs makes HTML of a plain text: what an empty line parts, one paragraph each, lines within one parted by <br />, and
// links clickable. All else is text and stays so.
func Paragraphs(text string) []string {
	if text == "" {
		return nil
	}
	var out []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		out = append(out, "<p>"+linked(paragraph)+"</p>")
	}
	return out
}

func linked(text string) string {
	var b strings.Builder
	at := 0
	for _, f := range compose.Facets(text) {
		if f.Link == "" {
			continue
		}
		b.WriteString(lines(text[at:f.Start]))
		b.WriteString(`<a href="` + html.EscapeString(f.Link) + `">` + lines(text[f.Start:f.End]) + "</a>")
		at = f.End
	}
	b.WriteString(lines(text[at:]))
	return b.String()
}

func lines(text string) string {
	return strings.ReplaceAll(html.EscapeString(text), "\n", "<br />\n")
}

// LinkClass is the class of the paragraph that Card makes.
const LinkClass = "tribune-link"

// Card is a paragraph that points at a page: its title, or its address where it has none, and what is said of it.
func Card(link *compose.Link) string {
	shown := link.Title
	if shown == "" {
		shown = link.URL
	}
	out := `<p class="` + LinkClass + `"><a href="` + html.EscapeString(link.URL) + `">` + html.EscapeString(shown) + "</a>"
	if link.Description != "" {
		out += "<br />\n" + html.EscapeString(link.Description)
	}
	return out + "</p>"
}
