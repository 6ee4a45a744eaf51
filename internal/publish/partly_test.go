package publish_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// A thread of three that lost its status when its first segment was out; its content was changed in between.
func TestTheRestOfAThreadIsNotLostWithItsStatus(t *testing.T) {
	first := publish.Record{Segment: 0, Key: "key", Attempt: "attempt", Published: true, ID: "7", URL: "https://local.example/7",
		ContentHash: "h0", Hashes: []string{"h0", "h1", "h2"}, StartedAt: due, PublishedAt: due}
	unfinished := []tribunev1alpha1.SegmentState{"Published", "Pending", "Pending"}
	for name, c := range map[string]struct {
		now     []string
		records []publish.Record
		states  []tribunev1alpha1.SegmentState
		next    publish.Action
		reason  string
	}{
		"unchanged":               {[]string{"h0", "h1", "h2"}, []publish.Record{first}, unfinished, publish.Begin, ""},
		"what is out changed":     {[]string{"x0", "h1", "h2"}, []publish.Record{first}, unfinished, publish.Begin, ""},
		"what is to come changed": {[]string{"h0", "x1", "h2"}, []publish.Record{first}, unfinished, publish.Fail, tribunev1alpha1.ReasonEditedWhilePublishing},
		"it became shorter":       {[]string{"x0"}, []publish.Record{first}, unfinished, publish.Fail, tribunev1alpha1.ReasonEditedWhilePublishing},
		"it was one, and is three": {[]string{"x0", "x1", "x2"}, []publish.Record{{Segment: 0, Attempt: "attempt", Published: true, ID: "7",
			ContentHash: "h0", Hashes: []string{"h0"}, PublishedAt: due}}, []tribunev1alpha1.SegmentState{"Published"}, publish.Wait, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts(func(f *publish.Facts) { f.Hashes, f.Ledger = c.now, c.records })
			step := publish.Next(f)
			if step.Do != publish.Adopt {
				t.Fatalf("the ledger was passed over: %+v", step)
			}
			f.Post.Status = publish.Apply(f, step)
			var states []tribunev1alpha1.SegmentState
			for _, s := range f.Post.Status.Segments {
				states = append(states, s.State)
			}
			if diff := cmp.Diff(c.states, states); diff != "" {
				t.Error(diff)
			}
			if next := publish.Next(f); next.Do != c.next || next.Reason != c.reason {
				t.Errorf("then %s %s: %s", next.Do, next.Reason, next.Message)
			}
		})
	}
}
