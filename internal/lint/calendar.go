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
	// Entries that it has, wrong ones included; Articles are those of ConfigMaps beside them.
	Entries  int `json:"entries"`
	Articles int `json:"articles"`
	// PastEntries of one shot make no Post.
	PastEntries int `json:"pastEntries"`
	// Posts on all channels; Shifted are those of them that blackouts and quiet hours move, Skipped what they leave out.
	Posts   int `json:"posts"`
	Shifted int `json:"shifted"`
	Skipped int `json:"skipped"`
	// Channels in the order of their names.
	Channels []CalendarChannel `json:"channels"`

	// Object is the calendar as it was read, without what is wrong, and Plan what was planned of it; they are not printed.
	Object *tribunev1alpha1.ContentCalendar `json:"-"`
	Plan   plan.Result                      `json:"-"`
	// More are its entries from ConfigMaps beside it; Known the channels that it can name.
	More  []plan.SourcedEntry `json:"-"`
	Known []plan.Channel      `json:"-"`
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
	// Shifted says why it does not go out at the time that its entry says.
	Shifted string `json:"shifted,omitempty"`
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
	more := c.gather(r, calendar)
	if alone {
		for i := range more.entries {
			channels = withNamed(channels, more.entries[i].Entry.ChannelRefs)
		}
	}
	in := plan.Input{Calendar: calendar, Channels: channels, Now: c.now, FirstSeen: c.now, Check: c.check(r.namespace), More: more.entries}
	result := plan.Calendar(in)
	c.problems(r, calendar, &more, result.Problems, alone)
	if result.Zone == nil || len(calendar.Name) > maxLabel {
		// Planned once more without what ended the plan: it shall not hide the rest.
		repaired := calendar.DeepCopy()
		repaired.Name = "calendar"
		if result.Zone == nil {
			repaired.Spec.TimeZone = "UTC"
		}
		in.Calendar = repaired
		c.problems(r, calendar, &more, plan.Calendar(in).Problems, alone)
	}
	for _, w := range result.Warnings {
		c.calendarWarning(r, calendar, &more, w, alone)
	}
	c.entries(r, calendar, &more, channels, alone)
	c.feeds(r, calendar, channels, alone)
	c.quotes = append(c.quotes, quoting{r, calendar})
	if !alone {
		c.notified(r, calendar.Spec.Notify)
	}
	if result.Zone != nil {
		c.planned = append(c.planned, &readCalendar{r.namespace, calendar})
		c.calendars = append(c.calendars, summary(r, calendar, &more, result, channels))
	}
}

// readCalendar is a calendar of the files.
type readCalendar struct {
	namespace string
	*tribunev1alpha1.ContentCalendar
}

// problems of a plan are errors, but for what may come from elsewhere.
func (c *checker) problems(r *readable, calendar *tribunev1alpha1.ContentCalendar, more *elsewhere, problems []plan.Problem, alone bool) {
	for _, p := range problems {
		if more.misleading(r, calendar, p, alone) {
			continue
		}
		severity := Error
		if p.Missing && more.unknown && strings.HasPrefix(p.Message, "there is no entry ") {
			severity = Warning
			p.Message += "; it may be among those that are not in the files"
		}
		c.add(more.say(r, severity, p))
	}
}

// maxLabel is what a label holds, in characters: the names of calendars, entries and channels become labels.
const maxLabel = 63

// calendarWarning says a plan's warning for files, which may have been applied long ago.
func (c *checker) calendarWarning(r *readable, calendar *tribunev1alpha1.ContentCalendar, more *elsewhere, w plan.Problem, alone bool) {
	if index, rest, ok := cutEntry(w.Path); ok && rest == ".at" && index < len(calendar.Spec.Entries) {
		w.Message = calendar.Spec.Entries[index].At + " is past: if the calendar is new, this entry makes no Post"
	}
	if w.Source != "" && w.Path == "at" {
		w.Message = "is past: if the calendar is new, this article makes no Post"
	}
	if alone && w.Path == "spec.channelSelector" {
		return
	}
	c.add(more.say(r, Warning, w))
}

// namedChannels stand in for channels that are not among the files, so that Posts can be counted.
func namedChannels(calendar *tribunev1alpha1.ContentCalendar) []plan.Channel {
	named := withNamed(nil, calendar.Spec.ChannelRefs)
	for i := range calendar.Spec.Entries {
		e := &calendar.Spec.Entries[i]
		named = withNamed(named, e.ChannelRefs)
		if e.After != nil {
			named = withNamed(named, []tribunev1alpha1.LocalReference{e.After.ChannelRef})
		}
		if e.Content != nil {
			named = withLinked(named, e.Content)
		}
		for n := range e.Rotation {
			named = withLinked(named, &e.Rotation[n])
		}
		for n := range e.Overrides {
			named = withLinked(named, &e.Overrides[n].Content)
		}
	}
	return named
}

func withLinked(named []plan.Channel, content *tribunev1alpha1.Content) []plan.Channel {
	if content.Link == nil || content.Link.ChannelRef == nil {
		return named
	}
	return withNamed(named, []tribunev1alpha1.LocalReference{*content.Link.ChannelRef})
}

func withNamed(named []plan.Channel, refs []tribunev1alpha1.LocalReference) []plan.Channel {
	for _, ref := range refs {
		if !slices.ContainsFunc(named, func(ch plan.Channel) bool { return ch.Name == string(ref.Name) }) {
			named = append(named, plan.Channel{Name: string(ref.Name)})
		}
	}
	return named
}

// entries checks what a plan does not look at: contents that no channel takes, pictures, dates without effect.
func (c *checker) entries(r *readable, calendar *tribunev1alpha1.ContentCalendar, more *elsewhere, channels []plan.Channel, alone bool) {
	zone := calendar.Spec.TimeZone
	if _, err := schedule.LoadZone(zone); err != nil {
		zone = "UTC"
	}
	for i := range calendar.Spec.Entries {
		prefix := fmt.Sprintf("%s%d].", entryPrefix, i)
		say := func(severity Severity, path, message string) Finding {
			return r.finding(severity, r.inFile(prefix+path), message)
		}
		c.entry(say, r.namespace, &calendar.Spec.Entries[i], zone, channels, alone)
	}
	for i := range more.entries {
		c.entry(more.articles[more.entries[i].Source].at, r.namespace, &more.entries[i].Entry, zone, channels, alone)
	}
}

func (c *checker) entry(say place, namespace string, e *tribunev1alpha1.CalendarEntry, zone string, channels []plan.Channel, alone bool) {
	if e.Content != nil {
		c.media(say, namespace, "content", e.Content)
	}
	for n := range e.Rotation {
		c.media(say, namespace, fmt.Sprintf("rotation[%d]", n), &e.Rotation[n])
	}
	for n := range e.Overrides {
		override := &e.Overrides[n]
		at := fmt.Sprintf("overrides[%d]", n)
		c.media(say, namespace, at+".content", &override.Content)
		if ref := override.ChannelRef; ref != nil && !alone && !slices.ContainsFunc(channels, func(ch plan.Channel) bool { return ch.Name == string(ref.Name) }) {
			c.add(say(Error, at+".channelRef.name", noChannel(string(ref.Name))))
		}
	}
	if len(e.Except) == 0 {
		return
	}
	s, err := schedule.Parse(schedule.Spec{At: e.At, Cron: e.Cron, RRule: e.RRule, Time: e.Time, Start: e.Start, Until: e.Until,
		Except: e.Except, Rotates: len(e.Rotation) > 0, Zone: zone})
	if err != nil {
		return
	}
	var unused []string
	for _, date := range s.UnusedExcept() {
		unused = append(unused, date.String())
	}
	if len(unused) > 0 {
		c.add(say(Warning, "except", "nothing would go out on "+strings.Join(unused, ", ")+" anyway: is it another date that is meant?"))
	}
}

func noChannel(name string) string {
	return fmt.Sprintf("there is no SocialChannel %s in this namespace: make it, or correct the name", name)
}

// summary counts what a calendar makes.
func summary(r *readable, calendar *tribunev1alpha1.ContentCalendar, more *elsewhere, result plan.Result, channels []plan.Channel) Calendar {
	s := Calendar{
		File: r.file, Namespace: r.namespace, Name: calendar.Name, TimeZone: result.Zone.String(),
		Horizon: plan.Horizon(calendar).String(), Until: result.Until.UTC(),
		Entries: len(calendar.Spec.Entries), Articles: len(more.articles), PastEntries: result.PastEntries,
		Posts: len(result.Posts), Skipped: len(result.Skipped), Channels: []CalendarChannel{}, Object: calendar, Plan: result, More: more.entries, Known: channels,
	}
	for i := range result.Posts {
		if result.Posts[i].Shifted != nil {
			s.Shifted++
		}
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
				next := NextPost{Local: post.At.In(result.Zone), UTC: post.At.UTC(), Entry: post.Entry, Post: post.Name}
				if post.Shifted != nil {
					next.Shifted = post.Shifted.Message
				}
				share.Next = append(share.Next, next)
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
	c.posts = append(c.posts, post)
	c.waits(r, post)
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
		c.media(func(severity Severity, path, message string) Finding { return r.finding(severity, path, message) }, r.namespace, "spec.content", &post.Spec.Content)
	}
}

// postHold warns of a Post that falls into a blackout or quiet hours: it is held, and may be too late then.
func (c *checker) postHold(r *readable, post *tribunev1alpha1.Post, ch plan.Channel) {
	if post.Spec.PublishAt == nil {
		return
	}
	var calendars []*tribunev1alpha1.ContentCalendar
	for _, calendar := range c.planned {
		if SameNamespace(calendar.namespace, r.namespace) && plan.PlansFor(calendar.ContentCalendar, ch) {
			calendars = append(calendars, calendar.ContentCalendar)
		}
	}
	if hold, held := plan.HoldAt(post.Spec.PublishAt.Time, post.Spec.Campaign, post.Spec.Pillar, ch, calendars...); held {
		c.add(r.finding(Warning, "spec.publishAt", "nothing goes out then ("+hold.Message+"): the Post is held; set a time after it"))
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
	c.postHold(r, post, channels[at])
	if !hasContent {
		return
	}
	for _, p := range c.check(r.namespace)(channels[at], &post.Spec.Content) {
		c.add(r.finding(Error, "spec.content."+p.Path, "on channel "+name+": "+p.Message))
	}
}
