package store

import (
	"context"
	"fmt"
	"time"
)

// Sample is one look at a publication on its network.
type Sample struct {
	Namespace, Post string
	Edition         int64
	// At in microseconds, UTC.
	At      time.Time
	Channel string
	// ContentHash of what was sent last, SeenHash of the text as the network gave it back; empty if it was gone, or none came.
	ContentHash, SeenHash string
	// Numbers; nil where the network does not tell.
	Reactions, Shares, Replies, Impressions, Clicks, Views *int64
}

// Samples keeps what was seen of publications. Both methods are safe for concurrent use.
type Samples interface {
	// AddSample records a look; the same one again changes nothing.
	AddSample(ctx context.Context, s Sample) error
	// SamplesOf are the looks at one edition of a Post, the oldest first.
	SamplesOf(ctx context.Context, namespace, post string, edition int64) ([]Sample, error)
}

var _ Samples = (*Database)(nil)

const (
	sampleColumns  = `namespace, post, edition, at, channel, content_hash, seen_hash, reactions, shares, replies, impressions, clicks, views`
	queryAddSample = `INSERT INTO samples (` + sampleColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (namespace, post, edition, at) DO NOTHING`
	querySamples      = `SELECT ` + sampleColumns + ` FROM samples WHERE namespace = ? AND post = ? AND edition = ? ORDER BY at`
	queryPruneSamples = `DELETE FROM samples WHERE at < ?`
)

// keepSamples is how long samples are kept: a year can be compared with the one before.
const keepSamples = 2 * 366 * 24 * time.Hour

// AddSample implements Samples. What is older than two years is removed by the way.
func (s *Database) AddSample(ctx context.Context, m Sample) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		if _, err := t.exec(ctx, queryPruneSamples, toMicros(s.now().Add(-keepSamples))); err != nil {
			return err
		}
		_, err := t.exec(ctx, queryAddSample, m.Namespace, m.Post, m.Edition, toMicros(m.At), m.Channel, m.ContentHash, m.SeenHash,
			m.Reactions, m.Shares, m.Replies, m.Impressions, m.Clicks, m.Views)
		return err
	})
	if err != nil {
		return fmt.Errorf("record sample of %s/%s in ledger: %w", m.Namespace, m.Post, err)
	}
	return nil
}

// SamplesOf implements Samples.
func (s *Database) SamplesOf(ctx context.Context, namespace, post string, edition int64) ([]Sample, error) {
	return all(ctx, s.read, scanSample, querySamples, namespace, post, edition)
}

func scanSample(row scanner) (Sample, error) {
	var m Sample
	var at int64
	err := row.Scan(&m.Namespace, &m.Post, &m.Edition, &at, &m.Channel, &m.ContentHash, &m.SeenHash,
		&m.Reactions, &m.Shares, &m.Replies, &m.Impressions, &m.Clicks, &m.Views)
	m.At = fromMicros(at)
	return m, err
}
