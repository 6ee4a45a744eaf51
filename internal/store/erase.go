package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// Author names someone whose words are to go.
type Author struct {
	Namespace string
	// Network narrows it to accounts on one network, such as Bluesky; empty: those on all.
	Network string
	// Who is a handle, in whatever case, or an id on the network.
	Who string
}

const (
	queryWhoIs = `SELECT account, id, handle FROM people WHERE namespace = ? AND id <> '' AND (id = ? OR handle = ? OR LOWER(handle) LIKE ? ESCAPE '!')
		UNION SELECT account, author, handle FROM items WHERE namespace = ? AND author <> '' AND (author = ? OR handle = ? OR LOWER(handle) LIKE ? ESCAPE '!') ORDER BY 1, 2, 3`
	queryOtherHandles = `SELECT DISTINCT handle FROM items WHERE namespace = ? AND account = ? AND author = ? AND handle <> '' ORDER BY handle`

	ofAccount  = ` WHERE namespace = ? AND account = ?`
	theirItems = `IN (SELECT i.id FROM items i WHERE i.namespace = ? AND i.account = ? AND i.author = ?)`
	// A case may be about two.
	casesOfTheirs = ` AND (item ` + theirItems + ` OR other ` + theirItems + `)`
	aboutThem     = ` AND (author = ? OR item ` + theirItems + `)`

	// What was done stays in the ledger as a number; whose words it was about does not.
	queryErasePeople  = `DELETE FROM people` + ofAccount + ` AND id = ?`
	queryEraseLabels  = `DELETE FROM labels` + ofAccount + ` AND item ` + theirItems
	queryEraseStrikes = `DELETE FROM strikes` + ofAccount + aboutThem
	// The key of an item stays, so that it is not taken for a new one when the network tells it again.
	// What was not done yet is not done without its words.
	queryEraseActions = `UPDATE actions SET payload = '', author = '', reason = '', state = CASE WHEN state IN ('Pending', 'Held') THEN 'Discarded' ELSE state END` + ofAccount + aboutThem + notOfThreads
	// What the team is told has the id of the action that tells it, or names the case that it is about.
	queryEraseMessages       = `DELETE FROM messages WHERE namespace = ? AND id IN (SELECT a.id FROM actions a WHERE a.namespace = ? AND a.account = ? AND (a.author = ? OR a.item ` + theirItems + `))`
	queryEraseMessagesOfCase = `DELETE FROM messages WHERE namespace = ? AND payload LIKE ? ESCAPE '!'`
	// Who tells a team of a person says how to look at them.
	queryMessagesOfPerson = `SELECT receiver, id, payload FROM messages WHERE namespace = ? AND LOWER(payload) LIKE ? ESCAPE '!'`
	queryEraseMessage     = `DELETE FROM messages WHERE namespace = ? AND receiver = ? AND id = ?`
	queryNamesOfCases     = `SELECT name FROM cases` + ofAccount + casesOfTheirs + ` ORDER BY name`
	// The row stays until its object is gone: that it has to go is forgotten by nobody, whether a manager runs meanwhile or not.
	queryEraseCases = `UPDATE cases SET state = 'Erased', closed_by = 'Erasure', explanation = '', url = '', done_at = CASE WHEN done_at = 0 THEN CAST(? AS BIGINT) ELSE done_at END` + ofAccount + casesOfTheirs
	// They have no words any more to decide about.
	queryEraseUndecided = `DELETE FROM undecided` + ofAccount + ` AND id ` + theirItems
	queryEraseItems     = `UPDATE items SET text = '', text_key = '', url = '', author = '', handle = '', links = '', mentions = '', explanation = '', gone = 1, state = 'Recorded'` + ofAccount + ` AND author = ?`

	queryIsErased   = `SELECT COUNT(*) FROM cases WHERE namespace = ? AND name = ? AND state = 'Erased' AND closed_by = 'Erasure'`
	queryEndErasure = `UPDATE cases SET state = CASE WHEN state = 'Redrawn' THEN 'Waiting' ELSE 'Done' END WHERE namespace = ? AND name = ? AND state IN ('Erased', 'Redrawn')`

	// Who was erased is not known again because the network tells once more what was erased.
	queryStayErased = `DELETE FROM people` + ofAccount + ` AND NOT EXISTS (SELECT 1 FROM items i WHERE i.namespace = people.namespace AND i.account = people.account AND i.author = people.id) AND id`

	// What is erased in a file is written over, where it lies.
	shred = "PRAGMA secure_delete = ON"

	// What was done about a thread holds no words of anybody, and must come to its end.
	notOfThreads = ` AND kind NOT IN ('lockThread', 'slowMode', 'unlockThread', 'endSlowMode')`

	queryCountItems  = `SELECT COUNT(*) FROM items` + ofAccount + ` AND author = ?`
	queryCountPeople = `SELECT COUNT(*) FROM people` + ofAccount + ` AND id = ?`
	queryCountCases  = `SELECT COUNT(*) FROM cases` + ofAccount + ` AND closed_by <> 'Erasure'` + casesOfTheirs

	queryForgetItems   = `DELETE FROM items WHERE seen_at < ? AND state <> 'New' AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.namespace = items.namespace AND c.account = items.account AND c.item = items.id AND c.state IN ('Waiting', 'Open', 'Decided'))`
	queryForgetActions = `DELETE FROM actions WHERE created_at < ? AND state NOT IN ('Pending', 'Doing', 'Held')`
	queryForgetMatches = `DELETE FROM matches WHERE at < ?`
	queryForgetStrikes = `DELETE FROM strikes WHERE at < ?`
	queryForgetLabels  = `DELETE FROM labels WHERE at < ?`
	queryForgetCases   = `DELETE FROM cases WHERE created_at < ? AND state IN ('Done', 'Failed')`
	queryForgetPeople  = `DELETE FROM people WHERE last_seen < ?`
)

// erasedPerson is someone on one account, with the handles they had.
type erasedPerson struct {
	account, id string
	handles     []string
}

// whoIs finds an author on each account.
func (a Author) whoIs(ctx context.Context, s *statements) ([]erasedPerson, error) {
	like := resembling(a.Who)
	found, err := rows(ctx, s, func(row scanner) (one [3]string, err error) {
		err = row.Scan(&one[0], &one[1], &one[2])
		return one, err
	},
		queryWhoIs, a.Namespace, a.Who, a.Who, like, a.Namespace, a.Who, a.Who, like)
	if err != nil {
		return nil, err
	}
	var out []erasedPerson
	for _, one := range found {
		if network, _, _ := strings.Cut(one[0], "/"); a.Network != "" && !strings.EqualFold(network, a.Network) {
			continue
		}
		if one[1] != a.Who && !strings.EqualFold(one[2], a.Who) {
			continue
		}
		if n := len(out); n == 0 || out[n-1].account != one[0] || out[n-1].id != one[1] {
			out = append(out, erasedPerson{account: one[0], id: one[1]})
		}
		who := &out[len(out)-1]
		who.handles = append(who.handles, one[2])
	}
	for i := range out {
		others, err := rows(ctx, s, scanText, queryOtherHandles, a.Namespace, out[i].account, out[i].id)
		if err != nil {
			return nil, err
		}
		out[i].handles = append(out[i].handles, others...)
	}
	return out, nil
}

// EraseAuthor implements Community.
func (s *Database) EraseAuthor(ctx context.Context, a Author) (erased Erased, err error) {
	err = s.write(ctx, func(ctx context.Context, t *transaction) error {
		erased = Erased{}
		if s.engine.dialect == goose.DialectSQLite3 {
			if _, err := t.conn.ExecContext(ctx, shred); err != nil {
				return err
			}
		}
		all, err := a.whoIs(ctx, t.statements)
		if err != nil {
			return err
		}
		for i := range all {
			if err := t.erase(ctx, a.Namespace, &all[i], s.now(), &erased); err != nil {
				return err
			}
		}
		for i := range all { // once nothing of theirs is left, whoever names them is somebody else
			if err := t.unname(ctx, a.Namespace, &all[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Erased{}, fmt.Errorf("erase an author from the ledger: %w", err)
	}
	return erased, nil
}

// erase takes out what someone said and who they are, on one account.
func (t *transaction) erase(ctx context.Context, namespace string, who *erasedPerson, now time.Time, erased *Erased) error {
	if err := t.eraseContacts(ctx, namespace, who); err != nil {
		return err
	}
	cases, err := rows(ctx, t.statements, scanText, queryNamesOfCases, namespace, who.account, namespace, who.account, who.id, namespace, who.account, who.id)
	if err != nil {
		return err
	}
	for _, name := range cases {
		if _, err := t.exec(ctx, queryEraseMessagesOfCase, namespace, containing(name)); err != nil {
			return err
		}
	}
	for _, name := range who.names() {
		if err := t.eraseMessagesOf(ctx, namespace, name); err != nil {
			return err
		}
	}
	own := []any{namespace, who.account, who.id}
	account := own[:2]
	for _, q := range []struct {
		query string
		args  []any
		into  *int
	}{
		{queryEraseMessages, slices.Concat([]any{namespace}, own, own), nil},
		{queryEraseCases, slices.Concat([]any{toMicros(now)}, account, own, own), &erased.Cases},
		{queryEraseLabels, slices.Concat(account, own), nil},
		{queryEraseConsents, slices.Concat(account, own), nil},
		{queryEraseStrikes, slices.Concat(own, own), nil},
		{queryEraseActions, slices.Concat(own, own), nil},
		{queryEraseUndecided, slices.Concat(account, own), nil},
		{queryEraseItems, own, &erased.Items},
		{queryErasePeople, own, &erased.People},
	} {
		n, err := t.exec(ctx, q.query, q.args...)
		if err != nil {
			return err
		}
		if q.into != nil {
			*q.into += int(n)
		}
	}
	return nil
}

// eraseMessagesOf takes out what a team is told of a person.
func (t *transaction) eraseMessagesOf(ctx context.Context, namespace, name string) error {
	look := "tribune person show " + name + " "
	found, err := rows(ctx, t.statements, func(row scanner) (m [3]string, err error) { err = row.Scan(&m[0], &m[1], &m[2]); return m, err },
		queryMessagesOfPerson, namespace, holding(look))
	if err != nil {
		return err
	}
	for _, m := range found {
		if !strings.Contains(strings.ToLower(m[2]), strings.ToLower(look)) {
			continue
		}
		if _, err := t.exec(ctx, queryEraseMessage, namespace, m[0], m[1]); err != nil {
			return err
		}
	}
	return nil
}

// HeldOf implements Community.
func (s *Database) HeldOf(ctx context.Context, a Author) (held Erased, err error) {
	ctx, cancel := s.engine.bounded(ctx)
	defer cancel()
	all, err := a.whoIs(ctx, s.read)
	if err != nil {
		return Erased{}, fmt.Errorf("read ledger: %w", err)
	}
	for i := range all {
		own := []any{a.Namespace, all[i].account, all[i].id}
		for _, q := range []struct {
			query string
			args  []any
			into  *int
		}{{queryCountItems, own, &held.Items}, {queryCountPeople, own, &held.People}, {queryCountCases, slices.Concat(own[:2], own, own), &held.Cases}} {
			n, _, err := first(ctx, s.read, scanInt, q.query, q.args...)
			if err != nil {
				return Erased{}, err
			}
			*q.into += int(n)
		}
	}
	return held, nil
}

// EndErasure implements Community. What was just being told of an Erased case when its author was erased is not told any more.
func (s *Database) EndErasure(ctx context.Context, namespace, name string) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		erased, err := row(ctx, t.statements, scanInt, queryIsErased, namespace, name)
		if err != nil {
			return err
		}
		if erased > 0 {
			if _, err := t.exec(ctx, queryEraseMessagesOfCase, namespace, containing(name)); err != nil {
				return err
			}
		}
		_, err = t.exec(ctx, queryEndErasure, namespace, name)
		return err
	})
	if err != nil {
		return fmt.Errorf("record in ledger that case %s/%s is gone: %w", namespace, name, err)
	}
	return nil
}

// stayErased forgets authors of whom nothing is kept: what they said was erased, and was told again.
func (t *transaction) stayErased(ctx context.Context, h Heard, items []Item) error {
	var authors []string
	for i := range items {
		if id := items[i].Author.ID; id != "" && !items[i].Ours && !slices.Contains(authors, id) {
			authors = append(authors, id)
		}
	}
	for some := range slices.Chunk(authors, maxKeys) {
		among, keys := t.engine.lists.among(some)
		if _, err := t.exec(ctx, queryStayErased+among, append([]any{h.Namespace, h.Account}, keys...)...); err != nil {
			return err
		}
	}
	return nil
}

// ForgetBefore implements Community.
func (s *Database) ForgetBefore(ctx context.Context, before time.Time) (forgotten int, err error) {
	err = s.write(ctx, func(ctx context.Context, t *transaction) error {
		forgotten = 0
		for _, query := range []string{queryForgetItems, queryForgetActions, queryForgetMatches, queryForgetStrikes, queryForgetLabels, queryForgetCases, queryForgetPeople,
			queryForgetConsents, queryForgetQuotes, queryForgetContacts} {
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
