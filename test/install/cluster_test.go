package install

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/controlplane"
	"github.com/tribune-dev/tribune/internal/controlplane/controlplanetest"
)

const (
	root   = "../.."
	system = "tribune-system"
	// managerUser is who the Deployment's pods are to the API server.
	managerUser = "system:serviceaccount:tribune-system:tribune-manager"
)

// cluster is an API server on which Tribune was installed, with a log of what the manager was refused.
type cluster struct {
	*controlplane.ControlPlane
	admin      client.Client
	kubeconfig string
	auditLog   string
}

const auditPolicy = `{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
"rules": [{"level": "Metadata", "users": ["` + managerUser + `"]}, {"level": "None"}]}`

func startCluster(t *testing.T) *cluster {
	t.Helper()
	dir := t.TempDir()
	policy, log := filepath.Join(dir, "policy.json"), filepath.Join(dir, "audit.log")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &cluster{auditLog: log, kubeconfig: filepath.Join(dir, "kubeconfig")}
	c.ControlPlane = controlplanetest.Start(t, controlplane.Options{APIServerArgs: []string{"--audit-policy-file=" + policy, "--audit-log-path=" + log}})
	if err := c.WriteKubeconfig(c.kubeconfig); err != nil {
		t.Fatal(err)
	}
	c.admin = newClient(t, c.RESTConfig())
	return c
}

func newClient(t *testing.T, config *rest.Config) client.Client {
	t.Helper()
	k8s, err := client.New(config, client.Options{Scheme: controllers.NewScheme()})
	if err != nil {
		t.Fatal(err)
	}
	return k8s
}

// kubectl runs the real one as administrator.
func (c *cluster) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.KubectlPath(), append([]string{"--kubeconfig", c.kubeconfig}, args...)...)
	cmd.Dir = root
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("kubectl %v: %v\n%s", args, err, stderr.String())
	}
	if stderr.Len() > 0 {
		t.Errorf("kubectl %v warned:\n%s", args, stderr.String())
	}
	return stdout.String()
}

func (c *cluster) install(t *testing.T) {
	t.Helper()
	c.kubectl(t, "apply", "--server-side", "-f", "dist/install.yaml")
	c.kubectl(t, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
}

// userKubeconfig is access as a user with what RBAC grants.
func (c *cluster) userKubeconfig(t *testing.T, name string, groups ...string) string {
	t.Helper()
	config, err := c.UserConfig(name, groups)
	if err != nil {
		t.Fatal(err)
	}
	file := clientcmdapi.NewConfig()
	file.Clusters["c"] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	file.AuthInfos["u"] = &clientcmdapi.AuthInfo{ClientCertificateData: config.CertData, ClientKeyData: config.KeyData}
	file.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	file.CurrentContext = "x"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*file, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// right is one verb on one resource, granted by one role.
type right struct {
	// role is a Role if it has a namespace, else a ClusterRole.
	role                  types.NamespacedName
	group, resource, verb string
	// object by name that it is limited to, if it is.
	object string
}

func (r right) String() string {
	group := r.group
	if group == "" {
		group = "core"
	}
	name := r.role.Name + ": " + r.verb + " " + group + "/" + r.resource
	if r.object != "" {
		name += " " + r.object
	}
	return name
}

// rules of a role, and how to write them.
func (c *cluster) rules(t *testing.T, role types.NamespacedName) ([]rbacv1.PolicyRule, func([]rbacv1.PolicyRule)) {
	t.Helper()
	if role.Namespace == "" {
		o := &rbacv1.ClusterRole{}
		if err := c.admin.Get(t.Context(), role, o); err != nil {
			t.Fatal(err)
		}
		return o.Rules, func(rules []rbacv1.PolicyRule) {
			o.Rules = rules
			if err := c.admin.Update(context.WithoutCancel(t.Context()), o); err != nil {
				t.Fatal(err)
			}
		}
	}
	o := &rbacv1.Role{}
	if err := c.admin.Get(t.Context(), role, o); err != nil {
		t.Fatal(err)
	}
	return o.Rules, func(rules []rbacv1.PolicyRule) {
		o.Rules = rules
		if err := c.admin.Update(context.WithoutCancel(t.Context()), o); err != nil {
			t.Fatal(err)
		}
	}
}

// rights that a role grants, one by one.
func (c *cluster) rights(t *testing.T, role types.NamespacedName) []right {
	t.Helper()
	rules, _ := c.rules(t, role)
	var all []right
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					all = append(all, right{role: role, group: group, resource: resource, verb: verb, object: strings.Join(rule.ResourceNames, " ")})
				}
			}
		}
	}
	return all
}

// takeAway takes one right from its role until the test ends, and returns when the API server has noticed.
func (c *cluster) takeAway(t *testing.T, r right, namespace string) {
	t.Helper()
	before, write := c.rules(t, r.role)
	write(without(before, r))
	c.waitAllowed(t, r, namespace, false)
	t.Cleanup(func() {
		write(before)
		c.waitAllowed(t, r, namespace, true)
	})
}

// without splits the rules so that all but one right is left.
func without(rules []rbacv1.PolicyRule, r right) []rbacv1.PolicyRule {
	var left []rbacv1.PolicyRule
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				verbs := rule.Verbs
				if group == r.group && resource == r.resource {
					verbs = slices.DeleteFunc(slices.Clone(verbs), func(v string) bool { return v == r.verb })
				}
				if len(verbs) > 0 {
					left = append(left, rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, ResourceNames: rule.ResourceNames, Verbs: verbs})
				}
			}
		}
	}
	return left
}

// waitAllowed waits until the API server, which reads roles from a cache, answers so.
func (c *cluster) waitAllowed(t *testing.T, r right, namespace string, want bool) {
	t.Helper()
	if r.role.Namespace != "" {
		namespace = r.role.Namespace
	}
	resource, subresource, _ := strings.Cut(r.resource, "/")
	eventually(context.WithoutCancel(t.Context()), t, 20*time.Second, "the API server to notice a change of "+r.role.Name, func(ctx context.Context) bool {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: managerUser, Groups: []string{"system:serviceaccounts", "system:authenticated"},
			ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: namespace, Group: r.group, Resource: resource, Subresource: subresource, Verb: r.verb, Name: r.object},
		}}
		return c.admin.Create(ctx, review) == nil && review.Status.Allowed == want
	})
}

func eventually(ctx context.Context, t *testing.T, patience time.Duration, what string, ok func(context.Context) bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) { return ok(ctx), nil })
	if err != nil {
		t.Fatalf("waited %s in vain for %s", patience, what)
	}
}

// refusals reads from the audit log what the manager was refused since the last call.
type refusals struct {
	file *os.File
	rest []byte
	seen map[[3]string]int
}

func (c *cluster) refusals(t *testing.T) *refusals {
	t.Helper()
	file, err := os.Open(c.auditLog)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if _, err := file.Seek(0, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	return &refusals{file: file, seen: map[[3]string]int{}}
}

// read takes in what was written meanwhile.
func (r *refusals) read(t *testing.T) {
	t.Helper()
	more, err := io.ReadAll(r.file)
	if err != nil {
		t.Fatal(err)
	}
	r.rest = append(r.rest, more...)
	for {
		line, rest, whole := bytes.Cut(r.rest, []byte("\n"))
		if !whole {
			return
		}
		r.rest = rest
		var e auditv1.Event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("read the audit log: %v", err)
		}
		if e.ResponseStatus == nil || e.ResponseStatus.Code != 403 || e.ObjectRef == nil {
			continue
		}
		resource := e.ObjectRef.Resource
		if e.ObjectRef.Subresource != "" {
			resource += "/" + e.ObjectRef.Subresource
		}
		r.seen[[3]string{e.ObjectRef.APIGroup, resource, e.Verb}]++
	}
}

func (r *refusals) of(t *testing.T, x right) int {
	t.Helper()
	r.read(t)
	return r.seen[[3]string{x.group, x.resource, x.verb}]
}
