package inbox

import (
	"context"
	"fmt"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// What people hide, show, remove or approve in the network's own app is their decision, as if it had been made here. A network tells
// only how an item stands now. That it stands otherwise than when it was last told was somebody's doing, and somebody else's if nothing
// that we did leads there. So a list that lags behind what we did is no decision: what we have hidden must have been told as hidden
// once, before its being visible says anything.

// InApp is who decided in the network's own app: which one of us it was is not told.
const InApp = "someone in the network's app"

// echo is how long a network may still tell what was before a later act of ours.
const echo = 2 * time.Minute

// standing is what the public sees of an item.
type standing string

const (
	standsShown   standing = "Allow"
	standsHidden  standing = "Hide"
	standsRemoved standing = "Remove"
)

func standingOf(hidden, removed bool) standing {
	switch {
	case removed:
		return standsRemoved
	case hidden:
		return standsHidden
	}
	return standsShown
}

// leadsTo is how an item stands after an action.
var leadsTo = map[string]standing{
	policy.ActHide: standsHidden, policy.ActRemove: standsRemoved, kindUnhide: standsShown, kindRestore: standsShown,
}

// inApp records what people decided in the network's own app, as the items that are told now say. It comes before they are taken: who is
// killed in between is told the same again.
func (b *Inbox) inApp(ctx context.Context, ear store.Ear, items []network.Item, now time.Time) error {
	last := make(map[string]*network.Item, len(items))
	ids := make([]string, 0, len(items))
	for i := range items {
		it := &items[i]
		if it.Ours || it.Gone {
			continue
		}
		if last[it.ID] == nil {
			ids = append(ids, it.ID)
		}
		last[it.ID] = it
	}
	stands, err := b.Ledger.Stands(ctx, ear.Namespace, ear.Account, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		was, known := stands[id]
		to := standingOf(last[id].Hidden, last[id].Removed)
		if !known || was.Recorded || standingOf(was.Hidden, was.Removed) == to {
			continue
		}
		if err := b.movedInApp(ctx, store.ItemKey{Namespace: ear.Namespace, Account: ear.Account, ID: id}, to, now); err != nil {
			return err
		}
	}
	return nil
}

// movedInApp records that an item stands otherwise than it did, unless that is our own doing.
func (b *Inbox) movedInApp(ctx context.Context, key store.ItemKey, to standing, now time.Time) error {
	actions, err := b.Ledger.Actions(ctx, store.ActionFilter{Namespace: key.Namespace, Account: key.Account, Item: key.ID})
	if err != nil || ourDoing(actions, to, now) {
		return err
	}
	if to == standsShown {
		for i := range actions {
			if a := &actions[i]; a.State == store.ActionDone && hides(a.Kind) {
				if err := b.Ledger.Undone(ctx, a.ID, InApp, now); err != nil {
					return err
				}
			}
		}
	}
	if err := b.Ledger.Human(ctx, key, string(to), InApp); err != nil {
		return err
	}
	cases, err := b.Ledger.CasesAbout(ctx, key.Namespace, key.Account, key.ID)
	if err != nil {
		return err
	}
	for i := range cases {
		c := &cases[i]
		if c.Kind != string(tribunev1alpha1.CaseModeration) {
			continue
		}
		c.State, c.ClosedBy, c.Decision, c.DecidedBy = store.CaseDone, string(tribunev1alpha1.ClosedByNetwork), string(to), InApp
		c.DecidedAt, c.DoneAt = now, now
		if err := b.Ledger.SaveCase(ctx, *c); err != nil {
			return err
		}
	}
	return nil
}

func hides(kind string) bool { return kind == policy.ActHide || kind == policy.ActRemove }

// ourDoing is true if something that we did to an item, or are doing, leads to how it stands.
func ourDoing(actions []store.Action, to standing, now time.Time) bool {
	for i := range actions {
		if leadsTo[actions[i].Kind] == to && explains(&actions[i], actions, to, now) {
			return true
		}
	}
	return false
}

// explains is true if an action may be why its item stands as it does: it is under way, or nothing that we did later leads elsewhere.
func explains(a *store.Action, all []store.Action, to standing, now time.Time) bool {
	switch a.State {
	case store.ActionDoing, store.ActionUnknown:
		return true
	case store.ActionPending:
		return a.Tries > 0 // its answer may have been lost
	case store.ActionDone, store.ActionUndone:
	default:
		return false
	}
	takenBack := false
	for i := range all {
		b := &all[i]
		if other := leadsTo[b.Kind]; other == "" || other == to {
			continue
		}
		switch {
		case b.State == store.ActionPending, b.State == store.ActionDoing, b.State == store.ActionUnknown:
			takenBack = true // it is under way: what is told may be from before
		case b.State == store.ActionDone && !b.DoneAt.Before(a.DoneAt):
			if takenBack = true; now.Sub(b.DoneAt) > echo {
				return false
			}
		}
	}
	// What is undone without an action of ours was taken back by a person.
	return a.State == store.ActionDone || takenBack
}

// decidedByPerson gives what a person decided about an item, and nothing contradicts. That it may stay was said of the words that they saw: it
// does not hold for others that its author puts in their place. What was hidden or removed stays so.
func decidedByPerson(it *store.Item) tribunev1alpha1.PolicyOutcome {
	if lapsed(it) {
		return ""
	}
	return outcomeOf[it.Human]
}

// lapsed is true if a person let an item stay, and its author changed its words afterwards.
func lapsed(it *store.Item) bool {
	return it.EditedSince && it.Human == string(tribunev1alpha1.OutcomeAllow)
}

// overruled says which decision of a person a rule's action would contradict; empty: none. It was decided before theirs.
func overruled(a *store.Action, it *store.Item) string {
	person := decidedByPerson(it)
	if a.Generation == 0 || person == "" {
		return "" // generation 0: a person asked for it
	}
	switch a.Kind {
	case policy.ActHide, policy.ActRemove:
	case policy.ActMute, policy.ActBlock, policy.ActWarn, policy.ActReport:
		if person != tribunev1alpha1.OutcomeAllow {
			return ""
		}
	default:
		return ""
	}
	return fmt.Sprintf("%s decided %s", it.HumanBy, person)
}
