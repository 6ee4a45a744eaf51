package plan

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// waitingTurn is one turn of an entry that waits for an occurrence of its slot.
type waitingTurn struct {
	it *item
	// turn counts from 1.
	turn int
	// ready is when it may go out at the earliest.
	ready time.Time
	// planned is true if it has a Post that waits for another time: it is not moved to where it could not be read before.
	planned bool
}

// queue is a slot on one channel: occurrences that are taken by entries, one each.
type queue struct {
	p           *planner
	ch          Channel
	occurrences []schedule.Occurrence
	// taken are the instants at which something goes out.
	taken map[int64]bool
	// raw are the occurrences of what is fixed.
	raw map[int64]bool
	// first are the first turns in file order, again the later ones in the order in which they are ready.
	first, again []waitingTurn
}

// queues plans the entries that have no time of their own. Each channel has its own queue of a slot, as an entry may go to some
// channels only, and its Post may go out on one and not on another.
func (p *planner) queues() {
	slots := map[tribunev1alpha1.ObjectName]*schedule.Schedule{}
	known := map[tribunev1alpha1.ObjectName]bool{}
	for i := range p.spec.Slots {
		s := &p.spec.Slots[i]
		known[s.Name] = true
		parsed, err := schedule.Parse(schedule.Spec{Cron: s.Cron, RRule: s.RRule, Time: s.Time, Start: s.Start, Zone: zoneName(p.spec)})
		if err != nil {
			path := fmt.Sprintf("spec.slots[%d]", i)
			var fe *schedule.FieldError
			if errors.As(err, &fe) {
				p.problem(path+"."+fe.Field, "%s", fe.Message)
			} else {
				p.problem(path, "%s", err)
			}
			continue
		}
		slots[s.Name] = parsed
	}
	byQueue := map[tribunev1alpha1.ObjectName]map[string][]*item{}
	for _, it := range p.items {
		name := it.entry.Slot
		if name == "" {
			continue
		}
		if !known[name] {
			p.wrong(it, "slot", "there is no slot %s in spec.slots: add it, or correct the name", name)
			it.broken = true
			continue
		}
		if byQueue[name] == nil {
			byQueue[name] = map[string][]*item{}
		}
		for _, ch := range it.channels {
			byQueue[name][ch.Name] = append(byQueue[name][ch.Name], it)
		}
	}
	for i := range p.spec.Slots {
		s := slots[p.spec.Slots[i].Name]
		if s == nil {
			continue
		}
		for _, ch := range p.in.Channels {
			if items := byQueue[p.spec.Slots[i].Name][ch.Name]; len(items) > 0 {
				p.fill(s, ch, items)
			}
		}
	}
}

// fill plans one queue: what is fixed stays, and the rest takes the free occurrences in order.
func (p *planner) fill(s *schedule.Schedule, ch Channel, items []*item) {
	from := latest(schedule.Reach(p.in.Now, p.channelQuiet(ch).windows()), p.in.FirstSeen)
	q := &queue{p: p, ch: ch, occurrences: s.Occurrences(from, p.result.Until), taken: map[int64]bool{}, raw: map[int64]bool{}}
	for _, it := range items {
		q.enqueue(it)
	}
	for _, o := range q.occurrences {
		if len(q.first) == 0 && len(q.again) == 0 {
			return
		}
		if !q.raw[o.At.Unix()] {
			q.hand(o)
		}
	}
}

// enqueue plans what is fixed of an entry, and lets its next turn wait.
func (q *queue) enqueue(it *item) {
	posts := q.p.existing[node{it.name(), q.ch.Name}]
	names := slices.Sorted(maps.Keys(posts))
	last, lastTurn, lowest := (*Existing)(nil), 0, 1
	for i, occurrence := range names {
		e, n := posts[occurrence], turn(occurrence)
		if lowest = min(lowest, n); i == 0 {
			lowest = n
		}
		if n <= lastTurn || !q.hadItsTurn(e) && !q.fixed(e) || it.entry.Repeat == nil && q.p.again(it, e) {
			continue
		}
		last, lastTurn = e, n
	}
	if last == nil {
		lastTurn = lowest - 1 // earlier ones are known no more
	}
	for _, occurrence := range names {
		if q.fixed(posts[occurrence]) {
			q.keep(it, posts[occurrence])
		}
	}
	if last != nil && it.entry.Repeat == nil {
		q.p.timings[node{it.name(), q.ch.Name}] = timing{at: wentOut(last)}
		return
	}
	w := waitingTurn{it: it, turn: lastTurn + 1}
	if last != nil {
		w.ready = base(last).Add(it.entry.Repeat.Every.Duration)
	}
	q.wait(w)
}

// again is true if the next edition of an entry was asked for after it had its turn.
func (p *planner) again(it *item, e *Existing) bool {
	return !waits(e.State) && e.Edition > 0 && it.entry.Edition > e.Edition
}

// hadItsTurn is true for what went out, or is on its way, or failed. What was missed takes the next occurrence.
func (q *queue) hadItsTurn(e *Existing) bool {
	return !q.pending(e) && e.State != tribunev1alpha1.PostMissed
}

// pending is true for what may still go out at its time, once it is corrected if it failed before.
func (q *queue) pending(e *Existing) bool {
	return waits(e.State) || e.State == tribunev1alpha1.PostFailed && e.At.After(q.p.in.Now)
}

// fixed is true for a Post that is due within minutes, or is due and not too late.
func (q *queue) fixed(e *Existing) bool {
	return q.pending(e) && !e.At.Add(-FixedBefore).After(q.p.in.Now) && !e.At.Add(q.p.deadline).Before(q.p.in.Now)
}

// keep plans a fixed Post where it is.
func (q *queue) keep(it *item, e *Existing) {
	q.taken[e.At.Unix()] = true
	o := occasion{id: e.Occurrence, local: schedule.LocalOf(e.At, q.p.result.Zone), at: e.At, goes: e.At, turn: turn(e.Occurrence) - 1}
	for _, occurrence := range q.occurrences {
		if moved, hold := q.p.onChannel(it.entry, q.ch).resolve(occurrence.At); moved.Equal(e.At) && (hold == nil || !hold.Skip) {
			q.raw[occurrence.At.Unix()] = true
			o.local, o.at, o.hold = occurrence.Local, occurrence.At, hold
			break
		}
	}
	q.p.add(it, o, q.ch)
	if it.goesOnce() {
		q.p.timings[node{it.name(), q.ch.Name}] = timing{at: e.At}
	}
}

// base is the instant from which an entry's next turn is counted: when it was due, or, if it went out much later, when it did. The
// seconds that publishing takes do not move a queue.
func base(e *Existing) time.Time {
	if out := wentOut(e); out.Sub(e.At) > time.Hour {
		return out
	}
	return e.At
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func wentOut(e *Existing) time.Time {
	if e.PublishedAt.After(e.At) {
		return e.PublishedAt
	}
	return e.At
}

// wait puts a turn into the queue.
func (q *queue) wait(w waitingTurn) {
	repeat := w.it.entry.Repeat
	if repeat != nil && repeat.Max > 0 && w.turn > int(repeat.Max) {
		return
	}
	if e := q.p.existing[node{w.it.name(), q.ch.Name}][occurrenceOf(w.it, w.turn)]; e != nil {
		w.planned = q.pending(e) && !e.At.Before(q.p.in.Now)
	}
	if w.turn == 1 {
		q.first = append(q.first, w)
		return
	}
	// First turns come before later ones, so that what is repeated for ever keeps nothing from going out at all.
	at, _ := slices.BinarySearchFunc(q.again, w, func(a, b waitingTurn) int {
		return cmp.Or(a.ready.Compare(b.ready), cmp.Compare(a.it.index, b.it.index), cmp.Compare(a.turn, b.turn))
	})
	q.again = slices.Insert(q.again, at, w)
}

// hand gives an occurrence to the first in the queue that can take it.
func (q *queue) hand(o schedule.Occurrence) {
	seen := map[*quiet]bool{} // for which it is not to be had
	for _, list := range []*[]waitingTurn{&q.first, &q.again} {
		for i, w := range *list {
			quiet := q.p.onChannel(w.it.entry, q.ch)
			if seen[quiet] {
				continue
			}
			goes, hold := quiet.resolve(o.At)
			if hold != nil && hold.Skip || goes.Before(q.p.in.Now) || q.taken[goes.Unix()] {
				seen[quiet] = true
				continue
			}
			if w.ready.After(goes) {
				continue
			}
			if w.planned && !goes.Add(-FixedBefore).After(q.p.in.Now) {
				return // it stays empty: nobody overtakes, and nobody comes forward unread
			}
			*list = slices.Delete(*list, i, i+1)
			q.give(w, o, goes, hold)
			return
		}
	}
}

// give plans a turn, and lets the next one wait.
func (q *queue) give(w waitingTurn, o schedule.Occurrence, at time.Time, hold *Hold) {
	q.taken[at.Unix()] = true
	q.p.add(w.it, occasion{id: occurrenceOf(w.it, w.turn), local: o.Local, at: o.At, goes: at, turn: w.turn - 1, hold: hold}, q.ch)
	if w.it.entry.Repeat != nil {
		q.wait(waitingTurn{it: w.it, turn: w.turn + 1, ready: at.Add(w.it.entry.Repeat.Every.Duration)})
		return
	}
	q.p.timings[node{w.it.name(), q.ch.Name}] = timing{at: at}
}

// occurrenceOf a turn. It does not depend on the time, so that a Post is moved and not made anew.
func occurrenceOf(it *item, n int) string {
	if it.entry.Repeat == nil {
		return Once
	}
	return strconv.Itoa(n)
}

// turn that an occurrence stands for, from 1. An entry that went out once before it got repeat, or repeated before it lost it, had
// its first turn.
func turn(occurrence string) int {
	if n, err := strconv.Atoi(occurrence); err == nil && n > 0 {
		return n
	}
	return 1
}
