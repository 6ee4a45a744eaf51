package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// ItemFilter chooses items; empty fields choose all.
type ItemFilter struct {
	Namespace, Channel, Account, ID string
	// Author is a handle or an id.
	Author string
	// Since is when they were first seen.
	Since time.Time
	// After is the item that the page before ended with; nil: from the beginning.
	After *Item
	// Newest gives the newest first, else the oldest come first. It goes with no After.
	Newest bool
	Limit  int
}

// Known is someone who said or did something, on one account.
type Known struct {
	Namespace, Account string
	network.Person
	FirstSeen, LastSeen time.Time
}

// KeptStrike is a strike as the ledger keeps it.
type KeptStrike struct {
	Policy, Account, Item string
	Strike
	At time.Time
}

const (
	queryPeople = `SELECT namespace, account, id, handle, display_name, url, created_at, followers, is_follower, is_member, flags, no_automation, first_seen, last_seen
		FROM people WHERE namespace = ? AND (id = ? OR handle = ?) ORDER BY account, id`
	queryStrikesOf = `SELECT policy, account, item, rule, weight, at FROM strikes WHERE namespace = ? AND account = ? AND author = ? ORDER BY at DESC, policy, rule, item LIMIT ?`
	queryCasesOf   = `SELECT ` + caseColumns + ` FROM cases WHERE namespace = ? AND account = ? AND EXISTS (SELECT 1 FROM items i
		WHERE i.namespace = cases.namespace AND i.account = cases.account AND i.id IN (cases.item, cases.other) AND i.author = ?) ORDER BY created_at DESC, name LIMIT ?`
)

// Items implements Community.
func (s *Database) Items(ctx context.Context, f ItemFilter) ([]Item, error) {
	var c conditions
	c.equal("i.namespace", f.Namespace)
	c.equal("i.channel", f.Channel)
	c.equal("i.account", f.Account)
	c.equal("i.id", f.ID)
	if f.Author != "" {
		c.parts, c.args = append(c.parts, "(i.author = ? OR i.handle = ?)"), append(c.args, f.Author, f.Author)
	}
	if !f.Since.IsZero() {
		c.parts, c.args = append(c.parts, "i.seen_at >= ?"), append(c.args, toMicros(f.Since))
	}
	if a := f.After; a != nil {
		at, k := toMicros(a.SeenAt), a.Key
		c.parts = append(c.parts, "(i.seen_at > ? OR (i.seen_at = ? AND (i.namespace > ? OR (i.namespace = ? AND (i.account > ? OR (i.account = ? AND i.id > ?))))))")
		c.args = append(c.args, at, at, k.Namespace, k.Namespace, k.Account, k.Account, k.ID)
	}
	order := ` ORDER BY i.seen_at, i.namespace, i.account, i.id`
	if f.Newest {
		order = ` ORDER BY i.seen_at DESC, i.namespace, i.account, i.id`
	}
	query := selectItem + c.where() + order
	if f.Limit > 0 {
		query, c.args = query+` LIMIT ?`, append(c.args, f.Limit)
	}
	return all(ctx, s.read, scanItemRow, query, c.args...)
}

// People implements Community.
func (s *Database) People(ctx context.Context, namespace, who string) ([]Known, error) {
	return all(ctx, s.read, func(row scanner) (k Known, err error) {
		var joined, flags, silent, first, last int64
		var followers, follower, member sql.NullInt64
		a := &k.Person
		err = row.Scan(&k.Namespace, &k.Account, &a.ID, &a.Handle, &a.DisplayName, &a.URL, &joined, &followers, &follower, &member, &flags, &silent, &first, &last)
		fillPerson(a, joined, followers, follower, member, flags, silent)
		k.FirstSeen, k.LastSeen = fromMicros(first), fromMicros(last)
		return k, err
	}, queryPeople, namespace, who, who)
}

// StrikesOf implements Community.
func (s *Database) StrikesOf(ctx context.Context, namespace, account, author string, limit int) ([]KeptStrike, error) {
	return all(ctx, s.read, func(row scanner) (k KeptStrike, err error) {
		var at int64
		err = row.Scan(&k.Policy, &k.Account, &k.Item, &k.Rule, &k.Weight, &at)
		k.At = fromMicros(at)
		return k, err
	}, queryStrikesOf, namespace, account, author, limit)
}

// CasesOf implements Community.
func (s *Database) CasesOf(ctx context.Context, namespace, account, author string, limit int) ([]Case, error) {
	return all(ctx, s.read, scanCase, queryCasesOf, namespace, account, author, limit)
}
