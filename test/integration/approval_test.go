package integration

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A Post that needs approval waits for it, and an edit voids what was said. No admission policies are installed here, and the
// status says so.
func TestPostWaitsForApproval(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + manifest("waits", in(time.Second), "First words", "approval: {required: 1}") +
		manifest("later", in(time.Hour), "Later", "approval: {required: 1}") + manifest("refused", in(5*time.Second), "Never"))
	w.tribune("post", "reject", "refused", "--yes", "--note", "not today")
	w.approvedIs("later", "False", "AwaitingApproval")
	w.reaches("waits", "Held", "AwaitingApproval")
	w.tribune("post", "approve", "later", "--yes")
	w.approvedIs("later", "True", "Unverified")
	w.patchPost("later", `{"spec": {"content": {"text": "Later, and other"}}}`)
	w.approvedIs("later", "False", "AwaitingApproval")

	w.patchPost("waits", `{"spec": {"content": {"text": "Second words"}}}`)
	w.tribune("post", "approve", "waits", "--yes")
	p := w.reaches("waits", "Published", "Published")
	if c := condition(p.Status.Conditions, "Approved"); c.Status != "True" {
		t.Errorf("it went out with Approved %+v", c)
	}
	w.reaches("refused", "Held", "Rejected")
	w.approvedIs("refused", "False", "Rejected")
	if diff := cmp.Diff([]string{"Second words"}, w.texts("square")); diff != "" {
		t.Error(diff)
	}
}

func (w *world) approvedIs(name, status, reason string) {
	w.t.Helper()
	w.eventually("Post "+name+" Approved="+status+" "+reason, func() string {
		p := w.post(name)
		c := condition(p.Status.Conditions, "Approved")
		if string(c.Status) != status || c.Reason != reason || p.Status.ObservedGeneration != p.Generation {
			return "it is " + string(c.Status) + " " + c.Reason + ": " + c.Message
		}
		return ""
	})
}
