package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

func newInboxShow() *cobra.Command {
	var c cluster
	var zone string
	cmd := &cobra.Command{
		Use: "show CASE", Short: "Show the whole case: what was said, why it is here, and what can be decided",
		Args: oneCase,
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := zoneNamed(zone)
			if err != nil {
				return usageError{err}
			}
			k8s, namespace, err := c.connect()
			if err != nil {
				return err
			}
			return showCase(cmd.Context(), k8s, types.NamespacedName{Namespace: namespace, Name: args[0]}, cmd.OutOrStdout(), at, time.Now())
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&zone, "zone", "", "time zone to show times in, such as Europe/Madrid (default: this machine's)")
	return cmd
}

// oneCase asks for the name of one case.
func oneCase(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{errors.New("name one case: tribune inbox lists them")}
	}
	return caseName(args[0])
}

func caseName(name string) error {
	if kind, _, slash := strings.Cut(name, "/"); slash {
		return usageError{fmt.Errorf("%s: write the name alone, without %s/", name, kind)}
	}
	return nil
}

// getCase reads a case; where it is in another namespace, the error says so.
func getCase(ctx context.Context, k8s client.Client, key types.NamespacedName) (*tribunev1alpha1.CommunityCase, error) {
	c := &tribunev1alpha1.CommunityCase{}
	err := k8s.Get(ctx, key, c)
	switch {
	case err == nil:
		return c, nil
	case !apierrors.IsNotFound(err):
		return nil, refusal(err, "read CommunityCases", key.Namespace)
	}
	everywhere := &tribunev1alpha1.CommunityCaseList{}
	if k8s.List(ctx, everywhere) == nil {
		for i := range everywhere.Items {
			if o := &everywhere.Items[i]; o.Name == key.Name {
				return nil, fmt.Errorf("it is in namespace %s, not in %s: add -n %[1]s", o.Namespace, key.Namespace)
			}
		}
	}
	return nil, fmt.Errorf("there is no such case in namespace %s: tribune inbox -A lists those that wait, -n names another namespace. "+
		"A case goes seven days after it is done", key.Namespace)
}

// caseChannel is the channel that a case came by; nil if it cannot be read.
func caseChannel(ctx context.Context, k8s client.Client, c *tribunev1alpha1.CommunityCase) *tribunev1alpha1.SocialChannel {
	ch := &tribunev1alpha1.SocialChannel{}
	if err := k8s.Get(ctx, types.NamespacedName{Namespace: c.Namespace, Name: string(c.Spec.ChannelRef.Name)}, ch); err != nil {
		return nil // who decides need not see the channels
	}
	return ch
}

// asks says in words what a kind of case asks.
var asks = map[tribunev1alpha1.CaseKind]string{
	tribunev1alpha1.CaseModeration:   "may this stay?",
	tribunev1alpha1.CaseQuestion:     "somebody asks, and waits for an answer",
	tribunev1alpha1.CaseRequest:      "a team was told, and takes care",
	tribunev1alpha1.CaseCuration:     "may we share this?",
	tribunev1alpha1.CaseIntroduction: "these people may want to know each other",
	tribunev1alpha1.CaseAppeal:       "somebody objects to what was done: does it stand?",
}

func showCase(ctx context.Context, k8s client.Client, key types.NamespacedName, out io.Writer, zone *time.Location, now time.Time) error {
	c, err := getCase(ctx, k8s, key)
	if err != nil {
		return err
	}
	ch := caseChannel(ctx, k8s, c)
	v := caseView{c: c, channel: ch, zone: zone, now: now, out: out}
	v.print()
	v.others(ctx, k8s)
	v.possible()
	return nil
}

// caseView is a case as a person reads it.
type caseView struct {
	c *tribunev1alpha1.CommunityCase
	// channel is nil if it is not known.
	channel *tribunev1alpha1.SocialChannel
	zone    *time.Location
	now     time.Time
	out     io.Writer
}

func (v *caseView) line(name, format string, args ...any) {
	fmt.Fprintf(v.out, "  %-10s %s\n", name, visible(fmt.Sprintf(format, args...)))
}

// print what was said, by whom and why it is here.
func (v *caseView) print() {
	s := &v.c.Spec
	fmt.Fprintf(v.out, "\nCase %s in namespace %s\n", v.c.Name, v.c.Namespace)
	v.line("Kind", "%s: %s", s.Kind, asks[s.Kind])
	v.line("On", "%s", v.where())
	v.line("By", "%s%s", orNone(s.Item.Author), v.said())
	if s.Item.URL != "" {
		v.line("At", "%s", s.Item.URL)
	}
	fmt.Fprintln(v.out)
	for _, text := range wrapped(s.Item.Text, textWidth) {
		fmt.Fprintf(v.out, "  | %s\n", visible(text))
	}
	fmt.Fprintln(v.out)
	if s.PolicyRef != nil {
		rule := ""
		if s.Rule != "" {
			rule = ", rule " + s.Rule
		}
		v.line("From", "CommunityPolicy %s%s", s.PolicyRef.Name, rule)
	}
	v.paragraph("Why", s.Explanation)
	if s.Proposed != "" {
		v.line("Proposed", "%s", s.Proposed)
	}
	if s.DueAt != nil {
		mark := ""
		if overdue(v.c, v.now) {
			mark = "OVERDUE: "
		}
		v.line("Due", "%s%s", mark, timeText(s.DueAt.Time, v.zone, v.now))
	}
	v.line("Assignee", "%s", cmp.Or(s.Assignee, "nobody yet"))
	v.paragraph("Note", s.Note)
	v.history()
}

// textWidth is how wide texts of others are shown.
const textWidth = 96

func (v *caseView) where() string {
	if v.channel == nil {
		return string(v.c.Spec.ChannelRef.Name)
	}
	return fmt.Sprintf("%s (%s)", v.channel.Name, v.channel.Spec.Network)
}

func (v *caseView) said() string {
	text := ""
	if v.c.Spec.Item.Kind != "" {
		text += ", " + string(v.c.Spec.Item.Kind)
	}
	if at := v.c.Spec.Item.CreatedAt; at != nil {
		text += ", " + timeText(at.Time, v.zone, v.now)
	}
	return text
}

// paragraph is a line that may be long.
func (v *caseView) paragraph(name, text string) {
	for i, part := range wrapped(text, textWidth-8) {
		if i > 0 {
			name = ""
		}
		v.line(name, "%s", part)
	}
}

// history is what happened to the case, oldest first.
func (v *caseView) history() {
	st, s := &v.c.Status, &v.c.Spec
	v.line("History", "opened %s", timeText(v.c.CreationTimestamp.Time, v.zone, v.now))
	if s.Decision != "" {
		text := fmt.Sprintf("%s, decided by %s", s.Decision, cmp.Or(s.DecidedBy, "somebody"))
		if st.DecidedAt != nil {
			text += ", " + timeText(st.DecidedAt.Time, v.zone, v.now)
		}
		if s.Decision == tribunev1alpha1.DecisionSnooze && s.SnoozeUntil != nil {
			text += "; back " + timeText(s.SnoozeUntil.Time, v.zone, v.now)
		}
		v.line("", "%s", text)
	}
	if s.Reply != nil {
		for _, text := range wrapped(s.Reply.Text, textWidth-12) {
			v.line("", "  > %s", text)
		}
	}
	if s.RouteTo != nil {
		v.line("", "  to %s", s.RouteTo.Name)
	}
	switch {
	case isDone(v.c) && st.ClosedBy != tribunev1alpha1.ClosedByPerson && st.ClosedBy != "":
		v.line("", "closed by %s: %s", st.ClosedBy, caseMessage(v.c))
	case st.EnforcedAt != nil:
		v.line("", "done %s", timeText(st.EnforcedAt.Time, v.zone, v.now))
	case st.State == tribunev1alpha1.CaseFailed:
		v.line("", "FAILED: %s", caseMessage(v.c))
	case !isOpen(v.c):
		v.line("", "not carried out yet %s", caseMessage(v.c))
	}
	if st.URL != "" {
		v.line("", "%s", st.URL)
	}
	fmt.Fprintln(v.out)
}

func caseMessage(c *tribunev1alpha1.CommunityCase) string { return readyMessage(c.Status.Conditions) }

// others names further cases about the same person on the channel.
func (v *caseView) others(ctx context.Context, k8s client.Client) {
	list := &tribunev1alpha1.CommunityCaseList{}
	if v.c.Spec.Item.Author == "" || k8s.List(ctx, list, client.InNamespace(v.c.Namespace)) != nil {
		return
	}
	list.Items = slices.DeleteFunc(list.Items, func(c tribunev1alpha1.CommunityCase) bool {
		return c.Name == v.c.Name || c.Spec.Item.Author != v.c.Spec.Item.Author || c.Spec.ChannelRef != v.c.Spec.ChannelRef
	})
	slices.SortFunc(list.Items, sooner)
	const most = 5
	for i := range list.Items {
		name := "Also said"
		if i > 0 {
			name = ""
		}
		if i == most {
			v.line("", "and %d more", len(list.Items)-most)
			break
		}
		c := &list.Items[i]
		v.line(name, "%s %s %s: %s", c.Name, c.Spec.Kind, cmp.Or(string(c.Spec.Decision), "waits"), oneLine(c.Spec.Item.Text, 60))
	}
	if len(list.Items) > 0 {
		fmt.Fprintln(v.out)
	}
}

// possible lists what can be decided, as commands.
func (v *caseView) possible() {
	if err := canDecide(v.c, "", v.now); err != nil {
		return
	}
	fmt.Fprintln(v.out, "What you can do:")
	at := fmt.Sprintf("%s -n %s", v.c.Name, v.c.Namespace)
	rows := [][2]string{}
	add := func(command, does string) { rows = append(rows, [2]string{"tribune inbox " + command, does}) }
	if v.can(tribunev1alpha1.DecisionReply) {
		how := "answer in public, once"
		if v.c.Spec.Item.Kind == tribunev1alpha1.ItemMessage {
			how = "answer in private, once"
		}
		add("reply "+at+" TEXT", how)
	}
	switch v.c.Spec.Kind {
	case tribunev1alpha1.CaseModeration:
		for _, d := range moderating {
			if v.can(d.decision) {
				add(fmt.Sprintf("decide %s %s%s", at, d.decision, d.needs), d.does)
			}
		}
	case tribunev1alpha1.CaseAppeal:
		add("decide "+at+" Allow", "take back what was done, as far as it can be")
	default:
		var other []string
		curates := v.c.Spec.Kind == tribunev1alpha1.CaseCuration
		if curates {
			add("decide "+at+" Allow", "ask its author; with their yes calendars may quote it")
			add("decide "+at+" Share", "ask its author; with their yes it goes out as a Post")
		}
		for _, d := range moderating {
			if v.can(d.decision) && (!curates || d.decision != tribunev1alpha1.DecisionAllow) {
				other = append(other, string(d.decision))
			}
		}
		add("decide "+at+" DECISION", strings.Join(other, ", "))
	}
	add("route "+at+" CHANNEL", "another team takes it")
	add("assign "+at+" me", "take care of it")
	add("snooze "+at+" 2h", "it comes back then")
	if v.c.Spec.Kind == tribunev1alpha1.CaseAppeal {
		add("done "+at, "what was done stands")
	} else {
		add("done "+at, "nothing more to do")
	}
	width := 0
	for _, r := range rows {
		width = max(width, len(r[0]))
	}
	for _, r := range rows {
		fmt.Fprintf(v.out, "  %-*s   %s\n", width, r[0], r[1])
	}
}

// moderating is what can be decided about whether something stays, and about who said it.
var moderating = []struct {
	decision    tribunev1alpha1.CaseDecision
	needs, does string
}{
	{tribunev1alpha1.DecisionAllow, "", "it stays; no rule contradicts that later"},
	{tribunev1alpha1.DecisionHide, "", "hide it from the public; it can be taken back"},
	{tribunev1alpha1.DecisionRemove, "", "remove it for good"},
	{tribunev1alpha1.DecisionWarn, " --text TEXT", "write to its author"},
	{tribunev1alpha1.DecisionMute, " --for 24h", "silence its author for a while"},
	{tribunev1alpha1.DecisionBlock, "", "block its author"},
}

// needed is the ability that a channel needs for a decision to be carried out.
var needed = map[tribunev1alpha1.CaseDecision]network.Ability{
	tribunev1alpha1.DecisionHide: network.AbilityHide, tribunev1alpha1.DecisionRemove: network.AbilityRemove, tribunev1alpha1.DecisionWarn: network.AbilityDirect,
	tribunev1alpha1.DecisionMute: network.AbilityMute, tribunev1alpha1.DecisionBlock: network.AbilityBlock, tribunev1alpha1.DecisionReply: network.AbilityReply,
}

func (v *caseView) can(d tribunev1alpha1.CaseDecision) bool { return ableTo(v.channel, d) }

// ableTo is true unless it is known that the channel's network cannot do it.
func ableTo(ch *tribunev1alpha1.SocialChannel, d tribunev1alpha1.CaseDecision) bool {
	ability, some := needed[d]
	return !some || ch == nil || len(ch.Status.Abilities) == 0 || slices.Contains(ch.Status.Abilities, string(ability))
}

// wrapped lines of a text, none wider than width characters; words that are longer are cut.
func wrapped(text string, width int) []string {
	var lines []string
	for line := range strings.Lines(text) {
		var b []rune
		for _, word := range strings.Fields(line) {
			w := []rune(word)
			if len(b) > 0 && len(b)+1+len(w) > width {
				lines, b = append(lines, string(b)), nil
			}
			if len(b) > 0 {
				b = append(b, ' ')
			}
			b = append(b, w...)
			for len(b) > width {
				lines, b = append(lines, string(b[:width])), b[width:]
			}
		}
		if len(b) > 0 || strings.TrimSpace(line) == "" {
			lines = append(lines, string(b))
		}
	}
	return lines
}
