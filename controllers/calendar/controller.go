// Package calendar reconciles ContentCalendars: it makes the Posts that a calendar stands for, moves and withdraws those that
// wait, and counts what became of them. What is planned is decided by internal/plan.
package calendar

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// replan is how often a calendar looks ahead though nothing changed.
	replan = 15 * time.Minute
	// countEvery bounds how often only the counters of a calendar are written, after the first countBurst times.
	countEvery = time.Minute
	countBurst = 10
	// gather is how long changes of Posts are gathered before they are counted.
	gather = time.Second
	// inParallel bounds the requests of one calendar.
	inParallel = 16
)

// Reconciler of ContentCalendars.
type Reconciler struct {
	Client   client.Client
	Recorder events.EventRecorder
	Clock    clock.Clock
	// Metadata is the cache: it knows which version a ConfigMap has.
	Metadata client.Reader
	// Feeds remembers the items of feeds, and Reader reads them; nil: feeds are not read.
	Feeds  store.Feeds
	Reader *FeedReader
	// Curation knows what people said and agreed that we share; nil: nothing.
	Curation store.Curation

	files files
	// woken has a calendar looked at; nil before it was set up.
	woken func(types.NamespacedName)

	mu       sync.Mutex
	counters map[types.NamespacedName]*rate.Limiter
}

type queue = workqueue.TypedRateLimitingInterface[ctrl.Request]

// +kubebuilder:rbac:groups=tribune.dev,resources=contentcalendars,verbs=list;watch
// +kubebuilder:rbac:groups=tribune.dev,resources=contentcalendars/status,verbs=patch
// +kubebuilder:rbac:groups=tribune.dev,resources=posts,verbs=list;watch;create;patch;delete
// +kubebuilder:rbac:groups=tribune.dev,resources=socialchannels,verbs=list;watch
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// SetupWithManager starts the controller with the manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	err := mgr.GetFieldIndexer().IndexField(context.Background(), &tribunev1alpha1.Post{}, plan.IndexMadeBy, func(o client.Object) []string {
		if p, ok := o.(*tribunev1alpha1.Post); ok {
			if name := plan.MadeBy(p); name != "" {
				return []string{name}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("index Posts: %w", err)
	}
	changed := make(chan event.TypedGenericEvent[types.NamespacedName], 1024)
	r.woken = func(key types.NamespacedName) {
		select {
		case changed <- event.TypedGenericEvent[types.NamespacedName]{Object: key}:
		default: // calendars are looked at every quarter of an hour anyway
		}
	}
	if r.Reader != nil {
		r.Reader.Changed = r.woken
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("contentcalendar").
		For(&tribunev1alpha1.ContentCalendar{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&tribunev1alpha1.Post{}, handler.Funcs{
			CreateFunc: func(ctx context.Context, e event.CreateEvent, q queue) {
				if !e.IsInInitialList || !r.listed(ctx, e.Object) {
					later(q, e.Object)
				}
			},
			UpdateFunc: func(_ context.Context, e event.UpdateEvent, q queue) {
				if stateOf(e.ObjectOld) != stateOf(e.ObjectNew) || e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() {
					later(q, e.ObjectNew)
				}
			},
			DeleteFunc: func(_ context.Context, e event.DeleteEvent, q queue) { later(q, e.Object) },
		}).
		Watches(&tribunev1alpha1.SocialChannel{}, handler.EnqueueRequestsFromMapFunc(r.calendarsOf), builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.LabelChangedPredicate{}), notAtStart)).
		WatchesMetadata(&corev1.ConfigMap{}, handler.EnqueueRequestsFromMapFunc(r.calendarsFrom), builder.WithPredicates(
			predicate.ResourceVersionChangedPredicate{}, notAtStart)).
		WatchesRawSource(source.TypedChannel(changed, handler.TypedFuncs[types.NamespacedName, ctrl.Request]{
			GenericFunc: func(_ context.Context, e event.TypedGenericEvent[types.NamespacedName], q queue) {
				q.Add(ctrl.Request{NamespacedName: e.Object})
			},
		})).
		WithOptions(controller.Options{MaxConcurrentReconciles: 8}).
		Complete(r)
}

// notAtStart leaves out what is listed at the start: each calendar is looked at then anyway, when all Posts and channels are known.
var notAtStart = predicate.Funcs{CreateFunc: func(e event.CreateEvent) bool { return !e.IsInInitialList }}

// listed is true if the Post's calendar exists, and so is looked at because of itself.
func (r *Reconciler) listed(ctx context.Context, post client.Object) bool {
	key := types.NamespacedName{Namespace: post.GetNamespace(), Name: post.GetLabels()[tribunev1alpha1.LabelCalendar]}
	return key.Name != "" && r.Client.Get(ctx, key, &tribunev1alpha1.ContentCalendar{}, client.UnsafeDisableDeepCopy) == nil
}

// later gathers the changes of a calendar's Posts.
func later(q queue, post client.Object) {
	if name := post.GetLabels()[tribunev1alpha1.LabelCalendar]; name != "" {
		q.AddAfter(ctrl.Request{NamespacedName: types.NamespacedName{Namespace: post.GetNamespace(), Name: name}}, gather)
	}
}

func stateOf(o client.Object) tribunev1alpha1.PostState {
	if p, ok := o.(*tribunev1alpha1.Post); ok {
		return p.Status.State
	}
	return ""
}

func (r *Reconciler) calendarsOf(ctx context.Context, channel client.Object) []ctrl.Request {
	list := &tribunev1alpha1.ContentCalendarList{}
	if err := r.Client.List(ctx, list, client.InNamespace(channel.GetNamespace()), client.UnsafeDisableDeepCopy); err != nil {
		return nil
	}
	requests := make([]ctrl.Request, len(list.Items))
	for i := range list.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&list.Items[i])
	}
	return requests
}

// calendarsFrom are those that take entries from a ConfigMap.
func (r *Reconciler) calendarsFrom(ctx context.Context, configMap client.Object) []ctrl.Request {
	list := &tribunev1alpha1.ContentCalendarList{}
	if err := r.Client.List(ctx, list, client.InNamespace(configMap.GetNamespace()), client.UnsafeDisableDeepCopy); err != nil {
		return nil
	}
	var requests []ctrl.Request
	for i := range list.Items {
		if slices.ContainsFunc(list.Items[i].Spec.EntriesFrom, func(s tribunev1alpha1.EntrySource) bool {
			return s.ConfigMapRef != nil && s.ConfigMapRef.Name == configMap.GetName()
		}) {
			requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	}
	return requests
}

// Reconcile brings the Posts of a calendar in line with it.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	cal := &tribunev1alpha1.ContentCalendar{}
	err := r.Client.Get(ctx, req.NamespacedName, cal)
	switch {
	case apierrors.IsNotFound(err):
		return r.withdrawAll(ctx, req.NamespacedName)
	case err != nil:
		return ctrl.Result{}, fmt.Errorf("get ContentCalendar: %w", err)
	case !cal.DeletionTimestamp.IsZero():
		return ctrl.Result{}, nil
	}
	s := &scope{calendar: cal, now: r.Clock.Now()}
	if r.Reader != nil {
		s.feedTroubles = r.Reader.Troubles(req.NamespacedName)
		s.feedNotes, s.notesStand = r.Reader.notesOf(cal)
	}
	if err := r.gather(ctx, s); err != nil {
		return ctrl.Result{}, err
	}
	var failed error
	if !cal.Spec.Suspend {
		failed = r.carryOut(ctx, s)
	}
	wait, err := r.save(ctx, s, failed)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return ctrl.Result{RequeueAfter: time.Second}, nil
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	if s.raced {
		wait = min(wait, gather)
	}
	return ctrl.Result{RequeueAfter: wait}, failed
}
