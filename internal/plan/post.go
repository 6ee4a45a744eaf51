package plan

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// occasion is when a Post goes out, and which of its entry's it is.
type occasion struct {
	id    string
	local schedule.Local
	// at is the instant that it was planned for, goes when it goes out.
	at, goes time.Time
	// turn picks the content of a rotation; negative where there is none.
	turn int
	hold *Hold
}

// add plans a Post.
func (p *planner) add(it *item, o occasion, ch Channel) {
	p.curate(it, o, ch)
	n := node{it.name(), ch.Name}
	if p.passedOver(n, o.goes) {
		return
	}
	if post, ok := p.post(it, o, ch); ok {
		p.result.Posts = append(p.result.Posts, post)
		p.look(n)
	}
}

// contentOf an entry that an occasion shows on a channel; nil if it has none.
func (p *planner) contentOf(it *item, o occasion, ch Channel) *tribunev1alpha1.Content {
	choices := contents(it.entry, ch)
	switch len(choices) {
	case 0:
		return nil
	case 1:
		return choices[0].content
	}
	return choices[schedule.Rotation(max(o.turn, 0), len(choices))].content
}

// post makes the Post for one occasion. It gives false if the entry has no content, or nothing to quote.
func (p *planner) post(it *item, o occasion, ch Channel) (Post, bool) {
	e := it.entry
	content := p.contentOf(it, o, ch)
	if content == nil {
		return Post{}, false
	}
	vars := p.vars(it, ch, o.id, o.goes.In(p.result.Zone))
	tracking := p.tracking(content, vars)
	content, _ = p.resolved(content, ch, vars) // what is wrong was said of the entry
	content, quoted, ok := p.quote(it, content, o.id, ch)
	if !ok {
		return Post{}, false
	}
	at := metav1.NewTime(o.goes.UTC())
	post := Post{
		Name:  Name(p.in.Calendar.Name, it.name(), o.id, ch.Name),
		Entry: it.name(), EntryIndex: it.index, Source: it.source, Channel: ch.Name, Occurrence: o.id, Local: o.local, At: at.Time,
		Queued: e.Slot != "",
		Labels: map[string]string{
			tribunev1alpha1.LabelCalendar: p.in.Calendar.Name,
			tribunev1alpha1.LabelEntry:    it.name(),
			tribunev1alpha1.LabelChannel:  ch.Name,
		},
		Spec: tribunev1alpha1.PostSpec{
			ChannelRef:       tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(ch.Name)},
			PublishAt:        &at,
			Edition:          e.Edition,
			StartingDeadline: p.spec.StartingDeadline,
			MissedPolicy:     p.spec.MissedPolicy,
			Content:          p.linked(content),
			Quotes:           quoted,
			Pillar:           e.Pillar,
			Campaign:         e.Campaign,
			StrategyRef:      p.spec.StrategyRef,
			After:            p.after(e),
			Approval:         e.Approval.DeepCopy(),
			Tracking:         tracking,
			OnEdit:           e.OnEdit,
			DeletionPolicy:   e.DeletionPolicy,
		},
	}
	if e.OnEdit == "" {
		post.Spec.OnEdit = p.spec.OnEdit
	}
	if e.DeletionPolicy == "" {
		post.Spec.DeletionPolicy = p.spec.DeletionPolicy
	}
	if e.Pillar != "" {
		post.Labels[tribunev1alpha1.LabelPillar] = e.Pillar
	}
	if e.Campaign != "" {
		post.Labels[tribunev1alpha1.LabelCampaign] = e.Campaign
	}
	if o.hold != nil && !o.goes.Equal(o.at) {
		post.Shifted = &Shift{Reason: o.hold.Reason, Message: o.hold.Message, From: o.at}
	}
	return post, true
}

// linked gives a content as a Post has it: a link to what another entry published is one to that entry's Post.
func (p *planner) linked(content *tribunev1alpha1.Content) tribunev1alpha1.Content {
	c := *content.DeepCopy()
	if c.Link != nil && c.Link.Entry != "" && c.Link.ChannelRef != nil {
		c.Link.PostRef = &tribunev1alpha1.PostReference{Name: Name(p.in.Calendar.Name, string(c.Link.Entry), Once, string(c.Link.ChannelRef.Name))}
		c.Link.Entry, c.Link.ChannelRef = "", nil
	}
	return c
}

func (p *planner) after(e *tribunev1alpha1.CalendarEntry) *tribunev1alpha1.AfterPost {
	if e.After == nil {
		return nil
	}
	return &tribunev1alpha1.AfterPost{
		PostRef: tribunev1alpha1.PostReference{Name: Name(p.in.Calendar.Name, string(e.After.Entry), Once, string(e.After.ChannelRef.Name))},
		Delay:   e.After.Delay,
	}
}

// limit keeps the first MaxWaiting Posts of each channel; the others are planned as these go out. A look has a bound of its own.
func (p *planner) limit() {
	if p.in.Look != nil {
		p.cutOff()
		p.result.Cut = p.cut
		return
	}
	count := map[string]int{}
	kept := p.result.Posts[:0]
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
		p.warn("spec.horizon", "more than %d Posts would wait on channel %s: planned up to %s, the others follow as these go out; a shorter horizon or fewer occurrences avoids it",
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
	if occurrence != Once {
		parts = append(parts, strings.ToLower(occurrence))
	}
	parts = append(parts, channel, nameEncoding.EncodeToString(sum[:])[:6])
	return strings.Join(parts, "-")
}
