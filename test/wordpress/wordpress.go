// Package wordpress runs a real WordPress with MariaDB for tests, both from the packages of Debian, on 127.0.0.1 only. It
// knows nothing of Tribune's adapter, so that it can judge it: what became public is written down by a plugin that listens
// to WordPress' own events.
//
// `make wordpress` unpacks the programs below bin/wordpress once; tests that need them run with TRIBUNE_TEST_ALL=1 (Require).
package wordpress

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Server is a running WordPress.
type Server struct {
	// URL such as http://127.0.0.1:40123.
	URL string
	// Version such as "WordPress 6.1.9, 10.11.19-MariaDB".
	Version string

	adminPassword string // an application password
	secret        string
	port          int
	cmd           *exec.Cmd
	stdin         io.WriteCloser
	stdout        *bufio.Reader
	data          string
	stderr        *bytes.Buffer
	exited        chan struct{}
	stop          sync.Once
}

// Options of a server.
type Options struct {
	// PlainPermalinks leaves the addresses as a new site has them: there is no /wp-json/ then, only ?rest_route=.
	PlainPermalinks bool
}

// Require skips the test where the real server is not asked for or cannot run, and says how to get it.
func Require(t testing.TB) {
	t.Helper()
	if os.Getenv("TRIBUNE_TEST_ALL") != "1" {
		t.Skip("needs a real WordPress: run make test-all (TRIBUNE_TEST_ALL=1)")
	}
	if err := Available(); err != nil {
		t.Skip(err.Error())
	}
}

// Available is nil if a server can be started, else it says what is missing and how to get it.
func Available() error {
	if _, err := os.Stat(filepath.Join(installed(), ".installed")); err != nil {
		return errors.New("WordPress is not unpacked: run make wordpress on Debian 12 (apt-get download below bin/wordpress, a minute, once)")
	}
	if out, err := exec.Command(filepath.Join(installed(), "php"), "-n", "-v").CombinedOutput(); err != nil {
		return fmt.Errorf("the unpacked PHP does not run here: %w: %s", err, out)
	}
	return nil
}

// source is this package's folder.
func source() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

func installed() string {
	return filepath.Join(source(), "..", "..", "bin", "wordpress")
}

// startTimeout is far more than a start takes (3 to 15 s) as machines that run tests are busy.
const startTimeout = 3 * time.Minute

// Start starts a server with an empty site in a temporary folder. It ends with Stop, and in any case with this process.
func Start(ctx context.Context, o Options) (*Server, error) {
	if err := Available(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s, err := launch(o)
	if err != nil {
		return nil, err
	}
	if err := s.install(ctx); err != nil {
		said := s.logs()
		s.Stop()
		return nil, fmt.Errorf("starting WordPress: %w: %s", err, said)
	}
	return s, nil
}

func launch(o Options) (*Server, error) {
	data, err := os.MkdirTemp("", "tribune-wordpress-")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	s := &Server{
		URL: "http://127.0.0.1:" + strconv.Itoa(port), port: port, data: data, secret: rand.Text(),
		stderr: &bytes.Buffer{}, exited: make(chan struct{}),
	}
	s.cmd = exec.Command(filepath.Join(source(), "start.sh"), installed(), source(), data, strconv.Itoa(port))
	s.cmd.Env = append(os.Environ(), "TRIBUNE_SECRET="+s.secret)
	if !o.PlainPermalinks {
		s.cmd.Env = append(s.cmd.Env, "TRIBUNE_PERMALINKS=1")
	}
	s.cmd.Stderr = s.stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that nothing of it is left over
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	s.stdout = bufio.NewReader(stdout)
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	go func() {
		_, _ = s.cmd.Process.Wait()
		close(s.exited)
	}()
	return s, nil
}

// freePort is one that nobody listens on. Whether it is still so is seen when our own server answers there.
func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// install waits for the web server and does what a person does in the browser.
func (s *Server) install(ctx context.Context) error {
	if err := s.answers(ctx); err != nil {
		return err
	}
	form := url.Values{
		"weblog_title": {"Acme Rockets"}, "user_name": {"admin"}, "admin_password": {s.secret}, "admin_password2": {s.secret},
		"pw_weak": {"1"}, "admin_email": {"admin@acme.example"}, "blog_public": {"0"}, "language": {""},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/wp-admin/install.php?step=2", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("wp-admin/install.php answered %s: %.500s", resp.Status, body)
	}
	if _, err := io.WriteString(s.stdin, "setup\n"); err != nil {
		return err
	}
	line, err := s.stdout.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("setup.php said nothing: %w: %.500s", err, body)
	}
	var said struct{ Password, Version, Database string }
	if err := json.Unmarshal(line, &said); err != nil || said.Password == "" {
		return fmt.Errorf("setup.php said something else: %.500s", line)
	}
	s.adminPassword, s.Version = said.Password, "WordPress "+said.Version+", "+said.Database
	return nil
}

// answers waits until the web server is there, and is ours.
func (s *Server) answers(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if body, err := get(ctx, s.URL+"/tribune-started"); err == nil {
			if body != s.secret {
				return fmt.Errorf("another program took port %d: run the test again", s.port)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.exited:
			return errors.New("it ended")
		case <-tick.C:
		}
	}
}

func get(ctx context.Context, address string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// Stop ends the server and removes its data.
func (s *Server) Stop() {
	s.stop.Do(func() {
		_ = s.stdin.Close()
		select {
		case <-s.exited:
		case <-time.After(5 * time.Second):
		}
		// The group has an id of its own (Setpgid), which is the leader's.
		_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
		<-s.exited
		_ = os.RemoveAll(s.data)
	})
}

// logs is what the programs had to say, for messages about a failed start.
func (s *Server) logs() string {
	var out strings.Builder
	for _, name := range []string{"mariadb.log", "php.log", "web.log"} {
		if said, err := os.ReadFile(filepath.Join(s.data, name)); err == nil {
			fmt.Fprintf(&out, "\n%s: %s", name, said[max(0, len(said)-2000):])
		}
	}
	return out.String()
}
