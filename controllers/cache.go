package controllers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unique"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/healthz"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// slim takes out of a cached object what no controller reads, and shares what all objects have alike: with a hundred thousand
// waiting Posts that is most of the memory.
func slim(in any) (any, error) {
	o, err := meta.Accessor(in)
	if err != nil {
		return in, nil //nolint:nilerr // tombstones and the like pass as they are
	}
	o.SetManagedFields(nil)
	if annotations := o.GetAnnotations(); annotations != nil {
		delete(annotations, corev1.LastAppliedConfigAnnotation)
		o.SetAnnotations(intern(annotations))
	}
	o.SetLabels(intern(o.GetLabels()))
	o.SetNamespace(shared(o.GetNamespace()))
	if p, ok := in.(*tribunev1alpha1.Post); ok {
		slimPost(p)
	}
	return in, nil
}

func slimPost(p *tribunev1alpha1.Post) {
	p.Kind, p.APIVersion = shared(p.Kind), shared(p.APIVersion)
	p.Spec.ChannelRef.Name = tribunev1alpha1.ObjectName(shared(string(p.Spec.ChannelRef.Name)))
	p.Spec.Pillar, p.Spec.Campaign = shared(p.Spec.Pillar), shared(p.Spec.Campaign)
	p.Status.State = tribunev1alpha1.PostState(shared(string(p.Status.State)))
	p.Status.AccountID = shared(p.Status.AccountID)
	for i := range p.Status.Conditions {
		c := &p.Status.Conditions[i]
		c.Type, c.Reason, c.Message = shared(c.Type), shared(c.Reason), shared(c.Message)
	}
}

func intern(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		if strings.HasPrefix(k, "tribune.dev/") {
			v = shared(v)
		}
		out[shared(k)] = v
	}
	return out
}

// shared gives one copy of equal strings.
func shared(s string) string {
	if s == "" {
		return ""
	}
	return unique.Make(s).Value()
}

// cacheSynced is ready once the cache holds everything.
func cacheSynced(c cache.Cache) healthz.Checker {
	return func(req *http.Request) error {
		ctx, cancel := context.WithTimeout(req.Context(), 100*time.Millisecond)
		defer cancel()
		if !c.WaitForCacheSync(ctx) {
			return errors.New("the cache is still being filled")
		}
		return nil
	}
}
