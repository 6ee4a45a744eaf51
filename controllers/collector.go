package controllers

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

var postsDesc = prometheus.NewDesc("tribune_posts", "Posts that exist, by namespace, channel and state.", []string{"namespace", "channel", "state"}, nil)

// postCollector counts the cached Posts when it is asked, so that no counter can drift from what exists.
type postCollector struct{ reader client.Reader }

// Describe implements prometheus.Collector.
func (c *postCollector) Describe(ch chan<- *prometheus.Desc) { ch <- postsDesc }

// Collect implements prometheus.Collector.
func (c *postCollector) Collect(ch chan<- prometheus.Metric) {
	list := &tribunev1alpha1.PostList{}
	if err := c.reader.List(context.Background(), list, client.UnsafeDisableDeepCopy); err != nil {
		ch <- prometheus.NewInvalidMetric(postsDesc, err)
		return
	}
	type key struct{ namespace, channel, state string }
	counts := map[key]int{}
	for i := range list.Items {
		p := &list.Items[i]
		state := string(p.Status.State)
		if state == "" {
			state = "New"
		}
		counts[key{p.Namespace, string(p.Spec.ChannelRef.Name), state}]++
	}
	for k, n := range counts {
		ch <- prometheus.MustNewConstMetric(postsDesc, prometheus.GaugeValue, float64(n), k.namespace, k.channel, k.state)
	}
}
