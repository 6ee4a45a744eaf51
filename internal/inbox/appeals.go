package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/views"
)

const (
	// appealWithin is how long after a decision what its author writes about it is an appeal.
	appealWithin = 30 * 24 * time.Hour
	// maxDecisions about somebody are looked at, the last first.
	maxDecisions = 100
)

// appealed are the actions that somebody may object to.
var appealed = map[string]bool{
	policy.ActHide: true, policy.ActRemove: true, policy.ActMute: true, policy.ActBlock: true, policy.ActWarn: true, policy.ActReport: true,
}

// firstDecision is what somebody objects to: all that was done about one item of theirs.
type firstDecision struct {
	// item that it was about, and policy, rule and generation that decided; by a person if By is not empty.
	item, policy, rule, by string
	generation             int64
	kinds                  []string
	at                     time.Time
	text                   string
}

// appeal is an item by which its author objects to a decision.
type appeal struct {
	firstDecision
	// owner is the policy whose case it is, and name the case's.
	owner, name string
}

// appeals finds which of some items object to what was done about their authors, and keeps the rules that did it from deciding about these:
// people do.
func (b *Inbox) appeals(ctx context.Context, items []store.Item, opinions [][]opinion) ([]*appeal, error) {
	out := make([]*appeal, len(items))
	var buffer *views.Buffer
	for i := range items {
		it := &items[i]
		if len(opinions[i]) == 0 || it.Gone || it.Author.ID == "" || !appealing(it.Kind) {
			continue
		}
		if buffer == nil {
			buffer = views.NewBuffer()
		}
		objects := Objects(it.Text, buffer)
		if !objects && (it.Kind != network.ItemMessage || it.Parent == "") {
			continue // most people say something else, and the ledger needs not be asked
		}
		a, err := b.appealOf(ctx, it, objects, opinions[i])
		if err != nil {
			return nil, err
		}
		if out[i] = a; a != nil {
			for n := range opinions[i] {
				a.defuse(&opinions[i][n])
			}
		}
	}
	return out, nil
}

func appealing(k network.ItemKind) bool {
	return k == network.ItemComment || k == network.ItemReply || k == network.ItemMention || k == network.ItemMessage
}

// appealOf an item; nil: it is none. One item that something was done about is appealed once: who objects again, or has nothing else to object
// to, is judged as everybody is.
func (b *Inbox) appealOf(ctx context.Context, it *store.Item, objects bool, opinions []opinion) (*appeal, error) {
	decisions, err := b.decisionsAgainst(ctx, it, objects)
	if err != nil {
		return nil, err
	}
	for _, d := range decisions {
		a := &appeal{firstDecision: d, owner: opinions[0].in.Name}
		for n := range opinions {
			if opinions[n].in.Name == d.policy {
				a.owner = d.policy
			}
		}
		key := store.ItemKey{Namespace: it.Key.Namespace, Account: it.Key.Account, ID: d.item}
		a.name = CaseName(a.owner, key, string(tribunev1alpha1.CaseAppeal))
		known, err := b.Ledger.Cases(ctx, store.CaseFilter{Namespace: it.Key.Namespace, Name: a.name})
		if err != nil {
			return nil, err
		}
		if len(known) > 0 && known[0].Item != it.Key.ID {
			continue
		}
		about, found, err := b.Ledger.Item(ctx, key)
		switch {
		case err != nil:
			return nil, err
		case !found || about.Human == string(tribunev1alpha1.OutcomeAllow) && about.Key.ID != it.Key.ID:
			continue // it was taken back already
		}
		a.text = about.Text
		return a, nil
	}
	return nil, nil
}

// decisionsAgainst the author of an item, the last first. Who answers a warning means that one; so does who speaks under what was hidden.
func (b *Inbox) decisionsAgainst(ctx context.Context, it *store.Item, objects bool) (out []firstDecision, err error) {
	since := b.Clock.Now().Add(-appealWithin)
	actions, err := b.Ledger.Actions(ctx, store.ActionFilter{
		Namespace: it.Key.Namespace, Account: it.Key.Account, Author: it.Author.ID, States: []store.ActionState{store.ActionDone}, Since: since, Limit: maxDecisions,
	})
	if err != nil {
		return nil, err
	}
	meant := ""
	add := func(d firstDecision, kind string) {
		n := slices.IndexFunc(out, func(o firstDecision) bool { return o.item == d.item })
		if n < 0 {
			n, out = len(out), append(out, d)
		}
		if !slices.Contains(out[n].kinds, kind) {
			out[n].kinds = append(out[n].kinds, kind)
		}
		if kind == policy.ActHide || kind == policy.ActRemove { // that is what is seen of it
			out[n].rule, out[n].policy, out[n].generation, out[n].by, out[n].at = d.rule, d.policy, d.generation, d.by, d.at
		}
	}
	for i := range actions {
		a := &actions[i]
		if !appealed[a.Kind] || a.Item == "" {
			continue
		}
		add(firstDecision{item: a.Item, policy: a.Policy, rule: a.Rule, by: a.By, generation: a.Generation, at: a.DoneAt}, a.Kind)
		if it.Parent != "" && (a.Item == it.Parent || a.Ref.ID == it.Parent) {
			meant = a.Item
		}
	}
	if !objects {
		return slices.DeleteFunc(out, func(d firstDecision) bool { return meant == "" || d.item != meant }), nil
	}
	// What people did in the network's own app has no action.
	said, err := b.Ledger.Items(ctx, store.ItemFilter{Namespace: it.Key.Namespace, Account: it.Key.Account, Author: it.Author.ID, Since: since, Newest: true, Limit: maxDecisions})
	if err != nil {
		return nil, err
	}
	for i := range said {
		o := &said[i]
		if kind := outcomeKind[o.Human]; kind != "" && o.HumanBy == InApp {
			add(firstDecision{item: o.Key.ID, by: o.HumanBy, at: o.SeenAt}, kind)
			if it.Parent != "" && (it.Parent == o.Key.ID || it.Parent == o.Ref.ID) {
				meant = o.Key.ID
			}
		}
	}
	slices.SortStableFunc(out, func(a, b firstDecision) int {
		if (a.item == meant) != (b.item == meant) {
			if a.item == meant {
				return -1
			}
			return 1
		}
		return b.at.Compare(a.at)
	})
	return out, nil
}

var outcomeKind = map[string]string{string(tribunev1alpha1.OutcomeHide): policy.ActHide, string(tribunev1alpha1.OutcomeRemove): policy.ActRemove}

// defuse keeps the rule that is appealed against from doing anything to who appeals, as it would: whoever objects to a decision about some
// words quotes them. Nothing is said automatically either.
func (a *appeal) defuse(o *opinion) {
	d := &o.d
	same := func(rule string) bool { return a.rule != "" && o.in.Name == a.policy && rule == a.rule }
	d.Actions = slices.DeleteFunc(d.Actions, func(act policy.Action) bool {
		why := ""
		switch act.Kind {
		case policy.ActHide, policy.ActRemove, policy.ActStrike, policy.ActWarn, policy.ActMute, policy.ActBlock, policy.ActReport:
			if same(act.Rule) {
				why = "it is appealed against this rule: a person decides"
			}
		case policy.ActReply, policy.ActThank, policy.ActReact, policy.ActCurate, policy.ActShare, policy.ActIntroduce:
			why = "it is an appeal: a person answers"
		}
		if why != "" {
			d.Skipped = append(d.Skipped, policy.Skipped{Rule: act.Rule, Action: act.Kind, Reason: why})
		}
		return why != ""
	})
	if same(d.By) && outcomeKind[string(d.Outcome)] != "" {
		d.Outcome, d.By = tribunev1alpha1.OutcomeAllow, ""
	}
}

// describe names the first decision, for who decides about the appeal.
func (a *appeal) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "appeal against %s of %s", strings.Join(a.kinds, ", "), a.at.UTC().Format("2006-01-02 15:04 UTC"))
	if a.rule != "" {
		fmt.Fprintf(&b, " by rule %s of %s", a.rule, a.policy)
	}
	if a.generation > 0 {
		fmt.Fprintf(&b, ", generation %d", a.generation)
	}
	if a.by != "" {
		fmt.Fprintf(&b, ", decided by %s: somebody else should look", policy.Harmless(a.by))
	}
	fmt.Fprintf(&b, "; it was about %q", policy.Harmless(a.text))
	text := b.String()
	if len(text) > maxExplanation {
		text = strings.ToValidUTF8(text[:maxExplanation], "") + "…"
	}
	return text
}

// openAppeal is the case by which a person decides.
func (r *recorder) openAppeal(o *opinion) store.Case {
	c := r.open(o, tribunev1alpha1.CaseAppeal, r.appeal.rule, "")
	c.Name, c.Other, c.Explanation = r.appeal.name, r.appeal.item, r.appeal.describe()
	if answer := o.in.Spec.Answer; answer != nil {
		if due, err := DueAfter(r.now, answer.Within.Duration, answer.Hours); err == nil {
			c.DueAt = due
		}
	}
	return c
}

// Appealed gives what follows from a person's decision about an appeal, for the item that the first decision was about: Allow takes all of
// that back, Hide and Remove confirm it. actions are all that are known about that item. What else they decide is about the appeal itself.
func Appealed(row *store.Case, d tribunev1alpha1.CaseDecision, about *store.Item, actions []store.Action, restores func(account string) bool, by string, now time.Time) ([]store.Action, tribunev1alpha1.PolicyOutcome) {
	action := func(kind string) store.Action {
		return store.Action{
			ID: DecidedPrefix(row) + kind, Namespace: row.Namespace, Policy: row.Policy, Rule: row.Rule, Account: row.Account, Channel: row.Channel, Item: row.Other,
			Author: about.Author.ID, Kind: kind, Payload: Payload{}.String(), By: by, State: store.ActionPending, NextAt: now, CreatedAt: now,
		}
	}
	switch d {
	case tribunev1alpha1.DecisionAllow:
		back := Undo(actions, restores, by, now).Actions
		does := func(kind string) bool {
			return slices.ContainsFunc(back, func(a store.Action) bool { return a.Kind == kind })
		}
		if about.Hidden && !does(kindUnhide) {
			back = append(back, action(kindUnhide)) // it was hidden in the network's own app
		}
		if about.Removed && !does(kindRestore) && restores(row.Account) {
			back = append(back, action(kindRestore))
		}
		return back, tribunev1alpha1.OutcomeAllow
	case tribunev1alpha1.DecisionHide:
		if about.Hidden || about.Removed {
			return nil, tribunev1alpha1.OutcomeHide
		}
		return []store.Action{action(policy.ActHide)}, tribunev1alpha1.OutcomeHide
	case tribunev1alpha1.DecisionRemove:
		if about.Removed {
			return nil, tribunev1alpha1.OutcomeRemove
		}
		return []store.Action{action(policy.ActRemove)}, tribunev1alpha1.OutcomeRemove
	}
	return nil, ""
}

// OfDecision is true for the actions that a person's decision about a case led to.
func OfDecision(row *store.Case, a *store.Action) bool {
	if strings.HasPrefix(a.ID, DecidedPrefix(row)) {
		return true
	}
	_, takesBack := undoes(a.ID)
	return takesBack && row.Kind == string(tribunev1alpha1.CaseAppeal) && a.Item == row.Other && !a.CreatedAt.Before(row.DecidedAt)
}
