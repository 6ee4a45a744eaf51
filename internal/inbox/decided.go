package inbox

import (
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// DecidedPrefix begins the ids of the actions that a person's decision about a case led to.
func DecidedPrefix(row *store.Case) string { return row.Namespace + "/" + row.Name + "/" }

// Decided gives what follows from a person's decision: the actions, and what it says about whether the item stays. It is not counted
// by any limit, and waits for no Crisis: a person decided. ask is what an author is asked before something of theirs is shared.
func Decided(row *store.Case, c *tribunev1alpha1.CommunityCaseSpec, item *store.Item, ask Asking, by string, now time.Time) ([]store.Action, tribunev1alpha1.PolicyOutcome) {
	action := func(kind string, p Payload) store.Action {
		return store.Action{
			ID: DecidedPrefix(row) + kind, Namespace: row.Namespace, Policy: row.Policy, Rule: row.Rule, Account: row.Account,
			Channel: row.Channel, Item: row.Item, Author: item.Author.ID, Kind: kind, Payload: p.String(), By: by, State: store.ActionPending, NextAt: now, CreatedAt: now,
		}
	}
	text := ""
	if c.Reply != nil {
		text = c.Reply.Text
	}
	if curates(row, c.Decision) {
		p, asks := ask.payload(row, c.Decision, item)
		switch {
		case ask.Agreed && p.Share != nil:
			return []store.Action{action(policy.ActShare, Payload{Share: p.Share})}, ""
		case !asks || ask.Agreed:
			return nil, ""
		}
		return []store.Action{action(policy.ActReply, p)}, ""
	}
	if row.Kind == string(tribunev1alpha1.CaseIntroduction) && c.Decision == tribunev1alpha1.DecisionAllow {
		return nil, "" // people introduce people; that what was said may stay nobody asked
	}
	switch c.Decision {
	case tribunev1alpha1.DecisionAllow:
		if item.Hidden || item.Outcome == string(tribunev1alpha1.OutcomeHide) {
			return []store.Action{action(kindUnhide, Payload{})}, tribunev1alpha1.OutcomeAllow
		}
		return nil, tribunev1alpha1.OutcomeAllow
	case tribunev1alpha1.DecisionHide:
		return []store.Action{action(policy.ActHide, Payload{})}, tribunev1alpha1.OutcomeHide
	case tribunev1alpha1.DecisionRemove:
		return []store.Action{action(policy.ActRemove, Payload{})}, tribunev1alpha1.OutcomeRemove
	case tribunev1alpha1.DecisionWarn:
		return []store.Action{action(policy.ActWarn, Payload{Text: text, Private: true})}, ""
	case tribunev1alpha1.DecisionMute:
		if c.MuteFor == nil {
			return nil, ""
		}
		return []store.Action{action(policy.ActMute, Payload{For: c.MuteFor.Duration})}, ""
	case tribunev1alpha1.DecisionBlock:
		return []store.Action{action(policy.ActBlock, Payload{})}, ""
	case tribunev1alpha1.DecisionReply:
		return []store.Action{action(policy.ActReply, Payload{Text: text, Language: item.Language})}, ""
	case tribunev1alpha1.DecisionRoute:
		if c.RouteTo == nil {
			return nil, ""
		}
		said := policy.Say(defaultRoute, policy.Said{Author: item.Author.Handle, Channel: row.Channel, Text: item.Text, URL: item.Ref.URL})
		if c.Note != "" {
			said = c.Note + "\n" + said
		}
		if theirs, ok := Routed(row, c, by); ok {
			said += "\nIt waits for you: tribune inbox show " + theirs.Name + " -n " + row.Namespace
		}
		return []store.Action{action(policy.ActRoute, Payload{Text: said, Receiver: string(c.RouteTo.Name)})}, ""
	}
	return nil, ""
}
