package local

import (
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// itemKinds says of each kind what must come with it.
var itemKinds = map[string]struct{ text, parent, noParent, once bool }{
	wire.KindComment:  {text: true, parent: true},
	wire.KindReply:    {text: true, parent: true},
	wire.KindMention:  {text: true},
	wire.KindMessage:  {text: true},
	wire.KindReaction: {parent: true, once: true},
	wire.KindFollow:   {noParent: true, once: true},
	wire.KindJoin:     {noParent: true, once: true},
}

// defaultReaction is the reaction of who does not say which.
const defaultReaction = "👍"

func itemKindNames() []string {
	return []string{wire.KindComment, wire.KindReply, wire.KindMention, wire.KindMessage, wire.KindReaction, wire.KindFollow, wire.KindJoin}
}

func (s *Server) createItem(c *call, body []byte) (intake, *refusal) {
	var n wire.NewItem
	if no := decode(c.r, body, &n); no != nil {
		return intake{}, no
	}
	if no := checkItem(&n); no != nil {
		return intake{}, no
	}
	return intake{act: func(t *tx) (result, error) { return t.insertItem(c, n) }}, nil
}

// checkItem checks all that can be known without the database, and fills in what may be left out.
func checkItem(n *wire.NewItem) *refusal {
	kind, ok := itemKinds[n.Kind]
	if !ok {
		return invalid("kind %q must be one of %s", n.Kind, strings.Join(itemKindNames(), ", "))
	}
	handle, no := readHandle(n.Author.Handle)
	if no != nil {
		return no
	}
	n.Author.Handle = handle
	if no := checkLine("author.displayName", n.Author.DisplayName, maxName); no != nil {
		return no
	}
	if n.Author.Followers != nil && *n.Author.Followers < 0 {
		return invalid("author.followers cannot be below 0")
	}
	if kind.text && strings.TrimSpace(n.Text) == "" {
		return refused(http.StatusUnprocessableEntity, wire.CodeEmpty, "a %s needs text", n.Kind)
	}
	if n.Kind == wire.KindReaction {
		if n.Text == "" {
			n.Text = defaultReaction
		}
		if no := checkLine("text of a Reaction", n.Text, maxReaction); no != nil {
			return no
		}
	}
	if no := checkText(n.Text); no != nil {
		return no
	}
	if no := checkLine("language", n.Language, maxLanguage); no != nil {
		return no
	}
	switch {
	case kind.parent && n.InReplyTo == "":
		return invalid("a %s needs inReplyTo, the id of a post or an item", n.Kind)
	case kind.noParent && n.InReplyTo != "":
		return invalid("a %s answers nothing: leave out inReplyTo", n.Kind)
	}
	for name, when := range map[string]*time.Time{"createdAt": n.CreatedAt, "author.createdAt": n.Author.CreatedAt} {
		if when != nil {
			if no := checkTime(name, *when); no != nil {
				return no
			}
		}
	}
	return nil
}

func (t *tx) insertItem(c *call, n wire.NewItem) (result, error) {
	var parent, under any
	thread := int64(0)
	if n.InReplyTo != "" {
		target, no, err := t.target(n.InReplyTo)
		if no != nil || err != nil {
			return no.resultOr(err)
		}
		if target.account != c.account {
			return refused(http.StatusUnprocessableEntity, wire.CodeUnknownReplyTo,
				"%s belongs to the account %s: say it there", n.InReplyTo, target.account).result(), nil
		}
		parent, thread = target.id, target.root
		if target.post != 0 {
			under = target.post
		}
	}
	if err := t.ensureAccount(c); err != nil {
		return result{}, err
	}
	if no, err := t.mayWrite(c, n); no != nil || err != nil {
		return no.resultOr(err)
	}
	if no, err := t.mayJoin(c, n, thread); no != nil || err != nil {
		return no.resultOr(err)
	}
	if err := t.meet(c, n.Author); err != nil {
		return result{}, err
	}
	if itemKinds[n.Kind].once {
		var id int64
		err := t.row(`SELECT id FROM items WHERE account = ? AND handle = ? AND kind = ? AND parent IS ? AND text = ? AND deleted_at IS NULL`,
			c.account, n.Author.Handle, n.Kind, parent, n.Text).Scan(&id)
		if err == nil {
			existing, err := loadItem(t, c, id)
			existing.Existing = true
			return result{status: http.StatusOK, body: existing.Item, outcome: wire.OutcomeExisting}, err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return result{}, err
		}
	}
	created := c.now
	if n.CreatedAt != nil {
		created = *n.CreatedAt
	}
	id := t.nextID()
	err := t.exec("INSERT INTO items (id, account, kind, text, language, handle, parent, post, created_at, changed) VALUES (?1, ?, ?, ?, ?, ?, ?, ?, ?, ?1)",
		id, c.account, n.Kind, n.Text, n.Language, n.Author.Handle, parent, under, created.UnixNano())
	if err != nil {
		return result{}, err
	}
	stored, err := loadItem(t, c, id)
	return result{status: http.StatusCreated, body: stored.Item, outcome: wire.OutcomeStored}, err
}

// meet remembers a person; what is not said keeps what was known.
func (t *tx) meet(c *call, a wire.Author) error {
	var created, followers any
	if a.CreatedAt != nil {
		created = a.CreatedAt.UnixNano()
	}
	if a.Followers != nil {
		followers = *a.Followers
	}
	return t.exec(`INSERT INTO people (account, handle, display_name, created_at, followers)
		VALUES (?1, ?2, CASE ?3 WHEN '' THEN ?2 ELSE ?3 END, COALESCE(?4, ?6), COALESCE(?5, 0))
		ON CONFLICT DO UPDATE SET display_name = CASE ?3 WHEN '' THEN display_name ELSE ?3 END,
			created_at = COALESCE(?4, created_at), followers = COALESCE(?5, followers)`,
		c.account, a.Handle, a.DisplayName, created, followers, c.now.UnixNano())
}

func (s *Server) deleteItem(c *call, _ []byte) (intake, *refusal) {
	return intake{act: func(t *tx) (result, error) {
		id, _ := parseID(c.r.PathValue("id"))
		i, err := loadItem(t, c, id)
		var no *failure
		if errors.As(err, &no) {
			return no.refusal.result(), nil
		}
		if err != nil {
			return result{}, err
		}
		if i.DeletedAt != nil {
			return result{status: http.StatusNoContent, outcome: wire.OutcomeExisting}, nil
		}
		err = t.exec("UPDATE items SET text = '', deleted_at = ?, changed = ? WHERE id = ?", c.now.UnixNano(), t.nextID(), id)
		return result{status: http.StatusNoContent, outcome: wire.OutcomeDeleted}, err
	}}, nil
}

func (s *Server) getItem(c *call) (any, error) {
	id, _ := parseID(c.r.PathValue("id"))
	i, err := loadItem(s.store, c, id)
	if err == nil && i.DeletedAt != nil {
		return nil, fail(http.StatusGone, wire.CodeDeleted, "item %d has been deleted by its author", id)
	}
	return i.Item, err
}

func (s *Server) listItems(c *call) (any, error) {
	q := c.r.URL.Query()
	page, err := readPage(c.r)
	if err != nil {
		return nil, err
	}
	under, err := idParam(c.r, "post")
	if err != nil {
		return nil, err
	}
	kind, deleted := q.Get("kind"), q.Get("deleted")
	if kind != "" && !slices.Contains(itemKindNames(), kind) {
		return nil, fail(http.StatusBadRequest, wire.CodeBadRequest, "kind=%q must be one of %s", kind, strings.Join(itemKindNames(), ", "))
	}
	if !slices.Contains([]string{"", "true", "false"}, deleted) {
		return nil, fail(http.StatusBadRequest, wire.CodeBadRequest, "deleted=%q must be true or false", deleted)
	}
	items, err := collect(s.store, scanItem, "SELECT "+itemColumns+itemTables+` WHERE i.account = ? AND i.id > ? AND i.id < ?
		AND (? OR i.deleted_at IS NULL) AND (? = '' OR i.kind = ?) AND (? = 0 OR i.post = ?) ORDER BY i.id `+page.order+` LIMIT ?`,
		c.account, page.after, page.before, deleted == "true", kind, kind, under, under, page.limit)
	if err != nil {
		return nil, err
	}
	out := wire.Items{Items: make([]wire.Item, len(items))}
	for i := range items {
		items[i].describe(c.base)
		out.Items[i] = items[i].Item
	}
	if len(items) == page.limit {
		out.Next = items[len(items)-1].ID
	}
	return out, nil
}

// item is an item as it is read.
type item struct{ wire.Item }

const (
	itemColumns = `i.id, i.account, i.kind, i.text, i.language, i.handle, COALESCE(i.parent, 0), COALESCE(i.post, 0), i.created_at,
	i.state, i.deleted_at, i.edited_at, i.reaction, i.reports, a.display_name, a.created_at, a.followers,
	EXISTS (SELECT 1 FROM items f WHERE f.account = i.account AND f.handle = i.handle AND f.kind = 'Follow' AND f.deleted_at IS NULL),
	EXISTS (SELECT 1 FROM items f WHERE f.account = i.account AND f.handle = i.handle AND f.kind = 'Join' AND f.deleted_at IS NULL),
	COALESCE((SELECT group_concat(p.id) FROM posts p WHERE p.reply_to = i.id AND p.deleted_at IS NULL AND p.kind <> 'Share'), '')`
	itemTables = ` FROM items i JOIN people a ON a.account = i.account AND a.handle = i.handle`
)

func scanItem(rows *sql.Rows) (item, error) {
	var i item
	var id, parent, under, created, authorCreated int64
	var deleted, edited sql.NullInt64
	var followers int
	var replies string
	err := rows.Scan(&id, &i.Account, &i.Kind, &i.Text, &i.Language, &i.Author.Handle, &parent, &under, &created,
		&i.State, &deleted, &edited, &i.Ours.Reaction, &i.Reports, &i.Author.DisplayName, &authorCreated, &followers, &i.Author.IsFollower, &i.Author.IsMember, &replies)
	if err != nil {
		return i, err
	}
	i.ID = formatID(id)
	if parent != 0 {
		i.InReplyTo = formatID(parent)
	}
	if under != 0 {
		i.Post = formatID(under)
	}
	i.CreatedAt, i.DeletedAt, i.EditedAt = instant(created), instantOrNil(deleted), instantOrNil(edited)
	since := instant(authorCreated)
	i.Author.CreatedAt, i.Author.Followers = &since, &followers
	i.Ours.Replies = []string{}
	if replies != "" {
		i.Ours.Replies = strings.Split(replies, ",")
	}
	return i, nil
}

func (i *item) describe(base string) {
	i.URL = base + "/@" + i.Account
	if i.Post != "" {
		i.URL += "/" + i.Post
	}
	i.URL += "#item-" + i.ID
}

// loadItem reads an item of the call's account, deleted or not.
func loadItem(q querier, c *call, id int64) (item, error) {
	items, err := collect(q, scanItem, "SELECT "+itemColumns+itemTables+" WHERE i.id = ? AND i.account = ?", id, c.account)
	if err != nil {
		return item{}, err
	}
	if len(items) == 0 {
		return item{}, fail(http.StatusNotFound, wire.CodeNotFound, "the account %s has no such item", c.account)
	}
	items[0].describe(c.base)
	return items[0], nil
}

// maxMessages bounds the messages shown with a person: the newest.
const maxMessages = 100

func (s *Server) getPerson(c *call) (any, error) {
	handle, no := readHandle(c.r.PathValue("handle"))
	if no != nil {
		return nil, &failure{no}
	}
	p := wire.Person{Author: wire.Author{Handle: handle}, Messages: []wire.PrivateMessage{}}
	var created int64
	var followers int
	var muted sql.NullInt64
	err := s.store.row(`SELECT display_name, created_at, followers, blocked, muted_until,
		EXISTS (SELECT 1 FROM items f WHERE f.account = a.account AND f.handle = a.handle AND f.kind = 'Follow' AND f.deleted_at IS NULL),
		EXISTS (SELECT 1 FROM items f WHERE f.account = a.account AND f.handle = a.handle AND f.kind = 'Join' AND f.deleted_at IS NULL)
		FROM people a WHERE account = ? AND handle = ?`, c.account, handle).
		Scan(&p.DisplayName, &created, &followers, &p.Blocked, &muted, &p.IsFollower, &p.IsMember)
	unknown := errors.Is(err, sql.ErrNoRows)
	if err != nil && !unknown {
		return nil, err
	}
	if !unknown {
		since := instant(created)
		p.CreatedAt, p.Followers, p.MutedUntil = &since, &followers, instantOrNil(muted)
	}
	messages, err := collect(s.store, scanMessage, `SELECT id, text, created_at, ours FROM (
			SELECT id, text, created_at, 0 AS ours FROM items WHERE account = ?1 AND handle = ?2 AND kind = 'Message' AND deleted_at IS NULL
			UNION ALL
			SELECT id, text, created_at, 1 FROM posts WHERE account = ?1 AND addressee = ?2 AND kind = 'Message' AND addressee <> '' AND deleted_at IS NULL
			ORDER BY id DESC LIMIT ?3) ORDER BY id`, c.account, handle, maxMessages)
	if err != nil {
		return nil, err
	}
	if unknown && len(messages) == 0 {
		return nil, fail(http.StatusNotFound, wire.CodeNotFound, "the account %s knows nobody called %q", c.account, handle)
	}
	p.Messages = append(p.Messages, messages...)
	return p, nil
}

func scanMessage(rows *sql.Rows) (wire.PrivateMessage, error) {
	var m wire.PrivateMessage
	var id, created int64
	err := rows.Scan(&id, &m.Text, &created, &m.FromUs)
	m.ID, m.CreatedAt = formatID(id), instant(created)
	return m, err
}

func scanStanding(rows *sql.Rows) (standing, error) {
	p := standing{known: true}
	var muted sql.NullInt64
	err := rows.Scan(&p.blocked, &muted)
	if muted.Valid {
		p.mutedUntil = instant(muted.Int64)
	}
	return p, err
}
