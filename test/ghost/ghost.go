// Package ghost runs a real Ghost server for tests, on 127.0.0.1 and with SQLite. It knows nothing of Tribune's adapter, so
// that it can judge it: what became public is written down by triggers in the server's own database.
//
// `make ghost` installs the server below bin/ghost once; tests that need it run with TRIBUNE_TEST_ALL=1 (Require).
package ghost

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
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

	"github.com/tribune-dev/tribune/test/node"
)

// Server is a running Ghost.
type Server struct {
	// URL such as http://127.0.0.1:40123.
	URL string
	// AdminKey opens the Admin API, ContentKey what everybody may read.
	AdminKey, ContentKey string
	// Version such as 5.130.6.
	Version string

	db      *sql.DB
	program *node.Program
	stop    sync.Once
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
	if err := node.Available("a real Ghost", "ghost"); err != nil {
		return err
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
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	var said struct{ URL, AdminKey, ContentKey, Version, Database string }
	program, err := node.Start(ctx, "ghost", &said, nil, func(data string) []string {
		return []string{filepath.Join(source(), "start.mjs"), installed(), data, strconv.Itoa(port)}
	})
	if err != nil {
		return nil, fmt.Errorf("starting Ghost: %w", err)
	}
	s := &Server{URL: said.URL, AdminKey: said.AdminKey, ContentKey: said.ContentKey, Version: said.Version, program: program}
	if err := s.judge(ctx, said.Database); err != nil {
		s.Stop()
		return nil, fmt.Errorf("starting Ghost: %w", err)
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

// Stop ends the server and removes its data.
func (s *Server) Stop() {
	s.stop.Do(func() {
		if s.db != nil {
			_ = s.db.Close()
		}
		s.program.Stop()
	})
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
