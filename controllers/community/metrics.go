package community

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// metrics of the inbox. Their labels are names of objects, rules and kinds, of which there are few; nothing that people write is one.
type metrics struct {
	items, matches, actions, questions *prometheus.CounterVec
	lag                                *prometheus.HistogramVec
	waiting                            waiting
}

func newMetrics() *metrics {
	return &metrics{
		items: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tribune_inbox_items_total",
			Help: "What people said and did that was decided about, by channel, kind and the outcome in force."}, []string{"channel", "kind", "state"}),
		matches: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tribune_policy_matches_total",
			Help: "Items that a rule matched, by policy, rule and the rule's outcome."}, []string{"policy", "rule", "outcome"}),
		actions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tribune_policy_actions_total",
			Help: "Actions that came to a state, by policy and kind."}, []string{"policy", "kind", "state"}),
		questions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tribune_classifier_questions_total",
			Help: "Questions to classifiers, by what became of them: Answered, Failed, Refused or NotAsked."}, []string{"namespace", "classifier", "result"}),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tribune_inbox_lag_seconds",
			Help:    "Time from when something was said, as the network tells, to the decision about it.",
			Buckets: []float64{.25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 1800, 3600, 43200}}, []string{"channel"}),
	}
}

func (m *metrics) register(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	for _, c := range []prometheus.Collector{m.items, m.matches, m.actions, m.questions, m.lag, &m.waiting} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// kinds that are counted by name, as networks may have others.
var kinds = map[network.ItemKind]bool{
	network.ItemComment: true, network.ItemReply: true, network.ItemMention: true, network.ItemFollow: true, network.ItemJoin: true,
	network.ItemReaction: true, network.ItemMessage: true, network.ItemSearchHit: true,
}

// judged counts items and what was decided about them.
func (m *metrics) judged(items []store.Item, verdicts []store.Verdict) {
	for i := range items {
		it, v := &items[i], &verdicts[i]
		channel, kind, state := it.Key.Namespace+"/"+it.Channel, string(it.Kind), v.Outcome
		if !kinds[it.Kind] {
			kind = "Other"
		}
		if state == "" {
			state = string(store.ItemDecided) // by no policy
		}
		m.items.WithLabelValues(channel, kind, state).Inc()
		if !it.CreatedAt.IsZero() {
			m.lag.WithLabelValues(channel).Observe(max(v.At.Sub(it.CreatedAt), time.Duration(0)).Seconds())
		}
		for _, p := range v.Parts {
			policy := it.Key.Namespace + "/" + p.Policy
			for _, match := range p.Matches {
				m.matches.WithLabelValues(policy, match.Rule, match.Outcome).Inc()
			}
			for k := range p.Actions {
				if a := &p.Actions[k]; a.State == store.ActionSimulated {
					m.acted(a)
				}
			}
		}
	}
}

// asked counts a question to a classifier, by the host that it is at: the rest of an address may be secret.
func (m *metrics) asked(namespace, host string, result inbox.Asked) {
	m.questions.WithLabelValues(namespace, host, string(result)).Inc()
}

// acted counts an action that came to an end.
func (m *metrics) acted(a *store.Action) {
	m.actions.WithLabelValues(a.Namespace+"/"+a.Policy, a.Kind, string(a.State)).Inc()
}
