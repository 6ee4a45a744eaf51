package post

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

// asides is how many calls about Posts that are out are under way at a time: the workers are there for what is due.
const asides = 16

// +kubebuilder:rbac:groups=tribune.dev,resources=posts,verbs=patch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get

// aside runs f if there is room for it, and else tells when to try again.
func (r *Reconciler) aside(f func() (ctrl.Result, error)) (ctrl.Result, error) {
	if !r.after.enter() {
		return r.rest(r.Clock.Now().Add(time.Second + mathrand.N(2*time.Second))), nil //nolint:gosec // jitter is no secret
	}
	defer r.after.leave()
	return f()
}

// rest is a wait of a Post that is out: whatever is due goes before it.
func (r *Reconciler) rest(until time.Time) ctrl.Result {
	if until.IsZero() {
		return ctrl.Result{}
	}
	priority := priorityLater
	return ctrl.Result{RequeueAfter: min(max(until.Sub(r.Clock.Now()), time.Millisecond), longestRest), Priority: &priority}
}

// remove takes what is out off the network, the last segment first. It may be repeated: what is gone already is no error.
func (r *Reconciler) remove(ctx context.Context, s *scope) (ctrl.Result, error) {
	p := s.facts.Post
	deleter, ok := s.connection.Network.(network.Deleter)
	if !ok {
		return r.rest(s.facts.Now.Add(time.Minute)), nil
	}
	var failed error
	for i, segment := range slices.Backward(p.Status.Segments) {
		if segment.State != tribunev1alpha1.SegmentPublished || segment.ID == "" {
			continue
		}
		calling, cancel := context.WithTimeout(withNetwork(ctx, s), publish.MaxCall)
		failed = deleter.Delete(calling, network.Ref{ID: segment.ID, Revision: segment.Revision, URL: segment.URL})
		cancel()
		if failed != nil && network.KindOf(failed) != network.Gone {
			r.report(s, failed)
			break
		}
		failed = nil
		id := r.identity(s, i)
		id.Edition, id.Account = p.Status.Edition, p.Status.AccountID
		err := r.Ledger.Finish(ctx, id, segment.Attempt, store.Outcome{State: store.Deleted})
		if err != nil && !errors.Is(err, store.ErrSuperseded) {
			return ctrl.Result{}, fmt.Errorf("record in ledger: %w", err)
		}
	}
	s.facts.Now = r.Clock.Now()
	if err := r.saveAfter(ctx, s, publish.Removed(s.facts, failed), publish.Step{Do: publish.Remove}); err != nil {
		return ctrl.Result{}, err
	}
	return r.untilNext(s), nil
}

// untilNext waits for the next attempt of what the status says is tried again.
func (r *Reconciler) untilNext(s *scope) ctrl.Result {
	if next := s.facts.Post.Status.NextAttemptAt; next != nil {
		return r.rest(next.Time)
	}
	return ctrl.Result{}
}

// edit brings the changed segments to the network. It may be repeated: the same content is there then. That it is on its way is
// saved before the gate is asked, so that a Crisis knows of it.
func (r *Reconciler) edit(ctx context.Context, s *scope) (ctrl.Result, error) {
	editor, ok := s.connection.Network.(network.Editor)
	if !ok {
		return r.rest(s.facts.Now.Add(time.Minute)), nil
	}
	if ctx.Err() != nil {
		return ctrl.Result{}, nil // shutting down: nothing new
	}
	changed := publish.ChangedSegments(s.facts)
	longest := r.longestEdit(s, changed)
	// From here on its calls and its outcome are finished, also while the process is shutting down.
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest)
	defer cancel()
	if err := r.saveEdit(work, s, longest); err != nil {
		return ctrl.Result{}, err
	}
	var done []publish.Change
	var out publish.Outcome
	for _, i := range changed {
		out = publish.Outcome{Segment: i}
		r.editSegment(work, s, editor, &out)
		if out.Err != nil || out.Closed != nil {
			break
		}
		done = append(done, publish.Change{Segment: i, Receipt: out.Receipt})
	}
	s.facts.Now = r.Clock.Now()
	status := publish.Changed(s.facts, done, out.Err, out.Closed)
	if err := r.concludeEdit(context.WithoutCancel(ctx), s, done, status); err != nil {
		return ctrl.Result{}, err
	}
	if len(done) > 0 && s.facts.Looks != nil {
		r.after.remember(s.facts.Post, seen{}, s.facts.Now) // looked at anew: later looks are compared with what is there now
	}
	if status.NextAttemptAt == nil && out.Closed != nil {
		return r.rest(s.facts.Now.Add(time.Minute)), nil
	}
	return r.untilNext(s), nil
}

// longestEdit is how long an edit of some segments may take, from the moment at which it is saved that it begins: a call for each,
// and one for each of their media.
func (r *Reconciler) longestEdit(s *scope, changed []int) time.Duration {
	calls := len(changed)
	for _, i := range changed {
		if i < len(s.rendering.Segments) {
			calls += len(publish.MediaFor(&s.facts.Post.Spec.Content, &s.rendering.Segments[i]))
		}
	}
	return intentTimeout + time.Duration(calls)*publish.MaxCall
}

// saveEdit says in the status that an edit may be on its way, with the object's resourceVersion: a conflict means that nothing was
// sent.
func (r *Reconciler) saveEdit(ctx context.Context, s *scope, longest time.Duration) error {
	s.facts.Now = r.Clock.Now()
	after := s.facts.Post.DeepCopy()
	after.Status = publish.IntendEdit(s.facts, rand.Text(), longest)
	saving, cancel := context.WithTimeout(ctx, intentTimeout)
	defer cancel()
	if err := r.Client.Status().Patch(saving, after, client.MergeFromWithOptions(s.facts.Post, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("save that an edit begins: %w", err)
	}
	s.facts.Post = after
	return nil
}

// concludeEdit stores what became of an edit: in the ledger, then in the status, over conflicts and outages.
func (r *Reconciler) concludeEdit(ctx context.Context, s *scope, done []publish.Change, status tribunev1alpha1.PostStatus) error {
	for _, c := range done {
		if err := r.recordEdit(ctx, s, c.Segment, &status); err != nil {
			log.FromContext(ctx).Error(err, "The ledger did not take an edit; the status does")
		}
	}
	before := s.facts.Post
	after := before.DeepCopy()
	after.Status = status
	if err := r.saveTested(ctx, before, after, attemptOfEdit, before.Status.Edit.Attempt); err != nil {
		return err
	}
	r.tell(before, after, publish.Step{Do: publish.Edit})
	s.facts.Post = after
	return nil
}

// editSegment changes one segment on the network: its media, the gate, the call.
func (r *Reconciler) editSegment(ctx context.Context, s *scope, editor network.Editor, out *publish.Outcome) {
	segment := s.facts.Post.Status.Segments[out.Segment]
	pub, err := r.prepare(ctx, s, out.Segment)
	if err != nil {
		out.Err = err
		return
	}
	verdict, open := r.ask(ctx, s).answer(out)
	if !open {
		return
	}
	if s.facts.Channel.Once == network.OnceTwoPhase { // its uploads are public at once
		if pub.Media, out.Err = r.uploads(ctx, s, out.Segment); out.Err != nil {
			return
		}
	}
	pub.Key = segment.Key
	if segment.CreatedAt != nil {
		pub.CreatedAt = segment.CreatedAt.Time
	}
	parents(s, out.Segment, &pub)
	calling, cancel := context.WithTimeout(withNetwork(ctx, s), publish.MaxCall)
	defer cancel()
	body := &release{gate: r.Gate, clock: r.Clock, post: s.facts.Post, latest: r.Clock.Now().Add(publish.MaxCall / 2), verdict: verdict}
	out.Receipt, out.Err = editor.Edit(httpx.WithFirstByte(calling, func() error { return body.firstByte(calling) }),
		network.Ref{ID: segment.ID, Revision: segment.Revision, URL: segment.URL}, pub)
	failed := out.Err
	body.end(out)
	if errors.Is(out.Err, failed) { // it is about the channel
		r.report(s, failed)
	}
}

// recordEdit tells the ledger what is on the network now.
func (r *Reconciler) recordEdit(ctx context.Context, s *scope, i int, st *tribunev1alpha1.PostStatus) error {
	segment := st.Segments[i]
	row := r.row(s, i)
	row.State, row.Key, row.Attempt, row.ContentHash = store.Published, segment.Key, segment.Attempt, segment.ContentHash
	row.RecordID, row.Revision, row.URL, row.TextHash = segment.ID, segment.Revision, segment.URL, s.facts.Text
	for _, one := range st.Segments {
		row.Hashes = append(row.Hashes, one.ContentHash)
	}
	return r.Ledger.Adopt(ctx, row)
}

// saveAfter writes a status of a Post that is out, if it differs.
func (r *Reconciler) saveAfter(ctx context.Context, s *scope, status tribunev1alpha1.PostStatus, step publish.Step) error {
	before := s.facts.Post
	if statusEqual(&before.Status, &status) {
		return nil
	}
	after := before.DeepCopy()
	after.Status = status
	if err := r.Client.Status().Patch(ctx, after, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("patch status of Post: %w", err)
	}
	r.tell(before, after, step)
	s.facts.Post = after
	return nil
}

// tellAfter says in an event how a Post and what is on the network stand to each other, once a change.
func (r *Reconciler) tellAfter(before, after *tribunev1alpha1.Post, step publish.Step) {
	was := meta.FindStatusCondition(before.Status.Conditions, tribunev1alpha1.ConditionInSync)
	is := meta.FindStatusCondition(after.Status.Conditions, tribunev1alpha1.ConditionInSync)
	if is == nil || was == nil && is.Reason == tribunev1alpha1.ReasonInSync {
		return
	}
	again := step.Do == publish.Edit && is.Reason == tribunev1alpha1.ReasonEdited
	if was != nil && was.Reason == is.Reason && was.Status == is.Status && !again {
		return
	}
	kind := corev1.EventTypeWarning
	message := is.Message
	if is.Status == metav1.ConditionTrue {
		kind = corev1.EventTypeNormal
		if message == "" {
			message = "what is on the network is what was published"
		}
	}
	r.Recorder.Eventf(after, nil, kind, is.Reason, "Publish", "%s", message)
}

// keepFinalizer sees to it that the Post has the finalizer if, and only if, its deletion is to take it off the network.
func (r *Reconciler) keepFinalizer(ctx context.Context, s *scope) error {
	p := s.facts.Post
	ended := p.Status.State == tribunev1alpha1.PostDeleted && p.Status.Edition == max(p.Spec.Edition, 1)
	want := p.Spec.DeletionPolicy == tribunev1alpha1.DeletionDelete && !ended
	if want == controllerutil.ContainsFinalizer(p, publish.Finalizer) {
		return nil
	}
	return r.patchFinalizer(ctx, s, want)
}

func (r *Reconciler) patchFinalizer(ctx context.Context, s *scope, want bool) error {
	after := s.facts.Post.DeepCopy()
	if want {
		controllerutil.AddFinalizer(after, publish.Finalizer)
	} else {
		controllerutil.RemoveFinalizer(after, publish.Finalizer)
	}
	if err := r.Client.Patch(ctx, after, client.MergeFromWithOptions(s.facts.Post, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("patch finalizers of Post: %w", err)
	}
	s.facts.Post = after
	return nil
}

// depart takes a Post that is being deleted off its network, as its deletionPolicy says, and lets it go.
func (r *Reconciler) depart(ctx context.Context, s *scope) (ctrl.Result, error) {
	p := s.facts.Post
	if p.Spec.DeletionPolicy != tribunev1alpha1.DeletionDelete {
		return ctrl.Result{}, r.patchFinalizer(ctx, s, false)
	}
	ends, err := r.namespaceEnds(ctx, p.Namespace)
	why := publish.GiveUp(s.facts, ends)
	if err != nil && why == "" {
		return ctrl.Result{}, err
	}
	if why != "" {
		if !ends && publish.MayBeOut(p) {
			r.Recorder.Eventf(p, nil, corev1.EventTypeWarning, tribunev1alpha1.ReasonUnpublished, "Publish",
				"the Post is deleted, and what went out stays on the network: %s", why)
		}
		return ctrl.Result{}, r.patchFinalizer(ctx, s, false)
	}
	s.facts.Deleting = true
	result, err := r.step(ctx, s)
	if err != nil || !s.departs && s.facts.Post.Status.State != tribunev1alpha1.PostDeleted {
		return result, err
	}
	return ctrl.Result{}, r.patchFinalizer(ctx, s, false)
}

// namespaceEnds is true if the namespace is being deleted, and all that is in it by cascade.
func (r *Reconciler) namespaceEnds(ctx context.Context, name string) (bool, error) {
	if r.Reader == nil {
		return false, nil
	}
	ns := &corev1.Namespace{}
	err := r.Reader.Get(ctx, types.NamespacedName{Name: name}, ns)
	switch {
	case apierrors.IsNotFound(err):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("get Namespace: %w", err)
	}
	return !ns.DeletionTimestamp.IsZero(), nil
}
