package calendar

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

// What went out is taken off only if it is sure that a person took its entry out.
func TestTakenOut(t *testing.T) {
	post := func(entry string, change ...func(*tribunev1alpha1.Post)) *tribunev1alpha1.Post {
		p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{tribunev1alpha1.LabelEntry: entry}}}
		p.Spec.DeletionPolicy, p.Status.State = tribunev1alpha1.DeletionDelete, tribunev1alpha1.PostPublished
		for _, c := range change {
			c(p)
		}
		return p
	}
	readable := func() *scope {
		s := &scope{plan: plan.Result{Until: time.Now()}}
		s.meant("kept")
		return s
	}
	troubled := readable()
	troubled.problem(plan.Problem{Path: "spec.entriesFrom[0].configMapRef.name", Missing: true})
	for name, c := range map[string]struct {
		scope *scope
		post  *tribunev1alpha1.Post
		want  bool
	}{
		"taken out":                {readable(), post("gone"), true},
		"still there":              {readable(), post("kept"), false},
		"Retain":                   {readable(), post("gone", func(p *tribunev1alpha1.Post) { p.Spec.DeletionPolicy = "" }), false},
		"not out":                  {readable(), post("gone", func(p *tribunev1alpha1.Post) { p.Status.State = tribunev1alpha1.PostUnknown }), false},
		"an item of a feed":        {readable(), post("blog-0123456789ab"), false},
		"a source is missing":      {troubled, post("gone"), false},
		"nothing could be planned": {&scope{}, post("gone"), false},
	} {
		if got := c.scope.takenOut()(c.post); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
