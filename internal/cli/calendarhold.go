package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/agenda"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
)

// keeping is all that keeps a publication from going out at its time. What a person must end comes first, in the order in which
// the manager asks.
type keeping struct {
	// reason is the first one.
	reason string
	says   []string
	// held is true if a person must end one of them.
	held bool
}

// by adds what a person must end.
func (k *keeping) by(reason, says string) {
	k.held = true
	k.also(reason, says)
}

// also adds what ends by itself.
func (k *keeping) also(reason, says string) {
	k.reason = cmp.Or(k.reason, reason)
	k.says = append(k.says, says)
}

func (k *keeping) show(e *agenda.Event) {
	e.Hold, e.Reason, e.Held = k.reason, strings.Join(k.says, "; "), k.held
}

func (k *keeping) calendar(cal *tribunev1alpha1.ContentCalendar) {
	if cal != nil && cal.Spec.Suspend {
		k.by(tribunev1alpha1.ReasonCalendarSuspended, fmt.Sprintf("ContentCalendar %s is suspended", cal.Name))
	}
}

func (k *keeping) channel(name string, channels []plan.Channel) {
	if slices.ContainsFunc(channels, func(ch plan.Channel) bool { return ch.Name == name && ch.Suspended }) {
		k.by(tribunev1alpha1.ReasonChannelSuspended, fmt.Sprintf("SocialChannel %s is suspended", name))
	}
}

// needs says what an approval asks for, of which so many are there.
func needs(a *tribunev1alpha1.Approval, given int) string {
	text := "needs approval"
	if required := int(max(a.Required, 1)); required > 1 {
		text = fmt.Sprintf("needs %d approvals", required)
		if given > 0 {
			text += fmt.Sprintf(", and has %d", given)
		}
	}
	if len(a.Roles) > 0 {
		text += " of " + strings.Join(a.Roles, " or ")
	}
	return text
}

// keptPlanned is what keeps a Post that a calendar is to make.
func keptPlanned(p *plan.Post, cal *tribunev1alpha1.ContentCalendar, channels []plan.Channel) keeping {
	var k keeping
	k.calendar(cal)
	if p.Spec.Approval != nil {
		k.by(tribunev1alpha1.ReasonAwaitingApproval, needs(p.Spec.Approval, 0))
	}
	k.channel(p.Channel, channels)
	if p.Spec.After != nil {
		k.also(tribunev1alpha1.ReasonWaitingFor, "after Post "+p.Spec.After.PostRef.Name)
	}
	if p.Shifted != nil {
		k.also(p.Shifted.Reason, "moved: "+p.Shifted.Message)
	}
	return k
}

// surroundings are what stands around a Post that exists: the calendars and channels of its namespace.
type surroundings struct {
	calendars []*tribunev1alpha1.ContentCalendar
	channels  []plan.Channel
}

// madeBy is the calendar that made a Post; nil for those of people.
func (s surroundings) madeBy(post *tribunev1alpha1.Post) *tribunev1alpha1.ContentCalendar {
	name := plan.MadeBy(post)
	at := slices.IndexFunc(s.calendars, func(c *tribunev1alpha1.ContentCalendar) bool { return name != "" && c.Name == name })
	if at < 0 {
		return nil
	}
	return s.calendars[at]
}

// kept is what keeps a Post that did not fall due yet, or that is in files.
func (s surroundings) kept(post *tribunev1alpha1.Post, at time.Time) keeping {
	var k keeping
	channel := string(post.Spec.ChannelRef.Name)
	if post.Spec.Unpublished {
		k.by(tribunev1alpha1.ReasonUnpublished, "taken back: spec.unpublished is true")
	}
	if post.Spec.Suspend {
		k.by(tribunev1alpha1.ReasonSuspended, "the Post is suspended: spec.suspend is true")
	}
	k.calendar(s.madeBy(post))
	switch a := publish.ApprovalOf(post); {
	case a.Rejected != nil:
		k.by(tribunev1alpha1.ReasonRejected, "rejected by "+a.Rejected.By)
	case !a.Granted():
		k.by(tribunev1alpha1.ReasonAwaitingApproval, needs(post.Spec.Approval, len(a.By)))
	}
	k.channel(channel, s.channels)
	if post.Spec.After != nil {
		k.also(tribunev1alpha1.ReasonWaitingFor, "after Post "+post.Spec.After.PostRef.Name)
	}
	if plan.MadeBy(post) == "" {
		s.windows(&k, post, at)
	}
	return k
}

// windows adds the blackout or quiet hours that a Post falls into which a person made: it is held until they are over.
func (s surroundings) windows(k *keeping, post *tribunev1alpha1.Post, at time.Time) {
	name := string(post.Spec.ChannelRef.Name)
	i := slices.IndexFunc(s.channels, func(ch plan.Channel) bool { return ch.Name == name })
	if i < 0 {
		return
	}
	var calendars []*tribunev1alpha1.ContentCalendar
	for _, cal := range s.calendars {
		if !cal.Spec.Suspend && plan.PlansFor(cal, s.channels[i]) {
			calendars = append(calendars, cal)
		}
	}
	if hold, held := plan.HoldAt(at, post.Spec.Campaign, post.Spec.Pillar, s.channels[i], calendars...); held {
		k.also(hold.Reason, "waits: "+hold.Message)
	}
}
