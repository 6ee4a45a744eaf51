package inbox

import (
	"context"
	"slices"
	"time"

	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// kindStep is a step of a welcome whose time has not come: a row that is due in the future. When it is, what speaks against it is asked
// anew, and what is said becomes an action of its own, with the words of the policy as it is then.
const kindStep = "welcomeStep"

// saidMark ends the id of what a step led to, so that it leads to it once.
const saidMark = "-said"

// newcomers is what speaks against welcoming those who come; nil if nobody in these items does, or nobody is welcomed.
func (b *Inbox) newcomers(ctx context.Context, in *InForce, items []store.Item) ([]store.Newcomer, error) {
	if !slices.ContainsFunc(items, func(it store.Item) bool { return in.Policy.Greets(it.Kind) }) {
		return nil, nil
	}
	return b.Ledger.Newcomers(ctx, in.Name, items)
}

// step records a step of a welcome that is due later.
func (r *recorder) step(o *opinion, a *policy.Action) store.Action {
	came := r.item.CreatedAt
	if came.IsZero() || came.After(r.now) {
		came = r.now
	}
	p, class := Payload{Step: a.After, Due: came.Add(a.After), Private: a.Private, Language: r.item.Language}, ""
	if !a.Due.IsZero() {
		p, class = Payload{Digest: true, Due: a.Due, Came: came}, ClassDigest
	}
	return store.Action{
		ID: ActionID(r.item.Key, o.in.Name, a.From+" "+a.After.String(), kindStep, 0, o.in.Acts), Namespace: r.item.Key.Namespace, Policy: o.in.Name, Generation: o.in.Generation,
		Rule: a.From, Account: r.item.Key.Account, Channel: r.item.Channel, Item: r.item.Key.ID, Author: r.item.Author.ID, Kind: kindStep, Class: class,
		Payload: p.String(), State: store.ActionPending, NextAt: p.Due, CreatedAt: r.now,
	}
}

// step decides about a step whose time has come. It may be repeated: what it leads to has a name.
func (b *Inbox) step(ctx context.Context, a *store.Action, p *Payload) outcome {
	c := Channel{a.Namespace, a.Channel}
	policies, ready := b.Policies.For(c)
	if !ready {
		return b.soon(a, "the policy is suspended, or not known")
	}
	at := slices.IndexFunc(policies, func(in InForce) bool { return in.Name == a.Policy && in.Acts })
	if at < 0 {
		return left("the policy does not act on this channel any more")
	}
	in, now := &policies[at], b.Clock.Now()
	if now.Sub(p.Due) > in.Policy.StaleAfter() {
		return left("it would come more than " + in.Policy.StaleAfter().String() + " late")
	}
	item, known, err := b.Ledger.Item(ctx, store.ItemKey{Namespace: a.Namespace, Account: a.Account, ID: a.Item})
	switch {
	case err != nil:
		return b.soon(a, err.Error())
	case !known:
		return left("the item is not in the ledger any more")
	case item.Gone:
		return left("they are not here any more")
	}
	said, ok := in.Policy.StepOf(item.Kind, p.Step, item.Language)
	together, digest := in.Policy.DigestFor(item.Kind)
	if digest != p.Digest || ok == digest {
		return left("the policy has no such step any more")
	}
	line, ok := b.Lines.Line(c)
	switch {
	case !ok:
		return b.soon(a, "SocialChannel "+a.Channel+" is not connected")
	case line.Ear(c).Account != a.Account:
		return left("SocialChannel " + a.Channel + " is on another account by now")
	}
	facts := line.Facts(a.Channel)
	if reason, _ := policy.Instead(policy.ActWelcome, &facts); reason != "" {
		return left(reason)
	}
	why, err := b.unwelcome(ctx, in, &item, said.UnlessPosted, now)
	switch {
	case err != nil:
		return b.soon(a, err.Error())
	case why != "":
		return left(why)
	}
	if digest {
		return b.together(ctx, a, p, in, &together, &line)
	}
	if err := b.Ledger.AddWithin(ctx, []store.Action{welcoming(a, p, &item, &said, &facts, now)}, limitsOf(in.Spec), now); err != nil {
		return b.soon(a, err.Error())
	}
	poke(b.actor)
	return done()
}

// unwelcome says why someone is not welcomed now; empty: they are.
func (b *Inbox) unwelcome(ctx context.Context, in *InForce, item *store.Item, unlessPosted bool, now time.Time) (string, error) {
	if item.Author.NoAutomation {
		return "they asked for no automation", nil
	}
	if held, err := b.Crises.Holds(ctx, Channel{item.Key.Namespace, item.Channel}); err != nil || held {
		return "a Crisis is open", err
	}
	one := []store.Item{*item}
	facts, err := b.Ledger.FactsAbout(ctx, strikesOf(in), one, store.Reach{Strikes: in.Policy.Needs().Strikes}, now)
	if err != nil {
		return "", err
	}
	if facts[0].Strikes > 0 {
		return "they have strikes", nil
	}
	known, err := b.Ledger.Newcomers(ctx, in.Name, one)
	if err != nil {
		return "", err
	}
	if known[0].OpenCase {
		return "they have an open case", nil
	}
	if !unlessPosted {
		return "", nil
	}
	if posted, err := b.Ledger.Posted(ctx, item); err != nil || posted {
		return "they have said something meanwhile", err
	}
	return "", nil
}

// welcoming is what a step leads to. Its words do not change any more.
func welcoming(a *store.Action, p *Payload, item *store.Item, said *policy.Step, facts *policy.Channel, now time.Time) store.Action {
	text := policy.Say(said.Text, policy.Said{Author: item.Author.Handle, Channel: item.Channel, Text: item.Text, URL: item.Ref.URL, Language: item.Language})
	out := *a
	out.ID, out.Kind, out.Class, out.State, out.Claim, out.Tries, out.Failures, out.NextAt, out.CreatedAt = a.ID+saidMark, policy.ActWelcome, ClassWelcome, store.ActionPending, "", 0, 0, now, now
	out.Reason = ""
	out.Payload = Payload{Text: text, Private: p.Private && facts.Can("DirectMessage"), Language: item.Language}.String()
	return out
}
