package compose

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// Tracking adds utm_ parameters to links to our own pages. Values may have placeholders.
type Tracking struct {
	// Domains that are our own, with their subdomains.
	Domains []string
	// Source, Medium, Campaign, Term and Content are the values of utm_source and so on.
	Source, Medium, Campaign, Term, Content string
}

// Filled gives the same with placeholders filled in, so that it is done once for many links; a value with a placeholder that has
// no value is left out. Messages name placeholders that do not exist, to be read after the field's path; keys are the field's name.
func (t Tracking) Filled(vars Vars) (Tracking, map[string][]string) {
	var wrong map[string][]string
	fill := func(field string, value *string) {
		filled, messages := Fill(*value, vars)
		for _, m := range messages {
			if !strings.Contains(m, "no placeholder") {
				continue // it has no value here: the parameter is left out
			}
			if wrong == nil {
				wrong = map[string][]string{}
			}
			wrong[field] = append(wrong[field], m)
		}
		if len(messages) > 0 {
			filled = ""
		}
		*value = filled
	}
	fill("source", &t.Source)
	fill("medium", &t.Medium)
	fill("campaign", &t.Campaign)
	fill("term", &t.Term)
	fill("content", &t.Content)
	return t, wrong
}

// parameters in the order in which they are added.
func (t *Tracking) parameters() [5][2]string {
	return [5][2]string{
		{"utm_source", t.Source}, {"utm_medium", t.Medium}, {"utm_campaign", t.Campaign}, {"utm_term", t.Term}, {"utm_content", t.Content},
	}
}

// Tag adds the utm_ parameters to a URL on one of the domains; any other comes back as it is. Parameters that the URL has are
// kept, as is the rest of it, byte for byte; those without a value are left out.
func Tag(link string, t Tracking, vars Vars) string {
	filled, _ := t.Filled(vars)
	return filled.tag(link)
}

// tag does so with values that are filled in.
func (t *Tracking) tag(link string) string {
	if schemeLen(link) == 0 {
		return link
	}
	u, err := url.Parse(link)
	if err != nil || u.User != nil || !t.own(u.Hostname()) {
		return link
	}
	return t.add(link)
}

func (t *Tracking) add(link string) string {
	base, fragment, hasFragment := strings.Cut(link, "#")
	_, query, _ := strings.Cut(base, "?")
	var out strings.Builder
	out.WriteString(base)
	separator := byte('?')
	if strings.Contains(base, "?") {
		separator = '&'
		if query == "" || strings.HasSuffix(query, "&") {
			separator = 0
		}
	}
	for _, p := range t.parameters() {
		if p[1] == "" || hasParameter(query, p[0]) {
			continue
		}
		if separator != 0 {
			out.WriteByte(separator)
		}
		separator = '&'
		out.WriteString(p[0] + "=" + strings.ReplaceAll(url.QueryEscape(p[1]), "+", "%20"))
	}
	if hasFragment {
		out.WriteString("#" + fragment)
	}
	return out.String()
}

// hasParameter looks for a key in a query as it stands.
func hasParameter(query, key string) bool {
	for pair := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if strings.EqualFold(name, key) {
			return true
		}
	}
	return false
}

// own tells whether a host is one of the domains, or below one; labels are compared, not letters.
func (t *Tracking) own(host string) bool {
	host = plainHost(host)
	return host != "" && slices.ContainsFunc(t.Domains, func(domain string) bool {
		domain = plainHost(domain)
		return domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
	})
}

// plainHost is a host in lower case and Punycode, without the dot at its end.
func plainHost(host string) string {
	host = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(host), "."))
	for i := range len(host) {
		if host[i] >= 0x80 {
			if ascii, err := idna.Lookup.ToASCII(host); err == nil {
				return ascii
			}
			break
		}
	}
	return host
}

// TagText tags every link in a text; in Markdown, those in code stay as they are.
func TagText(text string, markdown bool, t Tracking, vars Vars) string {
	filled, _ := t.Filled(vars)
	return filled.Text(text, markdown)
}

// URL is Tag with values that are filled in.
func (t *Tracking) URL(link string) string { return t.tag(link) }

// Text is TagText with values that are filled in.
func (t *Tracking) Text(text string, markdown bool) string {
	if markdown {
		return t.markdown(text)
	}
	return t.tagText(text, nil)
}

// Append adds the parameters to a URL on whatever domain.
func (t *Tracking) Append(link string) string { return t.add(link) }

// span is a range of bytes, end exclusive.
type span struct{ start, end int }

// tagText leaves links in the ranges of skip as they are.
func (t *Tracking) tagText(text string, skip []span) string {
	if !strings.Contains(text, "://") {
		return text
	}
	var out strings.Builder
	done := 0
	for _, f := range Facets(text) {
		if f.Link == "" {
			continue
		}
		for len(skip) > 0 && skip[0].end <= f.Start {
			skip = skip[1:]
		}
		if len(skip) > 0 && skip[0].start < f.End {
			continue
		}
		if tagged := t.tag(f.Link); tagged != f.Link {
			out.WriteString(text[done:f.Start] + tagged)
			done = f.End
		}
	}
	if done == 0 {
		return text
	}
	return out.String() + text[done:]
}
