package schedule

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Late is how long after it was due something begins to be late.
const Late = time.Minute

// CatchUpPolicy says what goes out after an outage. Its zero value catches up nothing: see DefaultCatchUp.
type CatchUpPolicy struct {
	// MaxPosts go out; catch-up begins when more are later than After.
	MaxPosts int
	// Spacing between them.
	Spacing time.Duration
	// After is how late a Post must be to count.
	After time.Duration
}

// DefaultCatchUp is what holds where a calendar says nothing else.
func DefaultCatchUp() CatchUpPolicy {
	return CatchUpPolicy{MaxPosts: 3, Spacing: 10 * time.Minute, After: 10 * time.Minute}
}

// LatePost is one of the Posts of a calendar on a channel that are due, or lately were. Those that something else keeps from
// going out (an approval, a crisis, a suspended channel) are not among them until it lets them go.
type LatePost struct {
	Name string
	// Due is when it was to go out; where a hold did not count, when that ended.
	Due time.Time
	// Deadline, if it is not zero, is the last moment to go out: what is past it is not caught up.
	Deadline time.Time
	// Began is when it began to go out; zero while it waits.
	Began time.Time
	// GoAt is when it may go out by an earlier decision of CatchUp, and Promised when that was decided; zero if it was not. It
	// is not left out any more.
	GoAt, Promised time.Time
	// Missed is when it was left out by an earlier decision of CatchUp; zero if it was not.
	Missed time.Time
}

// CatchUpDecision is what becomes of a Post that waits.
type CatchUpDecision struct {
	// GoAt is when it may go out: not after now means at once.
	GoAt time.Time
	// Missed is true if it does not go out, and GoAt is zero then.
	Missed bool
	// Message for people; empty where catch-up does not concern the Post.
	Message string
}

// Memory is how long what went out late, and what was left out, has to be shown to CatchUp.
func (p CatchUpPolicy) Memory() time.Duration {
	return time.Duration(p.MaxPosts)*p.Spacing + p.After
}

// CatchUp decides about the Posts of one calendar on one channel that wait and are due. Catch-up is on while more than MaxPosts
// are, or within the policy's Memory were, later than After: the newest MaxPosts of them go, oldest first and Spacing
// apart, and the others are missed. Posts less late simply go out, but while catch-up is on only MaxPosts of them, and of all that
// are late, within Spacing; those that catch up give way to them.
//
// The answer is a function of its arguments. Asked again, after some of them went out, were promised a time or were marked as
// missed, it says the same of the others; posts hold these therefore too. Their order does not matter.
func CatchUp(posts []LatePost, policy CatchUpPolicy, now time.Time) map[string]CatchUpDecision {
	c := catchUp{policy: policy, now: now, decisions: map[string]CatchUpDecision{}}
	for _, p := range posts {
		c.sort(p)
	}
	byDue := func(a, b LatePost) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Name, b.Name)) }
	slices.SortFunc(c.counted, byDue)
	slices.SortFunc(c.lessLate, byDue)
	slices.SortFunc(c.promised, func(a, b LatePost) int { return cmp.Or(a.GoAt.Compare(b.GoAt), byDue(a, b)) })
	on := policy.MaxPosts > 0 && len(c.counted) > policy.MaxPosts
	for _, p := range c.promised {
		after := c.before
		if c.lessLateWhenPromised(p) {
			after = time.Time{}
		}
		c.admit(p, after, latest(p.GoAt, now))
	}
	for _, p := range c.lessLate {
		if !on {
			c.decisions[p.Name] = CatchUpDecision{GoAt: now}
			continue
		}
		c.admit(p, time.Time{}, now)
	}
	for i, p := range c.counted {
		switch {
		case !p.Missed.IsZero() || !p.Began.IsZero() || !p.GoAt.IsZero():
			if p.Missed.IsZero() && p.Began.IsZero() {
				c.before = latest(c.before, c.decisions[p.Name].GoAt)
			}
		case !on:
			c.decisions[p.Name] = CatchUpDecision{GoAt: now}
		case i < len(c.counted)-policy.MaxPosts:
			c.decisions[p.Name] = CatchUpDecision{Missed: true, Message: fmt.Sprintf(
				"more than %d Posts were over %s late: the newest %d go out, and this is not one of them", policy.MaxPosts, short(policy.After), policy.MaxPosts)}
		default:
			c.before = c.admit(p, c.before, now)
		}
	}
	return c.decisions
}

// catchUp sorts the Posts by what is done about them.
type catchUp struct {
	policy    CatchUpPolicy
	now       time.Time
	decisions map[string]CatchUpDecision
	// counted are later than After, now or when they went out or were left out, or were promised a time; lessLate are late;
	// promised wait for their time.
	counted, lessLate, promised []LatePost
	// taken is when something goes out, or went out, late; before is the last of those later than After to begin.
	taken  []time.Time
	before time.Time
}

func (c *catchUp) sort(p LatePost) {
	since := c.now.Add(-c.policy.Memory())
	switch late := c.now.Sub(p.Due); {
	case !p.Missed.IsZero():
		if p.Missed.After(since) {
			c.counted = append(c.counted, p)
		}
	case !p.Began.IsZero():
		if !p.Began.After(since) {
			return
		}
		if p.Began.Sub(p.Due) > Late {
			c.taken = append(c.taken, p.Began)
		}
		if p.Began.Sub(p.Due) > c.policy.After && !c.lessLateWhenPromised(p) {
			c.counted = append(c.counted, p)
			c.before = latest(c.before, p.Began)
		}
	case c.now.Before(p.Due) || !p.Deadline.IsZero() && c.now.After(p.Deadline):
	case !p.GoAt.IsZero():
		c.promised = append(c.promised, p)
		if !c.lessLateWhenPromised(p) {
			c.counted = append(c.counted, p)
		}
	case late > c.policy.After:
		c.counted = append(c.counted, p)
	case late > Late:
		c.lessLate = append(c.lessLate, p)
	default:
		c.decisions[p.Name] = CatchUpDecision{GoAt: c.now}
	}
}

// lessLateWhenPromised is true for a Post that did not count when it was promised a time.
func (c *catchUp) lessLateWhenPromised(p LatePost) bool {
	return !p.Promised.IsZero() && p.Promised.Sub(p.Due) <= c.policy.After
}

// admit lets a Post go at the first instant from then on that has room.
func (c *catchUp) admit(p LatePost, after, from time.Time) time.Time {
	at := c.policy.place(c.taken, after, from)
	c.taken = append(c.taken, at)
	c.decisions[p.Name] = CatchUpDecision{GoAt: at, Message: fmt.Sprintf("more than %d Posts were over %s late: the newest %d go out, %s apart, and those less late before them",
		c.policy.MaxPosts, short(c.policy.After), c.policy.MaxPosts, short(c.policy.Spacing))}
	return at
}

// place gives the first instant, from one on, that lies Spacing after what was caught up before and leaves no window of Spacing with
// more than MaxPosts.
func (p CatchUpPolicy) place(taken []time.Time, before, from time.Time) time.Time {
	at := from
	if !before.IsZero() {
		at = latest(at, before.Add(p.Spacing))
	}
	for p.Spacing > 0 && !p.room(taken, at) {
		next := time.Time{}
		for _, t := range taken {
			if free := t.Add(p.Spacing); free.After(at) && (next.IsZero() || free.Before(next)) {
				next = free
			}
		}
		at = next
	}
	return at
}

// room is true if one more at that instant makes it too many in no window.
func (p CatchUpPolicy) room(taken []time.Time, at time.Time) bool {
	within := func(end time.Time) (n int) {
		for _, t := range taken {
			if t.After(end.Add(-p.Spacing)) && !t.After(end) {
				n++
			}
		}
		return n
	}
	for _, t := range taken {
		if t.After(at) && t.Before(at.Add(p.Spacing)) && within(t) >= p.MaxPosts {
			return false
		}
	}
	return within(at) < p.MaxPosts
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// short writes a duration as people do: 10m, not 10m0s.
func short(d time.Duration) string {
	s := d.String()
	if d >= time.Minute && d%time.Minute == 0 {
		s = s[:len(s)-len("0s")]
	}
	if d >= time.Hour && d%time.Hour == 0 {
		s = s[:len(s)-len("0m")]
	}
	return s
}
