package install

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/local"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/store"
)

// Objects of a world.
const (
	localChannel = "square"
	// newAccount has no session yet, oldAccount one of other credentials.
	newAccount, oldAccount = "new-account", "old-account"
	calendarName           = "team"
	pictureName            = "pictures"
	// crisisName is there when the manager starts, missingCrisis only in its ledger. Both are about no channel that there is.
	crisisName, missingCrisis = "pause", "missing"
)

// world is a team's namespace with all that asks something of the manager, made before the manager starts.
type world struct {
	*cluster
	namespace string
	// changed and withdrawn are Posts of the calendar as an earlier version of it made them: with another text, and of an
	// entry that is gone.
	changed, withdrawn string
	metricsAddress     string
	flags              []string
	output             *output
}

// networks that the managers of all worlds speak to.
type networks struct {
	local, pds   *httptest.Server
	metricsToken string
}

func startNetworks(t *testing.T, c *cluster) *networks {
	t.Helper()
	server, err := local.New(local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := &networks{local: httptest.NewServer(server), pds: httptest.NewServer(&pds{})}
	t.Cleanup(func() {
		n.local.Close()
		n.pds.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	n.metricsToken = c.scraper(t, "scraper", true)
	return n
}

// scraper is a service account's token, that may read metrics or not.
func (c *cluster) scraper(t *testing.T, name string, may bool) string {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: name}}
	if err := c.admin.Create(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if may {
		err := c.admin.Create(t.Context(), &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "tribune-metrics-reader"},
			Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: system, Name: name}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	token, err := kubernetes.NewForConfigOrDie(c.RESTConfig()).CoreV1().ServiceAccounts(system).
		CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return token.Status.Token
}

// pds is as much of a Bluesky server as it takes to sign in. That Tribune publishes there is tested elsewhere.
type pds struct {
	mu     sync.Mutex
	serial int
}

// ServeHTTP implements http.Handler.
func (p *pds) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var answer any
	switch strings.TrimPrefix(r.URL.Path, "/xrpc/") {
	case "com.atproto.server.createSession":
		p.serial++
		answer = map[string]string{"did": "did:plc:acme", "handle": "acme.test",
			"accessJwt": fmt.Sprintf("access-%d", p.serial), "refreshJwt": fmt.Sprintf("refresh-%d", p.serial)}
	case "com.atproto.server.getSession":
		answer = map[string]any{"did": "did:plc:acme", "handle": "acme.test", "active": true}
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotImplemented)
		answer = map[string]string{"error": "MethodNotImplemented", "message": "not here"}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// newWorld makes the objects, all of which the manager finds when it starts.
func newWorld(t *testing.T, c *cluster, n *networks, namespace string) *world {
	t.Helper()
	w := &world{cluster: c, namespace: namespace}
	c.kubectl(t, "create", "namespace", namespace)
	c.kubectl(t, "apply", "--server-side", "-n", namespace, "-k", "config/tenant")
	t.Cleanup(func() { w.remove(t) })

	in := func(name string, labels map[string]string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels}
	}
	square := &tribunev1alpha1.SocialChannel{ObjectMeta: in(localChannel, nil), Spec: tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkLocal}}
	create := []client.Object{
		square,
		&corev1.ConfigMap{ObjectMeta: in(pictureName, nil), BinaryData: map[string][]byte{"dot.gif": []byte(
			"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;")}},
		&tribunev1alpha1.Post{ObjectMeta: in("plain", nil), Spec: tribunev1alpha1.PostSpec{
			ChannelRef: tribunev1alpha1.LocalReference{Name: localChannel}, PublishAt: &metav1.Time{Time: time.Now()},
			Content: tribunev1alpha1.Content{Text: "Hello, square"}}},
		&tribunev1alpha1.Post{ObjectMeta: in("picture", nil), Spec: tribunev1alpha1.PostSpec{
			ChannelRef: tribunev1alpha1.LocalReference{Name: localChannel}, PublishAt: &metav1.Time{Time: time.Now()},
			Content: tribunev1alpha1.Content{Text: "A dot", Media: []tribunev1alpha1.Media{{AltText: "a dot",
				ConfigMapKeyRef: &tribunev1alpha1.ConfigMapKeyReference{Name: pictureName, Key: "dot.gif"}}}}}},
		&corev1.Secret{ObjectMeta: in(oldAccount+"-session", map[string]string{tribunev1alpha1.LabelChannel: oldAccount, tribunev1alpha1.LabelManagedBy: "tribune"}),
			Data: map[string][]byte{"session": []byte("{}"), "source": []byte("other credentials")}},
	}
	for _, account := range []string{newAccount, oldAccount} {
		create = append(create,
			&corev1.Secret{ObjectMeta: in(account, map[string]string{tribunev1alpha1.LabelChannel: account}),
				Data: map[string][]byte{"identifier": []byte("acme.test"), "appPassword": []byte("aaaa-bbbb-cccc-dddd")}},
			&tribunev1alpha1.SocialChannel{ObjectMeta: in(account, nil), Spec: tribunev1alpha1.SocialChannelSpec{
				Network: tribunev1alpha1.NetworkBluesky, Bluesky: &tribunev1alpha1.BlueskySpec{Service: n.pds.URL},
				CredentialsSecretRef: &tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(account)}}})
	}
	create = append(create, &tribunev1alpha1.Crisis{ObjectMeta: in(crisisName, nil), Spec: aboutNothing},
		aPolicy(namespace, policyName), aCase(namespace, openCase), aCase(namespace, oldCase))
	calendar := &tribunev1alpha1.ContentCalendar{ObjectMeta: in(calendarName, nil), Spec: tribunev1alpha1.ContentCalendarSpec{
		ChannelRefs: []tribunev1alpha1.LocalReference{{Name: localChannel}},
		Entries: []tribunev1alpha1.CalendarEntry{
			{Name: "later", At: time.Now().Add(48 * time.Hour).UTC().Format("2006-01-02T15:04"), Content: &tribunev1alpha1.Content{Text: "Later"}},
			{Name: "changed", At: time.Now().Add(49 * time.Hour).UTC().Format("2006-01-02T15:04"), Content: &tribunev1alpha1.Content{Text: "The new text"}},
			{Name: "gone", At: time.Now().Add(50 * time.Hour).UTC().Format("2006-01-02T15:04"), Content: &tribunev1alpha1.Content{Text: "Gone"}},
		},
	}}
	create = append(create, w.earlierPosts(t, calendar)...)
	create = append(create, calendar)
	for _, o := range create {
		if err := c.admin.Create(t.Context(), o); err != nil {
			t.Fatalf("create %T %s: %v", o, o.GetName(), err)
		}
	}
	w.decide(t)
	w.metricsAddress = freeAddress(t)
	w.flags = []string{
		"manager", "--leader-elect", "--leader-election-namespace", system, "--health-address", "0", "--metrics-address", w.metricsAddress,
		"--ledger", w.ledger(t), "--log-format", "text",
		"--local-url", n.local.URL, "--allow-destination", strings.TrimPrefix(n.pds.URL, "http://"),
	}
	return w
}

// aboutNothing is a Crisis that holds nothing here.
var aboutNothing = tribunev1alpha1.CrisisSpec{Scope: &tribunev1alpha1.CrisisScope{ChannelRefs: []tribunev1alpha1.LocalReference{{Name: "elsewhere"}}}}

// ledger knows a Crisis that the cluster does not.
func (w *world) ledger(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	ledger, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ledger.Close() }()
	spec, err := json.Marshal(aboutNothing)
	if err != nil {
		t.Fatal(err)
	}
	err = ledger.SaveCrisis(t.Context(), store.Crisis{Namespace: w.namespace, Name: missingCrisis, UID: "of-another-cluster", Spec: string(spec),
		Holds: `[{"channels":["elsewhere"]}]`, OpenedAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.community(t.Context(), ledger); err != nil {
		t.Fatal(err)
	}
	return path
}

// earlierPosts are those that the calendar made when its entry "changed" had another text and its entry "gone" was there.
func (w *world) earlierPosts(t *testing.T, calendar *tribunev1alpha1.ContentCalendar) []client.Object {
	t.Helper()
	result := plan.Calendar(plan.Input{Calendar: calendar, Now: time.Now(), FirstSeen: time.Now(),
		Channels: []plan.Channel{{Name: localChannel, Network: tribunev1alpha1.NetworkLocal}}})
	var posts []client.Object
	for _, p := range result.Posts {
		post := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: p.Name, Labels: p.Labels,
			Annotations: map[string]string{tribunev1alpha1.AnnotationOccurrence: p.Occurrence}}, Spec: p.Spec}
		switch p.Entry {
		case "changed":
			w.changed = p.Name
			post.Spec.Content.Text = "The old text"
		case "gone":
			w.withdrawn = p.Name
		default:
			continue
		}
		posts = append(posts, post)
	}
	calendar.Spec.Entries = calendar.Spec.Entries[:2]
	if w.changed == "" || w.withdrawn == "" {
		t.Fatalf("the plan lacks Posts: %+v", result)
	}
	return posts
}

// remove takes away what another world's manager would work on.
func (w *world) remove(t *testing.T) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	crises := &tribunev1alpha1.CrisisList{}
	if err := w.admin.List(ctx, crises, client.InNamespace(w.namespace)); err != nil {
		t.Error(err)
	}
	for i := range crises.Items { // a deletion alone does not take them away
		if err := w.admin.Patch(ctx, &crises.Items[i], client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))); err != nil {
			t.Error(err)
		}
	}
	for _, o := range []client.Object{&tribunev1alpha1.ContentCalendar{}, &tribunev1alpha1.SocialChannel{}, &tribunev1alpha1.Post{}, &tribunev1alpha1.Crisis{}} {
		if err := w.admin.DeleteAllOf(ctx, o, client.InNamespace(w.namespace)); err != nil {
			t.Error(err)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// lease prepares what the manager finds: no lease, or one that its last holder gave back.
func (w *world) lease(t *testing.T, released bool) {
	t.Helper()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: controllers.LeaderElectionID}}
	if err := client.IgnoreNotFound(w.admin.Delete(t.Context(), lease)); err != nil {
		t.Fatal(err)
	}
	if released {
		holder, seconds := "", int32(1)
		lease.Spec = coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &seconds}
		if err := w.admin.Create(t.Context(), lease); err != nil {
			t.Fatal(err)
		}
	}
	events := &corev1.Event{}
	if err := w.admin.DeleteAllOf(t.Context(), events, client.InNamespace(system)); err != nil {
		t.Fatal(err)
	}
}

// start runs the manager as a process of its own until the test ends.
func (w *world) start(t *testing.T, kubeconfig string, environment ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w.output = &output{}
	cmd := exec.Command(self, append(w.flags, "--kubeconfig", kubeconfig)...)
	cmd.Env = append(append(os.Environ(), asTribune+"=1"), environment...)
	cmd.Stdout, cmd.Stderr = w.output, w.output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the manager said:\n%s", w.output.String())
		}
	})
}

type output struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// function is something the manager does for people; done tells whether it was.
type function struct {
	name string
	done func(context.Context, *world) bool
	// first, if set, is done before done is asked; without the right only when the manager was refused it so often that it
	// tries again in seconds only: what it does not see by a watch, it sees by its next list.
	first func(context.Context, *world) error
}

// refusalsFirst is how many entries of the audit log go before first: four a try, and after the third try the manager waits at
// least 3.2 seconds (client-go doubles 800 ms).
const refusalsFirst = 12

// The functions of a manager, as people see them.
var (
	leads = function{name: "the manager leads", done: func(ctx context.Context, w *world) bool {
		lease := &coordinationv1.Lease{}
		err := w.admin.Get(ctx, types.NamespacedName{Namespace: system, Name: controllers.LeaderElectionID}, lease)
		return err == nil && lease.Spec.HolderIdentity != nil && *lease.Spec.HolderIdentity != ""
	}}
	saysWhoLeads = function{name: "an event says who leads", done: func(ctx context.Context, w *world) bool {
		list := &corev1.EventList{}
		err := w.admin.List(ctx, list, client.InNamespace(system))
		for i := range list.Items {
			if list.Items[i].InvolvedObject.Name == controllers.LeaderElectionID {
				return true
			}
		}
		return err != nil
	}}
	signsIn          = function{name: "a channel becomes Ready", done: readyChannel(localChannel)}
	readsCredentials = function{name: "a channel with a Secret becomes Ready", done: readyChannel(newAccount)}
	plansPosts       = function{name: "a calendar makes its Posts", done: func(ctx context.Context, w *world) bool { return w.post(ctx, w.later()) != nil }}
	changesPosts     = function{name: "a calendar changes a waiting Post", done: func(ctx context.Context, w *world) bool {
		p := w.post(ctx, w.changed)
		return p != nil && p.Spec.Content.Text == "The new text"
	}}
	withdrawsPosts = function{name: "a calendar withdraws the Post of an entry that is gone", done: func(ctx context.Context, w *world) bool {
		return w.post(ctx, w.withdrawn) == nil
	}}
	countsPosts       = function{name: "a calendar's status says that it is Ready", done: readyCalendar(calendarName)}
	publishes         = function{name: "a Post is published", done: published("plain")}
	publishesPictures = function{name: "a Post with a picture of a ConfigMap is published", done: published("picture")}
	tells             = function{name: "an event says that a Post was published", done: func(ctx context.Context, w *world) bool {
		return w.hasEvent(ctx, func(e *eventsv1.Event) bool {
			return e.Regarding.Name == "plain" && e.Reason == tribunev1alpha1.ReasonPublished
		})
	}}
	// Who deletes the calendar's Post again and again makes it say the same thing twice.
	tellsAgain = function{name: "an event that comes again is counted", done: func(ctx context.Context, w *world) bool {
		if countsPosts.done(ctx, w) {
			_ = w.admin.Delete(ctx, &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: w.later()}})
		}
		return w.hasEvent(ctx, func(e *eventsv1.Event) bool { return e.Regarding.Name == calendarName && e.Series != nil })
	}}
	resolvesCrises = function{name: "a Crisis says what it holds", done: resolved(crisisName)}
	keepsCrises    = function{name: "a Crisis is kept from being deleted while it holds", done: func(ctx context.Context, w *world) bool {
		c := &tribunev1alpha1.Crisis{}
		err := w.admin.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: crisisName}, c)
		return err == nil && len(c.Finalizers) > 0
	}}
	restoresCrises = function{name: "a Crisis that only the ledger knows is made again", done: func(ctx context.Context, w *world) bool {
		return w.admin.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: missingCrisis}, &tribunev1alpha1.Crisis{}) == nil
	}}
	noticesCrises = function{name: "a Crisis that is made now says at once what it holds", done: resolved("noticed"), first: func(ctx context.Context, w *world) error {
		return w.admin.Create(ctx, &tribunev1alpha1.Crisis{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "noticed"}, Spec: aboutNothing})
	}}
	noticesPosts = function{name: "a Post that is made now is published at once", done: published("noticed"), first: func(ctx context.Context, w *world) error {
		return w.admin.Create(ctx, &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "noticed"},
			Spec: tribunev1alpha1.PostSpec{ChannelRef: tribunev1alpha1.LocalReference{Name: localChannel}, PublishAt: &metav1.Time{Time: time.Now()},
				Content: tribunev1alpha1.Content{Text: "Just now"}}})
	}}
	noticesChannels = function{name: "a channel that is made now becomes Ready at once", done: readyChannel("noticed"), first: func(ctx context.Context, w *world) error {
		return w.admin.Create(ctx, &tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "noticed"},
			Spec: tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkLocal}})
	}}
	noticesCalendars = function{name: "a calendar that is made now becomes Ready at once", done: readyCalendar("noticed"), first: func(ctx context.Context, w *world) error {
		return w.admin.Create(ctx, &tribunev1alpha1.ContentCalendar{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "noticed"},
			Spec: tribunev1alpha1.ContentCalendarSpec{ChannelRefs: []tribunev1alpha1.LocalReference{{Name: localChannel}},
				Entries: []tribunev1alpha1.CalendarEntry{{Name: "daily", Cron: "0 9 * * *", Content: &tribunev1alpha1.Content{Text: "Good morning"}}}}})
	}}
	noticesArticles = function{name: "an article that is put into a ConfigMap now becomes a Post", done: func(ctx context.Context, w *world) bool {
		return w.post(ctx, plan.Name("articles", "story", "once", localChannel)) != nil
	}, first: func(ctx context.Context, w *world) error {
		at := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04")
		file := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "articles"},
			Data: map[string]string{"story.md": "---\nat: " + at + "\n---\nThe whole story"}}
		if err := w.admin.Create(ctx, file); err != nil {
			return err
		}
		return w.admin.Create(ctx, &tribunev1alpha1.ContentCalendar{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "articles"},
			Spec: tribunev1alpha1.ContentCalendarSpec{ChannelRefs: []tribunev1alpha1.LocalReference{{Name: localChannel}},
				EntriesFrom: []tribunev1alpha1.EntrySource{{ConfigMapRef: &tribunev1alpha1.ConfigMapReference{Name: "articles"}}}}})
	}}
	bringsIntoForce = function{name: "a policy is in force", done: policyInForce(policyName)}
	noticesPolicies = function{name: "a policy that is made now is in force at once", done: policyInForce("noticed"), first: func(ctx context.Context, w *world) error {
		return w.admin.Create(ctx, aPolicy(w.namespace, "noticed"))
	}}
	opensCases = function{name: "what waits for people is put before them", done: func(ctx context.Context, w *world) bool {
		return w.admin.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: waitingCase}, &tribunev1alpha1.CommunityCase{}) == nil
	}}
	followsCases = function{name: "a case says that it is open", done: caseState(openCase, tribunev1alpha1.CaseOpen)}
	noticesCases = function{name: "a case that is made now says at once how it is", done: caseState("noticed", tribunev1alpha1.CaseFailed), first: func(ctx context.Context, w *world) error {
		return w.admin.Create(ctx, aCase(w.namespace, "noticed")) // by hand: the ledger does not know it
	}}
	letsCasesGo = function{name: "a case that is over for a week goes", done: func(ctx context.Context, w *world) bool {
		return apierrors.IsNotFound(w.admin.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: oldCase}, &tribunev1alpha1.CommunityCase{}))
	}}
	keepsSessions = function{name: "a new session is kept in a Secret", done: func(ctx context.Context, w *world) bool {
		return w.admin.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: newAccount + "-session"}, &corev1.Secret{}) == nil
	}}
	renewsSessions = function{name: "a session of other credentials is replaced in its Secret", done: func(ctx context.Context, w *world) bool {
		secret := &corev1.Secret{}
		err := w.admin.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: oldAccount + "-session"}, secret)
		return err == nil && string(secret.Data["source"]) != "other credentials"
	}}
)

// servesMetrics to who may read them.
func servesMetrics(token string) function {
	return function{name: "metrics are served to who may read them", done: func(ctx context.Context, w *world) bool {
		status, body := w.metrics(ctx, token)
		return status == http.StatusOK && strings.Contains(body, "tribune_")
	}}
}

func (w *world) metrics(ctx context.Context, token string) (status int, body string) {
	// The manager signs its certificate itself.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // a test on loopback
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+w.metricsAddress+"/metrics", http.NoBody)
	if err != nil {
		return 0, err.Error()
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(text)
}

func readyChannel(name string) func(context.Context, *world) bool {
	return func(ctx context.Context, w *world) bool {
		channel := &tribunev1alpha1.SocialChannel{}
		err := w.admin.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: name}, channel)
		return err == nil && meta.IsStatusConditionTrue(channel.Status.Conditions, tribunev1alpha1.ConditionReady)
	}
}

func readyCalendar(name string) func(context.Context, *world) bool {
	return func(ctx context.Context, w *world) bool {
		calendar := &tribunev1alpha1.ContentCalendar{}
		err := w.admin.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: name}, calendar)
		return err == nil && meta.IsStatusConditionTrue(calendar.Status.Conditions, tribunev1alpha1.ConditionReady)
	}
}

func policyInForce(name string) func(context.Context, *world) bool {
	return func(ctx context.Context, w *world) bool {
		p := &tribunev1alpha1.CommunityPolicy{}
		err := w.admin.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: name}, p)
		return err == nil && meta.IsStatusConditionTrue(p.Status.Conditions, tribunev1alpha1.ConditionReady)
	}
}

func caseState(name string, state tribunev1alpha1.CaseState) func(context.Context, *world) bool {
	return func(ctx context.Context, w *world) bool {
		c := &tribunev1alpha1.CommunityCase{}
		err := w.admin.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: name}, c)
		return err == nil && c.Status.State == state
	}
}

// Names of a policy, and of cases as the ledger knows them: without an object, open, and long over.
const (
	policyName  = "house-rules"
	waitingCase = "house-rules-waiting"
	openCase    = "house-rules-open"
	oldCase     = "house-rules-old"
)

func aPolicy(namespace, name string) *tribunev1alpha1.CommunityPolicy {
	return &tribunev1alpha1.CommunityPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: tribunev1alpha1.CommunityPolicySpec{ChannelRefs: []tribunev1alpha1.LocalReference{{Name: localChannel}}}}
}

func aCase(namespace, name string) *tribunev1alpha1.CommunityCase {
	return &tribunev1alpha1.CommunityCase{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: tribunev1alpha1.CommunityCaseSpec{Kind: tribunev1alpha1.CaseModeration, ChannelRef: tribunev1alpha1.LocalReference{Name: localChannel},
			PolicyRef: &tribunev1alpha1.LocalReference{Name: policyName}, Item: tribunev1alpha1.CaseItem{ID: "1"}}}
}

// community has the ledger know what someone said, and the cases about it.
func (w *world) community(ctx context.Context, ledger *store.Database) error {
	account, now := "Local/"+w.namespace+"/"+localChannel, time.Now()
	_, err := ledger.Take(ctx, store.Heard{Ear: store.Ear{Namespace: w.namespace, Channel: localChannel, Account: account}, PolledAt: now},
		[]store.Item{{State: store.ItemRecorded, SeenAt: now, Item: network.Item{ID: "1", Kind: network.ItemComment, Text: "Hm", CreatedAt: now,
			Author: network.Person{ID: "bob", Handle: "bob"}}}})
	if err != nil {
		return err
	}
	week := now.Add(-8 * 24 * time.Hour)
	var cases []store.Case
	for name, state := range map[string]store.CaseState{waitingCase: store.CaseWaiting, openCase: store.CaseOpen, oldCase: store.CaseDone} {
		cases = append(cases, store.Case{Namespace: w.namespace, Name: name, Kind: string(tribunev1alpha1.CaseModeration), Policy: policyName, Account: account,
			Channel: localChannel, Item: "1", State: state, ClosedBy: string(tribunev1alpha1.ClosedByNetwork), CreatedAt: week, DoneAt: week})
	}
	return ledger.AddCases(ctx, cases)
}

func resolved(name string) func(context.Context, *world) bool {
	return func(ctx context.Context, w *world) bool {
		c := &tribunev1alpha1.Crisis{}
		err := w.admin.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: name}, c)
		return err == nil && c.Status.State == tribunev1alpha1.CrisisOpen
	}
}

func published(name string) func(context.Context, *world) bool {
	return func(ctx context.Context, w *world) bool {
		p := w.post(ctx, name)
		return p != nil && p.Status.State == tribunev1alpha1.PostPublished
	}
}

// post gives nil if there is none.
func (w *world) post(ctx context.Context, name string) *tribunev1alpha1.Post {
	p := &tribunev1alpha1.Post{}
	switch err := w.admin.Get(ctx, types.NamespacedName{Namespace: w.namespace, Name: name}, p); {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return &tribunev1alpha1.Post{}
	}
	return p
}

// later is the Post of the calendar's first entry.
func (w *world) later() string { return plan.Name(calendarName, "later", "once", localChannel) }

func (w *world) hasEvent(ctx context.Context, like func(*eventsv1.Event) bool) bool {
	list := &eventsv1.EventList{}
	if err := w.admin.List(ctx, list, client.InNamespace(w.namespace)); err != nil {
		return false
	}
	for i := range list.Items {
		if like(&list.Items[i]) {
			return true
		}
	}
	return false
}
