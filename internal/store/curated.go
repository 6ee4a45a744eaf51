package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Consent is an author's yes to sharing an item of theirs.
type Consent struct {
	Key ItemKey
	// Policy and Rule that brought the item up.
	Policy, Rule string
	// Asked is the id of the action by which we asked, Answer the id of the item that said yes.
	Asked, Answer string
	// By is who of our people recorded it, and How in their words how it was given, where that was elsewhere; then it has no Answer.
	By, How string
	// Words are a hash of what they agreed to, as WordsOf gives it. What they change afterwards they did not agree to.
	Words string
	// GivenAt, and EndedAt when they took it back; zero: they did not.
	GivenAt, EndedAt time.Time
}

// WordsOf is a hash of what an item says.
func WordsOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// Curated is an item that may be shared: its author agreed to its words as they are now, and it stands.
type Curated struct {
	Key ItemKey
	// Policy and Rule that brought it up, Labels that it has.
	Policy, Rule string
	Labels       []string
	// Channel that it was said on, and what was said, by whom.
	Channel, URL, Text, Language string
	AuthorID, Handle             string
	GivenAt                      time.Time
}

// Quote says that an entry of a calendar took an item to quote it on a channel.
type Quote struct {
	Namespace, Calendar, Entry, Channel, Occurrence string
	Account, Item                                   string
	// Place among the quotes of the occurrence, from 0.
	Place   int64
	TakenAt time.Time
}

// Curation is the part of the ledger about what people made and we may share.
type Curation interface {
	// Consent records that an author agreed. What they agree to again is agreed to as it is now.
	Consent(ctx context.Context, c Consent) error
	// EndConsent records that an author took it back; ended is false if there was nothing to take back.
	EndConsent(ctx context.Context, key ItemKey, at time.Time) (ended bool, err error)
	// ConsentTo an item, whether it is in force or not; false: there never was one.
	ConsentTo(ctx context.Context, key ItemKey) (Consent, bool, error)
	// Curated are the items of a namespace that may be shared now, those first whose author agreed last.
	Curated(ctx context.Context, namespace string, limit int) ([]Curated, error)
	// Unshared are those of some items that may not be shared now.
	Unshared(ctx context.Context, items []ItemKey) ([]ItemKey, error)
	// Quotes that the entries of a calendar took, in the order of their places.
	Quotes(ctx context.Context, namespace, calendar string) ([]Quote, error)
	// Quote records what entries take. What an entry took before on the channel stays where it is.
	Quote(ctx context.Context, quotes []Quote) error
}

var _ Curation = (*Database)(nil)

const (
	queryConsent = `INSERT INTO consents (namespace, account, item, policy, rule, asked, answer, words, by_whom, how, given_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
		ON CONFLICT (namespace, account, item) DO UPDATE SET policy = excluded.policy, rule = excluded.rule, asked = excluded.asked, answer = excluded.answer,
			words = excluded.words, by_whom = excluded.by_whom, how = excluded.how, given_at = excluded.given_at, ended_at = 0
		WHERE consents.ended_at <> 0 OR consents.words <> excluded.words OR consents.answer <> excluded.answer`
	queryEndConsent = `UPDATE consents SET ended_at = ? WHERE namespace = ? AND account = ? AND item = ? AND ended_at = 0`
	queryConsentTo  = `SELECT policy, rule, asked, answer, words, by_whom, how, given_at, ended_at FROM consents WHERE namespace = ? AND account = ? AND item = ?`

	// Nothing is shared that its author took back or changed, whose yes is gone, or that does not stand.
	selectCurated = `SELECT c.account, c.item, c.policy, c.rule, c.words, c.given_at, i.channel, i.url, i.text, i.language, i.author, i.handle
		FROM consents c JOIN items i ON i.namespace = c.namespace AND i.account = c.account AND i.id = c.item
		WHERE c.namespace = ? AND c.ended_at = 0 AND i.gone = 0 AND i.hidden = 0 AND i.removed = 0 AND i.human NOT IN ('Hide', 'Remove')
			AND (i.human = 'Allow' OR i.outcome NOT IN ('Hide', 'Remove', 'Review'))
			AND NOT EXISTS (SELECT 1 FROM items a WHERE a.namespace = c.namespace AND a.account = c.account AND a.id = c.answer AND (a.gone = 1 OR a.author <> i.author))`
	queryCurated       = selectCurated + ` ORDER BY c.given_at DESC, c.account, c.item LIMIT ?`
	queryCuratedOne    = selectCurated + ` AND c.account = ? AND c.item = ?`
	queryCuratedLabels = `SELECT l.account, l.item, l.name FROM labels l JOIN consents c ON c.namespace = l.namespace AND c.account = l.account AND c.item = l.item
		WHERE l.namespace = ? AND c.ended_at = 0 ORDER BY l.account, l.item, l.name`

	queryQuotes        = `SELECT entry, channel, occurrence, account, item, place, taken_at FROM quotes WHERE namespace = ? AND calendar = ? ORDER BY entry, channel, occurrence, place, item`
	addQuotes          = `INSERT INTO quotes (namespace, calendar, entry, channel, occurrence, account, item, place, taken_at) `
	onKnownQuote       = ` ON CONFLICT (namespace, calendar, entry, channel, account, item) DO NOTHING`
	queryEraseConsents = `DELETE FROM consents` + ofAccount + ` AND item ` + theirItems
	// What was quoted is quoted once as long as it is known.
	queryForgetConsents = `DELETE FROM consents WHERE given_at < ? AND NOT EXISTS (SELECT 1 FROM items i WHERE i.namespace = consents.namespace AND i.account = consents.account AND i.id = consents.item)`
	queryForgetQuotes   = `DELETE FROM quotes WHERE taken_at < ? AND NOT EXISTS (SELECT 1 FROM items i WHERE i.namespace = quotes.namespace AND i.account = quotes.account AND i.id = quotes.item)`
)

// Consent implements Curation.
func (s *Database) Consent(ctx context.Context, c Consent) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		_, err := t.exec(ctx, queryConsent, c.Key.Namespace, c.Key.Account, c.Key.ID, c.Policy, c.Rule, c.Asked, c.Answer, c.Words, c.By, c.How, toMicros(c.GivenAt))
		return err
	})
	if err != nil {
		return fmt.Errorf("record a consent in ledger: %w", err)
	}
	return nil
}

// EndConsent implements Curation.
func (s *Database) EndConsent(ctx context.Context, key ItemKey, at time.Time) (ended bool, err error) {
	err = s.write(ctx, func(ctx context.Context, t *transaction) error {
		n, err := t.exec(ctx, queryEndConsent, toMicros(at), key.Namespace, key.Account, key.ID)
		ended = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("record the end of a consent in ledger: %w", err)
	}
	return ended, nil
}

// ConsentTo implements Curation.
func (s *Database) ConsentTo(ctx context.Context, key ItemKey) (Consent, bool, error) {
	return first(ctx, s.read, func(row scanner) (c Consent, err error) {
		var given, ended int64
		c.Key = key
		err = row.Scan(&c.Policy, &c.Rule, &c.Asked, &c.Answer, &c.Words, &c.By, &c.How, &given, &ended)
		c.GivenAt, c.EndedAt = fromMicros(given), fromMicros(ended)
		return c, err
	}, queryConsentTo, key.Namespace, key.Account, key.ID)
}

// agreed is what may be shared if its words are those that were agreed to.
type agreed struct {
	Curated
	words string
}

func (a *agreed) stands() bool { return a.words == WordsOf(a.Text) }

func scanAgreed(namespace string) func(scanner) (agreed, error) {
	return func(row scanner) (a agreed, err error) {
		var given int64
		a.Key.Namespace = namespace
		err = row.Scan(&a.Key.Account, &a.Key.ID, &a.Policy, &a.Rule, &a.words, &given, &a.Channel, &a.URL, &a.Text, &a.Language, &a.AuthorID, &a.Handle)
		a.GivenAt = fromMicros(given)
		return a, err
	}
}

// Curated implements Curation.
func (s *Database) Curated(ctx context.Context, namespace string, limit int) ([]Curated, error) {
	found, err := all(ctx, s.read, scanAgreed(namespace), queryCurated, namespace, limit)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	type label struct{ account, item, name string }
	labels, err := all(ctx, s.read, func(row scanner) (l label, err error) { err = row.Scan(&l.account, &l.item, &l.name); return l, err }, queryCuratedLabels, namespace)
	if err != nil {
		return nil, err
	}
	by := map[ItemKey][]string{}
	for _, l := range labels {
		key := ItemKey{Namespace: namespace, Account: l.account, ID: l.item}
		by[key] = append(by[key], l.name)
	}
	var out []Curated
	for i := range found {
		if found[i].stands() {
			found[i].Labels = by[found[i].Key]
			out = append(out, found[i].Curated)
		}
	}
	return out, nil
}

// Unshared implements Curation.
func (s *Database) Unshared(ctx context.Context, items []ItemKey) (unshared []ItemKey, err error) {
	for _, key := range items {
		a, found, err := first(ctx, s.read, scanAgreed(key.Namespace), queryCuratedOne, key.Namespace, key.Account, key.ID)
		if err != nil {
			return nil, err
		}
		if !found || !a.stands() {
			unshared = append(unshared, key)
		}
	}
	return unshared, nil
}

// Quotes implements Curation.
func (s *Database) Quotes(ctx context.Context, namespace, calendar string) ([]Quote, error) {
	return all(ctx, s.read, func(row scanner) (q Quote, err error) {
		var taken int64
		q.Namespace, q.Calendar = namespace, calendar
		err = row.Scan(&q.Entry, &q.Channel, &q.Occurrence, &q.Account, &q.Item, &q.Place, &taken)
		q.TakenAt = fromMicros(taken)
		return q, err
	}, queryQuotes, namespace, calendar)
}

// Quote implements Curation.
func (s *Database) Quote(ctx context.Context, quotes []Quote) error {
	values := make([][]any, len(quotes))
	for i := range quotes {
		q := &quotes[i]
		values[i] = []any{q.Namespace, q.Calendar, q.Entry, q.Channel, q.Occurrence, q.Account, q.Item, q.Place, toMicros(q.TakenAt)}
	}
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		return t.addRows(ctx, addQuotes, onKnownQuote, values)
	})
	if err != nil {
		return fmt.Errorf("record quotes in ledger: %w", err)
	}
	return nil
}
