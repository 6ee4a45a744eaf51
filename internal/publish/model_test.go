package publish_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

// The model: an API server with resource versions, a ledger, a network of one class and two processes that carry the protocol
// out in small steps, in any order, with crashes between any two of them. Time is a number that chance moves on.

// broken takes one part of the protocol away.
type broken struct {
	noSettle, noLedger, freshKeys, lockless bool
	// On two-phase networks: a draft is made public whose id could not be saved; what earlier attempts left is not
	// looked for.
	unsaved, untidy bool
}

type rowState string

const (
	rowSending   rowState = "Sending"
	rowPublished rowState = "Published"
	rowNotSent   rowState = "NotSent"
	rowUnknown   rowState = "Unknown"
)

type row struct {
	state  rowState
	record publish.Record
}

// stored is a record on the network.
type stored struct {
	id      int
	segment int
	key     string
	at      time.Time
}

// late is what the network received and has not stored yet.
type late struct {
	segment int
	key     string
	at      time.Time
	// draft is true for one that is stored hidden; public is the draft that is made public.
	draft  bool
	public int
}

type world struct {
	rng      *rand.Rand
	class    network.Once
	broken   broken
	segments int
	settle   time.Duration
	now      time.Time

	version  int64
	serial   int
	object   *tribunev1alpha1.Post
	history  []*tribunev1alpha1.Post
	ledger   map[int]row
	network  []stored
	drafts   []stored
	late     []late
	down     bool
	calm     bool
	procs    []*process
	steps    int
	trace    []string
	sent     int
	repeated int
	// lie is an outcome that says what is not so.
	lie string
}

// process carries the protocol out; todo is its next small step, nil between two runs.
type process struct {
	name   string
	todo   func()
	wakeAt time.Time
}

func newWorld(seed uint64, class network.Once, segments int, b broken) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 1)), class: class, broken: b, segments: segments, settle: time.Minute,
		now: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC), ledger: map[int]row{}}
	if b.noSettle {
		w.settle = 0
	}
	w.procs = []*process{{name: "a"}, {name: "b"}}
	w.make(w.now.Add(30 * time.Second))
	return w
}

func (w *world) log(format string, args ...any) {
	if len(w.trace) > 4000 {
		return
	}
	w.trace = append(w.trace, w.now.Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// make creates the object: by hand or by Git, again and again, under the same name.
func (w *world) make(publishAt time.Time) {
	w.serial++
	at := metav1.NewTime(publishAt)
	p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "hello", UID: "u", Generation: 1, CreationTimestamp: metav1.NewTime(w.now)}}
	p.Spec.ChannelRef.Name = "square"
	p.Spec.PublishAt = &at
	p.Spec.StartingDeadline = &metav1.Duration{Duration: 720 * time.Hour}
	p.Spec.Content.Text = "hello"
	p.Status.ObservedGeneration = -1
	w.put(p)
}

func (w *world) put(p *tribunev1alpha1.Post) {
	w.version++
	p.ResourceVersion = fmt.Sprint(w.version)
	w.object = p
	w.history = append(w.history, p.DeepCopy())
	w.steps++
}

// update writes a status under the object's resource version.
func (w *world) update(seen *tribunev1alpha1.Post, st tribunev1alpha1.PostStatus) bool {
	if w.object == nil || w.object.ResourceVersion != seen.ResourceVersion && !w.broken.lockless {
		return false
	}
	after := w.object.DeepCopy()
	after.Status = st
	w.put(after)
	seen.Status, seen.ResourceVersion = *st.DeepCopy(), after.ResourceVersion
	return true
}

func (w *world) hashes(p *tribunev1alpha1.Post) []string {
	h := make([]string, w.segments)
	for i := range h {
		h[i] = fmt.Sprintf("%s-%d", p.Spec.Content.Text, i)
	}
	return h
}

func (w *world) facts(p *tribunev1alpha1.Post) publish.Facts {
	return publish.Facts{Now: w.now, Settle: w.settle, Post: p, Hashes: w.hashes(p),
		Channel: publish.Channel{Exists: true, Ready: true, Connected: true, Account: "acme", Once: w.class}}
}

// settleLate lets the network store what is due.
func (w *world) settleLate() {
	waiting := w.late[:0:0]
	for _, l := range w.late {
		if l.at.After(w.now) {
			waiting = append(waiting, l)
			continue
		}
		switch {
		case l.draft:
			w.hide(l.segment)
		case l.public > 0:
			w.flip(l.public)
		default:
			w.store(l.segment, l.key, l.at)
		}
	}
	w.late = waiting
}

// store is what the network does with a call; a durable key is stored once.
func (w *world) store(segment int, key string, at time.Time) (record stored, existing bool) {
	if w.class == network.OnceDurableKey {
		for _, s := range w.network {
			if s.key == key {
				return s, true
			}
		}
	}
	record = stored{id: len(w.network) + 1, segment: segment, key: key, at: at}
	w.network = append(w.network, record)
	w.log("network stores segment %d as %d under %s", segment, record.id, key)
	return record, false
}

// count of records of a segment.
func (w *world) count(segment int) int {
	n := 0
	for _, s := range w.network {
		if s.segment == segment {
			n++
		}
	}
	return n
}

func (w *world) advance(d time.Duration) {
	w.now = w.now.Add(d)
	w.settleLate()
}

// run begins a run of a process: it reads the object, perhaps as it was a moment ago.
func (w *world) run(p *process) {
	if w.object == nil {
		return
	}
	seen := w.object.DeepCopy()
	if !w.calm && len(w.history) > 1 && w.rng.IntN(8) == 0 {
		seen = w.history[len(w.history)-1-w.rng.IntN(min(4, len(w.history)))].DeepCopy()
	}
	w.decide(p, w.facts(seen), 0)
}

// decide asks for steps until one ends the run. More than a few without an end is an endless loop.
func (w *world) decide(p *process, f publish.Facts, depth int) {
	if depth > 20 {
		panic("endless loop of decisions")
	}
	w.steps++
	step := publish.Next(f)
	w.log("%s: %s %d %s until %s", p.name, step.Do, step.Segment, step.Reason, step.Until.Format("15:04:05"))
	switch step.Do {
	case publish.ReadLedger:
		f.LedgerRead = true
		if !w.broken.noLedger {
			f.Ledger = w.rows()
		}
		p.todo = func() { w.decide(p, f, depth+1) }
	case publish.LookUp:
		if w.class == network.OnceTwoPhase {
			w.tidy(p, f, step.Segment, func(l *publish.Lookup) {
				f.Lookup = l
				p.todo = func() { w.decide(p, f, depth+1) }
			})
			return
		}
		f.Lookup = w.find(f, step.Segment)
		p.todo = func() { w.decide(p, f, depth+1) }
	case publish.Wait:
		p.wakeAt = step.Until
	case publish.Begin:
		p.todo = func() { w.begin(p, f, step) }
	default:
		p.todo = func() { w.record(p, f, step, depth) }
	}
}

func (w *world) rows() []publish.Record {
	var all []publish.Record
	for i := range w.segments {
		if r, ok := w.ledger[i]; ok {
			r.record.Open = r.state == rowSending || r.state == rowUnknown
			r.record.Published = r.state == rowPublished
			all = append(all, r.record)
		}
	}
	return all
}

// record is what the controller does with a decision without a call: the ledger first, then the status.
func (w *world) record(p *process, f publish.Facts, step publish.Step, depth int) {
	switch step.Do {
	case publish.Adopt:
		for _, r := range step.Records {
			if r.Published {
				w.ledger[r.Segment] = row{state: rowPublished, record: r}
			}
		}
	case publish.TakeBack:
		w.finish(step.Segment, step.Supersedes, rowNotSent, publish.Record{})
		f.LedgerRead = false // where another attempt stands, it is taken over next
	}
	after := publish.Apply(f, step)
	p.todo = func() {
		if !w.update(f.Post, after) {
			return
		}
		f.Lookup = nil
		switch step.Do {
		case publish.Adopt, publish.TakeBack, publish.Finish:
			p.todo = func() { f.Now = w.now; w.decide(p, f, depth+1) }
		default:
			p.wakeAt = step.Until
		}
	}
}

// find answers a lookup by key or by a scan from the cursor.
func (w *world) find(f publish.Facts, segment int) *publish.Lookup {
	l := &publish.Lookup{Segment: segment}
	if w.down {
		l.Err = &network.Error{Kind: network.NotSent, Message: "down"}
		return l
	}
	cursor := 0
	if segs := f.Post.Status.Segments; segment < len(segs) && segs[segment].Cursor != "" {
		_, _ = fmt.Sscan(segs[segment].Cursor, &cursor)
	}
	for _, s := range w.network {
		if s.segment == segment && s.id > cursor {
			l.Receipt = &network.Receipt{Ref: ref(s), PublishedAt: s.at, Existing: true}
		}
	}
	return l
}

func ref(s stored) network.Ref {
	return network.Ref{ID: fmt.Sprint(s.id), URL: fmt.Sprintf("https://local.example/%d", s.id)}
}

func (w *world) key(segment int) string {
	if w.broken.freshKeys {
		return fmt.Sprintf("key-%d", w.rng.Uint64())
	}
	return fmt.Sprintf("acme/hello/%d", segment)
}

func (w *world) intent(f publish.Facts, segment int) publish.Intent {
	w.serial++
	in := publish.Intent{Segment: segment, Attempt: fmt.Sprintf("attempt-%d", w.serial), Owner: "o", Hashes: f.Hashes,
		Key: w.key(segment), Cursor: fmt.Sprint(len(w.network))}
	if segs := f.Post.Status.Segments; segment < len(segs) && !w.broken.freshKeys {
		if s := segs[segment]; s.State == tribunev1alpha1.SegmentSending || s.State == tribunev1alpha1.SegmentUnknown {
			in.Key = s.Key
		}
	}
	return in
}

// begin saves the intent and goes on to the call.
func (w *world) begin(p *process, f publish.Facts, step publish.Step) {
	if w.down && w.rng.IntN(2) == 0 {
		after := publish.Apply(f, publish.Unprepared(f, &network.Error{Kind: network.NotSent, Message: "down"}))
		w.update(f.Post, after)
		return
	}
	in := w.intent(f, step.Segment)
	in.Draft = step.Draft
	p.todo = func() {
		f.Now = w.now
		if !w.update(f.Post, publish.Intend(f, in)) {
			w.log("%s: conflict", p.name)
			return
		}
		w.log("%s: intent %s for segment %d", p.name, in.Attempt, in.Segment)
		p.todo = func() { w.enter(p, f, in, step) }
	}
}

// enter writes the attempt into the ledger; who does not win there sends nothing.
func (w *world) enter(p *process, f publish.Facts, in publish.Intent, step publish.Step) {
	out := publish.Outcome{Segment: in.Segment, Attempt: in.Attempt, Repeat: step.Repeat}
	seg := f.Post.Status.Segments[in.Segment]
	if !w.broken.lockless && !w.broken.noLedger {
		have, known := w.ledger[in.Segment]
		open := have.state == rowSending || have.state == rowUnknown
		won := !known || have.state == rowNotSent || open && (have.record.Attempt == step.Supersedes || have.record.Attempt == in.Attempt)
		if !won {
			w.log("%s: the ledger knows %s (%s)", p.name, have.record.Attempt, have.state)
			out.Err = &network.Error{Kind: network.NotSent, Message: "the ledger knows another attempt"}
			p.todo = func() { w.conclude(p, f, out) }
			return
		}
		w.ledger[in.Segment] = row{state: rowSending, record: publish.Record{Segment: in.Segment, Key: seg.Key, Attempt: in.Attempt,
			ID: seg.ID, Cursor: in.Cursor, ContentHash: seg.ContentHash, StartedAt: seg.StartedAt.Time}}
	}
	if w.class == network.OnceTwoPhase {
		p.todo = func() { w.inTwoPhases(p, f, out) }
		return
	}
	p.todo = func() { w.call(p, f, out, seg) }
}

// call is the one call: it begins in time or not at all, and the network does with it what it likes within the settle time.
func (w *world) call(p *process, f publish.Facts, out publish.Outcome, seg tribunev1alpha1.PostSegment) {
	begin, longest := publish.CallBudget(time.Minute, w.class)
	done := func() { p.todo = func() { w.conclude(p, f, out) } }
	if w.now.After(seg.StartedAt.Add(begin)) {
		out.Err = &network.Error{Kind: network.NotSent, Message: "too slow"}
		done()
		return
	}
	kind := w.rng.IntN(10)
	if w.calm {
		kind = 9
	}
	if w.down {
		kind = 0
	}
	w.sent++
	if out.Repeat {
		w.repeated++
	}
	out.Began = w.now
	ambiguous := &network.Error{Kind: network.Ambiguous, Message: "no answer"}
	switch kind {
	case 0:
		out.Began, out.Err = time.Time{}, &network.Error{Kind: network.NotSent, Message: "refused before the first byte"}
	case 1:
		out.Err = &network.Error{Kind: network.RateLimited, RetryAfter: 10 * time.Second, Message: "slow down"}
	case 2: // lost on the way there
		out.Err = ambiguous
	case 3: // lost on the way back
		w.store(out.Segment, seg.Key, w.now)
		out.Err = ambiguous
	case 6: // a repetition may be refused, as the account may have been closed since the first attempt was stored
		if out.Repeat {
			out.Err = &network.Error{Kind: network.Refused, Message: "no"}
			break
		}
		fallthrough
	case 4, 5: // stored later, as late as is allowed
		bound := int64(longest + time.Minute - begin - longest)
		w.late = append(w.late, late{segment: out.Segment, key: seg.Key, at: w.now.Add(time.Duration(w.rng.Int64N(bound)))})
		out.Err = ambiguous
	default:
		r, existing := w.store(out.Segment, seg.Key, w.now)
		out.Receipt = network.Receipt{Ref: ref(r), PublishedAt: r.at, Existing: existing}
	}
	w.log("%s: call of %s: %v", p.name, out.Attempt, out.Err)
	done()
}

// conclude stores the outcome: ledger, then status, by a test of the attempt.
func (w *world) conclude(p *process, f publish.Facts, out publish.Outcome) {
	f.Now = w.now
	next := out.Segment + 1
	var intent publish.Intent
	if out.Err == nil && next < w.segments {
		intent = w.intent(f, next)
		out.Next = &intent
	}
	after, ok := publish.Conclude(f, out)
	if !ok {
		return
	}
	seg := after.Segments[out.Segment]
	if after.State == tribunev1alpha1.PostFailed && w.count(out.Segment) > 0 {
		w.lie = fmt.Sprintf("segment %d is on the network, and its outcome is Failed", out.Segment)
	}
	state := rowNotSent
	switch seg.State {
	case tribunev1alpha1.SegmentPublished:
		state = rowPublished
	case tribunev1alpha1.SegmentUnknown:
		state = rowUnknown
	}
	p.todo = func() {
		w.finish(out.Segment, out.Attempt, state, publish.Record{ID: seg.ID, URL: seg.URL, PublishedAt: w.now})
		p.todo = func() {
			if w.object == nil || out.Segment >= len(w.object.Status.Segments) || w.object.Status.Segments[out.Segment].Attempt != out.Attempt && !w.broken.lockless {
				return
			}
			saved := w.object.DeepCopy()
			saved.Status = after
			w.put(saved)
			f.Post = saved.DeepCopy()
			if after.NextAttemptAt != nil {
				p.wakeAt = after.NextAttemptAt.Time
			}
			if out.Next != nil {
				p.todo = func() { w.enter(p, f, intent, publish.Step{Segment: next}) }
			}
		}
	}
}

// finish records an outcome in the ledger, or finds that another attempt stands there.
func (w *world) finish(segment int, attempt string, state rowState, r publish.Record) bool {
	if w.broken.noLedger {
		return true
	}
	have, known := w.ledger[segment]
	switch {
	case !known && state == rowNotSent:
		return true
	case !known:
		have.record.Segment, have.record.Attempt = segment, attempt
	case have.record.Attempt != attempt:
		return state == rowNotSent && have.state == rowNotSent
	case have.state == rowPublished && state != rowPublished:
		return false
	}
	have.state = state
	if state == rowPublished {
		have.record.ID, have.record.URL, have.record.PublishedAt = r.ID, r.URL, r.PublishedAt
	}
	w.ledger[segment] = have
	return true
}

// problem says what the promise does not allow; empty if all is well.
func (w *world) problem() string {
	for i := range w.segments {
		if n := w.count(i); n > 1 {
			return fmt.Sprintf("segment %d is on the network %d times", i, n)
		}
	}
	return w.lie
}

func (w *world) String() string { return strings.Join(w.trace, "\n") }
