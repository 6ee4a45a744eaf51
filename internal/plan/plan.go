// Package plan makes of a ContentCalendar the Posts it stands for: which entry on which channel at which instant, under
// which name. It is pure: the channels and the time are passed in; it must not know clients or adapters.
package plan

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/schedule"
)

const (
	// DefaultHorizon is how far ahead Posts are made.
	DefaultHorizon = 14 * 24 * time.Hour
	// MaxWaiting Posts of one calendar on one channel.
	MaxWaiting = 500
)

// Channel is what a plan needs to know of a SocialChannel.
type Channel struct {
	Name     string
	Labels   map[string]string
	Network  tribunev1alpha1.NetworkName
	Language string
	// QuietHours of the channel (spec.publishing.quietHours); nil: none.
	QuietHours *tribunev1alpha1.QuietHours
}

// SourcedEntry is an entry that stands elsewhere than in the calendar.
type SourcedEntry struct {
	// Source for messages, such as "ConfigMap acme-articles/release-3.0.md".
	Source string
	Entry  tribunev1alpha1.CalendarEntry
}

// Existing is a Post of the calendar that exists.
type Existing struct {
	Name, Entry, Channel string
	// Occurrence as it was planned: "once", a turn such as "2", or a local date.
	Occurrence string
	// At is when it is, or was, due (spec.publishAt).
	At    time.Time
	State tribunev1alpha1.PostState
	// PublishedAt is when it was out; zero if it is not.
	PublishedAt time.Time
}

// Input is all that a plan depends on.
type Input struct {
	Calendar *tribunev1alpha1.ContentCalendar
	// Channels of the namespace.
	Channels []Channel
	Now      time.Time
	// FirstSeen is when the calendar came into being; one-shot entries of before make no Post.
	FirstSeen time.Time
	// Covered is up to when an earlier plan was carried out (status.coverageUntil); zero if there was none.
	Covered time.Time
	// More are entries that came from elsewhere (ConfigMaps, feeds), after those of the spec.
	More []SourcedEntry
	// Existing are the Posts of this calendar that exist.
	Existing []Existing
	// Check tells what keeps a content from being published on a channel; nil checks nothing. The paths are those below the
	// content, such as thread[1].text.
	Check func(Channel, *tribunev1alpha1.Content) []Problem
}

// Problem is something that a person must change.
type Problem struct {
	// Path of the field, such as spec.entries[3].cron.
	Path string
	// Entry by name; empty if it is about the whole calendar.
	Entry   string
	Message string
	// Missing is true if another object is not there: it may still be on its way.
	Missing bool
}

func (p Problem) String() string {
	if p.Entry != "" {
		return fmt.Sprintf("%s (entry %s): %s", p.Path, p.Entry, p.Message)
	}
	return p.Path + ": " + p.Message
}

// Post is one publication that the calendar stands for.
type Post struct {
	Name, Entry, Channel string
	// EntryIndex in spec.entries, or, from their number on, in More.
	EntryIndex int
	// Source of an entry of More; empty for those of the spec.
	Source string
	// Occurrence is its local date, or date and time; "once" for entries that go out once; the number of the turn, from "1", for
	// those that are queued again.
	Occurrence string
	// Local is the wall clock time in the calendar's zone, as it was planned before any shift.
	Local schedule.Local
	// At is when it goes out, after any shift.
	At time.Time
	// Shifted says what moved it away from Local; nil if nothing did.
	Shifted *Shift
	Labels  map[string]string
	Spec    tribunev1alpha1.PostSpec
}

// Shift is what moved a Post.
type Shift struct {
	// Reason is tribunev1alpha1.ReasonBlackout or ReasonQuietHours, of the one that ends last.
	Reason string
	// Message for people, such as "Launch day, until 2026-12-02T00:00".
	Message string
	// From is the instant that it was planned for at first.
	From time.Time
}

// Skipped is an occurrence of the horizon that a blackout or quiet hours leave out.
type Skipped struct {
	Entry, Channel, Occurrence string
	Local                      schedule.Local
	At                         time.Time
	// Reason is tribunev1alpha1.ReasonBlackout or ReasonQuietHours, Message what is said to people.
	Reason, Message string
}

// Result is the plan.
type Result struct {
	// Posts in the order of their times; those whose deadline has passed are not among them.
	Posts []Post
	// Problems keep entries, or the calendar, from being carried out. The other entries are in Posts all the same.
	Problems []Problem
	// Warnings are worth a look and keep nothing from going out.
	Warnings []Problem
	// PastEntries of one shot lay before the calendar was first seen.
	PastEntries int
	// TooLate counts occurrences that no earlier plan covered and whose deadline has passed: they make no Post any more.
	TooLate int
	// Skipped are the occurrences of the horizon that blackouts and quiet hours leave out, in the order of their times.
	Skipped []Skipped
	// Entries counts all entries, those of More included.
	Entries int
	// Truncated names the channels on which MaxWaiting was reached, with the time up to which Posts are planned.
	Truncated map[string]time.Time
	// Until is the end of the horizon.
	Until time.Time
	Zone  *time.Location
}

// Horizon of a calendar.
func Horizon(c *tribunev1alpha1.ContentCalendar) time.Duration {
	if c.Spec.Horizon != nil {
		return c.Spec.Horizon.Duration
	}
	return DefaultHorizon
}

// Deadline of a calendar's Posts: how late they may begin to go out.
func deadline(c *tribunev1alpha1.ContentCalendar) time.Duration {
	if c.Spec.MissedPolicy == tribunev1alpha1.MissedPolicySkip {
		return publish.LateAfter
	}
	if c.Spec.StartingDeadline != nil {
		return c.Spec.StartingDeadline.Duration
	}
	return publish.DefaultStartingDeadline
}

// Calendar plans a calendar.
func Calendar(in Input) Result {
	p := planner{in: in, spec: &in.Calendar.Spec, deadline: deadline(in.Calendar)}
	p.result.Until = in.Now.Add(Horizon(in.Calendar))
	zone, err := schedule.LoadZone(p.zoneName())
	if err != nil {
		p.problem("spec.timeZone", "", "%s", err)
		return p.result
	}
	p.result.Zone = zone
	if len(in.Calendar.Name) > 63 {
		p.problem("metadata.name", "", "has %d characters; at most 63 are allowed, as Posts carry it in a label", len(in.Calendar.Name))
		return p.result
	}
	defaults := p.calendarChannels()
	for i := range p.spec.Entries {
		p.entry(i, defaults)
	}
	slices.SortStableFunc(p.result.Posts, func(a, b Post) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	p.limit()
	return p.result
}

type planner struct {
	in       Input
	spec     *tribunev1alpha1.ContentCalendarSpec
	deadline time.Duration
	result   Result
}

func (p *planner) zoneName() string {
	if p.spec.TimeZone == "" {
		return "UTC"
	}
	return p.spec.TimeZone
}

func (p *planner) problem(path, entry, format string, args ...any) {
	p.result.Problems = append(p.result.Problems, Problem{Path: path, Entry: entry, Message: fmt.Sprintf(format, args...)})
}

func (p *planner) warn(path, entry, format string, args ...any) {
	p.result.Warnings = append(p.result.Warnings, Problem{Path: path, Entry: entry, Message: fmt.Sprintf(format, args...)})
}

// calendarChannels are those that entries without channels of their own go to.
func (p *planner) calendarChannels() []Channel {
	picked := p.refs("spec.channelRefs", "", p.spec.ChannelRefs)
	if p.spec.ChannelSelector == nil {
		return picked
	}
	selector, err := metav1.LabelSelectorAsSelector(p.spec.ChannelSelector)
	if err != nil {
		p.problem("spec.channelSelector", "", "%s", err)
		return picked
	}
	before := len(picked)
	for _, ch := range p.in.Channels {
		if selector.Matches(labels.Set(ch.Labels)) && !slices.ContainsFunc(picked, func(c Channel) bool { return c.Name == ch.Name }) {
			picked = append(picked, ch)
		}
	}
	if len(picked) == before && before == 0 {
		p.warn("spec.channelSelector", "", "matches no SocialChannel of this namespace (%s)", selector)
	}
	return picked
}

func (p *planner) refs(path, entry string, refs []tribunev1alpha1.LocalReference) []Channel {
	var picked []Channel
	for i, ref := range refs {
		at := slices.IndexFunc(p.in.Channels, func(c Channel) bool { return c.Name == string(ref.Name) })
		if at < 0 {
			p.problem(fmt.Sprintf("%s[%d].name", path, i), entry, "there is no SocialChannel %s in this namespace: make it, or correct the name", ref.Name)
			p.result.Problems[len(p.result.Problems)-1].Missing = true
			continue
		}
		picked = append(picked, p.in.Channels[at])
	}
	return picked
}

func (p *planner) entry(i int, defaults []Channel) {
	e := &p.spec.Entries[i]
	path := fmt.Sprintf("spec.entries[%d]", i)
	s, err := schedule.Parse(schedule.Spec{At: e.At, Cron: e.Cron, RRule: e.RRule, Time: e.Time, Start: e.Start, Until: e.Until,
		Except: e.Except, Rotates: len(e.Rotation) > 0, Zone: p.zoneName()})
	if err != nil {
		var fe *schedule.FieldError
		if errors.As(err, &fe) {
			p.problem(path+"."+fe.Field, string(e.Name), "%s", fe.Message)
		} else {
			p.problem(path, string(e.Name), "%s", err)
		}
		return
	}
	channels := defaults
	if len(e.ChannelRefs) > 0 {
		channels = p.refs(path+".channelRefs", string(e.Name), e.ChannelRefs)
	}
	channels = p.publishable(path, e, channels)
	if e.At != "" {
		p.oneShot(i, s, channels)
		return
	}
	for _, o := range s.Occurrences(p.from(), p.result.Until) {
		if p.tooLate(o, channels) {
			continue
		}
		for _, ch := range channels {
			p.post(i, o, ch)
		}
	}
}

func (p *planner) oneShot(i int, s *schedule.Schedule, channels []Channel) {
	o, ok := s.Next(time.Time{})
	switch {
	case !ok:
	case o.At.Before(p.in.FirstSeen):
		p.result.PastEntries++
		p.warn(fmt.Sprintf("spec.entries[%d].at", i), string(p.spec.Entries[i].Name), "%s lies before the calendar was first seen: it makes no Post", o.Local)
	case p.tooLate(o, channels):
	case o.At.Before(p.result.Until):
		for _, ch := range channels {
			p.post(i, o, ch)
		}
	}
}

// from is the first instant that a plan looks at: what an earlier plan covered and whose deadline has passed is history.
func (p *planner) from() time.Time {
	from := p.in.FirstSeen
	open := p.in.Now.Add(-p.deadline)
	if p.in.Covered.Before(open) {
		open = p.in.Covered
	}
	if open.After(from) {
		return open
	}
	return from
}

// tooLate is true for an occurrence that no Post is made for any more; it counts those that no plan covered.
func (p *planner) tooLate(o schedule.Occurrence, channels []Channel) bool {
	if !o.At.Add(p.deadline).Before(p.in.Now) {
		return false
	}
	if o.At.After(p.in.Covered) {
		p.result.TooLate += len(channels)
	}
	return true
}

// publishable leaves out the channels that the entry's content cannot be published on, and says why.
func (p *planner) publishable(path string, e *tribunev1alpha1.CalendarEntry, channels []Channel) []Channel {
	if p.in.Check == nil {
		return channels
	}
	var good []Channel
	for _, ch := range channels {
		wrong := false
		for _, c := range contents(e, ch) {
			for _, problem := range p.in.Check(ch, c.content) {
				wrong = true
				p.problem(path+"."+c.path+"."+problem.Path, string(e.Name), "on channel %s: %s", ch.Name, problem.Message)
			}
		}
		if !wrong {
			good = append(good, ch)
		}
	}
	return good
}

type placed struct {
	path    string
	content *tribunev1alpha1.Content
}

// contents are those that an entry may publish on a channel: its override, or its content, or the items of its rotation.
func contents(e *tribunev1alpha1.CalendarEntry, ch Channel) []placed {
	byNetwork := -1
	for i := range e.Overrides {
		o := &e.Overrides[i]
		if o.ChannelRef != nil && string(o.ChannelRef.Name) == ch.Name {
			return []placed{{fmt.Sprintf("overrides[%d].content", i), &o.Content}}
		}
		if o.Network == ch.Network && byNetwork < 0 {
			byNetwork = i
		}
	}
	if byNetwork >= 0 {
		return []placed{{fmt.Sprintf("overrides[%d].content", byNetwork), &e.Overrides[byNetwork].Content}}
	}
	if e.Content != nil {
		return []placed{{"content", e.Content}}
	}
	turns := make([]placed, len(e.Rotation))
	for i := range e.Rotation {
		turns[i] = placed{fmt.Sprintf("rotation[%d]", i), &e.Rotation[i]}
	}
	return turns
}

func (p *planner) post(i int, o schedule.Occurrence, ch Channel) {
	e := &p.spec.Entries[i]
	choices := contents(e, ch)
	if len(choices) == 0 {
		return
	}
	content := choices[0].content
	if len(choices) > 1 {
		content = choices[schedule.Rotation(o.Ordinal, len(choices))].content
	}
	at := metav1.NewTime(o.At)
	post := Post{
		Name:  Name(p.in.Calendar.Name, string(e.Name), o.ID, ch.Name),
		Entry: string(e.Name), EntryIndex: i, Channel: ch.Name, Occurrence: o.ID, Local: o.Local, At: o.At,
		Labels: map[string]string{
			tribunev1alpha1.LabelCalendar: p.in.Calendar.Name,
			tribunev1alpha1.LabelEntry:    string(e.Name),
			tribunev1alpha1.LabelChannel:  ch.Name,
		},
		Spec: tribunev1alpha1.PostSpec{
			ChannelRef:       tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(ch.Name)},
			PublishAt:        &at,
			Edition:          e.Edition,
			StartingDeadline: p.spec.StartingDeadline,
			MissedPolicy:     p.spec.MissedPolicy,
			Content:          *content.DeepCopy(),
			Pillar:           e.Pillar,
			Campaign:         e.Campaign,
		},
	}
	if e.Pillar != "" {
		post.Labels[tribunev1alpha1.LabelPillar] = e.Pillar
	}
	if e.Campaign != "" {
		post.Labels[tribunev1alpha1.LabelCampaign] = e.Campaign
	}
	p.result.Posts = append(p.result.Posts, post)
}

// limit keeps the first MaxWaiting Posts of each channel; the others are planned as these go out.
func (p *planner) limit() {
	count := map[string]int{}
	var kept []Post
	for _, post := range p.result.Posts {
		count[post.Channel]++
		if count[post.Channel] <= MaxWaiting {
			kept = append(kept, post)
			continue
		}
		if p.result.Truncated == nil {
			p.result.Truncated = map[string]time.Time{}
		}
		if _, known := p.result.Truncated[post.Channel]; !known {
			p.result.Truncated[post.Channel] = post.At
		}
	}
	p.result.Posts = kept
	for _, ch := range slices.Sorted(maps.Keys(p.result.Truncated)) {
		p.warn("spec.horizon", "", "more than %d Posts would wait on channel %s: planned up to %s, the others follow as these go out; a shorter horizon or fewer occurrences avoids it",
			MaxWaiting, ch, p.result.Truncated[ch].UTC().Format(time.RFC3339))
	}
}

var nameEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Name of the Post for one occurrence of an entry on a channel. It ends in six characters of a hash over the tuple, so that
// names that only look alike differ.
func Name(calendar, entry, occurrence, channel string) string {
	tuple, err := json.Marshal([]string{calendar, entry, occurrence, channel})
	if err != nil {
		panic(err) // strings always marshal
	}
	sum := sha256.Sum256(tuple)
	parts := []string{calendar, entry}
	if occurrence != "once" {
		parts = append(parts, strings.ToLower(occurrence))
	}
	parts = append(parts, channel, nameEncoding.EncodeToString(sum[:])[:6])
	return strings.Join(parts, "-")
}
