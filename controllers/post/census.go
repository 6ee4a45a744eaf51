package post

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

var postsDesc = prometheus.NewDesc("tribune_posts", "Posts that exist, by namespace, channel and state.", []string{"namespace", "channel", "state"}, nil)

// census counts the Posts that this controller watches as they come and go, so that to be asked costs nothing, however many there are.
type census struct {
	mu     sync.Mutex
	counts map[postKind]int
}

type postKind struct{ namespace, channel, state string }

// move counts a Post where it is, and no more where it was; nil is nowhere.
func (c *census) move(was, is any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := was.(*tribunev1alpha1.Post); ok {
		if c.counts[kindOf(p)]--; c.counts[kindOf(p)] <= 0 {
			delete(c.counts, kindOf(p))
		}
	}
	if p, ok := is.(*tribunev1alpha1.Post); ok {
		c.counts[kindOf(p)]++
	}
}

func kindOf(p *tribunev1alpha1.Post) postKind {
	state := string(p.Status.State)
	if state == "" {
		state = "New"
	}
	return postKind{p.Namespace, string(p.Spec.ChannelRef.Name), state}
}

// Describe implements prometheus.Collector.
func (c *census) Describe(ch chan<- *prometheus.Desc) { ch <- postsDesc }

// Collect implements prometheus.Collector.
func (c *census) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, n := range c.counts {
		ch <- prometheus.MustNewConstMetric(postsDesc, prometheus.GaugeValue, float64(n), k.namespace, k.channel, k.state)
	}
}
