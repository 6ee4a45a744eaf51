package cli

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/backtest"
)

func TestCommunityHelp(t *testing.T) {
	for _, args := range []string{
		"policy", "policy test", "policy explain", "policy backtest", "policy stats", "policy release", "policy discard", "policy undo", "actions",
		"item restore", "person show", "ledger", "ledger erase",
	} {
		out, _, code := command(t, "", append(strings.Fields(args), "--help")...)
		if code != 0 {
			t.Errorf("%s: exit code %d", args, code)
		}
		golden(t, "community/help-"+strings.ReplaceAll(args, " ", "-")+".golden", out)
	}
}

const samplesOfAcme = "../../config/samples/acme"

func TestPolicyTest(t *testing.T) {
	out, errs, code := command(t, "", "policy", "test", samplesOfAcme)
	if code != 0 || errs != "" {
		t.Errorf("the example: exit code %d, %s", code, errs)
	}
	golden(t, "community/policy-test-acme.golden", out)
	for _, c := range []struct {
		name string
		code int
	}{{"failing.yaml", 1}, {"wrong.yaml", 1}} {
		file := filepath.Join("testdata", "community", c.name)
		out, errs, code := command(t, "", "policy", "test", file)
		if code != c.code {
			t.Errorf("%s: exit code %d, want %d", c.name, code, c.code)
		}
		golden(t, "community/policy-test-"+c.name+".golden", out+errs)
		out, _, code = command(t, "", "policy", "test", file, "-o", "json")
		if code != c.code || !json.Valid([]byte(out)) {
			t.Errorf("%s: exit code %d, %s", c.name, code, out)
		}
		golden(t, "community/policy-test-"+c.name+".json.golden", out)
	}
}

func TestPolicyExplain(t *testing.T) {
	policy, items := filepath.Join(samplesOfAcme, "policy.yaml"), filepath.Join("testdata", "community", "items.jsonl")
	for _, output := range []string{"json", "text"} {
		out, errs, code := command(t, "", "policy", "explain", "--policy", policy, "--items", items, "-o", output)
		if code != 1 {
			t.Errorf("a line is no item, and the exit code is %d", code)
		}
		if strings.ContainsAny(out+errs, "\x1b\x07") {
			t.Errorf("what others wrote reaches the terminal: %q", out+errs)
		}
		golden(t, "community/policy-explain."+output+".golden", out+errs)
	}
	out, errs, code := command(t, "", "policy", "explain", "--policy", policy, "--text", "you n1twit", "-o", "json")
	var e backtest.Explanation
	if err := json.Unmarshal([]byte(out), &e); err != nil || code != 0 || errs != "" {
		t.Fatalf("%v, exit code %d, %s%s", err, code, out, errs)
	}
	want := []backtest.Match{{Rule: "insults", Outcome: "Hide", Criterion: "text", View: "Deobfuscated", Pattern: "nitwit", List: "insults", Span: &backtest.Span{Start: 4, End: 10, Text: "n1twit"}}}
	if diff := cmp.Diff(want, e.Matches); diff != "" {
		t.Error(diff)
	}
}

var speed = regexp.MustCompile(`judged in \S+ s: [\d,]+ a second|("(seconds|itemsPerSecond)": )[\d.e+-]+`)

func TestPolicyBacktest(t *testing.T) {
	policy, items := filepath.Join(samplesOfAcme, "policy.yaml"), filepath.Join("testdata", "community", "items.jsonl")
	for _, output := range []string{"json", "text"} {
		out, errs, code := command(t, "", "policy", "backtest", "--policy", policy, "--items", items, "-o", output)
		if code != 1 {
			t.Errorf("a line is no item, and the exit code is %d", code)
		}
		golden(t, "community/policy-backtest."+output+".golden", speed.ReplaceAllString(out, "${1}N")+errs)
	}
}

func TestPolicyFilesRefused(t *testing.T) {
	policy := filepath.Join(samplesOfAcme, "policy.yaml")
	for _, c := range []struct {
		name, stdin, want string
		args              []string
		code              int
	}{
		{"test nothing", "", "name files", []string{"policy", "test"}, 2},
		{"test output", "", "use human or json", []string{"policy", "test", policy, "-o", "xml"}, 2},
		{"test no file", "", "no such file", []string{"policy", "test", "/nowhere.yaml"}, 1},
		{"test no policy", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "no CommunityPolicy", []string{"policy", "test", "-"}, 1},
		{"explain no policy", "", "--policy FILE", []string{"policy", "explain", "--text", "x"}, 2},
		{"explain nothing", "", "--items FILE", []string{"policy", "explain", "--policy", policy}, 2},
		{"explain both", "", "--items FILE", []string{"policy", "explain", "--policy", policy, "--text", "x", "--items", "-"}, 2},
		{"explain all from stdin", "", "both the policy", []string{"policy", "explain", "--policy", "-", "--items", "-"}, 2},
		{"explain no items", "", "no such file", []string{"policy", "explain", "--policy", policy, "--items", "/nowhere.jsonl"}, 1},
		{"explain wrong policy", "", "is not right", []string{"policy", "explain", "--policy", "testdata/community/wrong.yaml", "--text", "x"}, 1},
		{"explain another name", "", "there is no CommunityPolicy x", []string{"policy", "explain", "--policy", policy, "--name", "x", "--text", "x"}, 2},
		{"backtest nothing", "", "say which items", []string{"policy", "backtest", "--policy", policy}, 2},
		{"backtest both", "", "say which items", []string{"policy", "backtest", "--policy", policy, "--items", "-", "--ledger", "x"}, 2},
		{"backtest no ledger", "", "no such file", []string{"policy", "backtest", "--policy", policy, "--ledger", "/nowhere.db"}, 1},
		{"backtest since", "", "--since", []string{"policy", "backtest", "--policy", policy, "--ledger", "/nowhere.db", "--since", "monday"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, code := command(t, c.stdin, c.args...)
			if code != c.code || !strings.Contains(errs, c.want) || out != "" {
				t.Errorf("exit code %d, want %d: %s%s", code, c.code, out, errs)
			}
		})
	}
}
