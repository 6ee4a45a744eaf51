package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/terminal"
)

func newLedgerErase() *cobra.Command {
	var o onLedger
	var author string
	cmd := &cobra.Command{
		Use:   "erase --author HANDLE|ID",
		Short: "Take all that someone said out of the ledger",
		Long: `Take all that someone said, and who they are, out of the ledger, on each account of the namespace: their items, their person, their
strikes, labels and cases, and their words in what was told to the team. That something was done stays, without whom and without words.
What the network tells again of them is not taken in; new things that they say are. Backups, messages that the team got and CommunityCases
in the cluster are not in the ledger: kubectl get ccase lists these, and kubectl delete removes them.

` + fmt.Sprintf(reachLedger, "ledger erase --author bob.example -n acme --yes"),
		Example: `  tribune ledger erase --author bob.bsky.social -n acme --ledger ledger.db`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			who := strings.TrimPrefix(author, "@")
			if who == "" {
				return usageError{errors.New("say whom to erase: --author HANDLE, or their id on the network")}
			}
			l, err := o.open(cmd)
			if err != nil {
				return err
			}
			defer closeLedger(l, &err)
			held, err := l.HeldOf(cmd.Context(), o.namespace, who)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if held.Items == 0 && held.People == 0 && held.Cases == 0 {
				fmt.Fprintf(out, "the ledger knows nothing of %s in namespace %s\n", terminal.Printable(who), o.namespace)
				return nil
			}
			fmt.Fprintf(out, "%s: %d items, %d accounts of theirs, %d cases go; this cannot be taken back\n", terminal.Printable(who), held.Items, held.People, held.Cases)
			if err := o.agreed(cmd, "Erase?"); err != nil {
				return err
			}
			erased, err := l.EraseAuthor(cmd.Context(), o.namespace, who)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "erased: %d items, %d accounts, %d cases\n", erased.Items, erased.People, erased.Cases)
			return nil
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cmd.Flags().StringVar(&author, "author", "", "handle, or id on the network")
	return cmd
}
