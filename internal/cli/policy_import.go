package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy/automoderator"
)

func newPolicyImport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Make CommunityPolicies of the rules of other tools",
	}
	cmd.AddCommand(newImportAutoModerator())
	return cmd
}

// maxImport is the most that is read of one file, in bytes.
const maxImport = 8 << 20

func newImportAutoModerator() *cobra.Command {
	var opts automoderator.Options
	var output string
	cmd := &cobra.Command{
		Use:   "automoderator FILE...",
		Short: "Make CommunityPolicies of the rules of Reddit's AutoModerator",
		Long: `Make a CommunityPolicy of each FILE with rules of Reddit's AutoModerator (- is standard input). A rule keeps its meaning, or is
listed with its line, the reason and what to do. The policies are in mode Audit: they act on nothing until you say so.

The manifests go to standard output, the report to standard error; with -o json both are one JSON document.

Exit code: 0 every rule was imported or listed, 1 a file is no YAML or could not be read, 2 wrong usage.`,
		Example: `  tribune policy import automoderator config/automoderator.yaml --channel lemmy --team moderators-chat > policy.yaml
  tribune lint policy.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usageError{errors.New("name files with AutoModerator's rules, or - for standard input")}
			case len(args) > 1 && opts.Name != "":
				return usageError{errors.New("--name is for one file: leave it out, and each policy has the name of its file")}
			case output != "yaml" && output != "json":
				return usageError{fmt.Errorf("-o %s: use yaml or json", output)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var results []*automoderator.Result
			for _, file := range args {
				result, err := importFile(cmd.InOrStdin(), file, opts)
				if err != nil {
					return err
				}
				if err := named(results, result); err != nil {
					return err
				}
				results = append(results, result)
			}
			if output == "json" {
				return writeImportJSON(cmd.OutOrStdout(), results)
			}
			return writeImport(cmd.OutOrStdout(), cmd.ErrOrStderr(), results)
		},
	}
	cmd.Flags().StringVar(&opts.Name, "name", "", "name of the policy (default: that of the file)")
	cmd.Flags().StringArrayVar(&opts.Channels, "channel", nil, "a SocialChannel that the policy is for; may be repeated (default: all of the namespace)")
	cmd.Flags().StringVar(&opts.Team, "team", "", "the SocialChannel that takes what AutoModerator writes to the moderators (modmail, filter)")
	cmd.Flags().BoolVar(&opts.TitleAsText, "title-as-text", false, "look in the text for what rules look for in the title")
	cmd.Flags().StringVarP(&output, "output", "o", "yaml", "yaml or json")
	return cmd
}

// named refuses a second policy of a name: applied, the one would take the place of the other.
func named(before []*automoderator.Result, result *automoderator.Result) error {
	for _, b := range before {
		if b.Report.Policy == result.Report.Policy {
			return usageError{fmt.Errorf("%s and %s both become the policy %s: import them one by one, with --name", b.Report.File, result.Report.File, result.Report.Policy)}
		}
	}
	return nil
}

func importFile(stdin io.Reader, file string, opts automoderator.Options) (*automoderator.Result, error) {
	in := stdin
	if opts.File = file; file == "-" {
		opts.File = "standard-input"
	} else {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // it was only read
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxImport))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	result, err := automoderator.Import(string(text), opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return result, nil
}

func writeImport(out, report io.Writer, results []*automoderator.Result) error {
	for i, r := range results {
		manifest, err := r.YAML()
		if err != nil {
			return err
		}
		if i > 0 {
			if _, err := io.WriteString(out, "---\n"); err != nil {
				return err
			}
		}
		if _, err := out.Write(manifest); err != nil {
			return err
		}
		if err := r.Report.Write(report); err != nil {
			return err
		}
	}
	return nil
}

// writeImportJSON writes a list for kubectl, and the reports beside it.
func writeImportJSON(out io.Writer, results []*automoderator.Result) error {
	doc := struct {
		APIVersion string                  `json:"apiVersion"`
		Kind       string                  `json:"kind"`
		Items      []any                   `json:"items"`
		Reports    []*automoderator.Report `json:"reports"`
	}{APIVersion: "v1", Kind: "List"}
	for _, r := range results {
		if r.Lists != nil {
			doc.Items = append(doc.Items, r.Lists)
		}
		p := struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Metadata   struct {
				Name string `json:"name"`
			} `json:"metadata"`
			Spec tribunev1alpha1.CommunityPolicySpec `json:"spec"`
		}{APIVersion: r.Policy.APIVersion, Kind: r.Policy.Kind, Spec: r.Policy.Spec}
		p.Metadata.Name = r.Policy.Name
		doc.Items = append(doc.Items, p)
		doc.Reports = append(doc.Reports, &r.Report)
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(doc)
}
