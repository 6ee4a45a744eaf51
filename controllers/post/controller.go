// Package post reconciles Posts: it accepts them, waits for their time and carries out the once-protocol of
// internal/publish, step by step. Decisions are made there; this package fetches, calls and records.
package post

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// longestWait between two looks at a waiting Post: timers run on the monotonic clock, Posts are due by the wall clock.
	longestWait = time.Hour
	// longestRest between two looks at a Post that came to its end.
	longestRest = 12 * time.Hour
	// workers mostly wait for networks.
	workers = 256
	// fallback is when a Post that waits to be woken looks by itself.
	fallback = 5 * time.Second

	priorityDue   = 10
	priorityLater = 0

	// retention of Posts by what became of them.
	retainPublished = 90 * 24 * time.Hour
	retainOthers    = 30 * 24 * time.Hour
)

// Ledger is what the protocol needs of the ledger.
type Ledger interface {
	Publications(ctx context.Context, namespace, post string, edition int64, account string) ([]store.Publication, error)
	Begin(ctx context.Context, p store.Publication) (store.Publication, bool, error)
	Finish(ctx context.Context, id network.Identity, attempt string, o store.Outcome) error
	Adopt(ctx context.Context, p store.Publication) error
	Starts(ctx context.Context, namespace, channel string, since time.Time) ([]store.Start, error)
}

// Gate is asked at the last moment before a call whether the Post may go out: by a read that began after the intent was saved.
type Gate interface {
	Check(ctx context.Context, post *tribunev1alpha1.Post) (Verdict, error)
}

// Verdict of a Gate.
type Verdict struct {
	// Held keeps the Post, with Reason and Message, until Until if that is known.
	Held            bool
	Reason, Message string
	Until           time.Time
	// ReadAt is when the read began: the verdict holds for a second from then.
	ReadAt time.Time
}

// Reconciler of Posts.
type Reconciler struct {
	Client   client.Client
	Recorder events.EventRecorder
	Clock    clock.Clock
	// Owner names this process in attempts.
	Owner     string
	Directory *channels.Directory
	Lanes     *channels.Lanes
	Ledger    Ledger
	Gate      Gate
	// Media fetches pictures; ConfigMaps are read without a cache by ConfigMaps.
	Media      *http.Client
	ConfigMaps client.Reader
	// Settle is how long a network may take to store what it was sent.
	Settle time.Duration
	// ClockSkew of this machine against the API server.
	ClockSkew func() time.Duration
	// Metrics of publications.
	Metrics *Metrics
	// past of the channels, and wake of a Post whose turn has come.
	past history
	wake func(types.NamespacedName)
	// Reader asks the API server itself; nil: no namespace is ever looked at.
	Reader client.Reader
	// after is what is known of Posts that are out.
	after after
	// pictures that were looked at ahead.
	pictures pictures
	// Policies know whether decisions are of whom they name; nil: nobody asks.
	Policies *Policies
}

// +kubebuilder:rbac:groups=tribune.dev,resources=posts,verbs=list;watch;delete
// +kubebuilder:rbac:groups=tribune.dev,resources=posts/status,verbs=patch
// +kubebuilder:rbac:groups=tribune.dev,resources=socialchannels,verbs=list;watch
// +kubebuilder:rbac:groups=tribune.dev,resources=contentcalendars,verbs=list;watch
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconcile takes the next step of a Post.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	post := &tribunev1alpha1.Post{}
	if err := r.Client.Get(ctx, req.NamespacedName, post); err != nil {
		if apierrors.IsNotFound(err) {
			r.pictures.forget(req.NamespacedName)
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, fmt.Errorf("get Post: %w", err)
	}
	deleted := !post.DeletionTimestamp.IsZero()
	if deleted && !controllerutil.ContainsFinalizer(post, publish.Finalizer) {
		return ctrl.Result{}, nil
	}
	s, err := r.scope(ctx, post)
	if err != nil {
		return ctrl.Result{}, err
	}
	result, err := r.run(ctx, s, deleted)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		// Somebody else was faster, or it is gone: the watch says what holds now. The look by ourselves is for a watch
		// that had told it already.
		return ctrl.Result{RequeueAfter: time.Second}, nil
	}
	return result, err
}

// run does what a Post asks for: it is taken leave of, retired, or taken a step further.
func (r *Reconciler) run(ctx context.Context, s *scope, deleted bool) (ctrl.Result, error) {
	if deleted {
		return r.depart(ctx, s)
	}
	keptUntil, kept := retention(s)
	if kept && !s.facts.Now.Before(keptUntil) {
		return r.retire(ctx, s)
	}
	if err := r.keepFinalizer(ctx, s); err != nil {
		return ctrl.Result{}, err
	}
	result, err := r.step(ctx, s)
	if err == nil && result.RequeueAfter == 0 && publish.Out(s.facts.Post) {
		result = r.untilLook(ctx, s)
	}
	if kept && err == nil && result.RequeueAfter == 0 {
		priority := priorityLater
		result = ctrl.Result{RequeueAfter: min(keptUntil.Sub(s.facts.Now), longestRest), Priority: &priority}
	}
	return result, err
}

// step asks for decisions until one ends the run.
func (r *Reconciler) step(ctx context.Context, s *scope) (ctrl.Result, error) {
	for {
		step := publish.Next(s.facts)
		r.turn(s, step)
		switch step.Do {
		case publish.ReadLedger:
			if err := r.readLedger(ctx, s); err != nil {
				return ctrl.Result{}, err
			}
		case publish.LookUp:
			r.lookUp(ctx, s, step)
		case publish.CheckPictures:
			if wait, done := r.checkPictures(ctx, s); !done {
				return wait, nil
			}
		case publish.Begin:
			return r.send(ctx, s, step)
		case publish.Wait:
			if c := s.facts.Channel; c.Exists && !c.Connected && !step.Until.IsZero() &&
				!r.Directory.Await(channelKey(s.facts.Post), s.generation, client.ObjectKeyFromObject(s.facts.Post)) {
				return r.wait(s.facts.Now), nil // it was connected meanwhile
			}
			if publish.Out(s.facts.Post) {
				return r.rest(step.Until), nil
			}
			return r.wait(step.Until), nil
		case publish.Remove:
			return r.aside(func() (ctrl.Result, error) { return r.remove(ctx, s) })
		case publish.Edit:
			return r.aside(func() (ctrl.Result, error) { return r.edit(ctx, s) })
		case publish.Look:
			return r.aside(func() (ctrl.Result, error) { return r.look(ctx, s) })
		default:
			if step.Do == publish.Withdraw && s.facts.Deleting {
				s.departs = true // nothing of it is out, so there is nothing to say
				return ctrl.Result{}, nil
			}
			again, err := r.record(ctx, s, step)
			if err != nil || !again {
				return r.wait(step.Until), err
			}
		}
	}
}

// record saves what a decision without a call makes of the status. It says whether to go on deciding.
func (r *Reconciler) record(ctx context.Context, s *scope, step publish.Step) (again bool, err error) {
	if err := r.tellLedger(ctx, s, step); err != nil {
		return false, err
	}
	before := s.facts.Post
	after := before.DeepCopy()
	after.Status = publish.Apply(s.facts, step)
	if statusEqual(&before.Status, &after.Status) {
		return false, nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, after, patch); err != nil {
		return false, fmt.Errorf("patch status of Post: %w", err)
	}
	r.tell(before, after, step)
	s.facts.Post = after
	s.facts.Lookup = nil
	r.acceptedPictures(s, step)
	switch step.Do {
	case publish.Adopt, publish.TakeBack, publish.Finish, publish.Return:
		return true, nil
	}
	return false, nil
}

// wait turns an instant into a requeue: none for none, at most longestWait, and before others when something is due.
func (r *Reconciler) wait(until time.Time) ctrl.Result {
	if until.IsZero() {
		return ctrl.Result{}
	}
	priority := priorityDue
	d := until.Sub(r.Clock.Now())
	if d > longestWait {
		d = longestWait + rand.N(longestWait/10) //nolint:gosec // jitter is no secret
		priority = priorityLater
	}
	return ctrl.Result{RequeueAfter: max(d, time.Millisecond), Priority: &priority}
}

// retention is until when a Post is kept that came to its end, if a calendar made it; those of people are theirs.
func retention(s *scope) (until time.Time, kept bool) {
	p := s.facts.Post
	if !s.facts.Calendar.Made || p.Status.ObservedGeneration != p.Generation {
		return time.Time{}, false
	}
	if p.Annotations[tribunev1alpha1.AnnotationQueued] != "" && s.facts.Calendar.Exists {
		return time.Time{}, false // its entry would be queued anew
	}
	switch p.Status.State {
	case tribunev1alpha1.PostPublished, tribunev1alpha1.PostDeleted:
		if p.Status.PublishedAt != nil {
			return p.Status.PublishedAt.Add(retainPublished), true
		}
		return publish.Due(p).Add(retainPublished), true
	case tribunev1alpha1.PostMissed, tribunev1alpha1.PostFailed:
		return publish.Due(p).Add(retainOthers), true
	}
	return time.Time{}, false
}

// retire deletes a Post whose retention is over, exactly as it was seen.
func (r *Reconciler) retire(ctx context.Context, s *scope) (ctrl.Result, error) {
	if controllerutil.ContainsFinalizer(s.facts.Post, publish.Finalizer) { // nobody wants it off the network for its age
		if err := r.patchFinalizer(ctx, s, false); err != nil {
			return ctrl.Result{}, err
		}
	}
	p := s.facts.Post
	err := r.Client.Delete(ctx, p, client.Preconditions{UID: &p.UID, ResourceVersion: &p.ResourceVersion})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return ctrl.Result{}, fmt.Errorf("delete Post after its retention: %w", err)
	}
	return ctrl.Result{}, nil
}

// tell says in an event and in metrics what happened, once a change of state.
func (r *Reconciler) tell(before, after *tribunev1alpha1.Post, step publish.Step) {
	if step.Do == publish.Observe && step.Reason == "" {
		return
	}
	if step.Do == publish.Observe {
		r.Recorder.Eventf(after, nil, corev1.EventTypeNormal, step.Reason, "Publish", "%s", step.Message)
		return
	}
	was, is := before.Status.State, after.Status.State
	if was == tribunev1alpha1.PostPublished && is == tribunev1alpha1.PostPublished {
		r.tellAfter(before, after, step)
		return
	}
	if is != was {
		r.Metrics.outcome(after, is)
	}
	ready := meta.FindStatusCondition(after.Status.Conditions, tribunev1alpha1.ConditionReady)
	previous := meta.FindStatusCondition(before.Status.Conditions, tribunev1alpha1.ConditionReady)
	if ready == nil || is == was && previous != nil && previous.Reason == ready.Reason {
		return
	}
	message := ready.Message
	kind := corev1.EventTypeNormal
	switch is {
	case tribunev1alpha1.PostPublished:
		message = publishedMessage(after)
	case tribunev1alpha1.PostScheduled, tribunev1alpha1.PostPublishing:
		if step.Do == publish.Accept || ready.Reason == tribunev1alpha1.ReasonPublishing {
			return // no news: what is planned can be seen with kubectl get
		}
	case tribunev1alpha1.PostFailed, tribunev1alpha1.PostUnknown, tribunev1alpha1.PostMissed, tribunev1alpha1.PostHeld:
		kind = corev1.EventTypeWarning
	}
	r.Recorder.Eventf(after, nil, kind, ready.Reason, "Publish", "%s", message)
}

func publishedMessage(p *tribunev1alpha1.Post) string {
	if p.Status.URL == "" {
		return fmt.Sprintf("published on channel %s", p.Spec.ChannelRef.Name)
	}
	return fmt.Sprintf("published on channel %s: %s", p.Spec.ChannelRef.Name, p.Status.URL)
}

var errNotConnected = errors.New("the channel is not connected")

func channelKey(p *tribunev1alpha1.Post) types.NamespacedName {
	return types.NamespacedName{Namespace: p.Namespace, Name: string(p.Spec.ChannelRef.Name)}
}
