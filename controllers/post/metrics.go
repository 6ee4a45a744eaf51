package post

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

// Metrics of publications.
type Metrics struct {
	lag      *prometheus.HistogramVec
	calls    *prometheus.CounterVec
	outcomes *prometheus.CounterVec
	posts    *census
}

// NewMetrics makes the metrics; Collectors are for the registry.
func NewMetrics() *Metrics {
	return &Metrics{
		posts: &census{counts: map[postKind]int{}},
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tribune_publish_lag_seconds",
			Help:    "Time from a Post's due time to the begin of its first call.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600}}, []string{"network"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tribune_publish_calls_total",
			Help: "Calls that publish a segment, by network and what came of them."}, []string{"network", "outcome"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tribune_post_state_changes_total",
			Help: "Posts that reached a state, by state."}, []string{"state"}),
	}
}

// Collectors of all metrics.
func (m *Metrics) Collectors() []prometheus.Collector {
	return []prometheus.Collector{m.lag, m.calls, m.outcomes, m.posts}
}

// moved counts a Post where it is, and no more where it was; nil is nowhere.
func (m *Metrics) moved(was, is client.Object) {
	if m != nil {
		m.posts.move(was, is)
	}
}

func (m *Metrics) outcome(_ *tribunev1alpha1.Post, state tribunev1alpha1.PostState) {
	if m != nil {
		m.outcomes.WithLabelValues(string(state)).Inc()
	}
}

func (m *Metrics) sent(s *scope, out publish.Outcome) {
	if m == nil {
		return
	}
	name := string(s.connection.Name)
	outcome := "Published"
	switch {
	case out.Closed != nil:
		outcome = "Held"
	case out.Err != nil:
		outcome = string(network.KindOf(out.Err))
	case out.Receipt.Existing:
		outcome = "Existing"
	}
	m.calls.WithLabelValues(name, outcome).Inc()
	if out.Segment == 0 && out.Err == nil && !out.Began.IsZero() {
		m.lag.WithLabelValues(name).Observe(max(out.Began.Sub(publish.Due(s.facts.Post)).Seconds(), 0))
	}
}
