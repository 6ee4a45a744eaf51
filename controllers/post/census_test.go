package post

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// Posts are counted where they are.
func TestCensus(t *testing.T) {
	c := &census{counts: map[postKind]int{}}
	in := func(state tribunev1alpha1.PostState) *tribunev1alpha1.Post {
		p := &tribunev1alpha1.Post{}
		p.Namespace, p.Spec.ChannelRef.Name, p.Status.State = "team", "square", state
		return p
	}
	c.move(nil, in(""))
	c.move(nil, in(""))
	c.move(in(""), in(tribunev1alpha1.PostScheduled))
	c.move(in(tribunev1alpha1.PostScheduled), in(tribunev1alpha1.PostPublished))
	c.move(nil, in(tribunev1alpha1.PostScheduled))
	c.move(in(tribunev1alpha1.PostScheduled), nil)
	want := map[postKind]int{{"team", "square", "New"}: 1, {"team", "square", "Published"}: 1}
	if diff := cmp.Diff(want, c.counts, cmp.AllowUnexported(postKind{})); diff != "" {
		t.Error(diff)
	}
}
