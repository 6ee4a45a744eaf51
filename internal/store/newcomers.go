package store

import (
	"context"
	"fmt"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// Newcomer is what speaks against welcoming someone.
type Newcomer struct {
	// Greeted: the policy welcomed them before, or is about to.
	Greeted bool
	// OpenCase: something of theirs waits for a person.
	OpenCase bool
}

const (
	queryGreeted = `SELECT DISTINCT author FROM actions WHERE namespace = ? AND account = ? AND policy = ? AND kind IN ('welcome', 'welcomeStep')
		AND state IN ('Pending', 'Doing', 'Done', 'Held', 'Unknown', 'Undone') AND author`
	queryOpenCases = `SELECT DISTINCT i.author FROM items i JOIN cases c ON c.namespace = i.namespace AND c.account = i.account AND c.item = i.id
		AND c.state IN ('Waiting', 'Open', 'Decided') WHERE i.namespace = ? AND i.account = ? AND i.author`
	// Networks let people date what they say: what was said late counts as well as what was seen late.
	queryPosted = `SELECT COUNT(*) FROM (SELECT 1 FROM items WHERE namespace = ? AND account = ? AND author = ? AND (created_at >= ? OR seen_at >= ?)
		AND kind IN ('Comment', 'Reply', 'Mention', 'Message') AND id <> ? LIMIT 1) AS p`
)

// Newcomers implements Community.
func (s *Database) Newcomers(ctx context.Context, policy string, items []Item) ([]Newcomer, error) {
	out := make([]Newcomer, len(items))
	type account struct{ namespace, id string }
	for _, g := range group(items, func(it *Item) (account, bool) {
		return account{it.Key.Namespace, it.Key.Account}, it.Author.ID != "" && (it.Kind == network.ItemJoin || it.Kind == network.ItemFollow)
	}) {
		by := map[string][]int{}
		var authors []string
		for _, i := range g.at {
			id := kept(items[i].Author.ID)
			if by[id] == nil {
				authors = append(authors, id)
			}
			by[id] = append(by[id], i)
		}
		greeted, err := among(ctx, s, scanText, queryGreeted, "", authors, g.key.namespace, g.key.id, policy)
		if err != nil {
			return nil, err
		}
		waiting, err := among(ctx, s, scanText, queryOpenCases, "", authors, g.key.namespace, g.key.id)
		if err != nil {
			return nil, err
		}
		for _, id := range greeted {
			for _, i := range by[id] {
				out[i].Greeted = true
			}
		}
		for _, id := range waiting {
			for _, i := range by[id] {
				out[i].OpenCase = true
			}
		}
	}
	return out, nil
}

// Posted implements Community.
func (s *Database) Posted(ctx context.Context, it *Item) (bool, error) {
	since := it.CreatedAt
	if since.IsZero() || since.After(it.SeenAt) {
		since = it.SeenAt
	}
	n, _, err := first(ctx, s.read, scanInt, queryPosted, it.Key.Namespace, it.Key.Account, it.Author.ID, toMicros(since), toMicros(it.SeenAt), it.Key.ID)
	return n > 0, err
}

// AddWithin implements Community.
func (s *Database) AddWithin(ctx context.Context, actions []Action, limits []Limit, now time.Time) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		circuits := map[circuitKey]*circuit{}
		values := make([][]any, len(actions))
		for i := range actions {
			a := actions[i]
			v := Verdict{Key: ItemKey{Namespace: a.Namespace, Account: a.Account, ID: a.Item}, At: now}
			if err := t.limit(ctx, &v, &Part{Policy: a.Policy, Limits: limits}, &a, circuits); err != nil {
				return err
			}
			values[i] = actionValues(&a)
		}
		return t.addRows(ctx, addActions, onKnownAction, values)
	})
	if err != nil {
		return fmt.Errorf("record actions in ledger: %w", err)
	}
	return nil
}
