// Package community reconciles CommunityPolicies and CommunityCases, and runs the inbox: it listens, has policies decide, carries out
// what was decided, and brings what waits for people before them. What is decided is decided in internal/policy; what is done is done
// by internal/inbox.
package community

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// countEvery is how often the figures of a policy are looked at.
const countEvery = time.Minute

// PolicyReconciler of CommunityPolicies.
type PolicyReconciler struct {
	Client client.Client
	// ConfigMaps are read without a cache.
	ConfigMaps client.Reader
	Recorder   events.EventRecorder
	Clock      clock.PassiveClock
	Ledger     Ledger

	mu       sync.Mutex
	versions map[types.NamespacedName]version
	counted  map[types.NamespacedName]counted
	policies *registry
	// changed is called when other policies are in force.
	changed func()
}

// Ledger is what the controllers need of it.
type Ledger interface {
	store.Community
	AddMessages(ctx context.Context, messages []store.Message) (added int, err error)
}

// +kubebuilder:rbac:groups=tribune.dev,resources=communitypolicies,verbs=list;watch
// +kubebuilder:rbac:groups=tribune.dev,resources=communitypolicies/status,verbs=patch
// +kubebuilder:rbac:groups=tribune.dev,resources=socialchannels,verbs=list;watch
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// SetupWithManager starts the controller with the manager.
func (r *PolicyReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("communitypolicy").
		For(&tribunev1alpha1.CommunityPolicy{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&tribunev1alpha1.SocialChannel{}, handler.EnqueueRequestsFromMapFunc(r.policiesOf), builder.WithPredicates(abilitiesChanged)).
		WatchesMetadata(&corev1.ConfigMap{}, handler.EnqueueRequestsFromMapFunc(r.policiesFrom), builder.WithPredicates(predicate.ResourceVersionChangedPredicate{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: 2}).
		Complete(r)
}

// abilitiesChanged lets through channels on which a policy may be enforceable now, or not any more. What else a channel's status says
// changes every minute.
var abilitiesChanged = predicate.Or[client.Object](predicate.LabelChangedPredicate{}, predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	was, ok := e.ObjectOld.(*tribunev1alpha1.SocialChannel)
	is, okay := e.ObjectNew.(*tribunev1alpha1.SocialChannel)
	return ok && okay && (!slices.Equal(was.Status.Abilities, is.Status.Abilities) || !slices.Equal(was.Status.Automation, is.Status.Automation))
}})

func (r *PolicyReconciler) policiesOf(ctx context.Context, channel client.Object) []ctrl.Request {
	return r.those(ctx, channel.GetNamespace(), func(p *tribunev1alpha1.CommunityPolicy) bool {
		ch, ok := channel.(*tribunev1alpha1.SocialChannel)
		return ok && Selects(&p.Spec, ch)
	})
}

func (r *PolicyReconciler) policiesFrom(ctx context.Context, configMap client.Object) []ctrl.Request {
	return r.those(ctx, configMap.GetNamespace(), func(p *tribunev1alpha1.CommunityPolicy) bool {
		return slices.ContainsFunc(p.Spec.Lists, func(l tribunev1alpha1.PolicyList) bool {
			return l.ConfigMapKeyRef != nil && l.ConfigMapKeyRef.Name == configMap.GetName()
		})
	})
}

func (r *PolicyReconciler) those(ctx context.Context, namespace string, wanted func(*tribunev1alpha1.CommunityPolicy) bool) []ctrl.Request {
	list := &tribunev1alpha1.CommunityPolicyList{}
	if err := r.Client.List(ctx, list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil
	}
	var requests []ctrl.Request
	for i := range list.Items {
		if wanted(&list.Items[i]) {
			requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	}
	return requests
}

// Reconcile brings a policy into force, and says how it goes.
func (r *PolicyReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	p := &tribunev1alpha1.CommunityPolicy{}
	if err := r.Client.Get(ctx, req.NamespacedName, p); err != nil {
		if apierrors.IsNotFound(err) {
			r.policies.forget(req.NamespacedName)
			r.mu.Lock()
			delete(r.versions, req.NamespacedName)
			delete(r.counted, req.NamespacedName)
			r.mu.Unlock()
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, fmt.Errorf("get CommunityPolicy: %w", err)
	}
	f := finding{policy: p, now: r.Clock.Now()}
	lists, err := r.lists(ctx, p)
	if err != nil {
		return ctrl.Result{}, err
	}
	if err := r.bringIntoForce(ctx, &f, lists); err != nil {
		return ctrl.Result{}, err
	}
	if err := r.count(ctx, &f); err != nil {
		return ctrl.Result{}, err
	}
	if err := r.save(ctx, &f); err != nil {
		if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
			return ctrl.Result{RequeueAfter: time.Second}, nil
		}
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: f.countedAt.Add(countEvery).Sub(f.now)}, nil
}

// lists reads the words and domains that rules name. What is missing is left out, and said by compiling.
func (r *PolicyReconciler) lists(ctx context.Context, p *tribunev1alpha1.CommunityPolicy) (policy.Lists, error) {
	lists := policy.Lists{}
	read := map[string]*corev1.ConfigMap{}
	for i := range p.Spec.Lists {
		l := &p.Spec.Lists[i]
		if l.ConfigMapKeyRef == nil {
			lists[string(l.Name)] = l.Entries
			continue
		}
		cm, known := read[l.ConfigMapKeyRef.Name]
		if !known {
			cm = &corev1.ConfigMap{}
			err := r.ConfigMaps.Get(ctx, types.NamespacedName{Namespace: p.Namespace, Name: l.ConfigMapKeyRef.Name}, cm)
			if err != nil && !apierrors.IsNotFound(err) {
				return nil, fmt.Errorf("get ConfigMap %s: %w", l.ConfigMapKeyRef.Name, err)
			}
			read[l.ConfigMapKeyRef.Name] = cm
		}
		if text, ok := cm.Data[l.ConfigMapKeyRef.Key]; ok {
			lists[string(l.Name)] = policy.Lines(text)
		} else if data, ok := cm.BinaryData[l.ConfigMapKeyRef.Key]; ok {
			lists[string(l.Name)] = policy.Lines(string(data))
		}
	}
	return lists, nil
}

// finding is what one look at a policy found.
type finding struct {
	policy *tribunev1alpha1.CommunityPolicy
	now    time.Time
	// wrong rules; tests that ran, and those that failed.
	wrong  []policy.Problem
	tests  []policy.TestResult
	failed []policy.TestResult
	// active is what is in force; none if nothing ever was right.
	active   active
	inForce  bool
	stats    store.PolicyStats
	notThere []policy.Unenforceable
	// countedAt is when stats were asked for.
	countedAt time.Time
}

// bringIntoForce compiles the newest version and runs its tests. If it is wrong, what was in force stays.
func (r *PolicyReconciler) bringIntoForce(ctx context.Context, f *finding, lists policy.Lists) error {
	p := f.policy
	key := client.ObjectKeyFromObject(p)
	v, err := r.tried(p, lists, f.now)
	if err != nil {
		return err
	}
	f.wrong, f.tests, f.failed = v.wrong, v.tests, policy.Failed(v.tests)
	known, ok := r.policies.get(key)
	ok = ok && known.uid == p.UID
	switch {
	case v.policy != nil && len(f.failed) == 0:
		if ok && known.policy == v.policy {
			break
		}
		spec, err := json.Marshal(p.Spec)
		if err != nil {
			return fmt.Errorf("write spec: %w", err)
		}
		err = r.Ledger.SavePolicy(ctx, store.PolicyVersion{Namespace: p.Namespace, Name: p.Name, UID: string(p.UID), Generation: p.Generation, Spec: string(spec), Lists: v.lists})
		if err != nil {
			return err // not in force before it is kept: a restart would lose it
		}
		r.policies.put(key, active{uid: p.UID, generation: p.Generation, spec: v.spec, policy: v.policy})
		r.changed()
	case !ok:
		last, ok, err := restore(ctx, r.Ledger, p)
		if err != nil {
			return err
		}
		if ok {
			r.policies.put(key, last)
			r.changed()
		}
	}
	f.active, f.inForce = r.policies.get(key)
	f.inForce = f.inForce && f.active.uid == p.UID
	return nil
}

// version is a policy as it was tried last: to compile is work, and a policy is looked at every minute.
type version struct {
	uid        types.UID
	generation int64
	lists      string
	spec       *tribunev1alpha1.CommunityPolicySpec
	policy     *policy.Policy
	wrong      []policy.Problem
	tests      []policy.TestResult
}

func (r *PolicyReconciler) tried(p *tribunev1alpha1.CommunityPolicy, lists policy.Lists, now time.Time) (version, error) {
	key := client.ObjectKeyFromObject(p)
	text, err := json.Marshal(lists)
	if err != nil {
		return version{}, fmt.Errorf("write lists: %w", err)
	}
	r.mu.Lock()
	v, ok := r.versions[key]
	r.mu.Unlock()
	if ok && v.uid == p.UID && v.generation == p.Generation && v.lists == string(text) {
		return v, nil
	}
	v = version{uid: p.UID, generation: p.Generation, lists: string(text), spec: p.Spec.DeepCopy()}
	v.policy, v.wrong = policy.Compile(v.spec, lists)
	if v.policy != nil {
		v.tests = v.policy.RunTests(now)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.versions == nil {
		r.versions = map[types.NamespacedName]version{}
	}
	r.versions[key] = v
	return v, nil
}

// count asks the ledger for figures, and the channels for what they can do.
func (r *PolicyReconciler) count(ctx context.Context, f *finding) error {
	p := f.policy
	if err := r.figuresOf(ctx, f); err != nil {
		return err
	}
	if !f.inForce {
		return nil
	}
	list := &tribunev1alpha1.SocialChannelList{}
	if err := r.Client.List(ctx, list, client.InNamespace(p.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list SocialChannels: %w", err)
	}
	var channels []policy.Channel
	for i := range list.Items {
		ch := &list.Items[i]
		if !Selects(&p.Spec, ch) || len(ch.Status.Abilities) == 0 {
			continue
		}
		one := policy.Channel{Name: ch.Name, Network: string(ch.Spec.Network)}
		for _, a := range ch.Status.Abilities {
			one.Abilities = append(one.Abilities, network.Ability(a))
		}
		for _, a := range ch.Status.Automation {
			one.Automation = append(one.Automation, network.Automation(a))
		}
		channels = append(channels, one)
	}
	f.notThere = f.active.policy.Unenforceable(channels)
	return nil
}

// counted are figures of a policy, and when the ledger was asked for them.
type counted struct {
	uid   types.UID
	at    time.Time
	stats store.PolicyStats
}

// figuresOf a policy are asked for once a minute at most, whatever it is looked at for: they always change, and each change is a write.
func (r *PolicyReconciler) figuresOf(ctx context.Context, f *finding) error {
	p, key := f.policy, client.ObjectKeyFromObject(f.policy)
	r.mu.Lock()
	last, known := r.counted[key]
	r.mu.Unlock()
	if age := f.now.Sub(last.at); !known || last.uid != p.UID || age < 0 || age >= countEvery {
		stats, err := r.Ledger.StatsOf(ctx, p.Namespace, p.Name, f.now.Add(-24*time.Hour), f.now)
		if err != nil {
			return err
		}
		last = counted{uid: p.UID, at: f.now, stats: stats}
		r.mu.Lock()
		if r.counted == nil {
			r.counted = map[types.NamespacedName]counted{}
		}
		r.counted[key] = last
		r.mu.Unlock()
	}
	f.stats, f.countedAt = last.stats, last.at
	return nil
}

func (r *PolicyReconciler) save(ctx context.Context, f *finding) error {
	before := f.policy
	after := before.DeepCopy()
	after.Status = f.status()
	if equality.Semantic.DeepEqual(before.Status, after.Status) {
		return nil
	}
	// The team is told first: if that fails, or the status cannot be written, both are tried again, and nobody is told twice.
	happened := happenings(before, after)
	for _, h := range happened {
		if err := notify(ctx, r.Ledger, after, h.event, h.episode, strings.TrimSpace(h.condition.Message), f.now); err != nil {
			return fmt.Errorf("tell the team of CommunityPolicy %s: %w", after.Name, err)
		}
	}
	if err := r.Client.Status().Patch(ctx, after, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("patch status of CommunityPolicy: %w", err)
	}
	for _, h := range happened {
		r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, h.condition.Reason, "Decide", "%s", h.condition.Message)
	}
	return nil
}

// happening is what a team is told of a policy.
type happening struct {
	event     tribunev1alpha1.NotifyEvent
	condition metav1.Condition
	// episode is the same until the status says that it happened.
	episode string
}

// happenings are what a change of the status brings.
func happenings(before, after *tribunev1alpha1.CommunityPolicy) (all []happening) {
	for _, c := range after.Status.Conditions {
		h := happening{condition: c}
		since := c.Type
		switch {
		case c.Type == tribunev1alpha1.ConditionStalled && c.Status == "True":
			// Stalled is there only while it holds; Ready turns with it, and is always there.
			h.event, since = tribunev1alpha1.NotifyTestsFailed, tribunev1alpha1.ConditionReady
		case c.Type == tribunev1alpha1.ConditionCircuitOpen && c.Status == "True":
			h.event = tribunev1alpha1.NotifyCircuitOpen
		default:
			continue
		}
		if was := conditionOf(before.Status.Conditions, c.Type); was != nil && was.Status == c.Status && was.ObservedGeneration == c.ObservedGeneration {
			continue
		}
		last := int64(0)
		if was := conditionOf(before.Status.Conditions, since); was != nil {
			last = was.LastTransitionTime.Unix()
		}
		h.episode = fmt.Sprintf("%s/%s/%s/%s/%d/%d", after.Namespace, after.Name, after.UID, h.event, after.Generation, last)
		all = append(all, h)
	}
	return all
}
