package webhook

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"image"
	_ "image/gif"  // sizes of pictures
	_ "image/jpeg" // sizes of pictures
	_ "image/png"  // sizes of pictures
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/tribune-dev/tribune/internal/network"
)

// Types of the events.
const (
	TypePost    = "dev.tribune.post.published"
	TypeMessage = "dev.tribune.message"
)

const contentTypeEvent = "application/cloudevents+json; charset=utf-8"

// payload is a body and what it is.
type payload struct {
	body        []byte
	contentType string
}

// Post is the data of an event of TypePost.
type Post struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Edition   int64  `json:"edition"`
	Title     string `json:"title,omitempty"`
	Text      string `json:"text"`
	// HTML is the text as a network of articles takes it.
	HTML           string   `json:"html,omitempty"`
	Language       string   `json:"language,omitempty"`
	Link           *Link    `json:"link,omitempty"`
	Media          []Media  `json:"media,omitempty"`
	Tags           []string `json:"tags,omitempty"`
	ContentWarning string   `json:"contentWarning,omitempty"`
	Visibility     string   `json:"visibility,omitempty"`
	// Thread is there on the second and later texts of a thread.
	Thread *Thread `json:"thread,omitempty"`
	// Marker names the publication as other networks show it.
	Marker string `json:"marker"`
}

// Link is a page that a Post or message points at.
type Link struct {
	URL         string `json:"url"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
}

// Media is a picture: at its address on the web, or as a data: URL (RFC 2397) where it has none.
type Media struct {
	URL         string `json:"url"`
	AltText     string `json:"altText,omitempty"`
	ContentType string `json:"contentType,omitempty"`
	Width       int    `json:"width,omitempty"`
	Height      int    `json:"height,omitempty"`
}

// Thread says where in a thread a text stands, by the ids of events.
type Thread struct {
	// Position counts from 1, for the second text.
	Position int    `json:"position"`
	Root     string `json:"root"`
	Parent   string `json:"parent"`
}

// Message is the data of an event of TypeMessage.
type Message struct {
	// Event such as Failed, or Digest.
	Event string `json:"event"`
	Title string `json:"title"`
	Text  string `json:"text,omitempty"`
	// Repeat is true if it was tried before: then the same id may have come already.
	Repeat  bool     `json:"repeat,omitempty"`
	Mention []string `json:"mention,omitempty"`
	Link    *Link    `json:"link,omitempty"`
	Facts   []Fact   `json:"facts,omitempty"`
	Media   []Media  `json:"media,omitempty"`
}

// Fact is a name and its value.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (w *Webhook) postEvent(p network.Publication) (payload, error) {
	data := Post{
		Namespace: p.Identity.Namespace, Name: p.Identity.Post, Edition: p.Identity.Edition, Title: p.Title, Text: p.Text, HTML: p.HTML,
		Language: p.Language, Tags: p.Tags, ContentWarning: p.ContentWarning, Visibility: p.Visibility, Marker: p.Marker,
	}
	if p.Link != nil {
		data.Link = &Link{URL: p.Link.URL, Title: p.Link.Title, Description: p.Link.Description}
	}
	for _, m := range p.Media {
		data.Media = append(data.Media, Media{URL: m.Upload, AltText: m.AltText, ContentType: m.ContentType, Width: m.Width, Height: m.Height})
	}
	if p.Parent != nil {
		data.Thread = &Thread{Position: p.Identity.Segment, Parent: p.Parent.ID}
		if p.Root != nil {
			data.Thread.Root = p.Root.ID
		}
	}
	subject := "Post/" + p.Identity.Namespace + "/" + p.Identity.Post
	if p.Identity.Segment > 0 {
		subject += "#" + strconv.Itoa(p.Identity.Segment)
	}
	return w.event(p.Key, TypePost, subject, p.CreatedAt, data)
}

func (w *Webhook) messageEvent(m network.Message) (payload, error) {
	data := Message{Event: m.Event, Title: m.Title, Text: m.Text, Repeat: m.Repeat, Mention: m.Mention}
	if m.Link != "" {
		data.Link = &Link{URL: m.Link, Title: m.LinkTitle}
	}
	for _, f := range m.Facts {
		data.Facts = append(data.Facts, Fact{Name: f[0], Value: f[1]})
	}
	for _, f := range m.Media {
		a, err := attachment(f)
		if err != nil {
			return payload{}, err
		}
		data.Media = append(data.Media, Media{URL: a.Upload, AltText: a.AltText, ContentType: a.ContentType, Width: a.Width, Height: a.Height})
	}
	return w.event(m.ID, TypeMessage, m.Subject, m.At, data)
}

// event is a CloudEvent in structured mode. The same publication always gives the same bytes.
func (w *Webhook) event(id, kind, subject string, at time.Time, data any) (payload, error) {
	e := event.New(event.CloudEventsVersionV1)
	e.SetID(id)
	e.SetSource(w.source)
	e.SetType(kind)
	if subject = attribute(subject); subject != "" {
		e.SetSubject(subject)
	}
	if !at.IsZero() {
		e.SetTime(at.UTC())
	}
	encoded, err := marshal(data)
	if err == nil {
		err = e.SetData(event.ApplicationJSON, encoded)
		e.DataBase64 = false // JSON stands in the event as it is
	}
	if err == nil {
		err = e.Validate()
	}
	var body bytes.Buffer
	if err == nil {
		err = event.WriteJson(&e, &body)
	}
	if err != nil {
		return payload{}, &network.Error{Kind: network.Refused, Reason: "InvalidEvent", Message: "it cannot be written as a CloudEvent", Err: err}
	}
	return payload{body: body.Bytes(), contentType: contentTypeEvent}, nil
}

// attribute is s without what an attribute of an event must not hold: control characters, and what is no UTF-8.
func attribute(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// marshal is JSON that leaves <, > and & as they are: receivers show what is in it.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// maxInline bounds a picture that travels inside an event, in bytes; one in a ConfigMap cannot be larger.
const maxInline = 1 << 20

// Upload implements network.Uploader. It makes no call: a picture from the web is named by its address, another one travels
// inside the event.
func (w *Webhook) Upload(_ context.Context, m network.Media) (network.Attachment, error) {
	a, err := attachment(m)
	if err != nil {
		return network.Attachment{}, err
	}
	return a, nil
}

func attachment(m network.Media) (network.Attachment, error) {
	a := network.Attachment{Upload: m.URL, AltText: m.AltText, ContentType: m.ContentType}
	if size, _, err := image.DecodeConfig(bytes.NewReader(m.Bytes)); err == nil {
		a.Width, a.Height = size.Width, size.Height
	}
	if a.Upload != "" {
		return a, nil
	}
	if len(m.Bytes) > maxInline {
		return a, refusal("MediaTooLarge", "a picture without an address on the web travels inside the event and may have %d bytes; this one has %d: give its url instead", maxInline, len(m.Bytes))
	}
	a.Upload = "data:" + m.ContentType + ";base64," + base64.StdEncoding.EncodeToString(m.Bytes)
	return a, nil
}
