// Package pds runs a real Bluesky personal data server (PDS) for tests: the network's own code on 127.0.0.1, with a DID
// directory in memory. It knows nothing of Tribune's adapter, so that it can judge it: what was published is read from
// the server's own log of commits.
//
// `make pds` installs the server below bin/pds once; tests that need it run with TRIBUNE_TEST_ALL=1 (Require).
package pds

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
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is a running PDS.
type Server struct {
	// URL such as http://127.0.0.1:40123.
	URL string

	serviceDID, adminPassword, jwtSecret string

	cmd    *exec.Cmd
	stdin  io.Closer
	data   string
	stderr *tail
	exited chan error
	stop   sync.Once

	replay replay
}

// Options of a server.
type Options struct {
	// RateLimits switches the server's own limits on, with its own numbers.
	RateLimits bool
}

// Require skips the test where the real server is not asked for or cannot run, and says how to get it.
func Require(t testing.TB) {
	t.Helper()
	if os.Getenv("TRIBUNE_TEST_ALL") != "1" {
		t.Skip("needs a real Bluesky PDS: run make test-all (TRIBUNE_TEST_ALL=1)")
	}
	if err := Available(); err != nil {
		t.Skip(err.Error())
	}
}

// Available is nil if a server can be started, else it says what is missing and how to get it.
func Available() error {
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		return errors.New("needs Node.js 20 or later for a real Bluesky PDS: install it (https://nodejs.org, or the package nodejs), then run make pds")
	}
	version := strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
	if major, _ := strconv.Atoi(strings.SplitN(version, ".", 2)[0]); major < 20 {
		return fmt.Errorf("needs Node.js 20 or later for a real Bluesky PDS, found %s: install a newer one, then run make pds", version)
	}
	if _, err := os.Stat(filepath.Join(modules(), "node_modules", "@atproto", "pds", "package.json")); err != nil {
		return errors.New("the Bluesky PDS is not installed: run make pds (npm ci below bin/pds, a few minutes, once)")
	}
	return nil
}

// source is this package's folder.
func source() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

func modules() string {
	return filepath.Join(source(), "..", "..", "bin", "pds")
}

// startTimeout is far more than a start takes (3 to 7 s) as machines that run tests are busy.
const startTimeout = 2 * time.Minute

// Start starts a server with an empty database in a temporary folder. It ends with Stop, and in any case with this
// process.
func Start(ctx context.Context, o Options) (*Server, error) {
	if err := Available(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	data, err := os.MkdirTemp("", "tribune-pds-")
	if err != nil {
		return nil, err
	}
	s := &Server{data: data, stderr: &tail{}, exited: make(chan error, 1)}
	s.cmd = exec.Command("node", filepath.Join(source(), "start.mjs"), modules(), data)
	s.cmd.Dir = modules()
	s.cmd.Env = append(os.Environ(), "NODE_ENV=production", "LOG_ENABLED=false")
	if o.RateLimits {
		s.cmd.Env = append(s.cmd.Env, "TRIBUNE_PDS_RATE_LIMITS=1")
	}
	s.cmd.Stderr = s.stderr
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	if err := s.ready(ctx, stdout); err != nil {
		s.Stop()
		return nil, fmt.Errorf("starting the PDS: %w: %s", err, s.stderr)
	}
	return s, nil
}

// ready waits for the line that says where the server listens.
func (s *Server) ready(ctx context.Context, stdout io.Reader) error {
	lines := make(chan []byte, 1)
	go func() {
		r := bufio.NewReader(stdout)
		line, _ := r.ReadBytes('\n')
		lines <- line
		_, _ = io.Copy(io.Discard, r)
		s.exited <- s.cmd.Wait()
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case line := <-lines:
		var said struct {
			URL, ServiceDID, AdminPassword, JWTSecret string
		}
		if err := json.Unmarshal(line, &said); err != nil {
			return fmt.Errorf("it ended or said something else: %w", err)
		}
		s.URL, s.serviceDID, s.adminPassword, s.jwtSecret = said.URL, said.ServiceDID, said.AdminPassword, said.JWTSecret
		return nil
	}
}

// Stop ends the server and removes its data.
func (s *Server) Stop() {
	s.stop.Do(func() {
		_ = s.stdin.Close()
		select {
		case <-s.exited:
		case <-time.After(5 * time.Second):
			_ = s.cmd.Process.Kill()
			<-s.exited
		}
		_ = os.RemoveAll(s.data)
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
