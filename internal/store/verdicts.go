package store

import (
	"cmp"
	"context"
	"fmt"
)

const (
	// The state is asked for in a way that no index of what waits fits: the rows are found by their keys, however many wait.
	queryDecide = `UPDATE items SET state = 'Decided', policy = ?, generation = ?, outcome = ?, rule = ?, explanation = ?, decided_at = ?
		WHERE namespace = ? AND account = ? AND state || '' = 'New' AND changes = ? AND id IN `

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

// same is what verdicts have in common that one statement records.
type same struct {
	namespace, account, policy, outcome, rule, explanation string
	generation, changes, at                                int64
}

// decide records what was decided about items that wait and are as they were judged, and tells which those are. Most verdicts say the same,
// that no rule matched.
func (t *transaction) decide(ctx context.Context, verdicts []Verdict) (recorded []bool, err error) {
	recorded = make([]bool, len(verdicts))
	places := make(map[ItemKey]int, len(verdicts))
	groups := map[same][]string{}
	var order []same
	var again []int
	for i := range verdicts {
		v := &verdicts[i]
		key := ItemKey{v.Key.Namespace, v.Key.Account, kept(v.Key.ID)}
		if _, twice := places[key]; twice {
			again = append(again, i)
			continue
		}
		places[key] = i
		s := v.same()
		if groups[s] == nil {
			order = append(order, s)
		}
		groups[s] = append(groups[s], key.ID)
	}
	for _, s := range order {
		ids, err := t.record(ctx, s, groups[s])
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			recorded[places[ItemKey{s.namespace, s.account, id}]] = true
		}
	}
	for _, i := range again { // the first verdict that is about the item as it is now is in force
		ids, err := t.record(ctx, verdicts[i].same(), []string{verdicts[i].Key.ID})
		if err != nil {
			return nil, err
		}
		recorded[i] = len(ids) > 0
	}
	return recorded, nil
}

func (v *Verdict) same() same {
	return same{v.Key.Namespace, v.Key.Account, v.Policy, v.Outcome, v.Rule, v.Explanation, v.Generation, v.Changes, toMicros(v.At)}
}

// record the same about items, and tell which of them waited.
func (t *transaction) record(ctx context.Context, s same, ids []string) (recorded []string, err error) {
	for len(ids) > 0 {
		size := sizeFor(len(ids))
		n := min(size, len(ids))
		some, err := rows(ctx, t.statements, scanText, queryDecide+placeholders(1, size)+" RETURNING id", filled(
			[]any{s.policy, s.generation, s.outcome, s.rule, s.explanation, s.at, s.namespace, s.account, s.changes}, ids[:n], size)...)
		if err != nil {
			return nil, err
		}
		recorded, ids = append(recorded, some...), ids[n:]
	}
	return recorded, nil
}

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
