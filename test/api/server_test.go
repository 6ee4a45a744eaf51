package api

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/tribune-dev/tribune/config/crd"
	"github.com/tribune-dev/tribune/internal/controlplane"
	"github.com/tribune-dev/tribune/internal/controlplane/controlplanetest"
)

var shared *controlplane.ControlPlane

func TestMain(m *testing.M) {
	os.Exit(controlplanetest.Main(m, func(cp *controlplane.ControlPlane) { shared = cp }))
}

// server is the API server with the definitions installed.
type server struct {
	config    *rest.Config
	dynamic   dynamic.Interface
	discovery discovery.DiscoveryInterface
	crds      apiextensions.Interface
	// warnings that the API server gave when the definitions were installed.
	warnings []string
}

var installed = sync.OnceValues(func() (*server, error) {
	s := &server{config: shared.RESTConfig()}
	s.config.WarningHandler = rest.NoWarnings{}
	noted := rest.CopyConfig(s.config)
	notes := &noteWarnings{}
	noted.WarningHandler = notes
	var err error
	if s.crds, err = apiextensions.NewForConfig(noted); err != nil {
		return nil, err
	}
	if s.dynamic, err = dynamic.NewForConfig(s.config); err != nil {
		return nil, err
	}
	if s.discovery, err = discovery.NewDiscoveryClientForConfig(s.config); err != nil {
		return nil, err
	}
	definitions, err := crd.CRDs()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, definition := range definitions {
		if _, err := s.crds.ApiextensionsV1().CustomResourceDefinitions().Create(ctx, definition, metav1.CreateOptions{}); err != nil {
			return nil, err
		}
	}
	for _, definition := range definitions {
		if err := s.established(ctx, definition.Name); err != nil {
			return nil, err
		}
	}
	s.warnings = notes.taken()
	return s, nil
})

// use gives the shared server, or skips the test where no control plane can be started.
func use(t *testing.T) *server {
	t.Helper()
	controlplanetest.Binaries(t)
	s, err := installed()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// established waits until a definition is served.
func (s *server) established(ctx context.Context, name string) error {
	return wait.PollUntilContextCancel(ctx, 20*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		definition, err := s.crds.ApiextensionsV1().CustomResourceDefinitions().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		for _, c := range definition.Status.Conditions {
			if c.Type != apiextensionsv1.Established || c.Status != apiextensionsv1.ConditionTrue {
				continue
			}
			resource := schema.GroupVersionResource{Group: definition.Spec.Group, Version: "v1alpha1", Resource: definition.Spec.Names.Plural}
			_, err := s.dynamic.Resource(resource).List(ctx, metav1.ListOptions{Limit: 1})
			if apierrors.IsNotFound(err) { // established, and not yet served
				return false, nil
			}
			return err == nil, err
		}
		return false, nil
	})
}

// namespace makes a fresh one.
func (s *server) namespace(t *testing.T) string {
	t.Helper()
	client, err := kubernetes.NewForConfig(s.config)
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "api-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return made.Name
}

var plurals = map[string]string{
	"CommunityCase": "communitycases", "CommunityPolicy": "communitypolicies", "ContentCalendar": "contentcalendars",
	"Crisis": "crises", "Post": "posts", "SocialChannel": "socialchannels",
}

func (s *server) resource(kind, namespace string) dynamic.ResourceInterface {
	return s.dynamic.Resource(schema.GroupVersionResource{Group: "tribune.dev", Version: "v1alpha1", Resource: plurals[kind]}).Namespace(namespace)
}

// create tries to create an object and leaves nothing behind.
func (s *server) create(t *testing.T, o *unstructured.Unstructured) error {
	t.Helper()
	_, err := s.resource(o.GetKind(), metav1.NamespaceDefault).Create(t.Context(), o.DeepCopy(), metav1.CreateOptions{
		DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict,
	})
	return err
}

// noteWarnings keeps what the API server warns of.
type noteWarnings struct {
	mu    sync.Mutex
	texts []string
}

func (n *noteWarnings) HandleWarningHeader(_ int, _, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.texts = append(n.texts, text)
}

func (n *noteWarnings) taken() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.texts
}
