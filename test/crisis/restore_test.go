package crisis

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// A restore of the cluster to a time before the Crisis does not lift its hold: it is made again, and nothing goes out meanwhile,
// whether managers run while it is restored or start afterwards.
func TestRestoreLiftsNothing(t *testing.T) {
	for name, running := range map[string]bool{"with a manager that runs": true, "with one that starts": false} {
		t.Run(name, func(t *testing.T) {
			w := start(t, 5, 1, self(t))
			const posts = 50
			due := time.Now().Add(8 * time.Second).Truncate(time.Second)
			w.plan(posts, func(int) time.Time { return due })
			backup := filepath.Join(t.TempDir(), "backup")
			w.must(w.Snapshot(t.Context(), backup))
			c, _, _ := w.pause("pause")
			w.held(c)
			if !running {
				w.managers[0].kill()
			}
			w.must(w.Restore(t.Context(), backup))
			if !running {
				w.manage()
			}
			w.eventually("all Posts to be held", func(ctx context.Context) error {
				list := &tribunev1alpha1.PostList{}
				if err := w.admin.List(ctx, list, client.InNamespace(w.namespace), client.MatchingFields{"status.state": string(tribunev1alpha1.PostHeld)}); err != nil {
					return err
				}
				if len(list.Items) != posts {
					return fmt.Errorf("%d are", len(list.Items))
				}
				return nil
			})
			if n := w.begun(); n > 0 {
				t.Errorf("%d Posts were sent", n)
			}
			w.held(c)
			w.resume(c)
			w.published(posts)
		})
	}
}
