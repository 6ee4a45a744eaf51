package crash

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/config/crd"
	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/controlplane"
	"github.com/tribune-dev/tribune/internal/controlplane/controlplanetest"
)

var (
	shared *controlplane.ControlPlane
	// scratch holds the binaries and the kubeconfig of all tests.
	scratch string
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if scratch, err = os.MkdirTemp("", "tribune-crash-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	return controlplanetest.Main(m, func(cp *controlplane.ControlPlane) { shared = cp })
}

// whole is true where the whole test is asked for (make test-all); else a short one runs.
func whole() bool { return os.Getenv("TRIBUNE_TEST_ALL") == "1" }

func needsWhole(t *testing.T) {
	t.Helper()
	if !whole() {
		t.Skip("takes minutes: run make test-all (TRIBUNE_TEST_ALL=1)")
	}
}

// cluster is the API server with the definitions installed.
type cluster struct {
	*controlplane.ControlPlane
	admin      client.WithWatch
	kubeconfig string
}

var installed = sync.OnceValues(func() (*cluster, error) {
	c := &cluster{ControlPlane: shared, kubeconfig: filepath.Join(scratch, "kubeconfig")}
	if err := shared.WriteKubeconfig(c.kubeconfig); err != nil {
		return nil, err
	}
	scheme := controllers.NewScheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	var err error
	if c.admin, err = client.NewWithWatch(shared.RESTConfig(), client.Options{Scheme: scheme}); err != nil {
		return nil, err
	}
	definitions, err := crd.CRDs()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, definition := range definitions {
		if err := c.admin.Create(ctx, definition); err != nil {
			return nil, err
		}
	}
	return c, c.serves(ctx)
})

// serves waits until Posts and channels can be asked for: an API server is ready before it serves what was defined later.
func (c *cluster) serves(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var last error
	err := wait.PollUntilContextCancel(ctx, 20*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		last = nil
		for _, list := range []client.ObjectList{&tribunev1alpha1.PostList{}, &tribunev1alpha1.CrisisList{}, &tribunev1alpha1.SocialChannelList{}, &tribunev1alpha1.ContentCalendarList{}} {
			last = errors.Join(last, c.admin.List(ctx, list, client.Limit(1)))
		}
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("the definitions are not served: %w: %w", err, last)
	}
	return nil
}

// use gives the shared cluster, or skips the test where no control plane can be started.
func use(t *testing.T) *cluster {
	t.Helper()
	controlplanetest.Binaries(t)
	c, err := installed()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// build makes the command that the tests run, and the one whose protocol can be broken.
func build(tags string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		path := filepath.Join(scratch, "tribune"+tags)
		cmd := exec.Command("go", "build", "-tags", tags, "-o", path, "../../cmd/tribune")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build tribune: %w\n%s", err, out)
		}
		return path, nil
	})
}

var (
	buildSound     = build("")
	buildBreakable = build("breakable")
)
