package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/agenda"
	"github.com/tribune-dev/tribune/internal/lint"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
)

// postEvent shows a Post as it is, at a time.
func postEvent(post *tribunev1alpha1.Post, at time.Time, zone *time.Location, around surroundings) agenda.Event {
	channel := string(post.Spec.ChannelRef.Name)
	e := agenda.Event{
		Namespace: post.Namespace, Channel: channel, Network: networkOf(channel, around.channels), Post: post.Name, State: string(post.Status.State),
		Title: agenda.Title(post.Spec.Content.Title, post.Spec.Content.Text, titleLength), URL: post.Status.URL,
		Pillar: post.Spec.Pillar, Campaign: post.Spec.Campaign,
	}
	if plan.MadeBy(post) != "" {
		e.Calendar, e.Entry = post.Labels[tribunev1alpha1.LabelCalendar], post.Labels[tribunev1alpha1.LabelEntry]
	}
	e.At(at, zone)
	if e.State == "" {
		e.State = agenda.Planned
	}
	switch post.Status.State {
	case "", tribunev1alpha1.PostScheduled:
		kept := around.kept(post, at)
		kept.show(&e)
		e.AtOnce = post.Spec.PublishAt == nil && post.Spec.After == nil
	case tribunev1alpha1.PostHeld, tribunev1alpha1.PostFailed, tribunev1alpha1.PostMissed, tribunev1alpha1.PostUnknown:
		if ready := meta.FindStatusCondition(post.Status.Conditions, tribunev1alpha1.ConditionReady); ready != nil {
			e.Hold, e.Reason = ready.Reason, ready.Message
		}
	}
	return e
}

// filedPosts shows the Posts of files. Those without a time go out at once when they are applied, or with what they follow.
func (c *calendaring) filedPosts(cmd *cobra.Command, report *lint.Report, planned []agenda.Event) []agenda.Event {
	type key struct{ namespace, name string }
	due := map[key]time.Time{}
	for i := range planned {
		due[key{planned[i].Namespace, planned[i].Post}] = planned[i].UTC
	}
	atOnce := c.applied
	if !c.now.Before(c.begin) && c.now.Before(c.end) {
		atOnce = c.now.Truncate(time.Second)
	}
	var events []agenda.Event
	show := func(post *tribunev1alpha1.Post, at time.Time) {
		due[key{post.Namespace, post.Name}] = at
		around := surroundings{channels: report.ChannelsOf(post.Namespace)}
		for i := range report.Calendars {
			if lint.SameNamespace(report.Calendars[i].Namespace, post.Namespace) {
				around.calendars = append(around.calendars, report.Calendars[i].Object)
			}
		}
		events = append(events, postEvent(post, at, time.UTC, around))
		if post.Spec.PublishAt == nil && post.Spec.After == nil && (at.Before(c.begin) || !at.Before(c.end)) {
			c.note(cmd, fmt.Sprintf("Post %s has no publishAt: it goes out at once when it is applied, which is not in the days shown", post.Name))
		}
	}
	waiting := report.Posts
	for {
		var left []*tribunev1alpha1.Post
		for _, post := range waiting {
			at := publish.Due(post)
			if post.Spec.PublishAt == nil {
				at = atOnce
			}
			if a := post.Spec.After; a != nil {
				before, known := due[key{post.Namespace, a.PostRef.Name}]
				if !known {
					left = append(left, post)
					continue
				}
				if a.Delay != nil {
					before = before.Add(a.Delay.Duration)
				}
				if post.Spec.PublishAt == nil || before.After(at) {
					at = before
				}
			}
			show(post, at)
		}
		if len(left) == len(waiting) {
			break
		}
		waiting = left
	}
	for _, post := range waiting { // they follow what is not in the files, or not in the days
		at := publish.Due(post)
		if post.Spec.PublishAt == nil {
			c.note(cmd, fmt.Sprintf("Post %s goes out after Post %s, whose time is not known here: it has no publishAt of its own, and is not shown", post.Name, post.Spec.After.PostRef.Name))
			continue
		}
		show(post, at)
	}
	return events
}
