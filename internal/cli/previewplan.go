package cli

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/lint"
	"github.com/tribune-dev/tribune/internal/plan"
	previews "github.com/tribune-dev/tribune/internal/preview"
	"github.com/tribune-dev/tribune/internal/publish"
)

// farAhead is how far ahead entries are shown: further than any horizon.
const farAhead = 366 * 24 * time.Hour

// manifests shows the next occurrence of each entry on each channel, and each Post. What else is wrong with the manifests goes to
// standard error: it is tribune lint's to say.
func (p *previewing) manifests(cmd *cobra.Command, stdin io.Reader, paths []string) ([]previews.Item, error) {
	report, err := lint.Run(cmd.Context(), lint.Options{Paths: paths, Stdin: stdin, Now: p.now})
	if err != nil {
		return nil, err
	}
	if report.Unreadable {
		for _, f := range report.Findings {
			cmd.PrintErrf("%s: %s\n", f.File, f.Message)
		}
		return nil, exitError{lint.ExitUsage}
	}
	if err := p.known(report); err != nil {
		return nil, err
	}
	var items []previews.Item
	for i := range report.Calendars {
		items = append(items, p.calendar(cmd, &report.Calendars[i])...)
	}
	for _, post := range report.Posts {
		items = append(items, p.post(post, report.ChannelsOf(post.Namespace))...)
	}
	if len(items) == 0 {
		cmd.PrintErrln("nothing to show: there is no entry or Post that goes out on a known channel; name a --network, or the files with the channels too")
	}
	if n := report.Count(lint.Error); n > 0 {
		cmd.PrintErrf("%s in the manifests: run tribune lint %s\n", counted(n, "error"), strings.Join(paths, " "))
	}
	return items, nil
}

// known refuses a channel that is asked for and not there.
func (p *previewing) known(report *lint.Report) error {
	var names []string
	for i := range report.Channels {
		names = append(names, report.Channels[i].Name)
	}
	for i := range report.Calendars {
		for _, ch := range report.Calendars[i].Known {
			names = append(names, ch.Name)
		}
	}
	for _, post := range report.Posts {
		names = append(names, string(post.Spec.ChannelRef.Name))
	}
	return knownChannel(p.channel, names)
}

// calendar shows the next occurrence of each entry on each channel.
func (p *previewing) calendar(cmd *cobra.Command, read *lint.Calendar) []previews.Item {
	in := plan.Input{Calendar: read.Object.DeepCopy(), Channels: read.Known, Now: p.now, FirstSeen: p.now, More: slices.Clone(read.More)}
	in.Calendar.Spec.Horizon = &metav1.Duration{Duration: farAhead}
	if p.network != "" {
		onNetwork(&in, p.network)
	}
	in.Look = &plan.Look{First: true, Most: plan.MaxEntries * max(len(in.Channels), 1)}
	result := plan.Calendar(in)
	type key struct{ entry, channel string }
	shown := map[key]bool{}
	entries := map[string]bool{}
	networks := map[string]plan.Channel{}
	for _, ch := range in.Channels {
		networks[ch.Name] = ch
	}
	posts := slices.Clone(result.Posts)
	slices.SortStableFunc(posts, func(a, b plan.Post) int { return a.EntryIndex - b.EntryIndex })
	var items []previews.Item
	for i := range posts {
		post := &posts[i]
		k := key{post.Entry, post.Channel}
		entries[post.Entry] = true
		if shown[k] || p.channel != "" && post.Channel != p.channel {
			continue
		}
		shown[k] = true
		item, ok := p.item(&post.Spec, networks[post.Channel])
		if !ok {
			continue
		}
		item.Source = post.Entry
		for _, problem := range read.Plan.Problems {
			// What is wrong on one channel was found by rendering as well.
			if problem.Entry == post.Entry && !strings.HasPrefix(problem.Message, "on channel ") {
				item.Problems = append(item.Problems, problem.String())
			}
		}
		item.Next = previews.NextAt(post.At, result.Zone)
		if post.Shifted != nil {
			item.Next.Shifted = post.Shifted.Message
		}
		items = append(items, item)
	}
	out := unseen{in: &in, result: &result, shown: entries}
	for _, name := range out.names() {
		if !entries[name] {
			cmd.PrintErrf("entry %s of ContentCalendar %s is not shown: %s\n", name, read.Name, out.why(name))
		}
	}
	return items
}

// onNetwork makes a plan be about one channel on a network, whatever its channels are.
func onNetwork(in *plan.Input, network string) {
	one := plan.Channel{Name: strings.ToLower(network), Network: tribunev1alpha1.NetworkName(network)}
	refs := []tribunev1alpha1.LocalReference{{Name: tribunev1alpha1.ObjectName(one.Name)}}
	in.Channels = []plan.Channel{one}
	in.Calendar.Spec.ChannelSelector, in.Calendar.Spec.ChannelRefs = nil, refs
	turn := func(e *tribunev1alpha1.CalendarEntry) {
		e.ChannelRefs = nil
		if e.After != nil {
			e.After.ChannelRef = refs[0]
		}
	}
	for i := range in.Calendar.Spec.Entries {
		turn(&in.Calendar.Spec.Entries[i])
	}
	for i := range in.More {
		e := in.More[i].Entry.DeepCopy()
		turn(e)
		in.More[i].Entry = *e
	}
}

// post shows one that a person wrote.
func (p *previewing) post(post *tribunev1alpha1.Post, channels []plan.Channel) []previews.Item {
	name := string(post.Spec.ChannelRef.Name)
	if p.channel != "" && name != p.channel {
		return nil
	}
	ch := plan.Channel{Name: name, Network: tribunev1alpha1.NetworkName(p.network)}
	if p.network == "" {
		at := slices.IndexFunc(channels, func(c plan.Channel) bool { return c.Name == name })
		if at < 0 {
			return nil
		}
		ch = channels[at]
	}
	item, ok := p.item(&post.Spec, ch)
	if !ok {
		return nil
	}
	item.Source = "Post " + post.Name
	if post.Spec.PublishAt != nil {
		item.Next = previews.NextAt(post.Spec.PublishAt.Time, time.UTC)
	}
	return []previews.Item{item}
}

// item renders a Post's content by the rules of its channel's network; false where the network is not known.
func (p *previewing) item(spec *tribunev1alpha1.PostSpec, ch plan.Channel) (previews.Item, bool) {
	rules, ok := compose.RulesFor(string(ch.Network))
	if !ok {
		return previews.Item{}, false
	}
	if p.network != "" {
		rules = p.rules // XPremium's are not those of X
	}
	item := previews.Render(&spec.Content, rules.Name, rules, publish.Options{Language: ch.Language, Tracking: spec.Tracking})
	if p.network == "" {
		item.Channel = ch.Name
	}
	return item, true
}
