package store

import (
	"context"
	"time"
)

// Listened is how listening to a channel went.
type Listened struct {
	Namespace, Channel string
	// PolledAt is when it was last looked at, ItemAt when something new was last heard; zero: never.
	PolledAt, ItemAt time.Time
	// Items were said by others since the time asked for, and Lag is how long after they were said they were heard, on average; 0 where
	// none was. What was there before we listened counts for no lag.
	Items int64
	Lag   time.Duration
}

// Queue is how many cases wait of one kind, policy and state.
type Queue struct {
	Namespace, Policy, Kind string
	State                   CaseState
	Cases, Overdue          int64
	// Oldest is when the one was made that waits longest.
	Oldest time.Time
}

// Held is how many actions of one class of a policy wait for a person to let them go.
type Held struct {
	Namespace, Policy, Class string
	Actions                  int64
}

// Unjudged is how many items of a channel wait to be decided about.
type Unjudged struct {
	Namespace, Channel string
	Items              int64
}

// Queues are what waits, for people and for policies.
type Queues struct {
	Cases []Queue
	Held  []Held
	Items []Unjudged
}

// Figures is the part of the ledger that counts over all namespaces.
type Figures interface {
	// Listened tells how listening went since then, of every channel that was ever listened to.
	Listened(ctx context.Context, since time.Time) ([]Listened, error)
	// Queues tells what waits now.
	Queues(ctx context.Context, now time.Time) (Queues, error)
}

var _ Figures = (*Database)(nil)

const (
	queryListened = `SELECT l.namespace, l.channel, MAX(l.polled_at), MAX(l.item_at), COALESCE(MAX(s.items), 0), COALESCE(MAX(s.lag), 0), COALESCE(MAX(s.timed), 0)
		FROM listening l LEFT JOIN (
			SELECT namespace, channel, COUNT(*) AS items,
				CAST(SUM(CASE WHEN state <> 'Recorded' AND created_at > 0 AND created_at < seen_at THEN seen_at - created_at ELSE 0 END) AS BIGINT) AS lag,
				SUM(CASE WHEN state <> 'Recorded' AND created_at > 0 THEN 1 ELSE 0 END) AS timed
			FROM items WHERE seen_at >= ? AND ours = 0 AND (created_at >= ? OR created_at = 0) GROUP BY namespace, channel
		) s ON s.namespace = l.namespace AND s.channel = l.channel
		GROUP BY l.namespace, l.channel ORDER BY l.namespace, l.channel`
	queryQueues = `SELECT namespace, policy, kind, state, COUNT(*), SUM(CASE WHEN due_at > 0 AND due_at < ? THEN 1 ELSE 0 END), MIN(created_at)
		FROM cases WHERE state <> 'Done' AND state IN ('Waiting', 'Open', 'Decided') GROUP BY namespace, policy, kind, state ORDER BY namespace, policy, kind, state`
	queryAllHeld  = `SELECT namespace, policy, class, COUNT(*) FROM actions WHERE state = 'Held' GROUP BY namespace, policy, class ORDER BY namespace, policy, class`
	queryUnjudged = `SELECT namespace, channel, COUNT(*) FROM undecided GROUP BY namespace, channel ORDER BY namespace, channel`
)

// Listened implements Figures.
func (s *Database) Listened(ctx context.Context, since time.Time) ([]Listened, error) {
	return all(ctx, s.read, func(row scanner) (l Listened, err error) {
		var polled, item, lag, timed int64
		err = row.Scan(&l.Namespace, &l.Channel, &polled, &item, &l.Items, &lag, &timed)
		l.PolledAt, l.ItemAt = fromMicros(polled), fromMicros(item)
		if timed > 0 {
			l.Lag = time.Duration(lag/timed) * time.Microsecond
		}
		return l, err
	}, queryListened, toMicros(since), toMicros(since))
}

// Queues implements Figures.
func (s *Database) Queues(ctx context.Context, now time.Time) (q Queues, err error) {
	q.Cases, err = all(ctx, s.read, func(row scanner) (c Queue, err error) {
		var oldest int64
		err = row.Scan(&c.Namespace, &c.Policy, &c.Kind, &c.State, &c.Cases, &c.Overdue, &oldest)
		c.Oldest = fromMicros(oldest)
		return c, err
	}, queryQueues, toMicros(now))
	if err != nil {
		return Queues{}, err
	}
	q.Held, err = all(ctx, s.read, func(row scanner) (h Held, err error) {
		err = row.Scan(&h.Namespace, &h.Policy, &h.Class, &h.Actions)
		return h, err
	}, queryAllHeld)
	if err != nil {
		return Queues{}, err
	}
	q.Items, err = all(ctx, s.read, func(row scanner) (u Unjudged, err error) {
		err = row.Scan(&u.Namespace, &u.Channel, &u.Items)
		return u, err
	}, queryUnjudged)
	return q, err
}
