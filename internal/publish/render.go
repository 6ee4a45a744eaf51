package publish

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
)

// Problem is why a content cannot be published as it is; its path is seen from the content.
type Problem = compose.Problem

// Options are what a content is rendered with, beside the rules of its network. The zero value renders what stands there.
type Options struct {
	// Language of the channel. Contents are translated to it where they can be; those that name none are taken to be in it.
	Language string
	// Vars fill placeholders. Nil: nothing is filled in, as in the content of a Post, where braces are braces.
	Vars compose.Vars
	// Tracking tags links to our own pages; nil for none.
	Tracking *tribunev1alpha1.LinkTracking
	// Links tells the address of what another entry or Post published; known is false while it is not out. Nil: none is known.
	Links func(*tribunev1alpha1.Link) (url string, known bool)
}

// Render makes a content fit for a network; language is the channel's, for contents that name none.
func Render(c *tribunev1alpha1.Content, language string, rules compose.Rules) (compose.Rendering, []Problem) {
	return RenderWith(c, rules, Options{Language: language})
}

// RenderWith makes a content fit for a network: it is translated, filled in, its links are tagged, and then it is rendered. A link
// whose address is not known yet is stood in for, and the rendering is Unresolved.
func RenderWith(c *tribunev1alpha1.Content, rules compose.Rules, o Options) (compose.Rendering, []Problem) {
	r := resolver{options: o}
	in := r.content(c)
	rendering, problems := compose.Render(in, rules)
	rendering.Unresolved = r.unresolved
	problems = append(r.problems, problems...)
	if c.FromCurated != nil {
		problems = append(problems, Problem{Path: "fromCurated", Message: "is for the entries of a calendar, which know what was used before: write the text, and name what it quotes in quotes of the Post"})
	}
	for i := range c.Thread {
		problems = append(problems, unsourced(fmt.Sprintf("thread[%d].media", i), c.Thread[i].Media)...)
	}
	return rendering, problems
}

// Resolve gives the content that a channel's Post carries: translated, with placeholders filled in and links tagged, so that it
// stays what it is when any of these change. Links to other entries and Posts stay as they are: they are resolved when their
// target is out (RenderWith, Options.Links).
func Resolve(c *tribunev1alpha1.Content, o Options) (*tribunev1alpha1.Content, []Problem) {
	r := resolver{options: o}
	in := r.content(c)
	out := c.DeepCopy()
	out.Text, out.Language, out.Translations = in.Text, in.Segment.Language, nil
	if out.Language == "" {
		out.Language = c.Language
	}
	out.Title, out.ContentWarning, out.Tags = in.Title, in.ContentWarning, in.Tags
	altTexts(out.Media, in.Media)
	for i := range out.Thread {
		out.Thread[i].Text, out.Thread[i].Translations = in.Thread[i].Text, nil
		altTexts(out.Thread[i].Media, in.Thread[i].Media)
	}
	if out.Link != nil && in.Link != nil {
		out.Link.Title, out.Link.Description = in.Link.Title, in.Link.Description
		if out.Link.URL != "" {
			out.Link.URL = in.Link.URL
		}
	}
	return out, r.problems
}

func altTexts(out []tribunev1alpha1.Media, in []compose.Media) {
	for i := range out {
		out[i].AltText = in[i].AltText
	}
}

// resolver turns a content into what the text engine takes.
type resolver struct {
	options    Options
	tracking   *compose.Tracking
	problems   []Problem
	unresolved bool
	markdown   bool
}

func (r *resolver) problem(path, message string) {
	r.problems = append(r.problems, Problem{Path: path, Message: message})
}

func (r *resolver) content(c *tribunev1alpha1.Content) compose.Content {
	r.markdown = c.Format == tribunev1alpha1.FormatMarkdown
	if t := r.options.Tracking; t != nil {
		// What is wrong with the values is said of the calendar: see CheckTracking.
		filled, _ := trackingOf(t).Filled(r.options.Vars)
		r.tracking = &filled
	}
	in := compose.Content{
		Segment:  r.segment("", c.Text, c.Translations, c.Media, c.Language),
		Language: c.Language, Markdown: r.markdown, Split: compose.Split(c.Split),
		Title: r.fill("title", c.Title), ContentWarning: r.fill("contentWarning", c.ContentWarning),
		Visibility: string(c.Visibility), Tags: c.Tags,
	}
	if in.Language == "" {
		in.Language = r.options.Language
	}
	if r.options.Vars != nil && len(c.Tags) > 0 {
		in.Tags = make([]string, len(c.Tags))
		for i, tag := range c.Tags {
			in.Tags[i] = r.fill(fmt.Sprintf("tags[%d]", i), tag)
		}
	}
	if c.Link != nil {
		in.Link = r.link(c.Link)
	}
	for i := range c.Thread {
		s := &c.Thread[i]
		in.Thread = append(in.Thread, r.segment(fmt.Sprintf("thread[%d].", i), s.Text, s.Translations, s.Media, c.Language))
	}
	return in
}

// segment translates, fills and tags one text. Its language is set where it is another than the content's.
func (r *resolver) segment(prefix, text string, translations map[string]tribunev1alpha1.TranslatedText,
	files []tribunev1alpha1.Media, language string) compose.Segment {
	s := compose.Segment{Text: text, Media: media(files)}
	path := prefix + "text"
	if len(translations) > 0 {
		if key := r.translation(prefix, translations, language); key != "" {
			s.Text, s.Language = string(translations[key]), key
			path = prefix + "translations." + key
		}
	}
	s.Text = r.fill(path, s.Text)
	for i := range s.Media {
		s.Media[i].AltText = r.fill(fmt.Sprintf("%smedia[%d].altText", prefix, i), s.Media[i].AltText)
	}
	if r.tracking != nil {
		s.Text = r.tracking.Text(s.Text, r.markdown)
	}
	return s
}

// translation picks the one for the channel: of its language, else of its language with fewer subtags (RFC 4647 lookup), unless
// the text itself is in the channel's language. "" for the text.
func (r *resolver) translation(prefix string, translations map[string]tribunev1alpha1.TranslatedText, language string) string {
	keys := slices.Sorted(maps.Keys(translations))
	for _, key := range keys {
		if !wellFormed(key) {
			r.problem(prefix+"translations", fmt.Sprintf("has %q, which is no language: write a BCP 47 tag such as es or pt-BR", key))
		}
	}
	for want := r.options.Language; want != ""; want = shorter(want) {
		for _, key := range keys {
			if strings.EqualFold(key, want) {
				return key
			}
		}
		if strings.EqualFold(want, language) {
			return ""
		}
	}
	return ""
}

// shorter takes the last subtag off; with it a single letter before it, which means nothing alone.
func shorter(tag string) string {
	i := strings.LastIndexByte(tag, '-')
	if i < 0 {
		return ""
	}
	if i >= 2 && tag[i-2] == '-' {
		i -= 2
	}
	return tag[:i]
}

// wellFormed is the schema's pattern of a language tag, which maps cannot hold their keys to.
func wellFormed(tag string) bool {
	for i, sub := range strings.Split(tag, "-") {
		if len(sub) > 8 || len(sub) < 1 || i == 0 && len(sub) < 2 {
			return false
		}
		for _, c := range sub {
			letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
	}
	return len(tag) <= 35
}

func (r *resolver) fill(path, text string) string {
	if r.options.Vars == nil {
		return text
	}
	filled, messages := compose.Fill(text, r.options.Vars)
	for _, m := range messages {
		r.problem(path, m)
	}
	return filled
}

// link resolves what a content points at.
func (r *resolver) link(l *tribunev1alpha1.Link) *compose.Link {
	targets := 0
	for _, set := range []bool{l.URL != "", l.Entry != "" || l.ChannelRef != nil, l.PostRef != nil} {
		if set {
			targets++
		}
	}
	switch {
	case targets != 1:
		r.problem("link", "points at nothing, or at two things: set exactly one of url, entry with channelRef, and postRef")
		return nil
	case l.PostRef == nil && l.URL == "" && (l.Entry == "" || l.ChannelRef == nil):
		r.problem("link", "needs both entry and channelRef: the page of the entry is that on the channel")
		return nil
	}
	out := &compose.Link{Title: r.fill("link.title", l.Title), Description: r.fill("link.description", l.Description)}
	if l.URL != "" {
		out.URL = r.fill("link.url", l.URL)
	} else {
		known := false
		if r.options.Links != nil {
			out.URL, known = r.options.Links(l)
		}
		if !known {
			r.unresolved = true
			out.URL = standIn(l)
			if r.tracking != nil {
				out.URL = r.tracking.Append(out.URL)
			}
			return out
		}
	}
	if r.tracking != nil {
		out.URL = r.tracking.URL(out.URL)
	}
	return out
}

// standIn is an address of a likely length, on the domain that is kept for examples.
func standIn(l *tribunev1alpha1.Link) string {
	name := string(l.Entry)
	if l.PostRef != nil {
		name = l.PostRef.Name
	}
	const base, likely = "https://example.com/not-known-yet/", 60
	link := base + name
	if len(link) < likely {
		link += "/" + strings.Repeat("x", likely-len(link)-1)
	}
	return link
}

func trackingOf(t *tribunev1alpha1.LinkTracking) compose.Tracking {
	return compose.Tracking{
		Domains: t.OnlyDomains,
		Source:  t.UTM.Source, Medium: t.UTM.Medium, Campaign: t.UTM.Campaign, Term: t.UTM.Term, Content: t.UTM.Content,
	}
}

// FilledTracking gives a tracking whose values have no placeholders any more; nil for nil, and where nothing is left to add.
func FilledTracking(t *tribunev1alpha1.LinkTracking, vars compose.Vars) *tribunev1alpha1.LinkTracking {
	if t == nil {
		return nil
	}
	f, _ := trackingOf(t).Filled(vars)
	out := &tribunev1alpha1.LinkTracking{OnlyDomains: t.OnlyDomains,
		UTM: tribunev1alpha1.UTMParameters{Source: f.Source, Medium: f.Medium, Campaign: f.Campaign, Term: f.Term, Content: f.Content}}
	if out.UTM == (tribunev1alpha1.UTMParameters{}) {
		return nil
	}
	return out
}

// CheckTracking finds placeholders that do not exist; paths are seen from what has the tracking.
func CheckTracking(t *tribunev1alpha1.LinkTracking) []Problem {
	if t == nil {
		return nil
	}
	_, wrong := trackingOf(t).Filled(nil)
	var problems []Problem
	for _, field := range slices.Sorted(maps.Keys(wrong)) {
		for _, m := range wrong[field] {
			problems = append(problems, Problem{Path: "tracking.utm." + field, Message: m})
		}
	}
	return problems
}

// unsourced finds pictures without a source, or with two. The schema says it for a content's own pictures; a rule for those
// of each segment of each content of a calendar would cost the API server too much.
func unsourced(path string, media []tribunev1alpha1.Media) []Problem {
	var problems []Problem
	for i := range media {
		if (media[i].URL != "") == (media[i].ConfigMapKeyRef != nil) {
			problems = append(problems, Problem{Path: fmt.Sprintf("%s[%d]", path, i), Message: "set exactly one of url and configMapKeyRef"})
		}
	}
	return problems
}

func media(in []tribunev1alpha1.Media) []compose.Media {
	if len(in) == 0 {
		return nil
	}
	out := make([]compose.Media, len(in))
	for i, m := range in {
		out[i] = compose.Media{Ref: m.URL, AltText: m.AltText}
		if m.ConfigMapKeyRef != nil {
			out[i].Ref = "configmap:" + m.ConfigMapKeyRef.Name + "/" + m.ConfigMapKeyRef.Key
		}
	}
	return out
}

// Hashes of the segments of a rendering, in order.
func Hashes(r compose.Rendering) []string {
	hashes := make([]string, len(r.Segments))
	for i := range r.Segments {
		hashes[i] = r.Segments[i].Hash
	}
	return hashes
}

// MediaOf a segment of a content, as it is written; a text that was split has more segments than that: see MediaFor.
func MediaOf(c *tribunev1alpha1.Content, segment int) []tribunev1alpha1.Media {
	switch {
	case segment == 0:
		return c.Media
	case segment > len(c.Thread):
		return nil
	}
	return c.Thread[segment-1].Media
}

// MediaFor gives the media that go with a rendered segment of a content.
func MediaFor(c *tribunev1alpha1.Content, s *compose.RenderedSegment) []tribunev1alpha1.Media {
	all := MediaOf(c, s.Source)
	files := make([]tribunev1alpha1.Media, 0, len(s.Media))
	for _, i := range s.Media {
		files = append(files, all[i])
	}
	return files
}
