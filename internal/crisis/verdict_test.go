package crisis_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/crisis"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// open is a Crisis that holds channel a.
func open(name string, change ...func(*tribunev1alpha1.Crisis)) tribunev1alpha1.Crisis {
	c := tribunev1alpha1.Crisis{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: name, Generation: 1, CreationTimestamp: metav1.Time{Time: noon}}}
	c.Spec.Reason = "fire"
	c.Spec.Scope = &tribunev1alpha1.CrisisScope{ChannelRefs: refs("a")}
	c.Status = tribunev1alpha1.CrisisStatus{ObservedGeneration: 1, State: tribunev1alpha1.CrisisOpen, Holds: []tribunev1alpha1.CrisisHold{{Channels: []string{"a"}}}}
	for _, f := range change {
		f(&c)
	}
	return c
}

func in(state tribunev1alpha1.CrisisState) func(*tribunev1alpha1.Crisis) {
	return func(c *tribunev1alpha1.Crisis) { c.Status.State = state }
}

func until(d time.Duration) func(*tribunev1alpha1.Crisis) {
	return func(c *tribunev1alpha1.Crisis) { c.Spec.Until = &metav1.Time{Time: noon.Add(d)} }
}

func missed(m tribunev1alpha1.MissedPosts) func(*tribunev1alpha1.Crisis) {
	return func(c *tribunev1alpha1.Crisis) { c.Spec.Resume = &tribunev1alpha1.Resume{Missed: m} }
}

func edited(c *tribunev1alpha1.Crisis) { c.Generation++ }
func unseen(c *tribunev1alpha1.Crisis) {
	c.Status = tribunev1alpha1.CrisisStatus{ObservedGeneration: -1}
}
func deleted(c *tribunev1alpha1.Crisis)  { c.DeletionTimestamp = &metav1.Time{Time: noon} }
func returns(c *tribunev1alpha1.Crisis)  { c.Status.Resumed = []string{"p"} }
func elseThan(c *tribunev1alpha1.Crisis) { c.Status.Holds[0].Channels = []string{"z"} }

func TestCheck(t *testing.T) {
	for name, test := range map[string]struct {
		crises  []tribunev1alpha1.Crisis
		held    bool
		message string
		until   time.Duration
		missed  tribunev1alpha1.MissedPosts
	}{
		"none":                     {missed: "Review"},
		"open":                     {crises: []tribunev1alpha1.Crisis{open("x")}, held: true, message: "held by Crisis x: fire"},
		"of another channel":       {crises: []tribunev1alpha1.Crisis{open("x", elseThan)}},
		"no state yet":             {crises: []tribunev1alpha1.Crisis{open("x", elseThan, unseen)}, held: true, message: "held by Crisis x: fire"},
		"edited, not resolved":     {crises: []tribunev1alpha1.Crisis{open("x", elseThan, edited)}, held: true, message: "held by Crisis x: fire"},
		"being deleted":            {crises: []tribunev1alpha1.Crisis{open("x", deleted)}, held: true, message: "held by Crisis x: fire"},
		"standing down":            {crises: []tribunev1alpha1.Crisis{open("x", in("StandingDown"))}, held: true, message: "held by Crisis x: fire"},
		"resuming":                 {crises: []tribunev1alpha1.Crisis{open("x", in("Resuming"))}, held: true, message: "held by Crisis x: fire"},
		"resuming, and it returns": {crises: []tribunev1alpha1.Crisis{open("x", in("Resuming"), returns, missed("Replan"))}, missed: "Replan"},
		"closed":                   {crises: []tribunev1alpha1.Crisis{open("x", in("Closed"), missed("Skip"))}, missed: "Skip"},
		"closed and edited":        {crises: []tribunev1alpha1.Crisis{open("x", in("Closed"), edited)}},
		"by two":                   {crises: []tribunev1alpha1.Crisis{open("y"), open("x")}, held: true, message: "held by Crisis x: fire (and by 1 more)"},
		"until":                    {crises: []tribunev1alpha1.Crisis{open("x", until(time.Hour))}, held: true, message: "held by Crisis x: fire", until: time.Hour},
		"until the later":          {crises: []tribunev1alpha1.Crisis{open("x", until(time.Hour)), open("y", until(2*time.Hour))}, held: true, message: "held by Crisis x: fire (and by 1 more)", until: 2 * time.Hour},
		"until nobody knows":       {crises: []tribunev1alpha1.Crisis{open("x", until(time.Hour)), open("y")}, held: true, message: "held by Crisis x: fire (and by 1 more)"},
		"one closed, one open":     {crises: []tribunev1alpha1.Crisis{open("x", in("Closed")), open("y")}, held: true, message: "held by Crisis y: fire"},
		"the most careful word":    {crises: []tribunev1alpha1.Crisis{open("x", in("Closed"), missed("Replan")), open("y", in("Closed"), missed("Skip"))}, missed: "Skip"},
		"review is most careful":   {crises: []tribunev1alpha1.Crisis{open("x", in("Closed"), missed("Replan")), open("y", in("Closed"))}, missed: "Review"},
	} {
		t.Run(name, func(t *testing.T) {
			got := crisis.Check(test.crises, post("a", "", ""))
			want := crisis.Verdict{Held: test.held, Message: test.message, Missed: test.missed}
			if want.Missed == "" {
				want.Missed = "Review"
			}
			if test.held {
				want.Since = noon
			}
			if test.until > 0 {
				want.Until = noon.Add(test.until)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
