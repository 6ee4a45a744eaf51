// Package pds runs a real Bluesky personal data server (PDS) for tests: the network's own code on 127.0.0.1, with a DID
// directory in memory. It knows nothing of Tribune's adapter, so that it can judge it: what was published is read from
// the server's own log of commits.
//
// `make pds` installs the server below bin/pds once; tests that need it run with TRIBUNE_TEST_ALL=1 (Require).
package pds

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/test/node"
)

// Server is a running PDS.
type Server struct {
	// URL such as http://127.0.0.1:40123.
	URL string

	serviceDID, adminPassword, jwtSecret string

	program *node.Program

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
	if err := node.Available("a real Bluesky PDS", "pds"); err != nil {
		return err
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
	environment := []string{"NODE_ENV=production", "LOG_ENABLED=false"}
	if o.RateLimits {
		environment = append(environment, "TRIBUNE_PDS_RATE_LIMITS=1")
	}
	var said struct{ URL, ServiceDID, AdminPassword, JWTSecret string }
	program, err := node.Start(ctx, "pds", &said, environment, func(data string) []string {
		return []string{filepath.Join(source(), "start.mjs"), modules(), data}
	})
	if err != nil {
		return nil, fmt.Errorf("starting the PDS: %w", err)
	}
	return &Server{URL: said.URL, serviceDID: said.ServiceDID, adminPassword: said.AdminPassword, jwtSecret: said.JWTSecret, program: program}, nil
}

// Stop ends the server and removes its data.
func (s *Server) Stop() { s.program.Stop() }
