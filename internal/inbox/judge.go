package inbox

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// batch is how many items are decided about at once.
	batch = 256
	// maxRounds bounds how many batches of one channel are decided about while others wait.
	maxRounds = 16
)

// Judge decides about what is new, until ctx ends.
func (b *Inbox) Judge(ctx context.Context) {
	for {
		more, err := b.JudgeOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			b.Log.Error("What people said could not be decided about; it is tried again", "error", err)
			more = false
		}
		if !more && !b.wait(ctx, b.judge, idle) {
			return
		}
	}
}

// JudgeOnce decides about what waits; more is true if there is more.
func (b *Inbox) JudgeOnce(ctx context.Context) (more bool, err error) {
	channels, err := b.Ledger.Waiting(ctx)
	if err != nil {
		return false, err
	}
	for _, r := range channels {
		left, err := b.judgeChannel(ctx, Channel{r.Namespace, r.Name})
		if err != nil {
			return false, err
		}
		more = more || left
	}
	return more, nil
}

// judgeChannel decides about items of one channel; more is true if there are more. While what was decided about some is recorded, the next are
// read: the ledger leaves out what changes meanwhile. What waits for a classifier is passed over, and looked at again when its answer came.
func (b *Inbox) judgeChannel(ctx context.Context, c Channel) (more bool, err error) {
	items, err := b.Ledger.Undecided(ctx, c.Namespace, c.Name, nil, batch)
	for round := 0; err == nil && round < maxRounds; {
		policies, line, ready := b.inForce(c)
		if !ready || len(items) == 0 {
			return false, nil
		}
		settled, verdicts, failed := b.verdicts(ctx, c, policies, line, items)
		if failed != nil {
			return false, failed
		}
		if len(verdicts) > 0 {
			round++ // of those that wait there are few
		}
		items, err = b.record(ctx, c, items, settled, verdicts)
	}
	return err == nil, err
}

// inForce are the policies of a channel, and how it is connected; nil: it is not, and no policy needs it. It is not ready while that is not
// known: an item that nobody judged must not pass for one that was.
func (b *Inbox) inForce(c Channel) (policies []InForce, line *Line, ready bool) {
	if policies, ready = b.Policies.For(c); !ready {
		return nil, nil, false
	}
	if l, ok := b.Lines.Line(c); ok {
		return policies, &l, true
	}
	return policies, nil, len(policies) == 0
}

// verdicts about those of the items that wait for no classifier.
func (b *Inbox) verdicts(ctx context.Context, c Channel, policies []InForce, line *Line, items []store.Item) ([]store.Item, []store.Verdict, error) {
	crisis := false
	if len(policies) > 0 {
		var err error
		if crisis, err = b.Crises.Holds(ctx, c); err != nil {
			return nil, nil, err
		}
	}
	items, opinions, err := b.unawaited(ctx, policies, items, line, crisis)
	if err != nil || len(items) == 0 {
		return nil, nil, err
	}
	objected, err := b.appeals(ctx, items, opinions)
	if err != nil {
		return nil, nil, err
	}
	verdicts, now := make([]store.Verdict, len(items)), b.Clock.Now()
	for i := range items {
		r := recorder{item: &items[i], now: now, appeal: objected[i]}
		if line != nil {
			r.channel = line.Facts(c.Name)
		}
		verdicts[i] = r.verdict(opinions[i])
	}
	if err := b.consents(ctx, items); err != nil {
		return nil, nil, err
	}
	return items, verdicts, b.again(ctx, items, verdicts)
}

// record verdicts about items of a page, and give the items that come after it, as far as there may be any.
func (b *Inbox) record(ctx context.Context, c Channel, page, items []store.Item, verdicts []store.Verdict) (next []store.Item, err error) {
	var reading sync.WaitGroup
	var failed error
	if len(page) == batch {
		reading.Go(func() { next, failed = b.Ledger.Undecided(ctx, c.Namespace, c.Name, &page[batch-1], batch) })
	}
	decided := 0
	if len(verdicts) > 0 {
		decided, err = b.Ledger.Decide(ctx, verdicts)
	}
	reading.Wait()
	if err != nil || len(verdicts) == 0 {
		return next, errors.Join(err, failed)
	}
	if b.Judged != nil && decided > 0 {
		b.Judged(items, verdicts)
	}
	poke(b.actor)
	return next, failed
}

// unawaited gives the items that wait for no classifier, and the opinions about them. What of an item that waits would count for others does not
// yet, so that all is asked anew without it.
func (b *Inbox) unawaited(ctx context.Context, policies []InForce, items []store.Item, line *Line, crisis bool) ([]store.Item, [][]opinion, error) {
	for len(items) > 0 {
		opinions, waits, err := b.opinions(ctx, policies, items, line, crisis)
		if err != nil || waits == nil {
			return items, opinions, err
		}
		var rest []store.Item
		for i := range items {
			if !waits[i] {
				rest = append(rest, items[i])
			}
		}
		items = rest
	}
	return nil, nil, nil
}

// opinions of each policy about each item; waits says which wait for a classifier, nil: none does.
func (b *Inbox) opinions(ctx context.Context, policies []InForce, items []store.Item, line *Line, crisis bool) (out [][]opinion, waits []bool, err error) {
	out = make([][]opinion, len(items))
	for n := range policies {
		in := &policies[n]
		facts, err := b.Ledger.FactsAbout(ctx, strikesOf(in), items, reach(in.Policy), b.Clock.Now())
		if err != nil {
			return nil, nil, err
		}
		newcomers, err := b.newcomers(ctx, in, items)
		if err != nil {
			return nil, nil, err
		}
		calmed, err := b.calmed(ctx, items[0].Key.Namespace, in, b.Clock.Now())
		if err != nil {
			return nil, nil, err
		}
		judge := in.Policy.Judge()
		// What an author collects in this batch counts for what they say next.
		collected, greeted := map[string]int{}, map[string]bool{}
		for i := range items {
			it := &items[i]
			if it.Gone {
				continue
			}
			hist := historyOf(it, &facts[i], crisis)
			hist.Strikes += collected[it.Author.ID]
			if newcomers != nil {
				hist.Greeted, hist.OpenCase = newcomers[i].Greeted || greeted[it.Author.ID], newcomers[i].OpenCase
			}
			hist.Calmed = calmed[threadOf(it)]
			d, known := b.evaluate(ctx, it.Key.Namespace, judge, judged(it, line), hist)
			if !known {
				if waits == nil {
					waits = make([]bool, len(items))
				}
				waits[i] = true
				continue
			}
			for _, p := range d.Problems {
				b.Log.Warn("A rule could not be asked about an item", "policy", in.Name, "rule", p.Path, "item", it.ID, "error", p.Message)
			}
			spared, err := b.spare(ctx, it, &d, facts[i].FirstSeen)
			if err != nil {
				return nil, nil, err
			}
			for _, a := range d.Actions {
				if policy.Calming(a.Kind) {
					calmed[threadOf(it)] = append(calmed[threadOf(it)], a.Kind)
				}
				collected[it.Author.ID] += a.Weight
				greeted[it.Author.ID] = greeted[it.Author.ID] || a.Kind == policy.ActWelcome
			}
			out[i] = append(out[i], opinion{in: in, d: d, spared: spared})
		}
	}
	return out, waits, nil
}

// evaluate decides, and asks classifiers where their answer matters; known is false if one is waited for.
func (b *Inbox) evaluate(ctx context.Context, namespace string, judge *policy.Judge, it *policy.Item, hist *policy.History) (d policy.Decision, known bool) {
	for known = true; known; {
		d = judge.Evaluate(it, hist, b.Clock.Now())
		if len(d.Ask) == 0 {
			return d, true
		}
		if hist.Scores == nil {
			hist.Scores = map[policy.Question]policy.Score{}
		}
		for _, q := range d.Ask {
			if b.Classify == nil {
				hist.Scores[q] = policy.Score{Failed: true}
				continue
			}
			if score, came := b.Classify(ctx, namespace, q, it); came {
				hist.Scores[q] = score
			} else {
				known = false
			}
		}
	}
	return d, false
}

func reach(p *policy.Policy) store.Reach {
	n := p.Needs()
	return store.Reach{Said: n.Said, Same: n.Same, Thread: n.Thread, Replied: n.Replied, Strikes: n.Strikes, SaidMost: n.SaidMost, SameMost: n.SameMost}
}

func historyOf(it *store.Item, f *store.Facts, crisis bool) *policy.History {
	h := &policy.History{
		FirstSeen: f.FirstSeen, Strikes: f.Strikes, Said: f.Said, Same: f.Same, Replied: slices.Clone(f.Replied), NoAutomation: f.NoAutomation,
		Human: decidedByPerson(it), Crisis: crisis,
	}
	h.Thread = make([]policy.Reply, len(f.Thread))
	for i := range f.Thread {
		h.Thread[i] = policy.Reply{At: f.Thread[i].At, Author: f.Thread[i].Author}
	}
	return h
}
