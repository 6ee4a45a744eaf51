package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// stopGrace is how long a process has to end: a manager finishes its calls and saves their outcomes.
const stopGrace = time.Minute

// moduleRoot is the folder of go.mod, here or above.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the sources: %w", err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errNoRoot
		}
	}
}

// build makes the tribune command as `make build` does.
func (g *gate) build(ctx context.Context) error {
	g.binary = filepath.Join(g.dir, "tribune")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", g.binary, "./cmd/tribune")
	cmd.Dir = g.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build tribune: %w:\n%s", err, said)
	}
	return nil
}

// process is a child whose log is a file.
type process struct {
	cmd   *exec.Cmd
	log   *os.File
	ended chan struct{}
	err   error
}

// start runs the tribune command with a log beside its data. What it prints on stdout goes to out, if there is one.
func (g *gate) start(log string, out io.Writer, args ...string) (*process, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("make a log: %w", err)
	}
	p := &process{cmd: exec.Command(g.binary, args...), log: file, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = out, file
	p.cmd.SysProcAttr = childOfOurs()
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start tribune %s: %w", args[0], err), file.Close())
	}
	go func() {
		p.err = p.cmd.Wait()
		_ = file.Close()
		close(p.ended)
	}()
	return p, nil
}

// stop asks the process to end and waits for it.
func (p *process) stop() error {
	if p == nil {
		return nil
	}
	select {
	case <-p.ended:
		return fmt.Errorf("%s ended by itself: %w; see %s", p.cmd.Args[1], p.err, p.log.Name())
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it fails only for a process that has ended
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-p.ended:
		return nil
	case <-timer.C:
		_ = p.cmd.Process.Kill()
		<-p.ended
		return fmt.Errorf("%s did not end within %s", p.cmd.Args[1], stopGrace)
	}
}

// alive is an error if the process has ended.
func (p *process) alive() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s ended by itself: %w; see %s", p.cmd.Args[1], p.err, p.log.Name())
	default:
		return nil
	}
}

// startLocal runs the built-in network with the given faults and tells where it listens.
func (g *gate) startLocal(dir string, faults ...string) (*process, string, error) {
	args := []string{"local", "--address", "127.0.0.1:0", "--db", filepath.Join(dir, "local.db")}
	for _, fault := range faults {
		args = append(args, "--fault", fault)
	}
	reader, writer := io.Pipe()
	p, err := g.start(filepath.Join(dir, "local.log"), writer, args...)
	if err != nil {
		return nil, "", err
	}
	go func() {
		<-p.ended
		_ = writer.Close()
	}()
	lines := bufio.NewScanner(reader)
	if !lines.Scan() {
		<-p.ended
		return nil, "", p.alive()
	}
	_, url, ok := strings.Cut(lines.Text(), "Local listens on ")
	if !ok {
		return nil, "", errors.Join(fmt.Errorf("local said %q instead of where it listens", lines.Text()), p.stop())
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	return p, strings.TrimSuffix(url, "/"), nil
}

// freeAddress is an address on loopback that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}
