package local

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

var (
	_ network.ThreadLocker = (*Local)(nil)
	_ network.SlowModer    = (*Local)(nil)
)

// LockThread implements network.ThreadLocker. It holds for the whole thread that the post is part of.
func (l *Local) LockThread(ctx context.Context, t network.Target) (already bool, err error) {
	return l.onThread(ctx, t, request{method: http.MethodPut, path: "/lock"})
}

// UnlockThread implements network.ThreadLocker.
func (l *Local) UnlockThread(ctx context.Context, t network.Target) error {
	_, err := l.onThread(ctx, t, request{method: http.MethodDelete, path: "/lock"})
	return err
}

// SlowThread implements network.SlowModer.
func (l *Local) SlowThread(ctx context.Context, t network.Target, interval time.Duration) (already bool, err error) {
	return l.onThread(ctx, t, request{method: http.MethodPut, path: "/slow", input: wire.SlowThread{Interval: interval.String()}})
}

// EndSlowThread implements network.SlowModer.
func (l *Local) EndSlowThread(ctx context.Context, t network.Target) error {
	_, err := l.onThread(ctx, t, request{method: http.MethodDelete, path: "/slow"})
	return err
}

// onThread makes a call of the thread under a post of ours; the request's path is what is done to it.
func (l *Local) onThread(ctx context.Context, t network.Target, r request) (already bool, err error) {
	if t.Post == "" || strings.Trim(t.Post, "0123456789") != "" {
		return false, invalid("InvalidReference", "the reference %q is no id of a post here", network.Quote(t.Post))
	}
	var thread wire.Thread
	r.path, r.out = "/posts/"+t.Post+r.path, &thread
	_, err = l.api.call(ctx, r)
	switch {
	case refused(err, wire.CodeNotFound, wire.CodeDeleted):
		return false, nil
	case err != nil:
		return false, toError(err)
	case thread.ID == "":
		return false, notUnderstood(network.Ambiguous, "the answer names no thread")
	}
	return thread.Existing, nil
}
