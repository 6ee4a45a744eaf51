package cli

import (
	"fmt"
	"slices"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// unseen says why entries of a calendar are not among what is shown.
type unseen struct {
	in     *plan.Input
	result *plan.Result
	shown  map[string]bool
}

// all entries, those of ConfigMaps included.
func (u *unseen) all() []*tribunev1alpha1.CalendarEntry {
	var all []*tribunev1alpha1.CalendarEntry
	for i := range u.in.Calendar.Spec.Entries {
		all = append(all, &u.in.Calendar.Spec.Entries[i])
	}
	for i := range u.in.More {
		all = append(all, &u.in.More[i].Entry)
	}
	return all
}

func (u *unseen) names() []string {
	var names []string
	for _, e := range u.all() {
		names = append(names, string(e.Name))
	}
	return names
}

// why an entry is not shown, as far as a person can change it.
func (u *unseen) why(name string) string {
	for _, p := range u.result.Problems {
		if p.Entry == name {
			return p.Message
		}
	}
	for _, s := range u.result.Skipped {
		if s.Entry == name {
			return fmt.Sprintf("at %s, %s", s.Local, s.Message)
		}
	}
	all := u.all()
	at := slices.IndexFunc(all, func(e *tribunev1alpha1.CalendarEntry) bool { return string(e.Name) == name })
	if at < 0 || u.result.Zone == nil {
		return "its calendar cannot be planned: run tribune lint"
	}
	e := all[at]
	if len(u.in.Channels) == 0 || len(e.ChannelRefs) == 0 && len(plan.DefaultChannels(u.in.Calendar, u.in.Channels)) == 0 {
		return "it goes out on no channel that is known; name a --network, or the files with the channels too"
	}
	switch {
	case e.At != "":
		return u.atTime(e)
	case e.After != nil && !u.shown[string(e.After.Entry)]:
		return fmt.Sprintf("it follows entry %s, which is not shown either", e.After.Entry)
	case e.Slot != "":
		return fmt.Sprintf("slot %s has no place for it within a year", e.Slot)
	}
	return "it does not come again within a year"
}

func (u *unseen) atTime(e *tribunev1alpha1.CalendarEntry) string {
	zone := u.result.Zone
	s, err := schedule.Parse(schedule.Spec{At: e.At, Zone: zone.String()})
	if err != nil {
		return err.Error()
	}
	is := "more than a year ahead"
	if o, ok := s.Next(time.Time{}); ok && o.At.Before(u.in.Now) {
		is = "past"
	}
	return fmt.Sprintf("its time, %s (%s), is %s", e.At, zone, is)
}
