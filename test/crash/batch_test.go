package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// settle is what the managers are told: how long the network may take to store what it was sent.
const settle = 2 * time.Second

// batch is one plan on its way: a namespace, its channels and Posts, a ledger, and the managers that are killed.
type batch struct {
	*cluster
	t         *testing.T
	mode      *mode
	square    *square
	namespace string
	ledger    string
	// dsnFile names the ledger's database, where it is no file.
	dsnFile string
	// flags of the managers that say where the network is.
	flags    []string
	channels int
	plan     map[string]*planned
	observer *observer
	snapshot string
	// before is the spec's texts as the snapshot has them.
	before map[string]string
	kills  []killed
	alive  []*manager
	edits  int
}

// manager is a manager's process, by the name that its attempts bear.
type manager struct {
	*process
	owner string
}

func (b *batch) startManager() *manager {
	b.t.Helper()
	binary := buildSound
	var env []string
	if b.mode.broken != "" {
		binary, env = buildBreakable, []string{"TRIBUNE_BREAK=" + b.mode.broken}
	}
	path, err := binary()
	if err != nil {
		b.t.Fatal(err)
	}
	args := []string{"manager", "--kubeconfig", b.kubeconfig, "--namespaces", b.namespace,
		"--metrics-address", "0", "--health-address", "0", "--settle", settle.String()}
	if b.dsnFile == "" {
		args = append(args, "--ledger", b.ledger)
	} else {
		args = append(args, "--ledger-dsn-file", b.dsnFile)
	}
	m := &manager{process: start(b.t, "tribune manager", env, path, append(args, b.flags...)...)}
	m.owner, err = m.says(b.t.Context(), func(line []byte) (string, bool) {
		var said struct{ Owner string }
		return said.Owner, bytes.Contains(line, []byte(`"owner"`)) && json.Unmarshal(line, &said) == nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

// crew brings the managers to their number.
func (b *batch) crew() {
	b.t.Helper()
	for len(b.alive) < max(b.mode.managers, 1) {
		b.alive = append(b.alive, b.startManager())
	}
}

// newBatch makes a namespace with channels on the built-in network, and Posts that fall due soon, and starts the managers.
func newBatch(t *testing.T, c *cluster, s *square, m *mode, namespace string) *batch {
	t.Helper()
	b := &batch{cluster: c, t: t, mode: m, square: s, namespace: namespace, flags: []string{"--local-url", s.url}}
	b.makeNamespace()
	for i := range m.channels {
		b.create(&tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: channelName(i)},
			Spec: tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkLocal}})
	}
	spread := time.Duration(0)
	if rand.N(2) == 1 {
		spread = 3 * time.Second
	}
	b.begin(spread)
	return b
}

func (b *batch) create(o client.Object) {
	b.t.Helper()
	if err := b.admin.Create(b.t.Context(), o); err != nil && !apierrors.IsAlreadyExists(err) {
		b.t.Fatalf("create %T %s: %v", o, o.GetName(), err)
	}
}

func (b *batch) makeNamespace() {
	b.t.Helper()
	b.channels, b.ledger = b.mode.channels, filepath.Join(b.t.TempDir(), "ledger.db")
	b.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: b.namespace}})
}

// begin starts the managers, and when the channels are ready makes the Posts.
func (b *batch) begin(spread time.Duration) {
	b.t.Helper()
	b.crew()
	b.waitChannels()
	due := time.Now().Add(time.Duration(b.mode.posts)*10*time.Millisecond + 2*time.Second).Truncate(time.Second)
	b.plan = newPlan(b.mode, due, spread)
	b.apply()
	watching, stop := context.WithCancel(b.t.Context())
	b.t.Cleanup(stop)
	b.observer = observe(watching, b.admin, b.namespace)
}

func (b *batch) waitChannels() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	list := &tribunev1alpha1.SocialChannelList{}
	err := wait.PollUntilContextCancel(ctx, 20*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		if err := b.admin.List(ctx, list, client.InNamespace(b.namespace)); err != nil {
			return false, err
		}
		for i := range list.Items {
			st, others := list.Items[i].Status, !strings.HasPrefix(list.Items[i].Name, "square-") // who is told is of another class
			if !meta.IsStatusConditionTrue(st.Conditions, tribunev1alpha1.ConditionReady) || st.Once != b.mode.once && !others {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		b.t.Fatalf("the channels were not ready as %s: %v: %+v", b.mode.once, err, list.Items)
	}
}

// apply makes the Posts that do not exist, as `kubectl apply` would.
func (b *batch) apply() {
	b.t.Helper()
	for _, p := range b.plan {
		b.create(p.object(b.namespace))
	}
}

// accepted waits until every Post that is not due yet has been looked at, as far as there is time.
func (b *batch) accepted() {
	ctx, cancel := context.WithTimeout(b.t.Context(), 10*time.Second)
	defer cancel()
	b.observer.wait(ctx, func(posts map[string]*tribunev1alpha1.Post) bool {
		for _, p := range posts {
			if p.Status.State == "" {
				return false
			}
		}
		return len(posts) == len(b.plan)
	})
}

func settled(posts map[string]*tribunev1alpha1.Post) bool { return settledOf(posts) == len(posts) }

// settledOf counts those that came to an end.
func settledOf(posts map[string]*tribunev1alpha1.Post) (n int) {
	for _, p := range posts {
		switch p.Status.State {
		case tribunev1alpha1.PostPublished, tribunev1alpha1.PostFailed, tribunev1alpha1.PostMissed, tribunev1alpha1.PostUnknown:
			if p.Status.ObservedGeneration == p.Generation {
				n++
			}
		}
	}
	return n
}

// working waits until a process has begun something, or all is settled (false).
func (b *batch) working(m *manager) bool {
	ctx, cancel := context.WithTimeout(b.t.Context(), 2*settle)
	defer cancel()
	done := false
	b.observer.wait(ctx, func(posts map[string]*tribunev1alpha1.Post) bool {
		if done = len(posts) == len(b.plan) && settled(posts); done {
			return true
		}
		for _, p := range posts {
			for _, s := range p.Status.Segments {
				if s.Owner == m.owner {
					return true
				}
			}
		}
		return false
	})
	return !done
}

// kill ends one manager or all, at a random moment after it began to work. It is false if there was nothing left to do.
func (b *batch) kill(all bool) bool {
	b.t.Helper()
	victim := rand.N(len(b.alive))
	if !b.working(b.alive[victim]) {
		return false
	}
	pause(b.t.Context(), rand.N(b.mode.longest))
	b.shoot(victim, all)
	return true
}

// shoot ends one manager or all at this moment, and remembers what they were at.
func (b *batch) shoot(victim int, all bool) {
	b.t.Helper()
	owners := map[string]bool{}
	var at time.Time
	var left []*manager
	for i, m := range b.alive {
		if i != victim && !all {
			left = append(left, m)
			continue
		}
		owners[m.owner] = true
		at = m.kill()
	}
	b.alive = left
	list := &tribunev1alpha1.PostList{}
	if err := b.admin.List(b.t.Context(), list, client.InNamespace(b.namespace)); err != nil {
		b.t.Fatal(err)
	}
	b.kills = append(b.kills, remember(b.namespace, b.plan, list.Items, owners, at))
}

// restart brings the managers back to their number.
func (b *batch) restart() {
	b.t.Helper()
	b.kills[len(b.kills)-1].restarted = time.Now()
	b.crew()
}

// finish waits until everything is settled, ends the managers and judges.
func (b *batch) finish() (verdict, histogram) {
	b.t.Helper()
	b.end()
	v, err := b.judge(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	calls, err := b.square.publishes(b.t.Context(), b.namespace)
	if err != nil {
		b.t.Fatal(err)
	}
	var h histogram
	for _, k := range b.kills {
		h.add(k.classify(calls, b.mode.slow/2))
	}
	return v, h
}

// end waits until everything is settled, and ends the managers.
func (b *batch) end() {
	b.t.Helper()
	// What was broken may never settle, and is judged as it is.
	patience := 2 * time.Minute
	if b.mode.broken != "" {
		patience = 15 * time.Second
	}
	b.crew()
	all := b.wentOut(patience)
	for _, m := range b.alive {
		m.terminate(b.t, time.Minute)
	}
	b.alive = nil
	if !all && b.mode.broken == "" {
		b.t.Errorf("%s: not all Posts came to an end", b.namespace)
	}
}

// wentOut waits until all Posts came to an end; false if for a while none does.
func (b *batch) wentOut(patience time.Duration) (all bool) {
	for before, more := -1, true; more && !all; {
		ctx, cancel := context.WithTimeout(b.t.Context(), patience)
		more = b.observer.wait(ctx, func(posts map[string]*tribunev1alpha1.Post) bool {
			now := settledOf(posts)
			all = len(posts) == len(b.plan) && now == len(posts)
			if all || now > before {
				before = now
				return true
			}
			return false
		})
		cancel()
	}
	return all
}

// remove takes the batch's objects away, so that they cost nothing later.
func (b *batch) remove() {
	for _, o := range []client.Object{&tribunev1alpha1.Post{}, &tribunev1alpha1.SocialChannel{}} {
		if err := b.admin.DeleteAllOf(b.t.Context(), o, client.InNamespace(b.namespace)); err != nil {
			b.t.Error(err)
		}
	}
}

func listFrom(resourceVersion string) *metav1.ListOptions {
	return &metav1.ListOptions{ResourceVersion: resourceVersion}
}
