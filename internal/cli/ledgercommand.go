package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/store"
)

// reachLedger says how commands that work on the ledger find it.
const reachLedger = `The ledger is named by --ledger FILE, or --ledger-dsn-file FILE for PostgreSQL. tribune up --data-dir DIR keeps it in DIR/ledger.db. In a
cluster it is on the manager's volume: run the command in the manager's pod, or anywhere with the file that holds the DSN:

  kubectl exec -n tribune-system deploy/tribune-manager -- tribune %s --ledger /var/lib/tribune/ledger.db

The manager may run meanwhile, and carries out what is added within seconds.`

// onLedger is a command that works on the ledger, in one namespace.
type onLedger struct {
	ledgerFlags
	namespace, by, output string
	yes                   bool
	now                   func() time.Time
}

// flags that all of them have.
func (o *onLedger) flags(cmd *cobra.Command) {
	o.now = time.Now
	o.add(cmd.Flags(), "", "SQLite file of the ledger")
	cmd.Flags().StringVarP(&o.namespace, "namespace", "n", "default", "namespace")
}

// outputs is the flag of those that show something.
func (o *onLedger) outputs(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.output, "output", "o", "human", "human or json")
}

// decides are the flags of those that change something.
func (o *onLedger) decides(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cmd.Flags().StringVar(&o.by, "by", "", "who decides, as the ledger records it (default: the user of this machine)")
}

// open the ledger. Who calls closes it.
func (o *onLedger) open(cmd *cobra.Command) (*store.Database, error) {
	if o.output != "" && o.output != "human" && o.output != "json" {
		return nil, usageError{fmt.Errorf("--output %s: use human or json", o.output)}
	}
	if o.by == "" {
		o.by = me()
	}
	return openCommunity(cmd, &o.ledgerFlags)
}

// me is the user of this machine.
func me() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return cmp.Or(os.Getenv("USER"), "someone")
}

// agreed asks, unless the flags say that nobody is to be asked.
func (o *onLedger) agreed(cmd *cobra.Command, question string) error {
	if o.yes {
		return nil
	}
	return ask(bufio.NewReader(cmd.InOrStdin()), cmd.OutOrStdout(), question)
}

// closeLedger ends a command on a ledger that was written.
func closeLedger(l io.Closer, err *error) { *err = errors.Join(*err, l.Close()) }

// one takes the name that a command is about.
func one(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return usageError{fmt.Errorf("name %s, and one only", what)}
		}
		return nil
	}
}
