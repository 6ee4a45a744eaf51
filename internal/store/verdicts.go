package store

import (
	"cmp"
	"context"
	"fmt"
)

const (
	// The state is asked for in a way that no index of what waits fits: the rows are found by their keys, however many wait.
	decideWith = `WITH v (of_namespace, of_account, of_item, of_changes, by_policy, by_generation, said, by_rule, why, at) AS (VALUES `
	decideTo   = `) UPDATE items SET state = 'Decided', policy = v.by_policy, generation = v.by_generation, outcome = v.said, rule = v.by_rule,
		explanation = v.why, decided_at = v.at
		FROM v WHERE namespace = v.of_namespace AND account = v.of_account AND id = v.of_item AND state || '' = 'New' AND changes = v.of_changes
		RETURNING namespace, account, id`
	decideColumnCount = 10
	// decideTypes are said once: in a list of values nothing else tells a database what a parameter is.
	decideTypes = `(CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT),
		CAST(? AS TEXT), CAST(? AS BIGINT))`

	addMatches    = `INSERT INTO matches (namespace, policy, rule, account, item, outcome, at) VALUES `
	onKnownMatch  = ` ON CONFLICT (namespace, policy, rule, account, item) DO NOTHING`
	addStrikes    = `INSERT INTO strikes (namespace, policy, account, author, item, rule, weight, at) VALUES `
	onKnownStrike = ` ON CONFLICT (namespace, policy, account, author, item, rule) DO NOTHING`
	addLabels     = `INSERT INTO labels (namespace, account, item, name, at) VALUES `
	onKnownLabel  = ` ON CONFLICT (namespace, account, item, name) DO NOTHING`

	matchColumnCount, strikeColumnCount, labelColumnCount = 7, 8, 5

	// What is held counts as an open circuit until a person lets it go or not.
	queryHeld    = `SELECT COUNT(*) FROM actions WHERE namespace = ? AND policy = ? AND class = ? AND state = 'Held'`
	queryCounted = `SELECT COUNT(*) FROM actions WHERE namespace = ? AND policy = ? AND class = ? AND created_at >= ? AND by_whom = ''
		AND state IN ('Pending', 'Doing', 'Done', 'Unknown', 'Undone', 'Simulated')`
)

// circuit counts the actions of one class of a policy.
type circuit struct {
	open bool
	used int
}

type circuitKey struct{ namespace, policy, class string }

// Decide implements Community.
func (s *Database) Decide(ctx context.Context, verdicts []Verdict) (decided int, err error) {
	err = s.write(ctx, func(ctx context.Context, t *transaction) error {
		decided = 0
		recorded, err := t.decide(ctx, verdicts)
		if err != nil {
			return err
		}
		c := consequences{circuits: map[circuitKey]*circuit{}}
		for i := range verdicts {
			if !recorded[i] {
				continue // its author changed it meanwhile, or another decided
			}
			decided++
			for k := range verdicts[i].Parts {
				if err := c.part(ctx, t, &verdicts[i], &verdicts[i].Parts[k]); err != nil {
					return err
				}
			}
		}
		return c.write(ctx, t)
	})
	if err != nil {
		return 0, fmt.Errorf("record decisions in ledger: %w", err)
	}
	return decided, nil
}

// decide records what was decided about items that wait and are as they were judged, and tells which those are. Of several verdicts about
// one item the first that is about it as it is now is in force.
func (t *transaction) decide(ctx context.Context, verdicts []Verdict) (recorded []bool, err error) {
	recorded = make([]bool, len(verdicts))
	left := make([]int, len(verdicts))
	for i := range left {
		left[i] = i
	}
	for len(left) > 0 {
		places := make(map[ItemKey]int, len(left))
		var now, later []int
		for _, i := range left {
			key := verdicts[i].Key.asKept()
			if _, twice := places[key]; twice {
				later = append(later, i)
				continue
			}
			places[key], now = i, append(now, i)
		}
		err := inChunks(len(now), func(from, to int) error {
			keys, err := t.decideOnce(ctx, verdicts, now[from:to])
			for _, key := range keys {
				recorded[places[key]] = true
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		left = later
	}
	return recorded, nil
}

// decideOnce records the verdicts at some places, which are about different items, with one statement.
func (t *transaction) decideOnce(ctx context.Context, verdicts []Verdict, at []int) ([]ItemKey, error) {
	args := make([]any, 0, len(at)*decideColumnCount)
	for _, i := range at {
		v := &verdicts[i]
		args = append(args, v.Key.Namespace, v.Key.Account, v.Key.ID, v.Changes, v.Policy, v.Generation, v.Outcome, v.Rule, v.Explanation, toMicros(v.At))
	}
	more := ""
	if len(at) > 1 {
		more = ", " + placeholders(len(at)-1, decideColumnCount)
	}
	return rows(ctx, t.statements, func(row scanner) (k ItemKey, err error) {
		err = row.Scan(&k.Namespace, &k.Account, &k.ID)
		return k, err
	},
		decideWith+decideTypes+more+decideTo, args...)
}

// asKept is the key as it comes back.
func (k ItemKey) asKept() ItemKey { return ItemKey{kept(k.Namespace), kept(k.Account), kept(k.ID)} }

// consequences of verdicts, which are written together.
type consequences struct {
	circuits                                 map[circuitKey]*circuit
	matches, actions, strikes, labels, cases [][]any
}

func (c *consequences) part(ctx context.Context, t *transaction, v *Verdict, p *Part) error {
	k, at := v.Key, toMicros(v.At)
	for _, m := range p.Matches {
		c.matches = append(c.matches, []any{k.Namespace, p.Policy, m.Rule, k.Account, k.ID, m.Outcome, at})
	}
	for i := range p.Actions {
		a := p.Actions[i]
		if err := t.limit(ctx, v, p, &a, c.circuits); err != nil {
			return err
		}
		c.actions = append(c.actions, actionValues(&a))
	}
	for _, st := range p.Strikes {
		c.strikes = append(c.strikes, []any{k.Namespace, cmp.Or(p.StrikesAs, p.Policy), k.Account, v.Author, k.ID, st.Rule, st.Weight, at})
	}
	for _, name := range p.Labels {
		c.labels = append(c.labels, []any{k.Namespace, k.Account, k.ID, name, at})
	}
	for i := range p.Cases {
		c.cases = append(c.cases, caseValues(&p.Cases[i]))
	}
	return nil
}

func (c *consequences) write(ctx context.Context, t *transaction) error {
	for _, add := range []struct {
		into, onKnown string
		columns       int
		values        [][]any
	}{
		{addMatches, onKnownMatch, matchColumnCount, c.matches},
		{addActions, onKnownAction, actionColumnCount, c.actions},
		{addStrikes, onKnownStrike, strikeColumnCount, c.strikes},
		{addLabels, onKnownLabel, labelColumnCount, c.labels},
		{addCases, onKnownCase, caseColumnCount, c.cases},
	} {
		if err := t.addRows(ctx, add.into, add.columns, add.onKnown, add.values); err != nil {
			return err
		}
	}
	return nil
}

// addRows writes rows, as many with one statement as it takes.
func (t *transaction) addRows(ctx context.Context, into string, columns int, onKnown string, values [][]any) error {
	return inChunks(len(values), func(from, to int) error {
		args := make([]any, 0, (to-from)*columns)
		for _, v := range values[from:to] {
			args = append(args, v...)
		}
		_, err := t.exec(ctx, into+placeholders(to-from, columns)+onKnown, args...)
		return err
	})
}

// limit holds an action if too many of its class were done lately, or if some are held already.
func (t *transaction) limit(ctx context.Context, v *Verdict, p *Part, a *Action, circuits map[circuitKey]*circuit) error {
	if a.Class == "" || (a.State != ActionPending && a.State != ActionSimulated) {
		return nil
	}
	for _, l := range p.Limits {
		if l.Class != a.Class {
			continue
		}
		key := circuitKey{v.Key.Namespace, p.Policy, a.Class}
		c := circuits[key]
		if c == nil {
			held, err := row(ctx, t.statements, scanInt, queryHeld, key.namespace, key.policy, key.class)
			if err != nil {
				return err
			}
			used, err := row(ctx, t.statements, scanInt, queryCounted, key.namespace, key.policy, key.class, toMicros(v.At.Add(-l.Window)))
			if err != nil {
				return err
			}
			c = &circuit{open: held > 0, used: int(used)}
			circuits[key] = c
		}
		if !c.open && c.used < l.Max {
			c.used++
			return nil
		}
		if a.State == ActionPending {
			c.open = true
			a.State = ActionHeld
		}
		a.Reason = fmt.Sprintf("more than %d in %s", l.Max, l.Window)
		return nil
	}
	return nil
}
