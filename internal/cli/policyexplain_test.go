package cli

import (
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/store"
)

// What the ledger keeps is explained as what a file holds: all of it, or one item.
func TestExplainFromTheLedger(t *testing.T) {
	onCommunityLedgers(t, func(t *testing.T, _ store.Options, ledger string) {
		explain := func(args ...string) (string, string, int) {
			return command(t, "", append([]string{"policy", "explain", "--policy", samplesOfAcme + "/policy.yaml", ledger, "-n", "acme", "--since", "2026-11-01"}, args...)...)
		}
		out, errs, code := explain("-o", "json")
		if code != 0 || errs != "" || strings.Count(out, "\n") != 4 || strings.Contains(out, "\x1b") {
			t.Fatalf("exit code %d, %s%s", code, out, errs)
		}
		out, errs, code = explain("--item", "i1", "-o", "json")
		if code != 0 || strings.Count(out, "\n") != 1 || !strings.Contains(out, `"outcome":"Hide"`) || !strings.Contains(out, `"insults"`) {
			t.Errorf("exit code %d, %s%s", code, out, errs)
		}
		if _, errs, code = explain("--item", "nothing"); code != 1 || !strings.Contains(errs, "knows no item nothing") {
			t.Errorf("exit code %d, %s", code, errs)
		}
		if _, _, code = explain("--text", "hello"); code != 2 {
			t.Errorf("two things to explain: exit code %d", code)
		}
	})
	if _, errs, code := command(t, "", "policy", "explain", "--policy", "p.yaml", "--text", "x", "--item", "i1"); code != 2 || !strings.Contains(errs, "--item names one of a ledger") {
		t.Errorf("exit code %d, %s", code, errs)
	}
}
