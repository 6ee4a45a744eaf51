package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// Enforcement is a restriction that was put on what someone said, or on what they can do.
type Enforcement struct {
	Key ItemKey
	// Kind is hide, remove, mute or block.
	Kind         string
	Policy, Rule string
	// ByPerson decided it, or let it go when it was held.
	ByPerson bool
	// Labels, Language and Media of the item.
	Labels   []string
	Language string
	Media    bool
	// SaidAt is when the item was published, AppliedAt when the restriction began, EndsAt when it ends or was taken back; zero: neither.
	SaidAt, AppliedAt, EndsAt time.Time
}

// EnforcementFilter chooses enforcements by their beginning, from Since and before Until; zero: no bound. Namespace empty: of all.
type EnforcementFilter struct {
	Namespace    string
	Since, Until time.Time
}

const (
	// What was taken back was in force until then; who took it back stands in the place of who decided it.
	appliedAt = `CASE WHEN a.state = 'Undone' THEN a.created_at ELSE a.done_at END`

	// Of several that did the same to the same item, by other policies or a person, the first is the one.
	queryEnforcements = `SELECT a.namespace, a.account, a.item, a.kind, a.policy, a.rule, a.by_whom, a.id, a.state, a.payload, a.created_at, a.done_at,
		COALESCE(i.language, ''), COALESCE(i.media, 0), COALESCE(i.created_at, 0), COALESCE(i.seen_at, 0), COALESCE(l.name, '')
		FROM actions a LEFT JOIN items i ON i.namespace = a.namespace AND i.account = a.account AND i.id = a.item
		LEFT JOIN labels l ON l.namespace = a.namespace AND l.account = a.account AND l.item = a.item
		WHERE a.kind IN ('hide', 'remove', 'mute', 'block') AND a.state IN ('Done', 'Undone') AND (a.namespace = ? OR CAST(? AS TEXT) = '')
		AND ` + appliedAt + ` >= ? AND ` + appliedAt + ` < ?
		AND NOT EXISTS (SELECT 1 FROM actions b WHERE b.namespace = a.namespace AND b.account = a.account AND b.item = a.item AND b.kind = a.kind
			AND b.state IN ('Done', 'Undone') AND (b.created_at < a.created_at OR (b.created_at = a.created_at AND b.id < a.id)))
		ORDER BY ` + appliedAt + `, a.id, l.name`
)

// Enforcements tells what was enforced, by when it began, each once. It is one state of the ledger, and is not kept in memory.
func (r *Reader) Enforcements(ctx context.Context, f EnforcementFilter, each func(*Enforcement) error) error {
	until := int64(math.MaxInt64)
	if !f.Until.IsZero() {
		until = toMicros(f.Until)
	}
	found, err := r.db.QueryContext(ctx, r.engine.bind(queryEnforcements), f.Namespace, f.Namespace, toMicros(f.Since), until)
	if err != nil {
		return fmt.Errorf("read enforcements from ledger: %w", err)
	}
	defer func() { _ = found.Close() }()
	var last Enforcement
	var lastID string
	for found.Next() {
		e, id, err := scanEnforcement(found)
		if err != nil {
			return fmt.Errorf("read enforcements from ledger: %w", err)
		}
		if id == lastID {
			last.Labels = append(last.Labels, e.Labels...) // the same, with another label
			continue
		}
		if lastID != "" {
			if err := each(&last); err != nil {
				return err
			}
		}
		last, lastID = e, id
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("read enforcements from ledger: %w", err)
	}
	if lastID == "" {
		return nil
	}
	return each(&last)
}

func scanEnforcement(row scanner) (e Enforcement, id string, err error) {
	var by, state, payload, label string
	var created, done, media, said, seen int64
	err = row.Scan(&e.Key.Namespace, &e.Key.Account, &e.Key.ID, &e.Kind, &e.Policy, &e.Rule, &by, &id, &state, &payload, &created, &done,
		&e.Language, &media, &said, &seen, &label)
	if err != nil {
		return e, "", err
	}
	// The id of what a person decided about a case names the case.
	e.ByPerson, e.Media = strings.Contains(id, "/") || (state == string(ActionDone) && by != ""), media > 0
	e.AppliedAt = fromMicros(done)
	if state == string(ActionUndone) {
		e.AppliedAt, e.EndsAt = fromMicros(created), fromMicros(done)
	} else if length := lasts(payload); length > 0 && e.Kind == "mute" {
		e.EndsAt = e.AppliedAt.Add(length)
	}
	for _, at := range []int64{said, seen, created} {
		if e.SaidAt.IsZero() {
			e.SaidAt = fromMicros(at)
		}
	}
	if label != "" {
		e.Labels = []string{label}
	}
	return e, id, nil
}

// lasts is how long an action's effect lasts by its payload; 0: it does not say, or its words were erased.
func lasts(payload string) time.Duration {
	var p struct {
		For time.Duration `json:"for"`
	}
	if json.Unmarshal([]byte(payload), &p) != nil {
		return 0
	}
	return p.For
}
