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
)

// What calms a thread ends by itself after a while, by a row that is due then. It is one thing for the whole thread, whoever's words led to
// it, so it is not done again for what is said next: not while it lasts, and not after a person took it back either.

const (
	kindUnlock  = "unlockThread"
	kindEndSlow = "endSlowMode"
)

// longestCalm is the longest that a thread can be calmed for.
const longestCalm = 720 * time.Hour

// ends are the actions that end others after a while.
var ends = map[string]string{policy.ActMute: kindUnmute, policy.ActLockThread: kindUnlock, policy.ActSlowMode: kindEndSlow}

// onThread is true for actions on a thread, which need nothing of the item that led to them.
func onThread(kind string) bool {
	return policy.Calming(kind) || kind == kindUnlock || kind == kindEndSlow
}

// thread under a publication of ours.
type thread struct{ account, post string }

func threadOf(it *store.Item) thread { return thread{it.Key.Account, it.Post} }

// calmed are the calming actions of a policy that hold, or are asked for, by thread.
func (b *Inbox) calmed(ctx context.Context, namespace string, in *InForce, now time.Time) (map[thread][]string, error) {
	if !in.Policy.Calms() {
		return nil, nil
	}
	actions, err := b.Ledger.Actions(ctx, store.ActionFilter{Namespace: namespace, Policy: in.Name, Class: ClassLock, Since: now.Add(-longestCalm)})
	if err != nil {
		return nil, err
	}
	out := map[thread][]string{}
	for i := range actions {
		a := &actions[i]
		p, err := PayloadOf(a)
		if err != nil || (a.State == store.ActionSimulated) == in.Acts || !lasts(a, p.For, now) {
			continue // what would have been done keeps nothing from being done
		}
		key := thread{a.Account, p.Post}
		out[key] = append(out[key], a.Kind)
	}
	return out, nil
}

// lasts is true for an action that holds, or would: also where it could not be done and a person was told, or where one took it back.
func lasts(a *store.Action, during time.Duration, now time.Time) bool {
	switch a.State {
	case store.ActionPending, store.ActionDoing, store.ActionHeld:
		return true
	}
	from := a.CreatedAt
	if a.DoneAt.After(from) {
		from = a.DoneAt
	}
	return now.Before(from.Add(during))
}

// calm carries out an action on a thread.
func (b *Inbox) calm(ctx context.Context, c Channel, a *store.Action, p *Payload, n network.Network) outcome {
	if p.Post == "" {
		return failedBy("it is not known any more which thread it was about")
	}
	if original, ends := strings.CutSuffix(a.ID, endMark); ends {
		why, err := b.notEnded(ctx, a, original, p.Post)
		if err != nil {
			return b.soon(a, err.Error())
		}
		if why != "" {
			return left(why)
		}
	}
	already, err := performOnThread(ctx, a.Kind, p, n)
	if err == nil && already && a.Tries <= 1 {
		// Nobody of us may have done it: no call of ours came before this one.
		return left("somebody did it already, so that it is theirs to end")
	}
	return b.sorted(c, a, err)
}

func performOnThread(ctx context.Context, kind string, p *Payload, n network.Network) (already bool, err error) {
	t := network.Target{Ref: network.Ref{ID: p.Post}, Post: p.Post}
	switch l, ok := n.(network.ThreadLocker); {
	case ok && kind == policy.ActLockThread:
		return l.LockThread(ctx, t)
	case ok && kind == kindUnlock:
		return false, l.UnlockThread(ctx, t)
	}
	switch s, ok := n.(network.SlowModer); {
	case ok && kind == policy.ActSlowMode:
		return s.SlowThread(ctx, t, p.Interval)
	case ok && kind == kindEndSlow:
		return false, s.EndSlowThread(ctx, t)
	}
	return false, errUnable
}

// notEnded says why what calms a thread is not ended though its time is over; empty: it is.
func (b *Inbox) notEnded(ctx context.Context, end *store.Action, original, post string) (string, error) {
	now := b.Clock.Now()
	actions, err := b.Ledger.Actions(ctx, store.ActionFilter{Namespace: end.Namespace, Account: end.Account, Class: ClassLock, Since: now.Add(-2 * longestCalm)})
	if err != nil {
		return "", err
	}
	for i := range actions {
		a := &actions[i]
		p, err := PayloadOf(a)
		switch {
		case err != nil || p.Post != post || ends[a.Kind] != end.Kind:
		case a.ID == original && a.State == store.ActionUndone:
			return "it was taken back before", nil
		case a.ID != original && a.State == store.ActionDone && now.Before(a.DoneAt.Add(p.For)):
			return fmt.Sprintf("rule %s of CommunityPolicy %s keeps it so for longer", a.Rule, a.Policy), nil
		}
	}
	return "", nil
}

// insteadOfCalming records what the channel cannot do, so that one person is told once, and not again with each word that is said next.
func (r *recorder) insteadOfCalming(o *opinion, a *policy.Action, n int, reason string, p *store.Part) {
	row := r.action(o, a, n)
	row.State, row.Reason, row.DoneAt = store.ActionFailed, reason, r.now
	p.Actions = append(p.Actions, row)
	c := r.open(o, tribunev1alpha1.CaseModeration, a.Rule, "")
	if at := slices.IndexFunc(p.Cases, func(other store.Case) bool { return other.Name == c.Name }); at >= 0 {
		p.Cases[at].Explanation += "; " + reason
		return
	}
	c.Explanation = strings.TrimPrefix(c.Explanation+"; "+reason, "; ")
	p.Cases = append(p.Cases, c)
}
