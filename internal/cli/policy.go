package cli

import "github.com/spf13/cobra"

func newPolicyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Look at community policies, and bring them from elsewhere",
	}
	cmd.AddCommand(newPolicyImport())
	return cmd
}
