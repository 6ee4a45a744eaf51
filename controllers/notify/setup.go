// Package notify tells people what happens to Posts and channels: it watches both, records in the ledger who is to be told of
// what, and sends it on channels that take messages. What is told, to whom and in which words is decided in internal/notify.
package notify

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
	news "github.com/tribune-dev/tribune/internal/notify"
	"github.com/tribune-dev/tribune/internal/store"
)

// Outbox is what must be kept of messages: the ledger.
type Outbox interface {
	AddMessages(ctx context.Context, messages []store.Message) (added int, err error)
	WaitingReceivers(ctx context.Context) (map[store.Receiver]time.Time, error)
	ClaimMessages(ctx context.Context, c store.Claim) ([]store.Message, error)
	ConcludeMessages(ctx context.Context, r store.Receiver, claim string, o store.MessageOutcome) error
	ExpireMessages(ctx context.Context, r store.Receiver, before, now time.Time, why string) ([]store.Message, error)
	CountMessages(ctx context.Context, r store.Receiver, now, since time.Time) (store.MessageCounts, error)
	PruneMessages(ctx context.Context, before time.Time) error
	Seen(ctx context.Context, watcher string, now time.Time) (before time.Time, err error)
}

// Options of the controllers.
type Options struct {
	Client    client.Client
	Outbox    Outbox
	Directory *channels.Directory
	Recorder  events.EventRecorder
	Clock     clock.Clock
	Registry  prometheus.Registerer
	Log       *slog.Logger
}

// workers are few: to tell is never urgent against to publish.
const workers = 4

// Setup adds what watches, and what sends, to the manager. Call it before the manager starts, as the directory asks. Who writes into the
// outbox himself calls wake.
func Setup(mgr ctrl.Manager, o Options) (wake func(), err error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	metrics := newMetrics()
	if err := o.Registry.Register(metrics.messages); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	t := &teller{Options: o, wake: make(chan struct{}, 1), metrics: metrics}
	s := &sender{teller: t, busy: map[store.Receiver]bool{}, pause: map[store.Receiver]pause{}}
	o.Directory.OnChange(func(key types.NamespacedName) { s.resume(store.Receiver{Namespace: key.Namespace, Name: key.Name}) })
	options := controller.Options{MaxConcurrentReconciles: workers}
	err = ctrl.NewControllerManagedBy(mgr).Named("notify-post").
		For(&tribunev1alpha1.Post{}, builder.WithPredicates(newsOf(news.OfPost))).
		WithOptions(options).Complete(&postReconciler{t})
	if err != nil {
		return nil, fmt.Errorf("watch Posts: %w", err)
	}
	err = ctrl.NewControllerManagedBy(mgr).Named("notify-channel").
		For(&tribunev1alpha1.SocialChannel{}, builder.WithPredicates(newsOf(news.OfChannel))).
		WithOptions(options).Complete(&channelReconciler{t})
	if err != nil {
		return nil, fmt.Errorf("watch SocialChannels: %w", err)
	}
	if err := mgr.Add(s); err != nil {
		return nil, fmt.Errorf("add sender of messages: %w", err)
	}
	return t.poke, nil
}

// newsOf lets through objects of which there is something new to tell: a hundred thousand Posts that wait for their time cost
// a look at their state.
func newsOf[T client.Object](of func(T) []news.Episode) predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool {
			o, ok := e.Object.(T)
			return ok && len(of(o)) > 0
		},
		UpdateFunc: func(e event.UpdateEvent) bool {
			was, ok := e.ObjectOld.(T)
			is, ok2 := e.ObjectNew.(T)
			return ok && ok2 && news.News(of(was), of(is))
		},
		DeleteFunc:  func(event.DeleteEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}

// teller is what watching and sending share.
type teller struct {
	Options
	metrics *metrics
	// wake has the sender look at the outbox.
	wake chan struct{}

	mu    sync.Mutex
	since time.Time // from when on episodes are news; zero: not known yet
}

// watcher names this controller in the ledger.
const watcher = "notify"

// newsSince is from when on episodes are news to this process.
func (t *teller) newsSince(ctx context.Context) (time.Time, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.since.IsZero() {
		return t.since, nil
	}
	now := t.Clock.Now()
	last, err := t.Outbox.Seen(ctx, watcher, now)
	if err != nil {
		return time.Time{}, err
	}
	t.since = news.NewsSince(last, now)
	return t.since, nil
}

// poke has the sender look.
func (t *teller) poke() {
	select {
	case t.wake <- struct{}{}:
	default: // it will anyway
	}
}

type metrics struct{ messages *prometheus.CounterVec }

func newMetrics() *metrics {
	return &metrics{messages: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tribune_messages_total",
		Help: "Messages to people, by namespace, receiving channel and result: Sent, Failed (is tried again) and GivenUp.",
	}, []string{"namespace", "channel", "result"})}
}

func (m *metrics) count(r store.Receiver, result string, n int) {
	m.messages.WithLabelValues(r.Namespace, r.Name, result).Add(float64(n))
}
