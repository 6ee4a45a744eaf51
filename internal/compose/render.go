package compose

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Content is what a Post says, before it is made fit for a network.
type Content struct {
	Segment
	// Thread holds what follows the first segment, each a reply to the one before.
	Thread []Segment
	// Link of the whole Post; nil for none. It goes with the first segment.
	Link *Link
	// Language is a BCP 47 tag, or empty.
	Language string
}

// Segment is one text with its media.
type Segment struct {
	Text  string
	Media []Media
}

// Media is what is known of a file before it is fetched.
type Media struct {
	// Ref says which file it is: a URL, or whatever changes when the file is to be another one. It is part of the hash.
	Ref     string
	AltText string
	// ContentType such as image/png; empty while it is not known.
	ContentType string
	// Bytes is the size; 0 while it is not known.
	Bytes int64
}

// Rendering is a Content as one network will get it.
type Rendering struct {
	// Segments are one or more, in order.
	Segments []RenderedSegment
}

// RenderedSegment is one call's worth.
type RenderedSegment struct {
	// Text is as written, without white space at its end and with the link after it where that has no card. It is not
	// normalised (NFC): people see what was written, and byte offsets stay those of the manifest.
	Text string
	// Facets in order, not overlapping; none where the network finds links by itself.
	Facets   []Facet
	Language string
	// Link to show as a card; nil for none.
	Link *Link
	// Media are indexes into the media of the Content's segment.
	Media []int
	// Hash of all that is sent: 16 bytes in hex. Two renderings with one hash are the same publication.
	Hash string
}

// Problem is why a Content cannot be published as it is.
type Problem struct {
	// Path of the field, seen from the content: text, link.url, thread[1].media[0].altText.
	Path string
	// Message says what is wrong and what to do, to be read after the path.
	Message string
}

func (p Problem) String() string { return p.Path + " " + p.Message }

// Render makes a Content fit for a network by its rules. Nothing is cut: what does not fit is a Problem. The Rendering
// is meant to be sent only if there is none.
func Render(c Content, rules Rules) (Rendering, []Problem) {
	r := renderer{rules: rules}
	link := r.link(c.Link)
	out := Rendering{Segments: make([]RenderedSegment, 0, 1+len(c.Thread))}
	out.Segments = append(out.Segments, r.segment("", c.Segment, link, c.Language))
	for i, s := range c.Thread {
		out.Segments = append(out.Segments, r.segment(fmt.Sprintf("thread[%d].", i), s, nil, c.Language))
	}
	return out, r.problems
}

type renderer struct {
	rules    Rules
	problems []Problem
}

func (r *renderer) problem(path, format string, args ...any) {
	r.problems = append(r.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// name of the network, as the subject of a sentence.
func (r *renderer) name() string {
	if r.rules.Name == "" {
		return "the network"
	}
	return r.rules.Name
}

// segment renders one segment; prefix leads to it from the content.
func (r *renderer) segment(prefix string, s Segment, link *Link, language string) RenderedSegment {
	out := RenderedSegment{Text: strings.TrimRightFunc(s.Text, unicode.IsSpace), Language: language}
	valid := r.characters(prefix+"text", out.Text)
	appended := ""
	switch {
	case link == nil:
	case r.rules.Cards && (len(s.Media) == 0 || r.rules.CardsWithMedia):
		out.Link = link
	default:
		appended = link.URL
	}
	var facets []Facet
	if valid {
		facets = Facets(out.Text)
	}
	if appended != "" && !slices.ContainsFunc(facets, func(f Facet) bool { return f.Link == appended }) {
		if out.Text != "" {
			out.Text += "\n\n"
		}
		// The range is known: it is not left to the scanner, which would take punctuation at the end for the sentence's.
		facets = append(facets, Facet{Start: len(out.Text), End: len(out.Text) + len(appended), Link: appended})
		out.Text += appended
	} else {
		appended = ""
	}
	if r.rules.Facets {
		out.Facets = facets
	}
	if out.Text == "" && len(s.Media) == 0 && out.Link == nil {
		r.problem(prefix+"text", "is empty: write a text or add media")
	}
	if valid {
		r.length(prefix+"text", out.Text, appended != "")
	}
	r.media(prefix+"media", s.Media)
	for i := range s.Media {
		out.Media = append(out.Media, i)
	}
	out.Hash = hash(out, s.Media)
	return out
}

// characters reports what no network takes, or takes and shows as something else.
func (r *renderer) characters(path, text string) bool {
	if plainText(text) {
		return true
	}
	for i, c := range text {
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				r.problem(path, "is not valid UTF-8 at byte %d: save the file as UTF-8", i)
				return false
			}
		}
		switch {
		case c == '\r':
			r.problem(path, "has a carriage return (U+000D) at byte %d: end lines with a line feed alone", i)
			return false
		case unicode.IsControl(c) && c != '\n' && c != '\t', c&0xfffe == 0xfffe, c >= 0xfdd0 && c <= 0xfdef:
			r.problem(path, "has the character U+%04X at byte %d, which cannot be published: take it out", c, i)
			return false
		}
	}
	return true
}

// plainText is the short way for most texts: printable ASCII and line feeds.
func plainText(text string) bool {
	for i := range len(text) {
		if b := text[i]; (b < ' ' && b != '\n' && b != '\t') || b >= 0x7f {
			return false
		}
	}
	return true
}

// length reports a text that is too long.
func (r *renderer) length(path, text string, withLink bool) {
	with := ""
	if withLink {
		with = " with the link after it"
	}
	limits := r.rules.Limits
	if limits.MaxLength > 0 && (limits.Unit != Graphemes || len(text) > limits.MaxLength) {
		if n := Count(text, limits.Unit); n > limits.MaxLength {
			r.problem(path, "is %d %s long%s; %s takes %d: shorten it by %d or make it a thread",
				n, limits.Unit.Words(), with, r.name(), limits.MaxLength, n-limits.MaxLength)
			return
		}
	}
	if limits.MaxBytes > 0 && len(text) > limits.MaxBytes {
		r.problem(path, "is %d bytes of UTF-8 long%s; %s takes %d: shorten it by %d or make it a thread",
			len(text), with, r.name(), limits.MaxBytes, len(text)-limits.MaxBytes)
	}
}

func (r *renderer) media(path string, media []Media) {
	limits := r.rules.Limits
	if limits.MaxMedia > 0 && len(media) > limits.MaxMedia {
		r.problem(path, "has %d files; %s takes %d beside one text: leave out %d or make it a thread",
			len(media), r.name(), limits.MaxMedia, len(media)-limits.MaxMedia)
	}
	for i, m := range media {
		at := fmt.Sprintf("%s[%d]", path, i)
		if r.characters(at+".altText", m.AltText) {
			r.altText(at+".altText", m.AltText)
		}
		if m.ContentType != "" && len(limits.MediaTypes) > 0 && !slices.Contains(limits.MediaTypes, m.ContentType) {
			r.problem(at, "is of type %s; %s takes %s: convert it", m.ContentType, r.name(), strings.Join(limits.MediaTypes, ", "))
		}
		if limits.MaxMediaBytes > 0 && m.Bytes > limits.MaxMediaBytes {
			r.problem(at, "has %d bytes; %s takes %d: make the file smaller", m.Bytes, r.name(), limits.MaxMediaBytes)
		}
	}
}

func (r *renderer) altText(path, text string) {
	if r.rules.AltTextRequired && strings.TrimSpace(text) == "" {
		r.problem(path, "is missing, and %s asks for it: say what the picture shows", r.name())
	}
	if limit := r.rules.MaxAltText; limit > 0 && len(text) > limit {
		if n := countGraphemes(text); n > limit {
			r.problem(path, "is %d graphemes long; %s takes %d: shorten it by %d", n, r.name(), limit, n-limit)
		}
	}
}

// link checks the link and completes it: a card without a title shows the host.
func (r *renderer) link(l *Link) *Link {
	if l == nil {
		return nil
	}
	if !r.characters("link.url", l.URL) {
		return nil
	}
	u, err := url.Parse(l.URL)
	if err != nil || schemeLen(l.URL) == 0 || u.Hostname() == "" || strings.ContainsFunc(l.URL, unicode.IsSpace) {
		r.problem("link.url", "is no web address: write the whole URL, such as https://acme.example/launch")
		return nil
	}
	if u.User != nil {
		r.problem("link.url", "has a user name or password in it: take it out")
		return nil
	}
	title := r.characters("link.title", l.Title)
	description := r.characters("link.description", l.Description)
	if !title || !description {
		return nil
	}
	out := *l
	if strings.TrimSpace(out.Title) == "" {
		out.Title = u.Hostname()
	}
	return &out
}
