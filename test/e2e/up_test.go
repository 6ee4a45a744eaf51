// Package e2e uses Tribune as a person does: the program, kubectl and a browser's requests.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/controlplane/controlplanetest"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

const (
	patience = 2 * time.Minute
	// logged is how much of the manager's log is shown where a test fails.
	logged = 2 << 10
)

// tribune builds the program once.
var tribune = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tribune-e2e-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "tribune")
	out, err := exec.Command("go", "build", "-o", bin, "../../cmd/tribune").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return bin, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if bin, err := tribune(); err == nil {
		_ = os.RemoveAll(filepath.Dir(bin))
	}
	os.Exit(code)
}

// running is one `tribune up`.
type running struct {
	t        *testing.T
	cmd      *exec.Cmd
	dir, url string
	kubectl  string
	mu       sync.Mutex
	out      bytes.Buffer
	ended    chan error
}

func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.Write(p)
}

func (r *running) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.String()
}

func up(t *testing.T, args ...string) *running {
	t.Helper()
	binaries := controlplanetest.Binaries(t)
	bin, err := tribune()
	if err != nil {
		t.Fatal(err)
	}
	r := &running{t: t, dir: t.TempDir(), kubectl: binaries.Kubectl, ended: make(chan error, 1)}
	r.cmd = exec.Command(bin, append([]string{"up", "--data-dir", r.dir, "--local-address", "127.0.0.1:0"}, args...)...)
	r.cmd.Stdout, r.cmd.Stderr = r, r
	r.cmd.Env = append(os.Environ(), "KUBEBUILDER_ASSETS="+filepath.Dir(binaries.Kubectl))
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.ended <- r.cmd.Wait() }()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("it said:\n%s", r.said())
			r.explain()
		}
		r.stop()
	})
	timeline := regexp.MustCompile(`Timeline +(http://[^/]+)/`)
	r.eventually("the address of the timeline", func() bool {
		m := timeline.FindStringSubmatch(r.said())
		if m != nil {
			r.url = m[1]
		}
		return m != nil
	})
	return r
}

// explain shows what a person would look at who wants to know why something did not happen: what the program is doing, the
// manager's log, and the objects. It ends the program.
func (r *running) explain() {
	objects, err := exec.Command(r.kubectl, "--kubeconfig", filepath.Join(r.dir, "kubeconfig"), "--request-timeout=10s",
		"get", "socialchannels,contentcalendars,posts,events.events.k8s.io", "-A").CombinedOutput()
	r.t.Logf("its objects (%v):\n%s", err, objects)
	log, err := os.ReadFile(filepath.Join(r.dir, "manager.log"))
	r.t.Logf("its log (%v) ends with:\n%s", err, log[max(0, len(log)-logged):])
	before := len(r.said())
	_ = r.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case err := <-r.ended:
		r.ended <- err
	case <-time.After(patience):
	}
	ours := regexp.MustCompile(`(?m)\[.*\]:$|^github\.com/tribune-dev/tribune/[^(\n]*(\([^)\n]*\)[^(\n]*)?`)
	for doing := range strings.SplitSeq(r.said()[before:], "\n\n") {
		if frames := ours.FindAllString(doing, -1); len(frames) > 1 {
			r.t.Log(strings.Join(frames, " < "))
		}
	}
}

// stop is Ctrl-C. It returns what the program ended with.
func (r *running) stop() error {
	_ = r.cmd.Process.Signal(syscall.SIGINT)
	select {
	case err := <-r.ended:
		r.ended <- err
		return err
	case <-time.After(patience):
		_ = r.cmd.Process.Kill()
		return fmt.Errorf("did not end within %s", patience)
	}
}

func (r *running) eventually(what string, done func() bool) {
	r.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !done() {
		select {
		case err := <-r.ended:
			r.ended <- err
			r.t.Fatalf("it ended (%v) while waiting for %s", err, what)
		case <-deadline:
			r.t.Fatalf("waited %s for %s", patience, what)
		case <-tick.C:
		}
	}
}

// run kubectl against it.
func (r *running) run(stdin string, args ...string) string {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.kubectl, append([]string{"--kubeconfig", filepath.Join(r.dir, "kubeconfig")}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// posts that the network has of one account, oldest first.
func (r *running) posts(account string) []wire.Post {
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+"/api/v1/"+account+"/posts?limit=100&order=asc", http.NoBody)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil
	}
	defer func() { _ = resp.Body.Close() }()
	var list struct {
		Posts []wire.Post `json:"posts"`
	}
	if resp.StatusCode != http.StatusOK {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		r.t.Fatal(err)
	}
	return list.Posts
}

func texts(posts []wire.Post) string {
	var all []string
	for _, p := range posts {
		all = append(all, p.Text)
	}
	return strings.Join(all, "\n")
}

// The first calendar goes out within a minute of the start, and everything a person does next works: another calendar, an
// edit, a deletion, and the end, which leaves nothing behind.
func TestUp(t *testing.T) {
	t.Parallel()
	r := up(t)
	started := time.Now()
	r.eventually("the first calendar on the timeline", func() bool {
		posts := r.posts("demo/town-square")
		thread, picture := 0, false
		for _, p := range posts {
			if p.Thread != p.ID {
				thread++
			}
			picture = picture || len(p.Media) == 1 && p.Media[0].Alt != ""
		}
		return thread == 2 && picture && strings.Contains(texts(posts), "Tip:")
	})
	if took := time.Since(started); took > 90*time.Second {
		t.Errorf("the first calendar took %s", took)
	}
	due := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")
	manifest := `
apiVersion: tribune.dev/v1alpha1
kind: ContentCalendar
metadata: {name: second, namespace: demo}
spec:
  channelRefs: [{name: town-square}]
  entries:
    - {name: one, at: "%s", content: {text: "%s"}}
    - {name: two, at: "%s", content: {text: "to be withdrawn"}}
`
	r.run(fmt.Sprintf(manifest, due, "first words", due), "apply", "-f", "-")
	list := func() string {
		return r.run("", "get", "posts", "-n", "demo", "-l", "tribune.dev/calendar=second", "-o", "jsonpath={.items[*].spec.content.text}")
	}
	r.eventually("two Posts of the second calendar", func() bool { return strings.Count(list(), "w") >= 2 })
	soon := time.Now().Add(3 * time.Second).UTC().Format("2006-01-02T15:04:05Z")
	r.run(fmt.Sprintf(manifest, soon, "other words", due), "apply", "-f", "-")
	r.eventually("the edited Post on the timeline", func() bool { return strings.Contains(texts(r.posts("demo/town-square")), "other words") })
	r.run("", "delete", "contentcalendar", "second", "-n", "demo")
	r.eventually("the waiting Post to be withdrawn", func() bool { return !strings.Contains(list(), "withdrawn") })
	if got := texts(r.posts("demo/town-square")); strings.Count(got, "other words") != 1 || strings.Contains(got, "first words") || strings.Contains(got, "withdrawn") {
		t.Errorf("the timeline has:\n%s", got)
	}
	wide := r.run("", "get", "social,posts", "-A")
	for _, want := range []string{"PUBLISH-AT", "NETWORK", "ENTRIES", "town-square", "Published"} {
		if !strings.Contains(wide, want) {
			t.Errorf("kubectl get social,posts -A lacks %s:\n%s", want, wide)
		}
	}
	r.endsClean()
}

// endsClean: Ctrl-C ends it without a failure, and no process is left.
func (r *running) endsClean() {
	r.t.Helper()
	if err := r.stop(); err != nil {
		r.t.Errorf("it ended with %v", err)
	}
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		r.t.Fatal(err)
	}
	for _, p := range processes {
		if line, err := os.ReadFile(p); err == nil && bytes.Contains(line, []byte(r.dir)) {
			r.t.Errorf("a process is left: %s", bytes.ReplaceAll(line, []byte{0}, []byte(" ")))
		}
	}
}

// With --rehearse a live channel needs no Secret and publishes on Local, by its own network's rules.
func TestUpRehearse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	soon := time.Now().Add(10 * time.Second).UTC().Format("2006-01-02T15:04:05Z")
	manifest := fmt.Sprintf(`
apiVersion: v1
kind: Namespace
metadata: {name: acme}
---
apiVersion: tribune.dev/v1alpha1
kind: SocialChannel
metadata: {name: sky, namespace: acme}
spec: {network: Bluesky, account: acme.example, credentialsSecretRef: {name: none}}
---
apiVersion: tribune.dev/v1alpha1
kind: Post
metadata: {name: fits, namespace: acme}
spec: {channelRef: {name: sky}, publishAt: "%s", content: {text: "a rehearsal"}}
---
apiVersion: tribune.dev/v1alpha1
kind: Post
metadata: {name: too-long, namespace: acme}
spec: {channelRef: {name: sky}, publishAt: "%s", content: {text: "%s"}}
`, soon, soon, strings.Repeat("x", 301))
	if err := os.WriteFile(filepath.Join(dir, "acme.yaml"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	r := up(t, "--rehearse", "--apply", dir)
	r.eventually("the rehearsed Post on Local", func() bool { return texts(r.posts("acme/sky")) == "a rehearsal" })
	message := r.run("", "get", "post", "too-long", "-n", "acme", "-o", `jsonpath={.status.state} {.status.conditions[?(@.type=="Stalled")].message}`)
	if !strings.HasPrefix(message, "Failed ") || !strings.Contains(message, "301 graphemes") {
		t.Errorf("the Post that is too long for Bluesky says %q", message)
	}
	r.endsClean()
}
