package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/terminal"
)

func newPolicyUndo() *cobra.Command {
	var o onLedger
	var generation int64
	var rule string
	cmd := &cobra.Command{
		Use:   "undo NAME --generation N [--rule RULE]",
		Short: "Take back what a generation of a policy did, or one of its rules",
		Long: `Take back what a CommunityPolicy did: what was hidden is shown, what was removed is restored where the network keeps it, and mutes,
blocks and reactions end; strikes of the same rule for the same item go with it. What cannot be taken back is listed, such as what was
said. What people decided themselves stays. Suspend or correct the policy first, or it does the same again to what comes.

` + fmt.Sprintf(reachLedger, "policy undo house-rules -n acme --generation 7 --yes"),
		Example: `  tribune policy undo house-rules -n acme --generation 7 --ledger ledger.db
  tribune policy undo house-rules -n acme --generation 7 --rule insults --ledger-dsn-file dsn --yes`,
		Args: one("the CommunityPolicy"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if generation <= 0 && rule == "" {
				return usageError{errors.New("say what to undo: --generation N (tribune actions -o json shows it), --rule RULE, or both")}
			}
			l, err := o.open(cmd)
			if err != nil {
				return err
			}
			defer closeLedger(l, &err)
			all, err := l.Actions(cmd.Context(), store.ActionFilter{Namespace: o.namespace, Policy: args[0], Rule: rule, Generation: generation})
			if err != nil {
				return err
			}
			// What a person decided about a case has no generation.
			all = slices.DeleteFunc(all, func(a store.Action) bool { return a.Generation == 0 })
			_, err = o.undo(cmd, l, all)
			return err
		},
	}
	o.flags(cmd)
	o.decides(cmd)
	cmd.Flags().Int64Var(&generation, "generation", 0, "generation of the CommunityPolicy whose actions are taken back")
	cmd.Flags().StringVar(&rule, "rule", "", "only what this rule did")
	return cmd
}

// undo takes actions back, after it has said which and was told to.
func (o *onLedger) undo(cmd *cobra.Command, l *store.Database, actions []store.Action) (int, error) {
	u := inbox.Undo(actions, restores, o.by, o.now())
	w := &terminal.Writer{W: cmd.OutOrStdout()}
	if len(u.Left) > 0 {
		w.Printf("What cannot be taken back:\n")
		table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 3, ' ', 0)
		for _, left := range u.Left {
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", terminal.Printable(left.Action.Kind), terminal.Printable(left.Action.Channel), terminal.Printable(left.Action.Item), left.Reason)
		}
		if err := table.Flush(); err != nil {
			return 0, err
		}
	}
	if len(u.Actions) == 0 {
		w.Printf("nothing is to be taken back\n")
		return 0, w.Err
	}
	kinds := map[string]int{}
	for i := range u.Actions {
		kinds[u.Actions[i].Kind]++
	}
	w.Printf("What is taken back:\n")
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		w.Printf("  %d × %s\n", kinds[kind], kind)
	}
	if w.Err != nil {
		return 0, w.Err
	}
	if err := o.agreed(cmd, "Take back?"); err != nil {
		return 0, err
	}
	if err := l.Add(cmd.Context(), u.Actions); err != nil {
		return 0, err
	}
	w.Printf("%d are taken back by the manager; tribune actions shows how far it is\n", len(u.Actions))
	return len(u.Actions), w.Err
}

// restores says whether the network of an account keeps what was removed.
func restores(account string) bool {
	adapter, known := network.Lookup(tribunev1alpha1.NetworkName(accountNetwork(account)))
	return known && adapter.Restores
}
