package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/terminal"
)

// statsWindow is a time that figures are about.
type statsWindow struct {
	name  string
	since time.Time
	stats store.PolicyStats
}

func newPolicyStats() *cobra.Command {
	var o onLedger
	var since string
	cmd := &cobra.Command{
		Use:   "stats NAME",
		Short: "Show for each rule how often it matched, and how often people agreed",
		Long: `Show what a CommunityPolicy did in the last 24 hours and 7 days, or since a time: for each rule the items that matched, and how often the
people who decided about them agreed with its outcome or overturned it. A rule that is often overturned wants to be narrower.

` + fmt.Sprintf(reachLedger, "policy stats house-rules -n acme"),
		Example: `  tribune policy stats house-rules -n acme --ledger ledger.db
  tribune policy stats house-rules -n acme --ledger-dsn-file dsn --since 30d -o json`,
		Args: one("the CommunityPolicy"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			now := o.now()
			windows := []statsWindow{{name: "24h", since: now.Add(-24 * time.Hour)}, {name: "7d", since: now.AddDate(0, 0, -7)}}
			if since != "" {
				from, err := pastInstant(since, now)
				if err != nil {
					return usageError{err}
				}
				windows = []statsWindow{{name: since, since: from}}
			}
			l, err := o.open(cmd)
			if err != nil {
				return err
			}
			defer closeLedger(l, &err)
			for i := range windows {
				if windows[i].stats, err = l.StatsOf(cmd.Context(), o.namespace, args[0], windows[i].since, now); err != nil {
					return err
				}
			}
			if o.output == "json" {
				return writePolicyStatsJSON(cmd.OutOrStdout(), o.namespace, args[0], windows)
			}
			return writePolicyStats(cmd.OutOrStdout(), args[0], windows)
		},
	}
	o.flags(cmd)
	o.outputs(cmd)
	cmd.Flags().StringVar(&since, "since", "", "figures since then alone: 2026-11-01, 2026-11-01T09:00:00Z, or 720h or 30d ago (default: 24h and 7d)")
	return cmd
}

func writePolicyStats(out io.Writer, name string, windows []statsWindow) error {
	w := &terminal.Writer{W: out}
	for i := range windows {
		s := &windows[i].stats
		w.Printf("CommunityPolicy %s, %s: %d items, %d matched, %d actions\n", terminal.Printable(name), windows[i].name, s.Items, s.Matched, s.Acted)
		table := tabwriter.NewWriter(out, 0, 8, 3, ' ', 0)
		fmt.Fprintln(table, "  RULE\tMATCHED\tAGREED\tOVERTURNED\tPEOPLE AGREE")
		for _, r := range s.Rules {
			fmt.Fprintf(table, "  %s\t%d\t%d\t%d\t%s\n", terminal.Printable(r.Rule), r.Matched, r.Agreed, r.Overturned, share(r))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		w.Printf("\n")
	}
	s := &windows[len(windows)-1].stats
	w.Printf("Now: %d held%s, %d cases and %d questions wait, %d are overdue\n", s.Held, classes(s.HeldClasses), s.Cases, s.Questions, s.Overdue)
	return w.Err
}

func classes(of []string) string {
	if len(of) == 0 {
		return ""
	}
	return " (" + terminal.Printable(strings.Join(of, ", ")) + ")"
}

// share of the decisions by people that agreed with a rule.
func share(r store.RuleStats) string {
	decided := r.Agreed + r.Overturned
	if decided == 0 {
		return "-"
	}
	return fmt.Sprintf("%d %%", (r.Agreed*100+decided/2)/decided)
}

func writePolicyStatsJSON(out io.Writer, namespace, name string, windows []statsWindow) error {
	type rule struct {
		Rule       string `json:"rule"`
		Matched    int64  `json:"matched"`
		Agreed     int64  `json:"agreed"`
		Overturned int64  `json:"overturned"`
	}
	type window struct {
		Window  string    `json:"window"`
		Since   time.Time `json:"since"`
		Items   int64     `json:"items"`
		Matched int64     `json:"matched"`
		Acted   int64     `json:"acted"`
		Rules   []rule    `json:"rules"`
	}
	now := &windows[len(windows)-1].stats
	shown := struct {
		Namespace   string   `json:"namespace"`
		Policy      string   `json:"policy"`
		Windows     []window `json:"windows"`
		Held        int64    `json:"held"`
		HeldClasses []string `json:"heldClasses,omitempty"`
		Cases       int64    `json:"cases"`
		Questions   int64    `json:"questions"`
		Overdue     int64    `json:"overdue"`
	}{Namespace: namespace, Policy: name, Held: now.Held, HeldClasses: now.HeldClasses, Cases: now.Cases, Questions: now.Questions, Overdue: now.Overdue}
	for i := range windows {
		s := &windows[i].stats
		one := window{Window: windows[i].name, Since: windows[i].since.UTC(), Items: s.Items, Matched: s.Matched, Acted: s.Acted, Rules: []rule{}}
		for _, r := range s.Rules {
			one.Rules = append(one.Rules, rule(r))
		}
		shown.Windows = append(shown.Windows, one)
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(shown)
}
