package crash

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// change is what happens to the objects while no manager runs.
type change string

const (
	none change = "none"
	// edit changes the text of some Posts that are not published.
	edit change = "edit"
	// recreate deletes all Posts and applies them anew: they lose their status, the ledger stays.
	recreate change = "re-apply"
	// restore brings the API server's database back to what it was before the Posts fell due.
	restore change = "restore"
	// forget is recreate, and the ledger is gone too.
	forget change = "re-apply without ledger"
)

func (b *batch) change(c change) {
	b.t.Helper()
	switch c {
	case edit:
		b.edit()
	case recreate, forget:
		b.recreate()
		if c == forget {
			for _, suffix := range []string{"", "-wal", "-shm"} {
				if err := os.Remove(b.ledger + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
					b.t.Fatal(err)
				}
			}
		}
	case restore:
		b.restore()
	}
}

// reached are the markers of which the network has, or may soon have, a request: a change of their text comes too late.
func (b *batch) reached(post *tribunev1alpha1.Post, calls map[string]bool) bool {
	for _, s := range post.Status.Segments {
		if s.State == tribunev1alpha1.SegmentSending || s.State == tribunev1alpha1.SegmentUnknown {
			return true
		}
	}
	return calls[b.plan[post.Name].identity(b.namespace, 0).Marker()]
}

// retext notes that a Post's spec says another text from now on.
func (b *batch) retext(p *planned, text string, reached bool) {
	p.text = text
	if !reached {
		clear(p.may)
	}
	p.may[text] = true
}

func (b *batch) current() ([]tribunev1alpha1.Post, map[string]bool) {
	b.t.Helper()
	list := &tribunev1alpha1.PostList{}
	if err := b.admin.List(b.t.Context(), list, client.InNamespace(b.namespace)); err != nil {
		b.t.Fatal(err)
	}
	calls, err := b.square.publishes(b.t.Context(), b.namespace)
	if err != nil {
		b.t.Fatal(err)
	}
	called := map[string]bool{}
	for marker := range calls {
		called[marker] = true
	}
	return list.Items, called
}

// edit changes texts: of Posts that wait, and of single Posts of which a call may be open. (A thread that is partly out stops
// at an edit, as it must.)
func (b *batch) edit() {
	b.t.Helper()
	b.edits++
	posts, called := b.current()
	for i := range posts {
		post := &posts[i]
		p := b.plan[post.Name]
		reached := b.reached(post, called)
		if post.Status.State == tribunev1alpha1.PostPublished || rand.N(3) > 0 || reached && len(p.more) > 0 {
			continue
		}
		text := fmt.Sprintf("What %s says after edit %d", p.name, b.edits)
		before := post.DeepCopy()
		post.Spec.Content.Text = text
		if err := b.admin.Patch(b.t.Context(), post, client.MergeFrom(before)); err != nil {
			b.t.Fatal(err)
		}
		b.retext(p, text, reached)
	}
}

func (b *batch) recreate() {
	b.t.Helper()
	if err := b.admin.DeleteAllOf(b.t.Context(), &tribunev1alpha1.Post{}, client.InNamespace(b.namespace)); err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	err := wait.PollUntilContextCancel(ctx, 10*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		list := &tribunev1alpha1.PostList{}
		err := b.admin.List(ctx, list, client.InNamespace(b.namespace), client.Limit(1))
		return err == nil && len(list.Items) == 0, err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.apply()
}

// save takes the snapshot that restore brings back.
func (b *batch) save() {
	b.t.Helper()
	b.snapshot = filepath.Join(b.t.TempDir(), "snapshot.db")
	if err := b.Snapshot(b.t.Context(), b.snapshot); err != nil {
		b.t.Fatal(err)
	}
	b.before = map[string]string{}
	for name, p := range b.plan {
		b.before[name] = p.text
	}
}

func (b *batch) restore() {
	b.t.Helper()
	if b.snapshot == "" {
		b.t.Fatal("there is no snapshot to restore")
	}
	posts, called := b.current()
	if err := b.Restore(b.t.Context(), b.snapshot); err != nil {
		b.t.Fatal(err)
	}
	if err := b.serves(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	b.observer.forget()
	for i := range posts {
		if p := b.plan[posts[i].Name]; b.before[p.name] != p.text {
			b.retext(p, b.before[p.name], b.reached(&posts[i], called))
		}
	}
}
