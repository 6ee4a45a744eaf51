package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network/webhook/webhooktest"
)

// hand is a person who publishes on a notice board what falls due, once, and says so.
type hand struct {
	*batch
	// board counts what hangs there, by Post.
	board map[string]int
	// said is in which life of the Posts it was said that one is done: they lose what people said when they are made anew.
	said map[string]int
	life int
	// out are Posts that were seen Published: nobody may be asked for them again.
	out map[string]bool
	// again counts what had to be said again, as nobody had read it before the Posts were made anew.
	again int
}

// A manager that is killed forgets neither that a person is to publish something, nor that they did, and asks for nothing twice.
func TestAPersonPublishesOnce(t *testing.T) {
	c := use(t)
	m := mode{name: "by-hand", once: unasked, single: true, posts: 24, channels: 3, kills: 3, longest: 500 * time.Millisecond, changes: []change{none, recreate}}
	if whole() {
		m.posts, m.channels, m.kills = 96, 12, 12
	}
	desk := webhooktest.Start(t, []byte(signingKey))
	desk.Fault = trouble
	b := &batch{cluster: c, t: t, mode: &m, namespace: m.name, flags: []string{"--allow-destination", "127.0.0.0/8"}}
	b.makeNamespace()
	for i := range m.channels {
		// One desk a channel: each is told less than what would be joined in a digest.
		name := channelName(i)
		to := tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName("desk-of-" + name)}
		b.connect(string(to.Name), tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkWebhook, Webhook: &tribunev1alpha1.WebhookSpec{URL: desk.URL + "/" + name}},
			map[string][]byte{"signingKey": []byte(signingKey)})
		b.connect(name, tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkManual, Manual: &tribunev1alpha1.ManualSpec{Notify: &to},
			Notify: []tribunev1alpha1.Notification{{ChannelRef: to, On: []tribunev1alpha1.NotifyEvent{tribunev1alpha1.NotifyPublished}}}}, nil)
	}
	b.begin(0)
	h := &hand{batch: b, board: map[string]int{}, said: map[string]int{}, out: map[string]bool{}}
	for k := range m.kills {
		h.does(1 + m.posts/(3*m.kills))
		pause(t.Context(), rand.N(m.longest))
		b.shoot(rand.N(len(b.alive)), true)
		h.does(1) // a word that no manager hears yet
		if next := m.changes[k%len(m.changes)]; next == recreate {
			b.change(next)
			h.life++
		}
		b.restart()
	}
	h.does(len(b.plan))
	told := h.inbox(desk)
	b.end()
	v := h.judge(told)
	t.Logf("by hand: %d Posts, %d kills, %d words said again after the Posts had been made anew; %d told; %s", len(b.plan), len(b.kills), h.again, len(told), &v)
	if !v.clean() {
		t.Errorf("after %d kills the board differs from the plan: %s", len(b.kills), &v)
	}
	b.remove()
}

// does publishes what a person is asked for, up to so many, and says so; it waits until there is something, or all is out.
func (h *hand) does(most int) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 2*time.Minute)
	defer cancel()
	done := 0
	err := wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(context.Context) (bool, error) {
		for name, p := range h.objects() {
			if p.Status.State == tribunev1alpha1.PostPublished {
				h.out[name] = true
			}
			if held(p) != tribunev1alpha1.ReasonAwaitingPerson || p.Status.Resolution != nil || done == most {
				continue
			}
			h.publishes(name)
			done++
		}
		return done == most || len(h.out) == len(h.plan), nil
	})
	if err != nil && done == 0 {
		h.t.Errorf("nobody was asked for anything, and %d of %d Posts are out", len(h.out), len(h.plan))
	}
}

// publishes what was asked for; what hangs on the board already is only said to.
func (h *hand) publishes(name string) {
	h.t.Helper()
	life, before := h.said[name]
	switch {
	case h.out[name]:
		h.t.Errorf("%s was out, and a person is asked for it again", name)
		h.board[name]++
	case before && life == h.life:
		h.t.Errorf("%s was said to be done, and that was forgotten", name)
	case before:
		h.again++
	default:
		h.board[name]++
	}
	h.said[name] = h.life
	h.person("done", name, "--url", address(name))
}

func address(name string) string { return "https://board.example/" + name }

// inbox is what the desk was told, once it was told of every Post that it is out: how often, by Post and event.
func (h *hand) inbox(desk *webhooktest.Receiver) map[string]int {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	told := map[string]int{}
	err := wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(context.Context) (bool, error) {
		clear(told)
		for _, e := range desk.Events() {
			var data struct{ Event string }
			if err := json.Unmarshal(e.Data, &data); err != nil {
				return false, err
			}
			told[data.Event+" "+e.Subject]++
		}
		for name := range h.plan {
			if told["Published Post/"+h.namespace+"/"+name] == 0 {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		h.t.Errorf("not all that is out was told: %v", err)
	}
	return told
}

// judge holds board and messages against the plan, and what the Posts say against the board.
func (h *hand) judge(told map[string]int) verdict {
	h.t.Helper()
	var v verdict
	objects := h.objects()
	for name, p := range h.plan {
		v.stored += h.board[name]
		switch n := h.board[name]; {
		case n == 0:
			v.lost = append(v.lost, name)
			continue
		case n > 1:
			v.twice = append(v.twice, name)
		}
		h.says(&v, p, objects[name], []string{address(name)})
	}
	for what, n := range told {
		v.calls += n
		if n > 1 {
			v.twice = append(v.twice, fmt.Sprintf("%s was told %d times", what, n))
		}
	}
	return v
}
