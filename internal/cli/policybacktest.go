package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/backtest"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/terminal"
)

// backtester judges many items.
type backtester struct {
	policyFlags
	ledger                          ledgerFlags
	items, output, since, namespace string
	examples                        int

	policy *filePolicy
	run    *backtest.Run
	counts *backtest.Counts
	took   time.Duration
	batch  []backtest.Case
}

func newPolicyBacktest() *cobra.Command {
	var b backtester
	cmd := &cobra.Command{
		Use:   "backtest --policy FILE (--items FILE | --ledger FILE)",
		Short: "Count what a policy would have made of many items",
		Long: `Judge many items by a CommunityPolicy in a file, and count: by rule, outcome and action, with examples, and how many items are judged
in a second on one core. It needs no cluster, and nothing is done. Items come from a file, or are those that the ledger keeps.

` + itemsHelp + `

Exit code: 0 done, 1 a line is no item or the policy is wrong, 2 wrong usage.`,
		Example: `  tribune policy backtest --policy policy.yaml --items comments.jsonl
  tribune policy backtest --policy policy.yaml --ledger ledger.db -n acme --since 30d -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := b.check(); err != nil {
				return usageError{err}
			}
			if b.policy, err = b.read(cmd); err != nil {
				return err
			}
			b.run, b.counts = backtest.New(b.policy.compiled), backtest.NewCounts(b.policy.Name, b.policy.Spec, b.examples)
			if b.items == "" {
				err = b.fromLedger(cmd)
			} else {
				err = b.fromFile(cmd)
			}
			if err != nil {
				return err
			}
			b.judge()
			b.counts.Took(b.took)
			if err := b.write(cmd.OutOrStdout()); err != nil {
				return err
			}
			if b.counts.Refused > 0 {
				return exitError{1}
			}
			return nil
		},
	}
	b.policyFlags.add(cmd)
	cmd.Flags().StringVar(&b.items, "items", "", "file with items as lines of JSON, or - for standard input")
	b.ledger.add(cmd.Flags(), "", "SQLite file of the ledger whose items are judged, in the place of --items")
	cmd.Flags().StringVarP(&b.namespace, "namespace", "n", "", "namespace of the ledger's items (default: that of the policy)")
	cmd.Flags().StringVar(&b.since, "since", "30d", "items of the ledger since then: 2026-11-01, 2026-11-01T09:00:00Z, or 720h or 30d ago")
	cmd.Flags().IntVar(&b.examples, "examples", 3, "examples that are shown for each rule")
	cmd.Flags().StringVarP(&b.output, "output", "o", "text", "text or json")
	return cmd
}

func (b *backtester) check() error {
	switch {
	case b.file == "":
		return errors.New("name the policy: --policy FILE")
	case (b.items == "") == !b.ledger.named():
		return errors.New("say which items: --items FILE (- for standard input), or a ledger with --ledger FILE or --ledger-dsn-file FILE")
	case b.file == "-" && b.items == "-":
		return errors.New("both the policy and the items come from standard input: put one of them into a file")
	case b.output != "text" && b.output != "json":
		return fmt.Errorf("-o %s: use text or json", b.output)
	case b.examples < 0 || b.examples > 100:
		return errors.New("--examples: from 0 to 100")
	}
	return nil
}

// began is when this process did.
var began = time.Now()

// together is how many items are judged between two looks at the clock.
const together = 512

func (b *backtester) add(c backtest.Case) {
	b.batch = append(b.batch, c)
	if len(b.batch) == together {
		b.judge()
	}
}

func (b *backtester) judge() {
	decisions := make([]policy.Decision, len(b.batch))
	before := processorTime()
	for i := range b.batch {
		decisions[i] = b.run.Judge(&b.batch[i])
	}
	b.took += processorTime() - before
	for i := range b.batch {
		b.counts.Add(&b.batch[i], &decisions[i])
	}
	b.batch = b.batch[:0]
}

func (b *backtester) fromFile(cmd *cobra.Command) error {
	in, done, err := itemsFrom(cmd, b.items, "")
	if err != nil {
		return err
	}
	defer done()
	now := time.Now()
	b.counts.Refused, err = eachItem(cmd, b.items, in, func(g *backtest.Given, line int) error {
		c := g.Case(b.policy.Spec, now)
		c.Line = line
		b.add(c)
		return nil
	})
	return err
}

func (b *backtester) write(out io.Writer) error {
	if b.output == "json" {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(b.counts)
	}
	c := b.counts
	w := &terminal.Writer{W: out}
	w.Printf("CommunityPolicy %s: %s items", terminal.Printable(c.Policy), humanize.Comma(int64(c.Items)))
	if c.Items > 0 {
		w.Printf(", judged in %.3g s: %s a second", c.Seconds, humanize.Comma(int64(c.ItemsPerSecond)))
	}
	w.Printf("\n")
	if c.Refused > 0 {
		w.Printf("%d lines are no items\n", c.Refused)
	}
	table := tabwriter.NewWriter(out, 0, 8, 3, ' ', 0)
	fmt.Fprintln(table, "\nOUTCOME\tITEMS")
	for _, o := range slices.Sorted(maps.Keys(c.Outcomes)) {
		fmt.Fprintf(table, "%s\t%d\n", o, c.Outcomes[o])
	}
	fmt.Fprintln(table, "\nRULE\tMATCHED\tDECIDED")
	for _, r := range c.ByCount() {
		fmt.Fprintf(table, "%s\t%d\t%d\n", r.Rule, r.Matched, r.Decided)
	}
	if len(c.Actions) > 0 {
		fmt.Fprintln(table, "\nACTION\tTIMES")
		for _, a := range slices.Sorted(maps.Keys(c.Actions)) {
			fmt.Fprintf(table, "%s\t%d\n", a, c.Actions[a])
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, r := range c.ByCount() {
		for i, e := range r.Examples {
			if i == 0 {
				w.Printf("\n%s\n", r.Rule)
			}
			w.Printf("  %s\n", terminal.Printable(e.Author+": ")+quoted(e.Text))
		}
	}
	if c.Questions > 0 {
		w.Printf("\n%d ask something, and wait for an answer\n", c.Questions)
	}
	if c.Unasked > 0 {
		w.Printf("\n%d need a classifier, which is not asked here\n", c.Unasked)
	}
	return w.Err
}
