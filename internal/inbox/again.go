package inbox

import (
	"context"
	"strconv"
	"strings"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// Routed is the case of the team to which a person routed one; false: it was not routed. It stays open until it is done: who asked waits for
// an answer from whoever gives it, from when they asked. An introduction that others take is a request to them.
func Routed(row *store.Case, c *tribunev1alpha1.CommunityCaseSpec, by string) (store.Case, bool) {
	if c.Decision != tribunev1alpha1.DecisionRoute || c.RouteTo == nil {
		return store.Case{}, false
	}
	theirs := *row
	if theirs.Kind == string(tribunev1alpha1.CaseIntroduction) {
		theirs.Kind = string(tribunev1alpha1.CaseRequest)
	}
	key := store.ItemKey{Namespace: row.Namespace, Account: row.Account, ID: row.Item + "\x00" + row.Name}
	theirs.Name, theirs.State = CaseName(row.Policy, key, theirs.Kind), store.CaseWaiting
	theirs.Assignee, theirs.Decision, theirs.DecidedBy, theirs.ClosedBy, theirs.URL = "", "", "", "", ""
	theirs.Explanation = "routed to " + string(c.RouteTo.Name) + " by " + policy.Harmless(by)
	if c.Note != "" {
		theirs.Explanation += ": " + policy.Harmless(c.Note)
	}
	if row.Explanation != "" {
		theirs.Explanation += "; " + row.Explanation
	}
	if len(theirs.Explanation) > maxExplanation {
		theirs.Explanation = strings.ToValidUTF8(theirs.Explanation[:maxExplanation], "") + "…"
	}
	return theirs, true
}

// again opens a case anew where a person is done with what an item was, and a rule asks for another reason whether it may stay as its author
// changed it, or as others report it.
func (b *Inbox) again(ctx context.Context, items []store.Item, verdicts []store.Verdict) error {
	for i := range verdicts {
		if items[i].Changes == 0 {
			continue // it was decided about never before
		}
		for n := range verdicts[i].Parts {
			p := &verdicts[i].Parts[n]
			for k := range p.Cases {
				if c := &p.Cases[k]; c.Kind == string(tribunev1alpha1.CaseModeration) {
					if err := b.anew(ctx, c, &items[i]); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// anew gives a case another name if one of its name is over, and was about something else.
func (b *Inbox) anew(ctx context.Context, c *store.Case, it *store.Item) error {
	before, err := b.Ledger.Cases(ctx, store.CaseFilter{Namespace: c.Namespace, Policy: c.Policy, Account: c.Account, Item: c.Item, Kind: c.Kind})
	if err != nil {
		return err
	}
	over := false
	for i := range before {
		switch o := &before[i]; {
		case o.State == store.CaseWaiting, o.State == store.CaseOpen, o.State == store.CaseRedrawn, o.Explanation == c.Explanation:
			return nil
		case o.Name == c.Name:
			over = true
		}
	}
	if over {
		key := it.Key
		key.ID += "#" + strconv.FormatInt(it.Changes, 10)
		c.Name = CaseName(c.Policy, key, c.Kind)
	}
	return nil
}
