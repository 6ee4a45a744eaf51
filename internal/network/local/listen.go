package local

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

var (
	_ network.Listener = (*Local)(nil)
	_ network.Streamer = (*Local)(nil)
)

// Listen implements network.Listener by the feed of changes, which tells again what was edited, deleted, hidden or reacted to.
// The network cannot be searched: queries are left aside.
func (l *Local) Listen(ctx context.Context, q network.ListenQuery) (network.Listening, error) {
	found, err := l.changes(ctx, q.Cursor, q.Limit, 0)
	if err != nil {
		return network.Listening{}, err
	}
	out := network.Listening{Items: make([]network.Item, 0, len(found.Changes)), Cursor: found.Cursor, More: found.More}
	for _, c := range found.Changes {
		switch {
		case c.Item != nil && c.Item.ID != "" && c.Item.Kind != "" && c.Item.Author.Handle != "" && c.Item.Account == l.account:
			out.Items = append(out.Items, l.item(c.Item))
		case c.Post != nil && l.ours(*c.Post):
			out.Items = append(out.Items, l.ownItem(c.Post))
		default:
			return network.Listening{}, notUnderstood(network.NotSent, "the list holds things of another account, or nothing")
		}
	}
	return out, nil
}

// streamWait is how long one call of Stream waits for news; shorter than clients wait for the head of an answer.
const streamWait = 20 * time.Second

// Stream implements network.Streamer by calls that wait until something is new.
func (l *Local) Stream(ctx context.Context, wake func()) error {
	// Only what comes from now on wakes; what is there already is for Listen.
	cursor, err := l.newest(ctx)
	if err != nil {
		return err
	}
	wake()
	for ctx.Err() == nil {
		found, err := l.changes(ctx, cursor, 1, streamWait)
		if err != nil {
			return err
		}
		if len(found.Changes) > 0 {
			wake()
			if cursor, err = l.newest(ctx); err != nil {
				return err
			}
			wake() // for what came between the two
		}
	}
	return ctx.Err()
}

// newest is the cursor after all that is there.
func (l *Local) newest(ctx context.Context) (string, error) {
	found, err := l.changesBy(ctx, url.Values{"from": {"now"}})
	return found.Cursor, err
}

func (l *Local) changes(ctx context.Context, cursor string, limit int, wait time.Duration) (wire.Changes, error) {
	if limit <= 0 {
		limit = wire.DefaultPage
	}
	query := url.Values{"limit": {strconv.Itoa(min(limit, wire.MaxPage))}}
	if cursor != "" {
		query.Set("after", cursor)
	}
	if wait > 0 {
		query.Set("wait", wait.String())
	}
	return l.changesBy(ctx, query)
}

func (l *Local) changesBy(ctx context.Context, query url.Values) (wire.Changes, error) {
	var found wire.Changes
	_, err := l.api.call(ctx, request{method: http.MethodGet, path: "/changes", query: query, out: &found})
	if refused(err, wire.CodeCursorLost) {
		return found, &network.Error{
			Kind: network.Gone, Reason: "CursorLost", Message: "the built-in network was begun anew since it was listened to",
			Err: errors.Join(network.ErrCursorLost, err),
		}
	}
	if err != nil {
		return found, aside(err)
	}
	if found.Changes == nil || found.Cursor == "" || found.More && len(found.Changes) == 0 {
		return found, notUnderstood(network.NotSent, "the answer is no list of changes")
	}
	return found, nil
}

func (l *Local) item(i *wire.Item) network.Item {
	out := network.Item{
		ID: i.ID, Kind: network.ItemKind(i.Kind), Ref: network.Ref{ID: i.ID, URL: i.URL}, Text: i.Text, Language: i.Language,
		Author: network.Person{
			ID: i.Author.Handle, Handle: i.Author.Handle, DisplayName: i.Author.DisplayName,
			IsFollower: &i.Author.IsFollower, IsMember: &i.Author.IsMember,
		},
		Parent: i.InReplyTo, Post: i.Post, Mentions: mentions(i.Text), CreatedAt: i.CreatedAt,
		Gone: i.DeletedAt != nil, Hidden: i.State == wire.StateHidden, Removed: i.State == wire.StateRemoved,
	}
	if i.Author.CreatedAt != nil {
		out.Author.CreatedAt = *i.Author.CreatedAt
	}
	if i.Author.Followers != nil {
		followers := int64(*i.Author.Followers)
		out.Author.Followers = &followers
	}
	if i.InReplyTo != "" {
		// An item under an item stands under the same post as that one.
		ours := i.InReplyTo == i.Post
		out.ParentOurs = &ours
	}
	reports := int64(i.Reports)
	out.Reports = &reports
	edited := i.EditedAt != nil
	out.Edited = &edited
	if edited {
		out.Revision = i.EditedAt.UTC().Format(time.RFC3339Nano)
	}
	return out
}

// ownItem is what the account itself said to somebody.
func (l *Local) ownItem(p *wire.Post) network.Item {
	_, channel, _ := strings.Cut(l.account, "/")
	out := network.Item{
		ID: p.ID, Kind: network.ItemReply, Ref: network.Ref{ID: p.ID, URL: p.URL}, Text: p.Text, Language: p.Language,
		Author: network.Person{ID: l.account, Handle: channel, IsTeam: true}, Ours: true, Parent: p.ReplyTo, Mentions: mentions(p.Text),
		Media: len(p.Media), CreatedAt: p.CreatedAt, Gone: p.DeletedAt != nil,
	}
	if p.Kind == wire.KindMessage {
		out.Kind = network.ItemMessage
		if p.To != "" {
			out.Mentions = []string{p.To}
		}
	} else if p.Thread != p.ID {
		out.Post = p.Thread
	}
	if p.Link != nil {
		out.Links = []string{p.Link.URL}
	}
	if p.UpdatedAt != nil {
		out.Revision = p.UpdatedAt.UTC().Format(time.RFC3339Nano)
	}
	return out
}

var mention = regexp.MustCompile(`(?:^|[^\pL\pN_./@-])@([\pL\pN_](?:[\pL\pN_.@-]*[\pL\pN_])?)`)

// mentions are the handles that a text names: an e-mail address is none.
func mentions(text string) []string {
	var out []string
	for _, m := range mention.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// itemPath is where an item's calls are.
func itemPath(t network.Target) (string, error) {
	if t.Ref.ID == "" || strings.Trim(t.Ref.ID, "0123456789") != "" {
		return "", invalid("InvalidReference", "the reference %q is no id of an item here", network.Quote(t.Ref.ID))
	}
	return "/items/" + t.Ref.ID, nil
}

func personPath(p network.Person, what string) (string, error) {
	if p.Handle == "" {
		return "", invalid("InvalidPerson", "somebody needs a handle")
	}
	return fmt.Sprintf("/people/%s/%s", url.PathEscape(p.Handle), what), nil
}
