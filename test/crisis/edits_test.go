package crisis

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

// An edit of what is out is a send: PostsHeld is not true while one is on its way, and the Crisis names those that were, also
// where the process that made them dies in their midst. When it is over, all edits are made.
func TestBoundOfEdits(t *testing.T) {
	const posts, slow = 6, 4 * time.Second
	for name, kill := range map[string]bool{"answered": false, "killed": true} {
		t.Run(name, func(t *testing.T) {
			if kill && !whole() {
				t.Skip("takes minutes: run make test-all (TRIBUNE_TEST_ALL=1)")
			}
			w := start(t, posts, 1, self(t))
			due := time.Now()
			w.plan(posts, func(int) time.Time { return due })
			w.published(posts)
			w.network.SetFaults(local.Faults{Slow: slow, SlowChance: local.Always})
			for i := range posts / 2 {
				w.rewrite(i)
			}
			w.eventually("edits in flight", func(context.Context) error {
				if n := len(w.edits()); n < posts/2 {
					return fmt.Errorf("there are %d", n)
				}
				return nil
			})
			c, _, stored := w.pause("pause")
			for i := posts / 2; i < posts; i++ {
				w.rewrite(i)
			}
			if kill {
				w.managers[0].kill()
				w.manage()
			}
			seen := w.held(c)
			var begun []string
			for post, calls := range w.edits() {
				begun = append(begun, post)
				for _, call := range calls {
					if after := call.ReceivedAt.Sub(stored); after > bound {
						t.Errorf("the edit of %s began %s after the Crisis was acknowledged", post, after)
					}
					if call.FinishedAt == nil || call.FinishedAt.After(seen) {
						t.Errorf("PostsHeld was true, and the edit of %s was on its way: %+v", post, call)
					}
				}
			}
			slices.Sort(begun)
			if diff := gocmp.Diff(begun, c.Status.InFlight); diff != "" {
				t.Errorf("the Posts that were being edited, and those that the Crisis names (-edited +named):\n%s", diff)
			}
			if !whole() {
				return // what was held is looked at once a minute
			}
			w.network.SetFaults(local.Faults{})
			w.resume(c)
			w.eventually("all edits to be made", func(context.Context) error { return w.inSync() })
			if n := len(w.edits()); n != posts {
				t.Errorf("%d Posts were edited, want %d", n, posts)
			}
		})
	}
}

// rewrite changes the text of a Post.
func (w *world) rewrite(i int) {
	w.Helper()
	w.must(w.admin.Patch(w.Context(), &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name(i)}},
		client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"content":{"text":"%s, changed"}}}`, name(i)))))
}

// edits are the calls that wanted to change a post, by the name of the Post, as the network saw them.
func (w *world) edits() map[string][]wire.Call {
	w.Helper()
	names := map[string]string{}
	for _, p := range w.posts() {
		for _, s := range p.Status.Segments {
			names["/api/v1/"+w.namespace+"/"+string(p.Spec.ChannelRef.Name)+"/posts/"+s.ID] = p.Name
		}
	}
	calls := map[string][]wire.Call{}
	for _, c := range w.log() {
		if c.Method == http.MethodPut && names[c.Path] != "" {
			calls[names[c.Path]] = append(calls[names[c.Path]], c)
		}
	}
	return calls
}

// inSync is an error if a Post says that the network does not have its content yet.
func (w *world) inSync() error {
	w.Helper()
	for _, p := range w.posts() {
		if p.Status.Edit != nil || p.Status.ObservedGeneration != p.Generation || !meta.IsStatusConditionTrue(p.Status.Conditions, tribunev1alpha1.ConditionInSync) {
			return fmt.Errorf("%s: %+v", p.Name, p.Status)
		}
	}
	return nil
}
