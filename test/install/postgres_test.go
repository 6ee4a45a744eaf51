package install

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// TestPostgresOverlay: config/postgres is config/default without the volume, with the Secret and the flag, and with no other right.
func TestPostgresOverlay(t *testing.T) {
	name := func(o *unstructured.Unstructured) string { return o.GetKind() + " " + o.GetName() }
	without := func(all []*unstructured.Unstructured, names ...string) []*unstructured.Unstructured {
		return slices.DeleteFunc(slices.Clone(all), func(o *unstructured.Unstructured) bool { return slices.Contains(names, name(o)) })
	}
	const manager, volume = "Deployment tribune-manager", "PersistentVolumeClaim tribune-ledger"
	simple, postgres := build(t, "config/default"), build(t, "config/postgres")
	if diff := cmp.Diff(without(simple, manager, volume), without(postgres, manager)); diff != "" {
		t.Errorf("beside the manager and its volume (-default +postgres):\n%s", diff)
	}
	before, after := managerOf(t, simple), managerOf(t, postgres)
	container := &after.Spec.Template.Spec.Containers[0]
	want := slices.Clone(before.Spec.Template.Spec.Containers[0].Args)
	want[slices.Index(want, "--ledger=/var/lib/tribune/ledger.db")] = "--ledger-dsn-file=/etc/tribune/ledger/dsn"
	if diff := cmp.Diff(want, container.Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if *after.Spec.Replicas != 2 || after.Spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType {
		t.Errorf("%d replicas, %s", *after.Spec.Replicas, after.Spec.Strategy.Type)
	}
	for _, v := range after.Spec.Template.Spec.Volumes {
		if v.PersistentVolumeClaim != nil {
			t.Errorf("volume %s is a claim", v.Name)
		}
		if v.Name == "ledger" && (v.Secret == nil || v.Secret.SecretName != "tribune-ledger-dsn") {
			t.Errorf("the volume ledger is %+v", v.VolumeSource)
		}
	}
	for _, m := range container.VolumeMounts {
		if m.Name == "ledger" && (m.MountPath != "/etc/tribune/ledger" || !m.ReadOnly) {
			t.Errorf("mounted as %+v", m)
		}
	}
}

// TestPostgresWithNetworkPolicy: the component opens the way to the database where the ways are closed.
func TestPostgresWithNetworkPolicy(t *testing.T) {
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	relative := func(base, path string) string {
		there, err := filepath.Rel(base, path)
		if err != nil {
			t.Fatal(err)
		}
		return filepath.ToSlash(there)
	}
	text := "resources: [" + relative(dir, filepath.Join(top, "config/network-policy")) + "]\n" +
		"components: [" + relative(dir, filepath.Join(top, "config/postgres/component")) + "]\n"
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ports := func(all []*unstructured.Unstructured) (out []int32) {
		for _, o := range all {
			if o.GetKind() != "NetworkPolicy" {
				continue
			}
			var p networkingv1.NetworkPolicy
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &p); err != nil {
				t.Fatal(err)
			}
			for _, rule := range p.Spec.Egress {
				for _, port := range rule.Ports {
					out = append(out, port.Port.IntVal)
				}
			}
		}
		return out
	}
	want := append(ports(build(t, "config/network-policy")), 5432)
	if diff := cmp.Diff(want, ports(build(t, relative(top, dir)))); diff != "" {
		t.Errorf("ports that may be reached (-want +got):\n%s", diff)
	}
}

func managerOf(t *testing.T, all []*unstructured.Unstructured) *appsv1.Deployment {
	t.Helper()
	for _, o := range all {
		if o.GetKind() == "Deployment" {
			d := &appsv1.Deployment{}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, d); err != nil {
				t.Fatal(err)
			}
			return d
		}
	}
	t.Fatal("there is no Deployment")
	return nil
}
