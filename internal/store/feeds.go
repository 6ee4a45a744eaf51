package store

import (
	"context"
	"fmt"
	"time"

	"github.com/tribune-dev/tribune/internal/feed"
)

// FeedKey names a feed of a calendar. With another address it is another feed.
type FeedKey struct{ Namespace, Calendar, Feed, URL string }

// FeedMemory is what is remembered of a feed.
type FeedMemory struct {
	feed.Memory
	// LastRead is when it was last read.
	LastRead time.Time
	// ETag and Modified are what its server said of the version that was read; they ask for a newer one.
	ETag, Modified string
}

// PlannedItem is an item of a feed that is to go out.
type PlannedItem struct {
	FeedKey
	feed.Known
}

// keepFeeds is how long a feed is remembered after it was read for the last time. One that comes back later is read as if for
// the first time, so nothing of it is published again: its items of today only say what is old.
const keepFeeds = 2 * 366 * 24 * time.Hour

// Feeds is the part of the ledger that knows the feeds of calendars.
type Feeds interface {
	// Feed is what is remembered of a feed; nothing if it was never read.
	Feed(ctx context.Context, key FeedKey) (FeedMemory, error)
	// RememberFeed records that a feed was read, with the items that were not known before, and the new times of those that
	// wait. What was due by then keeps its time.
	RememberFeed(ctx context.Context, key FeedKey, m FeedMemory, added []feed.Known) error
	// PlannedItems of a calendar that go out after an instant and before another, in the order of their times.
	PlannedItems(ctx context.Context, namespace, calendar string, after, before time.Time) ([]PlannedItem, error)
}

var _ Feeds = (*Database)(nil)

const (
	feedItemColumns = `feed, url, id, title, summary, author, link, published, seen_at, plan_at`

	queryFeed         = `SELECT first_read, last_read, etag, modified FROM feeds WHERE namespace = ? AND calendar = ? AND feed = ? AND url = ?`
	queryFeedItems    = `SELECT ` + feedItemColumns + ` FROM feed_items WHERE namespace = ? AND calendar = ? AND feed = ? AND url = ?`
	queryPlannedItems = `SELECT ` + feedItemColumns + ` FROM feed_items WHERE namespace = ? AND calendar = ? AND plan_at > ? AND plan_at < ? ORDER BY plan_at, id`
	querySaveFeed     = `INSERT INTO feeds (namespace, calendar, feed, url, first_read, last_read, etag, modified) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (namespace, calendar, feed, url) DO UPDATE SET last_read = excluded.last_read, etag = excluded.etag, modified = excluded.modified`
	// What was not read for so long belongs to a calendar that is gone.
	queryStaleFeeds      = `SELECT namespace, calendar, feed, url FROM feeds WHERE last_read > 0 AND last_read < ?`
	queryForgetFeed      = `DELETE FROM feeds WHERE namespace = ? AND calendar = ? AND feed = ? AND url = ?`
	queryForgetFeedItems = `DELETE FROM feed_items WHERE namespace = ? AND calendar = ? AND feed = ? AND url = ?`

	querySaveFeedItem = `INSERT INTO feed_items (namespace, calendar, ` + feedItemColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (namespace, calendar, feed, url, id) DO UPDATE SET plan_at = excluded.plan_at WHERE feed_items.plan_at > ? AND excluded.plan_at > 0`
)

// Feed implements Feeds.
func (s *Database) Feed(ctx context.Context, key FeedKey) (FeedMemory, error) {
	m, known, err := first(ctx, s.read, scanFeed, queryFeed, key.Namespace, key.Calendar, key.Feed, key.URL)
	m.Items = map[string]feed.Known{}
	if err != nil || !known {
		return m, err
	}
	items, err := all(ctx, s.read, scanItem(key.Namespace, key.Calendar), queryFeedItems, key.Namespace, key.Calendar, key.Feed, key.URL)
	for _, item := range items {
		m.Items[item.ID] = item.Known
	}
	return m, err
}

// PlannedItems implements Feeds.
func (s *Database) PlannedItems(ctx context.Context, namespace, calendar string, after, before time.Time) ([]PlannedItem, error) {
	return all(ctx, s.read, scanItem(namespace, calendar), queryPlannedItems, namespace, calendar, max(toMicros(after), 0), toMicros(before))
}

func scanFeed(row scanner) (FeedMemory, error) {
	var m FeedMemory
	var first, last int64
	err := row.Scan(&first, &last, &m.ETag, &m.Modified)
	m.FirstRead, m.LastRead = fromMicros(first), fromMicros(last)
	return m, err
}

func scanItem(namespace, calendar string) func(scanner) (PlannedItem, error) {
	return func(row scanner) (PlannedItem, error) {
		item := PlannedItem{FeedKey: FeedKey{Namespace: namespace, Calendar: calendar}}
		var published, seen, plan int64
		err := row.Scan(&item.Feed, &item.URL, &item.ID, &item.Title, &item.Summary, &item.Author, &item.Link, &published, &seen, &plan)
		item.Published, item.SeenAt, item.PlanAt = fromMicros(published), fromMicros(seen), fromMicros(plan)
		return item, err
	}
}

func scanFeedKey(row scanner) (key FeedKey, err error) {
	err = row.Scan(&key.Namespace, &key.Calendar, &key.Feed, &key.URL)
	return key, err
}

// RememberFeed implements Feeds. A feed that was read for the last time more than two years before is forgotten by the way.
func (s *Database) RememberFeed(ctx context.Context, key FeedKey, m FeedMemory, added []feed.Known) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		if err := t.forgetFeeds(ctx, m.LastRead.Add(-keepFeeds)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, querySaveFeed, key.Namespace, key.Calendar, key.Feed, key.URL,
			toMicros(m.FirstRead), toMicros(m.LastRead), m.ETag, m.Modified); err != nil {
			return err
		}
		for _, k := range added {
			if _, err := t.exec(ctx, querySaveFeedItem, key.Namespace, key.Calendar, key.Feed, key.URL, k.ID, k.Title, k.Summary, k.Author, k.Link,
				toMicros(k.Published), toMicros(k.SeenAt), toMicros(k.PlanAt), max(toMicros(m.LastRead), 0)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record feed %s of ContentCalendar %s/%s in ledger: %w", key.Feed, key.Namespace, key.Calendar, err)
	}
	return nil
}

func (t *transaction) forgetFeeds(ctx context.Context, before time.Time) error {
	stale, err := rows(ctx, t.statements, scanFeedKey, queryStaleFeeds, toMicros(before))
	if err != nil {
		return err
	}
	for _, key := range stale {
		for _, query := range []string{queryForgetFeedItems, queryForgetFeed} {
			if _, err := t.exec(ctx, query, key.Namespace, key.Calendar, key.Feed, key.URL); err != nil {
				return err
			}
		}
	}
	return nil
}
