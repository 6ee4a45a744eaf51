package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

const (
	decideWith = `WITH v (of_namespace, of_account, of_item, of_changes, by_policy, by_generation, said, by_rule, why, at) AS (`
	decideTo   = `) UPDATE items SET state = 'Decided', policy = v.by_policy, generation = v.by_generation, outcome = v.said, rule = v.by_rule,
		explanation = v.why, decided_at = v.at
		FROM v WHERE namespace = v.of_namespace AND account = v.of_account AND id = v.of_item AND state = 'New' AND changes = v.of_changes
		RETURNING ` + undecidedColumns

	addMatches    = `INSERT INTO matches (namespace, policy, rule, account, item, outcome, at) `
	onKnownMatch  = ` ON CONFLICT (namespace, policy, rule, account, item) DO NOTHING`
	addStrikes    = `INSERT INTO strikes (namespace, policy, account, author, item, rule, weight, at) `
	onKnownStrike = ` ON CONFLICT (namespace, policy, account, author, item, rule) DO NOTHING`
	addLabels     = `INSERT INTO labels (namespace, account, item, name, at) `
	onKnownLabel  = ` ON CONFLICT (namespace, account, item, name) DO NOTHING`

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
	err = s.writeIn(ctx, judging, func(ctx context.Context, t *transaction) error {
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
		slices.SortFunc(now, func(a, b int) int { // as items are written that are heard
			k, o := &verdicts[a].Key, &verdicts[b].Key
			return cmp.Or(strings.Compare(k.Namespace, o.Namespace), strings.Compare(k.Account, o.Account), strings.Compare(k.ID, o.ID))
		})
		decided, err := t.decideOnce(ctx, verdicts, now)
		for i := range decided {
			recorded[places[ItemKey{decided[i].namespace, decided[i].account, decided[i].id}]] = true
		}
		if err != nil {
			return nil, err
		}
		left = later
	}
	return recorded, nil
}

// decideOnce records the verdicts at some places, which are about different items, and tells which those were that waited for it.
func (t *transaction) decideOnce(ctx context.Context, verdicts []Verdict, at []int) (decided []place, err error) {
	values := make([][]any, len(at))
	for n, i := range at {
		v := &verdicts[i]
		values[n] = []any{v.Key.Namespace, v.Key.Account, v.Key.ID, v.Changes, v.Policy, v.Generation, v.Outcome, v.Rule, v.Explanation, toMicros(v.At)}
	}
	err = inChunks(t.engine.lists, len(values), func(from, to int) error {
		table, args, err := t.engine.lists.table(values[from:to])
		if err != nil {
			return err
		}
		some, err := rows(ctx, t.statements, func(row scanner) (p place, err error) {
			err = row.Scan(&p.namespace, &p.channel, &p.seen, &p.created, &p.account, &p.id)
			return p, err
		}, decideWith+table+decideTo, args...)
		decided = append(decided, some...)
		return err
	})
	if err != nil {
		return nil, err
	}
	ended := make([][]any, len(decided))
	for i := range decided {
		ended[i] = decided[i].values()
	}
	return decided, t.noMoreUndecided(ctx, ended)
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
		values        [][]any
	}{
		{addMatches, onKnownMatch, c.matches},
		{addActions, onKnownAction, c.actions},
		{addStrikes, onKnownStrike, c.strikes},
		{addLabels, onKnownLabel, c.labels},
		{addCases, onKnownCase, c.cases},
	} {
		if err := t.addRows(ctx, add.into, add.onKnown, add.values); err != nil {
			return err
		}
	}
	return nil
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
