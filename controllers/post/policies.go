package post

import (
	"context"
	"slices"
	"sync"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

const (
	// decisionsPolicy is the policy of config/admission, and the name of its binding.
	decisionsPolicy = "tribune-decisions"
	// policiesEvery is how long an answer about it holds, policiesAgain how long none does.
	policiesEvery = 5 * time.Minute
	policiesAgain = 10 * time.Second
	policiesCall  = 5 * time.Second
)

// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingadmissionpolicybindings,resourceNames=tribune-decisions,verbs=get

// Policies know whether the API server makes sure that a decision is of whom it names. They ask when there is a decision to weigh,
// once in a few minutes for all Posts.
type Policies struct {
	reader client.Reader
	clock  clock.PassiveClock

	mu      sync.Mutex
	missing bool
	until   time.Time
}

// NewPolicies asks by a reader without a cache: one object is not worth a watch.
func NewPolicies(reader client.Reader, clock clock.PassiveClock) *Policies {
	return &Policies{reader: reader, clock: clock}
}

// missingFor is true if the Post has decisions, and nothing makes sure whose they are. A nil Policies misses none.
func (p *Policies) missingFor(ctx context.Context, post *tribunev1alpha1.Post) bool {
	if p == nil || len(post.Status.Approvals) == 0 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	if now.Before(p.until) {
		return p.missing
	}
	ctx, cancel := context.WithTimeout(ctx, policiesCall)
	defer cancel()
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{}
	err := p.reader.Get(ctx, types.NamespacedName{Name: decisionsPolicy}, binding)
	switch {
	case err == nil:
		p.missing, p.until = !denies(binding), now.Add(policiesEvery)
	case apierrors.IsNotFound(err), apierrors.IsForbidden(err):
		p.missing, p.until = true, now.Add(policiesEvery)
	default: // the last answer holds until there is another; it is none of a Post's business that the API server is away
		p.until = now.Add(policiesAgain)
	}
	return p.missing
}

// denies is true if the binding puts the policy in force everywhere.
func denies(b *admissionregistrationv1.ValidatingAdmissionPolicyBinding) bool {
	return b.Spec.PolicyName == decisionsPolicy && b.Spec.MatchResources == nil &&
		slices.Contains(b.Spec.ValidationActions, admissionregistrationv1.Deny)
}
