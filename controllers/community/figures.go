package community

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// queuesEvery is how often it is counted what waits, listenedEvery how listening went: that reads all that was said in a day.
	queuesEvery, listenedEvery = 15 * time.Second, time.Minute
	// listenedOver is the time that figures of listening are about.
	listenedOver = 24 * time.Hour
)

var (
	casesDesc = prometheus.NewDesc("tribune_inbox_cases", "Cases that wait for a person (Waiting, with no object yet, or Open), or are being carried out (Decided).",
		[]string{"namespace", "policy", "kind", "state"}, nil)
	overdueDesc = prometheus.NewDesc("tribune_inbox_cases_overdue", "Cases that wait for a person and should be done by now.", []string{"namespace", "policy", "kind"}, nil)
	oldestDesc  = prometheus.NewDesc("tribune_inbox_oldest_case_timestamp_seconds", "When the case was made that waits longest for a person.", []string{"namespace", "policy", "kind"}, nil)
	heldDesc    = prometheus.NewDesc("tribune_policy_actions_held", "Actions that a limit holds until a person lets them go: its circuit is open.", []string{"namespace", "policy", "class"}, nil)
	newDesc     = prometheus.NewDesc("tribune_inbox_items_waiting", "Items that wait to be decided about.", []string{"namespace", "channel"}, nil)
	hearsDesc   = prometheus.NewDesc("tribune_inbox_listening", "1 while what is said on a channel that is to be listened to is read, else 0.", []string{"namespace", "channel"}, nil)
	polledDesc  = prometheus.NewDesc("tribune_inbox_last_poll_timestamp_seconds", "When a channel was last asked for what people say, or last called us.", []string{"namespace", "channel"}, nil)
)

// waiting is what waits and how listening went, as it was last counted. Only who leads counts, so nobody tells it twice.
type waiting struct {
	queues   atomic.Pointer[store.Queues]
	listened atomic.Pointer[[]store.Listened]
	hears    atomic.Pointer[map[types.NamespacedName]bool]
}

// Describe implements prometheus.Collector.
func (w *waiting) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{casesDesc, overdueDesc, oldestDesc, heldDesc, newDesc, hearsDesc, polledDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (w *waiting) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	if q := w.queues.Load(); q != nil {
		for _, c := range q.Cases {
			gauge(casesDesc, float64(c.Cases), c.Namespace, c.Policy, c.Kind, string(c.State))
		}
		for k, l := range late(q.Cases) {
			gauge(overdueDesc, float64(l.overdue), k.namespace, k.policy, k.kind)
			gauge(oldestDesc, float64(l.oldest.Unix()), k.namespace, k.policy, k.kind)
		}
		for _, h := range q.Held {
			gauge(heldDesc, float64(h.Actions), h.Namespace, h.Policy, h.Class)
		}
		for _, u := range q.Items {
			gauge(newDesc, float64(u.Items), u.Namespace, u.Channel)
		}
	}
	if hears := w.hears.Load(); hears != nil {
		for key, does := range *hears {
			value := 0.
			if does {
				value = 1
			}
			gauge(hearsDesc, value, key.Namespace, key.Name)
		}
	}
	if all := w.listened.Load(); all != nil {
		for _, l := range *all {
			gauge(polledDesc, float64(l.PolledAt.Unix()), l.Namespace, l.Channel)
		}
	}
}

type queueKey struct{ namespace, policy, kind string }

type lateness struct {
	overdue int64
	oldest  time.Time
}

// late is how late what waits for a person is.
func late(cases []store.Queue) map[queueKey]lateness {
	all := map[queueKey]lateness{}
	for _, c := range cases {
		if c.State == store.CaseDecided {
			continue
		}
		k := queueKey{c.Namespace, c.Policy, c.Kind}
		l, known := all[k]
		l.overdue += c.Overdue
		if !known || c.Oldest.Before(l.oldest) {
			l.oldest = c.Oldest
		}
		all[k] = l
	}
	return all
}

// count what waits, and how listening goes, until ctx ends.
func (r *runner) count(ctx context.Context) {
	var listenedAt time.Time
	for {
		now := r.clock.Now()
		if q, err := r.ledger.Queues(ctx, now); err == nil {
			r.waiting.queues.Store(&q)
		} else if ctx.Err() == nil {
			r.log.Error("What waits could not be counted; it is tried again", "error", err)
		}
		r.hears(ctx)
		if now.Sub(listenedAt) >= listenedEvery {
			if err := r.listened(ctx, now); err == nil {
				listenedAt = now
			} else if ctx.Err() == nil {
				r.log.Error("What was said could not be counted; it is tried again", "error", err)
			}
		}
		timer := r.clock.NewTimer(queuesEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-r.first: // somebody is listened to of whom nothing is known yet
			listenedAt = time.Time{}
		case <-timer.C():
		}
		timer.Stop()
	}
}

// hears notes which channels are read of those that are to be.
func (r *runner) hears(ctx context.Context) {
	list := &tribunev1alpha1.SocialChannelList{}
	if err := r.client.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		return // it is a cache
	}
	hears := map[types.NamespacedName]bool{}
	for i := range list.Items {
		ch := &list.Items[i]
		if ch.Spec.Listening == nil || ch.Spec.Suspend {
			continue
		}
		h, _ := r.directory.Hearing(client.ObjectKeyFromObject(ch))
		hears[client.ObjectKeyFromObject(ch)] = h.Listens
	}
	r.waiting.hears.Store(&hears)
}

// listened tells how listening to each channel goes.
func (r *runner) listened(ctx context.Context, now time.Time) error {
	all, err := r.ledger.Listened(ctx, now.Add(-listenedOver))
	if err != nil {
		return err
	}
	r.waiting.listened.Store(&all)
	for _, l := range all {
		key := types.NamespacedName{Namespace: l.Namespace, Name: l.Channel}
		if _, listens := r.directory.Hearing(key); listens {
			r.directory.HasHeard(key, channels.Heard{PolledAt: l.PolledAt, ItemAt: l.ItemAt, Items: l.Items, Lag: l.Lag})
		}
	}
	return nil
}

// begun has figures counted soon of a channel of which none are known.
func (r *runner) begun(key types.NamespacedName) {
	if _, known := r.directory.Heard(key); known {
		return
	}
	select {
	case r.first <- struct{}{}:
	default:
	}
}
