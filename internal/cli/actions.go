package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/terminal"
)

var actionStates = []store.ActionState{
	store.ActionPending, store.ActionDoing, store.ActionDone, store.ActionFailed, store.ActionHeld, store.ActionSimulated, store.ActionDiscarded,
	store.ActionUndone, store.ActionUnknown,
}

func newActions() *cobra.Command {
	var o onLedger
	var since string
	var states []string
	var f store.ActionFilter
	cmd := &cobra.Command{
		Use:   "actions",
		Short: "List what policies and people did, would have done, or hold",
		Long: `List the actions of community policies and of people who decided about cases, the newest first: what was done about whom by which rule,
what is held, and, in mode Audit, what would have been done (Simulated).

` + fmt.Sprintf(reachLedger, "actions -n acme"),
		Example: `  tribune actions -n acme --ledger ledger.db --state Held
  tribune actions -n acme --ledger ledger.db --since 24h --policy house-rules --rule insults -o json | jq .item`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if f.Since, err = pastInstant(since, o.now()); err != nil {
				return usageError{err}
			}
			if f.States, err = statesNamed(states); err != nil {
				return usageError{err}
			}
			if f.Limit < 1 {
				return usageError{fmt.Errorf("--limit %d: write how many to list", f.Limit)}
			}
			l, err := o.open(cmd)
			if err != nil {
				return err
			}
			defer closeLedger(l, &err)
			f.Namespace = o.namespace
			found, err := l.Actions(cmd.Context(), f)
			if err != nil {
				return err
			}
			if o.output == "json" {
				return writeActionsJSON(cmd.OutOrStdout(), found)
			}
			if err := writeActions(cmd.OutOrStdout(), found); err != nil {
				return err
			}
			if len(found) == f.Limit {
				fmt.Fprintf(cmd.ErrOrStderr(), "there may be more than these %d: see --limit\n", f.Limit)
			}
			return nil
		},
	}
	o.flags(cmd)
	o.outputs(cmd)
	cmd.Flags().StringVar(&since, "since", "", "decided since then: 2026-11-01, 2026-11-01T09:00:00Z, or 24h or 30d ago")
	cmd.Flags().StringVar(&f.Policy, "policy", "", "of this CommunityPolicy")
	cmd.Flags().StringVar(&f.Rule, "rule", "", "of this rule; strikes and welcome are rules too")
	cmd.Flags().StringVar(&f.Item, "item", "", "about this item, by its id")
	cmd.Flags().Int64Var(&f.Generation, "generation", 0, "of this generation of the policy")
	cmd.Flags().StringSliceVar(&states, "state", nil, "in this state, repeatable: "+joined(actionStates))
	cmd.Flags().IntVar(&f.Limit, "limit", 500, "list no more than these")
	return cmd
}

func joined[T ~string](of []T) string {
	words := make([]string, len(of))
	for i, w := range of {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

func statesNamed(names []string) (out []store.ActionState, err error) {
	for _, name := range names {
		i := slices.IndexFunc(actionStates, func(s store.ActionState) bool { return strings.EqualFold(string(s), name) })
		if i < 0 {
			return nil, fmt.Errorf("--state %s: use %s", name, joined(actionStates))
		}
		out = append(out, actionStates[i])
	}
	return out, nil
}

func writeActions(out io.Writer, actions []store.Action) error {
	w := tabwriter.NewWriter(out, 0, 8, 3, ' ', 0)
	fmt.Fprintln(w, "DECIDED\tSTATE\tACTION\tPOLICY\tRULE\tCHANNEL\tITEM\tBY\tREASON")
	for i := range actions {
		a := &actions[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", writtenAt(a.CreatedAt), a.State, a.Kind, a.Policy, a.Rule, a.Channel,
			cell(a.Item), cell(a.By), cell(a.Reason))
	}
	return w.Flush()
}

// cell is what others wrote, in a table.
func cell(text string) string {
	if text == "" {
		return "-"
	}
	return strings.ReplaceAll(terminal.Printable(text), "\t", " ")
}

// shownAction is an action as it is printed, one a line.
type shownAction struct {
	ID         string            `json:"id"`
	Namespace  string            `json:"namespace"`
	Policy     string            `json:"policy"`
	Generation int64             `json:"generation,omitempty"`
	Rule       string            `json:"rule,omitempty"`
	Account    string            `json:"account"`
	Channel    string            `json:"channel"`
	Item       string            `json:"item"`
	Author     string            `json:"author,omitempty"`
	Action     string            `json:"action"`
	Class      string            `json:"class,omitempty"`
	By         string            `json:"by,omitempty"`
	State      store.ActionState `json:"state"`
	Reason     string            `json:"reason,omitempty"`
	Tries      int64             `json:"tries,omitempty"`
	URL        string            `json:"url,omitempty"`
	CreatedAt  time.Time         `json:"createdAt"`
	DoneAt     *time.Time        `json:"doneAt,omitempty"`
	Payload    json.RawMessage   `json:"payload,omitempty"`
}

func writeActionsJSON(out io.Writer, actions []store.Action) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for i := range actions {
		if err := e.Encode(shownOf(&actions[i])); err != nil {
			return err
		}
	}
	return nil
}

func shownOf(a *store.Action) shownAction {
	s := shownAction{
		ID: a.ID, Namespace: a.Namespace, Policy: a.Policy, Generation: a.Generation, Rule: a.Rule, Account: a.Account, Channel: a.Channel, Item: a.Item,
		Author: a.Author, Action: a.Kind, Class: a.Class, By: a.By, State: a.State, Reason: a.Reason, Tries: a.Tries, URL: a.Ref.URL, CreatedAt: a.CreatedAt,
	}
	if !a.DoneAt.IsZero() {
		s.DoneAt = &a.DoneAt
	}
	if json.Valid([]byte(a.Payload)) && a.Payload != "{}" {
		s.Payload = json.RawMessage(a.Payload)
	}
	return s
}
