package inbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// longestMute is the most that a mute may last.
const longestMute = 366 * 24 * time.Hour

// otherMute is the one that keeps somebody muted the longest, beside the one that an action is, ends or takes back; nil: none does.
func (b *Inbox) otherMute(ctx context.Context, a *store.Action) (*store.Action, time.Time, error) {
	if a.Author == "" {
		return nil, time.Time{}, nil // the same for all whom nobody knows
	}
	now := b.Clock.Now()
	actions, err := b.Ledger.Actions(ctx, store.ActionFilter{
		Namespace: a.Namespace, Account: a.Account, Author: a.Author, States: []store.ActionState{store.ActionDone}, Since: now.Add(-longestMute),
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	own := strings.TrimSuffix(a.ID, endMark)
	if original, ok := undoes(a.ID); ok {
		own = original
	}
	var longest *store.Action
	var until time.Time
	for i := range actions {
		o := &actions[i]
		if o.Kind != policy.ActMute || o.ID == own {
			continue
		}
		if p, err := PayloadOf(o); err == nil && o.DoneAt.Add(p.For).After(until) && o.DoneAt.Add(p.For).After(now) {
			longest, until = o, o.DoneAt.Add(p.For)
		}
	}
	return longest, until, nil
}

// mutes carries out a mute, or the end of one: whom several mutes are about stays muted until the last of them is over.
func (b *Inbox) mutes(ctx context.Context, c Channel, a *store.Action, p *Payload, item *store.Item, line *Line) outcome {
	other, until, err := b.otherMute(ctx, a)
	if err != nil {
		return b.soon(a, err.Error())
	}
	if other == nil {
		return b.sorted(c, a, perform(ctx, a, p, item, line.Network, b.Clock.Now()))
	}
	why := fmt.Sprintf("rule %s of CommunityPolicy %s keeps them muted until %s", other.Rule, other.Policy, until.UTC().Format("2006-01-02 15:04 UTC"))
	if other.By != "" {
		why = fmt.Sprintf("a mute by %s lasts until %s", policy.Harmless(other.By), until.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if a.Kind == kindUnmute {
		return outcome{state: store.ActionDone, reason: why}
	}
	if now := b.Clock.Now(); until.After(now.Add(p.For)) {
		longer := *p
		longer.For = until.Sub(now)
		o := b.sorted(c, a, perform(ctx, a, &longer, item, line.Network, now))
		if o.state == store.ActionDone {
			o.reason = why
		}
		return o
	}
	return b.sorted(c, a, perform(ctx, a, p, item, line.Network, b.Clock.Now()))
}
