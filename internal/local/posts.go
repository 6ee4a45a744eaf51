package local

import (
	"database/sql"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

var postKinds = []string{wire.KindPost, wire.KindReply, wire.KindMessage, wire.KindShare}

func (s *Server) createPost(c *call, body []byte) (intake, *refusal) {
	var p wire.NewPost
	if no := decode(c.r, body, &p); no != nil {
		return intake{}, no
	}
	if no := checkKey("key", p.Key); no != nil {
		return intake{}, no
	}
	if no := checkKey("marker", p.Marker); no != nil {
		return intake{key: p.Key}, no
	}
	in := intake{key: p.Key, marker: p.Marker}
	content := checkPost(p)
	if c.faults.IgnoreKeys {
		p.Key = ""
	}
	in.act = func(t *tx) (result, error) {
		// The key decides before the content does: a repetition is answered as one, whatever it says.
		if p.Key != "" {
			switch res, taken, err := t.byKey(c, p); {
			case err != nil:
				return res, err
			case taken && c.faults.ForgetKeys > 0 && t.forgotten(c, p.Key):
				p.Key = "" // what is forgotten keeps nothing from being stored again
			case taken:
				return res, nil
			}
		}
		if content != nil {
			return content.result(), nil
		}
		return t.insertPost(c, p)
	}
	return in, nil
}

// forgotten is true for a key that was taken longer ago than the server is told to remember (fault forget-keys).
func (t *tx) forgotten(c *call, key string) bool {
	var at int64
	err := t.row("SELECT stored_at FROM posts WHERE account = ? AND key = ?", c.account, key).Scan(&at)
	return err == nil && instant(at).Add(c.faults.ForgetKeys).Before(c.now)
}

// byKey answers a create whose key is taken.
func (t *tx) byKey(c *call, p wire.NewPost) (res result, taken bool, err error) {
	var id int64
	var marker string
	var deleted sql.NullInt64
	err = t.row("SELECT id, marker, deleted_at FROM posts WHERE account = ? AND key = ?", c.account, p.Key).
		Scan(&id, &marker, &deleted)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return result{}, false, nil
	case err != nil:
		return result{}, false, err
	case marker == "" || marker != p.Marker:
		no := refused(http.StatusConflict, wire.CodeKeyTaken, "the key is taken by post %d, which is another publication", id).result()
		no.post = id
		return no, true, nil
	case deleted.Valid:
		no := refused(http.StatusGone, wire.CodeDeleted, "this publication was post %d and has been deleted; its key stays taken", id).result()
		no.post = id
		return no, true, nil
	}
	post, err := loadPost(t, c, id)
	post.Existing = true
	return result{status: http.StatusOK, body: post.Post, outcome: wire.OutcomeExisting, post: id}, true, err
}

// checkPost checks all that can be known without the database.
func checkPost(p wire.NewPost) *refusal {
	if p.Kind == "" {
		p.Kind = wire.KindPost
	}
	if !slices.Contains(postKinds, p.Kind) {
		return invalid("kind %q must be one of %s", p.Kind, strings.Join(postKinds, ", "))
	}
	if no := checkContent(p.Text, len(p.Media), p.Link, p.Kind == wire.KindShare && p.ReplyTo != ""); no != nil {
		return no
	}
	if no := checkLine("language", p.Language, maxLanguage); no != nil {
		return no
	}
	switch {
	case p.Kind == wire.KindReply && p.ReplyTo == "":
		return invalid("a Reply needs replyTo, the id of what it answers")
	case p.Kind == wire.KindShare && p.ReplyTo == "" && p.Link == nil:
		return invalid("a Share needs replyTo or link, what is shared")
	case p.Kind == wire.KindMessage && p.To == "" && p.ReplyTo == "":
		return invalid("a Message needs to, the handle of who gets it, or replyTo, the id of an item by them")
	case p.Kind != wire.KindMessage && p.To != "":
		return invalid("only a Message goes to someone: leave out to")
	}
	if p.To != "" {
		if _, no := readHandle(p.To); no != nil {
			return no
		}
	}
	if p.CreatedAt != nil {
		return checkTime("createdAt", *p.CreatedAt)
	}
	return nil
}

// checkContent checks what posts and edits have in common. shares: the content is something else's.
func checkContent(text string, media int, link *wire.Link, shares bool) *refusal {
	if strings.TrimSpace(text) == "" && media == 0 && !shares {
		return refused(http.StatusUnprocessableEntity, wire.CodeEmpty, "a post needs text or a picture")
	}
	if no := checkText(text); no != nil {
		return no
	}
	return checkLink(link)
}

var (
	earliest = time.Unix(0, 0)
	latest   = time.Unix(0, math.MaxInt64)
)

func checkTime(name string, t time.Time) *refusal {
	if t.Before(earliest) || t.After(latest) {
		return invalid("%s must be a time between %s and %s", name, earliest.UTC().Format("2006"), latest.UTC().Format("2006"))
	}
	return nil
}

func (t *tx) insertPost(c *call, p wire.NewPost) (result, error) {
	return t.insertPostAs(c, p, t.nextID())
}

func (t *tx) insertPostAs(c *call, p wire.NewPost, id int64) (result, error) {
	root, addressee := id, ""
	if p.To != "" {
		addressee, _ = readHandle(p.To) // checked by checkPost
	}
	var replyTo any
	if p.ReplyTo != "" {
		target, no, err := t.target(p.ReplyTo)
		if no != nil || err != nil {
			return no.resultOr(err)
		}
		replyTo = target.id
		if p.Kind == "" && target.handle != "" {
			p.Kind = wire.KindReply // what people said is answered, not gone on with
		}
		if p.Kind == wire.KindMessage && addressee == "" {
			addressee = target.handle
			if addressee == "" {
				return invalid("replyTo %s is a post, so the Message has nobody to go to: give to", p.ReplyTo).result(), nil
			}
		}
		// A share begins a thread of its own; a message is not part of what all can see.
		if target.root != 0 && p.Kind != wire.KindShare && p.Kind != wire.KindMessage {
			root = target.root
		}
	}
	if p.Root != "" && p.Root != formatID(root) {
		return refused(http.StatusUnprocessableEntity, wire.CodeUnknownReplyTo,
			"root %q is not the first post of replyTo's thread: leave it out, or give %d", p.Root, root).result(), nil
	}
	pictures, no, err := attach(t, c.account, p.Media)
	if no != nil || err != nil {
		return no.resultOr(err)
	}
	created := c.now
	if p.CreatedAt != nil {
		created = p.CreatedAt.UTC()
	}
	if err := t.ensureAccount(c); err != nil {
		return result{}, err
	}
	if p.Kind == "" {
		p.Kind = wire.KindPost
	}
	var key, changed any
	if p.Key != "" {
		key = p.Key
	}
	if p.Kind == wire.KindReply || p.Kind == wire.KindMessage && addressee != wire.TeamHandle {
		// A draft has had its number for a while: who listens is past it.
		if changed = id; id != t.lastID {
			changed = t.nextID()
		}
	}
	err = t.exec(`INSERT INTO posts (id, account, key, marker, kind, text, language, reply_to, root, addressee, media, link,
		created_at, stored_at, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, c.account, key, p.Marker, p.Kind, p.Text, p.Language, replyTo, root, addressee,
		encodeColumn(pictures, len(pictures) == 0), encodeColumn(p.Link, p.Link == nil),
		created.UnixNano(), c.now.UnixNano(), changed)
	if err != nil {
		return result{}, err
	}
	stored := post{Post: wire.Post{
		ID: formatID(id), Account: c.account, Key: p.Key, Marker: p.Marker, Kind: p.Kind, Text: p.Text, Language: p.Language,
		Thread: formatID(root), ReplyTo: p.ReplyTo, To: addressee, Link: p.Link, CreatedAt: created, StoredAt: c.now,
	}, pictures: pictures}
	stored.describe(c.base)
	return result{status: http.StatusCreated, body: stored.Post, outcome: wire.OutcomeStored, post: id}, nil
}

// resultOr is the refusal's result, or the error. A nil refusal stands for none.
func (r *refusal) resultOr(err error) (result, error) {
	if err != nil {
		return result{}, err
	}
	return r.result(), nil
}

// target is what a post or an item answers.
type target struct {
	id      int64
	account string
	// post is the post it is, or that it belongs under; root is the first of that post's thread. 0: none.
	post, root int64
	// handle of the author, if a person wrote it.
	handle string
}

// target finds what an id names; what has been deleted cannot be answered.
func (t *tx) target(ref string) (target, *refusal, error) {
	unknown := refused(http.StatusUnprocessableEntity, wire.CodeUnknownReplyTo, "there is no post or item %q to answer", ref)
	id, ok := parseID(ref)
	if !ok {
		return target{}, unknown, nil
	}
	g := target{id: id, post: id}
	err := t.row("SELECT account, root FROM posts WHERE id = ? AND deleted_at IS NULL", id).Scan(&g.account, &g.root)
	if err == nil {
		return g, nil, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return g, nil, err
	}
	err = t.row(`SELECT i.account, i.handle, COALESCE(i.post, 0), COALESCE(p.root, 0) FROM items i LEFT JOIN posts p ON p.id = i.post
		WHERE i.id = ? AND i.deleted_at IS NULL`, id).Scan(&g.account, &g.handle, &g.post, &g.root)
	if errors.Is(err, sql.ErrNoRows) {
		return g, unknown, nil
	}
	return g, nil, err
}

func (s *Server) editPost(c *call, body []byte) (intake, *refusal) {
	var e wire.EditPost
	if no := decode(c.r, body, &e); no != nil {
		return intake{}, no
	}
	return intake{act: func(t *tx) (result, error) {
		before, no, err := t.own(c)
		if no != nil || err != nil {
			return no.resultOr(err)
		}
		id, _ := parseID(before.ID)
		if no := checkContent(e.Text, len(e.Media), e.Link, before.Kind == wire.KindShare && before.ReplyTo != ""); no != nil {
			return no.result(), nil
		}
		pictures, no, err := attach(t, c.account, e.Media)
		if no != nil || err != nil {
			return no.resultOr(err)
		}
		same := e.Text == before.Text && slices.Equal(pictures, before.pictures) &&
			(e.Link == nil) == (before.Link == nil) && (e.Link == nil || *e.Link == *before.Link)
		if same {
			return result{status: http.StatusOK, body: before.Post, outcome: wire.OutcomeExisting, post: id}, nil
		}
		err = t.exec("UPDATE posts SET text = ?, media = ?, link = ?, updated_at = ?, changed = CASE WHEN changed IS NULL THEN NULL ELSE ? END WHERE id = ?",
			e.Text, encodeColumn(pictures, len(pictures) == 0), encodeColumn(e.Link, e.Link == nil), c.now.UnixNano(), t.nextID(), id)
		if err != nil {
			return result{}, err
		}
		after, err := loadPost(t, c, id)
		return result{status: http.StatusOK, body: after.Post, outcome: wire.OutcomeEdited, post: id}, err
	}}, nil
}

// own loads the call's post; who changes it must be its author.
func (t *tx) own(c *call) (post, *refusal, error) {
	id, _ := parseID(c.r.PathValue("id"))
	p, err := loadPost(t, c, id)
	var no *failure
	if errors.As(err, &no) {
		return p, no.refusal, nil
	}
	return p, nil, err
}

func (s *Server) deletePost(c *call, _ []byte) (intake, *refusal) {
	return intake{act: func(t *tx) (result, error) {
		before, no, err := t.own(c)
		id, _ := parseID(c.r.PathValue("id"))
		if no != nil && no.code == wire.CodeDeleted {
			return result{status: http.StatusNoContent, outcome: wire.OutcomeExisting, post: id}, nil
		}
		if no != nil || err != nil {
			return no.resultOr(err)
		}
		// Key and marker stay: the key must not be free again.
		err = t.exec(`UPDATE posts SET text = '', media = '', link = '', addressee = '', deleted_at = ?,
			changed = CASE WHEN changed IS NULL THEN NULL ELSE ? END WHERE id = ?`, c.now.UnixNano(), t.nextID(), id)
		if err != nil {
			return result{}, err
		}
		for _, p := range before.pictures {
			if err := t.dropPicture(c, p.ID); err != nil { // it goes with the last post that shows it
				return result{}, err
			}
		}
		return result{status: http.StatusNoContent, outcome: wire.OutcomeDeleted, post: id}, nil
	}}, nil
}

func (s *Server) getPost(c *call) (any, error) {
	id, _ := parseID(c.r.PathValue("id"))
	p, err := loadPost(s.store, c, id)
	return p.Post, err
}

func (s *Server) listPosts(c *call) (any, error) {
	q := c.r.URL.Query()
	if key := q.Get("key"); key != "" {
		return s.postsByKey(c, key)
	}
	page, err := readPage(c.r)
	if err != nil {
		return nil, err
	}
	// A fault may keep new posts out of lists; nothing newer than this is shown.
	until := int64(math.MaxInt64)
	if late := c.faults.ListLate; late > 0 {
		until = c.now.Add(-late).UnixNano()
	}
	kind := q.Get("kind")
	if kind != "" && !slices.Contains(postKinds, kind) {
		return nil, fail(http.StatusBadRequest, wire.CodeBadRequest, "kind=%q must be one of %s", kind, strings.Join(postKinds, ", "))
	}
	posts, err := collect(s.store, scanPost, "SELECT "+postColumns+` FROM posts p WHERE p.account = ? AND p.id > ? AND p.id < ?
		AND p.deleted_at IS NULL AND p.stored_at <= ? AND (? = '' OR p.kind = ?) ORDER BY p.id `+page.order+` LIMIT ?`,
		c.account, page.after, page.before, until, kind, kind, page.limit)
	if err != nil {
		return nil, err
	}
	out := wire.Posts{Posts: make([]wire.Post, len(posts))}
	for i := range posts {
		posts[i].describe(c.base)
		out.Posts[i] = posts[i].Post
	}
	if len(posts) == page.limit {
		out.Next = posts[len(posts)-1].ID
	}
	return out, nil
}

// postsByKey looks one key up. This is no list: a fault that makes lists late does not touch it.
func (s *Server) postsByKey(c *call, key string) (any, error) {
	var id int64
	err := s.store.row("SELECT id FROM posts WHERE account = ? AND key = ?", c.account, key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Posts{Posts: []wire.Post{}}, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := loadPost(s.store, c, id)
	return wire.Posts{Posts: []wire.Post{p.Post}}, err
}

// page is which part of a list is asked for.
type page struct {
	after, before int64
	limit         int
	order         string
}

func readPage(r *http.Request) (p page, err error) {
	if p.after, err = idParam(r, "after"); err != nil {
		return p, err
	}
	if p.before, err = idParam(r, "before"); err != nil {
		return p, err
	}
	if p.before == 0 {
		p.before = math.MaxInt64
	}
	if p.limit, err = limitParam(r); err != nil {
		return p, err
	}
	switch o := r.URL.Query().Get("order"); o {
	case "", "asc":
		p.order = "ASC"
	case "desc":
		p.order = "DESC"
	default:
		return p, fail(http.StatusBadRequest, wire.CodeBadRequest, "order=%q must be asc or desc", o)
	}
	return p, nil
}

// post is a post as it is read: what it is for clients, and its pictures as they are stored.
type post struct {
	wire.Post
	pictures []picture
	deleted  bool
}

const postColumns = `p.id, p.account, COALESCE(p.key, ''), p.marker, p.kind, p.text, p.language, COALESCE(p.reply_to, 0), p.root,
	p.addressee, p.media, p.link, p.created_at, p.stored_at, p.updated_at, p.deleted_at,
	(SELECT COUNT(*) FROM items i WHERE i.parent = p.id AND i.kind = 'Reaction' AND i.deleted_at IS NULL),
	(SELECT COUNT(*) FROM posts q WHERE q.reply_to = p.id AND q.kind = 'Share' AND q.deleted_at IS NULL),
	(SELECT COUNT(*) FROM items i WHERE i.post = p.id AND i.kind IN ('Comment', 'Reply') AND i.deleted_at IS NULL AND i.state <> 'Removed')`

func scanPost(rows *sql.Rows) (post, error) {
	var p post
	var id, replyTo, root, created, stored int64
	var updated, deleted sql.NullInt64
	var media, link string
	err := rows.Scan(&id, &p.Account, &p.Key, &p.Marker, &p.Kind, &p.Text, &p.Language, &replyTo, &root,
		&p.To, &media, &link, &created, &stored, &updated, &deleted, &p.Reactions, &p.Shares, &p.Replies)
	if err != nil {
		return p, err
	}
	p.ID, p.Thread = formatID(id), formatID(root)
	if replyTo != 0 {
		p.ReplyTo = formatID(replyTo)
	}
	p.CreatedAt, p.StoredAt, p.UpdatedAt = instant(created), instant(stored), instantOrNil(updated)
	p.deleted, p.DeletedAt = deleted.Valid, instantOrNil(deleted)
	if p.pictures, err = decodeColumn[[]picture](media); err != nil {
		return p, err
	}
	p.Link, err = decodeColumn[*wire.Link](link)
	return p, err
}

// describe adds the addresses, which depend on where the server is reached.
func (p *post) describe(base string) {
	p.URL = base + "/@" + p.Account + "/" + p.ID
	p.Media = make([]wire.Media, len(p.pictures))
	for i, picture := range p.pictures {
		p.Media[i] = picture.wire(base)
	}
}

// loadPost reads a post of the call's account; an error says whether it never was or has been deleted.
func loadPost(q querier, c *call, id int64) (post, error) {
	posts, err := collect(q, scanPost, "SELECT "+postColumns+" FROM posts p WHERE p.id = ? AND p.account = ?", id, c.account)
	switch {
	case err != nil:
		return post{}, err
	case len(posts) == 0:
		return post{}, fail(http.StatusNotFound, wire.CodeNotFound, "the account %s has no such post", c.account)
	case posts[0].deleted:
		return post{}, fail(http.StatusGone, wire.CodeDeleted, "post %d has been deleted", id)
	}
	posts[0].describe(c.base)
	return posts[0], nil
}
