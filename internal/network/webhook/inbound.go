package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/network"
)

const (
	// MaxInboundBytes of a request that brings items.
	MaxInboundBytes = 4 << 20
	// MaxInboundItems of one request.
	MaxInboundItems = 1000
	// Tolerance is how far a request's time may be from ours, either way: what is older may be a recording.
	Tolerance = 5 * time.Minute

	// minSecretBytes is what Standard Webhooks asks of a secret, and no less is taken.
	minSecretBytes = 24
	maxIDBytes     = 512
	maxTextBytes   = 1 << 20
	maxListed      = 200
)

// Secret of a sender, as bytes.
type Secret []byte

// ParseSecret reads a secret: "whsec_" and base64, as Standard Webhooks writes it.
func ParseSecret(s string) (Secret, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(s), "whsec_")
	if !ok {
		return nil, errors.New(`a signing secret must begin with "whsec_", followed by base64`)
	}
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New("a signing secret's part after whsec_ must be base64")
	}
	if len(b) < minSecretBytes {
		return nil, fmt.Errorf("a signing secret must have at least %d bytes", minSecretBytes)
	}
	return b, nil
}

func unsigned(reason, message string) *network.Error {
	return &network.Error{Kind: network.Unauthorized, Reason: reason, Message: message}
}

// Verify checks the signature of a request after Standard Webhooks: one of its signatures must be by one of the secrets, of which there
// are several while one replaces another, and its time must be within Tolerance of now. It gives the request's id, by which
// repetitions are known. Errors are *network.Error of kind Unauthorized, and say nothing of the secrets.
func Verify(h http.Header, body []byte, secrets []Secret, now time.Time) (id string, err error) {
	id, stamp := h.Get("Webhook-Id"), h.Get("Webhook-Timestamp")
	if id == "" || len(id) > maxIDBytes || stamp == "" || h.Get("Webhook-Signature") == "" {
		return "", unsigned("NotSigned", "the headers webhook-id, webhook-timestamp and webhook-signature are needed")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return "", unsigned("NotSigned", "webhook-timestamp must be seconds since 1970")
	}
	if limit := int64(Tolerance / time.Second); seconds < now.Unix()-limit || seconds > now.Unix()+limit {
		return "", unsigned("TimestampTooFar", "webhook-timestamp is more than 5 minutes from now: is the sender's clock right?")
	}
	good := false
	for _, secret := range secrets {
		if len(secret) < minSecretBytes {
			continue
		}
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(id + "." + stamp + "."))
		mac.Write(body)
		want := mac.Sum(nil)
		for _, one := range strings.Fields(h.Get("Webhook-Signature")) {
			encoded, v1 := strings.CutPrefix(one, "v1,")
			if got, err := base64.StdEncoding.DecodeString(encoded); v1 && err == nil && hmac.Equal(got, want) {
				good = true
			}
		}
	}
	if !good {
		return "", unsigned("SignatureWrong", "no signature is by a secret that is known here")
	}
	return id, nil
}

// inboundItem is an item as senders write it; see docs/networks/webhook.md. What is not known here is left aside.
type inboundItem struct {
	ID         string        `json:"id"`
	Kind       string        `json:"kind"`
	Text       string        `json:"text"`
	Language   string        `json:"language"`
	URL        string        `json:"url"`
	Author     inboundPerson `json:"author"`
	Ours       bool          `json:"ours"`
	Parent     string        `json:"parent"`
	ParentOurs *bool         `json:"parentOurs"`
	Post       string        `json:"post"`
	Links      []string      `json:"links"`
	Mentions   []string      `json:"mentions"`
	Media      int           `json:"media"`
	Reports    *int64        `json:"reports"`
	CreatedAt  time.Time     `json:"createdAt"`
	Revision   string        `json:"revision"`
	Edited     *bool         `json:"edited"`
	Deleted    bool          `json:"deleted"`
}

type inboundPerson struct {
	ID           string    `json:"id"`
	Handle       string    `json:"handle"`
	DisplayName  string    `json:"displayName"`
	URL          string    `json:"url"`
	CreatedAt    time.Time `json:"createdAt"`
	Followers    *int64    `json:"followers"`
	IsFollower   *bool     `json:"isFollower"`
	IsMember     *bool     `json:"isMember"`
	IsTeam       bool      `json:"isTeam"`
	IsModerator  bool      `json:"isModerator"`
	Bot          bool      `json:"bot"`
	NoAutomation bool      `json:"noAutomation"`
}

var itemKinds = []network.ItemKind{
	network.ItemComment, network.ItemReply, network.ItemMention, network.ItemFollow, network.ItemJoin, network.ItemReaction,
	network.ItemMessage, network.ItemSearchHit,
}

func malformed(format string, args ...any) *network.Error {
	return &network.Error{Kind: network.Refused, Reason: "InvalidItems", Message: network.Quote(fmt.Sprintf(format, args...))}
}

// Items reads what a request brings: an item, or {"items": [...]}; as the data of a CloudEvent (structured, or binary with ce-
// headers), or as it is. An event's id and time stand in for those of its one item. received is the time of items that name none.
// All are read or none; errors are *network.Error of kind Refused and name the field.
func Items(h http.Header, body []byte, received time.Time) ([]network.Item, error) {
	if len(body) > MaxInboundBytes {
		return nil, malformed("the body has %d bytes, at most %d are taken", len(body), MaxInboundBytes)
	}
	if !utf8.Valid(body) {
		return nil, malformed("the body is not UTF-8")
	}
	data, id, at, err := unwrap(h, body)
	if err != nil {
		return nil, err
	}
	var many struct {
		Items *[]inboundItem `json:"items"`
	}
	if err := json.Unmarshal(data, &many); err != nil {
		return nil, malformed("the body is not the JSON that is wanted here: %v", err)
	}
	list := []inboundItem{{}}
	if many.Items != nil {
		list = *many.Items
	} else if err := json.Unmarshal(data, &list[0]); err != nil {
		return nil, malformed("the body is not the JSON that is wanted here: %v", err)
	}
	if len(list) > MaxInboundItems {
		return nil, malformed("there are %d items, at most %d are taken at once", len(list), MaxInboundItems)
	}
	if !at.IsZero() {
		received = at
	}
	out := make([]network.Item, 0, len(list))
	for n, in := range list {
		if in.ID == "" && len(list) == 1 {
			in.ID = id
		}
		item, no := in.item(received)
		if no != "" {
			return nil, malformed("items[%d]: %s", n, no)
		}
		out = append(out, item)
	}
	return out, nil
}

// unwrap takes the data out of a CloudEvent; what is none is data itself.
func unwrap(h http.Header, body []byte) (data []byte, id string, at time.Time, err error) {
	mediaType, _, mimeErr := mime.ParseMediaType(h.Get("Content-Type"))
	if mimeErr != nil {
		return nil, "", at, malformed("Content-Type must be application/json or application/cloudevents+json")
	}
	switch {
	case mediaType == "application/cloudevents+json":
		var event struct {
			SpecVersion string          `json:"specversion"`
			ID          string          `json:"id"`
			Source      string          `json:"source"`
			Type        string          `json:"type"`
			Time        *time.Time      `json:"time"`
			Data        json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(body, &event); err != nil {
			return nil, "", at, malformed("the body is no CloudEvent: %v", err)
		}
		if event.SpecVersion != "1.0" || event.ID == "" || event.Source == "" || event.Type == "" || len(event.Data) == 0 {
			return nil, "", at, malformed("a CloudEvent needs specversion 1.0, id, source, type and data")
		}
		if event.Time != nil {
			at = *event.Time
		}
		return event.Data, event.Source + " " + event.ID, at, nil
	case mediaType != "application/json":
		return nil, "", at, malformed("Content-Type %s: it must be application/json or application/cloudevents+json", mediaType)
	case h.Get("Ce-Specversion") != "":
		if h.Get("Ce-Specversion") != "1.0" || h.Get("Ce-Id") == "" || h.Get("Ce-Source") == "" || h.Get("Ce-Type") == "" {
			return nil, "", at, malformed("a CloudEvent needs the headers ce-specversion 1.0, ce-id, ce-source and ce-type")
		}
		if stamp := h.Get("Ce-Time"); stamp != "" {
			if at, err = time.Parse(time.RFC3339, stamp); err != nil {
				return nil, "", at, malformed("ce-time must be like 2026-11-24T12:00:00Z")
			}
		}
		return body, h.Get("Ce-Source") + " " + h.Get("Ce-Id"), at, nil
	}
	return body, "", at, nil
}

// item checks what a sender wrote; no says what is wrong with it.
func (in *inboundItem) item(received time.Time) (item network.Item, no string) {
	kind := network.ItemKind(in.Kind)
	switch {
	case in.ID == "" || len(in.ID) > maxIDBytes:
		return item, fmt.Sprintf("id is needed, of at most %d bytes", maxIDBytes)
	case !slices.Contains(itemKinds, kind):
		return item, fmt.Sprintf("kind %q must be one of %v", in.Kind, itemKinds)
	case in.Author.ID == "" && in.Author.Handle == "" && !in.Deleted:
		return item, "author needs an id or a handle"
	case len(in.Text) > maxTextBytes:
		return item, fmt.Sprintf("text has %d bytes, at most %d are taken", len(in.Text), maxTextBytes)
	case len(in.Links) > maxListed || len(in.Mentions) > maxListed:
		return item, fmt.Sprintf("links and mentions hold at most %d each", maxListed)
	case in.Media < 0 || in.Reports != nil && *in.Reports < 0 || in.Author.Followers != nil && *in.Author.Followers < 0:
		return item, "media, reports and followers cannot be below 0"
	}
	for name, value := range map[string]string{
		"parent": in.Parent, "post": in.Post, "revision": in.Revision, "language": in.Language, "author.id": in.Author.ID,
		"author.handle": in.Author.Handle, "author.displayName": in.Author.DisplayName,
	} {
		if len(value) > maxIDBytes {
			return item, fmt.Sprintf("%s has %d bytes, at most %d are taken", name, len(value), maxIDBytes)
		}
	}
	for name, address := range map[string]string{"url": in.URL, "author.url": in.Author.URL} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			return item, name + " must begin with https:// or http://"
		}
	}
	a := in.Author
	if a.ID == "" {
		a.ID = a.Handle
	}
	if a.Handle == "" {
		a.Handle = a.ID
	}
	if in.CreatedAt.IsZero() {
		in.CreatedAt = received
	}
	for name, at := range map[string]time.Time{"createdAt, or the time of the event,": in.CreatedAt, "author.createdAt": in.Author.CreatedAt} {
		if year := at.UTC().Year(); year < 0 || year > 9999 { // JSON cannot hold it
			return item, name + " must lie in a year of four digits in UTC"
		}
	}
	return network.Item{
		ID: in.ID, Kind: kind, Ref: network.Ref{ID: in.ID, Revision: in.Revision, URL: in.URL}, Text: in.Text, Language: in.Language,
		Author: network.Person{
			ID: a.ID, Handle: a.Handle, DisplayName: a.DisplayName, URL: a.URL, CreatedAt: a.CreatedAt, Followers: a.Followers,
			IsFollower: a.IsFollower, IsMember: a.IsMember, IsTeam: a.IsTeam, IsModerator: a.IsModerator, Bot: a.Bot, NoAutomation: a.NoAutomation,
		},
		Ours: in.Ours, Parent: in.Parent, ParentOurs: in.ParentOurs, Post: in.Post, Links: in.Links, Mentions: in.Mentions, Media: in.Media,
		Reports: in.Reports, CreatedAt: in.CreatedAt.UTC(), Revision: in.Revision, Edited: in.Edited, Gone: in.Deleted,
	}, ""
}
