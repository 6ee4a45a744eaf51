package store

import (
	"context"
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
func (s *Database) Starts(ctx context.Context, namespace, channel string, since time.Time) ([]Start, error) {
	return all(ctx, s.read, scanStart, queryStarts, namespace, channel, toMicros(since))
}

func scanStart(row scanner) (Start, error) {
	var st Start
	var at int64
	err := row.Scan(&st.Post, &st.Edition, &at, &st.TextHash, &st.ContentHash)
	st.At = fromMicros(at)
	return st, err
}
