package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/lint"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/terminal"
)

// testedPolicy is a policy with what came of its tests, as it is printed.
type testedPolicy struct {
	File      string         `json:"file"`
	Namespace string         `json:"namespace,omitempty"`
	Policy    string         `json:"policy"`
	Passed    int            `json:"passed"`
	Failed    int            `json:"failed"`
	Problems  []testProblem  `json:"problems,omitempty"`
	Tests     []testedResult `json:"tests"`

	policy *lint.Policy
}

type testProblem struct {
	At      string `json:"at"`
	Path    string `json:"path"`
	Message string `json:"message"`
}

type testedResult struct {
	Name    string                        `json:"name"`
	At      string                        `json:"at"`
	Passed  bool                          `json:"passed"`
	Differs []string                      `json:"differs,omitempty"`
	Outcome tribunev1alpha1.PolicyOutcome `json:"outcome"`
	Rules   []string                      `json:"rules"`
	Actions []string                      `json:"actions"`
}

func newPolicyTest() *cobra.Command {
	var output, lists string
	cmd := &cobra.Command{
		Use:   "test PATH...",
		Short: "Run the tests of CommunityPolicies in files, without a cluster",
		Long: `Run the tests that CommunityPolicies hold in spec.tests. PATH is a file, a folder, a kustomization or - for standard input. The lists
come from ConfigMaps among the files, from a kustomization's generators, or from texts beside the policy. Classifiers are not asked: they
say nothing. The manager runs the same tests at every change, and keeps the last version that passed in force.

Exit code: 0 all tests passed, 1 one failed or something is wrong with a policy, 2 wrong usage.`,
		Example: `  tribune policy test policy.yaml
  tribune policy test ./social -o json | jq '.[].tests[] | select(.passed | not)'`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usageError{errors.New("name files or folders with CommunityPolicies, or - for standard input")}
			case output != "human" && output != "json":
				return usageError{fmt.Errorf("-o %s: use human or json", output)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := readPolicies(cmd, args, lists)
			if len(all) == 0 {
				return err
			}
			tested := make([]testedPolicy, len(all))
			failed := err != nil
			for i := range all {
				tested[i] = runTests(&all[i], time.Now())
				failed = failed || tested[i].Failed > 0 || len(tested[i].Problems) > 0
			}
			if output == "json" {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetIndent("", "  ")
				e.SetEscapeHTML(false)
				err = errors.Join(err, e.Encode(tested))
			} else {
				err = errors.Join(err, writeTested(cmd.OutOrStdout(), tested))
			}
			if err == nil && failed {
				return exitError{1}
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "human", "human or json")
	cmd.Flags().StringVar(&lists, "lists", "", listsUsage)
	return cmd
}

func runTests(p *lint.Policy, now time.Time) testedPolicy {
	out := testedPolicy{File: p.File, Namespace: p.Namespace, Policy: p.Name, Tests: []testedResult{}, policy: p}
	compiled, wrong := policy.Compile(p.Spec, p.Lists)
	for _, w := range wrong {
		out.Problems = append(out.Problems, testProblem{p.At(w.Path), w.Path, w.Message + listHint(w.Path)})
	}
	if compiled == nil {
		return out
	}
	for i, r := range compiled.RunTests(now) {
		one := testedResult{
			Name: r.Name, At: p.At(fmt.Sprintf("spec.tests[%d]", i)), Passed: r.Passed(), Differs: r.Wrong, Outcome: r.Decision.Outcome,
			Rules: []string{}, Actions: r.Decision.ActionNames(),
		}
		for _, m := range r.Decision.Matches {
			one.Rules = append(one.Rules, m.Rule)
		}
		if one.Passed {
			out.Passed++
		} else {
			out.Failed++
		}
		out.Tests = append(out.Tests, one)
	}
	return out
}

func writeTested(out io.Writer, tested []testedPolicy) error {
	passed, failed := 0, 0
	w := &terminal.Writer{W: out}
	for i := range tested {
		p := &tested[i]
		if i > 0 {
			w.Printf("\n")
		}
		w.Printf("CommunityPolicy %s (%s)\n", terminal.Printable(p.Policy), terminal.Printable(p.File))
		for _, problem := range p.Problems {
			w.Printf("  %s\n", terminal.Printable(problem.At+": "+problem.Path+": "+problem.Message))
		}
		switch {
		case len(p.Problems) > 0:
			w.Printf("  it does not compile, so that its tests cannot run\n")
			continue
		case len(p.Tests) == 0:
			w.Printf("  it has no tests: add some to spec.tests, of what must be found and of what must not\n")
			continue
		}
		table := tabwriter.NewWriter(out, 0, 8, 3, ' ', 0)
		fmt.Fprintln(table, "  RESULT\tTEST\tOUTCOME\tRULES")
		for _, t := range p.Tests {
			result := "pass"
			if !t.Passed {
				result = "FAIL"
			}
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", result, terminal.Printable(t.Name), t.Outcome, terminal.Printable(cmp.Or(strings.Join(t.Rules, ", "), "-")))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		for _, t := range p.Tests {
			for _, d := range t.Differs {
				w.Printf("  %s\n", terminal.Printable(t.At+": "+t.Name+": "+d))
			}
		}
		passed, failed = passed+p.Passed, failed+p.Failed
	}
	w.Printf("\n%d passed, %d failed\n", passed, failed)
	return w.Err
}
