package inbox

import (
	"context"
	"slices"
	"sync"

	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// batch is how many items are decided about at once.
const batch = 256

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
		n, err := b.judgeChannel(ctx, Channel{r.Namespace, r.Name})
		if err != nil {
			return false, err
		}
		more = more || n == batch
	}
	return more, nil
}

// judgeChannel decides about some items of one channel, and tells about how many.
func (b *Inbox) judgeChannel(ctx context.Context, c Channel) (int, error) {
	policies, ready := b.Policies.For(c)
	if !ready {
		return 0, nil // they wait: an item that nobody judged must not pass for one that was
	}
	var line *Line
	if l, ok := b.Lines.Line(c); ok {
		line = &l
	} else if len(policies) > 0 {
		return 0, nil // what can be done there is not known now
	}
	items, err := b.Ledger.Undecided(ctx, c.Namespace, c.Name, batch)
	if err != nil || len(items) == 0 {
		return 0, err
	}
	crisis := false
	if len(policies) > 0 {
		if crisis, err = b.Crises.Holds(ctx, c); err != nil {
			return 0, err
		}
	}
	opinions, err := b.opinions(ctx, policies, items, line, crisis)
	if err != nil {
		return 0, err
	}
	objected, err := b.appeals(ctx, items, opinions)
	if err != nil {
		return 0, err
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
		return 0, err
	}
	if err := b.again(ctx, items, verdicts); err != nil {
		return 0, err
	}
	decided, err := b.Ledger.Decide(ctx, verdicts)
	if err != nil {
		return 0, err
	}
	if b.Judged != nil && decided > 0 {
		b.Judged(items, verdicts)
	}
	poke(b.actor)
	return len(items), nil
}

// opinions of each policy about each item.
func (b *Inbox) opinions(ctx context.Context, policies []InForce, items []store.Item, line *Line, crisis bool) ([][]opinion, error) {
	out := make([][]opinion, len(items))
	for n := range policies {
		in := &policies[n]
		facts, err := b.Ledger.FactsAbout(ctx, strikesOf(in), items, reach(in.Policy), b.Clock.Now())
		if err != nil {
			return nil, err
		}
		newcomers, err := b.newcomers(ctx, in, items)
		if err != nil {
			return nil, err
		}
		calmed, err := b.calmed(ctx, items[0].Key.Namespace, in, b.Clock.Now())
		if err != nil {
			return nil, err
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
			d := b.evaluate(ctx, judge, judged(it, line), hist)
			for _, p := range d.Problems {
				b.Log.Warn("A rule could not be asked about an item", "policy", in.Name, "rule", p.Path, "item", it.ID, "error", p.Message)
			}
			spared, err := b.spare(ctx, it, &d, facts[i].FirstSeen)
			if err != nil {
				return nil, err
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
	return out, nil
}

// evaluate decides, and asks classifiers where their answer matters.
func (b *Inbox) evaluate(ctx context.Context, judge *policy.Judge, it *policy.Item, hist *policy.History) policy.Decision {
	for {
		d := judge.Evaluate(it, hist, b.Clock.Now())
		if len(d.Ask) == 0 {
			return d
		}
		if hist.Scores == nil {
			hist.Scores = map[policy.Question]policy.Score{}
		}
		var mu sync.Mutex
		var all sync.WaitGroup
		for _, q := range d.Ask {
			all.Go(func() {
				score := policy.Score{Failed: true}
				if b.Classify != nil {
					score = b.Classify(ctx, q, it)
				}
				mu.Lock()
				defer mu.Unlock()
				hist.Scores[q] = score
			})
		}
		all.Wait()
	}
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
