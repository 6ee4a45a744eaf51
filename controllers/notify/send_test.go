package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/network"
	news "github.com/tribune-dev/tribune/internal/notify"
	"github.com/tribune-dev/tribune/internal/store"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

var deskKey = types.NamespacedName{Namespace: "acme", Name: "desk"}

// chat is a network that takes messages, as long as answer says so.
type chat struct {
	network.Network
	mu     sync.Mutex
	answer func(network.Message) error
	got    []network.Message
}

func (c *chat) Send(_ context.Context, m network.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, m)
	if c.answer != nil {
		return c.answer(m)
	}
	return nil
}

// mute takes no messages.
type mute struct{ network.Network }

// forgetful is a ledger that a process dies before it can tell what became of a call.
type forgetful struct {
	*store.Database
	dead bool
}

func (f *forgetful) ConcludeMessages(ctx context.Context, r store.Receiver, claim string, o store.MessageOutcome) error {
	if f.dead {
		return errors.New("killed")
	}
	return f.Database.ConcludeMessages(ctx, r, claim, o)
}

// office is a sender with all that is around it.
type office struct {
	*sender
	t      *testing.T
	clock  *clocktesting.FakeClock
	ledger *forgetful
	chat   *chat
	events *events.FakeRecorder
}

func open(t *testing.T) *office {
	t.Helper()
	clock := clocktesting.NewFakeClock(noon)
	ledger, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "ledger.db"), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.Close() })
	scheme := runtime.NewScheme()
	if err := tribunev1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	meta := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: "acme", Name: name, Generation: 1}
	}
	objects := fake.NewClientBuilder().WithScheme(scheme).WithObjects(
		&tribunev1alpha1.SocialChannel{ObjectMeta: meta("desk"), Spec: tribunev1alpha1.SocialChannelSpec{Network: "Webhook"}},
		&tribunev1alpha1.ContentCalendar{ObjectMeta: meta("autumn")},
		&tribunev1alpha1.Post{ObjectMeta: meta("p0")},
	).Build()
	o := &office{t: t, clock: clock, ledger: &forgetful{Database: ledger}, chat: &chat{}, events: events.NewFakeRecorder(100)}
	o.start(Options{Client: objects, Outbox: o.ledger, Directory: channels.New(), Recorder: o.events, Clock: clock,
		Registry: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler)})
	o.connect(o.chat)
	return o
}

// start makes the sender of a new process.
func (o *office) start(options Options) {
	t := &teller{Options: options, wake: make(chan struct{}, 1), metrics: newMetrics()}
	o.sender = &sender{teller: t, busy: map[store.Receiver]bool{}, pause: map[store.Receiver]pause{}, started: o.clock.Now()}
	options.Directory.OnChange(func(key types.NamespacedName) { o.resume(store.Receiver{Namespace: key.Namespace, Name: key.Name}) })
}

func (o *office) connect(n network.Network) {
	o.Directory.Put(deskKey, channels.Connection{Network: n, Name: "Webhook", Generation: 1})
}

// happen puts messages into the outbox.
func (o *office) happen(from, to int) {
	o.t.Helper()
	var rows []store.Message
	for i := from; i < to; i++ {
		rows = append(rows, store.Message{
			Namespace: "acme", Receiver: "desk", ID: fmt.Sprintf("m%d", i), Subject: store.ObjectName{Kind: news.KindPost, Name: fmt.Sprintf("p%d", i)},
			NamedBy: store.ObjectName{Kind: news.KindCalendar, Name: "autumn"}, Event: "Failed", Title: fmt.Sprintf("Post p%d failed", i),
			Payload: fmt.Appendf(nil, `{"ID":"m%d","Title":"Post p%d failed","Event":"Failed"}`, i, i), CreatedAt: o.clock.Now(), NextAt: o.clock.Now(),
		})
	}
	if _, err := o.ledger.AddMessages(o.t.Context(), rows); err != nil {
		o.t.Fatal(err)
	}
}

// work serves what is due, and tells what was sent meanwhile.
func (o *office) work() []string {
	o.t.Helper()
	before := len(o.chat.got)
	o.round(o.t.Context(), o.clock.Now())
	o.sender.work.Wait()
	var out []string
	for _, m := range o.chat.got[before:] {
		s := m.ID
		if m.Event == news.EventDigest {
			s = m.Title
		}
		if m.Repeat {
			s += " again"
		}
		out = append(out, s)
	}
	return out
}

func (o *office) want(what string, want ...string) {
	o.t.Helper()
	if diff := cmp.Diff(want, o.work()); diff != "" {
		o.t.Fatalf("%s: %s", what, diff)
	}
}

func (o *office) event(says ...string) {
	o.t.Helper()
	select {
	case e := <-o.events.Events:
		for _, s := range says {
			if !strings.Contains(e, s) {
				o.t.Errorf("the event %q lacks %q", e, s)
			}
		}
	default:
		o.t.Errorf("no event, want %q", says)
	}
}

func TestSendsOnce(t *testing.T) {
	o := open(t)
	o.happen(0, 3)
	o.want("what is due", "m0", "m1", "m2")
	o.happen(0, 3)
	o.want("told before")
}

// Killed between the call and its record: the same message comes again under the same id, and says so.
func TestKilledAfterTheCall(t *testing.T) {
	o := open(t)
	o.happen(0, 1)
	o.ledger.dead = true
	for range 2 { // within the claim nobody else sends it
		o.work()
	}
	if len(o.chat.got) != 1 {
		t.Fatalf("%+v", o.chat.got)
	}
	o.ledger.dead = false
	o.start(o.Options)
	o.want("while the dead one's claim holds")
	o.clock.Step(claimFor)
	o.want("afterwards", "m0 again")
	o.clock.Step(time.Hour)
	o.want("and never more")
}

// A digest that nobody knows the outcome of is sent again as it was, whatever came meanwhile.
func TestKilledAfterADigest(t *testing.T) {
	o := open(t)
	o.happen(0, 25)
	o.chat.answer = func(m network.Message) error {
		o.ledger.dead = m.Event == news.EventDigest
		return nil
	}
	got := o.work()
	if len(got) != 21 || got[20] != "And 5 more: 5 Failed" {
		t.Fatal(got)
	}
	id := o.chat.got[20].ID
	o.ledger.dead, o.chat.answer = false, nil
	o.happen(25, 27)
	o.clock.Step(claimFor)
	o.start(o.Options)
	o.want("the digest first, then what came since", "And 5 more: 5 Failed again")
	if o.chat.got[21].ID != id {
		t.Error("the digest has another id")
	}
	o.clock.Step(news.Window)
	o.want("when its minute is over", "m25", "m26")
}

func TestFloodIsJoined(t *testing.T) {
	o := open(t)
	o.happen(0, 51)
	got := o.work()
	if len(got) != 21 || got[20] != "And 31 more: 31 Failed" {
		t.Fatal(got)
	}
	o.happen(51, 60)
	o.want("in the same minute")
	o.clock.Step(news.Window)
	if got := o.work(); len(got) != 9 {
		t.Errorf("in the next: %v", got)
	}
}

// gather puts messages into the outbox that are told together at the end of a quarter of an hour.
func (o *office) gather(from, to int) {
	o.t.Helper()
	end := news.SpanEnd(o.clock.Now(), 15*time.Minute)
	var rows []store.Message
	for i := from; i < to; i++ {
		rows = append(rows, store.Message{
			Namespace: "acme", Receiver: "desk", ID: fmt.Sprintf("g%d", i), Subject: store.ObjectName{Kind: news.KindPolicy, Name: "rules"},
			NamedBy: store.ObjectName{Kind: news.KindPolicy, Name: "rules"}, Event: "CaseOpened", Title: "Someone waits", Digest: store.Gathered,
			Payload: fmt.Appendf(nil, `{"ID":"g%d","Title":"Someone waits","Text":"Question by person %d","Event":"CaseOpened","Mention":["@ana"]}`, i, i), CreatedAt: end, NextAt: end,
		})
	}
	if _, err := o.ledger.AddMessages(o.t.Context(), rows); err != nil {
		o.t.Fatal(err)
	}
}

// What a span gathers comes as one message at its end, however few they are; a single one keeps its own form.
func TestASpanIsOneMessage(t *testing.T) {
	o := open(t)
	o.gather(0, 2)
	o.happen(0, 1)
	o.want("in the midst of the span", "m0")
	o.clock.Step(10 * time.Minute)
	o.gather(2, 3)
	o.clock.Step(5 * time.Minute)
	o.happen(1, 2)
	o.want("at its end, and what is told at once", "3 messages: 3 CaseOpened", "m1")
	m := o.chat.got[1]
	for _, s := range []string{"- Someone waits – Question by person 0\n- Someone waits – Question by person 1\n- Someone waits – Question by person 2\n", "tribune inbox -n acme"} {
		if !strings.Contains(m.Text, s) {
			t.Errorf("%q lacks %q", m.Text, s)
		}
	}
	if diff := cmp.Diff([]string{"@ana"}, m.Mention); diff != "" || strings.Contains(m.Text, "kubectl get posts") {
		t.Errorf("%s %q", diff, m.Text)
	}
	o.gather(3, 4)
	o.clock.Step(15 * time.Minute)
	o.want("a single one", "g3")
}

// Killed after the call, the same digest comes again under its id, and what came since in one of its own.
func TestKilledAfterASpan(t *testing.T) {
	o := open(t)
	o.gather(0, 2)
	o.clock.Step(15 * time.Minute)
	o.ledger.dead = true
	o.want("at its end", "2 messages: 2 CaseOpened")
	o.ledger.dead = false
	o.gather(2, 4)
	o.clock.Step(15 * time.Minute)
	o.start(o.Options)
	o.want("afterwards", "2 messages: 2 CaseOpened again", "2 messages: 2 CaseOpened")
	if a, b, c := o.chat.got[0].ID, o.chat.got[1].ID, o.chat.got[2].ID; a != b || a == c {
		t.Errorf("ids %s, %s, %s", a, b, c)
	}
}

// A receiver that is down is asked less and less often, with one message and not with all of them.
func TestDownAndUp(t *testing.T) {
	o := open(t)
	o.chat.answer = func(network.Message) error {
		return &network.Error{Kind: network.Ambiguous, Reason: "ServerError", Message: "503"}
	}
	o.happen(0, 5)
	calls := 0
	for range 60 { // ten minutes
		calls += len(o.work())
		o.clock.Step(10 * time.Second)
	}
	if calls < 4 || calls > 8 {
		t.Errorf("%d calls in ten minutes", calls)
	}
	o.connect(o.chat) // the channel signs in again after each failure: that alone is no reason to try
	o.want("after another sign-in")
	o.chat.answer = nil
	o.clock.Step(15 * time.Minute)
	seen := map[string]bool{}
	for _, s := range o.work() {
		seen[strings.TrimSuffix(s, " again")] = true
	}
	if len(seen) != 5 {
		t.Errorf("told of %v", seen)
	}
}

func TestRetryAfter(t *testing.T) {
	o := open(t)
	o.chat.answer = func(network.Message) error {
		return &network.Error{Kind: network.RateLimited, Reason: "RateLimited", Message: "429", RetryAfter: time.Hour}
	}
	o.happen(0, 2)
	o.want("refused", "m0")
	if got := o.Directory.RetryAt(deskKey); !got.Equal(noon.Add(time.Hour)) {
		t.Errorf("the channel is told to wait until %v", got)
	}
	o.chat.answer = nil
	o.clock.Step(59 * time.Minute)
	o.want("too early")
	o.clock.Step(time.Minute)
	o.want("then", "m1", "m0 again")
}

func TestGivenUp(t *testing.T) {
	o := open(t)
	o.chat.answer = func(network.Message) error {
		return &network.Error{Kind: network.Unauthorized, Reason: "SignatureRefused", Message: "401"}
	}
	o.happen(0, 1)
	for range 24 * 6 {
		o.work()
		o.clock.Step(10 * time.Minute)
	}
	o.event("NotTold", "channel desk could not be told of Failed: 401")
	o.event("CannotBeTold", "1 messages to channel desk were given up")
	before := len(o.chat.got)
	o.clock.Step(time.Hour)
	if o.work(); len(o.chat.got) != before {
		t.Error("it was tried again")
	}
	if before < 50 || before > 110 {
		t.Errorf("%d calls in a day", before)
	}
}

// A message that was recorded before a long outage of ours is tried before it is given up.
func TestLateIsTried(t *testing.T) {
	o := open(t)
	o.happen(0, 1)
	o.clock.Step(48 * time.Hour)
	o.want("after two days", "m0")
}

func TestRefusedIsFinal(t *testing.T) {
	o := open(t)
	o.chat.answer = func(network.Message) error {
		return &network.Error{Kind: network.Refused, Reason: "ReceiverGone", Message: "410"}
	}
	o.happen(0, 1)
	o.want("refused", "m0")
	o.event("NotTold", "410")
	o.clock.Step(time.Hour)
	o.want("and not again")
}

// Who is not connected is waited for, for a day; nothing counts as tried.
func TestNotConnected(t *testing.T) {
	o := open(t)
	o.Directory.Disconnect(deskKey)
	o.happen(0, 1)
	o.want("nobody there")
	o.clock.Step(23 * time.Hour)
	o.want("nobody there for long")
	o.connect(o.chat)
	o.want("connected", "m0")

	o.Directory.Disconnect(deskKey)
	o.happen(1, 2)
	o.work()
	o.clock.Step(25 * time.Hour)
	o.want("nobody there for a day")
	o.event("CannotBeTold", "SocialChannel desk is not connected")
}

func TestTakesNoMessages(t *testing.T) {
	o := open(t)
	o.connect(mute{})
	o.happen(0, 3)
	o.want("cannot be told")
	o.event("CannotBeTold", "3 messages", "SocialChannel desk is on Webhook, which takes no messages")
}
