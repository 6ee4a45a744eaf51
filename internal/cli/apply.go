package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// applier applies manifests with kubectl, again whenever they change.
type applier struct {
	kubectl, kubeconfig, path string

	mu      sync.Mutex
	said    string
	applied time.Time
}

// lookEvery is how often the manifests are looked at.
const lookEvery = time.Second

// run applies now and after each change, until ctx ends.
func (a *applier) run(ctx context.Context) {
	var last string
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if now := a.fingerprint(); now != last {
			last = now
			a.apply(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// status is what kubectl said last.
func (a *applier) status() (said string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.said, a.applied
}

func (a *applier) apply(ctx context.Context) {
	args := []string{"--kubeconfig", a.kubeconfig, "apply", "--server-side", "--force-conflicts", "--field-manager=tribune-up"}
	if a.kustomized() {
		args = append(args, "-k", a.path)
	} else {
		args = append(args, "-R", "-f", a.path)
	}
	out, err := exec.CommandContext(ctx, a.kubectl, args...).CombinedOutput() //nolint:gosec // our own kubectl
	said := summary(out, err)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.said, a.applied = said, time.Now()
}

// summary is one line for success, and all that kubectl said otherwise.
func summary(out []byte, err error) string {
	if err != nil {
		return "kubectl apply failed: " + strings.TrimSpace(string(out))
	}
	return fmt.Sprintf("%d objects applied", bytes.Count(out, []byte("\n")))
}

func (a *applier) kustomized() bool {
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		if _, err := os.Stat(filepath.Join(a.path, name)); err == nil {
			return true
		}
	}
	return false
}

// fingerprint changes when a file is added, removed or written.
func (a *applier) fingerprint() string {
	var b strings.Builder
	err := filepath.WalkDir(a.path, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err.Error()
	}
	return b.String()
}
