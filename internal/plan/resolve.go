package plan

import (
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/publish"
)

// vars are what placeholders of an entry stand for on a channel; at is when it goes out, on the calendar's clock.
func (p *planner) vars(it *item, ch Channel, occurrence string, at time.Time) compose.Vars {
	return compose.Vars{
		compose.VarChannel: ch.Name, compose.VarNetwork: string(ch.Network), compose.VarCalendar: p.in.Calendar.Name,
		compose.VarEntry: it.name(), compose.VarCampaign: it.entry.Campaign, compose.VarPillar: it.entry.Pillar,
		compose.VarOccurrence: occurrence, compose.VarDate: at.Format(time.DateOnly), compose.VarTime: at.Format("15:04"),
	}
}

// resolved gives a content as a Post has it: in the channel's language, with placeholders filled in and links tagged, so that it
// stays what it is whatever changes later.
func (p *planner) resolved(content *tribunev1alpha1.Content, ch Channel, vars compose.Vars) (*tribunev1alpha1.Content, []publish.Problem) {
	return publish.Resolve(content, publish.Options{Language: ch.Language, Vars: vars, Tracking: p.spec.Tracking})
}

// tracking of a Post, for a link whose address is known only when what it points at is out.
func (p *planner) tracking(content *tribunev1alpha1.Content, vars compose.Vars) *tribunev1alpha1.LinkTracking {
	if content.Link == nil || content.Link.URL != "" {
		return nil
	}
	return publish.FilledTracking(p.spec.Tracking, vars)
}
