package store

import (
	"context"
	"fmt"
	"time"
)

// Start is a Post that began to go out on a channel, and may be public.
type Start struct {
	Post    string
	Edition int64
	At      time.Time
	// TextHash and ContentHash of its first segment; empty where they are not known.
	TextHash, ContentHash string
}

const queryStarts = `SELECT post, edition, started_at, text_hash, content_hash FROM publications
	WHERE namespace = ? AND channel = ? AND started_at >= ? AND segment = 0 AND state IN ('Sending', 'Published', 'Unknown', 'Deleted')
	ORDER BY started_at`

// Starts are the Posts that began to go out on a channel since then, the oldest first.
func (s *SQLite) Starts(ctx context.Context, namespace, channel string, since time.Time) ([]Start, error) {
	rows, err := s.readers.QueryContext(ctx, queryStarts, namespace, channel, toMicros(since))
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Start
	for rows.Next() {
		var (
			st Start
			at int64
		)
		if err := rows.Scan(&st.Post, &st.Edition, &at, &st.TextHash, &st.ContentHash); err != nil {
			return nil, fmt.Errorf("read ledger: %w", err)
		}
		st.At = fromMicros(at)
		out = append(out, st)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	return out, nil
}
