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
