package feed

import (
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

// Remember decides what becomes of a feed's items, and gives what is to be remembered beside what is. An item goes out if it
// appears after the feed was first read, unless it says itself that it is older, or points at a page that is known: a feed that
// changes its GUIDs, or shows old items again, publishes nothing. At most perDay are planned within 24 hours, the oldest first.
func Remember(m Memory, items []Item, now time.Time, perDay int) []Known {
	first := m.FirstRead.IsZero()
	links := make(map[string]bool, len(m.Items))
	var planned []time.Time
	for _, k := range m.Items {
		links[k.Link] = true
		if k.PlanAt.After(now.Add(-24 * time.Hour)) {
			planned = append(planned, k.PlanAt)
		}
	}
	slices.SortFunc(planned, time.Time.Compare)
	var fresh, added []Known
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
			added = append(added, k)
		} else {
			fresh = append(fresh, k)
		}
	}
	// Feeds have their newest items first; where times are told, they say.
	slices.Reverse(fresh)
	slices.SortStableFunc(fresh, func(a, b Known) int {
		if a.Published.IsZero() || b.Published.IsZero() {
			return 0
		}
		return a.Published.Compare(b.Published)
	})
	for _, k := range fresh {
		k.PlanAt = next(planned, now, perDay)
		planned = append(planned, k.PlanAt)
		added = append(added, k)
	}
	return added
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
