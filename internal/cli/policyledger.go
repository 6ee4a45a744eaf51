package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/backtest"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// openCommunity opens the ledger to look at what people said, or to change what waits. A ledger of another version is left alone: its
// manager brings it up to date.
func openCommunity(cmd *cobra.Command, f *ledgerFlags) (*store.Database, error) {
	r, err := openLedger(cmd, f)
	if err != nil {
		return nil, err
	}
	have, known, err := r.Schema(cmd.Context())
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	if have != known {
		return nil, fmt.Errorf("the ledger has schema %d and this program knows %d: use the tribune of the manager's version", have, known)
	}
	return store.Open(cmd.Context(), f.options())
}

// pageSize is how many items are read of the ledger at once.
const pageSize = 1000

// fromLedger judges what the ledger keeps, the oldest first.
func (b *backtester) fromLedger(cmd *cobra.Command) error {
	return eachKept(cmd, &b.ledger, cmp.Or(b.namespace, b.policy.Namespace), b.since, func(c *backtest.Case) error {
		b.add(*c)
		return nil
	})
}

// eachKept calls f for what people said in a namespace since then, as the ledger keeps it, the oldest first.
func eachKept(cmd *cobra.Command, ledger *ledgerFlags, namespace, since string, f func(c *backtest.Case) error) error {
	from, err := pastInstant(since, time.Now())
	if err != nil {
		return usageError{err}
	}
	l, err := openCommunity(cmd, ledger)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }() // it was only read
	filter := store.ItemFilter{Namespace: namespace, Since: from, Limit: pageSize}
	for {
		items, err := l.Items(cmd.Context(), filter)
		if err != nil {
			return err
		}
		facts, err := l.FactsAbout(cmd.Context(), "", items, store.Reach{}, time.Now())
		if err != nil {
			return err
		}
		for i := range items {
			it := &items[i]
			if it.Ours || it.Gone || it.State == store.ItemRecorded {
				continue
			}
			c := keptCase(it, &facts[i])
			if err := f(&c); err != nil {
				return err
			}
		}
		if len(items) < pageSize {
			return nil
		}
		filter.After = &items[len(items)-1]
	}
}

// keptCase makes a case of what the ledger keeps.
func keptCase(it *store.Item, f *store.Facts) backtest.Case {
	c := backtest.Case{Item: policy.Item{Item: it.Item, Channel: it.Channel, Network: accountNetwork(it.Key.Account)}, At: it.SeenAt, Dated: true}
	c.History.FirstSeen, c.History.NoAutomation = f.FirstSeen, f.NoAutomation
	return c
}

// accountNetwork of an account of the ledger, which is the network and the account's id there.
func accountNetwork(account string) string {
	name, _, _ := strings.Cut(account, "/")
	return name
}
