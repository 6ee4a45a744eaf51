package post

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/event"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// What wakes a Post's controller, and what does not: each run in vain is a request in vain.
func TestChanged(t *testing.T) {
	const us, them = "host/us", "host/them"
	status := func(state tribunev1alpha1.PostState, segments ...tribunev1alpha1.PostSegment) tribunev1alpha1.PostStatus {
		return tribunev1alpha1.PostStatus{State: state, Segments: segments}
	}
	sending := func(owner string) tribunev1alpha1.PostSegment {
		return tribunev1alpha1.PostSegment{State: tribunev1alpha1.SegmentSending, Attempt: "a", Owner: owner}
	}
	scheduled := status(tribunev1alpha1.PostScheduled)
	resolved := status(tribunev1alpha1.PostPublishing, sending(us))
	resolved.Resolution = &tribunev1alpha1.PostResolution{Attempt: "a", Outcome: tribunev1alpha1.ResolutionPublished}
	for name, tc := range map[string]struct {
		was, is    tribunev1alpha1.PostStatus
		generation int64
		want       bool
	}{
		"nothing":                   {was: scheduled, is: scheduled},
		"spec":                      {was: scheduled, is: scheduled, generation: 1, want: true},
		"accepted":                  {is: scheduled, want: true},
		"our intent":                {was: scheduled, is: status(tribunev1alpha1.PostPublishing, sending(us))},
		"another process's intent":  {was: scheduled, is: status(tribunev1alpha1.PostPublishing, sending(them)), want: true},
		"spec while we send":        {was: scheduled, is: status(tribunev1alpha1.PostPublishing, sending(us)), generation: 1, want: true},
		"next segment of a thread":  {was: status(tribunev1alpha1.PostPublishing, sending(us)), is: status(tribunev1alpha1.PostPublishing, tribunev1alpha1.PostSegment{State: tribunev1alpha1.SegmentPublished}, sending(us))},
		"outcome not known":         {was: status(tribunev1alpha1.PostPublishing, sending(us)), is: status(tribunev1alpha1.PostPublishing, tribunev1alpha1.PostSegment{State: tribunev1alpha1.SegmentUnknown, Owner: us}), want: true},
		"not sent":                  {was: status(tribunev1alpha1.PostPublishing, sending(us)), is: status(tribunev1alpha1.PostScheduled, tribunev1alpha1.PostSegment{State: tribunev1alpha1.SegmentNotSent, Owner: us}), want: true},
		"published":                 {was: status(tribunev1alpha1.PostPublishing, sending(us)), is: status(tribunev1alpha1.PostPublished, tribunev1alpha1.PostSegment{State: tribunev1alpha1.SegmentPublished, Owner: us})},
		"a person's word":           {was: status(tribunev1alpha1.PostPublishing, sending(us)), is: resolved, want: true},
		"status lost by a restore":  {was: status(tribunev1alpha1.PostPublishing, sending(us)), is: tribunev1alpha1.PostStatus{}, want: true},
		"taken off the network":     {was: status(tribunev1alpha1.PostPublished), is: status(tribunev1alpha1.PostDeleted), want: true},
		"our intent again, restart": {was: status(tribunev1alpha1.PostPublishing, sending(us)), is: status(tribunev1alpha1.PostPublishing, sending(them)), want: true},
	} {
		t.Run(name, func(t *testing.T) {
			was, is := &tribunev1alpha1.Post{Status: tc.was}, &tribunev1alpha1.Post{Status: tc.is}
			is.Generation = tc.generation
			if got := (changed{owner: us}).Update(event.UpdateEvent{ObjectOld: was, ObjectNew: is}); got != tc.want {
				t.Errorf("Update = %v, want %v", got, tc.want)
			}
		})
	}
}
