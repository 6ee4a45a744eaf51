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
	// Markdown is true if the texts are CommonMark.
	Markdown bool
	// AsGiven leaves white space at the end of texts where it is, and counts it: for texts that are looked at, not published.
	AsGiven bool
	// Split says what becomes of a text that is too long.
	Split Split
	// Title of an article. Networks without titles do not show it.
	Title string
	// Tags of an article.
	Tags []string
	// ContentWarning is shown before the text, which is hidden behind it.
	ContentWarning string
	// Visibility is Public, Unlisted or Followers; empty is Public.
	Visibility string
}

// Segment is one text with its media.
type Segment struct {
	Text  string
	Media []Media
	// Language of this text; empty: the Content's.
	Language string
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
	// Unresolved is true if the address of the link is not known yet: a stand-in of a likely length is in its place, which must
	// not be published.
	Unresolved bool
}

// RenderedSegment is one call's worth.
type RenderedSegment struct {
	// Text is as written, without white space at its end and with the link after it where that has no card. It is not
	// normalised (NFC): people see what was written, and byte offsets stay those of the manifest. Markdown has become plain text.
	Text string
	// Facets in order, not overlapping; none where the network finds links by itself.
	Facets   []Facet
	Language string
	// Link to show as a card; nil for none.
	Link *Link
	// Media are indexes into the media of the segment of the Content that this one is made of.
	Media []int
	// Source is that segment: 0 for the Content's own, n for Thread[n-1].
	Source int
	// HTML is a Markdown text as networks of articles take it; empty elsewhere, and for plain texts.
	HTML string
	// Title, Tags, ContentWarning and Visibility are empty where the network has no place for them; Visibility also if it is Public.
	Title          string
	Tags           []string
	ContentWarning string
	Visibility     string
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

// Render makes a Content fit for a network by its rules. Nothing is cut: what does not fit is a Problem, but for a Content that
// is to be split. The Rendering is meant to be sent only if there is no Problem.
func Render(c Content, rules Rules) (Rendering, []Problem) {
	r := renderer{rules: rules}
	r.around(&c)
	link := r.link(c.Link)
	var one [1]draft // most contents have no thread
	drafts := append(one[:0], r.draft("", 0, &c, &c.Segment, link))
	for i := range c.Thread {
		drafts = append(drafts, r.draft(fmt.Sprintf("thread[%d].", i), i+1, &c, &c.Thread[i], nil))
	}
	out := Rendering{Segments: r.split(&c, drafts)}
	for i := range out.Segments {
		s := &out.Segments[i]
		s.Tags, s.ContentWarning, s.Visibility = r.tags, r.warning, r.visibility
		if i == 0 {
			s.Title = r.title
		}
		media := c.Media
		if s.Source > 0 {
			media = c.Thread[s.Source-1].Media
		}
		if len(s.Media) == 0 {
			media = nil // a later part of the segment
		}
		s.Hash = hash(*s, media)
	}
	return out, r.problems
}

type renderer struct {
	rules    Rules
	problems []Problem
	// What stands around the text, where the network has a place for it.
	title, warning, visibility string
	tags                       []string
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

// around checks what stands around the text.
func (r *renderer) around(c *Content) {
	if len(c.Thread) > 0 && r.rules.NoThreads {
		r.problem("thread", "is not possible on %s, where a publication is one text: leave it out, or set another content for the network", r.name())
	}
	if r.rules.Titles {
		r.checkTitle(c.Title)
	}
	if c.ContentWarning != "" && r.characters("contentWarning", c.ContentWarning) {
		if r.rules.ContentWarnings {
			r.warning = c.ContentWarning
		} else {
			r.problem("contentWarning", "is not possible on %s: leave it out, or set another content for the network", r.name())
		}
	}
	if c.Visibility != "" && c.Visibility != "Public" {
		if slices.Contains(r.rules.Visibilities, c.Visibility) {
			r.visibility = c.Visibility
		} else {
			r.problem("visibility", "is %s, but all can see what %s shows: leave it out, or set another content for the network", c.Visibility, r.name())
		}
	}
	if len(c.Tags) > 0 {
		if r.rules.Tags {
			r.tags = c.Tags
		} else {
			r.problem("tags", "are for articles, and %s has none: put hashtags into the text", r.name())
		}
		for i, tag := range c.Tags {
			r.characters(fmt.Sprintf("tags[%d]", i), tag)
		}
	}
}

func (r *renderer) checkTitle(title string) {
	title = strings.TrimSpace(title)
	if title == "" {
		if r.rules.TitleRequired {
			r.problem("title", "is missing, and %s asks for one: say in one line what it is about", r.name())
		}
		return
	}
	if !r.characters("title", title) || !r.allowed("title", title) {
		return
	}
	if strings.ContainsAny(title, "\n\t") {
		r.problem("title", "has a line break or a tab in it: write it in one line")
		return
	}
	if limit := r.rules.MaxTitle; limit > 0 && utf8.RuneCountInString(title) > limit {
		n := utf8.RuneCountInString(title)
		r.problem("title", "is %d characters long; %s takes %d: shorten it by %d", n, r.name(), limit, n-limit)
	}
	r.title = title
}

// draft is a segment before it is split.
type draft struct {
	RenderedSegment
	prefix string
	// valid is false if the text has characters that cannot be published: it is not counted.
	valid bool
	// withLink is true if the link was put after the text.
	withLink bool
	// facets of the text, whether the network needs them or not.
	facets []Facet
}

// draft renders one segment; prefix leads to it from the content.
func (r *renderer) draft(prefix string, source int, c *Content, s *Segment, link *Link) draft {
	d := draft{prefix: prefix, RenderedSegment: RenderedSegment{Language: s.Language, Source: source}}
	if d.Language == "" {
		d.Language = c.Language
	}
	var article *document
	d.Text = s.Text
	d.valid = r.characters(prefix+"text", d.Text)
	if c.Markdown && d.valid {
		article = r.markdown(prefix+"text", s.Text)
		d.valid = article != nil
		if d.valid {
			d.Text = article.plain()
			d.valid = r.characters(prefix+"text", d.Text)
		}
	}
	if !c.AsGiven {
		d.Text = strings.TrimRightFunc(d.Text, unicode.IsSpace)
	}
	if d.valid {
		d.valid = r.allowed(prefix+"text", d.Text)
		d.facets = r.rules.Family.facets(d.Text)
	}
	if r.rules.HTML && article != nil {
		d.HTML = article.html()
	}
	switch {
	case link == nil:
	case r.rules.Cards && (len(s.Media) == 0 || r.rules.CardsWithMedia):
		d.Link = link
	default:
		d.append(link)
	}
	if r.rules.Facets {
		d.Facets = d.facets
	}
	if strings.TrimSpace(d.Text) == "" && len(s.Media) == 0 && d.Link == nil {
		r.problem(prefix+"text", "is empty: write a text or add media")
	}
	if d.valid && r.rules.MaxHashtags > 0 {
		r.hashtags(prefix+"text", d.Text)
	}
	r.media(prefix+"media", s.Media)
	for i := range s.Media {
		d.Media = append(d.Media, i)
	}
	return d
}

// append puts the link after the text, unless it stands in it.
func (d *draft) append(link *Link) {
	if slices.ContainsFunc(d.facets, func(f Facet) bool { return f.Link == link.URL }) {
		return
	}
	if d.Text != "" {
		d.Text += "\n\n"
	}
	// The range is known: it is not left to the scanner, which would take punctuation at the end for the sentence's.
	d.facets = append(d.facets, Facet{Start: len(d.Text), End: len(d.Text) + len(link.URL), Link: link.URL})
	d.Text += link.URL
	d.withLink = true
	if d.HTML != "" {
		words := link.URL
		if u, err := url.Parse(link.URL); err == nil && link.Title != u.Hostname() {
			words = link.Title
		}
		d.HTML += "\n<p>" + anchor(link.URL, words) + "</p>"
	}
}

// markdown parses a text; nil if there is something wrong with it.
func (r *renderer) markdown(path, source string) *document {
	d, wrong := parseMarkdown(source)
	for _, w := range wrong {
		r.problem(path, "%s", w)
	}
	if len(wrong) > 0 {
		return nil
	}
	return d
}

// allowed reports characters that this network does not take.
func (r *renderer) allowed(path, text string) bool {
	if r.rules.Forbidden == "" {
		return true
	}
	at := strings.IndexAny(text, r.rules.Forbidden)
	if at < 0 {
		return true
	}
	c, _ := utf8.DecodeRuneInString(text[at:])
	r.problem(path, "has the character %s at byte %d, which %s does not take: take it out", shown(c), at, r.name())
	return false
}

// shown is a character as a message names it.
func shown(c rune) string {
	if unicode.IsGraphic(c) && !unicode.IsSpace(c) {
		return string(c)
	}
	return fmt.Sprintf("U+%04X", c)
}

func (r *renderer) hashtags(path, text string) {
	n := 0
	for _, e := range r.rules.Entities(text) {
		if e.Type == EntityHashtag {
			n++
		}
	}
	if limit := r.rules.MaxHashtags; n > limit {
		r.problem(path, "has %d hashtags; %s takes %d: leave out %d", n, r.name(), limit, n-limit)
	}
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

func (r *renderer) media(path string, media []Media) {
	limits := r.rules.Limits
	if len(media) == 0 && r.rules.MediaRequired {
		r.problem(path, "is missing, and %s publishes nothing without: add a picture or a video", r.name())
	}
	if limits.MaxMedia > 0 && len(media) > limits.MaxMedia {
		r.problem(path, "has %d files; %s takes %d beside one text: leave out %d%s",
			len(media), r.name(), limits.MaxMedia, len(media)-limits.MaxMedia, r.orThread())
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
