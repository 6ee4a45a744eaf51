package community

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

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
