package controllers

import (
	"context"
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

var postsDesc = prometheus.NewDesc("tribune_posts", "Posts that exist, by namespace, channel and state.", []string{"namespace", "channel", "state"}, nil)

// postCollector counts the cached Posts as they come and go, so that to be asked costs nothing, however many there are.
type postCollector struct {
	mu     sync.Mutex
	counts map[postKind]int
}

type postKind struct{ namespace, channel, state string }

// newPostCollector counts what a cache holds, from its start on.
func newPostCollector(ctx context.Context, c cache.Cache) (*postCollector, error) {
	collector := &postCollector{counts: map[postKind]int{}}
	informer, err := c.GetInformer(ctx, &tribunev1alpha1.Post{}, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, fmt.Errorf("watch Posts: %w", err)
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { collector.move(nil, o) },
		UpdateFunc: func(was, is any) { collector.move(was, is) },
		DeleteFunc: func(o any) {
			if gone, ok := o.(toolscache.DeletedFinalStateUnknown); ok {
				o = gone.Obj
			}
			collector.move(o, nil)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("watch Posts: %w", err)
	}
	return collector, nil
}

// move counts a Post where it is, and no more where it was; nil is nowhere.
func (c *postCollector) move(was, is any) {
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
func (c *postCollector) Describe(ch chan<- *prometheus.Desc) { ch <- postsDesc }

// Collect implements prometheus.Collector.
func (c *postCollector) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, n := range c.counts {
		ch <- prometheus.MustNewConstMetric(postsDesc, prometheus.GaugeValue, float64(n), k.namespace, k.channel, k.state)
	}
}
