package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/config/crd"
	"github.com/tribune-dev/tribune/internal/controlplane"
)

// clients is how many requests we make at once.
const clients = 64

// world is an API server with Tribune's definitions, and the built-in network.
type world struct {
	gate   *gate
	dir    string
	cp     *controlplane.ControlPlane
	log    *os.File
	client client.Client
	// audit is nil where requests are not counted: keeping the log costs the API server time.
	audit      *audit
	local      *process
	localURL   string
	kubeconfig string
	managers   int
}

// newWorld starts an API server and a built-in network that takes so long for an answer.
func (g *gate) newWorld(ctx context.Context, name string, counted bool, faults ...string) (w *world, err error) {
	w = &world{gate: g, dir: filepath.Join(g.dir, name)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	if w.log, err = os.Create(filepath.Join(w.dir, "controlplane.log")); err != nil {
		return nil, fmt.Errorf("make a log: %w", err)
	}
	options := controlplane.Options{DataDir: filepath.Join(w.dir, "controlplane"), Log: w.log, UnsafeNoFsync: !g.fsync}
	if counted {
		if w.audit, options.APIServerArgs, err = newAudit(w.dir); err != nil {
			return nil, err
		}
	}
	if w.cp, err = controlplane.Start(ctx, options); err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme, tribunev1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("make a scheme: %w", err)
		}
	}
	if w.client, err = client.New(w.cp.RESTConfig(), client.Options{Scheme: scheme}); err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	if err := w.install(ctx); err != nil {
		return nil, err
	}
	user, err := w.cp.UserConfig(managerUser, []string{"system:masters"})
	if err != nil {
		return nil, err
	}
	w.kubeconfig = filepath.Join(w.dir, "kubeconfig")
	if err := writeKubeconfig(w.kubeconfig, user); err != nil {
		return nil, err
	}
	w.local, w.localURL, err = g.startLocal(w.dir, faults...)
	return w, err
}

func (w *world) close() error {
	var errs []error
	if w.local != nil {
		errs = append(errs, w.local.stop())
	}
	if w.cp != nil {
		errs = append(errs, w.cp.Stop())
	}
	if w.log != nil {
		errs = append(errs, w.log.Close())
	}
	return errors.Join(errs...)
}

// install makes Tribune's kinds known and waits until they are served.
func (w *world) install(ctx context.Context) error {
	definitions, err := crd.CRDs()
	if err != nil {
		return err
	}
	for _, d := range definitions {
		if err := w.client.Create(ctx, d); err != nil {
			return fmt.Errorf("install %s: %w", d.Name, err)
		}
	}
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		for _, list := range []client.ObjectList{&tribunev1alpha1.SocialChannelList{}, &tribunev1alpha1.PostList{}, &tribunev1alpha1.ContentCalendarList{}} {
			if err := w.client.List(ctx, list); err != nil {
				return false, ctx.Err()
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the definitions to be served: %w", err)
	}
	return nil
}

func writeKubeconfig(path string, cfg *rest.Config) error {
	const name = "performance"
	out := clientcmdapi.NewConfig()
	out.Clusters[name] = &clientcmdapi.Cluster{Server: cfg.Host, CertificateAuthorityData: cfg.CAData}
	out.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: cfg.CertData, ClientKeyData: cfg.KeyData}
	out.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	out.CurrentContext = name
	if err := clientcmd.WriteToFile(*out, path); err != nil {
		return fmt.Errorf("write a kubeconfig: %w", err)
	}
	return nil
}

// team makes a namespace with channels on the built-in network.
func (w *world) team(ctx context.Context, namespace string, channels int) error {
	if err := w.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		return fmt.Errorf("make a namespace: %w", err)
	}
	return inParallel(ctx, channels, func(ctx context.Context, i int) error {
		return w.client.Create(ctx, &tribunev1alpha1.SocialChannel{
			ObjectMeta: metav1.ObjectMeta{Name: channelName(i), Namespace: namespace},
			Spec:       tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkLocal, Publishing: unpaced()},
		})
	})
}

// unpaced lets as many Posts out as the API allows: what is measured is how fast they can go.
func unpaced() *tribunev1alpha1.ChannelPublishing {
	return &tribunev1alpha1.ChannelPublishing{MaxPerDay: 1000}
}

func channelName(i int) string { return fmt.Sprintf("channel-%02d", i) }

// signedIn waits until all channels of a namespace are ready.
func (m *manager) signedIn(ctx context.Context, namespace string) error {
	return m.until(ctx, "the channels to sign in", 100*time.Millisecond, 2*time.Minute, func(ctx context.Context) (bool, error) {
		list := &tribunev1alpha1.SocialChannelList{}
		if err := m.world.client.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return false, err
		}
		for i := range list.Items {
			if !meta.IsStatusConditionTrue(list.Items[i].Status.Conditions, tribunev1alpha1.ConditionReady) {
				return false, nil
			}
		}
		return len(list.Items) > 0, nil
	})
}

// reached waits until so many Posts of a namespace are in a state.
func (m *manager) reached(ctx context.Context, namespace string, state tribunev1alpha1.PostState, posts int, longest time.Duration) error {
	return m.until(ctx, fmt.Sprintf("%d Posts to be %s", posts, state), 500*time.Millisecond, longest, func(ctx context.Context) (bool, error) {
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(tribunev1alpha1.GroupVersion.WithKind("PostList"))
		err := m.world.client.List(ctx, list, client.InNamespace(namespace), client.MatchingFields{"status.state": string(state)})
		return len(list.Items) >= posts, err
	})
}

// inParallel runs f for 0 to n-1, so many at once as we have clients, until one fails.
func inParallel(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	return inParallelOf(ctx, clients, n, f)
}

func inParallelOf(ctx context.Context, limit, n int, f func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(limit)
	for i := range n {
		group.Go(func() error { return f(ctx, i) })
	}
	return group.Wait()
}
