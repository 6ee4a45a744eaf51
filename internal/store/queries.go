package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// The SQL is what SQLite and PostgreSQL both understand, with ? for arguments.
const (
	columns = `namespace, post, edition, account, segment, key, marker, attempt, owner, state, content_hash, hashes, cursor,
		record_id, revision, url, channel, network, started_at, published_at, updated_at, text_hash`
	order = ` ORDER BY edition, account, segment`

	queryHasAny    = `SELECT 1 FROM publications WHERE namespace = ? AND post = ? LIMIT 1`
	queryByPost    = `SELECT ` + columns + ` FROM publications WHERE namespace = ? AND post = ?` + order
	queryByEdition = `SELECT ` + columns + ` FROM publications WHERE namespace = ? AND post = ? AND edition = ?` + order
	queryByAccount = `SELECT ` + columns + ` FROM publications WHERE namespace = ? AND post = ? AND edition = ? AND account = ?` + order

	identity = `namespace = ? AND post = ? AND edition = ? AND account = ? AND segment = ?`
	queryOne = `SELECT ` + columns + ` FROM publications WHERE ` + identity

	insert = `INSERT INTO publications (` + columns + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (namespace, post, edition, account, segment) DO UPDATE SET `

	queryBegin = insert + `key = excluded.key, marker = excluded.marker, attempt = excluded.attempt, owner = excluded.owner,
			state = excluded.state, content_hash = excluded.content_hash, text_hash = excluded.text_hash, hashes = excluded.hashes, cursor = excluded.cursor, channel = excluded.channel,
			record_id = excluded.record_id, revision = excluded.revision, url = excluded.url, network = excluded.network, started_at = excluded.started_at, updated_at = excluded.updated_at
		WHERE publications.state IN ('NotSent', 'Failed')
			OR (publications.state IN ('Sending', 'Unknown') AND publications.attempt IN (excluded.attempt, ?))
		RETURNING ` + columns

	// What the adopter does not know stays.
	queryAdopt = insert + `state = excluded.state, record_id = excluded.record_id, updated_at = excluded.updated_at,
			key = COALESCE(NULLIF(excluded.key, ''), publications.key),
			marker = COALESCE(NULLIF(excluded.marker, ''), publications.marker),
			content_hash = COALESCE(NULLIF(excluded.content_hash, ''), publications.content_hash),
			hashes = COALESCE(NULLIF(excluded.hashes, ''), publications.hashes),
			text_hash = COALESCE(NULLIF(excluded.text_hash, ''), publications.text_hash),
			revision = COALESCE(NULLIF(excluded.revision, ''), publications.revision),
			url = COALESCE(NULLIF(excluded.url, ''), publications.url),
			channel = COALESCE(NULLIF(excluded.channel, ''), publications.channel),
			network = COALESCE(NULLIF(excluded.network, ''), publications.network),
			started_at = COALESCE(NULLIF(publications.started_at, 0), excluded.started_at),
			published_at = COALESCE(NULLIF(excluded.published_at, 0), publications.published_at)
		WHERE publications.state NOT IN ('Published', 'Deleted') OR publications.record_id IN ('', excluded.record_id)`

	// What finish allows, in one statement, as that is a round trip.
	queryFinish = `UPDATE publications SET state = ?,
			record_id = COALESCE(NULLIF(?, ''), record_id), revision = COALESCE(NULLIF(?, ''), revision),
			url = COALESCE(NULLIF(?, ''), url), published_at = COALESCE(NULLIF(CAST(? AS BIGINT), 0), published_at), updated_at = ?
		WHERE ` + identity + ` AND attempt = ? AND (state NOT IN ('Published', 'Deleted')
			OR (state = 'Published' AND CAST(? AS TEXT) IN ('Published', 'Deleted')) OR (state = 'Deleted' AND CAST(? AS TEXT) = 'Deleted'))`
)

func scan(row scanner) (Publication, error) {
	var (
		p                           Publication
		hashes                      string
		started, published, updated int64
	)
	err := row.Scan(&p.Namespace, &p.Post, &p.Edition, &p.Account, &p.Segment, &p.Key, &p.Marker, &p.Attempt, &p.Owner,
		&p.State, &p.ContentHash, &hashes, &p.Cursor, &p.RecordID, &p.Revision, &p.URL, &p.Channel, &p.Network,
		&started, &published, &updated, &p.TextHash)
	p.Hashes = strings.Fields(hashes)
	if len(p.Hashes) == 0 {
		p.Hashes = nil
	}
	p.StartedAt, p.PublishedAt, p.UpdatedAt = fromMicros(started), fromMicros(published), fromMicros(updated)
	return p, err
}

func values(p Publication) []any {
	return []any{p.Namespace, p.Post, p.Edition, p.Account, p.Segment, p.Key, p.Marker, p.Attempt, p.Owner,
		string(p.State), p.ContentHash, strings.Join(p.Hashes, " "), p.Cursor, p.RecordID, p.Revision, p.URL, p.Channel, p.Network,
		toMicros(p.StartedAt), toMicros(p.PublishedAt), toMicros(p.UpdatedAt), p.TextHash}
}

func toMicros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func (t *transaction) one(ctx context.Context, id network.Identity) (Publication, error) {
	return row(ctx, t.statements, scan, queryOne, id.Namespace, id.Post, id.Edition, id.Account, id.Segment)
}

func (t *transaction) begin(ctx context.Context, p Publication) (Publication, bool, error) {
	// A row whose attempt has no name is nobody's to supersede, so an empty Supersedes must match nothing: it names the
	// new attempt once more.
	supersedes := p.Supersedes
	if supersedes == "" {
		supersedes = p.Attempt
	}
	current, err := row(ctx, t.statements, scan, queryBegin, append(values(p), supersedes)...)
	if err == nil {
		return current, true, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return Publication{}, false, err
	}
	current, err = t.one(ctx, p.Identity)
	return current, false, err
}

func (t *transaction) finish(ctx context.Context, id network.Identity, attempt string, o Outcome, now time.Time) error {
	state := string(o.State)
	changed, err := t.exec(ctx, queryFinish, state, o.RecordID, o.Revision, o.URL, toMicros(o.PublishedAt), toMicros(now),
		id.Namespace, id.Post, id.Edition, id.Account, id.Segment, attempt, state, state)
	if err != nil || changed > 0 {
		return err
	}
	current, err := t.one(ctx, id)
	switch {
	case errors.Is(err, sql.ErrNoRows) && o.State == NotSent:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		// An outcome is never lost, not even that of an attempt which was not recorded.
		_, err := t.exec(ctx, queryAdopt, values(Publication{
			Identity: id, Marker: id.Marker(), Attempt: attempt, State: o.State,
			RecordID: o.RecordID, Revision: o.Revision, URL: o.URL, PublishedAt: o.PublishedAt, UpdatedAt: now,
		})...)
		return err
	case err != nil:
		return err
	case current.Attempt != attempt:
		if o.State == NotSent && (current.State == NotSent || current.State == Failed) {
			return nil
		}
		return fmt.Errorf("%w: %q, which is %s", ErrSuperseded, current.Attempt, current.State)
	}
	return fmt.Errorf("%w: it is %s and cannot become %s", ErrSuperseded, current.State, o.State)
}

func (t *transaction) adopt(ctx context.Context, p Publication) error {
	written, err := t.exec(ctx, queryAdopt, values(p)...)
	if err == nil && written == 0 {
		return ErrOtherRecord
	}
	return err
}
