package integration

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"k8s.io/client-go/rest"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

// gauges of a registry whose names begin with a prefix, as name{label="value",...}.
func gauges(t *testing.T, r *prometheus.Registry, prefix string) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		if f.GetType() != dto.MetricType_GAUGE || !strings.HasPrefix(f.GetName(), prefix) {
			continue
		}
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			all[f.GetName()+" "+strings.Join(labels, " ")] = m.GetGauge().GetValue()
		}
	}
	return all
}

// What nobody did yet is 0, and not blank; what waits is counted; and figures that stay the same are not written again.
func TestFiguresOfACommunity(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	registry := prometheus.NewRegistry()
	var r writes
	w.manager = w.run(r.watch, func(_ *controllers.ManagerOptions, o *controllers.Options, _ *rest.Config) { o.Registry = registry })
	w.mustApply(deskChannel(newDesk(t)) + "\n---" + hearingSquare + "\n---" + houseRules("Enforce"))
	w.policyIs("Ready", "True", "InForce")
	if table := squeezed(w.kubectl("get", "compol")); !strings.Contains(table, "NAME MODE RULES TESTS MATCHED ACTED WAITING READY STATUS AGE") ||
		!strings.Contains(table, "house-rules Enforce 3 0/0 0 0 0 True InForce ") {
		t.Errorf("blanks for 0:\n%s", table)
	}
	w.eventually("the figures of listening", func() string {
		l := w.channel("square").Status.Listening
		if l == nil || l.LastPoll == nil || l.Items24h == nil || *l.Items24h != 0 {
			return asJSON(l)
		}
		return ""
	})
	if table := squeezed(w.kubectl("get", "schan", "square", "-o", "wide")); !strings.Contains(table, "LISTENING ITEMS-24H LAST-ITEM LAG ONCE URL READY") ||
		!strings.Contains(table, " True 0 ") {
		t.Errorf("listening is not shown:\n%s", table)
	}
	w.is("channel", "desk", "Ready", "True", "SignedIn")
	r.taken()
	for range 3 {
		w.poke(w.channel("square"))
	}
	w.mustApply(manifest("marker", "", "x"))
	w.reaches("marker", "Published", "")
	if diff := cmp.Diff([]string(nil), r.taken("marker", "events", "desk")); diff != "" {
		t.Errorf("written again: %s", diff)
	}

	w.says(wire.KindMention, "leo", "How do I start the engine?")
	w.caseAbout("leo", tribunev1alpha1.CaseQuestion)
	w.eventually("the question to be counted", func() string {
		all := gauges(t, registry, "tribune_inbox_")
		n := "tribune_inbox_cases Question " + w.namespace + " house-rules Open"
		if all[n] != 1 || all["tribune_inbox_cases_overdue Question "+w.namespace+" house-rules"] != 0 || all["tribune_inbox_last_poll_timestamp_seconds square "+w.namespace] == 0 {
			return asJSON(all)
		}
		for name := range all {
			if strings.Contains(name, "leo") || strings.Contains(name, "engine") {
				t.Errorf("what people say is a label: %s", name)
			}
		}
		return ""
	})
}
