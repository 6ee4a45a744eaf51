package compose

import (
	"strconv"
	"strings"
)

// Limit is the most that a text may count, beside media or without; 0: no limit.
func (r Rules) Limit(media bool) int {
	if media && r.MaxLengthWithMedia > 0 {
		return r.MaxLengthWithMedia
	}
	return r.MaxLength
}

// Length tells what a segment counts, its content warning included, and what it may count.
func (r Rules) Length(s RenderedSegment) (count, limit int) {
	return r.Count(s.Text) + r.warningLength(s.ContentWarning), r.Limit(len(s.Media) > 0)
}

// warningLength is what a content warning counts: links in it are no links.
func (r Rules) warningLength(warning string) int {
	if warning == "" {
		return 0
	}
	return Count(warning, r.Unit)
}

// fits is true if a text surely fits, by its bytes: no unit counts more than those, but for links and weights.
func (r *renderer) fits(text string, limit int) bool {
	return r.rules.URLLength == 0 && r.rules.Unit != Weighted && len(text) <= limit
}

// tooLong tells whether a text is, with the number of what counts and the limit.
func (r *renderer) tooLong(text string, media bool) (n, limit int, unit Unit) {
	warning := r.rules.warningLength(r.warning)
	if limit = r.rules.Limit(media); limit > 0 && !r.fits(text, limit-warning) {
		if n = r.rules.Count(text) + warning; n > limit {
			return n, limit, r.rules.Unit
		}
	}
	if limit = r.rules.MaxBytes; limit > 0 && len(text) > limit {
		return len(text), limit, Bytes
	}
	return 0, 0, ""
}

// length reports a text that is too long.
func (r *renderer) length(path, text string, media, withLink bool) {
	n, limit, unit := r.tooLong(text, media)
	if n == 0 {
		return
	}
	with := ""
	if withLink {
		with = " with the link after it"
	}
	if r.warning != "" && unit != Bytes {
		with += " with the content warning"
	}
	r.problem(path, "is %d %s long%s; %s takes %d: shorten it by %d%s", n, unit.Words(), with, r.name(), limit, n-limit, r.orThread())
}

// orThread is the other way out of a text that is too long.
func (r *renderer) orThread() string {
	if r.rules.NoThreads {
		return ""
	}
	return " or make it a thread"
}

// split makes segments of drafts, more of them where a text is too long and may be cut.
func (r *renderer) split(c *Content, drafts []draft) []RenderedSegment {
	out := make([]RenderedSegment, 0, len(drafts))
	if c.Split != SplitNot && !r.rules.NoThreads && r.anyTooLong(drafts) {
		cutters := make([]*cutter, len(drafts))
		for i := range drafts {
			cutters[i] = newCutter(r.rules, drafts[i].Text, r.whole(&drafts[i]))
		}
		for digits := 1; ; digits++ {
			out = r.cut(out[:0], drafts, cutters, c.Split == SplitNumbered, digits)
			if len(out) > MaxSegments {
				r.problem("text", "would become a thread of more than %d texts: shorten it", MaxSegments)
				return out[:MaxSegments]
			}
			if len(strconv.Itoa(len(out))) <= digits {
				break
			}
		}
		if c.Split == SplitNumbered && len(out) > 1 { // without the white space around it a text may fit
			for i := range out {
				out[i].Text += number(i+1, len(out))
			}
		}
		for i := range out {
			r.length(drafts[out[i].Source].prefix+"text", out[i].Text, len(out[i].Media) > 0, false)
		}
		return out
	}
	for i := range drafts {
		d := &drafts[i]
		if d.valid {
			r.length(d.prefix+"text", d.Text, len(d.Media) > 0, d.withLink)
		}
		out = append(out, d.RenderedSegment)
	}
	return out
}

func (r *renderer) anyTooLong(drafts []draft) bool {
	for i := range drafts {
		if !drafts[i].valid {
			return false // it is refused anyway
		}
	}
	for i := range drafts {
		if n, _, _ := r.tooLong(drafts[i].Text, len(drafts[i].Media) > 0); n > 0 {
			return true
		}
	}
	return false
}

// cut makes parts of all drafts, each with room for a number of so many digits; no more than one too many.
func (r *renderer) cut(out []RenderedSegment, drafts []draft, cutters []*cutter, numbered bool, digits int) []RenderedSegment {
	reserve := 0
	if numbered {
		reserve = len(" (/)") + 2*digits
	}
	room := func(media bool) budget {
		b := budget{}
		if limit := r.rules.Limit(media); limit > 0 {
			b.length = max(limit-reserve-r.rules.warningLength(r.warning), 1)
		}
		if r.rules.MaxBytes > 0 {
			b.bytes = max(r.rules.MaxBytes-reserve, 1)
		}
		return b
	}
	for i := range drafts {
		d := &drafts[i]
		parts := cutters[i].parts(room(len(d.Media) > 0), room(false), max(MaxSegments+1-len(out), 1))
		if len(parts) == 0 {
			out = append(out, d.RenderedSegment) // media or a card alone
			continue
		}
		for j, part := range parts {
			s := RenderedSegment{Text: d.Text[part.start:part.end], Language: d.Language, Source: d.Source}
			if j == 0 {
				s.Link, s.Media, s.HTML = d.Link, d.Media, d.HTML
			}
			if r.rules.Facets {
				s.Facets = within(d.facets, part)
			}
			out = append(out, s)
		}
	}
	return out
}

// whole are the ranges of a draft that are never cut.
func (r *renderer) whole(d *draft) []span {
	entities := facetSpans(d.facets)
	if r.rules.Family != FamilyTwitter && r.rules.Family != FamilyMastodon {
		return entities // all there are
	}
	for _, e := range r.rules.Entities(d.Text) {
		entities = append(entities, span{e.ByteStart, e.ByteEnd})
	}
	return merged(entities)
}

func facetSpans(facets []Facet) []span {
	spans := make([]span, len(facets))
	for i, f := range facets {
		spans[i] = span{f.Start, f.End}
	}
	return spans
}

// within gives the facets of a part, counted from its start.
func within(facets []Facet, part span) []Facet {
	var in []Facet
	for _, f := range facets {
		if f.Start >= part.start && f.End <= part.end {
			f.Start -= part.start
			f.End -= part.start
			in = append(in, f)
		}
	}
	return in
}

// Wire is a text as it is sent where some characters are escaped, such as LinkedIn's "little text": hashtags as templates, other
// reserved characters with a backslash before them. Elsewhere it is the text.
func (r Rules) Wire(text string) string {
	if r.Escaped == "" || !strings.ContainsAny(text, r.Escaped) {
		return text
	}
	var out strings.Builder
	done := 0
	for _, e := range r.Entities(text) {
		if e.Type != EntityHashtag {
			continue
		}
		out.WriteString(r.escape(text[done:e.ByteStart]))
		out.WriteString(`{hashtag|\#|` + r.escape(e.Value) + "}")
		done = e.ByteEnd
	}
	out.WriteString(r.escape(text[done:]))
	return out.String()
}

func (r Rules) escape(text string) string {
	var out strings.Builder
	for _, c := range text {
		if strings.ContainsRune(r.Escaped, c) {
			out.WriteByte('\\')
		}
		out.WriteRune(c)
	}
	return out.String()
}
