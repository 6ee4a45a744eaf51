package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/lint"
)

func newLint() *cobra.Command {
	var output, now string
	var strict bool
	cmd := &cobra.Command{
		Use:   "lint PATH...",
		Short: "Check manifests without a cluster, as the cluster would",
		Long: `Check manifests as the API server and the controllers would: schema, rules, schedules, the length of texts on each
channel, and how many Posts the calendars make. PATH is a file, a folder, a kustomization or - for standard input.

Exit code: 0 in order, 1 something is wrong, 2 it could not be read.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("name files or folders to check, or - for standard input")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at := time.Now()
			if now != "" {
				var err error
				if at, err = time.Parse(time.RFC3339, now); err != nil {
					return usageError{fmt.Errorf("--now: %w", err)}
				}
			}
			report, err := lint.Run(cmd.Context(), lint.Options{Paths: args, Stdin: cmd.InOrStdin(), Now: at, Strict: strict})
			if err != nil {
				return err
			}
			if err := report.Write(cmd.OutOrStdout(), lint.Format(output)); err != nil {
				return usageError{err}
			}
			if code := report.ExitCode(); code != lint.ExitClean {
				return exitError{code}
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", string(lint.Human), "human, json or github")
	cmd.Flags().BoolVar(&strict, "strict", false, "make errors of warnings")
	cmd.Flags().StringVar(&now, "now", "", "time to count past and next from, such as 2026-12-01T09:00:00Z (default: now)")
	return cmd
}
