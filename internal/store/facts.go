package store

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// maxFacts bounds the rows that are read of one kind about one item.
const maxFacts = 1000

// What is asked of one author, text or thread has its own bound, and each is found by its own index; so the questions are asked one by one,
// many in one statement. The conditions that something is not empty let an index be used that holds nothing else.
const (
	factsOfPeople  = `SELECT id, first_seen, no_automation FROM people WHERE namespace = ? AND account = ? AND id`
	factsOfStrikes = `SELECT author, SUM(weight) FROM strikes WHERE namespace = ? AND policy = ? AND account = ? AND at >= ? AND author`
	factsOfReplies = `SELECT author, created_at FROM actions WHERE namespace = ? AND account = ? AND kind IN ('reply', 'thank') AND by_whom = ''
		AND state IN ('Pending', 'Doing', 'Done', 'Unknown', 'Simulated') AND created_at >= ? AND author`

	factsSaid = `account, id, seen_at, author FROM items WHERE namespace = ? AND account = ? AND author = ? AND seen_at >= ?
		ORDER BY seen_at DESC LIMIT ?`
	factsSame = `account, id, seen_at, author FROM items WHERE namespace = ? AND text_key = ? AND text_key <> '' AND seen_at >= ?
		ORDER BY seen_at DESC LIMIT ?`
	factsThread = `account, id, seen_at, author FROM items WHERE namespace = ? AND account = ? AND post = ? AND post <> '' AND seen_at >= ? AND ours = 0
		ORDER BY seen_at DESC LIMIT ?`
)

// finder finds the facts about a batch of items.
type finder struct {
	*Database
	policy string
	items  []Item
	reach  Reach
	now    time.Time
	out    []Facts
}

// FactsAbout implements Community.
func (s *Database) FactsAbout(ctx context.Context, policy string, items []Item, r Reach, now time.Time) ([]Facts, error) {
	f := finder{Database: s, policy: policy, items: items, reach: r, now: now, out: make([]Facts, len(items))}
	type account struct{ namespace, id string }
	accounts := group(items, func(it *Item) (account, bool) { return account{it.Key.Namespace, it.Key.Account}, true })
	ofAuthors := func(ctx context.Context) error {
		for _, g := range accounts {
			if err := f.ofAuthors(ctx, g.key.namespace, g.key.id, g.at); err != nil {
				return err
			}
		}
		return nil
	}
	asked, ctx := errgroup.WithContext(ctx) // each fills fields of its own
	for _, ask := range []func(context.Context) error{ofAuthors, f.said, f.same, f.thread} {
		asked.Go(func() error { return ask(ctx) })
	}
	if err := asked.Wait(); err != nil {
		return nil, err
	}
	return f.out, nil
}

// alike are the places of items that have a key in common.
type alike[K comparable] struct {
	key K
	at  []int
}

// group items by a key, in their order; those that have none are left out.
func group[K comparable](items []Item, key func(*Item) (K, bool)) []alike[K] {
	var groups []alike[K]
	index := map[K]int{}
	for i := range items {
		k, ok := key(&items[i])
		if !ok {
			continue
		}
		n, known := index[k]
		if !known {
			n = len(groups)
			index[k], groups = n, append(groups, alike[K]{key: k})
		}
		groups[n].at = append(groups[n].at, i)
	}
	return groups
}

func (f *finder) from(reach time.Duration) int64 { return toMicros(f.now.Add(-reach)) }

// ofAuthors finds what is known of the authors of the items at some places, which are all of one account.
func (f *finder) ofAuthors(ctx context.Context, namespace, account string, at []int) error {
	by := map[string][]int{}
	var authors []string
	for _, i := range at {
		id := kept(f.items[i].Author.ID)
		if by[id] == nil {
			authors = append(authors, id)
		}
		by[id] = append(by[id], i)
	}
	type fact struct {
		author    string
		one, more int64
	}
	two := func(row scanner) (a fact, err error) { err = row.Scan(&a.author, &a.one); return a, err }
	each := func(found []fact, err error, note func(to *Facts, a *fact)) error {
		for k := range found {
			for _, i := range by[found[k].author] {
				note(&f.out[i], &found[k])
			}
		}
		return err
	}
	people, err := oneOf(ctx, f.Database, func(row scanner) (a fact, err error) { err = row.Scan(&a.author, &a.one, &a.more); return a, err },
		factsOfPeople, authors, namespace, account)
	if err := each(people, err, func(to *Facts, a *fact) { to.FirstSeen, to.NoAutomation = fromMicros(a.one), a.more != 0 }); err != nil {
		return err
	}
	if f.reach.Strikes > 0 {
		strikes, err := among(ctx, f.Database, two, factsOfStrikes, " GROUP BY author", authors, namespace, f.policy, account, f.from(f.reach.Strikes))
		if err := each(strikes, err, func(to *Facts, a *fact) { to.Strikes = int(a.one) }); err != nil {
			return err
		}
	}
	if f.reach.Replied == 0 {
		return nil
	}
	replies, err := among(ctx, f.Database, two, factsOfReplies, "", authors, namespace, account, f.from(f.reach.Replied))
	return each(replies, err, func(to *Facts, a *fact) { to.Replied = append(to.Replied, fromMicros(a.one)) })
}

// among asks a query about keys that end it, many at a time.
func among[T any](ctx context.Context, s *Database, scan func(scanner) (T, error), query, end string, keys []string, before ...any) ([]T, error) {
	return chunks(ctx, s, scan, s.engine.lists.among, query, end, keys, before)
}

// oneOf is as among where each key has one row at most, which an index finds.
func oneOf[T any](ctx context.Context, s *Database, scan func(scanner) (T, error), query string, keys []string, before ...any) ([]T, error) {
	return chunks(ctx, s, scan, s.engine.lists.oneOf, query, "", keys, before)
}

func chunks[T any](ctx context.Context, s *Database, scan func(scanner) (T, error), is func([]string) (string, []any), query, end string, keys []string, before []any) ([]T, error) {
	var out []T
	for some := range slices.Chunk(keys, maxKeys) {
		condition, args := is(some)
		found, err := all(ctx, s.read, scan, query+condition+end, slices.Concat(before, args)...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// other is an item beside the one that is asked about.
type other struct {
	of          int64
	account, id string
	at          int64
	author      string
}

func scanOther(row scanner) (o other, err error) {
	err = row.Scan(&o.of, &o.account, &o.id, &o.at, &o.author)
	return o, err
}

// others asks the same about several things at once, each with its own arguments: what was said by that author, in that text, in that
// thread. The answers come by question.
func (f *finder) others(ctx context.Context, query string, questions [][]any, most int) ([][]other, error) {
	out := make([][]other, len(questions))
	for from := 0; from < len(questions); from += f.engine.lists.together() {
		some := questions[from:min(from+f.engine.lists.together(), len(questions))]
		whole, args, err := f.engine.lists.each(query, some, int64(most))
		if err != nil {
			return nil, err
		}
		found, err := all(ctx, f.read, scanOther, whole, args...)
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			out[from+int(o.of)] = append(out[from+int(o.of)], o)
		}
	}
	return out, nil
}

// without gives at most maxFacts of others, without the item itself.
func without[T any](others []other, it *Item, as func(*other) T) []T {
	var out []T
	for k := range others {
		if o := &others[k]; (o.id != it.Key.ID || o.account != it.Key.Account) && len(out) < maxFacts {
			if out == nil {
				out = make([]T, 0, min(len(others), maxFacts))
			}
			out = append(out, as(o))
		}
	}
	return out
}

func seenAt(o *other) time.Time { return fromMicros(o.at) }

type belonging struct{ namespace, account, id string }

// question is what is asked about groups of items: about what is theirs, how far back, and for how many answers at most, 0 for as many as are
// read. The item itself may be among them.
type question struct {
	query string
	reach time.Duration
	most  int
	of    func(*Item) (belonging, bool)
}

// ask finds others for groups of items.
func (f *finder) ask(ctx context.Context, asked question, note func(at []int, others []other)) error {
	if asked.reach <= 0 {
		return nil
	}
	if asked.most <= 0 || asked.most > maxFacts {
		asked.most = maxFacts + 1
	}
	groups := group(f.items, asked.of)
	questions := make([][]any, len(groups))
	for n, g := range groups {
		q := []any{g.key.namespace}
		if g.key.account != "" {
			q = append(q, g.key.account)
		}
		questions[n] = append(q, g.key.id, f.from(asked.reach))
	}
	found, err := f.others(ctx, asked.query, questions, asked.most)
	if err != nil {
		return err
	}
	for n, g := range groups {
		note(g.at, found[n])
	}
	return nil
}

func (f *finder) said(ctx context.Context) error {
	return f.ask(ctx, question{factsSaid, f.reach.Said, f.reach.SaidMost, func(it *Item) (belonging, bool) {
		return belonging{it.Key.Namespace, it.Key.Account, it.Author.ID}, it.Author.ID != ""
	}}, func(at []int, others []other) {
		for _, i := range at {
			f.out[i].Said = without(others, &f.items[i], seenAt)
		}
	})
}

func (f *finder) same(ctx context.Context) error {
	return f.ask(ctx, question{factsSame, f.reach.Same, f.reach.SameMost, func(it *Item) (belonging, bool) {
		return belonging{namespace: it.Key.Namespace, id: it.TextKey}, it.TextKey != ""
	}}, func(at []int, others []other) {
		for _, i := range at {
			f.out[i].Same = without(others, &f.items[i], seenAt)
		}
	})
}

func (f *finder) thread(ctx context.Context) error {
	return f.ask(ctx, question{factsThread, f.reach.Thread, 0, func(it *Item) (belonging, bool) {
		return belonging{it.Key.Namespace, it.Key.Account, it.Post}, it.Post != ""
	}}, func(at []int, others []other) {
		for _, i := range at {
			f.out[i].Thread = without(others, &f.items[i], func(o *other) ThreadReply { return ThreadReply{At: fromMicros(o.at), Author: o.author} })
		}
	})
}
