package local

import (
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

var webLink = regexp.MustCompile(`https?://[^\s<>"'` + "`" + `\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]+`)

// maxLinkText is the longest address shown as written, in bytes.
const maxLinkText = 60

// linkify escapes text for HTML and makes its web addresses links. Nothing else of the text becomes markup.
func linkify(text string) template.HTML {
	var b strings.Builder
	at := 0
	for _, m := range webLink.FindAllStringIndex(text, -1) {
		start, end := m[0], m[0]+len(trimLink(text[m[0]:m[1]]))
		if before, _ := utf8.DecodeLastRuneInString(text[:start]); start > 0 && (unicode.IsLetter(before) || unicode.IsDigit(before)) {
			continue
		}
		link := text[start:end]
		if !isWebLink(link) {
			continue
		}
		b.WriteString(template.HTMLEscapeString(text[at:start]))
		fmt.Fprintf(&b, `<a href="%s" rel="nofollow ugc noopener noreferrer" target="_blank">%s</a>`,
			template.HTMLEscapeString(link), template.HTMLEscapeString(clip(strings.TrimPrefix(strings.TrimPrefix(link, "https://"), "http://"), maxLinkText)))
		at = end
	}
	b.WriteString(template.HTMLEscapeString(text[at:]))
	return template.HTML(b.String()) //nolint:gosec // every part was escaped above
}

// trimLink takes off the punctuation that ends a sentence, not the address.
func trimLink(link string) string {
	for {
		trimmed := strings.TrimRight(link, ".,;:!?…*_~")
		for _, pair := range []struct{ open, shut string }{{"(", ")"}, {"[", "]"}, {"{", "}"}} {
			if strings.HasSuffix(trimmed, pair.shut) && strings.Count(trimmed, pair.open) < strings.Count(trimmed, pair.shut) {
				trimmed = strings.TrimSuffix(trimmed, pair.shut)
			}
		}
		if trimmed == link {
			return link
		}
		link = trimmed
	}
}

func hostOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// ageOf says how long ago then was, in the fewest words; after a week it says the date.
func ageOf(d time.Duration, then time.Time) string {
	switch {
	case d < -time.Minute:
		return then.UTC().Format("2 Jan 2006, 15:04 UTC")
	case d < 10*time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	case d < 7*24*time.Hour:
		return fmt.Sprintf("%d d", int(d.Hours()/24))
	}
	return then.UTC().Format("2 Jan 2006")
}
