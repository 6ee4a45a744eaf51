package plan

import (
	"cmp"
	"slices"
	"time"
)

// Look makes a plan one to be looked at, and not to be carried out: what waits is not bounded by MaxWaiting, which is about what a
// cluster keeps, and what is not looked at takes no place.
type Look struct {
	// From is the first instant that is looked at. Those before it are planned, as others depend on them, and left out of the result.
	From time.Time
	// First looks at the first Post of each entry on each channel only.
	First bool
	// Most Posts that are given, and as many Skipped: the earliest ones.
	Most int
}

// passedOver is true for what is not looked at.
func (p *planner) passedOver(n node, at time.Time) bool {
	l := p.in.Look
	return l != nil && (at.Before(l.From) || !p.cut.IsZero() && at.After(p.cut) || l.First && p.seen[n])
}

// look notes that a Post was added, and keeps those that are too many from piling up.
func (p *planner) look(n node) {
	l := p.in.Look
	if l == nil {
		return
	}
	if l.First {
		p.seen[n] = true
	}
	if len(p.result.Posts) >= 2*l.Most {
		p.cutOff()
	}
}

// cutOff keeps the earliest Posts and Skipped that are looked at, and notes from when on there are more.
func (p *planner) cutOff() {
	most := p.in.Look.Most
	var posts, skipped time.Time
	p.result.Posts, posts = earliest(p.result.Posts, most, func(post *Post) (time.Time, string) { return post.At, post.Name })
	p.result.Skipped, skipped = earliest(p.result.Skipped, most, func(s *Skipped) (time.Time, string) { return s.At, s.Entry + " " + s.Channel })
	for _, cut := range []time.Time{posts, skipped} {
		if !cut.IsZero() && (p.cut.IsZero() || cut.Before(p.cut)) {
			p.cut = cut
		}
	}
}

// earliest gives at most so many, in the order of their times, and the time of the first that is left out.
func earliest[T any](all []T, most int, of func(*T) (time.Time, string)) (kept []T, cut time.Time) {
	if len(all) <= most {
		return all, cut
	}
	slices.SortStableFunc(all, func(a, b T) int {
		atA, nameA := of(&a)
		atB, nameB := of(&b)
		return cmp.Or(atA.Compare(atB), cmp.Compare(nameA, nameB))
	})
	cut, _ = of(&all[most])
	clear(all[most:])
	return all[:most], cut
}
