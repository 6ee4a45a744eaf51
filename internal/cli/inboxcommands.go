package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

func newInboxReply() *cobra.Command {
	d := &caseDesk{}
	var file string
	cmd := &cobra.Command{
		Use: "reply CASE TEXT", Short: "Answer in public, once",
		Long: `Answer what somebody said. The answer is shown as the channel's network will get it, with its length and the limit, and then
you are asked. It goes out once, whatever is killed, and stands under what it answers.

Give the text after the case, in a file with --file, or on standard input with --file -.`,
		Example: `  tribune inbox reply house-rules-5f2c91 "Turn the key twice."
  tribune inbox reply house-rules-5f2c91 --file answer.txt --yes`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usageError{errors.New("name a case: tribune inbox lists them")}
			case len(args) == 1 && file == "":
				return usageError{errors.New("write the answer after the case, or name a file with --file")}
			case len(args) > 1 && file != "":
				return usageError{errors.New("give the text or --file, not both")}
			case len(args) > 2:
				return usageError{errors.New("put the text between quotes")}
			}
			return caseName(args[0])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			text := ""
			if len(args) > 1 {
				text = args[1]
			}
			text, err := d.words(cmd, text, file)
			if err != nil {
				return err
			}
			return d.run(cmd, args[0], &caseDecision{decision: tribunev1alpha1.DecisionReply, text: text, question: "Answer with this?"})
		},
	}
	d.flags(cmd, true)
	cmd.Flags().StringVar(&file, "file", "", "file with the answer; - for standard input")
	return cmd
}

// run decides about one case.
func (d *caseDesk) run(cmd *cobra.Command, name string, what *caseDecision) error {
	namespace, err := d.connected(cmd)
	if err != nil {
		return err
	}
	what.note = d.note
	return d.finish(name, d.decide(cmd.Context(), types.NamespacedName{Namespace: namespace, Name: name}, what))
}

// caseDecisions that tribune inbox decide takes.
var caseDecisions = []tribunev1alpha1.CaseDecision{tribunev1alpha1.DecisionAllow, tribunev1alpha1.DecisionHide, tribunev1alpha1.DecisionRemove, tribunev1alpha1.DecisionWarn,
	tribunev1alpha1.DecisionMute, tribunev1alpha1.DecisionBlock, tribunev1alpha1.DecisionReply, tribunev1alpha1.DecisionRoute, tribunev1alpha1.DecisionShare,
	tribunev1alpha1.DecisionResolve, tribunev1alpha1.DecisionSnooze}

func decisionNames() string {
	names := make([]string, len(caseDecisions))
	for i, c := range caseDecisions {
		names[i] = string(c)
	}
	return strings.Join(names, ", ")
}

// decideFlags are what some decisions need.
type decideFlags struct{ text, file, muteFor, to, until string }

func newInboxDecide() *cobra.Command {
	d, f := &caseDesk{}, decideFlags{}
	cmd := &cobra.Command{
		Use: "decide CASE DECISION", Short: "Decide about a case: Allow, Hide, Remove, Warn, Mute, Block, ...",
		Long: `Decide about a case. It is shown, and then you are asked. The first decision counts: who comes second is told who was faster.

  Allow             it stays; no rule contradicts that later
  Hide, Remove      hide it from the public; remove it for good
  Warn              write to its author: --text or --file
  Mute              silence its author for a while: --for
  Block             block its author
  Reply             as tribune inbox reply: --text or --file
  Route             as tribune inbox route: --to
  Snooze            as tribune inbox snooze: --until
  Resolve           as tribune inbox done`,
		Example: `  tribune inbox decide house-rules-77a0e4 Hide
  tribune inbox decide house-rules-77a0e4 Mute --for 24h --yes`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError{errors.New("name a case and what you decide: " + decisionNames())}
			}
			return caseName(args[0])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			what, err := d.understand(cmd, args[1], f)
			if err != nil {
				return err
			}
			return d.run(cmd, args[0], what)
		},
	}
	d.flags(cmd, true)
	cmd.Flags().StringVar(&f.text, "text", "", "what to say, for Warn and Reply")
	cmd.Flags().StringVar(&f.file, "file", "", "file with what to say, for Warn and Reply; - for standard input")
	cmd.Flags().StringVar(&f.muteFor, "for", "", "how long a Mute lasts, such as 24h")
	cmd.Flags().StringVar(&f.to, "to", "", "SocialChannel of the team, for Route")
	cmd.Flags().StringVar(&f.until, "until", "", "when it comes back, for Snooze: a time such as 2026-12-03T09:00:00+01:00, or after a while such as 2h")
	return cmd
}

// understand makes a decision of what was written.
func (d *caseDesk) understand(cmd *cobra.Command, decision string, f decideFlags) (*caseDecision, error) {
	i := slices.IndexFunc(caseDecisions, func(c tribunev1alpha1.CaseDecision) bool { return strings.EqualFold(string(c), decision) })
	if i < 0 {
		return nil, usageError{fmt.Errorf("%q is no decision: write one of %s", decision, decisionNames())}
	}
	what := &caseDecision{decision: caseDecisions[i], question: fmt.Sprintf("%s?", caseDecisions[i])}
	for _, flag := range []struct{ name, value string }{{"text", f.text}, {"file", f.file}, {"for", f.muteFor}, {"to", f.to}, {"until", f.until}} {
		if flag.value != "" && !strings.Contains(takes[what.decision], flag.name) {
			return nil, usageError{fmt.Errorf("%s takes no --%s", what.decision, flag.name)}
		}
	}
	var err error
	switch what.decision {
	case tribunev1alpha1.DecisionReply, tribunev1alpha1.DecisionWarn:
		if f.text == "" && f.file == "" || f.text != "" && f.file != "" {
			return nil, usageError{fmt.Errorf("%s needs what to say: give --text TEXT or --file FILE", what.decision)}
		}
		what.text, err = d.words(cmd, f.text, f.file)
	case tribunev1alpha1.DecisionMute:
		what.muteFor, err = muteFor(f.muteFor)
	case tribunev1alpha1.DecisionSnooze:
		what.question = ""
		what.snoozeUntil, err = snoozeUntil(f.until, "--until ", time.Now())
	case tribunev1alpha1.DecisionRoute:
		if what.routeTo = f.to; f.to == "" {
			err = usageError{errors.New("Route needs --to CHANNEL: the SocialChannel of the team that takes it")} //nolint:staticcheck // it begins with a name
		}
	}
	return what, err
}

// takes names the flags that a decision takes.
var takes = map[tribunev1alpha1.CaseDecision]string{
	tribunev1alpha1.DecisionReply: "text file", tribunev1alpha1.DecisionWarn: "text file", tribunev1alpha1.DecisionMute: "for",
	tribunev1alpha1.DecisionRoute: "to", tribunev1alpha1.DecisionSnooze: "until",
}

func muteFor(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Minute || d > 8760*time.Hour {
		return 0, usageError{errors.New("Mute needs --for: how long, from 1m to 8760h, such as 24h")} //nolint:staticcheck // it begins with a name
	}
	return d, nil
}

func snoozeUntil(text, flag string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, usageError{errors.New("say until when: a time such as 2026-12-03T09:00:00+01:00, or a while such as 2h")}
	}
	until, err := instant(text, now)
	if err != nil {
		return until, usageError{fmt.Errorf("%s%s: %w", flag, text, err)}
	}
	return until.Truncate(time.Second), nil
}

// two asks for a case and one thing more.
func two(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 2 || args[1] == "" {
			return usageError{fmt.Errorf("name a case and %s", what)}
		}
		return caseName(args[0])
	}
}

func newInboxAssign() *cobra.Command {
	d := &caseDesk{}
	cmd := &cobra.Command{
		Use: "assign CASE WHO", Short: "Say who takes care: a name, me, or nobody",
		Example: `  tribune inbox assign house-rules-5f2c91 me
  tribune inbox assign house-rules-5f2c91 maria@acme.example
  tribune inbox assign house-rules-5f2c91 nobody`,
		Args: two("who takes care of it: a name, me, or nobody"),
		RunE: func(cmd *cobra.Command, args []string) error {
			who := args[1]
			if len(who) > 253 || strings.ContainsFunc(who, unicode.IsControl) {
				return usageError{errors.New("write a user's name, of at most 253 characters")}
			}
			namespace, err := d.connected(cmd)
			if err != nil {
				return err
			}
			return d.finish(args[0], d.assign(cmd.Context(), types.NamespacedName{Namespace: namespace, Name: args[0]}, who))
		},
	}
	d.cluster.flags(cmd)
	return cmd
}

func newInboxRoute() *cobra.Command {
	d := &caseDesk{}
	cmd := &cobra.Command{
		Use: "route CASE CHANNEL", Short: "Let another team take it: it is told on a channel of its own",
		Args: two("the SocialChannel of the team that takes it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.run(cmd, args[0], &caseDecision{decision: tribunev1alpha1.DecisionRoute, routeTo: args[1]})
		},
	}
	d.flags(cmd, false)
	return cmd
}

func newInboxSnooze() *cobra.Command {
	d := &caseDesk{}
	cmd := &cobra.Command{
		Use: "snooze CASE TIME", Short: "Put it away until a time, or for a while",
		Example: `  tribune inbox snooze house-rules-5f2c91 2h
  tribune inbox snooze house-rules-5f2c91 2026-12-03T09:00:00+01:00`,
		Args: two("until when: a time such as 2026-12-03T09:00:00+01:00, or a while such as 2h"),
		RunE: func(cmd *cobra.Command, args []string) error {
			until, err := snoozeUntil(args[1], "", time.Now())
			if err != nil {
				return err
			}
			return d.run(cmd, args[0], &caseDecision{decision: tribunev1alpha1.DecisionSnooze, snoozeUntil: until})
		},
	}
	d.cluster.flags(cmd)
	cmd.Flags().StringVar(&d.note, "note", "", "a word for colleagues, kept with the case")
	return cmd
}

func newInboxDone() *cobra.Command {
	d := &caseDesk{}
	cmd := &cobra.Command{
		Use: "done CASE", Short: "Close it: nothing more to do", Args: oneCase,
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.run(cmd, args[0], &caseDecision{decision: tribunev1alpha1.DecisionResolve})
		},
	}
	d.flags(cmd, false)
	return cmd
}
