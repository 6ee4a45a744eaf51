package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/terminal"
)

func newPerson() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "person",
		Short: "Show what is known of someone, and who matters to the community",
	}
	cmd.AddCommand(newPersonShow(), newPersonKey())
	return cmd
}

func newPersonShow() *cobra.Command {
	var o onLedger
	var limit int
	cmd := &cobra.Command{
		Use:   "show HANDLE|ID",
		Short: "Show what the ledger knows of someone",
		Long: `Show what the ledger knows of someone, on each account of the namespace: since when, what they said, their strikes, what was done about
it, and which cases it made. tribune ledger erase --author takes all of it out.

` + fmt.Sprintf(reachLedger, "person show bob.example -n acme"),
		Example: `  tribune person show bob.bsky.social -n acme --ledger ledger.db`,
		Args:    one("someone by handle or id"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if limit < 1 {
				return usageError{fmt.Errorf("--limit %d: write how many of each to show", limit)}
			}
			l, err := o.open(cmd)
			if err != nil {
				return err
			}
			defer closeLedger(l, &err)
			who := strings.TrimPrefix(args[0], "@")
			people, err := l.People(cmd.Context(), o.namespace, who)
			if err != nil {
				return err
			}
			if len(people) == 0 {
				return fmt.Errorf("the ledger knows nobody by the handle or id %s in namespace %s", terminal.Printable(who), o.namespace)
			}
			shown := make([]shownPerson, len(people))
			for i := range people {
				if shown[i], err = personOf(cmd.Context(), l, &people[i], limit); err != nil {
					return err
				}
			}
			if o.output == "json" {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetIndent("", "  ")
				e.SetEscapeHTML(false)
				return e.Encode(shown)
			}
			return writePeople(cmd.OutOrStdout(), shown)
		},
	}
	o.flags(cmd)
	o.outputs(cmd)
	cmd.Flags().IntVar(&limit, "limit", 20, "show no more than these of each: items, strikes, actions, cases")
	return cmd
}

// shownPerson is someone on one account.
type shownPerson struct {
	Account      string        `json:"account"`
	ID           string        `json:"id"`
	Handle       string        `json:"handle"`
	DisplayName  string        `json:"displayName,omitempty"`
	URL          string        `json:"url,omitempty"`
	AccountSince *time.Time    `json:"accountSince,omitempty"`
	FirstSeen    time.Time     `json:"firstSeen"`
	LastSeen     time.Time     `json:"lastSeen"`
	Followers    *int64        `json:"followers,omitempty"`
	IsFollower   *bool         `json:"isFollower,omitempty"`
	IsMember     *bool         `json:"isMember,omitempty"`
	Roles        []string      `json:"roles,omitempty"`
	NoAutomation bool          `json:"noAutomation,omitempty"`
	Items        []shownItem   `json:"items"`
	Strikes      []shownStrike `json:"strikes"`
	Actions      []shownAction `json:"actions"`
	Cases        []shownCase   `json:"cases"`
}

type shownItem struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Channel string    `json:"channel"`
	Text    string    `json:"text"`
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome,omitempty"`
	Rule    string    `json:"rule,omitempty"`
	Human   string    `json:"human,omitempty"`
	URL     string    `json:"url,omitempty"`
}

type shownStrike struct {
	Policy string    `json:"policy"`
	Rule   string    `json:"rule"`
	Weight int       `json:"weight"`
	Item   string    `json:"item"`
	At     time.Time `json:"at"`
}

type shownCase struct {
	Name     string          `json:"name"`
	Kind     string          `json:"kind"`
	Item     string          `json:"item"`
	State    store.CaseState `json:"state"`
	Decision string          `json:"decision,omitempty"`
	By       string          `json:"by,omitempty"`
	At       time.Time       `json:"at"`
}

// personOf gathers what is known of someone.
func personOf(ctx context.Context, l *store.Database, k *store.Known, limit int) (shownPerson, error) {
	s := shownPerson{
		Account: k.Account, ID: k.ID, Handle: k.Handle, DisplayName: k.DisplayName, URL: k.URL, FirstSeen: k.FirstSeen, LastSeen: k.LastSeen, Followers: k.Followers,
		IsFollower: k.IsFollower, IsMember: k.IsMember, NoAutomation: k.NoAutomation, Items: []shownItem{}, Strikes: []shownStrike{}, Actions: []shownAction{}, Cases: []shownCase{},
	}
	if !k.CreatedAt.IsZero() {
		s.AccountSince = &k.CreatedAt
	}
	for role, has := range map[string]bool{"Team": k.IsTeam, "Moderator": k.IsModerator, "Bot": k.Bot} {
		if has {
			s.Roles = append(s.Roles, role)
		}
	}
	items, err := l.Items(ctx, store.ItemFilter{Namespace: k.Namespace, Account: k.Account, Author: k.ID, Newest: true, Limit: limit})
	if err != nil {
		return s, err
	}
	for i := range items {
		it := &items[i]
		s.Items = append(s.Items, shownItem{it.ID, string(it.Kind), it.Channel, it.Text, it.SeenAt, it.Outcome, it.Rule, it.Human, it.Ref.URL})
	}
	strikes, err := l.StrikesOf(ctx, k.Namespace, k.Account, k.ID, limit)
	if err != nil {
		return s, err
	}
	for _, one := range strikes {
		s.Strikes = append(s.Strikes, shownStrike{one.Policy, one.Rule, one.Weight, one.Item, one.At})
	}
	actions, err := l.Actions(ctx, store.ActionFilter{Namespace: k.Namespace, Account: k.Account, Author: k.ID, Limit: limit})
	if err != nil {
		return s, err
	}
	for i := range actions {
		s.Actions = append(s.Actions, shownOf(&actions[i]))
	}
	cases, err := l.CasesOf(ctx, k.Namespace, k.Account, k.ID, limit)
	if err != nil {
		return s, err
	}
	for i := range cases {
		c := &cases[i]
		s.Cases = append(s.Cases, shownCase{c.Name, c.Kind, c.Item, c.State, c.Decision, c.DecidedBy, c.CreatedAt})
	}
	return s, nil
}

func writePeople(out io.Writer, people []shownPerson) error {
	w := &terminal.Writer{W: out}
	for i := range people {
		p := &people[i]
		if i > 0 {
			w.Printf("\n")
		}
		w.Printf("%s (%s) on %s\n", terminal.Printable(p.Handle), terminal.Printable(p.ID), terminal.Printable(p.Account))
		w.Printf("  known since %s, last heard of %s\n", writtenAt(p.FirstSeen), writtenAt(p.LastSeen))
		if p.AccountSince != nil {
			w.Printf("  their account is of %s\n", writtenAt(*p.AccountSince))
		}
		if len(p.Roles) > 0 {
			w.Printf("  roles: %s\n", strings.Join(p.Roles, ", "))
		}
		if p.NoAutomation {
			w.Printf("  asked for no automation\n")
		}
		w.Printf("  items: %d shown\n", len(p.Items))
		for _, it := range p.Items {
			w.Printf("    %s %s %s%s %s\n", writtenAt(it.At), terminal.Printable(it.ID), it.Kind, terminal.Printable(decidedAs(&it)), quoted(it.Text))
		}
		w.Printf("  strikes: %d shown\n", len(p.Strikes))
		for _, s := range p.Strikes {
			w.Printf("    %s %s, rule %s: %d for %s\n", writtenAt(s.At), s.Policy, s.Rule, s.Weight, terminal.Printable(s.Item))
		}
		w.Printf("  actions: %d shown\n", len(p.Actions))
		for _, a := range p.Actions {
			w.Printf("    %s %s %s, %s, rule %s for %s\n", writtenAt(a.CreatedAt), a.Action, a.State, a.Policy, a.Rule, terminal.Printable(a.Item))
		}
		w.Printf("  cases: %d shown\n", len(p.Cases))
		for _, c := range p.Cases {
			w.Printf("    %s %s %s %s %s\n", writtenAt(c.At), c.Name, c.Kind, c.State, terminal.Printable(strings.TrimSpace(c.Decision+" "+c.By)))
		}
	}
	return w.Err
}

func decidedAs(it *shownItem) string {
	switch {
	case it.Human != "":
		return " " + it.Human + " by a person"
	case it.Outcome != "" && it.Rule != "":
		return " " + it.Outcome + " by " + it.Rule
	}
	return ""
}
