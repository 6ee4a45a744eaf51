package plan

import (
	"slices"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// edge says that an entry waits on a channel until another one is out.
type edge struct {
	// field that says so, such as after or content.link.
	field string
	to    node
}

// edges of an entry on a channel.
func edges(it *item, ch Channel) []edge {
	var found []edge
	if a := it.entry.After; a != nil {
		found = append(found, edge{"after", node{string(a.Entry), string(a.ChannelRef.Name)}})
	}
	for _, c := range contents(it.entry, ch) {
		if l := c.content.Link; l != nil && l.Entry != "" && l.ChannelRef != nil {
			found = append(found, edge{c.path + ".link", node{string(l.Entry), string(l.ChannelRef.Name)}})
		}
	}
	return found
}

const (
	visiting = iota + 1
	sound
	unsound
)

// checkEdges leaves out of each entry the channels on which it waits for what never comes, and says why.
func (p *planner) checkEdges() {
	marks := map[node]int{}
	for _, it := range p.items {
		p.checkLinks(it)
	}
	for _, it := range p.items {
		bad := 0
		for _, ch := range it.channels {
			if !p.check(it, ch, marks, nil) {
				bad++
			}
		}
		if bad == 0 {
			continue
		}
		it.channels = slices.DeleteFunc(slices.Clone(it.channels), func(ch Channel) bool { return marks[node{it.name(), ch.Name}] == unsound })
	}
}

// checkLinks tells of links that point at more than one thing, or at nothing.
func (p *planner) checkLinks(it *item) {
	it.channels = slices.DeleteFunc(slices.Clone(it.channels), func(ch Channel) bool {
		wrong := false
		for _, c := range contents(it.entry, ch) {
			if message := CheckLink(c.content.Link); message != "" {
				p.wrong(it, c.path+".link", "%s", message)
				wrong = true
			}
		}
		return wrong
	})
}

// CheckLink tells what is wrong with where a link points; empty if nothing is.
func CheckLink(l *tribunev1alpha1.Link) string {
	if l == nil {
		return ""
	}
	n := 0
	for _, set := range []bool{l.URL != "", l.Entry != "", l.PostRef != nil} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		return "set exactly one of url, entry (with channelRef) and postRef"
	case l.Entry != "" && l.ChannelRef == nil:
		return "channelRef is missing: name the channel on which entry " + string(l.Entry) + " is published"
	case l.Entry == "" && l.ChannelRef != nil:
		return "channelRef belongs to entry: remove it, or name the entry"
	}
	return ""
}

// check follows what an entry on a channel waits for. trail is the way that led there.
func (p *planner) check(it *item, ch Channel, marks map[node]int, trail []node) bool {
	me := node{it.name(), ch.Name}
	if m := marks[me]; m != 0 && m != visiting {
		return m == sound
	}
	marks[me] = visiting
	result := sound
	for _, e := range edges(it, ch) {
		if !p.checkEdge(it, e, marks, append(trail, me)) {
			result = unsound
		}
	}
	marks[me] = result
	return result == sound
}

func (p *planner) checkEdge(it *item, e edge, marks map[node]int, trail []node) bool {
	entry, channel := ".entry", ".channelRef.name"
	target := p.byName[e.to.entry]
	switch {
	case target == nil:
		p.wrong(it, e.field+entry, "there is no entry %s in this calendar: add it, or correct the name", e.to.entry).Missing = len(p.spec.EntriesFrom) > 0
		return false
	case !target.broken && !target.goesOnce():
		p.wrong(it, e.field+entry, "entry %s comes again and again, and it would not be clear which one is meant: name one with at, after, or slot without repeat", e.to.entry)
		return false
	case !slices.ContainsFunc(p.in.Channels, func(c Channel) bool { return c.Name == e.to.channel }):
		p.wrong(it, e.field+channel, noChannel, e.to.channel).Missing = true
		return false
	case target.broken:
		p.wrong(it, e.field+entry, "entry %s has a problem of its own, and this one waits for it", e.to.entry)
		return false
	case !target.goesTo(e.to.channel):
		p.wrong(it, e.field+channel, "entry %s does not go out on channel %s: name one of its channels (%s)", e.to.entry, e.to.channel, names(target.channels))
		return false
	}
	if marks[e.to] == visiting {
		p.wrong(it, e.field+entry, "waits for itself: %s; take one of them out", circle(trail, e.to))
		return false
	}
	at := slices.IndexFunc(target.channels, func(c Channel) bool { return c.Name == e.to.channel })
	if !p.check(target, target.channels[at], marks, trail) {
		p.wrong(it, e.field+entry, "entry %s cannot go out on channel %s, and this one waits for it", e.to.entry, e.to.channel)
		return false
	}
	return true
}

func names(channels []Channel) string {
	if len(channels) == 0 {
		return "it has none"
	}
	all := make([]string, len(channels))
	for i := range channels {
		all[i] = channels[i].Name
	}
	return strings.Join(all, ", ")
}

// circle writes a way that leads back to where it began.
func circle(trail []node, to node) string {
	from := max(slices.Index(trail, to), 0)
	var b strings.Builder
	for _, n := range append(slices.Clone(trail[from:]), to) {
		if b.Len() > 0 {
			b.WriteString(" waits for ")
		}
		b.WriteString(n.entry + " on " + n.channel)
	}
	return b.String()
}

// follow plans an entry that goes out after another one.
func (p *planner) follow(it *item) {
	told := false
	for _, ch := range it.channels {
		t := p.timingOf(it, ch)
		if t.fate == past && !told {
			told = true
			p.result.PastEntries++
			p.notice(it, "after", "its time (%s) lies before the calendar was first seen: it makes no Post", schedule.LocalOf(t.at, p.result.Zone))
		}
	}
}

// timingOf plans an entry that goes out after another one on a channel, once, and what it follows before.
func (p *planner) timingOf(it *item, ch Channel) timing {
	me := node{it.name(), ch.Name}
	if t, known := p.timings[me]; known {
		return t
	}
	if it.entry.After == nil {
		return timing{fate: later} // a queue that it did not come out of yet
	}
	a := it.entry.After
	target := p.byName[string(a.Entry)]
	at := slices.IndexFunc(target.channels, func(c Channel) bool { return c.Name == string(a.ChannelRef.Name) })
	if at < 0 {
		return timing{fate: later}
	}
	before := p.timingOf(target, target.channels[at])
	var delay time.Duration
	if a.Delay != nil {
		delay = a.Delay.Duration
	}
	t := before
	t.at = before.at.Add(delay)
	switch before.fate {
	case goes:
		t = p.once(it, schedule.LocalOf(t.at, p.result.Zone), t.at, ch)
	case leftOut:
		hold := *before.hold
		hold.Message = "it follows " + target.name() + ", which is left out: " + hold.Message
		p.skip(it, occasion{id: Once, local: schedule.LocalOf(t.at, p.result.Zone), at: t.at, hold: &hold}, ch)
	}
	p.timings[me] = t
	return t
}

// lookAtLinks warns of Posts that would wait for the page that they link to.
func (p *planner) lookAtLinks() {
	told := map[string]bool{}
	at := map[node]time.Time{}
	for _, post := range p.result.Posts {
		if n := (node{post.Entry, post.Channel}); at[n].IsZero() || post.At.Before(at[n]) {
			at[n] = post.At
		}
	}
	for _, it := range p.items {
		for _, ch := range it.channels {
			mine, planned := at[node{it.name(), ch.Name}]
			for _, e := range edges(it, ch) {
				if !planned || e.field == "after" || told[it.name()] {
					continue
				}
				t, known := p.timings[e.to]
				if known && t.fate == goes && !t.at.After(mine) {
					continue
				}
				told[it.name()] = true
				when := "is not planned yet"
				if known && t.fate == goes {
					when = "goes out later, at " + schedule.LocalOf(t.at, p.result.Zone).String()
				} else if known && t.fate != later {
					when = "makes no Post"
				}
				p.notice(it, e.field+".entry", "the Post on channel %s waits for its link: entry %s %s; set after instead of a time to let it follow", ch.Name, e.to.entry, when)
			}
		}
	}
}
