package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/store"
)

// settler releases or discards what is held.
type settler struct {
	onLedger
	class string
	to    store.ActionState
	// verb and what it is called when it is done.
	verb, done string
}

func newPolicyRelease() *cobra.Command {
	s := &settler{to: store.ActionPending, verb: "release", done: "released"}
	return s.command("Let actions happen that a limit holds",
		`Let actions happen that are held, as there were more of their class in an hour than the policy's limits allow. When none is held any
more, the circuit closes, and new ones are done as before. Look at them first: tribune actions --policy NAME --state Held.`)
}

func newPolicyDiscard() *cobra.Command {
	s := &settler{to: store.ActionDiscarded, verb: "discard", done: "discarded"}
	return s.command("Drop actions that a limit holds",
		`Drop actions that are held, as there were more of their class in an hour than the policy's limits allow: they are never done. When none
is held any more, the circuit closes. Look at them first: tribune actions --policy NAME --state Held.`)
}

// heldClasses are the classes that limits count.
var heldClasses = []string{inbox.ClassHide, inbox.ClassRemove, inbox.ClassReply, inbox.ClassMute, inbox.ClassBlock, inbox.ClassWelcome, inbox.ClassLock}

func (s *settler) command(short, long string) *cobra.Command {
	cmd := &cobra.Command{
		Use: s.verb + " NAME", Short: short,
		Long:    long + "\n\n" + fmt.Sprintf(reachLedger, "policy "+s.verb+" house-rules -n acme --yes"),
		Example: fmt.Sprintf("  tribune policy %[1]s house-rules -n acme --ledger ledger.db\n  tribune policy %[1]s house-rules -n acme --class Hide --ledger-dsn-file dsn --yes", s.verb),
		Args:    one("the CommunityPolicy"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if s.class, err = classNamed(s.class); err != nil {
				return usageError{err}
			}
			l, err := s.open(cmd)
			if err != nil {
				return err
			}
			defer closeLedger(l, &err)
			return s.settle(cmd, l, args[0])
		},
	}
	s.flags(cmd)
	s.decides(cmd)
	cmd.Flags().StringVar(&s.class, "class", "", "only actions of this class: "+strings.Join(heldClasses, ", "))
	return cmd
}

// classNamed gives a class as it is written, in whatever case people write it.
func classNamed(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	for _, c := range heldClasses {
		if strings.EqualFold(c, name) {
			return c, nil
		}
	}
	return "", fmt.Errorf("--class %s: use one of %s", name, strings.Join(heldClasses, ", "))
}

func (s *settler) settle(cmd *cobra.Command, l *store.Database, policy string) error {
	counts, total, err := s.held(cmd.Context(), l, policy)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if total == 0 {
		fmt.Fprintln(out, "nothing is held")
		return nil
	}
	fmt.Fprintf(out, "CommunityPolicy %s holds %s\n", policy, strings.Join(counts, ", "))
	if err := s.agreed(cmd, strings.ToUpper(s.verb[:1])+s.verb[1:]+" them?"); err != nil {
		return err
	}
	n, err := l.Settle(cmd.Context(), s.namespace, policy, s.class, s.to, s.by, s.now())
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d %s\n", n, s.done)
	return nil
}

// held counts what is held by kind.
func (s *settler) held(ctx context.Context, l *store.Database, policy string) (counts []string, total int, err error) {
	all, err := l.Actions(ctx, store.ActionFilter{Namespace: s.namespace, Policy: policy, States: []store.ActionState{store.ActionHeld}})
	if err != nil {
		return nil, 0, err
	}
	by := map[string]int{}
	for i := range all {
		if s.class == "" || all[i].Class == s.class {
			by[all[i].Kind]++
			total++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(by)) {
		counts = append(counts, fmt.Sprintf("%d %s", by[kind], kind))
	}
	return counts, total, nil
}
