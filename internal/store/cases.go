package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	caseColumns = `namespace, name, kind, policy, rule, account, channel, item, proposed, explanation, state, due_at, assignee, decision, decided_by,
		closed_by, url, created_at, decided_at, done_at, reminded_at, escalated_at, other`
	addCases      = `INSERT INTO cases (` + caseColumns + `) `
	onKnownCase   = ` ON CONFLICT (namespace, name) DO NOTHING`
	querySaveCase = `UPDATE cases SET state = ?, due_at = ?, assignee = ?, decision = ?, decided_by = ?, closed_by = ?, url = ?, decided_at = ?, done_at = ?,
		reminded_at = ?, escalated_at = ? WHERE namespace = ? AND name = ? AND state NOT IN ('Erased', 'Redrawn') AND closed_by <> 'Erasure'`
	queryHuman = `UPDATE items SET human = ?, human_by = ?, edited = 0 WHERE namespace = ? AND account = ? AND id = ?`

	queryStatsItems = `SELECT COUNT(*) FROM items WHERE namespace = ? AND policy = ? AND decided_at > 0 AND seen_at >= ?`
	queryStatsMatch = `SELECT COUNT(*) FROM (SELECT DISTINCT account, item FROM matches WHERE namespace = ? AND policy = ? AND at >= ?) AS m`
	queryStatsActed = `SELECT COUNT(*) FROM actions WHERE namespace = ? AND policy = ? AND created_at >= ? AND state IN ('Pending', 'Doing', 'Done', 'Simulated', 'Unknown')`
	queryStatsHeld  = `SELECT class, COUNT(*) FROM actions WHERE namespace = ? AND policy = ? AND state = 'Held' GROUP BY class ORDER BY class`
	// People agreed if they took out of sight what a rule hid, removed or asked about, and let stay what it let stay: how far they went is not
	// the rule's to be blamed for. A decision about whom to tell or when is none about the rule.
	queryStatsRules = `SELECT m.rule, COUNT(*),
		SUM(CASE WHEN i.human <> '' AND m.outcome <> '' AND (i.human = 'Allow') = (m.outcome = 'Allow') THEN 1 ELSE 0 END),
		SUM(CASE WHEN i.human <> '' AND m.outcome <> '' AND (i.human = 'Allow') <> (m.outcome = 'Allow') THEN 1 ELSE 0 END)
		FROM matches m LEFT JOIN items i ON i.namespace = m.namespace AND i.account = m.account AND i.id = m.item
		WHERE m.namespace = ? AND m.policy = ? AND m.at >= ? GROUP BY m.rule ORDER BY COUNT(*) DESC, m.rule`
	queryStatsCases = `SELECT SUM(CASE WHEN kind <> 'Question' THEN 1 ELSE 0 END), SUM(CASE WHEN kind = 'Question' THEN 1 ELSE 0 END),
		SUM(CASE WHEN due_at > 0 AND due_at < ? THEN 1 ELSE 0 END) FROM cases WHERE namespace = ? AND policy = ? AND state IN ('Waiting', 'Open')`
)

func caseValues(c *Case) []any {
	return []any{c.Namespace, c.Name, c.Kind, c.Policy, c.Rule, c.Account, c.Channel, c.Item, c.Proposed, c.Explanation, string(c.State),
		toMicros(c.DueAt), c.Assignee, c.Decision, c.DecidedBy, c.ClosedBy, c.URL, toMicros(c.CreatedAt), toMicros(c.DecidedAt), toMicros(c.DoneAt),
		toMicros(c.RemindedAt), toMicros(c.EscalatedAt), c.Other}
}

func scanCase(row scanner) (c Case, err error) {
	var due, created, decided, done, reminded, escalated int64
	err = row.Scan(&c.Namespace, &c.Name, &c.Kind, &c.Policy, &c.Rule, &c.Account, &c.Channel, &c.Item, &c.Proposed, &c.Explanation, &c.State, &due, &c.Assignee,
		&c.Decision, &c.DecidedBy, &c.ClosedBy, &c.URL, &created, &decided, &done, &reminded, &escalated, &c.Other)
	c.DueAt, c.CreatedAt, c.DecidedAt, c.DoneAt = fromMicros(due), fromMicros(created), fromMicros(decided), fromMicros(done)
	c.RemindedAt, c.EscalatedAt = fromMicros(reminded), fromMicros(escalated)
	return c, err
}

// Cases implements Community.
func (s *Database) Cases(ctx context.Context, f CaseFilter) ([]Case, error) {
	var w conditions
	w.equal("namespace", f.Namespace)
	w.equal("policy", f.Policy)
	w.equal("name", f.Name)
	w.equal("account", f.Account)
	w.equal("item", f.Item)
	w.equal("kind", f.Kind)
	if !f.Since.IsZero() {
		w.parts, w.args = append(w.parts, "created_at >= ?"), append(w.args, toMicros(f.Since))
	}
	states := make([]string, len(f.States))
	for i, state := range f.States {
		states[i] = string(state)
	}
	w.among("state", states)
	if len(states) > 0 && !slices.Contains(f.States, CaseDone) {
		w.parts = append(w.parts, "state <> 'Done'") // said as the index of what waits says it
	}
	query := `SELECT ` + caseColumns + ` FROM cases` + w.where() + ` ORDER BY created_at, name`
	if f.Limit > 0 {
		query, w.args = query+` LIMIT ?`, append(w.args, f.Limit)
	}
	return all(ctx, s.read, scanCase, query, w.args...)
}

const queryCasesAbout = `SELECT ` + caseColumns + ` FROM cases WHERE namespace = ? AND account = ? AND state IN ('Waiting', 'Open')
	AND (item = ? OR item IN (SELECT id FROM items WHERE namespace = ? AND account = ? AND ref_id = ? AND ref_id <> id)) ORDER BY created_at, name`

// CasesAbout implements Community.
func (s *Database) CasesAbout(ctx context.Context, namespace, account, item string) ([]Case, error) {
	return all(ctx, s.read, scanCase, queryCasesAbout, namespace, account, item, namespace, account, item)
}

// AddCases implements Community.
func (s *Database) AddCases(ctx context.Context, cases []Case) error {
	values := make([][]any, len(cases))
	for i := range cases {
		values[i] = caseValues(&cases[i])
	}
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		return t.addRows(ctx, addCases, onKnownCase, values)
	})
	if err != nil {
		return fmt.Errorf("record cases in ledger: %w", err)
	}
	return nil
}

// SaveCase implements Community.
func (s *Database) SaveCase(ctx context.Context, c Case) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		_, err := t.exec(ctx, querySaveCase, string(c.State), toMicros(c.DueAt), c.Assignee, c.Decision, c.DecidedBy, c.ClosedBy, c.URL, toMicros(c.DecidedAt),
			toMicros(c.DoneAt), toMicros(c.RemindedAt), toMicros(c.EscalatedAt), c.Namespace, c.Name)
		return err
	})
	if err != nil {
		return fmt.Errorf("record case %s/%s in ledger: %w", c.Namespace, c.Name, err)
	}
	return nil
}

// Human implements Community.
func (s *Database) Human(ctx context.Context, key ItemKey, outcome, by string) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		_, err := t.exec(ctx, queryHuman, outcome, by, key.Namespace, key.Account, key.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("record a person's decision in ledger: %w", err)
	}
	return nil
}

const (
	querySavePolicy = `INSERT INTO policies (namespace, name, uid, generation, spec, lists) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (namespace, name) DO UPDATE SET uid = excluded.uid, generation = excluded.generation, spec = excluded.spec, lists = excluded.lists`
	queryPolicy = `SELECT uid, generation, spec, lists FROM policies WHERE namespace = ? AND name = ?`
)

// SavePolicy implements Community.
func (s *Database) SavePolicy(ctx context.Context, v PolicyVersion) error {
	err := s.write(ctx, func(ctx context.Context, t *transaction) error {
		_, err := t.exec(ctx, querySavePolicy, v.Namespace, v.Name, v.UID, v.Generation, v.Spec, v.Lists)
		return err
	})
	if err != nil {
		return fmt.Errorf("record CommunityPolicy %s/%s in ledger: %w", v.Namespace, v.Name, err)
	}
	return nil
}

// Policy implements Community.
func (s *Database) Policy(ctx context.Context, namespace, name string) (PolicyVersion, bool, error) {
	return first(ctx, s.read, func(row scanner) (v PolicyVersion, err error) {
		v.Namespace, v.Name = namespace, name
		err = row.Scan(&v.UID, &v.Generation, &v.Spec, &v.Lists)
		return v, err
	}, queryPolicy, namespace, name)
}

// StatsOf implements Community.
func (s *Database) StatsOf(ctx context.Context, namespace, policy string, since, now time.Time) (st PolicyStats, err error) {
	from := toMicros(since)
	for _, q := range []struct {
		query string
		into  *int64
	}{{queryStatsItems, &st.Items}, {queryStatsMatch, &st.Matched}, {queryStatsActed, &st.Acted}} {
		if *q.into, _, err = first(ctx, s.read, scanInt, q.query, namespace, policy, from); err != nil {
			return st, err
		}
	}
	type class struct {
		name string
		n    int64
	}
	held, err := all(ctx, s.read, func(row scanner) (c class, err error) { err = row.Scan(&c.name, &c.n); return c, err }, queryStatsHeld, namespace, policy)
	if err != nil {
		return st, err
	}
	for _, c := range held {
		st.Held += c.n
		st.HeldClasses = append(st.HeldClasses, c.name)
	}
	st.Rules, err = all(ctx, s.read, func(row scanner) (r RuleStats, err error) {
		err = row.Scan(&r.Rule, &r.Matched, &r.Agreed, &r.Overturned)
		return r, err
	}, queryStatsRules, namespace, policy, from)
	if err != nil {
		return st, err
	}
	type waiting struct{ cases, questions, overdue *int64 }
	w, _, err := first(ctx, s.read, func(row scanner) (w waiting, err error) {
		err = row.Scan(&w.cases, &w.questions, &w.overdue)
		return w, err
	},
		queryStatsCases, toMicros(now), namespace, policy)
	for _, q := range []struct {
		from *int64
		into *int64
	}{{w.cases, &st.Cases}, {w.questions, &st.Questions}, {w.overdue, &st.Overdue}} {
		if q.from != nil {
			*q.into = *q.from
		}
	}
	return st, err
}
