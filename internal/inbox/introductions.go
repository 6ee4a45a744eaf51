package inbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// defaultTogether is within what time two people spoke of the same, where the policy does not say.
	defaultTogether = 30 * 24 * time.Hour
	// introducedIn is the span in which suggestions are counted, defaultIntroductions their most where the policy does not say.
	introducedIn         = 7 * 24 * time.Hour
	defaultIntroductions = 3
	// maxCandidates who spoke of the same are looked at, the last first.
	maxCandidates = 50
)

// introducing is what is looked for when somebody spoke of a topic. Each that is looked for stays in the ledger, so that who speaks of it
// next finds it.
func introducing(in *InForce, spec *tribunev1alpha1.IntroduceAction) Payload {
	p := Payload{Topic: string(spec.Topic), Within: defaultTogether, Most: defaultIntroductions}
	if spec.Window != nil {
		p.Within = spec.Window.Duration
	}
	if l := in.Spec.Limits; l != nil && l.MaxIntroductionsPerWeek != nil {
		p.Most = int(*l.MaxIntroductionsPerWeek)
	}
	return p
}

// introduce suggests to our people to bring two together who speak of the same. Nothing is sent. It may be repeated: a suggestion has the
// name of the pair.
func (b *Inbox) introduce(ctx context.Context, a *store.Action, p *Payload) outcome {
	b.introducing.Lock() // what is counted does not change meanwhile
	defer b.introducing.Unlock()
	now := b.Clock.Now()
	item, ok, err := b.candidate(ctx, a, a)
	switch {
	case err != nil:
		return b.soon(a, err.Error())
	case !ok:
		return left("they are not to be introduced")
	}
	if held, err := b.Crises.Holds(ctx, Channel{a.Namespace, a.Channel}); err != nil {
		return b.soon(a, err.Error())
	} else if held {
		return left("a Crisis is open")
	}
	// An item leads to one suggestion, also if it is not known that it did.
	before, err := b.Ledger.Cases(ctx, store.CaseFilter{Namespace: a.Namespace, Policy: a.Policy, Account: a.Account, Item: a.Item, Kind: string(tribunev1alpha1.CaseIntroduction)})
	if err != nil {
		return b.soon(a, err.Error())
	} else if len(before) > 0 {
		return done()
	}
	suggestion, err := b.suggestion(ctx, a, p, &item, now)
	switch {
	case err != nil:
		return b.soon(a, err.Error())
	case suggestion == nil:
		return done() // who speaks of it next may be introduced to them
	}
	lately, err := b.Ledger.Cases(ctx, store.CaseFilter{Namespace: a.Namespace, Policy: a.Policy, Kind: suggestion.Kind, Since: now.Add(-introducedIn)})
	if err != nil {
		return b.soon(a, err.Error())
	}
	if len(lately) >= p.Most {
		return left(fmt.Sprintf("%d introductions were suggested in a week", len(lately)))
	}
	if err := b.Ledger.AddCases(ctx, []store.Case{*suggestion}); err != nil {
		return b.soon(a, err.Error())
	}
	return done()
}

// suggestion is a case that proposes to introduce who said an item to the one who spoke of the same last, and was not suggested to them
// before; nil: there is nobody.
func (b *Inbox) suggestion(ctx context.Context, a *store.Action, p *Payload, item *store.Item, now time.Time) (*store.Case, error) {
	spoke, err := b.Ledger.Actions(ctx, store.ActionFilter{Namespace: a.Namespace, Policy: a.Policy, Account: a.Account, Class: ClassIntroduction, Since: now.Add(-p.Within)})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{a.Author: true}
	for i := range spoke {
		one := &spoke[i]
		if seen[one.Author] || one.State == store.ActionSimulated || one.State == store.ActionFailed {
			continue
		}
		if of, err := PayloadOf(one); err != nil || of.Topic != p.Topic {
			continue
		}
		if seen[one.Author] = true; len(seen) > maxCandidates {
			return nil, nil
		}
		name := pairName(a, one.Author)
		known, err := b.Ledger.Cases(ctx, store.CaseFilter{Namespace: a.Namespace, Name: name})
		if err != nil {
			return nil, err
		}
		if len(known) > 0 {
			continue
		}
		theirs, ok, err := b.candidate(ctx, a, one)
		if err != nil {
			return nil, err
		}
		if ok {
			return suggested(a, p, name, item, &theirs, now), nil
		}
	}
	return nil, nil
}

// candidate is what somebody said of a topic; false if they are not to be introduced: our own, bots, who asked for no automation, who has
// strikes, and what is not to be seen any more.
func (b *Inbox) candidate(ctx context.Context, a, spoke *store.Action) (store.Item, bool, error) {
	item, known, err := b.Ledger.Item(ctx, store.ItemKey{Namespace: spoke.Namespace, Account: spoke.Account, ID: spoke.Item})
	who := &item.Author
	if err != nil || !known || item.Gone || item.Hidden || item.Removed || item.Ours || who.ID == "" || who.IsTeam || who.Bot || who.NoAutomation {
		return item, false, err
	}
	strikes, err := b.Ledger.StrikesOf(ctx, a.Namespace, a.Account, who.ID, maxCandidates)
	if err != nil {
		return item, false, err
	}
	for _, s := range strikes {
		if s.Policy == a.Policy {
			return item, false, nil
		}
	}
	return item, true, nil
}

// pairName is the same whoever of the two spoke first, and of what.
func pairName(a *store.Action, other string) string {
	one, two := min(a.Author, other), max(a.Author, other)
	return CaseName(a.Policy, store.ItemKey{Namespace: a.Namespace, Account: a.Account, ID: one + "\x00" + two}, string(tribunev1alpha1.CaseIntroduction))
}

func suggested(a *store.Action, p *Payload, name string, item, theirs *store.Item, now time.Time) *store.Case {
	why := fmt.Sprintf("%s and %s both speak of %s (rule %s). %s said: %q", policy.Handle(item.Author.Handle), policy.Handle(theirs.Author.Handle), p.Topic, a.Rule,
		policy.Handle(theirs.Author.Handle), policy.Harmless(theirs.Text))
	if at := policy.Address(theirs.Ref.URL); at != "" && len(why)+len(at) < maxExplanation {
		why += " " + at
	}
	if len(why) > maxExplanation {
		why = strings.ToValidUTF8(why[:maxExplanation], "") + "…"
	}
	return &store.Case{
		Namespace: a.Namespace, Name: name, Kind: string(tribunev1alpha1.CaseIntroduction), Policy: a.Policy, Rule: a.Rule, Account: a.Account, Channel: a.Channel,
		Item: a.Item, Other: theirs.Key.ID, Explanation: why, State: store.CaseWaiting, CreatedAt: now,
	}
}
