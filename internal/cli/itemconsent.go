package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/terminal"
)

// maxHow is how long it may be said how somebody agreed, in characters.
const maxHow = 500

func newItemConsent() *cobra.Command {
	var o onLedger
	var account, how string
	var end bool
	cmd := &cobra.Command{
		Use:   "consent ID --how HOW",
		Short: "Record that its author agreed elsewhere to share an item, or does not any more",
		Long: `Record that the author of an item agreed to share it where no network shows it: by mail, on the telephone, on paper. The ledger keeps
who recorded it, when, and --how it was given. It is a consent to the words as they are now, and ends as one that its author gives in answer to
our question does: when they change or delete what they said, say no to the question, are erased, or a person hides or removes it; and with
--end, when they take it back elsewhere.

What they were asked about because somebody decided Share is shared then. Calendars that quote what people made find it within a quarter
of an hour. Who agreed already is asked no more. Keep what proves it: the ledger keeps your word for it.

` + fmt.Sprintf(reachLedger, `item consent 3lb2 --how "by mail of 20 November" -n acme --yes`),
		Example: `  tribune item consent 3lb2x7 --how "by mail of 20 November, to maria" -n acme --ledger ledger.db
  tribune item consent 3lb2x7 --end -n acme --ledger ledger.db`,
		Args: one("the item"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := checkHow(how, end); err != nil {
				return usageError{err}
			}
			l, err := o.open(cmd)
			if err != nil {
				return err
			}
			defer closeLedger(l, &err)
			it, err := o.item(cmd.Context(), l, args[0], account)
			if err != nil {
				return err
			}
			if end {
				return o.endConsent(cmd, l, it)
			}
			return o.consent(cmd, l, it, strings.TrimSpace(how))
		},
	}
	o.flags(cmd)
	o.decides(cmd)
	accountFlag(cmd, &account)
	cmd.Flags().StringVar(&how, "how", "", "how they agreed, for whoever asks later, such as \"by mail of 20 November\"")
	cmd.Flags().BoolVar(&end, "end", false, "they took it back")
	return cmd
}

func checkHow(how string, end bool) error {
	switch {
	case end && how != "":
		return errors.New("--how says how somebody agreed: leave it out with --end")
	case end:
		return nil
	case strings.TrimSpace(how) == "":
		return errors.New("--how is needed: how they agreed, such as \"by mail of 20 November\"")
	case utf8.RuneCountInString(how) > maxHow:
		return fmt.Errorf("--how has %d characters: at most %d", utf8.RuneCountInString(how), maxHow)
	case !utf8.ValidString(how) || strings.ContainsFunc(how, unicode.IsControl):
		return errors.New("--how is one line of text")
	}
	return nil
}

// shareable says why nothing of an item can be shared, whoever agrees.
func shareable(it *store.Item) error {
	hidden := string(tribunev1alpha1.OutcomeHide)
	removed := string(tribunev1alpha1.OutcomeRemove)
	switch {
	case it.Ours:
		return errors.New("it is our own: nobody needs to agree")
	case it.Gone:
		return errors.New("its author took it back, or was erased: it is not shared")
	case it.Author.ID == "":
		return errors.New("nobody knows any more who said it: it is not shared")
	case it.Hidden, it.Removed, it.Human == hidden, it.Human == removed, it.Human == "" && (it.Outcome == hidden || it.Outcome == removed):
		return errors.New("it is hidden or removed, and not shared as long as it is: tribune item restore brings it back")
	}
	return nil
}

func (o *onLedger) consent(cmd *cobra.Command, l *store.Database, it *store.Item, how string) error {
	ctx, w := cmd.Context(), &terminal.Writer{W: cmd.OutOrStdout()}
	w.Printf("%s on %s: %s\n", terminal.Printable(it.Author.Handle), terminal.Printable(it.Channel), quoted(it.Text))
	if err := errors.Join(w.Err, shareable(it)); err != nil {
		return err
	}
	before, known, err := l.ConsentTo(ctx, it.Key)
	if err != nil {
		return err
	}
	if known && before.EndedAt.IsZero() && before.Words == store.WordsOf(it.Text) {
		w.Printf("%s\n", agreedAlready(&before))
		return w.Err
	}
	c := store.Consent{Key: it.Key, Policy: it.Policy, Rule: it.Rule, Words: store.WordsOf(it.Text), By: o.by, How: how, GivenAt: o.now()}
	shares, err := question(ctx, l, it, &c)
	if err != nil {
		return err
	}
	if err := o.agreed(cmd, fmt.Sprintf("Record that %s agreed to share this, %s?", terminal.Printable(it.Author.Handle), terminal.Printable(how))); err != nil {
		return err
	}
	if err := l.Consent(ctx, c); err != nil {
		return err
	}
	if shares == nil {
		w.Printf("recorded; it may be quoted by calendars, and shared when somebody decides Share about its case\n")
		return w.Err
	}
	share, ok, err := inbox.Agreed(shares, o.now())
	if err != nil || !ok {
		return err
	}
	if err := l.Add(ctx, []store.Action{share}); err != nil {
		return err
	}
	w.Printf("recorded; it is shared by the manager, as was decided\n")
	return w.Err
}

func agreedAlready(c *store.Consent) string {
	if c.By != "" {
		return fmt.Sprintf("they agreed already, %s, as %s recorded at %s", terminal.Printable(c.How), terminal.Printable(c.By), writtenAt(c.GivenAt))
	}
	return "they agreed already in answer to our question, at " + writtenAt(c.GivenAt)
}

// question finds what brought an item up, and the question by which its author was asked, if what was asked about is shared by a Post of its own.
func question(ctx context.Context, l *store.Database, it *store.Item, c *store.Consent) (*store.Action, error) {
	key := it.Key
	cases, err := l.Cases(ctx, store.CaseFilter{Namespace: key.Namespace, Account: key.Account, Item: key.ID, Kind: string(tribunev1alpha1.CaseCuration)})
	if err != nil {
		return nil, err
	}
	if len(cases) > 0 {
		c.Policy, c.Rule = cases[0].Policy, cases[0].Rule
	}
	actions, err := l.Actions(ctx, store.ActionFilter{Namespace: key.Namespace, Account: key.Account, Item: key.ID})
	if err != nil {
		return nil, err
	}
	for i := range actions {
		p, err := inbox.PayloadOf(&actions[i])
		if err != nil || !p.Consent {
			continue // what cannot be read asked nothing
		}
		if c.Asked, c.Policy, c.Rule = actions[i].ID, actions[i].Policy, actions[i].Rule; p.Share != nil {
			return &actions[i], nil
		}
	}
	return nil, nil
}

func (o *onLedger) endConsent(cmd *cobra.Command, l *store.Database, it *store.Item) error {
	w := &terminal.Writer{W: cmd.OutOrStdout()}
	w.Printf("%s on %s: %s\n", terminal.Printable(it.Author.Handle), terminal.Printable(it.Channel), quoted(it.Text))
	if w.Err != nil {
		return w.Err
	}
	if err := o.agreed(cmd, fmt.Sprintf("Record that %s does not agree any more?", terminal.Printable(it.Author.Handle))); err != nil {
		return err
	}
	ended, err := l.EndConsent(cmd.Context(), it.Key, o.now())
	if err != nil {
		return err
	}
	if !ended {
		return errors.New("there is no consent to end: nothing of it is shared")
	}
	w.Printf("recorded; Posts that wait and quote it are withdrawn within a quarter of an hour. What is out is out: tribune post unpublish\n")
	return w.Err
}
