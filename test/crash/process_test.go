package crash

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// process is a tribune command.
type process struct {
	name string
	cmd  *exec.Cmd
	// output is the file that it writes to.
	output string
	done   chan struct{}
	err    error // why it ended; read after done
}

// start starts a process that is killed at the latest when the test ends.
func start(t *testing.T, name string, env []string, path string, args ...string) *process {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "output-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	p := &process{name: name, output: file.Name(), done: make(chan struct{}),
		cmd: exec.Command(path, args...)}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Dir = filepath.Dir(file.Name())
	p.cmd.Stdout, p.cmd.Stderr = file, file
	p.cmd.SysProcAttr = dieWithTest()
	started := make(chan error, 1)
	go func() {
		// On Linux a child that is to die with its parent dies with the thread that started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("last lines of %s:\n%s", name, p.tail())
		}
	})
	return p
}

// kill is SIGKILL: the process does nothing more, from this moment on. It returns when it is gone.
func (p *process) kill() (at time.Time) {
	at = time.Now()
	_ = p.cmd.Process.Kill() // it fails only for a process that has ended
	<-p.done
	return at
}

// terminate asks the process to end, and tells how it did.
func (p *process) terminate(t *testing.T, within time.Duration) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
	select {
	case <-p.done:
		if p.err != nil {
			t.Errorf("%s ended with %v after SIGTERM", p.name, p.err)
		}
	case <-time.After(within):
		t.Errorf("%s had not ended %s after SIGTERM", p.name, within)
	}
}

func (p *process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// says waits for a line of output that find makes something of.
func (p *process) says(ctx context.Context, find func(line []byte) (string, bool)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var found string
	err := wait.PollUntilContextCancel(ctx, 5*time.Millisecond, true, func(context.Context) (bool, error) {
		data, err := os.ReadFile(p.output)
		if err != nil {
			return false, err
		}
		for line := range bytes.Lines(data) {
			if s, ok := find(line); ok {
				found = s
				return true, nil
			}
		}
		if !p.alive() {
			return false, fmt.Errorf("%s ended: %w", p.name, p.err)
		}
		return false, nil
	})
	if err != nil {
		return "", fmt.Errorf("%w; its last lines:\n%s", err, p.tail())
	}
	return found, nil
}

// tail is the last lines of the output, without those of a start.
func (p *process) tail() string {
	const most = 4 << 10
	data, err := os.ReadFile(p.output)
	if err != nil {
		return err.Error()
	}
	var kept []byte
	for line := range bytes.Lines(data) {
		if !bytes.Contains(line, []byte("Starting ")) {
			kept = append(kept, line...)
		}
	}
	return string(kept[max(0, len(kept)-most):])
}
