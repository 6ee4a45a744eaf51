// Package ghost runs a real Ghost server for tests, on 127.0.0.1 and with SQLite. It knows nothing of Tribune's adapter, so
// that it can judge it: what became public is written down by triggers in the server's own database.
//
// `make ghost` installs the server below bin/ghost once; tests that need it run with TRIBUNE_TEST_ALL=1 (Require).
package ghost

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the judge reads the server's database
)

// Server is a running Ghost.
type Server struct {
	// URL such as http://127.0.0.1:40123.
	URL string
	// AdminKey opens the Admin API, ContentKey what everybody may read.
	AdminKey, ContentKey string
	// Version such as 5.130.6.
	Version string

	db     *sql.DB
	cmd    *exec.Cmd
	stdin  io.Closer
	data   string
	stderr *tail
	exited chan struct{}
	stop   sync.Once
}

// Require skips the test where the real server is not asked for or cannot run, and says how to get it.
func Require(t testing.TB) {
	t.Helper()
	if os.Getenv("TRIBUNE_TEST_ALL") != "1" {
		t.Skip("needs a real Ghost: run make test-all (TRIBUNE_TEST_ALL=1)")
	}
	if err := Available(); err != nil {
		t.Skip(err.Error())
	}
}

// Available is nil if a server can be started, else it says what is missing and how to get it.
func Available() error {
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		return errors.New("needs Node.js 20 or 22 for a real Ghost: install it (https://nodejs.org, or the package nodejs), then run make ghost")
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(out)), "v"), ".")
	if n, _ := strconv.Atoi(major); n < 20 {
		return fmt.Errorf("needs Node.js 20 or 22 for a real Ghost, found %s: install a newer one, then run make ghost", out)
	}
	if _, err := os.Stat(filepath.Join(Modules(), "ghost", "package.json")); err != nil {
		return errors.New("a real Ghost is not installed: run make ghost (npm ci below bin/ghost, 6 minutes and more, once)")
	}
	return nil
}

// source is this package's folder.
func source() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

func installed() string { return filepath.Join(source(), "..", "..", "bin", "ghost") }

// Modules is the folder with Ghost's packages.
func Modules() string { return filepath.Join(installed(), "node_modules") }

// startTimeout is far more than a start takes (8 s) as machines that run tests are busy.
const startTimeout = 5 * time.Minute

// Start starts a server with an empty site in a temporary folder. It ends with Stop, and in any case with this process.
func Start(ctx context.Context) (*Server, error) {
	if err := Available(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	data, err := os.MkdirTemp("", "tribune-ghost-")
	if err != nil {
		return nil, err
	}
	s := &Server{data: data, stderr: &tail{}, exited: make(chan struct{})}
	port, err := freePort()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	s.cmd = exec.Command("node", filepath.Join(source(), "start.mjs"), installed(), data, strconv.Itoa(port))
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
		said := s.stderr.String()
		s.Stop()
		return nil, fmt.Errorf("starting Ghost: %w: %s", err, said)
	}
	return s, nil
}

// freePort is one that nobody listens on. If that has changed when Ghost wants it, Ghost does not start.
func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// ready waits for the line that says what there is, and puts the judge into the database.
func (s *Server) ready(ctx context.Context, stdout io.Reader) error {
	lines := make(chan []byte, 1)
	go func() {
		r := bufio.NewReader(stdout)
		line, _ := r.ReadBytes('\n')
		lines <- line
		_, _ = io.Copy(io.Discard, r)
		_ = s.cmd.Wait()
		close(s.exited)
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case line := <-lines:
		var said struct{ URL, AdminKey, ContentKey, Version, Database string }
		if err := json.Unmarshal(line, &said); err != nil {
			return fmt.Errorf("it ended or said something else: %w", err)
		}
		s.URL, s.AdminKey, s.ContentKey, s.Version = said.URL, said.AdminKey, said.ContentKey, said.Version
		return s.judge(ctx, said.Database)
	}
}

// Stop ends the server and removes its data.
func (s *Server) Stop() {
	s.stop.Do(func() {
		if s.db != nil {
			_ = s.db.Close()
		}
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

// Request to the Admin API, and the schema it is held to, such as posts-add.
type Request struct {
	Schema string          `json:"schema"`
	Body   json.RawMessage `json:"body"`
}

// CheckRequests holds requests to the JSON Schemas that Ghost publishes (@tryghost/admin-api-schema), and gives what is wrong
// with them. The test is skipped where they are not installed.
func CheckRequests(t testing.TB, requests []Request) []string {
	t.Helper()
	if err := Available(); err != nil {
		t.Skip(err.Error())
	}
	var in bytes.Buffer
	for _, r := range requests {
		if err := json.NewEncoder(&in).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("node", filepath.Join(source(), "schemas.mjs"), installed())
	cmd.Stdin = &in
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if last := lines[len(lines)-1]; last != fmt.Sprintf("checked %d", len(requests)) {
		t.Fatalf("not all requests were checked: %s", out)
	}
	return lines[:len(lines)-1]
}
