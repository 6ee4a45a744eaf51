package install

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// typed is what a person typed, and saw.
type typed struct {
	out, said string
	code      int
}

// types runs the command as a user, in namespace team.
func (p *people) types(t *testing.T, user, stdin string, args ...string) typed {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, append(args, "-n", "team")...)
	cmd.Env = append(os.Environ(), asTribune+"=1", "KUBECONFIG="+p.userKubeconfig(t, user), "EDITOR=", "VISUAL=")
	cmd.Stdin = strings.NewReader(stdin)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return typed{out.String(), said.String(), cmd.ProcessState.ExitCode()}
}

func (p *people) get(t *testing.T, name string) *tribunev1alpha1.Post {
	t.Helper()
	post := &tribunev1alpha1.Post{}
	if err := p.admin.Get(t.Context(), types.NamespacedName{Namespace: "team", Name: name}, post); err != nil {
		t.Fatal(err)
	}
	return post
}

// holds a Post as the manager would.
func (p *people) holds(t *testing.T, name, reason string) {
	t.Helper()
	post := p.get(t, name)
	post.Status.State, post.Status.ObservedGeneration = tribunev1alpha1.PostHeld, post.Generation
	meta.SetStatusCondition(&post.Status.Conditions, metav1.Condition{Type: tribunev1alpha1.ConditionHeld, Status: metav1.ConditionTrue, Reason: reason})
	if err := p.admin.Status().Update(t.Context(), post); err != nil {
		t.Fatal(err)
	}
}

// commands does all that people decide with the command, as users with roles.
func (p *people) commands(t *testing.T) {
	for name, network := range map[string]tribunev1alpha1.NetworkName{"plaza": tribunev1alpha1.NetworkLocal, "board": tribunev1alpha1.NetworkManual} {
		ch := &tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: name}, Spec: tribunev1alpha1.SocialChannelSpec{Network: network}}
		if err := p.admin.Create(t.Context(), ch); err != nil {
			t.Fatal(err)
		}
	}
	picture := filepath.Join(t.TempDir(), "dot.gif")
	if err := os.WriteFile(picture, []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect := func(got typed, code int, wants ...string) {
		t.Helper()
		if got.code != code {
			t.Errorf("exit code %d, want %d\n%s%s", got.code, code, got.out, got.said)
		}
		for _, want := range wants {
			if !strings.Contains(got.out+got.said, want) {
				t.Errorf("it printed\n%s\nand said\n%s\nwithout %q", got.out, got.said, want)
			}
		}
	}

	expect(p.types(t, "cora", "y\n", "post", "new", "-c", "plaza", "--text", "A new square", "--name", "new", "--at", "+2h", "--zone", "Europe/Madrid",
		"--image", picture, "--alt", "a dot", "--approval", "1"), 0,
		"  | A new square", "Picture 1  dot.gif in ConfigMap new-1", "a dot", "Length     12 of", "Make it? [y/N]", "configmap/new-1 made", "post/new made", "tribune post approve new -n team")
	cm := &corev1.ConfigMap{}
	if err := p.admin.Get(t.Context(), types.NamespacedName{Namespace: "team", Name: "new-1"}, cm); err != nil || len(cm.BinaryData["dot.gif"]) == 0 || cm.Immutable == nil || !*cm.Immutable {
		t.Errorf("the picture: got %+v, %v", cm, err)
	}
	if ahead := time.Until(p.get(t, "new").Spec.PublishAt.Time); ahead < 119*time.Minute || ahead > 2*time.Hour {
		t.Errorf("it is due in %s, want two hours", ahead)
	}
	expect(p.types(t, "cora", "n\n", "post", "new", "-c", "plaza", "--text", "Not this one", "--at", "+2h"), 1, "nothing was done")
	expect(p.types(t, "cora", "", "post", "new", "-c", "plaza", "--text", "A new square", "--name", "new", "--at", "+2h", "--yes"), 1, "there is a Post new already")
	expect(p.types(t, "cora", "", "post", "new", "-c", "nowhere", "--text", "x", "--at", "+2h", "--yes"), 1, "no SocialChannel nowhere in namespace team: there are board, plaza")
	expect(p.types(t, "cora", "", "post", "new", "-c", "plaza", "--text", strings.Repeat("long ", 3000), "--at", "+2h", "--yes"), 1, "Problem", "nothing was made")
	expect(p.types(t, "ana", "", "post", "new", "-c", "plaza", "--text", "x", "--at", "+2h", "--yes"), 1, "you may not make Posts in namespace team")
	expect(p.types(t, "cora", "piped\n", "post", "new", "-c", "plaza", "--at", "+2h", "--dry-run"), 0, "text: piped", "kind: Post")

	expect(p.types(t, "cora", "y\n", "post", "approve", "new"), 1, "cora may not approve or release Posts in namespace team")
	expect(p.types(t, "cora", "y\n", "post", "reject", "new", "--note", "no date"), 0, "Reject it? [y/N]", "post/new rejected")
	expect(p.types(t, "cora", "", "post", "reject", "new", "--yes"), 0, "was rejected by you already")
	expect(p.types(t, "ana", "y\n", "post", "approve", "new"), 0, "Approval   0 of 1; rejected by cora: no date", "still held, as cora rejected it")
	if a := publish.ApprovalOf(p.get(t, "new")); a.Rejected == nil || a.Granted() {
		t.Errorf("rejected by one, approved by another: got %+v", a)
	}
	post := p.get(t, "new")
	post.Spec.Content.Text = "A new square, on Monday"
	if err := p.admin.Update(t.Context(), post); err != nil {
		t.Fatal(err)
	}
	expect(p.types(t, "ana", "YES\n", "post", "approve", "new", "missing"), 1, "2 about an earlier content", "post/new approved", "post/missing: there is no such Post in namespace team")
	if a := publish.ApprovalOf(p.get(t, "new")); !a.Granted() || a.By[0] != "ana" {
		t.Errorf("approved: got %+v", a)
	}
	expect(p.types(t, "edith", "", "post", "reject", "new", "--yes"), 1, "you may not write posts/status in namespace team")

	free := p.make(t, "admin", nil).Name
	p.holds(t, free, tribunev1alpha1.ReasonCrisis)
	expect(p.types(t, "ana", "", "post", "release", free, "--yes"), 1, "held for Crisis", "tribune resume")
	p.holds(t, free, tribunev1alpha1.ReasonCreatedLate)
	expect(p.types(t, "cora", "", "post", "release", free, "--yes"), 1, "may not approve or release")
	expect(p.types(t, "ana", "y\n", "post", "release", free), 0, "Let it go out? [y/N]", "released: no longer held for CreatedLate")
	if !publish.Released(p.get(t, free), tribunev1alpha1.ReasonCreatedLate) {
		t.Errorf("released: got %+v", p.get(t, free).Status.Release)
	}

	expect(p.types(t, "cora", "", "post", "done", free, "--url", "https://board.example/1"), 1, "its channel square does not exist")
	byHand := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "by-hand"}, Spec: tribunev1alpha1.PostSpec{
		ChannelRef: tribunev1alpha1.LocalReference{Name: "board"}, Content: tribunev1alpha1.Content{Text: "hello"}}}
	if err := p.admin.Create(t.Context(), byHand); err != nil {
		t.Fatal(err)
	}
	expect(p.types(t, "cora", "", "post", "done", "by-hand", "--url", "board/1"), 2, "write the whole address")
	expect(p.types(t, "cora", "", "post", "done", "by-hand", "--url", "https://board.example/1"), 0, "done: published at https://board.example/1")
	if r := p.get(t, "by-hand").Status.Resolution; r == nil || r.By != "cora" || r.Attempt != publish.AttemptByHand || r.Outcome != tribunev1alpha1.ResolutionPublished {
		t.Errorf("done: got %+v", r)
	}

	expect(p.types(t, "ana", "", "post", "unpublish", "new", "--yes"), 1, "you may not change Posts in namespace team")
	expect(p.types(t, "cora", "y\n", "post", "unpublish", "new"), 0, "for good? [y/N]", "set spec.unpublished: true there too")
	expect(p.types(t, "cora", "", "post", "unpublish", "new", "--yes"), 0, "already")
	if !p.get(t, "new").Spec.Unpublished {
		t.Error("it is not unpublished")
	}
	expect(p.types(t, "cora", "", "post", "resolve", "new", "--not-published"), 1, "only a Post whose outcome is unknown")
	expect(p.types(t, "cora", "", "post", "approve"), 2, "name one Post or more")
	if err := p.admin.DeleteAllOf(t.Context(), &tribunev1alpha1.SocialChannel{}, client.InNamespace("team")); err != nil {
		t.Error(err)
	}
}
