package publish_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// inCrisis lets a Crisis hold the Post, since so long before it is due.
func inCrisis(since time.Duration) func(*publish.Facts) {
	return func(f *publish.Facts) {
		f.Crisis = publish.Crisis{Held: true, Message: "held by Crisis x: fire", Since: due.Add(-since)}
	}
}

func untilIn(d time.Duration) func(*publish.Facts) {
	return func(f *publish.Facts) { f.Crisis.Until = due.Add(d) }
}

// came is a Post that a Crisis held, and does not any more.
func came(missed tribunev1alpha1.MissedPosts) func(*publish.Facts) {
	return func(f *publish.Facts) {
		now := f.Now
		inCrisis(time.Hour)(f)
		f.Now = due.Add(time.Second)
		f.Post.Status = publish.Apply(*f, publish.Next(*f))
		f.Now, f.Crisis = now, publish.Crisis{Missed: missed}
	}
}

func releasedAt(d time.Duration) func(*publish.Facts) {
	return func(f *publish.Facts) {
		f.Post.Status.Release = &tribunev1alpha1.PostRelease{Reason: "AwaitingReview", ContentHash: publish.DecisionHash(f.Post), By: "ana", At: *seconds(due.Add(d))}
	}
}

// again applies the step that is next, and goes on from there.
func again(f *publish.Facts) { f.Post.Status = publish.Apply(*f, publish.Next(*f)) }

func TestCrisisHolds(t *testing.T) {
	for name, test := range map[string]struct {
		facts  publish.Facts
		do     publish.Action
		reason string
	}{
		"not due":                           {facts(at(-time.Hour), inCrisis(0)), publish.Accept, "Scheduled"},
		"due":                               {facts(inCrisis(0)), publish.Hold, "Crisis"},
		"suspended as well":                 {facts(inCrisis(0), func(f *publish.Facts) { f.Post.Spec.Suspend = true }), publish.Hold, "Crisis"},
		"never too late":                    {facts(at(100*time.Hour), inCrisis(0)), publish.Hold, "Crisis"},
		"too late before":                   {facts(at(100*time.Hour), inCrisis(-50*time.Hour)), publish.Miss, "Missed"},
		"ends at this moment":               {facts(at(time.Hour), came(""), inCrisis(time.Hour), untilIn(time.Hour)), publish.Wait, ""},
		"returns in time":                   {facts(at(30*time.Second), came("")), publish.Begin, ""},
		"returns late":                      {facts(at(30*time.Minute), came("Skip")), publish.Return, "Returned"},
		"returns late, and goes":            {facts(at(30*time.Minute), came("Skip"), again), publish.Begin, ""},
		"returns too late":                  {facts(at(5*time.Hour), came("")), publish.Hold, "AwaitingReview"},
		"for review":                        {facts(at(5*time.Hour), came("Review")), publish.Hold, "AwaitingReview"},
		"waits for review as long":          {facts(at(5*time.Hour), came("Review"), again, at(500*time.Hour)), publish.Hold, "AwaitingReview"},
		"reviewed":                          {facts(at(5*time.Hour), came("Review"), again, at(50*time.Hour), releasedAt(50*time.Hour)), publish.Begin, ""},
		"reviewed long ago":                 {facts(at(5*time.Hour), came("Review"), again, at(50*time.Hour), releasedAt(20*time.Hour)), publish.Miss, "Missed"},
		"moved instead":                     {facts(at(5*time.Hour), came("Review"), again, spec(func(s *tribunev1alpha1.PostSpec) { s.PublishAt = seconds(due.Add(10 * time.Hour)) })), publish.Accept, "Scheduled"},
		"to be left out":                    {facts(at(5*time.Hour), came("Skip")), publish.Miss, "Missed"},
		"planned anew":                      {facts(at(5*time.Hour), came("Replan")), publish.Return, "Returned"},
		"planned anew, and goes":            {facts(at(5*time.Hour), came("Replan"), again), publish.Begin, ""},
		"planned anew, suspended meanwhile": {facts(at(5*time.Hour), came("Replan"), again, func(f *publish.Facts) { f.Post.Spec.Suspend = true; again(f) }), publish.Hold, "Suspended"},
		"planned anew, and too late":        {facts(at(5*time.Hour), came("Replan"), again, at(7*time.Hour)), publish.Miss, "Missed"},
		"a second Crisis":                   {facts(at(5*time.Hour), came("Replan"), again, inCrisis(0)), publish.Hold, "Crisis"},
	} {
		t.Run(name, func(t *testing.T) {
			step := publish.Next(test.facts)
			if step.Do != test.do || test.reason != "" && step.Reason != test.reason {
				t.Errorf("got %s %q (%s), want %s %q", step.Do, step.Reason, step.Message, test.do, test.reason)
			}
		})
	}
}

// A Post that waits in a Crisis costs one write, however often it is looked at; when the Crisis ends is said if it is known.
func TestCrisisWritesOnce(t *testing.T) {
	f := facts(inCrisis(0), untilIn(5*time.Hour))
	first := publish.Apply(f, publish.Next(f))
	if first.State != tribunev1alpha1.PostHeld || first.HeldUntil == nil || !first.HeldUntil.Time.Equal(due.Add(5*time.Hour)) {
		t.Errorf("held until %v", first.HeldUntil)
	}
	f.Post = f.Post.DeepCopy()
	f.Post.Status = first
	for _, d := range []time.Duration{time.Minute, 2 * time.Hour, 5 * time.Hour, 6 * time.Hour} {
		f.Now = due.Add(d)
		if diff := cmp.Diff(first, publish.Apply(f, publish.Next(f))); diff != "" {
			t.Errorf("a look after %s writes (-first +then):\n%s", d, diff)
		}
	}
}

// Each return has a time of its own.
func TestReturnedTwice(t *testing.T) {
	f := facts(at(5*time.Hour), came("Replan"), again, at(6*time.Hour))
	f.Post = f.Post.DeepCopy()
	inCrisis(0)(&f)
	again(&f)
	f.Crisis, f.Now = publish.Crisis{Missed: tribunev1alpha1.MissedReplan}, due.Add(20*time.Hour)
	again(&f)
	c := meta.FindStatusCondition(f.Post.Status.Conditions, tribunev1alpha1.ConditionReturned)
	if c == nil || !c.LastTransitionTime.Time.Equal(due.Add(20*time.Hour)) {
		t.Errorf("returned %+v", c)
	}
}
