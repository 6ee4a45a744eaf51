package integration

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/local"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

func (w *world) drafts() []wire.Draft {
	w.t.Helper()
	var list wire.Drafts
	w.get("/api/v1/"+w.namespace+"/square/drafts", &list)
	return list.Drafts
}

// On a two-phase network a published Post costs its making and four writes, and leaves no draft; what a lost answer left of it is
// removed.
func TestTwoPhases(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	w.network.local.SetFaults(local.Faults{TwoPhase: true})
	var r writes
	w.manager = w.run(r.watch)
	w.mustApply(square)
	w.is("channel", "square", "Ready", "True", "SignedIn")
	if once := w.channel("square").Status.Once; once != "TwoPhase" {
		t.Fatalf("once is %s", once)
	}
	w.hasEvent("SignedIn", "SocialChannel/square")
	r.taken()
	w.mustApply(manifest("hello", in(2*time.Second), "Hello"))
	w.reaches("hello", "Published", "")
	w.hasEvent("Published", "Post/hello")
	status := "PATCH posts/hello/status"
	if diff := cmp.Diff([]string{status, status, status, status, "POST events"}, r.taken()); diff != "" {
		t.Errorf("published: %s", diff)
	}
	w.network.local.SetFaults(local.Faults{TwoPhase: true, LoseAnswer: local.Chance{Every: 7}, ErrorAfter: local.Chance{Every: 5}})
	names := []string{"a", "b", "c", "d", "e", "f"}
	for _, name := range names {
		w.mustApply(manifest(name, in(time.Second), "This is "+name))
	}
	for _, name := range names {
		w.reaches(name, "Published", "")
	}
	if n := len(w.texts("square")); n != 1+len(names) {
		t.Errorf("%d on the network: %q", n, w.texts("square"))
	}
	if left := w.drafts(); len(left) > 0 {
		t.Errorf("left on the network: %v", left)
	}
}

// Drafts whose answers are lost are removed before another is made, and none of them is ever public.
func TestLostDraftsAreRemoved(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	w.network.local.SetFaults(local.Faults{TwoPhase: true})
	w.manager = w.run()
	w.mustApply(square)
	w.is("channel", "square", "Ready", "True", "SignedIn")
	w.network.local.SetFaults(local.Faults{TwoPhase: true, LoseAnswer: local.Always})
	w.mustApply(manifest("hello", in(time.Second), "Hello"))
	w.eventually("a draft", func() string {
		if len(w.drafts()) == 0 {
			return "there is none"
		}
		return ""
	})
	w.patchPost("hello", `{"spec":{"content":{"text":"Changed"}}}`)
	w.network.local.SetFaults(local.Faults{TwoPhase: true})
	w.reaches("hello", "Published", "")
	if diff := cmp.Diff([]string{"Changed"}, w.texts("square")); diff != "" || len(w.drafts()) > 0 {
		t.Errorf("%s; hidden %v", diff, w.drafts())
	}
}
