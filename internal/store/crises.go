package store

import (
	"context"
	"fmt"
	"time"
)

// Crisis is one row: a Crisis that was opened, and what it holds. After a restore of the cluster it says what is missing there.
type Crisis struct {
	Namespace, Name, UID string
	// Spec and Holds as JSON. No Holds: they were not resolved yet.
	Spec, Holds string
	// OpenedAt is when it was first seen, ClosedAt when it ended, zero while it is open.
	OpenedAt, ClosedAt time.Time
}

// Crises is the part of the ledger that knows them.
type Crises interface {
	// OpenCrises of a namespace, or of all where it is empty, by namespace and name.
	OpenCrises(ctx context.Context, namespace string) ([]Crisis, error)
	// Crisis by its name; false if none was ever recorded.
	Crisis(ctx context.Context, namespace, name string) (Crisis, bool, error)
	// SaveCrisis records a Crisis as it is. One that is recorded under the same name is overwritten.
	SaveCrisis(ctx context.Context, c Crisis) error
	// CloseCrisis records that a Crisis ended. It may be repeated; of one that is not recorded it records nothing.
	CloseCrisis(ctx context.Context, namespace, name string, at time.Time) error
}

var _ Crises = (*Database)(nil)

const (
	crisisColumns = `namespace, name, uid, spec, holds, opened_at, closed_at`

	queryOpenCrises = `SELECT ` + crisisColumns + ` FROM crises WHERE closed_at = 0 AND (namespace = ? OR ? = '') ORDER BY namespace, name`
	queryCrisis     = `SELECT ` + crisisColumns + ` FROM crises WHERE namespace = ? AND name = ?`
	querySaveCrisis = `INSERT INTO crises (` + crisisColumns + `, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (namespace, name) DO UPDATE SET uid = excluded.uid, spec = excluded.spec, holds = excluded.holds,
			opened_at = excluded.opened_at, closed_at = excluded.closed_at, updated_at = excluded.updated_at`
	queryCloseCrisis = `UPDATE crises SET closed_at = ?, updated_at = ? WHERE namespace = ? AND name = ? AND closed_at = 0`
)

func scanCrisis(row scanner) (Crisis, error) {
	var c Crisis
	var opened, closed int64
	err := row.Scan(&c.Namespace, &c.Name, &c.UID, &c.Spec, &c.Holds, &opened, &closed)
	c.OpenedAt, c.ClosedAt = fromMicros(opened), fromMicros(closed)
	return c, err
}

// OpenCrises implements Crises.
func (s *Database) OpenCrises(ctx context.Context, namespace string) ([]Crisis, error) {
	return all(ctx, s.read, scanCrisis, queryOpenCrises, namespace, namespace)
}

// Crisis implements Crises.
func (s *Database) Crisis(ctx context.Context, namespace, name string) (Crisis, bool, error) {
	return first(ctx, s.read, scanCrisis, queryCrisis, namespace, name)
}

// SaveCrisis implements Crises.
func (s *Database) SaveCrisis(ctx context.Context, c Crisis) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		_, err := t.exec(ctx, querySaveCrisis, c.Namespace, c.Name, c.UID, c.Spec, c.Holds, toMicros(c.OpenedAt), toMicros(c.ClosedAt), toMicros(s.now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("record Crisis %s/%s in ledger: %w", c.Namespace, c.Name, err)
	}
	return nil
}

// CloseCrisis implements Crises.
func (s *Database) CloseCrisis(ctx context.Context, namespace, name string, at time.Time) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		_, err := t.exec(ctx, queryCloseCrisis, toMicros(at), toMicros(s.now()), namespace, name)
		return err
	})
	if err != nil {
		return fmt.Errorf("record the end of Crisis %s/%s in ledger: %w", namespace, name, err)
	}
	return nil
}
