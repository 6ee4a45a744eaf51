package post

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

// intentTimeout is how long saving an intent may take; shutting down waits for it.
const intentTimeout = 10 * time.Second

func withNetwork(ctx context.Context, s *scope) context.Context {
	return httpx.WithNetwork(ctx, string(s.connection.Name))
}

// send carries the once-protocol out for the segment that is next, and for those that follow it in a thread: a place in the
// channel's lane, media, intent, ledger, gate, one call, outcome.
func (r *Reconciler) send(ctx context.Context, s *scope, step publish.Step) (ctrl.Result, error) {
	place, ok := r.Lanes.TryEnter(channelKey(s.facts.Post), client.ObjectKeyFromObject(s.facts.Post), publish.Due(s.facts.Post))
	if !ok {
		return r.wait(s.facts.Now.Add(fallback)), nil
	}
	defer place.Leave()

	pub, err := r.prepare(ctx, s, step.Segment)
	if err != nil {
		return r.unprepared(ctx, s, err)
	}
	if ctx.Err() != nil {
		return ctrl.Result{}, nil // shutting down: no new intent
	}
	intent, err := r.intent(ctx, s, step.Segment, pub)
	if err != nil {
		return r.unprepared(ctx, s, err)
	}
	intent.Draft = step.Draft
	if held := r.reserve(s, step); held != nil {
		r.turn(s, *held)
		if held.Do == publish.Hold {
			_, err = r.record(ctx, s, *held)
		}
		return r.wait(held.Until), err
	}
	if err := r.saveIntent(ctx, s, intent); err != nil {
		r.settle(s, time.Time{}, false)
		return ctrl.Result{}, err
	}
	// From here on an intent stands: its call and its outcome are finished, also while the process is shutting down.
	work := context.WithoutCancel(ctx)
	for {
		out := r.attempt(work, s, place, intent, pub, step)
		next, nextPub := r.following(ctx, s, out)
		out.Next = next
		if next == nil {
			place.Leave()
		}
		if err := r.conclude(work, s, out); err != nil || next == nil {
			return r.afterwards(s, err)
		}
		intent, pub, step = *next, nextPub, publish.Step{Segment: next.Segment}
	}
}

// prepare renders the segment and uploads its media, which stays private until the segment is public.
func (r *Reconciler) prepare(ctx context.Context, s *scope, segment int) (network.Publication, error) {
	id := r.identity(s, segment)
	rendered := s.rendering.Segments[segment]
	pub := network.Publication{Identity: id, Marker: id.Marker(), Text: rendered.Text, Facets: rendered.Facets, Language: rendered.Language, Link: rendered.Link,
		Title: rendered.Title, HTML: rendered.HTML, Tags: rendered.Tags, ContentWarning: rendered.ContentWarning, Visibility: rendered.Visibility}
	if s.facts.Channel.Once == network.OnceTwoPhase {
		return pub, nil // its media are public at once, so they go after the gate
	}
	media, err := r.uploads(ctx, s, segment)
	if err != nil {
		return pub, err
	}
	pub.Media = media
	return pub, nil
}

// unprepared: nothing was tried yet, so a failure only moves the next attempt.
func (r *Reconciler) unprepared(ctx context.Context, s *scope, cause error) (ctrl.Result, error) {
	if ctx.Err() != nil {
		return ctrl.Result{}, nil //nolint:nilerr // shutting down: nothing was tried
	}
	r.report(s, cause)
	next := publish.Unprepared(s.facts, cause)
	again, err := r.record(ctx, s, next)
	if err != nil {
		return ctrl.Result{}, err
	}
	if again {
		return r.wait(s.facts.Now.Add(time.Second)), nil
	}
	return r.wait(next.Until), nil
}

// intent of a segment: what must be known of the call if nobody lives to tell its outcome.
func (r *Reconciler) intent(ctx context.Context, s *scope, segment int, pub network.Publication) (publish.Intent, error) {
	p := s.facts.Post
	in := publish.Intent{Segment: segment, Attempt: rand.Text(), Owner: r.Owner, Hashes: s.facts.Hashes}
	if p.Status.Edition == pub.Identity.Edition && segment < len(p.Status.Segments) {
		seg := p.Status.Segments[segment]
		in.Probe = seg.Probe
		switch seg.State {
		case tribunev1alpha1.SegmentSending, tribunev1alpha1.SegmentPrepared, tribunev1alpha1.SegmentUnknown:
			in.Key = seg.Key
		}
	}
	if in.Key == "" {
		in.Key = s.connection.Network.Key(pub.Identity, publish.Due(p), int(in.Probe))
	}
	if breakNoKey {
		in.Key = rand.Text()
	}
	finder, ok := s.connection.Network.(network.Finder)
	if !ok || s.facts.Channel.Once == network.OnceDurableKey || s.facts.Channel.Once == network.OnceTwoPhase {
		return in, nil
	}
	calling, cancel := context.WithTimeout(withNetwork(ctx, s), publish.MaxCall)
	defer cancel()
	cursor, err := finder.Cursor(calling)
	in.Cursor = cursor
	return in, err
}

// saveIntent writes the intent with the object's resourceVersion: of two who try, one gets a conflict and has sent nothing.
func (r *Reconciler) saveIntent(ctx context.Context, s *scope, in publish.Intent) error {
	s.facts.Now = r.Clock.Now()
	after := s.facts.Post.DeepCopy()
	after.Status = publish.Intend(s.facts, in)
	if breakNoIntent {
		s.facts.Post = after
		return nil
	}
	patch := client.MergeFromWithOptions(s.facts.Post, client.MergeFromWithOptimisticLock{})
	if breakLockless {
		patch = client.MergeFrom(s.facts.Post)
	}
	// Once it is on its way it is not called off: it might stand, and nobody would go on from there.
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), intentTimeout)
	defer cancel()
	if err := r.Client.Status().Patch(saving, after, patch); err != nil {
		return fmt.Errorf("save intent: %w", err)
	}
	s.facts.Post = after
	return nil
}

// attempt makes the one call that an intent stands for.
func (r *Reconciler) attempt(ctx context.Context, s *scope, place *channels.Place, in publish.Intent, pub network.Publication, step publish.Step) publish.Outcome {
	out := publish.Outcome{Segment: in.Segment, Attempt: in.Attempt, Repeat: step.Repeat}
	segment := s.facts.Post.Status.Segments[in.Segment]
	pub.Key, pub.CreatedAt = segment.Key, segment.CreatedAt.Time
	parents(s, in.Segment, &pub)
	var asked question
	if s.facts.Channel.Once != network.OnceTwoPhase { // those ask when their draft is stored
		asked = r.ask(ctx, s) // while the ledger writes: the intent is saved
	}
	if err := r.enter(ctx, s, segment, step.Supersedes); err != nil {
		out.Err = err
		return out
	}
	begin, call := publish.CallBudget(r.Settle, s.facts.Channel.Once)
	latest := segment.StartedAt.Add(begin)
	waiting, cancelWait := context.WithDeadline(ctx, latest)
	defer cancelWait()
	if !place.Call(waiting.Done()) {
		out.Err = &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonWaitingToTryAgain, Message: "the call before it on this channel took too long",
			RetryAfter: time.Second} // it is not this Post that fails
		return out
	}
	if held := r.lastMoment(s, step); held != nil {
		out.Closed = held
		return out
	}
	if s.facts.Channel.Once == network.OnceTwoPhase {
		r.inTwoPhases(ctx, s, pub, step, &out)
		return out
	}
	r.publish(ctx, s, pub, limits{latest: latest, call: call}, asked, &out)
	return out
}

// limits of a call: when its body must have begun to leave, and how long it may take.
type limits struct {
	latest time.Time
	call   time.Duration
}

// publish asks the gate and makes the call that the public sees. The body begins to leave while the verdict is fresh and there
// is room for it, or not at all.
func (r *Reconciler) publish(ctx context.Context, s *scope, pub network.Publication, l limits, asked question, out *publish.Outcome) {
	verdict, open := asked.answer(out)
	if !open {
		return
	}
	calling, cancel := context.WithTimeout(withNetwork(ctx, s), l.call)
	defer cancel()
	body := &release{gate: r.Gate, clock: r.Clock, post: s.facts.Post, latest: l.latest, verdict: verdict}
	out.Receipt, out.Err = s.connection.Network.Publish(httpx.WithFirstByte(calling, func() error { return body.firstByte(calling) }), pub)
	if kept := body.end(out); !kept {
		r.report(s, out.Err)
	}
}

// question that the gate was asked, and answers meanwhile.
type question func() (Verdict, error)

// ask asks whether the Post may go out now.
func (r *Reconciler) ask(ctx context.Context, s *scope) question {
	post := s.facts.Post
	var verdict Verdict
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		verdict, err = r.Gate.Check(ctx, post)
	}()
	return func() (Verdict, error) {
		<-done
		return verdict, err
	}
}

// answer waits for the gate's word. If the Post may not go out, the outcome says why.
func (q question) answer(out *publish.Outcome) (verdict Verdict, open bool) {
	verdict, err := q()
	switch {
	case err != nil:
		out.Err = gateUnavailable(err)
	case verdict.Held:
		out.Closed = closed(verdict)
	}
	return verdict, out.Err == nil && out.Closed == nil
}

var (
	errTooSlow = errors.New("the connection took too long; nothing was sent")
	errHeld    = errors.New("it is held; nothing was sent")
)

// enter writes the attempt into the ledger, which is a second fence: who does not win there sends nothing.
func (r *Reconciler) enter(ctx context.Context, s *scope, segment tribunev1alpha1.PostSegment, supersedes string) error {
	if breakNoIntent || breakLockless {
		return nil
	}
	row := r.row(s, s.segmentIndex(segment.Attempt))
	row.State = store.Sending
	row.Key, row.Attempt, row.ContentHash, row.Cursor = segment.Key, segment.Attempt, segment.ContentHash, segment.Cursor
	row.TextHash = s.facts.Text
	row.StartedAt, row.Supersedes = segment.StartedAt.Time, supersedes
	row.RecordID, row.Revision, row.URL = segment.ID, segment.Revision, segment.URL // the draft that it makes public
	for _, s := range s.facts.Post.Status.Segments {
		row.Hashes = append(row.Hashes, s.ContentHash)
	}
	_, won, err := r.Ledger.Begin(ctx, row)
	switch {
	case err != nil:
		return &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonLedgerUnavailable, Message: "the ledger could not be written", Err: err}
	case !won:
		return errOvertaken
	}
	return nil
}

func (s *scope) segmentIndex(attempt string) int {
	for i := range s.facts.Post.Status.Segments {
		if s.facts.Post.Status.Segments[i].Attempt == attempt {
			return i
		}
	}
	return 0
}

// parents of a later segment: the first one and the one before.
func parents(s *scope, segment int, pub *network.Publication) {
	if segment == 0 {
		return
	}
	segs := s.facts.Post.Status.Segments
	ref := func(i int) *network.Ref {
		return &network.Ref{ID: segs[i].ID, Revision: segs[i].Revision, URL: segs[i].URL}
	}
	pub.Root, pub.Parent = ref(0), ref(segment-1)
}

// following is the intent of the next segment of a thread, if this one went out and the process goes on.
func (r *Reconciler) following(ctx context.Context, s *scope, out publish.Outcome) (*publish.Intent, network.Publication) {
	next := out.Segment + 1
	if out.Err != nil || out.Closed != nil || next >= len(s.facts.Hashes) || ctx.Err() != nil {
		return nil, network.Publication{}
	}
	pub, err := r.prepare(ctx, s, next)
	if err != nil {
		return nil, pub
	}
	in, err := r.intent(ctx, s, next, pub)
	if err != nil {
		return nil, pub
	}
	return &in, pub
}

// report tells the channel's controller of what concerns the whole channel.
func (r *Reconciler) report(s *scope, err error) {
	var e *network.Error
	if !errors.As(err, &e) {
		return
	}
	switch e.Kind {
	case network.Unauthorized:
		// No further call with credentials that were refused: the channel's controller signs in again, or says so.
		r.Directory.Disconnect(channelKey(s.facts.Post))
		r.Directory.Trouble(channelKey(s.facts.Post), time.Time{})
	case network.RateLimited:
		r.Directory.Trouble(channelKey(s.facts.Post), r.Clock.Now().Add(max(e.RetryAfter, time.Second)))
	case network.NotSent, network.Ambiguous:
		if e.Reason != tribunev1alpha1.ReasonMediaUnavailable { // pictures come from elsewhere
			r.Directory.Trouble(channelKey(s.facts.Post), time.Time{})
		}
	}
}
