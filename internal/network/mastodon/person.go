package mastodon

import (
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/tribune-dev/tribune/internal/network"
)

// person is an Account as others see it.
type person struct {
	ID          string  `json:"id"`
	Acct        string  `json:"acct"`
	DisplayName string  `json:"display_name"`
	URL         string  `json:"url"`
	Note        string  `json:"note"`
	Bot         bool    `json:"bot"`
	CreatedAt   string  `json:"created_at"`
	Followers   *int64  `json:"followers_count"`
	Fields      []field `json:"fields"`
}

// noBot is how people ask for no automation, by a custom of the fediverse.
var noBot = regexp.MustCompile(`(?i)(?:^|[^\pL\pN_])#?nobots?(?:$|[^\pL\pN_])`)

func (m *Mastodon) person(who *self, p *person) network.Person {
	out := network.Person{
		ID: p.ID, Handle: m.handle(who, p.Acct), DisplayName: p.DisplayName, URL: webAddress(p.URL), CreatedAt: instant(p.CreatedAt),
		Followers: count(p.Followers), Bot: p.Bot, NoAutomation: noBot.MatchString(plainText(p.Note)),
	}
	for _, f := range p.Fields {
		out.NoAutomation = out.NoAutomation || noBot.MatchString(plainText(f.Name)+" "+plainText(f.Value))
	}
	return out
}

// handle is a name with its server, which the API leaves out for accounts of our own.
func (m *Mastodon) handle(who *self, acct string) string {
	if acct == "" || strings.Contains(acct, "@") {
		return acct
	}
	if domain := m.domain.Load(); domain != nil {
		return acct + "@" + *domain
	}
	return acct + "@" + who.host
}

// instant reads a time of the API; zero for what is none, or has no year of four digits in UTC, which JSON cannot hold.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if t = t.UTC(); err != nil || t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// webAddress is where a browser may go; empty for what else a server gives for an address.
func webAddress(s string) string {
	if strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
		return s
	}
	return ""
}

// count is a number of things that a server tells; nil for what is none.
func count(n *int64) *int64 {
	if n == nil || *n < 0 {
		return nil
	}
	return n
}

// page is where people read a status.
func (s *status) page() string {
	if s.URL != nil && *s.URL != "" {
		return webAddress(*s.URL)
	}
	return webAddress(s.URI)
}

// hiddenLinks are the addresses that a text leads to and does not show: a link may read good.example and lead elsewhere.
func hiddenLinks(content, text string) []string {
	if len(content) > maxHTML {
		content = content[:maxHTML]
	}
	var out []string
	tokens := html.NewTokenizer(strings.NewReader(content))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return out
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			if token.DataAtom != atom.A {
				continue
			}
			href, ours := "", false
			for _, a := range token.Attr {
				switch a.Key {
				case "href":
					href = a.Val
				case "class":
					ours = strings.Contains(" "+a.Val+" ", " mention ") || strings.Contains(" "+a.Val+" ", " hashtag ")
				}
			}
			if href != "" && !ours && !strings.Contains(text, href) {
				out = append(out, href)
			}
		}
	}
}
