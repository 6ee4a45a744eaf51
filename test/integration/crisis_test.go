package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// crisis makes one; spec is written in YAML's flow style.
func (w *world) crisis(name, spec string) {
	w.t.Helper()
	if err := w.apply(fmt.Sprintf("kind: Crisis\nmetadata: {name: %s}\nspec: {%s}\n", name, spec)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) theCrisis(name string) *tribunev1alpha1.Crisis {
	w.t.Helper()
	c := &tribunev1alpha1.Crisis{}
	if err := w.k8s.Get(w.ctx, w.key(name), c); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// crisisSays waits until a Crisis is in a state and says a condition about its present spec.
func (w *world) crisisSays(name string, state tribunev1alpha1.CrisisState, conditionType, status, reason string) *tribunev1alpha1.Crisis {
	w.t.Helper()
	c := &tribunev1alpha1.Crisis{}
	w.eventually(fmt.Sprintf("Crisis %s %s %s=%s %s", name, state, conditionType, status, reason), func() string {
		if err := w.k8s.Get(w.ctx, w.key(name), c); err != nil {
			return err.Error()
		}
		is := condition(c.Status.Conditions, conditionType)
		if c.Status.State != state || string(is.Status) != status || reason != "" && is.Reason != reason || c.Status.ObservedGeneration != c.Generation {
			return asJSON(c.Status)
		}
		return ""
	})
	return c
}

func (w *world) patchCrisis(name, patch string) {
	w.t.Helper()
	w.patch(&tribunev1alpha1.Crisis{}, name, patch)
}

const standDown = `{"spec":{"standDown":{"state":"Requested","by":"ana"}}}`

func events(c *tribunev1alpha1.Crisis) string {
	var names []string
	for _, e := range c.Status.Timeline {
		names = append(names, e.Event)
	}
	return strings.Join(names, " ")
}

// A Crisis holds what falls due; after its end one Post returns, then the rest.
func TestCrisis(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + "\nkind: SocialChannel\nmetadata: {name: other}\nspec: {network: Local}\n---")
	w.is("channel", "square", "Ready", "True", "SignedIn")
	w.is("channel", "other", "Ready", "True", "SignedIn")
	w.crisis("pause", `reason: An accident, scope: {channelRefs: [{name: square}]}, resume: {watch: 3s}`)
	c := w.crisisSays("pause", tribunev1alpha1.CrisisOpen, "PostsHeld", "True", "Holding")
	if diff := cmp.Diff([]tribunev1alpha1.CrisisHold{{Channels: []string{"square"}}}, c.Status.Holds); diff != "" {
		t.Errorf("holds (-want +got):\n%s", diff)
	}
	w.hasEvent("Opened", "Crisis/pause: it holds channel square: An accident")
	for i := range 3 {
		w.mustApply(manifest(fmt.Sprintf("p%d", i), in(time.Duration(i-3)*time.Second), fmt.Sprint("Post ", i)))
	}
	w.mustApply(manifest("later", in(time.Hour), "x"))
	w.mustApply(manifestOn("other", "elsewhere", "x"))
	for i := range 3 {
		p := w.reaches(fmt.Sprintf("p%d", i), "Held", "Crisis")
		if m := condition(p.Status.Conditions, "Held").Message; m != "held by Crisis pause: An accident" {
			t.Errorf("the message is %q", m)
		}
	}
	w.reaches("elsewhere", "Published", "")
	if got := w.texts("square"); len(got) > 0 {
		t.Errorf("on the network: %q", got)
	}
	w.patchCrisis("pause", standDown)
	c = w.crisisSays("pause", tribunev1alpha1.CrisisResuming, "PostsHeld", "False", "Resuming")
	if diff := cmp.Diff([]string{"p0"}, c.Status.Resumed); diff != "" || c.Status.ResumeAt == nil {
		t.Errorf("what returns first, until %v (-want +got):\n%s", c.Status.ResumeAt, diff)
	}
	w.reaches("p0", "Published", "")
	w.reaches("p1", "Held", "Crisis")
	c = w.crisisSays("pause", tribunev1alpha1.CrisisClosed, "StoodDown", "True", "StoodDown")
	w.reaches("p1", "Published", "")
	w.reaches("p2", "Published", "")
	w.reaches("later", "Scheduled", "")
	if got, want := events(c), "Opened PostsHeld StandingDown Resuming Closed StoodDown"; got != want {
		t.Errorf("the timeline is %s, want %s", got, want)
	}
	w.delete(&tribunev1alpha1.Crisis{}, "pause")
	w.eventually("the Crisis to go", func() string {
		if err := w.k8s.Get(w.ctx, w.key("pause"), c); !apierrors.IsNotFound(err) {
			return fmt.Sprint(err, " ", c.Finalizers)
		}
		return ""
	})
}

// Posts whose time passed while they were held return as the Crisis says.
func TestCrisisMissed(t *testing.T) {
	t.Parallel()
	for missed, want := range map[string]struct {
		state  tribunev1alpha1.PostState
		reason string
	}{"Review": {"Held", "AwaitingReview"}, "Replan": {"Published", ""}, "Skip": {"Missed", "Missed"}} {
		t.Run(missed, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.mustApply(square)
			w.is("channel", "square", "Ready", "True", "SignedIn")
			w.crisis("pause", `reason: x, resume: {watch: 0s, missed: `+missed+`}`)
			w.crisisSays("pause", "Open", "PostsHeld", "True", "")
			w.mustApply(manifest("late", in(-time.Second), "Late", "startingDeadline: 1h") + manifest("in-time", in(-time.Second), "In time", "startingDeadline: 5h"))
			w.reaches("late", "Held", "Crisis")
			w.reaches("in-time", "Held", "Crisis")
			w.clock.forward(3 * time.Hour)
			w.pokePost("late")
			w.mustApply(manifest("marker", "", "x"))
			w.reaches("marker", "Held", "Crisis")
			w.reaches("late", "Held", "Crisis")
			w.patchCrisis("pause", standDown)
			w.crisisSays("pause", "Closed", "StoodDown", "True", "")
			w.reaches("in-time", "Published", "")
			p := w.reaches("late", want.state, want.reason)
			if missed != "Review" {
				return
			}
			release := fmt.Sprintf(`{"status":{"release":{"reason":"AwaitingReview","contentHash":%q,"by":"ana","at":%q}}}`,
				publish.DecisionHash(p), w.clock.Now().UTC().Format(time.RFC3339))
			if err := w.k8s.Status().Patch(w.ctx, p, client.RawPatch("application/merge-patch+json", []byte(release))); err != nil {
				t.Fatal(err)
			}
			w.reaches("late", "Published", "")
		})
	}
}

// Nothing lifts a hold but a person's word: not a deletion, whatever its propagation, not an owner that is gone, not an edit, not
// a label, not a restart.
func TestNothingLiftsAHold(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square)
	w.is("channel", "square", "Ready", "True", "SignedIn")
	w.patch(&tribunev1alpha1.SocialChannel{}, "square", `{"metadata":{"labels":{"team":"a"}}}`)
	w.crisis("pause", `reason: x, scope: {channelSelector: {matchLabels: {team: a}}}, resume: {watch: 0s}`)
	w.crisisSays("pause", "Open", "PostsHeld", "True", "")
	w.mustApply(manifest("p", "", "Held"))
	w.reaches("p", "Held", "Crisis")
	n := 0
	stands := func(what string) {
		t.Helper()
		n++
		name := fmt.Sprintf("marker-%d", n)
		w.mustApply(manifest(name, "", name))
		w.reaches(name, "Held", "Crisis")
		w.reaches("p", "Held", "Crisis")
		if got := w.texts("square"); len(got) > 0 {
			t.Fatalf("after %s, on the network: %q", what, got)
		}
	}
	w.patch(&tribunev1alpha1.SocialChannel{}, "square", `{"metadata":{"labels":{"team":"b"}}}`)
	stands("a change of the channel's labels")
	w.patchCrisis("pause", `{"spec":{"scope":{"channelSelector":null,"channelRefs":[{"name":"nowhere"}]}}}`)
	w.eventually("the edit in the timeline", func() string {
		if c := w.theCrisis("pause"); c.Status.ObservedGeneration != c.Generation || !strings.Contains(events(c), "Changed Widened") {
			return events(c)
		}
		return ""
	})
	stands("an edit of the scope")
	w.patchCrisis("pause", `{"spec":{"holdPosts":{"except":{"pillars":["*"],"campaigns":["*"]}}}}`)
	stands("an edit of what is held")
	w.patchCrisis("pause", `{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"gone","uid":"7d4cf1de-2f35-4e5c-8b4b-0c4bd5ab5b01"}]}}`)
	stands("an owner that is gone")
	for _, propagation := range []metav1.DeletionPropagation{metav1.DeletePropagationBackground, metav1.DeletePropagationForeground, metav1.DeletePropagationOrphan} {
		if err := w.k8s.Delete(w.ctx, w.theCrisis("pause"), client.PropagationPolicy(propagation)); err != nil {
			t.Fatal(err)
		}
		stands("a deletion, " + string(propagation))
	}
	if err := w.k8s.DeleteAllOf(w.ctx, &tribunev1alpha1.Crisis{}, client.InNamespace(w.namespace)); err != nil {
		t.Fatal(err)
	}
	stands("a deletion of all")
	w.crisisSays("pause", "Open", "Ready", "True", "DeletedButHolds")
	w.manager.stop()
	w.manager = w.run()
	stands("a restart")
	w.patchCrisis("pause", `{"metadata":{"finalizers":null}}`)
	w.eventually("a Crisis made again", func() string {
		c := &tribunev1alpha1.Crisis{}
		if err := w.k8s.Get(w.ctx, w.key("pause"), c); err != nil {
			return err.Error()
		}
		if !c.DeletionTimestamp.IsZero() || c.Status.State != "Open" {
			return asJSON(c.Status)
		}
		return ""
	})
	stands("its finalizer was taken away")
	w.hasEvent("Restored", "made again from the ledger, and holds channel nowhere, square")
	w.manager.stop()
	w.patchCrisis("pause", `{"metadata":{"finalizers":null}}`)
	w.delete(&tribunev1alpha1.Crisis{}, "pause")
	w.manager = w.run()
	stands("it was taken away while no manager ran")
	w.eventually("a Crisis made again", func() string {
		c := &tribunev1alpha1.Crisis{}
		if err := w.k8s.Get(w.ctx, w.key("pause"), c); err != nil {
			return err.Error()
		}
		return ""
	})
	w.patchCrisis("pause", standDown)
	w.crisisSays("pause", "Closed", "StoodDown", "True", "")
	w.reaches("p", "Published", "")
	for i := range n {
		w.reaches(fmt.Sprintf("marker-%d", i+1), "Published", "")
	}
	w.delete(&tribunev1alpha1.Crisis{}, "pause")
	w.manager.stop()
	w.manager = w.run()
	w.mustApply(manifest("after", "", "after"))
	w.reaches("after", "Published", "")
}

// A Crisis whose namespace ends goes at once.
func TestCrisisOfAnEndingNamespace(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.crisis("pause", `reason: x`)
	w.crisisSays("pause", "Open", "PostsHeld", "True", "")
	// Nothing here deletes what is in a namespace that ends, as a cluster's controllers do.
	if err := w.k8s.Delete(w.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}); err != nil {
		t.Fatal(err)
	}
	w.delete(&tribunev1alpha1.Crisis{}, "pause")
	w.eventually("the Crisis to go", func() string {
		if err := w.k8s.Get(w.ctx, w.key("pause"), &tribunev1alpha1.Crisis{}); !apierrors.IsNotFound(err) {
			return fmt.Sprint(err)
		}
		return ""
	})
}
