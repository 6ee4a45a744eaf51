package publish_test

import (
	"fmt"
	"slices"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

// The model of a two-phase network, and of who speaks to it: see model_test.go.

// hide stores a draft.
func (w *world) hide(segment int) stored {
	w.serial++
	d := stored{id: w.serial, segment: segment, at: w.now}
	w.drafts = append(w.drafts, d)
	w.log("network stores draft %d of segment %d", d.id, segment)
	return d
}

func (w *world) draft(id int) int {
	return slices.IndexFunc(w.drafts, func(d stored) bool { return d.id == id })
}

func (w *world) public(id int) int {
	return slices.IndexFunc(w.network, func(d stored) bool { return d.id == id })
}

// flip makes a draft public, if it is there.
func (w *world) flip(id int) (record stored, ok bool) {
	if i := w.public(id); i >= 0 {
		return w.network[i], true
	}
	i := w.draft(id)
	if i < 0 {
		return stored{}, false
	}
	d := w.drafts[i]
	w.drafts = slices.Delete(w.drafts, i, i+1)
	w.network = append(w.network, d)
	w.log("network makes draft %d public", id)
	return d, true
}

// discard removes a draft; false if it is public.
func (w *world) discard(id int) bool {
	if w.public(id) >= 0 {
		return false
	}
	if i := w.draft(id); i >= 0 {
		w.drafts = slices.Delete(w.drafts, i, i+1)
		w.log("network removes draft %d", id)
	}
	return true
}

func idOf(r *network.Ref) (id int) {
	_, _ = fmt.Sscan(r.ID, &id)
	return id
}

// tidy removes all drafts of a segment, one step each, and then looks whether one is public.
func (w *world) tidy(p *process, f publish.Facts, segment int, then func(*publish.Lookup)) {
	if w.down {
		then(&publish.Lookup{Segment: segment, Err: &network.Error{Kind: network.NotSent, Message: "down"}})
		return
	}
	var left []int
	for _, d := range w.drafts {
		if d.segment == segment {
			left = append(left, d.id)
		}
	}
	if saved := publish.DraftOf(f.Post, segment); saved != nil {
		left = append(left, idOf(saved))
	}
	if w.broken.untidy {
		left = nil
	}
	var next func()
	next = func() {
		if len(left) > 0 {
			w.discard(left[0])
			left = left[1:]
			p.todo = next
			return
		}
		l := &publish.Lookup{Segment: segment}
		for _, s := range w.network {
			if s.segment == segment && !w.broken.untidy {
				l.Receipt = &network.Receipt{Ref: ref(s), PublishedAt: s.at, Existing: true}
			}
		}
		then(l)
	}
	p.todo = next
}

// inTwoPhases goes on from the saved draft, or makes one.
func (w *world) inTwoPhases(p *process, f publish.Facts, out publish.Outcome) {
	if draft := publish.DraftOf(f.Post, out.Segment); draft != nil {
		w.makePublic(p, f, out, idOf(draft))
		return
	}
	w.tidy(p, f, out.Segment, func(l *publish.Lookup) {
		switch {
		case l.Err != nil:
			out.Err = l.Err
		case l.Receipt != nil:
			out.Repeat, out.Receipt = false, *l.Receipt
		default:
			out.Repeat = false
			p.todo = func() { w.prepare(p, f, out) }
			return
		}
		p.todo = func() { w.conclude(p, f, out) }
	})
}

// prepare stores a draft, and what comes of that is not public whatever happens.
func (w *world) prepare(p *process, f publish.Facts, out publish.Outcome) {
	kind := w.fortune()
	w.sent++
	lost := &network.Error{Kind: network.NotSent, Message: "no answer"}
	switch kind {
	case 0, 2:
		out.Err = lost
	case 1:
		out.Err = &network.Error{Kind: network.RateLimited, RetryAfter: 10 * time.Second, Message: "slow down"}
	case 3:
		w.hide(out.Segment)
		out.Err = lost
	case 4:
		w.late = append(w.late, late{segment: out.Segment, draft: true, at: w.now.Add(time.Duration(w.rng.Int64N(int64(time.Minute))))})
		out.Err = lost
	default:
		d := w.hide(out.Segment)
		p.todo = func() { w.saveDraft(p, f, out, d.id) }
		return
	}
	p.todo = func() { w.conclude(p, f, out) }
}

// fortune of a call.
func (w *world) fortune() int {
	switch kind := w.rng.IntN(10); {
	case w.calm:
		return 9
	case w.down:
		return 0
	default:
		return kind
	}
}

// saveDraft saves the id, by a test of the attempt, and then in the ledger; who cannot removes the draft.
func (w *world) saveDraft(p *process, f publish.Facts, out publish.Outcome, id int) {
	lost := func() {
		w.log("%s: draft %d is not ours to publish", p.name, id)
		if w.broken.unsaved {
			p.todo = func() { w.makePublic(p, f, out, id) }
			return
		}
		p.todo = func() {
			w.discard(id)
			out.Err = &network.Error{Kind: network.NotSent, Message: "another attempt was begun meanwhile"}
			p.todo = func() { w.conclude(p, f, out) }
		}
	}
	after, _ := publish.Prepared(f, out.Segment, out.Attempt, network.Ref{ID: fmt.Sprint(id)})
	segs := func() []tribunev1alpha1.PostSegment { return w.object.Status.Segments }
	if out.Segment >= len(segs()) || segs()[out.Segment].Attempt != out.Attempt {
		lost()
		return
	}
	saved := w.object.DeepCopy()
	saved.Status = after
	w.put(saved)
	f.Post = saved.DeepCopy()
	p.todo = func() {
		have, known := w.ledger[out.Segment]
		if !w.broken.noLedger && (!known || have.record.Attempt != out.Attempt) {
			lost()
			return
		}
		if !w.broken.noLedger {
			have.record.ID = fmt.Sprint(id)
			w.ledger[out.Segment] = have
		}
		p.todo = func() { w.makePublic(p, f, out, id) }
	}
}

// makePublic is the call that people see.
func (w *world) makePublic(p *process, f publish.Facts, out publish.Outcome, id int) {
	w.sent++
	if out.Repeat {
		w.repeated++
	}
	ambiguous := &network.Error{Kind: network.Ambiguous, Message: "no answer"}
	switch kind := w.fortune(); kind {
	case 0:
		out.Err = &network.Error{Kind: network.NotSent, Message: "refused before the first byte"}
	case 1:
		out.Err = &network.Error{Kind: network.RateLimited, RetryAfter: 10 * time.Second, Message: "slow down"}
	case 2:
		out.Err = ambiguous
	case 3:
		w.flip(id)
		out.Err = ambiguous
	case 4:
		w.late = append(w.late, late{segment: out.Segment, public: id, at: w.now.Add(time.Duration(w.rng.Int64N(int64(time.Minute))))})
		out.Err = ambiguous
	default:
		r, ok := w.flip(id)
		if !ok {
			out.Err = &network.Error{Kind: network.Gone, Message: "not there"}
			break
		}
		out.Receipt = network.Receipt{Ref: ref(r), PublishedAt: r.at}
	}
	w.log("%s: draft %d made public: %v", p.name, id, out.Err)
	p.todo = func() { w.conclude(p, f, out) }
}
