package store

import (
	"context"
	"database/sql"
	"errors"
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

// Feeds is the part of the ledger that knows the feeds of calendars.
type Feeds interface {
	// Feed is what is remembered of a feed; nothing if it was never read.
	Feed(ctx context.Context, key FeedKey) (FeedMemory, error)
	// RememberFeed records that a feed was read, with the items that were not known before.
	RememberFeed(ctx context.Context, key FeedKey, m FeedMemory, added []feed.Known) error
	// PlannedItems of a calendar that go out after an instant, in the order of their times.
	PlannedItems(ctx context.Context, namespace, calendar string, after time.Time) ([]PlannedItem, error)
}

var _ Feeds = (*SQLite)(nil)

const (
	feedItemColumns = `feed, url, id, title, summary, author, link, published, seen_at, plan_at`

	queryFeed         = `SELECT first_read, last_read, etag, modified FROM feeds WHERE namespace = ? AND calendar = ? AND feed = ? AND url = ?`
	queryFeedItems    = `SELECT ` + feedItemColumns + ` FROM feed_items WHERE namespace = ? AND calendar = ? AND feed = ? AND url = ?`
	queryPlannedItems = `SELECT ` + feedItemColumns + ` FROM feed_items WHERE namespace = ? AND calendar = ? AND plan_at > ? ORDER BY plan_at, id`
	querySaveFeed     = `INSERT INTO feeds (namespace, calendar, feed, url, first_read, last_read, etag, modified) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (namespace, calendar, feed, url) DO UPDATE SET last_read = excluded.last_read, etag = excluded.etag, modified = excluded.modified`
	querySaveFeedItem = `INSERT INTO feed_items (namespace, calendar, ` + feedItemColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (namespace, calendar, feed, url, id) DO NOTHING`
)

// Feed implements Feeds.
func (s *SQLite) Feed(ctx context.Context, key FeedKey) (FeedMemory, error) {
	m := FeedMemory{Memory: feed.Memory{Items: map[string]feed.Known{}}}
	var first, last int64
	err := s.feed.QueryRowContext(ctx, key.Namespace, key.Calendar, key.Feed, key.URL).Scan(&first, &last, &m.ETag, &m.Modified)
	if errors.Is(err, sql.ErrNoRows) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("read ledger: %w", err)
	}
	m.FirstRead, m.LastRead = fromMicros(first), fromMicros(last)
	items, err := s.items(ctx, s.feedItems, key.Namespace, key.Calendar, key.Namespace, key.Calendar, key.Feed, key.URL)
	for _, item := range items {
		m.Items[item.ID] = item.Known
	}
	return m, err
}

// PlannedItems implements Feeds.
func (s *SQLite) PlannedItems(ctx context.Context, namespace, calendar string, after time.Time) ([]PlannedItem, error) {
	return s.items(ctx, s.plannedItems, namespace, calendar, namespace, calendar, max(toMicros(after), 0))
}

func (s *SQLite) items(ctx context.Context, query *sql.Stmt, namespace, calendar string, args ...any) ([]PlannedItem, error) {
	rows, err := query.QueryContext(ctx, args...)
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []PlannedItem
	for rows.Next() {
		item := PlannedItem{FeedKey: FeedKey{Namespace: namespace, Calendar: calendar}}
		var published, seen, plan int64
		if err := rows.Scan(&item.Feed, &item.URL, &item.ID, &item.Title, &item.Summary, &item.Author, &item.Link, &published, &seen, &plan); err != nil {
			return nil, fmt.Errorf("read ledger: %w", err)
		}
		item.Published, item.SeenAt, item.PlanAt = fromMicros(published), fromMicros(seen), fromMicros(plan)
		out = append(out, item)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	return out, nil
}

// RememberFeed implements Feeds.
func (s *SQLite) RememberFeed(ctx context.Context, key FeedKey, m FeedMemory, added []feed.Known) error {
	err := s.writer.do(ctx, func(ctx context.Context, t *transaction) error {
		if err := t.exec(ctx, querySaveFeed, key.Namespace, key.Calendar, key.Feed, key.URL,
			toMicros(m.FirstRead), toMicros(m.LastRead), m.ETag, m.Modified); err != nil {
			return err
		}
		for _, k := range added {
			if err := t.exec(ctx, querySaveFeedItem, key.Namespace, key.Calendar, key.Feed, key.URL, k.ID, k.Title, k.Summary, k.Author, k.Link,
				toMicros(k.Published), toMicros(k.SeenAt), toMicros(k.PlanAt)); err != nil {
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
