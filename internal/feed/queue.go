package feed

import (
	"cmp"
	"slices"
	"time"
)

// Known is what is remembered of an item for ever.
type Known struct {
	Item
	// SeenAt is when it was first read.
	SeenAt time.Time
	// PlanAt is when it is to go out; zero for an item that was there before.
	PlanAt time.Time
}

// Memory of a feed.
type Memory struct {
	// FirstRead is when the feed was first read; zero if it never was.
	FirstRead time.Time
	// Items by their IDs.
	Items map[string]Known
}

// Remember decides what becomes of a feed's items, and gives what is to be remembered beside what is, or instead of it. An item goes
// out if it appears after the feed was first read, unless it says itself that it is older, or points at a page that is known: a feed
// that changes its GUIDs, or shows old items again, publishes nothing. At most perDay are planned within 24 hours, the oldest first.
// What goes out before settled keeps its time; what is later only waits for its turn, and gets another time when perDay changes.
func Remember(m Memory, items []Item, now, settled time.Time, perDay int) []Known {
	first := m.FirstRead.IsZero()
	links := make(map[string]bool, len(m.Items))
	var planned []time.Time
	var queue []Known
	for _, k := range m.Items {
		links[k.Link] = true
		switch {
		case !k.PlanAt.Before(settled) && k.PlanAt.After(now):
			queue = append(queue, k)
		case k.PlanAt.After(now.Add(-24 * time.Hour)):
			planned = append(planned, k.PlanAt)
		}
	}
	slices.SortFunc(planned, time.Time.Compare)
	slices.SortFunc(queue, func(a, b Known) int {
		return cmp.Or(a.PlanAt.Compare(b.PlanAt), a.SeenAt.Compare(b.SeenAt), a.Published.Compare(b.Published), cmp.Compare(a.ID, b.ID))
	})
	var fresh, changed []Known
	decided := map[string]bool{}
	for _, item := range items {
		if _, known := m.Items[item.ID]; known || decided[item.ID] {
			continue
		}
		decided[item.ID] = true
		k := Known{Item: item, SeenAt: now}
		old := first || links[item.Link] || !item.Published.IsZero() && item.Published.Before(m.FirstRead)
		links[item.Link] = true
		if old {
			changed = append(changed, k)
		} else {
			fresh = append(fresh, k)
		}
	}
	oldestFirst(fresh)
	for _, k := range append(queue, fresh...) {
		at := next(planned, now, perDay)
		planned = append(planned, at)
		if !k.PlanAt.Equal(at) {
			k.PlanAt = at
			changed = append(changed, k)
		}
	}
	return changed
}

// oldestFirst turns round what is in the order of a feed, which has its newest items first; where times are told, they say.
func oldestFirst(items []Known) {
	slices.Reverse(items)
	slices.SortStableFunc(items, func(a, b Known) int {
		if a.Published.IsZero() || b.Published.IsZero() {
			return 0
		}
		return a.Published.Compare(b.Published)
	})
}

// Waiting is true if items wait for their turn: they go out from an instant on, or are more than most ahead of now.
func (m Memory) Waiting(now, from time.Time, most int) bool {
	ahead := 0
	for _, k := range m.Items {
		if !k.PlanAt.Before(from) {
			return true
		}
		if k.PlanAt.After(now) {
			ahead++
		}
	}
	return ahead > most
}

// next is the first instant from now on, and not before what is planned already, at which fewer than perDay are planned in the
// 24 hours up to it. planned is in order.
func next(planned []time.Time, now time.Time, perDay int) time.Time {
	at := now
	if n := len(planned); n > 0 && planned[n-1].After(at) {
		at = planned[n-1]
	}
	if n := len(planned); n >= perDay {
		if earliest := planned[n-perDay].Add(24 * time.Hour); earliest.After(at) {
			at = earliest
		}
	}
	return at
}
