package post

import (
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// Whoever lost an attempt to another process has not been refused by the network: it looks again within seconds, however often it was
// tried before.
func TestWhoeverLostTheAttemptLooksAgainSoon(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	conflict := apierrors.NewConflict(tribunev1alpha1.GroupVersion.WithResource("posts").GroupResource(), "launch", errors.New("the attempt is another one"))
	for name, err := range map[string]error{"in the status": orLost(conflict), "in the ledger": errOvertaken} {
		post := &tribunev1alpha1.Post{Spec: tribunev1alpha1.PostSpec{PublishAt: &metav1.Time{Time: now}}}
		post.Status.State, post.Status.Attempts = tribunev1alpha1.PostPublishing, 12
		post.Status.Segments = []tribunev1alpha1.PostSegment{{State: tribunev1alpha1.SegmentSending, Attempt: "A", StartedAt: &metav1.MicroTime{Time: now}}}
		st, ok := publish.Conclude(publish.Facts{Now: now, Post: post}, publish.Outcome{Attempt: "A", Err: hidden(err)})
		if !ok || st.NextAttemptAt == nil || st.NextAttemptAt.Sub(now) > 5*time.Second {
			t.Errorf("%s: the next attempt is at %v, want within seconds of %v", name, st.NextAttemptAt, now)
		}
	}
	if other := errors.New("no API server"); !errors.Is(orLost(other), other) {
		t.Error("another error was taken for a lost attempt")
	}
}
