package cli

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// The ledger shows who matters, and who of them a policy names; the rest is written as entries for one.
func TestPersonKey(t *testing.T) {
	onCommunityLedgers(t, func(t *testing.T, o store.Options, ledger string) {
		key := func(args ...string) string {
			t.Helper()
			out, errs, code := command(t, "", append([]string{"person", "key", ledger, "-n", "acme"}, args...)...)
			if code != 0 || errs != "" || strings.Contains(out, "\x1b") {
				t.Fatalf("exit code %d, %s%s", code, out, errs)
			}
			return out
		}
		if out := key(); !strings.Contains(out, "nobody yet") {
			t.Errorf("of a young community: %s", out)
		}
		changeLedger(t, o, func(ctx context.Context, l *store.Database) error {
			var items []store.Item
			for _, author := range []string{"Ada", "leo\x1b[2J"} {
				for day := range 25 {
					at := time.Now().Add(-time.Duration(day)*24*time.Hour - time.Hour)
					items = append(items, store.Item{SeenAt: at, Item: network.Item{ID: fmt.Sprint(author, day), Kind: network.ItemComment, Text: "hello", CreatedAt: at,
						Author: network.Person{ID: "id-" + author, Handle: author}}})
				}
			}
			if _, err := l.Take(ctx, store.Heard{Ear: square, Cursor: "3", PolledAt: tenth}, items); err != nil {
				return err
			}
			return l.SavePolicy(ctx, store.PolicyVersion{Namespace: "acme", Name: "rules", Spec: `{"keyPeople": [{"handle": "@ada"}]}`, Lists: "{}"})
		})
		out := key()
		if !strings.Contains(out, "Ada") || !strings.Contains(out, "rules") || len(strings.Split(strings.TrimSpace(out), "\n")) != 4 {
			t.Errorf("%s", out)
		}
		if out := key("-o", "yaml"); strings.Contains(out, "Ada") || !strings.Contains(out, "keyPeople:") || !strings.Contains(out, "network: Local") || !strings.Contains(out, "leo") {
			t.Errorf("%s", out)
		}
		if out := key("-o", "json", "--limit", "1"); !strings.HasPrefix(out, `{"handle":"Ada"`) || !strings.Contains(out, `"namedBy":"rules"`) || strings.Count(out, "\n") != 1 {
			t.Errorf("%s", out)
		}
	})
	if _, errs, code := command(t, "", "person", "key", "--ledger", "x", "--limit", "0"); code != 2 || !strings.Contains(errs, "how many") {
		t.Errorf("exit code %d, %s", code, errs)
	}
}
