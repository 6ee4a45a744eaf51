package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/terminal"
)

func newLedgerErase() *cobra.Command {
	var o onLedger
	var author, network string
	cmd := &cobra.Command{
		Use:   "erase --author HANDLE|ID",
		Short: "Take all that someone said out of the ledger",
		Long: `Take all that someone said, and who they are, out of the ledger, on each account of the namespace: their items, their person, their
strikes, labels and cases, and what the team was told or waits to be told of them. That something was done stays, without whom and without
words. Where others or we called them, their name becomes [erased]; the words of others are their own and stay.

CommunityCases in the cluster that show something of theirs are removed by the manager: at once while it runs, else when it is started.

What the network tells again of them is not taken in; new things that they say are. Backups, messages that the team got already, and what
the team wrote itself (manifests, reasons of a Crisis) are not reached.

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
			whom := store.Author{Namespace: o.namespace, Network: network, Who: who}
			held, err := l.HeldOf(cmd.Context(), whom)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if held.Items == 0 && held.People == 0 && held.Cases == 0 {
				where := "in namespace " + o.namespace
				if network != "" {
					where += " on " + terminal.Printable(network)
				}
				fmt.Fprintf(out, "the ledger knows nothing of %s %s\n", terminal.Printable(who), where)
				return nil
			}
			fmt.Fprintf(out, "%s: %d items, %d accounts of theirs, %d cases go; this cannot be taken back\n", terminal.Printable(who), held.Items, held.People, held.Cases)
			if err := o.agreed(cmd, "Erase?"); err != nil {
				return err
			}
			erased, err := l.EraseAuthor(cmd.Context(), whom)
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
	cmd.Flags().StringVar(&network, "network", "", "on this network only, such as Bluesky (default: on all)")
	return cmd
}
