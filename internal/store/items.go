package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
)

// Flags of people.
const (
	flagTeam = 1 << iota
	flagModerator
	flagBot
	flagSelfNamed
)

const (
	itemColumns = `namespace, account, id, channel, kind, ref_id, ref_revision, url, text, text_key, language, author, handle, ours, parent, post,
		parent_ours, root_id, root_revision, links, mentions, media, reports, created_at, seen_at, revision, gone, hidden, removed, state, changes,
		policy, generation, outcome, rule, explanation, decided_at, human, human_by, author_edited`
	addItems = `INSERT INTO items (` + itemColumns + `) `

	// What was decided stays until it is decided anew. Who took something back is not judged for it any more. What was erased has no
	// author, and does not come back. Some networks tell that something is gone, and not any more who said it. That words were changed is
	// seen here too where the network does not tell.
	onKnownItem = ` ON CONFLICT (namespace, account, id) DO UPDATE SET text = excluded.text, text_key = excluded.text_key, language = excluded.language,
		links = excluded.links, mentions = excluded.mentions, media = excluded.media, reports = excluded.reports, revision = excluded.revision,
		gone = excluded.gone, hidden = excluded.hidden, removed = excluded.removed, changes = items.changes + 1,
		author_edited = CASE WHEN items.author_edited = 1 THEN 1 WHEN excluded.gone = 0 AND NOT (items.text = excluded.text AND items.links = excluded.links AND items.media = excluded.media) THEN 1
			ELSE COALESCE(excluded.author_edited, items.author_edited) END,
		edited = CASE WHEN items.human <> '' AND NOT (items.text = excluded.text AND items.links = excluded.links AND items.media = excluded.media) THEN 1 ELSE items.edited END,
		state = CASE WHEN items.state = 'Recorded' THEN 'Recorded' WHEN excluded.gone = 1 THEN 'Decided'
			WHEN items.text = excluded.text AND items.links = excluded.links AND items.media = excluded.media AND items.reports IS NOT DISTINCT FROM excluded.reports THEN items.state
			ELSE 'New' END
		WHERE (items.author = excluded.author OR (excluded.gone = 1 AND excluded.author = '')) AND (items.revision <> excluded.revision OR items.text <> excluded.text OR items.gone <> excluded.gone OR items.hidden <> excluded.hidden
			OR items.removed <> excluded.removed OR items.reports IS DISTINCT FROM excluded.reports)
		RETURNING namespace, channel, seen_at, created_at, account, id, state, changes`

	personColumns = `namespace, account, id, handle, display_name, url, created_at, followers, is_follower, is_member, flags, first_seen, last_seen, no_automation`
	addPeople     = `INSERT INTO people (` + personColumns + `) `
	// Who speaks often is written when something is new of them, or after ten minutes.
	onKnownPerson = ` ON CONFLICT (namespace, account, id) DO UPDATE SET handle = excluded.handle, display_name = excluded.display_name, url = excluded.url,
		created_at = CASE WHEN excluded.created_at = 0 THEN people.created_at ELSE excluded.created_at END,
		followers = COALESCE(excluded.followers, people.followers), is_follower = COALESCE(excluded.is_follower, people.is_follower),
		is_member = COALESCE(excluded.is_member, people.is_member), flags = excluded.flags,
		first_seen = CASE WHEN excluded.first_seen < people.first_seen THEN excluded.first_seen ELSE people.first_seen END,
		last_seen = CASE WHEN excluded.last_seen > people.last_seen THEN excluded.last_seen ELSE people.last_seen END,
		no_automation = CASE WHEN excluded.no_automation > people.no_automation THEN excluded.no_automation ELSE people.no_automation END
		WHERE people.handle <> excluded.handle OR people.display_name <> excluded.display_name OR people.url <> excluded.url OR people.flags <> excluded.flags
			OR (excluded.created_at <> 0 AND people.created_at <> excluded.created_at)
			OR (excluded.followers IS NOT NULL AND people.followers IS DISTINCT FROM excluded.followers)
			OR (excluded.is_follower IS NOT NULL AND people.is_follower IS DISTINCT FROM excluded.is_follower)
			OR (excluded.is_member IS NOT NULL AND people.is_member IS DISTINCT FROM excluded.is_member)
			OR excluded.first_seen < people.first_seen OR excluded.no_automation > people.no_automation
			OR excluded.last_seen > people.last_seen + 600000000`

	queryHeard     = `SELECT next, baseline, polled_at, item_at FROM listening WHERE namespace = ? AND channel = ? AND account = ?`
	querySaveHeard = `INSERT INTO listening (namespace, channel, account, next, baseline, polled_at, item_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (namespace, channel, account) DO UPDATE SET next = excluded.next, baseline = excluded.baseline, polled_at = excluded.polled_at,
			item_at = CASE WHEN excluded.item_at > listening.item_at THEN excluded.item_at ELSE listening.item_at END`

	itemAndPerson = `SELECT i.namespace, i.account, i.id, i.channel, i.kind, i.ref_id, i.ref_revision, i.url, i.text, i.text_key, i.language, i.author, i.handle, i.ours,
		i.parent, i.post, i.parent_ours, i.root_id, i.root_revision, i.links, i.mentions, i.media, i.reports, i.created_at, i.seen_at, i.revision, i.gone,
		i.hidden, i.removed, i.state, i.changes, i.policy, i.generation, i.outcome, i.rule, i.explanation, i.decided_at, i.human, i.human_by, i.edited, i.author_edited,
		COALESCE(p.display_name, ''), COALESCE(p.url, ''), COALESCE(p.created_at, 0), p.followers, p.is_follower, p.is_member, COALESCE(p.flags, 0),
		COALESCE(p.no_automation, 0)`
	itsAuthor  = ` LEFT JOIN people p ON p.namespace = i.namespace AND p.account = i.account AND p.id = i.author`
	selectItem = itemAndPerson + ` FROM items i` + itsAuthor
	// What waits for a decision stands in a table of its own, as each item of which the state is New does.
	undecidedColumns = `namespace, channel, seen_at, created_at, account, id`
	addUndecided     = `INSERT INTO undecided (` + undecidedColumns + `) `
	onKnownUndecided = ` ON CONFLICT (` + undecidedColumns + `) DO NOTHING`
	deleteUndecided  = `DELETE FROM undecided WHERE (` + undecidedColumns + `) IN `
	// queryUndecided takes what waits longest first, after a place, and then each item by its key.
	queryUndecided = itemAndPerson + ` FROM (SELECT ` + undecidedColumns + ` FROM undecided WHERE namespace = ? AND channel = ?
			AND (seen_at, created_at, account, id) > (?, ?, ?, ?)
			ORDER BY seen_at, created_at, account, id LIMIT ?) w
		JOIN items i ON i.namespace = w.namespace AND i.account = w.account AND i.id = w.id` + itsAuthor + `
		ORDER BY w.seen_at, w.created_at, w.account, w.id`
	// queryNextUndecided skips from channel to channel, however much waits on each.
	queryNextUndecided = `SELECT namespace, channel FROM undecided WHERE (namespace, channel) > (?, ?) ORDER BY namespace, channel LIMIT 1`

	queryItem = selectItem + ` WHERE i.namespace = ? AND i.account = ? AND i.id = ?`

	queryPerson = `SELECT id, handle, display_name, url, created_at, followers, is_follower, is_member, flags, no_automation FROM people
		WHERE namespace = ? AND account = ? AND id = ?`
)

// Heard implements Community.
func (s *Database) Heard(ctx context.Context, e Ear) (Heard, error) {
	h, known, err := first(ctx, s.read, func(row scanner) (h Heard, err error) {
		var baseline, polled, item int64
		err = row.Scan(&h.Cursor, &baseline, &polled, &item)
		h.Baseline, h.PolledAt, h.ItemAt = baseline != 0, fromMicros(polled), fromMicros(item)
		return h, err
	}, queryHeard, e.Namespace, e.Channel, e.Account)
	h.Ear = e
	if !known {
		h.Baseline = true
	}
	return h, err
}

// Take implements Community.
func (s *Database) Take(ctx context.Context, h Heard, items []Item) (taken Taken, err error) {
	items = lastOfEach(items)
	err = s.writeIn(ctx, listening, func(ctx context.Context, t *transaction) error {
		taken = Taken{}
		if err := t.people(ctx, h, items); err != nil {
			return err
		}
		if err := t.items(ctx, h, items, &taken); err != nil {
			return err
		}
		if taken.Known > 0 {
			if err := t.stayErased(ctx, h, items); err != nil {
				return err
			}
		}
		_, err := t.exec(ctx, querySaveHeard, h.Namespace, h.Channel, h.Account, h.Cursor, flag(h.Baseline), toMicros(h.PolledAt), toMicros(h.ItemAt))
		return err
	})
	if err != nil {
		return Taken{}, fmt.Errorf("record what was said on %s/%s in ledger: %w", h.Namespace, h.Channel, err)
	}
	s.grown(ctx, len(items))
	return taken, nil
}

// learnAt is after how many items the database looks at its tables for the first time; then at each fourfold.
const learnAt = 400

// grown has the database look at what its tables hold when that became much more. It does so by itself once in a while, but a raid is over by
// then: meanwhile it would take every account for a small one, and read all of it for each item.
func (s *Database) grown(ctx context.Context, items int) {
	if s.engine.learn == "" || items == 0 {
		return
	}
	after := s.taken.Add(int64(items))
	for at := int64(learnAt); at <= after; at *= 4 {
		if after-int64(items) < at {
			_, _ = s.readers.ExecContext(ctx, s.engine.learn) // it is slower without, and right
			return
		}
	}
}

// lastOfEach keeps what was told last of each item.
func lastOfEach(items []Item) []Item {
	at := make(map[string]int, len(items))
	out := make([]Item, 0, len(items))
	for _, it := range items {
		if i, ok := at[it.ID]; ok {
			out[i] = it
			continue
		}
		at[it.ID] = len(out)
		out = append(out, it)
	}
	return out
}

// place is where an item stands among those that wait for a decision.
type place struct {
	namespace, channel string
	seen, created      int64
	account, id        string
}

func (p *place) values() []any {
	return []any{p.namespace, p.channel, p.seen, p.created, p.account, p.id}
}

func (t *transaction) items(ctx context.Context, h Heard, items []Item, taken *Taken) error {
	// In the order in which they are decided about, so that neither waits for the other's rows while that waits for its own.
	ordered := slices.SortedFunc(slices.Values(items), func(a, b Item) int { return strings.Compare(a.ID, b.ID) })
	values := make([][]any, len(ordered))
	for i := range ordered {
		values[i] = itemValues(h, &ordered[i])
	}
	type outcome struct {
		place
		state   ItemState
		changes int64
	}
	var begin, end [][]any
	err := inChunks(t.engine.lists, len(values), func(from, to int) error {
		table, args, err := t.engine.lists.table(values[from:to])
		if err != nil {
			return err
		}
		written, err := rows(ctx, t.statements, func(row scanner) (o outcome, err error) {
			err = row.Scan(&o.namespace, &o.channel, &o.seen, &o.created, &o.account, &o.id, &o.state, &o.changes)
			return o, err
		}, addItems+table+onKnownItem, args...)
		if err != nil {
			return err
		}
		for i := range written {
			o := &written[i]
			switch {
			case o.state != ItemNew:
				taken.Recorded++
				if o.changes > 0 {
					end = append(end, o.values())
				}
				continue
			case o.changes == 0:
				taken.New++
			default:
				taken.Changed++
			}
			begin = append(begin, o.values())
		}
		taken.Known += to - from - len(written)
		return nil
	})
	if err != nil {
		return err
	}
	if err := t.addRows(ctx, addUndecided, onKnownUndecided, begin); err != nil {
		return err
	}
	return t.noMoreUndecided(ctx, end)
}

// noMoreUndecided takes items out of those that wait for a decision.
func (t *transaction) noMoreUndecided(ctx context.Context, places [][]any) error {
	return inChunks(t.engine.lists, len(places), func(from, to int) error {
		table, args, err := t.engine.lists.table(places[from:to])
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, deleteUndecided+"("+table+")", args...)
		return err
	})
}

func itemValues(h Heard, it *Item) []any {
	state := ItemNew
	if it.State == ItemRecorded || it.Ours || it.Gone {
		state = ItemRecorded
	}
	text, key, links, mentions := it.Text, it.TextKey, list(it.Links), list(it.Mentions)
	if it.Gone {
		text, key, links, mentions = "", "", "", "" // who takes something back takes it back here too
	}
	return []any{h.Namespace, h.Account, it.ID, h.Channel, string(it.Kind), it.Ref.ID, it.Ref.Revision, it.Ref.URL, text, key, it.Language, it.Author.ID,
		it.Author.Handle, flag(it.Ours), it.Parent, it.Post, maybe(it.ParentOurs), it.Root.ID, it.Root.Revision, links, mentions, int64(it.Media),
		count(it.Reports), toMicros(it.CreatedAt), toMicros(it.SeenAt), it.Revision, flag(it.Gone), flag(it.Hidden), flag(it.Removed), string(state), int64(0),
		"", int64(0), "", "", "", int64(0), "", "", maybe(it.Edited)}
}

func (t *transaction) people(ctx context.Context, h Heard, items []Item) error {
	at := map[string]int{}
	var authors []*Item
	for i := range items {
		id := items[i].Author.ID
		if id == "" || items[i].Ours {
			continue
		}
		if k, ok := at[id]; ok {
			authors[k] = &items[i]
			continue
		}
		at[id] = len(authors)
		authors = append(authors, &items[i])
	}
	values := make([][]any, len(authors))
	for i, it := range authors {
		values[i] = personValues(h, it)
	}
	return t.addRows(ctx, addPeople, onKnownPerson, values)
}

// personValues: how long someone is known counts from when we first heard of them. What was there before we listened is believed to be
// as old as it says; later nothing is, as some networks let people date what they say.
func personValues(h Heard, it *Item) []any {
	a := &it.Author
	since := it.SeenAt
	if it.State == ItemRecorded && !it.CreatedAt.IsZero() && it.CreatedAt.Before(since) {
		since = it.CreatedAt
	}
	flags := int64(0)
	for bit, set := range map[int64]bool{flagTeam: a.IsTeam, flagModerator: a.IsModerator, flagBot: a.Bot, flagSelfNamed: a.SelfNamed} {
		if set {
			flags |= bit
		}
	}
	return []any{h.Namespace, h.Account, a.ID, a.Handle, a.DisplayName, a.URL, toMicros(a.CreatedAt), count(a.Followers), maybe(a.IsFollower), maybe(a.IsMember),
		flags, toMicros(since), toMicros(it.SeenAt), flag(a.NoAutomation)}
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func maybe(b *bool) any {
	if b == nil {
		return nil
	}
	return flag(*b)
}

func count(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

func list(of []string) string {
	if len(of) == 0 {
		return ""
	}
	text, err := json.Marshal(of)
	if err != nil {
		return ""
	}
	return string(text)
}

func unlist(text string) []string {
	if text == "" {
		return nil
	}
	var of []string
	if json.Unmarshal([]byte(text), &of) != nil {
		return nil
	}
	return of
}

func known(n sql.NullInt64) *int64 {
	if !n.Valid {
		return nil
	}
	return &n.Int64
}

func knownFlag(n sql.NullInt64) *bool {
	if !n.Valid {
		return nil
	}
	b := n.Int64 != 0
	return &b
}

func scanItemRow(row scanner) (it Item, err error) {
	var (
		links, mentions                                         string
		ours, media, created, seen, gone, hidden, removed, when int64
		edited                                                  int64
		joined, flags, silent                                   int64
		parentOurs, reports, followers, follower, member        sql.NullInt64
		authorEdited                                            sql.NullInt64
	)
	a := &it.Author
	err = row.Scan(&it.Key.Namespace, &it.Key.Account, &it.Key.ID, &it.Channel, &it.Kind, &it.Ref.ID, &it.Ref.Revision, &it.Ref.URL, &it.Text, &it.TextKey, &it.Language,
		&a.ID, &a.Handle, &ours, &it.Parent, &it.Post, &parentOurs, &it.Root.ID, &it.Root.Revision, &links, &mentions, &media, &reports, &created, &seen,
		&it.Revision, &gone, &hidden, &removed, &it.State, &it.Changes, &it.Policy, &it.Generation, &it.Outcome, &it.Rule, &it.Explanation, &when,
		&it.Human, &it.HumanBy, &edited, &authorEdited, &a.DisplayName, &a.URL, &joined, &followers, &follower, &member, &flags, &silent)
	it.ID = it.Key.ID
	it.Ours, it.Gone, it.Hidden, it.Removed, it.EditedSince = ours != 0, gone != 0, hidden != 0, removed != 0, edited != 0
	it.ParentOurs, it.Reports, it.Edited = knownFlag(parentOurs), known(reports), knownFlag(authorEdited)
	it.Links, it.Mentions, it.Media = unlist(links), unlist(mentions), int(media)
	it.CreatedAt, it.SeenAt, it.DecidedAt = fromMicros(created), fromMicros(seen), fromMicros(when)
	fillPerson(a, joined, followers, follower, member, flags, silent)
	return it, err
}

func fillPerson(a *network.Person, joined int64, followers, follower, member sql.NullInt64, flags, silent int64) {
	a.CreatedAt, a.Followers, a.IsFollower, a.IsMember = fromMicros(joined), known(followers), knownFlag(follower), knownFlag(member)
	a.IsTeam, a.IsModerator, a.Bot, a.NoAutomation = flags&flagTeam != 0, flags&flagModerator != 0, flags&flagBot != 0, silent != 0
	a.SelfNamed = flags&flagSelfNamed != 0
}

// Undecided implements Community.
func (s *Database) Undecided(ctx context.Context, namespace, channel string, after *Item, limit int) ([]Item, error) {
	place := []any{int64(-1), int64(0), "", ""}
	if after != nil {
		place = []any{toMicros(after.SeenAt), toMicros(after.CreatedAt), after.Key.Account, after.Key.ID}
	}
	return all(ctx, s.read, scanItemRow, queryUndecided, slices.Concat([]any{namespace, channel}, place, []any{limit})...)
}

// Waiting implements Community.
func (s *Database) Waiting(ctx context.Context) (waiting []Receiver, err error) {
	for last := (Receiver{}); ; {
		next, more, err := first(ctx, s.read, func(row scanner) (r Receiver, err error) { err = row.Scan(&r.Namespace, &r.Name); return r, err },
			queryNextUndecided, last.Namespace, last.Name)
		if err != nil || !more {
			return waiting, err
		}
		waiting, last = append(waiting, next), next
	}
}

// Item implements Community.
func (s *Database) Item(ctx context.Context, key ItemKey) (Item, bool, error) {
	return first(ctx, s.read, scanItemRow, queryItem, key.Namespace, key.Account, key.ID)
}

// Person implements Community.
func (s *Database) Person(ctx context.Context, namespace, account, id string) (network.Person, bool, error) {
	return first(ctx, s.read, func(row scanner) (a network.Person, err error) {
		var joined, flags, silent int64
		var followers, follower, member sql.NullInt64
		err = row.Scan(&a.ID, &a.Handle, &a.DisplayName, &a.URL, &joined, &followers, &follower, &member, &flags, &silent)
		fillPerson(&a, joined, followers, follower, member, flags, silent)
		return a, err
	}, queryPerson, namespace, account, id)
}
