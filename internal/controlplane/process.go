package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// probeInterval is how often a starting process is asked whether it is ready.
const probeInterval = 25 * time.Millisecond

// process is a child that runs until it is stopped.
type process struct {
	name string
	cmd  *exec.Cmd
	tail *tail
	done chan struct{} // closed when the process has ended
	end  error         // why it ended; read after done

	stopOnce sync.Once
	asked    chan struct{} // closed when it was asked to end
}

// startProcess starts a program in its own process group, so that Ctrl-C in a terminal reaches
// only us and we can end the children in order; and, where the system can, bound to our life.
func startProcess(name, path, dir string, args []string, log *output) (*process, error) {
	p := &process{
		name:  name,
		cmd:   exec.Command(path, args...), //nolint:noctx // it lives until stop, not as long as the context of the start
		tail:  &tail{name: name, log: log},
		done:  make(chan struct{}),
		asked: make(chan struct{}),
	}
	p.cmd.Dir = dir
	p.cmd.Env = environment()
	p.cmd.Stdout = p.tail
	p.cmd.Stderr = p.tail
	p.cmd.SysProcAttr = sysProcAttr()

	started := make(chan error, 1)
	go func() {
		// Linux sends the death signal when the thread that started the child ends, not the
		// process: so that thread is held for as long as the child lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.end = p.cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return p, nil
}

// environment is the little that the programs need. The rest is kept from them: etcd reads a
// setting from every ETCD_* variable, and a proxy has no business on loopback.
func environment() []string {
	var kept []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ", "SYSTEMROOT", "GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT"} {
		if value, ok := os.LookupEnv(name); ok {
			kept = append(kept, name+"="+value)
		}
	}
	return kept
}

// waitReady asks until the probe succeeds, the process ends or the context is done.
func (p *process) waitReady(ctx context.Context, ready func(context.Context) error) error {
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.endError()
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready in time: %w; last answer: %w; its last lines:\n%s", p.name, ctx.Err(), err, p.tail)
		case <-ticker.C:
		}
	}
}

// stop asks the process to end, and kills it if it has not within the grace. A nil or ended
// process is no error.
func (p *process) stop(grace time.Duration) {
	if p == nil {
		return
	}
	p.stopOnce.Do(func() { close(p.asked) })
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		grace = 0 // a system without SIGTERM
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
		return
	case <-timer.C:
	}
	_ = p.cmd.Process.Kill() // it fails only for a process that has ended
	<-p.done
}

// unexpectedEnd waits until the process ends and returns an error if nobody asked it to.
func (p *process) unexpectedEnd() error {
	<-p.done
	select {
	case <-p.asked:
		return nil
	default:
		return p.endError()
	}
}

func (p *process) endError() error {
	reason := "exit status 0"
	if p.end != nil {
		reason = p.end.Error()
	}
	return fmt.Errorf("%s ended by itself (%s); its last lines:\n%s", p.name, reason, p.tail)
}

// output is the writer shared by the processes; each Write is one whole line.
type output struct {
	mu sync.Mutex
	to io.Writer
}

func (o *output) line(name string, line []byte) {
	if o.to == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	// A log that cannot be written must not stop the control plane.
	_, _ = fmt.Fprintf(o.to, "%s: %s\n", name, line)
}

const (
	tailLines    = 30
	tailLineSize = 1 << 10
)

// tail passes a process's output on line by line and remembers the last lines for errors.
type tail struct {
	name string
	log  *output

	mu      sync.Mutex
	partial []byte
	last    []string
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for rest := b; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		t.partial = append(t.partial, line...)
		rest = after
		if !whole {
			break
		}
		t.log.line(t.name, t.partial)
		t.keep(t.partial)
		t.partial = t.partial[:0]
	}
	return len(b), nil
}

func (t *tail) keep(line []byte) {
	if len(line) > tailLineSize {
		line = line[:tailLineSize]
	}
	if len(t.last) == tailLines {
		t.last = append(t.last[:0], t.last[1:]...)
	}
	t.last = append(t.last, string(line))
}

// String is the last lines, the unfinished one included.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.last
	if len(t.partial) > 0 {
		lines = append(lines[:len(lines):len(lines)], string(t.partial))
	}
	return strings.Join(lines, "\n")
}
