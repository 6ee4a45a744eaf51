package post

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// keptFor is how far back the ledger is asked for a channel's Posts: the longest minInterval.
	keptFor = 168 * time.Hour
	// countedFor is how long all starts are kept; of those before, the newest.
	countedFor = 24 * time.Hour
	// turnGrace is how long after its time a Post that waits for its turn still counts as waiting.
	turnGrace = 10 * time.Second
)

// starts tells what the ledger knows of a channel.
type starts interface {
	Starts(ctx context.Context, namespace, channel string, since time.Time) ([]store.Start, error)
}

// history knows what went out lately on each channel, and who waits for a turn: from the ledger when a channel is first asked
// about, from the Posts as they change, and from the calls of this process at once.
type history struct {
	mu       sync.Mutex
	channels map[types.NamespacedName]*past
}

type past struct {
	loaded, queued bool
	// starts by time; a slice that was given away is never changed.
	starts  []publish.Start
	waiting map[string]turn
}

// turn of a Post that waits for the channel's pace. One that its status tells of keeps its place until that says otherwise,
// however late it is.
type turn struct {
	due, until time.Time
	told       bool
}

func (h *history) of(channel types.NamespacedName) *past {
	if h.channels == nil {
		h.channels = map[types.NamespacedName]*past{}
	}
	p := h.channels[channel]
	if p == nil {
		p = &past{waiting: map[string]turn{}}
		h.channels[channel] = p
	}
	return p
}

// load reads a channel's past from the ledger, once.
func (h *history) load(ctx context.Context, ledger starts, channel types.NamespacedName, now time.Time) error {
	h.mu.Lock()
	loaded := h.of(channel).loaded
	h.mu.Unlock()
	if loaded {
		return nil
	}
	rows, err := ledger.Starts(ctx, channel.Namespace, channel.Name, now.Add(-keptFor))
	if err != nil {
		return fmt.Errorf("read what went out on channel %s: %w", channel.Name, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(channel)
	for _, row := range rows {
		p.add(publish.Start{Post: row.Post, Edition: row.Edition, At: row.At, Text: row.TextHash, Content: row.ContentHash}, now)
	}
	p.loaded = true
	return nil
}

// firstAsked is true until asked was called: nobody has looked yet which Posts wait for their turn on a channel.
func (h *history) firstAsked(channel types.NamespacedName) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.of(channel).queued
}

func (h *history) asked(channel types.NamespacedName) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of(channel).queued = true
}

// add puts a start in its place, unless it is known.
func (p *past) add(s publish.Start, now time.Time) {
	if p.find(s.Post, s.Edition) >= 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(p.starts, s, func(a, b publish.Start) int {
		return cmp.Or(a.At.Compare(b.At), -1) // after those of the same instant
	})
	if at == len(p.starts) {
		p.starts = append(p.starts, s) // who holds the slice does not see beyond its end
	} else {
		p.starts = slices.Insert(slices.Clone(p.starts), at, s)
	}
	for len(p.starts) > 1 && p.starts[1].At.Add(countedFor).Before(now) {
		p.starts = p.starts[1:]
	}
}

func (p *past) find(post string, edition int64) int {
	for i := len(p.starts) - 1; i >= 0; i-- {
		if p.starts[i].Post == post && p.starts[i].Edition == edition {
			return i
		}
	}
	return -1
}

func (p *past) remove(post string, edition int64) {
	if i := p.find(post, edition); i >= 0 {
		p.starts = slices.Delete(slices.Clone(p.starts), i, i+1)
	}
}

// note learns from a Post that changed, whoever changed it.
func (h *history) note(post *tribunev1alpha1.Post, now time.Time) {
	h.noteTurn(post)
	segs := post.Status.Segments
	if len(segs) == 0 {
		return
	}
	s := publish.Start{Post: post.Name, Edition: post.Status.Edition, Content: segs[0].ContentHash}
	gone := false
	switch {
	case segs[0].StartedAt != nil:
		s.At = segs[0].StartedAt.Time
	case segs[0].PublishedAt != nil:
		s.At = segs[0].PublishedAt.Time
	default:
		return
	}
	switch segs[0].State {
	case tribunev1alpha1.SegmentNotSent, tribunev1alpha1.SegmentPending:
		gone = true
	}
	if s.At.Add(keptFor).Before(now) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(channelKey(post))
	if !gone {
		p.add(s, now)
	} else if i := p.find(s.Post, s.Edition); i >= 0 && !p.starts[i].UnderWay {
		p.remove(s.Post, s.Edition)
	}
}

// noteTurn learns whether a Post waits for its turn. What this process does at the moment it knows better than an older status.
func (h *history) noteTurn(post *tribunev1alpha1.Post) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(channelKey(post))
	if i := p.find(post.Name, publish.Edition(post)); i >= 0 && p.starts[i].UnderWay {
		return
	}
	held := meta.FindStatusCondition(post.Status.Conditions, tribunev1alpha1.ConditionHeld)
	waits := post.Status.State == tribunev1alpha1.PostHeld && held != nil &&
		(held.Reason == tribunev1alpha1.ReasonMinInterval || held.Reason == tribunev1alpha1.ReasonDailyLimit)
	switch {
	case waits && post.DeletionTimestamp.IsZero():
		t := turn{due: publish.Due(post), told: true}
		if post.Status.HeldUntil != nil {
			t.until = post.Status.HeldUntil.Time
		}
		p.waiting[post.Name] = t
	case p.waiting[post.Name].told:
		delete(p.waiting, post.Name)
	}
}

// view is what a decision about a Post may know.
func (h *history) view(post *tribunev1alpha1.Post, now time.Time) (all []publish.Start, ahead int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(channelKey(post))
	return p.starts, p.ahead(post, now)
}

// ahead counts those that wait for their turn and were due before this Post.
func (p *past) ahead(post *tribunev1alpha1.Post, now time.Time) int {
	due, n := publish.Due(post), 0
	for name, t := range p.waiting {
		if !t.told && t.until.Add(turnGrace).Before(now) {
			delete(p.waiting, name) // it is gone, or something else holds it
			continue
		}
		if name != post.Name && cmp.Or(t.due.Compare(due), cmp.Compare(name, post.Name)) < 0 {
			n++
		}
	}
	return n
}

// wait notes that a Post waits for its turn.
func (h *history) wait(post *tribunev1alpha1.Post, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(channelKey(post))
	p.waiting[post.Name] = turn{due: publish.Due(post), until: until, told: p.waiting[post.Name].told}
}

// leave notes that a Post does not wait for a turn any more.
func (h *history) leave(post *tribunev1alpha1.Post) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.channels[channelKey(post)]; p != nil {
		delete(p.waiting, post.Name)
	}
}

// reserve lets a Post begin if the channel's pace does, as decide says of what is known at this moment; nobody comes between.
func (h *history) reserve(post *tribunev1alpha1.Post, s publish.Start, decide func(all []publish.Start, ahead int) *publish.Step) *publish.Step {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(channelKey(post))
	if step := decide(p.starts, p.ahead(post, s.At)); step != nil {
		return step
	}
	delete(p.waiting, post.Name)
	p.remove(s.Post, s.Edition)
	s.UnderWay = true
	p.add(s, s.At)
	return nil
}

// settle says what became of a Post that had begun: when its call began, or that nothing went out. Then those that wait for their
// turn are told, as it is theirs.
func (h *history) settle(post *tribunev1alpha1.Post, edition int64, began time.Time, wentOut bool) (told []types.NamespacedName) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(channelKey(post))
	i := p.find(post.Name, edition)
	if i < 0 {
		return nil
	}
	s := p.starts[i]
	p.remove(post.Name, edition)
	if wentOut {
		s.UnderWay = false
		if began.After(s.At) {
			s.At = began
		}
		p.add(s, s.At)
		return nil
	}
	for name := range p.waiting {
		told = append(told, types.NamespacedName{Namespace: post.Namespace, Name: name})
	}
	return told
}
