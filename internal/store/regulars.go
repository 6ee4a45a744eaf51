package store

import (
	"context"
	"fmt"
	"time"
)

// regularWithin is the span that is looked at for who is a regular, in weeks.
const regularWithin = 4

// Least figures of a regular.
const (
	regularWeeks, regularDays, regularSaid = 3, 5, 10
)

// Regular is how much somebody says on an account, as the ledger shows it for the last four weeks.
type Regular struct {
	Namespace, Account, ID, Handle string
	// SelfNamed: the Handle tells nobody who they are.
	SelfNamed bool
	// Said counts what they said that stands, on so many Days, in so many of the four Weeks; Answers those of it by which they answered others.
	Said, Days, Weeks, Answers int64
	// Against counts what was hidden or removed, or was to be, and their strikes.
	Against int64
	// Last is when they last said something.
	Last time.Time
}

// Holds is true for a regular: they speak in three of the four weeks, and nothing speaks against them.
func (r *Regular) Holds() bool {
	return r.Weeks >= regularWeeks && r.Days >= regularDays && r.Said >= regularSaid && r.Against == 0
}

// Regulars is the part of the ledger about who matters to a community though no policy names them.
type Regulars interface {
	// RegularOf is how much somebody says on an account.
	RegularOf(ctx context.Context, namespace, account, author string, now time.Time) (Regular, error)
	// Regulars of a namespace, those first who are there most, without the team and bots.
	Regulars(ctx context.Context, namespace string, now time.Time, limit int) ([]Regular, error)
}

var _ Regulars = (*Database)(nil)

const (
	// Where the network does not tell when it was said, it was when it was seen.
	regularAt      = `(CASE WHEN i.created_at = 0 THEN i.seen_at ELSE i.created_at END)`
	regularStands  = `i.gone = 0 AND i.hidden = 0 AND i.removed = 0 AND i.human NOT IN ('Hide', 'Remove') AND (i.human = 'Allow' OR i.outcome NOT IN ('Hide', 'Remove', 'Review'))`
	regularAgainst = `i.human IN ('Hide', 'Remove') OR (i.human = '' AND (i.hidden = 1 OR i.removed = 1 OR i.outcome IN ('Hide', 'Remove')))`
	regularFigures = `SUM(CASE WHEN ` + regularStands + ` THEN 1 ELSE 0 END),
		COUNT(DISTINCT CASE WHEN ` + regularStands + ` THEN ` + regularAt + ` / 86400000000 END),
		COUNT(DISTINCT CASE WHEN ` + regularStands + ` THEN (CAST(? AS BIGINT) - ` + regularAt + `) / 604800000000 END),
		SUM(CASE WHEN ` + regularStands + ` AND i.parent_ours = 0 THEN 1 ELSE 0 END),
		SUM(CASE WHEN ` + regularAgainst + ` THEN 1 ELSE 0 END), MAX(` + regularAt + `)`
	regularItems = ` FROM items i WHERE i.namespace = ? AND i.ours = 0 AND i.kind IN ('Comment', 'Reply', 'Mention') AND ` + regularAt + ` > ? AND ` + regularAt + ` <= ?`

	queryRegularOf      = `SELECT ` + regularFigures + regularItems + ` AND i.account = ? AND i.author = ?`
	queryRegularStrikes = `SELECT COUNT(*) FROM strikes WHERE namespace = ? AND account = ? AND author = ? AND at > ? AND policy NOT LIKE '%/audit'`
	queryRegulars       = `SELECT i.account, i.author, ` + regularFigures + regularItems + ` AND i.author <> ''
		AND NOT EXISTS (SELECT 1 FROM people p WHERE p.namespace = i.namespace AND p.account = i.account AND p.id = i.author AND p.flags IN (1, 3, 4, 5, 6, 7))
		GROUP BY i.account, i.author HAVING SUM(CASE WHEN ` + regularStands + ` THEN 1 ELSE 0 END) >= ?`
	queryHandleOf = `SELECT handle, flags FROM people WHERE namespace = ? AND account = ? AND id = ?`
)

func regularSpan(now time.Time) (from, to int64) {
	return toMicros(now.Add(-regularWithin * 7 * 24 * time.Hour)), toMicros(now)
}

// RegularOf implements Regulars.
func (s *Database) RegularOf(ctx context.Context, namespace, account, author string, now time.Time) (Regular, error) {
	from, to := regularSpan(now)
	r, _, err := first(ctx, s.read, func(row scanner) (r Regular, err error) {
		var said, answers, against, last *int64
		err = row.Scan(&said, &r.Days, &r.Weeks, &answers, &against, &last)
		r.fill(said, answers, against, last)
		return r, err
	},
		queryRegularOf, to, namespace, from, to, account, author)
	if err != nil {
		return Regular{}, fmt.Errorf("read ledger: %w", err)
	}
	r.Namespace, r.Account, r.ID = namespace, account, author
	err = s.complete(ctx, &r, from)
	return r, err
}

func (r *Regular) fill(said, answers, against, last *int64) {
	for _, f := range []struct{ from, into *int64 }{{said, &r.Said}, {answers, &r.Answers}, {against, &r.Against}} {
		if f.from != nil {
			*f.into = *f.from
		}
	}
	if last != nil {
		r.Last = fromMicros(*last)
	}
}

// complete adds strikes, and the handle.
func (s *Database) complete(ctx context.Context, r *Regular, from int64) error {
	strikes, _, err := first(ctx, s.read, scanInt, queryRegularStrikes, r.Namespace, r.Account, r.ID, from)
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	r.Against += strikes
	_, _, err = first(ctx, s.read, func(row scanner) (flags int64, err error) {
		err = row.Scan(&r.Handle, &flags)
		r.SelfNamed = flags&flagSelfNamed != 0
		return flags, err
	}, queryHandleOf, r.Namespace, r.Account, r.ID)
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	return nil
}

// Regulars implements Regulars.
func (s *Database) Regulars(ctx context.Context, namespace string, now time.Time, limit int) (out []Regular, err error) {
	from, to := regularSpan(now)
	found, err := all(ctx, s.read, func(row scanner) (r Regular, err error) {
		var said, answers, against, last *int64
		err = row.Scan(&r.Account, &r.ID, &said, &r.Days, &r.Weeks, &answers, &against, &last)
		r.fill(said, answers, against, last)
		return r, err
	}, queryRegulars+` ORDER BY 5 DESC, 4 DESC, 6 DESC, 3 DESC, i.account, i.author`, to, namespace, from, to, regularSaid)
	if err != nil {
		return nil, err
	}
	for i := range found {
		r := &found[i]
		if r.Namespace = namespace; !r.Holds() {
			continue
		}
		if err := s.complete(ctx, r, from); err != nil {
			return nil, err
		}
		if !r.Holds() {
			continue // they have strikes
		}
		if out = append(out, *r); len(out) == limit {
			break
		}
	}
	return out, nil
}

const queryPolicies = `SELECT name, uid, generation, spec, lists FROM policies WHERE namespace = ? ORDER BY name`

// Policies are the versions of a namespace that were kept, by name.
func (s *Database) Policies(ctx context.Context, namespace string) ([]PolicyVersion, error) {
	return all(ctx, s.read, func(row scanner) (v PolicyVersion, err error) {
		v.Namespace = namespace
		err = row.Scan(&v.Name, &v.UID, &v.Generation, &v.Spec, &v.Lists)
		return v, err
	}, queryPolicies, namespace)
}
