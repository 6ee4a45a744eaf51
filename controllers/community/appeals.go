package community

import (
	"context"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// follow records what follows from a person's decision, and what it says of whether something stays.
func (d *desk) follow(ctx context.Context, c *tribunev1alpha1.CommunityCase, row *store.Case, item *store.Item, by string, now time.Time) error {
	key := item.Key
	var actions []store.Action
	var outcome tribunev1alpha1.PolicyOutcome
	if ofFirst(row, c.Spec.Decision) {
		about, found, err := d.ledger.Item(ctx, store.ItemKey{Namespace: row.Namespace, Account: row.Account, ID: row.Other})
		if err != nil || !found {
			return err // it is forgotten: nothing is left to take back
		}
		known, err := d.ledger.Actions(ctx, store.ActionFilter{Namespace: row.Namespace, Account: row.Account, Item: row.Other})
		if err != nil {
			return err
		}
		actions, outcome = inbox.Appealed(row, c.Spec.Decision, &about, known, restores, by, now)
		key = about.Key
	} else {
		ask, err := d.asks(ctx, row)
		if err != nil {
			return err
		}
		actions, outcome = inbox.Decided(row, &c.Spec, item, ask, by, now)
	}
	if len(actions) > 0 {
		if err := d.ledger.Add(ctx, actions); err != nil {
			return err
		}
	}
	if outcome == "" {
		return nil
	}
	return d.ledger.Human(ctx, key, string(outcome), by)
}

// ofFirst is true for a decision about an appeal that is about what was decided first; others are about the appeal itself.
func ofFirst(row *store.Case, decision tribunev1alpha1.CaseDecision) bool {
	if row.Kind != string(tribunev1alpha1.CaseAppeal) {
		return false
	}
	return decision == tribunev1alpha1.DecisionAllow || decision == tribunev1alpha1.DecisionHide || decision == tribunev1alpha1.DecisionRemove
}

// moot is true for an appeal against what was taken back meanwhile.
func (d *desk) moot(ctx context.Context, row *store.Case) (bool, error) {
	if row.Kind != string(tribunev1alpha1.CaseAppeal) {
		return false, nil
	}
	about, known, err := d.ledger.Item(ctx, store.ItemKey{Namespace: row.Namespace, Account: row.Account, ID: row.Other})
	return known && !about.EditedSince && about.Human == string(tribunev1alpha1.OutcomeAllow), err
}

// actionsAbout are the actions about the items of a case.
func (d *desk) actionsAbout(ctx context.Context, row *store.Case) ([]store.Action, error) {
	actions, err := d.ledger.Actions(ctx, store.ActionFilter{Namespace: row.Namespace, Account: row.Account, Item: row.Item})
	if err != nil || row.Kind != string(tribunev1alpha1.CaseAppeal) || row.Other == row.Item {
		return actions, err
	}
	others, err := d.ledger.Actions(ctx, store.ActionFilter{Namespace: row.Namespace, Account: row.Account, Item: row.Other})
	return append(actions, others...), err
}

// leftOver says what of an appeal that was granted could not be taken back.
func leftOver(row *store.Case, actions []store.Action) string {
	if row.Kind != string(tribunev1alpha1.CaseAppeal) || row.Decision != string(tribunev1alpha1.DecisionAllow) {
		return ""
	}
	for i := range actions {
		if a := &actions[i]; a.Kind == policy.ActRemove && a.Item == row.Other && a.State == store.ActionDone {
			return "what was removed could not be brought back, as the network does not keep it: tell its author"
		}
	}
	return ""
}

// restores says whether the network of an account keeps what was removed.
func restores(account string) bool {
	name, _, _ := strings.Cut(account, "/")
	adapter, known := network.Lookup(tribunev1alpha1.NetworkName(name))
	return known && adapter.Restores
}
