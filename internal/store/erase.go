package store

import (
	"context"
	"fmt"
	"time"
)

// What was done stays in the ledger as a number; whose words it was about does not.
const (
	queryErasePeople  = `DELETE FROM people WHERE namespace = ? AND (id = ? OR handle = ?)`
	queryEraseCases   = `DELETE FROM cases WHERE namespace = ? AND EXISTS (SELECT 1 FROM items i WHERE i.namespace = cases.namespace AND i.account = cases.account AND i.id = cases.item AND (i.author = ? OR i.handle = ?))`
	queryEraseLabels  = `DELETE FROM labels WHERE namespace = ? AND EXISTS (SELECT 1 FROM items i WHERE i.namespace = labels.namespace AND i.account = labels.account AND i.id = labels.item AND (i.author = ? OR i.handle = ?))`
	queryEraseStrikes = `DELETE FROM strikes WHERE namespace = ? AND EXISTS (SELECT 1 FROM items i WHERE i.namespace = strikes.namespace AND i.account = strikes.account AND i.id = strikes.item AND (i.author = ? OR i.handle = ?))`
	// The key of an item stays, so that it is not taken for a new one when the network tells it again.
	// What was not done yet is not done without its words.
	queryEraseActions = `UPDATE actions SET payload = '', author = '', state = CASE WHEN state IN ('Pending', 'Held') THEN 'Discarded' ELSE state END
		WHERE namespace = ? AND EXISTS (SELECT 1 FROM items i WHERE i.namespace = actions.namespace AND i.account = actions.account AND i.id = actions.item AND (i.author = ? OR i.handle = ?))`
	// What the team is told has the id of the action that tells it.
	queryEraseMessages = `DELETE FROM messages WHERE namespace = ? AND EXISTS (SELECT 1 FROM actions a JOIN items i ON i.namespace = a.namespace AND i.account = a.account AND i.id = a.item
		WHERE a.id = messages.id AND a.namespace = messages.namespace AND (i.author = ? OR i.handle = ?))`
	queryEraseItems = `UPDATE items SET text = '', text_key = '', url = '', author = '', handle = '', links = '', mentions = '', explanation = '', gone = 1, state = 'Recorded'
		WHERE namespace = ? AND (author = ? OR handle = ?)`

	queryForgetItems   = `DELETE FROM items WHERE seen_at < ? AND state <> 'New' AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.namespace = items.namespace AND c.account = items.account AND c.item = items.id AND c.state IN ('Waiting', 'Open', 'Decided'))`
	queryForgetActions = `DELETE FROM actions WHERE created_at < ? AND state NOT IN ('Pending', 'Doing', 'Held')`
	queryForgetMatches = `DELETE FROM matches WHERE at < ?`
	queryForgetStrikes = `DELETE FROM strikes WHERE at < ?`
	queryForgetLabels  = `DELETE FROM labels WHERE at < ?`
	queryForgetCases   = `DELETE FROM cases WHERE created_at < ? AND state IN ('Done', 'Failed')`
	queryForgetPeople  = `DELETE FROM people WHERE last_seen < ?`
)

// EraseAuthor implements Community.
func (s *Database) EraseAuthor(ctx context.Context, namespace, author string) (erased Erased, err error) {
	err = s.write(ctx, func(ctx context.Context, t *transaction) error {
		erased = Erased{}
		for _, q := range []struct {
			query string
			into  *int
		}{
			{queryEraseCases, &erased.Cases}, {queryEraseLabels, nil}, {queryEraseStrikes, nil}, {queryEraseMessages, nil}, {queryEraseActions, nil},
			{queryEraseItems, &erased.Items}, {queryErasePeople, &erased.People},
		} {
			n, err := t.exec(ctx, q.query, namespace, author, author)
			if err != nil {
				return err
			}
			if q.into != nil {
				*q.into = int(n)
			}
		}
		return nil
	})
	if err != nil {
		return Erased{}, fmt.Errorf("erase an author from the ledger: %w", err)
	}
	return erased, nil
}

// ForgetBefore implements Community.
func (s *Database) ForgetBefore(ctx context.Context, before time.Time) (forgotten int, err error) {
	err = s.write(ctx, func(ctx context.Context, t *transaction) error {
		forgotten = 0
		for _, query := range []string{queryForgetItems, queryForgetActions, queryForgetMatches, queryForgetStrikes, queryForgetLabels, queryForgetCases, queryForgetPeople} {
			n, err := t.exec(ctx, query, toMicros(before))
			if err != nil {
				return err
			}
			forgotten += int(n)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("forget what is old in the ledger: %w", err)
	}
	return forgotten, nil
}
