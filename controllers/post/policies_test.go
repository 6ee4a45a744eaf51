package post

import (
	"context"
	"errors"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// bindings answers reads of the binding.
type bindings struct {
	client.Reader
	spec  admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec
	err   error
	reads int
}

func (b *bindings) Get(_ context.Context, _ client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	b.reads++
	o.(*admissionregistrationv1.ValidatingAdmissionPolicyBinding).Spec = b.spec
	return b.err
}

func TestPolicies(t *testing.T) {
	inForce := admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{PolicyName: decisionsPolicy,
		ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny}}
	audit, narrow, other := *inForce.DeepCopy(), *inForce.DeepCopy(), *inForce.DeepCopy()
	audit.ValidationActions[0] = admissionregistrationv1.Audit
	narrow.MatchResources = &admissionregistrationv1.MatchResources{}
	other.PolicyName = "other"
	resource := schema.GroupResource{Group: "admissionregistration.k8s.io", Resource: "validatingadmissionpolicybindings"}
	decided := &tribunev1alpha1.Post{Status: tribunev1alpha1.PostStatus{Approvals: []tribunev1alpha1.PostApproval{{By: "ana"}}}}

	for name, test := range map[string]struct {
		bindings bindings
		want     bool
	}{
		"in force":          {bindings{spec: inForce}, false},
		"audits only":       {bindings{spec: audit}, true},
		"narrowed":          {bindings{spec: narrow}, true},
		"of another policy": {bindings{spec: other}, true},
		"not installed":     {bindings{err: apierrors.NewNotFound(resource, decisionsPolicy)}, true},
		"may not be read":   {bindings{err: apierrors.NewForbidden(resource, decisionsPolicy, errors.New("no"))}, true},
		"server away":       {bindings{err: errors.New("connection refused")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := NewPolicies(&test.bindings, testclock.NewFakePassiveClock(time.Now()))
			if got := p.missingFor(t.Context(), decided); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}

	b := &bindings{spec: inForce}
	clock := testclock.NewFakePassiveClock(time.Now())
	p := NewPolicies(b, clock)
	p.missingFor(t.Context(), &tribunev1alpha1.Post{})
	if b.reads != 0 {
		t.Error("it was read for a Post without decisions")
	}
	for range 100 {
		p.missingFor(t.Context(), decided)
	}
	if b.reads != 1 {
		t.Errorf("it was read %d times in a moment, want once", b.reads)
	}
	b.err = apierrors.NewNotFound(resource, decisionsPolicy)
	clock.SetTime(clock.Now().Add(policiesEvery + time.Second))
	if !p.missingFor(t.Context(), decided) {
		t.Error("it was removed, and that was not noticed")
	}
	b.err = errors.New("connection refused")
	clock.SetTime(clock.Now().Add(policiesEvery + time.Second))
	for range 2 {
		if !p.missingFor(t.Context(), decided) {
			t.Error("the last answer does not hold while the server is away")
		}
	}
	if b.reads != 3 {
		t.Errorf("while the server is away it was read %d times, want once more", b.reads)
	}
	if (*Policies)(nil).missingFor(t.Context(), decided) {
		t.Error("none are missed where none are looked for")
	}
}
