package publish

import (
	"errors"
	"fmt"
	"testing"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

func TestRetryAfter(t *testing.T) {
	ours := &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonGateUnavailable}
	for _, c := range []struct {
		err     error
		attempt int32
		want    time.Duration
	}{
		{errors.New("x"), 0, time.Second},
		{errors.New("x"), 1, time.Second},
		{errors.New("x"), 4, 8 * time.Second},
		{errors.New("x"), 40, 5 * time.Minute},
		{&network.Error{Kind: network.RateLimited, RetryAfter: time.Hour}, 1, time.Hour},
		{ours, 1, time.Second},
		{ours, 40, 4 * time.Second},
		{fmt.Errorf("post: %w", &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonLedgerUnavailable}), 40, 4 * time.Second},
	} {
		if got := retryAfter(c.err, c.attempt); got != c.want {
			t.Errorf("%v after %d attempts: %s, want %s", c.err, c.attempt, got, c.want)
		}
	}
}

// An attempt that nobody told the outcome of makes no later wait longer: twelve kills are no twelve failures of the network.
func TestAbandonedAttemptsDoNotCount(t *testing.T) {
	f := Facts{Now: time.Unix(1_800_000_000, 0), Post: &tribunev1alpha1.Post{}}
	for range 12 {
		f.Post.Status = Intend(f, Intent{Attempt: "x", Key: "k", Hashes: []string{"h"}})
	}
	if n := f.Post.Status.Attempts; n != 1 {
		t.Errorf("%d attempts after take-overs", n)
	}
	for range 12 {
		f.Post.Status = Apply(f, Step{Do: TakeBack})
		f.Post.Status = Intend(f, Intent{Attempt: "x", Key: "k", Hashes: []string{"h"}})
	}
	if n := f.Post.Status.Attempts; n != 1 {
		t.Errorf("%d attempts after they were taken back", n)
	}
	// One that the network answered with nothing that says whether it was stored does count.
	for range 3 {
		f.Post.Status.Segments[0].State = tribunev1alpha1.SegmentUnknown
		f.Post.Status = Apply(f, Step{Do: TakeBack})
		f.Post.Status = Intend(f, Intent{Attempt: "x", Key: "k", Hashes: []string{"h"}})
	}
	if n := f.Post.Status.Attempts; n != 4 {
		t.Errorf("%d attempts after three without an answer", n)
	}
}
