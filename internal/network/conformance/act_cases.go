package conformance

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
)

var actCases = []testCase{
	{"Hide", acting(hiding, func(s ItemState) bool { return s.Hidden })},
	{"Remove", acting(removing, func(s ItemState) bool { return s.Removed })},
	{"React", acting(reacting, func(s ItemState) bool { return len(s.Reactions) == 1 })},
	{"ReactWithEmoji", reactWithEmoji},
	{"RestoreWhatIsGone", restoreGone},
	{"Report", report},
	{"Mute", mute},
	{"Block", block},
	{"LockThread", calming(locking, func(s ThreadState) bool { return s.Locked })},
	{"SlowMode", calming(slowing, func(s ThreadState) bool { return s.Slow == slowBy })},
	{"Reply", answered},
	{"ReplyAnswerLost", answerLostOnReply},
	{"DirectMessage", direct},
	{"Refused", actRefused},
	{"RateLimited", actRateLimited},
	{"AnswerLost", actLost},
	{"Unauthorized", actUnauthorized},
}

// deed is something that can be done to an item, and undone. undo is nil where the network does not keep it.
type deed struct {
	do, undo func(ctx context.Context, t network.Target) error
	// needed is true if the deed cannot be done to what is gone.
	needed bool
}

func hiding(w *world) (d deed, ok bool) {
	h, ok := w.net.(network.Hider)
	if ok {
		d = deed{do: h.Hide, undo: h.Unhide}
	}
	return d, ok
}

func removing(w *world) (d deed, ok bool) {
	r, ok := w.net.(network.Remover)
	if ok {
		d.do = r.Remove
	}
	if back, can := w.net.(network.Restorer); can {
		d.undo = back.Restore
	}
	return d, ok
}

func reacting(w *world) (d deed, ok bool) {
	r, ok := w.net.(network.Reactor)
	if ok {
		d.do = func(ctx context.Context, t network.Target) error { return r.React(ctx, t, "") }
		d.undo = func(ctx context.Context, t network.Target) error { return r.Unreact(ctx, t, "") }
		d.needed = true
	}
	return d, ok
}

// acting does it twice and undoes it twice, and does it to what is gone.
func acting(find func(*world) (deed, bool), done func(ItemState) bool) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		d, ok := find(w)
		if !ok {
			t.Skip("the network cannot do this")
		}
		_, c := w.listener(t)
		item, _ := w.one(t)
		for _, step := range []struct {
			what string
			call func(ctx context.Context, t network.Target) error
			want bool
		}{{"done", d.do, true}, {"done again", d.do, true}, {"undone", d.undo, false}, {"undone again", d.undo, false}, {"done anew", d.do, true}} {
			if step.call == nil {
				continue
			}
			if err := step.call(w.context(t), target(item)); err != nil {
				t.Fatalf("%s: %v", step.what, err)
			}
			if got := done(c.State(t, item)); got != step.want {
				t.Errorf("%s: the network says %v (%+v)", step.what, got, c.State(t, item))
			}
		}
		gone := w.gone(t, item)
		err := d.do(w.context(t), gone)
		if d.needed && err != nil {
			w.wantError(t, err, network.Gone)
		} else if err != nil {
			t.Errorf("on what is gone: %v", err)
		}
	}
}

// gone is a target that is not there any more.
func (w *world) gone(t *testing.T, item network.Item) network.Target {
	t.Helper()
	c := w.account.Community
	switch {
	case c.Missing != nil:
		return target(c.Missing(t))
	case c.Delete != nil:
		c.Delete(t, item.ID)
	default:
		t.Skip("nothing is ever gone")
	}
	return target(item)
}

func reactWithEmoji(t *testing.T, w *world) {
	r, ok := w.net.(network.Reactor)
	if !ok {
		t.Skip("the network knows no reactions")
	}
	_, c := w.listener(t)
	item, _ := w.one(t)
	err := r.React(w.context(t), target(item), "🎉")
	if c.Emoji == "" {
		// The like stands for all, or it is said that there is none but that.
		if err != nil {
			w.wantError(t, err, network.Refused)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"🎉"}, c.State(t, item).Reactions); diff != "" {
		t.Error(diff)
	}
}

func restoreGone(t *testing.T, w *world) {
	r, ok := w.net.(network.Restorer)
	if !ok {
		t.Skip("the network keeps nothing that was removed")
	}
	item, _ := w.one(t)
	w.wantError(t, r.Restore(w.context(t), w.gone(t, item)), network.Gone)
}

func report(t *testing.T, w *world) {
	r, ok := w.net.(network.Reporter)
	if !ok {
		t.Skip("nothing can be reported")
	}
	_, c := w.listener(t)
	item, _ := w.one(t)
	const reason = "This is a scam."
	if err := r.Report(w.context(t), target(item), reason); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(c.State(t, item).Reports, reason) {
		t.Errorf("the reports are %q", c.State(t, item).Reports)
	}
}

func mute(t *testing.T, w *world) {
	m, ok := w.net.(network.Muter)
	if !ok {
		t.Skip("nobody can be muted")
	}
	_, c := w.listener(t)
	item, _ := w.one(t)
	until := time.Now().Add(3 * time.Hour).Truncate(time.Second)
	for _, step := range []struct {
		what string
		call func() error
		want bool
	}{
		{"for a time", func() error { return m.Mute(w.context(t), item.Author, until) }, true},
		{"for a time, again", func() error { return m.Mute(w.context(t), item.Author, until) }, true},
		{"ended", func() error { return m.Unmute(w.context(t), item.Author) }, false},
		{"ended again", func() error { return m.Unmute(w.context(t), item.Author) }, false},
		{"for good", func() error { return m.Mute(w.context(t), item.Author, time.Time{}) }, true},
	} {
		if err := step.call(); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		s := c.Standing(t, item.Author)
		if s.Muted != step.want {
			t.Errorf("%s: %+v", step.what, s)
		}
		if off := s.MutedUntil.Sub(until).Abs(); step.what == "for a time" && !s.MutedUntil.IsZero() && off > time.Minute {
			t.Errorf("muted until %s, want %s", s.MutedUntil, until)
		}
	}
}

func block(t *testing.T, w *world) {
	b, ok := w.net.(network.Blocker)
	if !ok {
		t.Skip("nobody can be blocked")
	}
	_, c := w.listener(t)
	item, _ := w.one(t)
	for _, step := range []struct {
		what string
		call func(context.Context, network.Person) error
		want bool
	}{{"blocked", b.Block, true}, {"blocked again", b.Block, true}, {"unblocked", b.Unblock, false}, {"unblocked again", b.Unblock, false}} {
		if err := step.call(w.context(t), item.Author); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		if s := c.Standing(t, item.Author); s.Blocked != step.want {
			t.Errorf("%s: %+v", step.what, s)
		}
	}
}

func (w *world) needs(t *testing.T, a network.Ability) {
	t.Helper()
	if !slices.Contains(w.who.Abilities, a) {
		t.Skipf("the account cannot %s", a)
	}
}

// answerTo is a publication that answers an item.
func (w *world) answerTo(item network.Item, name, text string) network.Publication {
	p := w.publication(name, text)
	parent := item.Ref
	p.Parent = &parent
	if item.Root.ID != "" {
		root := item.Root
		p.Root = &root
	}
	return p
}

func answered(t *testing.T, w *world) {
	l, _ := w.listener(t)
	w.needs(t, network.AbilityReply)
	item, cursor := w.one(t)
	p := w.answerTo(item, "reply", "Thank you for asking")
	r := w.mustPublish(t, p)
	if e := w.once(t, p.Text); e.Parent != item.Ref.ID || e.ID != r.ID {
		t.Errorf("the answer to %q is %+v", item.Ref.ID, e)
	}
	items, _ := w.drain(t, l, cursor, 0, nil)
	for _, i := range items {
		if !i.Ours {
			t.Errorf("our own answer is told as somebody's: %+v", i)
		}
	}
}

// answerLostOnReply: an answer goes out once, as every publication does.
func answerLostOnReply(t *testing.T, w *world) {
	w.listener(t)
	w.needs(t, network.AbilityReply)
	item, _ := w.one(t)
	p := w.answerTo(item, "reply-lost", "Thank you, once")
	cursor := w.cursor(t)
	w.proxy.arm(isWrite, 1, func(x *exchange) { x.forward(); x.drop() })
	_, err := w.net.Publish(w.context(t), p)
	w.wantError(t, err, network.Ambiguous)
	r := w.recover(t, w.net, p, cursor)
	if e := w.once(t, p.Text); e.ID != r.ID {
		t.Errorf("got %q, the network has %q", r.ID, e.ID)
	}
}

func direct(t *testing.T, w *world) {
	_, c := w.listener(t)
	w.needs(t, network.AbilityDirect)
	item, _ := w.one(t)
	p := w.publication("direct", "This is between us.")
	p.To = &item.Author
	cursor := w.cursor(t)
	w.proxy.arm(w.IsPublish, 1, func(x *exchange) { x.forward(); x.drop() })
	_, err := w.net.Publish(w.context(t), p)
	w.wantError(t, err, network.Ambiguous)
	w.recover(t, w.net, p, cursor)
	if diff := cmp.Diff([]string{p.Text}, c.Direct(t, item.Author)); diff != "" {
		t.Error(diff)
	}
}

// deeds are all that the adapter can do to an item or its author.
func (w *world) deeds(item network.Item) map[string]func(context.Context) error {
	out := map[string]func(context.Context) error{}
	for name, find := range map[string]func(*world) (deed, bool){"hide": hiding, "remove": removing, "react": reacting} {
		if d, ok := find(w); ok {
			out[name] = func(ctx context.Context) error { return d.do(ctx, target(item)) }
		}
	}
	if m, ok := w.net.(network.Muter); ok {
		out["mute"] = func(ctx context.Context) error { return m.Mute(ctx, item.Author, time.Now().Add(time.Hour)) }
	}
	if b, ok := w.net.(network.Blocker); ok {
		out["block"] = func(ctx context.Context) error { return b.Block(ctx, item.Author) }
	}
	for name, find := range map[string]func(*world) (calm, bool){"lock": locking, "slow": slowing} {
		if c, ok := find(w); ok {
			out[name] = func(ctx context.Context) error { _, err := c.do(ctx, target(item)); return err }
		}
	}
	if r, ok := w.net.(network.Reporter); ok {
		out["report"] = func(ctx context.Context) error { return r.Report(ctx, target(item), "spam") }
	}
	return out
}

// actFault has every deed go wrong in one way.
func actFault(t *testing.T, w *world, times int, f fault, check func(name string, err error, again func(context.Context) error)) {
	t.Helper()
	w.listener(t)
	item, _ := w.one(t)
	deeds := w.deeds(item)
	for _, name := range slices.Sorted(maps.Keys(deeds)) { // hidden before it is removed
		do := deeds[name]
		w.proxy.arm(isWrite, times, f)
		err := do(w.context(t))
		w.proxy.arm(isWrite, 0, nil)
		check(name, err, do)
	}
}

func actRefused(t *testing.T, w *world) {
	actFault(t, w, 1, func(x *exchange) {
		x.answer(http.StatusForbidden, "application/json", `{"error":"This action is not allowed","code":"rest_forbidden","message":"not allowed"}`)
	}, func(name string, err error, _ func(context.Context) error) {
		if err == nil {
			t.Errorf("%s was refused, and nobody is told", name)
			return
		}
		w.wantError(t, err, network.Refused, network.Unauthorized, network.Ambiguous)
	})
}

func actRateLimited(t *testing.T, w *world) {
	actFault(t, w, 1, func(x *exchange) {
		x.w.Header().Set("Retry-After", "7")
		x.answer(http.StatusTooManyRequests, "application/json", `{"error":"RateLimitExceeded","message":"Rate Limit Exceeded"}`)
	}, func(name string, err error, again func(context.Context) error) {
		if e := w.wantError(t, err, network.RateLimited); e.RetryAfter != 7*time.Second {
			t.Errorf("%s: RetryAfter %s, want 7s", name, e.RetryAfter)
		}
		if err := again(w.context(t)); err != nil {
			t.Errorf("%s, again: %v", name, err)
		}
	})
}

// actLost: what may have been done is done again, and no harm comes of it.
func actLost(t *testing.T, w *world) {
	actFault(t, w, 1, func(x *exchange) { x.forward(); x.drop() }, func(name string, err error, again func(context.Context) error) {
		w.wantError(t, err, network.Ambiguous)
		if err := again(w.context(t)); err != nil {
			t.Errorf("%s, again: %v", name, err)
		}
	})
}

func actUnauthorized(t *testing.T, w *world) {
	const always = 1000
	actFault(t, w, always, func(x *exchange) { w.refuseToken(x) }, func(_ string, err error, _ func(context.Context) error) {
		w.wantError(t, err, network.Unauthorized)
	})
}
