package local

import (
	"encoding/json"
	"errors"
	"hash/fnv"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// Bounds of one page.
const (
	maxEntries  = 30
	maxSegments = 1000
	maxVoices   = 2000
	maxMentions = 20
	maxDepth    = 4
)

// entry is one thread as the page shows it: a post that stands alone is a thread of one.
type entry struct {
	Posts []*shownPost
	// Locked: nobody can speak there. Slow is how long each waits between two things said there; empty: they need not.
	Locked bool
	Slow   string
}

// shownPost is one post of ours.
type shownPost struct {
	ID, Account, Path string
	Name, Handle      string
	Avatar            avatar
	Kind              string
	Text              template.HTML
	Language          string
	Pictures          []picture
	Link              *wire.Link
	LinkHost          string
	Shared            *voice
	Age, Stamp        string
	Edited            string
	Segment, Segments int
	Reactions         []tally
	Shares            int
	Voices            []*voice
}

// voice is one thing said under a post, by people or by us in reply.
type voice struct {
	ID, Anchor   string
	Name, Handle string
	Avatar       avatar
	Ours         bool
	Kind         string
	Text         template.HTML
	Age, Stamp   string
	State        string
	Depth        int
	Reactions    []tally
	// Edited is how long ago its author changed it, and Reaction the account's own.
	Edited, Reaction string
	// Link and Pictures of a message to the team.
	Link     *wire.Link
	Pictures []picture
}

// Hidden and Removed are for the template.
func (v *voice) Hidden() bool  { return v.State == wire.StateHidden }
func (v *voice) Removed() bool { return v.State == wire.StateRemoved }

// tally is how often one reaction was given.
type tally struct {
	Sign  string
	Count int
}

// avatar is a picture, by its id, or stands for one: a letter on a colour that depends on the name.
type avatar struct {
	Letter  string
	Colour  int
	Picture string
}

const colours = 10

func avatarOf(name, seed string) avatar {
	h := fnv.New32a()
	_, _ = h.Write([]byte(seed))
	letter := "?"
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letter = string(unicode.ToUpper(r))
			break
		}
	}
	return avatar{Letter: letter, Colour: int(h.Sum32() % colours)}
}

// timeline reads the newest threads: of one account, or of all when name is empty. next is the id to go on before.
func (s *Server) timeline(name string, before int64, now time.Time) (entries []*entry, next string, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	where, args := "", []any{before}
	if name != "" {
		where, args = "p.account = ? AND", []any{name, before}
	}
	posts, err := collect(s.store, scanPost, "SELECT "+postColumns+" FROM posts p WHERE "+where+` p.id < ? AND p.root = p.id
		AND p.kind IN ('Post', 'Share') AND (p.deleted_at IS NULL
			OR EXISTS (SELECT 1 FROM posts q WHERE q.root = p.id AND q.kind = 'Post' AND q.deleted_at IS NULL))
		ORDER BY p.id DESC LIMIT `+strconv.Itoa(maxEntries), args...)
	if err != nil {
		return nil, "", err
	}
	roots := make([]string, len(posts))
	for i, p := range posts {
		roots[i] = p.ID
	}
	if len(posts) == maxEntries {
		next = roots[len(roots)-1]
	}
	entries, err = s.threads(roots, now)
	return entries, next, err
}

// threads reads whole threads by the ids of their first posts, with all that was said under them.
func (s *Server) threads(roots []string, now time.Time) ([]*entry, error) {
	posts, err := collect(s.store, scanPost, "SELECT "+postColumns+` FROM posts p WHERE p.root IN (SELECT value FROM json_each(?))
		AND p.kind <> 'Message' AND p.deleted_at IS NULL ORDER BY p.id LIMIT `+strconv.Itoa(maxSegments), idList(roots))
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(posts))
	for i, p := range posts {
		ids[i] = p.ID
	}
	items, err := collect(s.store, scanItem, "SELECT "+itemColumns+itemTables+` WHERE i.post IN (SELECT value FROM json_each(?))
		AND i.deleted_at IS NULL ORDER BY i.id LIMIT `+strconv.Itoa(maxVoices), idList(ids))
	if err != nil {
		return nil, err
	}
	faces, err := s.faces(posts)
	if err != nil {
		return nil, err
	}
	tree := growTree(posts, items, faces, now)
	byRoot := map[string]*entry{}
	for _, p := range posts {
		if p.Kind != wire.KindPost && p.Kind != wire.KindShare {
			continue
		}
		e := byRoot[p.Thread]
		if e == nil {
			e = &entry{}
			byRoot[p.Thread] = e
		}
		shown := showPost(p, faces[p.Account], now)
		shown.Reactions, shown.Voices = tree.reactions[p.ID], tree.under(p.ID, 0)
		if p.Kind == wire.KindShare {
			if shown.Shared, err = s.shared(p.ReplyTo, now); err != nil {
				return nil, err
			}
		}
		e.Posts = append(e.Posts, shown)
	}
	states, err := s.threadStates(roots)
	if err != nil {
		return nil, err
	}
	var entries []*entry
	for _, root := range roots {
		e := byRoot[root]
		if e == nil {
			continue
		}
		state := states[root].wire(root)
		e.Locked, e.Slow = state.Locked, state.Slow
		for i, p := range e.Posts {
			p.Segment, p.Segments = i+1, len(e.Posts)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// told reads the newest messages of an account to its own team.
func (s *Server) told(a *account, now time.Time) ([]*voice, error) {
	posts, err := collect(s.store, scanPost, "SELECT "+postColumns+` FROM posts p WHERE p.account = ? AND p.kind = 'Message' AND p.addressee = ?
		AND p.deleted_at IS NULL ORDER BY p.id DESC LIMIT `+strconv.Itoa(maxMentions), a.ID, wire.TeamHandle)
	if err != nil {
		return nil, err
	}
	voices := make([]*voice, len(posts))
	for i, p := range posts {
		voices[i] = showReply(p, faceOf(a), now)
		voices[i].Link, voices[i].Pictures = p.Link, p.pictures
	}
	return voices, nil
}

// mentions reads what people said of an account outside its posts, with what followed.
func (s *Server) mentions(name string, now time.Time) ([]*voice, error) {
	heads, err := collect(s.store, scanItem, "SELECT "+itemColumns+itemTables+` WHERE i.account = ? AND i.kind = 'Mention' AND i.post IS NULL
		AND i.parent IS NULL AND i.deleted_at IS NULL ORDER BY i.id DESC LIMIT `+strconv.Itoa(maxMentions), name)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(heads))
	for i, h := range heads {
		ids[i] = h.ID
	}
	// What hangs below a mention is found level by level.
	items, level := slices.Clone(heads), ids
	var posts []post
	for depth := 0; depth < maxDepth && len(level) > 0 && len(items) < maxVoices; depth++ {
		list := idList(level)
		replies, err := collect(s.store, scanPost, "SELECT "+postColumns+` FROM posts p WHERE p.reply_to IN (SELECT value FROM json_each(?))
			AND p.kind = 'Reply' AND p.deleted_at IS NULL ORDER BY p.id LIMIT `+strconv.Itoa(maxSegments), list)
		if err != nil {
			return nil, err
		}
		answers, err := collect(s.store, scanItem, "SELECT "+itemColumns+itemTables+` WHERE i.parent IN (SELECT value FROM json_each(?))
			AND i.deleted_at IS NULL ORDER BY i.id LIMIT `+strconv.Itoa(maxVoices), list)
		if err != nil {
			return nil, err
		}
		level = nil
		for _, p := range replies {
			level = append(level, p.ID)
		}
		for _, i := range answers {
			level = append(level, i.ID)
		}
		posts, items = append(posts, replies...), append(items, answers...)
	}
	faces, err := s.faces(posts)
	if err != nil {
		return nil, err
	}
	tree := growTree(posts, items, faces, now)
	var out []*voice
	for _, h := range heads {
		head := showItem(h, now)
		head.Reactions = tree.reactions[h.ID]
		out = append(append(out, head), tree.under(h.ID, 1)...)
	}
	return out, nil
}

// shared shows what a share points at, nil when it is not there any more.
func (s *Server) shared(ref string, now time.Time) (*voice, error) {
	id, ok := parseID(ref)
	if !ok {
		return nil, nil
	}
	items, err := collect(s.store, scanItem, "SELECT "+itemColumns+itemTables+" WHERE i.id = ? AND i.deleted_at IS NULL", id)
	if err != nil {
		return nil, err
	}
	if len(items) > 0 {
		return showItem(items[0], now), nil
	}
	posts, err := collect(s.store, scanPost, "SELECT "+postColumns+" FROM posts p WHERE p.id = ? AND p.deleted_at IS NULL AND p.kind <> 'Message'", id)
	if err != nil || len(posts) == 0 {
		return nil, err
	}
	faces, err := s.faces(posts)
	if err != nil {
		return nil, err
	}
	return showReply(posts[0], faces[posts[0].Account], now), nil
}

// face is how an account shows itself beside what it says.
type face struct {
	Name   string
	Avatar avatar
}

func faceOf(a *account) face { return face{a.DisplayName, a.Letter} }

// faces are those of the accounts that posts are of.
func (s *Server) faces(posts []post) (map[string]face, error) {
	faces := map[string]face{}
	for _, p := range posts {
		if _, ok := faces[p.Account]; ok {
			continue
		}
		var name string
		var picture int64
		err := s.store.row("SELECT a.display_name, COALESCE(f.avatar, 0) FROM "+accountsTable+" WHERE a.name = ?", p.Account).Scan(&name, &picture)
		if err != nil {
			return nil, errors.Join(errors.New("account "+p.Account), err)
		}
		f := face{name, avatarOf(name, p.Account)}
		if picture != 0 {
			f.Avatar.Picture = formatID(picture)
		}
		faces[p.Account] = f
	}
	return faces, nil
}

// tree is what was said, by what it answers.
type tree struct {
	children  map[string][]*voice
	reactions map[string][]tally
}

func growTree(posts []post, items []item, faces map[string]face, now time.Time) tree {
	t := tree{children: map[string][]*voice{}, reactions: map[string][]tally{}}
	type said struct {
		id     int64
		parent string
		voice  *voice
	}
	var all []said
	for _, p := range posts {
		if p.Kind == wire.KindReply {
			id, _ := parseID(p.ID)
			all = append(all, said{id, p.ReplyTo, showReply(p, faces[p.Account], now)})
		}
	}
	for _, i := range items {
		if i.Kind == wire.KindReaction {
			t.react(i.InReplyTo, i.Text)
			continue
		}
		id, _ := parseID(i.ID)
		all = append(all, said{id, i.InReplyTo, showItem(i, now)})
	}
	slices.SortFunc(all, func(a, b said) int { return int(a.id - b.id) })
	for _, v := range all {
		t.children[v.parent] = append(t.children[v.parent], v.voice)
	}
	return t
}

func (t tree) react(to, sign string) {
	for i := range t.reactions[to] {
		if t.reactions[to][i].Sign == sign {
			t.reactions[to][i].Count++
			return
		}
	}
	t.reactions[to] = append(t.reactions[to], tally{sign, 1})
}

// under lists what hangs below an id, in the order a reader follows it. An id is below one parent only, and a parent is
// older than its children, so this ends.
func (t tree) under(id string, depth int) []*voice {
	var out []*voice
	for _, v := range t.children[id] {
		v.Depth, v.Reactions = min(depth, maxDepth), t.reactions[v.ID]
		out = append(append(out, v), t.under(v.ID, depth+1)...)
	}
	return out
}

func showPost(p post, by face, now time.Time) *shownPost {
	_, channel, _ := strings.Cut(p.Account, "/")
	shown := &shownPost{
		ID: p.ID, Account: p.Account, Path: "/@" + p.Account + "/" + p.ID, Name: by.Name, Handle: channel,
		Avatar: by.Avatar, Kind: p.Kind, Text: linkify(p.Text), Language: p.Language, Pictures: p.pictures, Link: p.Link,
		Age: age(p.StoredAt, now), Stamp: p.StoredAt.Format(time.RFC3339), Shares: p.Shares,
	}
	if p.Link != nil {
		shown.LinkHost = hostOf(p.Link.URL)
	}
	if p.UpdatedAt != nil {
		shown.Edited = age(*p.UpdatedAt, now)
	}
	return shown
}

func showReply(p post, by face, now time.Time) *voice {
	_, channel, _ := strings.Cut(p.Account, "/")
	return &voice{
		ID: p.ID, Anchor: "post-" + p.ID, Name: by.Name, Handle: channel, Avatar: by.Avatar, Ours: true, Kind: p.Kind,
		Text: linkify(p.Text), Age: age(p.StoredAt, now), Stamp: p.StoredAt.Format(time.RFC3339), State: wire.StateVisible,
	}
}

func showItem(i item, now time.Time) *voice {
	v := &voice{
		ID: i.ID, Anchor: "item-" + i.ID, Name: i.Author.DisplayName, Handle: i.Author.Handle,
		Avatar: avatarOf(i.Author.DisplayName, i.Author.Handle), Kind: i.Kind,
		Text: linkify(i.Text), Age: age(i.CreatedAt, now), Stamp: i.CreatedAt.Format(time.RFC3339), State: i.State, Reaction: i.Ours.Reaction,
	}
	if i.EditedAt != nil {
		v.Edited = age(*i.EditedAt, now)
	}
	return v
}

func idList(ids []string) string {
	numbers := make([]int64, len(ids))
	for i, id := range ids {
		numbers[i], _ = parseID(id)
	}
	b, err := json.Marshal(numbers)
	if err != nil {
		panic(err) // numbers always marshal
	}
	return string(b)
}

// clip shortens text to about limit bytes at a character's end.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit] + "…"
}
