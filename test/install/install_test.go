package install

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/tribune-dev/tribune/internal/controlplane/controlplanetest"
)

// accessPatience is how long roles and policies may take to be in force.
const accessPatience = 20 * time.Second

func objects(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
	for {
		o := &unstructured.Unstructured{}
		if err := decoder.Decode(&o.Object); err != nil {
			if errors.Is(err, io.EOF) {
				return all
			}
			t.Fatal(err)
		}
		if len(o.Object) > 0 {
			all = append(all, o)
		}
	}
}

// build is what kustomize makes of a folder.
func build(t *testing.T, dir string) []*unstructured.Unstructured {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), controlplanetest.Binaries(t).Kubectl, "kustomize", root+"/"+dir).CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl kustomize %s: %v\n%s", dir, err, output)
	}
	return objects(t, string(output))
}

func TestEveryFolderBuilds(t *testing.T) {
	for dir, want := range map[string]int{
		"config/crd": 6, "config/default": 29, "config/tenant": 2, "config/network-policy": 30, "config/prometheus": 2,
	} {
		if got := len(build(t, dir)); got != want {
			t.Errorf("%s makes %d objects, want %d", dir, got, want)
		}
	}
}

// TestDistIsBuilt: what people download is what config/default makes.
func TestDistIsBuilt(t *testing.T) {
	text, err := os.ReadFile(root + "/dist/install.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(build(t, "config/default"), objects(t, string(text))); diff != "" {
		t.Errorf("dist/install.yaml is not what config/default makes; run make generate (-config/default +dist):\n%s", diff)
	}
}

// TestTenantInAnyNamespace: who sets the namespace by kustomize, as Flux does, binds the same manager.
func TestTenantInAnyNamespace(t *testing.T) {
	dir := t.TempDir()
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	there, err := filepath.Rel(dir, filepath.Join(top, "config", "tenant"))
	if err != nil {
		t.Fatal(err)
	}
	overlay := "namespace: acme-social\nresources: [" + filepath.ToSlash(there) + "]\n"
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(overlay), 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Rel(top, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range build(t, here) {
		if o.GetNamespace() != "acme-social" {
			t.Errorf("%s is in namespace %q", o.GetKind(), o.GetNamespace())
		}
		if o.GetKind() != "RoleBinding" {
			continue
		}
		want := []any{map[string]any{"kind": "ServiceAccount", "name": "tribune-manager", "namespace": system}}
		if diff := cmp.Diff(want, o.Object["subjects"]); diff != "" {
			t.Errorf("subjects (-want +got):\n%s", diff)
		}
	}
}

// versions of all objects of a manifest, as the API server has them.
func (c *cluster) versions(t *testing.T, all []*unstructured.Unstructured, namespace string) map[string]string {
	t.Helper()
	versions := map[string]string{}
	for _, o := range all {
		live := &unstructured.Unstructured{}
		live.SetGroupVersionKind(o.GroupVersionKind())
		key := client.ObjectKeyFromObject(o)
		if namespace != "" {
			key.Namespace = namespace
		}
		if err := c.admin.Get(t.Context(), key, live); err != nil {
			t.Errorf("%s %s: %v", o.GetKind(), key, err)
			continue
		}
		versions[o.GetKind()+" "+key.String()] = live.GetResourceVersion()
		if o.GetKind() == "PersistentVolumeClaim" {
			// The API server stores the first re-application of a claim anew, alike to the letter as far as it can be read.
			live.SetResourceVersion("")
			versions[o.GetKind()+" "+key.String()] = fmt.Sprint(live.Object)
		}
	}
	return versions
}

func TestInstall(t *testing.T) {
	c := startCluster(t)
	c.install(t)
	c.kubectl(t, "create", "namespace", "team")
	c.kubectl(t, "apply", "--server-side", "-n", "team", "-k", "config/tenant")

	t.Run("what kubectl's own kustomize makes is accepted too", func(t *testing.T) {
		c.kubectl(t, "apply", "--server-side", "--dry-run=server", "-k", "config/default")
		c.kubectl(t, "apply", "--server-side", "--dry-run=server", "-k", "config/network-policy")
	})
	t.Run("a second time changes nothing", func(t *testing.T) {
		installed, tenant := build(t, "config/default"), build(t, "config/tenant")
		before, beforeTenant := c.versions(t, installed, ""), c.versions(t, tenant, "team")
		c.install(t)
		c.kubectl(t, "apply", "--server-side", "-n", "team", "-k", "config/tenant")
		if diff := cmp.Diff(before, c.versions(t, installed, "")); diff != "" {
			t.Errorf("versions of what config/default makes (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(beforeTenant, c.versions(t, tenant, "team")); diff != "" {
			t.Errorf("versions of what config/tenant makes (-before +after):\n%s", diff)
		}
	})
	t.Run("restricted Pod Security lets the manager in", c.podSecurity)
	t.Run("the manager knows the flags that it is given", c.knownFlags)
	t.Run("people's roles", c.peoplesRoles)
	p := c.people(t)
	t.Run("people decide about Posts in their own names", p.decisions)
	t.Run("people decide about Crises in their own names", p.crisisDecisions)
	t.Run("people decide about cases in their own names", p.caseDecisions)
	t.Run("people decide with the command", p.commands)
	t.Run("nobody approves what they wrote", p.selfApproval)
}

type warnings struct{ texts []string }

// HandleWarningHeader implements rest.WarningHandler.
func (w *warnings) HandleWarningHeader(_ int, _, text string) { w.texts = append(w.texts, text) }

func (c *cluster) podSecurity(t *testing.T) {
	config := c.RESTConfig()
	said := &warnings{}
	config.WarningHandler = said
	k8s := newClient(t, config)
	deployment := &appsv1.Deployment{}
	if err := k8s.Get(t.Context(), types.NamespacedName{Namespace: system, Name: "tribune-manager"}, deployment); err != nil {
		t.Fatal(err)
	}
	pod := func() *corev1.Pod {
		template := deployment.Spec.Template.DeepCopy()
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: "try", Labels: template.Labels}, Spec: template.Spec}
	}
	if err := k8s.Create(t.Context(), pod(), client.DryRunAll); err != nil {
		t.Errorf("the Deployment's pod was refused: %v", err)
	}
	if len(said.texts) > 0 {
		t.Errorf("the API server warned: %v", said.texts)
	}
	privileged := pod()
	privileged.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = nil
	if err := k8s.Create(t.Context(), privileged, client.DryRunAll); !apierrors.IsForbidden(err) {
		t.Errorf("a pod that may gain privileges: got %v, want forbidden", err)
	}
}

func (c *cluster) knownFlags(t *testing.T) {
	deployment := &appsv1.Deployment{}
	if err := c.admin.Get(t.Context(), types.NamespacedName{Namespace: system, Name: "tribune-manager"}, deployment); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Flags are read before help is given.
	cmd := exec.CommandContext(t.Context(), self, append(deployment.Spec.Template.Spec.Containers[0].Args, "--help")...)
	cmd.Env = append(os.Environ(), asTribune+"=1")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", cmd.Args[1:], err, output)
	}
}

// peoplesRoles tries the aggregated roles by themselves: aggregation is done by a controller of Kubernetes that does not run here.
func (c *cluster) peoplesRoles(t *testing.T) {
	for _, test := range []struct {
		role, aggregate string
		may, mayNot     []string
	}{
		{"tribune-viewer", "view", []string{"get posts", "watch contentcalendars", "list socialchannels", "list communitycases", "get communitypolicies"},
			[]string{"create posts", "patch posts/status", "patch communitycases"}},
		{"tribune-editor", "edit", []string{"list socialchannels", "create posts", "delete contentcalendars", "patch posts"},
			[]string{"patch posts/status", "create socialchannels", "update contentcalendars/status", "patch communitypolicies", "patch communitycases"}},
		{"tribune-community-manager", "", []string{"list socialchannels", "create posts", "patch posts/status", "patch communitycases", "list communitypolicies"},
			[]string{"approve posts", "create socialchannels", "patch communitypolicies", "delete communitycases"}},
		{"tribune-approver", "", []string{"get posts", "patch posts/status", "approve posts"}, []string{"create posts", "patch posts", "create contentcalendars", "patch communitycases"}},
		{"tribune-admin", "admin", []string{"get posts", "create socialchannels", "delete posts", "patch posts/status", "approve posts", "create communitypolicies", "patch communitycases"},
			[]string{"patch socialchannels/status", "patch communitypolicies/status"}},
	} {
		t.Run(test.role, func(t *testing.T) {
			role := &rbacv1.ClusterRole{}
			if err := c.admin.Get(t.Context(), types.NamespacedName{Name: test.role}, role); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			if test.aggregate != "" {
				want["rbac.authorization.k8s.io/aggregate-to-"+test.aggregate] = "true"
			}
			maps.DeleteFunc(role.Labels, func(label, _ string) bool { return !strings.Contains(label, "aggregate-to-") })
			if diff := cmp.Diff(want, role.Labels, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("aggregation (-want +got):\n%s", diff)
			}
			c.bind(t, "team", test.role, test.role+"-user")
			for _, text := range test.may {
				c.waitAccess(t, test.role+"-user", text, true)
			}
			for _, text := range test.mayNot {
				c.waitAccess(t, test.role+"-user", text, false)
			}
		})
	}
}

func (c *cluster) bind(t *testing.T, namespace, clusterRole, user string) {
	t.Helper()
	err := c.admin.Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: clusterRole + "-" + user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// waitAccess waits for an answer about "verb resource[/subresource]" in namespace team.
func (c *cluster) waitAccess(t *testing.T, user, text string, want bool) {
	t.Helper()
	verb, resource, _ := strings.Cut(text, " ")
	resource, subresource, _ := strings.Cut(resource, "/")
	eventually(t.Context(), t, accessPatience, user+" and "+text, func(ctx context.Context) bool {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: user,
			ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: "team", Group: "tribune.dev", Resource: resource, Subresource: subresource, Verb: verb}}}
		return c.admin.Create(ctx, review) == nil && review.Status.Allowed == want
	})
}

func (c *cluster) user(t *testing.T, name string) *rest.Config {
	t.Helper()
	config, err := c.UserConfig(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return config
}
