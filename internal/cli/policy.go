package cli

import "github.com/spf13/cobra"

func newPolicyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Test, explain and import community policies, and see and undo what they did",
		Long: `Work with CommunityPolicies: the rules by which a community is looked after.

test, explain, backtest and import work on files, without a cluster. stats, release, discard and undo work on the ledger, which says
what policies did (tribune ledger --help says how to reach it).`,
	}
	cmd.AddCommand(newPolicyTest(), newPolicyExplain(), newPolicyBacktest(), newPolicyImport(), newPolicyStats(), newPolicyRelease(), newPolicyDiscard(), newPolicyUndo())
	return cmd
}
