package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// Calendar is what a ContentCalendar would make if it were applied now.
type Calendar struct {
	File      string `json:"file"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// TimeZone of its wall-clock times.
	TimeZone string `json:"timeZone"`
	// Horizon up to which Posts are made, such as 336h0m0s, and the instant that it ends at.
	Horizon string    `json:"horizon"`
	Until   time.Time `json:"until"`
	// Entries that it has, wrong ones included.
	Entries int `json:"entries"`
	// PastEntries of one shot make no Post.
	PastEntries int `json:"pastEntries"`
	// Posts on all channels.
	Posts int `json:"posts"`
	// Channels in the order of their names.
	Channels []CalendarChannel `json:"channels"`
}

// CalendarChannel is a calendar's share of one channel.
type CalendarChannel struct {
	Name string `json:"name"`
	// Network is empty where the channel is not among the files.
	Network string `json:"network,omitempty"`
	// Posts within the horizon, and no more than may wait at once.
	Posts int `json:"posts"`
	// Next ones, at most three.
	Next []NextPost `json:"next"`
}

// NextPost is a Post with its time in the calendar's zone and in UTC.
type NextPost struct {
	Local time.Time `json:"local"`
	UTC   time.Time `json:"utc"`
	Entry string    `json:"entry"`
	Post  string    `json:"post"`
}

const maxNext = 3

// calendar checks a ContentCalendar by planning it as its controller would.
func (c *checker) calendar(r *readable) {
	calendar := decode[tribunev1alpha1.ContentCalendar](c, r)
	if calendar == nil {
		return
	}
	channels := c.channelsOf(r.namespace)
	alone := len(c.channels) == 0
	if alone {
		c.add(r.finding(Warning, "spec", "no SocialChannel is among the files: names of channels and lengths of texts were not checked"))
		channels = namedChannels(calendar)
	}
	in := plan.Input{Calendar: calendar, Channels: channels, Now: c.now, FirstSeen: c.now, Check: c.check(r.namespace)}
	result := plan.Calendar(in)
	for _, p := range result.Problems {
		c.add(r.finding(Error, r.inFile(p.Path), p.Message))
	}
	if result.Zone == nil || len(calendar.Name) > maxLabel {
		// Planned once more without what ended the plan: it shall not hide the rest.
		repaired := calendar.DeepCopy()
		repaired.Name = "calendar"
		if result.Zone == nil {
			repaired.Spec.TimeZone = "UTC"
		}
		in.Calendar = repaired
		for _, p := range plan.Calendar(in).Problems {
			c.add(r.finding(Error, r.inFile(p.Path), p.Message))
		}
	}
	for _, w := range result.Warnings {
		c.calendarWarning(r, calendar, w, alone)
	}
	c.entries(r, calendar, channels, alone)
	if result.Zone != nil {
		c.calendars = append(c.calendars, summary(r, calendar, result, channels))
	}
}

// maxLabel is what a label holds, in characters: the names of calendars, entries and channels become labels.
const maxLabel = 63

// calendarWarning says a plan's warning for files, which may have been applied long ago.
func (c *checker) calendarWarning(r *readable, calendar *tribunev1alpha1.ContentCalendar, w plan.Problem, alone bool) {
	if index, rest, ok := cutEntry(w.Path); ok && rest == ".at" && index < len(calendar.Spec.Entries) {
		w.Message = calendar.Spec.Entries[index].At + " is past: if the calendar is new, this entry makes no Post"
	}
	if alone && w.Path == "spec.channelSelector" {
		return
	}
	c.add(r.finding(Warning, r.inFile(w.Path), w.Message))
}

// namedChannels stand in for channels that are not among the files, so that Posts can be counted.
func namedChannels(calendar *tribunev1alpha1.ContentCalendar) []plan.Channel {
	var named []plan.Channel
	add := func(refs []tribunev1alpha1.LocalReference) {
		for _, ref := range refs {
			if !slices.ContainsFunc(named, func(ch plan.Channel) bool { return ch.Name == string(ref.Name) }) {
				named = append(named, plan.Channel{Name: string(ref.Name)})
			}
		}
	}
	add(calendar.Spec.ChannelRefs)
	for i := range calendar.Spec.Entries {
		add(calendar.Spec.Entries[i].ChannelRefs)
	}
	return named
}

// entries checks what a plan does not look at: contents that no channel takes, pictures, dates without effect.
func (c *checker) entries(r *readable, calendar *tribunev1alpha1.ContentCalendar, channels []plan.Channel, alone bool) {
	zone := calendar.Spec.TimeZone
	if _, err := schedule.LoadZone(zone); err != nil {
		zone = "UTC"
	}
	for i := range calendar.Spec.Entries {
		e := &calendar.Spec.Entries[i]
		path := fmt.Sprintf("%s%d]", entryPrefix, i)
		if e.Content != nil {
			c.media(r, r.inFile(path+".content"), e.Content)
		}
		for n := range e.Rotation {
			c.media(r, r.inFile(fmt.Sprintf("%s.rotation[%d]", path, n)), &e.Rotation[n])
		}
		for n := range e.Overrides {
			override := &e.Overrides[n]
			at := r.inFile(fmt.Sprintf("%s.overrides[%d]", path, n))
			c.media(r, at+".content", &override.Content)
			if ref := override.ChannelRef; ref != nil && !alone && !slices.ContainsFunc(channels, func(ch plan.Channel) bool { return ch.Name == string(ref.Name) }) {
				c.add(r.finding(Error, at+".channelRef.name", noChannel(string(ref.Name))))
			}
		}
		s, err := schedule.Parse(schedule.Spec{At: e.At, Cron: e.Cron, RRule: e.RRule, Time: e.Time, Start: e.Start, Until: e.Until,
			Except: e.Except, Rotates: len(e.Rotation) > 0, Zone: zone})
		if err != nil || len(e.Except) == 0 {
			continue
		}
		var unused []string
		for _, date := range s.UnusedExcept() {
			unused = append(unused, date.String())
		}
		if len(unused) > 0 {
			c.add(r.finding(Warning, r.inFile(path+".except"), "nothing would go out on "+strings.Join(unused, ", ")+" anyway: is it another date that is meant?"))
		}
	}
}

func noChannel(name string) string {
	return fmt.Sprintf("there is no SocialChannel %s in this namespace: make it, or correct the name", name)
}

// summary counts what a calendar makes.
func summary(r *readable, calendar *tribunev1alpha1.ContentCalendar, result plan.Result, channels []plan.Channel) Calendar {
	s := Calendar{
		File: r.file, Namespace: r.namespace, Name: calendar.Name, TimeZone: result.Zone.String(),
		Horizon: plan.Horizon(calendar).String(), Until: result.Until.UTC(),
		Entries: len(calendar.Spec.Entries), PastEntries: result.PastEntries, Posts: len(result.Posts), Channels: []CalendarChannel{},
	}
	if entries, ok := r.object.content["spec"].(map[string]any)["entries"].([]any); ok {
		s.Entries = len(entries)
	}
	for _, ch := range channels {
		share := CalendarChannel{Name: ch.Name, Network: string(ch.Network), Next: []NextPost{}}
		for _, post := range result.Posts {
			if post.Channel != ch.Name {
				continue
			}
			share.Posts++
			if len(share.Next) < maxNext && !post.At.Before(result.Until.Add(-plan.Horizon(calendar))) {
				share.Next = append(share.Next, NextPost{Local: post.At.In(result.Zone), UTC: post.At.UTC(), Entry: post.Entry, Post: post.Name})
			}
		}
		if share.Posts > 0 {
			s.Channels = append(s.Channels, share)
		}
	}
	slices.SortFunc(s.Channels, func(a, b CalendarChannel) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// post checks a Post that a person wrote.
func (c *checker) post(r *readable) {
	post := decode[tribunev1alpha1.Post](c, r)
	if post == nil {
		return
	}
	spec, _ := r.content["spec"].(map[string]any)
	switch original, _ := r.object.content["spec"].(map[string]any); {
	case original["publishAt"] == nil:
		c.add(r.finding(Warning, "spec.publishAt", "is not set: without it the Post is sent again when the cluster is built anew from files; set it to when it is due"))
	case post.Spec.PublishAt != nil && publish.Deadline(post).Before(c.now):
		c.add(r.finding(Warning, "spec.publishAt", "is past: if the Post is new, it is Missed and not published"))
	}
	if spec["channelRef"] != nil {
		c.postChannel(r, post, spec["content"] != nil)
	}
	if spec["content"] != nil {
		c.media(r, "spec.content", &post.Spec.Content)
	}
}

// postChannel holds a Post to its channel.
func (c *checker) postChannel(r *readable, post *tribunev1alpha1.Post, hasContent bool) {
	name := string(post.Spec.ChannelRef.Name)
	channels := c.channelsOf(r.namespace)
	if len(c.channels) == 0 {
		c.add(r.finding(Warning, "spec.channelRef", "no SocialChannel is among the files: the channel's name and the length of the text were not checked"))
		return
	}
	at := slices.IndexFunc(channels, func(ch plan.Channel) bool { return ch.Name == name })
	if at < 0 {
		c.add(r.finding(Error, "spec.channelRef.name", noChannel(name)))
		return
	}
	if !hasContent {
		return
	}
	for _, p := range c.check(r.namespace)(channels[at], &post.Spec.Content) {
		c.add(r.finding(Error, "spec.content."+p.Path, "on channel "+name+": "+p.Message))
	}
}
