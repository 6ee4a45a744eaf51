package plan

import (
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// fate is what becomes of an entry that goes out once.
type fate int

const (
	// goes out, or went out.
	goes fate = iota
	// later than the horizon.
	later
	// past: its time lay before the calendar was first seen.
	past
	// leftOut by a blackout or quiet hours.
	leftOut
	// missed its deadline before it was planned.
	missed
)

// timing is when an entry goes out on a channel, for those that follow it.
type timing struct {
	at   time.Time
	fate fate
	hold *Hold
}

// oneShot plans an entry with a time of its own.
func (p *planner) oneShot(it *item) {
	o, ok := it.schedule.Next(time.Time{})
	if !ok {
		return
	}
	if o.At.Before(p.in.FirstSeen) {
		p.result.PastEntries++
		p.notice(it, "at", "%s lies before the calendar was first seen: it makes no Post", o.Local)
	}
	for _, ch := range it.channels {
		p.timings[node{it.name(), ch.Name}] = p.once(it, o.Local, o.At, ch)
	}
}

// once plans an entry that goes out once on a channel, and tells what becomes of it.
func (p *planner) once(it *item, local schedule.Local, at time.Time, ch Channel) timing {
	t := timing{at: at}
	switch {
	case at.Before(p.in.FirstSeen):
		t.fate = past
	case !at.Before(p.result.Until):
		t.fate = later
	default:
		t = p.place(it, occasion{id: Once, local: local, at: at}, ch)
	}
	if e := p.existing[node{it.name(), ch.Name}][Once]; e != nil && e.State == tribunev1alpha1.PostPublished && !e.PublishedAt.IsZero() {
		return timing{at: e.PublishedAt}
	}
	return t
}

// recurring plans an entry that comes again and again.
func (p *planner) recurring(it *item) {
	from := p.from()
	for _, o := range it.schedule.Occurrences(p.looksBack, p.result.Until) {
		if o.At.Before(p.in.FirstSeen) {
			continue
		}
		for _, ch := range it.channels {
			if o.At.Before(from) { // history, but for what was moved out of it
				if moved, _ := p.onChannel(it.entry, ch).resolve(o.At); moved.Before(from) {
					continue
				}
			}
			p.place(it, occasion{id: o.ID, local: o.Local, at: o.At, turn: o.Ordinal}, ch)
		}
	}
}

// place plans an occasion, moved or left out by what holds on the channel.
func (p *planner) place(it *item, o occasion, ch Channel) timing {
	o.goes, o.hold = p.onChannel(it.entry, ch).resolve(o.at)
	t := timing{at: o.goes, hold: o.hold}
	switch {
	case o.hold != nil && o.hold.Skip:
		t.fate = leftOut
		p.skip(it, o, ch)
	case o.goes.Add(p.deadline).Before(p.in.Now):
		t.fate = missed
		if o.at.After(p.in.Covered) {
			p.result.TooLate++
		}
	default:
		p.add(it, o, ch)
	}
	return t
}

// skip notes what is left out of the horizon.
func (p *planner) skip(it *item, o occasion, ch Channel) {
	if o.at.Before(p.in.Now) || p.passedOver(node{}, o.at) {
		return
	}
	p.result.Skipped = append(p.result.Skipped, Skipped{Entry: it.name(), Channel: ch.Name, Occurrence: o.id, Local: o.local, At: o.at,
		Reason: o.hold.Reason, Message: o.hold.Message})
	if l := p.in.Look; l != nil && len(p.result.Skipped) >= 2*l.Most {
		p.cutOff()
	}
}

// from is the first instant that a plan looks at: what an earlier plan covered and whose deadline has passed is history.
func (p *planner) from() time.Time {
	from := p.in.FirstSeen
	open := p.in.Now.Add(-p.deadline)
	if p.in.Covered.Before(open) {
		open = p.in.Covered
	}
	if open.After(from) {
		return open
	}
	return from
}

// out finds the Posts that came to their end, as they would be planned today.
func (p *planner) out() {
	planned := make(map[string]bool, len(p.result.Posts))
	for i := range p.result.Posts {
		planned[p.result.Posts[i].Name] = true
	}
	for i := range p.in.Existing {
		e := &p.in.Existing[i]
		it := p.byName[e.Entry]
		if it == nil || it.broken || waits(e.State) || planned[e.Name] {
			continue
		}
		for _, ch := range it.channels {
			if ch.Name != e.Channel || p.quotes != nil && !p.quotes.whole(occurrence{node{e.Entry, e.Channel}, e.Occurrence}) {
				continue // of what was quoted and is taken back, a person says what becomes of it
			}
			o := occasion{id: e.Occurrence, local: schedule.LocalOf(e.At, p.result.Zone), at: e.At, goes: e.At, turn: p.turnOf(it, e)}
			if post, ok := p.post(it, o, ch); ok {
				p.result.Out = append(p.result.Out, post)
			}
		}
	}
}

// turnOf an existing Post in its entry's rotation.
func (p *planner) turnOf(it *item, e *Existing) int {
	if len(it.entry.Rotation) == 0 {
		return 0
	}
	if it.schedule == nil {
		return turn(e.Occurrence) - 1
	}
	const days = 24 * time.Hour
	// It may have been moved since it was planned.
	for _, o := range it.schedule.Occurrences(schedule.Reach(e.At, p.quiet.windows()).Add(-3*days), e.At.Add(3*days)) {
		if o.ID == e.Occurrence {
			return o.Ordinal
		}
	}
	return 0
}

// waits is true for a Post that is still to go out.
func waits(s tribunev1alpha1.PostState) bool {
	switch s {
	case "", tribunev1alpha1.PostScheduled, tribunev1alpha1.PostHeld:
		return true
	}
	return false
}
