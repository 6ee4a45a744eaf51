package crisis

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// What came of an edit that was on its way when a Crisis was stored.
func TestEditCame(t *testing.T) {
	noon := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	began := func(p *tribunev1alpha1.Post) {
		p.Status.Edit = &tribunev1alpha1.PostEdit{Attempt: "a", StartedAt: metav1.NewMicroTime(noon.Add(-time.Hour)), EndsBy: metav1.NewMicroTime(noon.Add(-time.Hour + time.Minute))}
	}
	says := func(reason string, again bool) func(*tribunev1alpha1.Post) {
		return func(p *tribunev1alpha1.Post) {
			p.Status.Conditions = []metav1.Condition{{Type: tribunev1alpha1.ConditionInSync, Status: metav1.ConditionFalse, Reason: reason}}
			if again {
				p.Status.NextAttemptAt = &metav1.Time{Time: noon}
			}
		}
	}
	for name, c := range map[string]struct {
		after   time.Duration
		wentOut bool
		now     func(*tribunev1alpha1.Post)
		want    outcome
	}{
		"under way":                             {59 * time.Second, false, began, pending},
		"nobody told, by the clock of this one": {time.Minute, false, began, unknown},
		"on the network":                        {0, false, func(p *tribunev1alpha1.Post) { p.Status.Segments[0].ContentHash = "new" }, slipped},
		"a part of it is, and the rest is not":  {0, false, func(p *tribunev1alpha1.Post) { says("Crisis", false)(p); p.Status.Segments[1].ContentHash = "new" }, slipped},
		"held":                                  {0, false, says("Crisis", false), nothing},
		"refused":                               {0, false, says("EditFailed", false), nothing},
		"may be there, and is tried again":      {0, false, says("EditFailed", true), unknown},
		"held, of a Post that went out since":   {0, true, says("Crisis", false), slipped},
		"another one, which asks and is held":   {0, false, func(p *tribunev1alpha1.Post) { began(p); p.Status.Edit.Attempt = "b" }, nothing},
	} {
		p := &tribunev1alpha1.Post{Status: tribunev1alpha1.PostStatus{State: tribunev1alpha1.PostPublished, Segments: []tribunev1alpha1.PostSegment{
			{State: tribunev1alpha1.SegmentPublished, ContentHash: "old"}, {State: tribunev1alpha1.SegmentPublished, ContentHash: "old"}}}}
		p.Name = "p"
		began(p)
		f := &flight{sent: map[string]sent{}}
		f.note(p, c.wentOut, noon)
		seen := f.sent["p"]
		if seen.edit == nil {
			t.Fatalf("%s: the edit was not seen", name)
		}
		p.Status.Edit = nil
		c.now(p)
		if got := seen.edit.came(p, noon.Add(c.after)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
