package inbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// actors are how many actions are carried out at once.
	actors = 8
	// claimFor is how long an action belongs to who claimed it: longer than any call.
	claimFor = time.Minute
	// actTimeout bounds carrying out one action.
	actTimeout = 40 * time.Second
	// giveUpAfter is how long an action is tried.
	giveUpAfter = 24 * time.Hour
	// maxBackoff between two tries.
	maxBackoff = 10 * time.Minute
)

// kindUnmute ends a mute on networks that do not end it themselves; it is harmless where they do.
const (
	kindUnmute  = "unmute"
	kindUnhide  = "unhide"
	kindRestore = "restore"
	kindUnblock = "unblock"
	kindUnreact = "unreact"
)

// Act carries out what was decided, until ctx ends. What was begun is finished.
func (b *Inbox) Act(ctx context.Context) {
	for {
		n, err := b.ActOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			b.Log.Error("Actions could not be carried out; they are tried again", "error", err)
		}
		if (err != nil || n == 0) && !b.wait(ctx, b.actor, idle) {
			return
		}
	}
}

// ActOnce carries out some of what is due, and tells how many.
func (b *Inbox) ActOnce(ctx context.Context) (int, error) {
	now := b.Clock.Now()
	actions, err := b.Ledger.Claim(ctx, b.Owner+"/"+rand.Text()[:8], now, now.Add(claimFor), actors)
	if err != nil {
		return 0, err
	}
	var all sync.WaitGroup
	errs := make([]error, len(actions))
	for i := range actions {
		all.Go(func() { errs[i] = b.carryOut(context.WithoutCancel(ctx), actions[i]) })
	}
	all.Wait()
	return len(actions), errors.Join(errs...)
}

// outcome of an action: its state, and why.
type outcome struct {
	state  store.ActionState
	reason string
	// after is when it is tried again, if it is Pending, and failed that it was the network that failed.
	after  time.Duration
	failed bool
	ref    network.Ref
}

func done() outcome               { return outcome{state: store.ActionDone} }
func left(why string) outcome     { return outcome{state: store.ActionDiscarded, reason: why} }
func failedBy(why string) outcome { return outcome{state: store.ActionFailed, reason: why} }
func later(after time.Duration, why string) outcome {
	return outcome{state: store.ActionPending, reason: why, after: after}
}

func (b *Inbox) carryOut(ctx context.Context, a store.Action) error {
	ctx, cancel := context.WithTimeout(ctx, actTimeout)
	defer cancel()
	o := b.do(ctx, &a)
	now := b.Clock.Now()
	if o.state == store.ActionPending && now.Sub(begun(&a)) > giveUpAfter {
		o = failedBy("given up after " + giveUpAfter.String() + ": " + o.reason)
	}
	a.State, a.Reason, a.Ref = o.state, o.reason, o.ref
	switch o.state {
	case store.ActionPending:
		a.NextAt = now.Add(o.after)
		if o.failed {
			a.Failures++
		}
	case store.ActionDone:
		a.DoneAt = now
		if err := b.followUp(ctx, &a, now); err != nil {
			return err // it is claimed until its time is over, and done again: all of it may be repeated
		}
	case store.ActionFailed, store.ActionUnknown:
		a.DoneAt = now
		if err := b.tellPeople(ctx, &a, now); err != nil {
			return err
		}
	}
	err := b.Ledger.FinishAction(ctx, a)
	if err == nil && b.Acted != nil && a.State != store.ActionPending {
		b.Acted(&a)
	}
	if errors.Is(err, store.ErrNotClaimed) {
		return nil // another took it over, and says what became of it
	}
	return err
}

// begun is when an action was first to be done.
func begun(a *store.Action) time.Time {
	if p, err := PayloadOf(a); err == nil && p.Due.After(a.CreatedAt) {
		return p.Due
	}
	return a.CreatedAt
}

// do carries out one action. Each may be repeated, but for what is said: that has a protocol of its own.
func (b *Inbox) do(ctx context.Context, a *store.Action) outcome {
	p, err := PayloadOf(a)
	if err != nil {
		return failedBy(err.Error())
	}
	if a.Kind == policy.ActRoute || a.Kind == policy.ActNotify {
		return b.tell(ctx, a, &p)
	}
	switch a.Kind {
	case kindStep:
		return b.step(ctx, a, &p)
	case policy.ActIntroduce:
		return b.introduce(ctx, a, &p)
	case policy.ActShare:
		return b.share(ctx, a, &p)
	}
	c := Channel{a.Namespace, a.Channel}
	line, ok := b.Lines.Line(c)
	if !ok {
		return b.soon(a, "SocialChannel "+a.Channel+" is not connected")
	}
	item, known, err := b.Ledger.Item(ctx, store.ItemKey{Namespace: a.Namespace, Account: a.Account, ID: a.Item})
	switch {
	case err != nil:
		return b.soon(a, err.Error())
	case !known && !onThread(a.Kind):
		return left("the item is not in the ledger any more")
	case ofPerson(a.Kind) && item.Author.ID == "":
		return left("its author was erased from the ledger: nobody knows any more who they are")
	case line.Ear(c).Account != a.Account:
		return failedBy("SocialChannel " + a.Channel + " is on another account by now")
	}
	if onThread(a.Kind) {
		return b.calm(ctx, c, a, &p, line.Network)
	}
	if why := overruled(a, &item); why != "" {
		return left(why)
	}
	if spoken(a.Kind) {
		return b.speak(ctx, a, &p, &item, &line)
	}
	if a.Kind == policy.ActMute || a.Kind == kindUnmute {
		return b.mutes(ctx, c, a, &p, &item, &line)
	}
	err = perform(ctx, a, &p, &item, line.Network, b.Clock.Now())
	return b.sorted(c, a, err)
}

// ofPerson is true for what is done to a person, and not to what they said.
func ofPerson(kind string) bool {
	return kind == policy.ActMute || kind == kindUnmute || kind == policy.ActBlock || kind == kindUnblock
}

// again tries it later, the longer after it the more often the network failed, and not before a time that it asks for.
func again(a *store.Action, least time.Duration, why string) outcome {
	backoff := time.Second << min(max(a.Failures+1, 0), 10)
	return outcome{state: store.ActionPending, reason: why, after: max(least, min(backoff, maxBackoff)), failed: true}
}

// soon tries it after something that is no fault of the network's, and is over any moment: at once where it is new, or this process is, as
// channels have to sign in, and otherwise the less often the longer it lasts.
func (b *Inbox) soon(a *store.Action, why string) outcome {
	now := b.Clock.Now()
	lasts := min(now.Sub(begun(a)), now.Sub(b.started)) / 4
	return later(min(max(lasts, time.Second), time.Minute), why)
}

// errUnable says that a network has no such ability.
var errUnable = errors.New("this network cannot do it")

// perform calls the network.
func perform(ctx context.Context, a *store.Action, p *Payload, item *store.Item, n network.Network, now time.Time) error {
	t := network.Target{Ref: item.Ref, Post: item.Post, AuthorID: item.Author.ID}
	switch a.Kind {
	case policy.ActHide, kindUnhide:
		if h, ok := n.(network.Hider); ok {
			if a.Kind == kindUnhide {
				return h.Unhide(ctx, t)
			}
			return h.Hide(ctx, t)
		}
	case policy.ActRemove:
		if r, ok := n.(network.Remover); ok {
			return r.Remove(ctx, t)
		}
	case kindRestore:
		if r, ok := n.(network.Restorer); ok {
			return r.Restore(ctx, t)
		}
	case policy.ActMute, kindUnmute:
		if m, ok := n.(network.Muter); ok {
			if a.Kind == kindUnmute {
				return m.Unmute(ctx, item.Author)
			}
			return m.Mute(ctx, item.Author, now.Add(p.For))
		}
	case policy.ActBlock, kindUnblock:
		if bl, ok := n.(network.Blocker); ok {
			if a.Kind == kindUnblock {
				return bl.Unblock(ctx, item.Author)
			}
			return bl.Block(ctx, item.Author)
		}
	case policy.ActReport:
		if r, ok := n.(network.Reporter); ok {
			return r.Report(ctx, t, p.Reason)
		}
	case policy.ActReact, kindUnreact:
		if r, ok := n.(network.Reactor); ok {
			if a.Kind == kindUnreact {
				return r.Unreact(ctx, t, p.Emoji)
			}
			return r.React(ctx, t, p.Emoji)
		}
	}
	return errUnable
}

// sorted says what to do about what a call gave.
func (b *Inbox) sorted(c Channel, a *store.Action, err error) outcome {
	var e *network.Error
	switch {
	case err == nil:
		return done()
	case errors.Is(err, errUnable):
		return failedBy(err.Error())
	case !errors.As(err, &e):
		return again(a, 0, err.Error())
	}
	b.Lines.Trouble(c, err)
	switch e.Kind {
	case network.Refused:
		return failedBy("refused by the network: " + err.Error())
	case network.Gone:
		return left("it is not there any more")
	case network.RateLimited:
		return again(a, e.RetryAfter, err.Error())
	case network.Ambiguous:
		if a.Kind == policy.ActReport {
			return outcome{state: store.ActionUnknown, reason: "the network may have taken the report; it is not sent twice: " + err.Error()}
		}
	}
	return again(a, 0, err.Error())
}

// followUp records what has to come later, the end of a mute or of what calms a thread, and that something was taken back.
func (b *Inbox) followUp(ctx context.Context, a *store.Action, now time.Time) error {
	if original, ok := undoes(a.ID); ok {
		return b.Ledger.Undone(ctx, original, a.By, now)
	}
	kind := ends[a.Kind]
	if kind == "" {
		return nil
	}
	p, err := PayloadOf(a)
	if err != nil || p.For <= 0 {
		return err
	}
	end := *a
	end.ID, end.Kind, end.Class, end.State, end.Claim, end.Tries, end.Failures, end.CreatedAt, end.DoneAt = a.ID+endMark, kind, "", store.ActionPending, "", 0, 0, now, time.Time{}
	end.NextAt = now.Add(p.For)
	end.Payload = Payload{For: p.For, Due: end.NextAt, Post: p.Post}.String()
	return b.Ledger.Add(ctx, []store.Action{end})
}

// tellPeople opens a case for what was decided and could not be done.
func (b *Inbox) tellPeople(ctx context.Context, a *store.Action, now time.Time) error {
	if a.By != "" || a.Kind == kindStep || a.Kind == policy.ActIntroduce {
		return nil // the case it comes from says so; what is left out of these is nobody's work
	}
	key := store.ItemKey{Namespace: a.Namespace, Account: a.Account, ID: a.Item}
	return b.Ledger.AddCases(ctx, []store.Case{{
		Namespace: a.Namespace, Name: CaseName(a.Policy, key, string(tribunev1alpha1.CaseModeration)), Kind: string(tribunev1alpha1.CaseModeration), Policy: a.Policy, Rule: a.Rule,
		Account: a.Account, Channel: a.Channel, Item: a.Item, Proposed: string(proposal[a.Kind]), State: store.CaseWaiting, CreatedAt: now,
		Explanation: fmt.Sprintf("%s of rule %s could not be carried out: %s", a.Kind, a.Rule, a.Reason),
	}})
}

// tell puts a message to a team into the outbox, once.
func (b *Inbox) tell(ctx context.Context, a *store.Action, p *Payload) outcome {
	now := b.Clock.Now()
	event := "Notified"
	if a.Kind == policy.ActRoute {
		event = "Routed"
	}
	m := network.Message{ID: a.ID, Title: title(a, p), Text: p.Text, Mention: p.Mention, Event: event, Subject: "CommunityPolicy/" + a.Namespace + "/" + a.Policy, At: now,
		Facts: [][2]string{{"Rule", a.Rule}, {"Channel", a.Channel}}}
	payload, err := json.Marshal(m)
	if err != nil {
		return failedBy(err.Error())
	}
	by := store.ObjectName{Kind: "CommunityPolicy", Name: a.Policy}
	_, err = b.Ledger.AddMessages(ctx, []store.Message{{
		Namespace: a.Namespace, Receiver: p.Receiver, ID: a.ID, Subject: by, NamedBy: by, Event: event, Title: m.Title, Payload: payload, CreatedAt: now, NextAt: now,
	}})
	if err != nil {
		return b.soon(a, err.Error())
	}
	return done()
}

func title(a *store.Action, p *Payload) string {
	what := "Someone needs you on " + a.Channel
	if a.Kind == policy.ActNotify {
		what = "Rule " + a.Rule + " on " + a.Channel
	}
	if p.Urgent {
		return "URGENT: " + what
	}
	return what
}
