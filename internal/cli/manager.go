package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/httpx"
	_ "github.com/tribune-dev/tribune/internal/network/all" // registers the networks
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

// managerFlags are what a manager can be told.
type managerFlags struct {
	controllers.ManagerOptions
	ledgerFlags
	kubeconfig               string
	localURL, localTokenFile string
	settle                   time.Duration
	allow                    []string
	rehearse                 bool
	hooksAddress             string
	logLevel, logFormat      string
}

func newManager() *cobra.Command {
	f := managerFlags{}
	cmd := &cobra.Command{
		Use:   "manager",
		Short: "Run the controllers, in a cluster or beside one",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd.Flags()); err != nil {
				return err
			}
			logger, err := logging(cmd.ErrOrStderr(), f.logLevel, f.logFormat)
			if err != nil {
				return err
			}
			cfg, err := restConfig(f.kubeconfig)
			if err != nil {
				return err
			}
			return runManager(cmd.Context(), cfg, f, logger)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig file (default: the cluster that the manager runs in, $KUBECONFIG or ~/.kube/config)")
	flags.StringSliceVar(&f.Namespaces, "namespaces", nil, "namespaces to watch (default: all)")
	flags.BoolVar(&f.LeaderElection, "leader-elect", false, "let only one of several managers work")
	flags.StringVar(&f.LeaderElectionNamespace, "leader-election-namespace", "", "namespace of the lease (default: the manager's own)")
	flags.StringVar(&f.MetricsAddress, "metrics-address", ":8443", "address of the metrics; 0 for none")
	flags.BoolVar(&f.SecureMetrics, "metrics-secure", true, "serve metrics by TLS, and only to those who may read them")
	flags.StringVar(&f.HealthAddress, "health-address", ":8081", "address of /healthz and /readyz; 0 for none")
	flags.StringVar(&f.hooksAddress, "hooks-address", "0", "address at which networks bring what is new by signed requests, under /hooks/NAMESPACE/CHANNEL; 0 for none")
	flags.StringVar(&f.PprofAddress, "pprof-address", "0", "loopback address to serve profiles of this process at, under /debug/pprof/; 0 for none")
	f.add(flags, "/var/lib/tribune/ledger.db", "SQLite file of the ledger, on a volume of this machine")
	flags.StringVar(&f.localURL, "local-url", "", "where the built-in network (tribune local) listens; without it channels of network Local and rehearsals cannot publish")
	flags.StringVar(&f.localTokenFile, "local-token-file", "", "file with the token that writing to the built-in network needs")
	flags.DurationVar(&f.settle, "settle", publish.DefaultSettle, "how long a network may take to store what it was sent, before it is asked whether it did")
	flags.StringSliceVar(&f.allow, "allow-destination", nil, "private address range (10.0.0.0/8) or host:port that networks and media may be reached at, repeatable")
	flags.BoolVar(&f.rehearse, "rehearse", false, "let every channel keep its network's rules and publish on the built-in network only")
	flags.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&f.logFormat, "log-format", "json", "json or text")
	return cmd
}

func restConfig(kubeconfig string) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	cfg, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w: give --kubeconfig, or try tribune up, which needs none", err)
	}
	return cfg, nil
}

// runManager runs until ctx ends and all calls under way are finished.
func runManager(ctx context.Context, cfg *rest.Config, f managerFlags, logger *slog.Logger) error {
	if f.settle < time.Second {
		return usageError{fmt.Errorf("--settle %s: at least 1s", f.settle)}
	}
	if err := onlyLoopback("--pprof-address", f.PprofAddress); err != nil {
		return err
	}
	cfg = rest.CopyConfig(cfg)
	cfg.QPS = -1 // priority and fairness of the API server decide
	// The API server is near, and to pack a hundred thousand Posts takes it longer than to send them.
	cfg.DisableCompression = true
	cfg.UserAgent = "tribune/" + versionText()
	skew := controllers.WatchSkew(cfg)
	f.Logger = logr.FromSlogHandler(logger.Handler())
	mgr, err := controllers.NewManager(cfg, f.ManagerOptions)
	if err != nil {
		return err
	}
	o := f.ledgerFlags.options()
	o.Log = logger
	ledger, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { _ = ledger.Close() }()
	options, err := f.options(logger)
	if err != nil {
		return err
	}
	options.Ledger, options.Skew = ledger, skew
	if err := controllers.Setup(mgr, options); err != nil {
		return err
	}
	// The owner of attempts in the status of Posts: so that people find the process that made one.
	logger.Info("The manager began", "owner", options.Owner)
	if err := mgr.Start(ctx); err != nil {
		return fmt.Errorf("run manager: %w", err)
	}
	return nil
}

// onlyLoopback refuses an address that others could reach: profiles show what is in memory.
func onlyLoopback(flag, address string) error {
	if address == "" || address == "0" {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return usageError{fmt.Errorf("%s %s: write host:port, such as 127.0.0.1:6060", flag, address)}
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return usageError{fmt.Errorf("%s %s: profiles show what is in memory: use a loopback address, such as 127.0.0.1:6060", flag, address)}
	}
	return nil
}

// options that need no cluster.
func (f *managerFlags) options(logger *slog.Logger) (controllers.Options, error) {
	token, err := readToken(f.localTokenFile)
	if err != nil {
		return controllers.Options{}, err
	}
	destinations, err := f.destinations()
	if err != nil {
		return controllers.Options{}, err
	}
	httpMetrics := httpx.NewMetrics()
	for _, c := range httpMetrics.Collectors() {
		if err := metrics.Registry.Register(c); err != nil {
			return controllers.Options{}, fmt.Errorf("register metrics: %w", err)
		}
	}
	client := httpx.New(httpx.Options{Version: versionText(), Destinations: destinations, Metrics: httpMetrics})
	host, err := os.Hostname()
	if err != nil {
		host = "tribune"
	}
	return controllers.Options{
		HTTP: client, Media: client, LocalURL: f.localURL, LocalToken: token, Settle: f.settle,
		Owner: host + "/" + uuid.NewString(), Clock: clock.RealClock{}, Registry: metrics.Registry, Log: logger,
		Rehearse: f.rehearse, HooksAddress: f.hooksAddress,
	}, nil
}

// destinations that may be reached beside public ones: where Local listens, and what the flag allows.
func (f *managerFlags) destinations() (httpx.Destinations, error) {
	var d httpx.Destinations
	if f.localURL != "" {
		u, err := url.Parse(f.localURL)
		if err != nil || u.Host == "" {
			return d, usageError{fmt.Errorf("--local-url %s: write http://host:port", f.localURL)}
		}
		d.AllowHosts = append(d.AllowHosts, hostPort(u))
	}
	for _, a := range f.allow {
		if prefix, err := netip.ParsePrefix(a); err == nil {
			d.AllowPrefixes = append(d.AllowPrefixes, prefix)
			continue
		}
		if addr, err := netip.ParseAddr(a); err == nil {
			d.AllowPrefixes = append(d.AllowPrefixes, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		if _, _, err := net.SplitHostPort(a); err != nil {
			return d, usageError{fmt.Errorf("--allow-destination %s: write a range such as 10.0.0.0/8, or host:port", a)}
		}
		d.AllowHosts = append(d.AllowHosts, a)
	}
	return d, nil
}

func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	if u.Scheme == "https" {
		return net.JoinHostPort(u.Hostname(), "443")
	}
	return net.JoinHostPort(u.Hostname(), "80")
}
