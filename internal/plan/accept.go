package plan

import (
	"fmt"
	"regexp"
	"unicode/utf8"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// What the API server checks of a calendar's own entries is checked here of those from elsewhere.
const (
	maxName  = 63
	maxText  = 20000
	maxTitle = 300
	maxLink  = 2000
)

var (
	namePattern     = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	labelPattern    = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`)
	languagePattern = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
	urlPattern      = regexp.MustCompile(`^https?://[^\s]+$`)
)

// accepted holds an entry from elsewhere to the rules of the API, and says what is wrong.
func (p *planner) accepted(it *item) bool {
	e, before := it.entry, len(p.result.Problems)
	if n := it.name(); len(n) > maxName || !namePattern.MatchString(n) {
		p.wrong(it, "name", "%q is not a name: write at most %d lower-case letters, digits and hyphens", n, maxName)
	}
	when := 0
	for _, set := range []bool{e.At != "", e.Cron != "", e.RRule != "", e.Slot != "", e.After != nil} {
		if set {
			when++
		}
	}
	if when != 1 {
		p.wrong(it, "at", "set exactly one of at, cron, rrule, slot and after: they say when it goes out")
	}
	if (e.Cron == "" && e.RRule == "") && (e.Start != "" || e.Until != "" || len(e.Except) > 0) {
		p.wrong(it, "start", "start, until and except are for cron and rrule")
	}
	if e.Repeat != nil && e.Slot == "" {
		p.wrong(it, "repeat", "repeat is for slot: cron and rrule come again by themselves")
	}
	for field, value := range map[string]string{"pillar": e.Pillar, "campaign": e.Campaign} {
		if value != "" && (len(value) > maxName || !labelPattern.MatchString(value)) {
			p.wrong(it, field, "%q cannot be a label: write at most %d letters, digits, hyphens, dots and underscores", value, maxName)
		}
	}
	if e.Edition < 0 {
		p.wrong(it, "edition", "must be 1 or more")
	}
	if e.Content == nil {
		p.wrong(it, "content", "is missing")
	} else {
		p.acceptContent(it, e.Content)
	}
	return len(p.result.Problems) == before
}

func (p *planner) acceptContent(it *item, c *tribunev1alpha1.Content) {
	if c.Text == "" && len(c.Media) == 0 && c.Link == nil {
		p.wrong(it, "content", "is empty: write a text, or set media or link")
	}
	if c.FromCurated != nil {
		p.wrong(it, "content.fromCurated", "is for the calendar's own entries: write one there")
	}
	if n := utf8.RuneCountInString(c.Text); n > maxText {
		p.wrong(it, "content.text", "has %d characters; at most %d are allowed", n, maxText)
	}
	if n := utf8.RuneCountInString(c.Title); n > maxTitle {
		p.wrong(it, "content.title", "has %d characters; at most %d are allowed", n, maxTitle)
	}
	if c.Language != "" && !languagePattern.MatchString(c.Language) {
		p.wrong(it, "content.language", "%q is not a language tag: write one such as en or pt-BR", c.Language)
	}
	if l := c.Link; l != nil && l.URL != "" && (len(l.URL) > maxLink || !urlPattern.MatchString(l.URL)) {
		p.wrong(it, "content.link.url", "is not the address of a page: write one with https://, of at most %d characters", maxLink)
	}
	for i := range c.Media {
		m := &c.Media[i]
		if (m.URL != "") == (m.ConfigMapKeyRef != nil) {
			p.wrong(it, fmt.Sprintf("content.media[%d]", i), "set exactly one of url and configMapKeyRef")
		} else if m.URL != "" && !urlPattern.MatchString(m.URL) {
			p.wrong(it, fmt.Sprintf("content.media[%d].url", i), "is not an address: write one with https://")
		}
	}
}
