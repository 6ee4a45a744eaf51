// Package crisis reconciles Crises: it records what each holds, finds out which Posts were being sent when it was stored, and
// lets the held ones return after its end. Decisions are made by internal/crisis; what keeps a Post from going out is the gate
// of the Post's controller, which needs nothing of this.
package crisis

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers/post"
	"github.com/tribune-dev/tribune/internal/crisis"
	"github.com/tribune-dev/tribune/internal/store"
)

// countEvery is how often Posts are counted where nothing else changes.
const countEvery = time.Minute

// Reconciler of Crises.
type Reconciler struct {
	Client client.Client
	// Reader asks the API server itself.
	Reader   client.Reader
	Recorder events.EventRecorder
	Clock    clock.PassiveClock
	Ledger   store.Crises

	mu      sync.Mutex
	flights map[types.NamespacedName]*flight
}

// +kubebuilder:rbac:groups=tribune.dev,resources=crises,verbs=create;list;patch;watch
// +kubebuilder:rbac:groups=tribune.dev,resources=crises/status,verbs=patch
// +kubebuilder:rbac:groups=tribune.dev,resources=posts,verbs=list;watch
// +kubebuilder:rbac:groups=tribune.dev,resources=socialchannels,verbs=list;watch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// SetupWithManager starts the controller with the manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.flights = map[types.NamespacedName]*flight{}
	if err := mgr.Add(manager.RunnableFunc(r.restore)); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("crisis").
		For(&tribunev1alpha1.Crisis{}).
		Watches(&tribunev1alpha1.SocialChannel{}, handler.EnqueueRequestsFromMapFunc(r.openIn), builder.WithPredicates(predicate.LabelChangedPredicate{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: 8}).
		Complete(r)
}

// openIn are the Crises of an object's namespace that are not over: a new channel, or a new label, may make them hold more.
func (r *Reconciler) openIn(ctx context.Context, o client.Object) []ctrl.Request {
	list := &tribunev1alpha1.CrisisList{}
	if err := r.Client.List(ctx, list, client.InNamespace(o.GetNamespace()), client.UnsafeDisableDeepCopy); err != nil {
		return nil
	}
	var requests []ctrl.Request
	for i := range list.Items {
		if list.Items[i].Status.State != tribunev1alpha1.CrisisClosed {
			requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	}
	return requests
}

// Reconcile takes the next step of a Crisis.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	c := &tribunev1alpha1.Crisis{}
	if err := r.Client.Get(ctx, req.NamespacedName, c); err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(req.NamespacedName)
			return ctrl.Result{}, r.missing(ctx, req.NamespacedName)
		}
		return ctrl.Result{}, fmt.Errorf("get Crisis: %w", err)
	}
	s, err := r.scope(ctx, c)
	if err != nil {
		return ctrl.Result{}, err
	}
	decision := crisis.Next(s.facts)
	recorded := r.record(ctx, s, decision)
	if recorded != nil && decision.Ended {
		return ctrl.Result{}, recorded // it goes on holding until the ledger says that it ended
	}
	if err := r.save(ctx, s, decision); err != nil {
		if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
			return ctrl.Result{RequeueAfter: time.Second}, nil // the watch says sooner what holds now
		}
		return ctrl.Result{}, err
	}
	if recorded != nil {
		return ctrl.Result{}, recorded
	}
	return ctrl.Result{RequeueAfter: decision.Again}, nil
}

// scope is the state of one run.
type scope struct {
	crisis *tribunev1alpha1.Crisis
	flight *flight
	facts  crisis.Facts
	row    store.Crisis
	known  bool // the row
}

// scope gathers the facts. What was being sent is looked at first, as of the moment at which the Crisis was stored.
func (r *Reconciler) scope(ctx context.Context, c *tribunev1alpha1.Crisis) (*scope, error) {
	s := &scope{crisis: c, facts: crisis.Facts{Now: r.Clock.Now()}}
	var err error
	if s.facts.Channels, err = r.channels(ctx, c.Namespace); err != nil {
		return nil, err
	}
	if s.flight, err = r.observe(ctx, c, s.facts.Channels); err != nil {
		return nil, err
	}
	if err := r.keep(ctx, c); err != nil {
		return nil, err
	}
	s.facts.Crisis = c
	if s.facts.Flight, err = r.outcomes(ctx, c.Namespace, s.flight); err != nil {
		return nil, err
	}
	if s.facts.Held, err = post.HeldByCrises(ctx, r.Client, c.Namespace); err != nil {
		return nil, err
	}
	if s.facts.Others, err = r.others(ctx, c); err != nil {
		return nil, err
	}
	if s.flight.countsDue(s.facts.Now, c) {
		list := &tribunev1alpha1.PostList{}
		if err := r.Client.List(ctx, list, client.InNamespace(c.Namespace), client.UnsafeDisableDeepCopy); err != nil {
			return nil, fmt.Errorf("list Posts: %w", err)
		}
		s.facts.Posts, s.facts.Counting = list.Items, true
	}
	if !c.DeletionTimestamp.IsZero() {
		if s.facts.Ending, err = r.ending(ctx, c.Namespace); err != nil {
			return nil, err
		}
	}
	r.remember(ctx, s)
	return s, nil
}

func (r *Reconciler) channels(ctx context.Context, namespace string) ([]crisis.Channel, error) {
	list := &tribunev1alpha1.SocialChannelList{}
	if err := r.Client.List(ctx, list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list SocialChannels: %w", err)
	}
	channels := make([]crisis.Channel, len(list.Items))
	for i := range list.Items {
		channels[i] = crisis.Channel{Name: list.Items[i].Name, Labels: list.Items[i].Labels}
	}
	return channels, nil
}

func (r *Reconciler) others(ctx context.Context, c *tribunev1alpha1.Crisis) ([]tribunev1alpha1.Crisis, error) {
	list := &tribunev1alpha1.CrisisList{}
	if err := r.Client.List(ctx, list, client.InNamespace(c.Namespace)); err != nil {
		return nil, fmt.Errorf("list Crises: %w", err)
	}
	others := list.Items[:0]
	for i := range list.Items {
		if list.Items[i].Name != c.Name {
			others = append(others, list.Items[i])
		}
	}
	return others, nil
}

// keep sees to it that a deletion does not lift the hold.
func (r *Reconciler) keep(ctx context.Context, c *tribunev1alpha1.Crisis) error {
	if !c.DeletionTimestamp.IsZero() || c.Status.State == tribunev1alpha1.CrisisClosed || controllerutil.ContainsFinalizer(c, tribunev1alpha1.FinalizerCrisis) {
		return nil
	}
	before := c.DeepCopy()
	controllerutil.AddFinalizer(c, tribunev1alpha1.FinalizerCrisis)
	if err := r.Client.Patch(ctx, c, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("add finalizer to Crisis: %w", err)
	}
	return nil
}

// ending is true if the namespace is being deleted: then nothing can go out in it any more.
func (r *Reconciler) ending(ctx context.Context, name string) (bool, error) {
	ns := &corev1.Namespace{}
	if err := r.Reader.Get(ctx, types.NamespacedName{Name: name}, ns); err != nil {
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, fmt.Errorf("get Namespace: %w", err)
	}
	return !ns.DeletionTimestamp.IsZero(), nil
}

// save writes the status if it changed, tells people, and lets a Crisis go that was deleted and is over.
func (r *Reconciler) save(ctx context.Context, s *scope, d crisis.Decision) error {
	before := s.crisis
	after := before.DeepCopy()
	after.Status = d.Status
	if !equality.Semantic.DeepEqual(before.Status, after.Status) {
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if before.Status.ObservedGeneration <= 0 {
			patch = first{}
		}
		if err := r.Client.Status().Patch(ctx, after, patch); err != nil {
			return fmt.Errorf("patch status of Crisis: %w", err)
		}
		for _, e := range d.News {
			r.Recorder.Eventf(after, nil, corev1.EventTypeNormal, e.Event, "Hold", "%s", e.Message)
		}
	}
	if s.facts.Counting {
		s.flight.counted = s.facts.Now
	}
	if !d.Done || !controllerutil.ContainsFinalizer(after, tribunev1alpha1.FinalizerCrisis) {
		return nil
	}
	last := after.DeepCopy()
	controllerutil.RemoveFinalizer(last, tribunev1alpha1.FinalizerCrisis)
	if err := r.Client.Patch(ctx, last, client.MergeFromWithOptions(after, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("remove finalizer of Crisis: %w", err)
	}
	log.FromContext(ctx).Info("A Crisis that was deleted and is over went")
	return nil
}

// first is the first status of a Crisis, with all that is 0: a merge with what was before, 0 as well for who reads it, would leave
// that out, and `kubectl get` show blanks.
type first struct{}

func (first) Type() types.PatchType { return types.MergePatchType }

func (first) Data(o client.Object) ([]byte, error) {
	c, ok := o.(*tribunev1alpha1.Crisis)
	if !ok {
		return nil, fmt.Errorf("a status of a Crisis was written to %T", o)
	}
	return json.Marshal(map[string]any{"metadata": map[string]any{"resourceVersion": c.ResourceVersion}, "status": c.Status})
}
