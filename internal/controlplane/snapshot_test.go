package controlplane

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

func TestRestore(t *testing.T) {
	cp := start(t, Options{})
	c := client(t, cp.RESTConfig())
	snapshot := filepath.Join(t.TempDir(), "snapshot.db")
	saved := createConfigMap(t, c, "saved")
	if err := cp.Snapshot(t.Context(), snapshot); err != nil {
		t.Fatal(err)
	}
	lost := createConfigMap(t, c, "lost")

	// Twice: what a restored control plane has become can be restored once more.
	for round := range 2 {
		if err := cp.Restore(t.Context(), snapshot); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if err := getConfigMap(t, c, "saved"); err != nil {
			t.Errorf("round %d: what was in the snapshot: %v", round, err)
		}
		if err := getConfigMap(t, c, "lost"); !apierrors.IsNotFound(err) {
			t.Errorf("round %d: what came after the snapshot: got %v, want not found", round, err)
		}
		for name, version := range map[string]string{"from before the snapshot": saved.ResourceVersion, "from after it": lost.ResourceVersion} {
			expectGone(t, cp, name, version)
		}
		next := createConfigMap(t, c, "lost")
		if got, before := parseVersion(t, next.ResourceVersion), parseVersion(t, lost.ResourceVersion); got <= before {
			t.Errorf("round %d: the version went back from %d to %d", round, before, got)
		}
		lost = next
	}

	t.Run("a restart keeps what was restored", func(t *testing.T) {
		if err := cp.StopAPIServer(); err != nil {
			t.Fatal(err)
		}
		cp.etcd.stop(etcdGrace)
		if err := cp.startEtcd(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := cp.StartAPIServer(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"saved", "lost"} {
			if err := getConfigMap(t, c, name); err != nil {
				t.Error(err)
			}
		}
	})

	t.Run("a damaged snapshot changes nothing", func(t *testing.T) {
		content, err := os.ReadFile(snapshot)
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)/2] ^= 1
		damaged := filepath.Join(t.TempDir(), "damaged.db")
		if err := os.WriteFile(damaged, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := cp.Restore(t.Context(), damaged); err == nil {
			t.Error("Restore took a damaged snapshot")
		}
		if err := getConfigMap(t, c, "lost"); err != nil {
			t.Errorf("after the refused restore: %v", err)
		}
	})

	t.Run("into another control plane", func(t *testing.T) {
		other := start(t, Options{})
		if err := other.Restore(t.Context(), snapshot); err != nil {
			t.Fatal(err)
		}
		if err := getConfigMap(t, client(t, other.RESTConfig()), "saved"); err != nil {
			t.Error(err)
		}
	})
}

// expectGone wants a watch from a version to be told that the version is gone: by an error, or by
// an error event as the watch's first.
func expectGone(t *testing.T, cp *ControlPlane, name, version string) {
	t.Helper()
	watcher, err := client(t, cp.RESTConfig()).CoreV1().ConfigMaps("default").Watch(t.Context(), metav1.ListOptions{ResourceVersion: version})
	if err == nil {
		defer watcher.Stop()
		event := <-watcher.ResultChan()
		if event.Type != watch.Error {
			t.Errorf("a watch from a version %s: got %s, want an error", name, event.Type)
			return
		}
		err = apierrors.FromObject(event.Object)
	}
	if !apierrors.IsResourceExpired(err) && !apierrors.IsGone(err) {
		t.Errorf("a watch from a version %s: got %v, want that the version is gone", name, err)
	}
}

func parseVersion(t *testing.T, version string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRestoreRefusesWhatIsNoSnapshot(t *testing.T) {
	for name, content := range map[string][]byte{
		"empty": nil,
		"text":  []byte("apiVersion: v1\n"),
		"zeros": make([]byte, 4096+32),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			live, snapshot := filepath.Join(dir, "db"), filepath.Join(dir, "snapshot")
			if err := os.WriteFile(snapshot, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := replaceDatabase(live, snapshot); err == nil {
				t.Error("got no error")
			}
			for _, path := range []string{live, live + ".restore"} {
				if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s is there: %v", path, err)
				}
			}
		})
	}
}
