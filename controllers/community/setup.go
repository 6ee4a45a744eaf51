package community

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/tribune-dev/tribune/controllers/post"
	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// Options of the controllers.
type Options struct {
	Client     client.Client
	ConfigMaps client.Reader
	Recorder   events.EventRecorder
	Clock      clock.Clock
	Ledger     inbox.Ledger
	Directory  *channels.Directory
	Gate       post.Gate
	// HTTP asks classifiers; nil: they are taken as not answering.
	HTTP *http.Client
	// Told is called when something was put into the outbox of messages.
	Told func()
	// Consented is called when somebody agreed that something of theirs is shared, or does not any more; nil: nobody is told.
	Consented func(namespace string)
	// HooksAddress is where networks call us to bring what is new; 0 or empty: nowhere.
	HooksAddress string
	Owner        string
	Settle       time.Duration
	Registry     prometheus.Registerer
	Log          *slog.Logger
}

// Setup adds the controllers of policies and cases, and the inbox, to the manager.
func Setup(mgr ctrl.Manager, o Options) error {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	policies := &registry{client: o.Client, active: map[types.NamespacedName]active{}}
	o.Ledger = telling{broken(o.Ledger), o.Told}
	figures := newMetrics()
	if err := figures.register(o.Registry); err != nil {
		return fmt.Errorf("register the metrics of the inbox: %w", err)
	}
	var box *inbox.Inbox
	var classify func(ctx context.Context, namespace string, q policy.Question, item *policy.Item) (policy.Score, bool)
	if o.HTTP != nil {
		classify = inbox.NewClassifiers(o.HTTP, o.Clock, o.Log, figures.asked, func() { box.Wake() }).Ask
	}
	box = inbox.New(inbox.Inbox{
		Ledger: o.Ledger, Lines: &lines{client: o.Client, directory: o.Directory, clock: o.Clock}, Policies: policies, Crises: crises{o.Gate},
		Classify: classify, Clock: o.Clock, Owner: o.Owner, Settle: o.Settle, Log: o.Log, Judged: figures.judged, Acted: figures.acted,
		Consented: o.Consented, Share: (&sharer{client: o.Client}).share,
	})
	r := &PolicyReconciler{Client: o.Client, ConfigMaps: o.ConfigMaps, Recorder: o.Recorder, Clock: o.Clock, Ledger: o.Ledger, policies: policies, changed: box.Wake}
	if err := r.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up CommunityPolicy: %w", err)
	}
	d := &desk{client: o.Client, recorder: o.Recorder, clock: o.Clock, ledger: o.Ledger, inbox: box, log: o.Log}
	if err := d.setup(mgr); err != nil {
		return fmt.Errorf("set up CommunityCase: %w", err)
	}
	people := &keeper{client: o.Client, ledger: o.Ledger, clock: o.Clock, log: o.Log}
	if err := mgr.Add(&runner{client: o.Client, directory: o.Directory, inbox: box, ledger: o.Ledger, clock: o.Clock, log: o.Log, cases: d, people: people, hooks: o.HooksAddress, waiting: &figures.waiting, first: make(chan struct{}, 1)}); err != nil {
		return fmt.Errorf("add the inbox: %w", err)
	}
	return nil
}

// telling has messages sent as soon as they are in the outbox.
type telling struct {
	inbox.Ledger
	told func()
}

// AddMessages implements inbox.Ledger.
func (t telling) AddMessages(ctx context.Context, messages []store.Message) (int, error) {
	added, err := t.Ledger.AddMessages(ctx, messages)
	if added > 0 && t.told != nil {
		t.told()
	}
	return added, err
}
