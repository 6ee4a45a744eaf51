package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/config/crd"
	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/controlplane"
	"github.com/tribune-dev/tribune/internal/controlplane/controlplanetest"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/local"
	"github.com/tribune-dev/tribune/internal/local/wire"
	_ "github.com/tribune-dev/tribune/internal/network/all" // registers the networks
	"github.com/tribune-dev/tribune/internal/store"
)

// patience is how long a test waits for what should be there in moments, on a busy machine.
const patience = 45 * time.Second

var shared *controlplane.ControlPlane

func TestMain(m *testing.M) {
	ctrllog.SetLogger(logr.Discard()) // the managers have loggers of their own
	// The tests mostly wait, so that more of them than processors run at a time.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(controlplanetest.Main(m, func(cp *controlplane.ControlPlane) { shared = cp }))
}

// installed is a client of the API server with the definitions on it, and a kubeconfig for kubectl.
var installed = sync.OnceValues(func() (client.Client, error) {
	k8s, err := client.New(shared.RESTConfig(), client.Options{Scheme: controllers.NewScheme()})
	if err != nil {
		return nil, err
	}
	definitions, err := crd.CRDs()
	if err != nil {
		return nil, err
	}
	raw, err := client.New(shared.RESTConfig(), client.Options{})
	if err != nil {
		return nil, err
	}
	for _, definition := range definitions {
		text, err := yaml.Marshal(definition)
		if err != nil {
			return nil, err
		}
		u := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(text, u); err != nil {
			return nil, err
		}
		u.SetGroupVersionKind(schemaCRD)
		unstructured.RemoveNestedField(u.Object, "status")
		if err := raw.Create(context.Background(), u); err != nil {
			return nil, err
		}
	}
	served := func(ctx context.Context) (bool, error) {
		for _, list := range []client.ObjectList{&tribunev1alpha1.PostList{}, &tribunev1alpha1.CrisisList{}, &tribunev1alpha1.ContentCalendarList{}, &tribunev1alpha1.SocialChannelList{},
			&tribunev1alpha1.CommunityPolicyList{}, &tribunev1alpha1.CommunityCaseList{}} {
			if err := k8s.List(ctx, list, client.Limit(1)); err != nil {
				return false, nil // not served yet
			}
		}
		return true, nil
	}
	return k8s, wait.PollUntilContextTimeout(context.Background(), 20*time.Millisecond, patience, true, served)
})

var schemaCRD = schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}

// travel is a clock that goes on by itself and can be put forward.
type travel struct {
	clock.RealClock
	ahead atomic.Int64
}

func (c *travel) Now() time.Time                  { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *travel) Since(t time.Time) time.Duration { return c.Now().Sub(t) }
func (c *travel) forward(d time.Duration)         { c.ahead.Add(int64(d)) }

// output keeps what a manager logs.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// world is one test's namespace, network, ledger and manager.
type world struct {
	t         *testing.T
	ctx       context.Context
	k8s       client.Client
	namespace string
	clock     *travel
	network   *network
	ledger    string
	settle    time.Duration
	output    *output
	// secrets must not be seen in objects, events or logs.
	secrets  []string
	manager  *manager
	managers []*manager
}

// network is the built-in one on a real listener, which can be closed and opened again at the same address.
type network struct {
	t       *testing.T
	local   *local.Server
	address string
	server  *http.Server
}

func newNetwork(t *testing.T, now func() time.Time) *network {
	s, err := local.New(local.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	n := &network{t: t, local: s, address: "127.0.0.1:0"}
	n.up()
	t.Cleanup(func() { n.down(); _ = s.Close() })
	return n
}

func (n *network) up() {
	n.t.Helper()
	var listener net.Listener
	err := wait.PollUntilContextTimeout(context.Background(), 10*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		var err error
		listener, err = net.Listen("tcp", n.address)
		return err == nil, nil
	})
	if err != nil {
		n.t.Fatalf("listen at %s: %v", n.address, err)
	}
	n.address = listener.Addr().String()
	n.server = &http.Server{Handler: n.local, ReadHeaderTimeout: time.Minute}
	server := n.server
	go func() { _ = server.Serve(listener) }()
}

func (n *network) down() { _ = n.server.Close() }

func (n *network) url() string { return "http://" + n.address }

// start makes a world and starts its manager.
func start(t *testing.T) *world {
	t.Helper()
	w := prepare(t)
	w.manager = w.run()
	return w
}

// prepare makes a world without a manager. When the test ends, all its objects are held to the rules that hold everywhere.
func prepare(t *testing.T) *world {
	t.Helper()
	controlplanetest.Binaries(t)
	k8s, err := installed()
	if err != nil {
		t.Fatal(err)
	}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "team-"}}
	if err := k8s.Create(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	c := &travel{}
	w := &world{t: t, ctx: context.Background(), k8s: k8s, namespace: ns.Name, clock: c, network: newNetwork(t, c.Now),
		ledger: filepath.Join(t.TempDir(), "ledger.db"), settle: 6 * time.Second, output: &output{}}
	t.Cleanup(w.end)
	return w
}

// end checks what holds everywhere and stops the manager.
func (w *world) end() {
	defer func() {
		if !w.t.Failed() {
			return
		}
		if ledger, err := store.Open(w.ctx, store.Options{Path: w.ledger}); err == nil {
			if actions, err := ledger.Actions(w.ctx, store.ActionFilter{Namespace: w.namespace}); err == nil && len(actions) > 0 {
				w.t.Logf("actions: %s", asJSON(actions))
			}
			_ = ledger.Close()
		}
		w.t.Logf("Posts:\n%s\nlog:\n%s", w.kubectl("get", "posts,social", "-o", "wide"), last(w.output.String(), 6000))
	}()
	defer w.checkSecrets()
	defer func() {
		for _, m := range w.managers {
			m.stop()
		}
	}()
	if w.manager != nil {
		w.checkStatuses()
	}
}

func last(s string, n int) string { return s[max(0, len(s)-n):] }

// manager is one process's worth of controllers.
type manager struct {
	t      *testing.T
	cancel context.CancelFunc
	done   chan error
	once   sync.Once
	ledger *store.Database
}

type managerOption func(*controllers.ManagerOptions, *controllers.Options, *rest.Config)

// run starts a manager of this namespace.
func (w *world) run(options ...managerOption) *manager {
	w.t.Helper()
	cfg := shared.RESTConfig()
	logger := slog.New(slog.NewJSONHandler(w.output, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ledger, err := store.Open(w.ctx, store.Options{Path: w.ledger})
	if err != nil {
		w.t.Fatal(err)
	}
	mo := controllers.ManagerOptions{Namespaces: []string{w.namespace}, MetricsAddress: "0", HealthAddress: "0", Logger: logr.FromSlogHandler(logger.Handler())}
	http := httpx.New(httpx.Options{Destinations: httpx.Destinations{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}})
	o := controllers.Options{HTTP: http, Media: http, LocalURL: w.network.url(), Ledger: ledger, Settle: w.settle,
		Owner: "test/" + w.t.Name(), Clock: w.clock, Skew: func() time.Duration { return 0 }, Registry: prometheus.NewRegistry(), Log: logger}
	for _, change := range options {
		change(&mo, &o, cfg)
	}
	mgr, err := controllers.NewManager(cfg, mo)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := controllers.Setup(mgr, o); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.ctx)
	m := &manager{t: w.t, cancel: cancel, done: make(chan error, 1), ledger: ledger}
	go func() { m.done <- mgr.Start(ctx) }()
	w.managers = append(w.managers, m) // stopped by end, after its checks
	return m
}

// stop ends a manager as SIGTERM does, and waits for it.
func (m *manager) stop() {
	m.once.Do(func() {
		m.cancel()
		select {
		case err := <-m.done:
			if err != nil && !strings.Contains(err.Error(), "leader election lost") {
				m.t.Errorf("manager: %v", err)
			}
		case <-time.After(time.Minute):
			m.t.Error("the manager did not end within a minute")
		}
		_ = m.ledger.Close()
	})
}

// apply does what Flux and Argo CD do with manifests; it says why they were refused.
func (w *world) apply(manifests string) error {
	for _, text := range strings.Split(manifests, "\n---") {
		if strings.TrimSpace(text) == "" {
			continue
		}
		u := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), u); err != nil {
			w.t.Fatalf("%v in\n%s", err, text)
		}
		if u.GetAPIVersion() == "" {
			u.SetAPIVersion("tribune.dev/v1alpha1")
		}
		u.SetNamespace(w.namespace)
		//nolint:staticcheck // the objects are manifests, which have no apply configurations
		if err := w.k8s.Patch(w.ctx, u, client.Apply, client.FieldOwner("git"), client.ForceOwnership); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) mustApply(manifests string) {
	w.t.Helper()
	if err := w.apply(manifests); err != nil {
		w.t.Fatal(err)
	}
}

// eventually waits until check has nothing to say.
func (w *world) eventually(what string, check func() string) {
	w.t.Helper()
	said := ""
	err := wait.PollUntilContextTimeout(w.ctx, 25*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		said = check()
		return said == "", nil
	})
	if err != nil {
		w.t.Fatalf("waited in vain: %s: %s", what, said)
	}
}

func (w *world) key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: w.namespace, Name: name}
}

func (w *world) post(name string) *tribunev1alpha1.Post {
	w.t.Helper()
	p := &tribunev1alpha1.Post{}
	if err := w.k8s.Get(w.ctx, w.key(name), p); err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) posts() []tribunev1alpha1.Post {
	w.t.Helper()
	list := &tribunev1alpha1.PostList{}
	if err := w.k8s.List(w.ctx, list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	return list.Items
}

// of is the Post of a calendar's entry, or nil.
func (w *world) of(entry string) *tribunev1alpha1.Post {
	for _, p := range w.posts() {
		if p.Labels[tribunev1alpha1.LabelEntry] == entry {
			return &p
		}
	}
	return nil
}

// reaches waits until a Post is in a state for a reason; an empty reason is any.
func (w *world) reaches(name string, state tribunev1alpha1.PostState, reason string) *tribunev1alpha1.Post {
	w.t.Helper()
	p := &tribunev1alpha1.Post{}
	w.eventually(fmt.Sprintf("Post %s %s %s", name, state, reason), func() string {
		if err := w.k8s.Get(w.ctx, w.key(name), p); err != nil {
			return err.Error()
		}
		c := condition(p.Status.Conditions, "Ready")
		if p.Status.State != state || reason != "" && c.Reason != reason || p.Status.ObservedGeneration != p.Generation {
			return fmt.Sprintf("it is %s: %s %s", p.Status.State, c.Reason, c.Message)
		}
		return ""
	})
	return p
}

// entryReaches waits for the Post of an entry.
func (w *world) entryReaches(entry string, state tribunev1alpha1.PostState) *tribunev1alpha1.Post {
	w.t.Helper()
	w.eventually("a Post of entry "+entry, func() string {
		if w.of(entry) == nil {
			return "there is none"
		}
		return ""
	})
	return w.reaches(w.of(entry).Name, state, "")
}

func condition(list []metav1.Condition, kind string) metav1.Condition {
	if c := meta.FindStatusCondition(list, kind); c != nil {
		return *c
	}
	return metav1.Condition{}
}

func (w *world) channel(name string) *tribunev1alpha1.SocialChannel {
	w.t.Helper()
	c := &tribunev1alpha1.SocialChannel{}
	if err := w.k8s.Get(w.ctx, w.key(name), c); err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) calendar(name string) *tribunev1alpha1.ContentCalendar {
	w.t.Helper()
	c := &tribunev1alpha1.ContentCalendar{}
	if err := w.k8s.Get(w.ctx, w.key(name), c); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// is waits until a channel or calendar says a condition with a status and reason, about what it is now.
func (w *world) is(kind, name, conditionType, status, reason string) metav1.Condition {
	w.t.Helper()
	var c metav1.Condition
	w.eventually(fmt.Sprintf("%s %s %s=%s %s", kind, name, conditionType, status, reason), func() string {
		var list []metav1.Condition
		var generation, observed int64
		if kind == "channel" {
			ch := w.channel(name)
			list, generation, observed = ch.Status.Conditions, ch.Generation, ch.Status.ObservedGeneration
		} else {
			cal := w.calendar(name)
			list, generation, observed = cal.Status.Conditions, cal.Generation, cal.Status.ObservedGeneration
		}
		c = condition(list, conditionType)
		if string(c.Status) != status || reason != "" && c.Reason != reason || generation != observed {
			return fmt.Sprintf("it is %s %s: %s", c.Status, c.Reason, c.Message)
		}
		return ""
	})
	return c
}

// poke asks for a reconcile of an object.
func (w *world) poke(o client.Object) {
	w.t.Helper()
	o.SetNamespace(w.namespace)
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, tribunev1alpha1.AnnotationReconcileRequest, time.Now().Format(time.RFC3339Nano))
	if err := w.k8s.Patch(w.ctx, o, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) pokePost(name string) {
	w.t.Helper()
	w.poke(&tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Name: name}})
}

// patch merges a change into an object, such as kubectl patch does.
func (w *world) patch(o client.Object, name, patch string) {
	w.t.Helper()
	o.SetName(name)
	o.SetNamespace(w.namespace)
	if err := w.k8s.Patch(w.ctx, o, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) patchPost(name, patch string) {
	w.t.Helper()
	w.patch(&tribunev1alpha1.Post{}, name, patch)
}

func (w *world) delete(o client.Object, name string) {
	w.t.Helper()
	o.SetName(name)
	o.SetNamespace(w.namespace)
	if err := w.k8s.Delete(w.ctx, o); err != nil {
		w.t.Fatal(err)
	}
}

// published are the posts of a channel on the network, oldest first.
func (w *world) published(channel string) []wire.Post {
	w.t.Helper()
	var posts wire.Posts
	w.get("/api/v1/"+w.namespace+"/"+channel+"/posts?order=asc&limit=1000", &posts)
	return posts.Posts
}

func (w *world) get(path string, into any) {
	w.t.Helper()
	resp, err := http.Get(w.network.url() + path) //nolint:gosec // a test's own server
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		w.t.Fatal(err)
	}
}

// texts of what is on a channel.
func (w *world) texts(channel string) []string {
	w.t.Helper()
	var texts []string
	for _, p := range w.published(channel) {
		texts = append(texts, p.Text)
	}
	return texts
}

// calls that wrote posts to a channel.
func (w *world) calls(channel string) int {
	w.t.Helper()
	var log wire.Log
	w.get("/api/v1/log?limit=1000&account="+w.namespace+"/"+channel, &log)
	n := 0
	for _, c := range log.Calls {
		if c.Method == http.MethodPost && strings.HasSuffix(c.Path, "/posts") {
			n++
		}
	}
	return n
}

// events of the namespace with a reason, as "kind/name: note".
func (w *world) events(reason string) []string {
	w.t.Helper()
	list := &eventsv1.EventList{}
	if err := w.k8s.List(w.ctx, list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	var notes []string
	for _, e := range list.Items {
		if e.Reason == reason {
			notes = append(notes, e.Regarding.Kind+"/"+e.Regarding.Name+": "+e.Note)
		}
	}
	return notes
}

func (w *world) hasEvent(reason, text string) {
	w.t.Helper()
	w.eventually("event "+reason+" "+text, func() string {
		for _, note := range w.events(reason) {
			if strings.Contains(note, text) {
				return ""
			}
		}
		return fmt.Sprintf("there are %q", w.events(reason))
	})
}

// kubectl runs the real one in the namespace.
func (w *world) kubectl(args ...string) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, shared.KubectlPath(), append([]string{"--kubeconfig", w.kubeconfig(), "-n", w.namespace}, args...)...).CombinedOutput() //nolint:gosec // a test's own words
	if err != nil {
		w.t.Errorf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (w *world) kubeconfig() string {
	w.t.Helper()
	path := filepath.Join(filepath.Dir(w.ledger), "kubeconfig")
	if err := shared.WriteKubeconfig(path); err != nil {
		w.t.Fatal(err)
	}
	return path
}
