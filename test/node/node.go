// Package node runs programs for Node.js that tests talk to: each in a folder of its own, that ends with its standard input and says in
// one line what there is to know of it.
package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Available is nil if there is Node.js 20 or later, else it says how to get it. The program is what it is wanted for, such as "a real
// Ghost", which the target of make installs.
func Available(program, target string) error {
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		return fmt.Errorf("needs Node.js 20 or 22 for %s: install it (https://nodejs.org, or the package nodejs), then run make %s", program, target)
	}
	version := strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
	major, _, _ := strings.Cut(version, ".")
	if n, _ := strconv.Atoi(major); n < 20 {
		return fmt.Errorf("needs Node.js 20 or 22 for %s, found %s: install a newer one, then run make %s", program, version, target)
	}
	return nil
}

// Program that runs.
type Program struct {
	// Data is its folder, which ends with it.
	Data string

	cmd    *exec.Cmd
	stdin  io.Closer
	stderr *tail
	exited chan struct{}
	stop   sync.Once
}

// Start runs a script and waits until ctx ends for the line of JSON that it says, which goes into said. Its folder is called after name;
// args gives the arguments, of which one is that folder. It ends with Stop, and in any case with this process.
func Start(ctx context.Context, name string, said any, environment []string, args func(data string) []string) (*Program, error) {
	data, err := os.MkdirTemp("", "tribune-"+name+"-")
	if err != nil {
		return nil, err
	}
	p := &Program{Data: data, stderr: &tail{}, exited: make(chan struct{})}
	p.cmd = exec.Command("node", args(data)...) //nolint:gosec // a test's own words
	p.cmd.Env = append(os.Environ(), environment...)
	p.cmd.Stderr = p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	if err := p.ready(ctx, stdout, said); err != nil {
		p.Stop()
		return nil, fmt.Errorf("%w: %s", err, p.stderr)
	}
	return p, nil
}

func (p *Program) ready(ctx context.Context, stdout io.Reader, said any) error {
	lines := make(chan []byte, 1)
	go func() {
		r := bufio.NewReader(stdout)
		line, _ := r.ReadBytes('\n')
		lines <- line
		_, _ = io.Copy(io.Discard, r)
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case line := <-lines:
		if err := json.Unmarshal(line, said); err != nil {
			return fmt.Errorf("it ended or said something else: %w", err)
		}
		return nil
	}
}

// Stop ends the program and removes its data.
func (p *Program) Stop() {
	p.stop.Do(func() {
		_ = p.stdin.Close()
		select {
		case <-p.exited:
		case <-time.After(5 * time.Second):
			_ = p.cmd.Process.Kill()
			<-p.exited
		}
		_ = os.RemoveAll(p.Data)
	})
}

// tail keeps the last kilobytes written to it.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p)
	if over := t.buf.Len() - 4096; over > 0 {
		t.buf.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
