package community

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// registry holds the policies in force: of each the newest version that was right.
type registry struct {
	client client.Client
	mu     sync.RWMutex
	active map[types.NamespacedName]active
}

// active is a version of a policy that is in force.
type active struct {
	uid        types.UID
	generation int64
	spec       *tribunev1alpha1.CommunityPolicySpec
	policy     *policy.Policy
}

func (g *registry) get(key types.NamespacedName) (active, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	a, ok := g.active[key]
	return a, ok
}

func (g *registry) put(key types.NamespacedName, a active) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active[key] = a
}

func (g *registry) forget(key types.NamespacedName) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.active, key)
}

// For implements inbox.Policies. Items wait while a policy that selects their channel is suspended, or was never right: nothing that
// nobody judged may pass for judged.
func (g *registry) For(c inbox.Channel) (all []inbox.InForce, ready bool) {
	ctx := context.Background()
	ch := &tribunev1alpha1.SocialChannel{}
	if err := g.client.Get(ctx, types.NamespacedName{Namespace: c.Namespace, Name: c.Name}, ch, client.UnsafeDisableDeepCopy); err != nil {
		return nil, false
	}
	list := &tribunev1alpha1.CommunityPolicyList{}
	if err := g.client.List(ctx, list, client.InNamespace(c.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, false
	}
	for i := range list.Items {
		p := &list.Items[i]
		// Whom a policy is for, and whether it acts, is said by its newest spec, also while its rules are wrong.
		if !Selects(&p.Spec, ch) || p.Spec.Mode == tribunev1alpha1.PolicyDormant {
			continue
		}
		a, ok := g.get(client.ObjectKeyFromObject(p))
		if !ok || a.uid != p.UID || p.Spec.Suspend {
			return nil, false
		}
		all = append(all, inbox.InForce{Name: p.Name, Generation: a.generation, Policy: a.policy, Spec: a.spec, Acts: p.Spec.Mode == tribunev1alpha1.PolicyEnforce})
	}
	slices.SortFunc(all, func(a, b inbox.InForce) int { return compare(a.Name, b.Name) })
	return all, true
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Selects is true if a policy is for a channel.
func Selects(spec *tribunev1alpha1.CommunityPolicySpec, ch *tribunev1alpha1.SocialChannel) bool {
	if slices.ContainsFunc(spec.ChannelRefs, func(r tribunev1alpha1.LocalReference) bool { return string(r.Name) == ch.Name }) {
		return true
	}
	if spec.ChannelSelector == nil {
		return false
	}
	selector, err := metav1.LabelSelectorAsSelector(spec.ChannelSelector)
	return err == nil && selector.Matches(labels.Set(ch.Labels))
}

// restore takes the version that the ledger kept, for a policy whose newest is wrong.
func restore(ctx context.Context, ledger store.Community, p *tribunev1alpha1.CommunityPolicy) (active, bool, error) {
	v, ok, err := ledger.Policy(ctx, p.Namespace, p.Name)
	if err != nil || !ok || v.UID != string(p.UID) {
		return active{}, false, err
	}
	spec, lists := &tribunev1alpha1.CommunityPolicySpec{}, policy.Lists{}
	if err := json.Unmarshal([]byte(v.Spec), spec); err != nil {
		return active{}, false, fmt.Errorf("read kept version of CommunityPolicy %s: %w", p.Name, err)
	}
	if err := json.Unmarshal([]byte(v.Lists), &lists); err != nil {
		return active{}, false, fmt.Errorf("read kept lists of CommunityPolicy %s: %w", p.Name, err)
	}
	compiled, wrong := policy.Compile(spec, lists)
	if len(wrong) > 0 {
		return active{}, false, nil // it was right for another version of the program
	}
	return active{uid: p.UID, generation: v.Generation, spec: spec, policy: compiled}, true, nil
}
