// Package storetest gives tests a PostgreSQL server of their own, where its programs are installed: on 127.0.0.1, at a port of
// its own, in a folder of its own, with a password that nobody else knows. It must not know what is tested.
package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// howToInstall is said where the programs are missing.
	howToInstall = "PostgreSQL is not installed here (no initdb and postgres on PATH or in /usr/lib/postgresql/*/bin): apt-get install postgresql"
	role         = "tribune"
	// patience is how long the server may take to start.
	patience = time.Minute
)

// Server is a running PostgreSQL server. As it refuses to run as root, root starts it as the user postgres, or nobody.
type Server struct {
	// Password of the role, a secret that must stand in no log.
	Password string

	bin, dir string
	as       *account
	port     int
	schemas  atomic.Int64

	mu sync.Mutex
	// leash ends the server when it is closed, also by the death of this process.
	leash io.WriteCloser
	cmd   *exec.Cmd
}

var shared struct {
	sync.Mutex
	server *Server
	err    error
}

// Shared is the server of this test process: it is started by the first test that asks, and ends with the process, however that
// ends. Where it cannot run the test is skipped, and says what to install.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = start()
	}
	skipOrFail(t, shared.err)
	return shared.server
}

// Start is a server for one test, which may kill it.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	skipOrFail(t, err)
	t.Cleanup(s.Remove)
	return s
}

var errMissing = errors.New(howToInstall)

func skipOrFail(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// find is the folder with PostgreSQL's programs, the newest first.
func find() (string, error) {
	var folders []string
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for major := 30; major >= 13; major-- {
		folders = append(folders, fmt.Sprintf("/usr/lib/postgresql/%d/bin", major), fmt.Sprintf("/usr/pgsql-%d/bin", major))
	}
	folders = append(folders, "/usr/local/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin")
	for _, folder := range folders {
		both := true
		for _, program := range []string{"initdb", "postgres"} {
			_, err := exec.LookPath(filepath.Join(folder, program))
			both = both && err == nil
		}
		if both {
			return folder, nil
		}
	}
	return "", errMissing
}

func start() (_ *Server, err error) {
	s := &Server{Password: rand.Text()}
	if s.bin, err = find(); err != nil {
		return nil, err
	}
	if s.as, err = unprivileged(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "tribune-postgres-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(s.dir)
		}
	}()
	password := filepath.Join(s.dir, "password")
	if err := os.WriteFile(password, []byte(s.Password+"\n"), 0o600); err != nil {
		return nil, err
	}
	if err := s.as.own(s.dir, password); err != nil {
		return nil, err
	}
	initdb := s.command(filepath.Join(s.bin, "initdb"), "--pgdata", s.data(), "--username", role, "--pwfile", password, "--auth", "scram-sha-256",
		"--encoding", "UTF8", "--locale", "C", "--no-sync")
	if output, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, output)
	}
	for try := 1; ; try++ { // the port may be taken between finding and using it
		if s.port, err = freePort(); err != nil {
			return nil, err
		}
		if err = s.Run(); err == nil || try == 3 {
			return s, err
		}
	}
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), name, args...) // ended by its leash
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "HOME="+s.dir)
	s.as.run(cmd)
	return cmd
}

func freePort() (int, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// onLeash runs the server until its input ends, which the kernel sees to if this process is killed, and clears up. A word on
// its input is the signal to end the server with, and what it wrote is kept then. Nothing else is ended.
const onLeash = `"$@" & server=$!; read -r word; kill -${word:-QUIT} $server; wait $server; [ -n "$word" ] || rm -rf "$PWD"`

// Run starts the server, which was not started yet or was killed, in the same place, and waits until it answers.
func (s *Server) Run() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		said, err := s.run(ctx)
		// The processes of a server that was killed take a moment to notice.
		if err == nil || ctx.Err() != nil || !strings.Contains(said, "pre-existing shared memory block") {
			return err
		}
		<-time.After(50 * time.Millisecond)
	}
}

// run starts the server once; said is its log if it fails.
func (s *Server) run(ctx context.Context) (said string, err error) {
	name := filepath.Join(s.dir, "log")
	_ = os.Remove(name) // what is left of a server that was killed goes on writing into the old one
	log, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return "", err
	}
	defer func() { _ = log.Close() }()
	s.cmd = s.command("/bin/sh", "-c", onLeash, "sh", filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200")
	s.cmd.Stderr = log
	if s.leash, err = s.cmd.StdinPipe(); err != nil {
		return "", err
	}
	if err := s.cmd.Start(); err != nil {
		return "", err
	}
	for {
		conn, err := pgx.Connect(ctx, s.address("").String())
		if err == nil {
			return "", conn.Close(ctx)
		}
		text, _ := os.ReadFile(name)
		said = string(text)
		if ctx.Err() != nil || strings.Contains(said, "database system is shut down") || strings.Contains(said, "FATAL:  pre-existing") ||
			strings.Contains(said, "FATAL:  could not") {
			s.end("KILL")
			return said, fmt.Errorf("start postgres: %w\n%s", err, said)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// end the server by a signal, by name, and keep what it wrote; or for good.
func (s *Server) end(signal string) {
	if s.leash == nil {
		return
	}
	if signal != "" {
		_, _ = io.WriteString(s.leash, signal+"\n")
	}
	_ = s.leash.Close()
	_ = s.cmd.Wait()
	s.leash = nil
}

// Kill ends the server by SIGKILL, as a crash does; Run starts it again.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end("KILL")
}

// Stop ends the server in order; Run starts it again.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end("INT")
}

// Remove ends the server and removes what it wrote.
func (s *Server) Remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end("")
	_ = os.RemoveAll(s.dir)
}

// address of a schema of the server, as a DSN.
func (s *Server) address(schema string) *url.URL {
	q := url.Values{"sslmode": {"disable"}}
	if schema != "" {
		q.Set("search_path", schema)
	}
	return &url.URL{Scheme: "postgres", User: url.UserPassword(role, s.Password), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path: "/postgres", RawQuery: q.Encode()}
}

// Schema makes an empty schema and returns its DSN: a ledger of its own.
func (s *Server) Schema(t testing.TB) *url.URL {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.schemas.Add(1))
	Exec(t, s.address(""), "CREATE SCHEMA "+name)
	return s.address(name)
}

// Exec runs SQL on the server of a DSN.
func Exec(t testing.TB, dsn *url.URL, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}

// DSNFile writes a DSN into a file, as a mounted Secret is one.
func DSNFile(t testing.TB, dsn string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(path, []byte(dsn+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
