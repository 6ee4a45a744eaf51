package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/terminal"
)

func newPersonKey() *cobra.Command {
	var o onLedger
	var limit int
	cmd := &cobra.Command{
		Use:   "key",
		Short: "List the key people that the ledger shows",
		Long: `List those whom a community lives by, as the ledger shows it: they said something in three of the last four weeks, on five days and ten
times at least, and nothing of it was hidden or removed, nor do they have strikes. Who answers others counts for more than who is there as
often. Without the team and bots.

Rules do nothing to them by themselves: what a rule would do is a case for a person, as long as the figures are so. Name those who matter to
you in keyPeople of a CommunityPolicy: then it holds for good, and a team is reminded when nobody spoke with them for long. -o yaml writes the
entries of those whom no policy names yet.

` + fmt.Sprintf(reachLedger, "person key -n acme"),
		Example: `  tribune person key -n acme --ledger ledger.db
  tribune person key -n acme --ledger ledger.db -o yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if limit < 1 {
				return usageError{fmt.Errorf("--limit %d: write how many to list", limit)}
			}
			asYAML := o.output == "yaml"
			if asYAML {
				o.output = "human"
			}
			l, err := o.open(cmd)
			if err != nil {
				return err
			}
			defer closeLedger(l, &err)
			found, err := l.Regulars(cmd.Context(), o.namespace, o.now(), limit)
			if err != nil {
				return err
			}
			shown, err := keyPeopleOf(cmd.Context(), l, o.namespace, found)
			switch {
			case err != nil:
				return err
			case o.output == "json":
				return writeKeyJSON(cmd.OutOrStdout(), shown)
			case asYAML:
				return writeKeyYAML(cmd.OutOrStdout(), shown)
			}
			return writeKeyPeople(cmd.OutOrStdout(), shown)
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVarP(&o.output, "output", "o", "human", "human, json or yaml")
	cmd.Flags().IntVar(&limit, "limit", 20, "list no more than these")
	return cmd
}

// shownKey is someone who matters to the community.
type shownKey struct {
	Handle  string    `json:"handle"`
	ID      string    `json:"id"`
	Account string    `json:"account"`
	Weeks   int64     `json:"weeks"`
	Days    int64     `json:"days"`
	Said    int64     `json:"said"`
	Answers int64     `json:"answers"`
	Last    time.Time `json:"last"`
	// NamedBy is a policy that names them; empty: none does.
	NamedBy string `json:"namedBy,omitempty"`
	// proven is what a policy names them by.
	proven string
}

// keyPeopleOf says which policies name whom the ledger shows.
func keyPeopleOf(ctx context.Context, l *store.Database, namespace string, found []store.Regular) ([]shownKey, error) {
	policies, err := l.Policies(ctx, namespace)
	if err != nil {
		return nil, err
	}
	named := map[string]string{}
	for i := range policies {
		spec := &tribunev1alpha1.CommunityPolicySpec{}
		if err := json.Unmarshal([]byte(policies[i].Spec), spec); err != nil {
			return nil, fmt.Errorf("read CommunityPolicy %s in the ledger: %w", policies[i].Name, err)
		}
		for _, p := range spec.KeyPeople {
			key := keyNamed(string(p.Network), p.Handle)
			named[key] = cmp.Or(named[key], policies[i].Name)
		}
	}
	out := make([]shownKey, len(found))
	for i := range found {
		r := &found[i]
		proven := r.Handle
		if r.SelfNamed {
			proven = r.ID
		}
		out[i] = shownKey{
			proven: proven,
			Handle: r.Handle, ID: r.ID, Account: r.Account, Weeks: r.Weeks, Days: r.Days, Said: r.Said, Answers: r.Answers, Last: r.Last,
			NamedBy: cmp.Or(named[keyNamed(accountNetwork(r.Account), proven)], named[keyNamed("", proven)]),
		}
	}
	return out, nil
}

func keyNamed(network, handle string) string {
	return network + " " + strings.ToLower(strings.TrimPrefix(handle, "@"))
}

func writeKeyJSON(out io.Writer, people []shownKey) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for i := range people {
		if err := e.Encode(people[i]); err != nil {
			return err
		}
	}
	return nil
}

// writeKeyYAML writes entries for a policy.
func writeKeyYAML(out io.Writer, people []shownKey) error {
	type entry struct {
		Handle  string `json:"handle"`
		Network string `json:"network"`
		Note    string `json:"note"`
	}
	entries := []entry{}
	for i := range people {
		if p := &people[i]; p.NamedBy == "" && p.proven != "" {
			entries = append(entries, entry{p.proven, accountNetwork(p.Account), fmt.Sprintf("spoke on %d days of four weeks, answered others %d times", p.Days, p.Answers)})
		}
	}
	text, err := yaml.Marshal(map[string]any{"keyPeople": entries})
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}

func writeKeyPeople(out io.Writer, people []shownKey) error {
	if len(people) == 0 {
		_, err := fmt.Fprintln(out, "nobody yet: it takes three weeks of four, five days, and ten contributions")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 8, 3, ' ', 0)
	fmt.Fprintln(w, "HANDLE\tACCOUNT\tWEEKS\tDAYS\tSAID\tANSWERS\tLAST\tNAMED BY")
	for i := range people {
		p := &people[i]
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n", cell(cmp.Or(p.Handle, p.ID)), cell(p.Account), p.Weeks, p.Days, p.Said, p.Answers, writtenAt(p.Last), cell(p.NamedBy))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, terminal.Printable("What they said: tribune person show HANDLE. Name them in keyPeople: -o yaml writes the entries."))
	return err
}
