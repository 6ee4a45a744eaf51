package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/lint"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/terminal"
)

const listsUsage = "folder with the texts of lists, named as the keys of their ConfigMaps (default: the kustomization or the texts beside the policy)"

// policyFlags name one policy of a file.
type policyFlags struct{ file, name, lists string }

func (f *policyFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "policy", "", "file, folder or kustomization with the CommunityPolicy, or - for standard input")
	cmd.Flags().StringVar(&f.name, "name", "", "name of the CommunityPolicy, where there are several")
	cmd.Flags().StringVar(&f.lists, "lists", "", listsUsage)
}

// filePolicy is a policy of a file that is right.
type filePolicy struct {
	lint.Policy
	compiled *policy.Policy
}

// readPolicies reads all policies of files. What is wrong with files is printed.
func readPolicies(cmd *cobra.Command, paths []string, lists string) ([]lint.Policy, error) {
	all, findings, err := lint.Policies(cmd.Context(), lint.Options{Paths: paths, Stdin: cmd.InOrStdin(), Now: time.Now()}, lists)
	if err != nil {
		return nil, err
	}
	for _, f := range findings {
		place := f.File
		if f.Line > 0 {
			place = fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		said := f.Message
		if f.Path != "" {
			said = f.Path + ": " + said
		}
		fmt.Fprintln(cmd.ErrOrStderr(), terminal.Printable(place+": "+said))
	}
	if len(findings) > 0 {
		return all, errors.New("the files are not in order: correct what is said above")
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no CommunityPolicy in %s", strings.Join(paths, ", "))
	}
	return all, nil
}

// read the one policy that is meant, and compile it.
func (f *policyFlags) read(cmd *cobra.Command) (*filePolicy, error) {
	all, err := readPolicies(cmd, []string{f.file}, f.lists)
	if err != nil {
		return nil, err
	}
	var meant []lint.Policy
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
		if f.name == "" || p.Name == f.name {
			meant = append(meant, p)
		}
	}
	switch {
	case len(meant) == 0:
		return nil, usageError{fmt.Errorf("there is no CommunityPolicy %s in %s: there are %s", f.name, f.file, strings.Join(names, ", "))}
	case len(meant) > 1:
		return nil, usageError{fmt.Errorf("there are several CommunityPolicies in %s: name one with --name: %s", f.file, strings.Join(names, ", "))}
	}
	compiled, wrong := policy.Compile(meant[0].Spec, meant[0].Lists)
	if len(wrong) > 0 {
		if err := writeProblems(cmd.ErrOrStderr(), &meant[0], wrong); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("CommunityPolicy %s is not right: correct what is said above", meant[0].Name)
	}
	return &filePolicy{meant[0], compiled}, nil
}

// writeProblems says what is wrong with a policy, and where.
func writeProblems(out io.Writer, p *lint.Policy, wrong []policy.Problem) error {
	w := &terminal.Writer{W: out}
	for _, problem := range wrong {
		w.Printf("%s\n", terminal.Printable(fmt.Sprintf("%s: %s: %s%s", p.At(problem.Path), problem.Path, problem.Message, listHint(problem.Path))))
	}
	return w.Err
}

// listHint says how a list is found on files.
func listHint(path string) string {
	if strings.HasPrefix(path, "spec.lists[") && strings.HasSuffix(path, "]") {
		return ", give the kustomization that makes it, or name the folder of its text with --lists"
	}
	return ""
}
