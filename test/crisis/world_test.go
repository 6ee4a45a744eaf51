package crisis

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/config/crd"
	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/controlplane"
	"github.com/tribune-dev/tribune/internal/controlplane/controlplanetest"
	"github.com/tribune-dev/tribune/internal/local"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

// patience is how long a test waits for what should be there soon, on a busy machine.
const patience = 3 * time.Minute

// auditPolicy keeps the begins of reads of Crises.
const auditPolicy = `{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["ResponseComplete", "ResponseStarted"],
"rules": [{"level": "Metadata", "verbs": ["list"], "resources": [{"group": "tribune.dev", "resources": ["crises"]}]}, {"level": "None"}]}`

// world is an API server, the built-in network, and managers of one namespace.
type world struct {
	*testing.T
	*controlplane.ControlPlane
	admin      client.Client
	namespace  string
	network    *local.Server
	url        string
	audit      string
	kubeconfig string
	ledger     string
	channels   int
	// path and environment of the command that managers run.
	path        string
	environment []string
	flags       []string
	// allWork lets all managers work at once: none waits for its turn as the leader.
	allWork  bool
	managers []*process
	// names of the Posts that were planned, by the marker of their publications.
	names map[string]string
}

// start brings a world up, with so many channels that are signed in, and managers.
func start(t *testing.T, channels, managers int, path string, environment ...string) *world {
	t.Helper()
	w := prepare(t, channels, path, environment...)
	w.begin(managers)
	return w
}

// prepare brings a world up without managers.
func prepare(t *testing.T, channels int, path string, environment ...string) *world {
	t.Helper()
	dir := t.TempDir()
	policy := filepath.Join(dir, "policy.json")
	w := &world{T: t, namespace: "acme", audit: filepath.Join(dir, "audit.log"), kubeconfig: filepath.Join(dir, "kubeconfig"),
		ledger: filepath.Join(dir, "ledger.db"), channels: channels, path: path, environment: environment}
	w.must(os.WriteFile(policy, []byte(auditPolicy), 0o600))
	w.ControlPlane = controlplanetest.Start(t, controlplane.Options{APIServerArgs: []string{"--audit-policy-file=" + policy, "--audit-log-path=" + w.audit}})
	w.must(w.WriteKubeconfig(w.kubeconfig))
	w.install()
	w.serve()
	w.must(w.admin.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}))
	for i := range channels {
		w.must(w.admin.Create(t.Context(), &tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: channel(i)},
			Spec: tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkLocal}}))
	}
	return w
}

// begin starts managers and waits until the channels are signed in.
func (w *world) begin(managers int) {
	w.Helper()
	for range managers {
		w.manage()
	}
	w.eventually("the channels", func(ctx context.Context) error {
		list := &tribunev1alpha1.SocialChannelList{}
		if err := w.admin.List(ctx, list, client.InNamespace(w.namespace)); err != nil {
			return err
		}
		for i := range list.Items {
			if !meta.IsStatusConditionTrue(list.Items[i].Status.Conditions, tribunev1alpha1.ConditionReady) {
				return fmt.Errorf("%s is not ready", list.Items[i].Name)
			}
		}
		return nil
	})
}

func channel(i int) string { return fmt.Sprintf("channel-%d", i) }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) install() {
	w.Helper()
	scheme := controllers.NewScheme()
	w.must(apiextensionsv1.AddToScheme(scheme))
	var err error
	w.admin, err = client.New(w.RESTConfig(), client.Options{Scheme: scheme})
	w.must(err)
	definitions, err := crd.CRDs()
	w.must(err)
	for _, d := range definitions {
		w.must(w.admin.Create(w.Context(), d))
	}
	w.eventually("the definitions", func(ctx context.Context) error {
		var err error
		for _, list := range []client.ObjectList{&tribunev1alpha1.PostList{}, &tribunev1alpha1.CrisisList{}, &tribunev1alpha1.SocialChannelList{}, &tribunev1alpha1.ContentCalendarList{}} {
			err = errors.Join(err, w.admin.List(ctx, list, client.Limit(1)))
		}
		return err
	})
}

func (w *world) serve() {
	w.Helper()
	server, err := local.New(local.Options{Now: time.Now})
	w.must(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	front := &http.Server{Handler: server, ReadHeaderTimeout: time.Minute}
	go func() { _ = front.Serve(listener) }()
	w.network, w.url = server, "http://"+listener.Addr().String()
	w.Cleanup(func() { _ = front.Close(); _ = server.Close() })
}

// eventually waits until check has no error.
func (w *world) eventually(what string, check func(context.Context) error) {
	w.Helper()
	w.within(patience, 50*time.Millisecond, what, check)
}

// within waits so long until check has no error, and looks every so often.
func (w *world) within(longest, every time.Duration, what string, check func(context.Context) error) {
	w.Helper()
	var last error
	err := wait.PollUntilContextTimeout(w.Context(), every, longest, true, func(ctx context.Context) (bool, error) {
		err := check(ctx)
		if err == nil || ctx.Err() == nil { // the end of the time says nothing about what is missing
			last = err
		}
		return err == nil, nil
	})
	if err != nil {
		w.Fatalf("waited in vain for %s: %v", what, last)
	}
}

// process is a manager.
type process struct {
	cmd    *exec.Cmd
	output *bytes.Buffer
	done   chan struct{}
}

// manage starts a manager.
func (w *world) manage() *process {
	w.Helper()
	p := &process{output: &bytes.Buffer{}, done: make(chan struct{})}
	args := []string{"manager", "--kubeconfig", w.kubeconfig, "--ledger", w.ledger, "--local-url", w.url, "--namespaces", w.namespace,
		"--metrics-address", "0", "--health-address", "0", "--log-format", "text"}
	if !w.allWork {
		args = append(args, "--leader-elect", "--leader-election-namespace", w.namespace)
	}
	p.cmd = exec.Command(w.path, append(args, w.flags...)...) //nolint:gosec // a test's own words
	p.cmd.Env = append(append(os.Environ(), asTribune+"=1"), w.environment...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	w.must(p.cmd.Start())
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	w.managers = append(w.managers, p)
	w.Cleanup(func() {
		p.kill()
		if w.T.Failed() {
			out := p.output.String()
			w.Logf("the end of what a manager said:\n%s", out[max(0, len(out)-3000):])
		}
	})
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// self is this test's binary, which is the tribune command too.
func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// breakable builds the command with parts of its protocol that can be taken away.
var breakable = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "tribune")
	cmd := exec.Command("go", "build", "-tags", "breakable", "-o", path, "../../cmd/tribune")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build tribune: %w\n%s", err, out)
	}
	return path, nil
})

// plan makes Posts, spread over the channels; at says when the i-th is due.
func (w *world) plan(n int, at func(i int) time.Time) {
	w.Helper()
	w.names = map[string]string{}
	for i := range n {
		id := network.Identity{Namespace: w.namespace, Post: name(i), Edition: 1, Account: w.namespace + "/" + channel(i%w.channels)}
		w.names[id.Marker()] = name(i)
	}
	jobs := make(chan int)
	failed := make(chan error, n)
	var group sync.WaitGroup
	for range 2 * runtime.NumCPU() {
		group.Go(func() {
			for i := range jobs {
				failed <- w.admin.Create(w.Context(), &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name(i)},
					Spec: tribunev1alpha1.PostSpec{ChannelRef: tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(channel(i % w.channels))},
						PublishAt: &metav1.Time{Time: at(i)}, Content: tribunev1alpha1.Content{Text: name(i)}}})
			}
		})
	}
	for i := range n {
		jobs <- i
	}
	close(jobs)
	group.Wait()
	for range n {
		w.must(<-failed)
	}
}

func name(i int) string { return fmt.Sprintf("post-%d", i) }

func (w *world) posts() []tribunev1alpha1.Post {
	w.Helper()
	list := &tribunev1alpha1.PostList{}
	w.must(w.admin.List(w.Context(), list, client.InNamespace(w.namespace)))
	return list.Items
}

// calls that wanted to publish, by the name of the Post, as the network saw them.
func (w *world) calls() map[string][]wire.Call {
	w.Helper()
	calls := map[string][]wire.Call{}
	for _, c := range w.log() {
		if c.Method == http.MethodPost && strings.HasSuffix(c.Path, "/posts") {
			calls[w.names[c.Marker]] = append(calls[w.names[c.Marker]], c)
		}
	}
	if unknown := calls[""]; len(unknown) > 0 {
		w.Fatalf("%d calls of nobody, such as %+v", len(unknown), unknown[0])
	}
	return calls
}

// log has all calls that the network saw.
func (w *world) log() []wire.Call {
	w.Helper()
	var calls []wire.Call
	for after := "0"; after != ""; {
		var page wire.Log
		w.get("/api/v1/log?"+url.Values{"after": {after}, "limit": {fmt.Sprint(wire.MaxPage)}}.Encode(), &page)
		calls = append(calls, page.Calls...)
		after = page.Next
	}
	return calls
}

func (w *world) get(path string, into any) {
	w.Helper()
	resp, err := http.Get(w.url + path) //nolint:gosec // a test's own server
	w.must(err)
	defer func() { _ = resp.Body.Close() }()
	w.must(json.NewDecoder(resp.Body).Decode(into))
}

// begun counts the calls by now.
func (w *world) begun() int {
	n := 0
	for _, calls := range w.calls() {
		n += len(calls)
	}
	return n
}

// gateReads are the moments at which the API server was asked for open Crises by the gate.
func (w *world) gateReads() []time.Time {
	w.Helper()
	data, err := os.ReadFile(w.audit)
	w.must(err)
	var at []time.Time
	for line := range bytes.Lines(data) {
		var e auditv1.Event
		if json.Unmarshal(line, &e) == nil && strings.Contains(e.RequestURI, "fieldSelector=status.state") {
			at = append(at, e.RequestReceivedTimestamp.Time)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return at
}

// pause makes a Crisis. It gives the moments before it was asked for and after it was acknowledged.
func (w *world) pause(name string) (c *tribunev1alpha1.Crisis, before, stored time.Time) {
	w.Helper()
	c = &tribunev1alpha1.Crisis{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: tribunev1alpha1.CrisisSpec{Reason: "a test", Resume: &tribunev1alpha1.Resume{Watch: &metav1.Duration{}}}}
	before = time.Now()
	w.must(w.admin.Create(w.Context(), c))
	return c, before, time.Now()
}

// held waits for PostsHeld and gives the moment at which it was seen.
func (w *world) held(c *tribunev1alpha1.Crisis) time.Time {
	w.Helper()
	w.within(w.longest(), 50*time.Millisecond, "PostsHeld", func(ctx context.Context) error {
		if err := w.admin.Get(ctx, client.ObjectKeyFromObject(c), c); err != nil {
			return err
		}
		if !meta.IsStatusConditionTrue(c.Status.Conditions, tribunev1alpha1.ConditionPostsHeld) {
			return fmt.Errorf("%+v", c.Status)
		}
		return nil
	})
	return time.Now()
}
