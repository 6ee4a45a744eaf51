// Package controlplane runs a small Kubernetes control plane, one etcd and one kube-apiserver, as
// child processes on loopback: for `tribune up`, for tests and for benchmarks.
//
// It is a real API server with RBAC, service account tokens, priority and fairness; there are no
// controllers and no nodes. So nothing collects garbage by owner references, and a deleted
// namespace stays in Terminating.
//
// It must not know what runs on it: no kind of Tribune, no controller, no network.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/rest"
)

const (
	// startTimeout bounds Start and its relatives where the caller's context does not. An API
	// server needs about four seconds; a loaded machine may need ten times that.
	startTimeout = 2 * time.Minute
	// etcdGrace and apiServerGrace are how long a process has to end by itself before it is killed.
	// Killing is safe: etcd's log is written ahead, and the API server keeps nothing of its own. It
	// gets little, because it waits for its watchers to leave, and those of a manager do not.
	etcdGrace      = 10 * time.Second
	apiServerGrace = 2 * time.Second
)

// Options says how to start a control plane. The zero value is a throw-away one.
type Options struct {
	// Binaries are the programs to run; when zero, they are looked for with Find.
	Binaries Binaries
	// DataDir keeps certificates and etcd's data for the next start. When empty, a temporary
	// directory is used, and removed by Stop.
	DataDir string
	// Log receives what the processes write, one line a Write, each line headed by the name of
	// its process. It may be nil; the last lines are then seen only in errors.
	Log io.Writer
	// APIServerArgs are added after the package's own arguments to kube-apiserver, so that they
	// win where a flag holds one value.
	APIServerArgs []string
	// UnsafeNoFsync lets etcd lose data when the machine (not merely a process) stops. For tests.
	UnsafeNoFsync bool
}

// ControlPlane is a running control plane. Its methods may be called from several goroutines;
// those that start or stop a process wait for one another.
type ControlPlane struct {
	binaries  Binaries
	options   Options
	dir       string
	temporary bool
	unlock    func() error
	log       *output
	pki       *pki
	admin     *rest.Config

	etcdPort, apiPort *reservedPort
	failed            chan error

	mu        sync.Mutex
	etcd      *process
	apiServer *process
	stopped   bool
}

// Start brings up etcd and then kube-apiserver and returns when the API server is ready and the
// namespace "default" exists. The context bounds the start only: the processes run until Stop, or
// until this process ends, however it ends (on Linux; elsewhere only if Stop is called).
func Start(ctx context.Context, options Options) (*ControlPlane, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if options.Binaries == (Binaries{}) {
		found, err := Find()
		if err != nil {
			return nil, err
		}
		options.Binaries = found
	}
	cp := &ControlPlane{
		binaries: options.Binaries,
		options:  options,
		log:      &output{to: options.Log},
		failed:   make(chan error, 1),
	}
	if err := cp.start(ctx); err != nil {
		return nil, errors.Join(err, cp.Stop())
	}
	return cp, nil
}

func (cp *ControlPlane) start(ctx context.Context) error {
	if err := cp.openDir(); err != nil {
		return err
	}
	var err error
	if cp.pki, err = openPKI(filepath.Join(cp.dir, "pki"), time.Now()); err != nil {
		return err
	}
	if cp.etcdPort, err = reservePort(); err != nil {
		return err
	}
	if cp.apiPort, err = reservePort(); err != nil {
		return err
	}
	if cp.admin, err = cp.config(cp.pki.admin); err != nil {
		return err
	}
	cp.mu.Lock()
	defer cp.mu.Unlock()
	if err := cp.startEtcd(ctx); err != nil {
		return err
	}
	return cp.startAPIServer(ctx)
}

// openDir makes the data directory and takes its lock: two control planes in one directory would
// wait for each other's database without a word.
func (cp *ControlPlane) openDir() error {
	if cp.options.DataDir == "" {
		dir, err := os.MkdirTemp("", "tribune-controlplane-")
		if err != nil {
			return fmt.Errorf("make a temporary directory for the control plane: %w", err)
		}
		cp.dir, cp.temporary = dir, true
		return nil
	}
	dir, err := filepath.Abs(cp.options.DataDir)
	if err != nil {
		return fmt.Errorf("find the control plane's data directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the control plane's data directory: %w", err)
	}
	cp.dir = dir
	cp.unlock, err = lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return fmt.Errorf("take the data directory %s (if another control plane runs on it, stop that one or choose another directory): %w", dir, err)
	}
	return nil
}

// Stop ends the API server and then etcd, and removes the data directory if it was a temporary
// one. It may be called more than once.
func (cp *ControlPlane) Stop() error {
	cp.mu.Lock()
	defer cp.mu.Unlock()
	if cp.stopped {
		return nil
	}
	cp.stopped = true
	cp.apiServer.stop(apiServerGrace)
	cp.etcd.stop(etcdGrace)
	errs := []error{cp.etcdPort.release(), cp.apiPort.release()}
	if cp.unlock != nil {
		errs = append(errs, cp.unlock())
	}
	if cp.temporary {
		errs = append(errs, os.RemoveAll(cp.dir))
	}
	return errors.Join(errs...)
}

// Failed gives one error if a process ends that was not asked to.
func (cp *ControlPlane) Failed() <-chan error { return cp.failed }

// StopAPIServer makes an outage: the API server ends, etcd and all data stay.
func (cp *ControlPlane) StopAPIServer() error {
	cp.mu.Lock()
	defer cp.mu.Unlock()
	if err := cp.usable(); err != nil {
		return err
	}
	cp.apiServer.stop(apiServerGrace)
	cp.apiServer = nil
	return nil
}

// StartAPIServer ends an outage: the API server is again where it was, with the same certificates,
// so that clients made before go on working. It does nothing if the API server runs.
func (cp *ControlPlane) StartAPIServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	cp.mu.Lock()
	defer cp.mu.Unlock()
	if err := cp.usable(); err != nil {
		return err
	}
	if cp.apiServer != nil {
		return nil
	}
	return cp.startAPIServer(ctx)
}

// DataDir is where the control plane keeps its certificates and data.
func (cp *ControlPlane) DataDir() string { return cp.dir }

// KubectlPath is the kubectl that belongs to this API server's version.
func (cp *ControlPlane) KubectlPath() string { return cp.binaries.Kubectl }

func (cp *ControlPlane) usable() error {
	if cp.stopped {
		return errors.New("the control plane was stopped")
	}
	return nil
}

// run starts one of the two programs and waits until its probe answers.
func (cp *ControlPlane) run(ctx context.Context, name, path string, args []string, ready func(context.Context) error) (*process, error) {
	p, err := startProcess(name, path, cp.dir, args, cp.log)
	if err != nil {
		return nil, err
	}
	if err := p.waitReady(ctx, ready); err != nil {
		p.stop(etcdGrace)
		return nil, err
	}
	go func() {
		if err := p.unexpectedEnd(); err != nil {
			select {
			case cp.failed <- err:
			default: // the first failure is the one that explains
			}
		}
	}()
	return p, nil
}
