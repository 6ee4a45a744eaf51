package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

var accountCases = []testCase{
	{"SignIn", signIn},
	{"Abilities", abilities},
	{"WrongCredentials", wrongCredentials},
	{"ExpiredCredentials", expiredCredentials},
	{"Unauthorized", unauthorized},
	{"SessionIsKept", sessionIsKept},
	{"GateIsAskedOnce", gateIsAskedOnce},
	{"GateRefuses", gateRefuses},
}

func signIn(t *testing.T, w *world) {
	who := w.who
	if who.ID == "" || who.Handle == "" || who.URL == "" && !w.Receiver {
		t.Errorf("the account lacks an id, handle or URL: %+v", who)
	}
	if who.Once != w.Once {
		t.Errorf("once %s, want %s", who.Once, w.Once)
	}
	if skew := time.Since(who.Clock).Abs(); !who.Clock.IsZero() && skew > time.Hour {
		t.Errorf("the server's clock is %s away: was it read?", skew)
	}
	again, err := w.connect(t).SignIn(w.context(t))
	if err != nil {
		t.Fatal(err)
	}
	who.Clock, again.Clock = time.Time{}, time.Time{}
	if diff := cmp.Diff(who, again); diff != "" {
		t.Errorf("a second sign-in tells another account: %s", diff)
	}
	w.untouched(t)
}

func abilities(t *testing.T, w *world) {
	_, edits := w.net.(network.Editor)
	_, deletes := w.net.(network.Deleter)
	_, uploads := w.net.(network.Uploader)
	_, finds := w.net.(network.Finder)
	_, profiles := w.net.(network.Profiler)
	_, messages := w.net.(network.Messenger)
	for _, a := range []struct {
		ability network.Ability
		can     bool
	}{
		{network.AbilityPublish, true},
		{network.AbilityEdit, edits},
		{network.AbilityDelete, deletes},
		{network.AbilityProfile, profiles},
		{network.AbilityMessage, messages},
		{network.AbilityListen, can[network.Listener](w) || can[network.Receiver](w)},
		{network.AbilityHide, can[network.Hider](w)},
		{network.AbilityRemove, can[network.Remover](w)},
		{network.AbilityMute, can[network.Muter](w)},
		{network.AbilityBlock, can[network.Blocker](w)},
		{network.AbilityReport, can[network.Reporter](w)},
		{network.AbilityLockThread, can[network.ThreadLocker](w)},
		{network.AbilitySlowMode, can[network.SlowModer](w)},
		{network.AbilityReact, can[network.Reactor](w)},
	} {
		if says := slices.Contains(w.who.Abilities, a.ability); says != (a.can && !slices.Contains(w.Unable, a.ability)) {
			t.Errorf("ability %s: the account says %v, the adapter can: %v", a.ability, says, a.can)
		}
	}
	if uploads && !slices.Contains(w.who.Abilities, network.AbilityMedia) {
		t.Error("the adapter uploads, but the account does not say Media")
	}
	if (w.Once == network.OnceScan || w.Once == network.OnceDurableKey || w.Once == network.OnceWindowedKey) && !finds && !w.Receiver {
		t.Errorf("the class %s asks for a Finder", w.Once)
	}
}

func can[T any](w *world) bool {
	_, ok := w.net.(T)
	return ok
}

func wrongCredentials(t *testing.T, w *world) {
	n := w.account.Connect(t, Connection{Server: w.proxy.URL(), HTTP: client(t), Session: &Sessions{}, WrongCredentials: true})
	if _, err := n.SignIn(w.context(t)); !w.Receiver || err != nil {
		w.wantError(t, err, network.Unauthorized)
	}
	_, err := n.Publish(w.context(t), w.publication("wrong", "never"))
	w.wantError(t, err, network.Unauthorized)
	w.untouched(t)
}

func expiredCredentials(t *testing.T, w *world) {
	if w.account.Expire == nil {
		t.Skip("credentials do not run out on this network")
	}
	w.account.Expire(t, w.sessions)
	saves := w.sessions.Saves()
	n := w.connect(t)
	if _, err := n.Publish(w.context(t), w.publication("expired", "after the session ran out")); err != nil {
		t.Fatal(err)
	}
	w.once(t, "after the session ran out")
	if w.sessions.Saves() == saves {
		t.Error("the new session was not saved")
	}
}

func unauthorized(t *testing.T, w *world) {
	const always = 1000
	w.proxy.arm(w.IsPublish, always, func(x *exchange) { w.refuseToken(x) })
	_, err := w.net.Publish(w.context(t), w.publication("unauthorized", "never"))
	w.wantError(t, err, network.Unauthorized)
	if n := w.proxy.requests(w.IsPublish); n > 2 {
		t.Errorf("%d attempts, want at most one more after a fresh sign-in", n)
	}
	w.untouched(t)
}

func (w *world) refuseToken(x *exchange) {
	if w.Unauthorized != nil {
		w.Unauthorized(x.w, x.r)
		return
	}
	x.answer(401, "text/plain", "who are you?\n")
}

func sessionIsKept(t *testing.T, w *world) {
	if w.sessions.Saves() == 0 {
		t.Skip("the network has no sessions")
	}
	saves := w.sessions.Saves()
	n := w.connect(t)
	if _, err := n.SignIn(w.context(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Publish(w.context(t), w.publication("kept", "with the kept session")); err != nil {
		t.Fatal(err)
	}
	if w.sessions.Saves() != saves {
		t.Error("a session was made although one was kept")
	}
	w.once(t, "with the kept session")
}

func gateIsAskedOnce(t *testing.T, w *world) {
	n := w.account.Connect(t, Connection{Server: w.proxy.URL(), HTTP: client(t), Session: &Sessions{}})
	asked := 0
	ctx := httpx.WithFirstByte(w.context(t), func() error {
		asked++
		if w.proxy.requests(w.IsPublish) != 0 {
			t.Error("the request was there before the gate was asked")
		}
		return nil
	})
	if _, err := n.Publish(ctx, w.publication("gate", "through the gate")); err != nil {
		t.Fatal(err)
	}
	if asked != 1 {
		t.Errorf("the gate was asked %d times, want 1", asked)
	}
	w.once(t, "through the gate")
}

func gateRefuses(t *testing.T, w *world) {
	n := w.account.Connect(t, Connection{Server: w.proxy.URL(), HTTP: client(t), Session: &Sessions{}})
	ctx := httpx.WithFirstByte(w.context(t), func() error { return errClosed })
	_, err := n.Publish(ctx, w.publication("held", "held"))
	w.wantError(t, err, network.NotSent)
	if got := w.proxy.requests(w.IsPublish); got != 0 {
		t.Errorf("%d requests left", got)
	}
	w.untouched(t)
	// Held is not lost.
	if _, err := n.Publish(w.context(t), w.publication("held", "held")); err != nil {
		t.Fatal(err)
	}
	w.once(t, "held")
}
