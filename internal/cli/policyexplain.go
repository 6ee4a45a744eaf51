package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/backtest"
	"github.com/tribune-dev/tribune/internal/terminal"
)

// itemsHelp says how items are written.
const itemsHelp = `Items are lines of JSON with the fields of a policy's tests; all but text may be left out:

  {"kind": "Comment", "text": "Hi!", "language": "en", "channel": "town-square", "links": [], "media": 0, "reports": 0,
   "parent": {"ours": true},
   "author": {"handle": "bob", "accountAge": "24h", "knownFor": "720h", "followers": 3, "isFollower": true, "roles": ["Member"], "strikes": 0}}

author.createdAt may stand for accountAge. With createdAt, an item is judged at that time, and rules that count over time (rate,
duplicate, thread, strikes) see the items before it; without, each item is judged by itself. id, post, network and mentions are taken too.`

func newPolicyExplain() *cobra.Command {
	var f policyFlags
	var kept keptItems
	var items, text, output string
	cmd := &cobra.Command{
		Use:   "explain --policy FILE (--items FILE | --text TEXT | --ledger FILE)",
		Short: "Say what a policy makes of items, and why: rule, view and words",
		Long: `Say what a CommunityPolicy in a file makes of items: which outcome, by which rules, what follows, and for each match the view of the
text and the span in which it was found, in bytes. It needs no cluster, and nothing is done.

` + itemsHelp + `

With --ledger, or --ledger-dsn-file, the items are those that the ledger keeps, --since then, and only the one named by --item is explained; all are
judged in their order, so that rules that count over time see what was said before.

With -o json one object a line is written for each item. A line that is no item is named on standard error, and the others go on.

Exit code: 0 done, 1 a line is no item or the policy is wrong, 2 wrong usage.`,
		Example: `  tribune policy explain --policy policy.yaml --text "you n1twit"
  tribune policy explain --policy policy.yaml --items comments.jsonl -o json | jq 'select(.outcome != "Allow")'
  tribune policy explain --policy policy.yaml --ledger ledger.db -n acme --item 3lb2x7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case f.file == "":
				return usageError{errors.New("name the policy: --policy FILE")}
			case !oneOf(items != "", cmd.Flags().Changed("text"), kept.ledger.named()):
				return usageError{errors.New("say what to explain: --items FILE (- for standard input), --text TEXT, or a ledger with --ledger FILE or --ledger-dsn-file FILE")}
			case kept.item != "" && !kept.ledger.named():
				return usageError{errors.New("--item names one of a ledger: give --ledger FILE or --ledger-dsn-file FILE")}
			case f.file == "-" && items == "-":
				return usageError{errors.New("both the policy and the items come from standard input: put one of them into a file")}
			case output != "text" && output != "json":
				return usageError{fmt.Errorf("-o %s: use text or json", output)}
			}
			p, err := f.read(cmd)
			if err != nil {
				return err
			}
			if kept.ledger.named() {
				return kept.explain(cmd, p, output)
			}
			in, done, err := itemsFrom(cmd, items, text)
			if err != nil {
				return err
			}
			defer done()
			return explainItems(cmd, p, items, in, output)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&items, "items", "", "file with items as lines of JSON, or - for standard input")
	cmd.Flags().StringVar(&text, "text", "", "text of a single comment, in the place of --items")
	kept.flags(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

// oneOf is true if exactly one is.
func oneOf(all ...bool) bool {
	n := 0
	for _, is := range all {
		if is {
			n++
		}
	}
	return n == 1
}

// keptItems are items that the ledger keeps.
type keptItems struct {
	ledger                 ledgerFlags
	namespace, since, item string
}

func (k *keptItems) flags(cmd *cobra.Command) {
	k.ledger.add(cmd.Flags(), "", "SQLite file of the ledger whose items are explained, in the place of --items")
	cmd.Flags().StringVarP(&k.namespace, "namespace", "n", "", "namespace of the ledger's items (default: that of the policy)")
	cmd.Flags().StringVar(&k.since, "since", "30d", "items of the ledger since then: 2026-11-01, 2026-11-01T09:00:00Z, or 720h or 30d ago")
	cmd.Flags().StringVar(&k.item, "item", "", "explain this item of the ledger alone, by its id")
}

// explain what the ledger keeps.
func (k *keptItems) explain(cmd *cobra.Command, p *filePolicy, output string) error {
	run, found := backtest.New(p.compiled), false
	write := explanations(cmd.OutOrStdout(), output)
	err := eachKept(cmd, &k.ledger, cmp.Or(k.namespace, p.Namespace), k.since, func(c *backtest.Case) error {
		d := run.Judge(c)
		if k.item != "" && c.Item.ID != k.item {
			return nil
		}
		found = true
		e := backtest.Explain(c, &d)
		return write(&e)
	})
	if err == nil && k.item != "" && !found {
		return fmt.Errorf("the ledger knows no item %s of others in namespace %s since %s that is judged: see --since and -n", terminal.Printable(k.item), cmp.Or(k.namespace, p.Namespace), k.since)
	}
	return err
}

// explanations writes one after the other.
func explanations(out io.Writer, output string) func(e *backtest.Explanation) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return func(e *backtest.Explanation) error {
		if output == "json" {
			return encoder.Encode(e)
		}
		return writeExplanation(out, e)
	}
}

// itemsFrom opens a file of items, or makes one of a text.
func itemsFrom(cmd *cobra.Command, file, text string) (io.Reader, func(), error) {
	switch file {
	case "":
		line, err := json.Marshal(backtest.Given{Text: text})
		return strings.NewReader(string(line)), func() {}, err
	case "-":
		return cmd.InOrStdin(), func() {}, nil
	}
	in, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	return in, func() { _ = in.Close() }, nil // it was only read
}

// eachItem calls f for every item, and tells of lines that are none.
func eachItem(cmd *cobra.Command, name string, in io.Reader, f func(g *backtest.Given, line int) error) (refused int, err error) {
	r := backtest.NewReader(in)
	if name == "-" {
		name = "standard input"
	}
	for {
		g, line, err := r.Next()
		var bad *backtest.LineError
		switch {
		case errors.Is(err, io.EOF):
			for _, field := range slices.Sorted(maps.Keys(r.Passed)) {
				fmt.Fprintln(cmd.ErrOrStderr(), terminal.Printable(fmt.Sprintf("%s:%d: the field %s is not known and was passed over", name, r.Passed[field], field)))
			}
			return refused, nil
		case errors.As(err, &bad):
			refused++
			fmt.Fprintln(cmd.ErrOrStderr(), terminal.Printable(fmt.Sprintf("%s:%d: %v", name, bad.Line, bad.Err)))
			continue
		case err != nil:
			return refused, err
		}
		if err := f(g, line); err != nil {
			return refused, err
		}
	}
}

func explainItems(cmd *cobra.Command, p *filePolicy, name string, in io.Reader, output string) error {
	run, now := backtest.New(p.compiled), time.Now()
	write := explanations(cmd.OutOrStdout(), output)
	refused, err := eachItem(cmd, name, in, func(g *backtest.Given, line int) error {
		c := g.Case(p.Spec, now)
		if name != "" {
			c.Line = line
		}
		d := run.Judge(&c)
		e := backtest.Explain(&c, &d)
		return write(&e)
	})
	if err == nil && refused > 0 {
		return exitError{1}
	}
	return err
}

func writeExplanation(out io.Writer, e *backtest.Explanation) error {
	w := &terminal.Writer{W: out}
	if e.Line > 0 {
		w.Printf("%d: ", e.Line)
	}
	w.Printf("%s", e.Outcome)
	if e.By != "" {
		w.Printf(" by rule %s", e.By)
	}
	w.Printf("  %s\n", quoted(e.Text))
	for _, m := range e.Matches {
		w.Printf("  rule %s%s\n", terminal.Printable(m.Rule), terminal.Printable(why(&m)))
	}
	if len(e.Actions) > 0 {
		w.Printf("  then %s\n", strings.Join(e.Actions, ", "))
	}
	for _, later := range e.Later {
		w.Printf("  later %s\n", later)
	}
	if e.Question {
		w.Printf("  it asks something, and waits for an answer\n")
	}
	for _, s := range e.Skipped {
		w.Printf("  left out: %s\n", terminal.Printable(strings.TrimSpace(s.Action+" of rule "+s.Rule+": "+s.Reason)))
	}
	for _, url := range e.Classifiers {
		w.Printf("  not asked: the classifier %s\n", terminal.Printable(url))
	}
	for _, p := range e.Problems {
		w.Printf("  problem: %s\n", terminal.Printable(p))
	}
	return w.Err
}

// why says what was found where.
func why(m *backtest.Match) string {
	var b strings.Builder
	if m.Criterion != "" {
		b.WriteString(": " + m.Criterion)
	}
	if m.Span != nil {
		fmt.Fprintf(&b, " %s at %d-%d", quoted(m.Span.Text), m.Span.Start, m.Span.End)
	}
	if m.Pattern != "" && (m.Span == nil || m.Pattern != m.Span.Text) {
		b.WriteString(" is " + quoted(m.Pattern))
	}
	if m.View != "" {
		b.WriteString(" in the view " + m.View)
	}
	if m.List != "" {
		b.WriteString(" of list " + m.List)
	}
	if m.Detail != "" {
		b.WriteString(" " + m.Detail)
	}
	return b.String()
}

// maxQuoted is the most of a text that is shown, in bytes.
const maxQuoted = 200

// quoted shows a text of others in one line, with what is not seen made visible.
func quoted(text string) string {
	if len(text) > maxQuoted {
		text = strings.ToValidUTF8(text[:maxQuoted], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}
