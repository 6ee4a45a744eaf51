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
// apart, and the others are missed. Posts less late simply go out, and those that catch up give way to them, so that they
// never make it more than MaxPosts within Spacing.
//
// The answer is a function of its arguments. Asked again, after some of them went out or were marked as missed, it says the same of
// the others; posts hold these therefore too. Their order does not matter.
func CatchUp(posts []LatePost, policy CatchUpPolicy, now time.Time) map[string]CatchUpDecision {
	decisions := map[string]CatchUpDecision{}
	var counted []LatePost // later than After, now or when they went out or were left out
	var taken []time.Time  // when something goes out, or went out, late
	var before time.Time   // the last of those later than After to begin
	since := now.Add(-policy.Memory())
	for _, p := range posts {
		switch {
		case !p.Missed.IsZero():
			if p.Missed.After(since) {
				counted = append(counted, p)
			}
		case !p.Began.IsZero():
			if !p.Began.After(since) {
				continue
			}
			if p.Began.Sub(p.Due) > Late {
				taken = append(taken, p.Began)
			}
			if p.Began.Sub(p.Due) > policy.After {
				counted = append(counted, p)
				before = latest(before, p.Began)
			}
		case now.Before(p.Due) || !p.Deadline.IsZero() && now.After(p.Deadline):
		case now.Sub(p.Due) > policy.After:
			counted = append(counted, p)
		default:
			decisions[p.Name] = CatchUpDecision{GoAt: now}
			if now.Sub(p.Due) > Late {
				taken = append(taken, now)
			}
		}
	}
	slices.SortFunc(counted, func(a, b LatePost) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Name, b.Name)) })
	on := policy.MaxPosts > 0 && len(counted) > policy.MaxPosts
	for i, p := range counted {
		switch {
		case !p.Missed.IsZero() || !p.Began.IsZero():
		case !on:
			decisions[p.Name] = CatchUpDecision{GoAt: now}
		case i < len(counted)-policy.MaxPosts:
			decisions[p.Name] = CatchUpDecision{Missed: true, Message: fmt.Sprintf(
				"more than %d Posts were over %s late: the newest %d go out, and this is not one of them", policy.MaxPosts, short(policy.After), policy.MaxPosts)}
		default:
			at := policy.place(taken, before, now)
			taken, before = append(taken, at), at
			decisions[p.Name] = CatchUpDecision{GoAt: at, Message: fmt.Sprintf(
				"more than %d Posts were over %s late: the newest %d go out, %s apart", policy.MaxPosts, short(policy.After), policy.MaxPosts, short(policy.Spacing))}
		}
	}
	return decisions
}

// place gives the first instant, from now on, that lies Spacing after what was caught up before and has fewer than MaxPosts going
// out within Spacing before it.
func (p CatchUpPolicy) place(taken []time.Time, before, now time.Time) time.Time {
	at := now
	if !before.IsZero() {
		at = latest(at, before.Add(p.Spacing))
	}
	for p.Spacing > 0 {
		var near []time.Time
		for _, t := range taken {
			if t.After(at.Add(-p.Spacing)) {
				near = append(near, t)
			}
		}
		if len(near) < p.MaxPosts {
			break
		}
		at = slices.MinFunc(near, time.Time.Compare).Add(p.Spacing)
	}
	return at
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
