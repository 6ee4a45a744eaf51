package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// followEvery is how often tribune inbox -w looks.
const followEvery = time.Second

// caseKinds in the order in which people are told of them.
var caseKinds = []tribunev1alpha1.CaseKind{tribunev1alpha1.CaseModeration, tribunev1alpha1.CaseQuestion, tribunev1alpha1.CaseRequest,
	tribunev1alpha1.CaseCuration, tribunev1alpha1.CaseIntroduction, tribunev1alpha1.CaseAppeal}

func newInbox() *cobra.Command {
	l := inboxList{now: time.Now}
	cmd := &cobra.Command{
		Use:   "inbox",
		Short: "See what waits for people, answer and decide",
		Long: `List what waits for a person: to decide whether something may stay, or to answer someone. What is due first stands first.

What is done, and what is snoozed, is not shown without --all.`,
		Example: `  tribune inbox -A
  tribune inbox --mine --overdue
  tribune inbox show CASE
  tribune inbox reply CASE "Turn the key twice."
  tribune inbox decide CASE Hide`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no tribune inbox %s: use show, reply, decide, assign, route, snooze or done, or tribune inbox alone for the list", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.check(); err != nil {
				return usageError{err}
			}
			k8s, namespace, err := l.connect()
			if err != nil {
				return err
			}
			l.k8s, l.out, l.width = k8s, cmd.OutOrStdout(), widthOf(cmd.OutOrStdout())
			if l.me = ""; l.mine {
				if l.me = whoAmI(cmd.Context(), k8s); l.me == "" {
					return errors.New("the API server does not say who you are: check the kubeconfig with kubectl auth whoami")
				}
			}
			return l.run(cmd.Context(), namespace)
		},
	}
	l.flags(cmd)
	cmd.AddCommand(newInboxShow(), newInboxReply(), newInboxDecide(), newInboxAssign(), newInboxRoute(), newInboxSnooze(), newInboxDone())
	return cmd
}

// inboxList lists cases.
type inboxList struct {
	cluster
	mine, unassigned, overdue, all, everywhere, follow bool
	kind, output                                       string

	k8s   client.Client
	me    string
	width int
	out   io.Writer
	now   func() time.Time
}

func (l *inboxList) flags(cmd *cobra.Command) {
	l.cluster.flags(cmd)
	flags := cmd.Flags()
	flags.BoolVarP(&l.everywhere, "all-namespaces", "A", false, "of all namespaces")
	flags.BoolVar(&l.mine, "mine", false, "only what is assigned to you")
	flags.BoolVar(&l.unassigned, "unassigned", false, "only what nobody takes care of yet")
	flags.BoolVar(&l.overdue, "overdue", false, "only what should be done by now")
	flags.BoolVar(&l.all, "all", false, "what is done or snoozed too")
	flags.StringVar(&l.kind, "kind", "", "only of this kind: "+kindNames())
	flags.BoolVarP(&l.follow, "watch", "w", false, "follow what comes and what changes, until Ctrl-C")
	flags.StringVarP(&l.output, "output", "o", "", "wide, json or yaml (default: a table)")
}

func kindNames() string {
	names := make([]string, len(caseKinds))
	for i, k := range caseKinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

// check the flags.
func (l *inboxList) check() error {
	if l.kind != "" {
		i := slices.IndexFunc(caseKinds, func(k tribunev1alpha1.CaseKind) bool { return strings.EqualFold(string(k), l.kind) })
		if i < 0 {
			return fmt.Errorf("--kind %s: write one of %s", l.kind, kindNames())
		}
		l.kind = string(caseKinds[i])
	}
	switch l.output {
	case "", "wide":
	case "json", "yaml":
		if l.follow {
			return fmt.Errorf("-o %s cannot be followed: leave -w out, or use kubectl get ccase -w -o %[1]s", l.output)
		}
	default:
		return fmt.Errorf("-o %s: write wide, json or yaml", l.output)
	}
	if l.mine && l.unassigned {
		return errors.New("--mine and --unassigned exclude each other: give one of them")
	}
	return nil
}

func (l *inboxList) run(ctx context.Context, namespace string) error {
	if l.follow {
		return l.following(ctx, namespace)
	}
	cases, err := l.cases(ctx, namespace)
	if err != nil {
		return err
	}
	shown, snoozed := l.pick(cases)
	if l.output == "json" || l.output == "yaml" {
		return l.document(shown)
	}
	if len(shown) == 0 {
		l.nothing(ctx, namespace, len(cases) > snoozed)
	} else {
		t := l.table(shown)
		if l.output == "" {
			t = t.narrowed(l.width)
		}
		t.write(l.out, l.width)
		fmt.Fprintf(l.out, "%s: tribune inbox show %s -n %s\n", plural(len(shown), "case"), shown[0].Name, shown[0].Namespace)
	}
	if snoozed > 0 {
		fmt.Fprintf(l.out, "Snoozed: %d (--all shows them)\n", snoozed)
	}
	return nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// cases of the namespace, or of all.
func (l *inboxList) cases(ctx context.Context, namespace string) ([]tribunev1alpha1.CommunityCase, error) {
	list := &tribunev1alpha1.CommunityCaseList{}
	options := []client.ListOption{client.InNamespace(namespace)}
	if l.everywhere {
		options = nil
	}
	if err := l.k8s.List(ctx, list, options...); err != nil {
		where := namespace
		if l.everywhere {
			where = "all"
		}
		return nil, refusal(err, "read CommunityCases", where)
	}
	return list.Items, nil
}

// pick those that were asked for, what is due first at the beginning, and count those that are only left out because they are snoozed.
func (l *inboxList) pick(cases []tribunev1alpha1.CommunityCase) (shown []tribunev1alpha1.CommunityCase, snoozed int) {
	now := l.now()
	for i := range cases {
		c := &cases[i]
		switch {
		case l.kind != "" && string(c.Spec.Kind) != l.kind,
			l.mine && c.Spec.Assignee != l.me,
			l.unassigned && c.Spec.Assignee != "",
			l.overdue && !overdue(c, now):
			continue
		case l.all:
		case isDone(c):
			continue
		case isSnoozed(c, now):
			snoozed++
			continue
		}
		shown = append(shown, *c)
	}
	slices.SortStableFunc(shown, sooner)
	return shown, snoozed
}

// sooner puts what is due first before the rest, then what is older.
func sooner(a, b tribunev1alpha1.CommunityCase) int {
	if isDone(&a) != isDone(&b) {
		if isDone(&a) {
			return 1
		}
		return -1
	}
	switch da, db := a.Spec.DueAt, b.Spec.DueAt; {
	case da != nil && db == nil:
		return -1
	case da == nil && db != nil:
		return 1
	case da != nil && !da.Time.Equal(db.Time):
		return da.Compare(db.Time)
	}
	if d := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); d != 0 {
		return d
	}
	return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
}

// isDone is true if nobody has to do anything any more.
func isDone(c *tribunev1alpha1.CommunityCase) bool {
	return c.Status.State == tribunev1alpha1.CaseEnforced
}

func isSnoozed(c *tribunev1alpha1.CommunityCase, now time.Time) bool {
	return c.Spec.Decision == tribunev1alpha1.DecisionSnooze && c.Spec.SnoozeUntil != nil && c.Spec.SnoozeUntil.After(now) && !isDone(c)
}

// isOpen is true if a decision is still to be made.
func isOpen(c *tribunev1alpha1.CommunityCase) bool {
	return !isDone(c) && (c.Spec.Decision == "" || c.Spec.Decision == tribunev1alpha1.DecisionSnooze)
}

func overdue(c *tribunev1alpha1.CommunityCase, now time.Time) bool {
	return isOpen(c) && !isSnoozed(c, now) && c.Spec.DueAt != nil && c.Spec.DueAt.Time.Before(now)
}

// nothing says that there is nothing, and where there may be something.
func (l *inboxList) nothing(ctx context.Context, namespace string, others bool) {
	where := "in namespace " + namespace
	if l.everywhere {
		where = "anywhere"
	}
	what := "Nothing waits for people "
	if l.mine || l.unassigned || l.overdue || l.kind != "" || l.all {
		what = "No case is like that "
	}
	fmt.Fprintln(l.out, what+where+".")
	if others && !l.all && (l.mine || l.unassigned || l.overdue || l.kind != "") {
		fmt.Fprintln(l.out, "There are others: tribune inbox without flags lists what waits, --all everything.")
	}
	if l.everywhere {
		return
	}
	elsewhere := inboxList{k8s: l.k8s, everywhere: true, now: l.now}
	if cases, err := elsewhere.cases(ctx, ""); err == nil {
		if waiting, _ := elsewhere.pick(cases); len(waiting) > 0 {
			fmt.Fprintf(l.out, "In other namespaces: %s (tribune inbox -A)\n", plural(len(waiting), "case"))
		}
	}
}

// document writes the cases as the API has them.
func (l *inboxList) document(cases []tribunev1alpha1.CommunityCase) error {
	for i := range cases {
		cases[i].SetGroupVersionKind(tribunev1alpha1.GroupVersion.WithKind("CommunityCase"))
		cases[i].ManagedFields = nil
	}
	list := tribunev1alpha1.CommunityCaseList{TypeMeta: metav1.TypeMeta{APIVersion: tribunev1alpha1.GroupVersion.String(), Kind: "CommunityCaseList"}, Items: cases}
	if list.Items == nil {
		list.Items = []tribunev1alpha1.CommunityCase{}
	}
	data, err := yaml.Marshal(list)
	if err != nil {
		return fmt.Errorf("write cases: %w", err)
	}
	if l.output == "json" {
		if data, err = json.MarshalIndent(list, "", "  "); err != nil {
			return fmt.Errorf("write cases: %w", err)
		}
		data = append(data, '\n')
	}
	_, err = l.out.Write(data)
	return err
}

// table of cases as people read them. The text comes last, as it takes what room is left.
func (l *inboxList) table(cases []tribunev1alpha1.CommunityCase) table {
	now := l.now()
	head := []string{"CASE", "KIND", "CHANNEL", "AUTHOR", "DUE", "ASSIGNEE", "AGE"}
	if l.everywhere {
		head = append([]string{"NAMESPACE"}, head...)
	}
	if l.output == "wide" {
		head = append(head, "STATE", "DECISION", "PROPOSED", "RULE")
	}
	t := table{append(head, "TEXT")}
	for i := range cases {
		t = append(t, l.row(&cases[i], now))
	}
	return t
}

func (l *inboxList) row(c *tribunev1alpha1.CommunityCase, now time.Time) []string {
	s := &c.Spec
	row := []string{c.Name, string(s.Kind), string(s.ChannelRef.Name), orNone(oneLine(s.Item.Author, maxAuthor)), dueText(c, now),
		orNone(oneLine(s.Assignee, maxAuthor)), duration.HumanDuration(now.Sub(c.CreationTimestamp.Time))}
	if l.everywhere {
		row = append([]string{c.Namespace}, row...)
	}
	most := maxSaid
	if l.output == "wide" {
		row = append(row, orNone(string(c.Status.State)), orNone(string(s.Decision)), orNone(string(s.Proposed)), orNone(s.Rule))
		most = maxSaidWide
	}
	return append(row, oneLine(s.Item.Text, most))
}

// leastText is how much room the text should have, in characters; other columns give way to it.
const leastText = 40

// narrowed leaves out columns that can be missed until the text has room.
func (t table) narrowed(width int) table {
	for _, name := range []string{"AGE", "CHANNEL", "ASSIGNEE"} {
		widths := t.widths(nil)
		room := width - 3*(len(widths)-1)
		for _, w := range widths[:len(widths)-1] {
			room -= w
		}
		i := slices.Index(t[0], name)
		if room >= min(leastText, widths[len(widths)-1]) || i < 0 {
			break
		}
		less := make(table, len(t))
		for k := range t {
			less[k] = slices.Delete(slices.Clone(t[k]), i, i+1)
		}
		t = less
	}
	return t
}

const (
	// maxAuthor, maxSaid and maxSaidWide are how much of a name and a text a table shows, in characters.
	maxAuthor   = 24
	maxSaid     = 80
	maxSaidWide = 240
)

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// oneLine of what others wrote: nothing in it acts on a terminal.
func oneLine(s string, most int) string {
	runes := []rune(visible(strings.Join(strings.Fields(s), " ")))
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return string(runes)
}

// dueText says when a case should be done, or what it is if that is over.
func dueText(c *tribunev1alpha1.CommunityCase, now time.Time) string {
	switch {
	case c.Status.State == tribunev1alpha1.CaseFailed:
		return "FAILED"
	case isDone(c) && c.Spec.Decision == "":
		return "closed"
	case isDone(c):
		return "done"
	case isSnoozed(c, now):
		return "snoozed " + duration.HumanDuration(c.Spec.SnoozeUntil.Sub(now))
	case c.Spec.Decision != "" && c.Spec.Decision != tribunev1alpha1.DecisionSnooze:
		return "decided"
	case c.Spec.DueAt == nil:
		return "-"
	}
	if d := c.Spec.DueAt.Sub(now); d > 0 {
		return "in " + duration.HumanDuration(d)
	}
	return "OVERDUE " + duration.HumanDuration(now.Sub(c.Spec.DueAt.Time))
}

// following writes a line for each case that waits, and one whenever something of it changes.
func (l *inboxList) following(ctx context.Context, namespace string) error {
	seen := map[string]string{}
	everything := *l
	everything.all = true
	looked := false
	var widths []int // of the columns; none before there was something to show
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		cases, err := l.cases(ctx, namespace)
		if ctx.Err() != nil {
			return nil
		}
		switch {
		case err != nil && apierrors.IsForbidden(err), err != nil && !looked:
			return err
		case err != nil:
			fmt.Fprintf(l.out, "# the API server does not answer: %v\n", err)
		default:
			looked = true
			widths = l.news(everything, cases, seen, widths)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// news writes what changed since it was seen; what was done before is no news.
func (l *inboxList) news(everything inboxList, cases []tribunev1alpha1.CommunityCase, seen map[string]string, widths []int) []int {
	first := widths == nil
	picked, _ := everything.pick(cases)
	var fresh []tribunev1alpha1.CommunityCase
	for i := range picked {
		c := &picked[i]
		key := c.Namespace + "/" + c.Name
		is := fmt.Sprintf("%s %s %s %v %t", c.Status.State, c.Spec.Decision, c.Spec.Assignee, c.Spec.DueAt, overdue(c, l.now()))
		if seen[key] == is {
			continue
		}
		_, known := seen[key]
		seen[key] = is
		if known || !isDone(c) && !isSnoozed(c, l.now()) || l.all {
			fresh = append(fresh, *c)
		}
	}
	if len(fresh) == 0 {
		return widths
	}
	t := l.table(fresh)
	if first {
		widths = t.widths(nil)
		t.lines(l.out, l.width, widths)
		return widths
	}
	widths = t.widths(widths)
	t[1:].lines(l.out, l.width, widths)
	return widths
}

// widthOf a terminal in characters; no limit elsewhere.
func widthOf(out io.Writer) int {
	const unlimited = 1 << 20
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) { //nolint:gosec // a file descriptor fits
		return unlimited
	}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil && width >= 40 { //nolint:gosec // a file descriptor fits
		return width
	}
	return 100
}
