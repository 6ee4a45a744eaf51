package integration

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/publish"
)

const finalizer = "tribune.dev/unpublish"

// stands waits until InSync of a Post says a reason, and nothing is left to be seen of its spec.
func (w *world) stands(name, status, reason string) *tribunev1alpha1.Post {
	w.t.Helper()
	var p *tribunev1alpha1.Post
	w.eventually("Post "+name+" InSync="+status+" "+reason, func() string {
		p = w.post(name)
		c := condition(p.Status.Conditions, "InSync")
		if string(c.Status) != status || c.Reason != reason || p.Status.ObservedGeneration != p.Generation {
			return "it is " + string(c.Status) + " " + c.Reason + ": " + c.Message
		}
		return ""
	})
	return p
}

// vanishes waits until there is no such Post any more.
func (w *world) vanishes(name string) {
	w.t.Helper()
	w.eventually("Post "+name+" to be gone", func() string {
		err := w.k8s.Get(w.ctx, w.key(name), &tribunev1alpha1.Post{})
		if apierrors.IsNotFound(err) {
			return ""
		}
		return "it is there"
	})
}

// behind does something on the network that nobody tells us of.
func (w *world) behind(method, channel, id string, body any) {
	w.t.Helper()
	w.onNetwork(method, channel, "posts/"+id, body, nil)
}

func TestUnpublish(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + manifest("out", "", "Out") + manifest("waiting", in(time.Hour), "Waiting") + `
kind: Post
metadata: {name: thread}
spec: {channelRef: {name: square}, content: {text: One, thread: [{text: Two}, {text: Three}]}}
---
kind: Crisis
metadata: {name: quiet}
spec: {scope: {channelRefs: [{name: elsewhere}]}}`)
	w.reaches("out", "Published", "")
	w.reaches("thread", "Published", "")
	w.reaches("waiting", "Scheduled", "")
	w.mustApply("kind: Crisis\nmetadata: {name: all}\nspec: {reason: test}") // taking off is no sending
	for _, name := range []string{"out", "waiting", "thread"} {
		w.patchPost(name, `{"spec":{"unpublished":true}}`)
	}
	for _, name := range []string{"out", "waiting", "thread"} {
		w.reaches(name, "Deleted", "Unpublished")
	}
	if texts := w.texts("square"); len(texts) != 0 {
		t.Errorf("still there: %q", texts)
	}
	w.hasEvent("Unpublished", "Post/out: taken off the network")
	w.patchPost("out", `{"spec":{"unpublished":false}}`)
	w.hasEvent("Frozen", "Post/out")
	w.reaches("out", "Deleted", "Unpublished")
	// Made anew under its name it is the same publication.
	w.delete(&tribunev1alpha1.Post{}, "out")
	w.vanishes("out")
	w.mustApply(manifest("out", "", "Out"))
	p := w.reaches("out", "Failed", "DeletedOnNetwork")
	if m := condition(p.Status.Conditions, "Ready").Message; !strings.Contains(m, "edition: 2") {
		t.Error(m)
	}
	if n := w.calls("square"); n != 4 {
		t.Errorf("%d posts were sent, want 4", n)
	}
}

func TestDeletionPolicy(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + manifest("retained", "", "Retained") + manifest("deleted", "", "Deleted", "deletionPolicy: Delete") +
		manifest("waiting", in(time.Hour), "Waiting", "deletionPolicy: Delete") + `
kind: ContentCalendar
metadata: {name: team}
spec:
  channelRefs: [{name: square}]
  deletionPolicy: Delete
  entries:
  - {name: kept, at: "` + in(2*time.Second) + `", content: {text: Kept}}
  - {name: dropped, at: "` + in(2*time.Second) + `", content: {text: Dropped}}`)
	for _, name := range []string{"retained", "deleted"} {
		w.reaches(name, "Published", "")
	}
	w.reaches("waiting", "Scheduled", "")
	if f := w.post("deleted").Finalizers; !cmp.Equal(f, []string{finalizer}) {
		t.Errorf("finalizers of the one that is to be taken off: %v", f)
	}
	if f := w.post("retained").Finalizers; len(f) != 0 {
		t.Errorf("finalizers of the one that stays: %v", f)
	}
	for _, name := range []string{"retained", "deleted", "waiting"} {
		w.delete(&tribunev1alpha1.Post{}, name)
	}
	for _, name := range []string{"retained", "deleted", "waiting"} {
		w.vanishes(name)
	}
	w.entryReaches("kept", "Published")
	dropped := w.entryReaches("dropped", "Published").Name
	kept := w.of("kept").Name
	w.patch(&tribunev1alpha1.ContentCalendar{}, "team", `{"spec":{"entries":[{"name":"kept","at":"`+w.post(kept).Spec.PublishAt.UTC().Format(time.RFC3339)+`","content":{"text":"Kept"}}]}}`)
	w.vanishes(dropped)
	texts := w.texts("square")
	if diff := cmp.Diff([]string{"Kept", "Retained"}, slices.Sorted(slices.Values(texts))); diff != "" {
		t.Error(diff)
	}
	// The calendar itself takes nothing along.
	w.delete(&tribunev1alpha1.ContentCalendar{}, "team")
	w.eventually("the calendar to be gone", func() string {
		if err := w.k8s.Get(w.ctx, w.key("team"), &tribunev1alpha1.ContentCalendar{}); apierrors.IsNotFound(err) {
			return ""
		}
		return "it is there"
	})
	// A Post whose channel is gone is let go.
	w.mustApply(manifest("stranded", "", "Stranded", "deletionPolicy: Delete"))
	w.reaches("stranded", "Published", "")
	w.delete(&tribunev1alpha1.SocialChannel{}, "square")
	w.eventually("the channel to be gone", func() string {
		if err := w.k8s.Get(w.ctx, w.key("square"), &tribunev1alpha1.SocialChannel{}); apierrors.IsNotFound(err) {
			return ""
		}
		return "it is there"
	})
	w.delete(&tribunev1alpha1.Post{}, "stranded")
	w.vanishes("stranded")
	w.hasEvent("Unpublished", "stays on the network: its channel is gone")
	if diff := cmp.Diff([]string{"Kept", "Retained", "Stranded"}, slices.Sorted(slices.Values(w.texts("square")))); diff != "" {
		t.Error(diff)
	}
	if w.post(kept).Status.State != "Published" {
		t.Error("the calendar took its Post along")
	}
}

// What could not be taken off is tried again, by the next manager as well, and nothing of a namespace that ends is taken off.
func TestRemovalOutlivesOutages(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + manifest("out", "", "Out") + manifest("deleted", "", "Deleted", "deletionPolicy: Delete") +
		manifest("changed", "", "Changd") + manifest("cascade", "", "Cascade", "deletionPolicy: Delete"))
	for _, name := range []string{"out", "deleted", "changed", "cascade"} {
		w.reaches(name, "Published", "")
	}
	w.network.down()
	w.patchPost("out", `{"spec":{"unpublished":true}}`)
	w.patchPost("changed", `{"spec":{"content":{"text":"Changed"}}}`)
	w.delete(&tribunev1alpha1.Post{}, "deleted")
	w.eventually("a try that fails", func() string {
		if c := condition(w.post("out").Status.Conditions, "InSync"); c.Reason == "Unpublished" {
			return ""
		}
		return asJSON(w.post("out").Status.Conditions)
	})
	if p := w.post("deleted"); p.DeletionTimestamp.IsZero() || len(p.Finalizers) != 1 {
		t.Errorf("let go: %s", asJSON(p.ObjectMeta))
	}
	w.manager.stop()
	w.network.up()
	w.manager = w.run()
	w.reaches("out", "Deleted", "Unpublished")
	w.vanishes("deleted")
	w.stands("changed", "True", "Edited")
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}
	if err := w.k8s.Delete(w.ctx, ns); err != nil { // no controller empties it here
		t.Fatal(err)
	}
	w.delete(&tribunev1alpha1.Post{}, "cascade")
	w.vanishes("cascade")
	if diff := cmp.Diff([]string{"Cascade", "Changed"}, slices.Sorted(slices.Values(w.texts("square")))); diff != "" {
		t.Error(diff)
	}
}

func TestEditAfterPublishing(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + manifest("hello", "", "Helo") + manifest("ignored", "", "Ignored", "onEdit: Ignore") + `
kind: ContentCalendar
metadata: {name: team}
spec:
  channelRefs: [{name: square}]
  entries:
  - {name: once, at: "` + in(2*time.Second) + `", content: {text: Oncce}}`)
	w.reaches("hello", "Published", "")
	w.reaches("ignored", "Published", "")
	w.patchPost("hello", `{"spec":{"content":{"text":"Hello"}}}`)
	p := w.stands("hello", "True", "Edited")
	if p.Status.State != "Published" || condition(p.Status.Conditions, "Ready").Status != metav1.ConditionTrue {
		t.Errorf("it is %s", asJSON(p.Status))
	}
	w.hasEvent("Edited", "Post/hello")
	w.patchPost("ignored", `{"spec":{"content":{"text":"Changed"}}}`)
	w.stands("ignored", "False", "EditNotSupported")
	w.patchPost("ignored", `{"spec":{"content":{"text":"Ignored"}}}`)
	w.stands("ignored", "True", "InSync")
	w.patchPost("hello", `{"spec":{"content":{"thread":[{"text":"More"}]}}}`)
	w.stands("hello", "False", "EditNotSupported")
	w.patchPost("hello", `{"spec":{"content":{"thread":null}}}`)
	w.stands("hello", "True", "InSync")
	// A time that is changed has no effect.
	w.patchPost("hello", `{"spec":{"publishAt":"2020-01-01T00:00:00Z"}}`)
	w.hasEvent("Frozen", "Post/hello")

	// An entry that goes out once is edited with its Post.
	once := w.entryReaches("once", "Published")
	w.patch(&tribunev1alpha1.ContentCalendar{}, "team", `{"spec":{"entries":[{"name":"once","at":"`+once.Spec.PublishAt.UTC().Format(time.RFC3339)+`","content":{"text":"Once"}}]}}`)
	w.stands(once.Name, "True", "Edited")

	// An edit is a send: it waits for approval, and a Crisis holds it.
	w.patchPost("ignored", `{"spec":{"onEdit":"Update","approval":{"required":1},"content":{"text":"Approved"}}}`)
	w.stands("ignored", "False", "AwaitingApproval")
	w.crisis("all", "reason: test, resume: {watch: 0s}")
	w.patchPost("hello", `{"spec":{"content":{"text":"Hello, all"}}}`)
	w.stands("hello", "False", "Crisis")
	if diff := cmp.Diff([]string{"Hello", "Ignored", "Once"}, slices.Sorted(slices.Values(w.texts("square")))); diff != "" {
		t.Error(diff)
	}
	w.patchCrisis("all", standDown)
	w.eventually("the Crisis to end", func() string {
		c := &tribunev1alpha1.Crisis{}
		if err := w.k8s.Get(w.ctx, w.key("all"), c); err != nil || c.Status.State == tribunev1alpha1.CrisisClosed {
			return ""
		}
		return "it is " + string(c.Status.State)
	})
	w.pokePost("hello")
	w.stands("hello", "True", "Edited")
	p = w.post("ignored")
	p.Status.Approvals = []tribunev1alpha1.PostApproval{{By: "ana", Decision: tribunev1alpha1.DecisionApproved,
		ContentHash: publish.DecisionHash(p), At: metav1.Now()}}
	if err := w.k8s.Status().Update(w.ctx, p); err != nil {
		t.Fatal(err)
	}
	w.stands("ignored", "True", "Edited")
	if diff := cmp.Diff([]string{"Approved", "Hello, all", "Once"}, slices.Sorted(slices.Values(w.texts("square")))); diff != "" {
		t.Error(diff)
	}
}

func TestDriftAndMetrics(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + manifest("hello", "", "Hello") + manifest("removed", "", "Removed"))
	w.reaches("hello", "Published", "")
	id := w.reaches("removed", "Published", "").Status.Segments[0].ID
	hello := w.post("hello").Status.Segments[0].ID
	w.clock.forward(6 * time.Minute)
	w.pokePost("hello")
	p := w.stands("hello", "True", "InSync")
	if m := p.Status.Metrics; m == nil || m.Reactions == nil || *m.Reactions != 0 || m.ObservedAt == nil {
		t.Errorf("metrics are %s", asJSON(m))
	}
	version := p.ResourceVersion
	w.behind(http.MethodDelete, "square", id, nil)
	w.behind(http.MethodPut, "square", hello, wire.EditPost{Text: "Hacked"})
	w.clock.forward(12 * time.Minute)
	w.pokePost("hello")
	w.pokePost("removed")
	w.stands("removed", "False", "RemovedOnNetwork")
	w.stands("hello", "False", "ChangedOnNetwork")
	w.hasEvent("RemovedOnNetwork", "Post/removed: somebody removed it")
	if version == w.post("hello").ResourceVersion {
		t.Error("nothing was written")
	}
	w.behind(http.MethodPut, "square", hello, wire.EditPost{Text: "Hello"})
	w.clock.forward(time.Hour)
	w.pokePost("hello")
	w.stands("hello", "True", "InSync")
	samples, err := w.manager.ledger.SamplesOf(w.ctx, w.namespace, "hello", 1)
	if err != nil || len(samples) != 3 || samples[0].SeenHash == samples[1].SeenHash || samples[0].SeenHash != samples[2].SeenHash {
		t.Errorf("samples are %s, %v", asJSON(samples), err)
	}
	if n := w.calls("square"); n != 2 {
		t.Errorf("%d posts were sent, want 2: what was removed is not published again", n)
	}
}
