package inbox

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// reachOfDigest is how long before a digest those are recorded who are in it: a day, and what is before it surely.
const reachOfDigest = 49 * time.Hour

// together greets all who came until the same digest. The first of them makes it, for all: it has the name of its time, so that there is one.
func (b *Inbox) together(ctx context.Context, a *store.Action, p *Payload, in *InForce, said *policy.Together, line *Line) outcome {
	id := ActionID(store.ItemKey{Namespace: a.Namespace, Account: a.Account}, a.Policy, a.Rule, ClassDigest+p.Due.UTC().Format(time.RFC3339), 0, true)
	made, err := b.Ledger.Actions(ctx, store.ActionFilter{Namespace: a.Namespace, ID: id})
	if err != nil {
		return b.soon(a, err.Error())
	}
	if len(made) > 0 {
		return done()
	}
	now := b.Clock.Now()
	who, more, err := b.guests(ctx, a, p, in, said.Most, now)
	switch {
	case err != nil:
		return b.soon(a, err.Error())
	case len(who) == 0:
		return left("there is nobody to greet")
	}
	text, ok := greeting(said.Text, who, more, line)
	if !ok {
		return failedBy("the text of the welcome does not fit " + line.Name + ", whomever it names: make it shorter")
	}
	out := *a
	out.ID, out.Kind, out.Class, out.State, out.Claim, out.Tries, out.Failures, out.NextAt, out.CreatedAt, out.Reason = id, policy.ActWelcome, ClassWelcome, store.ActionPending, "", 0, 0, now, now, ""
	out.Payload = Payload{Text: text, Alone: true}.String()
	if err := b.Ledger.AddWithin(ctx, []store.Action{out}, limitsOf(in.Spec), now); err != nil {
		return b.soon(a, err.Error())
	}
	poke(b.actor)
	return done()
}

// guest is somebody who is to be greeted in a digest.
type guest struct {
	item store.ItemKey
	came time.Time
}

// guestsOf a digest, in the order in which they came.
func (b *Inbox) guestsOf(ctx context.Context, a *store.Action, due time.Time) ([]guest, error) {
	rows, err := b.Ledger.Actions(ctx, store.ActionFilter{Namespace: a.Namespace, Policy: a.Policy, Account: a.Account, Class: ClassDigest, Since: due.Add(-reachOfDigest),
		States: []store.ActionState{store.ActionPending, store.ActionDoing, store.ActionDone}})
	var all []guest
	for i := range rows {
		if p, err := PayloadOf(&rows[i]); err == nil && p.Digest && p.Due.Equal(due) {
			all = append(all, guest{store.ItemKey{Namespace: a.Namespace, Account: a.Account, ID: rows[i].Item}, p.Came})
		}
	}
	slices.SortFunc(all, func(a, b guest) int { return cmp.Or(a.came.Compare(b.came), cmp.Compare(a.item.ID, b.item.ID)) })
	return all, err
}

// guests are the handles of those who are named in a digest, and how many more came: those are not looked at one by one, as in a raid they
// are many.
func (b *Inbox) guests(ctx context.Context, a *store.Action, p *Payload, in *InForce, most int, now time.Time) (who []string, more int, err error) {
	all, err := b.guestsOf(ctx, a, p.Due)
	if err != nil {
		return nil, 0, err
	}
	for i := range all {
		if len(who) == most {
			return who, len(all) - i, nil
		}
		item, known, err := b.Ledger.Item(ctx, all[i].item)
		if err != nil {
			return nil, 0, err
		}
		if !known || item.Gone || !in.Policy.Greets(item.Kind) || slices.Contains(who, item.Author.Handle) {
			continue
		}
		why, err := b.unwelcome(ctx, in, &item, false, now)
		if err != nil {
			return nil, 0, err
		}
		if why == "" {
			who = append(who, item.Author.Handle)
		}
	}
	return who, 0, nil
}

// greeting names as many as fit the network.
func greeting(template string, who []string, more int, line *Line) (text string, fits bool) {
	for n := len(who); n > 0; n-- {
		text := policy.Say(template, policy.Said{Authors: who[:n], More: more + len(who) - n})
		if _, wrong := compose.Render(compose.Content{Segment: compose.Segment{Text: text}}, line.Rules); len(wrong) == 0 {
			return text, true
		}
	}
	return "", false
}
