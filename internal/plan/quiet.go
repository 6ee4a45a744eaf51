package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// Hold is why a Post may not go out at an instant.
type Hold struct {
	// Reason is tribunev1alpha1.ReasonBlackout or ReasonQuietHours.
	Reason string
	// Message for people, such as "Launch day: until 2026-12-02T00:00 (Europe/Madrid)".
	Message string
	// Until is the first allowed instant after.
	Until time.Time
	// Skip is true if what is planned then is left out, not moved; never for a Post that a person made.
	Skip bool
}

// HoldAt tells whether a blackout or quiet hours keep a Post of a campaign and pillar (both may be empty) from going out on a channel
// at an instant: those of the channel, and those of the calendars that plan for it. What cannot be read of them is
// passed over, as their own conditions say so.
func HoldAt(at time.Time, campaign, pillar string, ch Channel, calendars ...*tribunev1alpha1.ContentCalendar) (Hold, bool) {
	var all quiet
	for _, c := range calendars {
		q, _ := quietOf(&c.Spec)
		all.rules = append(all.rules, q.rules...)
		if all.zone == nil {
			all.zone = q.zone
		}
	}
	own, _ := quietOn(ch)
	all.rules = append(all.rules, own.rules...)
	if all.zone == nil {
		all.zone = own.zone
	}
	for i := range all.rules {
		all.rules[i].skip = false // a person's Post is held, whatever becomes of what is planned
	}
	_, hold := all.without(campaign, pillar).resolve(at)
	if hold == nil {
		return Hold{}, false
	}
	return *hold, true
}

// PlansFor is true if a calendar has the channel among its own, or among those of an entry.
func PlansFor(c *tribunev1alpha1.ContentCalendar, ch Channel) bool {
	if len(DefaultChannels(c, []Channel{ch})) > 0 {
		return true
	}
	named := func(ref tribunev1alpha1.LocalReference) bool { return string(ref.Name) == ch.Name }
	return slices.ContainsFunc(c.Spec.Entries, func(e tribunev1alpha1.CalendarEntry) bool { return slices.ContainsFunc(e.ChannelRefs, named) }) ||
		slices.ContainsFunc(c.Spec.EntriesFrom, func(s tribunev1alpha1.EntrySource) bool {
			return s.Feed != nil && slices.ContainsFunc(s.Feed.ChannelRefs, named)
		})
}

// DefaultChannels are those that entries without channels of their own go to.
func DefaultChannels(c *tribunev1alpha1.ContentCalendar, channels []Channel) []Channel {
	p := planner{in: Input{Calendar: c, Channels: channels}, spec: &c.Spec}
	return p.calendarChannels()
}

// rule is one window in which nothing goes out.
type rule struct {
	window schedule.Window
	reason string
	// about names it to people.
	about  string
	skip   bool
	except *tribunev1alpha1.PostExceptions
}

// quiet are the windows that hold somewhere, blackouts first.
type quiet struct {
	rules []rule
	zone  *time.Location
}

// quietOf a calendar. What cannot be read is left out and told.
func quietOf(spec *tribunev1alpha1.ContentCalendarSpec) (quiet, []Problem) {
	var q quiet
	var problems []Problem
	zone := zoneName(spec)
	loc, err := schedule.LoadZone(zone)
	if err != nil {
		loc = time.UTC
	}
	q.zone = loc
	for i := range spec.Blackouts {
		b := &spec.Blackouts[i]
		w, err := schedule.Between(b.From, b.To, zone)
		if err != nil {
			problems = append(problems, fieldProblem(fmt.Sprintf("spec.blackouts[%d]", i), err))
			continue
		}
		about := b.Reason
		if about == "" {
			about = "a blackout"
		}
		q.rules = append(q.rules, rule{window: w, reason: tribunev1alpha1.ReasonBlackout, about: about,
			skip: b.On == tribunev1alpha1.HoldSkip, except: b.Except})
	}
	if spec.QuietHours == nil {
		return q, problems
	}
	r, err := quietHours(spec.QuietHours, zone, "quiet hours")
	if err != nil {
		return q, append(problems, fieldProblem("spec.quietHours", err))
	}
	q.rules = append(q.rules, r)
	return q, problems
}

// quietOn a channel.
func quietOn(ch Channel) (quiet, error) {
	q := quiet{zone: time.UTC}
	if ch.QuietHours == nil {
		return q, nil
	}
	r, err := quietHours(ch.QuietHours, "UTC", "quiet hours of channel "+ch.Name)
	if err != nil {
		return q, err
	}
	q.rules = []rule{r}
	if loc, err := schedule.LoadZone(ch.QuietHours.TimeZone); err == nil {
		q.zone = loc
	}
	return q, nil
}

func quietHours(h *tribunev1alpha1.QuietHours, zone, about string) (rule, error) {
	if h.TimeZone != "" {
		zone = h.TimeZone
	}
	w, err := schedule.EachDay(h.From, h.To, zone)
	return rule{window: w, reason: tribunev1alpha1.ReasonQuietHours, about: fmt.Sprintf("%s %s", about, w),
		skip: h.On == tribunev1alpha1.HoldSkip, except: h.Except}, err
}

// CheckQuietHours of a channel: the error says what is wrong with them, with the field.
func CheckQuietHours(h *tribunev1alpha1.QuietHours) error {
	if h == nil {
		return nil
	}
	_, err := quietHours(h, "UTC", "quiet hours")
	return err
}

// without gives the windows that hold for a Post of a campaign and a pillar.
func (q quiet) without(campaign, pillar string) quiet {
	return quiet{zone: q.zone, rules: slices.DeleteFunc(slices.Clone(q.rules), func(r rule) bool { return excepted(r.except, campaign, pillar) })}
}

func excepted(e *tribunev1alpha1.PostExceptions, campaign, pillar string) bool {
	if e == nil {
		return false
	}
	match := func(names []string, name string) bool {
		return name != "" && (slices.Contains(names, name) || slices.Contains(names, "*"))
	}
	return match(e.Campaigns, campaign) || match(e.Pillars, pillar)
}

func (q quiet) windows() []schedule.Window {
	windows := make([]schedule.Window, len(q.rules))
	for i := range q.rules {
		windows[i] = q.rules[i].window
	}
	return windows
}

// resolve gives the first allowed instant from at on, and what keeps it from being at itself: nil if nothing does. What falls into
// a window that leaves out, at first or by a shift, is left out.
func (q quiet) resolve(at time.Time) (time.Time, *Hold) {
	planned := at
	var first *rule
	for range maxShifts {
		var end time.Time
		for i := range q.rules {
			r := &q.rules[i]
			_, to, inside := r.window.Around(at)
			if !inside {
				continue
			}
			if r.skip {
				return planned, &Hold{Reason: r.reason, Message: r.about + ": left out", Skip: true, Until: to}
			}
			if first == nil {
				first = r
			}
			if to.After(end) {
				end = to
			}
		}
		if end.IsZero() {
			break
		}
		at = end
	}
	if first == nil {
		return at, nil
	}
	return at, &Hold{Reason: first.reason, Until: at, Message: fmt.Sprintf("%s: until %s (%s)", first.about, schedule.LocalOf(at, q.zone), q.zone)}
}

// maxShifts bounds how many windows one after the other a Post is moved through. The planner refuses windows that leave no
// instant between them.
const maxShifts = 1000

// onChannel gives the windows of the calendar and of a channel that hold for an entry. Entries for which the same ones hold
// get the same pointer.
func (p *planner) onChannel(e *tribunev1alpha1.CalendarEntry, ch Channel) *quiet {
	served := service{ch.Name, e.Campaign, e.Pillar}
	if q, ok := p.quietFor[served]; ok {
		return q
	}
	all := p.channelQuiet(ch)
	key := make([]byte, len(all.rules), len(all.rules)+1+len(ch.Name))
	for i := range all.rules {
		key[i] = '+'
		if excepted(all.rules[i].except, e.Campaign, e.Pillar) {
			key[i] = '-'
		}
	}
	same := string(append(append(key, ' '), ch.Name...))
	q, ok := p.quietSame[same]
	if !ok {
		some := all.without(e.Campaign, e.Pillar)
		q = &some
		p.quietSame[same] = q
	}
	p.quietFor[served] = q
	return q
}

// service is what exceptions ask of an entry, and where it goes out.
type service struct{ channel, campaign, pillar string }

// channelQuiet gives all windows of the calendar and of a channel.
func (p *planner) channelQuiet(ch Channel) *quiet {
	if q, ok := p.quietOn[ch.Name]; ok {
		return q
	}
	own, err := quietOn(ch)
	if err != nil {
		p.warn("spec.channelRefs", "the quiet hours of SocialChannel %s cannot be read, and are passed over: %s", ch.Name, err)
	}
	q := &quiet{zone: p.quiet.zone, rules: slices.Concat(p.quiet.rules, own.rules)}
	if _, ok := schedule.FirstAllowed(p.in.Now, q.windows()); !ok {
		p.problem("spec.quietHours", "together with the quiet hours of channel %s and the blackouts nothing may ever go out there: make one of them shorter", ch.Name)
		q.rules = nil
	}
	p.quietOn[ch.Name] = q
	return q
}

// reach gives the earliest instant from which a Post may be moved to the given one, on any channel.
func (p *planner) reach(at time.Time) time.Time {
	earliest := at
	seen := map[string]bool{}
	for _, it := range p.items {
		for _, ch := range it.channels {
			if seen[ch.Name] {
				continue
			}
			seen[ch.Name] = true
			if t := schedule.Reach(at, p.channelQuiet(ch).windows()); t.Before(earliest) {
				earliest = t
			}
		}
	}
	return earliest
}

// fieldProblem puts an error of the schedule law at its field.
func fieldProblem(path string, err error) Problem {
	field, message, found := strings.Cut(err.Error(), ": ")
	if !found {
		return Problem{Path: path, Message: err.Error()}
	}
	return Problem{Path: path + "." + field, Message: message}
}
