package plan

import (
	"errors"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// item is an entry with where it stands and where it goes.
type item struct {
	entry *tribunev1alpha1.CalendarEntry
	// index among all entries; source of those from elsewhere.
	index  int
	source string
	// channels that its content can be published on.
	channels []Channel
	// schedule of entries with at, cron or rrule.
	schedule *schedule.Schedule
	// broken is true if it makes no Post at all.
	broken bool
}

func (it *item) name() string { return string(it.entry.Name) }

// path of a field of the entry, as problems have it.
func (it *item) path(field string) string {
	if it.source != "" {
		return field
	}
	return fmt.Sprintf("spec.entries[%d].%s", it.index, field)
}

// goesOnce is true if the entry makes one Post a channel, which others can follow.
func (it *item) goesOnce() bool {
	e := it.entry
	return e.At != "" || e.After != nil || e.Slot != "" && e.Repeat == nil
}

// goesTo is true if its content can be published on a channel.
func (it *item) goesTo(channel string) bool {
	return slices.ContainsFunc(it.channels, func(ch Channel) bool { return ch.Name == channel })
}

// wrong tells a problem of an entry, once, though it may show on several channels.
func (p *planner) wrong(it *item, field, format string, args ...any) *Problem {
	problem := Problem{Path: it.path(field), Source: it.source, Entry: it.name(), Message: fmt.Sprintf(format, args...)}
	if at, told := p.told[problem]; told {
		return &p.result.Problems[at]
	}
	p.told[problem] = len(p.result.Problems)
	p.result.Problems = append(p.result.Problems, problem)
	return &p.result.Problems[len(p.result.Problems)-1]
}

func (p *planner) notice(it *item, field, format string, args ...any) {
	p.result.Warnings = append(p.result.Warnings, Problem{Path: it.path(field), Source: it.source, Entry: it.name(), Message: fmt.Sprintf(format, args...)})
}

// collect takes the entries of the calendar, then those from elsewhere, with the channels that they can go to.
func (p *planner) collect() {
	defaults := p.calendarChannels()
	total := len(p.spec.Entries) + len(p.in.More)
	p.items = make([]*item, 0, min(total, MaxEntries))
	for i := range p.spec.Entries {
		p.take(&item{entry: &p.spec.Entries[i], index: i}, defaults)
	}
	for i := range p.in.More {
		index := len(p.spec.Entries) + i
		if index >= MaxEntries {
			p.problem("spec.entriesFrom", "the calendar has %d entries with those of entriesFrom; at most %d are allowed, and the later ones are left out: split it", total, MaxEntries)
			break
		}
		p.take(&item{entry: &p.in.More[i].Entry, index: index, source: p.in.More[i].Source}, defaults)
	}
}

// take keeps an item if it can be planned.
func (p *planner) take(it *item, defaults []Channel) {
	if other, taken := p.byName[it.name()]; taken {
		where := "the calendar's own entries"
		if other.source != "" {
			where = other.source
		}
		p.wrong(it, "name", "there is an entry of this name in %s already: rename one of them", where)
		return
	}
	p.byName[it.name()] = it
	it.broken = true
	if it.source != "" && !p.accepted(it) {
		return
	}
	if !p.parse(it) || !p.quotable(it) {
		return
	}
	channels := defaults
	if len(it.entry.ChannelRefs) > 0 {
		channels = p.entryChannels(it)
	}
	it.channels = p.publishable(it, channels)
	it.broken = false
	p.items = append(p.items, it)
}

// parse reads when an entry goes out.
func (p *planner) parse(it *item) bool {
	e := it.entry
	if e.After != nil || e.Slot != "" {
		return true
	}
	s, err := schedule.Parse(schedule.Spec{At: e.At, Cron: e.Cron, RRule: e.RRule, Time: e.Time, Start: e.Start, Until: e.Until,
		Except: e.Except, Rotates: len(e.Rotation) > 0, Zone: zoneName(p.spec)})
	if err != nil {
		var fe *schedule.FieldError
		if errors.As(err, &fe) {
			p.wrong(it, fe.Field, "%s", fe.Message)
		} else {
			p.wrong(it, "at", "%s", err)
		}
		return false
	}
	it.schedule = s
	return true
}

// calendarChannels are those that entries without channels of their own go to.
func (p *planner) calendarChannels() []Channel {
	picked := p.refs(p.spec.ChannelRefs, func(i int, name string) {
		p.problem(fmt.Sprintf("spec.channelRefs[%d].name", i), noChannel, name)
		p.result.Problems[len(p.result.Problems)-1].Missing = true
	})
	if p.spec.ChannelSelector == nil {
		return picked
	}
	selector, err := metav1.LabelSelectorAsSelector(p.spec.ChannelSelector)
	if err != nil {
		p.problem("spec.channelSelector", "%s", err)
		return picked
	}
	before := len(picked)
	for _, ch := range p.in.Channels {
		if selector.Matches(labels.Set(ch.Labels)) && !slices.ContainsFunc(picked, func(c Channel) bool { return c.Name == ch.Name }) {
			picked = append(picked, ch)
		}
	}
	if len(picked) == before && before == 0 {
		p.warn("spec.channelSelector", "matches no SocialChannel of this namespace (%s)", selector)
	}
	return picked
}

const noChannel = "there is no SocialChannel %s in this namespace: make it, or correct the name"

func (p *planner) entryChannels(it *item) []Channel {
	return p.refs(it.entry.ChannelRefs, func(i int, name string) {
		p.wrong(it, fmt.Sprintf("channelRefs[%d].name", i), noChannel, name).Missing = true
	})
}

// refs gives the channels that are named, and tells of those that there are not.
func (p *planner) refs(refs []tribunev1alpha1.LocalReference, missing func(i int, name string)) []Channel {
	var picked []Channel
	for i, ref := range refs {
		at := slices.IndexFunc(p.in.Channels, func(c Channel) bool { return c.Name == string(ref.Name) })
		if at < 0 {
			missing(i, string(ref.Name))
			continue
		}
		picked = append(picked, p.in.Channels[at])
	}
	return picked
}

// publishable leaves out the channels that the entry's content cannot be published on, and says why.
func (p *planner) publishable(it *item, channels []Channel) []Channel {
	if p.in.Check == nil {
		return channels
	}
	good := make([]Channel, 0, len(channels))
	for _, ch := range channels {
		wrong := false
		for _, c := range contents(it.entry, ch) {
			// A time and an occurrence like those that it will have: they are of one length.
			content, problems := p.resolved(c.content, ch, p.vars(it, ch, "2026-12-31", p.in.Now))
			for _, problem := range problems {
				wrong = true
				p.wrong(it, c.path+"."+problem.Path, "%s", problem.Message)
			}
			if from := content.FromCurated; from != nil {
				content = p.fitted(content, ch, longest(ch, newest(from)))
			}
			for _, problem := range p.in.Check(ch, content) {
				wrong = true
				p.wrong(it, c.path+"."+problem.Path, "on channel %s: %s", ch.Name, problem.Message)
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
		if o.Network != "" && o.Network == ch.Network && byNetwork < 0 {
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
