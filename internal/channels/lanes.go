package channels

import (
	"container/heap"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Lanes let one call at a time be under way on a channel, while the next one's intent is being saved: so a slow network
// keeps no other waiting, and no worker waits for a lane. Who finds a lane full is told when there is room, in the order of
// the due times.
type Lanes struct {
	mu    sync.Mutex
	lanes map[types.NamespacedName]*lane
	wake  func(types.NamespacedName)
}

// preparing is how many may be in a lane at once: one calling, one saving its intent.
const preparing = 2

type lane struct {
	inside  int
	calling chan struct{} // holds one token: the right to call
	waiting waiters
	known   map[types.NamespacedName]bool
}

// NewLanes makes lanes that tell a waiting Post by wake when it may try again.
func NewLanes(wake func(types.NamespacedName)) *Lanes {
	return &Lanes{lanes: map[types.NamespacedName]*lane{}, wake: wake}
}

// TryEnter takes a place in the channel's lane. If there is none, the Post is woken when there is. Posts that are due
// earlier and wait already go first.
func (l *Lanes) TryEnter(channel, post types.NamespacedName, due time.Time) (*Place, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ln := l.lanes[channel]
	if ln == nil {
		ln = &lane{calling: make(chan struct{}, 1), known: map[types.NamespacedName]bool{}}
		l.lanes[channel] = ln
	}
	if ln.inside >= preparing {
		if !ln.known[post] {
			ln.known[post] = true
			heap.Push(&ln.waiting, waiter{post, due})
		}
		return nil, false
	}
	ln.inside++
	return &Place{lanes: l, channel: channel, lane: ln}, true
}

// Place is a Post's right to prepare a call, and in its turn to make it.
type Place struct {
	lanes   *Lanes
	channel types.NamespacedName
	lane    *lane
	calling bool
	left    bool
}

// Call waits for the turn to call, or until done is closed. The turn is kept until Leave, for all calls of a thread.
func (p *Place) Call(done <-chan struct{}) bool {
	if p.calling {
		return true
	}
	select {
	case p.lane.calling <- struct{}{}:
		p.calling = true
		return true
	case <-done:
		return false
	}
}

// Leave gives the place to the next. It may be called more than once.
func (p *Place) Leave() {
	if p.left {
		return
	}
	p.left = true
	if p.calling {
		<-p.lane.calling
	}
	l := p.lanes
	l.mu.Lock()
	p.lane.inside--
	var next []types.NamespacedName
	// Woken Posts enter by TryEnter; a spare one is woken too, as the first may be gone or held meanwhile.
	for len(next) < preparing && p.lane.waiting.Len() > 0 {
		w, _ := heap.Pop(&p.lane.waiting).(waiter)
		delete(p.lane.known, w.post)
		next = append(next, w.post)
	}
	if p.lane.inside == 0 && p.lane.waiting.Len() == 0 {
		delete(l.lanes, p.channel)
	}
	l.mu.Unlock()
	for _, post := range next {
		l.wake(post)
	}
}

type waiter struct {
	post types.NamespacedName
	due  time.Time
}

// waiters is a heap by due time.
type waiters []waiter

func (w waiters) Len() int           { return len(w) }
func (w waiters) Less(i, j int) bool { return w[i].due.Before(w[j].due) }
func (w waiters) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *waiters) Push(x any)        { *w = append(*w, x.(waiter)) } //nolint:forcetypeassert // container/heap gives back what was pushed
func (w *waiters) Pop() any {
	old := *w
	last := old[len(old)-1]
	*w = old[:len(old)-1]
	return last
}
