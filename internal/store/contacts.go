package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Contact is when we last spoke with someone whom a policy names.
type Contact struct {
	// Network and Handle as the policy names them; no Network: on any.
	Network, Handle string
	// Since is when the policy first named them, Last when they last spoke to us or one of our people to them, Reminded when someone was
	// last told that it is long ago; zero: never, as far as the ledger knows.
	Since, Last, Reminded time.Time
}

// Quiet is since when nobody spoke with them, as far as is known, and nobody was told so.
func (c *Contact) Quiet() time.Time {
	last := c.Last
	if last.IsZero() {
		last = c.Since
	}
	if c.Reminded.After(last) {
		return c.Reminded
	}
	return last
}

const (
	ofPeople = ` FROM people p JOIN items i ON i.namespace = p.namespace AND i.account = p.account AND i.author = p.id
		AND i.kind IN ('Comment', 'Reply', 'Mention', 'Message') AND i.ours = 0`
	queryTheySaid = `SELECT p.account, lower(p.handle), MAX(CASE WHEN i.created_at = 0 OR i.created_at > i.seen_at THEN i.seen_at ELSE i.created_at END)` + ofPeople + `
		WHERE p.namespace = ? AND lower(p.handle)`
	// What was said by itself is no contact, whether it was said through here or is heard of again.
	queryWeSaid = `SELECT p.account, lower(p.handle), MAX(a.done_at) FROM people p JOIN actions a ON a.namespace = p.namespace AND a.account = p.account
		AND a.author = p.id AND a.kind = 'reply' AND a.by_whom <> '' AND a.state = 'Done' WHERE p.namespace = ? AND lower(p.handle)`
	queryWeSaidThere = `SELECT p.account, lower(p.handle), MAX(o.created_at)` + ofPeople + ` AND i.post <> ''
		JOIN items o ON o.namespace = i.namespace AND o.account = i.account AND o.post = i.post AND o.post <> '' AND o.ours = 1 AND o.parent IN (i.id, i.ref_id)
		AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.namespace = o.namespace AND a.account = o.account AND a.ref_id = o.ref_id AND a.ref_id <> '' AND a.by_whom = '')
		WHERE p.namespace = ? AND lower(p.handle)`
	byPeople = ` GROUP BY p.account, lower(p.handle)`

	addContacts    = `INSERT INTO contacts (namespace, policy, network, handle, since, last_at, reminded_at, seen_at) `
	onKnownContact = ` ON CONFLICT (namespace, policy, network, handle) DO UPDATE SET seen_at = excluded.seen_at,
		last_at = CASE WHEN excluded.last_at > contacts.last_at THEN excluded.last_at ELSE contacts.last_at END`
	queryContacts       = `SELECT network, handle, since, last_at, reminded_at FROM contacts WHERE namespace = ? AND policy = ?`
	queryForgetContacts = `DELETE FROM contacts WHERE seen_at < ?`
	queryEraseContact   = `DELETE FROM contacts WHERE namespace = ? AND handle = ?`
	queryReminded       = `UPDATE contacts SET reminded_at = ? WHERE namespace = ? AND policy = ? AND network = ? AND handle = ?`
)

func handleKey(handle string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(handle), "@"))
}

// Contacts implements Community.
func (s *Database) Contacts(ctx context.Context, namespace, policy string, people []Contact, now time.Time) ([]Contact, error) {
	var handles []string
	for i := range people {
		if key := handleKey(people[i].Handle); !slices.Contains(handles, key) {
			handles = append(handles, key)
		}
	}
	last, err := s.lastSpoken(ctx, namespace, handles)
	if err != nil {
		return nil, err
	}
	type key struct{ network, handle string }
	known := map[key]Contact{}
	err = s.write(ctx, func(ctx context.Context, t *transaction) error {
		clear(known)
		rowOf := map[key][]any{}
		var values [][]any
		for i := range people {
			k := key{people[i].Network, handleKey(people[i].Handle)}
			if rowOf[k] == nil {
				rowOf[k] = []any{namespace, policy, k.network, k.handle, toMicros(now), last.of(k.network, k.handle), int64(0), toMicros(now)}
				values = append(values, rowOf[k])
			}
		}
		if err := t.addRows(ctx, addContacts, onKnownContact, values); err != nil {
			return err
		}
		found, err := rows(ctx, t.statements, scanContact, queryContacts, namespace, policy)
		for _, c := range found {
			known[key{c.Network, c.Handle}] = c
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("record contacts in ledger: %w", err)
	}
	out := make([]Contact, len(people))
	for i := range people {
		out[i] = known[key{people[i].Network, handleKey(people[i].Handle)}]
		out[i].Handle = people[i].Handle
	}
	return out, nil
}

// Reminded implements Community.
func (s *Database) Reminded(ctx context.Context, namespace, policy string, c *Contact, now time.Time) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		_, err := t.exec(ctx, queryReminded, toMicros(now), namespace, policy, c.Network, handleKey(c.Handle))
		return err
	})
	if err != nil {
		return fmt.Errorf("record a reminder in ledger: %w", err)
	}
	return nil
}

// eraseContacts of someone who is erased, by each handle that they had.
func (t *transaction) eraseContacts(ctx context.Context, namespace string, who *erasedPerson) error {
	for _, handle := range who.handles {
		if _, err := t.exec(ctx, queryEraseContact, namespace, handleKey(handle)); err != nil {
			return err
		}
	}
	return nil
}

func scanContact(row scanner) (c Contact, err error) {
	var since, last, reminded int64
	err = row.Scan(&c.Network, &c.Handle, &since, &last, &reminded)
	c.Since, c.Last, c.Reminded = fromMicros(since), fromMicros(last), fromMicros(reminded)
	return c, err
}

// spoken is when somebody last spoke with us, in microseconds.
type spoken struct {
	account, handle string
	at              int64
}

type spokenWith []spoken

// of someone on a network. Rehearsals are on the built-in one, in the place of any.
func (all spokenWith) of(network, handle string) (at int64) {
	for _, s := range all {
		on, _, _ := strings.Cut(s.account, "/")
		if s.handle == handle && (network == "" || on == network || on == "Local") {
			at = max(at, s.at)
		}
	}
	return at
}

func (s *Database) lastSpoken(ctx context.Context, namespace string, handles []string) (spokenWith, error) {
	var all spokenWith
	for _, query := range []string{queryTheySaid, queryWeSaid, queryWeSaidThere} {
		found, err := among(ctx, s, func(row scanner) (one spoken, err error) {
			err = row.Scan(&one.account, &one.handle, &one.at)
			return one, err
		},
			query, byPeople, handles, namespace)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}
