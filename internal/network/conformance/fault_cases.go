package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

var faultCases = []testCase{
	{"AnswerLost", answerLost},
	{"StoredAfterTheClientLeft", storedLate},
	{"NeverStored", neverStored},
	{"AnswerCut", spoilt(func(x *exchange) { x.cut(x.forward()) })},
	{"ConnectionClosedAfterStoring", after(func(x *exchange) { x.forward(); x.drop() })},
	{"Error500AfterStoring", after(func(x *exchange) {
		x.forward()
		x.answer(500, "application/json", `{"error":"InternalServerError","message":"Internal Server Error"}`)
	})},
	{"Error503AfterStoring", after(func(x *exchange) {
		x.forward()
		x.answer(503, "text/html", "<html><body>Service Unavailable</body></html>")
	})},
	{"Error500BeforeStoring", notStored(func(x *exchange) {
		x.answer(500, "application/json", `{"error":"InternalServerError","message":"Internal Server Error"}`)
	})},
	{"ConnectionClosedBeforeStoring", notStored(func(x *exchange) { x.drop() })},
	{"ReusedConnectionClosed", reusedConnectionClosed},
	{"HugeAnswer", spoilt(func(x *exchange) { x.forward(); x.huge() })},
	{"AnswerIsHTML", spoilt(func(x *exchange) {
		x.forward()
		x.answer(200, "text/html", "<!DOCTYPE html><title>Just a moment...</title>")
	})},
	{"AnswerIsEmpty", malformed("")},
	{"AnswerIsEmptyObject", malformed("{}")},
	{"AnswerIsNull", malformed("null")},
	{"AnswerIsArray", malformed("[]")},
	{"AnswerIsHalf", malformed(`{"uri":"at://`)},
	{"AnswerHasOtherTypes", malformed(`{"uri":1,"cid":[],"id":{},"key":false}`)},
	{"RateLimited", rateLimited},
	{"TokenRefusedOnce", tokenRefusedOnce},
	{"ConnectionRefused", connectionRefused},
	{"Redirected", redirected},
}

// answerLost: the server stored it, the client waits in vain and gives up.
func answerLost(t *testing.T, w *world) {
	p := w.publication("lost", "The answer is lost")
	cursor := w.cursor(t)
	ctx, cancel := contextWithCancel(t)
	w.proxy.arm(w.IsPublish, 1, func(x *exchange) {
		x.forward()
		cancel()
		x.gone()
	})
	_, err := w.net.Publish(ctx, p)
	w.wantError(t, err, network.Ambiguous)
	w.mustBeThere(t, p, cursor)
}

// storedLate: the client gave up and tries again while its first request is still on the way.
func storedLate(t *testing.T, w *world) {
	w.needsDurableKey(t)
	p := w.publication("late", "Stored late")
	ctx, cancel := contextWithCancel(t)
	stored := make(chan struct{})
	w.proxy.arm(w.IsPublish, 1, func(x *exchange) {
		defer close(stored)
		cancel()
		x.gone()
		x.forward()
	})
	_, err := w.net.Publish(ctx, p)
	w.wantError(t, err, network.Ambiguous)
	again := w.mustPublish(t, p)
	<-stored
	if e := w.once(t, p.Text); again.ID != e.ID {
		t.Errorf("the repeated call says %q, the network has %q", again.ID, e.ID)
	}
}

// neverStored: the client gave up while the server had not yet looked at the request, and never will.
func neverStored(t *testing.T, w *world) {
	p := w.publication("vanished", "Vanished on the way")
	cursor := w.cursor(t)
	ctx, cancel := contextWithCancel(t)
	w.proxy.arm(w.IsPublish, 1, func(x *exchange) { cancel(); x.gone() })
	_, err := w.net.Publish(ctx, p)
	w.wantError(t, err, network.Ambiguous)
	w.mustBeMade(t, p, cursor)
}

// after is a fault that comes once the server has stored the publication.
func after(f fault) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		p := w.publication("after", "Stored before it went wrong")
		cursor := w.cursor(t)
		w.proxy.arm(w.IsPublish, 1, f)
		_, err := w.net.Publish(w.context(t), p)
		w.wantError(t, err, network.Ambiguous)
		w.mustBeThere(t, p, cursor)
	}
}

// spoilt is an answer that says yes by its status and makes no sense otherwise.
func spoilt(f fault) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		if !w.Receiver {
			after(f)(t, w)
			return
		}
		p := w.publication("spoilt", "Taken, with an answer that makes no sense")
		w.proxy.arm(w.IsPublish, 1, f)
		w.mustPublish(t, p)
		w.mustBeThere(t, p, "")
	}
}

func malformed(body string) func(t *testing.T, w *world) {
	return spoilt(func(x *exchange) { x.forward(); x.answer(200, "application/json", body) })
}

// notStored is a fault that comes before the server has seen the request; the client cannot know.
func notStored(f fault) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		p := w.publication("before", "Went wrong before it was stored")
		cursor := w.cursor(t)
		w.proxy.arm(w.IsPublish, 1, f)
		_, err := w.net.Publish(w.context(t), p)
		w.wantError(t, err, network.Ambiguous)
		w.mustBeMade(t, p, cursor)
	}
}

// mustBeThere demands that the publication is stored, and that its doubtful attempt ends in one record.
func (w *world) mustBeThere(t *testing.T, p network.Publication, cursor string) {
	t.Helper()
	if n := w.proxy.requests(w.IsPublish); n != 1 {
		t.Errorf("%d requests: a write was repeated behind the caller's back", n)
	}
	e := w.once(t, p.Text)
	for _, n := range []network.Network{w.net, w.connect(t)} {
		r := w.recover(t, n, p, cursor)
		if r.ID != e.ID || !r.Existing && !w.Receiver {
			t.Errorf("got %+v, want the existing %q", r, e.ID)
		}
	}
	w.once(t, p.Text)
}

// mustBeMade demands that the publication is not stored, and that it can still be made.
func (w *world) mustBeMade(t *testing.T, p network.Publication, cursor string) {
	t.Helper()
	if n := w.proxy.requests(w.IsPublish); n != 1 {
		t.Errorf("%d requests: a write was repeated behind the caller's back", n)
	}
	w.untouched(t)
	if _, ok := w.net.(network.Finder); ok {
		if found := w.find(t, p, cursor); found != nil {
			t.Errorf("found what is not there: %+v", found)
		}
	}
	r := w.recover(t, w.net, p, cursor)
	if e := w.once(t, p.Text); r.ID != e.ID || r.Existing {
		t.Errorf("got %+v, want the new %q", r, e.ID)
	}
}

// reusedConnectionClosed: net/http by itself would send the request a second time.
func reusedConnectionClosed(t *testing.T, w *world) {
	w.mustPublish(t, w.publication("warm", "Warming the connection"))
	p := w.publication("reused", "On a reused connection")
	cursor := w.cursor(t)
	var reused atomic.Bool
	w.proxy.arm(w.IsPublish, 1, func(x *exchange) { reused.Store(x.reused); x.drop() })
	_, err := w.net.Publish(w.context(t), p)
	w.wantError(t, err, network.Ambiguous)
	if !reused.Load() {
		t.Fatal("the connection was not reused, so nothing was tried")
	}
	if n := w.proxy.requests(w.IsPublish); n != 2 {
		t.Errorf("%d requests: a write was repeated behind the caller's back", n)
	}
	if n := len(w.created(t, p.Text)); n != 0 {
		t.Errorf("%d records, want none", n)
	}
	w.recover(t, w.net, p, cursor)
	w.once(t, p.Text)
}

func rateLimited(t *testing.T, w *world) {
	p := w.publication("limited", "Too fast")
	w.proxy.arm(w.IsPublish, 1, func(x *exchange) {
		x.w.Header().Set("Retry-After", "7")
		x.answer(http.StatusTooManyRequests, "application/json", `{"error":"RateLimitExceeded","message":"Rate Limit Exceeded"}`)
	})
	_, err := w.net.Publish(w.context(t), p)
	e := w.wantError(t, err, network.RateLimited)
	if e.RetryAfter != 7*time.Second {
		t.Errorf("RetryAfter %s, want 7s", e.RetryAfter)
	}
	if n := w.proxy.requests(w.IsPublish); n != 1 {
		t.Errorf("%d requests: a write was repeated behind the caller's back", n)
	}
	w.untouched(t)
	w.mustPublish(t, p)
	w.once(t, p.Text)
}

// tokenRefusedOnce: a token that ran out is either replaced, or the caller is told.
func tokenRefusedOnce(t *testing.T, w *world) {
	p := w.publication("token", "With a second token")
	w.proxy.arm(w.IsPublish, 1, func(x *exchange) { w.refuseToken(x) })
	if _, err := w.net.Publish(w.context(t), p); err != nil {
		w.wantError(t, err, network.Unauthorized)
		w.untouched(t)
		return
	}
	w.once(t, p.Text)
}

func connectionRefused(t *testing.T, w *world) {
	w.proxy.close()
	// A client of its own: an open connection that dies under a write leaves its outcome unknown, and rightly so.
	_, err := w.connect(t).Publish(w.context(t), w.publication("refused", "never"))
	w.wantError(t, err, network.NotSent)
	w.untouched(t)
}

// redirected: text and credentials must not follow to another host.
func redirected(t *testing.T, w *world) {
	var hits atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer elsewhere.Close()
	other := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)
	for _, status := range []int{301, 302, 303, 307, 308} {
		p := w.publication(fmt.Sprintf("redirected-%d", status), fmt.Sprintf("Redirected by %d", status))
		w.proxy.arm(w.IsPublish, 1, func(x *exchange) {
			x.w.Header().Set("Location", other+x.r.URL.Path)
			x.answer(status, "text/plain", "over there\n")
		})
		_, err := w.net.Publish(w.context(t), p)
		w.wantError(t, err, network.Refused, network.Ambiguous)
		if n := len(w.created(t, p.Text)); n != 0 {
			t.Errorf("%d: %d records", status, n)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("%d requests followed to another host", n)
	}
}

func contextWithCancel(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithTimeout(t.Context(), callTimeout)
	ctx, cancel := context.WithCancel(ctx)
	t.Cleanup(func() { cancel(); stop() })
	return ctx, cancel
}

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

func anything(*http.Request) bool { return true }

func isWrite(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }
