package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/tribune-dev/tribune/config/crd"
	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/controlplane"
	"github.com/tribune-dev/tribune/internal/store"
)

const defaultLocalAddress = "127.0.0.1:8088"

// upFlags are what `tribune up` can be told.
type upFlags struct {
	managerFlags
	apply, dataDir, localAddress string
	faults                       []string
	addressGiven                 bool
}

func newUp() *cobra.Command {
	f := upFlags{}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run everything on this machine, without a cluster",
		Long: `Start a Kubernetes API on this machine, the built-in network and the manager, apply manifests, and show what happens.
Without --apply it makes a first calendar whose posts go out within the first minute. Ctrl-C ends it all.

It prints where the pages of the built-in network are and the kubeconfig of its Kubernetes API, which is the file kubeconfig in
--data-dir. In another terminal:

  export KUBECONFIG=DATA-DIR/kubeconfig
  kubectl get social,posts -A
  tribune inbox -A

Manifests of --apply are applied again when a file changes. What is taken out of them stays, until kubectl delete.`,
		Example: `  tribune up
  tribune up --data-dir ~/tribune --apply social/
  tribune up --rehearse --apply config/samples/acme`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.addressGiven = cmd.Flags().Changed("local-address")
			return runUp(cmd.Context(), cmd.OutOrStdout(), &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.apply, "apply", "", "manifests to apply, and to apply again when they change: a file, a folder or a kustomization")
	flags.StringVar(&f.dataDir, "data-dir", "", "folder that keeps everything for the next start (default: a temporary one, removed at the end)")
	flags.StringVar(&f.localAddress, "local-address", defaultLocalAddress, "loopback address of the built-in network's pages")
	flags.StringArrayVar(&f.faults, "fault", nil, "fault of the built-in network, repeatable: see tribune local --help")
	flags.BoolVar(&f.rehearse, "rehearse", false, "let every channel keep its network's rules and publish on the built-in network only")
	flags.DurationVar(&f.settle, "settle", time.Minute, "how long a network may take to store what it was sent, before it is asked whether it did")
	flags.StringSliceVar(&f.allow, "allow-destination", nil, "private address range or host:port that networks and media may be reached at, repeatable")
	flags.StringVar(&f.dsnFile, "ledger-dsn-file", "", ledgerDSNFile+" (default: a SQLite file in the data folder)")
	flags.StringVar(&f.logLevel, "log-level", "info", "level of manager.log: debug, info, warn or error")
	f.logFormat, f.MetricsAddress, f.HealthAddress = "text", "0", "0"
	return cmd
}

// up is everything that runs.
type up struct {
	flags    *upFlags
	out      io.Writer
	dir      string
	cp       *controlplane.ControlPlane
	localURL string
	client   client.Client
	apply    *applier
	// ledger is the manager's, to read what was done; known are the deeds that were read.
	ledger *store.Database
	known  map[string]deed

	stops []func() // in the order of starting
}

// runUp starts all parts, shows what happens until ctx ends, and stops them in the opposite order.
func runUp(ctx context.Context, out io.Writer, f *upFlags) (err error) {
	u := &up{flags: f, out: out}
	defer func() {
		if len(u.stops) > 0 {
			fmt.Fprintln(out, "stopping")
		}
		for i := len(u.stops) - 1; i >= 0; i-- {
			u.stops[i]()
		}
	}()
	if f.apply != "" {
		if _, err := os.Stat(f.apply); err != nil {
			return fmt.Errorf("--apply: %w", err)
		}
	}
	if err := u.openDir(); err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	if err := u.startControlPlane(ctx, fail); err != nil {
		return u.unlessStopped(ctx, err)
	}
	if err := u.startLocal(ctx, fail); err != nil {
		return u.unlessStopped(ctx, err)
	}
	if err := u.startManager(ctx, fail); err != nil {
		return u.unlessStopped(ctx, err)
	}
	if err := u.startApplying(ctx); err != nil {
		return u.unlessStopped(ctx, err)
	}
	u.watch(ctx)
	return u.unlessStopped(ctx, context.Cause(ctx))
}

// unlessStopped: to be told to end is no failure.
func (u *up) unlessStopped(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return nil //nolint:nilerr // what failed while stopping failed because of it
	}
	return err
}

// lastLine of a log, for an error: the log itself may go with its folder.
func lastLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return lines[len(lines)-1]
}

func (u *up) openDir() error {
	if u.flags.dataDir != "" {
		dir, err := filepath.Abs(u.flags.dataDir)
		if err != nil {
			return fmt.Errorf("--data-dir: %w", err)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("--data-dir: %w", err)
		}
		u.dir = dir
		return nil
	}
	dir, err := os.MkdirTemp("", "tribune-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	u.dir = dir
	u.stops = append(u.stops, func() { _ = os.RemoveAll(dir) })
	return nil
}

func (u *up) startControlPlane(ctx context.Context, fail context.CancelCauseFunc) error {
	binaries, err := controlplane.Find()
	if err != nil {
		return err
	}
	fmt.Fprintln(u.out, "starting a Kubernetes API on this machine ...")
	log, err := os.Create(filepath.Join(u.dir, "controlplane.log"))
	if err != nil {
		return fmt.Errorf("make log: %w", err)
	}
	u.cp, err = controlplane.Start(ctx, controlplane.Options{Binaries: binaries, DataDir: filepath.Join(u.dir, "controlplane"), Log: log})
	if err != nil {
		return fmt.Errorf("start the Kubernetes API: %w", err)
	}
	u.stops = append(u.stops, func() { _ = u.cp.Stop(); _ = log.Close() })
	go func() {
		if err, ok := <-u.cp.Failed(); ok && err != nil {
			fail(fmt.Errorf("the Kubernetes API ended: %w", err))
		}
	}()
	if err := u.cp.WriteKubeconfig(u.kubeconfig()); err != nil {
		return err
	}
	u.client, err = client.New(u.cp.RESTConfig(), client.Options{Scheme: upScheme()})
	if err != nil {
		return fmt.Errorf("reach the Kubernetes API: %w", err)
	}
	return installCRDs(ctx, u.client)
}

func upScheme() *runtime.Scheme {
	scheme := controllers.NewScheme()
	utilruntime.Must(apiextensionsv1.AddToScheme(scheme))
	return scheme
}

func (u *up) kubeconfig() string { return filepath.Join(u.dir, "kubeconfig") }

// installCRDs applies the definitions that this binary carries, and waits until they are served.
func installCRDs(ctx context.Context, c client.Client) error {
	crds, err := crd.CRDs()
	if err != nil {
		return err
	}
	for _, d := range crds {
		d.SetGroupVersionKind(apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"))
		if err := c.Patch(ctx, d, client.Apply, client.FieldOwner("tribune"), client.ForceOwnership); err != nil { //nolint:staticcheck // CustomResourceDefinitions have no generated apply configuration here
			return fmt.Errorf("install CustomResourceDefinition %s: %w", d.Name, err)
		}
	}
	return wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		for _, d := range crds {
			now := &apiextensionsv1.CustomResourceDefinition{}
			if err := c.Get(ctx, client.ObjectKeyFromObject(d), now); err != nil {
				return false, err
			}
			if !established(now) {
				return false, nil
			}
		}
		return true, nil
	})
}

func established(d *apiextensionsv1.CustomResourceDefinition) bool {
	for _, c := range d.Status.Conditions {
		if c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue {
			return true
		}
	}
	return false
}

// startLocal runs the built-in network as a process of its own.
func (u *up) startLocal(ctx context.Context, fail context.CancelCauseFunc) error {
	addresses := []string{u.flags.localAddress}
	if !u.flags.addressGiven {
		addresses = append(addresses, "127.0.0.1:0") // the usual port may be taken by another one of us
	}
	var err error
	for _, address := range addresses {
		if err = u.tryLocal(ctx, address, fail); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (u *up) tryLocal(ctx context.Context, address string, fail context.CancelCauseFunc) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	log, err := os.Create(filepath.Join(u.dir, "local.log"))
	if err != nil {
		return fmt.Errorf("make log: %w", err)
	}
	args := []string{"local", "--address", address, "--db", filepath.Join(u.dir, "local.db")}
	for _, fault := range u.flags.faults {
		args = append(args, "--fault", fault)
	}
	cmd := exec.Command(self, args...) //nolint:gosec,noctx // ourselves; ended by its own signal after the manager
	cmd.Stderr = log
	cmd.SysProcAttr = ownGroup()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start the built-in network: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the built-in network: %w", err)
	}
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	_, url, ok := strings.Cut(strings.TrimSpace(line), "Local listens on ")
	if !ok {
		_ = cmd.Wait()
		_ = log.Close()
		return fmt.Errorf("the built-in network did not start on %s: %s", address, lastLine(log.Name()))
	}
	u.localURL = strings.TrimSuffix(url, "/")
	ended := make(chan struct{})
	go func() {
		err := cmd.Wait()
		close(ended)
		if ctx.Err() == nil {
			fail(fmt.Errorf("the built-in network ended: %w: %s", err, lastLine(log.Name())))
		}
	}()
	u.stops = append(u.stops, func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(15 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		_ = log.Close()
	})
	return nil
}

// startManager runs the controllers in this process.
func (u *up) startManager(ctx context.Context, fail context.CancelCauseFunc) error {
	log, err := os.Create(filepath.Join(u.dir, "manager.log"))
	if err != nil {
		return fmt.Errorf("make log: %w", err)
	}
	logger, err := logging(log, u.flags.logLevel, u.flags.logFormat)
	if err != nil {
		return err
	}
	f := u.flags.managerFlags
	f.ledger = u.ledgerOptions().Path
	f.localURL = u.localURL
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := runManager(ctx, u.cp.RESTConfig(), f, logger); err != nil {
			fail(fmt.Errorf("the manager ended: %w", err))
		}
	}()
	u.stops = append(u.stops, func() { <-ended; _ = log.Close() })
	return nil
}

// ledgerOptions say where the manager's ledger is.
func (u *up) ledgerOptions() store.Options {
	f := u.flags.ledgerFlags
	if f.dsnFile == "" {
		f.ledger = filepath.Join(u.dir, "ledger.db")
	}
	return f.options()
}
