package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/agenda"
	"github.com/tribune-dev/tribune/internal/lint"
	"github.com/tribune-dev/tribune/internal/plan"
)

const (
	// titleLength is how many characters of a text are shown.
	titleLength = 72
	// mostShown publications of one calendar: a page of more is read by nobody, and takes memory.
	mostShown = 200_000
)

// calendaring is what tribune calendar was asked for.
type calendaring struct {
	cluster
	from, to, channel, output string
	month, ics, html          bool

	now, begin, end time.Time
	// applied is when manifests of files are thought to be applied: now, or at the first of the days if that is past.
	applied time.Time
	// notes are what people are told beside the events; unseen stand for what is not among them.
	notes  []string
	unseen []agenda.Event
}

func newCalendar() *cobra.Command {
	c := &calendaring{}
	cmd := &cobra.Command{
		Use:   "calendar [FILE...]",
		Short: "Show what goes out when",
		Long: `Show what goes out when: each occurrence with its time on the calendar's clock and in UTC, its Post, and what holds, moves or skips it.

With FILE (manifests, folders or kustomizations) no cluster is needed: it shows what they would make. Without, it shows the
Posts of a namespace and what its calendars will make after them.`,
		Example: `  tribune calendar social/
  tribune calendar social/ --from 2026-12-01 --to 2027-01-01 --month
  tribune calendar social/ --html > december.html
  tribune calendar -n acme --ics > acme.ics
  tribune calendar social/ -o json`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&c.from, "from", "", "first day, such as 2026-12-01 (default: today)")
	cmd.Flags().StringVar(&c.to, "to", "", "day after the last one (default: two weeks after --from; with --month and --html the end of the month)")
	cmd.Flags().StringVar(&c.channel, "channel", "", "show one channel only")
	cmd.Flags().BoolVar(&c.month, "month", false, "show months as grids")
	cmd.Flags().BoolVar(&c.ics, "ics", false, "write an iCalendar file")
	cmd.Flags().BoolVar(&c.html, "html", false, "write a page")
	cmd.Flags().StringVarP(&c.output, "output", "o", "text", "text or json")
	cmd.MarkFlagsMutuallyExclusive("month", "ics", "html")
	return cmd
}

func (c *calendaring) run(cmd *cobra.Command, args []string) error {
	if c.output != "text" && c.output != "json" {
		return usageError{fmt.Errorf("there is no output format %q: write text or json", c.output)}
	}
	if c.output == "json" && (c.ics || c.html) {
		return usageError{errors.New("-o json, --ics and --html are three ways to write it: choose one")}
	}
	if err := c.times(time.Now()); err != nil {
		return usageError{err}
	}
	var events []agenda.Event
	var err error
	if len(args) > 0 {
		events, err = c.fromFiles(cmd, args)
	} else {
		events, err = c.fromCluster(cmd)
	}
	if err != nil {
		return err
	}
	events = slices.DeleteFunc(events, func(e agenda.Event) bool {
		return e.UTC.Before(c.begin) || !e.UTC.Before(c.end) || c.channel != "" && e.Channel != c.channel
	})
	agenda.Sort(events)
	return c.write(cmd.OutOrStdout(), events)
}

// times reads the days, which begin in UTC: those of a calendar's zone that touch them are shown.
func (c *calendaring) times(now time.Time) error {
	parse := func(flag, text string) (time.Time, error) {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return t, fmt.Errorf("--%s %s: write a day such as 2026-12-01", flag, text)
		}
		return t, nil
	}
	var err error
	c.now = now
	c.begin = now.UTC().Truncate(24 * time.Hour)
	if c.from != "" {
		if c.begin, err = parse("from", c.from); err != nil {
			return err
		}
	}
	switch {
	case c.to != "":
		if c.end, err = parse("to", c.to); err != nil {
			return err
		}
	case c.month || c.html:
		c.end = time.Date(c.begin.Year(), c.begin.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	default:
		c.end = c.begin.AddDate(0, 0, 14)
	}
	if !c.begin.Before(c.end) {
		return errors.New("--to must lie after --from")
	}
	c.applied = now
	if c.begin.Before(now) {
		c.applied = c.begin
	}
	if c.end.Sub(c.applied) > farAhead {
		return errors.New("more than 366 days ahead are too many: choose --from and --to earlier, or closer together")
	}
	return nil
}

func (c *calendaring) write(w io.Writer, events []agenda.Event) error {
	const title = "What goes out"
	switch {
	case c.output == "json":
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		if events = append(events, c.unseen...); events == nil {
			events = []agenda.Event{}
		}
		return encoder.Encode(events)
	case c.ics:
		return agenda.Calendar(w, title, events, c.now, c.notes...)
	case c.html:
		return agenda.HTML(w, title, events, c.begin, c.end, c.notes...)
	case c.month:
		return agenda.Month(w, events, c.begin, c.end, c.notes...)
	}
	return agenda.Days(w, events, c.notes...)
}

// note tells people something beside the events: on the page, and on standard error, for those who do not look at it.
func (c *calendaring) note(cmd *cobra.Command, text string) {
	c.notes = append(c.notes, text)
	cmd.PrintErrln(text)
}

// known refuses a channel that is asked for and not there.
func (c *calendaring) known(channels []plan.Channel, posts []tribunev1alpha1.Post) error {
	names := make([]string, 0, len(channels)+len(posts))
	for i := range channels {
		names = append(names, channels[i].Name)
	}
	for i := range posts {
		names = append(names, string(posts[i].Spec.ChannelRef.Name))
	}
	return knownChannel(c.channel, names)
}

// knownChannel refuses a channel that is asked for and is none of those that there are.
func knownChannel(asked string, names []string) error {
	if asked == "" || slices.Contains(names, asked) {
		return nil
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) == 0 {
		return usageError{fmt.Errorf("--channel %s: there is no channel at all; name the files with the channels too", asked)}
	}
	return usageError{fmt.Errorf("--channel %s: there is no channel of this name; there are %s", asked, strings.Join(names, ", "))}
}

// fromFiles shows what manifests would make.
func (c *calendaring) fromFiles(cmd *cobra.Command, paths []string) ([]agenda.Event, error) {
	report, err := lint.Run(cmd.Context(), lint.Options{Paths: paths, Stdin: cmd.InOrStdin(), Now: c.applied})
	if err != nil {
		return nil, err
	}
	if report.Unreadable {
		for _, f := range report.Findings {
			cmd.PrintErrf("%s: %s\n", f.File, f.Message)
		}
		return nil, exitError{lint.ExitUsage}
	}
	if n := report.Count(lint.Error); n > 0 {
		cmd.PrintErrf("%s in the manifests; what is wrong is not shown: run tribune lint\n", counted(n, "error"))
	}
	var events []agenda.Event
	channels := slices.Clone(report.Channels)
	for i := range report.Calendars {
		read := &report.Calendars[i]
		channels = append(channels, read.Known...)
		if len(read.Known) == 0 {
			cmd.PrintErrf("ContentCalendar %s goes out on no channel that is known: name the files with the channels too\n", read.Name)
		}
		events = append(events, c.planned(cmd, read.Namespace, plan.Input{Calendar: read.Object, Channels: read.Known, More: read.More,
			Now: c.applied, FirstSeen: c.applied}, nil)...)
	}
	events = append(events, c.filedPosts(cmd, report, events)...)
	posts := make([]tribunev1alpha1.Post, len(report.Posts))
	for i := range report.Posts {
		posts[i] = *report.Posts[i]
	}
	return events, c.known(channels, posts)
}

// counted gives a number of things.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// planned shows what a calendar makes in the days, but for Posts that exist. What lies before them is planned, as queues and
// what follows depend on it, and the bound on what may wait is not applied: it delays Posts, and keeps none from going out.
func (c *calendaring) planned(cmd *cobra.Command, namespace string, in plan.Input, existing map[string]bool) []agenda.Event {
	in.Calendar = in.Calendar.DeepCopy()
	in.Calendar.Spec.Horizon = &metav1.Duration{Duration: max(c.end.Sub(in.Now), time.Hour)}
	in.Look = &plan.Look{From: c.begin, Most: mostShown}
	result := plan.Calendar(in)
	if result.Zone == nil {
		return nil
	}
	event := func(entry, channel string, at time.Time) agenda.Event {
		e := agenda.Event{Namespace: namespace, Calendar: in.Calendar.Name, Entry: entry, Channel: channel, State: agenda.Planned, Network: networkOf(channel, in.Channels)}
		e.At(at, result.Zone)
		return e
	}
	if cut := result.Cut; !cut.IsZero() && cut.Before(c.end) {
		c.notAll(cmd, event("", "", cut))
	}
	var events []agenda.Event
	for i := range result.Posts {
		p := &result.Posts[i]
		if existing[p.Name] {
			continue
		}
		e := event(p.Entry, p.Channel, p.At)
		e.Post, e.Pillar, e.Campaign = p.Name, p.Spec.Pillar, p.Spec.Campaign
		e.Title = agenda.Title(p.Spec.Content.Title, p.Spec.Content.Text, titleLength)
		kept := keptPlanned(p, in.Calendar, in.Channels)
		kept.show(&e)
		events = append(events, e)
	}
	for _, s := range result.Skipped {
		e := event(s.Entry, s.Channel, s.At)
		e.State, e.Hold, e.Reason, e.Post = agenda.Skipped, s.Reason, s.Message, plan.Name(in.Calendar.Name, s.Entry, s.Occurrence, s.Channel)
		events = append(events, e)
	}
	return events
}

// notAll tells from when on a calendar is not shown whole.
func (c *calendaring) notAll(cmd *cobra.Command, e agenda.Event) {
	e.State, e.Reason = agenda.NotShown, fmt.Sprintf("ContentCalendar %s: what goes out from %s (%s) on is not shown whole, as there are more than %d publications; choose --to earlier, or --from later",
		e.Calendar, e.Local, e.Zone, mostShown)
	c.unseen = append(c.unseen, e)
	c.note(cmd, e.Reason)
}

func networkOf(channel string, channels []plan.Channel) string {
	for i := range channels {
		if channels[i].Name == channel {
			return string(channels[i].Network)
		}
	}
	return ""
}
