package controlplane

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func binaries(t testing.TB) Binaries {
	t.Helper()
	found, err := Find()
	if errors.Is(err, ErrNotFound) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func start(t testing.TB, options Options) *ControlPlane {
	t.Helper()
	options.Binaries = binaries(t)
	options.UnsafeNoFsync = true
	begin := time.Now()
	cp, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %s", time.Since(begin).Round(time.Millisecond))
	t.Cleanup(func() { stop(t, cp) })
	return cp
}

func stop(t testing.TB, cp *ControlPlane) {
	t.Helper()
	if err := cp.Stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

func client(t testing.TB, config *rest.Config) kubernetes.Interface {
	t.Helper()
	c, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func createConfigMap(t testing.TB, c kubernetes.Interface, name string) *corev1.ConfigMap {
	t.Helper()
	created, err := c.CoreV1().ConfigMaps("default").Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return created
}

func getConfigMap(t testing.TB, c kubernetes.Interface, name string) error {
	t.Helper()
	_, err := c.CoreV1().ConfigMaps("default").Get(t.Context(), name, metav1.GetOptions{})
	return err
}

func TestDataDirIsKeptForTheNextStart(t *testing.T) {
	dir := t.TempDir()
	first := start(t, Options{DataDir: dir})
	createConfigMap(t, client(t, first.RESTConfig()), "kept")

	if _, err := Start(t.Context(), Options{Binaries: binaries(t), DataDir: dir}); err == nil || !strings.Contains(err.Error(), "another control plane") {
		t.Errorf("a second start in the same directory: got error %v, want one that says another control plane runs there", err)
	}
	admin := first.RESTConfig()
	stop(t, first)

	second := start(t, Options{DataDir: dir})
	if err := getConfigMap(t, client(t, second.RESTConfig()), "kept"); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	admin.Host = second.RESTConfig().Host
	if err := getConfigMap(t, client(t, admin), "kept"); err != nil {
		t.Errorf("with the certificates of the first start: %v", err)
	}
}

func TestStopLeavesNothing(t *testing.T) {
	cp := start(t, Options{})
	pids := []int{cp.etcd.cmd.Process.Pid, cp.apiServer.cmd.Process.Pid}
	dir := cp.DataDir()
	stop(t, cp)
	for _, pid := range pids {
		if isAlive(pid) {
			t.Errorf("process %d lives after Stop", pid)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary directory %s is there after Stop: %v", dir, err)
	}
	if err := cp.StartAPIServer(t.Context()); err == nil {
		t.Error("StartAPIServer after Stop: got no error")
	}
	stop(t, cp) // a second time does nothing
	select {
	case err := <-cp.Failed():
		t.Errorf("a stop that was asked for was reported as a failure: %v", err)
	default:
	}
}

func TestAccess(t *testing.T) {
	cp := start(t, Options{})
	admin := client(t, cp.RESTConfig())

	t.Run("a user has the rights of RBAC alone", func(t *testing.T) {
		config, err := cp.UserConfig("berta", []string{"editors"})
		if err != nil {
			t.Fatal(err)
		}
		berta := client(t, config)
		if _, err := berta.CoreV1().ConfigMaps("default").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
			t.Fatalf("without a role: got %v, want forbidden", err)
		}
		grant(t, admin, "editors")
		eventually(t, "the role's rights", func(ctx context.Context) error {
			_, err := berta.CoreV1().ConfigMaps("default").List(ctx, metav1.ListOptions{})
			return err
		})
	})

	t.Run("a service account's token", func(t *testing.T) {
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}
		if _, err := admin.CoreV1().ServiceAccounts("default").Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		token, err := admin.CoreV1().ServiceAccounts("default").CreateToken(t.Context(), "robot", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		config := rest.AnonymousClientConfig(cp.RESTConfig())
		config.BearerToken = token.Status.Token
		self, err := client(t, config).AuthenticationV1().SelfSubjectReviews().Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := self.Status.UserInfo.Username, "system:serviceaccount:default:robot"; got != want {
			t.Errorf("the token's user is %q, want %q", got, want)
		}
	})

	t.Run("nobody without credentials", func(t *testing.T) {
		nobody := client(t, rest.AnonymousClientConfig(cp.RESTConfig()))
		if err := getConfigMap(t, nobody, "x"); !apierrors.IsUnauthorized(err) {
			t.Errorf("got %v, want unauthorized", err)
		}
	})

	t.Run("kubectl with the kubeconfig", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "kubeconfig")
		if err := cp.WriteKubeconfig(path); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the kubeconfig has mode %v, want 0600", info.Mode().Perm())
		}
		output, err := exec.CommandContext(t.Context(), cp.KubectlPath(), "--kubeconfig", path, "auth", "whoami").CombinedOutput()
		if err != nil || !strings.Contains(string(output), adminGroup) {
			t.Errorf("kubectl auth whoami: %v\n%s", err, output)
		}
	})

	t.Run("etcd does not open to a user of the cluster", func(t *testing.T) {
		intruder, err := cp.pki.httpClient(etcdCA, adminCert)
		if err != nil {
			t.Fatal(err)
		}
		defer intruder.CloseIdleConnections()
		if err := expectOK(t.Context(), intruder, cp.etcdURL()+"/health"); err == nil {
			t.Error("etcd answered the cluster administrator's certificate")
		}
	})
}

func grant(t *testing.T, admin kubernetes.Interface, group string) {
	t.Helper()
	role := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: group},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"list"}}},
	}
	if _, err := admin.RbacV1().Roles("default").Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: group},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: group},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group}},
	}
	if _, err := admin.RbacV1().RoleBindings("default").Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestOutage(t *testing.T) {
	cp := start(t, Options{})
	c := client(t, cp.RESTConfig())
	created := createConfigMap(t, c, "before")
	watcher, err := c.CoreV1().ConfigMaps("default").Watch(t.Context(), metav1.ListOptions{ResourceVersion: created.ResourceVersion})
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Stop()

	if err := cp.StopAPIServer(); err != nil {
		t.Fatal(err)
	}
	for range watcher.ResultChan() { // it is closed when the server is gone
	}
	if err := getConfigMap(t, c, "before"); err == nil {
		t.Error("the API server answered during its outage")
	}
	if err := cp.StopAPIServer(); err != nil {
		t.Errorf("StopAPIServer a second time: %v", err)
	}
	if err := cp.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := getConfigMap(t, c, "before"); err != nil {
		t.Errorf("the same client after the outage: %v", err)
	}
	if err := cp.StartAPIServer(t.Context()); err != nil {
		t.Errorf("StartAPIServer a second time: %v", err)
	}
}

func TestFailedTellsOfAProcessThatEnds(t *testing.T) {
	cp := start(t, Options{})
	if err := cp.etcd.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-cp.Failed():
		if !strings.Contains(err.Error(), etcdName+" ended by itself") {
			t.Errorf("got %q, want it to name etcd", err)
		}
	case <-t.Context().Done():
		t.Fatal("no word of etcd's end")
	}
}

func TestStartSaysWhyAProcessDidNotStart(t *testing.T) {
	dir := t.TempDir()
	_, err := Start(t.Context(), Options{Binaries: binaries(t), DataDir: dir, APIServerArgs: []string{"--no-such-flag"}})
	if err == nil || !strings.Contains(err.Error(), "no-such-flag") {
		t.Fatalf("got error %v, want what kube-apiserver said", err)
	}
	start(t, Options{DataDir: dir}) // the failed start has let go of everything
}

func eventually(t testing.TB, what string, check func(context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("%s: %v; last: %v", what, err, last)
	}
}
