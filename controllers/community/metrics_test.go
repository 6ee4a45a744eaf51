package community

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"k8s.io/apimachinery/pkg/types"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

func TestMetrics(t *testing.T) {
	m, registry := newMetrics(), prometheus.NewRegistry()
	if err := m.register(registry); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	key := store.ItemKey{Namespace: "acme", ID: "1"}
	m.judged([]store.Item{
		{Key: key, Channel: "square", Item: network.Item{Kind: network.ItemReply, CreatedAt: now.Add(-3 * time.Second)}},
		{Key: key, Channel: "square", Item: network.Item{Kind: "what a network makes up"}},
	}, []store.Verdict{
		{Outcome: "Hide", At: now, Parts: []store.Part{{Policy: "rules", Matches: []store.Match{{Rule: "insults", Outcome: "Hide"}},
			Actions: []store.Action{{Namespace: "acme", Policy: "rules", Kind: "hide", State: store.ActionSimulated}, {Kind: "reply", State: store.ActionPending}}}}},
		{At: now},
	})
	m.acted(&store.Action{Namespace: "acme", Policy: "rules", Kind: "hide", State: store.ActionDone})
	const want = `
# HELP tribune_inbox_items_total What people said and did that was decided about, by channel, kind and the outcome in force.
# TYPE tribune_inbox_items_total counter
tribune_inbox_items_total{channel="acme/square",kind="Other",state="Decided"} 1
tribune_inbox_items_total{channel="acme/square",kind="Reply",state="Hide"} 1
# HELP tribune_policy_actions_total Actions that came to a state, by policy and kind.
# TYPE tribune_policy_actions_total counter
tribune_policy_actions_total{kind="hide",policy="acme/rules",state="Done"} 1
tribune_policy_actions_total{kind="hide",policy="acme/rules",state="Simulated"} 1
# HELP tribune_policy_matches_total Items that a rule matched, by policy, rule and the rule's outcome.
# TYPE tribune_policy_matches_total counter
tribune_policy_matches_total{outcome="Hide",policy="acme/rules",rule="insults"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "tribune_inbox_items_total", "tribune_policy_actions_total", "tribune_policy_matches_total"); err != nil {
		t.Error(err)
	}
	if n := testutil.CollectAndCount(m.lag); n != 1 {
		t.Errorf("%d lags, want 1", n)
	}
}

// What waits is counted by names of objects and kinds alone, and nothing is told before it was counted.
func TestWaitingIsCounted(t *testing.T) {
	m, registry := newMetrics(), prometheus.NewRegistry()
	if err := m.register(registry); err != nil {
		t.Fatal(err)
	}
	names := []string{"tribune_inbox_cases", "tribune_inbox_cases_overdue", "tribune_inbox_oldest_case_timestamp_seconds", "tribune_policy_actions_held",
		"tribune_inbox_items_waiting", "tribune_inbox_listening", "tribune_inbox_last_poll_timestamp_seconds"}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(""), names...); err != nil {
		t.Error(err)
	}
	at := func(second int64) time.Time { return time.Unix(second, 0) }
	m.waiting.queues.Store(&store.Queues{
		Cases: []store.Queue{
			{Namespace: "acme", Policy: "rules", Kind: "Question", State: store.CaseDecided, Cases: 7, Overdue: 7, Oldest: at(1)},
			{Namespace: "acme", Policy: "rules", Kind: "Question", State: store.CaseOpen, Cases: 3, Overdue: 1, Oldest: at(20)},
			{Namespace: "acme", Policy: "rules", Kind: "Question", State: store.CaseWaiting, Cases: 2, Overdue: 1, Oldest: at(10)},
		},
		Held:  []store.Held{{Namespace: "acme", Policy: "rules", Class: "Hide", Actions: 5}},
		Items: []store.Unjudged{{Namespace: "acme", Channel: "square", Items: 9}},
	})
	m.waiting.listened.Store(&[]store.Listened{{Namespace: "acme", Channel: "square", PolledAt: at(30), Items: 4}})
	m.waiting.hears.Store(&map[types.NamespacedName]bool{{Namespace: "acme", Name: "square"}: true, {Namespace: "acme", Name: "blog"}: false})
	const want = `
# HELP tribune_inbox_cases Cases that wait for a person (Waiting, with no object yet, or Open), or are being carried out (Decided).
# TYPE tribune_inbox_cases gauge
tribune_inbox_cases{kind="Question",namespace="acme",policy="rules",state="Decided"} 7
tribune_inbox_cases{kind="Question",namespace="acme",policy="rules",state="Open"} 3
tribune_inbox_cases{kind="Question",namespace="acme",policy="rules",state="Waiting"} 2
# HELP tribune_inbox_cases_overdue Cases that wait for a person and should be done by now.
# TYPE tribune_inbox_cases_overdue gauge
tribune_inbox_cases_overdue{kind="Question",namespace="acme",policy="rules"} 2
# HELP tribune_inbox_items_waiting Items that wait to be decided about.
# TYPE tribune_inbox_items_waiting gauge
tribune_inbox_items_waiting{channel="square",namespace="acme"} 9
# HELP tribune_inbox_last_poll_timestamp_seconds When a channel was last asked for what people say, or last called us.
# TYPE tribune_inbox_last_poll_timestamp_seconds gauge
tribune_inbox_last_poll_timestamp_seconds{channel="square",namespace="acme"} 30
# HELP tribune_inbox_listening 1 while what is said on a channel that is to be listened to is read, else 0.
# TYPE tribune_inbox_listening gauge
tribune_inbox_listening{channel="blog",namespace="acme"} 0
tribune_inbox_listening{channel="square",namespace="acme"} 1
# HELP tribune_inbox_oldest_case_timestamp_seconds When the case was made that waits longest for a person.
# TYPE tribune_inbox_oldest_case_timestamp_seconds gauge
tribune_inbox_oldest_case_timestamp_seconds{kind="Question",namespace="acme",policy="rules"} 10
# HELP tribune_policy_actions_held Actions that a limit holds until a person lets them go: its circuit is open.
# TYPE tribune_policy_actions_held gauge
tribune_policy_actions_held{class="Hide",namespace="acme",policy="rules"} 5
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}
