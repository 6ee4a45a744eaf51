package wordpress

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/tribune-dev/tribune/internal/network"
)

// comment as the API gives it to those who may moderate.
type comment struct {
	ID        int64  `json:"id"`
	Post      int64  `json:"post"`
	Parent    int64  `json:"parent"`
	Author    int64  `json:"author"`
	Name      string `json:"author_name"`
	Email     string `json:"author_email"`
	Site      string `json:"author_url"`
	UserAgent string `json:"author_user_agent"`
	Date      string `json:"date_gmt"`
	Link      string `json:"link"`
	Status    string `json:"status"`
	Content   struct {
		Raw string `json:"raw"`
	} `json:"content"`
}

const commentFields = "id,post,parent,author,author_name,author_email,author_url,author_user_agent,date_gmt,link,status,content" // "content.raw" gives nothing here, other than with articles

// Statuses of a comment, as answers say them.
const (
	commentPublic = "approved"
	commentHeld   = "hold"
	commentSpam   = "spam"
	commentTrash  = "trash"
)

// commentPrefix tells references of comments from those of articles: both are numbered from 1.
const commentPrefix = "comment/"

func isComment(ref network.Ref) bool { return strings.HasPrefix(ref.ID, commentPrefix) }

func commentNumber(ref network.Ref) (int64, error) {
	digits, ok := strings.CutPrefix(ref.ID, commentPrefix)
	id, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || id <= 0 {
		return 0, invalid("InvalidReference", "the reference is none of a comment")
	}
	return id, nil
}

func commentRoute(id int64) string { return "/wp/v2/comments/" + strconv.FormatInt(id, 10) }

func (c *comment) ref() network.Ref {
	return network.Ref{ID: commentPrefix + strconv.FormatInt(c.ID, 10), URL: c.Link}
}

// stamp changes when the comment, or its state, does. WordPress keeps no time of changes.
func (c *comment) stamp() string {
	sum := sha256.Sum256([]byte(c.Status + "\x00" + c.Content.Raw))
	return hex.EncodeToString(sum[:5])
}

func (c *comment) createdAt() time.Time {
	at, err := time.Parse("2006-01-02T15:04:05", c.Date)
	if err != nil {
		return time.Time{}
	}
	return at
}

func (c *comment) receipt(existing bool) network.Receipt {
	return network.Receipt{Ref: c.ref(), PublishedAt: c.createdAt(), Existing: existing}
}

// text as people read it.
func (c *comment) text() string {
	var b strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(c.Content.Raw))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return strings.TrimSpace(b.String())
		case html.TextToken:
			b.Write(tokens.Text())
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			if name, _ := tokens.TagName(); string(name) == "br" || string(name) == "p" || string(name) == "li" {
				b.WriteByte('\n')
			}
		}
	}
}

// links are where the author's name and the text lead without showing it.
func (c *comment) links(text string) []string {
	var out []string
	if c.Site != "" {
		out = append(out, c.Site)
	}
	tokens := html.NewTokenizer(strings.NewReader(c.Content.Raw))
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		for _, a := range tokens.Token().Attr {
			if a.Key == "href" && a.Val != "" && !strings.Contains(text, a.Val) {
				out = append(out, a.Val)
			}
		}
	}
	return out
}

// item is the comment as the port tells it.
func (c *comment) item(me *user) network.Item {
	text := c.text()
	out := network.Item{
		ID: commentPrefix + strconv.FormatInt(c.ID, 10), Kind: network.ItemComment, Ref: c.ref(), Text: text, Ours: c.Author == me.ID,
		Author: network.Person{ID: c.person(), Handle: c.Name, DisplayName: c.Name, URL: c.Site, SelfNamed: true, IsTeam: c.Author == me.ID},
		Post:   strconv.FormatInt(c.Post, 10), Links: c.links(text), CreatedAt: c.createdAt(), Revision: c.stamp(),
		Hidden: c.Status == commentHeld, Removed: c.Status == commentSpam || c.Status == commentTrash,
	}
	if out.Author.Handle == "" {
		out.Author.Handle = out.Author.ID
	}
	if c.Parent == 0 {
		ours := true // the site is ours, whoever of the team wrote the article
		out.Parent, out.ParentOurs = out.Post, &ours
	} else {
		out.Kind, out.Parent = network.ItemReply, commentPrefix+strconv.FormatInt(c.Parent, 10)
	}
	return out
}

// person names the author for ever: a user by number; a guest by the e-mail address, which is not shown.
func (c *comment) person() string {
	if c.Author != 0 {
		return "user/" + strconv.FormatInt(c.Author, 10)
	}
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(c.Email)) + "\x00" + c.nameWithoutEmail()))
	return "guest/" + hex.EncodeToString(sum[:8])
}

func (c *comment) nameWithoutEmail() string {
	if strings.TrimSpace(c.Email) != "" {
		return ""
	}
	return c.Name
}

// comment reads one; nil if there is none.
func (w *WordPress) comment(ctx context.Context, ref network.Ref) (*comment, error) {
	id, err := commentNumber(ref)
	if err != nil {
		return nil, err
	}
	var c comment
	_, err = w.api.call(ctx, request{route: commentRoute(id), query: url.Values{"context": {"edit"}, "_fields": {commentFields}}, out: &c})
	switch {
	case isGone(err):
		return nil, nil
	case err != nil:
		return nil, onRead(err)
	case c.ID != id || c.Status == "":
		return nil, notUnderstood(network.NotSent, "it showed no comment or another one")
	}
	return &c, nil
}

// setStatus changes a comment's status. WordPress answers 200 also to what it does not carry out, and writes down the caller's browser
// as the author's unless it is told the author's.
func (w *WordPress) setStatus(ctx context.Context, before *comment, to string) (*comment, error) {
	id, input := before.ID, map[string]string{"status": to}
	if before.UserAgent != "" {
		input["author_user_agent"] = before.UserAgent
	}
	var c comment
	_, err := w.api.call(ctx, request{
		method: http.MethodPost, route: commentRoute(id), query: url.Values{"_fields": {commentFields}}, input: input, out: &c,
	})
	switch {
	case err != nil:
		return nil, toError(err)
	case c.ID != id:
		return nil, notUnderstood(network.Ambiguous, "it named no comment or another one")
	case c.Status != to:
		return nil, invalid("NotCarriedOut", "WordPress left the comment as "+network.Quote(c.Status)+": a plugin or a setting holds it")
	}
	return &c, nil
}
