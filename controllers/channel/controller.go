// Package channel reconciles SocialChannels: it reads the credentials, signs in, and keeps the connection that all who
// speak on the channel use. It is the only place where Secrets are read.
package channel

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
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
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
)

const (
	// recheckSecret is how soon a rotated Secret is noticed.
	recheckSecret = time.Minute
	// recheckAccount is how often a channel signs in though nothing changed.
	recheckAccount = 15 * time.Minute
	// recheckTrouble bounds how often trouble that callers meet makes a channel sign in.
	recheckTrouble = 5 * time.Second
	// signInTimeout bounds one look at the account.
	signInTimeout = 20 * time.Second
)

// Reconciler of SocialChannels.
type Reconciler struct {
	Client client.Client
	// Secrets reads and writes Secrets without a cache.
	Secrets   client.Client
	Recorder  events.EventRecorder
	Clock     clock.Clock
	Directory *channels.Directory
	// HTTP is the client that adapters call with.
	HTTP *http.Client
	// Media fetches pictures for profiles, and ConfigMaps reads those that are kept in the cluster, without a cache.
	Media      *http.Client
	ConfigMaps client.Reader
	// LocalURL and LocalToken say where the built-in network is; no URL: there is none.
	LocalURL, LocalToken string
	// Rehearse makes every channel a rehearsal, whatever its mode.
	Rehearse bool
	Log      *slog.Logger

	sessions sessions
	budgets  budgets
	heardAt  writes
}

// +kubebuilder:rbac:groups=tribune.dev,resources=socialchannels,verbs=list;watch
// +kubebuilder:rbac:groups=tribune.dev,resources=socialchannels/status,verbs=patch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// SetupWithManager starts the controller with the manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	trouble := make(chan event.TypedGenericEvent[types.NamespacedName], 1024)
	r.Directory.OnTrouble(func(key types.NamespacedName) {
		r.sessions.suspect(key)
		select {
		case trouble <- event.TypedGenericEvent[types.NamespacedName]{Object: key}:
		default: // the channel is looked at every minute anyway
		}
	})
	r.Directory.OnHearing(func(key types.NamespacedName) {
		select {
		case trouble <- event.TypedGenericEvent[types.NamespacedName]{Object: key}:
		default:
		}
	})
	return ctrl.NewControllerManagedBy(mgr).
		Named("socialchannel").
		For(&tribunev1alpha1.SocialChannel{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		WatchesRawSource(source.TypedChannel(trouble, handler.TypedFuncs[types.NamespacedName, ctrl.Request]{
			GenericFunc: func(_ context.Context, e event.TypedGenericEvent[types.NamespacedName], q queue) {
				q.Add(ctrl.Request{NamespacedName: e.Object})
			},
		})).
		WithOptions(controller.Options{MaxConcurrentReconciles: 16}).
		Complete(r)
}

// Reconcile signs a channel in, or says why it cannot.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	ch := &tribunev1alpha1.SocialChannel{}
	if err := r.Client.Get(ctx, req.NamespacedName, ch); err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(req.NamespacedName)
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, fmt.Errorf("get SocialChannel: %w", err)
	}
	if !ch.DeletionTimestamp.IsZero() {
		r.forget(req.NamespacedName)
		return ctrl.Result{}, nil
	}
	now := r.Clock.Now()
	before := ch.DeepCopy()
	f, wait := r.look(ctx, ch, now)
	f.hearing, _ = r.Directory.Hearing(req.NamespacedName)
	if heard, known := r.Directory.Heard(req.NamespacedName); known && r.heardAt.mayWrite(req.NamespacedName, now) {
		f.heard = &heard
	}
	ch.Status = status(ch, f, now)
	if err := r.save(ctx, before, ch, f); err != nil {
		if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
			return ctrl.Result{RequeueAfter: time.Second}, nil
		}
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: wait}, nil
}

func (r *Reconciler) forget(key types.NamespacedName) {
	r.sessions.forget(key)
	r.heardAt.forget(key)
	r.Directory.Forget(key)
}

// save writes the status if it changed and tells people what changed for them.
func (r *Reconciler) save(ctx context.Context, before, after *tribunev1alpha1.SocialChannel, f finding) error {
	if statusEqual(&before.Status, &after.Status) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, after, patch); err != nil {
		return fmt.Errorf("patch status of SocialChannel: %w", err)
	}
	if !equality.Semantic.DeepEqual(before.Status.Listening, after.Status.Listening) {
		r.heardAt.wrote(client.ObjectKeyFromObject(after), r.Clock.Now())
	}
	if was, is := readyReason(&before.Status), readyReason(&after.Status); was != is {
		kind := corev1.EventTypeNormal
		if f.stalled || !f.ready {
			kind = corev1.EventTypeWarning
		}
		r.Recorder.Eventf(after, nil, kind, is, "SignIn", "%s", f.message)
	}
	return nil
}
