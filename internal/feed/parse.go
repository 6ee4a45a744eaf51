package feed

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"html"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mmcdole/gofeed"
	nethtml "golang.org/x/net/html"
)

const (
	// MaxBytes of a feed.
	MaxBytes = 5 << 20
	// MaxItems of a feed that are looked at: the first ones, which are the newest in all common feeds.
	MaxItems = 10_000

	maxTitle   = 300
	maxSummary = 500
	maxAuthor  = 100
	maxLink    = 2000
)

// Item is one entry of a feed, as plain text.
type Item struct {
	// ID stands for the item for ever: 26 characters made of its GUID, or of its link where it has none.
	ID string
	// Title in one line, Summary in a few words, Author by name.
	Title, Summary, Author string
	// Link is absolute; an item without one cannot be pointed at.
	Link string
	// Published is zero where the feed does not say.
	Published time.Time
}

// Feed is what was read.
type Feed struct {
	Title string
	// Items in the order of the feed, each ID once.
	Items []Item
	// Unusable counts items that have neither GUID nor link, or no link that can be pointed at.
	Unusable int
	// Cut is true if there were more than MaxItems.
	Cut bool
}

// Parse reads a feed that was fetched from an address. The error says what came instead.
func Parse(data []byte, address string) (Feed, error) {
	switch start := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff"))); {
	case len(data) > MaxBytes:
		return Feed{}, fmt.Errorf("the feed has more than %d bytes", MaxBytes)
	case len(start) == 0:
		return Feed{}, errors.New("the answer is empty: is this the address of the feed?")
	case isPage(start):
		return Feed{}, errors.New("the answer is a web page and no feed: give the address of the RSS or Atom feed itself")
	}
	base, err := url.Parse(address)
	if err != nil {
		return Feed{}, errors.New("the address of the feed cannot be read")
	}
	parsed, err := gofeed.NewParser().Parse(bytes.NewReader(data))
	if err != nil {
		return Feed{}, fmt.Errorf("the answer is no RSS, Atom or JSON feed: %w", err)
	}
	f := Feed{Title: line(parsed.Title, maxTitle)}
	known := map[string]bool{}
	for i, raw := range parsed.Items {
		if i == MaxItems {
			f.Cut = true
			break
		}
		item, ok := read(raw, base)
		if !ok {
			f.Unusable++
			continue
		}
		if !known[item.ID] {
			known[item.ID] = true
			f.Items = append(f.Items, item)
		}
	}
	return f, nil
}

// isPage is true for HTML, which servers like to send with status 200 instead of what is not there any more.
func isPage(start []byte) bool {
	head := strings.ToLower(string(start[:min(len(start), 256)]))
	return strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html")
}

func read(raw *gofeed.Item, base *url.URL) (Item, bool) {
	if raw == nil {
		return Item{}, false
	}
	item := Item{Title: line(plain(raw.Title), maxTitle), Summary: line(plain(raw.Description), maxSummary)}
	if len(raw.Authors) > 0 && raw.Authors[0] != nil {
		item.Author = line(plain(raw.Authors[0].Name), maxAuthor)
	}
	link, ok := absolute(raw.Link, base)
	if !ok {
		return Item{}, false
	}
	item.Link = link
	identity := strings.TrimSpace(raw.GUID)
	if identity == "" {
		identity = link
	}
	item.ID = ID(identity)
	switch {
	case raw.PublishedParsed != nil:
		item.Published = raw.PublishedParsed.UTC()
	case raw.UpdatedParsed != nil:
		item.Published = raw.UpdatedParsed.UTC()
	}
	return item, true
}

// absolute gives the address that a link means in a feed.
func absolute(link string, base *url.URL) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || link == "" {
		return "", false
	}
	u = base.ResolveReference(u)
	text := u.String()
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(text) > maxLink || strings.ContainsFunc(text, unicode.IsSpace) {
		return "", false
	}
	return text, true
}

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ID of an item by its GUID.
func ID(guid string) string {
	sum := sha256.Sum256([]byte(guid))
	return idEncoding.EncodeToString(sum[:16])
}

// plain is a text without its HTML, as titles and descriptions often have some.
func plain(text string) string {
	if !strings.ContainsAny(text, "<&") {
		return text
	}
	var b strings.Builder
	tokens := nethtml.NewTokenizer(strings.NewReader(text))
	silent := 0
	for {
		switch tokens.Next() {
		case nethtml.ErrorToken:
			return html.UnescapeString(b.String())
		case nethtml.TextToken:
			if silent == 0 {
				b.Write(tokens.Text())
			}
		case nethtml.StartTagToken, nethtml.EndTagToken, nethtml.SelfClosingTagToken:
			name, _ := tokens.TagName()
			switch string(name) {
			case "script", "style":
				silent = 1 - silent
			case "p", "br", "div", "li":
				b.WriteByte(' ')
			}
		}
	}
}

// line is a text in one line of at most n characters, cut between words where it is longer.
func line(text string, n int) string {
	text = strings.ToValidUTF8(text, "")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	cut, count := 0, 0
	for i := range text {
		if count == n-1 {
			cut = i
			break
		}
		count++
	}
	if space := strings.LastIndexByte(text[:cut], ' '); space > cut/2 {
		cut = space
	}
	return strings.TrimRight(text[:cut], " ") + "…"
}
