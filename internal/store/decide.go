package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	actionColumns = `id, namespace, policy, generation, rule, account, channel, item, author, kind, class, payload, by_whom, state, reason, claim, tries, failures,
		next_at, ref_id, ref_revision, url, created_at, done_at`
	addActions    = `INSERT INTO actions (` + actionColumns + `) `
	onKnownAction = ` ON CONFLICT (id) DO NOTHING`
)

func actionValues(a *Action) []any {
	return []any{a.ID, a.Namespace, a.Policy, a.Generation, a.Rule, a.Account, a.Channel, a.Item, a.Author, a.Kind, a.Class, a.Payload,
		a.By, string(a.State), a.Reason, a.Claim, a.Tries, a.Failures, toMicros(a.NextAt), a.Ref.ID, a.Ref.Revision, a.Ref.URL, toMicros(a.CreatedAt), toMicros(a.DoneAt)}
}

func scanAction(row scanner) (a Action, err error) {
	var next, created, done int64
	err = row.Scan(&a.ID, &a.Namespace, &a.Policy, &a.Generation, &a.Rule, &a.Account, &a.Channel, &a.Item, &a.Author, &a.Kind, &a.Class, &a.Payload, &a.By,
		&a.State, &a.Reason, &a.Claim, &a.Tries, &a.Failures, &next, &a.Ref.ID, &a.Ref.Revision, &a.Ref.URL, &created, &done)
	a.NextAt, a.CreatedAt, a.DoneAt = fromMicros(next), fromMicros(created), fromMicros(done)
	return a, err
}

const (
	queryDueActions = `SELECT id FROM actions WHERE state IN ('Pending', 'Doing') AND next_at <= ? ORDER BY next_at, created_at, id LIMIT ?`
	queryClaimOne   = `UPDATE actions SET state = 'Doing', claim = ?, tries = tries + 1, next_at = ? WHERE id = ? RETURNING ` + actionColumns
	queryFinishOne  = `UPDATE actions SET state = ?, reason = ?, failures = ?, next_at = ?, ref_id = ?, ref_revision = ?, url = ?, done_at = ?, claim = ''
		WHERE id = ? AND claim = ?`
	querySettle    = `UPDATE actions SET state = ?, by_whom = ?, next_at = ? WHERE namespace = ? AND policy = ? AND state = 'Held'`
	queryUndoState = `UPDATE actions SET state = 'Undone', by_whom = ?, done_at = ? WHERE id = ?`
	// What was thrown away is not counted against anybody: no more than what was taken back.
	queryDiscardStrikes = `DELETE FROM strikes WHERE EXISTS (SELECT 1 FROM actions a WHERE a.namespace = ? AND a.policy = ? AND a.state = 'Held' AND (? = '' OR a.class = ?)
		AND a.namespace = strikes.namespace AND a.policy = strikes.policy AND a.account = strikes.account AND a.item = strikes.item AND a.rule = strikes.rule)`
	// What was wrong to do was wrong to be punished for.
	queryUndoStrike = `DELETE FROM strikes WHERE EXISTS (SELECT 1 FROM actions a WHERE a.id = ? AND a.namespace = strikes.namespace AND a.policy = strikes.policy
		AND a.account = strikes.account AND a.item = strikes.item AND a.rule = strikes.rule)`
)

// Claim implements Community.
func (s *Database) Claim(ctx context.Context, claim string, now, until time.Time, limit int) (claimed []Action, err error) {
	due, err := all(ctx, s.read, scanText, queryDueActions, toMicros(now), limit)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	err = s.write(ctx, func(ctx context.Context, t *transaction) error {
		claimed = nil
		ids, err := rows(ctx, t.statements, scanText, queryDueActions, toMicros(now), limit)
		if err != nil {
			return err
		}
		for _, id := range ids {
			a, err := row(ctx, t.statements, scanAction, queryClaimOne, claim, toMicros(until), id)
			if err != nil {
				return err
			}
			claimed = append(claimed, a)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim actions in ledger: %w", err)
	}
	return claimed, nil
}

func scanText(row scanner) (text string, err error) {
	err = row.Scan(&text)
	return text, err
}

// ErrNotClaimed is wrapped by Finish if the action is in other hands by now; nothing was changed.
var ErrNotClaimed = errors.New("the action is in other hands")

// FinishAction implements Community.
func (s *Database) FinishAction(ctx context.Context, a Action) error {
	var changed int64
	err := s.write(ctx, func(ctx context.Context, t *transaction) (err error) {
		changed, err = t.exec(ctx, queryFinishOne, string(a.State), a.Reason, a.Failures, toMicros(a.NextAt), a.Ref.ID, a.Ref.Revision, a.Ref.URL, toMicros(a.DoneAt), a.ID, a.Claim)
		return err
	})
	if err == nil && changed == 0 {
		err = ErrNotClaimed
	}
	if err != nil {
		return fmt.Errorf("record action %s in ledger: %w", a.ID, err)
	}
	return nil
}

const (
	querySaid   = `SELECT ` + actionColumns + ` FROM actions WHERE namespace = ? AND account = ? AND ref_id = ? AND ref_id <> '' ORDER BY created_at LIMIT 1`
	queryLabels = `SELECT name FROM labels WHERE namespace = ? AND account = ? AND item = ? ORDER BY name`
)

// Said implements Community.
func (s *Database) Said(ctx context.Context, namespace, account, record string) (Action, bool, error) {
	return first(ctx, s.read, scanAction, querySaid, namespace, account, record)
}

// Label implements Community.
func (s *Database) Label(ctx context.Context, key ItemKey, name string, at time.Time) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		return t.addRows(ctx, addLabels, onKnownLabel, [][]any{{key.Namespace, key.Account, key.ID, name, toMicros(at)}})
	})
	if err != nil {
		return fmt.Errorf("record label in ledger: %w", err)
	}
	return nil
}

// Labels implements Community.
func (s *Database) Labels(ctx context.Context, key ItemKey) ([]string, error) {
	return all(ctx, s.read, scanText, queryLabels, key.Namespace, key.Account, key.ID)
}

// Add implements Community.
func (s *Database) Add(ctx context.Context, actions []Action) error {
	values := make([][]any, len(actions))
	for i := range actions {
		values[i] = actionValues(&actions[i])
	}
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		return t.addRows(ctx, addActions, onKnownAction, values)
	})
	if err != nil {
		return fmt.Errorf("record actions in ledger: %w", err)
	}
	return nil
}

// Settle implements Community.
func (s *Database) Settle(ctx context.Context, namespace, policy, class string, to ActionState, by string, now time.Time) (int, error) {
	query, args := querySettle, []any{string(to), by, toMicros(now), namespace, policy}
	if class != "" {
		query, args = query+` AND class = ?`, append(args, class)
	}
	var changed int64
	err := s.write(ctx, func(ctx context.Context, t *transaction) (err error) {
		if to == ActionDiscarded {
			if _, err := t.exec(ctx, queryDiscardStrikes, namespace, policy, class, class); err != nil {
				return err
			}
		}
		changed, err = t.exec(ctx, query, args...)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("settle held actions in ledger: %w", err)
	}
	return int(changed), nil
}

// Undone implements Community.
func (s *Database) Undone(ctx context.Context, id, by string, now time.Time) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		if _, err := t.exec(ctx, queryUndoStrike, id); err != nil {
			return err
		}
		_, err := t.exec(ctx, queryUndoState, by, toMicros(now), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("record undone action in ledger: %w", err)
	}
	return nil
}

// conditions join parts of a filter.
type conditions struct {
	parts []string
	args  []any
}

func (c *conditions) equal(column, value string) {
	if value != "" {
		c.parts, c.args = append(c.parts, column+" = ?"), append(c.args, value)
	}
}

func (c *conditions) among(column string, values []string) {
	if len(values) > 0 {
		c.parts = append(c.parts, column+" IN (?"+strings.Repeat(", ?", len(values)-1)+")")
		for _, v := range values {
			c.args = append(c.args, v)
		}
	}
}

func (c *conditions) where() string {
	if len(c.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.parts, " AND ")
}

// Actions implements Community.
func (s *Database) Actions(ctx context.Context, f ActionFilter) ([]Action, error) {
	var c conditions
	c.equal("id", f.ID)
	c.equal("namespace", f.Namespace)
	c.equal("policy", f.Policy)
	c.equal("rule", f.Rule)
	c.equal("account", f.Account)
	c.equal("item", f.Item)
	c.equal("class", f.Class)
	c.equal("author", f.Author)
	c.equal("class", f.Class)
	if f.Generation > 0 {
		c.parts, c.args = append(c.parts, "generation = ?"), append(c.args, f.Generation)
	}
	if !f.Since.IsZero() {
		c.parts, c.args = append(c.parts, "created_at >= ?"), append(c.args, toMicros(f.Since))
	}
	states := make([]string, len(f.States))
	for i, state := range f.States {
		states[i] = string(state)
	}
	c.among("state", states)
	query := `SELECT ` + actionColumns + ` FROM actions` + c.where() + ` ORDER BY created_at DESC, id`
	if f.Limit > 0 {
		query, c.args = query+` LIMIT ?`, append(c.args, f.Limit)
	}
	return all(ctx, s.read, scanAction, query, c.args...)
}
