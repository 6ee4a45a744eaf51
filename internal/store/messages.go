package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// MessageState is how far a message is on its way.
type MessageState string

const (
	// MessagePending waits to be sent, for the first time or again.
	MessagePending MessageState = "Pending"
	// MessageSent was taken by its receiver.
	MessageSent MessageState = "Sent"
	// MessageGivenUp was not taken in time, or never will be.
	MessageGivenUp MessageState = "GivenUp"
)

// ObjectName names an object in a message's namespace.
type ObjectName struct{ Kind, Name string }

// Message is one row: what one receiver is told of one thing that happened.
type Message struct {
	// Namespace and Receiver are the SocialChannel that is told; ID is the same each time it is.
	Namespace, Receiver, ID string
	// Subject is what it is about, NamedBy the object that names the receiver.
	Subject, NamedBy ObjectName
	Event, Title     string
	// Payload is what is said, so that it is the same each time; opaque to the ledger.
	Payload []byte
	State   MessageState
	// Digest is the id under which it is told together with others; empty: alone. Gathered: with those that are due when it is.
	Digest string
	// Attempts that were begun. What was begun may have arrived.
	Attempts int
	// LastError says why the last one failed.
	LastError string
	// CreatedAt, NextAt (not before) and SentAt in microseconds, UTC; zero for none.
	CreatedAt, NextAt, SentAt time.Time
}

// Receiver of messages: a SocialChannel.
type Receiver struct{ Namespace, Name string }

// Claim asks for messages of one receiver, to send them now.
type Claim struct {
	Receiver Receiver
	// ID of the claim, random: only who holds it finishes its messages.
	ID  string
	Now time.Time
	// Until is when the messages may be claimed by another, if nobody says what became of them.
	Until time.Time
	// Max messages: 1, or as many as a digest joins; 0: only those that were joined before.
	Max int
	// Digest is the id that joins them; empty: they are sent alone. Messages that were joined before stay so.
	Digest string
	// Gathered asks for those that are told together at the end of a span of time; else for those that are told at once.
	Gathered bool
}

// Gathered stands in the place of a digest's id in messages that are told together at the end of a span, until they are.
const Gathered = "+"

// OfSpan begins the id of a digest of gathered messages: it counts for the rate of its receiver as one message, not as a flood.
const OfSpan = "span_"

// MessageOutcome is what came of sending.
type MessageOutcome struct {
	State MessageState
	// At is when it was sent, for MessageSent.
	At time.Time
	// NextAt is when it is tried again, for MessagePending.
	NextAt time.Time
	Error  string
}

const (
	messageColumns = `namespace, receiver, id, subject_kind, subject_name, named_kind, named_name, event, title, payload, state,
		digest, attempts, last_error, created_at, next_at, sent_at`
	ofReceiver = `namespace = ? AND receiver = ?`

	queryAddMessage = `INSERT INTO messages (` + messageColumns + `, claim)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'Pending', ?, 0, '', ?, ?, 0, '') ON CONFLICT (namespace, receiver, id) DO NOTHING`

	// A row that is claimed has next_at in the future: when its claim runs out.
	queryReceivers = `SELECT namespace, receiver, MIN(next_at) FROM messages WHERE state = 'Pending' GROUP BY namespace, receiver ORDER BY MIN(next_at)`

	queryClaimAgain = `UPDATE messages SET claim = ?, next_at = ?, attempts = attempts + 1
		WHERE ` + ofReceiver + ` AND state = 'Pending' AND next_at <= ? AND digest NOT IN ('', '` + Gathered + `') AND digest = (
			SELECT digest FROM messages WHERE ` + ofReceiver + ` AND state = 'Pending' AND next_at <= ? AND digest NOT IN ('', '` + Gathered + `')
			ORDER BY attempts, created_at, id LIMIT 1)
		RETURNING ` + messageColumns

	queryClaim = `UPDATE messages SET claim = ?, next_at = ?, digest = ?, attempts = attempts + 1
		WHERE ` + ofReceiver + ` AND state = 'Pending' AND next_at <= ? AND digest = ? AND id IN (
			SELECT id FROM messages WHERE ` + ofReceiver + ` AND state = 'Pending' AND next_at <= ? AND digest = ?
			ORDER BY attempts, created_at, id LIMIT ?)
		RETURNING ` + messageColumns

	queryConclude = `UPDATE messages SET claim = '', state = ?, sent_at = ?, next_at = ?, last_error = ?
		WHERE ` + ofReceiver + ` AND claim = ? AND state = 'Pending'`

	queryExpire = `UPDATE messages SET state = 'GivenUp', claim = '', last_error = CASE WHEN last_error = '' THEN ? ELSE last_error END
		WHERE ` + ofReceiver + ` AND state = 'Pending' AND created_at < ? AND (claim = '' OR next_at <= ?) RETURNING ` + messageColumns

	queryWaiting = `SELECT COUNT(*) FILTER (WHERE digest = ''), COUNT(*) FILTER (WHERE digest = '` + Gathered + `')
		FROM messages WHERE ` + ofReceiver + ` AND state = 'Pending' AND next_at <= ?`

	// A digest is one message, however many it joins.
	querySentSince = `SELECT COUNT(*) FILTER (WHERE digest = '') + COUNT(DISTINCT CASE WHEN digest LIKE '` + OfSpan + `%' THEN digest END),
		COUNT(DISTINCT CASE WHEN digest NOT LIKE '` + OfSpan + `%' THEN NULLIF(digest, '') END), COALESCE(MIN(sent_at), 0)
		FROM messages WHERE ` + ofReceiver + ` AND state = 'Sent' AND sent_at > ?`

	queryPruneMessages = `DELETE FROM messages WHERE state <> 'Pending' AND created_at < ?`

	queryWatcher = `SELECT seen_at FROM watchers WHERE name = ?`

	querySeen = `INSERT INTO watchers (name, seen_at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE
		SET seen_at = CASE WHEN excluded.seen_at > watchers.seen_at THEN excluded.seen_at ELSE watchers.seen_at END`
)

// AddMessages records messages that are to be sent. What is recorded already, by namespace, receiver and id, is left as it is;
// added counts the others.
func (s *Database) AddMessages(ctx context.Context, messages []Message) (added int, err error) {
	err = s.write(ctx, func(ctx context.Context, t *transaction) error {
		added = 0
		for _, m := range messages {
			n, err := t.exec(ctx, queryAddMessage, m.Namespace, m.Receiver, m.ID, m.Subject.Kind, m.Subject.Name,
				m.NamedBy.Kind, m.NamedBy.Name, m.Event, m.Title, string(m.Payload), m.Digest, toMicros(m.CreatedAt), toMicros(m.NextAt))
			if err != nil {
				return err
			}
			added += int(n)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("add messages to ledger: %w", err)
	}
	return added, nil
}

// WaitingReceivers are those with messages to be sent, and when the first of them is due.
func (s *Database) WaitingReceivers(ctx context.Context) (map[Receiver]time.Time, error) {
	type waiting struct {
		Receiver
		next int64
	}
	found, err := all(ctx, s.read, func(row scanner) (w waiting, err error) {
		err = row.Scan(&w.Namespace, &w.Name, &w.next)
		return w, err
	}, queryReceivers)
	if err != nil {
		return nil, err
	}
	out := make(map[Receiver]time.Time, len(found))
	for _, w := range found {
		out[w.Receiver] = fromMicros(w.next)
	}
	return out, nil
}

// ClaimMessages takes messages that are due, for this process alone until Claim.Until. Messages that were joined to a digest
// before come back together and before others. None due: an empty list.
func (s *Database) ClaimMessages(ctx context.Context, c Claim) (claimed []Message, err error) {
	now, until := toMicros(c.Now), toMicros(c.Until)
	err = s.write(ctx, func(ctx context.Context, t *transaction) (err error) {
		claimed, err = rows(ctx, t.statements, scanMessage, queryClaimAgain, c.ID, until, c.Receiver.Namespace, c.Receiver.Name, now,
			c.Receiver.Namespace, c.Receiver.Name, now)
		if err != nil || len(claimed) > 0 {
			return err
		}
		from := ""
		if c.Gathered {
			from = Gathered
		}
		claimed, err = rows(ctx, t.statements, scanMessage, queryClaim, c.ID, until, c.Digest, c.Receiver.Namespace, c.Receiver.Name, now, from,
			c.Receiver.Namespace, c.Receiver.Name, now, from, c.Max)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim messages in ledger: %w", err)
	}
	return claimed, nil
}

// ConcludeMessages records what came of the messages of a claim. One that ran out and was taken by another changes nothing.
func (s *Database) ConcludeMessages(ctx context.Context, r Receiver, claim string, o MessageOutcome) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		_, err := t.exec(ctx, queryConclude, string(o.State), toMicros(o.At), toMicros(o.NextAt), o.Error, r.Namespace, r.Name, claim)
		return err
	})
	if err != nil {
		return fmt.Errorf("conclude messages in ledger: %w", err)
	}
	return nil
}

// ExpireMessages gives up the messages of a receiver that were made before a time and that nobody holds, and tells them.
func (s *Database) ExpireMessages(ctx context.Context, r Receiver, before, now time.Time, why string) (expired []Message, err error) {
	err = s.write(ctx, func(ctx context.Context, t *transaction) (err error) {
		expired, err = rows(ctx, t.statements, scanMessage, queryExpire, why, r.Namespace, r.Name, toMicros(before), toMicros(now))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("expire messages in ledger: %w", err)
	}
	return expired, nil
}

// MessageCounts are what a receiver's rate is kept by.
type MessageCounts struct {
	// Due messages that are in no digest, and Gathered ones whose span is over.
	Due, Gathered int
	// Alone (the digest of a span counts as one) and Digests that were sent since the time asked for, and when the first of them was;
	// zero for none.
	Alone, Digests int
	First          time.Time
}

// CountMessages of a receiver: what is due now, and what was sent after since.
func (s *Database) CountMessages(ctx context.Context, r Receiver, now, since time.Time) (c MessageCounts, err error) {
	waiting, _, err := first(ctx, s.read, func(row scanner) (w MessageCounts, err error) {
		err = row.Scan(&w.Due, &w.Gathered)
		return w, err
	}, queryWaiting, r.Namespace, r.Name, toMicros(now))
	if err != nil {
		return MessageCounts{}, err
	}
	c, _, err = first(ctx, s.read, scanCounts, querySentSince, r.Namespace, r.Name, toMicros(since))
	c.Due, c.Gathered = waiting.Due, waiting.Gathered
	return c, err
}

func scanCounts(row scanner) (c MessageCounts, err error) {
	var first int64
	err = row.Scan(&c.Alone, &c.Digests, &first)
	c.First = fromMicros(first)
	return c, err
}

// PruneMessages forgets messages that came to their end and were made before a time.
func (s *Database) PruneMessages(ctx context.Context, before time.Time) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		_, err := t.exec(ctx, queryPruneMessages, toMicros(before))
		return err
	})
	if err != nil {
		return fmt.Errorf("prune messages in ledger: %w", err)
	}
	return nil
}

// Seen records that somebody watched until now, and tells until when somebody had before; zero: never.
func (s *Database) Seen(ctx context.Context, watcher string, now time.Time) (before time.Time, err error) {
	err = s.write(ctx, func(ctx context.Context, t *transaction) error {
		at, err := row(ctx, t.statements, scanInt, queryWatcher, watcher)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		before = fromMicros(at)
		_, err = t.exec(ctx, querySeen, watcher, toMicros(now))
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("record watcher in ledger: %w", err)
	}
	return before, nil
}

func scanMessage(row scanner) (Message, error) {
	var m Message
	var payload string
	var created, next, sent int64
	err := row.Scan(&m.Namespace, &m.Receiver, &m.ID, &m.Subject.Kind, &m.Subject.Name, &m.NamedBy.Kind, &m.NamedBy.Name,
		&m.Event, &m.Title, &payload, &m.State, &m.Digest, &m.Attempts, &m.LastError, &created, &next, &sent)
	m.Payload = []byte(payload)
	m.CreatedAt, m.NextAt, m.SentAt = fromMicros(created), fromMicros(next), fromMicros(sent)
	return m, err
}
