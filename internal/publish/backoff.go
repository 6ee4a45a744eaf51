package publish

import (
	"errors"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

const (
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute
	// ownRetry is the longest wait where nobody but ourselves was asked: an API server or a ledger that hesitates must not make a
	// Post minutes late.
	ownRetry = 4 * time.Second
)

// retryAfter is how long to wait after the attempt-th failure: what the network asked for, else doubling from a second.
func retryAfter(err error, attempt int32) time.Duration {
	var e *network.Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		return e.RetryAfter
	}
	wait := firstRetry
	for range min(max(attempt-1, 0), 16) {
		wait *= 2
	}
	if e != nil && (e.Reason == tribunev1alpha1.ReasonGateUnavailable || e.Reason == tribunev1alpha1.ReasonLedgerUnavailable) {
		return min(wait, ownRetry)
	}
	return min(wait, lastRetry)
}

// CallBudget divides the settle time: a body that has not begun by begin is taken back, a call is broken off after call,
// and the rest is left to a network that stores late. Where a key lasts there is nothing to be divided: whoever repeats a call that
// came late sends the same key, and a machine that is slow must not take back call after call.
func CallBudget(settle time.Duration, once network.Once) (begin, call time.Duration) {
	if once == network.OnceDurableKey {
		return MaxCall / 2, MaxCall
	}
	return min(settle/6, MaxCall/2), min(settle/3, MaxCall)
}
