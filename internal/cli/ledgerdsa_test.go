package cli

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/store"
)

// What is exported is the same on both databases, names nobody, and is the same again after its authors were erased.
func TestLedgerExportDSA(t *testing.T) {
	onCommunityLedgers(t, func(t *testing.T, _ store.Options, ledger string) {
		args := []string{"ledger", "export", "--format", "dsa", ledger, "--category", "insults=illegal-or-harmful-speech", "--terms-url", "https://acme.example/rules"}
		out, errs, code := command(t, "", args...)
		if code != 0 || errs != "" {
			t.Errorf("exit code %d, %s", code, errs)
		}
		golden(t, "community/ledger-export-dsa.golden", out)
		if who := regexp.MustCompile(`bob|eve|ada|maria|nitwit|"i1"|Local/acme`).FindString(out); who != "" {
			t.Errorf("%q is in a statement: %s", who, out)
		}
		for line := range strings.Lines(out) {
			if !json.Valid([]byte(line)) {
				t.Errorf("no JSON: %s", line)
			}
		}
		if _, errs, code := command(t, "", "ledger", "erase", "--author", "bob", ledger, "-n", "acme", "--yes"); code != 0 {
			t.Fatal(errs)
		}
		if again, _, _ := command(t, "", args...); again != out {
			t.Errorf("it was exported as %s and now as %s", out, again)
		}
		for _, none := range [][]string{{"-n", "other"}, {"--since", "2026-11-11"}, {"--until", "2026-11-10"}} {
			if out, errs, code := command(t, "", append(args, none...)...); code != 0 || out != "" {
				t.Errorf("%v: exit code %d, %s%s", none, code, out, errs)
			}
		}
	})
}
