package webhook

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/network"
)

// maxCardBytes is what Teams takes as one message (28 KB), with room for what it adds itself.
const maxCardBytes = 26 << 10

// The shape that workflows of Teams take ("When a Teams webhook request is received"): a message with one Adaptive Card.
type (
	teamsMessage struct {
		Type        string            `json:"type"`
		Attachments []teamsAttachment `json:"attachments"`
	}
	teamsAttachment struct {
		ContentType string  `json:"contentType"`
		ContentURL  *string `json:"contentUrl"`
		Content     card    `json:"content"`
	}
	card struct {
		Schema  string    `json:"$schema"`
		Type    string    `json:"type"`
		Version string    `json:"version"`
		Lang    string    `json:"lang,omitempty"`
		Body    []element `json:"body"`
		Actions []action  `json:"actions,omitempty"`
		Teams   teams     `json:"msteams"`
	}
	teams struct {
		Width    string    `json:"width"`
		Entities []mention `json:"entities,omitempty"`
	}
	mention struct {
		Type      string    `json:"type"`
		Text      string    `json:"text"`
		Mentioned mentioned `json:"mentioned"`
	}
	mentioned struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	// element is a part of a card; which fields it has depends on its type.
	element struct {
		Type    string     `json:"type"`
		Text    string     `json:"text,omitempty"`
		Wrap    bool       `json:"wrap,omitempty"`
		Inlines []run      `json:"inlines,omitempty"`
		Facts   []cardFact `json:"facts,omitempty"`
		URL     string     `json:"url,omitempty"`
		AltText string     `json:"altText,omitempty"`
	}
	// run is text as it is: unlike a TextBlock it knows no Markdown, so that nothing in a text becomes a link or a heading.
	run struct {
		Type   string `json:"type"`
		Text   string `json:"text"`
		Size   string `json:"size,omitempty"`
		Weight string `json:"weight,omitempty"`
	}
	cardFact struct {
		Title string `json:"title"`
		Value string `json:"value"`
	}
	action struct {
		Type  string `json:"type"`
		Title string `json:"title"`
		URL   string `json:"url"`
	}
)

func newCard() card {
	return card{Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.5", Teams: teams{Width: "Full"}}
}

// heading and text are lines of plain text; empty lines are kept as paragraphs.
func (c *card) heading(s string) {
	if s != "" {
		c.Body = append(c.Body, element{Type: "RichTextBlock", Inlines: []run{{Type: "TextRun", Text: s, Size: "Medium", Weight: "Bolder"}}})
	}
}

func (c *card) text(s string) {
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(line) != "" {
			c.Body = append(c.Body, element{Type: "RichTextBlock", Inlines: []run{{Type: "TextRun", Text: line}}})
		}
	}
}

func (c *card) button(title, url string) {
	if url == "" {
		return
	}
	if title == "" {
		title = "Open"
	}
	c.Actions = append(c.Actions, action{Type: "Action.OpenUrl", Title: title, URL: url})
}

// picture shows one that has an address; a card cannot carry others along.
func (c *card) picture(url, altText string) {
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		c.Body = append(c.Body, element{Type: "Image", URL: url, AltText: altText})
	}
}

// address mentions people: those named by their address in the directory (maria@acme.example) are told by Teams, other names
// only stand there.
func (c *card) address(people []string) {
	var line []string
	for _, p := range people {
		at := strings.Index(p, "@")
		if at <= 0 {
			line = append(line, unmarked(p))
			continue
		}
		text := "<at>" + unmarked(p[:at]) + "</at>"
		line = append(line, text)
		c.Teams.Entities = append(c.Teams.Entities, mention{Type: "mention", Text: text, Mentioned: mentioned{ID: p, Name: p[:at]}})
	}
	if len(line) > 0 {
		c.Body = append(c.Body, element{Type: "TextBlock", Text: strings.Join(line, " "), Wrap: true})
	}
}

// unmarked is s without what Markdown and mentions are made of, for the one element that knows them.
func unmarked(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("<>[]()*_`#\\!|~", r) || r < ' ' {
			return -1
		}
		return r
	}, s)
}

func (c *card) facts(facts [][2]string) {
	if len(facts) == 0 {
		return
	}
	set := element{Type: "FactSet"}
	for _, f := range facts {
		set.Facts = append(set.Facts, cardFact{Title: unmarked(f[0]), Value: escaped(f[1])})
	}
	c.Body = append(c.Body, set)
}

// escaped keeps Markdown in a fact's value from being read as such.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_[]()#<>|~", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (c card) payload() (payload, error) {
	body, err := marshal(teamsMessage{Type: "message", Attachments: []teamsAttachment{{ContentType: "application/vnd.microsoft.card.adaptive", Content: c}}})
	if err != nil {
		return payload{}, &network.Error{Kind: network.Refused, Reason: "InvalidCard", Message: "it cannot be written as a card", Err: err}
	}
	return payload{body: body, contentType: "application/json; charset=utf-8"}, nil
}

// postCard shows a publication.
func postCard(p network.Publication) (payload, error) {
	c := newCard()
	c.Lang = p.Language
	c.heading(p.Title)
	if p.ContentWarning != "" {
		c.heading(p.ContentWarning)
	}
	c.text(p.Text)
	for _, m := range p.Media {
		c.picture(m.Upload, m.AltText)
	}
	if p.Link != nil {
		c.button(p.Link.Title, p.Link.URL)
	}
	if len(c.Body) == 0 {
		return payload{}, refusal("Empty", "a card needs a text, or a picture with an address on the web")
	}
	body, err := c.payload()
	if err == nil && len(body.body) > maxCardBytes {
		return payload{}, refusal("TextTooLong", "a card takes %d bytes and this one has %d: shorten the text, or set webhook.format: CloudEvents", maxCardBytes, len(body.body))
	}
	return body, err
}

// messageCard shows a message. One that is too long for a card is cut, and says so: what happened must be told.
func messageCard(m network.Message) (payload, error) {
	for limit := len(m.Text); ; limit /= 2 {
		c := newCard()
		c.heading(m.Title)
		c.address(m.Mention)
		c.text(cut(m.Text, limit))
		for _, f := range m.Media {
			c.picture(f.URL, f.AltText)
		}
		c.facts(m.Facts)
		c.button(m.LinkTitle, m.Link)
		body, err := c.payload()
		if err != nil || len(body.body) <= maxCardBytes {
			return body, err
		}
		if limit == 0 {
			return payload{}, refusal("TextTooLong", "a card takes %d bytes and this message has %d", maxCardBytes, len(body.body))
		}
	}
}

// cut keeps the first bytes of a text, at a rune's border.
func cut(s string, limit int) string {
	if limit >= len(s) {
		return s
	}
	left := len(s) - limit
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + fmt.Sprintf("\n… (%d more bytes)", left)
}
