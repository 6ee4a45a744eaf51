package community

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	news "github.com/tribune-dev/tribune/internal/notify"
	"github.com/tribune-dev/tribune/internal/store"
)

// answering is a policy that wants answers within 15 business hours: who opens the case waits since Tuesday, 13:00 in Madrid.
const answering = `
metadata: {name: rules, namespace: acme, uid: u1}
spec:
  channelSelector: {}
  mode: Enforce
  answer:
    within: 15h
    hours: {timeZone: Europe/Madrid, from: "09:00", to: "18:00"}
    remind: {after: 6h, channelRef: {name: desk}}
    escalate: {after: 33h, channelRef: {name: leads}}
  notify:
  - {channelRef: {name: opened}, on: [CaseOpened]}
  - {channelRef: {name: overdue}, on: [CaseOverdue]}
  - {channelRef: {name: circuit}, on: [CircuitOpen, TestsFailed]}
`

// receivers are all whom a policy of these tests names.
var receivers = []string{"opened", "overdue", "circuit", "desk", "leads"}

func policyOf(t *testing.T, text string) *tribunev1alpha1.CommunityPolicy {
	t.Helper()
	p := &tribunev1alpha1.CommunityPolicy{}
	if err := yaml.Unmarshal([]byte(text), p); err != nil {
		t.Fatal(err)
	}
	return p
}

// flaky is a ledger some of whose next writes fail.
type flaky struct {
	Ledger
	messages, cases int
}

var errBusy = errors.New("the ledger is busy")

func (f *flaky) AddMessages(ctx context.Context, messages []store.Message) (int, error) {
	if f.messages > 0 {
		f.messages--
		return 0, errBusy
	}
	return f.Ledger.AddMessages(ctx, messages)
}

func (f *flaky) SaveCase(ctx context.Context, c store.Case) error {
	if f.cases > 0 {
		f.cases--
		return errBusy
	}
	return f.Ledger.SaveCase(ctx, c)
}

// outboxes of teams: what each was told, as their channels would send it.
type outboxes struct {
	t      *testing.T
	ledger *store.Database
	all    map[string][]network.Message
	claims int
}

func newOutboxes(t *testing.T, d *desk) *outboxes {
	l, ok := d.ledger.(*store.Database)
	if !ok {
		t.Fatalf("the desk writes to %T", d.ledger)
	}
	return &outboxes{t: t, ledger: l, all: map[string][]network.Message{}}
}

// told so far, by receiver.
func (o *outboxes) told(now time.Time) map[string]int {
	o.t.Helper()
	for _, name := range receivers {
		r := store.Receiver{Namespace: "acme", Name: name}
		for {
			o.claims++
			c := store.Claim{Receiver: r, ID: fmt.Sprint("claim", o.claims), Now: now, Until: now.Add(time.Minute), Max: 1}
			rows, err := o.ledger.ClaimMessages(o.t.Context(), c)
			if err != nil {
				o.t.Fatal(err)
			}
			if len(rows) == 0 {
				break
			}
			var m network.Message
			if err := json.Unmarshal(rows[0].Payload, &m); err != nil {
				o.t.Fatal(err)
			}
			o.all[name] = append(o.all[name], m)
			if err := o.ledger.ConcludeMessages(o.t.Context(), r, c.ID, store.MessageOutcome{State: store.MessageSent, At: now}); err != nil {
				o.t.Fatal(err)
			}
		}
	}
	counts := map[string]int{}
	for name, messages := range o.all {
		counts[name] = len(messages)
	}
	return counts
}

func (o *outboxes) expect(when string, now time.Time, want map[string]int) {
	o.t.Helper()
	if diff := cmp.Diff(want, o.told(now)); diff != "" {
		o.t.Errorf("%s: %s", when, diff)
	}
}

// waits is an office with one case that waits for an answer, under a policy.
type waits struct {
	*office
	outboxes *outboxes
	now      *clocktesting.FakeClock
}

func newWaits(t *testing.T, text string, change ...func(*store.Case)) *waits {
	t.Helper()
	p := policyOf(t, text)
	row := waitingCase("rules", "one")
	due, err := inbox.DueAfter(named, p.Spec.Answer.Within.Duration, p.Spec.Answer.Hours)
	if err != nil {
		t.Fatal(err)
	}
	row.DueAt = due
	d := aDesk(t, interceptor.Funcs{}, []store.Case{row}, p)
	w := &waits{office: &office{desk: d, t: t, key: client.ObjectKey{Namespace: "acme", Name: "one"}}, outboxes: newOutboxes(t, d)}
	now, ok := d.clock.(*clocktesting.FakeClock)
	if !ok {
		t.Fatalf("the desk looks at %T", d.clock)
	}
	w.now = now
	w.restart()
	w.turn()
	for _, c := range change {
		w.save(c)
	}
	return w
}

func (w *waits) save(change func(*store.Case)) {
	w.t.Helper()
	rows, err := w.ledger.Cases(w.t.Context(), store.CaseFilter{Namespace: "acme", Name: "one"})
	if err != nil || len(rows) != 1 {
		w.t.Fatal(rows, err)
	}
	change(&rows[0])
	if err := w.ledger.SaveCase(w.t.Context(), rows[0]); err != nil {
		w.t.Fatal(err)
	}
}

// restart is another process on the same ledger and cluster.
func (w *waits) restart() {
	w.desk = &desk{client: w.client, recorder: events.NewFakeRecorder(100), clock: w.now, ledger: w.outboxes.ledger, inbox: inbox.New(inbox.Inbox{Clock: w.now}), log: slog.New(slog.DiscardHandler)}
}

// at an instant, a process that has just started has told so much.
func (w *waits) at(instant string, want map[string]int) {
	w.t.Helper()
	at, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		w.t.Fatal(err)
	}
	w.now.SetTime(at)
	for range 2 {
		w.restart()
		w.turn()
	}
	w.outboxes.expect(instant, at, want)
}

// What waits is brought to mind in business hours, to whom the policy names, once each, also over restarts and for as long as it waits.
func TestRemindedAndEscalated(t *testing.T) {
	w := newWaits(t, answering)
	opened := map[string]int{"opened": 1}
	reminded := map[string]int{"opened": 1, "desk": 1}
	overdue := map[string]int{"opened": 1, "desk": 1, "overdue": 1}
	escalated := map[string]int{"opened": 1, "desk": 1, "overdue": 1, "leads": 1}
	for _, step := range []struct {
		at   string
		want map[string]int
	}{
		{"2026-11-24T18:30:00Z", opened},    // six hours later, but Madrid closed at 17:00 UTC
		{"2026-11-25T08:59:59Z", opened},    // a second before the sixth hour
		{"2026-11-25T09:00:00Z", reminded},  // 5 hours on Tuesday, and 1 on Wednesday
		{"2026-11-26T09:00:00Z", reminded},  // due at this instant
		{"2026-11-26T09:00:01Z", overdue},   // and over it
		{"2026-11-28T12:00:00Z", overdue},   // 32 hours are over; nothing counts at a weekend
		{"2026-11-30T08:59:59Z", overdue},   //
		{"2026-11-30T09:00:00Z", escalated}, // the 33rd hour
		{"2026-12-24T12:00:00Z", escalated},
	} {
		w.at(step.at, step.want)
	}
	for receiver, says := range map[string]string{"desk": "still waits", "leads": "still waits", "overdue": "still waits"} {
		m := w.outboxes.all[receiver][0]
		if m.Event != "CaseOverdue" || m.Title != "Overdue: rules" || !strings.Contains(m.Text, says) || !strings.Contains(m.Text, "tribune inbox show one -n acme") {
			t.Errorf("%s was told %+v", receiver, m)
		}
	}
	// What was told is forgotten after a while; that it was told is not.
	later := time.Date(2027, 1, 15, 12, 0, 0, 0, time.UTC)
	if err := w.outboxes.ledger.PruneMessages(t.Context(), later.Add(-news.Horizon-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	w.at(later.Format(time.RFC3339), escalated)
}

// Nobody is reminded of what somebody decided, of what is put off until it comes back, or of what has no haste.
func TestNotReminded(t *testing.T) {
	const late = "2026-12-01T12:00:00Z"
	opened := map[string]int{"opened": 1}
	t.Run("decided", func(t *testing.T) {
		w := newWaits(t, answering)
		w.decides(func(s *tribunev1alpha1.CommunityCaseSpec) { s.Decision = tribunev1alpha1.DecisionResolve })
		w.at(late, opened)
	})
	t.Run("put off", func(t *testing.T) {
		w := newWaits(t, answering)
		until, _ := time.Parse(time.RFC3339, late)
		w.decides(func(s *tribunev1alpha1.CommunityCaseSpec) {
			back := metav1.NewTime(until.Add(time.Hour))
			s.Decision, s.SnoozeUntil = tribunev1alpha1.DecisionSnooze, &back
		})
		w.at(late, opened)
		w.at("2026-12-01T13:00:01Z", map[string]int{"opened": 1, "desk": 1, "overdue": 1, "leads": 1})
	})
	t.Run("another policy by now", func(t *testing.T) {
		w := newWaits(t, answering)
		p := &tribunev1alpha1.CommunityPolicy{}
		if err := w.client.Get(t.Context(), client.ObjectKey{Namespace: "acme", Name: "rules"}, p); err != nil {
			t.Fatal(err)
		}
		p.Spec.Answer.Remind, p.Spec.Answer.Escalate.ChannelRef.Name, p.Spec.Notify = nil, "desk", p.Spec.Notify[:1]
		if err := w.client.Update(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		w.at(late, map[string]int{"opened": 1, "desk": 1})
	})
}

// Who was reminded is recorded after they were told: a write that fails in between, or a kill, makes them be told once all the same.
func TestRemindedOnceThoughWritesFail(t *testing.T) {
	w := newWaits(t, answering)
	w.now.SetTime(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC))
	for _, ledger := range []*flaky{{messages: 1}, {messages: 1}, {cases: 1}, {cases: 1}} {
		w.restart()
		ledger.Ledger, w.ledger = w.ledger, ledger
		if _, err := w.Reconcile(t.Context(), ctrl.Request{NamespacedName: w.key}); !errors.Is(err, errBusy) {
			t.Errorf("%+v: %v", ledger, err)
		}
	}
	w.at("2026-12-01T12:01:00Z", map[string]int{"opened": 1, "desk": 1, "overdue": 1, "leads": 1})
}
