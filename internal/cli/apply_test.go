package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// What failed is applied again though no file changes, as what it needed may have been made by a later one.
func TestWhatFailedIsAppliedAgain(t *testing.T) {
	dir := t.TempDir()
	manifests := filepath.Join(dir, "manifests")
	if err := os.Mkdir(manifests, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(manifests, "a.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	kubectl := filepath.Join(dir, "kubectl")
	script := fmt.Sprintf(`#!/bin/sh
if mkdir %[1]s/first 2>/dev/null; then
  echo namespace/demo serverside-applied
  echo 'Error from server (NotFound): namespaces "demo" not found' >&2
  exit 1
fi
echo namespace/demo serverside-applied
echo post.tribune.dev/a serverside-applied
`, dir)
	if err := os.WriteFile(kubectl, []byte(script), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	a := &applier{kubectl: kubectl, path: manifests, look: time.Millisecond}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	ended := make(chan struct{})
	go func() { defer close(ended); a.run(ctx) }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var said []string
	for {
		if now, _ := a.status(); now != "" && (len(said) == 0 || said[len(said)-1] != now) {
			said = append(said, now)
		}
		if len(said) > 0 && said[len(said)-1] == "2 objects applied" {
			break
		}
		select {
		case <-ctx.Done():
			t.Fatalf("it said %q", said)
		case <-tick.C:
		}
	}
	stop()
	<-ended
	if _, err := os.Stat(filepath.Join(dir, "first")); err != nil {
		t.Error("it did not fail at first")
	}
}

func TestSummaryOfWhatFailed(t *testing.T) {
	said := summary([]byte("a serverside-applied\nError from server: no\nb serverside-applied\n"), os.ErrInvalid, "social")
	if want := "kubectl apply failed: Error from server: no\n2 objects applied; what failed is tried again. To see what is wrong: tribune lint social"; said != want {
		t.Errorf("%q, want %q", said, want)
	}
}

// What changes is said, once: an edit of what is out, a deletion, manifests that are applied once more.
func TestLinesOfChanges(t *testing.T) {
	var out bytes.Buffer
	l := &lineLog{out: &out, seen: map[string]string{}}
	p := tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "launch"}}
	p.Status.State, p.Status.URL = tribunev1alpha1.PostPublished, "https://local.example/1"
	v := view{applied: "1 objects applied", appliedAt: noon, posts: []tribunev1alpha1.Post{p}}
	says := func(what string, want ...string) {
		t.Helper()
		out.Reset()
		l.update(v)
		l.update(v) // nothing new
		if n := strings.Count(out.String(), "\n"); n != len(want) {
			t.Errorf("%s: %d lines, want %d:\n%s", what, n, len(want), &out)
		}
		for _, s := range want {
			if !strings.Contains(out.String(), s+"\n") {
				t.Errorf("%s: no %q in\n%s", what, s, &out)
			}
		}
	}
	says("published", "apply  1 objects applied", "post/acme/launch  Published  https://local.example/1")
	v.appliedAt = noon.Add(time.Second)
	says("applied again", "apply  1 objects applied")
	inSync := func(status metav1.ConditionStatus, reason string) {
		v.posts[0].Status.Conditions = []metav1.Condition{{Type: tribunev1alpha1.ConditionInSync, Status: status, Reason: reason, Message: "why"}}
	}
	inSync(metav1.ConditionTrue, tribunev1alpha1.ReasonEdited)
	says("edited", "post/acme/launch  Published  https://local.example/1  Edited")
	inSync(metav1.ConditionFalse, tribunev1alpha1.ReasonRemovedOnNetwork)
	says("removed", "post/acme/launch  Published  https://local.example/1  RemovedOnNetwork: why")
	v.posts = nil
	says("deleted", "post/acme/launch  Deleted")
}
