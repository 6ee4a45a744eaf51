package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/terminal"
)

func newItem() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "item",
		Short: "Bring back what someone said, and record that its author agrees to share it",
	}
	cmd.AddCommand(newItemRestore(), newItemConsent())
	return cmd
}

func newItemRestore() *cobra.Command {
	var o onLedger
	var account string
	cmd := &cobra.Command{
		Use:   "restore ID",
		Short: "Take back all that was done about an item",
		Long: `Take back all that was done about one item, by policies and by people: show it again, restore it where the network keeps what was
removed, end the mute or the block that came of it. That it stays is recorded as your decision: no policy acts against it again as long as
its author does not change it, and the rule's figures count it as overturned. ID is the item's, as tribune actions and tribune inbox show it.

` + fmt.Sprintf(reachLedger, "item restore 3lb2 -n acme --yes"),
		Example: `  tribune item restore 3lb2x7 -n acme --ledger ledger.db`,
		Args:    one("the item"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			l, err := o.open(cmd)
			if err != nil {
				return err
			}
			defer closeLedger(l, &err)
			it, err := o.item(cmd.Context(), l, args[0], account)
			if err != nil {
				return err
			}
			return o.restore(cmd, l, it)
		},
	}
	o.flags(cmd)
	o.decides(cmd)
	accountFlag(cmd, &account)
	return cmd
}

func accountFlag(cmd *cobra.Command, account *string) {
	cmd.Flags().StringVar(account, "account", "", "account that it came to, such as Bluesky/did:plc:abc, where several have such an item")
}

// item that somebody named.
func (o *onLedger) item(ctx context.Context, l *store.Database, id, account string) (*store.Item, error) {
	found, err := l.Items(ctx, store.ItemFilter{Namespace: o.namespace, Account: account, ID: id, Limit: 10})
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fmt.Errorf("the ledger knows no item %s in namespace %s: tribune actions -n %[2]s lists items that something was done about", terminal.Printable(id), o.namespace)
	case len(found) > 1:
		accounts := ""
		for i := range found {
			accounts += " " + found[i].Key.Account
		}
		return nil, usageError{fmt.Errorf("several accounts have an item %s: name one with --account:%s", terminal.Printable(id), terminal.Printable(accounts))}
	}
	return &found[0], nil
}

func (o *onLedger) restore(cmd *cobra.Command, l *store.Database, it *store.Item) error {
	fmt.Fprintf(cmd.OutOrStdout(), "%s on %s: %s\n", terminal.Printable(it.Author.Handle), terminal.Printable(it.Channel), quoted(it.Text))
	all, err := l.Actions(cmd.Context(), store.ActionFilter{Namespace: it.Key.Namespace, Account: it.Key.Account, Item: it.Key.ID})
	if err != nil {
		return err
	}
	// What was said and told is not asked for here.
	all = slices.DeleteFunc(all, func(a store.Action) bool {
		return a.Kind == "reply" || a.Kind == "route" || a.Kind == "notify" || a.Kind == "welcome"
	})
	n, err := o.undo(cmd, l, all)
	if err != nil || n == 0 {
		return err
	}
	return l.Human(cmd.Context(), it.Key, string(tribunev1alpha1.OutcomeAllow), o.by)
}
