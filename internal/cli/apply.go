package cli

import (
	"cmp"
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

	// look is how often the manifests are looked at; 0: lookEvery.
	look time.Duration

	mu      sync.Mutex
	said    string
	applied time.Time
}

const (
	lookEvery = time.Second
	// againAfter so many looks what failed is applied again, and then less and less often, until latestAgain looks.
	againAfter  = 3
	latestAgain = 60
)

// run applies now, after each change, and again what failed, until ctx ends: files may need what those after them make, such as a
// Namespace.
func (a *applier) run(ctx context.Context) {
	var last string
	var looks, again int // since it failed last, and until it is applied again; 0: it did not fail
	tick := time.NewTicker(cmp.Or(a.look, lookEvery))
	defer tick.Stop()
	for {
		now := a.fingerprint()
		changed := now != last
		if looks++; changed || again > 0 && looks >= again {
			last, looks = now, 0
			switch ok := a.apply(ctx, changed); {
			case ok:
				again = 0
			case changed || again == 0:
				again = againAfter
			default:
				again = min(2*again, latestAgain)
			}
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

// apply says whether all was applied. Of a try that is no news, because nothing was changed and it fails as before, nothing is said.
func (a *applier) apply(ctx context.Context, news bool) bool {
	args := []string{"--kubeconfig", a.kubeconfig, "apply", "--server-side", "--force-conflicts", "--field-manager=tribune-up"}
	if a.kustomized() {
		args = append(args, "-k", a.path)
	} else {
		args = append(args, "-R", "-f", a.path)
	}
	out, err := exec.CommandContext(ctx, a.kubectl, args...).CombinedOutput() //nolint:gosec // our own kubectl
	said := summary(out, err, a.path)
	a.mu.Lock()
	defer a.mu.Unlock()
	if news || said != a.said {
		a.said, a.applied = said, time.Now()
	}
	return err == nil
}

const applyFailed = "kubectl apply failed"

// summary is one line for success, and otherwise what went wrong.
func summary(out []byte, err error, path string) string {
	done := 0
	var wrong []string
	for line := range strings.Lines(string(out)) {
		switch line = strings.TrimSpace(line); {
		case strings.HasSuffix(line, " serverside-applied"):
			done++
		case line != "":
			wrong = append(wrong, line)
		}
	}
	if err == nil {
		return fmt.Sprintf("%d objects applied", done)
	}
	return fmt.Sprintf("%s: %s\n%d objects applied; what failed is tried again. To see what is wrong: tribune lint %s", applyFailed, strings.Join(wrong, "\n"), done, path)
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
