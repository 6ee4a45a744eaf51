// Package controllers puts the controllers of all kinds together, with the manager that they run in.
package controllers

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers/calendar"
	"github.com/tribune-dev/tribune/controllers/channel"
	"github.com/tribune-dev/tribune/controllers/community"
	"github.com/tribune-dev/tribune/controllers/crisis"
	"github.com/tribune-dev/tribune/controllers/notify"
	"github.com/tribune-dev/tribune/controllers/post"
	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/store"
)

// finishCalls is how long a manager that was told to end waits for calls under way and their outcomes: the longest call, and
// time to save what came of it.
const finishCalls = 45 * time.Second

// LeaderElectionID names the lease of the manager.
const LeaderElectionID = "manager.tribune.dev"

// NewScheme knows all kinds that the controllers touch.
func NewScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(tribunev1alpha1.AddToScheme(scheme))
	return scheme
}

// ManagerOptions are the flags of the manager.
type ManagerOptions struct {
	// Namespaces to watch; none: all.
	Namespaces []string
	// LeaderElection lets several managers stand by; LeaderElectionNamespace holds the lease.
	LeaderElection          bool
	LeaderElectionNamespace string
	// MetricsAddress and HealthAddress to listen on; "0" for none. SecureMetrics asks who scrapes for a token.
	MetricsAddress, HealthAddress string
	SecureMetrics                 bool
	// PprofAddress serves profiles of the process to whoever can reach it; "0" for none.
	PprofAddress string
	Logger       logr.Logger
}

// NewManager makes the manager, with a cache that keeps only what is needed.
func NewManager(cfg *rest.Config, o ManagerOptions) (ctrl.Manager, error) {
	cacheOptions := cache.Options{NewInformer: newInformer}
	for _, ns := range o.Namespaces {
		if cacheOptions.DefaultNamespaces == nil {
			cacheOptions.DefaultNamespaces = map[string]cache.Config{}
		}
		cacheOptions.DefaultNamespaces[ns] = cache.Config{}
	}
	metrics := metricsserver.Options{BindAddress: o.MetricsAddress}
	if o.SecureMetrics {
		metrics.SecureServing = true
		metrics.FilterProvider = filters.WithAuthenticationAndAuthorization
		metrics.TLSOpts = []func(*tls.Config){func(c *tls.Config) { c.MinVersion = tls.VersionTLS12 }}
	}
	cfg = rest.CopyConfig(cfg)
	readPagesAhead(cfg)
	sendEventsLast(cfg)
	graceful := finishCalls
	// Names of controllers are checked for the whole process, in which tests start several managers.
	skipNames := true
	mgr, err := ctrl.NewManager(cfg, ctrl.Options{
		Scheme: NewScheme(),
		Cache:  cacheOptions,
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}}}},
		Logger: o.Logger, Metrics: metrics, HealthProbeBindAddress: o.HealthAddress, PprofBindAddress: o.PprofAddress,
		LeaderElection: o.LeaderElection, LeaderElectionID: LeaderElectionID, LeaderElectionNamespace: o.LeaderElectionNamespace,
		LeaderElectionReleaseOnCancel: true,
		GracefulShutdownTimeout:       &graceful,
		Controller:                    config.Controller{SkipNameValidation: &skipNames},
	})
	if err != nil {
		return nil, fmt.Errorf("make manager: %w", err)
	}
	return mgr, nil
}

// Ledger is what the controllers need of the ledger.
type Ledger interface {
	post.Ledger
	store.Crises
}

// Options of the controllers.
type Options struct {
	// HTTP calls networks, Media fetches pictures.
	HTTP, Media *http.Client
	// LocalURL and LocalToken say where the built-in network is; no URL: there is none.
	LocalURL, LocalToken string
	// Rehearse makes every channel a rehearsal.
	Rehearse bool
	Ledger   Ledger
	// Settle is how long a network may take to store what it was sent.
	Settle time.Duration
	// HooksAddress is where networks call to bring what is new; 0 or empty: nowhere.
	HooksAddress string
	// Owner names this process in attempts.
	Owner string
	Clock clock.Clock
	// Skew of this machine's clock against the API server's.
	Skew func() time.Duration
	// Registry takes the metrics.
	Registry prometheus.Registerer
	Log      *slog.Logger
}

// Setup adds all controllers to the manager.
func Setup(mgr ctrl.Manager, o Options) error {
	if err := cacheAll(mgr.GetCache()); err != nil {
		return err
	}
	directory := channels.New()
	metrics := post.NewMetrics()
	for _, c := range metrics.Collectors() {
		if err := o.Registry.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	recorder := boundedRecorder{mgr.GetEventRecorder("tribune")}
	if err := (&channel.Reconciler{Client: mgr.GetClient(), Secrets: mgr.GetClient(), Recorder: recorder, Clock: o.Clock, Directory: directory,
		HTTP: o.HTTP, Media: o.Media, ConfigMaps: mgr.GetClient(), LocalURL: o.LocalURL, LocalToken: o.LocalToken, Rehearse: o.Rehearse, Log: o.Log}).SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up SocialChannel: %w", err)
	}
	calendars, err := setupCalendar(mgr, o, recorder)
	if err != nil {
		return fmt.Errorf("set up ContentCalendar: %w", err)
	}
	gate := &post.CrisisGate{Reader: mgr.GetAPIReader(), Ledger: o.Ledger, Clock: o.Clock}
	if err := (&post.Reconciler{Client: mgr.GetClient(), Recorder: recorder, Clock: o.Clock, Owner: o.Owner, Directory: directory, Ledger: o.Ledger,
		Gate: post.WithConsent(gate, o.Ledger, o.Clock), Media: o.Media, ConfigMaps: mgr.GetClient(), Settle: o.Settle, ClockSkew: o.Skew, Metrics: metrics,
		Policies: post.NewPolicies(mgr.GetAPIReader(), o.Clock), Reader: mgr.GetAPIReader(),
	}).SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up Post: %w", err)
	}
	if err := (&crisis.Reconciler{Client: mgr.GetClient(), Reader: mgr.GetAPIReader(), Recorder: recorder, Clock: o.Clock, Ledger: o.Ledger}).SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up Crisis: %w", err)
	}
	// The ledger keeps messages too; one that does not, such as a benchmark's, tells nobody anything.
	told := func() {}
	if outbox, ok := o.Ledger.(notify.Outbox); ok {
		if told, err = notify.Setup(mgr, notify.Options{Client: mgr.GetClient(), Outbox: outbox, Directory: directory, Recorder: recorder, Clock: o.Clock,
			Registry: o.Registry, Log: o.Log}); err != nil {
			return fmt.Errorf("set up notifications: %w", err)
		}
	}
	if ledger, ok := o.Ledger.(inbox.Ledger); ok {
		if err := community.Setup(mgr, community.Options{Client: mgr.GetClient(), ConfigMaps: mgr.GetClient(), Recorder: recorder, Clock: o.Clock, Ledger: ledger,
			Directory: directory, Gate: gate, HTTP: o.Media, Told: told, Consented: calendars.CuratedChanged, HooksAddress: o.HooksAddress, Owner: o.Owner, Settle: o.Settle, Registry: o.Registry, Log: o.Log}); err != nil {
			return fmt.Errorf("set up the community: %w", err)
		}
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("add health check: %w", err)
	}
	if err := mgr.AddReadyzCheck("cache", cacheSynced(mgr.GetCache())); err != nil {
		return fmt.Errorf("add readiness check: %w", err)
	}
	return nil
}

// setupCalendar adds the calendars' controller, and what reads their feeds.
func setupCalendar(mgr ctrl.Manager, o Options, recorder events.EventRecorder) (*calendar.Reconciler, error) {
	r := &calendar.Reconciler{Client: mgr.GetClient(), Metadata: mgr.GetCache(), Recorder: recorder, Clock: o.Clock}
	if feeds, ok := o.Ledger.(store.Feeds); ok {
		r.Feeds = feeds
		r.Reader = &calendar.FeedReader{Client: mgr.GetClient(), Recorder: recorder, Clock: o.Clock, HTTP: o.Media, Feeds: feeds}
	}
	if curation, ok := o.Ledger.(store.Curation); ok {
		r.Curation = curation
	}
	if err := r.SetupWithManager(mgr); err != nil {
		return nil, err
	}
	if r.Reader == nil {
		return r, nil
	}
	return r, r.Reader.SetupWithManager(mgr)
}
